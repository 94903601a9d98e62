#include "sample_problem.h"

#include <deal.II/base/function.h>
#include <deal.II/dofs/dof_tools.h>
#include <deal.II/fe/fe_q.h>
#include <deal.II/fe/fe_values.h>
#include <deal.II/grid/grid_generator.h>
#include <deal.II/numerics/vector_tools.h>

#include <cmath>

#include "seco/materials/elastic_constants.h"
#include "seco/materials/random.h"
#include "seco/materials/rotation.h"
#include "seco/plugin/mandel_tensor.h"

namespace seco::benchmarks {
namespace {

void upper_triangle(const materials::MandelMatrix& matrix, double factor, double* coefficients) {
  for (int i = 0; i < matrix.rows(); ++i)
    for (int j = i; j < matrix.rows(); ++j) *coefficients++ = factor * matrix(i, j);
}

}  // namespace

SampleProblem::SampleProblem(const SampleSettings& settings, MPI_Comm communicator)
    : settings_(settings),
      mesh_(communicator),
      element_(dealii::FE_Q<dim>(settings.degree), dim),
      quadrature_(settings.degree + 1),
      dof_handler_(mesh_) {
  dealii::GridGenerator::subdivided_hyper_rectangle(
      mesh_, {2 * settings.coarse_cells, settings.coarse_cells, settings.coarse_cells},
      dealii::Point<dim>(), dealii::Point<dim>(2, 1, 1), /*colorize=*/true);
  mesh_.refine_global(settings.refinements);
  double distance = 0.5;
  for (unsigned int step = 0; step < settings.graded; ++step, distance *= 0.5) {
    for (const auto& cell : mesh_.active_cell_iterators())
      if (cell->is_locally_owned() && std::hypot(cell->center()[0], cell->center()[2]) < distance)
        cell->set_refine_flag();
    mesh_.execute_coarsening_and_refinement();
  }
  dof_handler_.distribute_dofs(element_);
  constrain(dof_handler_, constraints_);
  rigid_motions_ = std::make_unique<macro::RigidMotions<dim>>(dof_handler_);
}

void SampleProblem::constrain(const dealii::DoFHandler<dim>& dof_handler,
                              dealii::AffineConstraints<double>& constraints) {
  dealii::IndexSet relevant;
  dealii::DoFTools::extract_locally_relevant_dofs(dof_handler, relevant);
  constraints.reinit(relevant);
  dealii::DoFTools::make_hanging_node_constraints(dof_handler, constraints);
  dealii::VectorTools::interpolate_boundary_values(
      dof_handler, 0, dealii::Functions::ZeroFunction<dim>(dim), constraints);
  constraints.close();
}

macro::Discretization<SampleProblem::dim> SampleProblem::discretization() const {
  return {dof_handler_, constraints_, quadrature_, *rigid_motions_, constrain};
}

macro::StiffnessField<SampleProblem::dim> SampleProblem::stiffness() const {
  constexpr std::size_t n_crystals = 1009, n_regions = 10 * 5 * 5;
  materials::RandomStream random(7);
  const auto copper = materials::elastic_constants("Cu").stiffness;
  std::vector<materials::MandelMatrix> crystals;
  for (std::size_t i = 0; i < n_crystals; ++i)
    crystals.push_back(materials::rotate(copper, materials::random_rotation(random)));
  const auto factor = [&] { return std::pow(settings_.contrast, random.uniform()); };
  std::vector<double> regions(n_regions);
  for (auto& region : regions) region = factor();
  macro::StiffnessField<dim> field(n_local_cells(), quadrature_.size());
  std::size_t number = 0;
  for (const auto& cell : mesh_.active_cell_iterators()) {
    if (!cell->is_locally_owned()) continue;
    // The same stiffness on any number of ranks.
    std::uint64_t seed = 0;
    for (const auto part : cell->id().to_binary<dim>()) seed = materials::mix_seed(seed, part);
    random = materials::RandomStream(seed);
    double* coefficients = field.own(number++);
    const auto x = cell->center();
    const auto region = static_cast<std::size_t>(5 * x[0]) * 25 +
                        static_cast<std::size_t>(5 * x[1]) * 5 + static_cast<std::size_t>(5 * x[2]);
    std::size_t crystal = 0;
    for (unsigned int q = 0; q < quadrature_.size(); ++q) {
      const double scale = settings_.stiffness == "points"    ? factor()
                           : settings_.stiffness == "regions" ? regions[region]
                                                              : 1.;
      if (q == 0 || settings_.stiffness != "cells") crystal = random.index(n_crystals);
      upper_triangle(crystals[crystal], scale, coefficients);
      coefficients += macro::StiffnessField<dim>::n_coefficients;
    }
  }
  return field;
}

plugin::StiffnessTable<SampleProblem::dim> SampleProblem::table(unsigned int n_different) const {
  materials::RandomStream random(8);
  const auto copper = plugin::to_tensor<dim>(materials::elastic_constants("Cu").stiffness);
  plugin::StiffnessTable<dim> table;
  std::vector<std::uint32_t> entries;
  for (std::size_t q = 0; q < n_local_cells() * quadrature_.size(); ++q) {
    const dealii::SymmetricTensor<4, dim> stiffness = (1 + random.uniform()) * copper;
    entries.push_back(
        table.add({stiffness, (n_different > 1 ? 0.9 : 1.) * stiffness,
                   (n_different > 2 ? 1.1 : 1.) * stiffness, 0.1, plugin::PointStatus::ok}));
  }
  table.set_points(std::move(entries));
  return table;
}

macro::StiffnessField<SampleProblem::dim> SampleProblem::stiffness(
    const plugin::StiffnessTable<dim>& table) const {
  std::vector<macro::StiffnessField<dim>::Place> places;
  for (std::size_t k = 0; k < n_local_cells(); ++k)
    places.push_back({&table, k * quadrature_.size()});
  return {std::move(places), plugin::Bound::estimate, quadrature_.size()};
}

macro::StiffnessField<SampleProblem::dim> SampleProblem::constant_stiffness() const {
  double coefficients[macro::StiffnessField<dim>::n_coefficients];
  upper_triangle(materials::elastic_constants("Cu").stiffness, 1., coefficients);
  return macro::StiffnessField<dim>::constant(coefficients, quadrature_.size());
}

SampleProblem::Vector SampleProblem::load() const {
  dealii::IndexSet relevant;
  dealii::DoFTools::extract_locally_relevant_dofs(dof_handler_, relevant);
  Vector load(dof_handler_.locally_owned_dofs(), relevant, mesh_.get_communicator());
  dealii::FEFaceValues<dim> values(element_, dealii::QGauss<dim - 1>(settings_.degree + 1),
                                   dealii::update_values | dealii::update_JxW_values);
  const unsigned int n = element_.n_dofs_per_cell();
  dealii::Vector<double> local(n);
  std::vector<dealii::types::global_dof_index> indices(n);
  for (const auto& cell : dof_handler_.active_cell_iterators()) {
    if (!cell->is_locally_owned()) continue;
    for (const auto f : cell->face_indices()) {
      if (!cell->face(f)->at_boundary() || cell->face(f)->boundary_id() != 1) continue;
      values.reinit(cell, f);
      local = 0;
      for (unsigned int i = 0; i < n; ++i)
        if (element_.system_to_component_index(i).first == 1)
          for (const auto q : values.quadrature_point_indices())
            local(i) -= values.shape_value(i, q) * values.JxW(q);
      cell->get_dof_indices(indices);
      constraints_.distribute_local_to_global(local, indices, load);
    }
  }
  load.compress(dealii::VectorOperation::add);
  constraints_.set_zero(load);
  return load;
}

}  // namespace seco::benchmarks
