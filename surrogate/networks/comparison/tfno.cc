#include "tfno.h"

#include <c10/core/impl/LocalDispatchKeySet.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>

namespace seco::surrogate {
namespace {

/// Sizes of the axes of a spectral weight: channels in and out, and frequencies.
std::vector<std::int64_t> spectral_sizes(std::int64_t in_channels, std::int64_t out_channels,
                                         const TFNOOptions& options) {
  std::vector<std::int64_t> sizes{in_channels, out_channels};
  sizes.insert(sizes.end(), options.dimension - 1, 2 * options.modes - 1);
  sizes.push_back(options.modes);
  return sizes;
}

/// What the factorisation keeps of `size`.
std::int64_t kept(const TFNOOptions& options, std::int64_t size) {
  return std::max<std::int64_t>(1, std::llround(options.rank * static_cast<double>(size)));
}

/// Complex numbers of all spectral weights but the factors of Tucker, which are small.
double n_spectral_weights(const TFNOOptions& options) {
  const auto sizes = spectral_sizes(options.width, options.width, options);
  const auto sum = std::accumulate(sizes.begin(), sizes.end(), std::int64_t{0});
  double n = options.layers;
  if (options.factorization != "Tucker") return n * kept(options, sum) * sum;
  for (const auto size : sizes) n *= kept(options, size);
  return n;
}

void check(const TFNOOptions& options) {
  const auto refuse = [](const std::string& what, const auto& value, const std::string& allowed) {
    throw std::invalid_argument(
        fmt::format("TFNO option '{}' is {}, allowed is {}", what, value, allowed));
  };
  const auto check_range = [&](const std::string& what, std::int64_t value, std::int64_t most) {
    if (value < 1 || value > most) refuse(what, value, fmt::format("1 to {}", most));
  };
  if (options.dimension != 2 && options.dimension != 3)
    refuse("dimension", options.dimension, "2 or 3");
  check_range("input channels", options.in_channels, 1 << 16);
  check_range("output channels", options.out_channels, 1 << 16);
  check_range("width", options.width, 1024);
  check_range("layers", options.layers, 64);
  check_range("modes", options.modes, 512);
  if (!(options.rank > 0. && options.rank <= 1.))
    refuse("rank", options.rank, "more than 0 and at most 1");
  if (options.factorization != "Tucker" && options.factorization != "CP")
    refuse("factorization", "'" + options.factorization + "'", "Tucker or CP");
  // A slip in a description may ask for more than any machine has.
  constexpr double largest = 1 << 28;
  if (const double n = n_spectral_weights(options); n > largest)
    refuse("number of spectral weights", n, fmt::format("at most {}", largest));
}

torch::Tensor gelu_of(torch::Tensor x) {
  // Writing fresh memory takes longer than the function itself.
  return torch::GradMode::is_enabled() ? torch::gelu(x) : torch::gelu_(x);
}

torch::Tensor complex_weights(const torch::Tensor& pairs, torch::Dtype type) {
  return torch::view_as_complex(pairs.to(type).contiguous());
}

/// Multiplies `matrix [n, k]` onto an axis of `x` that has n entries and afterwards k.
torch::Tensor transform_axis(const torch::Tensor& x, int axis, const torch::Tensor& matrix) {
  return torch::matmul(x.movedim(axis, -1), matrix).movedim(-1, axis);
}

}  // namespace

TruncatedFourierTransform::TruncatedFourierTransform(const std::vector<std::int64_t>& shape,
                                                     int modes,
                                                     const torch::TensorOptions& options) {
  const auto type = options.dtype().toScalarType();
  const auto precise = options.dtype(torch::kDouble);
  const auto rounded = [&](const torch::Tensor& t) { return t.to(type); };
  for (std::size_t j = 0; j < shape.size(); ++j) {
    const auto n = shape[j], K = std::min<std::int64_t>(modes, (n + 1) / 2);
    n_frequencies_.push_back(K);
    const bool last = j + 1 == shape.size();
    const auto k = torch::arange(last ? 0 : 1 - K, K, precise);
    // Whole periods are taken off before rounding.
    const auto periods = torch::remainder(torch::outer(torch::arange(n, precise), k), n);
    const auto angle = periods * (2. * M_PI / static_cast<double>(n));
    const auto c = torch::cos(angle), s = torch::sin(angle);
    if (last) {
      // The negative frequencies add the conjugate: all but k = 0 count twice.
      const auto count = torch::where(k == 0., torch::ones_like(k), torch::full_like(k, 2.));
      analysis_.push_back(rounded(torch::stack({c, -s}, 2).flatten(1) / static_cast<double>(n)));
      synthesis_.push_back(
          rounded(torch::stack({c * count, -s * count}, 2).flatten(1).t().contiguous()));
    } else {
      const auto scale = 1. / static_cast<double>(n);
      analysis_.push_back(torch::complex(rounded(c * scale), rounded(-s * scale)));
      synthesis_.push_back(torch::complex(rounded(c), rounded(s)).t().contiguous());
    }
  }
}

torch::Tensor TruncatedFourierTransform::coefficients(const torch::Tensor& x) const {
  const int d = static_cast<int>(analysis_.size());
  auto shape = x.sizes().vec();
  shape.back() = n_frequencies_.back();
  shape.push_back(2);
  auto c = torch::view_as_complex(torch::matmul(x, analysis_.back()).reshape(shape));
  for (int j = d - 2; j >= 0; --j) c = transform_axis(c, 2 + j, analysis_[j]);
  return c;
}

torch::Tensor TruncatedFourierTransform::add_field(const torch::Tensor& coefficients,
                                                   const torch::Tensor& field) const {
  const int d = static_cast<int>(synthesis_.size());
  auto c = coefficients;
  for (int j = 0; j < d - 1; ++j) c = transform_axis(c, 2 + j, synthesis_[j]);
  const auto& last = synthesis_.back();
  const auto rows = torch::view_as_real(c).reshape({-1, last.size(0)});
  if (field.is_contiguous() && field.scalar_type() == last.scalar_type()) {
    field.view({-1, last.size(1)}).addmm_(rows, last);
    return field;
  }
  return field + torch::matmul(rows, last).view(field.sizes()).to(field.scalar_type());
}

SpectralConvolutionImpl::SpectralConvolutionImpl(std::int64_t in_channels,
                                                 std::int64_t out_channels,
                                                 const TFNOOptions& options) {
  const auto sizes = spectral_sizes(in_channels, out_channels, options);
  const bool tucker = options.factorization == "Tucker";
  const auto n_terms = kept(options, std::accumulate(sizes.begin(), sizes.end(), std::int64_t{0}));

  // E |W|^2 = 1 / in keeps the size of random fields. The factors of Tucker keep the size of what
  // they act on, so that the core has that of W; those of CP share it evenly.
  const double deviation = 1. / std::sqrt(static_cast<double>(in_channels));
  const double cp_deviation = std::pow(deviation / std::sqrt(static_cast<double>(n_terms)),
                                       1. / static_cast<double>(sizes.size()));
  const auto random_pairs = [](std::vector<std::int64_t> shape, double standard_deviation) {
    shape.push_back(2);
    return torch::randn(shape) * (standard_deviation * std::sqrt(0.5));
  };
  std::vector<std::int64_t> ranks;
  const auto add_factor = [&](const std::string& name) {
    const auto size = sizes[ranks.size()];
    ranks.push_back(tucker ? kept(options, size) : n_terms);
    const double tucker_deviation = 1. / std::sqrt(static_cast<double>(ranks.back()));
    return register_parameter(
        name, random_pairs({size, ranks.back()}, tucker ? tucker_deviation : cp_deviation));
  };
  in_factor_ = add_factor("in_factor");
  out_factor_ = add_factor("out_factor");
  for (int j = 0; j < options.dimension; ++j)
    mode_factors_.push_back(add_factor("mode_factor" + std::to_string(j)));
  if (tucker) core_ = register_parameter("core", random_pairs(ranks, deviation));
}

torch::Tensor SpectralConvolutionImpl::mix(const torch::Tensor& coefficients,
                                           const std::vector<torch::Tensor>& mode_factors) const {
  const auto type = torch::real(coefficients).scalar_type();
  auto c = torch::matmul(coefficients, complex_weights(in_factor_, type));
  if (core_.defined()) {
    auto core = complex_weights(core_, type);
    // The axis of each mode in turn goes from position 2 to the end, which restores their order.
    for (const auto& factor : mode_factors) core = torch::matmul(core.movedim(2, -1), factor.t());
    c = torch::bmm(c, core.flatten(2).permute({2, 0, 1}).contiguous());
  } else {
    auto weights = mode_factors.front();
    for (std::size_t j = 1; j < mode_factors.size(); ++j)
      weights = (weights.unsqueeze(1) * mode_factors[j]).flatten(0, 1);
    c = c * weights.unsqueeze(1);
  }
  return torch::matmul(c, complex_weights(out_factor_, type).t());
}

torch::Tensor SpectralConvolutionImpl::forward(const torch::Tensor& x,
                                               const TruncatedFourierTransform& transform,
                                               const torch::Tensor& field) {
  // Half precision loses the small coefficients of the high frequencies.
  const c10::impl::ExcludeDispatchKeyGuard no_autocast(c10::autocast_dispatch_keyset);
  const auto type = transform.scalar_type();
  std::vector<torch::Tensor> mode_factors;
  for (std::size_t j = 0; j < mode_factors_.size(); ++j) {
    const auto K = transform.n_frequencies()[j];
    const bool last = j + 1 == mode_factors_.size();
    const auto all = complex_weights(mode_factors_[j], type);
    // Coarse grids have the frequencies around zero, which is in the middle.
    mode_factors.push_back(last ? all.narrow(0, 0, K)
                                : all.narrow(0, (all.size(0) + 1) / 2 - K, 2 * K - 1));
  }
  const auto c = transform.coefficients(x.to(type));
  auto mixed = mix(c.flatten(2).permute({2, 0, 1}), mode_factors).permute({1, 2, 0});
  auto shape = c.sizes().vec();
  shape[1] = mixed.size(1);
  return transform.add_field(mixed.reshape(shape), field);
}

TFNOImpl::TFNOImpl(const TFNOOptions& options) : options_(options) {
  check(options);
  const auto width = options.width, in = options.in_channels;
  add_pointwise("lift", in, width, 1.);
  for (int layer = 0; layer < options.layers; ++layer) {
    const auto number = std::to_string(layer);
    add_pointwise("skip" + number, width, width, 1.);
    spectral_.push_back(
        register_module("spectral" + number, SpectralConvolution(width, width, options)));
  }
  add_pointwise("hidden", width + in, 2 * width, std::sqrt(2.));
  add_pointwise("head", 2 * width + width + in, options.out_channels, options.head_gain);
}

void TFNOImpl::add_pointwise(const std::string& name, std::int64_t in, std::int64_t out,
                             double gain) {
  register_parameter(name + "_weight",
                     torch::randn({out, in}) * (gain / std::sqrt(static_cast<double>(in))));
  register_parameter(name + "_bias", torch::zeros({out}));
}

torch::Tensor TFNOImpl::pointwise(const std::string& name,
                                  const std::vector<torch::Tensor>& parts) const {
  const auto& weight = parameters_[name + "_weight"];
  const auto& bias = parameters_[name + "_bias"];
  auto type = parts.front().scalar_type();
  torch::Tensor y;
  std::int64_t first = 0;
  // Matrix products: convolutions of width 1 are slower, and concatenation would copy the parts.
  for (const auto& part : parts) {
    const auto n = part.size(1);
    const auto w = weight.narrow(1, first, n).to(type).unsqueeze(0).expand({part.size(0), -1, -1});
    const auto x = part.flatten(2).to(type);
    if (first == 0) {
      y = torch::baddbmm(bias.to(type).unsqueeze(1), w, x);
      type = y.scalar_type();  // another one where autocasting is on
    } else {
      y.baddbmm_(w, x);
    }
    first += n;
  }
  auto shape = parts.front().sizes().vec();
  shape[1] = weight.size(0);
  return y.view(shape);
}

torch::Tensor TFNOImpl::forward(const torch::Tensor& input) {
  if (input.dim() != options_.dimension + 2 || input.size(1) != options_.in_channels)
    throw std::invalid_argument(fmt::format(
        "input of the TFNO has {} axes and {} channels, expected are {} and {}", input.dim(),
        input.dim() > 1 ? input.size(1) : 0, options_.dimension + 2, options_.in_channels));
  const auto precision = input.scalar_type() == torch::kDouble ? torch::kDouble : torch::kFloat;
  const TruncatedFourierTransform transform(input.sizes().slice(2).vec(), options_.modes,
                                            input.options().dtype(precision));
  auto x = pointwise("lift", {input});
  for (int layer = 0; layer < options_.layers; ++layer) {
    const auto skip = pointwise("skip" + std::to_string(layer), {x});
    x = spectral_[layer]->forward(x, transform, skip);
    if (layer + 1 < options_.layers) x = gelu_of(x);
  }
  const auto hidden = gelu_of(pointwise("hidden", {x, input}));
  return pointwise("head", {hidden, x, input});
}

}  // namespace seco::surrogate
