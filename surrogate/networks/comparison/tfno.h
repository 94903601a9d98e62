#pragma once

#include <torch/nn.h>

#include <string>
#include <vector>

namespace seco::surrogate {

/// What determines the architecture of a TFNO.
struct TFNOOptions {
  /// 2 or 3.
  int dimension = 3;
  std::int64_t in_channels = 21;
  std::int64_t out_channels = 54;
  /// Channels between the layers. Multiples of 16 run fastest.
  std::int64_t width = 32;
  /// Number of spectral layers.
  int layers = 4;
  /// Frequencies kept along each axis: 0, +-1, ..., +-(modes - 1) periods per cell.
  int modes = 8;
  /// Share of each axis of the spectral weights that the factorisation keeps, in (0, 1]
  /// (SpectralConvolutionImpl).
  double rank = 0.5;
  /// `Tucker` or `CP`.
  std::string factorization = "Tucker";
  /// Size of the initial output: by default close to zero, so that training starts from the field
  /// that precedes the network.
  double head_gain = 1e-2;
};

/// Fourier series coefficients of the lowest frequencies of a periodic grid,
/// `c_k = 1/N sum_q x_q exp(-2 pi i sum_j k_j q_j / n_j)`, and the field that they stand for. The
/// scale 1/N makes them those of the continuous field, whatever the grid. Along axis j the
/// frequencies are |k_j| < K_j with `K_j = min(modes, (n_j + 1) / 2)`, in ascending order; the last
/// axis has the non-negative ones only, since the field is real. The frequency n_j / 2 of an even
/// grid, which cannot tell a shift from its opposite, is left out. The transforms are products with
/// the few rows of the DFT matrix that are needed, which is faster than an FFT of all frequencies.
class TruncatedFourierTransform {
 public:
  /// @param shape voxels along each axis @param options device and precision, single or double
  TruncatedFourierTransform(const std::vector<std::int64_t>& shape, int modes,
                            const torch::TensorOptions& options);

  /// @param x `[B, C, n...]`, real @return complex `[B, C, 2 K_1 - 1, ..., K_d]`
  torch::Tensor coefficients(const torch::Tensor& x) const;

  /// Adds the real field `sum_k c_k exp(2 pi i k . x)`, k over both signs, to `field`; of the
  /// coefficients with `k_d = 0` the part with `c_{-k} = conj(c_k)` counts.
  /// @param field `[B, C, n...]`, changed in place where its precision allows
  /// @return the sum, with the type of `field`
  torch::Tensor add_field(const torch::Tensor& coefficients, const torch::Tensor& field) const;

  /// K_j of every axis.
  const std::vector<std::int64_t>& n_frequencies() const { return n_frequencies_; }
  torch::Dtype scalar_type() const { return analysis_.back().scalar_type(); }

 private:
  std::vector<std::int64_t> n_frequencies_;
  // [n_j, 2 K_j - 1] and its inverse, complex; of the last axis [n_d, 2 K_d] and its inverse, real
  // and imaginary part beside each other.
  std::vector<torch::Tensor> analysis_;
  std::vector<torch::Tensor> synthesis_;
};

/// Convolution over the periodic cell, band-limited and learned by its Fourier coefficients:
/// `y_o(k) = sum_i W_io(k) x_i(k)` for the lowest frequencies k of each axis, zero for the others.
/// The complex tensor `W[in, out, 2 M - 1, ..., M]` (M: modes; axes of sizes s_j) is never formed:
/// - Tucker: `W = G x_in U_in x_out U_out x_1 U_1 ... x_d U_d`, ranks `r_j = max(1, round(rank
///   s_j))`. Full rank represents every W. Only the core is expanded over the modes, a share of
///   rank^2 of the weights.
/// - CP: `W_io(k) = sum_r A_ir B_or U_1(k_1)_r ... U_d(k_d)_r`, with `R = max(1, round(rank sum_j
///   s_j))` terms, so that there are about rank (sum_j s_j)^2 parameters.
/// Source: Kossaifi et al. 2023, arXiv 2310.00120, sections 3.2-3.4.
///
/// Parameters are real with real and imaginary part along a last axis of 2: `in_factor`,
/// `out_factor`, `mode_factor<j>` of shape `[s, r, 2]`, and for Tucker `core` `[r..., 2]`.
class SpectralConvolutionImpl : public torch::nn::Module {
 public:
  /// The options must be valid (TFNOImpl checks them).
  SpectralConvolutionImpl(std::int64_t in_channels, std::int64_t out_channels,
                          const TFNOOptions& options);

  /// Adds the convolution of `x` to `field`, both `[B, channels, n...]`, in single precision at
  /// least, also where autocasting is on. `field` may be changed in place.
  torch::Tensor forward(const torch::Tensor& x, const TruncatedFourierTransform& transform,
                        const torch::Tensor& field);

 private:
  /// @param coefficients `[K, B, in]`, K: all frequencies @param mode_factors complex, their rows
  /// @return `[K, B, out]`
  torch::Tensor mix(const torch::Tensor& coefficients,
                    const std::vector<torch::Tensor>& mode_factors) const;

  torch::Tensor core_;  // not defined for CP
  torch::Tensor in_factor_;
  torch::Tensor out_factor_;
  std::vector<torch::Tensor> mode_factors_;
};
TORCH_MODULE(SpectralConvolution);

/// Tensorized Fourier neural operator of a periodic cell in 2D or 3D (Kossaifi et al. 2023, arXiv
/// 2310.00120; the Fourier neural operator is Li et al. 2021, arXiv 2010.08895). Pointwise lifting
/// to `width` channels; `layers` times `x <- GELU(spectral convolution of x + pointwise layer of
/// x)`, the last time without GELU; pointwise projection through a hidden layer of `2 width`
/// channels. The hidden and the last layer also see the input: the spectral convolutions know the
/// lowest frequencies only, and jumps of the material must reach the output. There is no padding,
/// since cells are periodic, and no dependence on the grid: the same cell on a finer grid gives the
/// same values up to aliasing by the nonlinear layers. Grids of any size are allowed, also those
/// with fewer frequencies than `modes`.
class TFNOImpl : public torch::nn::Module {
 public:
  /// @throws std::invalid_argument naming the option, its value and what is allowed.
  explicit TFNOImpl(const TFNOOptions& options);

  /// Runs in the precision of `x`, whatever that of the parameters, but the spectral convolutions
  /// in single precision at least.
  /// @param x `[B, in_channels, n...]` @return `[B, out_channels, n...]`
  /// @throws std::invalid_argument if the number of axes or of channels is another.
  torch::Tensor forward(const torch::Tensor& x);

 private:
  void add_pointwise(const std::string& name, std::int64_t in, std::int64_t out, double gain);
  torch::Tensor pointwise(const std::string& name, const std::vector<torch::Tensor>& parts) const;

  TFNOOptions options_;
  std::vector<SpectralConvolution> spectral_;
};
TORCH_MODULE(TFNO);

}  // namespace seco::surrogate
