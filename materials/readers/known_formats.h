#pragma once

#include <string>
#include <vector>

namespace seco::materials {

/// Names the format of a file that is known but not read, by its content and last by its extension,
/// and how to convert it to one that is read: "is a NumPy array (.npy), which is known but not
/// read;
/// ...". Empty for any other file.
/// @param beginning of the file, enough for its header
std::string known_but_not_read(const std::string& path, const std::string& beginning);

/// Names the format of an HDF5 file that is known but not read, by the names of its members and
/// attributes, and how to convert it. Empty for any other file.
std::string hdf5_known_but_not_read(const std::vector<std::string>& members,
                                    const std::vector<std::string>& attributes);

/// How to make image data of VTK data of another type, which are no grids of equal voxels.
std::string way_from_vtk();

}  // namespace seco::materials
