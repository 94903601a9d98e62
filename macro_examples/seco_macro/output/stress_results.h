#pragma once

#include <deal.II/base/symmetric_tensor.h>
#include <deal.II/fe/fe_values.h>

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "boundary_value_problem.h"
#include "load_steps.h"
#include "material_field.h"
#include "result_extremes.h"
#include "seco/plugin/out_of_plane_stress.h"
#include "vtu_nodes.h"

namespace seco::macro {

/// sqrt(3/2 s : s) with the deviator s of a stress.
double von_mises(const dealii::SymmetricTensor<2, 3>& stress);

/// Stresses at the quadrature points of a cell.
template <int dim>
struct CellStresses {
  std::vector<dealii::SymmetricTensor<2, dim>> stress;
  /// With the components out of the plane in plane strain; not a number where they are not known.
  std::vector<dealii::SymmetricTensor<2, 3>> full;
  /// Of all components; not a number where they are not known.
  std::vector<double> von_mises;
};

/// Stresses of the materials at their points, for the displacement of a linear run or for the last
/// load step.
template <int dim>
class PointStresses {
 public:
  using Vector = typename BoundaryValueProblem<dim>::Vector;

  /// Of linear materials. What it refers to must outlive it.
  PointStresses(const BoundaryValueProblem<dim>& problem, const MaterialField<dim>& materials,
                const Vector& displacement);
  /// Of a load step.
  PointStresses(const BoundaryValueProblem<dim>& problem, const MaterialField<dim>& materials,
                const LoadSteps<dim>& steps);

  /// Of a cell, with the number of its first point among those of its material.
  const CellStresses<dim>& of_cell(
      const typename dealii::DoFHandler<dim>::active_cell_iterator& cell, std::size_t material,
      std::size_t first);
  /// Whether all materials tell all components, and the von Mises stress; the same on all ranks.
  bool has_all_components() const { return has_all_components_; }
  bool has_von_mises() const { return has_von_mises_; }

 private:
  /// Of a material in plane strain, if it tells; else null.
  const plugin::OutOfPlaneStress* out_of_plane(std::size_t m) const;
  void set(std::size_t point, const std::array<double, 3>& out_of_plane, double von_mises);

  const MaterialField<dim>& materials_;
  const Vector* displacement_ = nullptr;
  const LoadSteps<dim>* steps_ = nullptr;
  dealii::FEValues<dim> values_;
  std::vector<dealii::SymmetricTensor<2, dim>> strains_;
  /// Of load steps in plane strain, by material: what it calls von_mises_stress.
  std::vector<std::vector<double>> von_mises_;
  bool has_all_components_ = true, has_von_mises_ = true;
  CellStresses<dim> result_;
};

/// Principal stresses and their directions, which have a sign that does not depend on round-off.
template <int d>
struct Principal {
  /// Falling.
  std::array<double, d> values{};
  std::array<dealii::Tensor<1, d>, d> directions;
};
/// Not numbers where the stress is not.
template <int d>
Principal<d> principal(const dealii::SymmetricTensor<2, d>& stress);

/// Declares the fields that follow from the mean stress of a cell: in plane strain the stress out
/// of the plane, von Mises stress, principal stresses and the directions of the first and the last.
/// Where components out of the plane are not known, only the principal stresses in it.
/// @param has_von_mises whether the von Mises stress is among them
template <int dim>
void declare_stress_measures(bool all_components, bool has_von_mises, const std::string& unit,
                             std::vector<VtuField>& fields);
/// Their values, one after the other as declared, those of directions with three components.
/// @param mean of the cell, not a number out of the plane where it is not known
template <int dim>
std::vector<double> stress_measures(const dealii::SymmetricTensor<2, 3>& mean, bool all_components,
                                    bool has_von_mises);

/// Means of fields at nodes: each field is extrapolated in every cell from its quadrature points to
/// the nodes, as the polynomial of the element through them, and averaged over the cells around a
/// node, weighted by their volumes, whatever their materials are.
template <int dim>
class NodalAverages {
 public:
  using Vector = typename BoundaryValueProblem<dim>::Vector;

  NodalAverages(const BoundaryValueProblem<dim>& problem, unsigned int n_fields);
  /// @param values of each field at the points of the cell
  void add(const typename dealii::DoFHandler<dim>::active_cell_iterator& cell, double volume,
           const std::vector<std::vector<double>>& values);
  /// Sums over the ranks. Collective.
  void finish();
  /// At the unknown of the first component of a node, after `finish`.
  double value(unsigned int field, dealii::types::global_dof_index unknown) const {
    return sums_[field](unknown);
  }

 private:
  const BoundaryValueProblem<dim>& problem_;
  std::vector<Vector> sums_;
  Vector volumes_;
  /// From points to the nodes of a cell.
  dealii::FullMatrix<double> extrapolation_;
};

/// Adds the nodal averages of the stresses to a piece whose nodes are known, as fields with
/// "nodal_" before their names: components, then von Mises and principal stresses of these
/// averages. Collective.
template <int dim>
void add_nodal_stresses(const BoundaryValueProblem<dim>& problem,
                        const MaterialField<dim>& materials, PointStresses<dim>& stresses,
                        const VtuNodes<dim>& nodes, const std::string& unit, VtuPiece& piece);

/// The extremes of displacements at nodes and of stresses at quadrature points. Collective.
/// @param displacement with ghost values
template <int dim>
ResultExtremes find_extremes(const BoundaryValueProblem<dim>& problem,
                             const MaterialField<dim>& materials, PointStresses<dim>& stresses,
                             const typename BoundaryValueProblem<dim>::Vector& displacement);

}  // namespace seco::macro
