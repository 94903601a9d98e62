#include "backbone.h"

#include <ATen/Context.h>
#include <ATen/record_function.h>
#include <fmt/format.h>

#include <stdexcept>

namespace seco::surrogate {
namespace {

void check_range(const char* what, double value, double lowest, double highest) {
  if (!(value >= lowest) || !(value <= highest))
    throw std::invalid_argument(
        fmt::format("{} {} of the network is out of range, allowed are {} to {}", what, value,
                    lowest, highest));
}

torch::Dtype arithmetic(const std::string& precision) {
  if (precision == "single") return torch::kFloat;
  if (precision == "bfloat16") return torch::kBFloat16;
  if (precision == "float16") return torch::kHalf;
  throw std::invalid_argument(fmt::format(
      "precision '{}' of the network is not known; allowed are single, bfloat16, float16",
      precision));
}

/// Allows matrix products on the tensor cores of a GPU to round their factors to TF32.
class TensorFloat32Guard {
 public:
  explicit TensorFloat32Guard(bool active)
      : active_(active), before_(at::globalContext().allowTF32CuBLAS()) {
    if (active_) at::globalContext().setAllowTF32CuBLAS(true);
  }
  ~TensorFloat32Guard() {
    if (active_) at::globalContext().setAllowTF32CuBLAS(before_);
  }
  TensorFloat32Guard(const TensorFloat32Guard&) = delete;
  TensorFloat32Guard& operator=(const TensorFloat32Guard&) = delete;

 private:
  bool active_, before_;
};

}  // namespace

BackboneImpl::BackboneImpl(const NetworkSettings& settings, const std::string& backbone,
                           std::int64_t in_channels, std::int64_t out_channels, double head_gain)
    : precision_(arithmetic(settings.precision)),
      in_channels_(in_channels),
      out_channels_(out_channels) {
  check_range("width", settings.width, 1, 1024);
  check_range("coarsening", settings.coarsening, 1, 64);
  if (backbone == "UNet") {
    check_range("levels", settings.levels, 1, 8);
    check_range("number of channels of the coarsest level", settings.width << (settings.levels - 1),
                1, 2048);
    UNetOptions options;
    options.dimension = settings.dimension;
    options.in_channels = in_channels;
    options.out_channels = out_channels;
    options.width = settings.width;
    options.levels = settings.levels;
    options.coarsening = settings.coarsening;
    options.head_gain = head_gain;
    unet_ = register_module("unet", UNet(options));
    return;
  }
  if (backbone != "TFNO" && backbone != script_backbone_name)
    throw std::invalid_argument(fmt::format(
        "backbone '{}' is not known; allowed are UNet, TFNO, {}", backbone, script_backbone_name));
  if (settings.coarsening != 1)
    throw std::invalid_argument(
        fmt::format("coarsening {} of the network: only a UNet is made coarser, allowed for a {} "
                    "is 1",
                    settings.coarsening, backbone));
  if (backbone == script_backbone_name) {
    if (precision_ != torch::kFloat)
      throw std::invalid_argument(fmt::format(
          "precision '{}' of the network: a TorchScript module computes as it was made, allowed "
          "is single",
          settings.precision));
    script_ = register_module("script", ScriptBackbone(settings.script, out_channels));
    return;
  }
  TFNOOptions options;
  options.dimension = settings.dimension;
  options.in_channels = in_channels;
  options.out_channels = out_channels;
  options.width = settings.width;
  options.layers = settings.layers;
  options.modes = settings.modes;
  options.rank = settings.rank;
  options.factorization = settings.factorization;
  options.head_gain = head_gain;
  tfno_ = register_module("tfno", TFNO(options));
}

torch::Tensor BackboneImpl::forward(const torch::Tensor& x) {
  return forward({{x, {}}});
}

torch::Tensor BackboneImpl::forward(const std::vector<InputChannels>& input,
                                    const torch::Tensor& output_factor) {
  RECORD_USER_SCOPE("backbone");
  const auto& first = input.front().values;
  if (precision_ == torch::kHalf && first.is_cpu())
    throw std::invalid_argument(
        "precision 'float16' of the network needs a CUDA device; use bfloat16 or single on a CPU");
  const TensorFloat32Guard tensor_float_32(first.is_cuda());
  if (unet_) return unet_->forward(input, precision_, output_factor);
  const auto x = concatenated(input);
  auto y =
      script_
          ? script_->forward(x)
          : tfno_->forward(precision_ == torch::kFloat ? x : x.to(precision_)).to(x.scalar_type());
  return output_factor.defined() ? y * per_channel(output_factor, y) : y;
}

}  // namespace seco::surrogate
