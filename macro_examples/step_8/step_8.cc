// Elasticity on adaptive meshes: the problem of deal.II's tutorial program step-8, with the
// homogenized stiffness of a microstructure at every quadrature point and guaranteed bounds of the
// compliance. What differs from plain_step_8.cc is marked by "seco:".
#include <deal.II/base/function.h>
#include <deal.II/base/mpi.h>
#include <deal.II/base/quadrature_lib.h>
#include <deal.II/base/symmetric_tensor.h>
#include <deal.II/dofs/dof_handler.h>
#include <deal.II/dofs/dof_tools.h>
#include <deal.II/fe/fe_q.h>
#include <deal.II/fe/fe_system.h>
#include <deal.II/fe/fe_values.h>
#include <deal.II/grid/grid_generator.h>
#include <deal.II/grid/grid_refinement.h>
#include <deal.II/grid/tria.h>
#include <deal.II/lac/affine_constraints.h>
#include <deal.II/lac/dynamic_sparsity_pattern.h>
#include <deal.II/lac/precondition.h>
#include <deal.II/lac/solver_cg.h>
#include <deal.II/lac/sparse_matrix.h>
#include <deal.II/lac/vector.h>
#include <deal.II/numerics/data_out.h>
#include <deal.II/numerics/error_estimator.h>
#include <deal.II/numerics/vector_tools.h>

#include <fstream>
#include <iomanip>
#include <iostream>

// seco: the interface of materials, and how one is read from a parameter file.
#include "seco/plugin/material.h"
#include "seco/plugin/read_material.h"

using namespace dealii;

/// Body force in N/mm^3: two discs left and right pull along x, one in the middle along y.
template <int dim>
Tensor<1, dim> body_force(const Point<dim>& x) {
  constexpr double radius = 0.2, largest = 100;
  const auto bump = [&](double centre) {
    Point<dim> middle;
    middle[0] = centre;
    return std::max(0., 1 - x.distance_square(middle) / (radius * radius));
  };
  Tensor<1, dim> force;
  force[0] = largest * (bump(0.5) + bump(-0.5));
  force[1] = largest * bump(0.);
  return force;
}

/// Find u, zero on the boundary of the square (-1, 1)^dim, with
///   int sym(grad v) : C : sym(grad u) = int f . v   for all v.
template <int dim>
class Elasticity {
 public:
  // seco: with the material that a parameter file describes.
  explicit Elasticity(const std::string& parameter_file);
  void run(unsigned int n_cycles);

 private:
  void set_up();
  // seco: tells the material all quadrature points.
  void set_points();
  void assemble(seco::plugin::Bound bound);
  void solve();
  void refine();
  void write(unsigned int cycle) const;

  // seco: the material.
  std::unique_ptr<seco::plugin::Material<dim>> material_;

  Triangulation<dim> mesh_;
  FESystem<dim> element_;
  QGauss<dim> quadrature_;
  DoFHandler<dim> dof_handler_;
  AffineConstraints<double> constraints_;
  SparsityPattern sparsity_;
  SparseMatrix<double> matrix_;
  Vector<double> load_, displacement_;
};

template <int dim>
Elasticity<dim>::Elasticity(const std::string& parameter_file)
    : material_(seco::plugin::read_material<dim>(parameter_file)),
      element_(FE_Q<dim>(1), dim),
      quadrature_(element_.degree + 1),
      dof_handler_(mesh_) {
  seco::plugin::require_linear(*material_);  // seco: stress = C : strain is all that is solved
  GridGenerator::hyper_cube(mesh_, -1, 1);
  mesh_.refine_global(4);
}

template <int dim>
void Elasticity<dim>::set_up() {
  dof_handler_.distribute_dofs(element_);
  constraints_.clear();
  DoFTools::make_hanging_node_constraints(dof_handler_, constraints_);
  VectorTools::interpolate_boundary_values(dof_handler_, 0, Functions::ZeroFunction<dim>(dim),
                                           constraints_);
  constraints_.close();
  DynamicSparsityPattern pattern(dof_handler_.n_dofs());
  DoFTools::make_sparsity_pattern(dof_handler_, pattern, constraints_, false);
  sparsity_.copy_from(pattern);
  matrix_.reinit(sparsity_);
  load_.reinit(dof_handler_.n_dofs());
  displacement_.reinit(dof_handler_.n_dofs());
}

// seco: the points in the order in which `assemble` meets them. The stiffness of a linear material
// is known from then on; a nonlinear one would be asked to evaluate strains in every Newton step.
template <int dim>
void Elasticity<dim>::set_points() {
  FEValues<dim> values(element_, quadrature_, update_quadrature_points);
  std::vector<seco::plugin::MaterialPoint<dim>> points;
  for (const auto& cell : dof_handler_.active_cell_iterators()) {
    values.reinit(cell);
    const std::uint64_t number = std::hash<std::string>()(cell->id().to_string());
    for (const auto q : values.quadrature_point_indices())
      points.push_back({values.quadrature_point(q), cell->center(), number, q});
  }
  material_->set_points(std::move(points), MPI_COMM_SELF, {});
}

template <int dim>
void Elasticity<dim>::assemble(seco::plugin::Bound bound) {
  matrix_ = 0;
  load_ = 0;
  FEValues<dim> values(
      element_, quadrature_,
      update_values | update_gradients | update_quadrature_points | update_JxW_values);
  const FEValuesExtractors::Vector displacement(0);
  const unsigned int n = element_.n_dofs_per_cell();
  FullMatrix<double> cell_matrix(n, n);
  Vector<double> cell_load(n);
  std::vector<types::global_dof_index> indices(n);
  const auto& table = material_->stiffness_table();  // seco
  std::size_t point = 0;                             // seco
  for (const auto& cell : dof_handler_.active_cell_iterators()) {
    values.reinit(cell);
    cell_matrix = 0;
    cell_load = 0;
    for (const auto q : values.quadrature_point_indices()) {
      const auto stiffness = table.stiffness(table.entry_of(point++), bound).tensor();  // seco
      const auto force = body_force(values.quadrature_point(q));
      for (const auto i : values.dof_indices()) {
        const auto stress = stiffness * values[displacement].symmetric_gradient(i, q);
        for (const auto j : values.dof_indices())
          cell_matrix(i, j) +=
              stress * values[displacement].symmetric_gradient(j, q) * values.JxW(q);
        cell_load(i) += force * values[displacement].value(i, q) * values.JxW(q);
      }
    }
    cell->get_dof_indices(indices);
    constraints_.distribute_local_to_global(cell_matrix, cell_load, indices, matrix_, load_);
  }
}

template <int dim>
void Elasticity<dim>::solve() {
  SolverControl control(10000, 1e-12 * load_.l2_norm());
  SolverCG<Vector<double>> solver(control);
  PreconditionSSOR<SparseMatrix<double>> preconditioner;
  preconditioner.initialize(matrix_, 1.2);
  solver.solve(matrix_, displacement_, load_, preconditioner);
  constraints_.distribute(displacement_);
}

template <int dim>
void Elasticity<dim>::refine() {
  Vector<float> error(mesh_.n_active_cells());
  KellyErrorEstimator<dim>::estimate(dof_handler_, QGauss<dim - 1>(element_.degree + 1), {},
                                     displacement_, error);
  GridRefinement::refine_and_coarsen_fixed_number(mesh_, error, 0.3, 0.03);
  mesh_.execute_coarsening_and_refinement();
}

template <int dim>
void Elasticity<dim>::write(unsigned int cycle) const {
  DataOut<dim> output;
  output.attach_dof_handler(dof_handler_);
  output.add_data_vector(displacement_, std::vector<std::string>(dim, "displacement"),
                         DataOut<dim>::type_dof_data,
                         std::vector<DataComponentInterpretation::DataComponentInterpretation>(
                             dim, DataComponentInterpretation::component_is_part_of_vector));
  output.build_patches();
  std::ofstream file("solution-" + std::to_string(cycle) + ".vtu");
  output.write_vtu(file);
}

template <int dim>
void Elasticity<dim>::run(unsigned int n_cycles) {
  // seco: a stiffer material everywhere makes the compliance smaller, so the bounds of the
  // stiffness become bounds of the compliance. The last solution is that with the estimate, which
  // refines the mesh.
  std::cout << "cells unknowns compliance[mJ/mm] lower upper RVEs worst_gap\n"
            << std::setprecision(10);
  for (unsigned int cycle = 0; cycle < n_cycles; ++cycle) {
    if (cycle > 0) refine();
    set_up();
    set_points();
    std::vector<double> compliances;
    using seco::plugin::Bound;
    for (const auto bound : {Bound::upper, Bound::lower, Bound::estimate}) {
      assemble(bound);
      solve();
      compliances.push_back(load_ * displacement_);
    }
    const auto statistics = material_->statistics();
    std::uint64_t n_rves = 0;
    for (const auto& [engine, n] : statistics.n_rves) n_rves += n;
    std::cout << mesh_.n_active_cells() << ' ' << dof_handler_.n_dofs() << ' ' << compliances[2]
              << ' ' << compliances[0] << ' ' << compliances[1] << ' ' << n_rves << ' '
              << statistics.worst_gap << std::endl;
    write(cycle);
  }
}

int main(int argc, char** argv) {
  Utilities::MPI::MPI_InitFinalize mpi(argc, argv, 1);
  try {
    Elasticity<2>(argc > 1 ? argv[1] : "step_8.prm").run(5);  // seco
  } catch (const std::exception& error) {
    std::cerr << error.what() << std::endl;
    return 1;
  }
  return 0;
}
