#pragma once

namespace seco::surrogate {

/// Lets the OpenMP threads of this program sleep while they wait for work, unless the user has set
/// OMP_WAIT_POLICY or GOMP_SPINCOUNT. By default GCC's runtime spins, which costs a factor of three
/// where cores are shared: with hyper-threads, other ranks, or other programs (homogenization of a
/// 32^3 RVE on two virtual cores: 0.33 s against 1.1 s).
///
/// The runtime reads the setting when it is loaded, so the program starts itself once more. To be
/// called first in `main`; a host program that links this library may set the variable instead.
/// @param argv the arguments of `main`
void wait_passively(char** argv);

}  // namespace seco::surrogate
