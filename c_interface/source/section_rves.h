#pragma once

#include <string>
#include <vector>

#include "seco/materials/parameter_file.h"
#include "seco/materials/rve.h"
#include "seco/materials/rve_source.h"

namespace seco::c_interface {

/// RVEs of a section of a material of seco-macro, without points and their positions: with the
/// seeds 0, 1, ...
struct SectionRves {
  int dimension = 3;
  /// Of stresses.
  std::string unit;
  materials::RveSource source;
  /// One per RVE, and the texture spread of all, in radians.
  std::vector<double> volume_fraction;
  double texture_spread = 0;

  std::vector<materials::Rve> make() const;
  /// What was assumed when a microstructure file was read, in sentences.
  std::vector<std::string> notes() const;
};

/// Refuses a section that is not in the file: it would have all its defaults.
/// @throws std::invalid_argument naming those of the file
void check_section(const materials::ParameterFile& file, const std::string& section);

/// Asks for `Dimension`, `Unit`, and what the section says of its RVEs.
/// @param volume_fraction of the caller, one for each RVE, or empty for what the file says
/// @throws std::invalid_argument
SectionRves read_section_rves(materials::ParameterFile& file, const std::string& section,
                              std::size_t n_rves, const std::vector<double>& volume_fraction);

}  // namespace seco::c_interface
