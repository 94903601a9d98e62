#include "study_training.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "seco/materials/write_atomically.h"

namespace seco {
namespace {

void write_json(const std::string& path, const nlohmann::json& content) {
  materials::write_atomically(path, [&](std::ostream& out) { out << content.dump(2) << '\n'; });
}

namespace fs = std::filesystem;
using nlohmann::json;

json read_json(const fs::path& path) {
  std::ifstream file(path);
  try {
    return json::parse(file);
  } catch (const json::exception& error) {
    throw std::invalid_argument(
        fmt::format("{}: is not valid JSON ({}); delete it", path.string(), error.what()));
  }
}

// Where the study and the thing on disk disagree.
void check_parameters(const json& found, const ParameterMap& expected, const fs::path& subject) {
  const auto made = found.value("parameters", ParameterMap());
  const auto refuse = [&](const std::string& key, const std::string& old_value,
                          const std::string& new_value) {
    throw std::invalid_argument(fmt::format(
        "{}: was made with '{}' {}, the study now asks for {}; delete it to have it made again, or "
        "give the study another 'Output folder'",
        subject.string(), key, old_value, new_value));
  };
  const auto quoted = [](const ParameterMap& map, const std::string& key) {
    const auto entry = map.find(key);
    return entry == map.end() ? std::string("not set") : "= '" + entry->second + "'";
  };
  for (const auto& [key, value] : expected)
    if (quoted(made, key) != quoted(expected, key))
      refuse(key, quoted(made, key), quoted(expected, key));
  for (const auto& [key, value] : made)
    if (expected.count(key) == 0) refuse(key, quoted(made, key), quoted(expected, key));
}

// Paths differ from machine to machine and change nothing.
bool is_path(const std::string& key) {
  return key == "Dataset/File" || key == "Training/Model";
}

ParameterMap selected(const ParameterMap& entries, bool dataset_only) {
  ParameterMap result;
  for (const auto& [key, value] : entries) {
    const bool of_dataset = key.rfind("Microstructure", 0) == 0 || key.rfind("Dataset/", 0) == 0;
    if (!is_path(key) && (of_dataset || !dataset_only)) result[key] = value;
  }
  return result;
}

// Models of a case share a dataset unless they change what it is made of.
fs::path dataset_path(const StudyPlan& plan, const PlannedModel& model) {
  const auto& planned = plan.cases[model.case_index];
  if (model.changes.count("Dataset/File") || planned.changes.count("Dataset/File"))
    return model.parameters.dataset.file;
  const auto own = selected(model.entries, true);
  auto name = slug(planned.name);
  if (own != selected(planned.entries, true)) {
    for (const auto& other : plan.models)
      if (!other.shipped && other.case_index == model.case_index &&
          selected(other.entries, true) == own) {
        name += "_" + slug(other.name);
        break;
      }
  }
  return fs::path(plan.folder) / "datasets" / (name + ".h5");
}

fs::path record_of(const fs::path& dataset) {
  auto path = dataset;
  return path.replace_extension(".json");
}

void make_dataset(const StudyPlan& plan, const PlannedModel& model, const fs::path& path) {
  if (fs::exists(path)) return;
  if (!path.parent_path().empty()) fs::create_directories(path.parent_path());
  auto settings = model.parameters.dataset;
  settings.file = path.string();
  settings.device = plan.measure.device;
  fmt::print(stderr, "dataset {}\n", path.string());
  surrogate::generate_dataset(settings,
                              [&](std::size_t i) { return model.parameters.make_rve(i); });
  write_json(record_of(path), {{"parameters", selected(model.entries, true)}});
}

void describe(const PlannedModel& model, ModelRecord& record) {
  const auto& network = model.parameters.training.network;
  record.kind = network.model;
  record.equilibrium_block = network.equilibrium_block;
  record.input = network.input;
  record.solver_steps = network.solver_steps;
  record.data_weight = model.parameters.training.data_weight;
  if (!model.shipped) return;
  // What a shipped model is stands in its own description.
  const auto description = surrogate::describe_model(model.folder);
  record.kind = description.network.model;
  record.equilibrium_block = description.network.equilibrium_block;
  record.input = description.network.input;
  record.solver_steps = description.network.solver_steps;
  record.data_weight = description.data_weight;
  record.steps = description.training_steps;
  record.training_seconds = 3600 * description.training_hours;
}

void train_model(const StudyPlan& plan, const PlannedModel& model, ModelRecord& record) {
  const auto path = fs::path(model.folder) / "study.json";
  json state{{"parameters", selected(model.entries, false)}, {"finished", false}};
  if (fs::exists(path)) state = read_json(path);
  if (!state.value("finished", false)) {
    const auto dataset = dataset_path(plan, model);
    make_dataset(plan, model, dataset);
    fs::create_directories(model.folder);
    write_json(path, state);
    auto settings = model.parameters.training;
    settings.dataset = dataset.string();
    settings.model = model.folder;
    settings.device = plan.measure.device;
    const auto result = surrogate::train(settings);
    state["finished"] = true;
    state["steps"] = result.steps;
    state["seconds"] = result.seconds;
    state["diverged"] = result.diverged;
    write_json(path, state);
  }
  record.steps = state.value("steps", std::int64_t{0});
  record.training_seconds = state.value("seconds", 0.);
  record.diverged = state.value("diverged", false);
}

}  // namespace

void check_existing(const StudyPlan& plan) {
  for (const auto& model : plan.models) {
    if (model.shipped) continue;
    const auto state = fs::path(model.folder) / "study.json";
    if (fs::exists(state))
      check_parameters(read_json(state), selected(model.entries, false), model.folder);
    const auto dataset = dataset_path(plan, model);
    // A dataset of the user's own has no record of how it was made.
    if (fs::exists(dataset) && fs::exists(record_of(dataset)))
      check_parameters(read_json(record_of(dataset)), selected(model.entries, true), dataset);
  }
}

ModelRecord prepare_model(const StudyPlan& plan, const PlannedModel& model) {
  ModelRecord record;
  record.plan = &model;
  try {
    if (!model.shipped) train_model(plan, model, record);
    describe(model, record);
  } catch (const std::exception& error) {
    record.failure = error.what();
    record.kind = model.parameters.training.network.model;
    record.equilibrium_block = model.parameters.training.network.equilibrium_block;
    record.input = model.parameters.training.network.input;
  }
  return record;
}

}  // namespace seco
