#pragma once

#include "device_kernels.h"

namespace seco::benchmarks {

/// Prints a table: RVEs per second of the network, of the reference solver stopped at the network's
/// own stiffness error by an oracle, and of the engine `certified`, for every case and grid.
/// @throws std::invalid_argument if there is not one model per case
nlohmann::json time_engines(const DeviceOptions& options);

}  // namespace seco::benchmarks
