#pragma once

#include <functional>
#include <string>
#include <vector>

#include "certification.h"
#include "load_steps.h"
#include "local_quantities.h"
#include "run_summary.h"

namespace seco::macro {

/// Writes the results of a run: summary.json, rounds.csv, the fields for ParaView, what happens
/// inside the RVEs, and load steps as they are done.
template <int dim>
class Output {
 public:
  using Vector = typename BoundaryValueProblem<dim>::Vector;

  /// What it refers to must outlive it; the mesh may be made later.
  Output(const MacroParameters<dim>& parameters, const BoundaryValueProblem<dim>& problem,
         MaterialField<dim>& materials, const Certification<dim>& certification, RunLog& log);

  /// @throws std::invalid_argument for points of interest outside of the mesh. Collective.
  void check_points() const;
  /// @throws std::invalid_argument for local quantities that no material has. Collective.
  void check_local_quantities() { local_quantities_.prepare(); }

  /// The displacements at the points of interest. Collective.
  /// @throws std::invalid_argument for a point outside the mesh
  std::vector<PointDisplacement> displacements_at_points(const Vector& displacement) const;

  /// Writes all files, for the displacement in equilibrium. The summary is written
  /// first and once more at the end, so that a disk that is full costs no more than the files it
  /// has no room for. Collective.
  /// @param summary what is known; completed here
  /// @throws std::runtime_error on all ranks, after all that can be written has been, if a file is
  ///   missing
  void write(const Vector& displacement, RunSummary& summary);

  /// Completes the summary of a load case, and writes its fields, solution_K. Collective.
  /// @param number of the case; the files before are written
  void write_case(const Vector& displacement, std::size_t number, RunSummary& summary);

  /// Writes the fields of the last load step, solution.pvd of all, and force_displacement.csv.
  /// Collective. @throws std::runtime_error on all ranks if a file cannot be written
  void write_step(const LoadSteps<dim>& steps) const;
  /// Writes force_displacement.csv alone. Collective.
  void write_step_table(const LoadSteps<dim>& steps) const;
  /// The extremes of the last load step, whose answers are there. Collective.
  ResultExtremes extremes(const LoadSteps<dim>& steps) const;

 private:
  /// Runs an action; what it throws becomes an entry of `missing_`, unless a signal is the cause.
  void attempt(const std::string& what, const std::function<void()>& action);
  /// Adds what changes until the end, and writes it.
  void write_summary_with(const std::vector<std::string>& missing, RunSummary& summary) const;
  /// @param times of the files until this one
  void write_fields(const Vector& displacement, const std::vector<double>& times = {0.}) const;
  /// The materials and their volumes. Collective.
  std::vector<MaterialSummary> material_summaries() const;
  void write_step_fields(const LoadSteps<dim>& steps) const;
  /// Whether the fields of a step are written. @param number from 0
  bool writes_fields_of(const std::vector<LoadStepRecord>& steps, std::size_t number) const;

  const MacroParameters<dim>& parameters_;
  const BoundaryValueProblem<dim>& problem_;
  MaterialField<dim>& materials_;
  const Certification<dim>& certification_;
  RunLog& log_;
  LocalQuantities<dim> local_quantities_;
  /// Files that could not be written, and why.
  std::vector<std::string> missing_;
};

/// What the materials have done so far. Collective.
template <int dim>
MicroscaleSummary microscale_summary(const MaterialField<dim>& materials);

}  // namespace seco::macro
