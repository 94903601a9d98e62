#pragma once

#include <array>
#include <string>
#include <vector>

#include "seco/materials/labelled_grid.h"

namespace seco::materials {

/// A block of voxels of a grid.
struct GridBlock {
  std::array<int, 3> from{}, shape{};
};

/// The block that `crop` keeps. @throws std::invalid_argument as there
GridBlock block_of(const std::array<int, 3>& shape, const std::vector<Interval>& intervals);
std::string note_on_crop(const std::array<int, 3>& shape, const GridBlock& block);

/// The grid that `coarsen` makes. @throws std::invalid_argument as there
std::array<int, 3> coarse_shape(const std::array<int, 3>& shape, const std::array<int, 3>& factors);
/// @param changed share of the voxels whose label changed
std::string note_on_coarsening(const std::array<int, 3>& fine, const std::array<int, 3>& coarse,
                               double changed);

/// Factors along the three axes of an option of one to three.
/// @param n_layers voxels along axis 2, of which the one of a plane is left alone
std::array<int, 3> coarsening_of(const std::vector<int>& factors, int n_layers);

/// The most frequent value, the smallest of equally frequent ones; sorts the values.
std::int32_t majority(std::vector<std::int32_t>& values);

/// Indices of a voxel in a grid with the last axis fastest, for messages.
std::string voxel_at(std::size_t position, const std::array<int, 3>& shape);

}  // namespace seco::materials
