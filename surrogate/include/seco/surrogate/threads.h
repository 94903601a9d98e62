#pragma once

namespace seco::surrogate {

/// Lets the OpenMP threads of this program sleep while they wait for work, unless the user has set
/// OMP_WAIT_POLICY or GOMP_SPINCOUNT. By default GCC's runtime spins, which costs a factor of three
/// where cores are shared: with hyper-threads, other ranks, or other programs (homogenization of a
/// 32^3 RVE on two virtual cores: 0.33 s against 1.1 s).
///
/// Also lets the threads of OpenBLAS sleep, unless OPENBLAS_THREAD_TIMEOUT is set. By default they
/// yield in a loop for tens of milliseconds after every product, and take the cores from those of
/// OpenMP (answer of a network on 32^3, two cores: 98 ms, afterwards 64 ms).
///
/// The libraries read the settings when they are loaded, so the program starts itself once more,
/// unless OMP_NUM_THREADS is 1: a single thread does not wait. To be called first in `main`; a host
/// program that links this library may set the variables instead.
/// @param argv the arguments of `main`
void wait_passively(char** argv);

}  // namespace seco::surrogate
