#pragma once

#include <sstream>

#include "certification.h"
#include "equilibrium_solver.h"
#include "material_field.h"
#include "small_run.h"

namespace seco::test {

/// The parts of a run of a plane bar of 4 x 2, held at x = 0 and pulled at x = 4 by a traction of
/// 1, in this process. Of a material with modulus E and without lateral contraction, its
/// displacement is x / E, its compliance 8 / E.
struct Bar {
  static std::map<std::string, std::string> changes(const std::map<std::string, std::string>& more);
  explicit Bar(const std::map<std::string, std::string>& more)
      : parameters(read_changed<2>(changes(more))) {
    problem.set_up();
  }

  std::ostringstream out;
  macro::RunLog log{MPI_COMM_SELF, out};
  macro::MacroParameters<2> parameters;
  macro::BoundaryValueProblem<2> problem{parameters, log};
  macro::MaterialField<2> materials{parameters, problem, log};
  macro::EquilibriumSolver<2> solver{parameters, problem, log};
  macro::Certification<2> certification{parameters, problem, materials, solver, log};
};

inline std::map<std::string, std::string> Bar::changes(
    const std::map<std::string, std::string>& more) {
  std::map<std::string, std::string> all{{"Dimension", "2"},
                                         {"Geometry/Type", "box"},
                                         {"Geometry/Lengths", "4, 2"},
                                         {"Geometry/Cells", "4, 2"},
                                         {"Boundary conditions/Displacement", "0: 0; 0"},
                                         {"Boundary conditions/Traction", "1: 1; 0"},
                                         {"Output/Points of interest", "4, 2"}};
  for (const auto& [key, value] : more) all[key] = value;
  return all;
}

/// Changes that make it inclusions whose stiffness is bounded by Voigt and Reuss.
inline std::map<std::string, std::string> bounded_inclusions() {
  const std::string microstructure = "Material 0/homogenized/Microstructure/";
  return {
      {"Material 0/homogenized/Engine", "hill"},    {microstructure + "Type", "inclusions"},
      {microstructure + "Grid", "16, 16"},          {microstructure + "Number of inclusions", "3"},
      {microstructure + "Matrix", "70e3, 0.33"},    {microstructure + "Inclusion", "70e3, 0.2"},
      {microstructure + "Inclusion factor", "0.05"}};
}

}  // namespace seco::test
