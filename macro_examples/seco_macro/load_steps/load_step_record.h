#pragma once

#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "boundary_forces.h"

namespace seco::macro {

/// A refinement of the mesh before a load step.
struct RefinementRecord {
  /// Cells before it, and of these those that were refined.
  std::uint64_t n_cells_before = 0, n_refined = 0;
  /// Norm of the residual of the state that was transferred, relative to that of the forces, under
  /// the same loads, and of Newton's iterations until it was in equilibrium again.
  double relative_residual = 0;
  unsigned int newton_iterations = 0;
  /// Why it is not; empty if it is.
  std::string failure;
};

/// What is known of a load step that is done.
struct LoadStepRecord {
  /// At its end, and its length.
  double time = 0, duration = 0;
  unsigned int newton_iterations = 0, linear_iterations = 0;
  /// Longer steps that were tried before and given up.
  unsigned int n_cuts = 0;
  /// Rounds of refinement, and RVEs that were refined in them.
  unsigned int n_rounds = 0;
  std::uint64_t n_refined = 0;
  /// Norm of the residual relative to that of the forces.
  double relative_residual = 0;
  /// Incremental energy of all points, nan if a material has none.
  double energy = std::numeric_limits<double>::quiet_NaN();
  /// Guaranteed bounds of the least incremental potential, nan and none if there is none.
  double upper = std::numeric_limits<double>::quiet_NaN();
  std::optional<double> lower;
  /// (upper - lower) / the largest energy of this step and those before.
  double relative_gap = std::numeric_limits<double>::quiet_NaN();
  /// Why there is no lower bound; empty if there is one, or none was wanted.
  std::string no_lower_bound;
  /// Estimate of LoadSteps::time_error; none where it is not known.
  std::optional<double> time_error;
  std::vector<BoundaryForce> boundaries;
  /// Of the mesh, and how it was refined before the step.
  std::uint64_t n_cells = 0, n_unknowns = 0;
  std::optional<RefinementRecord> refinement;
};

nlohmann::json to_json(const LoadStepRecord& record);
LoadStepRecord load_step_from_json(const nlohmann::json& record);

}  // namespace seco::macro
