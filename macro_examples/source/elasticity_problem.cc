#include "elasticity_problem.h"

#include <deal.II/base/function.h>
#include <deal.II/dofs/dof_tools.h>
#include <deal.II/fe/fe_q.h>
#include <deal.II/fe/fe_values.h>
#include <deal.II/lac/generic_linear_algebra.h>
#include <deal.II/lac/solver_cg.h>
#include <deal.II/lac/sparsity_tools.h>
#include <deal.II/numerics/vector_tools.h>
#include <fmt/format.h>

#include <cmath>
#include <filesystem>
#include <fstream>

#include "geometry.h"
#include "preconditioner.h"
#include "seco/materials/random.h"
#include "seco/plugin/agree.h"
#include "seco/plugin/mandel_tensor.h"

namespace seco::macro {
namespace {

using dealii::Utilities::MPI::max;
using dealii::Utilities::MPI::min;
using dealii::Utilities::MPI::sum;

/// A number of the cell that does not depend on the distribution of the mesh.
template <typename Cell>
std::uint64_t cell_number(const Cell& cell) {
  std::uint64_t number = 0;
  for (const auto part : cell->id().template to_binary<Cell::AccessorType::dimension>())
    number = materials::mix_seed(number, part);
  return number;
}

}  // namespace

template <int dim>
ElasticityProblem<dim>::ElasticityProblem(MacroParameters<dim> parameters, MPI_Comm communicator)
    : parameters_(std::move(parameters)),
      communicator_(communicator),
      out_(std::cout, dealii::Utilities::MPI::this_mpi_process(communicator) == 0),
      timer_(out_, dealii::TimerOutput::never, dealii::TimerOutput::wall_times),
      mesh_(communicator),
      element_(dealii::FE_Q<dim>(parameters_.degree), dim),
      quadrature_(parameters_.degree + 1),
      face_quadrature_(parameters_.degree + 1),
      dof_handler_(mesh_) {}

template <int dim>
void ElasticityProblem<dim>::set_up() {
  dealii::TimerOutput::Scope scope(timer_, "mesh and constraints");
  plugin::run_together(communicator_, [&] { make_mesh(parameters_, mesh_); });
  dof_handler_.distribute_dofs(element_);
  owned_ = dof_handler_.locally_owned_dofs();
  dealii::DoFTools::extract_locally_relevant_dofs(dof_handler_, relevant_);

  std::set<dealii::types::boundary_id> present;
  for (const auto& cell : mesh_.active_cell_iterators())
    if (cell->is_locally_owned())
      for (const auto& face : cell->face_iterators())
        if (face->at_boundary()) present.insert(face->boundary_id());
  std::set<dealii::types::boundary_id> everywhere;
  for (const auto& ids : dealii::Utilities::MPI::all_gather(
           communicator_, std::vector<dealii::types::boundary_id>(present.begin(), present.end())))
    everywhere.insert(ids.begin(), ids.end());
  const std::pair<const char*, const std::vector<BoundaryData<dim>>*> data[] = {
      {"Displacement", &parameters_.displacement}, {"Traction", &parameters_.traction}};
  for (const auto& [key, list] : data)
    for (const auto& entry : *list)
      if (!everywhere.count(entry.id)) {
        std::string known;
        for (const auto id : everywhere)
          known += fmt::format("{}{}", known.empty() ? "" : ", ", id);
        throw std::invalid_argument(
            fmt::format("{}: key '{}' in section 'Boundary conditions' names boundary {}, which "
                        "the mesh does not "
                        "have; it has {}",
                        parameters_.file, key, entry.id, known));
      }

  constraints_.clear();
  constraints_.reinit(relevant_);
  dealii::DoFTools::make_hanging_node_constraints(dof_handler_, constraints_);
  std::map<dealii::types::global_dof_index, double> prescribed;
  for (const auto& entry : parameters_.displacement) {
    dealii::VectorTools::interpolate_boundary_values(dof_handler_, entry.id, *entry.function,
                                                     constraints_, entry.prescribed);
    dealii::VectorTools::interpolate_boundary_values(dof_handler_, entry.id, *entry.function,
                                                     prescribed, entry.prescribed);
  }
  check_loads(prescribed);
  rigid_motions_ = std::make_unique<RigidMotions<dim>>(dof_handler_);
  if (const auto free = rigid_motions_->free_motions(prescribed); !free.empty())
    throw std::invalid_argument(
        fmt::format("{}: key 'Displacement' in section 'Boundary conditions' does not hold the "
                    "body, which can still move ({}), so its displacement is not unique; prescribe "
                    "more components",
                    parameters_.file, free));
  bool homogeneous = true;
  for (const auto& line : constraints_.get_lines()) homogeneous &= line.inhomogeneity == 0.;
  homogeneous_dirichlet_ = min(homogeneous ? 1 : 0, communicator_) == 1;
  constraints_.close();
  out_ << fmt::format("== mesh: {} cells, {} unknowns, {} ranks\n", mesh_.n_global_active_cells(),
                      dof_handler_.n_dofs(), dealii::Utilities::MPI::n_mpi_processes(communicator_))
       << std::flush;
}

template <int dim>
void ElasticityProblem<dim>::prepare_materials() {
  dealii::TimerOutput::Scope scope(timer_, "microscale");
  std::vector<std::vector<plugin::MaterialPoint<dim>>> points(parameters_.materials.size());
  first_point_.assign(mesh_.n_active_cells(), 0);
  dealii::FEValues<dim> values(element_, quadrature_, dealii::update_quadrature_points);
  plugin::run_together(communicator_, [&] {
    for (const auto& cell : dof_handler_.active_cell_iterators()) {
      if (!cell->is_locally_owned()) continue;
      if (cell->material_id() >= points.size())
        throw std::invalid_argument(
            fmt::format("{}: the mesh has material id {}, but 'Number of materials' is {}, which "
                        "gives ids 0 to {}",
                        parameters_.file, cell->material_id(), points.size(), points.size() - 1));
      values.reinit(cell);
      auto& list = points[cell->material_id()];
      first_point_[cell->active_cell_index()] = list.size();
      for (const auto q : values.quadrature_point_indices())
        list.push_back({values.quadrature_point(q), cell->center(), cell_number(cell), q});
    }
  });
  for (std::size_t m = 0; m < points.size(); ++m) {
    const auto start = std::chrono::steady_clock::now();
    const auto n_points = sum(static_cast<std::uint64_t>(points[m].size()), communicator_);
    out_ << fmt::format("== microscale: material {} ('{}'), {} quadrature points\n", m,
                        parameters_.model_names[m], n_points)
         << std::flush;
    double last_report = 0;
    const auto report = [&](std::size_t done, std::size_t total) {
      const double seconds =
          std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
      if (seconds < last_report + 5. || done == 0 || done == total) return;
      last_report = seconds;
      out_ << fmt::format("   {} of {} RVEs of rank 0, {:.0f} s left\n", done, total,
                          seconds * static_cast<double>(total - done) / static_cast<double>(done))
           << std::flush;
    };
    try {
      parameters_.materials[m]->set_points(std::move(points[m]), communicator_, report);
    } catch (const std::exception& error) {
      throw std::runtime_error(fmt::format("{}: section 'Material {}/{}': {}", parameters_.file, m,
                                           parameters_.model_names[m], error.what()));
    }
  }
}

template <int dim>
void ElasticityProblem<dim>::evaluate_materials(const Vector* displacement) {
  dealii::FEValues<dim> values(element_, quadrature_, dealii::update_gradients);
  const dealii::FEValuesExtractors::Vector u(0);
  std::vector<std::vector<dealii::SymmetricTensor<2, dim>>> strains(parameters_.materials.size());
  std::vector<dealii::SymmetricTensor<2, dim>> cell_strains(quadrature_.size());
  for_local_cells([&](const auto& cell, auto material, auto) {
    if (displacement) {
      values.reinit(cell);
      values[u].get_function_symmetric_gradients(*displacement, cell_strains);
    }
    strains[material].insert(strains[material].end(), cell_strains.begin(), cell_strains.end());
  });
  responses_.resize(strains.size());
  plugin::run_together(communicator_, [&] {
    for (std::size_t m = 0; m < strains.size(); ++m) {
      parameters_.materials[m]->evaluate(strains[m], responses_[m]);
      for (const auto status : responses_[m].status)
        if (status == plugin::PointStatus::failed)
          throw std::runtime_error(
              fmt::format("{}: section 'Material {}/{}': the material failed at a quadrature point",
                          parameters_.file, m, parameters_.model_names[m]));
    }
  });
}

template <int dim>
const dealii::SymmetricTensor<4, dim>& ElasticityProblem<dim>::stiffness(
    Bound bound, const plugin::MaterialResponse<dim>& response, std::size_t point) const {
  if (bound == Bound::upper) return response.upper[point];
  return bound == Bound::lower ? response.lower[point] : response.tangent[point];
}

template <int dim>
template <typename LinearAlgebra>
typename ElasticityProblem<dim>::Vector ElasticityProblem<dim>::solve_with(Bound bound) {
  typename LinearAlgebra::SparseMatrix matrix;
  typename LinearAlgebra::Vector right_hand_side(owned_, communicator_),
      solution(owned_, communicator_);
  {
    dealii::TimerOutput::Scope scope(timer_, "assembly");
    dealii::DynamicSparsityPattern pattern(relevant_);
    dealii::DoFTools::make_sparsity_pattern(dof_handler_, pattern, constraints_, false);
    dealii::SparsityTools::distribute_sparsity_pattern(pattern, owned_, communicator_, relevant_);
    matrix.reinit(owned_, owned_, pattern, communicator_);

    const unsigned int n = element_.n_dofs_per_cell();
    dealii::FullMatrix<double> cell_matrix(n, n);
    dealii::Vector<double> cell_vector(n), load(dim);
    std::vector<dealii::types::global_dof_index> indices(n);
    dealii::FEValues<dim> values(element_, quadrature_,
                                 dealii::update_values | dealii::update_gradients |
                                     dealii::update_quadrature_points | dealii::update_JxW_values);
    dealii::FEFaceValues<dim> face_values(
        element_, face_quadrature_,
        dealii::update_values | dealii::update_quadrature_points | dealii::update_JxW_values);
    const dealii::FEValuesExtractors::Vector u(0);
    std::vector<dealii::SymmetricTensor<2, dim>> strain(n), stress(n);
    for_local_cells([&](const auto& cell, auto material, auto first) {
      cell_matrix = 0;
      cell_vector = 0;
      values.reinit(cell);
      for (const auto q : values.quadrature_point_indices()) {
        const auto& C = stiffness(bound, responses_[material], first + q);
        for (unsigned int i = 0; i < n; ++i) {
          strain[i] = values[u].symmetric_gradient(i, q);
          stress[i] = C * strain[i];
        }
        parameters_.body_force->vector_value(values.quadrature_point(q), load);
        for (unsigned int i = 0; i < n; ++i) {
          for (unsigned int j = 0; j <= i; ++j)
            cell_matrix(i, j) += (strain[i] * stress[j]) * values.JxW(q);
          const auto c = element_.system_to_component_index(i).first;
          cell_vector(i) += load(c) * values.shape_value(i, q) * values.JxW(q);
        }
      }
      for (unsigned int i = 0; i < n; ++i)
        for (unsigned int j = i + 1; j < n; ++j) cell_matrix(i, j) = cell_matrix(j, i);
      for (const auto f : cell->face_indices()) {
        if (!cell->face(f)->at_boundary()) continue;
        for (const auto& traction : parameters_.traction) {
          if (traction.id != cell->face(f)->boundary_id()) continue;
          face_values.reinit(cell, f);
          for (const auto q : face_values.quadrature_point_indices()) {
            traction.function->vector_value(face_values.quadrature_point(q), load);
            for (unsigned int i = 0; i < n; ++i)
              cell_vector(i) += load(element_.system_to_component_index(i).first) *
                                face_values.shape_value(i, q) * face_values.JxW(q);
          }
        }
      }
      cell->get_dof_indices(indices);
      constraints_.distribute_local_to_global(cell_matrix, cell_vector, indices, matrix,
                                              right_hand_side);
    });
    matrix.compress(dealii::VectorOperation::add);
    right_hand_side.compress(dealii::VectorOperation::add);
  }

  dealii::TimerOutput::Scope scope(timer_, "linear solver");
  typename LinearAlgebra::PreconditionAMG preconditioner;
  if constexpr (std::is_same_v<LinearAlgebra, Trilinos>)
    initialize_preconditioner(preconditioner, matrix, dof_handler_, *rigid_motions_);
  else
    initialize_preconditioner(preconditioner, matrix, dof_handler_);
  const double load = right_hand_side.l2_norm();
  if (!std::isfinite(load))
    throw std::runtime_error(fmt::format(
        "{}: section 'Boundary conditions': the loads add up to {}; allowed are loads whose sum "
        "and square are finite numbers",
        parameters_.file, load));
  dealii::SolverControl control(parameters_.solver_iterations, parameters_.solver_tolerance * load);
  dealii::SolverCG<typename LinearAlgebra::Vector> cg(control);
  try {
    cg.solve(matrix, solution, right_hand_side, preconditioner);
  } catch (const dealii::SolverControl::NoConvergence& failure) {
    throw std::runtime_error(fmt::format(
        "{}: the linear solver reached a residual of {:.3g} in {} iterations, asked for {:.3g}. Is "
        "the body "
        "held firmly enough by 'Displacement' in section 'Boundary conditions'? Otherwise raise "
        "'Largest "
        "number of iterations' or 'Tolerance' in section 'Solver'",
        parameters_.file, failure.last_residual, failure.last_step, control.tolerance()));
  }
  solver_iterations_.push_back(control.last_step());
  const char* names[] = {"estimate", "upper bound", "lower bound"};
  out_ << fmt::format("== solve with the {} of the stiffness: {} iterations, {}\n",
                      names[static_cast<int>(bound)], control.last_step(),
                      parameters_.linear_algebra)
       << std::flush;
  constraints_.distribute(solution);
  Vector result(owned_, relevant_, communicator_);
  for (const auto i : owned_) result(i) = solution(i);
  result.update_ghost_values();
  return result;
}

template <int dim>
typename ElasticityProblem<dim>::Vector ElasticityProblem<dim>::solve(Bound bound) {
  return parameters_.linear_algebra == "PETSc" ? solve_with<PETSc>(bound)
                                               : solve_with<Trilinos>(bound);
}

template <int dim>
std::pair<double, double> ElasticityProblem<dim>::energies(Bound bound,
                                                           const Vector& displacement) {
  dealii::FEValues<dim> values(element_, quadrature_,
                               dealii::update_values | dealii::update_gradients |
                                   dealii::update_quadrature_points | dealii::update_JxW_values);
  dealii::FEFaceValues<dim> face_values(
      element_, face_quadrature_,
      dealii::update_values | dealii::update_quadrature_points | dealii::update_JxW_values);
  const dealii::FEValuesExtractors::Vector u(0);
  std::vector<dealii::SymmetricTensor<2, dim>> strain(quadrature_.size());
  std::vector<dealii::Tensor<1, dim>> displacements(quadrature_.size()),
      face_displacements(face_quadrature_.size());
  dealii::Vector<double> load(dim);
  double strain_energy = 0, work = 0;
  for_local_cells([&](const auto& cell, auto material, auto first) {
    values.reinit(cell);
    values[u].get_function_symmetric_gradients(displacement, strain);
    values[u].get_function_values(displacement, displacements);
    for (const auto q : values.quadrature_point_indices()) {
      strain_energy +=
          0.5 * (strain[q] * (stiffness(bound, responses_[material], first + q) * strain[q])) *
          values.JxW(q);
      parameters_.body_force->vector_value(values.quadrature_point(q), load);
      for (int c = 0; c < dim; ++c) work += load(c) * displacements[q][c] * values.JxW(q);
    }
    for (const auto f : cell->face_indices()) {
      if (!cell->face(f)->at_boundary()) continue;
      for (const auto& traction : parameters_.traction) {
        if (traction.id != cell->face(f)->boundary_id()) continue;
        face_values.reinit(cell, f);
        face_values[u].get_function_values(displacement, face_displacements);
        for (const auto q : face_values.quadrature_point_indices()) {
          traction.function->vector_value(face_values.quadrature_point(q), load);
          for (int c = 0; c < dim; ++c)
            work += load(c) * face_displacements[q][c] * face_values.JxW(q);
        }
      }
    }
  });
  const double total_work = sum(work, communicator_);
  return {sum(strain_energy, communicator_) - total_work, total_work};
}

template <int dim>
bool ElasticityProblem<dim>::lower_bound_usable() const {
  bool usable = true;
  for (const auto& response : responses_)
    for (const auto& lower : response.lower)
      usable &= materials::relative_smallest_eigenvalue(plugin::to_mandel<dim>(lower)) > 1e-12;
  return min(usable ? 1 : 0, communicator_) == 1;
}

template <int dim>
nlohmann::json ElasticityProblem<dim>::run() {
  make_output_folder();
  try {
    return run_stages();
  } catch (...) {
    // Nothing is left of a run that failed before its results; a folder with files stays.
    std::error_code ignored;
    if (output_folder_is_new_) std::filesystem::remove(parameters_.output_directory, ignored);
    throw;
  }
}

template <int dim>
nlohmann::json ElasticityProblem<dim>::run_stages() {
  set_up();
  // Points outside the mesh are found before the long stages.
  Vector zero(owned_, relevant_, communicator_);
  displacements_at_points(zero);
  prepare_materials();
  evaluate_materials(nullptr);
  const auto displacement = solve(Bound::estimate);
  const auto points = displacements_at_points(displacement);
  const auto [potential, work] = energies(Bound::estimate, displacement);

  nlohmann::json energy = {{"estimate", potential}, {"lower", nullptr}, {"upper", nullptr}};
  if (parameters_.certify) {
    energy["upper"] = energies(Bound::upper, solve(Bound::upper)).first;
    if (lower_bound_usable()) energy["lower"] = energies(Bound::lower, solve(Bound::lower)).first;
  }
  nlohmann::json certified = {{"potential_energy", energy}};
  if (homogeneous_dirichlet_) {
    const auto twice = [](const nlohmann::json& value) {
      return value.is_null() ? value : nlohmann::json(0. - 2. * value.get<double>());
    };
    certified["compliance"] = {
        {"estimate", work}, {"lower", twice(energy["upper"])}, {"upper", twice(energy["lower"])}};
  }

  evaluate_materials(&displacement);
  out_ << fmt::format("== output: {}\n", parameters_.output_directory) << std::flush;
  if (parameters_.write_vtu) write_fields(displacement);
  const auto result = summary(certified, points);
  write_summary(result);
  print_summary(result);
  return result;
}

template class ElasticityProblem<2>;
template class ElasticityProblem<3>;

}  // namespace seco::macro
