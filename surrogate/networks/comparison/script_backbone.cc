#include "script_backbone.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <torch/script.h>

#include <algorithm>
#include <filesystem>
#include <stdexcept>

namespace seco::surrogate {
namespace {

[[noreturn]] void refuse_script(const std::string& origin, const std::string& what) {
  throw std::invalid_argument(fmt::format("{}: {}", origin, what));
}

// Names of parameters of a torch::nn::Module must not have dots.
std::string without_dots(std::string name) {
  std::replace(name.begin(), name.end(), '.', '/');
  return name;
}

// Of an error while loading, the first line tells what is wrong; the way through LibTorch follows.
std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

// Of an error of the interpreter it is the last one, after the place in the script.
std::string last_line(const std::string& text) {
  const auto end = text.find_last_not_of(" \n");
  if (end == std::string::npos) return text;
  const auto begin = text.rfind('\n', end);
  return text.substr(begin == std::string::npos ? 0 : begin + 1, end - begin);
}

}  // namespace

struct ScriptBackboneImpl::Script {
  torch::jit::Module module;
};

ScriptBackboneImpl::ScriptBackboneImpl(const std::string& path, std::int64_t out_channels)
    : path_(path), out_channels_(out_channels), script_(std::make_shared<Script>()) {
  if (!std::filesystem::is_regular_file(path)) refuse_script(path, "no such file");
  try {
    script_->module = torch::jit::load(path, torch::kCPU);
  } catch (const c10::Error& error) {
    refuse_script(path,
                  fmt::format("is not a TorchScript module ({}); expected what torch.jit.script or "
                              "torch.jit.trace made, saved with torch.jit.save",
                              first_line(error.what_without_backtrace())));
  }
  script_->module.eval();
  // The tensors are shared: what moves this module to a device moves the script.
  for (const auto& p : script_->module.named_parameters())
    register_parameter(without_dots(p.name), p.value, p.value.requires_grad());
  for (const auto& b : script_->module.named_buffers())
    register_buffer(without_dots(b.name), b.value);
  for (const auto& weight : parameters())
    if (weight.scalar_type() != torch::kFloat)
      refuse_script(path, fmt::format("has weights of type {}, expected single precision (float32)",
                                      c10::toString(weight.scalar_type())));
}

torch::Tensor ScriptBackboneImpl::forward(const torch::Tensor& x) {
  const auto given = fmt::format("for one tensor of shape [{}]", fmt::join(x.sizes().vec(), ", "));
  c10::IValue result;
  try {
    result = script_->module.forward({x.to(torch::kFloat)});
  } catch (const std::exception& error) {
    refuse_script(path_, fmt::format("fails {}: {}", given, last_line(error.what())));
  }
  if (!result.isTensor())
    refuse_script(path_,
                  fmt::format("returns {} {}, expected one tensor", result.tagKind(), given));
  auto y = result.toTensor();
  auto expected = x.sizes().vec();
  expected[1] = out_channels_;
  if (y.sizes().vec() != expected || !y.is_floating_point() || y.device() != x.device())
    refuse_script(
        path_, fmt::format("returns a tensor of shape [{}], type {} on {} {}, expected [{}], "
                           "float on {}",
                           fmt::join(y.sizes().vec(), ", "), c10::toString(y.scalar_type()),
                           y.device().str(), given, fmt::join(expected, ", "), x.device().str()));
  return y.to(x.scalar_type());
}

}  // namespace seco::surrogate
