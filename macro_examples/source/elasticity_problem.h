#pragma once

#include <deal.II/base/conditional_ostream.h>
#include <deal.II/base/quadrature_lib.h>
#include <deal.II/base/timer.h>
#include <deal.II/distributed/tria.h>
#include <deal.II/dofs/dof_handler.h>
#include <deal.II/fe/fe_system.h>
#include <deal.II/fe/mapping_q.h>
#include <deal.II/lac/affine_constraints.h>
#include <deal.II/lac/la_parallel_vector.h>

#include <chrono>
#include <cmath>
#include <filesystem>
#include <functional>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>

#include "checkpoint_file.h"
#include "linear_solver.h"
#include "local_quantities.h"
#include "macro_parameters.h"
#include "mesh_checks.h"
#include "mesh_parts.h"
#include "residual_energy.h"
#include "rigid_motions.h"
#include "run_lock.h"

namespace seco::macro {

/// Quasi-static small-strain elasticity: find u with u = g on the Dirichlet boundary and
///   int sym(grad u) : C : sym(grad v) = int b . v + int t . v   for all v,
/// with the stiffness C of each quadrature point from the materials. Plane strain in 2D.
///
/// The stiffness is bounded, lower <= C <= upper, and the potential energy
///   Pi(C) = 1/2 a_C(u, u) - f(u), minimal over all admissible u, increases with C, so
///   Pi(lower) <= Pi(C) <= Pi(upper);
/// under fixed loads and homogeneous Dirichlet data the compliance f(u) = -2 Pi is enclosed as
/// well.
template <int dim>
class ElasticityProblem {
 public:
  ElasticityProblem(MacroParameters<dim> parameters, MPI_Comm communicator);

  /// Runs all stages and writes results. @return the summary, also written as summary.json.
  /// @throws Interrupted if a signal has stopped it, std::exception else; on all ranks together
  nlohmann::json run();

  /// Checks all that can be checked without computing, and prints what a run would do; nothing is
  /// written. Materials that could not be made may be null. Collective.
  /// @return one sentence per problem, the same on all ranks
  std::vector<std::string> check();

 private:
  enum class Bound { estimate, upper, lower };
  using Vector = dealii::LinearAlgebra::distributed::Vector<double>;
  /// Pi(lower), where every point has a lower bound, and Pi(upper).
  struct EnergyBounds {
    std::optional<double> lower;
    double upper = 0;
  };
  /// A displacement near equilibrium, and how near.
  struct Solution {
    Vector displacement;
    /// Norm of the residual.
    double residual = 0;
    unsigned int iterations = 0;
    /// 1/2 a(u, u) and f(u).
    double strain_energy = 0, work = 0;
    /// Guaranteed bound of a(e, e) for the error e, which is twice the difference of the potential
    /// energies; none where the body has no bound (residual_energy.h).
    std::optional<double> error;
    /// Why there is no solution; empty if there is one.
    std::string failure;

    double potential() const { return strain_energy - work; }
    /// Of the sums over points in the potential energy.
    double round_off() const { return 1e-13 * (std::abs(strain_energy) + std::abs(work)); }
    /// In the energy norm.
    double relative_error() const {
      if (!error) return std::numeric_limits<double>::quiet_NaN();
      return *error > 0 ? std::sqrt(*error / (2 * strain_energy)) : 0.;
    }
  };
  /// A round of the loop of certify_compliance: bounds of the compliance, nan where there is none,
  /// and what was done until then. `n_marked` is the number of RVEs marked in the round before.
  struct Round {
    unsigned int number = 0;
    double lower = 0, upper = 0;
    /// (upper - lower) / lower, no less than the width relative to the compliance itself.
    double relative_width = 0;
    std::size_t n_marked = 0;
    std::uint64_t n_polished = 0, n_rves = 0;
    double micro_seconds = 0, micro_cpu_seconds = 0, macro_seconds = 0;

    double polished_fraction() const {
      return n_rves > 0 ? static_cast<double>(n_polished) / static_cast<double>(n_rves) : 0.;
    }
  };

  /// Makes the folders of the results and of the checkpoint, so that a path that cannot be written
  /// is refused before the long stages.
  void make_output_folders();
  /// Removes those that were new and are empty.
  void remove_new_folders() const;
  /// Keeps other runs from the folder of the results and from the checkpoint.
  /// @throws std::runtime_error on all ranks if another run has one of them
  void lock_files();
  /// What a checkpoint may follow, in the order of the run. Bounds and polishing alternate.
  enum class Stage { none, homogenization, bounds, polishing, estimate, certificate, audit };

  nlohmann::json run_stages();
  /// The last stage, which is always done anew: stresses inside RVEs and all files but the
  /// checkpoint. The summary is written first and once more at the end, so that a disk that is full
  /// costs no more than the files it has no room for. @return the summary
  /// @throws std::runtime_error on all ranks, after all that can be written has been, if a file is
  ///   missing
  nlohmann::json write_results();
  /// What the summary says of energies, compliance, certification and audit.
  nlohmann::json certified_results() const;
  /// Takes up the checkpoint, if the run is a restarted one and there is one; else homogenizes.
  void start();
  /// Whether there is a checkpoint; the same on all ranks.
  /// @throws std::invalid_argument if a run that is restarted has none, and writes none either
  bool finds_checkpoint() const;
  void restore(const CheckpointReader& file);
  /// @throws std::runtime_error on all ranks if the checkpoint is of another run
  void check_identity(const CheckpointReader& file) const;
  /// Notes that a stage is done, and keeps the state of the run if it is time, or if a signal ends
  /// the run here. Collective. @throws Interrupted on all ranks
  void finish_stage(Stage stage);
  /// Goes on without, and says so, if the checkpoint cannot be written.
  void write_checkpoint();
  /// For the user: where the run was stopped, and how it is continued.
  std::string describe_stop(int signal) const;
  nlohmann::json describe_state() const;
  void take_state(const nlohmann::json& state);
  /// Displacement and shares by cell, under keys that do not depend on the distribution.
  plugin::StateRecords cell_records() const;
  void take_cells(const CheckpointReader& file, bool has_shares);
  /// As in the message of a checkpoint.
  std::string stage_name() const;
  static std::string material_table(std::size_t material) {
    return "material " + std::to_string(material);
  }
  /// Elapsed time of every section of the timer, of the slowest rank, with that of the run that was
  /// continued. "program start" is what passed before this object was made, "other" what no section
  /// has, "total" all since the program was started. Collective.
  nlohmann::json seconds() const;
  void set_up();
  /// Mesh and unknowns.
  void make_unknowns();
  /// Replaces names of boundaries by their ids, where there is one.
  void find_named_boundaries();
  /// Boundary conditions at boundaries that the mesh does not have, or that lie inside the body, a
  /// sentence for each. Collective.
  std::vector<std::string> unknown_boundaries() const;
  /// The prescribed displacements of the locally relevant unknowns. Collective.
  /// @throws std::invalid_argument where boundaries meet that prescribe different values
  std::map<dealii::types::global_dof_index, double> prescribed_displacements() const;
  /// @throws std::invalid_argument if a part of the body can move without strain
  void check_held(const std::map<dealii::types::global_dof_index, double>& prescribed) const;
  /// Says which tractions do no work, since the displacement is prescribed there. Collective.
  void note_idle_tractions();
  /// Prints a note, and keeps it for the summary.
  void note(const std::string& text);
  /// Constraints, after a check of the loads and of what holds the body.
  void set_constraints();
  /// @throws std::invalid_argument if the compliance cannot be certified under the displacements
  void check_certification() const;
  /// The locally owned points by material; sets `first_point_`. Collective.
  std::vector<std::vector<plugin::MaterialPoint<dim>>> material_points();
  /// Runs an action of a material; adds file and section to what it throws.
  void in_material(std::size_t material, const std::function<void()>& action) const;
  /// Runs a part of `check` and notes what it throws. @return whether it threw nothing
  using Attempt = std::function<bool(const std::function<void()>&)>;
  void check_boundaries(const Attempt& attempt, std::vector<std::string>& problems);
  void check_materials(const Attempt& attempt);
  /// @throws std::runtime_error if a prescribed displacement, a traction or the body force is not
  ///   finite
  void check_loads(const std::map<dealii::types::global_dof_index, double>& prescribed) const;
  /// @param file where materials find their state in place of homogenizing; may be null
  void prepare_materials(const CheckpointReader* file);
  void evaluate_materials(const Vector* displacement);
  /// The hanging nodes and the prescribed displacements, or zero in their place.
  void constrain(const dealii::DoFHandler<dim>& dof_handler,
                 dealii::AffineConstraints<double>& constraints, bool homogeneous) const;
  StiffnessField<dim> stiffness_field(Bound bound);
  void assemble_loads();
  /// Loads minus inner forces at the unknowns without constraint.
  Vector residual(const StiffnessField<dim>& stiffness, const Vector& displacement);
  /// 1/2 a_C(u, u).
  double strain_energy(const StiffnessField<dim>& stiffness, const Vector& displacement);
  Discretization<dim> discretization() const;
  /// Solves with a stiffness, with the direct solver as the last resort.
  /// @throws std::runtime_error if no displacement near equilibrium is found
  Solution solve(Bound bound);
  /// One try of the present solver, from a displacement. @param load norm of the loads
  Solution attempt(const StiffnessField<dim>& stiffness, const Vector& start, double load);
  /// Solves for what is left of the residual until its norm is the goal, or no more can be gained.
  /// @return whether it is
  bool approach(const StiffnessField<dim>& stiffness, double goal, Solution& solution);
  /// Whether a solution is so bad that the direct solver shall try.
  bool direct_is_left(const Solution& solution) const;
  const dealii::SymmetricTensor<4, dim>& stiffness(Bound bound,
                                                   const plugin::MaterialResponse<dim>& response,
                                                   std::size_t point) const;
  /// Calls function(cell, material id, number of its first point) for every locally owned cell.
  template <typename Function>
  void for_local_cells(const Function& function) {
    for (const auto& cell : dof_handler_.active_cell_iterators())
      if (cell->is_locally_owned())
        function(cell, cell->material_id(), first_point_[cell->active_cell_index()]);
  }
  /// Reports the progress of the RVEs of all ranks and the time left: nothing in the first seconds,
  /// then every few, later more rarely.
  std::function<void(std::size_t, std::size_t)> progress_report();
  /// Solves with both bounds of the stiffness, and sets the shares of the points.
  EnergyBounds solve_bounds();
  /// The shares of the points in the width of the certified compliance,
  ///   f(u_lower) - f(u_upper) = sum_q w eps(u_upper) : (upper - lower) : eps(u_lower),
  /// an identity, since both displacements solve their problem for the same loads.
  /// @param stiff, soft displacements of the upper and of the lower bound of the stiffness
  void set_shares(const Vector& stiff, const Vector& soft);
  /// Solves with both bounds and polishes the RVEs that carry the width of the compliance, until
  /// the width is below the tolerance or nothing more can be gained (docs/certified_runs.md).
  void certify_compliance();
  /// Solves with both bounds and adds a round.
  void add_round();
  /// Marks and polishes RVEs. @param width of the compliance, nan if it has no upper bound
  /// @return the number of marked RVEs, 0 if none can be improved
  std::size_t polish(double width, double goal);
  /// Homogenizes a sample of the RVEs with the engines of reference. @return what they took
  nlohmann::json audit();
  /// Why no RVE is polished any more, with the key that stops it. Collective.
  std::string polish_limit(double width, double compliance);
  /// Checks what materials have answered before it is used: finite and symmetric stiffnesses,
  /// lower <= tangent <= upper, and a tangent that resists every strain. Collective.
  /// @throws std::runtime_error naming the material and the point
  void check_responses();
  /// Checks that bounds are finite and in order; what crosses by no more than round-off is put in
  /// order. @throws std::runtime_error
  void check_energy_bounds(EnergyBounds& bounds) const;
  /// Puts the estimate of the potential energy into its bounds, which it may leave by no more than
  /// the energy of its error. @throws std::runtime_error
  void check_estimate();
  /// What is reported of equilibrium, also for a checkpoint.
  nlohmann::json describe_equilibrium() const;
  void take_equilibrium(const nlohmann::json& state);
  nlohmann::json describe_rounds() const;
  void write_rounds() const;
  void write_fields(const Vector& displacement);
  nlohmann::json displacements_at_points(const Vector& displacement) const;
  bool lower_bound_usable() const;
  /// What materials say of their input, each once.
  std::vector<std::string> material_notes() const;
  void print_material_notes();
  nlohmann::json summary(const nlohmann::json& certified, const nlohmann::json& points);
  void write_summary(const nlohmann::json& summary) const;
  void print_summary(const nlohmann::json& summary);

  MacroParameters<dim> parameters_;
  MPI_Comm communicator_;
  dealii::ConditionalOStream out_;
  dealii::TimerOutput timer_;
  dealii::parallel::distributed::Triangulation<dim> mesh_;
  dealii::FESystem<dim> element_;
  dealii::QGauss<dim> quadrature_;
  dealii::QGauss<dim - 1> face_quadrature_;
  dealii::DoFHandler<dim> dof_handler_;
  MeshLabels labels_;
  MeshParts<dim> parts_;
  std::vector<std::string> mesh_notes_;
  dealii::IndexSet owned_, relevant_;
  /// With the prescribed displacements, and with zero in their place.
  dealii::AffineConstraints<double> constraints_, homogeneous_constraints_;
  std::unique_ptr<RigidMotions<dim>> rigid_motions_;
  LocalQuantities<dim> local_quantities_;
  std::unique_ptr<LinearSolver<dim>> solver_;
  std::unique_ptr<ResidualEnergy<dim>> residual_energy_;
  /// Whether the solver is the direct one, and why, if it was not asked for.
  bool direct_ = false;
  std::string direct_reason_;
  /// Forces at the unknowns, and these with those at constrained ones passed on.
  Vector loads_, condensed_loads_;
  /// Of the last solve, from which the next one starts.
  Vector last_displacement_;
  /// With the estimate of the stiffness.
  Vector displacement_;
  bool homogeneous_dirichlet_ = true;
  std::vector<std::filesystem::path> new_folders_;
  /// Of the first rank.
  std::vector<std::unique_ptr<RunLock>> locks_;
  /// Number of the first point of every active cell among those of its material; by active cell
  /// index.
  std::vector<std::size_t> first_point_;
  std::vector<plugin::MaterialResponse<dim>> responses_;
  /// Of every solve: iterations, and the largest error in the energy norm, nan if not known.
  std::vector<unsigned int> solver_iterations_;
  std::vector<double> equilibrium_errors_;
  /// Share of every point in the width of the compliance, per material; empty if not certified.
  std::vector<std::vector<double>> shares_;
  std::vector<Round> rounds_;
  /// The best of all rounds, or of the only solution.
  EnergyBounds bounds_;
  /// Potential energy and f(u) of the estimate, and the energy of its error, nan if not known.
  double potential_ = 0, work_ = 0, error_energy_ = 0;
  nlohmann::json audit_;
  /// The last stage that is done.
  Stage stage_ = Stage::none;
  /// RVEs marked in the last polishing.
  std::size_t n_marked_ = 0;
  unsigned int n_restarts_ = 0;
  /// What the checkpoint on the disk follows; empty if there is none of this run.
  std::string kept_;
  /// Why checkpoints could not be written, one sentence each.
  std::vector<std::string> missing_checkpoints_;
  double seconds_before_start_ = 0;
  /// Of the first rank, once it is known (run_identity.h).
  std::string identity_;
  nlohmann::json seconds_before_ = nlohmann::json::object();
  std::chrono::steady_clock::time_point last_checkpoint_ = std::chrono::steady_clock::now();
  /// What the solves of the last bounds leave of the width of the compliance.
  double solver_width_ = 0;
  /// Why there is no lower bound of the potential energy, one clause; empty if there is one.
  std::string no_lower_bound_;
  /// Why the tolerance of the compliance was missed, one clause; empty if it was not.
  std::string missed_;
};

}  // namespace seco::macro
