#include "device_kernels.h"

#include <fmt/format.h>
#include <torch/cuda.h>
#include <torch/torch.h>

#include <cmath>

#include "conjugate_gradients.h"
#include "difference_operator.h"
#include "output.h"
#include "ritz.h"
#include "solver_cases.h"

namespace seco::benchmarks {
namespace {

using namespace surrogate;

struct Kernel {
  std::string name;
  /// Least traffic, in values of the fields' type per voxel and load case.
  double values;
  std::function<void()> work;
};

Sample matrix_rate(const DeviceOptions& options, torch::Dtype type, const Budget& budget) {
  const auto a =
      torch::randn({options.order, options.order}, torch::TensorOptions(options.device)).to(type);
  auto c = torch::empty_like(a);
  return measure_on(
             options.device, [&] { torch::mm_out(c, a, a); }, budget)
      .divided_into(2. * std::pow(options.order, 3.));
}

}  // namespace

std::int64_t DeviceOptions::n_rves(int grid) const {
  return std::max<std::int64_t>(1, std::llround(voxels / std::pow(grid, 3.)));
}

nlohmann::json DeviceFloors::json() const {
  return {{"copy_bytes_per_second", to_json(copy)},
          {"single_flops_per_second", to_json(single)},
          {"tf32_flops_per_second", to_json(tf32)},
          {"bfloat16_flops_per_second", to_json(bfloat16)}};
}

Sample measure_on(const torch::Device& device, const std::function<void()>& work,
                  const Budget& budget) {
  return measure(
      [&] {
        work();
        if (device.is_cuda()) torch::cuda::synchronize(device.index());
      },
      budget);
}

DeviceFloors device_floors(const DeviceOptions& options) {
  const Budget budget{.seconds = 0.3 * options.seconds};
  DeviceFloors floors;
  {
    // Far more than any cache, but no more than the fields of the batch need as well.
    const auto n = static_cast<std::int64_t>(18 * options.voxels);
    const auto a = torch::ones({n}, torch::TensorOptions(options.device));
    auto b = torch::empty_like(a);
    floors.copy = measure_on(
                      options.device, [&] { b.copy_(a); }, budget)
                      .divided_into(8. * static_cast<double>(n));
  }
  auto& context = at::globalContext();
  const bool tf32 = context.allowTF32CuBLAS();
  context.setAllowTF32CuBLAS(false);
  floors.single = matrix_rate(options, torch::kFloat, budget);
  context.setAllowTF32CuBLAS(true);
  floors.tf32 = matrix_rate(options, torch::kFloat, budget);
  context.setAllowTF32CuBLAS(tf32);
  floors.bfloat16 = matrix_rate(options, torch::kBFloat16, budget);
  return floors;
}

void print_floors(const DeviceFloors& floors) {
  fmt::print(
      "\n### Floors\n\n| | |\n|---|---|\n| copy, GB/s | {} |\n| matrix product, single, TFLOP/s | "
      "{} |\n| with TF32 allowed | {} |\n| bfloat16 | {} |\n",
      floors.copy.scaled(1e-9).text(), floors.single.scaled(1e-12).text(),
      floors.tf32.scaled(1e-12).text(), floors.bfloat16.scaled(1e-12).text());
}

nlohmann::json time_kernels(const DeviceOptions& options, const DeviceFloors& floors) {
  fmt::print(
      "\n### Operators and steps\n\nAll six load cases. Least traffic: what has to be read and "
      "written once, see docs/gpu.md; the last column is the share of the copy bandwidth that it "
      "amounts to.\n\n"
      "| grid, RVEs | precision | | ms | least traffic, MB | of copy "
      "|\n|---|---|---|---|---|---|\n");
  auto values = nlohmann::json::array();
  const Budget budget{.seconds = 0.2 * options.seconds, .warm_up = 2};
  for (const int edge : options.grids)
    for (const auto type : {torch::kFloat, torch::kDouble}) {
      std::vector<materials::Rve> rves;
      for (std::int64_t i = 0; i < options.n_rves(edge); ++i)
        rves.push_back(solver_case("copper", edge, static_cast<int>(i % 4)));
      const StiffnessField stiffness(rves, torch::TensorOptions(type).device(options.device));
      const Grid& grid = stiffness.grid();
      const GreenOperator green(grid, stiffness.options());
      const auto medium = mean_medium(stiffness);
      KinematicIteration iteration(stiffness);
      iteration.step();
      const auto u = iteration.displacement();
      const auto e = strain_of(u, grid);
      const std::vector<Kernel> kernels{
          {"strain of a displacement", 3 + 6, [&] { strain_of(u, grid); }},
          {"divergence of a stress", 6 + 3, [&] { divergence_of(e, grid); }},
          {"stiffness times strain", 6 + 6, [&] { stiffness.apply(e); }},
          {"Gram matrix of six fields and six", 6 + 6, [&] { gram(e, e, grid); }},
          {"21 channels of the network's input", 21. / 6., [&] { stiffness.coefficients(); }},
          {"Green operator with both transforms", 6 * 3, [&] { green.apply(u, medium); }},
          {"step of conjugate gradients", 16 * 3, [&] { iteration.step(); }}};
      for (const auto& kernel : kernels) {
        const auto seconds = measure_on(options.device, kernel.work, budget);
        const double bytes = kernel.values * 6 * static_cast<double>(grid.n_voxels()) *
                             static_cast<double>(rves.size()) *
                             static_cast<double>(c10::elementSize(type));
        const double share = bytes / seconds.median() / floors.copy.median();
        fmt::print("| {}^3, {} | {} | {} | {} | {:.0f} | {:.2f} |\n", edge, rves.size(),
                   type == torch::kFloat ? "single" : "double", kernel.name,
                   seconds.scaled(1e3).text(), 1e-6 * bytes, share);
        std::fflush(stdout);
        values.push_back({{"grid", edge},
                          {"rves", rves.size()},
                          {"precision", type == torch::kFloat ? "single" : "double"},
                          {"what", kernel.name},
                          {"seconds", to_json(seconds)},
                          {"bytes", bytes},
                          {"share_of_copy", share}});
      }
    }
  return values;
}

}  // namespace seco::benchmarks
