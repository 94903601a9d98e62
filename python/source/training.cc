#include "seco/surrogate/training.h"

#include <fmt/format.h>

#include <filesystem>
#include <stdexcept>

#include "bindings.h"
#include "call.h"
#include "seco/materials/parameter_file.h"
#include "study_parameters.h"

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
  const std::filesystem::path model = training.model;
  const bool continues = training.resume && exists(model / "checkpoint.safetensors");
  if (exists(model / "model.json") && !continues && !replace)
    throw std::invalid_argument(fmt::format(
        "{}: section 'Training', key 'Model': {} holds a model, so that training would replace it; "
        "name another folder, or pass replace=True",
        parameters, training.model));
  if (replace) training.resume = false;
  surrogate::check(training);
  const auto tell = callback<std::int64_t, std::int64_t, double, double>(progress);
  if (tell)
    training.progress = [&tell](const surrogate::TrainingProgress& p) {
      tell(p.step, p.n_steps, p.loss, p.best_gap);
    };
  const auto tell_dataset = callback<std::size_t, std::size_t>(dataset_progress);
  std::string note;
  const auto result = run([&] {
    const auto make = [&](std::size_t i) { return study.make_rve(i); };
    if (!std::filesystem::exists(study.dataset.file)) {
      study.dataset.device = device;
      const auto folder = std::filesystem::path(study.dataset.file).parent_path();
      if (!folder.empty()) std::filesystem::create_directories(folder);
      surrogate::generate_dataset(study.dataset, make, tell_dataset);
    } else if (const auto difference = surrogate::difference_of_dataset(study.dataset, make);
               !difference.empty()) {
      note = fmt::format(
          "{} is not the dataset that {} describes: {}. It is used as it is; remove it to have it "
          "made anew",
          study.dataset.file, parameters, difference);
    }
    return surrogate::train(training);
  });
  py::dict content;
  content["model"] = training.model;
  content["steps"] = result.steps;
  content["seconds"] = result.seconds;
  content["best_validation_gap"] = result.best_validation_gap;
  content["diverged"] = result.diverged;
  content["note"] = note;
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
