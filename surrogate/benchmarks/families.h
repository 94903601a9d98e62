#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "seco/materials/rve.h"

namespace seco::benchmarks {

/// The two-phase microstructures that engines and starts are compared on.
std::vector<std::string> family_names();

/// `inclusions` (eight spheres or discs, 20 %), `overlapping` (30 % of spheres that touch),
/// `fibres` or `grains` (24, half of each phase), on `grid` voxels per edge, whose second phase is
/// stiffer by `contrast`. Isotropic phases. Beside them `copper`: a polycrystal of 24 grains,
/// whatever the contrast.
/// @throws materials::PackingError if the seed has no packing
materials::Rve family_member(const std::string& family, int dimension, int grid, double contrast,
                             std::uint64_t seed);

/// The rows of a table over families, contrasts and tolerances.
struct RowOptions {
  int dimension = 3, grid = 32, n_rves = 16, repetitions = 1;
  std::vector<double> tolerances{1e-2}, contrasts{1e-3, 1e-2, 0.1, 10., 100., 1000.};
  std::vector<std::string> families = family_names();

  void add_to(CLI::App& app);
};

/// So many members; seeds that have no packing are passed over. @param seed counted on
std::vector<materials::Rve> family_members(const std::string& family, int dimension, int grid,
                                           double contrast, int n_rves, std::uint64_t& seed);

}  // namespace seco::benchmarks
