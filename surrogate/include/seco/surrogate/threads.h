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

/// Lets the allocator of glibc keep freed memory, up to 2 GiB, for the next request, unless the
/// user has set MALLOC_MMAP_THRESHOLD_, MALLOC_TRIM_THRESHOLD_ or GLIBC_TUNABLES. By default it
/// gives fields of megabytes back at once, and the pages of the next one are made and cleared anew:
/// a third of the time of a polycrystal of 32^3 voxels to a gap of 1e-3 (27 ms, afterwards 19 ms).
/// For programs; a host program that links this library may set the variables instead, to
/// 1073741824 each. Elsewhere than on glibc it does nothing.
void keep_freed_memory();

}  // namespace seco::surrogate
