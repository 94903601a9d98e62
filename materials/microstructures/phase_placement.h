#pragma once

#include <Eigen/Core>
#include <string>
#include <vector>

#include "seco/materials/generators.h"

namespace seco::materials {

/// A phase of a generator with its constants laid into the grid.
struct PlacedPhase {
  /// 6 x 6, or 3 x 3 where in 2D no more is given.
  MandelMatrix stiffness;
  /// The constants follow the long axis of each inclusion, and are not turned yet: `axis` of them
  /// goes there.
  bool along_each_inclusion = false;
  Eigen::Vector3d axis = Eigen::Vector3d::UnitZ();
  /// How they lie, in a sentence; empty for an isotropic phase.
  std::string note;
};

/// The phases of the generators other than `polycrystal`: matrix and inclusion, or the layers, or
/// the matrix alone.
/// @param any_axis notes do not name the axis of fibres and layers
/// @throws std::invalid_argument for a stiffness of a wrong size, and for an orientation that would
///   have no effect
std::vector<PlacedPhase> placed_phases(const GeneratorSettings& settings, bool any_axis = false);

/// The stiffness of a phase whose axis lies along a direction.
MandelMatrix turned_to(const PlacedPhase& phase, const Eigen::Vector3d& direction);

}  // namespace seco::materials
