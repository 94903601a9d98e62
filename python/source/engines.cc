#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <memory>
#include <span>
#include <stdexcept>
#include <utility>

#include "arrays.h"
#include "bindings.h"
#include "call.h"
#include "parameters.h"
#include "seco/surrogate/cached_engine.h"
#include "seco/surrogate/continuum_certificate.h"
#include "seco/surrogate/devices.h"
#include "seco/surrogate/engine_parameters.h"
#include "seco/surrogate/field_certificate.h"
#include "seco/surrogate/resolution.h"
#include "tensors.h"

namespace seco::python {

namespace py = pybind11;
using materials::MandelMatrix;
using materials::Rve;
using surrogate::Homogenized;

namespace {

using Rves = std::vector<std::shared_ptr<Rve>>;

struct ChosenEngine {
  std::shared_ptr<const surrogate::Engine> engine;
  double largest_gap = 1;
};

/// The engine that arguments name. @param function for messages
ChosenEngine choose(const Entries& entries, const std::string& function) {
  auto file = parameters_of(entries, function);
  const auto choice = surrogate::read_engine(file, "");
  file.check_all_used();
  return run([&] {
    ChosenEngine chosen{surrogate::make_engine(choice.name, choice.settings, file, "", {}, ""),
                        choice.largest_gap};
    if (!choice.cache.empty())
      chosen.engine = std::make_shared<surrogate::CachedEngine>(
          chosen.engine,
          std::make_shared<surrogate::ResultCache>(choice.cache, choice.name, choice.settings));
    return chosen;
  });
}

/// Matrices of a result without an answer are NaN, so that nobody computes with them.
py::dict content_of(const Homogenized& result, const Rve& rve, double largest_gap) {
  const bool failed = result.status == surrogate::Status::failed;
  const int m = materials::n_mandel_components(rve.dimension());
  const auto matrix = [&](const MandelMatrix& c) {
    return array_of(failed ? MandelMatrix(MandelMatrix::Constant(
                                 m, m, std::numeric_limits<double>::quiet_NaN()))
                           : c);
  };
  py::dict content;
  content["stiffness"] = matrix(result.stiffness);
  content["lower"] = matrix(result.lower);
  content["upper"] = matrix(result.upper);
  content["gap"] = failed ? std::numeric_limits<double>::infinity() : result.gap;
  content["status"] = surrogate::to_string(result.status);
  content["message"] = surrogate::verdict(result, largest_gap);
  content["engine"] = result.engine;
  content["iterations"] = result.iterations;
  content["residual"] = result.residual;
  content["seconds"] = result.seconds;
  content["unit"] = rve.unit;
  return content;
}

/// One RVE is not copied; several are, since engines take them side by side.
class Batch {
 public:
  explicit Batch(const Rves& rves) {
    if (rves.size() == 1) {
      span_ = {rves.front().get(), 1};
      return;
    }
    for (const auto& rve : rves) copies_.push_back(*rve);
    span_ = copies_;
  }
  std::span<const Rve> span() const { return span_; }

 private:
  std::vector<Rve> copies_;
  std::span<const Rve> span_;
};

/// @return results, and what the engine reports
py::tuple homogenize(const Rves& rves, const Entries& entries, const py::object& progress) {
  for (const auto& rve : rves)
    if (!rve) throw std::invalid_argument("seco.homogenize: argument rve is None");
  const auto chosen = choose(entries, "seco.homogenize");
  const auto tell = callback<std::size_t>(progress);
  const auto results = run([&] {
    const Batch batch(rves);
    return chosen.engine->homogenize(batch.span(), tell);
  });
  py::list contents;
  for (std::size_t i = 0; i < results.size(); ++i)
    contents.append(content_of(results[i], *rves[i], chosen.largest_gap));
  return py::make_tuple(contents, chosen.engine->report());
}

py::tuple voxel_value(const surrogate::VoxelValue& value, int dimension) {
  py::tuple voxel(dimension);
  for (int d = 0; d < dimension; ++d)
    voxel[static_cast<std::size_t>(d)] = value.voxel[static_cast<std::size_t>(d)];
  return py::make_tuple(value.value, voxel);
}

/// @return the homogenized stiffness, the measure of stresses, and the fields of each strain
py::tuple fields(const std::shared_ptr<Rve>& rve, const Doubles& strains, const Entries& entries) {
  if (!rve) throw std::invalid_argument("seco.fields: argument rve is None");
  const int d = rve->dimension(), m = materials::n_mandel_components(d);
  if (strains.ndim() != 2)
    throw std::invalid_argument(fmt::format(
        "seco.fields: argument strain has {} axes; expected are (loads, {})", strains.ndim(), m));
  surrogate::LocalQuery query{*rve, {}, true};
  for (py::ssize_t k = 0; k < strains.shape(0); ++k)
    query.strains.push_back(
        vector_of(Doubles(strains.shape(1), strains.data(k, 0)), m, "strain of seco.fields"));
  const auto chosen = choose(entries, "seco.fields");
  auto answer = std::move(run([&] {
                            return chosen.engine->local_quantities({&query, 1});
                          }).front());
  py::list loads;
  for (auto& load : answer.loads) {
    py::dict content;
    const auto scalar = field_shape(*rve, {}), tensor = field_shape(*rve, {m});
    content["strain"] = owned(std::move(load.fields.strain), tensor);
    content["stress"] = owned(std::move(load.fields.stress), tensor);
    content["von_mises"] = owned(std::move(load.fields.von_mises), scalar);
    content["hydrostatic"] = owned(std::move(load.fields.hydrostatic), scalar);
    content["mean_strain"] = array_of(load.mean_strain);
    content["mean_stress"] = array_of(load.mean_stress);
    content["field_error"] = load.field_error;
    content["relative_field_error"] = load.relative_field_error;
    content["largest_von_mises"] = voxel_value(load.largest_von_mises, d);
    content["largest_hydrostatic"] = voxel_value(load.largest_hydrostatic, d);
    content["smallest_hydrostatic"] = voxel_value(load.smallest_hydrostatic, d);
    loads.append(content);
  }
  return py::make_tuple(content_of(answer.homogenized, *rve, chosen.largest_gap),
                        surrogate::to_string(answer.measure), loads);
}

std::vector<materials::MandelVector> mean_strains(const std::optional<Doubles>& array, int m) {
  if (!array) return {};
  if (array->ndim() != 2)
    throw std::invalid_argument(
        "seco.certify: argument mean_strain is expected as (loads, components)");
  std::vector<materials::MandelVector> strains;
  for (py::ssize_t k = 0; k < array->shape(0); ++k)
    strains.push_back(
        vector_of(Doubles(array->shape(1), array->data(k, 0)), m, "mean_strain of seco.certify"));
  return strains;
}

/// Bounds of fields that somebody else has computed.
py::dict certify(const std::shared_ptr<Rve>& rve, const std::optional<Doubles>& strain,
                 const std::optional<Doubles>& displacement,
                 const std::optional<Doubles>& mean_strain, const std::optional<Doubles>& stress) {
  if (!rve) throw std::invalid_argument("seco.certify: argument rve is None");
  const int d = rve->dimension(), m = materials::n_mandel_components(d);
  const auto numbers = [](const Doubles& array) {
    return std::span<const double>(array.data(), static_cast<std::size_t>(array.size()));
  };
  surrogate::GivenFields given;
  if (strain) {
    given.n_loads = check_field(*strain, *rve, m, "strain of seco.certify");
    given.strain = numbers(*strain);
  }
  if (displacement) {
    given.n_loads = check_field(*displacement, *rve, d, "displacement of seco.certify");
    given.displacement = numbers(*displacement);
  }
  if (stress) {
    check_field(*stress, *rve, m, "stress of seco.certify");
    given.stress = numbers(*stress);
  }
  given.mean_strain = mean_strains(mean_strain, m);
  const auto result = run([&] { return surrogate::certify_fields(*rve, given); });
  return content_of(result, *rve, 1.);
}

/// The same for what `__dlpack__` of other libraries returns, on the device where it is.
py::dict certify_tensors(const std::shared_ptr<Rve>& rve, const py::object& strain,
                         const py::object& displacement, const std::optional<Doubles>& mean_strain,
                         const py::object& stress) {
  if (!rve) throw std::invalid_argument("seco.certify: argument rve is None");
  const int m = materials::n_mandel_components(rve->dimension());
  surrogate::GivenTensors tensors{taken(strain), taken(displacement), taken(stress),
                                  mean_strains(mean_strain, m)};
  const auto result = run([&] { return surrogate::certify_fields(*rve, std::move(tensors)); });
  return content_of(result, *rve, 1.);
}

py::dict certify_continuum(const std::shared_ptr<Rve>& rve, int refinement, double tolerance,
                           const std::string& device) {
  if (!rve) throw std::invalid_argument("seco.certify_continuum: argument rve is None");
  surrogate::ContinuumSettings settings;
  settings.refinement = refinement;
  if (tolerance > 0) settings.gap = tolerance;
  settings.device = device;
  const auto result = run([&] { return surrogate::certify_continuum(*rve, settings); });
  py::dict content;
  content["lower"] = array_of(result.lower);
  content["upper"] = array_of(result.upper);
  content["stiffness"] = array_of(MandelMatrix(0.5 * (result.lower + result.upper)));
  content["gap"] = result.gap;
  content["status"] = surrogate::to_string(result.status);
  content["message"] = result.message;
  content["engine"] = "continuum";
  content["iterations"] = result.upper_steps + result.lower_steps;
  content["residual"] = 0.;
  content["seconds"] = result.seconds;
  content["unit"] = rve->unit;
  return content;
}

std::string engine_documentation() {
  materials::ParameterFile file("", "seco.homogenize");
  surrogate::read_engine(file, "");
  return file.documentation();
}

}  // namespace

void bind_engines(py::module_& module) {
  module.def("homogenize", &homogenize);
  module.def("fields", &fields, py::arg(), py::arg().noconvert(), py::arg());
  module.def("certify", &certify, py::arg(), py::arg().noconvert(), py::arg().noconvert(),
             py::arg().noconvert(), py::arg().noconvert());
  module.def("certify_tensors", &certify_tensors, py::arg(), py::arg(), py::arg(),
             py::arg().noconvert(), py::arg());
  module.def("n_cuda_devices", &surrogate::n_cuda_devices);
  module.def("certify_continuum", &certify_continuum);
  module.def("engine_documentation", &engine_documentation);
  module.def("resolution_note", [](const std::shared_ptr<Rve>& rve) {
    return run([&] { return surrogate::resolution_note(*rve); });
  });
}

}  // namespace seco::python
