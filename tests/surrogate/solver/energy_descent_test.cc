#include "energy_descent.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "certificate.h"
#include "difference_operator.h"
#include "microstructures.h"
#include "reference_solver.h"

using namespace seco;
using namespace seco::surrogate;
using test::make_rve;

namespace {

double relative(const torch::Tensor& a, const torch::Tensor& b) {
  return ((a - b).norm() / b.norm()).item<double>();
}

}  // namespace

TEST(EnergyDescent, BothEnergiesConvergeToTheHomogenizedStiffness) {
  torch::NoGradGuard no_grad;
  for (const double contrast : {0.05, 20.})
    for (const auto& shape : {std::vector<int>{12, 11}, std::vector<int>{8, 7, 6}}) {
      const auto rve = make_rve("inclusions", shape, 3, contrast);
      const StiffnessField field({&rve, 1}, torch::TensorOptions(torch::kDouble));
      const GreenOperator green(field.grid(), field.options());
      const auto exact =
          upper_bound(field, strain_of(solve(field, {1e-11, 2000}).displacement, field.grid()));
      EnergyDescent potential(EnergyProblem::potential(field, green));
      EnergyDescent complementary(EnergyProblem::complementary(field, green));
      for (int step = 0; step < 60; ++step) {
        const auto before = potential.energy().clone(), below = complementary.energy().clone();
        potential.step();
        complementary.step();
        // Every step minimizes over more fields, so no energy rises.
        EXPECT_GT(torch::linalg_eigvalsh(before - potential.energy()).min().item<double>(), -1e-12);
        EXPECT_GT(torch::linalg_eigvalsh(below - complementary.energy()).min().item<double>(),
                  -1e-12 * below.norm().item<double>());
      }
      EXPECT_LT(relative(potential.energy(), exact), 1e-9);
      EXPECT_LT(relative(torch::inverse(complementary.energy()), exact), 1e-9);
      // The fields stay admissible, although tens of steps follow after convergence, and their
      // gradient and energy are what they say.
      EXPECT_LT(relative_divergence(complementary.field(), field.grid()), 1e-12);
      const auto certified =
          certify(field, strain_of(potential.field(), field.grid()), complementary.field());
      EXPECT_LT(relative(certified.upper, potential.energy()), 1e-10);
      EXPECT_LT(relative(certified.lower, torch::inverse(complementary.energy())), 1e-10);
    }
}

TEST(EnergyDescent, BlockStepsAreAtLeastAsGoodAsConjugateGradients) {
  torch::NoGradGuard no_grad;
  const auto rve = make_rve("inclusions", {12, 12, 12}, 5, 30.);
  const StiffnessField field({&rve, 1}, torch::TensorOptions(torch::kDouble));
  const GreenOperator green(field.grid(), field.options());
  for (const unsigned int k : {1u, 2u, 4u, 6u}) {
    EnergyDescent block(EnergyProblem::potential(field, green));
    for (unsigned int step = 0; step < k; ++step) block.step();
    const auto u = solve(field, SolverSettings{0., k}).displacement;
    const auto conjugate = upper_bound(field, strain_of(u, field.grid()));
    EXPECT_LT(block.energy().diagonal(0, 1, 2).sum().item<double>(),
              conjugate.diagonal(0, 1, 2).sum().item<double>() * (1. + 1e-9))
        << k;
  }
}

TEST(EnergyDescent, FurtherFieldsNeverHurtAndTheSolutionEndsTheIteration) {
  torch::NoGradGuard no_grad;
  const auto rve = make_rve("inclusions", {10, 9}, 6, 0.02);
  const StiffnessField field({&rve, 1}, torch::TensorOptions(torch::kDouble));
  const GreenOperator green(field.grid(), field.options());
  const auto solution = solve(field, {1e-12, 2000}).displacement;
  const auto exact = upper_bound(field, strain_of(solution, field.grid()));
  torch::manual_seed(4);
  const auto random = torch::randn({1, 3, 2, 10, 9}, torch::kDouble);
  EnergyDescent alone(EnergyProblem::potential(field, green));
  EnergyDescent helped = alone, solved = alone;
  alone.step();
  helped.step({{random, {}}});
  solved.step({{solution, {}}});
  EXPECT_GT(torch::linalg_eigvalsh(alone.energy() - helped.energy()).min().item<double>(), -1e-12);
  EXPECT_LT(relative(solved.energy(), exact), 1e-10);
  EXPECT_GT(relative(alone.energy(), exact), 1e-3);
}
