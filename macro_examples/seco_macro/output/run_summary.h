#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "certification.h"
#include "elastic_stiffness.h"
#include "equilibrium_solver.h"
#include "load_step_record.h"
#include "local_summary.h"
#include "result_extremes.h"
#include "run_log.h"
#include "units.h"

namespace seco::macro {

/// A value of the estimate, and bounds of the exact one where there are any.
struct Enclosure {
  double estimate = 0;
  std::optional<double> lower, upper;
};

/// A material of a run, and where it is.
struct MaterialSummary {
  std::string model;
  /// Material ids of the mesh, and their names; "" where there is none.
  std::map<std::int64_t, std::string> ids;
  /// In 2D the area.
  double volume = 0;
};

/// The displacement at a point of interest.
struct PointDisplacement {
  std::vector<double> point, displacement;
};

/// What all materials have done together.
struct MicroscaleSummary {
  std::map<std::string, std::uint64_t> n_rves_by_engine;
  std::uint64_t n_rves = 0, n_points = 0, n_unreliable_rves = 0, n_cached_rves = 0;
  double balance = 1, worst_gap = 0, mean_gap = 0;
  /// Whether some have gaps of their own; those of RVEs with laws are in the steps.
  bool has_gaps = false;
  /// Of MaterialStatistics: a sentence about the worst RVE, files of the unconverged ones, and
  /// choices of the engines.
  std::string message;
  std::vector<std::string> unconverged_rve_files, engine_notes;
  /// Of Material::notes.
  std::vector<std::string> material_notes;
};

/// How near to equilibrium the displacements of all solves are.
struct EquilibriumSummary {
  SolveRecord solves;
  /// Largest relative error in the energy norm that was allowed.
  double allowed = 0;
  /// What the solves add to the width of the certified compliance.
  double width_of_compliance = 0;
  std::string no_lower_bound;
  /// a(e, e) of the error e of the estimate, nan if not known.
  double energy_of_estimate_error = 0;

  /// The solves whose error is larger than allowed, or not bounded.
  unsigned int n_missed() const;
  /// None if the error of one of them is not bounded.
  std::optional<double> largest_error() const;
};

/// Of the loop of Certification::certify.
struct CertificationSummary {
  double tolerance = 0;
  std::vector<Round> rounds;
  /// Why the tolerance was missed; empty if it was not.
  std::string missed;
};

struct CaseSummary;

/// What a run has found and done: summary.json (docs/file_formats.md) and what is printed at its
/// end.
struct RunSummary {
  int dimension = 0;
  std::string unit, linear_algebra;
  Units units;
  /// By number.
  std::vector<MaterialSummary> materials;
  unsigned int n_ranks = 0;
  std::uint64_t n_cells = 0, n_unknowns = 0;
  MicroscaleSummary micro;
  std::vector<PointDisplacement> points;
  std::vector<std::string> mesh_notes;
  Enclosure potential_energy;
  /// None if displacements other than zero are prescribed.
  std::optional<Enclosure> compliance;
  /// Why there is no certified lower bound of the energy; empty if there is one, or none was
  /// wanted.
  std::string no_lower_bound;
  EquilibriumSummary equilibrium;
  std::optional<CertificationSummary> certification;
  /// Of a run with materials that are not linear; energies above are those of the last one.
  std::vector<LoadStepRecord> load_steps;
  /// Reactions and mean displacements of a run with linear materials.
  std::vector<BoundaryForce> boundaries;
  ResultExtremes extremes;
  std::optional<AuditResult> audit;
  std::optional<LocalSummary> local;
  unsigned int n_restarts = 0;
  /// Of several load cases, whose results are not those of this object.
  std::vector<CaseSummary> load_cases;
  std::vector<std::string> missing_checkpoints, missing_files;
  RunLog::Seconds seconds;
  RunLog::Memory memory;
  /// Elastic stiffnesses of boundaries with prescribed displacements, of a run with load steps.
  std::vector<BoundaryStiffness> elastic_stiffness;
};

/// What one of several load cases has.
struct CaseSummary {
  std::string name;
  /// Of which only energies, boundaries, points and extremes are those of the case.
  RunSummary summary;
};

nlohmann::json to_json(const RunSummary& summary);

/// Writes summary.json to a folder; on one rank.
void write_summary(const RunSummary& summary, const std::string& folder);

/// Prints it as a table.
void print_summary(const RunSummary& summary, RunLog& log);

/// Writes the rounds as rounds.csv to a folder; on one rank.
/// @param units that the names of columns have, "lower [mJ]"; none if they are empty
void write_rounds(const std::vector<Round>& rounds, const std::string& folder,
                  const Units& units = {});

/// Writes load steps as force_displacement.csv to a folder; on one rank. Units as above.
void write_force_displacement(const std::vector<LoadStepRecord>& steps, const std::string& folder,
                              const Units& units = {});

}  // namespace seco::macro
