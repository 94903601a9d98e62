#pragma once

#include <string>
#include <vector>

#include "dream3d_layout.h"
#include "seco/materials/hdf5_file.h"
#include "seco/materials/rotation.h"

namespace seco::materials {

/// Names of orientations, of features and of cells alike. Angles are preferred: the average
/// quaternions of synthetic structures are not brought up to date when DREAM.3D swaps orientations
/// between grains.
struct OrientationNames {
  std::vector<std::string> angles, quaternions;
};
const OrientationNames& orientation_names();
bool is_orientation(const std::string& name);

/// Whether an array that is not called as an orientation could be one: numbers in three or four
/// columns, other than what DREAM.3D itself calls positions and shapes.
bool may_be_orientation(const Dream3dArray& array);

/// Orientations of other kinds than angles and quaternions, by what their names say; else empty.
std::string other_kind_of_orientation(std::string name);

/// Orientations from crystal to sample axes of `n` features or cells in the order of the file:
/// Bunge angles in three columns, or quaternions x, y, z, w from sample to crystal axes in four.
/// @param angles `radians` or `degrees`
/// @param of_features whether entry 0 stands for no feature and may be a quaternion of zeros
/// @throws std::runtime_error naming the dataset, the entry and what is allowed
std::vector<Rotation> read_orientations(const Hdf5Reader& file, const std::string& dataset,
                                        std::size_t n, const std::string& angles, bool of_features);

}  // namespace seco::materials
