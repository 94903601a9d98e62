#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dream3d_layout.h"
#include "seco/materials/hdf5_file.h"
#include "seco/materials/microstructure_file.h"

namespace seco::materials {

/// A table of features: the arrays of a group that have the same number of rows.
struct Features {
  std::string group;
  std::size_t n = 0;
  std::vector<Dream3dArray> arrays;
  /// Phases or orientations are among them by name.
  bool certain = false;
};

bool is_feature_phase(const Dream3dArray& array);

/// All tables that have phases or what may be orientations, other than those of phases.
std::vector<Features> feature_tables(const Dream3dLayout& layout,
                                     const MicrostructureOptions& options);

/// The table that describes the features 0 to `largest`: that of the options, else the only one
/// with a row more than the largest label; without rows if the file has none, or `none` is asked
/// for.
/// @param ids dataset of the labels
/// @throws std::runtime_error if none fits, or several do, with what to do about it
Features table_of(const Hdf5Reader& file, const Dream3dLayout& layout,
                  const MicrostructureOptions& options, const std::string& ids,
                  std::int64_t largest);

}  // namespace seco::materials
