#include <gtest/gtest.h>
#include <torch/torch.h>

#include "difference_operator.h"
#include "eco_blocks.h"
#include "reference_solver.h"
#include "stiffness_field.h"

using namespace seco::surrogate;

namespace {

const std::vector<Grid>& grids() {
  // Odd, even and unequal sizes, and unequal edges.
  static const std::vector<Grid> all{{{7, 5}, {0.1, 0.25}},
                                     {{8, 6}, {0.2, 0.1}},
                                     {{5, 6, 7}, {0.1, 0.2, 0.15}},
                                     {{4, 8, 6}, {0.3, 0.1, 0.2}}};
  return all;
}

torch::Tensor random_field(const Grid& grid, std::int64_t components,
                           torch::Dtype type = torch::kDouble) {
  std::vector<std::int64_t> shape{2, 3, components};
  shape.insert(shape.end(), grid.shape.begin(), grid.shape.end());
  return torch::randn(shape, type);
}

double largest(const torch::Tensor& t) {
  return t.abs().max().item<double>();
}

ReferenceMedium medium(double lambda, double mu) {
  return {torch::full({2}, lambda, torch::kDouble), torch::full({2}, mu, torch::kDouble)};
}

}  // namespace

TEST(DifferenceOperator, StrainAndDivergenceAreAdjoint) {
  torch::manual_seed(1);
  for (const auto& grid : grids()) {
    const auto u = random_field(grid, grid.dimension()),
               s = random_field(grid, grid.n_components());
    const double a = (strain_of(u, grid) * s).sum().item<double>();
    const double b = (u * divergence_of(s, grid)).sum().item<double>();
    const double scale = strain_of(u, grid).norm().item<double>() * s.norm().item<double>();
    EXPECT_LT(std::abs(a - b) / scale, 1e-13);
  }
}

TEST(DifferenceOperator, LinearDisplacementGivesItsGradient) {
  // u_1 = x_2 away from the periodic jump: a simple shear of 1/2, Mandel sqrt(2)/2.
  const Grid grid{{6, 8, 5}, {0.5, 0.25, 0.2}};
  auto u = torch::zeros({1, 1, 3, 6, 8, 5}, torch::kDouble);
  u.select(2, 0).copy_(
      (torch::arange(8, torch::kDouble) * 0.25).reshape({1, 1, 1, 8, 1}).expand({1, 1, 6, 8, 5}));
  const auto inner = strain_of(u, grid).narrow(4, 0, 7);
  EXPECT_LT(largest(inner.select(2, 5) - std::sqrt(0.5)), 1e-14);
  for (const int component : {0, 1, 2, 3, 4}) EXPECT_LT(largest(inner.select(2, component)), 1e-14);
}

TEST(DifferenceOperator, IsDifferentiable) {
  torch::manual_seed(3);
  const auto& grid = grids()[2];
  auto u = random_field(grid, 3).requires_grad_();
  const auto weight = random_field(grid, 6);
  (strain_of(u, grid).square() * weight).sum().backward();
  const auto expected = divergence_of(2 * strain_of(u.detach(), grid) * weight, grid);
  EXPECT_LT(largest(u.grad() - expected) / largest(expected), 1e-13);
}

TEST(GreenOperator, InvertsTheHomogeneousMedium) {
  torch::manual_seed(4);
  for (const auto& grid : grids()) {
    const GreenOperator green(grid, torch::TensorOptions(torch::kDouble));
    const auto m = medium(1.3, 0.7);
    // Any force of the form D^T s has no mean and no hourglass part, so G0 inverts it exactly.
    const auto force = divergence_of(random_field(grid, grid.n_components()), grid);
    const auto back =
        divergence_of(isotropic_stress(strain_of(green.apply(force, m), grid), m, grid), grid);
    EXPECT_LT(largest(back - force) / largest(force), 1e-11);
  }
}

TEST(EquilibriumBlock, IsDivergenceFreeForAnyInput) {
  torch::manual_seed(5);
  for (const auto& grid : grids())
    for (const auto type : {torch::kDouble, torch::kFloat})
      for (const auto form : {EquilibriumForm::vector_potential, EquilibriumForm::beltrami,
                              EquilibriumForm::projection}) {
        const GreenOperator green(grid, torch::TensorOptions(type));
        const auto input = random_field(grid, n_potential_channels(form, grid.dimension()), type);
        const auto stress = equilibrium_block(input, form, green, medium(0.8, 1.1));
        EXPECT_LT(relative_divergence(stress, grid), type == torch::kDouble ? 1e-12 : 1e-6)
            << to_string(form) << " in " << grid.dimension() << "D";
        EXPECT_GT(largest(stress), 0.) << to_string(form);
        EXPECT_LT(largest(stress.mean(grid.axes())) / largest(stress),
                  type == torch::kDouble ? 1e-14 : 1e-6);
      }
}

TEST(EquilibriumBlock, ProjectionKeepsWhatIsInEquilibriumAndIsOrthogonalToStrains) {
  torch::manual_seed(6);
  const auto& grid = grids()[3];
  const GreenOperator green(grid, torch::TensorOptions(torch::kDouble));
  const auto m = medium(0.5, 1.);
  const auto once = equilibrium_block(random_field(grid, 6), EquilibriumForm::projection, green, m);
  const auto twice = equilibrium_block(once, EquilibriumForm::projection, green, m);
  EXPECT_LT(largest(once - twice) / largest(once), 1e-12);
  const auto strain = strain_of(random_field(grid, 3), grid);
  const double work = (once * strain).sum().item<double>();
  EXPECT_LT(std::abs(work) / (once.norm().item<double>() * strain.norm().item<double>()), 1e-13);
}

namespace {

// Dimension of the space of stress fields that a block reaches: the rank of its matrix.
std::int64_t reachable_modes(EquilibriumForm form, const Grid& grid) {
  const int channels = n_potential_channels(form, grid.dimension());
  const auto n = channels * grid.n_voxels();
  std::vector<std::int64_t> shape{1, n, channels};
  shape.insert(shape.end(), grid.shape.begin(), grid.shape.end());
  const auto unit = torch::eye(n, torch::kDouble).reshape(shape);
  const GreenOperator green(grid, torch::TensorOptions(torch::kDouble));
  const ReferenceMedium m{torch::ones({1}, torch::kDouble), torch::ones({1}, torch::kDouble)};
  const auto matrix = equilibrium_block(unit, form, green, m).reshape({n, -1});
  const auto values = std::get<1>(torch::linalg_svd(matrix, false));
  return (values > 1e-10 * values.max()).sum().item<std::int64_t>();
}

}  // namespace

TEST(EquilibriumBlock, ProjectionIsCompleteAndTheVectorPotentialIsNot) {
  // Self-equilibrated fields of zero mean on an odd grid: m - d per wave vector other than zero.
  const Grid grid{{3, 3, 3}, {1. / 3, 1. / 3, 1. / 3}};
  EXPECT_EQ(reachable_modes(EquilibriumForm::projection, grid), 26 * 3);
  EXPECT_EQ(reachable_modes(EquilibriumForm::beltrami, grid), 26 * 3);
  EXPECT_LT(reachable_modes(EquilibriumForm::vector_potential, grid), 26 * 3);
  const Grid plane{{5, 3}, {0.2, 0.3}};
  EXPECT_EQ(reachable_modes(EquilibriumForm::projection, plane), 14);
  EXPECT_EQ(reachable_modes(EquilibriumForm::vector_potential, plane), 14);
}
