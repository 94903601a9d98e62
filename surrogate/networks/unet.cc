#include "unet.h"

#include <ATen/record_function.h>
#include <torch/nn/functional.h>
#include <torch/nn/init.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "unet_inference.h"

namespace seco::surrogate {
namespace {
namespace F = torch::nn::functional;

torch::Tensor activated(const torch::Tensor& x) {
  return torch::silu(x);
}

torch::Tensor resized(const torch::Tensor& x, const torch::Tensor& like) {
  const std::vector<std::int64_t> size(like.sizes().begin() + 2, like.sizes().end());
  return F::interpolate(x, F::InterpolateFuncOptions().size(size).mode(torch::kNearest));
}

}  // namespace

UNetImpl::UNetImpl(const UNetOptions& options) : options_(options) {
  const auto channels = [&](int level) { return options.width << level; };
  const std::int64_t lift = 2 * options.width, gates = 2 * options.width;
  lifted_ = options.in_channels > lift;
  if (lifted_) add_convolution("lift", options.in_channels, lift, 1, std::sqrt(0.5));
  const auto first = lifted_ ? lift : options.in_channels;
  for (int level = 0; level < options.levels; ++level) {
    const auto in = level == 0 ? first : channels(level - 1);
    add_convolution("down" + std::to_string(level) + "a", in, channels(level), 3, 1.);
    add_convolution("down" + std::to_string(level) + "b", channels(level), channels(level), 3, 1.);
  }
  for (int level = options.levels - 2; level >= 0; --level) {
    const auto in = channels(level + 1) + channels(level);
    add_convolution("up" + std::to_string(level) + "a", in, channels(level), 3, 1.);
    add_convolution("up" + std::to_string(level) + "b", channels(level), channels(level), 3, 1.);
  }
  add_convolution("head", channels(0) + options.in_channels, options.out_channels, 1,
                  options.head_gain);
  add_convolution("gate", channels(0), gates, 1, std::sqrt(0.5));
  add_convolution("value", options.in_channels, gates, 1, std::sqrt(0.5));
  add_convolution("product", gates, options.out_channels, 1, options.head_gain);
}

void UNetImpl::add_convolution(const std::string& name, std::int64_t in, std::int64_t out,
                               int width, double gain) {
  std::vector<std::int64_t> shape{out, in};
  shape.insert(shape.end(), options_.dimension, width);
  const double fan_in = static_cast<double>(in) * std::pow(width, options_.dimension);
  register_parameter(name + "_weight", torch::randn(shape) * (gain * std::sqrt(2. / fan_in)));
  register_parameter(name + "_bias", torch::zeros({out}));
}

torch::Tensor UNetImpl::convolve(const torch::Tensor& x, const torch::Tensor& weight,
                                 const torch::Tensor& bias) const {
  const auto pad = weight.size(-1) / 2;
  auto padded = x;
  if (pad > 0)
    padded = F::pad(x, F::PadFuncOptions(std::vector<std::int64_t>(2 * options_.dimension, pad))
                           .mode(torch::kCircular));
  return options_.dimension == 2 ? torch::conv2d(padded, weight, bias)
                                 : torch::conv3d(padded, weight, bias);
}

torch::Tensor UNetImpl::pooled(const torch::Tensor& x, int factor) const {
  return options_.dimension == 2 ? torch::avg_pool2d(x, factor, factor, 0, /*ceil_mode=*/true)
                                 : torch::avg_pool3d(x, factor, factor, 0, /*ceil_mode=*/true);
}

torch::Tensor UNetImpl::forward(const torch::Tensor& input) {
  auto parameters = named_parameters(/*recurse=*/false);
  const auto layer = [&](const std::string& name, const torch::Tensor& x) {
    RECORD_USER_SCOPE(name.c_str());
    return convolve(x, parameters[name + "_weight"].to(x.scalar_type()),
                    parameters[name + "_bias"].to(x.scalar_type()));
  };
  std::vector<torch::Tensor> skips;
  auto x = options_.coarsening > 1 ? pooled(input, options_.coarsening) : input;
  if (lifted_) x = layer("lift", x);
  for (int level = 0; level < options_.levels; ++level) {
    const auto name = "down" + std::to_string(level);
    if (level > 0) x = pooled(x, 2);
    x = activated(layer(name + "a", x));
    x = activated(layer(name + "b", x)) + x;
    if (level < options_.levels - 1) skips.push_back(x);
  }
  for (int level = options_.levels - 2; level >= 0; --level) {
    const auto name = "up" + std::to_string(level);
    const auto& skip = skips[level];
    x = activated(layer(name + "a", torch::cat({resized(x, skip), skip}, 1)));
    x = activated(layer(name + "b", x)) + x;
  }
  if (options_.coarsening > 1) x = resized(x, input);
  return layer("head", torch::cat({x, input}, 1)) +
         layer("product", layer("gate", x) * layer("value", input));
}

std::shared_ptr<const UNetInference> UNetImpl::inference(torch::Dtype type) {
  const auto parameters = named_parameters(/*recurse=*/false);
  std::vector<std::pair<const void*, std::int64_t>> versions;
  for (const auto& p : parameters)
    versions.emplace_back(p.value().data_ptr(), static_cast<std::int64_t>(p.value()._version()));
  const std::lock_guard lock(mutex_);
  const auto known = std::find_if(prepared_.begin(), prepared_.end(),
                                  [&](const Prepared& p) { return p.type == type; });
  if (known != prepared_.end() && known->versions == versions) return known->inference;
  if (known != prepared_.end()) prepared_.erase(known);
  prepared_.push_back(
      {type, versions, std::make_shared<UNetInference>(options_, parameters, type)});
  return prepared_.back().inference;
}

torch::Tensor UNetImpl::forward(const std::vector<InputChannels>& input, torch::Dtype type,
                                const torch::Tensor& output_factor) {
  const auto& first = input.front().values;
  const bool prepared = !torch::GradMode::is_enabled() && first.is_cpu() &&
                        first.scalar_type() == torch::kFloat && type != torch::kHalf;
  if (prepared) return (*inference(type))(input, output_factor);
  auto x = concatenated(input);
  const auto precision = x.scalar_type();
  if (type != torch::kFloat) x = x.to(type);
  auto y = forward(x).to(precision);
  return output_factor.defined() ? y * per_channel(output_factor, y) : y;
}

}  // namespace seco::surrogate
