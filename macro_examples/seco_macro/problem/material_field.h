#pragma once

#include <deal.II/fe/fe_values.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "boundary_value_problem.h"
#include "checkpoint_file.h"
#include "seco/plugin/material.h"
#include "stiffness_field.h"

namespace seco::macro {

using plugin::Bound;

/// One value per quadrature point, by material and by number of the point among those of its
/// material.
using PointValues = std::vector<std::vector<double>>;

/// The materials at the quadrature points of a mesh, and their stiffnesses there.
template <int dim>
class MaterialField {
 public:
  /// Both must outlive it; the mesh may be made later.
  MaterialField(const MacroParameters<dim>& parameters, const BoundaryValueProblem<dim>& problem,
                RunLog& log);

  /// Checks all that can be checked without homogenizing and prints what a run would homogenize;
  /// materials that could not be made may be null. Collective.
  /// @return one sentence per problem
  std::vector<std::string> check();
  /// Hands the points to the materials, which homogenize. Collective.
  /// @param file where they find their state instead; may be null
  void prepare(const CheckpointReader* file);
  /// Refuses to refine with materials that cannot hand on what they remember; those that could not
  /// be made may be null. @throws std::invalid_argument naming the material
  void check_refinement() const;
  /// The states of the points of every locally owned cell, for BoundaryValueProblem::refine, by
  /// active cell index: the number of the material, and `[point][variable]`.
  typename BoundaryValueProblem<dim>::CellValues states_of_cells() const;
  /// Of the children of a cell.
  typename BoundaryValueProblem<dim>::CellValues states_of_children(
      const std::vector<double>& of_parent) const;
  /// Hands the points of the refined mesh to the materials, with their states. Collective.
  void take_refined(const typename BoundaryValueProblem<dim>::CellValues& states);
  /// The state of all materials, as tables. Collective.
  void save(CheckpointWriter& file) const;

  /// Refuses materials that do not say what their stress depends on, so that nobody can tell how to
  /// solve with them; materials that could not be made may be null.
  /// @throws std::invalid_argument naming the material
  void check_dependence() const;
  /// Whether all materials are linear elastic, so that tables give their stiffnesses.
  bool is_linear() const;
  /// Checks the tables of the materials before they are used: finite and symmetric stiffnesses,
  /// lower <= estimate <= upper, and an estimate that resists every strain. Collective.
  /// @throws std::runtime_error naming the material and the point
  void check_stiffnesses() const;
  /// The stiffnesses of a material whose points are set.
  const plugin::StiffnessTable<dim>& table(std::size_t m) const {
    return material(m).stiffness_table();
  }

  StiffnessField<dim> stiffness_field(Bound bound) const;
  /// Whether the lower bound of the stiffness is positive at all points. Collective.
  bool has_lower_bound() const;

  std::size_t n_materials() const { return parameters_.materials.size(); }
  plugin::Material<dim>& material(std::size_t m) const { return *parameters_.materials[m]; }
  /// "section 'Material 0/homogenized'", for messages.
  std::string section(std::size_t m) const;
  /// Runs an action of a material; adds file and section to what it throws.
  void in_material(std::size_t m, const std::function<void()>& action) const;
  /// Ends a step of all materials. Collective; an error on any rank is thrown on all.
  void accept() const;
  /// Of a material. Collective; an error on any rank is thrown on all.
  std::vector<plugin::PointQuantity> quantities(std::size_t m) const;
  /// What materials say of their input, each once.
  std::vector<std::string> notes() const;

  /// Number of the first point of every active cell among those of its material; by active cell
  /// index.
  const std::vector<std::size_t>& first_point() const { return first_point_; }
  /// The points of a cell of which `values` has the positions.
  static std::vector<plugin::MaterialPoint<dim>> points_of(
      const typename dealii::DoFHandler<dim>::active_cell_iterator& cell,
      const dealii::FEValues<dim>& values);
  /// Zero at every locally owned point.
  PointValues zero_values() const;
  /// Calls function(cell, material id, number of its first point) for every locally owned cell.
  template <typename Function>
  void for_local_cells(const Function& function) const {
    for (const auto& cell : problem_.dof_handler().active_cell_iterators())
      if (cell->is_locally_owned())
        function(cell, cell->material_id(), first_point_[cell->active_cell_index()]);
  }

 private:
  /// The locally owned points by material; sets `first_point_`. Collective.
  std::vector<std::vector<plugin::MaterialPoint<dim>>> find_points();
  /// Points of all ranks that have a material. Collective.
  std::uint64_t n_global_points(std::size_t m) const;
  /// Weights `[child][point][point of the parent]` of a kind of transfer.
  const std::vector<dealii::FullMatrix<double>>& weights(plugin::StateTransfer transfer) const;
  void note_if_unused(std::size_t m) const;
  void check_declared(std::size_t m) const;

  const MacroParameters<dim>& parameters_;
  const BoundaryValueProblem<dim>& problem_;
  RunLog& log_;
  std::vector<std::size_t> first_point_, n_points_;
  /// By transfer; made when they are asked for.
  mutable std::map<plugin::StateTransfer, std::vector<dealii::FullMatrix<double>>> weights_;
};

}  // namespace seco::macro
