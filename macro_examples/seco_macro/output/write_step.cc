// The fields of a load step for ParaView, and the table of all steps (docs/file_formats.md).
#include <deal.II/fe/fe_values.h>
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "output.h"
#include "seco/plugin/agree.h"
#include "stress_results.h"
#include "vtu_nodes.h"

namespace seco::macro {

template <int dim>
bool Output<dim>::writes_fields_of(const std::vector<LoadStepRecord>& steps,
                                   std::size_t number) const {
  // The last one ends there to round-off.
  constexpr double nearly = 1 - 1e-9;
  return (number + 1) % parameters_.vtu_every == 0 ||
         steps[number].time >= nearly * parameters_.load_steps.end_time;
}

template <int dim>
void Output<dim>::write_step(const LoadSteps<dim>& steps) const {
  const auto& records = steps.records();
  if (parameters_.write_vtu && writes_fields_of(records, records.size() - 1))
    write_step_fields(steps);
  write_step_table(steps);
}

template <int dim>
void Output<dim>::write_step_table(const LoadSteps<dim>& steps) const {
  plugin::run_together(log_.communicator(), [&] {
    if (log_.is_first_rank())
      write_force_displacement(steps.records(), parameters_.output_directory,
                               parameters_.units_in_tables ? parameters_.units : Units());
  });
}

template <int dim>
void Output<dim>::write_step_fields(const LoadSteps<dim>& steps) const {
  const auto scope = log_.section("output");
  const auto& response = steps.response();
  const auto& quadrature = problem_.quadrature();
  VtuPiece piece;
  piece.dimension = dim;
  const auto& units = parameters_.units;
  piece.unit = units.length;
  piece.node_fields.push_back({"displacement", 3, false, {}, units.length});
  const char axes[] = "xyz";
  std::map<std::string, std::size_t> place;
  const auto field = [&](const std::string& name, const std::string& unit, bool integer = false) {
    if (!place.try_emplace(name, piece.cell_fields.size()).second) return;
    piece.cell_fields.push_back({name, 1, integer, {}, unit});
  };
  for (const auto* tensor : {"strain", "stress"})
    for (int i = 0; i < dim; ++i)
      for (int j = i; j < dim; ++j)
        field(fmt::format("{}_{}{}", tensor, axes[i], axes[j]),
              tensor == std::string("stress") ? units.stress : "");
  PointStresses<dim> stresses(problem_, materials_, steps);
  const bool all_components = stresses.has_all_components();
  // In plane strain that of laws is their own, the mean over the points.
  std::vector<VtuField> measure_fields;
  declare_stress_measures<dim>(all_components, all_components, units.stress, measure_fields);
  std::vector<std::size_t> measure_places;
  for (const auto& measure : measure_fields) {
    measure_places.push_back(piece.cell_fields.size());
    place.emplace(measure.name, piece.cell_fields.size());
    piece.cell_fields.push_back(measure);
  }
  // Per volume.
  field("energy", units.stress);
  // Of all materials, which have zeros where they do not have it.
  std::vector<std::vector<plugin::PointQuantity>> quantities;
  for (std::size_t m = 0; m < materials_.n_materials(); ++m) {
    quantities.push_back(materials_.quantities(m));
    // Those of a stress say so; others are strains, or what only their law knows.
    for (const auto& quantity : quantities.back())
      field(quantity.name, quantity.name.find("stress") != std::string::npos ? units.stress : "");
  }
  field("material_id", "", true);

  VtuNodes<dim> nodes(problem_.element(), problem_.relevant());
  const auto n_parts = nodes.n_parts();
  dealii::FEValues<dim> values(problem_.element(), quadrature, dealii::update_JxW_values);
  std::vector<double> of_cell(piece.cell_fields.size());
  materials_.for_local_cells([&](const auto& cell, auto material, auto first) {
    values.reinit(cell);
    const auto& here = stresses.of_cell(cell, material, first);
    dealii::SymmetricTensor<2, dim> strain, stress;
    dealii::SymmetricTensor<2, 3> full;
    std::fill(of_cell.begin(), of_cell.end(), 0.);
    double volume = 0;
    for (const auto q : values.quadrature_point_indices()) {
      const double weight = values.JxW(q);
      volume += weight;
      strain += response.strain[material][first + q] * weight;
      stress += here.stress[q] * weight;
      full += here.full[q] * weight;
      of_cell[place.at("energy")] += response.answers[material].energy[first + q] * weight;
      bool has_von_mises = all_components, has_normal = all_components;
      for (const auto& quantity : quantities[material]) {
        of_cell[place.at(quantity.name)] += quantity.values[first + q] * weight;
        has_von_mises |= quantity.name == "von_mises_stress";
        has_normal |= quantity.name == "stress_zz";
      }
      // Zero would be a wrong stress beside materials that tell theirs.
      if (!has_von_mises && place.count("von_mises_stress") > 0)
        of_cell[place.at("von_mises_stress")] += here.von_mises[q] * weight;
      if (!has_normal && place.count("stress_zz") > 0)
        of_cell[place.at("stress_zz")] += here.full[q][2][2] * weight;
    }
    for (double& value : of_cell) value /= volume;
    strain /= volume;
    stress /= volume;
    for (int i = 0; i < dim; ++i)
      for (int j = i; j < dim; ++j) {
        of_cell[place.at(fmt::format("strain_{}{}", axes[i], axes[j]))] = strain[i][j];
        of_cell[place.at(fmt::format("stress_{}{}", axes[i], axes[j]))] = stress[i][j];
      }
    of_cell[place.at("material_id")] = cell->material_id();
    const auto measures = stress_measures<dim>(full / volume, all_components, all_components);
    std::size_t k = 0;
    for (const auto n : measure_places) {
      const auto n_components = piece.cell_fields[n].n_components;
      auto& list = piece.cell_fields[n].values;
      for (unsigned int part = 0; part < n_parts; ++part)
        list.insert(list.end(), measures.begin() + static_cast<long>(k),
                    measures.begin() + static_cast<long>(k + n_components));
      k += n_components;
    }
    for (std::size_t n = 0; n < of_cell.size(); ++n) {
      if (std::find(measure_places.begin(), measure_places.end(), n) != measure_places.end())
        continue;
      auto& list = piece.cell_fields[n].values;
      list.insert(list.end(), n_parts, of_cell[n]);
    }
    nodes.add(cell, steps.displacement(), piece, piece.node_fields.front());
  });
  if (parameters_.nodal_averages)
    add_nodal_stresses(problem_, materials_, stresses, nodes, units.stress, piece);
  std::vector<double> times;
  for (std::size_t k = 0; k < steps.records().size(); ++k)
    if (writes_fields_of(steps.records(), k)) times.push_back(steps.records()[k].time);
  write_vtu(parameters_.output_directory, "solution", piece, parameters_.vtu_doubles,
            log_.communicator(), times);
}

#define INSTANTIATE(dim)                                                                       \
  template void Output<dim>::write_step(const LoadSteps<dim>&) const;                          \
  template void Output<dim>::write_step_table(const LoadSteps<dim>&) const;                    \
  template bool Output<dim>::writes_fields_of(const std::vector<LoadStepRecord>&, std::size_t) \
      const;                                                                                   \
  template void Output<dim>::write_step_fields(const LoadSteps<dim>&) const;
INSTANTIATE(2)
INSTANTIATE(3)
#undef INSTANTIATE

}  // namespace seco::macro
