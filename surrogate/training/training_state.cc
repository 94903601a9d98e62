#include "training_state.h"

#include <fmt/format.h>

#include <array>
#include <sstream>
#include <stdexcept>
#include <type_traits>

#include "model_folder.h"
#include "weights_file.h"

namespace seco::surrogate {
namespace {

using torch::optim::AdamWParamState;
using Tensors = std::map<std::string, torch::Tensor>;

const char* const network_prefix = "network.";
const char* const optimizer_prefix = "optimizer.";
const char* const state_name = "state";

/// LibTorch 1 keys the states of an optimizer by the address of the parameter as text, LibTorch 2
/// by the address.
template <typename States>
auto key_of(const torch::Tensor& parameter) {
  using Key = typename std::decay_t<States>::key_type;
  if constexpr (std::is_same_v<Key, std::string>) {
    std::ostringstream text;
    text << parameter.unsafeGetTensorImpl();
    return text.str();
  } else {
    return Key{parameter.unsafeGetTensorImpl()};
  }
}

void add_moments(const FieldNetwork& network, const torch::optim::Optimizer& optimizer,
                 Tensors& tensors) {
  const auto& states = optimizer.state();
  for (const auto& p : network.named_parameters()) {
    const auto found = states.find(key_of<decltype(states)>(p.value()));
    if (found == states.end()) continue;  // no step was taken yet
    const auto& moments = static_cast<const AdamWParamState&>(*found->second);
    const auto name = optimizer_prefix + p.key();
    tensors[name + ".step"] = torch::tensor(moments.step(), torch::kLong);
    tensors[name + ".exp_avg"] = moments.exp_avg();
    tensors[name + ".exp_avg_sq"] = moments.exp_avg_sq();
  }
}

/// The tensor of a name, taken out; refused if its shape or type is not that of `like`.
torch::Tensor take(Tensors& tensors, const std::string& name, const torch::Tensor& like) {
  const auto found = tensors.find(name);
  if (found == tensors.end() || found->second.sizes() != like.sizes() ||
      found->second.scalar_type() != like.scalar_type())
    throw std::invalid_argument(fmt::format("tensor '{}' is missing or has another shape", name));
  auto value = found->second;
  tensors.erase(found);
  return value;
}

void set_moments(const FieldNetwork& network, torch::optim::Optimizer& optimizer,
                 Tensors& tensors) {
  auto& states = optimizer.state();
  for (const auto& p : network.named_parameters()) {
    const auto name = optimizer_prefix + p.key();
    if (!tensors.contains(name + ".step")) continue;
    auto moments = std::make_unique<AdamWParamState>();
    moments->step(
        take(tensors, name + ".step", torch::tensor(std::int64_t{0})).item<std::int64_t>());
    moments->exp_avg(take(tensors, name + ".exp_avg", p.value()).to(p.value().device()));
    moments->exp_avg_sq(take(tensors, name + ".exp_avg_sq", p.value()).to(p.value().device()));
    states[key_of<decltype(states)>(p.value())] = std::move(moments);
  }
}

/// Takes out all tensors whose names start with `prefix`, and returns them without it.
Tensors take_group(Tensors& tensors, const std::string& prefix) {
  Tensors group;
  for (auto it = tensors.begin(); it != tensors.end();)
    if (it->first.starts_with(prefix)) {
      group.emplace(it->first.substr(prefix.size()), it->second);
      it = tensors.erase(it);
    } else {
      ++it;
    }
  return group;
}

}  // namespace

void TrainingState::save(const std::string& path, const FieldNetwork& network,
                         const torch::optim::Optimizer& optimizer) const {
  WeightsFile content;
  content.metadata["architecture"] = to_json(network.settings()).dump();
  for (const auto& [name, tensor] : weights_of(network))
    content.tensors[network_prefix + name] = tensor;
  add_moments(network, optimizer, content.tensors);
  content.tensors[state_name] =
      torch::tensor({static_cast<double>(step), seconds, best_gap, static_cast<double>(stale),
                     mean_loss, best_loss, loss_scale},
                    torch::kDouble);
  write_weights(path, content);
}

void TrainingState::load(const std::string& path, FieldNetwork& network,
                         torch::optim::Optimizer& optimizer) {
  try {
    auto content = read_weights(path);
    if (content.metadata["architecture"] != to_json(network.settings()).dump())
      throw std::invalid_argument("was written for another network");
    auto& tensors = content.tensors;
    const auto state = take(tensors, state_name, torch::empty({7}, torch::kDouble));
    assign_weights(network, take_group(tensors, network_prefix), path);
    set_moments(network, optimizer, tensors);
    if (!tensors.empty())
      throw std::invalid_argument(fmt::format("tensor '{}' is not known", tensors.begin()->first));
    const auto value = [&](int i) { return state[i].item<double>(); };
    step = static_cast<std::int64_t>(value(0));
    seconds = value(1);
    best_gap = value(2);
    stale = static_cast<std::int64_t>(value(3));
    mean_loss = value(4);
    best_loss = value(5);
    loss_scale = value(6);
  } catch (const std::invalid_argument& error) {
    throw std::runtime_error(
        fmt::format("{}: is corrupt or was written for another network; delete it or set Resume = "
                    "false ({})",
                    path, error.what()));
  }
}

}  // namespace seco::surrogate
