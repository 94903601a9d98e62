#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "seco/materials/mandel.h"
#include "seco/materials/rve.h"

namespace seco::surrogate {

/// Where a load path of an RVE begins other than at rest: the state at the end of an earlier step.
struct DeformationStart {
  double time = 0;
  /// Mean strain, Mandel notation.
  materials::MandelVector strain;
  /// Displacement fluctuation, `[d, voxels]`; empty for zero.
  std::vector<double> displacement;
  /// Where the first increment is sought: the displacement changes by `direction` while the mean
  /// strain changes by `strain_direction`, and in proportion for other strains; empty where nothing
  /// is known.
  std::vector<double> direction;
  materials::MandelVector strain_direction = {};
  /// State variables of all voxels in the order of the library; empty for those at the beginning.
  std::vector<double> state;
};

/// An HDF5 file of it: datasets of these names where they are not empty, attributes `time` and
/// `rve`, the hash of the RVE.
/// @throws std::runtime_error
void write_start(const std::string& path, const DeformationStart& start, const materials::Rve& rve);
/// @throws std::runtime_error or std::invalid_argument naming the file, also if it belongs to
///   another RVE
DeformationStart read_start(const std::string& path, const materials::Rve& rve);

}  // namespace seco::surrogate
