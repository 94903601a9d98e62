#include <fmt/format.h>

#include <Eigen/LU>
#include <algorithm>
#include <stdexcept>

#include "arrays.h"
#include "bindings.h"
#include "call.h"
#include "parameters.h"
#include "seco/materials/generator_parameters.h"
#include "seco/materials/microstructure_parameters.h"
#include "seco/materials/rotation.h"
#include "seco/materials/rve_file.h"
#include "seco/materials/stiffness_text.h"

namespace seco::python {

namespace py = pybind11;
using materials::MandelMatrix;
using materials::Rve;

namespace {

using Phases = py::array_t<std::uint16_t, py::array::c_style>;

std::shared_ptr<Rve> make_rve(const Phases& phase, const Doubles& stiffness,
                              const std::vector<double>& lengths, const std::string& unit,
                              const std::optional<Doubles>& orientation) {
  auto rve = std::make_shared<Rve>();
  if (phase.ndim() != 2 && phase.ndim() != 3)
    throw std::invalid_argument(
        fmt::format("seco.Rve: argument phase has {} axes; allowed are 2 or 3, the grid of voxels",
                    phase.ndim()));
  for (py::ssize_t axis = 0; axis < phase.ndim(); ++axis) {
    if (phase.shape(axis) < 1 || phase.shape(axis) > (1 << 24))
      throw std::invalid_argument(
          fmt::format("seco.Rve: argument phase has {} voxels along axis {}; allowed are 1 to {}",
                      phase.shape(axis), axis, 1 << 24));
    rve->shape.push_back(static_cast<int>(phase.shape(axis)));
  }
  rve->phase.assign(phase.data(), phase.data() + phase.size());
  rve->lengths = lengths;
  rve->unit = unit;
  const int d = rve->dimension(), m = materials::n_mandel_components(d);
  const bool square = stiffness.ndim() == 3 && stiffness.shape(1) == stiffness.shape(2);
  const auto size = square ? stiffness.shape(1) : 0;
  if (size != m && size != 6)
    throw std::invalid_argument(fmt::format(
        "seco.Rve: argument stiffness has no shape of (phases, {0}, {0}){1}, the Mandel matrices "
        "of a {2}D grid",
        m, d == 2 ? " or (phases, 6, 6)" : "", d));
  for (py::ssize_t p = 0; p < stiffness.shape(0); ++p) {
    const MandelMatrix c = Eigen::Map<const MandelMatrix>(stiffness.data(p, 0, 0), size, size);
    if (size != m) rve->stiffness_3d.push_back(c);
    rve->stiffness.push_back(size == m ? c : materials::plane_strain(c));
  }
  if (orientation) {
    if (orientation->ndim() != 2 || orientation->shape(0) != stiffness.shape(0) ||
        orientation->shape(1) != 3)
      throw std::invalid_argument(
          fmt::format("seco.Rve: argument orientation has no shape of ({}, 3): Bunge Euler angles "
                      "of each phase in radians",
                      stiffness.shape(0)));
    for (py::ssize_t p = 0; p < orientation->shape(0); ++p)
      rve->orientation.emplace_back(orientation->at(p, 0), orientation->at(p, 1),
                                    orientation->at(p, 2));
  }
  materials::check(*rve, "seco.Rve");
  return rve;
}

/// @return the RVE, its notes, its format and the phases of the file
py::tuple read(const std::string& path, const Entries& entries, int dimension) {
  auto file = parameters_of(entries, "seco.read");
  auto options = materials::read_microstructure_options(file, "");
  options.dimension = dimension;
  file.check_all_used();
  auto found = run([&] { return materials::read_microstructure(path, options); });
  return py::make_tuple(std::make_shared<Rve>(std::move(found.rve)), found.notes, found.format,
                        found.phase_of);
}

/// @return the RVE and what a user should know of it
py::tuple generate(const Entries& entries) {
  auto file = parameters_of(entries, "seco.generate");
  const auto settings = materials::read_generator_settings(file, "");
  file.check_all_used();
  auto rve = run([&] { return std::make_shared<Rve>(materials::generate(settings)); });
  return py::make_tuple(std::move(rve), materials::notes_on(settings));
}

/// `Q C Q^T` of each pair. @param stiffness `[P, 6, 6]` @param orientation `[P, 3]`, Bunge angles
/// in radians, or `[P, 3, 3]`, from crystal to sample axes
Doubles rotate(const Doubles& stiffness, const Doubles& orientation) {
  if (stiffness.ndim() != 3 || stiffness.shape(1) != 6 || stiffness.shape(2) != 6 ||
      orientation.ndim() < 2 || orientation.ndim() > 3 ||
      orientation.shape(0) != stiffness.shape(0) || orientation.shape(orientation.ndim() - 1) != 3)
    throw std::invalid_argument(
        "seco.rotate: expected are stiffnesses (P, 6, 6) and as many orientations, Bunge angles "
        "(P, "
        "3) or rotations (P, 3, 3)");
  std::vector<MandelMatrix> turned;
  for (py::ssize_t p = 0; p < stiffness.shape(0); ++p) {
    materials::Rotation rotation;
    if (orientation.ndim() == 2) {
      rotation =
          materials::from_euler(orientation.at(p, 0), orientation.at(p, 1), orientation.at(p, 2));
    } else {
      for (int i = 0; i < 3; ++i)
        for (int j = 0; j < 3; ++j) rotation(i, j) = orientation.at(p, i, j);
      constexpr double tolerance = 1e-6;
      if ((rotation * rotation.transpose() - materials::Rotation::Identity())
                  .cwiseAbs()
                  .maxCoeff() > tolerance ||
          rotation.determinant() < 0)
        throw std::invalid_argument(
            fmt::format("seco.rotate: argument orientation: matrix {} is no rotation", p));
    }
    const MandelMatrix c = Eigen::Map<const MandelMatrix>(stiffness.data(p, 0, 0), 6, 6);
    turned.push_back(materials::rotate(c, rotation));
  }
  return array_of(turned);
}

std::string rve_documentation(const std::string& of) {
  materials::ParameterFile file("", "seco");
  if (of == "generate")
    materials::read_generator_settings(file, "");
  else
    materials::read_microstructure_options(file, "");
  return file.documentation();
}

}  // namespace

void bind_rve(py::module_& module) {
  py::class_<Rve, std::shared_ptr<Rve>>(module, "Rve")
      .def(py::init(&make_rve), py::arg("phase").noconvert(), py::arg("stiffness").noconvert(),
           py::arg("lengths"), py::arg("unit"), py::arg("orientation").noconvert())
      .def_property_readonly("shape", [](const Rve& rve) { return py::tuple(py::cast(rve.shape)); })
      .def_property_readonly("lengths",
                             [](const Rve& rve) { return py::tuple(py::cast(rve.lengths)); })
      .def_readonly("unit", &Rve::unit)
      .def_property_readonly("phase",
                             [](const py::object& self) {
                               const auto& rve = self.cast<const Rve&>();
                               return view(rve.phase.data(), field_shape(rve, {}), self);
                             })
      .def_property_readonly("stiffness", [](const Rve& rve) { return array_of(rve.stiffness); })
      .def_property_readonly("stiffness_3d",
                             [](const Rve& rve) -> std::optional<Doubles> {
                               if (rve.stiffness_3d.empty()) return std::nullopt;
                               return array_of(rve.stiffness_3d);
                             })
      .def_property_readonly(
          "orientation",
          [](const Rve& rve) -> std::optional<Doubles> {
            if (rve.orientation.empty()) return std::nullopt;
            Doubles result({static_cast<py::ssize_t>(rve.orientation.size()), py::ssize_t{3}});
            double* to = result.mutable_data();
            for (const auto& angles : rve.orientation) to = std::copy_n(angles.data(), 3, to);
            return result;
          })
      .def("__eq__", [](const Rve& a, const Rve& b) { return a == b; })
      .def("__hash__", [](const Rve& rve) { return materials::hash(rve); })
      .def("save", [](const Rve& rve, const std::string& path, const std::string& description) {
        run([&] { materials::write_rve(path, rve, description); });
      });
  module.def("read", &read);
  module.def("generate", &generate);
  module.def("rotate", &rotate, py::arg().noconvert(), py::arg().noconvert());
  module.def("rve_documentation", &rve_documentation);
  module.def("stiffness_from_text",
             [](const std::string& text, const std::string& unit, int dimension) {
               return array_of(materials::stiffness_from_text(text, unit, dimension));
             });
}

}  // namespace seco::python
