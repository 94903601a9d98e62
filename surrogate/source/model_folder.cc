#include "model_folder.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include "seco/materials/write_aside.h"
#include "weights_file.h"

namespace seco::surrogate {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

const char* const format_name = "seco model";
const char* const weights_name = "weights.safetensors";

[[noreturn]] void refuse(const std::string& origin, const std::string& what) {
  throw std::invalid_argument(fmt::format("{}: {}", origin, what));
}

template <typename T>
T value_of(const json& object, const std::string& key, const std::string& origin,
           const std::string& expected) {
  const auto entry = object.find(key);
  if (entry == object.end())
    refuse(origin, fmt::format("key '{}' is missing, expected {}", key, expected));
  // The library converts 2.7 and true to integers, and 1e93 by undefined behaviour.
  const bool fits = !std::is_integral_v<T> || entry->is_number_integer();
  if (fits) try {
      auto value = entry->get<T>();
      if (json(value) == *entry) return value;  // not 4294967298, which becomes 2
    } catch (const json::exception&) {
    }
  refuse(origin, fmt::format("key '{}' is {}, expected {}", key, entry->dump(), expected));
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
    refuse(path, fmt::format("no such file; a model folder holds model.json and {}", weights_name));
  auto weights = read_weights(path);
  // Blocks without weights leave no trace in the shapes, so the file names its architecture.
  const auto expected = to_json(settings);
  const auto& architecture = weights.metadata["architecture"];
  if (architecture != expected.dump())
    refuse(path, fmt::format("was written for another architecture than {} describes: {}",
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
    refuse(folder, fmt::format("there is no such model folder; expected a folder with model.json "
                               "and {}",
                               weights_name));
  const std::string path = (fs::path(folder) / "model.json").string();
  std::ifstream file(path);
  if (!file)
    refuse(path,
           fmt::format("cannot be read; a model folder holds model.json and {}", weights_name));
  json description;
  try {
    description = json::parse(file);
  } catch (const json::exception& error) {
    refuse(path, fmt::format("is not valid JSON ({})", error.what()));
  }
  if (!description.is_object()) refuse(path, "expected a JSON object");
  const auto format =
      value_of<std::string>(description, "format", path, fmt::format("'{}'", format_name));
  if (format != format_name)
    refuse(path, fmt::format("key 'format' is '{}', expected '{}'", format, format_name));
  const auto version =
      value_of<int>(description, "schema_version", path, std::to_string(model_schema_version));
  if (version != model_schema_version)
    refuse(path, fmt::format("key 'schema_version' is {}, expected {}; train the model again with "
                             "`seco train`",
                             version, model_schema_version));
  return description;
}

json to_json(const NetworkSettings& s) {
  return {{"model", s.model},
          {"dimension", s.dimension},
          {"backbone", s.backbone},
          {"input", s.input},
          {"crystal_symmetry", s.crystal_symmetry},
          {"width", s.width},
          {"levels", s.levels},
          {"layers", s.layers},
          {"modes", s.modes},
          {"rank", s.rank},
          {"factorization", s.factorization},
          {"coarsening", s.coarsening},
          {"precision", s.precision},
          {"equilibrium_block", s.equilibrium_block},
          {"kinematic_head", s.kinematic_head},
          {"solver_steps", s.solver_steps}};
}

NetworkSettings network_settings_from(const json& description, const std::string& origin) {
  const auto a = value_of<json>(description, "architecture", origin, "an object");
  const auto text = [&](const char* key, const char* expected) {
    return value_of<std::string>(a, key, origin, expected);
  };
  const auto number = [&](const char* key, const char* expected) {
    return value_of<int>(a, key, origin, expected);
  };
  NetworkSettings s;
  s.model = text("model", "s-ECO, w-ECO, UNet, TFNO or direct");
  s.dimension = number("dimension", "2 or 3");
  s.backbone = text("backbone", "UNet, TFNO or TorchScript");
  s.input = text("input", "stiffness, Euler angles or spherical harmonics");
  s.crystal_symmetry = text("crystal_symmetry", "a symmetry class");
  s.width = number("width", "a number of channels");
  s.levels = number("levels", "a number of resolutions");
  s.layers = number("layers", "a number of layers");
  s.modes = number("modes", "a number of modes");
  s.rank = value_of<double>(a, "rank", origin, "a number between 0 and 1");
  s.factorization = text("factorization", "Tucker or CP");
  s.coarsening = number("coarsening", "a number of voxels");
  s.precision = text("precision", "single, bfloat16 or float16");
  s.equilibrium_block = text("equilibrium_block", "vector potential, beltrami or projection");
  s.kinematic_head = text("kinematic_head", "displacement or polarization");
  s.solver_steps = number("solver_steps", "a number of steps");
  const auto known = to_json(s);
  for (const auto& [key, value] : a.items())
    if (!known.contains(key))
      refuse(origin, fmt::format("key '{}' of 'architecture' is not known; is the file of a newer "
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
      refuse(settings.script,
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
    refuse(json_path, error.what());
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
  materials::write_aside((fs::path(folder) / "model.json").string(),
                         [&](std::ostream& out) { out << description.dump(2) << '\n'; });
}

void save_model(const std::string& folder, const FieldNetwork& network, json description) {
  fs::create_directories(folder);
  write_weights(weights_of_folder(folder),
                {weights_of(network), {{"architecture", to_json(network.settings()).dump()}}});
  write_model_description(folder, network, std::move(description));
}

}  // namespace seco::surrogate
