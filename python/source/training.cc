#include "seco/surrogate/training.h"

#include <filesystem>
#include <string>

#include "bindings.h"
#include "call.h"
#include "seco/materials/parameter_file.h"
#include "training_start.h"

namespace seco::python {

namespace py = pybind11;

namespace {

/// `seco train`: makes the dataset if it is missing, and trains.
py::dict train(const std::string& parameters, const std::string& device, bool replace,
               const py::object& progress, const py::object& dataset_progress) {
  auto file = materials::ParameterFile::read(parameters);
  auto study = read_study(file);
  auto& training = study.training;
  training.device = device;
  training.show_progress = false;
  py::list notes;
  const auto add_note = [&](const std::string& note) {
    if (!note.empty()) notes.append(note);
  };
  add_note(prepare_training(parameters, study, replace, "pass replace=True"));
  const auto tell = callback<std::int64_t, std::int64_t, double, double>(progress);
  if (tell)
    training.progress = [&tell](const surrogate::TrainingProgress& p) {
      tell(p.step, p.n_steps, p.loss, p.best_gap);
    };
  const auto tell_dataset = callback<std::size_t, std::size_t>(dataset_progress);
  std::string note;
  const auto result = run([&] {
    if (!std::filesystem::exists(study.dataset.file))
      make_dataset(study, device, tell_dataset);
    else
      note = note_on_dataset(parameters, study);
    return surrogate::train(training);
  });
  add_note(note);
  py::dict content;
  content["model"] = training.model;
  content["steps"] = result.steps;
  content["seconds"] = result.seconds;
  content["best_validation_gap"] = result.best_validation_gap;
  content["diverged"] = result.diverged;
  content["notes"] = notes;
  content["message"] = result.diverged ? divergence_message(result.steps) : "";
  return content;
}

}  // namespace

void bind_training(py::module_& module) {
  module.def("train", &train);
  module.def("describe_model", [](const std::string& folder) {
    return run([&] { return surrogate::describe_model(folder).text; });
  });
}

}  // namespace seco::python
