// The kernels of surrogate/cuda run what their threads do from functions that also compile for the
// host. Here these run over all threads one after the other, on a machine without a GPU.
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <limits>
#include <memory>

#include "conjugate_gradients.h"
#include "cuda/green_scaling.h"
#include "cuda/pointwise.h"
#include "cuda/stiffness_action.h"
#include "difference_operator.h"
#include "kernel_table.h"
#include "microstructures.h"

using namespace seco;
using namespace seco::surrogate;

namespace {

struct Case {
  std::vector<int> shape;
  std::vector<double> lengths;
};

template <int dim>
std::vector<Case> cases() {
  // Odd, even and unequal sizes; smaller than a tile of the fused action, of its size, and larger.
  if constexpr (dim == 2)
    return {{{7, 5}, {1., 1.3}}, {{6, 256}, {1., 0.5}}, {{9, 300}, {1., 2.}}};
  else
    return {{{5, 6, 7}, {1., 1.3, 0.8}}, {{6, 8, 32}, {1., 2., 0.9}}, {{4, 19, 37}, {1., 1., 2.}}};
}

template <int dim, typename Number>
struct Setup {
  static constexpr int m = dim * (dim + 1) / 2;

  explicit Setup(const Case& c)
      : rves(make_rves(c)),
        stiffness(rves, torch::TensorOptions(torch::CppTypeToScalarType<Number>())),
        grid(stiffness.grid()),
        lattice(grid.shape.data(), grid.spacing.data()) {
    torch::manual_seed(7);
    for (const auto& rve : rves) phase.insert(phase.end(), rve.phase.begin(), rve.phase.end());
    n_phases = static_cast<int>(rves[0].stiffness.size());
    n_phases = std::max(n_phases, static_cast<int>(rves[1].stiffness.size()));
    upper.assign(2 * n_phases * (m * (m + 1) / 2), Number(0));
    auto* next = upper.data();
    for (int b = 0; b < 2; ++b)
      for (int p = 0; p < n_phases; ++p)
        for (int i = 0; i < m; ++i)
          for (int j = i; j < m; ++j, ++next)
            if (p < static_cast<int>(rves[b].stiffness.size()))
              *next = static_cast<Number>(rves[b].stiffness[p](i, j) /
                                          stiffness.scale()[b].template item<double>());
  }

  static std::vector<materials::Rve> make_rves(const Case& c) {
    std::vector<materials::Rve> rves{test::make_rve("polycrystal", c.shape, 1),
                                     test::make_rve("polycrystal", c.shape, 2)};
    for (auto& rve : rves) {
      rve.lengths = c.lengths;
      // General matrices, so that no entry may be mistaken for another.
      for (std::size_t p = 0; p < rve.stiffness.size(); ++p)
        rve.stiffness[p] = test::random_triclinic(dim, 10 + p);
    }
    return rves;
  }

  torch::Tensor random_field(std::int64_t components, std::int64_t loads = m) const {
    std::vector<std::int64_t> shape{2, loads, components};
    shape.insert(shape.end(), grid.shape.begin(), grid.shape.end());
    return torch::randn(shape, stiffness.options());
  }
  const Number* upper_at(int b, std::int64_t voxel) const {
    return upper.data() + (b * n_phases + phase[b * lattice.n_points + voxel]) * (m * (m + 1) / 2);
  }

  std::vector<materials::Rve> rves;
  StiffnessField stiffness;
  Grid grid;
  cuda::Lattice<dim, Number> lattice;
  std::vector<std::uint16_t> phase;
  std::vector<Number> upper;
  int n_phases = 0;
};

double difference(const torch::Tensor& a, const torch::Tensor& b) {
  return ((a - b).abs().max() / b.abs().max()).template item<double>();
}

/// All blocks of the fused action, their threads in step.
template <bool per_voxel = false, int dim, typename Number>
void run_action(const cuda::ActionArguments<dim, Number>& arguments, std::int64_t batch) {
  using Thread = cuda::ActionThread<dim, Number, per_voxel>;
  const auto blocks = batch * arguments.n_tiles() * arguments.n_segments() * arguments.n_groups();
  auto shared = std::make_unique<typename Thread::Shared>();
  for (std::int64_t block = 0; block < blocks; ++block) {
    std::vector<Thread> threads;
    for (int t = 0; t < Thread::n_threads; ++t) threads.emplace_back(arguments, block, t);
    for (int step = -1; step <= threads[0].n_planes(); ++step)
      for (int load = 0; load < threads[0].n_loads(); ++load) {
        for (auto& thread : threads) thread.store(step, load, *shared);
        for (auto& thread : threads) thread.compute(step, load, *shared);
        for (auto& thread : threads) thread.gather(step, load, *shared);
      }
    for (int load = 0; load < threads[0].n_loads(); ++load) {
      double sum = 0;
      for (const auto& thread : threads) sum += thread.energy(load);
      *threads[0].partial_sum(load) = sum;
      if constexpr (per_voxel)
        for (int k = 0; k < Thread::m; ++k) {
          double stress = 0;
          for (const auto& thread : threads) stress += thread.stress(load, k);
          *threads[0].partial_stress(load, k) = stress;
        }
    }
  }
}

template <typename Type>
class CudaKernelBodies : public testing::Test {};

template <int dimension, typename Type>
struct Variant {
  static constexpr int dim = dimension;
  using Number = Type;
  static constexpr double tolerance = 50 * std::numeric_limits<Number>::epsilon();
};
using Variants =
    testing::Types<Variant<2, float>, Variant<3, float>, Variant<2, double>, Variant<3, double>>;
TYPED_TEST_SUITE(CudaKernelBodies, Variants);

}  // namespace

TYPED_TEST(CudaKernelBodies, DifferenceOperatorsEqualThoseOfTheCpu) {
  constexpr int dim = TypeParam::dim, m = dim * (dim + 1) / 2;
  using Number = typename TypeParam::Number;
  for (const auto& c : cases<dim>()) {
    const Setup<dim, Number> setup(c);
    const auto n = setup.lattice.n_points;
    const auto u = setup.random_field(dim), s = setup.random_field(m);
    auto e = torch::empty_like(s), f = torch::empty_like(u);
    for (int field = 0; field < 2 * m; ++field)
      for (std::int64_t v = 0; v < n; ++v) {
        cuda::strain_at(setup.lattice, v, u.template data_ptr<Number>() + field * dim * n,
                        e.template data_ptr<Number>() + field * m * n);
        cuda::divergence_at(setup.lattice, v, s.template data_ptr<Number>() + field * m * n,
                            f.template data_ptr<Number>() + field * dim * n);
      }
    EXPECT_LT(difference(e, strain_of(u, setup.grid)), TypeParam::tolerance);
    EXPECT_LT(difference(f, divergence_of(s, setup.grid)), TypeParam::tolerance);
  }
}

TYPED_TEST(CudaKernelBodies, StiffnessFieldEqualsThatOfTheCpu) {
  constexpr int dim = TypeParam::dim, m = dim * (dim + 1) / 2;
  using Number = typename TypeParam::Number;
  for (const auto& c : cases<dim>()) {
    const Setup<dim, Number> setup(c);
    const auto n = setup.lattice.n_points;
    const auto x = setup.random_field(m);
    auto y = torch::empty_like(x);
    auto channels = torch::empty(setup.stiffness.coefficients().sizes(), x.options());
    auto forms = torch::zeros({2, m}, torch::kDouble);
    for (int b = 0; b < 2; ++b)
      for (std::int64_t v = 0; v < n; ++v) {
        const auto* upper = setup.upper_at(b, v);
        cuda::apply_at<m>(n, m, upper, v, x.template data_ptr<Number>() + b * m * m * n,
                          y.template data_ptr<Number>() + b * m * m * n);
        cuda::expand_at(n, m * (m + 1) / 2, upper, v,
                        channels.template data_ptr<Number>() + b * m * (m + 1) / 2 * n);
        for (int l = 0; l < m; ++l)
          forms[b][l] +=
              cuda::form_at<m>(n, upper, v, x.template data_ptr<Number>() + (b * m + l) * m * n) /
              static_cast<double>(n);
      }
    EXPECT_LT(difference(y, setup.stiffness.apply(x)), TypeParam::tolerance);
    EXPECT_EQ(difference(channels, setup.stiffness.coefficients()), 0.);
    EXPECT_LT(
        difference(forms, (x * setup.stiffness.apply(x)).flatten(2).sum(2, false, torch::kDouble) /
                              static_cast<double>(n)),
        TypeParam::tolerance);
  }
}

TYPED_TEST(CudaKernelBodies, FusedActionEqualsItsThreeParts) {
  constexpr int dim = TypeParam::dim, m = dim * (dim + 1) / 2;
  using Number = typename TypeParam::Number;
  for (const auto& c : cases<dim>())
    for (const int planes : {100, 2, 3}) {
      const Setup<dim, Number> setup(c);
      const auto u = setup.random_field(dim);
      auto f = torch::full_like(u, std::numeric_limits<double>::quiet_NaN());
      cuda::ActionArguments<dim, Number> arguments{setup.lattice};
      arguments.n_loads = m;
      arguments.n_phases = setup.n_phases;
      arguments.phase = setup.phase.data();
      arguments.table = setup.upper.data();
      arguments.displacement = u.template data_ptr<Number>();
      arguments.force = f.template data_ptr<Number>();
      arguments.sign = -1;
      arguments.unit_loads = true;
      arguments.planes = planes;
      auto parts = torch::full({2 * m, arguments.n_partial_sums()},
                               std::numeric_limits<double>::quiet_NaN(), torch::kDouble);
      arguments.partial_sums = parts.template data_ptr<double>();
      run_action(arguments, 2);
      const auto strain = total_strain(u, setup.grid);
      const auto stress = setup.stiffness.apply(strain);
      EXPECT_LT(difference(f, -divergence_of(stress, setup.grid)), TypeParam::tolerance);
      EXPECT_LT(difference(parts.sum(1).reshape({2, m}),
                           (strain * stress).flatten(2).sum(2, false, torch::kDouble)),
                TypeParam::tolerance);

      // Along a direction that is formed on the way, without mean strain.
      const auto p = setup.random_field(dim);
      const auto beta = torch::rand({2, m}, torch::kDouble);
      auto direction = torch::full_like(u, std::numeric_limits<double>::quiet_NaN());
      arguments.direction = p.template data_ptr<Number>();
      arguments.beta = beta.template data_ptr<double>();
      arguments.new_direction = direction.template data_ptr<Number>();
      arguments.sign = 1;
      arguments.unit_loads = false;
      run_action(arguments, 2);
      const auto expected =
          u + p * with_grid_axes(beta.to(u.scalar_type()).unsqueeze(2), setup.grid);
      EXPECT_LT(difference(direction, expected), TypeParam::tolerance);
      EXPECT_LT(difference(f, divergence_of(setup.stiffness.apply(strain_of(expected, setup.grid)),
                                            setup.grid)),
                TypeParam::tolerance);
    }
}

TYPED_TEST(CudaKernelBodies, FusedTangentActionEqualsThatOfTheCpu) {
  constexpr int dim = TypeParam::dim, m = dim * (dim + 1) / 2;
  using Number = typename TypeParam::Number;
  for (const auto& c : cases<dim>())
    for (const int planes : {100, 2, 3})
      for (const std::int64_t loads : {1, 3, m}) {
        const Setup<dim, Number> setup(c);
        const auto u = setup.random_field(dim, loads);
        // Definite or not: the action is linear.
        auto coefficients = setup.random_field(m * (m + 1) / 2, 1).squeeze(1).contiguous();
        const auto mean = torch::randn({2, loads, m}, torch::kDouble);
        const auto mean_strain = mean.to(u.scalar_type()).contiguous();
        auto f = torch::full_like(u, std::numeric_limits<double>::quiet_NaN());
        cuda::ActionArguments<dim, Number> arguments{setup.lattice};
        arguments.n_loads = static_cast<int>(loads);
        arguments.coefficients = coefficients.template data_ptr<Number>();
        arguments.mean_strain = mean_strain.template data_ptr<Number>();
        arguments.displacement = u.template data_ptr<Number>();
        arguments.force = f.template data_ptr<Number>();
        arguments.planes = planes;
        auto parts = torch::full({2 * loads * (1 + m), arguments.n_partial_sums()},
                                 std::numeric_limits<double>::quiet_NaN(), torch::kDouble);
        arguments.partial_sums = parts.template data_ptr<double>();
        arguments.partial_stresses =
            parts.template data_ptr<double>() + 2 * loads * arguments.n_partial_sums();
        run_action<true>(arguments, 2);
        const auto& kernels = portable_kernels();
        const auto expected = kernels.tangent_action(kernels, setup.grid, coefficients, u, mean);
        const auto means = parts.sum(1) / static_cast<double>(setup.grid.n_voxels());
        EXPECT_LT(difference(f, expected.force), TypeParam::tolerance);
        EXPECT_LT(difference(means.narrow(0, 0, 2 * loads).reshape({2, loads}), expected.energy),
                  TypeParam::tolerance);
        EXPECT_LT(difference(means.narrow(0, 2 * loads, 2 * loads * m).reshape({2, loads, m}),
                             expected.stress_mean),
                  TypeParam::tolerance);
      }
}

TYPED_TEST(CudaKernelBodies, GreenScalingEqualsTheGreenOperator) {
  constexpr int dim = TypeParam::dim, m = dim * (dim + 1) / 2;
  using Number = typename TypeParam::Number;
  for (const auto& c : cases<dim>()) {
    const Setup<dim, Number> setup(c);
    const auto force = divergence_of(setup.random_field(m), setup.grid);
    const auto medium = mean_medium(setup.stiffness);
    const auto axes = setup.grid.axes();
    auto spectrum = torch::fft::rfftn(force, c10::nullopt, axes).contiguous();
    auto* values = reinterpret_cast<cuda::Complex<Number>*>(spectrum.data_ptr());
    const auto n = cuda::n_frequencies<dim>(setup.lattice.size);
    auto work = torch::zeros({2, m}, torch::kDouble);
    for (int b = 0; b < 2; ++b)
      for (int l = 0; l < m; ++l)
        for (std::int64_t q = 0; q < n; ++q) {
          const cuda::GreenFrequency<dim, Number> green(setup.lattice, q);
          auto* at = values + (b * m + l) * dim * n + q;
          cuda::Complex<Number> f[dim];
          for (int i = 0; i < dim; ++i) f[i] = at[i * n];
          const double lambda = medium.lambda[b].template item<double>();
          const double mu = medium.mu[b].template item<double>();
          work[b][l] +=
              green.multiplicity *
              green.apply(static_cast<Number>(mu),
                          static_cast<Number>((lambda + mu) / (lambda + 2 * mu)), Number(1), f);
          for (int i = 0; i < dim; ++i) at[i * n] = f[i];
        }
    const auto displacement = torch::fft::irfftn(spectrum, setup.grid.shape, axes);
    const auto expected = GreenOperator(setup.grid, setup.stiffness.options()).apply(force, medium);
    // Displacements hold the round-off of the forces times the condition of the operator, which
    // grows with the square of the number of voxels along an axis; strains, and the work, which is
    // a square of strains, with that number.
    EXPECT_LT(difference(strain_of(displacement, setup.grid), strain_of(expected, setup.grid)),
              30 * TypeParam::tolerance);
    EXPECT_LT(difference(work / static_cast<double>(setup.lattice.n_points),
                         (force * expected).flatten(2).sum(2, false, torch::kDouble)),
              30 * TypeParam::tolerance);
  }
}
