#include "void_bounds.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>

#include "difference_operator.h"
#include "microstructures.h"
#include "reference_solver.h"
#include "seco/materials/elastic_symmetry.h"
#include "seco/materials/random.h"

using namespace seco;
using namespace seco::surrogate;
using materials::MandelMatrix;

namespace {

const auto in_double = torch::TensorOptions(torch::kDouble);

/// Voxels at random, or cut by balls around random points; at least one of each kind.
materials::Rve random_solid(const std::vector<int>& shape, int seed, double fraction, bool balls) {
  materials::RandomStream random(static_cast<std::uint64_t>(seed));
  materials::Rve rve;
  rve.shape = shape;
  std::size_t n = 1;
  for (const int s : shape) n *= static_cast<std::size_t>(s);
  rve.lengths.assign(shape.size(), 1.);
  rve.phase.assign(n, 0);
  const MandelMatrix solid = materials::isotropic(1., 0.25).cast<double>();
  const bool plane = shape.size() == 2;
  rve.stiffness = {plane ? materials::plane_strain(solid) : solid,
                   MandelMatrix::Zero(plane ? 3 : 6, plane ? 3 : 6)};
  if (!balls) {
    for (auto& phase : rve.phase) phase = random.uniform() < fraction ? 0 : 1;
  } else {
    for (int ball = 0; ball < 5; ++ball) {
      std::array<double, 3> centre{};
      for (std::size_t a = 0; a < shape.size(); ++a) centre[a] = random.uniform();
      for (std::size_t v = 0; v < n; ++v) {
        double square = 0;
        std::size_t rest = v;
        for (std::size_t a = shape.size(); a-- > 0;) {
          const auto size = static_cast<std::size_t>(shape[a]);
          const double x = (static_cast<double>(rest % size) + 0.5) / static_cast<double>(size);
          const double d = x - centre[a] - std::round(x - centre[a]);
          square += d * d;
          rest /= size;
        }
        if (square < 0.04) rve.phase[v] = 1;
      }
    }
  }
  rve.phase[0] = 0;
  rve.phase[n - 1] = 1;
  return rve;
}

/// kappa of void_bounds.h in a medium of lambda = mu = 1, by dense eigenvalues: the smallest one of
/// the energy in the solid against the least energy of the cell with the same strains there.
double kappa_of(const materials::Rve& rve) {
  const StiffnessField field(std::span(&rve, 1), in_double);
  const Grid& grid = field.grid();
  const auto d = grid.dimension();
  const auto n = d * grid.n_voxels();
  std::vector<std::int64_t> shape{n, d};
  shape.insert(shape.end(), grid.shape.begin(), grid.shape.end());
  const auto strain = strain_of(torch::eye(n, in_double).reshape(shape), grid);
  const auto one = torch::ones({1}, torch::kDouble);
  const auto stress = isotropic_stress(strain.unsqueeze(0), {one, one}, grid)[0];
  const auto solid = (field.phase()[0] == 0).to(torch::kDouble);
  const auto e = strain.flatten(2), s = stress.flatten(2);
  const auto whole = torch::matmul(e.flatten(1), s.flatten(1).t());
  const auto part = torch::matmul((e * solid).flatten(1), s.flatten(1).t());
  const auto [values, vectors] = torch::linalg_eigh(part);
  const double zero = 1e-9 * values.abs().max().item<double>();
  const auto none = (values <= zero).nonzero().flatten(),
             some = (values > zero).nonzero().flatten();
  const auto q0 = vectors.index_select(1, none), q1 = vectors.index_select(1, some);
  const auto cross = torch::matmul(q1.t(), torch::matmul(whole, q0));
  const auto inner = torch::matmul(q0.t(), torch::matmul(whole, q0));
  auto schur = torch::matmul(q1.t(), torch::matmul(whole, q1)) -
               torch::matmul(cross, torch::matmul(torch::linalg_pinv(inner, 1e-10), cross.t()));
  // part x = kappa schur x with the diagonal part = values.
  const auto scale = values.index_select(0, some).rsqrt();
  schur = scale.unsqueeze(1) * schur * scale.unsqueeze(0);
  return 1. / std::get<0>(torch::linalg_eigh(0.5 * (schur + schur.t()))).max().item<double>();
}

}  // namespace

TEST(VoidBounds, StrainsOfSolidsContinueIntoVoids) {
  for (const auto& shape :
       {std::vector<int>{10, 10}, std::vector<int>{9, 12}, std::vector<int>{5, 5, 5}})
    for (int seed = 0; seed < 8; ++seed) {
      SCOPED_TRACE(fmt::format("{}D, seed {}", shape.size(), seed));
      const auto rve = random_solid(shape, seed, 0.5 + 0.05 * seed, seed % 2 == 0);
      const StiffnessField field(std::span(&rve, 1), in_double);
      const double kappa = kappa_of(rve);
      EXPECT_LE(kappa, 1. + 1e-9);
      EXPECT_GT(kappa, 20. * continuation(field.grid()));
    }
}

TEST(VoidBounds, ContainTheSolutionAfterAnyNumberOfSteps) {
  int n_useful = 0;
  for (int seed = 0; seed < 24; ++seed) {
    const bool plane = seed % 3 != 0;
    auto rve = random_solid(plane ? std::vector<int>{14, 12} : std::vector<int>{8, 7, 6}, seed,
                            0.6 + 0.01 * seed, seed % 2 == 0);
    // A second solid, up to a thousand times as soft or stiff.
    rve.stiffness.push_back(std::pow(10., seed % 7 - 3) * rve.stiffness[0]);
    materials::RandomStream random(100 + static_cast<std::uint64_t>(seed));
    for (auto& phase : rve.phase)
      if (phase == 0 && random.uniform() < 0.3) phase = 2;
    const StiffnessField field(std::span(&rve, 1), in_double);
    const GreenOperator green(field.grid(), in_double);
    const auto medium = mean_medium(field);
    const auto exact_of = [&](unsigned int steps, double tolerance) {
      return solve(field, {tolerance, steps});
    };
    const auto upper = enclose_from_above(field, exact_of(4000, 1e-11).displacement)[0];
    for (const unsigned int steps : {0u, 5u, 20u, 60u, 150u, 1000u}) {
      SCOPED_TRACE(fmt::format("seed {}, {} steps", seed, steps));
      const auto solution = exact_of(steps, 1e-9);
      const auto lower = voids_from_below(field, solution.displacement, green, medium,
                                          solution.smallest_ritz_values)[0];
      if (!lower.any().item<bool>()) continue;
      ++n_useful;
      const auto below = std::get<0>(torch::linalg_eigh(upper - lower)).min().item<double>();
      EXPECT_GE(below, -1e-9 * upper.diagonal().max().item<double>());
    }
  }
  EXPECT_GT(n_useful, 20);
}
