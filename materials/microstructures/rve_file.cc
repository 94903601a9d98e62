#include "seco/materials/rve_file.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <stdexcept>

#include "seco/materials/elastic_constants.h"
#include "seco/materials/guarded_read.h"
#include "seco/materials/hdf5_file.h"
#include "seco/materials/image_file.h"

namespace seco::materials {
namespace {

Rve read_unguarded(const std::string& path) {
  const Hdf5Reader file(path);
  Rve rve;
  auto phase = file.dataset<std::uint16_t>("phase");
  if (phase.shape.size() != 2 && phase.shape.size() != 3)
    throw std::runtime_error(
        fmt::format("{}: dataset 'phase' has {} axes, expected 2 or 3", path, phase.shape.size()));
  rve.shape.assign(phase.shape.begin(), phase.shape.end());
  rve.phase = std::move(phase.values);
  const auto table = file.dataset<double>("stiffness", 3);
  const auto m = static_cast<std::size_t>(n_mandel_components(rve.dimension()));
  if (table.shape[1] != m || table.shape[2] != m)
    throw std::runtime_error(
        fmt::format("{}: dataset 'stiffness' has shape {}, expected phases x {} x {} for a {}D RVE",
                    path, fmt::join(table.shape, "x"), m, m, rve.dimension()));
  for (std::size_t p = 0; p < table.shape[0]; ++p) {
    MandelMatrix stiffness(m, m);
    std::copy_n(table.values.begin() + static_cast<long>(p * m * m), m * m, stiffness.data());
    rve.stiffness.push_back(stiffness);
  }
  if (rve.dimension() == 2 && file.has_dataset("stiffness_3d")) {
    const auto spatial = file.dataset<double>("stiffness_3d", 3);
    if (spatial.shape[0] != table.shape[0] || spatial.shape[1] != 6 || spatial.shape[2] != 6)
      throw std::runtime_error(
          fmt::format("{}: dataset 'stiffness_3d' has shape {}, expected {} x 6 x 6", path,
                      fmt::join(spatial.shape, "x"), table.shape[0]));
    for (std::size_t p = 0; p < spatial.shape[0]; ++p) {
      MandelMatrix stiffness(6, 6);
      std::copy_n(spatial.values.begin() + static_cast<long>(36 * p), 36, stiffness.data());
      rve.stiffness_3d.push_back(stiffness);
    }
  }
  if (file.has_dataset("orientation")) {
    const auto angles = file.dataset<double>("orientation", 2);
    if (angles.shape[1] != 3)
      throw std::runtime_error(
          fmt::format("{}: dataset 'orientation' has shape {}, expected phases x 3", path,
                      fmt::join(angles.shape, "x")));
    for (std::size_t p = 0; p < angles.shape[0]; ++p)
      rve.orientation.emplace_back(angles.values.data() + 3 * p);
    if (rve.orientation.empty())
      throw std::runtime_error(fmt::format(
          "{}: dataset 'orientation' is empty, expected the angles of {} phases or no dataset",
          path, rve.stiffness.size()));
  }
  rve.lengths = file.numbers("lengths");
  rve.unit = file.text("unit");
  try {
    megapascals_per(rve.unit);
  } catch (const std::invalid_argument& error) {
    throw std::runtime_error(fmt::format("{}: attribute 'unit': {}", path, error.what()));
  }
  check(rve, path);
  for (std::size_t p = 0; p < rve.stiffness_3d.size(); ++p)
    if (!spatial_stiffness(rve, p))
      throw std::runtime_error(
          fmt::format("{}: the plane strain part (11 22 12) of 'stiffness_3d' of phase {} is not "
                      "its 'stiffness'",
                      path, p));
  return rve;
}

}  // namespace

Rve read_rve(const std::string& path) {
  Rve rve;
  guarded_read(path, [&] { rve = read_unguarded(path); });
  return rve;
}

void write_rve(const std::string& path, const Rve& rve, const std::string& description) {
  check(rve, path);
  Hdf5Writer file(path);
  const auto m = static_cast<std::size_t>(n_mandel_components(rve.dimension()));
  file.dataset("phase", {rve.shape.begin(), rve.shape.end()}, rve.phase.data());
  std::vector<double> table;
  for (const auto& stiffness : rve.stiffness)
    table.insert(table.end(), stiffness.data(), stiffness.data() + stiffness.size());
  file.dataset("stiffness", {rve.stiffness.size(), m, m}, table.data());
  if (rve.dimension() == 2 && !rve.stiffness_3d.empty()) {
    std::vector<double> spatial;
    bool fits = true;
    for (std::size_t p = 0; p < rve.stiffness_3d.size(); ++p) {
      const auto& stiffness = rve.stiffness_3d[p];
      fits = fits && spatial_stiffness(rve, p);
      spatial.insert(spatial.end(), stiffness.data(), stiffness.data() + stiffness.size());
    }
    // Of a table that was changed nothing more is known.
    if (fits) file.dataset("stiffness_3d", {rve.stiffness_3d.size(), 6, 6}, spatial.data());
  }
  if (!rve.orientation.empty()) {
    std::vector<double> angles;
    for (const auto& phase : rve.orientation)
      angles.insert(angles.end(), phase.data(), phase.data() + 3);
    file.dataset("orientation", {rve.orientation.size(), 3}, angles.data());
  }
  file.numbers("lengths", rve.lengths);
  file.text("unit", rve.unit);
  if (!description.empty()) file.text("description", description);
  file.close();
}

std::optional<MandelMatrix> read_homogenized_stiffness(const std::string& path) {
  const Hdf5Reader file(path);
  if (!file.has_dataset("homogenized_stiffness")) return std::nullopt;
  const auto values = file.dataset<double>("homogenized_stiffness", 2);
  MandelMatrix stiffness(values.shape[0], values.shape[1]);
  std::copy(values.values.begin(), values.values.end(), stiffness.data());
  return stiffness;
}

std::vector<VoxelField> voxel_fields(const Rve& rve) {
  std::vector<VoxelField> fields{
      {"phase", {rve.phase.begin(), rve.phase.end()}, {}, VoxelField::Type::uint16}};
  if (rve.orientation.empty()) return fields;
  VoxelField angles{"euler_angles", {}, {"phi1", "Phi", "phi2"}};
  for (const int angle : {0, 1, 2})
    for (const auto phase : rve.phase) angles.values.push_back(rve.orientation[phase][angle]);
  fields.push_back(std::move(angles));
  return fields;
}

void write_vti(const std::string& path, const Rve& rve) {
  check(rve, path);
  write_image(path, rve.shape, rve.lengths, voxel_fields(rve));
}

}  // namespace seco::materials
