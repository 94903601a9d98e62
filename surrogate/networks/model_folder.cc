#include "model_folder.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include "seco/materials/write_atomically.h"
#include "seco/surrogate/network_setting_table.h"
#include "weights_file.h"

namespace seco::surrogate {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

const char* const format_name = "seco model";
const char* const weights_name = "weights.safetensors";

[[noreturn]] void refuse_model(const std::string& origin, const std::string& what) {
  throw std::invalid_argument(fmt::format("{}: {}", origin, what));
}

template <typename T>
T value_of(const json& object, const std::string& key, const std::string& origin,
           const std::string& expected) {
  const auto entry = object.find(key);
  if (entry == object.end())
    refuse_model(origin, fmt::format("key '{}' is missing, expected {}", key, expected));
  // The library converts 2.7 and true to integers, and 1e93 by undefined behaviour.
  const bool fits = !std::is_integral_v<T> || entry->is_number_integer();
  if (fits) try {
      auto value = entry->get<T>();
      if (json(value) == *entry) return value;  // not 4294967298, which becomes 2
    } catch (const json::exception&) {
    }
  refuse_model(origin, fmt::format("key '{}' is {}, expected {}", key, entry->dump(), expected));
}

std::string weights_of_folder(const std::string& folder) {
  return (fs::path(folder) / weights_name).string();
}

// Where two descriptions of an architecture differ.
std::string differences(const json& weights, const json& description) {
  std::string result;
  for (const auto& [key, value] : description.items())
    if (!weights.is_object() || !weights.contains(key) || weights[key] != value)
      result += fmt::format(
          "{}'{}' is {}, not {}", result.empty() ? "" : "; ", key,
          weights.is_object() && weights.contains(key) ? weights[key].dump() : "missing",
          value.dump());
  return result;
}

// The weights in a folder, which were written for these settings.
WeightsFile read_weights_for(const NetworkSettings& settings, const std::string& folder) {
  const auto path = weights_of_folder(folder);
  if (!fs::exists(path))
    refuse_model(path,
                 fmt::format("no such file; a model folder holds model.json and {}", weights_name));
  auto weights = read_weights(path);
  // Blocks without weights leave no trace in the shapes, so the file names its architecture.
  const auto expected = to_json(settings);
  const auto& architecture = weights.metadata["architecture"];
  if (architecture != expected.dump())
    refuse_model(path,
                 fmt::format("was written for another architecture than {} describes: {}",
                             (fs::path(folder) / "model.json").string(),
                             differences(json::parse(architecture, nullptr, false), expected)));
  return weights;
}

}  // namespace

std::string script_of(const std::string& folder) {
  return (fs::path(folder) / "backbone.pt").string();
}

json read_model_description(const std::string& folder) {
  if (!fs::is_directory(folder))
    refuse_model(folder,
                 fmt::format("there is no such model folder; expected a folder with model.json "
                             "and {}",
                             weights_name));
  const std::string path = (fs::path(folder) / "model.json").string();
  std::ifstream file(path);
  if (!file)
    refuse_model(
        path, fmt::format("cannot be read; a model folder holds model.json and {}", weights_name));
  json description;
  try {
    description = json::parse(file);
  } catch (const json::exception& error) {
    refuse_model(path, fmt::format("is not valid JSON ({})", error.what()));
  }
  if (!description.is_object()) refuse_model(path, "expected a JSON object");
  const auto format =
      value_of<std::string>(description, "format", path, fmt::format("'{}'", format_name));
  if (format != format_name)
    refuse_model(path, fmt::format("key 'format' is '{}', expected '{}'", format, format_name));
  const auto version =
      value_of<int>(description, "schema_version", path, std::to_string(model_schema_version));
  if (version != model_schema_version)
    refuse_model(path,
                 fmt::format("key 'schema_version' is {}, expected {}; train the model again with "
                             "`seco train`",
                             version, model_schema_version));
  return description;
}

json to_json(const NetworkSettings& s) {
  json result;
  for (const auto& setting : network_setting_table())
    std::visit([&](const auto member) { result[setting.name] = s.*member; }, setting.member);
  return result;
}

NetworkSettings network_settings_from(const json& description, const std::string& origin) {
  const auto a = value_of<json>(description, "architecture", origin, "an object");
  NetworkSettings s;
  for (const auto& setting : network_setting_table())
    std::visit(
        [&](const auto member) {
          s.*member = value_of<std::decay_t<decltype(s.*member)>>(a, setting.name, origin,
                                                                  setting.expected);
        },
        setting.member);
  const auto known = to_json(s);
  for (const auto& [key, value] : a.items())
    if (!known.contains(key))
      refuse_model(origin,
                   fmt::format("key '{}' of 'architecture' is not known; is the file of a newer "
                               "version?",
                               key));
  return s;
}

Model load_model(const std::string& folder, const std::string& precision, bool trust_scripts) {
  Model model;
  model.description = read_model_description(folder);
  const std::string json_path = (fs::path(folder) / "model.json").string();
  auto settings = network_settings_from(model.description, json_path);
  const bool script = settings.backbone == script_backbone_name;
  if (script) {
    settings.script = script_of(folder);
    if (!trust_scripts)
      refuse_model(
          settings.script,
          "is a TorchScript module, a program that would be executed; if you trust its origin, "
          "set 'Trust scripts = true', or give --trust-scripts");
  }
  // Before the network, which a wrong description may make huge.
  const auto weights = script ? WeightsFile{} : read_weights_for(settings, folder);
  try {
    auto wanted = settings;
    if (precision != "model") wanted.precision = precision;
    model.network = make_network(wanted);
  } catch (const std::invalid_argument& error) {
    refuse_model(json_path, error.what());
  }
  if (!script) assign_weights(*model.network, weights.tensors, weights_of_folder(folder));
  model.network->eval();
  return model;
}

void write_model_description(const std::string& folder, const FieldNetwork& network,
                             json description) {
  description["format"] = format_name;
  description["schema_version"] = model_schema_version;
  description["architecture"] = to_json(network.settings());
  description["parameters"] = network.n_parameters();
  materials::write_atomically((fs::path(folder) / "model.json").string(),
                              [&](std::ostream& out) { out << description.dump(2) << '\n'; });
}

void save_model(const std::string& folder, const FieldNetwork& network, json description) {
  fs::create_directories(folder);
  write_weights(weights_of_folder(folder),
                {weights_of(network), {{"architecture", to_json(network.settings()).dump()}}});
  write_model_description(folder, network, std::move(description));
}

}  // namespace seco::surrogate
