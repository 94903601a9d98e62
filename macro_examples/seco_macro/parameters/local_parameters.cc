#include "local_parameters.h"

#include <fmt/format.h>

#include "seco/materials/text.h"

namespace seco::macro {

using materials::ParameterReader;

template <int dim>
std::vector<dealii::Point<dim>> read_points(ParameterReader& p, const std::string& section,
                                            const std::string& key, const std::string& help) {
  const auto text =
      p.text(section, key, "", help + ": coordinates separated by commas, points by ;", changeable);
  std::vector<dealii::Point<dim>> points;
  if (text.empty() || !p.has(section, key)) return points;
  for (const auto& part : materials::split(text, ';')) {
    const auto coordinates = materials::split(part, ',');
    dealii::Point<dim> point;
    for (std::size_t c = 0; c < coordinates.size(); ++c) {
      const auto value = materials::to_number(coordinates[c]);
      if (!value || coordinates.size() != dim)
        p.refuse(section, key, fmt::format("expected {} coordinates per point", dim));
      point[c] = *value;
    }
    points.push_back(point);
  }
  return points;
}

template <int dim>
LocalParameters<dim> read_local_parameters(ParameterReader& p) {
  using Points = typename LocalParameters<dim>::Points;
  const std::string s = "Local quantities";
  LocalParameters<dim> result;
  const auto choice =
      p.choice(s, "Points", "none", {"none", "all", "strain energy", "listed"},
               "quadrature points whose micro stresses are evaluated after the solution: largest "
               "von Mises, largest and smallest hydrostatic stress and phase means, in "
               "solution.pvd and local_quantities.csv",
               changeable);
  result.points = choice == "all"             ? Points::all
                  : choice == "strain energy" ? Points::strain_energy
                  : choice == "listed"        ? Points::listed
                                              : Points::none;
  result.energy_fraction =
      p.number(s, "Energy fraction", 0.5, 0, 1,
               "with Points = strain energy: the points of the fewest cells that hold this "
               "fraction of the strain energy",
               changeable);
  result.listed = read_points<dim>(p, s, "Listed points",
                                   "with Points = listed: the nearest quadrature point of the "
                                   "cell around each of these points");
  if (result.points == Points::listed && result.listed.empty() && p.has(s, "Points"))
    p.refuse(s, "Points", "'listed' needs points in 'Listed points'");
  result.n_phases = static_cast<unsigned int>(p.integer(
      s, "Phases", 2, 0, 1000, "means are written for so many phases of an RVE", changeable));
  result.whole_fields =
      read_points<dim>(p, s, "Whole fields at points",
                       "points whose RVE is written with phase, strain, stress, von Mises and "
                       "hydrostatic stress in every voxel, to micro_fields_N.vti for ParaView");
  return result;
}

template struct LocalParameters<2>;
template struct LocalParameters<3>;
template LocalParameters<2> read_local_parameters<2>(ParameterReader&);
template LocalParameters<3> read_local_parameters<3>(ParameterReader&);
template std::vector<dealii::Point<2>> read_points<2>(ParameterReader&, const std::string&,
                                                      const std::string&, const std::string&);
template std::vector<dealii::Point<3>> read_points<3>(ParameterReader&, const std::string&,
                                                      const std::string&, const std::string&);

}  // namespace seco::macro
