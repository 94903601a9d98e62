#pragma once

namespace seco::macro {

/// Elapsed seconds since the system has started this process, loading of its libraries included.
double seconds_since_program_start();

}  // namespace seco::macro
