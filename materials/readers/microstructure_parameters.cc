#include "seco/materials/microstructure_parameters.h"

#include <fmt/format.h>

#include <cmath>
#include <stdexcept>

#include "seco/materials/generator_parameters.h"
#include "seco/materials/text.h"

namespace seco::materials {
namespace {

constexpr int most_voxels = 1 << 24;

/// An index of voxels, or the other value for a text without any.
int index_from_text(const std::string& text, int default_value, const std::string& interval) {
  if (text.empty()) return default_value;
  const auto value = to_count(text);
  if (!value || *value > most_voxels)
    throw std::invalid_argument(fmt::format(
        "'{}' is not an interval of voxels; expected two integers from 0 as in 0:32", interval));
  return static_cast<int>(*value);
}

std::vector<int> read_integers(ParameterReader& reader, const std::string& section,
                               const std::string& key, int smallest, int largest,
                               const std::string& help) {
  std::vector<int> result;
  for (const double value : reader.numbers(section, key, {}, help)) {
    if (value != std::floor(value) || value < smallest || value > largest)
      reader.refuse(section, key,
                    fmt::format("allowed are integers from {} to {}", smallest, largest));
    result.push_back(static_cast<int>(value));
  }
  return result;
}

}  // namespace

std::vector<Interval> crop_from_text(const std::string& text) {
  std::vector<Interval> block;
  if (trimmed(text).empty()) return block;
  for (const auto& interval : split(text, ',')) {
    const auto colon = interval.find(':');
    if (colon == std::string::npos)
      throw std::invalid_argument(fmt::format(
          "'{}' is not an interval of voxels; expected two integers from 0 as in 0:32", interval));
    block.push_back({index_from_text(trimmed(interval.substr(0, colon)), 0, interval),
                     index_from_text(trimmed(interval.substr(colon + 1)), -1, interval)});
  }
  return block;
}

std::vector<std::pair<std::string, std::string>> phase_stiffness_from_text(
    const std::string& text) {
  std::vector<std::pair<std::string, std::string>> result;
  if (trimmed(text).empty()) return result;
  for (const auto& entry : split(text, ';')) {
    const auto equal = entry.find('=');
    const auto name = trimmed(entry.substr(0, equal));
    if (equal == std::string::npos || name.empty())
      throw std::invalid_argument(fmt::format(
          "'{}' is not the stiffness of a phase; expected NAME = STIFFNESS as in Copper = Cu or "
          "1 = 70e3, 0.34",
          entry));
    result.emplace_back(name, trimmed(entry.substr(equal + 1)));
  }
  return result;
}

MicrostructureOptions read_microstructure_options(ParameterReader& reader, const std::string& s) {
  MicrostructureOptions options;
  std::vector<std::string> formats{"auto"};
  for (const auto& format : microstructure_formats()) formats.push_back(format.name);
  options.format = reader.choice(s, "Format", "auto", formats, "format of the file");
  options.array =
      reader.text(s, "Array", "", "array of labels or grey levels; empty for that of the format");
  options.container = reader.text(s, "Container", "",
                                  "data container or image geometry of a DREAM.3D file; empty "
                                  "for the only one");
  options.features = reader.text(s, "Features", "",
                                 "table of a DREAM.3D file that describes the labels; none to read "
                                 "every label as a phase; empty for the only one that fits");
  options.orientations = reader.text(s, "Orientations", "",
                                     "dataset of the orientations of a DREAM.3D file; empty for "
                                     "one of the usual names");
  options.unrotated = reader.flag(s, "Unrotated", false,
                                  "crystals of a DREAM.3D file are not turned, whatever "
                                  "orientations it has");
  options.angles = reader.choice(s, "Angles", "radians", {"radians", "degrees"},
                                 "unit of the Euler angles of a DREAM.3D file");
  options.unindexed = reader.text(s, "Unindexed", "",
                                  "points of an orientation map that are not indexed: nearest or "
                                  "phase; empty to refuse them");
  options.grain_angle = reader.number(s, "Grain angle", 0., 0., 60.,
                                      "misorientation in degrees up to which neighbours of an "
                                      "orientation map are one grain; 0 for no grains");
  options.sample_axes = reader.text(s, "Sample axes", "",
                                    "axes of an orientation map that its angles refer to, as "
                                    "y, x, -z; empty for those that the file tells");
  options.hexagonal_axis = reader.text(s, "Hexagonal axis", "",
                                       "crystal direction along axis 1 of the angles in hexagonal "
                                       "and trigonal crystals, a or a*; empty for that of the "
                                       "format");
  options.material_file =
      reader.path(s, "Material file", "", "material configuration of DAMASK (YAML)");
  // Empty where it is not set, which some parameter files do not tell from a default.
  const auto temperature = reader.text(s, "Temperature", "",
                                       "kelvins that polynomials of the material file are "
                                       "evaluated at; empty for 293.15, as DAMASK does");
  if (!temperature.empty()) {
    options.temperature = to_number(temperature);
    if (!options.temperature || !std::isfinite(*options.temperature) || *options.temperature < 0.)
      reader.refuse(s, "Temperature", "allowed are kelvins from 0");
  }
  const auto stiffness = reader.text(
      s, "Phase stiffness", "",
      "NAME = STIFFNESS; ... by name or number of a phase: void, or " + stiffness_help());
  try {
    options.stiffness = phase_stiffness_from_text(stiffness);
  } catch (const std::invalid_argument& error) {
    reader.refuse(s, "Phase stiffness", error.what());
  }
  options.unit = reader.choice(s, "Unit", "MPa", {"Pa", "kPa", "MPa", "GPa"},
                               "unit of the constants in Phase stiffness");
  options.thresholds = reader.numbers(s, "Thresholds", {}, "grey levels that tell phases apart");
  const auto block = reader.text(s, "Crop", "", "voxels from:to along each axis, to not included");
  try {
    options.crop = crop_from_text(block);
  } catch (const std::invalid_argument& error) {
    reader.refuse(s, "Crop", error.what());
  }
  options.coarsen =
      read_integers(reader, s, "Coarsen", 1, most_voxels,
                    "voxels that become one, for all axes or along each, by majority");
  options.mirror = read_integers(
      reader, s, "Mirror", 0, 2,
      "axes along which the mirror image is appended, since the file is not periodic");
  return options;
}

}  // namespace seco::materials
