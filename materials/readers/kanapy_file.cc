#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>

#include "crystal_points.h"
#include "file_content.h"
#include "microstructure_reader.h"
#include "voxel_array.h"

namespace seco::materials {
namespace {

using nlohmann::json;

class KanapyFile {
 public:
  explicit KanapyFile(const std::string& path);
  LabelledGrid grid(const MicrostructureOptions& options) const;

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw std::runtime_error(fmt::format("{}: {}", path_, what));
  }
  const json& entry(const json& section, const std::string& name, const std::string& path) const;
  std::int64_t integer(const json& value, const std::string& path) const;
  std::array<int, 3> shape() const;
  /// Edges of the box of the nodes of the mesh; none without a mesh.
  std::optional<std::array<double, 3>> lengths() const;
  Crystal crystal(std::int32_t label, std::size_t n_phases) const;

  std::string path_;
  json root_;
};

KanapyFile::KanapyFile(const std::string& path) : path_(path) {
  const auto content = file_content(path);
  // The eight nodes of every voxel are not needed, and most of the file.
  const auto keep = [](int depth, json::parse_event_t event, json& parsed) {
    return !(event == json::parse_event_t::key && depth == 2 && parsed == "Voxels");
  };
  try {
    root_ = json::parse(content, keep);
  } catch (const json::exception& error) {
    fail(fmt::format("is no JSON: {}", error.what()));
  }
}

const json& KanapyFile::entry(const json& section, const std::string& name,
                              const std::string& path) const {
  if (!section.is_object() || !section.contains(name)) fail(fmt::format("'{}' is missing", path));
  return section.at(name);
}

std::int64_t KanapyFile::integer(const json& value, const std::string& path) const {
  if (!value.is_number_integer() ||
      (value.is_number_unsigned() &&
       value.get<std::uint64_t>() > static_cast<std::uint64_t>(std::int64_t{1} << 62)))
    fail(fmt::format("'{}' holds {}, expected integers", path, value.dump().substr(0, 40)));
  return value.get<std::int64_t>();
}

std::array<int, 3> KanapyFile::shape() const {
  const auto& data = entry(root_, "Data", "Data");
  const auto& sizes = entry(data, "Shape", "Data/Shape");
  if (!sizes.is_array() || sizes.size() != 3)
    fail(fmt::format("'Data/Shape' is {}, expected three counts", sizes.dump().substr(0, 80)));
  std::array<int, 3> shape{};
  double n = 1.;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const auto size = integer(sizes[axis], "Data/Shape");
    if (size < 1 || size > 1 << 24)
      fail(fmt::format("'Data/Shape' is {}, allowed are counts from 1", sizes.dump()));
    shape[axis] = static_cast<int>(size);
    n *= static_cast<double>(size);
  }
  const auto& values = entry(data, "Values", "Data/Values");
  if (!values.is_array() || static_cast<double>(values.size()) != n)
    fail(fmt::format("'Data/Values' holds {} values, expected {} for the shape {}",
                     values.is_array() ? values.size() : 0, n, fmt::join(shape, "x")));
  const auto& order = entry(data, "Order", "Data/Order");
  if (order != "C" && order != "F")
    fail(fmt::format("'Data/Order' is {}, allowed are C and F", order.dump().substr(0, 40)));
  return shape;
}

std::optional<std::array<double, 3>> KanapyFile::lengths() const {
  if (!root_.contains("Mesh")) return std::nullopt;
  const auto& nodes =
      entry(entry(root_.at("Mesh"), "Nodes", "Mesh/Nodes"), "Values", "Mesh/Nodes/Values");
  constexpr double infinity = std::numeric_limits<double>::infinity();
  std::array<double, 3> smallest{infinity, infinity, infinity},
      largest{-infinity, -infinity, -infinity}, lengths{};
  for (const auto& node : nodes) {
    if (!node.is_array() || node.size() != 3)
      fail(fmt::format("'Mesh/Nodes/Values' holds {}, expected three coordinates",
                       node.dump().substr(0, 40)));
    for (std::size_t axis = 0; axis < 3; ++axis) {
      if (!node[axis].is_number()) fail("'Mesh/Nodes/Values' holds what is no number");
      smallest[axis] = std::min(smallest[axis], node[axis].get<double>());
      largest[axis] = std::max(largest[axis], node[axis].get<double>());
    }
  }
  for (std::size_t axis = 0; axis < 3; ++axis) {
    lengths[axis] = largest[axis] - smallest[axis];
    if (!(lengths[axis] > 0.) || !std::isfinite(lengths[axis]))
      fail(fmt::format("the nodes of the mesh span {} along axis {}, expected a positive length",
                       lengths[axis], axis));
  }
  return lengths;
}

Crystal KanapyFile::crystal(std::int32_t label, std::size_t n_phases) const {
  const auto name = std::to_string(label);
  const auto path = "Grains/" + name;
  Crystal crystal;
  const auto& grain = entry(entry(root_, "Grains", "Grains"), name, path);
  crystal.phase = integer(entry(grain, "Phase", path + "/Phase"), path + "/Phase");
  if (crystal.phase < 0 || static_cast<std::size_t>(crystal.phase) >= n_phases)
    fail(fmt::format("'{}/Phase' is {}, but 'Model/Phase_names' names the phases 0 to {}", path,
                     crystal.phase, static_cast<std::int64_t>(n_phases) - 1));
  if (!grain.contains("Orientation") || grain.at("Orientation").is_null()) return crystal;
  const auto& angles = grain.at("Orientation");
  const bool fits = angles.is_array() && angles.size() == 3 &&
                    std::all_of(angles.begin(), angles.end(), [](const json& angle) {
                      return angle.is_number() && std::abs(angle.get<double>()) <= 6.30;
                    });
  if (!fits)
    fail(fmt::format("'{}/Orientation' is {}, expected three Euler angles in radians up to 2 pi",
                     path, angles.dump().substr(0, 80)));
  crystal.orientation =
      from_euler(angles[0].get<double>(), angles[1].get<double>(), angles[2].get<double>());
  return crystal;
}

LabelledGrid KanapyFile::grid(const MicrostructureOptions& options) const {
  LabelledGrid grid;
  grid.shape = shape();
  VoxelArray::Description description;
  description.what = path_;
  description.shape = grid.shape;
  if (const auto whole = lengths()) {
    description.spacing.emplace();
    for (std::size_t axis = 0; axis < 3; ++axis)
      (*description.spacing)[axis] = (*whole)[axis] / grid.shape[axis];
    grid.notes.emplace_back("lengths are those of the nodes of the mesh; 'Size' is rounded");
  }
  const auto spacing = spacing_of(description, path_, options);
  grid.notes.insert(grid.notes.end(), description.notes.begin(), description.notes.end());
  for (std::size_t axis = 0; axis < 3; ++axis)
    grid.lengths[axis] = grid.shape[axis] * spacing[axis];
  const auto& data = root_.at("Data");
  const auto& values = data.at("Values");
  const bool last_fastest = data.at("Order") == "C";
  const auto n1 = static_cast<std::size_t>(grid.shape[0]),
             n2 = static_cast<std::size_t>(grid.shape[1]),
             n3 = static_cast<std::size_t>(grid.shape[2]);
  std::set<std::int32_t> used;
  for (std::size_t i = 0; i < n1; ++i)
    for (std::size_t j = 0; j < n2; ++j)
      for (std::size_t k = 0; k < n3; ++k) {
        const auto at = last_fastest ? (i * n2 + j) * n3 + k : (k * n2 + j) * n1 + i;
        const auto label = integer(values[at], "Data/Values");
        if (label < 0 || label > std::numeric_limits<std::int32_t>::max())
          fail(fmt::format("'Data/Values' holds {}, allowed are grains from 0", label));
        grid.label.push_back(static_cast<std::int32_t>(label));
        if (used.empty() || grid.label.back() != grid.label[grid.label.size() - 2])
          used.insert(grid.label.back());
      }
  const auto& names = entry(entry(root_, "Model", "Model"), "Phase_names", "Model/Phase_names");
  if (!names.is_array()) fail("'Model/Phase_names' is no list");
  std::vector<std::int32_t> unturned;
  for (const auto label : used) {
    const auto crystal = this->crystal(label, names.size());
    const auto& name = names[static_cast<std::size_t>(crystal.phase)];
    grid.phases[crystal.phase].name = name.is_string() ? name.get<std::string>() : "";
    if (!crystal.orientation) unturned.push_back(label);
    grid.crystals.emplace(label, crystal);
  }
  if (unturned.size() == used.size())
    grid.notes.emplace_back("grains have no orientations; crystal axes are those of the sample");
  else if (!unturned.empty())
    grid.notes.push_back(fmt::format(
        "warning: {} of {} grains, the first of which is {}, have no orientation; their crystal "
        "axes are those of the sample",
        unturned.size(), used.size(), unturned.front()));
  return grid;
}

bool begins_as_kanapy(const std::string& first) {
  const auto brace = first.find_first_not_of(" \t\r\n");
  return brace != std::string::npos && first[brace] == '{' &&
         (first.find("anapy") != std::string::npos ||
          first.find("Grain numbers per voxel") != std::string::npos);
}

constexpr FileKind kanapy_files{"a file of voxels of kanapy (JSON)", "voxels of kanapy (JSON)",
                                begins_as_kanapy, nullptr};

LabelledGrid read_kanapy(const std::string& path, const MicrostructureOptions& options) {
  return KanapyFile(path).grid(options);
}

}  // namespace

const MicrostructureReader& kanapy_reader() {
  static const MicrostructureReader reader{
      {"kanapy",
       "voxels of kanapy (JSON)",
       {".json"},
       "kanapy (Microstructure.write_voxels)",
       "axes x, y, z; lengths of the nodes of the mesh, since 'Size' is rounded, or --lengths if "
       "the file has no mesh; grains with Bunge angles in radians and phases, numbered from 0",
       "seco import px_12grains_voxels.json --stiffness \"Copper = Cu\" --out rve.h5"},
      &kanapy_files,
      {ReadOption::material, ReadOption::unit, ReadOption::spacing},
      nullptr,
      read_kanapy,
      nullptr};
  return reader;
}

}  // namespace seco::materials
