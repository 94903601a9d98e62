#pragma once

#include <deal.II/base/quadrature_lib.h>
#include <deal.II/distributed/tria.h>
#include <deal.II/dofs/dof_handler.h>
#include <deal.II/fe/fe_system.h>
#include <deal.II/lac/affine_constraints.h>
#include <deal.II/lac/la_parallel_vector.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "geometry.h"
#include "linear_solver.h"
#include "macro_parameters.h"
#include "rigid_motions.h"
#include "run_log.h"

namespace seco::macro {

/// Mesh, unknowns, constraints and loads of quasi-static small-strain elasticity: find u with u = g
/// on the Dirichlet boundary and
///   int sym(grad u) : C : sym(grad v) = int b . v + int t . v   for all v.
/// Plane strain in 2D. The stiffness C is that of a MaterialField. Displacements g, body force b
/// and tractions t may depend on time.
template <int dim>
class BoundaryValueProblem {
 public:
  using Vector = dealii::LinearAlgebra::distributed::Vector<double>;
  using Prescribed = std::map<dealii::types::global_dof_index, double>;
  /// Forces at the unknowns, and these with those at constrained ones passed on.
  struct Loads {
    Vector total, condensed;
  };

  /// Makes nothing yet. What it refers to must outlive it.
  BoundaryValueProblem(const MacroParameters<dim>& parameters, RunLog& log);

  /// Mesh and unknowns. Collective. @throws as make_mesh, on all ranks together
  void make_unknowns();
  /// Boundary conditions at boundaries that the mesh does not have, or that lie inside the body, a
  /// sentence for each. Collective.
  std::vector<std::string> unknown_boundaries() const;
  /// Constraints, after a check of the loads and of what holds the body. Collective.
  /// @throws std::runtime_error if a prescribed displacement, a traction or the body force is not
  ///   finite
  /// @throws std::invalid_argument if a part of the body can move without strain, or where
  ///   boundaries meet that prescribe different values
  void set_constraints();
  /// The loads and prescribed displacements are those at a time; 0 at first. Once there are
  /// constraints, makes them anew, after a check as there. Collective.
  /// @throws as set_constraints
  void set_time(double time);
  double time() const { return time_; }
  /// Whether they change with time.
  bool depends_on_time() const;
  /// All of these, and prints what there is. Collective.
  /// @throws std::invalid_argument also for an unknown boundary
  void set_up();

  const dealii::parallel::distributed::Triangulation<dim>& mesh() const { return mesh_; }
  const dealii::DoFHandler<dim>& dof_handler() const { return dof_handler_; }
  const dealii::FESystem<dim>& element() const { return element_; }
  const dealii::Quadrature<dim>& quadrature() const { return quadrature_; }
  const dealii::Quadrature<dim - 1>& face_quadrature() const { return face_quadrature_; }
  /// What is prescribed on boundaries, with the ids of named ones.
  const std::vector<BoundaryData<dim>>& displacement() const { return displacement_; }
  const std::vector<BoundaryData<dim>>& traction() const { return traction_; }
  const dealii::IndexSet& owned() const { return owned_; }
  const dealii::IndexSet& relevant() const { return relevant_; }
  /// With the prescribed displacements, and with zero in their place.
  const dealii::AffineConstraints<double>& constraints() const { return constraints_; }
  const dealii::AffineConstraints<double>& homogeneous_constraints() const {
    return homogeneous_constraints_;
  }
  /// Whether all prescribed displacements are zero, so that f(u) = -2 Pi.
  bool is_homogeneous() const { return is_homogeneous_; }
  /// What a linear solver works on; refers to this object.
  Discretization<dim> discretization() const;

  /// A vector of locally relevant unknowns.
  Vector zero_vector() const { return {owned_, relevant_, log_.communicator()}; }
  /// Collective.
  Loads assemble_loads() const;

 private:
  /// The hanging nodes and the prescribed displacements, or zero in their place.
  void constrain(const dealii::DoFHandler<dim>& dof_handler,
                 dealii::AffineConstraints<double>& constraints, bool homogeneous) const;
  /// Replaces names of boundaries by their ids, where there is one.
  void find_named_boundaries();
  /// The prescribed displacements of the locally relevant unknowns. Collective.
  Prescribed prescribed_displacements() const;
  void check_held(const Prescribed& prescribed) const;
  void check_loads(const Prescribed& prescribed) const;
  /// Says which tractions do no work, since the displacement is prescribed there. Collective.
  void note_idle_tractions() const;

  const MacroParameters<dim>& parameters_;
  RunLog& log_;
  /// With the ids of named boundaries.
  std::vector<BoundaryData<dim>> displacement_, traction_;
  dealii::parallel::distributed::Triangulation<dim> mesh_;
  dealii::FESystem<dim> element_;
  dealii::QGauss<dim> quadrature_;
  dealii::QGauss<dim - 1> face_quadrature_;
  dealii::DoFHandler<dim> dof_handler_;
  MeshDescription<dim> description_;
  dealii::IndexSet owned_, relevant_;
  dealii::AffineConstraints<double> constraints_, homogeneous_constraints_;
  bool is_homogeneous_ = true;
  double time_ = 0;
  std::unique_ptr<RigidMotions<dim>> rigid_motions_;
};

}  // namespace seco::macro
