#pragma once

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>

#include "grid.h"

namespace seco::surrogate::cpu {

/// Memory that starts at a cache line, as the kernels and FFTW like it.
template <typename Number>
class AlignedBuffer {
 public:
  explicit AlignedBuffer(std::int64_t size)
      : data_(static_cast<Number*>(std::aligned_alloc(
            64, (sizeof(Number) * static_cast<std::size_t>(size) + 63) / 64 * 64))) {
    if (data_ == nullptr) throw std::bad_alloc();
  }
  ~AlignedBuffer() { std::free(data_); }
  AlignedBuffer(const AlignedBuffer&) = delete;
  AlignedBuffer& operator=(const AlignedBuffer&) = delete;
  Number* data() const { return data_; }

 private:
  Number* data_;
};

/// Discrete Fourier transforms of real fields on a grid, in the three parts that GreenOperator
/// interleaves with other work on the same memory: the last axes of one plane (3D; a row in 2D) at
/// a time, then the first axis of a block of frequencies at a time. By FFTW (Frigo, Johnson 2005,
/// Proc. IEEE 93) with plans measured once per process, grid and precision; without it by LibTorch.
///
/// Frequencies of one plane are counted row by row over the half spectrum; planes of a field lie
/// `plane_stride()` complex numbers apart. Complex numbers are pairs of `Number`. No normalisation.
template <typename Number>
class FourierTransform {
 public:
  /// The transform for a grid, made at the first call. @throws std::runtime_error without a plan
  static std::shared_ptr<const FourierTransform> of(const Grid& grid);
  explicit FourierTransform(const Grid& grid);
  ~FourierTransform();
  FourierTransform(const FourierTransform&) = delete;
  FourierTransform& operator=(const FourierTransform&) = delete;

  std::int64_t n_planes() const { return n_planes_; }
  std::int64_t plane_size() const { return plane_size_; }
  std::int64_t n_frequencies() const { return n_frequencies_; }
  std::int64_t plane_stride() const { return plane_stride_; }
  /// Frequencies of a plane whose first axis is transformed together.
  std::int64_t block_width() const { return block_width_; }
  std::int64_t n_blocks() const { return plane_stride_ / block_width_; }

  /// @param plane, frequencies at cache lines; the input of the way back is lost
  void plane_to_frequencies(Number* plane, Number* frequencies) const;
  void frequencies_to_plane(Number* frequencies, Number* plane) const;
  /// One block of one field, in the memory of all planes, to `[n_planes, block_width]` and back.
  void first_axis_forward(Number* frequencies, Number* block) const;
  void first_axis_backward(Number* block, Number* frequencies) const;

 private:
  struct Plans;
  std::vector<std::int64_t> plane_shape_;
  std::int64_t n_planes_, plane_size_, n_frequencies_, plane_stride_, block_width_;
  std::unique_ptr<Plans> plans_;
};

}  // namespace seco::surrogate::cpu
