#include "seco/materials/microstructure_file.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <functional>
#include <limits>
#include <set>
#include <stdexcept>

#include "file_content.h"
#include "grid_readers.h"
#include "known_formats.h"
#include "phase_stiffness.h"
#include "seco/materials/elastic_constants.h"
#include "seco/materials/guarded_read.h"
#include "seco/materials/hdf5_file.h"
#include "seco/materials/image_data.h"
#include "seco/materials/names.h"
#include "seco/materials/rotation.h"
#include "seco/materials/rve_file.h"

namespace seco::materials {
namespace {

using Read = LabelledGrid (*)(const std::string&, const MicrostructureOptions&);

struct FormatReader {
  MicrostructureFormat format;
  Read read;
};

const std::vector<FormatReader>& readers() {
  static const std::vector<FormatReader> known{
      {{"dream3d", "DREAM.3D, versions 7 and 8", {".dream3d"}}, read_dream3d},
      {{"damask", "DAMASK grid with its material configuration", {".vti"}}, read_damask_grid},
      {{"vti", "VTK image data of labels or grey levels", {".vti"}}, read_image_data_grid},
      {{"png", "image of grey levels", {".png"}}, read_png_grid},
      {{"seco", "RVE of this library, HDF5", {".h5", ".hdf5"}}, read_rve_grid}};
  return known;
}

std::vector<std::string> format_names() {
  std::vector<std::string> names;
  for (const auto& reader : readers()) names.push_back(reader.format.name);
  return names;
}

/// Enough to hold the header of any format.
constexpr std::size_t beginning = 1 << 16;

/// Whether image data are a grid of DAMASK, which has the integers `material` at its cells, and the
/// options do not ask for anything else. What is wrong with the file is left to the reader.
bool is_damask_grid(const std::string& path, const MicrostructureOptions& options) {
  const bool other = !options.thresholds.empty() ||
                     (!options.array.empty() && options.array != "material") ||
                     (options.material_file.empty() && !options.stiffness.empty());
  if (other) return false;
  try {
    const auto image = ImageData::read(path);
    return std::any_of(image.arrays().begin(), image.arrays().end(), [](const auto& array) {
      return !array.on_points && array.name == "material" && array.n_components == 1 &&
             array.type.find("Int") != std::string::npos;
    });
  } catch (const std::runtime_error&) {
    return false;
  }
}

std::string recognised_hdf5(const std::string& path) {
  const Hdf5Reader file(path);
  const auto members = file.members();
  const auto has = [&](const char* name) {
    return std::find(members.begin(), members.end(), name) != members.end();
  };
  if (has("DataContainers") || has("DataStructure")) return "dream3d";
  if (has("phase") || has("stiffness")) return "seco";
  if (const auto known = hdf5_known_but_not_read(members, file.attributes()); !known.empty())
    throw std::runtime_error(fmt::format("{}: {}", path, known));
  throw std::runtime_error(fmt::format(
      "{}: is HDF5, but has neither 'DataContainers' or 'DataStructure' (DREAM.3D) nor 'phase' "
      "and 'stiffness' (an RVE); it holds {}",
      path, members.empty() ? "nothing" : fmt::format("{}", fmt::join(members, ", "))));
}

/// The format by content, or by extension where the content is that of none, so that its reader
/// says what is wrong.
std::string recognised(const std::string& path, const MicrostructureOptions& options) {
  const auto first = file_content(path, beginning);
  if (first.starts_with("\x89PNG")) return "png";
  if (first.starts_with("\x89HDF")) return recognised_hdf5(path);
  if (first.find("<VTKFile") != std::string::npos)
    return is_damask_grid(path, options) ? "damask" : "vti";
  if (const auto known = known_but_not_read(path, first); !known.empty())
    throw std::runtime_error(fmt::format("{}: {}", path, known));
  auto extension = std::filesystem::path(path).extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  for (const auto& reader : readers()) {
    const auto& own = reader.format.extensions;
    if (std::find(own.begin(), own.end(), extension) != own.end())
      return reader.format.name == "damask" ? "vti" : reader.format.name;
  }
  throw std::runtime_error(fmt::format(
      "{}: its content is that of none of the microstructure files that are read ({}), nor of any "
      "other that is known; write it as VTK image data (.vti), as pyvista and ParaView do",
      path, fmt::join(format_names(), ", ")));
}

/// Refuses a format that the content contradicts, which its reader would find out in some place far
/// into the file.
void check_content(const std::string& path, const std::string& format) {
  const auto first = file_content(path, beginning);
  const bool is_hdf5 = first.starts_with("\x89HDF"), is_png = first.starts_with("\x89PNG"),
             is_vtk = first.find("<VTKFile") != std::string::npos;
  if (!is_hdf5 && !is_png && !is_vtk) {
    if (const auto known = known_but_not_read(path, first); !known.empty())
      throw std::runtime_error(
          fmt::format("{}: {} (format '{}' was asked for)", path, known, format));
    return;
  }
  const bool fits = format == "png"                           ? is_png
                    : format == "dream3d" || format == "seco" ? is_hdf5
                                                              : !is_hdf5 && !is_png;
  if (fits) return;
  throw std::runtime_error(
      fmt::format("{}: is {}, but format '{}' (--format, 'Format') is read from {}", path,
                  is_hdf5  ? "an HDF5 file"
                  : is_png ? "a PNG image"
                           : "a VTK file (XML)",
                  format,
                  format == "png"                           ? "PNG images"
                  : format == "dream3d" || format == "seco" ? "HDF5 files"
                                                            : "VTK image data (XML)"));
}

const FormatReader& chosen_reader(const std::string& path, const MicrostructureOptions& options) {
  const auto name = options.format == "auto" ? recognised(path, options) : options.format;
  for (const auto& reader : readers()) {
    if (reader.format.name != name) continue;
    if (options.format != "auto") check_content(path, name);
    return reader;
  }
  throw std::invalid_argument(
      fmt::format("{}: format '{}' (--format, 'Format') is not known; known are auto, {}{}", path,
                  name, fmt::join(format_names(), ", "), did_you_mean(name, format_names(), true)));
}

std::array<int, 3> coarsening_of(const std::vector<int>& factors, int n_layers) {
  if (factors.empty()) return {1, 1, 1};
  // One number for all axes leaves the one layer of a plane alone.
  if (factors.size() == 1) return {factors[0], factors[0], n_layers == 1 ? 1 : factors[0]};
  if (factors.size() > 3)
    throw std::invalid_argument(
        fmt::format("coarsening {}: allowed are 1 to 3 factors", fmt::join(factors, ", ")));
  return {factors[0], factors[1], factors.size() == 3 ? factors[2] : 1};
}

/// Says what becomes of the boundaries, and how periodic the grid is.
void note_boundaries(LabelledGrid& grid, const std::vector<int>& mirrored, int dimension) {
  for (int axis = 0; axis < dimension; ++axis) {
    const auto [across, inside] = mismatch_across_faces_and_inside(grid, axis);
    grid.notes.push_back(
        fmt::format("axis {}: {}; labels differ in {:.1f} % of the voxel pairs across the opposite "
                    "faces and {:.1f} % of the neighbours inside",
                    axis,
                    std::find(mirrored.begin(), mirrored.end(), axis) != mirrored.end()
                        ? "mirrored, which doubles its length"
                        : "treated as periodic",
                    100. * across, 100. * inside));
  }
}

int dimension_of(const LabelledGrid& grid, const std::string& path,
                 const MicrostructureOptions& options) {
  const bool plane = grid.shape[2] == 1;
  if (options.dimension != 0 && options.dimension != 2 && options.dimension != 3)
    throw std::invalid_argument(fmt::format("{}: dimension {}: allowed are 2, 3 and 0 for either",
                                            path, options.dimension));
  if (options.dimension == 2 && !plane)
    throw std::invalid_argument(
        fmt::format("{} has {} voxels along axis 2, which must be 1 for 2D; crop it to one layer",
                    path, grid.shape[2]));
  if (options.dimension != 0) return options.dimension;
  return plane ? 2 : 3;
}

/// The stiffness of a crystal in sample axes in the unit of the RVE: 6 x 6, and 3 x 3 where no more
/// is known of a 2D one.
MandelMatrix stiffness_of_label(const LabelledGrid& grid, std::int32_t label,
                                const Crystal& crystal, const std::string& path, int dimension,
                                double factor) {
  if (crystal.stiffness) {
    const auto& stiffness = *crystal.stiffness;
    if (dimension == 3 && stiffness.rows() == 3)
      throw std::invalid_argument(fmt::format("{} is a 2D RVE and cannot be read in 3D", path));
    return stiffness;
  }
  const auto& phase = grid.phases.at(crystal.phase);
  if (!phase.stiffness)
    throw std::invalid_argument(fmt::format(
        "{}: {}, of voxels with label {}, has no stiffness{}; give one for its name or number",
        path, described(crystal.phase, phase), label,
        phase.remark.empty() ? "" : fmt::format(" ({})", phase.remark)));
  const MandelMatrix turned =
      crystal.orientation ? rotate(*phase.stiffness, *crystal.orientation) : *phase.stiffness;
  return factor * turned;
}

/// Numbers the labels in use from 0 and gives them stiffnesses.
void fill(Microstructure& result, const LabelledGrid& grid, const std::string& path,
          int dimension) {
  auto& rve = result.rve;
  rve.shape.assign(grid.shape.begin(), grid.shape.begin() + dimension);
  rve.lengths.assign(grid.lengths.begin(), grid.lengths.begin() + dimension);
  std::set<std::int32_t> used;
  std::int32_t last = -1;
  for (const auto label : grid.label) {
    if (label != last || used.empty()) used.insert(label);
    last = label;
  }
  constexpr std::size_t most = std::numeric_limits<std::uint16_t>::max() + 1;
  if (used.size() > most)
    throw std::runtime_error(
        fmt::format("{}: the grid has {} different labels (grains or orientations), an RVE at most "
                    "{}; crop or coarsen it",
                    path, used.size(), most));
  std::map<std::int32_t, std::uint16_t> number_of;
  bool oriented = false;
  const double factor = 1. / megapascals_per(rve.unit);
  for (const auto label : used) {
    const auto crystal = grid.crystals.find(label);
    if (crystal == grid.crystals.end())
      throw std::runtime_error(fmt::format(
          "{}: voxels have the label {}, which the file does not describe", path, label));
    number_of.emplace(label, static_cast<std::uint16_t>(rve.stiffness.size()));
    const auto stiffness =
        stiffness_of_label(grid, label, crystal->second, path, dimension, factor);
    const bool spatial = stiffness.rows() == 6;
    rve.stiffness.push_back(dimension == 2 && spatial ? plane_strain(stiffness) : stiffness);
    if (dimension == 2 && spatial) rve.stiffness_3d.push_back(stiffness);
    const auto& orientation = crystal->second.orientation;
    oriented = oriented || orientation;
    rve.orientation.push_back(orientation ? to_euler(*orientation) : Eigen::Vector3d::Zero());
    const auto& name = grid.phases.at(crystal->second.phase).name;
    result.phase_of.push_back(name.empty() ? std::to_string(crystal->second.phase) : name);
  }
  if (!oriented) rve.orientation.clear();
  if (rve.stiffness_3d.size() != rve.stiffness.size()) rve.stiffness_3d.clear();
  rve.phase.reserve(grid.label.size());
  std::uint16_t number = 0;
  last = -1;
  for (const auto label : grid.label) {
    if (label != last || rve.phase.empty()) number = number_of.at(label);
    last = label;
    rve.phase.push_back(number);
  }
  if (*used.rbegin() + 1 != static_cast<std::int32_t>(used.size()) || *used.begin() != 0)
    result.notes.push_back(fmt::format("the {} labels in use, {} to {}, are numbered from 0",
                                       used.size(), *used.begin(), *used.rbegin()));
  check(rve, path);
}

/// Does what an option or a key of the section `Microstructure file` asks for; what is refused
/// names these and the file.
void apply(const std::string& path, const char* option, const char* key,
           const std::function<void()>& action) {
  try {
    action();
  } catch (const std::invalid_argument& error) {
    throw std::invalid_argument(fmt::format("{}: {} ({}, '{}')", path, error.what(), option, key));
  }
}

/// What would have no effect is refused, because whoever sets it expects one.
void check_options(const std::string& path, const std::string& format,
                   const MicrostructureOptions& options) {
  const auto refuse = [&](const std::string& what) {
    throw std::invalid_argument(
        fmt::format("{}: {} has no effect on a file of the format '{}'", path, what, format));
  };
  if (!options.thresholds.empty() && format != "vti" && format != "png") refuse("a threshold");
  if (format == "seco" && (!options.stiffness.empty() || !options.material_file.empty()))
    refuse("a stiffness or material file");
  if (format == "seco" && options.unit != "MPa")
    refuse(fmt::format("unit '{}' (--unit, 'Unit')", options.unit));
  if (options.temperature && options.material_file.empty())
    throw std::invalid_argument(
        fmt::format("{}: a temperature (--temperature, 'Temperature') has no effect without a "
                    "material file (--material, 'Material file')",
                    path));
  if (!options.array.empty() && (format == "seco" || format == "png"))
    refuse(fmt::format("array '{}'", options.array));
  if (format == "dream3d") return;
  if (!options.container.empty()) refuse(fmt::format("container '{}'", options.container));
  if (!options.features.empty()) refuse(fmt::format("table of features '{}'", options.features));
  if (options.unrotated) refuse("that crystals are not turned (--unrotated, 'Unrotated')");
  if (!options.orientations.empty())
    refuse(fmt::format("dataset of orientations '{}'", options.orientations));
  if (options.angles != "radians") refuse(fmt::format("unit of angles '{}'", options.angles));
}

}  // namespace

std::vector<MicrostructureFormat> microstructure_formats() {
  std::vector<MicrostructureFormat> formats;
  for (const auto& reader : readers()) formats.push_back(reader.format);
  return formats;
}

Microstructure read_microstructure(const std::string& path, const MicrostructureOptions& options) {
  apply(path, "--unit", "Unit", [&] { megapascals_per(options.unit); });
  Microstructure result;
  LabelledGrid grid;
  const auto read = [&] {
    const auto& reader = chosen_reader(path, options);
    result.format = reader.format.name;
    check_options(path, result.format, options);
    grid = reader.read(path, options);
  };
  if (file_content(path, 4) == "\x89HDF")
    guarded_read(path, read);
  else
    read();
  const bool own = result.format == "seco";
  if (!own) assign_stiffness(grid, path, options);
  apply(path, "--crop", "Crop", [&] { crop(grid, options.crop); });
  apply(path, "--coarsen", "Coarsen",
        [&] { coarsen(grid, coarsening_of(options.coarsen, grid.shape[2])); });
  const int dimension = dimension_of(grid, path, options);
  if (dimension == 2 && !own)
    grid.notes.push_back("one voxel along axis 2: read as 2D, plane strain");
  apply(path, "--mirror", "Mirror", [&] {
    for (const int axis : options.mirror)
      if (axis < 0 || axis >= dimension)
        throw std::invalid_argument(fmt::format(
            "mirror axis {}: the grid is {}D, with axes 0 to {}", axis, dimension, dimension - 1));
  });
  note_boundaries(grid, options.mirror, dimension);
  apply(path, "--mirror", "Mirror", [&] { mirror(grid, options.mirror); });
  result.rve.unit = own ? grid.unit : options.unit;
  result.notes = grid.notes;
  fill(result, grid, path, dimension);
  // Angles pass through rotations above; an RVE that nothing is done to stays as it is, bit by bit.
  if (own && options.crop.empty() && options.coarsen.empty() && options.mirror.empty()) {
    result.rve = read_rve(path);
    result.notes = grid.notes;
    result.phase_of.clear();
    for (std::size_t p = 0; p < result.rve.stiffness.size(); ++p)
      result.phase_of.push_back(std::to_string(p));
  }
  return result;
}

}  // namespace seco::materials
