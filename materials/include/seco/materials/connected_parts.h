#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace seco::materials {

/// The connected parts of one kind of voxels. Voxels are connected where they share a face; on a
/// periodic axis the first and the last layer are neighbours.
struct ConnectedParts {
  std::size_t n_voxels = 0;
  std::size_t n_parts = 0;
  /// Voxels of the largest part.
  std::size_t largest = 0;
  /// Whether a part percolates along each axis: where the axis is periodic, whether the part
  /// returns to itself after winding around it, so that it goes on without end in the periodic
  /// continuation; else whether it reaches from the first to the last layer.
  std::array<bool, 3> spans{};
};

/// Axes along which a grid is periodic.
using PeriodicAxes = std::array<bool, 3>;

/// The largest number of voxels whose parts are found.
constexpr std::size_t most_voxels_with_parts = 0xFFFFFFFE;

/// The parts of each kind of voxels, by union-find over the runs of equal voxels along the last
/// axis: at most 13 bytes per run, and up to some 100 for each voxel of a periodic face.
/// @param phase of every voxel, n1 x n2 x n3, last axis fastest
/// @param kind_of_phase kind of each phase, from 0
/// @param n_kinds number of kinds
/// @throws std::invalid_argument for more voxels than `most_voxels_with_parts`
std::vector<ConnectedParts> connected_parts(const std::array<int, 3>& shape,
                                            const std::vector<std::uint16_t>& phase,
                                            const std::vector<std::uint16_t>& kind_of_phase,
                                            std::size_t n_kinds, const PeriodicAxes& periodic);

/// What `drop_small_parts` did.
struct DroppedParts {
  std::size_t n_parts = 0, n_voxels = 0;
};

/// Gives every connected part of fewer than `smallest` voxels the label that most of its neighbours
/// across faces have, the smallest of equally frequent ones; neighbours in small parts do not
/// count. Small parts without any other neighbours follow when the parts between have got their
/// labels.
/// @param label of every voxel, n1 x n2 x n3, last axis fastest
/// @throws std::invalid_argument if no part has as many voxels, or for more voxels than
///   `most_voxels_with_parts`
DroppedParts drop_small_parts(const std::array<int, 3>& shape, std::vector<std::int32_t>& label,
                              std::size_t smallest, const PeriodicAxes& periodic);

}  // namespace seco::materials
