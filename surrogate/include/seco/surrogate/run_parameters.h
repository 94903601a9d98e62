#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "seco/materials/parameter_reader.h"

namespace seco::surrogate {

/// What a section of the material `homogenized` says of a run over many points, beside its engine.
struct RunParameters {
  enum class SeedPer { material, cell, quadrature_point };
  /// Points that share a generated RVE.
  SeedPer seed_per = SeedPer::quadrature_point;
  /// Points draw from so many seeds; 0 for a seed of their own.
  std::uint64_t n_different_rves = 0;
  /// Volume fractions are rounded to multiples of it; 0 for none.
  double volume_fraction_step = 0;
  std::string refinement_engine, refinement_model;
  /// Relative gap that every marked RVE is refined to; 0 for what each needs.
  double refinement_tolerance = 0;
  /// RVEs are refined no further than to this relative gap.
  double smallest_gap = 0;
  std::string audit_engine;
  double audit_tolerance = 0;
  /// MiB of disk that the result cache may take.
  double cache_limit = 0;
  /// So many of the RVEs that miss what was asked are written to files.
  std::size_t n_unconverged_files = 0;
};

/// Asks for those that say which points share an RVE: `seed_per`, `n_different_rves` and
/// `volume_fraction_step`.
/// @throws materials::ParameterError
void read_rve_sharing(materials::ParameterReader& reader, const std::string& section,
                      RunParameters& run);

/// Asks for all of them. Programs without a run ask too, so that a section of `seco-macro` is
/// checked, and taken, as it is.
/// @throws materials::ParameterError
RunParameters read_run_parameters(materials::ParameterReader& reader, const std::string& section);

}  // namespace seco::surrogate
