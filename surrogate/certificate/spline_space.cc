#include "spline_space.h"

#include <torch/fft.h>

#include <algorithm>
#include <cmath>
#include <complex>

namespace seco::surrogate {
namespace {

constexpr int highest_degree = 2;

// Moments of a B-spline of the given degree with the orthonormal Legendre polynomial of degree
// `mode`, as a polynomial in the shift z = exp(-i theta): the coefficient of z^s belongs to the
// s-th voxel of its support, counted from the lower end.
std::vector<double> moments(int degree, int mode) {
  if (degree == 0) return {1.};
  if (degree == 1)
    return mode == 0 ? std::vector<double>{0.5, 0.5}
                     : std::vector<double>{1. / std::sqrt(12.), -1. / std::sqrt(12.)};
  if (mode == 0) return {1. / 6., 2. / 3., 1. / 6.};
  if (mode == 1) return {std::sqrt(12.) / 24., 0., -std::sqrt(12.) / 24.};
  return {std::sqrt(5.) / 60., -std::sqrt(5.) / 30., std::sqrt(5.) / 60.};
}

int permutation_sign(int i, int j, int k) {
  return (j - i) * (k - i) * (k - j) / 2;
}

}  // namespace

SplineSpace::SplineSpace(const Grid& grid, std::vector<std::vector<int>> degrees,
                         const std::vector<Term>& terms, bool coefficients_at_lower_corner,
                         const torch::TensorOptions& options)
    : grid_(grid), options_(options), degrees_(std::move(degrees)) {
  const int d = grid.dimension();
  const std::complex<double> i_unit(0., 1.);
  for (int axis = 0; axis < d; ++axis) {
    const auto frequencies = axis == d - 1 ? torch::fft::rfftfreq(grid.shape[axis], torch::kDouble)
                                           : torch::fft::fftfreq(grid.shape[axis], torch::kDouble);
    const auto angle = 2. * M_PI * frequencies;
    const auto shift = torch::complex(torch::cos(angle), -torch::sin(angle));
    std::vector<std::int64_t> shape(d, 1);
    shape[axis] = frequencies.numel();
    auto& of_axis = symbols_.emplace_back(highest_degree + 1);
    for (int degree = 0; degree <= highest_degree; ++degree)
      for (int derivative = 0; derivative <= degree; ++derivative) {
        auto& of_derivative = of_axis[degree].emplace_back();
        for (int mode = 0; mode <= degree - derivative; ++mode) {
          auto value = torch::zeros_like(shift);
          auto power = torch::ones_like(shift);
          for (const double moment : moments(degree - derivative, mode)) {
            value = value + moment * power;
            power = power * shift;
          }
          for (int r = 0; r < derivative; ++r) value = value * (1. - shift) / grid.spacing[axis];
          if (coefficients_at_lower_corner) value = value * torch::conj(shift);
          of_derivative.push_back(value.reshape(shape).to(options.device()));
        }
      }
  }

  const int n_degrees = highest_degree + 1;
  const int n_candidates = static_cast<int>(std::lround(std::pow(n_degrees, d)));
  for (int candidate = 0; candidate < n_candidates; ++candidate) {
    Mode mode;
    for (int axis = 0, rest = candidate; axis < d; ++axis, rest /= n_degrees)
      mode.degree.push_back(rest % n_degrees);
    for (const auto& term : terms) {
      bool present = true;
      for (int axis = 0; axis < d; ++axis)
        present = present &&
                  mode.degree[axis] <= degrees_[term.coefficient][axis] - term.derivative[axis];
      if (!present) continue;
      mode.terms.push_back(term);
      if (mode.components.empty() || mode.components.back() != term.component)
        mode.components.push_back(term.component);
    }
    if (!mode.terms.empty()) modes_.push_back(mode);
  }
}

SplineSpace SplineSpace::displacements(const Grid& grid, const torch::TensorOptions& options) {
  const int d = grid.dimension();
  const auto pairs = mandel_pairs(d);
  std::vector<Term> terms;
  const auto add = [&](std::size_t component, int coefficient, int axis, double factor) {
    Term term{static_cast<int>(component), coefficient, std::vector<int>(d, 0), factor};
    term.derivative[axis] = 1;
    terms.push_back(term);
  };
  for (std::size_t p = 0; p < pairs.size(); ++p) {
    const auto [i, j] = pairs[p];
    if (i == j) {
      add(p, i, i, 1.);
    } else {
      add(p, i, j, std::sqrt(0.5));
      add(p, j, i, std::sqrt(0.5));
    }
  }
  return {grid, std::vector<std::vector<int>>(d, std::vector<int>(d, 1)), terms, true, options};
}

SplineSpace SplineSpace::stress_functions(const Grid& grid, const torch::TensorOptions& options) {
  const int d = grid.dimension();
  const double sqrt2 = std::sqrt(2.);
  if (d == 2)
    return {grid,
            {{2, 2}},
            {{0, 0, {0, 2}, 1.}, {1, 0, {2, 0}, 1.}, {2, 0, {1, 1}, -sqrt2}},
            false,
            options};
  const auto pairs = mandel_pairs(3);
  std::vector<std::vector<int>> degrees;
  for (const auto& [i, j] : pairs) {
    std::vector<int> degree(3, 2);
    --degree[i];
    --degree[j];
    degrees.push_back(degree);
  }
  std::vector<Term> terms;
  for (std::size_t p = 0; p < pairs.size(); ++p) {
    const auto [i, j] = pairs[p];
    for (int k = 0; k < 3; ++k)
      for (int l = 0; l < 3; ++l)
        for (int m = 0; m < 3; ++m)
          for (int n = 0; n < 3; ++n) {
            const int sign = permutation_sign(i, k, l) * permutation_sign(j, m, n);
            if (sign == 0) continue;
            Term term{static_cast<int>(p), l == n ? l : 6 - l - n, std::vector<int>(3, 0),
                      sign * (i == j ? 1. : sqrt2)};
            ++term.derivative[k];
            ++term.derivative[m];
            // Phi_ln and Phi_nl are one coefficient field.
            const auto same = std::find_if(terms.begin(), terms.end(), [&](const Term& other) {
              return other.component == term.component && other.coefficient == term.coefficient;
            });
            if (same == terms.end())
              terms.push_back(term);
            else
              same->factor += term.factor;
          }
  }
  return {grid, degrees, terms, false, options};
}

torch::Tensor SplineSpace::symbol(const Term& term, const std::vector<int>& degree) const {
  torch::Tensor product;
  for (int axis = 0; axis < grid_.dimension(); ++axis) {
    const auto& factor =
        symbols_[axis][degrees_[term.coefficient][axis]][term.derivative[axis]][degree[axis]];
    product = product.defined() ? product * factor : factor * term.factor;
  }
  return product;
}

torch::Tensor SplineSpace::transform(const torch::Tensor& coefficients) const {
  return torch::fft::rfftn(coefficients, c10::nullopt, grid_.axes());
}

torch::Tensor SplineSpace::backward(const torch::Tensor& transformed) const {
  return torch::fft::irfftn(transformed, grid_.shape, grid_.axes());
}

torch::Tensor SplineSpace::mode(std::size_t index, const torch::Tensor& transformed) const {
  const Mode& mode = modes_[index];
  std::vector<torch::Tensor> sums(mode.components.size());
  for (const auto& term : mode.terms) {
    const auto k = std::find(mode.components.begin(), mode.components.end(), term.component) -
                   mode.components.begin();
    const auto part = transformed.select(2, term.coefficient) * symbol(term, mode.degree);
    sums[k] = sums[k].defined() ? sums[k].add_(part) : part;
  }
  auto shape = transformed.sizes().vec();
  shape[2] = grid_.n_components();
  std::copy(grid_.shape.begin(), grid_.shape.end(), shape.begin() + 3);
  auto field = torch::zeros(shape, options_);
  for (std::size_t k = 0; k < sums.size(); ++k)
    field.select(2, mode.components[k]).copy_(backward(sums[k]));
  return field;
}

torch::Tensor SplineSpace::adjoint(const std::function<torch::Tensor(std::size_t)>& field) const {
  torch::Tensor sum;
  for (std::size_t index = 0; index < modes_.size(); ++index) {
    const Mode& mode = modes_[index];
    const auto value = field(index);
    if (!value.defined()) continue;
    for (const auto component : mode.components) {
      const auto transformed = transform(value.select(2, component));
      if (!sum.defined()) {
        auto shape = transformed.sizes().vec();
        shape.insert(shape.begin() + 2, n_coefficients());
        sum = torch::zeros(shape, transformed.options());
      }
      for (const auto& term : mode.terms)
        if (term.component == component)
          sum.select(2, term.coefficient)
              .add_(transformed * torch::conj(symbol(term, mode.degree)));
    }
  }
  return backward(sum);
}

torch::Tensor SplineSpace::homogeneous_inverse(const torch::Tensor& medium) const {
  const auto c = n_coefficients();
  const std::int64_t m = grid_.n_components();
  std::vector<std::int64_t> frequencies = grid_.shape;
  frequencies.back() = frequencies.back() / 2 + 1;
  auto shape = frequencies;
  shape.insert(shape.end(), {c, c});
  const auto complex_options = torch::TensorOptions(torch::kComplexDouble);
  auto form = torch::zeros(shape, complex_options);
  shape[shape.size() - 2] = m;
  const auto matrix = medium.to(torch::kCPU, torch::kComplexDouble);
  for (const auto& mode : modes_) {
    auto map = torch::zeros(shape, complex_options);
    for (const auto& term : mode.terms)
      map.select(-1, term.coefficient)
          .select(-1, term.component)
          .add_(symbol(term, mode.degree).cpu());
    form.add_(torch::matmul(torch::conj(map.transpose(-2, -1)), torch::matmul(matrix, map)));
  }
  // Gauge freedom makes the form singular; eigenvalues of stresses that vary slowly along one axis
  // and fast along another differ by the fourth power of the ratio.
  const auto [values, vectors] = torch::linalg_eigh(form);
  const auto live = values > 1e-12 * values.amax(-1, /*keepdim=*/true).clamp_min(1e-300);
  const auto reciprocal =
      torch::where(live, torch::where(live, values, torch::ones_like(values)).reciprocal(),
                   torch::zeros_like(values));
  const auto inverse =
      torch::matmul(vectors * reciprocal.unsqueeze(-2), torch::conj(vectors.transpose(-2, -1)));
  return inverse.movedim({-2, -1}, {0, 1}).contiguous().to(options_.device());
}

torch::Tensor SplineSpace::apply_inverse(const torch::Tensor& inverse,
                                         const torch::Tensor& coefficients) const {
  const auto transformed = transform(coefficients);
  auto result = torch::zeros_like(transformed);
  for (std::int64_t i = 0; i < n_coefficients(); ++i)
    for (std::int64_t j = 0; j < n_coefficients(); ++j)
      result.select(2, i).add_(transformed.select(2, j) * inverse[i][j]);
  return backward(result);
}

}  // namespace seco::surrogate
