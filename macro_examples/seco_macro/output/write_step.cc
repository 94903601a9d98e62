// The fields of a load step for ParaView, and the table of all steps (docs/file_formats.md).
#include <deal.II/fe/fe_values.h>
#include <fmt/format.h>

#include <cmath>
#include <map>

#include "output.h"
#include "seco/plugin/agree.h"
#include "vtu_nodes.h"

namespace seco::macro {

template <int dim>
void Output<dim>::write_step(const LoadSteps<dim>& steps) const {
  if (parameters_.write_vtu) write_step_fields(steps);
  plugin::run_together(log_.communicator(), [&] {
    if (log_.is_first_rank())
      write_force_displacement(steps.records(), parameters_.output_directory);
  });
}

template <int dim>
void Output<dim>::write_step_fields(const LoadSteps<dim>& steps) const {
  const auto scope = log_.section("output");
  const auto& response = steps.response();
  const auto& quadrature = problem_.quadrature();
  VtuPiece piece;
  piece.dimension = dim;
  piece.node_fields.push_back({"displacement", 3, false, {}});
  const char axes[] = "xyz";
  std::map<std::string, std::size_t> place;
  const auto field = [&](const std::string& name, bool integer = false) {
    if (!place.try_emplace(name, piece.cell_fields.size()).second) return;
    piece.cell_fields.push_back({name, 1, integer, {}});
  };
  for (const auto* tensor : {"strain", "stress"})
    for (int i = 0; i < dim; ++i)
      for (int j = i; j < dim; ++j) field(fmt::format("{}_{}{}", tensor, axes[i], axes[j]));
  if (dim == 3) field("von_mises_stress");
  field("energy");
  // Of all materials, which have zeros where they do not have it.
  std::vector<std::vector<plugin::PointQuantity>> quantities;
  for (std::size_t m = 0; m < materials_.n_materials(); ++m) {
    quantities.push_back(materials_.material(m).quantities());
    for (const auto& quantity : quantities.back()) field(quantity.name);
  }
  field("material_id", true);

  VtuNodes<dim> nodes(problem_.element(), problem_.relevant());
  const auto n_parts = nodes.n_parts();
  dealii::FEValues<dim> values(problem_.element(), quadrature, dealii::update_JxW_values);
  std::vector<double> of_cell(piece.cell_fields.size());
  materials_.for_local_cells([&](const auto& cell, auto material, auto first) {
    values.reinit(cell);
    dealii::SymmetricTensor<2, dim> strain, stress;
    std::fill(of_cell.begin(), of_cell.end(), 0.);
    double volume = 0;
    for (const auto q : values.quadrature_point_indices()) {
      const double weight = values.JxW(q);
      volume += weight;
      strain += response.strain[material][first + q] * weight;
      stress += response.answers[material].stress[first + q] * weight;
      of_cell[place.at("energy")] += response.answers[material].energy[first + q] * weight;
      for (const auto& quantity : quantities[material])
        of_cell[place.at(quantity.name)] += quantity.values[first + q] * weight;
    }
    for (double& value : of_cell) value /= volume;
    strain /= volume;
    stress /= volume;
    for (int i = 0; i < dim; ++i)
      for (int j = i; j < dim; ++j) {
        of_cell[place.at(fmt::format("strain_{}{}", axes[i], axes[j]))] = strain[i][j];
        of_cell[place.at(fmt::format("stress_{}{}", axes[i], axes[j]))] = stress[i][j];
      }
    if (dim == 3)
      of_cell[place.at("von_mises_stress")] = std::sqrt(1.5) * dealii::deviator(stress).norm();
    of_cell[place.at("material_id")] = cell->material_id();
    for (std::size_t n = 0; n < of_cell.size(); ++n) {
      auto& list = piece.cell_fields[n].values;
      list.insert(list.end(), n_parts, of_cell[n]);
    }
    nodes.add(cell, steps.displacement(), piece, piece.node_fields.front());
  });
  std::vector<double> times;
  for (const auto& record : steps.records()) times.push_back(record.time);
  write_vtu(parameters_.output_directory, "solution", piece, parameters_.vtu_doubles,
            log_.communicator(), times);
}

#define INSTANTIATE(dim)                                              \
  template void Output<dim>::write_step(const LoadSteps<dim>&) const; \
  template void Output<dim>::write_step_fields(const LoadSteps<dim>&) const;
INSTANTIATE(2)
INSTANTIATE(3)
#undef INSTANTIATE

}  // namespace seco::macro
