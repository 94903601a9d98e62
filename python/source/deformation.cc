#include <fmt/format.h>

#include <memory>
#include <stdexcept>

#include "arrays.h"
#include "bindings.h"
#include "call.h"
#include "parameters.h"
#include "seco/materials/load_path.h"
#include "seco/materials/phase_laws.h"
#include "seco/surrogate/deformation.h"
#include "seco/surrogate/stop_criterion.h"

namespace seco::python {

namespace py = pybind11;
using materials::Rve;
using surrogate::IncrementResult;

namespace {

surrogate::DeformationSettings settings_of(const Entries& entries) {
  auto file = parameters_of(entries, "seco.deform");
  surrogate::DeformationSettings s;
  s.tolerance = file.number("", "Tolerance", s.tolerance, 1e-10, 1, "");
  s.criterion = surrogate::read_stop_criterion(file, "");
  const auto tangent = file.choice("", "Tangent", "estimate", {"none", "estimate", "bounds"}, "");
  s.tangent = tangent == "none"       ? surrogate::TangentWanted::none
              : tangent == "estimate" ? surrogate::TangentWanted::estimate
                                      : surrogate::TangentWanted::bounds;
  s.single_precision_state =
      file.choice("", "Precision", "double", {"single", "double"}, "") == "single";
  s.device = file.text("", "Device", "auto", "");
  s.max_newton_steps =
      static_cast<unsigned int>(file.integer("", "Newton steps", s.max_newton_steps, 1, 10000, ""));
  s.max_iterations =
      static_cast<unsigned int>(file.integer("", "Iterations", s.max_iterations, 1, 1000000, ""));
  s.smallest_step = file.number("", "Smallest step", s.smallest_step, 1e-12, 1, "");
  file.check_all_used();
  return s;
}

py::dict content_of(const IncrementResult& r) {
  py::dict content;
  content["time"] = r.time;
  content["strain"] = array_of(r.strain);
  content["stress"] = array_of(r.stress);
  content["stress_error"] = array_of(r.stress_error);
  content["stress_estimate"] = array_of(r.stress_estimate);
  content["tangent"] = array_of(r.tangent);
  content["tangent_lower"] = array_of(r.tangent_lower);
  content["tangent_upper"] = array_of(r.tangent_upper);
  content["energy_lower"] = r.energy_lower;
  content["energy_upper"] = r.energy_upper;
  content["stress_error_bound"] = r.stress_error_bound;
  content["path_error_bound"] = r.path_error_bound;
  content["newton_steps"] = r.newton_steps;
  content["iterations"] = r.iterations;
  content["n_parts"] = r.n_parts;
  content["status"] = surrogate::to_string(r.status);
  content["message"] = r.message;
  return content;
}

/// An RVE with laws and its history. After an increment that was interrupted its state is that
/// before it.
class Deformation {
 public:
  Deformation(const std::shared_ptr<Rve>& rve, const Entries& laws, const std::string& laws_file,
              const Entries& settings)
      : rve_(rve) {
    if (!rve) throw std::invalid_argument("seco.deform: argument rve is None");
    auto file = laws_file.empty() ? parameters_of(laws, "argument laws of seco.deform")
                                  : materials::ParameterFile::read(laws_file);
    surrogate::LawRve with_laws{*rve, materials::laws_of_file(file, *rve, true)};
    for (const auto& [section, key, value] : laws)
      if (!section.starts_with("Phase ") && section != "All phases")
        throw std::invalid_argument(fmt::format(
            "argument laws of seco.deform: there is no section '{}'; allowed are numbers of phases "
            "and 'All phases'",
            section));
    for (const auto& law : with_laws.laws) depends_on_time_ |= law && law->depends_on_time();
    const auto wanted = settings_of(settings);
    run([&] {
      deformation_ = std::make_unique<surrogate::Deformation>(
          std::vector<surrogate::LawRve>{std::move(with_laws)}, wanted);
    });
  }

  bool depends_on_time() const { return depends_on_time_; }
  const std::shared_ptr<Rve>& rve() const { return rve_; }
  py::tuple notes() const { return py::tuple(py::cast(deformation_->notes())); }

  py::dict advance(double time, const std::vector<bool>& stress_is_prescribed,
                   const Doubles& strain, const Doubles& stress) {
    const int m = n_components();
    if (static_cast<int>(stress_is_prescribed.size()) != m)
      throw std::invalid_argument(
          fmt::format("seco.deform: {} components are said to be prescribed, expected are {}",
                      stress_is_prescribed.size(), m));
    const surrogate::LoadIncrement increment{time, stress_is_prescribed,
                                             vector_of(strain, m, "strain of seco.deform"),
                                             vector_of(stress, m, "stress of seco.deform")};
    const auto result = run([&] {
      const auto before = deformation_->save();
      try {
        return std::move(deformation_->advance({&increment, 1}).front());
      } catch (...) {
        deformation_->restore(before);
        throw;
      }
    });
    return content_of(result);
  }

  Doubles save() const {
    auto numbers = run([&] { return deformation_->save(); });
    const auto n = static_cast<py::ssize_t>(numbers.size());
    return owned(std::move(numbers), {n});
  }

  void restore(const Doubles& numbers) {
    run([&] { deformation_->restore({numbers.data(), static_cast<std::size_t>(numbers.size())}); });
  }

  /// Name, unit and values of every quantity of the voxels.
  py::list fields() const {
    auto found = run([&] { return deformation_->fields(0); });
    py::list result;
    for (auto& field : found) {
      const auto shape = field.n_components > 1 ? field_shape(*rve_, {field.n_components})
                                                : field_shape(*rve_, {});
      result.append(py::make_tuple(field.name, field.unit, owned(std::move(field.values), shape)));
    }
    return result;
  }

 private:
  int n_components() const { return materials::n_mandel_components(rve_->dimension()); }

  std::shared_ptr<Rve> rve_;
  bool depends_on_time_ = false;
  std::unique_ptr<surrogate::Deformation> deformation_;
};

/// The load path of the keys of a section `Loading`: times `[N]`, whether the stress is prescribed
/// `[N, m]`, strains and stresses `[N, m]`.
py::tuple load_path(const Entries& entries, int dimension) {
  auto file = parameters_of(entries, "argument path of seco.deform");
  const auto path = materials::read_loading(file, "Loading", dimension);
  file.check_all_used();
  const auto n = static_cast<py::ssize_t>(path.size());
  const py::ssize_t m = materials::n_mandel_components(dimension);
  Doubles time(n), strain({n, m}), stress({n, m});
  py::array_t<bool> prescribed({n, m});
  for (py::ssize_t i = 0; i < n; ++i) {
    const auto& point = path[static_cast<std::size_t>(i)];
    time.mutable_at(i) = point.time;
    for (py::ssize_t c = 0; c < m; ++c) {
      strain.mutable_at(i, c) = point.strain[c];
      stress.mutable_at(i, c) = point.stress[c];
      prescribed.mutable_at(i, c) = point.stress_is_prescribed[static_cast<std::size_t>(c)];
    }
  }
  return py::make_tuple(time, prescribed, strain, stress);
}

}  // namespace

void bind_deformation(py::module_& module) {
  py::class_<Deformation>(module, "Deformation")
      .def(py::init<const std::shared_ptr<Rve>&, const Entries&, const std::string&,
                    const Entries&>())
      .def_property_readonly("depends_on_time", &Deformation::depends_on_time)
      .def_property_readonly("rve", &Deformation::rve)
      .def_property_readonly("notes", &Deformation::notes)
      .def("advance", &Deformation::advance, py::arg(), py::arg(), py::arg().noconvert(),
           py::arg().noconvert())
      .def("save", &Deformation::save)
      .def("restore", &Deformation::restore, py::arg().noconvert())
      .def("fields", &Deformation::fields);
  module.def("load_path", &load_path);
}

}  // namespace seco::python
