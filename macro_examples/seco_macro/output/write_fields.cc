// The fields of a run for ParaView (docs/file_formats.md).
#include <deal.II/base/quadrature.h>
#include <deal.II/fe/fe_tools.h>
#include <deal.II/fe/fe_values.h>
#include <fmt/format.h>

#include <array>
#include <cmath>
#include <numeric>

#include "output.h"
#include "seco/plugin/mandel_tensor.h"
#include "vtu_file.h"

namespace seco::macro {
namespace {

/// Nodes and cells: every cell of degree p as p^dim linear ones between the support points of its
/// shape functions, which neighbours share.
template <int dim>
class Nodes {
 public:
  Nodes(const dealii::FESystem<dim>& element, const dealii::IndexSet& relevant)
      : element_(element),
        relevant_(relevant),
        degree_(element.degree),
        positions_(element,
                   dealii::Quadrature<dim>(element.base_element(0).get_unit_support_points()),
                   dealii::update_quadrature_points),
        to_node_(dealii::FETools::lexicographic_to_hierarchic_numbering<dim>(degree_)),
        number_(relevant.n_elements(), -1),
        indices_(element.n_dofs_per_cell()),
        values_(element.n_dofs_per_cell()) {}

  unsigned int n_parts() const { return static_cast<unsigned int>(std::pow(degree_, dim) + 0.5); }

  template <typename Cell, typename Vector>
  void add(const Cell& cell, const Vector& displacement, VtuPiece& piece, VtuField& displacements) {
    cell->get_dof_indices(indices_);
    cell->get_dof_values(displacement, values_);
    positions_.reinit(cell);
    std::vector<std::int32_t> nodes(positions_.n_quadrature_points);
    for (unsigned int n = 0; n < nodes.size(); ++n) {
      const auto unknown = indices_[element_.component_to_system_index(0, n)];
      auto& number = number_[relevant_.index_within_set(unknown)];
      if (number < 0) {
        number = static_cast<std::int32_t>(piece.n_nodes());
        for (unsigned int c = 0; c < 3; ++c) {
          piece.nodes.push_back(c < dim ? positions_.quadrature_point(n)[c] : 0.);
          displacements.values.push_back(c < dim ? values_[element_.component_to_system_index(c, n)]
                                                 : 0.);
        }
      }
      nodes[n] = number;
    }
    constexpr std::array<std::array<unsigned int, 2>, 4> corners{{{0, 0}, {1, 0}, {1, 1}, {0, 1}}};
    const unsigned int d = degree_, d3 = dim == 3 ? d : 1;
    for (unsigned int k = 0; k < d3; ++k)
      for (unsigned int j = 0; j < d; ++j)
        for (unsigned int i = 0; i < d; ++i)
          for (unsigned int above = 0; above < (dim == 3 ? 2u : 1u); ++above)
            // Around the face, as VTK counts corners.
            for (const auto& [x, y] : corners)
              piece.corners.push_back(
                  nodes[to_node_[i + x + (d + 1) * (j + y + (d + 1) * (k + above))]]);
  }

 private:
  const dealii::FESystem<dim>& element_;
  const dealii::IndexSet& relevant_;
  unsigned int degree_;
  dealii::FEValues<dim> positions_;
  std::vector<unsigned int> to_node_;
  /// Of the first component of every relevant unknown, among the nodes of the piece.
  std::vector<std::int32_t> number_;
  std::vector<dealii::types::global_dof_index> indices_;
  dealii::Vector<double> values_;
};

}  // namespace

template <int dim>
void Output<dim>::write_fields(const Vector& displacement) const {
  const auto scope = log_.section("output");
  const auto& shares = certification_.shares();
  const auto& quadrature = problem_.quadrature();
  VtuPiece piece;
  piece.dimension = dim;
  piece.node_fields.push_back({"displacement", 3, false, {}});
  // In the order in which the values of a cell are added below.
  const char axes[] = "xyz";
  constexpr int m = dim * (dim + 1) / 2;
  const auto field = [&](const std::string& name, bool integer = false) {
    piece.cell_fields.push_back({name, 1, integer, {}});
  };
  for (const auto* tensor : {"strain", "stress"})
    for (int i = 0; i < dim; ++i)
      for (int j = i; j < dim; ++j) field(fmt::format("{}_{}{}", tensor, axes[i], axes[j]));
  for (int a = 0; a < m; ++a)
    for (int b = a; b < m; ++b) field(fmt::format("stiffness_{}{}", a + 1, b + 1));
  field("bulk_modulus");
  field("shear_modulus");
  // In plane strain the stress normal to the plane is not part of the response.
  if (dim == 3) field("von_mises_stress");
  field("gap");
  field("mean_gap");
  if (!shares.empty()) field("share_of_width");
  for (const auto& [name, values] : local_quantities_.cell_fields()) field(name);
  field("material_id", true);

  Nodes<dim> nodes(problem_.element(), problem_.relevant());
  const auto n_parts = nodes.n_parts();
  for (auto& cell_field : piece.cell_fields)
    cell_field.values.reserve(n_parts * problem_.mesh().n_locally_owned_active_cells());
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
    dealii::SymmetricTensor<2, dim> strain, stress;
    dealii::SymmetricTensor<4, dim> tangent;
    double volume = 0, gap = 0, sum_of_gaps = 0, share = 0;
    for (const auto q : values.quadrature_point_indices()) {
      volume += values.JxW(q);
      strain += strains[q] * values.JxW(q);
      const auto entry = stiffnesses.entry_of(first + q);
      const auto stiffness = stiffnesses.stiffness(entry, Bound::estimate).tensor();
      stress += stiffness * strains[q] * values.JxW(q);
      tangent += stiffness * values.JxW(q);
      gap = std::max(gap, stiffnesses.gap(entry));
      sum_of_gaps += stiffnesses.gap(entry);
      if (!shares.empty()) share += shares[material][first + q];
    }
    strain /= volume;
    stress /= volume;
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
    if (dim == 3) add(std::sqrt(1.5) * dealii::deviator(stress).norm());
    add(gap);
    add(sum_of_gaps / static_cast<double>(quadrature.size()));
    // Exact materials have no width to share.
    if (!shares.empty()) add(width != 0 ? share / width : 0.);
    for (const auto& [name, local] : local_quantities_.cell_fields())
      add(local[cell->active_cell_index()]);
    add(cell->material_id());
    nodes.add(cell, displacement, piece, piece.node_fields.front());
  });
  write_vtu(parameters_.output_directory, "solution", piece, parameters_.vtu_doubles,
            log_.communicator());
}

template void Output<2>::write_fields(const Vector&) const;
template void Output<3>::write_fields(const Vector&) const;

}  // namespace seco::macro
