#include <gtest/gtest.h>
#include <torch/cuda.h>
#include <torch/torch.h>

#include "eco_blocks.h"
#include "kernel_tables.h"
#include "microstructures.h"
#include "reference_solver.h"

using namespace seco;
using namespace seco::surrogate;

namespace {

const torch::TensorOptions on_gpu = torch::TensorOptions(torch::kCUDA);

/// Skips the tests where there is no GPU or seco is built without its kernels.
class CudaKernels : public testing::Test {
 protected:
  void SetUp() override {
    if (!torch::cuda::is_available()) GTEST_SKIP() << "there is no GPU";
    if (kernels_of(on_gpu).name != "cuda")
      GTEST_SKIP() << "seco is built without its CUDA kernels (SECO_WITH_CUDA)";
    torch::manual_seed(1);
  }
};

std::vector<materials::Rve> rves_of(const std::vector<int>& shape) {
  std::vector<materials::Rve> rves;
  for (int seed = 1; seed <= 3; ++seed)
    rves.push_back(test::make_rve(seed == 2 ? "inclusions" : "polycrystal", shape, seed));
  return rves;
}

// Odd, even and unequal sizes, one larger than a tile of the kernels.
const std::vector<std::vector<int>>& shapes() {
  static const std::vector<std::vector<int>> all{{9, 7}, {8, 300}, {5, 6, 7}, {12, 10, 36}};
  return all;
}

torch::Tensor random_field(const StiffnessField& stiffness, std::int64_t components) {
  std::vector<std::int64_t> shape{stiffness.batch_size(), stiffness.grid().n_components(),
                                  components};
  shape.insert(shape.end(), stiffness.grid().shape.begin(), stiffness.grid().shape.end());
  return torch::randn(shape, torch::kDouble).to(stiffness.options().device(torch::kCPU));
}

/// Largest difference relative to the largest value.
double difference(const torch::Tensor& gpu, const torch::Tensor& cpu) {
  const auto a = gpu.to(torch::kCPU, torch::kDouble), b = cpu.to(torch::kDouble);
  return ((a - b).abs().max() / b.abs().max()).item<double>();
}

/// Runs a comparison for every shape in both precisions, with the round-off to expect.
template <typename Compare>
void for_all_cases(const Compare& compare) {
  for (const auto& shape : shapes())
    for (const auto type : {torch::kDouble, torch::kFloat}) {
      const auto rves = rves_of(shape);
      const StiffnessField cpu(rves, torch::TensorOptions(type));
      compare(cpu, cpu.to(cpu.options().device(torch::kCUDA)), 100 * round_off(type));
    }
}

}  // namespace

TEST_F(CudaKernels, GradientsEqualThoseOfTheCpu) {
  const auto rves = rves_of({6, 5, 7});
  const StiffnessField cpu(rves, torch::TensorOptions(torch::kDouble));
  const auto gpu = cpu.to(cpu.options().device(torch::kCUDA));
  const auto start = random_field(cpu, 6);
  const auto gradient = [&](const StiffnessField& stiffness) {
    auto x = start.to(stiffness.options().device()).requires_grad_();
    const GreenOperator green(stiffness.grid(), stiffness.options());
    equilibrium_block(stiffness.apply(x), EquilibriumForm::projection, green,
                      mean_medium(stiffness))
        .square()
        .sum()
        .backward();
    return x.grad();
  };
  EXPECT_LT(difference(gradient(gpu), gradient(cpu)), 1e-12);
}

TEST_F(CudaKernels, ConjugateGradientsTakeTheSameSteps) {
  for_all_cases([](const auto& cpu, const auto& gpu, double tolerance) {
    KinematicIteration a(cpu), b(gpu);
    for (int step = 0; step < 5; ++step) {
      a.step();
      b.step();
      EXPECT_LT(difference(b.displacement(), a.displacement()), 10 * tolerance) << step;
      EXPECT_LT(difference(b.decrease(), a.decrease()), 10 * tolerance) << step;
      EXPECT_LT(difference(b.residual(), a.residual()), 10 * tolerance) << step;
    }
    // A part of the batch, and a start from where another iteration stands.
    a.keep({2, 0});
    b.keep({2, 0});
    a.step();
    b.step();
    EXPECT_LT(difference(b.displacement(), a.displacement()), 10 * tolerance);
    KinematicIteration from_a(a.stiffness(), a.displacement()),
        from_b(b.stiffness(), b.displacement());
    from_a.step();
    from_b.step();
    EXPECT_LT(difference(from_b.displacement(), from_a.displacement()), 10 * tolerance);
  });
}

TEST_F(CudaKernels, MoreThan32767PhasesAreToldApart) {
  materials::Rve rve = test::make_rve("polycrystal", {34, 32, 32});
  rve.stiffness.assign(rve.phase.size(), rve.stiffness.front());
  for (std::size_t v = 0; v < rve.phase.size(); ++v) {
    rve.phase[v] = static_cast<std::uint16_t>(v);
    rve.stiffness[v] *= 1. + 1e-4 * static_cast<double>(v);
  }
  rve.orientation.clear();
  const StiffnessField cpu({&rve, 1}, torch::TensorOptions(torch::kDouble));
  const auto gpu = cpu.to(cpu.options().device(torch::kCUDA));
  EXPECT_EQ(difference(gpu.coefficients(), cpu.coefficients()), 0.);
}
