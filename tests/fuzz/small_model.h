#pragma once

#include <torch/torch.h>

#include <filesystem>
#include <fstream>

#include "model_folder.h"
#include "read_or_refuse.h"

namespace seco::test {

/// A folder in memory with a small model, a file of which the fuzzer replaces.
class ModelFolder {
 public:
  ModelFolder() : path_("/dev/shm/seco_fuzz_model_" + std::to_string(::getpid())) {
    surrogate::NetworkSettings settings;
    settings.dimension = 2;
    settings.width = 1;
    settings.levels = 1;
    torch::manual_seed(1);
    save_model(path_, *surrogate::make_network(settings), {});
  }
  ~ModelFolder() { std::filesystem::remove_all(path_); }
  ModelFolder(const ModelFolder&) = delete;
  ModelFolder& operator=(const ModelFolder&) = delete;

  const std::string& path() const { return path_; }

  void replace(const std::string& name, const std::uint8_t* data, std::size_t size) const {
    std::ofstream(path_ + "/" + name, std::ios::binary)
        .write(reinterpret_cast<const char*>(data), static_cast<std::streamsize>(size));
  }

  /// Loads the model, which has to be whole and finite, or is refused.
  void load() const {
    read_or_refuse(path_, [&] {
      const auto model = surrogate::load_model(path_);
      require(model.network != nullptr, "there is no network");
      require(to_json(model.network->settings()) == model.description.at("architecture"),
              "the network is another one than was described");
      for (const auto& p : model.network->parameters())
        require(torch::isfinite(p).all().item<bool>(), "a weight is not finite");
    });
  }

 private:
  std::string path_;
};

}  // namespace seco::test
