#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>
#include <cuda_runtime.h>
#include <cufft.h>
#include <fmt/format.h>

#include "fused_iteration.h"
#include "laws.h"
#include "operators.h"

namespace seco::surrogate {
namespace {

std::string versions() {
  int runtime = 0, driver = 0, fourier = 0;
  cudaRuntimeGetVersion(&runtime);
  cudaDriverGetVersion(&driver);
  cufftGetVersion(&fourier);
  const auto text = [](int version) {
    return fmt::format("{}.{}", version / 1000, version % 1000 / 10);
  };
  // A driver that is not there has no version.
  return fmt::format("{}, {}, cuFFT {}.{}.{}", text(runtime),
                     driver == 0 ? "no driver" : "driver for " + text(driver), fourier / 1000,
                     fourier % 1000 / 100, fourier % 100);
}

std::string device_name(int device) {
  cudaDeviceProp properties{};
  if (cudaGetDeviceProperties(&properties, device) != cudaSuccess) return {};
  return properties.name;
}

double free_memory(const torch::Device& device) {
  const c10::cuda::CUDAGuard guard(device);
  std::size_t free = 0, total = 0;
  if (cudaMemGetInfo(&free, &total) != cudaSuccess) return 0.;
  using c10::CachingDeviceAllocator::StatType;
  const auto stats =
      c10::cuda::CUDACachingAllocator::getDeviceStats(guard.current_device().index());
  const auto all = static_cast<std::size_t>(StatType::AGGREGATE);
  return static_cast<double>(free) + static_cast<double>(stats.reserved_bytes[all].current -
                                                         stats.allocated_bytes[all].current);
}

/// A launch on the device of the fields, in its current stream.
template <auto launch>
void on_device(const std::vector<LawGroup>& groups, const LawArguments& arguments) {
  const c10::cuda::CUDAGuard guard(arguments.device);
  launch(groups, arguments, c10::cuda::getCurrentCUDAStream().stream());
}

}  // namespace

std::optional<KernelTable> cuda_kernels() {
  KernelTable table;
  table.name = "cuda";
  table.versions = [] {
    return std::vector<std::pair<std::string, std::string>>{{"CUDA", versions()}};
  };
  table.device_name = device_name;
  table.free_memory = free_memory;
  table.strain = cuda::strain;
  table.divergence = cuda::divergence;
  table.compact_phase = cuda::compact_phase;
  table.compact_matrices = upper_triangles;
  table.multiply = cuda::multiply;
  table.expand = cuda::expand;
  table.make_green = cuda::make_green;
  table.green = cuda::green;
  table.inner_product = cuda::inner_product;
  table.advance = cuda::advance;
  table.turn = cuda::turn;
  table.gram = cuda::gram;
  table.quadratic_form = cuda::quadratic_form;
  table.tangent_action = cuda::tangent_action;
  table.residual_of = cuda::residual_of;
  table.kinematic_step = cuda::kinematic_step;
  static const LawKernels laws{cuda::knows_law, on_device<cuda::respond_by_laws>,
                               on_device<cuda::gap_of_laws>, on_device<cuda::accept_by_laws>};
  table.laws = &laws;
  return table;
}

}  // namespace seco::surrogate
