// The guaranteed energy of a residual against the energy itself.
#include <deal.II/base/mpi.h>
#include <deal.II/distributed/tria.h>
#include <deal.II/dofs/dof_tools.h>
#include <deal.II/fe/fe_q.h>
#include <deal.II/fe/fe_system.h>
#include <deal.II/grid/grid_generator.h>
#include <deal.II/grid/grid_tools.h>
#include <deal.II/lac/full_matrix.h>
#include <deal.II/numerics/vector_tools.h>
#include <gtest/gtest.h>

#include <functional>

#include "element_stiffness.h"
#include "residual_energy.h"
#include "seco/materials/random.h"

using namespace seco;
using namespace seco::macro;

namespace {

/// Isotropic with a modulus of every point and Poisson's ratio 0.25, where lambda = mu.
template <int dim>
StiffnessField<dim> isotropic_field(std::size_t n_cells, unsigned int n_points,
                                    const std::function<double()>& shear_modulus) {
  constexpr unsigned int n = StiffnessField<dim>::n_strains;
  StiffnessField<dim> field(n_cells, n_points);
  for (std::size_t k = 0; k < n_cells; ++k) {
    double* c = field.own(k);
    for (unsigned int q = 0; q < n_points; ++q) {
      const double mu = shear_modulus();
      for (unsigned int i = 0; i < n; ++i)
        for (unsigned int j = i; j < n; ++j)
          *c++ = (i == j ? 2 * mu : 0.) + (i < dim && j < dim ? mu : 0.);
    }
  }
  return field;
}

/// A body that is held at boundary 0.
template <int dim>
struct Body {
  dealii::parallel::distributed::Triangulation<dim> mesh{MPI_COMM_WORLD};
  dealii::FESystem<dim> element;
  dealii::QGauss<dim> quadrature;
  dealii::DoFHandler<dim> dof_handler;
  dealii::AffineConstraints<double> constraints;
  std::unique_ptr<RigidMotions<dim>> motions;
  SpringMatrices<dim> springs;

  /// @param spring stiffness per area there, in place of supports if it is positive
  Body(unsigned int degree, const std::function<void(dealii::Triangulation<dim>&)>& make,
       double spring = 0)
      : element(dealii::FE_Q<dim>(degree), dim), quadrature(degree + 1), dof_handler(mesh) {
    make(mesh);
    dof_handler.distribute_dofs(element);
    dealii::DoFTools::make_hanging_node_constraints(dof_handler, constraints);
    if (spring > 0)
      springs = SpringMatrices<dim>(
          dof_handler,
          {{0, false, std::make_shared<dealii::Functions::ConstantFunction<dim>>(spring)}});
    else
      dealii::VectorTools::interpolate_boundary_values(
          dof_handler, 0, dealii::Functions::ZeroFunction<dim>(dim), constraints);
    constraints.close();
    motions = std::make_unique<RigidMotions<dim>>(dof_handler);
  }

  Discretization<dim> discretization() const {
    return {dof_handler, constraints, quadrature, *motions, {}, &springs};
  }

  /// Bound over r . K^-1 r.
  double ratio(const StiffnessField<dim>& field,
               const std::function<double(const dealii::Point<dim>&, unsigned int)>& force) const {
    const unsigned int n = element.n_dofs_per_cell();
    dealii::FullMatrix<double> matrix(dof_handler.n_dofs()), local(n, n);
    ElementStiffness<dim> stiffness(element, quadrature);
    std::vector<dealii::types::global_dof_index> indices(n);
    CellCoefficients gathered;
    std::size_t k = 0;
    for (const auto& cell : dof_handler.active_cell_iterators()) {
      stiffness.reinit(cell);
      stiffness.matrix(field.cell(k, gathered), local);
      if (const auto* matrix = springs.of_cell(k++)) local.add(1., *matrix);
      cell->get_dof_indices(indices);
      constraints.distribute_local_to_global(local, indices, matrix);
    }
    dealii::IndexSet relevant;
    dealii::DoFTools::extract_locally_relevant_dofs(dof_handler, relevant);
    typename LinearSolver<dim>::Vector residual(dof_handler.locally_owned_dofs(), relevant,
                                                MPI_COMM_WORLD);
    std::vector<dealii::Point<dim>> points(dof_handler.n_dofs());
    dealii::DoFTools::map_dofs_to_support_points(dealii::MappingQ1<dim>(), dof_handler, points);
    std::vector<unsigned int> component(dof_handler.n_dofs());
    for (const auto& cell : dof_handler.active_cell_iterators()) {
      cell->get_dof_indices(indices);
      for (unsigned int i = 0; i < n; ++i)
        component[indices[i]] = element.system_to_component_index(i).first;
    }
    for (unsigned int i = 0; i < dof_handler.n_dofs(); ++i)
      residual(i) = force(points[i], component[i]);
    constraints.set_zero(residual);
    dealii::Vector<double> r(dof_handler.n_dofs()), u(dof_handler.n_dofs());
    for (unsigned int i = 0; i < r.size(); ++i) r(i) = residual(i);
    matrix.gauss_jordan();
    matrix.vmult(u, r);
    const auto bound = ResidualEnergy<dim>(discretization()).bound(field, residual);
    EXPECT_TRUE(bound.has_value());
    return bound.value_or(0.) / (r * u);
  }
};

template <int dim>
void random_residuals(unsigned int degree) {
  const Body<dim> body(degree, [](auto& mesh) {
    dealii::GridGenerator::hyper_cube(mesh, 0, 1, /*colorize=*/true);
    mesh.refine_global(1);
    dealii::GridTools::distort_random(0.15, mesh, true, 5);
    mesh.begin_active()->set_refine_flag();
    mesh.execute_coarsening_and_refinement();
    if (dim == 2) {
      mesh.begin_active()->set_refine_flag();
      mesh.execute_coarsening_and_refinement();
    }
  });
  materials::RandomStream random(7);
  for (const double contrast : {1., 1e6}) {
    const auto field = isotropic_field<dim>(body.mesh.n_active_cells(), body.quadrature.size(),
                                            [&] { return std::pow(contrast, random.uniform()); });
    for (int repeat = 0; repeat < (dim == 2 ? 2 : 1); ++repeat) {
      const double ratio =
          body.ratio(field, [&](const auto&, unsigned int) { return random.normal(); });
      EXPECT_GE(ratio, 1. - 1e-9) << dim << degree << contrast;
      // A bound that says nothing would pass the above.
      EXPECT_LT(ratio, contrast > 1 ? 1e6 : 200.) << dim << degree << contrast;
    }
  }
}

}  // namespace

TEST(ResidualEnergy, IsAnUpperBoundOnMeshesWithHangingNodes) {
  for (const unsigned int degree : {1, 2, 3}) random_residuals<2>(degree);
  for (const unsigned int degree : {1, 2}) random_residuals<3>(degree);
}

TEST(ResidualEnergy, IsAnUpperBoundWhereSpringsHoldTheBody) {
  materials::RandomStream random(11);
  for (const double spring : {1e-3, 1., 1e3}) {
    const Body<2> body(
        2,
        [](auto& mesh) {
          dealii::GridGenerator::hyper_cube(mesh, 0, 1, /*colorize=*/true);
          mesh.refine_global(1);
          mesh.begin_active()->set_refine_flag();
          mesh.execute_coarsening_and_refinement();
        },
        spring);
    const auto field = isotropic_field<2>(body.mesh.n_active_cells(), body.quadrature.size(),
                                          [&] { return 1 + random.uniform(); });
    const double ratio =
        body.ratio(field, [&](const auto&, unsigned int) { return random.normal(); });
    EXPECT_GE(ratio, 1. - 1e-9) << spring;
    EXPECT_LT(ratio, 300.) << spring;
    // A force along the springs that the body passes on: all of the energy is known.
    const double pulled = body.ratio(field, [](const auto&, unsigned int c) { return c == 0; });
    EXPECT_GE(pulled, 1. - 1e-9) << spring;
  }
}

TEST(ResidualEnergy, IsSharpWhereTheForcesHaveOneWayToTheSupports) {
  // One row of cells under a force at its end: moments travel over 40 cells.
  const Body<2> beam(2, [](auto& mesh) {
    dealii::GridGenerator::subdivided_hyper_rectangle(mesh, {40, 1}, dealii::Point<2>(0, 0),
                                                      dealii::Point<2>(100, 1), true);
  });
  const auto field = isotropic_field<2>(40, beam.quadrature.size(), [] { return 1.; });
  const double ratio = beam.ratio(field, [](const dealii::Point<2>& x, unsigned int component) {
    return x[0] > 99.9 && component == 1 ? 1. : 0.;
  });
  EXPECT_GE(ratio, 1. - 1e-6);
  EXPECT_LT(ratio, 1.1);
}

TEST(ResidualEnergy, APartThatHangsOnANodeHasNoBound) {
  const Body<2> corner(1, [](auto& mesh) {
    const std::vector<dealii::Point<2>> vertices{{0, 0}, {1, 0}, {0, 1}, {1, 1},
                                                 {2, 1}, {1, 2}, {2, 2}};
    std::vector<dealii::CellData<2>> cells(2);
    cells[0].vertices = {0, 1, 2, 3};
    cells[1].vertices = {3, 4, 5, 6};
    mesh.create_triangulation(vertices, cells, {});
    for (const auto& face : mesh.active_face_iterators())
      face->set_boundary_id(face->center()[0] < 0.1 ? 0 : 1);
  });
  const auto field = isotropic_field<2>(2, corner.quadrature.size(), [] { return 1.; });
  typename LinearSolver<2>::Vector residual(corner.dof_handler.locally_owned_dofs(),
                                            corner.dof_handler.locally_owned_dofs(),
                                            MPI_COMM_WORLD);
  EXPECT_FALSE(ResidualEnergy<2>(corner.discretization()).bound(field, residual).has_value());
}
