#include <gtest/gtest.h>
#include <torch/torch.h>

#include "certificate.h"
#include "difference_operator.h"
#include "eco_blocks.h"
#include "loss.h"
#include "microstructures.h"
#include "polarization_network.h"
#include "reference_solver.h"
#include "seco/materials/elastic_symmetry.h"
#include "support/message_of.h"

using namespace seco;
using namespace seco::surrogate;
using test::make_rve;

namespace {

const auto in_double = torch::TensorOptions(torch::kDouble);

NetworkSettings polarization_settings(int dimension) {
  NetworkSettings settings;
  settings.dimension = dimension;
  settings.model = "polarization";
  settings.width = 12;
  return settings;
}

/// Two-phase RVEs on both sides of contrast 1, where either phase fills most of it, and others.
std::vector<materials::Rve> gated_rves(const std::vector<int>& shape) {
  auto rves =
      std::vector{make_rve("inclusions", shape, 3, 50.), make_rve("inclusions", shape, 4, 0.02),
                  make_rve("polycrystal", shape, 5)};
  // The stiff phase fills most of it.
  std::swap(rves[0].stiffness[0], rves[0].stiffness[1]);
  rves.push_back(make_rve("inclusions", shape, 6, 50.));
  return rves;
}

}  // namespace

TEST(PolarizationNetwork, TheExactFieldsAreAFixedPointOfItsForm) {
  torch::NoGradGuard no_grad;
  for (const auto& shape : {std::vector<int>{8, 7, 6}, std::vector<int>{12, 11}})
    for (const auto& rve : gated_rves(shape)) {
      const StiffnessField stiffness({&rve, 1}, in_double);
      const Grid& grid = stiffness.grid();
      const auto exact = total_strain(solve(stiffness, {1e-11, 5000}).displacement, grid);
      const auto gating = gating_of(stiffness);
      const auto units = with_grid_axes(unit_loads(grid, in_double), grid);
      // In a soft medium g stands for the stress: C_r : (E + g) = sigma.
      const auto lambda = gating.medium.lambda, mu = gating.medium.mu;
      const ReferenceMedium compliance{-lambda / (2. * mu * (2. * mu + grid.dimension() * lambda)),
                                       0.25 / mu};
      const auto g = gating.soft_medium[0]
                         ? isotropic_stress(stiffness.apply(exact), compliance, grid) - units
                         : exact - units;
      const auto pair = polarized_fields(stiffness, GreenOperator(grid, in_double), gating,
                                         polarization_of(stiffness, gating, g));
      const auto bounds = certify(stiffness, pair.strain, pair.stress);
      EXPECT_LT(bounds.gap()[0].item<double>(), 1e-9);
    }
}

TEST(PolarizationNetwork, AnyWeightsGiveAdmissibleFieldsAndBounds) {
  torch::NoGradGuard no_grad;
  torch::manual_seed(5);
  for (const int d : {2, 3}) {
    auto network = make_network(polarization_settings(d));
    for (auto& p : network->named_parameters())
      if (p.key().find("head_weight") != std::string::npos) p.value().mul_(100.);
    network->to(torch::kDouble);
    // Tokens of 4 voxels reach over the boundary on most of these axes.
    for (const auto& rve :
         gated_rves(d == 2 ? std::vector<int>{12, 11} : std::vector<int>{8, 7, 6})) {
      const StiffnessField stiffness({&rve, 1}, in_double);
      const Grid& grid = stiffness.grid();
      const auto fields = (*network)(stiffness);
      EXPECT_TRUE(fields.compatible && fields.equilibrated);
      EXPECT_LT(relative_divergence(fields.stress, grid), 1e-11);
      const auto medium = mean_medium(stiffness);
      const auto again =
          strain_of(displacement_of(fields.strain, GreenOperator(grid, in_double), medium), grid);
      EXPECT_LT((again - fields.strain).norm().item<double>(),
                1e-11 * fields.strain.norm().item<double>());
      const auto bounds = certify(stiffness, fields.strain, fields.stress);
      const auto exact =
          upper_bound(stiffness, strain_of(solve(stiffness, {1e-10, 5000}).displacement, grid))[0];
      EXPECT_GT(test::loewner_margin(to_matrix(exact), to_matrix(bounds.upper[0])), -1e-12);
      EXPECT_GT(test::loewner_margin(to_matrix(bounds.lower[0]), to_matrix(exact)), -1e-12);
    }
  }
}

TEST(PolarizationNetwork, TheUniformPolarizationIsExactToFirstOrderInTheContrast) {
  torch::NoGradGuard no_grad;
  const auto gap = [](double contrast) {
    auto rve = make_rve("inclusions", {12, 11}, 3);
    rve.stiffness[1] = contrast * rve.stiffness[0];
    const StiffnessField stiffness({&rve, 1}, in_double);
    const auto gating = gating_of(stiffness);
    const auto tau = polarization_of(stiffness, gating, torch::zeros({1, 3, 3, 12, 11}, in_double));
    const auto pair =
        polarized_fields(stiffness, GreenOperator(stiffness.grid(), in_double), gating, tau);
    return certify(stiffness, pair.strain, pair.stress).gap()[0].item<double>();
  };
  // Fields wrong by the second order have a gap of the fourth.
  for (const double sign : {1., -1.}) EXPECT_GT(gap(1. + 0.2 * sign), 10. * gap(1. + 0.1 * sign));
}

// The fused inference against the modules that are trained: grids that tokens do and do not divide,
// planes thinner than a token, and more phases than two.
TEST(PolarizationNetwork, InferenceEqualsTheTrainedModules) {
  torch::manual_seed(6);
  for (const int d : {2, 3}) {
    auto network =
        std::dynamic_pointer_cast<PolarizationNetwork>(make_network(polarization_settings(d)));
    for (auto& p : network->named_parameters()) {
      torch::NoGradGuard no_grad;
      if (p.key().find("head_weight") != std::string::npos) p.value().mul_(100.);
      if (p.key().find("bias") != std::string::npos) p.value().uniform_(-0.3, 0.3);
    }
    const auto shapes = d == 2 ? std::vector<std::vector<int>>{{16, 12}, {9, 14}, {3, 21}}
                               : std::vector<std::vector<int>>{{8, 8, 12}, {9, 6, 7}, {3, 2, 10}};
    for (const auto& shape : shapes) {
      auto rves =
          std::vector{make_rve("inclusions", shape, 3, 50.), make_rve("inclusions", shape, 4, 0.02),
                      make_rve("polycrystal", shape, 5)};
      const StiffnessField stiffness(rves, torch::kFloat);
      const GreenOperator green(stiffness.grid(), torch::kFloat);
      const auto trained = network->start(stiffness, green).detach();
      torch::NoGradGuard no_grad;
      const auto fused = network->start(stiffness, green);
      for (std::int64_t b = 0; b < 3; ++b)
        EXPECT_LT((fused[b] - trained[b]).norm().item<double>(),
                  2e-4 * trained[b].norm().item<double>())
            << d << "D, RVE " << b;
    }
  }
}

TEST(PolarizationNetwork, LearnsFromTheGapAlone) {
  torch::manual_seed(7);
  std::vector<materials::Rve> rves;
  for (int i = 0; i < 6; ++i)
    rves.push_back(make_rve("inclusions", {16, 16}, 60 + i, i % 2 ? 30. : 0.03));
  const StiffnessField stiffness(rves, torch::kFloat);
  auto network = make_network(polarization_settings(2));
  torch::optim::AdamW optimizer(network->parameters(), torch::optim::AdamWOptions(3e-3));
  const auto loss = [&] {
    const auto fields = (*network)(stiffness);
    return constitutive_residual(stiffness, fields, /*weighted=*/true).mean();
  };
  const double before = loss().item<double>();
  for (int step = 0; step < 60; ++step) {
    optimizer.zero_grad();
    auto value = loss();
    value.backward();
    optimizer.step();
  }
  // The logarithm of the gap.
  EXPECT_LT(loss().item<double>(), before - 0.4);
}

TEST(PolarizationNetwork, RefusesInputsThatItHasNoChannelsFor) {
  auto settings = polarization_settings(3);
  settings.input = "Euler angles";
  EXPECT_NE(seco::test::message_of([&] { make_network(settings); }).find("allowed is stiffness"),
            std::string::npos);
}
