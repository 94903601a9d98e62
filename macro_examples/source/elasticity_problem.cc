#include "elasticity_problem.h"

#include <deal.II/base/function.h>
#include <deal.II/dofs/dof_tools.h>
#include <deal.II/fe/fe_q.h>
#include <deal.II/fe/fe_values.h>
#include <deal.II/numerics/vector_tools.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>

#include "geometry.h"
#include "interruption.h"
#include "program_time.h"
#include "seco/materials/random.h"
#include "seco/plugin/agree.h"
#include "seco/plugin/mandel_tensor.h"

namespace seco::macro {
namespace {

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
      dof_handler_(mesh_),
      local_quantities_(parameters_, dof_handler_, quadrature_, communicator),
      seconds_before_start_(seconds_since_program_start()) {}

template <int dim>
void ElasticityProblem<dim>::set_up() {
  dealii::TimerOutput::Scope scope(timer_, "mesh and constraints");
  make_unknowns();
  for (const auto& problem : unknown_boundaries()) throw std::invalid_argument(problem);
  set_constraints();
  out_ << fmt::format("== mesh: {} cells, {} unknowns, {} ranks\n", mesh_.n_global_active_cells(),
                      dof_handler_.n_dofs(), dealii::Utilities::MPI::n_mpi_processes(communicator_))
       << std::flush;
}

template <int dim>
void ElasticityProblem<dim>::make_unknowns() {
  MeshDescription<dim> description;
  plugin::run_together(communicator_, [&] { description = make_mesh(parameters_, mesh_); });
  labels_ = std::move(description.labels);
  parts_ = std::move(description.parts);
  for (const auto& text : labels_.notes) note(text);
  find_named_boundaries();
  dof_handler_.distribute_dofs(element_);
  owned_ = dof_handler_.locally_owned_dofs();
  dealii::DoFTools::extract_locally_relevant_dofs(dof_handler_, relevant_);
}

template <int dim>
void ElasticityProblem<dim>::set_constraints() {
  constrain(dof_handler_, constraints_, /*homogeneous=*/false);
  constrain(dof_handler_, homogeneous_constraints_, /*homogeneous=*/true);
  const auto prescribed = prescribed_displacements();
  check_loads(prescribed);
  note_idle_tractions();
  rigid_motions_ = std::make_unique<RigidMotions<dim>>(dof_handler_);
  check_held(prescribed);
  bool homogeneous = true;
  for (const auto& line : constraints_.get_lines()) homogeneous &= line.inhomogeneity == 0.;
  homogeneous_dirichlet_ = min(homogeneous ? 1 : 0, communicator_) == 1;
}

template <int dim>
void ElasticityProblem<dim>::constrain(const dealii::DoFHandler<dim>& dof_handler,
                                       dealii::AffineConstraints<double>& constraints,
                                       bool homogeneous) const {
  dealii::IndexSet relevant;
  dealii::DoFTools::extract_locally_relevant_dofs(dof_handler, relevant);
  constraints.reinit(relevant);
  dealii::DoFTools::make_hanging_node_constraints(dof_handler, constraints);
  const dealii::Functions::ZeroFunction<dim> zero(dim);
  for (const auto& entry : parameters_.displacement) {
    const dealii::Function<dim>& function = *entry.function;
    dealii::VectorTools::interpolate_boundary_values(
        dof_handler, entry.id,
        homogeneous ? static_cast<const dealii::Function<dim>&>(zero) : function, constraints,
        entry.prescribed);
  }
  constraints.close();
}

template <int dim>
std::vector<std::vector<plugin::MaterialPoint<dim>>> ElasticityProblem<dim>::material_points() {
  std::vector<std::vector<plugin::MaterialPoint<dim>>> points(parameters_.materials.size());
  first_point_.assign(mesh_.n_active_cells(), 0);
  dealii::FEValues<dim> values(element_, quadrature_, dealii::update_quadrature_points);
  plugin::run_together(communicator_, [&] {
    for (const auto& cell : dof_handler_.active_cell_iterators()) {
      if (!cell->is_locally_owned()) continue;
      if (cell->material_id() >= points.size())
        throw std::invalid_argument(
            fmt::format("{}: the mesh has material {}, but 'Number of materials' is {}",
                        parameters_.file, cell->material_id(), points.size()));
      values.reinit(cell);
      auto& list = points[cell->material_id()];
      first_point_[cell->active_cell_index()] = list.size();
      for (const auto q : values.quadrature_point_indices())
        list.push_back({values.quadrature_point(q), cell->center(), cell_number(cell), q});
    }
  });
  return points;
}

template <int dim>
void ElasticityProblem<dim>::in_material(std::size_t material,
                                         const std::function<void()>& action) const {
  try {
    action();
  } catch (const std::exception& error) {
    throw std::runtime_error(fmt::format("{}: section 'Material {}/{}': {}", parameters_.file,
                                         material, parameters_.model_names[material],
                                         error.what()));
  }
}

template <int dim>
void ElasticityProblem<dim>::prepare_materials(const CheckpointReader* file) {
  dealii::TimerOutput::Scope scope(timer_, "microscale");
  print_material_notes();
  auto points = material_points();
  for (std::size_t m = 0; m < points.size(); ++m) {
    const auto n_points = sum(static_cast<std::uint64_t>(points[m].size()), communicator_);
    out_ << fmt::format("== microscale: material {} ('{}'), {} quadrature points\n", m,
                        parameters_.model_names[m], n_points)
         << std::flush;
    if (n_points == 0) note(fmt::format("no cell has the material of section 'Material {}'", m));
    auto& material = *parameters_.materials[m];
    in_material(m, [&] {
      if (file)
        material.restore(std::move(points[m]), communicator_, progress_report(),
                         [&](const auto& keys) { return file->find(material_table(m), keys); });
      else
        material.set_points(std::move(points[m]), communicator_, progress_report());
    });
    for (const auto& note : material.statistics().notes)
      out_ << "   " << note << '\n' << std::flush;
  }
}

template <int dim>
std::function<void(std::size_t, std::size_t)> ElasticityProblem<dim>::progress_report() {
  return [this, start = std::chrono::steady_clock::now(), next_report = 5.](
             std::size_t done, std::size_t total) mutable {
    // An error of one rank ends the work of all.
    stop_if_noted();
    const double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    if (seconds < next_report || done == 0 || done == total) return;
    // A long stage needs no line every few seconds.
    next_report = seconds + std::max(5., 0.05 * seconds);
    const double left = seconds * static_cast<double>(total - done) / static_cast<double>(done);
    out_ << fmt::format(
                "   {:.0f} % of {} RVEs, {} left\n",
                std::floor(100. * static_cast<double>(done) / static_cast<double>(total)), total,
                left < 100
                    ? fmt::format("{:.0f} s", left)
                    : fmt::format("{}:{:02}:{:02}", static_cast<int>(left / 3600),
                                  static_cast<int>(left / 60) % 60, static_cast<int>(left) % 60))
         << std::flush;
  };
}

template <int dim>
void ElasticityProblem<dim>::evaluate_materials(const Vector* displacement) {
  dealii::TimerOutput::Scope scope(timer_, "evaluation of materials");
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
  if (!displacement) check_responses();
}

template <int dim>
void ElasticityProblem<dim>::check_certification() const {
  if (parameters_.certification.tolerance > 0 && !homogeneous_dirichlet_)
    throw std::invalid_argument(fmt::format(
        "{}: key 'Compliance tolerance' in section 'Certification' is {:g}, but key 'Displacement' "
        "in section 'Boundary conditions' prescribes displacements other than zero, for which the "
        "compliance is not bounded; allowed are 0, or displacements that are 0 or free",
        parameters_.file, parameters_.certification.tolerance));
}

template <int dim>
nlohmann::json ElasticityProblem<dim>::run() {
  make_output_folders();
  try {
    lock_files();
    return run_stages();
  } catch (...) {
    // Nothing is left of a run that failed before its results; a folder with files stays.
    locks_.clear();
    remove_new_folders();
    // What an agreed error has lost on its way is whether a signal was its cause.
    if (const int signal = stopped_for(communicator_); signal != 0)
      throw Interrupted(signal, describe_stop(signal));
    throw;
  }
}

template <int dim>
nlohmann::json ElasticityProblem<dim>::run_stages() {
  set_up();
  check_certification();
  // Points outside the mesh are found before the long stages.
  Vector zero(owned_, relevant_, communicator_);
  {
    dealii::TimerOutput::Scope scope(timer_, "points of interest");
    displacements_at_points(zero);
  }
  local_quantities_.prepare();
  plugin::run_together(communicator_, stop_if_noted);
  start();
  const bool goal_oriented = parameters_.certification.tolerance > 0;
  if (stage_ < Stage::estimate) {
    if (goal_oriented) certify_compliance();
    evaluate_materials(nullptr);
    const auto solution = solve(Bound::estimate);
    displacement_ = solution.displacement;
    displacement_.update_ghost_values();
    potential_ = solution.potential();
    work_ = solution.work;
    error_energy_ = solution.error.value_or(std::numeric_limits<double>::quiet_NaN());
    finish_stage(Stage::estimate);
  }
  if (stage_ < Stage::certificate && parameters_.certify && !goal_oriented) {
    if (responses_.empty()) evaluate_materials(nullptr);
    bounds_ = solve_bounds();
    finish_stage(Stage::certificate);
  }
  if (stage_ < Stage::audit && parameters_.certification.audit_fraction > 0) {
    audit_ = audit();
    finish_stage(Stage::audit);
  }
  return write_results();
}

template <int dim>
nlohmann::json ElasticityProblem<dim>::certified_results() const {
  nlohmann::json energy = {{"estimate", potential_}, {"lower", nullptr}, {"upper", nullptr}};
  if (parameters_.certify) energy["upper"] = bounds_.upper;
  if (bounds_.lower) energy["lower"] = *bounds_.lower;
  nlohmann::json certified = {{"potential_energy", energy}};
  if (!mesh_notes_.empty()) certified["mesh_notes"] = mesh_notes_;
  if (homogeneous_dirichlet_) {
    const auto twice = [](const nlohmann::json& value) {
      return value.is_null() ? value : nlohmann::json(0. - 2. * value.get<double>());
    };
    // f(u) = -2 Pi in equilibrium; of a displacement near it, the energy is nearer.
    certified["compliance"] = {{"estimate", twice(energy["estimate"])},
                               {"lower", twice(energy["upper"])},
                               {"upper", twice(energy["lower"])}};
  }
  if (!rounds_.empty()) certified["certification"] = describe_rounds();
  if (!audit_.is_null()) certified["audit"] = audit_;
  if (parameters_.certify && !bounds_.lower && !no_lower_bound_.empty())
    certified["no_lower_bound"] = no_lower_bound_;
  certified["equilibrium"] = describe_equilibrium();
  return certified;
}

template <int dim>
nlohmann::json ElasticityProblem<dim>::write_results() {
  check_estimate();
  auto certified = certified_results();
  std::vector<std::string> missing;
  const auto attempt = [&](const std::string& what, const std::function<void()>& action) {
    try {
      action();
    } catch (const std::exception& error) {
      if (stopped_for(communicator_) != 0) throw;
      missing.push_back(fmt::format("{}: {}", what, error.what()));
      out_ << fmt::format("== WARNING: there is no {}\n", missing.back()) << std::flush;
    }
  };
  evaluate_materials(&displacement_);
  if (parameters_.local.any())
    attempt("local quantities", [&] {
      dealii::TimerOutput::Scope scope(timer_, "local quantities");
      certified["local_quantities"] =
          local_quantities_.evaluate(displacement_, first_point_, responses_, progress_report());
    });
  out_ << fmt::format("== output: {}\n", parameters_.output_directory) << std::flush;
  nlohmann::json points;
  {
    dealii::TimerOutput::Scope scope(timer_, "points of interest");
    points = displacements_at_points(displacement_);
  }
  nlohmann::json result;
  const auto write = [&](const std::vector<std::string>& absent) {
    result = summary(certified, points);
    if (!absent.empty()) result["missing_files"] = absent;
    write_summary(result);
  };
  {
    auto absent = missing;
    if (!rounds_.empty()) absent.emplace_back("rounds.csv: the run ended before it was written");
    if (parameters_.write_vtu)
      absent.emplace_back("solution.pvd: the run ended before it was written");
    attempt("summary.json", [&] { write(absent); });
  }
  if (!rounds_.empty()) attempt("rounds.csv", [&] { write_rounds(); });
  if (parameters_.write_vtu) attempt("solution.pvd", [&] { write_fields(displacement_); });
  attempt("last version of summary.json", [&] { write(missing); });
  print_summary(result);
  if (missing.empty()) return result;
  std::string list;
  for (const auto& entry : missing) list += fmt::format("{}{}", list.empty() ? "" : "; ", entry);
  throw std::runtime_error(fmt::format(
      "{}: the run is done, but not all of its results are written, see 'missing_files' "
      "in summary.json; missing are: {}",
      parameters_.file, list));
}

template class ElasticityProblem<2>;
template class ElasticityProblem<3>;

}  // namespace seco::macro
