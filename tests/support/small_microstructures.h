#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "support/temporary.h"

namespace seco::test {

/// A small grid with grains, for the writers below. Labels are n1 x n2 x n3 with the last axis
/// fastest, as in an `Rve`.
struct SmallGrid {
  std::array<int, 3> shape{3, 4, 5};
  std::array<double, 3> spacing{0.5, 1., 2.};
  std::vector<int> label;
  /// Bunge Euler angles in radians of each label.
  std::vector<std::array<double, 3>> euler;
  /// Number of the phase of each label: 0 or 1.
  std::vector<int> phase;
  std::array<std::string, 2> phase_names{"Aluminum", "Titan"};
};

/// Without a symmetry of the axes: 6 grains of 2 phases with different orientations.
SmallGrid asymmetric_grid();

/// What differs between the ways that VTK writes arrays.
struct VtkWay {
  /// ascii, binary or appended
  std::string format = "binary";
  bool base64 = true;
  bool compressed = false;
  /// Header and data encoded in base64 together, as some writers do, or one by one, as VTK does.
  bool header_apart = true;
  bool big_endian = false;
  int header_size = 4;
  /// Of the array: Int8, UInt16, Int64 or Float32.
  std::string type = "Int64";
  int block_size = 64;
};

/// Image data with the labels as cell array. @param name of the array
std::string image_data_text(const SmallGrid& grid, const std::string& name, const VtkWay& way);

/// A material configuration of DAMASK with one entry per label; cubic and hexagonal constants.
std::string damask_material_text(const SmallGrid& grid);

/// DREAM.3D's layout of HDF5. @param version 7 (SIMPL) or 8 (simplnx)
/// @param quaternions in place of Euler angles
void write_dream3d(const std::string& path, const SmallGrid& grid, int version = 7,
                   bool quaternions = false);

/// A grey-level PNG image, 8 or 16 bit, rows from the top.
void write_png(const std::string& path, int width, int height,
               const std::vector<std::uint16_t>& levels, int bits = 8);

void write_text(const std::string& path, const std::string& content);
std::string read_text(const std::string& path);

}  // namespace seco::test
