#include "token_trunk.h"

#include <fmt/format.h>

#include <cmath>

namespace seco::surrogate {
namespace {

namespace F = torch::nn::functional;

constexpr int first_blocks = 2, coarse_blocks = 3, last_blocks = 2;
constexpr std::int64_t local_channels = 24, expansion = 3, neighbourhood = 3;

// Periodic continuation by `before` and `after` voxels of all axes behind the channels.
torch::Tensor periodic(torch::Tensor x, std::int64_t before, std::int64_t after) {
  for (std::int64_t axis = 2; axis < x.dim(); ++axis) {
    const auto n = x.size(axis);
    const auto index = torch::arange(-before, n + after, x.options().dtype(torch::kLong));
    if (before > 0 || after > 0) x = x.index_select(axis, index.remainder(n));
  }
  return x;
}

// Means of two neighbours along every axis behind the channels; the last of an odd number stays.
torch::Tensor halved(torch::Tensor x) {
  for (std::int64_t axis = 2; axis < x.dim(); ++axis) {
    const auto n = x.size(axis), pairs = n / 2;
    auto sizes = x.sizes().vec();
    sizes[static_cast<std::size_t>(axis)] = pairs;
    sizes.insert(sizes.begin() + axis + 1, 2);
    const auto means = x.narrow(axis, 0, 2 * pairs).reshape(sizes).mean(axis + 1);
    x = n % 2 == 0 ? means : torch::cat({means, x.narrow(axis, n - 1, 1)}, axis);
  }
  return x;
}

}  // namespace

TokenTrunkImpl::TokenTrunkImpl(const TokenTrunkOptions& options) : options_(options) {
  const auto coarse = options.width * 5 / 3;
  add_layer("local", options.in_channels, local_channels, neighbourhood, 1.);
  add_layer("features", local_channels, options.n_features, 1, 1.);
  add_layer("tokens", local_channels, options.width, options.token / 2, 1.);
  for (int i = 0; i < first_blocks; ++i) add_block(fmt::format("first_{}", i), options.width);
  add_layer("down", options.width, coarse, 1, 1.);
  for (int i = 0; i < coarse_blocks; ++i) add_block(fmt::format("coarse_{}", i), coarse);
  add_layer("up", coarse, options.width, 1, 1.);
  for (int i = 0; i < last_blocks; ++i) add_block(fmt::format("last_{}", i), options.width);
  // Training starts from the uniform polarization.
  add_layer("head", options.width, options.out_channels * options.n_features, 1, 1e-2);
}

void TokenTrunkImpl::add_layer(const std::string& name, std::int64_t in, std::int64_t out,
                               std::int64_t width, double gain, bool depthwise) {
  std::vector<std::int64_t> shape{out, depthwise ? 1 : in};
  shape.insert(shape.end(), options_.dimension, width);
  const auto fan_in =
      static_cast<double>((depthwise ? 1 : in)) * std::pow(width, options_.dimension);
  register_parameter(name + "_weight", torch::randn(shape) * (gain / std::sqrt(fan_in)));
  register_parameter(name + "_bias", torch::zeros({out}));
}

void TokenTrunkImpl::add_block(const std::string& name, std::int64_t channels) {
  add_layer(name + "_space", channels, channels, neighbourhood, 1., /*depthwise=*/true);
  register_parameter(name + "_scale", torch::ones({channels}));
  add_layer(name + "_wide", channels, expansion * channels, 1, 1.);
  add_layer(name + "_narrow", expansion * channels, channels, 1, 0.3);
}

torch::Tensor TokenTrunkImpl::convolved(const torch::Tensor& x, const std::string& name,
                                        std::int64_t groups, std::int64_t stride) const {
  const auto &weight = parameters_[name + "_weight"], &bias = parameters_[name + "_bias"];
  if (options_.dimension == 2)
    return F::conv2d(x, weight, F::Conv2dFuncOptions().bias(bias).groups(groups).stride(stride));
  return F::conv3d(x, weight, F::Conv3dFuncOptions().bias(bias).groups(groups).stride(stride));
}

torch::Tensor TokenTrunkImpl::block(const torch::Tensor& x, const std::string& name) {
  auto y =
      convolved(periodic(x, neighbourhood / 2, neighbourhood / 2), name + "_space", x.size(1), 1);
  // Over the channels of each token.
  auto shape = std::vector<std::int64_t>(static_cast<std::size_t>(x.dim()), 1);
  shape[1] = x.size(1);
  const auto mean = y.mean(1, /*keepdim=*/true);
  const auto variance = (y - mean).square().mean(1, /*keepdim=*/true);
  y = (y - mean) * (variance + 1e-6).rsqrt() * parameters_[name + "_scale"].reshape(shape);
  y = torch::gelu(convolved(y, name + "_wide", 1, 1));
  return x + convolved(y, name + "_narrow", 1, 1);
}

torch::Tensor TokenTrunkImpl::forward(const torch::Tensor& input) {
  const auto d = static_cast<std::int64_t>(options_.dimension), edge = options_.token;
  const auto n = input.sizes().slice(2).vec();
  std::vector<std::int64_t> tokens;
  for (const auto size : n) tokens.push_back((size + edge - 1) / edge);

  const auto local =
      torch::gelu(convolved(periodic(input, neighbourhood / 2, neighbourhood / 2), "local", 1, 1));
  auto features = convolved(local, "features", 1, 1);
  auto whole = local;
  for (std::int64_t a = 0; a < d; ++a) {
    const auto missing =
        tokens[static_cast<std::size_t>(a)] * edge - n[static_cast<std::size_t>(a)];
    if (missing == 0) continue;
    const auto index = torch::arange(0, tokens[static_cast<std::size_t>(a)] * edge,
                                     input.options().dtype(torch::kLong))
                           .remainder(n[static_cast<std::size_t>(a)]);
    whole = whole.index_select(2 + a, index);
    features = features.index_select(2 + a, index);
  }

  auto x = convolved(halved(whole), "tokens", 1, edge / 2);
  for (int i = 0; i < first_blocks; ++i) x = block(x, fmt::format("first_{}", i));
  // Doubled by nearest neighbours.
  auto coarse = convolved(halved(x), "down", 1, 1);
  for (int i = 0; i < coarse_blocks; ++i) coarse = block(coarse, fmt::format("coarse_{}", i));
  coarse = convolved(coarse, "up", 1, 1);
  for (std::int64_t a = 0; a < d; ++a)
    coarse =
        coarse.repeat_interleave(2, 2 + a).narrow(2 + a, 0, tokens[static_cast<std::size_t>(a)]);
  x = x + coarse;
  for (int i = 0; i < last_blocks; ++i) x = block(x, fmt::format("last_{}", i));
  const auto coefficients = convolved(x, "head", 1, 1);

  // Products per token: [B, T..., out, Q] times [B, T..., Q, voxels of a token].
  const auto batch = input.size(0), q = options_.n_features, out = options_.out_channels;
  std::vector<std::int64_t> split{batch, q}, order{0}, back{batch}, merged{batch, out};
  for (std::int64_t a = 0; a < d; ++a) {
    split.push_back(tokens[static_cast<std::size_t>(a)]);
    split.push_back(edge);
  }
  for (std::int64_t a = 0; a < d; ++a) order.push_back(2 + 2 * a);
  order.push_back(1);
  for (std::int64_t a = 0; a < d; ++a) order.push_back(3 + 2 * a);
  const auto gates = features.reshape(split).permute(order).flatten(2 + d).flatten(1, d);
  auto matrices = coefficients.flatten(2).transpose(1, 2).reshape({batch, -1, out, q});
  const auto values = torch::matmul(matrices, gates);
  for (std::int64_t a = 0; a < d; ++a) back.push_back(tokens[static_cast<std::size_t>(a)]);
  back.push_back(out);
  for (std::int64_t a = 0; a < d; ++a) back.push_back(edge);
  std::vector<std::int64_t> axes{0, 1 + d};
  for (std::int64_t a = 0; a < d; ++a) {
    axes.push_back(1 + a);
    axes.push_back(2 + d + a);
    merged.push_back(tokens[static_cast<std::size_t>(a)] * edge);
  }
  auto y = values.reshape(back).permute(axes).reshape(merged);
  for (std::int64_t a = 0; a < d; ++a) y = y.narrow(2 + a, 0, n[static_cast<std::size_t>(a)]);
  return y;
}

}  // namespace seco::surrogate
