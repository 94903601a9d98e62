#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "s_eco_network.h"

namespace seco::surrogate {

/// A trained model on disk: a folder with `model.json` (schema version, architecture, training
/// provenance, measured accuracy, training range) and `weights.pt` (LibTorch archive).
struct Model {
  nlohmann::json description;
  SEcoNetwork network{nullptr};
};

constexpr int model_schema_version = 1;

/// Loads a model for the CPU.
/// @throws std::invalid_argument naming folder, file, key, the value found and what was expected.
Model load_model(const std::string& folder);

/// Writes both files beside their names and renames them, weights first.
/// @param description what is known beyond the architecture (training, accuracy, range).
void save_model(const std::string& folder, SEcoNetwork network, nlohmann::json description);

/// Reads and checks `model.json` alone.
nlohmann::json read_model_description(const std::string& folder);
NetworkSettings network_settings_from(const nlohmann::json& description, const std::string& origin);

/// Saves through a neighbouring file that is renamed, so that the old file survives a full disk.
void save_archive(torch::serialize::OutputArchive& archive, const std::string& path);

}  // namespace seco::surrogate
