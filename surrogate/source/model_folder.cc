#include "model_folder.h"

#include <fmt/format.h>
#include <torch/serialize.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "seco/materials/write_aside.h"

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

}  // namespace

void save_archive(torch::serialize::OutputArchive& archive, const std::string& path) {
  // Through memory: LibTorch ends the process where a write of its own fails.
  std::ostringstream content;
  archive.save_to(content);
  materials::write_aside(path, [&](std::ostream& out) { out << content.str(); });
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
  s.model = text("model", "s-ECO, w-ECO, UNet or TFNO");
  s.dimension = number("dimension", "2 or 3");
  s.backbone = text("backbone", "UNet or TFNO");
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
  return s;
}

Model load_model(const std::string& folder, const std::string& precision) {
  Model model;
  model.description = read_model_description(folder);
  const std::string json_path = (fs::path(folder) / "model.json").string();
  const auto settings = network_settings_from(model.description, json_path);
  try {
    auto wanted = settings;
    if (precision != "model") wanted.precision = precision;
    model.network = make_network(wanted);
  } catch (const std::invalid_argument& error) {
    refuse(json_path, error.what());
  }
  const std::string path = (fs::path(folder) / "weights.pt").string();
  if (!fs::exists(path))
    refuse(path, "no such file; a model folder holds model.json and weights.pt");
  try {
    torch::serialize::InputArchive archive;
    archive.load_from(path, torch::kCPU);
    // Blocks without weights leave no trace in the shapes, so the archive names its architecture.
    c10::IValue architecture;
    if (!archive.try_read("architecture", architecture) || !architecture.isString() ||
        architecture.toStringRef() != to_json(settings).dump())
      refuse(path,
             fmt::format("was written for another architecture than {} describes", json_path));
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

void save_model(const std::string& folder, const FieldNetwork& network, json description) {
  fs::create_directories(folder);
  const auto architecture = to_json(network.settings());
  description["format"] = format_name;
  description["schema_version"] = model_schema_version;
  description["architecture"] = architecture;
  description["parameters"] = network.n_parameters();
  torch::serialize::OutputArchive archive;
  network.save(archive);
  archive.write("architecture", c10::IValue(architecture.dump()));
  save_archive(archive, (fs::path(folder) / "weights.pt").string());
  materials::write_aside((fs::path(folder) / "model.json").string(),
                         [&](std::ostream& out) { out << description.dump(2) << '\n'; });
}

}  // namespace seco::surrogate
