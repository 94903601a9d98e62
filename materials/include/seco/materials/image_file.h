#pragma once

#include <string>
#include <vector>

namespace seco::materials {

/// Values on the voxels of a grid, for an image file.
struct VoxelField {
  enum class Type { float32, uint16 };
  std::string name;
  /// One component after another, each n1 x n2 [x n3] with the last axis fastest.
  std::vector<double> values;
  /// Names of the components; empty for a scalar.
  std::vector<std::string> components;
  Type type = Type::float32;
};

/// Writes VTK image data (.vti) with the fields as cell data: binary, appended after the XML
/// description, in the byte order of the machine, as described in the VTK file formats. A 2D grid
/// is one voxel thick. A file under the final name is always complete.
/// @param shape number of voxels along each axis, 2 or 3
/// @param lengths edges of the grid
/// @throws std::invalid_argument if a field has a wrong number of values
/// @throws std::runtime_error if the file cannot be written
void write_image(const std::string& path, const std::vector<int>& shape,
                 const std::vector<double>& lengths, const std::vector<VoxelField>& fields);

/// Writes fields as XDMF (XML, version 2) for ParaView and others, with the values in the HDF5
/// file `path` + ".h5" beside it: one dataset per field, named as the field, n3 x n2 x n1
/// [x components]. The XML names that file without its folder, so that both can be moved together.
/// Parameters and errors as for `write_image`.
void write_xdmf(const std::string& path, const std::vector<int>& shape,
                const std::vector<double>& lengths, const std::vector<VoxelField>& fields);

}  // namespace seco::materials
