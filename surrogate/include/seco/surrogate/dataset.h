#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "seco/materials/rve.h"

namespace seco::surrogate {

/// How a dataset of RVEs with low-resolution labels is made.
struct DatasetSettings {
  /// HDF5 file to write.
  std::string file;
  std::size_t n_training = 64;
  std::size_t n_validation = 8;
  /// Labels are solved on a grid coarser by this factor along every axis; 0 for no labels.
  int label_factor = 2;
  /// Relative residual of the label solutions.
  double label_tolerance = 1e-5;
  std::string device = "auto";
  /// Stored as provenance.
  std::string description;
};

/// The microstructure on a grid coarser by `factor` along every axis: each coarse voxel takes the
/// phase that most of its fine voxels have (the smallest index among equals).
/// @throws std::invalid_argument if the grid is not divisible by the factor.
materials::Rve coarsen(const materials::Rve& rve, int factor);

/// Generates RVEs, solves them at low resolution and writes an HDF5 dataset:
///  - `phase` uint16 `[N, n1, n2 (, n3)]`, `stiffness` float64 `[N, P, m, m]` (padded with zeros),
///    `n_phases` int64 `[N]`; training RVEs first, then validation RVEs; `orientation` float64
///    `[N, P, 3]`, Bunge Euler angles in radians, where all RVEs have them;
///  - with labels: `label_strain`, `label_stress` float32 `[N, L, m, nc1, nc2 (, nc3)]`, fields of
///    all unit load cases on the coarse grid, Mandel, stress in the unit of the file, and
///    `label_stiffness` float64 `[N, m, m]`;
///  - attributes `format`, `version`, `lengths`, `unit`, `n_training`, `label_factor`,
///    `label_seconds` (time spent in the solver), `description`.
/// @param make_rve called once for every index 0 ... N - 1; all RVEs must share grid and unit.
void generate_dataset(const DatasetSettings& settings,
                      const std::function<materials::Rve(std::size_t)>& make_rve,
                      const std::function<void(std::size_t, std::size_t)>& progress = {});

/// In what the dataset `settings.file` differs from the one that generate_dataset() would write:
/// the numbers of RVEs, the resolution of the labels, or the first or the last RVE. Stiffnesses
/// that differ by round-off, and single voxels, are those of another machine.
/// @return empty if it is that dataset
/// @throws std::runtime_error if there is no such file or it is no dataset
std::string difference_of_dataset(const DatasetSettings& settings,
                                  const std::function<materials::Rve(std::size_t)>& make_rve);

}  // namespace seco::surrogate
