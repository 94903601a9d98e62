#include "seco/plugin/read_material.h"

#include <fmt/format.h>

#include <filesystem>
#include <iostream>
#include <stdexcept>

#include "seco/materials/text.h"
#include "seco/plugin/parameters.h"
#include "seco/plugin/registration.h"
#include "seco/plugin/shared_library.h"

namespace seco::plugin {

namespace {

/// What the user should know of the parameters, where deal.II says such things.
void note(const std::string& sentence) {
  if (!sentence.empty()) std::cerr << "seco: note: " << sentence << std::endl;
}

}  // namespace

template <int dim>
std::unique_ptr<Material<dim>> read_material(const std::string& parameter_file,
                                             const std::string& section, RunSettings run) {
  auto file = materials::ParameterFile::read(parameter_file);
  run.folder = std::filesystem::path(parameter_file).parent_path().string();
  run.unit = file.choice("", "Unit", "MPa", {"Pa", "kPa", "MPa", "GPa"}, "unit of stresses");
  const auto libraries =
      file.text("", "Additional shared libraries", "", "libraries that bring materials or engines");
  if (!libraries.empty())
    for (const auto& library : materials::split(libraries, ',')) try {
        note(load_shared_library(library, run.folder));
      } catch (const std::exception& error) {
        file.refuse("", "Additional shared libraries", error.what());
      }

  dealii::ParameterHandler handler;
  handler.enter_subsection(section);
  handler.declare_entry("Model", "homogenized", dealii::Patterns::Anything(),
                        "name of a registered material; its parameters are in the subsection of "
                        "that name");
  declare_material_parameters<dim>(handler);
  handler.leave_subsection();
  for (const auto& problem : use_present_names(file, parameter_traits(handler)))
    throw std::invalid_argument(problem.text);
  for (const auto& renamed : file.notes()) note(renamed);
  set_parameters(handler, file, section);
  handler.enter_subsection(section);
  try {
    return make_material<dim>(handler.get("Model"), handler, run);
  } catch (const materials::ParameterError& error) {
    const auto whole = error.inside(section);
    throw whole.at(location(file, whole.section, whole.key));
  }
}

template std::unique_ptr<Material<2>> read_material<2>(const std::string&, const std::string&,
                                                       RunSettings);
template std::unique_ptr<Material<3>> read_material<3>(const std::string&, const std::string&,
                                                       RunSettings);

}  // namespace seco::plugin
