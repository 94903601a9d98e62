#include "backbone.h"

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

}  // namespace

BackboneImpl::BackboneImpl(const NetworkSettings& settings, const std::string& backbone,
                           std::int64_t in_channels, std::int64_t out_channels, double head_gain)
    : precision_(arithmetic(settings.precision)) {
  check_range("width", settings.width, 1, 1024);
  check_range("coarsening", settings.coarsening, 1, 64);
  if (backbone == "UNet") {
    check_range("levels", settings.levels, 1, 8);
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
  if (backbone != "TFNO")
    throw std::invalid_argument(
        fmt::format("backbone '{}' is not known; allowed are UNet, TFNO", backbone));
  if (settings.coarsening != 1)
    throw std::invalid_argument(
        fmt::format("coarsening {} of the network: a TFNO keeps low modes anyway, allowed is 1",
                    settings.coarsening));
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
  const auto apply = [this](const torch::Tensor& y) {
    return tfno_ ? tfno_->forward(y) : unet_->forward(y);
  };
  if (precision_ == torch::kFloat) return apply(x);
  if (precision_ == torch::kHalf && x.is_cpu())
    throw std::invalid_argument(
        "precision 'float16' of the network needs a CUDA device; use bfloat16 or single on a CPU");
  return apply(x.to(precision_)).to(x.scalar_type());
}

}  // namespace seco::surrogate
