#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "measure.h"

/// What this machine can do at best: rates that bound any program on it from below.
namespace seco::benchmarks {

/// Threads of LibTorch, of our kernels and, where it lets itself be told, of the BLAS.
/// @return whether the BLAS followed (OpenBLAS does; others take their number from the environment)
bool use_threads(int n);

/// 1, 2, 4, ... up to the cores that this process may use, and their number itself.
std::vector<int> thread_counts();

/// Rates of moving memory, bytes per second. Every thread works on its own part of the arrays.
struct Bandwidth {
  /// `b = a`: 16 bytes moved per double, without the read that a store into memory may cost.
  Sample copy;
  /// `a = b + s c`: 24 bytes per double.
  Sample triad;
};

/// @param working_set bytes of all arrays together, two of the copy or three of the triad
Bandwidth measure_bandwidth(std::size_t working_set, const Budget& budget);

/// A batch of real transforms in 3D, forward and back: one displacement field of six load cases is
/// a batch of 18.
struct FftCase {
  int grid = 64;
  int batch = 18;
  bool single_precision = true;

  /// `2 batch (5/2) N log2 N`, the usual count for real transforms of N = grid^3 values.
  double flops() const;
  std::string precision() const { return single_precision ? "single" : "double"; }
};

/// Whether this build knows FFTW; without it the functions below measure `torch::fft` only.
bool has_fftw();
std::string fftw_version();

/// Both libraries by turns, first FFTW with a measured plan (a serial plan, the transforms of the
/// batch shared among the threads: faster here than plans of the whole batch, contiguous or
/// interleaved) and second `torch::fft`.
/// @throws std::logic_error without FFTW
Comparison compare_ffts(const FftCase& fft, const Budget& budget);

/// Seconds of forward and back by the fastest library at hand.
Sample measure_fft(const FftCase& fft, const Budget& budget);

/// Seconds of a product of square matrices by the BLAS that LibTorch uses.
Sample measure_matrix_product(int order, bool single_precision, const Budget& budget);

}  // namespace seco::benchmarks
