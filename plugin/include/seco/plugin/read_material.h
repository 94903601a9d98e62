#pragma once

#include <memory>
#include <string>

#include "seco/plugin/material.h"

namespace seco::plugin {

/// The material of a section `Material N` of a parameter file, for programs with parameters of
/// their own: loads the libraries of the key `Additional shared libraries`, then creates what the
/// key `Model` of the section names, with the parameters of the subsection of that name. Unit of
/// stresses is the key `Unit` at the top level, MPa by default. All other sections of the file are
/// left to the caller.
///
/// @param run goals and output folder of the run; its unit and folder are set here
/// @throws std::invalid_argument, among them materials::ParameterError, naming file, line, section,
///   key, value and what is allowed
template <int dim>
std::unique_ptr<Material<dim>> read_material(const std::string& parameter_file,
                                             const std::string& section = "Material 0",
                                             RunSettings run = {});

}  // namespace seco::plugin
