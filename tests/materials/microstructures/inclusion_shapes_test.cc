#include <gtest/gtest.h>

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <array>
#include <cmath>

#include "seco/materials/elastic_symmetry.h"
#include "seco/materials/generator_parameters.h"
#include "seco/materials/generators.h"
#include "seco/materials/parameter_file.h"

using namespace seco::materials;

namespace {

GeneratorSettings inclusion_settings(std::vector<int> shape, std::vector<double> lengths) {
  GeneratorSettings s;
  s.type = "inclusions";
  s.shape = std::move(shape);
  s.lengths = std::move(lengths);
  s.matrix = isotropic(3000, 0.35);
  s.inclusion = isotropic(70000, 0.2);
  s.seed = 5;
  return s;
}

/// One connected inclusion, unwrapped across the periodic faces.
struct Component {
  double volume = 0;
  Eigen::Vector3d centre = Eigen::Vector3d::Zero();
  /// Semi-axes of the ellipsoid of the same second moments, ascending; in 2D the first is zero.
  Eigen::Vector3d axes = Eigen::Vector3d::Zero();
  Eigen::Vector3d long_axis = Eigen::Vector3d::Zero();
};

std::vector<Component> components(const Rve& rve) {
  const int d = rve.dimension();
  const std::array<int, 3> n{rve.shape[0], rve.shape[1], d == 3 ? rve.shape[2] : 1};
  std::vector<bool> seen(rve.n_voxels(), false);
  const auto voxel = [&](const std::array<int, 3>& p) {
    std::size_t v = 0;
    for (int i = 0; i < 3; ++i) v = v * n[i] + (p[i] % n[i] + n[i]) % n[i];
    return v;
  };
  double voxel_volume = 1;
  Eigen::Vector3d h = Eigen::Vector3d::Zero();
  for (int i = 0; i < d; ++i) voxel_volume *= h[i] = rve.lengths[i] / n[i];
  std::vector<Component> result;
  for (int i = 0; i < n[0]; ++i)
    for (int j = 0; j < n[1]; ++j)
      for (int k = 0; k < n[2]; ++k) {
        const std::array<int, 3> start{i, j, k};
        if (seen[voxel(start)] || rve.phase[voxel(start)] == 0) continue;
        seen[voxel(start)] = true;
        std::vector<std::array<int, 3>> front{start};
        Component c;
        Eigen::Matrix3d moment = Eigen::Matrix3d::Zero();
        double count = 0;
        while (!front.empty()) {
          const auto p = front.back();
          front.pop_back();
          const Eigen::Vector3d x((p[0] + 0.5) * h[0], (p[1] + 0.5) * h[1], (p[2] + 0.5) * h[2]);
          c.centre += x;
          moment += x * x.transpose();
          ++count;
          for (int a = 0; a < d; ++a)
            for (const int step : {-1, 1}) {
              auto next = p;
              next[a] += step;
              if (seen[voxel(next)] || rve.phase[voxel(next)] == 0) continue;
              seen[voxel(next)] = true;
              front.push_back(next);
            }
        }
        c.volume = count * voxel_volume;
        c.centre /= count;
        moment = moment / count - c.centre * c.centre.transpose();
        // <x x> of a solid ellipsoid is axis^2 / (d + 2) along each of its axes.
        const Eigen::SelfAdjointEigenSolver<Eigen::Matrix3d> solver(moment);
        c.axes = ((d + 2.) * solver.eigenvalues().cwiseMax(0.)).cwiseSqrt();
        c.long_axis = solver.eigenvectors().col(2);
        result.push_back(c);
      }
  return result;
}

double fraction(const Rve& rve) {
  return static_cast<double>(std::count(rve.phase.begin(), rve.phase.end(), 1)) /
         static_cast<double>(rve.phase.size());
}

double periodic_distance(const Component& a, const Component& b,
                         const std::vector<double>& lengths) {
  double square = 0;
  for (std::size_t i = 0; i < lengths.size(); ++i) {
    const double delta = a.centre[i] - b.centre[i];
    square += std::pow(delta - lengths[i] * std::round(delta / lengths[i]), 2);
  }
  return std::sqrt(square);
}

}  // namespace

TEST(InclusionShapes, EllipsesHaveTheirAspectRatioAndDoNotOverlap) {
  for (const double aspect_ratio : {1., 2., 5.}) {
    auto s = inclusion_settings({512, 640}, {1., 1.25});
    s.volume_fraction = 0.25;
    s.n_inclusions = 7;
    s.aspect_ratio = aspect_ratio;
    const Rve rve = generate(s);
    EXPECT_NEAR(fraction(rve), 0.25, 1. / static_cast<double>(rve.phase.size()));
    const auto found = components(rve);
    ASSERT_EQ(found.size(), 7u) << aspect_ratio;
    for (const auto& c : found) {
      EXPECT_NEAR(c.axes[2] / c.axes[1], aspect_ratio, 0.03 * aspect_ratio);
      EXPECT_NEAR(c.volume, M_PI * c.axes[2] * c.axes[1], 0.01 * c.volume);
      EXPECT_NEAR(c.volume, 0.25 * 1.25 / 7, 0.01 * c.volume);
    }
    if (aspect_ratio > 1.) {
      EXPECT_LT(std::abs(found[0].long_axis.dot(found[1].long_axis)), 0.999);
    }
  }
}

TEST(InclusionShapes, EllipsoidsAreProlateAndDoNotOverlap) {
  auto s = inclusion_settings({96, 80, 96}, {1., 0.8, 1.});
  s.volume_fraction = 0.08;
  s.n_inclusions = 5;
  s.aspect_ratio = 3;
  const Rve rve = generate(s);
  EXPECT_NEAR(fraction(rve), 0.08, 1. / static_cast<double>(rve.phase.size()));
  const auto found = components(rve);
  ASSERT_EQ(found.size(), 5u);
  for (const auto& c : found) {
    EXPECT_NEAR(c.axes[2] / c.axes[0], 3., 0.1);
    EXPECT_NEAR(c.axes[1] / c.axes[0], 1., 0.05);
    EXPECT_NEAR(c.volume, 0.08 * 0.8 / 5, 0.02 * c.volume);
  }
}

TEST(InclusionShapes, OneLongEllipseMayPassThroughThePeriodicFaces) {
  // Longer than the cell, it has to keep clear of its own images.
  auto s = inclusion_settings({512, 512}, {1., 1.});
  s.volume_fraction = 0.12;
  s.n_inclusions = 1;
  s.aspect_ratio = 8;
  const auto found = components(generate(s));
  ASSERT_EQ(found.size(), 1u);
  EXPECT_GT(found[0].axes[2], 0.5);
  EXPECT_NEAR(found[0].axes[2] / found[0].axes[1], 8., 0.2);
}

TEST(InclusionShapes, ClusteredInclusionsLieWithinTheRadiusOfTheirCluster) {
  for (const auto& shape : {std::vector<int>{1024, 1024}, std::vector<int>{128, 128, 128}}) {
    const std::size_t d = shape.size();
    auto s = inclusion_settings(shape, std::vector<double>(d, 1.));
    s.volume_fraction = d == 2 ? 0.05 : 0.02;
    s.n_inclusions = d == 2 ? 8 : 4;
    s.n_clusters = 1;
    s.cluster_radius = 0.22;
    s.aspect_ratio = 1.5;
    const Rve rve = generate(s);
    EXPECT_NEAR(fraction(rve), s.volume_fraction, 1. / static_cast<double>(rve.phase.size()));
    const auto found = components(rve);
    ASSERT_EQ(found.size(), static_cast<std::size_t>(s.n_inclusions));
    double largest = 0;
    for (const auto& a : found)
      for (const auto& b : found) largest = std::max(largest, periodic_distance(a, b, s.lengths));
    EXPECT_LT(largest, 2 * s.cluster_radius + 0.01);
    s.n_clusters = 0;
    const auto scattered = components(generate(s));
    double spread = 0;
    for (const auto& a : scattered)
      for (const auto& b : scattered) spread = std::max(spread, periodic_distance(a, b, s.lengths));
    EXPECT_GT(spread, 2 * s.cluster_radius + 0.01);
  }
}

TEST(InclusionShapes, FibresTakeEllipticSections) {
  auto s = inclusion_settings({4, 256, 256}, {0.1, 1., 1.});
  s.type = "fibres";
  s.volume_fraction = 0.2;
  s.n_inclusions = 4;
  s.aspect_ratio = 2;
  Rve section = generate(s);
  section.shape = {256, 256};
  section.lengths = {1., 1.};
  section.phase.resize(256 * 256);
  const auto found = components(section);
  ASSERT_EQ(found.size(), 4u);
  for (const auto& c : found) EXPECT_NEAR(c.axes[2] / c.axes[1], 2., 0.06);
}

TEST(InclusionShapes, WhatCannotBeReachedIsAnError) {
  const auto message = [](const GeneratorSettings& s) {
    try {
      generate(s);
    } catch (const PackingError& error) {
      return std::string(error.what());
    } catch (const std::invalid_argument& error) {
      return "other: " + std::string(error.what());
    }
    return std::string("no error");
  };
  auto s = inclusion_settings({32, 32}, {1., 1.});
  s.volume_fraction = 0.6;
  s.aspect_ratio = 10;
  EXPECT_NE(message(s).find("aspect ratio 10"), std::string::npos) << message(s);
  s.aspect_ratio = 1;
  s.volume_fraction = 0.3;
  s.n_clusters = 1;
  s.cluster_radius = 0.05;
  EXPECT_NE(message(s).find("1 clusters of radius 0.05"), std::string::npos) << message(s);
  s.n_clusters = 9;
  EXPECT_NE(message(s).find("other: generator: 9 clusters"), std::string::npos) << message(s);
  s.n_clusters = 0;
  s.aspect_ratio = 0.5;
  EXPECT_NE(message(s).find("other: generator: aspect ratio 0.5"), std::string::npos) << message(s);
}

TEST(InclusionShapes, ParametersAreReadAndChecked) {
  const std::string text =
      "subsection M\n set Type = inclusions\n set Grid = 32, 32\n set Aspect ratio = 2.5\n set "
      "Number of clusters = 3\n set Cluster radius = 0.3\n set Inclusion factor = 0.01\nend\n";
  ParameterFile file(text, "x.prm");
  const auto s = read_generator_settings(file, "M");
  EXPECT_NO_THROW(file.check_all_used());
  EXPECT_DOUBLE_EQ(s.aspect_ratio, 2.5);
  EXPECT_EQ(s.n_clusters, 3);
  EXPECT_DOUBLE_EQ(s.cluster_radius, 0.3);
  auto plain = s;
  plain.inclusion_factor = 1;
  EXPECT_LT((generate(s).stiffness[1] - 0.01 * generate(plain).stiffness[1]).norm(), 1e-10);
  ParameterFile flat("subsection M\n set Aspect ratio = 0.5\nend\n", "y.prm");
  EXPECT_THROW(read_generator_settings(flat, "M"), ParameterError);
  ParameterFile many("subsection M\n set Number of clusters = 30\nend\n", "z.prm");
  EXPECT_THROW(read_generator_settings(many, "M"), ParameterError);
}
