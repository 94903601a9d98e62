// The fused passes of the CPU, beside kernel_table_test.cc.
#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include "certificate.h"
#include "conjugate_gradients.h"
#include "cpu/kernels.h"
#include "cpu/voxel_loops.h"
#include "difference_operator.h"
#include "eco_blocks.h"
#include "microstructures.h"
#include "reference_solver.h"

namespace seco::surrogate {
namespace {

using test::make_rve;

// Grids with rows shorter than a vector, of odd length and of several vectors.
const std::vector<std::vector<int>> shapes{{5, 6, 3}, {4, 3, 17}, {8, 8, 32}, {7, 5}, {6, 40}};

StiffnessField some_field(const std::vector<int>& shape, torch::Dtype type) {
  std::vector<materials::Rve> rves{make_rve("polycrystal", shape, 3),
                                   make_rve("inclusions", shape, 4, 30.)};
  rves.back().stiffness.front() = test::random_triclinic(static_cast<int>(shape.size()), 8);
  return StiffnessField(rves, type);
}

torch::Tensor random_displacement(const StiffnessField& stiffness) {
  const Grid& grid = stiffness.grid();
  std::vector<std::int64_t> size{stiffness.batch_size(), grid.n_components(), grid.dimension()};
  size.insert(size.end(), grid.shape.begin(), grid.shape.end());
  return torch::randn(size, stiffness.options());
}

TEST(FusedPasses, InstructionSetsAgree) {
  torch::manual_seed(2);
  for (const auto& shape : shapes) {
    const auto stiffness = some_field(shape, torch::kDouble);
    const auto u = random_displacement(stiffness), z = random_displacement(stiffness);
    const auto v = cpu::voxels<double>(stiffness.tables(), 0);
    const auto loads = u.size(1);
    struct Result {
      torch::Tensor force, energy, gram, strain, divergence, product;
    };
    const auto run = [&](const cpu::Kernels<double>& kernel) {
      Result r{torch::zeros_like(u[0]),
               torch::zeros({v.n[0], loads}, torch::kDouble),
               torch::zeros({6, v.n[0], loads, loads}, torch::kDouble),
               {},
               torch::zeros_like(u[0]),
               {}};
      kernel.stiffness_action(v, loads, u.data_ptr<double>(), nullptr, 1.,
                              r.force.data_ptr<double>(), 0, v.n[0], r.energy.data_ptr<double>(),
                              nullptr);
      double* sums = r.gram.data_ptr<double>();
      const auto step = v.n[0] * loads * loads;
      auto left = torch::zeros({u[0].numel()}, torch::kFloat);
      kernel.energies(v, loads, u.data_ptr<double>(), u.data_ptr<double>(), z.data_ptr<double>(),
                      0.7, 0.4, 0, v.n[0],
                      {sums, sums + step, sums + 2 * step, sums + 3 * step, sums + 4 * step,
                       left.data_ptr<float>(), sums + 5 * step});
      r.strain = strain_of(u[0], stiffness.grid());
      r.product = torch::zeros_like(r.strain);
      kernel.strain(v, loads, u.data_ptr<double>(), r.strain.data_ptr<double>(), v.count(), 0,
                    v.n[0]);
      kernel.multiply(v, v.stiffness, loads, r.strain.data_ptr<double>(),
                      r.product.data_ptr<double>(), 0, v.n[0]);
      kernel.divergence(v, loads, {0., 1.}, r.product.data_ptr<double>(),
                        r.divergence.data_ptr<double>(), 0, v.n[0], nullptr);
      return r;
    };
    const auto baseline = run(*cpu::kernels_for<double>("baseline"));
    EXPECT_TRUE(torch::allclose(baseline.divergence, baseline.force, 1e-12, 1e-12));
    for (const auto* set : {"avx2", "avx512"}) {
      const auto* kernel = cpu::kernels_for<double>(set);
      if (kernel == nullptr) continue;
      EXPECT_STREQ(kernel->instruction_set, set);
      const auto other = run(*kernel);
      EXPECT_TRUE(torch::allclose(other.force, baseline.force, 1e-12, 1e-12)) << set;
      EXPECT_TRUE(torch::allclose(other.energy, baseline.energy, 1e-12, 1e-12)) << set;
      EXPECT_TRUE(torch::allclose(other.gram, baseline.gram, 1e-12, 1e-12)) << set;
      EXPECT_TRUE(torch::allclose(other.strain, baseline.strain, 1e-12, 1e-12)) << set;
      EXPECT_TRUE(torch::allclose(other.product, baseline.product, 1e-12, 1e-12)) << set;
      EXPECT_TRUE(torch::allclose(other.divergence, baseline.divergence, 1e-12, 1e-12)) << set;
    }
  }
}

TEST(FusedPasses, EncloseAsTheFieldsDo) {
  for (const auto& shape : shapes) {
    const auto stiffness = some_field(shape, torch::kDouble);
    const Grid& grid = stiffness.grid();
    KinematicIteration iteration(stiffness);
    for (int step = 0; step < 3; ++step) iteration.step();
    const auto& u = iteration.displacement();
    const auto fields = certify(stiffness, strain_of(u, grid),
                                equilibrated_stress(stiffness, total_strain(u, grid)));
    const auto passes = enclose(stiffness, u, iteration.green(), iteration.medium());
    const Bounds written{enclose_from_above(stiffness, u),
                         enclose_from_below(stiffness, stiffness.apply(total_strain(u, grid)),
                                            iteration.green(), iteration.medium())};
    for (const auto& bounds : {passes, written}) {
      EXPECT_TRUE(torch::allclose(bounds.upper, fields.upper, 1e-9, 1e-10));
      EXPECT_TRUE(torch::allclose(bounds.lower, fields.lower, 1e-8, 1e-9));
    }
  }
}

// Bounds from fields in single precision: as good as those from the same fields in double, and
// bounds of the exact stiffness, whatever the preconditioned residual is.
TEST(FusedPasses, EncloseFromSinglePrecision) {
  for (const auto& shape : shapes) {
    const auto single = some_field(shape, torch::kFloat),
               stiffness = some_field(shape, torch::kDouble);
    const auto exact =
        enclose_from_above(stiffness, solve(stiffness, SolverSettings{1e-11, 5000}).displacement);
    KinematicIteration iteration(single);
    for (int step = 0; step < 3; ++step) iteration.step();
    const auto& u = iteration.displacement();
    const auto precise = u.to(torch::kDouble);
    const auto expected = enclose(
        stiffness, precise, GreenOperator(stiffness.grid(), torch::kDouble), iteration.medium());
    const auto good = enclose(stiffness, u, u, iteration.preconditioned(), iteration.medium());
    EXPECT_TRUE(torch::allclose(good.upper, expected.upper, 1e-7, 1e-8));
    EXPECT_TRUE(torch::allclose(good.lower, expected.lower, 1e-4, 1e-5));
    torch::manual_seed(3);
    const auto z = iteration.preconditioned();
    const auto noise = 1e-3 * torch::randn_like(z) * z.abs().max();
    const auto poor = enclose(stiffness, u, u, z + noise, iteration.medium(), /*good_gap=*/0.9);
    for (std::int64_t b = 0; b < stiffness.batch_size(); ++b)
      for (const auto& bounds : {good, poor}) {
        EXPECT_GT(test::loewner_margin(to_matrix(exact[b]), to_matrix(bounds.upper[b])), -1e-9);
        EXPECT_GT(test::loewner_margin(to_matrix(bounds.lower[b]), to_matrix(exact[b])), -1e-9);
      }
  }
}

TEST(FusedPasses, DoNotDependOnTheNumberOfThreads) {
  const int threads = at::get_num_threads();
  const auto rve = make_rve("polycrystal", {40, 24, 24}, 6);
  const StiffnessField stiffness({&rve, 1}, torch::kFloat);
  const auto run = [&](int n) {
    at::set_num_threads(n);
    KinematicIteration iteration(stiffness);
    for (int step = 0; step < 3; ++step) iteration.step();
    return iteration.displacement().clone();
  };
  const auto one = run(1), three = run(3);
  at::set_num_threads(threads);
  EXPECT_TRUE(torch::equal(one, three));
}

}  // namespace
}  // namespace seco::surrogate
