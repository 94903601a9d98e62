#pragma once

#include <deal.II/base/quadrature_lib.h>
#include <deal.II/distributed/tria.h>
#include <deal.II/dofs/dof_handler.h>
#include <deal.II/fe/fe_system.h>
#include <deal.II/grid/cell_id.h>
#include <deal.II/lac/affine_constraints.h>
#include <deal.II/lac/la_parallel_vector.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "checkpoint_file.h"
#include "geometry.h"
#include "linear_solver.h"
#include "macro_parameters.h"
#include "rigid_motions.h"
#include "run_log.h"
#include "spring_matrices.h"

namespace seco::macro {

/// Mesh, unknowns, constraints and loads of quasi-static small-strain elasticity: find u with u = g
/// on the Dirichlet boundary and
///   int sym(grad u) : C : sym(grad v) + int k u . v = int b . v + int t . v   for all v.
/// Plane strain in 2D. The stiffness C is that of a MaterialField, k that of springs on the
/// boundary. Displacements g, body force b and tractions t, pressures and forces at points among
/// them, may depend on time.
template <int dim>
class BoundaryValueProblem {
 public:
  using Vector = dealii::LinearAlgebra::distributed::Vector<double>;
  using Prescribed = std::map<dealii::types::global_dof_index, double>;
  /// Forces at the unknowns, and these with those at constrained ones passed on.
  struct Loads {
    Vector total, condensed;
  };

  /// Numbers of every active cell, by its index; of those of other ranks none.
  using CellValues = std::vector<std::vector<double>>;
  /// What the children of a cell get of its numbers, in their order.
  using ChildValues = std::function<CellValues(const std::vector<double>&)>;

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
  /// The loads and prescribed displacements are those of a load case, the first one at first. Once
  /// there are constraints, makes them anew, after a check as there. Collective.
  /// @throws as set_constraints
  void set_load_case(std::size_t number);
  /// Whether they change with time.
  bool depends_on_time() const;
  /// Times at which they may have kinks or jumps, as plugin::times_in.
  std::vector<double> times_of_loads() const;
  /// Refines the cells that have refine flags, and those beside them that hanging nodes need, and
  /// deals the cells to the ranks anew; makes unknowns and constraints, at the present time. Cells
  /// keep the material of their parents. Collective.
  /// @param displacement with ghost values; becomes the same function on the finer mesh, without
  /// @param values those of cells, replaced by those of the cells of the finer mesh
  /// @throws as set_constraints
  void refine(Vector& displacement, CellValues& values, const ChildValues& children);
  /// Number of levels of the mesh before it was refined.
  unsigned int first_mesh_levels() const { return first_mesh_levels_; }
  /// Keeps which cells there are, in a table of a checkpoint. Collective.
  void save_mesh(CheckpointWriter& file) const;
  /// Refines the mesh as that which was kept, if the checkpoint has one; makes unknowns and
  /// constraints. Collective. @throws std::runtime_error on all ranks if it is of another mesh
  void restore_mesh(const CheckpointReader& file);
  /// All of these, and prints what there is. Collective.
  /// @throws std::invalid_argument also for an unknown boundary
  void set_up();

  const dealii::parallel::distributed::Triangulation<dim>& mesh() const { return mesh_; }
  const dealii::DoFHandler<dim>& dof_handler() const { return dof_handler_; }
  const dealii::FESystem<dim>& element() const { return element_; }
  const dealii::QGauss<dim>& quadrature() const { return quadrature_; }
  const dealii::Quadrature<dim - 1>& face_quadrature() const { return face_quadrature_; }
  /// What is prescribed on boundaries, with the ids of named ones.
  const std::vector<BoundaryData<dim>>& displacement() const { return displacement_; }
  const std::vector<BoundaryData<dim>>& traction() const { return traction_; }
  const std::vector<PressureData<dim>>& pressure() const { return pressure_; }
  /// A plane of symmetry that is not normal to an axis.
  struct InclinedPlane : NamedBoundary {
    dealii::Tensor<1, dim> normal;
  };
  const std::vector<InclinedPlane>& inclined_planes() const { return inclined_planes_; }
  /// Springs of boundaries, with their ids, and their matrices.
  const std::vector<Foundation<dim>>& foundations() const { return foundations_; }
  const std::vector<SpringData<dim>>& springs() const { return springs_; }
  const SpringMatrices<dim>& spring_matrices() const { return spring_matrices_; }
  /// What the mesh file calls boundaries and materials.
  const MeshLabels& labels() const { return description_.labels; }
  /// The material of every material id of the mesh.
  const std::map<std::int64_t, std::size_t>& material_of_id() const {
    return description_.material_of_id;
  }
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
  /// Calls use(function) for the functions of displacements and loads of all cases.
  template <typename Function>
  void for_functions(const Function& use) const;
  /// Of the mesh as it is now.
  void number_unknowns();
  /// Puts what acts in all cases, and in the present one, together.
  void combine_loads();
  /// Sets the time of all functions.
  void set_time_of_functions();
  /// Refuses displacements of load cases that are not prescribed in all of them.
  /// @throws std::invalid_argument
  void check_load_cases() const;
  /// Whether all prescribed displacements are zero. Collective.
  bool constraints_are_homogeneous() const;
  /// Replaces names of boundaries by their ids, where there is one.
  void find_named_boundaries();
  /// Finds the cells at which forces act. Collective. @throws std::invalid_argument for a point
  ///   outside of the mesh
  void place_point_loads();
  /// Prescribes the normal displacement of planes of symmetry. Collective.
  /// @throws std::invalid_argument for boundaries that lie in no plane, and where it is prescribed
  ///   already
  void add_symmetry();
  /// The normal of the plane in which a boundary lies; none if it lies in none. Collective.
  /// @param size of the body
  std::optional<dealii::Tensor<1, dim>> plane_of(const NamedBoundary& boundary, double size) const;
  /// Makes nodes of inclined planes slide: one component follows the others.
  /// @param normals receives the normals of the nodes, by the unknown of the first component; may
  /// be
  ///   null
  void slide(const dealii::DoFHandler<dim>& dof_handler,
             dealii::AffineConstraints<double>& constraints,
             std::map<dealii::types::global_dof_index, dealii::Tensor<1, dim>>* normals) const;
  /// Makes the matrices of springs. Collective.
  /// @throws std::invalid_argument where a stiffness is negative or not finite
  void make_springs();
  /// What springs and inclined planes do to rigid motions, for RigidMotions::free_motions.
  /// Collective.
  std::vector<double> other_supports_in_motions() const;
  /// The prescribed displacements of the locally relevant unknowns. Collective.
  Prescribed prescribed_displacements() const;
  void check_held(const Prescribed& prescribed) const;
  void check_loads(const Prescribed& prescribed) const;
  /// Says which tractions do no work, since the displacement is prescribed there. Collective.
  void note_idle_tractions() const;

  const MacroParameters<dim>& parameters_;
  RunLog& log_;
  /// Of the present load case, with the ids of named boundaries; planes of symmetry are prescribed
  /// displacements.
  std::vector<BoundaryData<dim>> displacement_, traction_;
  std::vector<PressureData<dim>> pressure_;
  std::vector<NamedBoundary> symmetry_;
  std::vector<SpringData<dim>> springs_;
  std::vector<Foundation<dim>> foundations_;
  SpringMatrices<dim> spring_matrices_;
  std::vector<InclinedPlane> inclined_planes_;
  /// Of the relevant nodes of these.
  std::map<dealii::types::global_dof_index, dealii::Tensor<1, dim>> normals_;
  /// A force that acts on a locally owned cell, at a point of the unit cell.
  struct PlacedLoad {
    const PointLoad<dim>* load = nullptr;
    dealii::CellId cell;
    dealii::Point<dim> unit;
  };
  /// Forces at points of the present case; those on this rank.
  std::vector<const PointLoad<dim>*> point_loads_;
  std::vector<PlacedLoad> placed_loads_;
  dealii::parallel::distributed::Triangulation<dim> mesh_;
  dealii::FESystem<dim> element_;
  dealii::QGauss<dim> quadrature_;
  dealii::QGauss<dim - 1> face_quadrature_;
  dealii::DoFHandler<dim> dof_handler_;
  MeshDescription<dim> description_;
  unsigned int first_mesh_levels_ = 1;
  dealii::IndexSet owned_, relevant_;
  dealii::AffineConstraints<double> constraints_, homogeneous_constraints_;
  bool is_homogeneous_ = true;
  double time_ = 0;
  /// What acts in all load cases, with planes of symmetry, and in each; the ids of named boundaries
  /// are known.
  LoadCase<dim> common_;
  std::vector<LoadCase<dim>> cases_;
  std::size_t load_case_ = 0;
  /// Of the present case.
  std::vector<std::shared_ptr<dealii::FunctionParser<dim>>> body_forces_;
  std::unique_ptr<RigidMotions<dim>> rigid_motions_;
};

}  // namespace seco::macro
