#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "dream3d_layout.h"
#include "seco/materials/hdf5_file.h"
#include "seco/materials/labelled_grid.h"

namespace seco::materials {

/// What a DREAM.3D file says about its phases, which count from 1; 0 stands for none.
struct Dream3dEnsemble {
  std::map<std::int64_t, FilePhase> phases;
  /// In Hermann-Mauguin symbols; empty where the crystal structure is not known.
  std::map<std::int64_t, std::string> laue_groups;
  /// Rows of `CrystalStructures`.
  std::size_t n_described = 0;
  /// The dataset, where it is not in the geometry.
  std::string elsewhere;
  std::vector<std::string> notes;
};

/// Symmetry and names of the phases; without phases, and with a note, where the file describes none
/// or datasets contradict each other.
/// @throws std::runtime_error naming the file for names that are not as many as the structures
Dream3dEnsemble read_ensemble(const Hdf5Reader& file, const Dream3dLayout& layout);

}  // namespace seco::materials
