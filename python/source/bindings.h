#pragma once

#include <pybind11/pybind11.h>

namespace seco::python {

/// What the module has, a function for each part.
void bind_rve(pybind11::module_& module);
void bind_engines(pybind11::module_& module);
void bind_deformation(pybind11::module_& module);
void bind_training(pybind11::module_& module);
void bind_network(pybind11::module_& module);

}  // namespace seco::python
