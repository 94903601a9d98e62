#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "field_network.h"

namespace seco::surrogate {

/// A trained model on disk: a folder with `model.json` (schema version, architecture, training
/// provenance, measured accuracy, training range) and `weights.safetensors`, which are data:
/// loading them executes nothing. A network that was imported has its TorchScript module,
/// `backbone.pt`, instead of weights, which is a program.
struct Model {
  nlohmann::json description;
  std::shared_ptr<FieldNetwork> network;
};

constexpr int model_schema_version = 3;

/// Loads a model for the CPU.
/// @param precision arithmetic of the network (NetworkSettings::precision), or `model` for the one
///   it was trained in
/// @param trust_scripts whether a TorchScript module in the folder may be executed
/// @throws std::invalid_argument naming folder, file, key, the value found and what was expected;
///   also for a folder with a TorchScript module that is not trusted.
Model load_model(const std::string& folder, const std::string& precision = "model",
                 bool trust_scripts = false);

/// Writes both files beside their names and renames them, weights first.
/// @param description what is known beyond the architecture (training, accuracy, range).
/// @throws std::runtime_error if they cannot be written; what was there before is unchanged.
void save_model(const std::string& folder, const FieldNetwork& network, nlohmann::json description);

/// Writes `model.json` alone, of a network whose weights are in the folder or follow.
void write_model_description(const std::string& folder, const FieldNetwork& network,
                             nlohmann::json description);

/// Reads and checks `model.json` alone.
nlohmann::json read_model_description(const std::string& folder);
NetworkSettings network_settings_from(const nlohmann::json& description, const std::string& origin);
nlohmann::json to_json(const NetworkSettings& settings);

/// The TorchScript module of a model folder.
std::string script_of(const std::string& folder);

}  // namespace seco::surrogate
