#include "boundary_value_problem.h"

#include <deal.II/base/function.h>
#include <deal.II/dofs/dof_tools.h>
#include <deal.II/fe/fe_q.h>
#include <deal.II/fe/fe_values.h>
#include <deal.II/numerics/vector_tools.h>
#include <fmt/format.h>

#include <algorithm>

#include "seco/plugin/agree.h"
#include "seco/plugin/expressions.h"

namespace seco::macro {

template <int dim>
BoundaryValueProblem<dim>::BoundaryValueProblem(const MacroParameters<dim>& parameters, RunLog& log)
    : parameters_(parameters),
      log_(log),
      symmetry_(parameters.symmetry),
      springs_(parameters.springs),
      mesh_(log.communicator()),
      element_(dealii::FE_Q<dim>(parameters.degree), dim),
      quadrature_(parameters.degree + 1),
      face_quadrature_(parameters.degree + 1),
      dof_handler_(mesh_),
      common_{"",
              parameters.displacement,
              parameters.traction,
              parameters.pressure,
              parameters.body_force,
              parameters.point_loads},
      cases_(parameters.load_cases) {
  combine_loads();
}

template <int dim>
void BoundaryValueProblem<dim>::set_up() {
  const auto scope = log_.section("mesh and constraints");
  make_unknowns();
  for (const auto& problem : unknown_boundaries()) throw std::invalid_argument(problem);
  set_constraints();
  log_.print(fmt::format("== mesh: {} cells, {} unknowns, {} ranks\n",
                         mesh_.n_global_active_cells(), dof_handler_.n_dofs(),
                         dealii::Utilities::MPI::n_mpi_processes(log_.communicator())));
}

template <int dim>
void BoundaryValueProblem<dim>::make_unknowns() {
  plugin::run_together(log_.communicator(), [&] { description_ = make_mesh(parameters_, mesh_); });
  for (const auto& text : description_.labels.notes) log_.keep_note(text);
  find_named_boundaries();
  first_mesh_levels_ = mesh_.n_global_levels();
  number_unknowns();
}

template <int dim>
void BoundaryValueProblem<dim>::number_unknowns() {
  dof_handler_.distribute_dofs(element_);
  owned_ = dof_handler_.locally_owned_dofs();
  dealii::DoFTools::extract_locally_relevant_dofs(dof_handler_, relevant_);
}

template <int dim>
void BoundaryValueProblem<dim>::combine_loads() {
  displacement_ = common_.displacement;
  traction_ = common_.traction;
  pressure_ = common_.pressure;
  body_forces_.clear();
  point_loads_.clear();
  const auto add = [&](const LoadCase<dim>& loads) {
    // In a check, what could not be read is missing.
    if (loads.body_force) body_forces_.push_back(loads.body_force);
    for (const auto& load : loads.point_loads) point_loads_.push_back(&load);
  };
  add(common_);
  if (cases_.empty()) return;
  const auto& own = cases_[load_case_];
  add(own);
  traction_.insert(traction_.end(), own.traction.begin(), own.traction.end());
  pressure_.insert(pressure_.end(), own.pressure.begin(), own.pressure.end());
  for (const auto& entry : own.displacement)
    for (auto& all : displacement_)
      if (all.id == entry.id) all.function = entry.function;
}

template <int dim>
void BoundaryValueProblem<dim>::set_load_case(std::size_t number) {
  load_case_ = number;
  combine_loads();
  set_time_of_functions();
  if (!rigid_motions_) return;
  place_point_loads();
  constrain(dof_handler_, constraints_, /*homogeneous=*/false);
  check_loads(prescribed_displacements());
  is_homogeneous_ = constraints_are_homogeneous();
}

template <int dim>
void BoundaryValueProblem<dim>::set_constraints() {
  // Of a mesh that was refined, the loads have been looked at.
  const bool is_first = !rigid_motions_;
  if (is_first) {
    add_symmetry();
    check_load_cases();
  }
  combine_loads();
  set_time_of_functions();
  make_springs();
  place_point_loads();
  constrain(dof_handler_, constraints_, /*homogeneous=*/false);
  constrain(dof_handler_, homogeneous_constraints_, /*homogeneous=*/true);
  {
    dealii::AffineConstraints<double> hanging(relevant_);
    dealii::DoFTools::make_hanging_node_constraints(dof_handler_, hanging);
    normals_.clear();
    slide(dof_handler_, hanging, &normals_);
  }
  const auto prescribed = prescribed_displacements();
  check_loads(prescribed);
  if (is_first) note_idle_tractions();
  rigid_motions_ = std::make_unique<RigidMotions<dim>>(dof_handler_);
  check_held(prescribed);
  is_homogeneous_ = constraints_are_homogeneous();
}

template <int dim>
bool BoundaryValueProblem<dim>::constraints_are_homogeneous() const {
  bool homogeneous = true;
  for (const auto& line : constraints_.get_lines()) homogeneous &= line.inhomogeneity == 0.;
  return dealii::Utilities::MPI::min(homogeneous ? 1 : 0, log_.communicator()) == 1;
}

template <int dim>
void BoundaryValueProblem<dim>::set_time(double time) {
  time_ = time;
  set_time_of_functions();
  if (!rigid_motions_) return;
  constrain(dof_handler_, constraints_, /*homogeneous=*/false);
  check_loads(prescribed_displacements());
}

template <int dim>
void BoundaryValueProblem<dim>::set_time_of_functions() {
  for (auto* list : {&displacement_, &traction_})
    for (auto& entry : *list) entry.function->set_time(time_);
  for (auto& entry : pressure_) entry.function->set_time(time_);
  for (const auto* load : point_loads_) load->force->set_time(time_);
  for (const auto& body_force : body_forces_) body_force->set_time(time_);
}

template <int dim>
template <typename Function>
void BoundaryValueProblem<dim>::for_functions(const Function& use) const {
  const auto use_all = [&](const LoadCase<dim>& loads) {
    for (const auto* list : {&loads.displacement, &loads.traction})
      for (const auto& entry : *list) use(*entry.function);
    for (const auto& entry : loads.pressure) use(*entry.function);
    for (const auto& load : loads.point_loads) use(*load.force);
    if (loads.body_force) use(*loads.body_force);
  };
  use_all(common_);
  for (const auto& own : cases_) use_all(own);
}

template <int dim>
bool BoundaryValueProblem<dim>::depends_on_time() const {
  bool depends = false;
  for_functions([&](const auto& function) {
    depends = depends || plugin::mention_time(function.get_expressions());
  });
  return depends;
}

template <int dim>
std::vector<double> BoundaryValueProblem<dim>::times_of_loads() const {
  std::vector<double> times;
  for_functions([&](const auto& function) {
    const auto own = plugin::times_in(function.get_expressions());
    times.insert(times.end(), own.begin(), own.end());
  });
  std::sort(times.begin(), times.end());
  times.erase(std::unique(times.begin(), times.end()), times.end());
  return times;
}

template <int dim>
void BoundaryValueProblem<dim>::constrain(const dealii::DoFHandler<dim>& dof_handler,
                                          dealii::AffineConstraints<double>& constraints,
                                          bool homogeneous) const {
  dealii::IndexSet relevant;
  dealii::DoFTools::extract_locally_relevant_dofs(dof_handler, relevant);
  constraints.reinit(relevant);
  dealii::DoFTools::make_hanging_node_constraints(dof_handler, constraints);
  const dealii::Functions::ZeroFunction<dim> zero(dim);
  for (const auto& entry : displacement_) {
    const dealii::Function<dim>& function = *entry.function;
    dealii::VectorTools::interpolate_boundary_values(
        dof_handler, entry.id,
        homogeneous ? static_cast<const dealii::Function<dim>&>(zero) : function, constraints,
        entry.prescribed);
  }
  slide(dof_handler, constraints, nullptr);
  constraints.close();
}

template <int dim>
Discretization<dim> BoundaryValueProblem<dim>::discretization() const {
  return {
      dof_handler_,
      homogeneous_constraints_,
      quadrature_,
      *rigid_motions_,
      [this](const auto& dof_handler, auto& constraints) {
        constrain(dof_handler, constraints, /*homogeneous=*/true);
      },
      &spring_matrices_,
      [this](const auto& dof_handler) { return SpringMatrices<dim>(dof_handler, foundations_); },
      &normals_};
}

template <int dim>
typename BoundaryValueProblem<dim>::Loads BoundaryValueProblem<dim>::assemble_loads() const {
  const auto scope = log_.section("assembly");
  Loads loads{zero_vector(), zero_vector()};
  const unsigned int n = element_.n_dofs_per_cell();
  dealii::FEValues<dim> values(
      element_, quadrature_,
      dealii::update_values | dealii::update_quadrature_points | dealii::update_JxW_values);
  dealii::FEFaceValues<dim> face_values(element_, face_quadrature_,
                                        dealii::update_values | dealii::update_quadrature_points |
                                            dealii::update_normal_vectors |
                                            dealii::update_JxW_values);
  dealii::Vector<double> cell_vector(n), load(dim);
  std::vector<dealii::types::global_dof_index> indices(n);
  for (const auto& cell : dof_handler_.active_cell_iterators()) {
    if (!cell->is_locally_owned()) continue;
    cell_vector = 0;
    const auto add = [&](const auto& here, const dealii::Function<dim>& function) {
      for (const auto q : here.quadrature_point_indices()) {
        function.vector_value(here.quadrature_point(q), load);
        for (unsigned int i = 0; i < n; ++i)
          cell_vector(i) += load(element_.system_to_component_index(i).first) *
                            here.shape_value(i, q) * here.JxW(q);
      }
    };
    values.reinit(cell);
    for (const auto& body_force : body_forces_) add(values, *body_force);
    for (const auto f : cell->face_indices()) {
      if (!cell->face(f)->at_boundary()) continue;
      for (const auto& traction : traction_) {
        if (traction.id != cell->face(f)->boundary_id()) continue;
        face_values.reinit(cell, f);
        add(face_values, *traction.function);
      }
      for (const auto& pressure : pressure_) {
        if (pressure.id != cell->face(f)->boundary_id()) continue;
        face_values.reinit(cell, f);
        for (const auto q : face_values.quadrature_point_indices()) {
          const double p = pressure.function->value(face_values.quadrature_point(q));
          for (unsigned int i = 0; i < n; ++i)
            cell_vector(i) -=
                p * face_values.normal_vector(q)[element_.system_to_component_index(i).first] *
                face_values.shape_value(i, q) * face_values.JxW(q);
        }
      }
    }
    for (const auto& placed : placed_loads_) {
      if (placed.cell != cell->id()) continue;
      placed.load->force->vector_value(placed.load->point, load);
      for (unsigned int i = 0; i < n; ++i)
        cell_vector(i) += load(element_.system_to_component_index(i).first) *
                          element_.shape_value(i, placed.unit);
    }
    cell->get_dof_indices(indices);
    loads.total.add(indices, cell_vector);
    homogeneous_constraints_.distribute_local_to_global(cell_vector, indices, loads.condensed);
  }
  for (auto* vector : {&loads.total, &loads.condensed})
    vector->compress(dealii::VectorOperation::add);
  homogeneous_constraints_.set_zero(loads.condensed);
  return loads;
}

#define INSTANTIATE(dim)                                                                          \
  template BoundaryValueProblem<dim>::BoundaryValueProblem(const MacroParameters<dim>&, RunLog&); \
  template void BoundaryValueProblem<dim>::set_up();                                              \
  template void BoundaryValueProblem<dim>::make_unknowns();                                       \
  template void BoundaryValueProblem<dim>::number_unknowns();                                     \
  template void BoundaryValueProblem<dim>::set_constraints();                                     \
  template void BoundaryValueProblem<dim>::set_time(double);                                      \
  template void BoundaryValueProblem<dim>::set_load_case(std::size_t);                            \
  template void BoundaryValueProblem<dim>::combine_loads();                                       \
  template void BoundaryValueProblem<dim>::set_time_of_functions();                               \
  template bool BoundaryValueProblem<dim>::depends_on_time() const;                               \
  template std::vector<double> BoundaryValueProblem<dim>::times_of_loads() const;                 \
  template Discretization<dim> BoundaryValueProblem<dim>::discretization() const;                 \
  template BoundaryValueProblem<dim>::Loads BoundaryValueProblem<dim>::assemble_loads() const;
INSTANTIATE(2)
INSTANTIATE(3)
#undef INSTANTIATE

}  // namespace seco::macro
