#include "training_state.h"

#include <fmt/format.h>
#include <torch/serialize.h>

#include <stdexcept>

#include "model_folder.h"

namespace seco::surrogate {

void TrainingState::save(const std::string& path, const FieldNetwork& network,
                         const torch::optim::Optimizer& optimizer) const {
  torch::serialize::OutputArchive archive, weights, moments;
  network.save(weights);
  optimizer.save(moments);
  archive.write("architecture", c10::IValue(to_json(network.settings()).dump()));
  archive.write("network", weights);
  archive.write("optimizer", moments);
  archive.write("state",
                torch::tensor({static_cast<double>(step), seconds, best_gap,
                               static_cast<double>(stale), mean_loss, best_loss, loss_scale},
                              torch::kDouble));
  save_archive(archive, path);
}

void TrainingState::load(const std::string& path, FieldNetwork& network,
                         torch::optim::Optimizer& optimizer) {
  const auto refuse = [&] {
    throw std::runtime_error(fmt::format(
        "{}: is corrupt or was written for another network; delete it or set Resume = false",
        path));
  };
  try {
    torch::serialize::InputArchive archive, weights, moments;
    archive.load_from(path, torch::kCPU);
    c10::IValue architecture;
    if (!archive.try_read("architecture", architecture) || !architecture.isString() ||
        architecture.toStringRef() != to_json(network.settings()).dump())
      refuse();
    archive.read("network", weights);
    archive.read("optimizer", moments);
    network.load(weights);
    optimizer.load(moments);
    torch::Tensor state;
    archive.read("state", state);
    if (state.numel() != 7) refuse();
    const auto value = [&](int i) { return state[i].item<double>(); };
    step = static_cast<std::int64_t>(value(0));
    seconds = value(1);
    best_gap = value(2);
    stale = static_cast<std::int64_t>(value(3));
    mean_loss = value(4);
    best_loss = value(5);
    loss_scale = value(6);
  } catch (const c10::Error&) {
    refuse();
  }
}

}  // namespace seco::surrogate
