#include <algorithm>

#include "microstructure_reader.h"
#include "seco/materials/hdf5_file.h"
#include "seco/materials/rotation.h"
#include "seco/materials/rve_file.h"

namespace seco::materials {
namespace {

/// An array that is asked for by its path is one of another program where there is no whole RVE.
bool is_rve(const std::string& path, const std::string&, const MicrostructureOptions& options) {
  const Hdf5Reader file(path);
  const bool phase = file.has_dataset("phase"), stiffness = file.has_dataset("stiffness");
  return options.array.empty() ? phase || stiffness : phase && stiffness;
}

LabelledGrid read_rve_grid(const std::string& path, const MicrostructureOptions&) {
  const Rve rve = read_rve(path);
  LabelledGrid grid;
  grid.unit = rve.unit;
  grid.shape[2] = 1;
  grid.lengths[2] = rve.lengths[1] / rve.shape[1];
  std::copy(rve.shape.begin(), rve.shape.end(), grid.shape.begin());
  std::copy(rve.lengths.begin(), rve.lengths.end(), grid.lengths.begin());
  grid.label.assign(rve.phase.begin(), rve.phase.end());
  for (std::size_t p = 0; p < rve.stiffness.size(); ++p) {
    Crystal crystal;
    crystal.phase = static_cast<std::int64_t>(p);
    crystal.stiffness = rve.stiffness[p];
    if (!rve.orientation.empty())
      crystal.orientation =
          from_euler(rve.orientation[p][0], rve.orientation[p][1], rve.orientation[p][2]);
    grid.crystals.emplace(static_cast<std::int32_t>(p), crystal);
    grid.phases.emplace(crystal.phase, FilePhase{});
  }
  return grid;
}

}  // namespace

const MicrostructureReader& rve_reader() {
  static const MicrostructureReader reader{
      {"seco",
       "RVE of this library, HDF5",
       {".h5", ".hdf5"},
       "seco",
       "axes x, y, z; edges, unit and a stiffness per phase as in the file",
       "seco import rve.h5 --coarsen 2 --out coarse.h5"},
      &hdf5_files(),
      {},
      is_rve,
      read_rve_grid,
      nullptr};
  return reader;
}

}  // namespace seco::materials
