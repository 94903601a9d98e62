#include "training_start.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace seco {
namespace {

/// Whether the training of a model has come to its end, where it is measured.
bool is_finished(const std::filesystem::path& model) {
  std::ifstream file(model / "model.json");
  const auto description = nlohmann::json::parse(file, nullptr, /*allow_exceptions=*/false);
  return description.is_object() && description.contains("held_out");
}

}  // namespace

std::string prepare_training(const std::string& parameters, StudyParameters& study, bool replace,
                             const std::string& how_to_replace) {
  auto& training = study.training;
  const std::filesystem::path model = training.model;
  if (!training.initial_model.empty()) surrogate::describe_model(training.initial_model);
  const bool continues = training.resume && exists(model / "checkpoint.safetensors");
  if (!replace && exists(model / "model.json") && !continues)
    throw std::invalid_argument(fmt::format(
        "{}: section 'Training', key 'Model': {} holds a model and {}, "
        "so that training would replace it; name another folder, or {}",
        parameters, training.model,
        training.resume ? "no checkpoint to continue from" : "'Resume' is false", how_to_replace));
  try {
    surrogate::check(training);
  } catch (const std::invalid_argument& error) {
    throw std::invalid_argument(fmt::format("{}: {}", parameters, error.what()));
  }
  if (study.dataset.n_training == 0 && !training.fresh_rve)
    throw std::invalid_argument(fmt::format(
        "{}: section 'Dataset', key 'Training RVEs': 0 is allowed only with 'Fresh samples'",
        parameters));
  if (replace && is_finished(model)) training.resume = false;
  if (!training.fresh_rve || study.dataset.n_training == 0) return "";
  return fmt::format("with 'Fresh samples' the {} training RVEs of the dataset are not used",
                     study.dataset.n_training);
}

void make_dataset(StudyParameters& study, const std::string& device,
                  const std::function<void(std::size_t, std::size_t)>& progress) {
  study.dataset.device = device;
  const auto folder = std::filesystem::path(study.dataset.file).parent_path();
  if (!folder.empty()) std::filesystem::create_directories(folder);
  surrogate::generate_dataset(
      study.dataset, [&](std::size_t i) { return study.make_rve(i); }, progress);
}

std::string note_on_dataset(const std::string& parameters, const StudyParameters& study) {
  const auto difference = surrogate::difference_of_dataset(
      study.dataset, [&](std::size_t i) { return study.make_rve(i); });
  if (difference.empty()) return "";
  return fmt::format(
      "{} is not the dataset that {} describes: {}. It is used as it is; remove it to have it made "
      "anew",
      study.dataset.file, parameters, difference);
}

std::string divergence_message(std::int64_t steps) {
  return fmt::format(
      "the training diverged at step {} and was stopped; the best model so far is kept. Lower "
      "'Learning rate' or 'Gradient clipping'",
      steps);
}

}  // namespace seco
