#pragma once

#include <string>

namespace seco::test {

/// VTK image data of 4x4x4 voxels, label 0 in the half at small x and 1 in the other: not periodic
/// along x.
inline std::string two_layers() {
  std::string text =
      "<VTKFile type=\"ImageData\"><ImageData WholeExtent=\"0 4 0 4 0 4\" Spacing=\"1 1 1\">"
      "<Piece Extent=\"0 4 0 4 0 4\"><CellData><DataArray type=\"Int32\" Name=\"phase\" "
      "format=\"ascii\">";
  for (int line = 0; line < 16; ++line) text += "0 0 1 1 ";
  return text + "</DataArray></CellData></Piece></ImageData></VTKFile>";
}

}  // namespace seco::test
