#include "slip_systems.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <Eigen/Geometry>
#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>

#include "crystal_viscoplasticity.h"

namespace seco::materials {
namespace {

using Eigen::Vector3d;
/// Miller indices h k l and u v w, or Miller-Bravais indices h k i l and u v t w.
using Indices = std::array<int, 4>;

/// A family by one of its systems.
struct Family {
  const char *lattice, *name;
  Indices plane, direction;
};

constexpr Family families[] = {
    {"fcc", "{111}<110>", {1, 1, 1, 0}, {0, 1, -1, 0}},
    {"bcc", "{110}<111>", {0, 1, -1, 0}, {1, 1, 1, 0}},
    {"bcc", "{112}<111>", {1, 1, -2, 0}, {1, 1, 1, 0}},
    {"hcp", "basal <a>", {0, 0, 0, 1}, {2, -1, -1, 0}},
    {"hcp", "prismatic <a>", {0, 1, -1, 0}, {2, -1, -1, 0}},
    {"hcp", "pyramidal <a>", {0, 1, -1, 1}, {2, -1, -1, 0}},
    {"hcp", "pyramidal <c+a>", {1, 0, -1, 1}, {-1, -1, 2, 3}},
    {"hcp", "second-order pyramidal <c+a>", {1, 1, -2, 2}, {-1, -1, 2, 3}},
};

SlipSystem cartesian(const Family& family, double axial_ratio) {
  const auto& [h, k, i, l] = family.plane;
  const auto& [u, v, t, w] = family.direction;
  Vector3d normal(h, k, i), direction(u, v, t);
  if (family.lattice == std::string("hcp")) {
    // Basis vectors a1 = x, a2 at 120 degrees, c; the normal stands in the reciprocal basis.
    const double root = std::sqrt(3.);
    normal = Vector3d(h, (h + 2 * k) / root, l / axial_ratio);
    direction = Vector3d((u - t) - 0.5 * (v - t), 0.5 * root * (v - t), w * axial_ratio);
  }
  return {direction.normalized(), normal.normalized()};
}

/// Rotations from which those of the lattice follow.
std::array<Rotation, 2> generators(const std::string& lattice) {
  const auto turn = [](const Vector3d& axis, double angle) -> Rotation {
    return Eigen::AngleAxisd(angle, axis.normalized()).toRotationMatrix();
  };
  if (lattice == "hcp") return {turn(Vector3d::UnitZ(), M_PI / 3), turn(Vector3d::UnitX(), M_PI)};
  return {turn(Vector3d::UnitZ(), M_PI / 2), turn(Vector3d::Ones(), 2 * M_PI / 3)};
}

bool same(const SlipSystem& a, const SlipSystem& b) {
  constexpr double tolerance = 1e-9;
  const double normals = a.normal.dot(b.normal), directions = a.direction.dot(b.direction);
  return std::abs(std::abs(normals) - 1) < tolerance &&
         std::abs(std::abs(directions) - 1) < tolerance;
}

}  // namespace

const std::vector<std::string>& lattice_names() {
  static const std::vector<std::string> names{"fcc", "bcc", "hcp"};
  return names;
}

std::vector<std::string> slip_family_names(const std::string& lattice) {
  std::vector<std::string> names;
  for (const auto& family : families)
    if (family.lattice == lattice) names.emplace_back(family.name);
  if (names.empty())
    throw std::invalid_argument(fmt::format("lattice '{}' is not known; allowed are {}", lattice,
                                            fmt::join(lattice_names(), ", ")));
  return names;
}

bool depends_on_axial_ratio(const std::string& family) {
  return family.find("pyramidal") != std::string::npos;
}

std::vector<SlipSystem> slip_systems(const std::string& lattice, const std::string& family,
                                     double axial_ratio) {
  const auto names = slip_family_names(lattice);
  const auto* found =
      std::find_if(std::begin(families), std::end(families), [&](const Family& candidate) {
        return candidate.lattice == lattice && candidate.name == family;
      });
  if (found == std::end(families))
    throw std::invalid_argument(fmt::format("slip family '{}' is not known; allowed are {}", family,
                                            fmt::join(names, ", ")));
  if (lattice == "hcp" && !(axial_ratio > 0))
    throw std::invalid_argument(
        fmt::format("axial ratio {} is not allowed; it has to be above 0", axial_ratio));
  std::vector<SlipSystem> systems{cartesian(*found, axial_ratio)};
  for (std::size_t i = 0; i < systems.size(); ++i)
    for (const auto& rotation : generators(lattice)) {
      const SlipSystem turned{rotation * systems[i].direction, rotation * systems[i].normal};
      if (std::none_of(systems.begin(), systems.end(),
                       [&](const SlipSystem& system) { return same(system, turned); }))
        systems.push_back(turned);
    }
  return systems;
}

MandelVector schmid_tensor(const SlipSystem& system) {
  const Vector3d &b = system.direction, &n = system.normal;
  MandelVector p(6);
  p << b[0] * n[0], b[1] * n[1], b[2] * n[2], (b[1] * n[2] + b[2] * n[1]) * M_SQRT1_2,
      (b[0] * n[2] + b[2] * n[0]) * M_SQRT1_2, (b[0] * n[1] + b[1] * n[0]) * M_SQRT1_2;
  return p;
}

void set_slip_systems(const std::string& lattice, const std::vector<std::string>& families,
                      double axial_ratio, const Rotation& orientation,
                      const MandelMatrix& stiffness, CrystalViscoplasticity& law) {
  // Plain loops: the decompositions of Eigen took a third of the time that this file compiled.
  // L L^T is the stiffness, and L^-1.
  double lower[6][6] = {}, inverse_lower[6][6] = {};
  for (int i = 0; i < 6; ++i)
    for (int j = 0; j <= i; ++j) {
      double rest = stiffness(i, j);
      for (int k = 0; k < j; ++k) rest -= lower[i][k] * lower[j][k];
      lower[i][j] = i == j ? std::sqrt(rest) : rest / lower[j][j];
    }
  for (int j = 0; j < 6; ++j)
    for (int i = j; i < 6; ++i) {
      double rest = i == j ? 1 : 0;
      for (int k = j; k < i; ++k) rest -= lower[i][k] * inverse_lower[k][j];
      inverse_lower[i][j] = rest / lower[i][i];
    }
  // The direction that slip does not reach, and the reflection that turns the first axis to it.
  double elastic[6] = {}, length = 0;
  for (int i = 0; i < 6; ++i) {
    for (int k = 0; k < 3; ++k) elastic[i] += inverse_lower[i][k];
    length += elastic[i] * elastic[i];
  }
  length = std::sqrt(length);
  elastic[0] += elastic[0] < 0 ? -length : length;
  double square = 0;
  for (const double v : elastic) square += v * v;
  const auto basis = [&](int i, int j) {
    return (i == j ? 1 : 0) - 2 * elastic[i] * elastic[j] / square;
  };
  for (int i = 0; i < 6; ++i)
    for (int j = 0; j < 6; ++j) {
      law.factor[i][j] = law.inverse[i][j] = 0;
      for (int k = 0; k < 6; ++k) {
        law.factor[i][j] += lower[i][k] * basis(k, (j + 1) % 6);
        law.inverse[i][j] += basis(k, (i + 1) % 6) * inverse_lower[k][j];
      }
    }
  law.n_families = static_cast<int>(families.size());
  law.n_systems = 0;
  const MandelMatrix turn = mandel_rotation(orientation);
  for (std::size_t f = 0; f < families.size(); ++f)
    for (const auto& system : slip_systems(lattice, families[f], axial_ratio)) {
      const auto p = schmid_tensor(system);
      const int a = law.n_systems++;
      law.family_of[a] = static_cast<int>(f);
      for (int i = 0; i < 6; ++i) {
        law.schmid[a][i] = 0;
        for (int k = 0; k < 6; ++k) law.schmid[a][i] += turn(i, k) * p[k];
      }
      for (int i = 0; i < 5; ++i) {
        law.slip[a][i] = 0;
        for (int k = 0; k < 6; ++k) law.slip[a][i] += law.factor[k][i] * law.schmid[a][k];
      }
    }
}

}  // namespace seco::materials
