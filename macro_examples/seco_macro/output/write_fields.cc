// The fields of a run for ParaView (docs/file_formats.md).
#include <deal.II/fe/fe_values.h>
#include <fmt/format.h>

#include <cmath>
#include <numeric>

#include "output.h"
#include "seco/plugin/mandel_tensor.h"
#include "stress_results.h"
#include "vtu_nodes.h"

namespace seco::macro {

template <int dim>
void Output<dim>::write_fields(const Vector& displacement, const std::vector<double>& times) const {
  const auto scope = log_.section("output");
  const auto& shares = certification_.shares();
  const auto& quadrature = problem_.quadrature();
  VtuPiece piece;
  piece.dimension = dim;
  const auto& units = parameters_.units;
  piece.unit = units.length;
  piece.node_fields.push_back({"displacement", 3, false, {}, units.length});
  // In the order in which the values of a cell are added below.
  const char axes[] = "xyz";
  constexpr int m = dim * (dim + 1) / 2;
  const auto field = [&](const std::string& name, const std::string& unit, bool integer = false) {
    piece.cell_fields.push_back({name, 1, integer, {}, unit});
  };
  for (const auto* tensor : {"strain", "stress"})
    for (int i = 0; i < dim; ++i)
      for (int j = i; j < dim; ++j)
        field(fmt::format("{}_{}{}", tensor, axes[i], axes[j]),
              tensor == std::string("stress") ? units.stress : "");
  for (int a = 0; a < m; ++a)
    for (int b = a; b < m; ++b) field(fmt::format("stiffness_{}{}", a + 1, b + 1), units.stress);
  field("bulk_modulus", units.stress);
  field("shear_modulus", units.stress);
  PointStresses<dim> stresses(problem_, materials_, displacement);
  const bool all_components = stresses.has_all_components();
  declare_stress_measures<dim>(all_components, stresses.has_von_mises(), units.stress,
                               piece.cell_fields);
  field("gap", "");
  field("mean_gap", "");
  if (!shares.empty()) field("share_of_width", "");
  for (const auto& [name, values] : local_quantities_.cell_fields())
    field(name, name == "micro_field_error" || name == "micro_in_plane" ? "" : units.stress);
  field("material_id", "", true);

  VtuNodes<dim> nodes(problem_.element(), problem_.relevant());
  const auto n_parts = nodes.n_parts();
  for (auto& cell_field : piece.cell_fields)
    cell_field.values.reserve(cell_field.n_components * n_parts *
                              problem_.mesh().n_locally_owned_active_cells());
  dealii::FEValues<dim> values(problem_.element(), quadrature,
                               dealii::update_gradients | dealii::update_JxW_values);
  const dealii::FEValuesExtractors::Vector u(0);
  std::vector<dealii::SymmetricTensor<2, dim>> strains(quadrature.size());
  double width = 0;
  for (const auto& list : shares) width = std::accumulate(list.begin(), list.end(), width);
  width = dealii::Utilities::MPI::sum(width, log_.communicator());
  materials_.for_local_cells([&](const auto& cell, auto material, auto first) {
    values.reinit(cell);
    values[u].get_function_symmetric_gradients(displacement, strains);
    const auto& stiffnesses = materials_.table(material);
    const auto& here = stresses.of_cell(cell, material, first);
    dealii::SymmetricTensor<2, dim> strain, stress;
    dealii::SymmetricTensor<2, 3> full;
    dealii::SymmetricTensor<4, dim> tangent;
    double volume = 0, gap = 0, sum_of_gaps = 0, share = 0;
    for (const auto q : values.quadrature_point_indices()) {
      volume += values.JxW(q);
      strain += strains[q] * values.JxW(q);
      const auto entry = stiffnesses.entry_of(first + q);
      stress += here.stress[q] * values.JxW(q);
      full += here.full[q] * values.JxW(q);
      tangent += stiffnesses.stiffness(entry, Bound::estimate).tensor() * values.JxW(q);
      gap = std::max(gap, stiffnesses.gap(entry));
      sum_of_gaps += stiffnesses.gap(entry);
      if (!shares.empty()) share += shares[material][first + q];
    }
    strain /= volume;
    stress /= volume;
    full /= volume;
    const auto moduli = plugin::to_mandel<dim>(dealii::SymmetricTensor<4, dim>(tangent / volume));
    std::size_t n = 0;
    const auto add = [&](double value) {
      auto& list = piece.cell_fields[n++].values;
      list.insert(list.end(), n_parts, value);
    };
    for (const auto* tensor : {&strain, &stress})
      for (int i = 0; i < dim; ++i)
        for (int j = i; j < dim; ++j) add((*tensor)[i][j]);
    for (int a = 0; a < m; ++a)
      for (int b = a; b < m; ++b) add(moduli(a, b));
    const auto [bulk, shear] = materials::isotropic_part(moduli);
    add(bulk);
    add(shear);
    const auto measures = stress_measures<dim>(full, all_components, stresses.has_von_mises());
    for (std::size_t k = 0; k < measures.size();) {
      auto& [name, n_components, integer, list, unit] = piece.cell_fields[n++];
      for (unsigned int part = 0; part < n_parts; ++part)
        list.insert(list.end(), measures.begin() + static_cast<long>(k),
                    measures.begin() + static_cast<long>(k + n_components));
      k += n_components;
    }
    add(gap);
    add(sum_of_gaps / static_cast<double>(quadrature.size()));
    // Exact materials have no width to share.
    if (!shares.empty()) add(width != 0 ? share / width : 0.);
    for (const auto& [name, local] : local_quantities_.cell_fields())
      add(local[cell->active_cell_index()]);
    add(cell->material_id());
    nodes.add(cell, displacement, piece, piece.node_fields.front());
  });
  if (parameters_.nodal_averages)
    add_nodal_stresses(problem_, materials_, stresses, nodes, units.stress, piece);
  write_vtu(parameters_.output_directory, "solution", piece, parameters_.vtu_doubles,
            log_.communicator(), times);
}

template void Output<2>::write_fields(const Vector&, const std::vector<double>&) const;
template void Output<3>::write_fields(const Vector&, const std::vector<double>&) const;

}  // namespace seco::macro
