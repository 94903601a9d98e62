#pragma once

#include <string>
#include <vector>

#include "seco/surrogate/engine_parameters.h"

namespace seco::c_interface {

/// Homogenized stiffnesses of RVEs of one dimension and unit.
struct HomogenizedRves {
  int dimension = 3;
  std::string unit;
  std::vector<surrogate::Homogenized> results;
  /// Why each of them misses what was asked; empty where it does not.
  std::vector<std::string> reasons;
  /// What was assumed when a microstructure file was read, in sentences.
  std::vector<std::string> notes;
};

/// One RVE of a file. @throws std::exception about the input, NoResult
HomogenizedRves homogenize_file(const std::string& rve_file, const std::string& engine,
                                const surrogate::EngineSettings& settings);

/// RVEs of a section of a parameter file.
/// @param volume_fraction one for each RVE, or empty
/// @throws std::exception about the input, NoResult
HomogenizedRves homogenize_section(const std::string& parameter_file, const std::string& section,
                                   std::size_t n_rves, const std::vector<double>& volume_fraction);

}  // namespace seco::c_interface
