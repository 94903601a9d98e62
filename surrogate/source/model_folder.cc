#include "model_folder.h"

#include <fmt/format.h>
#include <torch/serialize.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace seco::surrogate {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

const char* const format_name = "seco model";

[[noreturn]] void refuse(const std::string& origin, const std::string& what) {
  throw std::invalid_argument(fmt::format("{}: {}", origin, what));
}

template <typename T>
T value_of(const json& object, const std::string& key, const std::string& origin,
           const std::string& expected) {
  const auto entry = object.find(key);
  if (entry == object.end())
    refuse(origin, fmt::format("key '{}' is missing, expected {}", key, expected));
  try {
    return entry->get<T>();
  } catch (const json::exception&) {
    refuse(origin, fmt::format("key '{}' is {}, expected {}", key, entry->dump(), expected));
  }
}

void write_text(const std::string& path, const std::string& text) {
  const std::string temporary = path + ".part";
  {
    std::ofstream out(temporary);
    out << text;
    out.flush();
    if (!out) {
      std::error_code error;
      fs::remove(temporary, error);
      throw std::runtime_error(fmt::format("{}: cannot be written; is the disk full?", path));
    }
  }
  fs::rename(temporary, path);
}

}  // namespace

void save_archive(torch::serialize::OutputArchive& archive, const std::string& path) {
  const std::string temporary = path + ".part";
  try {
    archive.save_to(temporary);
    fs::rename(temporary, path);
  } catch (const std::exception& error) {
    std::error_code ignored;
    fs::remove(temporary, ignored);
    throw std::runtime_error(
        fmt::format("{}: cannot be written ({}); what was there before is unchanged", path,
                    std::string(error.what()).substr(0, 120)));
  }
}

json read_model_description(const std::string& folder) {
  if (!fs::is_directory(folder))
    refuse(folder,
           "there is no such model folder; expected a folder with model.json and weights.pt");
  const std::string path = (fs::path(folder) / "model.json").string();
  std::ifstream file(path);
  if (!file) refuse(path, "cannot be read; a model folder holds model.json and weights.pt");
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

NetworkSettings network_settings_from(const json& description, const std::string& origin) {
  const auto architecture = value_of<json>(description, "architecture", origin, "an object");
  const auto type = value_of<std::string>(architecture, "type", origin, "'s-eco'");
  if (type != "s-eco")
    refuse(origin, fmt::format("key 'architecture/type' is '{}', expected 's-eco'", type));
  NetworkSettings s;
  s.dimension = value_of<int>(architecture, "dimension", origin, "2 or 3");
  s.width = value_of<int>(architecture, "width", origin, "a number of channels");
  s.levels = value_of<int>(architecture, "levels", origin, "a number of resolutions");
  s.equilibrium_block = value_of<std::string>(architecture, "equilibrium_block", origin,
                                              "vector potential, beltrami or projection");
  s.green_steps = value_of<int>(architecture, "green_steps", origin, "a number of steps");
  s.kinematic_head =
      value_of<std::string>(architecture, "kinematic_head", origin, "displacement or polarization");
  return s;
}

Model load_model(const std::string& folder) {
  Model model;
  model.description = read_model_description(folder);
  const std::string json_path = (fs::path(folder) / "model.json").string();
  const auto settings = network_settings_from(model.description, json_path);
  try {
    model.network = SEcoNetwork(settings);
  } catch (const std::invalid_argument& error) {
    refuse(json_path, error.what());
  }
  const std::string path = (fs::path(folder) / "weights.pt").string();
  if (!fs::exists(path))
    refuse(path, "no such file; a model folder holds model.json and weights.pt");
  try {
    torch::serialize::InputArchive archive;
    archive.load_from(path, torch::kCPU);
    // Shapes are compared before loading: LibTorch would replace a parameter of another shape.
    auto reference = model.network->named_parameters();
    std::vector<std::vector<std::int64_t>> shapes;
    for (const auto& p : reference) shapes.push_back(p.value().sizes().vec());
    model.network->load(archive);
    std::size_t i = 0;
    for (const auto& p : model.network->named_parameters()) {
      if (p.value().sizes().vec() != shapes[i++])
        refuse(path, fmt::format("weights '{}' do not have the shape that model.json describes",
                                 p.key()));
      if (!torch::isfinite(p.value()).all().item<bool>())
        refuse(path, fmt::format("weights '{}' hold NaN or infinite values", p.key()));
    }
  } catch (const c10::Error&) {
    refuse(path,
           "is corrupt, truncated, or was written for another architecture than model.json says");
  }
  model.network->eval();
  return model;
}

void save_model(const std::string& folder, SEcoNetwork network, json description) {
  fs::create_directories(folder);
  const auto& s = network->settings();
  description["format"] = format_name;
  description["schema_version"] = model_schema_version;
  description["architecture"] = {{"type", "s-eco"},
                                 {"dimension", s.dimension},
                                 {"width", s.width},
                                 {"levels", s.levels},
                                 {"equilibrium_block", s.equilibrium_block},
                                 {"green_steps", s.green_steps},
                                 {"kinematic_head", s.kinematic_head},
                                 {"parameters", network->n_parameters()}};
  torch::serialize::OutputArchive archive;
  network->save(archive);
  save_archive(archive, (fs::path(folder) / "weights.pt").string());
  write_text((fs::path(folder) / "model.json").string(), description.dump(2) + "\n");
}

}  // namespace seco::surrogate
