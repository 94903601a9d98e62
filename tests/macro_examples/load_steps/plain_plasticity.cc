#include "plain_plasticity.h"

#include <deal.II/base/quadrature_lib.h>
#include <deal.II/dofs/dof_handler.h>
#include <deal.II/dofs/dof_tools.h>
#include <deal.II/fe/fe_q.h>
#include <deal.II/fe/fe_system.h>
#include <deal.II/fe/fe_values.h>
#include <deal.II/grid/grid_generator.h>
#include <deal.II/grid/tria.h>
#include <deal.II/lac/affine_constraints.h>
#include <deal.II/lac/dynamic_sparsity_pattern.h>
#include <deal.II/lac/sparse_direct.h>
#include <deal.II/lac/sparse_matrix.h>
#include <deal.II/numerics/vector_tools.h>

#include <cmath>
#include <set>
#include <stdexcept>

namespace seco::test {
namespace {

using dealii::SymmetricTensor;
using Strain = SymmetricTensor<2, 3>;
constexpr dealii::types::boundary_id clamped = 1, moved = 2;

struct State {
  Strain plastic_strain;
  double hardening_strain = 0;
};

struct Answer {
  Strain stress;
  SymmetricTensor<4, 3> tangent;
  State state;
};

Answer radial_return(const NotchedBar& bar, const Strain& strain, const State& begin) {
  const double mu = bar.young / (2 * (1 + bar.poisson)), bulk = bar.young / (3 - 6 * bar.poisson);
  const auto one = dealii::unit_symmetric_tensor<3>();
  const auto volumetric = dealii::outer_product(one, one);
  Answer answer;
  answer.state = begin;
  const Strain trial = 2 * mu * deviator(strain - begin.plastic_strain);
  const double von_mises = std::sqrt(1.5) * trial.norm(),
               excess = von_mises - bar.yield_stress - bar.hardening * begin.hardening_strain;
  answer.stress = bulk * trace(strain) * one + trial;
  answer.tangent = bulk * volumetric + 2 * mu * dealii::deviator_tensor<3>();
  if (excess <= 0) return answer;
  const double slip = excess / (3 * mu + bar.hardening), ratio = slip / von_mises;
  const Strain direction = trial / trial.norm();
  answer.stress -= 2 * mu * std::sqrt(1.5) * slip * direction;
  answer.tangent = bulk * volumetric +
                   2 * mu * (1 - 3 * mu * ratio) * dealii::deviator_tensor<3>() +
                   6 * mu * mu * (ratio - 1 / (3 * mu + bar.hardening)) *
                       dealii::outer_product(direction, direction);
  answer.state.plastic_strain += std::sqrt(1.5) * slip * direction;
  answer.state.hardening_strain += slip;
  return answer;
}

void make_mesh(dealii::Triangulation<3>& mesh) {
  dealii::Triangulation<3> box;
  dealii::GridGenerator::subdivided_hyper_rectangle(box, {12, 4, 1}, {0, 0, 0}, {6, 2, 0.5});
  std::set<dealii::Triangulation<3>::active_cell_iterator> notch;
  for (const auto& cell : box.active_cell_iterators())
    if (std::abs(cell->center()[0] - 3) < 0.5 && cell->center()[1] > 1.5) notch.insert(cell);
  dealii::GridGenerator::create_triangulation_with_removed_cells(box, notch, mesh);
  for (const auto& face : mesh.active_face_iterators()) {
    if (!face->at_boundary()) continue;
    const double x = face->center()[0];
    face->set_boundary_id(x < 1e-9 ? clamped : x > 6 - 1e-9 ? moved : 0);
  }
}

}  // namespace

std::vector<double> plain_forces(const NotchedBar& bar) {
  dealii::Triangulation<3> mesh;
  make_mesh(mesh);
  const dealii::FESystem<3> element(dealii::FE_Q<3>(bar.degree), 3);
  const dealii::QGauss<3> quadrature(bar.degree + 1);
  dealii::DoFHandler<3> dofs(mesh);
  dofs.distribute_dofs(element);
  dealii::DynamicSparsityPattern dynamic_pattern(dofs.n_dofs());
  dealii::DoFTools::make_sparsity_pattern(dofs, dynamic_pattern);
  dealii::SparsityPattern pattern;
  pattern.copy_from(dynamic_pattern);
  dealii::SparseMatrix<double> matrix(pattern);
  dealii::Vector<double> displacement(dofs.n_dofs()), inner(dofs.n_dofs());

  // What is still missing of the prescribed displacements, zero after the first iteration.
  const auto constraints_to = [&](double end) {
    std::map<dealii::types::global_dof_index, double> values;
    for (const auto& [boundary, x] : {std::pair(clamped, 0.), std::pair(moved, end)})
      dealii::VectorTools::interpolate_boundary_values(
          dofs, boundary, dealii::Functions::ConstantFunction<3>(std::vector<double>{x, 0., 0.}),
          values);
    dealii::AffineConstraints<double> constraints;
    for (const auto& [dof, value] : values) {
      constraints.add_line(dof);
      constraints.set_inhomogeneity(dof, value - displacement(dof));
    }
    constraints.close();
    return constraints;
  };

  dealii::FEValues<3> values(element, quadrature,
                             dealii::update_gradients | dealii::update_JxW_values);
  const dealii::FEValuesExtractors::Vector field(0);
  const unsigned int n = element.n_dofs_per_cell(), n_points = quadrature.size();
  std::vector<State> begin(mesh.n_active_cells() * n_points), end = begin;
  dealii::FullMatrix<double> cell_matrix(n, n);
  dealii::Vector<double> cell_force(n), right_hand_side(dofs.n_dofs()), change(dofs.n_dofs());
  std::vector<dealii::types::global_dof_index> indices(n);
  std::vector<Strain> strain(n_points);
  const auto assemble = [&](const dealii::AffineConstraints<double>& constraints) {
    matrix = 0;
    right_hand_side = 0;
    inner = 0;
    std::size_t point = 0;
    for (const auto& cell : dofs.active_cell_iterators()) {
      values.reinit(cell);
      values[field].get_function_symmetric_gradients(displacement, strain);
      cell_matrix = 0;
      cell_force = 0;
      for (unsigned int q = 0; q < n_points; ++q, ++point) {
        const auto answer = radial_return(bar, strain[q], begin[point]);
        end[point] = answer.state;
        for (unsigned int i = 0; i < n; ++i) {
          const auto virtual_strain = values[field].symmetric_gradient(i, q);
          cell_force(i) += answer.stress * virtual_strain * values.JxW(q);
          const Strain image = answer.tangent * virtual_strain;
          for (unsigned int j = 0; j < n; ++j)
            cell_matrix(i, j) += image * values[field].symmetric_gradient(j, q) * values.JxW(q);
        }
      }
      cell->get_dof_indices(indices);
      inner.add(indices, cell_force);
      cell_force *= -1;
      constraints.distribute_local_to_global(cell_matrix, cell_force, indices, matrix,
                                             right_hand_side);
    }
  };

  const auto ends = dealii::DoFTools::extract_boundary_dofs(
      dofs, element.component_mask(dealii::FEValuesExtractors::Scalar(0)), {moved});
  std::vector<double> forces;
  for (const double prescribed : bar.displacement) {
    constexpr unsigned int most_iterations = 30;
    for (unsigned int iteration = 0;; ++iteration) {
      if (iteration == most_iterations) throw std::runtime_error("no equilibrium");
      const auto constraints = constraints_to(prescribed);
      assemble(constraints);
      if (iteration > 0 && right_hand_side.l2_norm() <= 1e-12 * inner.l2_norm()) break;
      dealii::SparseDirectUMFPACK solver;
      solver.initialize(matrix);
      solver.vmult(change, right_hand_side);
      constraints.distribute(change);
      displacement += change;
    }
    begin = end;
    double force = 0;
    for (const auto dof : ends) force += inner(dof);
    forces.push_back(force);
  }
  return forces;
}

}  // namespace seco::test
