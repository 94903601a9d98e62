#pragma once

#include <torch/types.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "measure.h"

namespace seco::benchmarks {

struct DeviceOptions {
  torch::Device device = torch::kCPU;
  std::vector<int> grids{32, 64, 128};
  /// Voxels of all RVEs of a batch together, and hence the number of RVEs.
  double voxels = 1 << 23;
  std::vector<std::string> cases, models;
  double tolerance = 1e-2, seconds = 1;
  int order = 8192;

  std::int64_t n_rves(int grid) const;
};

/// What the device can do at best.
struct DeviceFloors {
  /// Bytes per second of `b = a` between large arrays, read and written.
  Sample copy{{1.}};
  /// Flops per second of square matrix products in single precision, with TF32 where there is such
  /// a thing, and in bfloat16.
  Sample single{{1.}}, tf32{{1.}}, bfloat16{{1.}};

  nlohmann::json json() const;
};
DeviceFloors device_floors(const DeviceOptions& options);
void print_floors(const DeviceFloors& floors);

/// Calls that may return before the device has finished, timed until it has; as `measure`.
Sample measure_on(const torch::Device& device, const std::function<void()>& work,
                  const Budget& budget);

/// Prints a table: seconds of every operator and of a step of conjugate gradients, and the copy
/// bandwidth's share that their least traffic amounts to.
nlohmann::json time_kernels(const DeviceOptions& options, const DeviceFloors& floors);

}  // namespace seco::benchmarks
