#pragma once

#include <cmath>

#include "lattice.h"

namespace seco::surrogate::cuda {

/// Laid out as cuFFT's and LibTorch's complex numbers.
template <typename Number>
struct Complex {
  Number real, imaginary;
};

/// sin(pi a / b), to the relative round-off of the type also where it is small.
template <typename Number>
SECO_HOST_DEVICE Number sine_of_fraction(int a, int b) {
#ifdef __CUDA_ARCH__
  if constexpr (sizeof(Number) == 4)
    return sinpif(static_cast<float>(a) / static_cast<float>(b));
  else
    return sinpi(static_cast<double>(a) / static_cast<double>(b));
#else
  return static_cast<Number>(std::sin(M_PI * a / b));
#endif
}

/// The Green operator of an isotropic medium at one frequency of a real transform, see
/// green_operator.h. All symbols k_j share one phase and differ by real factors
/// `kappa_j = (2 / h_j) sin(t_j / 2) prod_{i != j} cos(t_i / 2)` with the angles t of the
/// frequency, so that `G0 = [I - c kappa kappa^T / |kappa|^2] / (mu |kappa|^2)` is real and
/// symmetric.
template <int dim, typename Number>
struct GreenFrequency {
  Number kappa[dim];
  /// `1 / |kappa|^2`, or zero where the operator is: at the mean and at hourglass modes.
  Number inverse_square;
  /// How often the frequency counts in sums over all of them: those that the real transform leaves
  /// out are conjugate.
  int multiplicity;

  /// @param frequency index in `[n1, ..., n_last / 2 + 1]`
  SECO_HOST_DEVICE GreenFrequency(const Lattice<dim, Number>& grid, std::int64_t frequency) {
    Number sine[dim], cosine[dim];
    for (int j = dim - 1; j >= 0; --j) {
      const int n = grid.size[j], length = j == dim - 1 ? n / 2 + 1 : n;
      int q = static_cast<int>(frequency % length);
      frequency /= length;
      if (j == dim - 1) multiplicity = (q == 0 || 2 * q == n) ? 1 : 2;
      if (2 * q > n) q -= n;
      sine[j] = sine_of_fraction<Number>(q, n);
      // Exactly zero at the highest frequency of an even axis, and accurate beside it.
      cosine[j] = sine_of_fraction<Number>(n - 2 * (q < 0 ? -q : q), 2 * n);
    }
    Number square = 0;
    for (int j = 0; j < dim; ++j) {
      // The weight of a difference holds 1 / 2^(dim - 1).
      Number k = (1 << dim) * grid.weight[j] * sine[j];
      for (int i = 0; i < dim; ++i)
        if (i != j) k *= cosine[i];
      kappa[j] = k;
      square += k * k;
    }
    inverse_square = square > 0 ? Number(1) / square : Number(0);
  }

  /// `u = scale G0 f`. @param coupling `(lambda + mu) / (lambda + 2 mu)` @return `Re(conj(f) . u)`
  SECO_HOST_DEVICE Number apply(Number mu, Number coupling, Number scale,
                                Complex<Number> (&f)[dim]) const {
    Complex<Number> along{0, 0};
    for (int j = 0; j < dim; ++j) {
      along.real += kappa[j] * f[j].real;
      along.imaginary += kappa[j] * f[j].imaginary;
    }
    along.real *= coupling * inverse_square;
    along.imaginary *= coupling * inverse_square;
    const Number factor = scale * inverse_square / mu;
    Number work = 0;
    for (int j = 0; j < dim; ++j) {
      const Complex<Number> u{factor * (f[j].real - kappa[j] * along.real),
                              factor * (f[j].imaginary - kappa[j] * along.imaginary)};
      work += f[j].real * u.real + f[j].imaginary * u.imaginary;
      f[j] = u;
    }
    return work;
  }
};

template <int dim>
std::int64_t n_frequencies(const int (&size)[dim]) {
  std::int64_t n = size[dim - 1] / 2 + 1;
  for (int j = 0; j < dim - 1; ++j) n *= size[j];
  return n;
}

}  // namespace seco::surrogate::cuda
