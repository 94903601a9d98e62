#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "field_network.h"

namespace seco::surrogate {

/// A trained model on disk: a folder with `model.json` (schema version, architecture, training
/// provenance, measured accuracy, training range) and `weights.pt` (LibTorch archive).
struct Model {
  nlohmann::json description;
  std::shared_ptr<FieldNetwork> network;
};

constexpr int model_schema_version = 2;

/// Loads a model for the CPU.
/// @param precision arithmetic of the network (NetworkSettings::precision), or `model` for the one
///   it was trained in
/// @throws std::invalid_argument naming folder, file, key, the value found and what was expected.
Model load_model(const std::string& folder, const std::string& precision = "model");

/// Writes both files beside their names and renames them, weights first.
/// @param description what is known beyond the architecture (training, accuracy, range).
/// @throws std::runtime_error if they cannot be written; what was there before is unchanged.
void save_model(const std::string& folder, const FieldNetwork& network, nlohmann::json description);

/// Reads and checks `model.json` alone.
nlohmann::json read_model_description(const std::string& folder);
NetworkSettings network_settings_from(const nlohmann::json& description, const std::string& origin);
nlohmann::json to_json(const NetworkSettings& settings);

/// Saves through a neighbouring file that is renamed, so that the old file survives a full disk.
void save_archive(torch::serialize::OutputArchive& archive, const std::string& path);

}  // namespace seco::surrogate
