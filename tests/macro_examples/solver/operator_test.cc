// Element matrices, the operator without a matrix, and stiffness on coarser meshes.
#include <deal.II/base/quadrature_lib.h>
#include <deal.II/base/symmetric_tensor.h>
#include <deal.II/distributed/tria.h>
#include <deal.II/dofs/dof_tools.h>
#include <deal.II/fe/fe_q.h>
#include <deal.II/fe/fe_system.h>
#include <deal.II/fe/fe_values.h>
#include <deal.II/grid/grid_generator.h>
#include <deal.II/grid/grid_tools.h>
#include <gtest/gtest.h>

#include "cell_operator.h"
#include "element_stiffness.h"
#include "level_stiffness.h"
#include "seco/materials/mandel.h"
#include "seco/materials/random.h"
#include "seco/plugin/mandel_tensor.h"

using namespace seco;
using namespace seco::macro;

namespace {

/// A random positive definite stiffness at every point.
template <int dim>
StiffnessField<dim> random_field(std::size_t n_cells, unsigned int n_points) {
  constexpr int n = StiffnessField<dim>::n_strains;
  materials::RandomStream random(3);
  StiffnessField<dim> field(n_cells, n_points);
  for (std::size_t k = 0; k < n_cells; ++k) {
    double* c = field.own(k);
    for (unsigned int q = 0; q < n_points; ++q) {
      Eigen::Matrix<double, n, n> a;
      for (int i = 0; i < n * n; ++i) a(i) = random.normal();
      const Eigen::Matrix<double, n, n> matrix =
          a * a.transpose() + Eigen::Matrix<double, n, n>::Identity();
      for (int i = 0; i < n; ++i)
        for (int j = i; j < n; ++j) *c++ = matrix(i, j);
    }
  }
  return field;
}

template <int dim>
dealii::SymmetricTensor<4, dim> tensor(const double* c) {
  constexpr int n = StiffnessField<dim>::n_strains;
  materials::MandelMatrix matrix(n, n);
  for (int i = 0; i < n; ++i)
    for (int j = i; j < n; ++j) matrix(i, j) = matrix(j, i) = *c++;
  return plugin::to_tensor<dim>(matrix);
}

template <int dim>
void make_mesh(dealii::parallel::distributed::Triangulation<dim>& mesh, bool distorted) {
  dealii::GridGenerator::hyper_cube(mesh);
  mesh.refine_global(2);
  if (distorted) dealii::GridTools::distort_random(0.2, mesh, true, 5);
  mesh.begin_active()->set_refine_flag();
  mesh.execute_coarsening_and_refinement();
}

template <int dim>
void compare_operator_with_element_matrices(unsigned int degree, bool distorted) {
  dealii::parallel::distributed::Triangulation<dim> mesh(MPI_COMM_WORLD);
  make_mesh(mesh, distorted);
  const dealii::FESystem<dim> element(dealii::FE_Q<dim>(degree), dim);
  const dealii::QGauss<dim> quadrature(degree + 1);
  dealii::DoFHandler<dim> dof_handler(mesh);
  dof_handler.distribute_dofs(element);
  dealii::AffineConstraints<double> constraints;
  dealii::DoFTools::make_hanging_node_constraints(dof_handler, constraints);
  constraints.close();
  const auto field = random_field<dim>(mesh.n_active_cells(), quadrature.size());
  CellOperator<dim, double> matrix_free(dof_handler, constraints);
  CellOperator<dim, float> in_float(dof_handler, constraints);
  matrix_free.set_stiffness(field);
  in_float.set_stiffness(field);
  typename CellOperator<dim, double>::Vector source, result, expected;
  for (auto* vector : {&source, &result, &expected}) matrix_free.initialize_dof_vector(*vector);
  materials::RandomStream random(11);
  for (auto& value : source) value = random.normal();
  constraints.set_zero(source);
  auto free = source;
  constraints.distribute(free);

  // Element matrices as in a deal.II tutorial, with tensors of order four.
  dealii::FEValues<dim> values(element, quadrature,
                               dealii::update_gradients | dealii::update_JxW_values);
  const dealii::FEValuesExtractors::Vector u(0);
  ElementStiffness<dim> local(element, quadrature);
  const unsigned int n = element.n_dofs_per_cell();
  dealii::FullMatrix<double> by_tensors(n, n), by_products(n, n);
  dealii::Vector<double> in(n), out(n), forces(n), diagonal(n);
  std::vector<dealii::types::global_dof_index> indices(n);
  CellCoefficients gathered;
  std::size_t k = 0;
  double energy = 0;
  for (const auto& cell : dof_handler.active_cell_iterators()) {
    values.reinit(cell);
    by_tensors = 0;
    const double* c = field.cell(k++, gathered);
    for (const auto q : values.quadrature_point_indices()) {
      const auto C = tensor<dim>(c + q * StiffnessField<dim>::n_coefficients);
      for (unsigned int i = 0; i < n; ++i) {
        const auto stress = C * values[u].symmetric_gradient(i, q);
        for (unsigned int j = 0; j < n; ++j)
          by_tensors(i, j) += stress * values[u].symmetric_gradient(j, q) * values.JxW(q);
      }
    }
    local.reinit(cell);
    local.matrix(c, by_products);
    local.diagonal(c, diagonal);
    const double scale = by_tensors.linfty_norm();
    for (unsigned int i = 0; i < n; ++i) {
      EXPECT_NEAR(diagonal(i), by_tensors(i, i), 1e-12 * scale);
      for (unsigned int j = 0; j < n; ++j)
        ASSERT_NEAR(by_products(i, j), by_tensors(i, j), 1e-12 * scale);
    }
    cell->get_dof_values(free, in);
    by_tensors.vmult(out, in);
    energy += local.forces(c, in, forces);
    forces -= out;
    EXPECT_LT(forces.linfty_norm(), 1e-11 * scale);
    cell->get_dof_indices(indices);
    constraints.distribute_local_to_global(out, indices, expected);
  }
  EXPECT_NEAR(energy, 0.5 * (expected * source), 1e-11 * energy);
  matrix_free.vmult(result, source);
  result -= expected;
  EXPECT_LT(result.l2_norm(), 1e-12 * expected.l2_norm()) << dim << degree << distorted;
  typename CellOperator<dim, float>::Vector float_source, float_result;
  in_float.initialize_dof_vector(float_source);
  in_float.initialize_dof_vector(float_result);
  float_source = source;
  in_float.vmult(float_result, float_source);
  result = float_result;
  result -= expected;
  EXPECT_LT(result.l2_norm(), 1e-5 * expected.l2_norm()) << dim << degree << distorted;
}

}  // namespace

TEST(CellOperator, IsTheSumOfTheElementMatrices) {
  for (const bool distorted : {false, true})
    for (const unsigned int degree : {1, 2, 3}) {
      compare_operator_with_element_matrices<2>(degree, distorted);
      if (degree < 3 || !distorted) compare_operator_with_element_matrices<3>(degree, distorted);
    }
}

// Averages by volume keep the integral of every coefficient, and a constant.
TEST(LevelStiffness, AveragesKeepTheIntegral) {
  dealii::parallel::distributed::Triangulation<3> mesh(MPI_COMM_WORLD);
  make_mesh(mesh, false);
  const auto meshes =
      dealii::MGTransferGlobalCoarseningTools::create_geometric_coarsening_sequence(mesh);
  ASSERT_EQ(meshes.size(), 4u);
  const LevelStiffness<3> levels(meshes);
  for (const unsigned int points : {2, 3}) {
    const dealii::QGauss<3> fine(points), coarse(2);
    const auto field = random_field<3>(mesh.n_active_cells(), fine.size());
    const auto averages = levels.averages(field, points);
    const auto integral = [](const auto& tria, const auto& stiffness, const auto& quadrature,
                             unsigned int i) {
      double sum = 0;
      CellCoefficients gathered;
      std::size_t k = 0;
      for (const auto& cell : tria.active_cell_iterators()) {
        for (unsigned int q = 0; q < quadrature.size(); ++q)
          sum += stiffness.cell(k, gathered)[q * StiffnessField<3>::n_coefficients + i] *
                 cell->measure() * quadrature.weight(q);
        ++k;
      }
      return sum;
    };
    for (unsigned int i = 0; i < StiffnessField<3>::n_coefficients; ++i) {
      const double expected = integral(mesh, field, fine, i);
      for (std::size_t level = 0; level < averages.size(); ++level)
        EXPECT_NEAR(integral(*meshes[level], averages[level], coarse, i), expected, 1e-12);
      EXPECT_NEAR(integral(mesh, on_two_points(field, mesh.n_active_cells(), points), coarse, i),
                  expected, 1e-12);
    }
  }
}
