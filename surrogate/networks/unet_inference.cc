#include "unet_inference.h"

#include <ATen/Parallel.h>
#include <ATen/record_function.h>

#include <algorithm>

#include "number_rows.h"

namespace seco::surrogate {
namespace {

using c10::BFloat16;

// Voxels that one step of the last layer holds per thread: with about 200 channels they fill a
// second-level cache.
constexpr std::int64_t voxels_per_step = 512;
// Coarse voxels of the RVEs that pass the convolutions together, enough to keep two dozen threads
// busy.
constexpr std::int64_t voxels_per_pass = 16384;

SECO_SIMD_CLONES
void repeat_twice(const float* x, std::int64_t n, float* out) {
  for (std::int64_t i = 0; i < n; ++i) out[2 * i] = out[2 * i + 1] = x[i];
}

SECO_SIMD_CLONES
void put_row(const float* x, std::int64_t n, float* out) {
  for (std::int64_t i = 0; i < n; ++i) out[i] = x[i];
}

SECO_SIMD_CLONES
void put_row(const float* x, std::int64_t n, BFloat16* out) {
  for (std::int64_t i = 0; i < n; ++i) out[i] = rounded<BFloat16>(x[i]);
}

SECO_SIMD_CLONES
void put_product(const float* x, const float* y, std::int64_t n, float* out) {
  for (std::int64_t i = 0; i < n; ++i) out[i] = x[i] * y[i];
}

SECO_SIMD_CLONES
void put_product(const float* x, const BFloat16* y, std::int64_t n, BFloat16* out) {
  for (std::int64_t i = 0; i < n; ++i) out[i] = rounded<BFloat16>(x[i] * to_float(y[i]));
}

// The coarse channels at some rows of the fine grid; the last ones are multiplied by `values`.
// @param coarse `[C, N]` @param values `[V, count]` @param fine `[C, count]`
template <typename Number>
void enlarge_rows(const torch::Tensor& coarse, const std::array<std::int64_t, 3>& coarse_shape,
                  const std::array<std::int64_t, 3>& shape, std::int64_t first_row,
                  std::int64_t n_rows, const torch::Tensor& values, const torch::Tensor& fine) {
  std::array<std::vector<std::int64_t>, 3> index;
  for (int a = 0; a < 3; ++a) index[a] = nearest_indices(coarse_shape[a], shape[a]);
  const auto n = shape[2], n_copied = fine.size(0) - values.size(0);
  const float* x = coarse.data_ptr<float>();
  const Number* y = values.data_ptr<Number>();
  Number* out = fine.data_ptr<Number>();
  at::parallel_for(0, fine.size(0), 1, [&](std::int64_t begin, std::int64_t end) {
    std::vector<float> enlarged(n);
    for (auto c = begin; c < end; ++c) {
      std::int64_t present = -1;
      for (std::int64_t r = 0; r < n_rows; ++r) {
        const auto image = (first_row + r) / shape[1], row = (first_row + r) % shape[1];
        const auto from = (c * coarse_shape[0] + index[0][image]) * coarse_shape[1] + index[1][row];
        const float* source = x + from * coarse_shape[2];
        if (from != present) {
          if (n == 2 * coarse_shape[2])
            repeat_twice(source, coarse_shape[2], enlarged.data());
          else
            for (std::int64_t i = 0; i < n; ++i) enlarged[i] = source[index[2][i]];
        }
        present = from;
        Number* to = out + (c * n_rows + r) * n;
        if (c < n_copied)
          put_row(enlarged.data(), n, to);
        else
          put_product(enlarged.data(), y + ((c - n_copied) * n_rows + r) * n, n, to);
      }
    }
  });
}

}  // namespace

UNetInference::UNetInference(const UNetOptions& options,
                             const torch::OrderedDict<std::string, torch::Tensor>& parameters,
                             torch::Dtype type)
    : options_(options), type_(type) {
  const auto weight = [&](const std::string& name) {
    return parameters[name + "_weight"].detach().to(torch::kFloat);
  };
  const auto bias = [&](const std::string& name) {
    return parameters[name + "_bias"].detach().to(torch::kFloat).clone();
  };
  const auto pointwise = [&](const std::string& name) { return weight(name).flatten(1); };
  const auto convolution = [&](const std::string& name) {
    return Convolution{name, image_weight(weight(name), type).clone(), bias(name)};
  };
  if (parameters.contains("lift_weight")) {
    lift_ = pointwise("lift").to(type).clone();
    lift_bias_ = bias("lift");
  }
  for (int level = 0; level < options.levels; ++level)
    for (const char* part : {"a", "b"})
      down_.push_back(convolution("down" + std::to_string(level) + part));
  for (int level = 0; level + 1 < options.levels; ++level)
    for (const char* part : {"a", "b"})
      up_.push_back(convolution("up" + std::to_string(level) + part));
  gate_ = pointwise("gate").clone();
  gate_bias_ = bias("gate");
  value_ = torch::cat({pointwise("value"), bias("value").unsqueeze(1)}, 1);
  const auto head = pointwise("head");
  linear_ = torch::cat({head.narrow(1, options.width, options.in_channels),
                        (bias("head") + bias("product")).unsqueeze(1)},
                       1);
  local_ = torch::cat({head.narrow(1, 0, options.width), pointwise("product")}, 1);
}

FeatureImages UNetInference::lifted(const std::vector<InputChannels>& input, std::int64_t first_rve,
                                    std::int64_t n_rves) const {
  RECORD_USER_SCOPE("lift");
  auto shape = image_shape_of(input.front().values.sizes());
  for (int a = options_.dimension == 2 ? 1 : 0; a < 3; ++a)
    shape[a] = (shape[a] + options_.coarsening - 1) / options_.coarsening;
  const auto channels = lift_.defined() ? lift_.size(0) : options_.in_channels;
  const auto terms = torch::empty({n_rves, shape[0], shape[1], shape[2], channels}, type_);
  for (std::int64_t b = 0; b < n_rves; ++b) {
    const auto means = block_means(input, first_rve + b, options_.coarsening, type_);
    auto part = terms[b].view({-1, channels});
    if (lift_.defined())
      at::mm_out(part, means.t(), lift_.t());
    else
      part.copy_(means.t());
  }
  auto x = make_images(n_rves, shape, channels, 1, type_);
  const auto bias = lift_.defined() ? lift_bias_ : torch::zeros({channels});
  finish_convolution(terms, {bias, /*activate=*/false}, {x});
  return x;
}

void UNetInference::convolve_twice(const FeatureImages& x, const Convolution& a,
                                   const Convolution& b, const FeatureChannels& destination) const {
  const auto middle = make_images(x.batch(), x.shape(), a.bias.size(0), 1, type_);
  {
    RECORD_USER_SCOPE(a.name.c_str());
    finish_convolution(convolution_terms(x, a.weight), {a.bias}, {middle});
  }
  RECORD_USER_SCOPE(b.name.c_str());
  finish_convolution(convolution_terms(middle, b.weight), {b.bias, true, &middle}, destination);
}

FeatureImages UNetInference::features(const std::vector<InputChannels>& input,
                                      std::int64_t first_rve, std::int64_t n_rves) const {
  const auto channels = [&](int level) { return options_.width << level; };
  auto x = lifted(input, first_rve, n_rves);
  // Of every level the input of its convolutions on the way up: enlarged features, then the skip
  // connection.
  std::vector<FeatureImages> skips;
  for (int level = 0; level + 1 < options_.levels; ++level) {
    skips.push_back(
        make_images(n_rves, x.shape(), channels(level) + channels(level + 1), 1, type_));
    const FeatureChannels skip{skips.back(), channels(level + 1)};
    convolve_twice(x, down_[2 * level], down_[2 * level + 1], skip);
    auto shape = x.shape();
    for (int a = options_.dimension == 2 ? 1 : 0; a < 3; ++a) shape[a] = (shape[a] + 1) / 2;
    x = make_images(n_rves, shape, channels(level), 1, type_);
    halve(skip, channels(level), options_.dimension, x);
  }
  const int last = options_.levels - 1;
  auto y = make_images(n_rves, x.shape(), channels(last), 0, type_);
  convolve_twice(x, down_[2 * last], down_[2 * last + 1], {y});
  for (int level = last - 1; level >= 0; --level) {
    enlarge(y, {skips[level]});
    y = make_images(n_rves, skips[level].shape(), channels(level), 0, type_);
    convolve_twice(skips[level], up_[2 * level], up_[2 * level + 1], {y});
  }
  return y;
}

void UNetInference::last_layer(const std::vector<InputChannels>& input, std::int64_t rve,
                               const torch::Tensor& features,
                               const std::array<std::int64_t, 3>& coarse,
                               const torch::Tensor& output_factor,
                               const torch::Tensor& output) const {
  RECORD_USER_SCOPE("head");
  const auto in = options_.in_channels, width = options_.width, gates = gate_.size(0);
  const auto f = features.view({-1, width}).to(torch::kFloat).t();
  const auto coarse_channels =
      torch::cat({f, torch::addmm(gate_bias_.unsqueeze(1), gate_, f)}).contiguous();
  const auto scaled = [&](const torch::Tensor& weight) {
    return output_factor.defined() ? weight * output_factor[rve].to(torch::kFloat).unsqueeze(1)
                                   : weight;
  };
  // Of the input, then of what the features make of it.
  const auto first = torch::cat({scaled(linear_), value_}).to(type_);
  const auto second = scaled(local_).to(type_);
  const auto shape = image_shape_of(input.front().values.sizes());
  const auto all_rows = shape[0] * shape[1], pixels = shape[2];
  const auto rows_per_step =
      std::max<std::int64_t>(1, voxels_per_step * at::get_num_threads() / pixels);
  const auto out = options_.out_channels;
  const auto memory = [&](std::int64_t channels) {
    return torch::empty({channels * rows_per_step * pixels}, type_);
  };
  const auto memory_x = memory(in + 1), memory_y = memory(out + gates),
             memory_z = memory(width + gates);
  const auto enlarge = type_ == torch::kBFloat16 ? enlarge_rows<BFloat16> : enlarge_rows<float>;
  for (std::int64_t row = 0; row < all_rows; row += rows_per_step) {
    const auto rows = std::min(rows_per_step, all_rows - row), count = rows * pixels;
    const auto part = [&](const torch::Tensor& whole, std::int64_t channels) {
      return whole.narrow(0, 0, channels * count).view({channels, count});
    };
    const auto x = part(memory_x, in + 1), z = part(memory_z, width + gates);
    auto y = part(memory_y, out + gates);
    gather_voxels(input, rve, row * pixels, x.narrow(0, 0, in));
    x[in].fill_(1.);
    at::mm_out(y, first, x);
    enlarge(coarse_channels, coarse, shape, row, rows, y.narrow(0, out, gates), z);
    auto sum = y.narrow(0, 0, out);
    sum.addmm_(second, z);
    output.narrow(1, row * pixels, count).copy_(sum);
  }
}

torch::Tensor UNetInference::operator()(const std::vector<InputChannels>& input,
                                        const torch::Tensor& output_factor) const {
  auto parts = input;
  for (auto& part : parts) part.values = part.values.contiguous();
  auto sizes = parts.front().values.sizes().vec();
  const auto batch = sizes[0];
  sizes[1] = options_.out_channels;
  auto output = torch::empty(sizes, torch::kFloat);
  const auto flat = output.view({batch, sizes[1], -1});
  std::int64_t coarse_voxels = 1;
  for (const auto n : output.sizes().slice(2))
    coarse_voxels *= (n + options_.coarsening - 1) / options_.coarsening;
  const auto pass = std::max<std::int64_t>(1, voxels_per_pass / coarse_voxels);
  for (std::int64_t first = 0; first < batch; first += pass) {
    const auto n = std::min(pass, batch - first);
    const auto y = features(parts, first, n);
    for (std::int64_t b = 0; b < n; ++b)
      last_layer(parts, first + b, y.values[b], y.shape(), output_factor, flat[first + b]);
  }
  return output;
}

}  // namespace seco::surrogate
