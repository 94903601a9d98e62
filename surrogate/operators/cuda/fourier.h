#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "green_scaling.h"
#include "kernels.h"

namespace seco::surrogate::cuda {

/// Real Fourier transforms of all fields of a batch of RVEs, without normalisation, by cuFFT:
/// fields
/// `[n_fields, n...]`, spectra `[n_fields, n..., n_last / 2 + 1]`.
///
/// Plans are made for 1, 2, 4, ... RVEs and kept as long as the process lives, since finished RVEs
/// leave a batch and a plan costs more than a transform; a batch takes a few launches.
template <typename Number>
class FourierTransforms {
 public:
  /// @param fields_per_rve every RVE brings so many fields
  FourierTransforms(std::vector<std::int64_t> shape, std::int64_t fields_per_rve,
                    std::int64_t n_rves);

  /// Bytes of working memory that forward() and inverse() need.
  std::size_t work_bytes() const { return work_bytes_; }
  void forward(Number* fields, Complex<Number>* spectra, void* work, Stream stream) const;
  /// Destroys the spectra.
  void inverse(Complex<Number>* spectra, Number* fields, void* work, Stream stream) const;

 private:
  template <typename Execute>
  void in_parts(bool forward, void* work, Stream stream, const Execute& execute) const;

  std::vector<std::int64_t> shape_;
  std::int64_t fields_per_rve_, n_rves_;
  std::size_t work_bytes_ = 0;
};

}  // namespace seco::surrogate::cuda
