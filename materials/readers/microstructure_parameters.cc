#include "seco/materials/microstructure_parameters.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
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

/// A label, which may be negative.
std::optional<std::int32_t> label_from_text(const std::string& text) {
  const auto number = to_number(text);
  if (!number || *number != std::floor(*number) ||
      std::abs(*number) > std::numeric_limits<std::int32_t>::max())
    return std::nullopt;
  return static_cast<std::int32_t>(*number);
}

/// Labels and intervals of them, as in "3, 7-12".
void read_labels_of_phase(const std::string& text, PhaseLabels& phase) {
  for (const auto& part : split(text, ',')) {
    if (part == "others") {
      phase.others = true;
      continue;
    }
    // The first character may be a sign.
    const auto dash = part.find('-', 1);
    const auto first = label_from_text(trimmed(part.substr(0, dash))),
               last = dash == std::string::npos ? first
                                                : label_from_text(trimmed(part.substr(dash + 1)));
    if (!first || !last || *last < *first)
      throw std::invalid_argument(
          fmt::format("'{}' is no label, nor an interval of labels as 7-12, "
                      "nor 'others'",
                      part));
    phase.labels.emplace_back(*first, *last);
  }
}

/// Refuses labels that are in two lists.
void check_disjoint(const std::vector<PhaseLabels>& phases) {
  std::vector<std::pair<std::int32_t, std::int32_t>> all;
  int n_others = 0;
  for (const auto& phase : phases) {
    all.insert(all.end(), phase.labels.begin(), phase.labels.end());
    n_others += phase.others ? 1 : 0;
  }
  if (n_others > 1) throw std::invalid_argument("two phases take the 'others'");
  std::sort(all.begin(), all.end());
  for (std::size_t i = 1; i < all.size(); ++i)
    if (all[i].first <= all[i - 1].second)
      throw std::invalid_argument(fmt::format("label {} is listed twice", all[i].first));
}

}  // namespace

std::vector<PhaseLabels> phase_labels_from_text(const std::string& text) {
  std::vector<PhaseLabels> phases;
  if (trimmed(text).empty()) return phases;
  constexpr unsigned long most = std::numeric_limits<std::uint16_t>::max();
  for (const auto& entry : split(text, ';')) {
    if (entry.empty()) continue;
    const auto equal = entry.find('=');
    const auto number = to_count(trimmed(entry.substr(0, equal)));
    if (equal == std::string::npos || !number || *number > most)
      throw std::invalid_argument(fmt::format(
          "'{}' is not a phase with its labels; expected a number from 0 to {} and labels, as in "
          "1 = 3, 7-12",
          entry, most));
    PhaseLabels phase;
    phase.phase = static_cast<std::int32_t>(*number);
    read_labels_of_phase(trimmed(entry.substr(equal + 1)), phase);
    for (const auto& other : phases)
      if (other.phase == phase.phase)
        throw std::invalid_argument(fmt::format("phase {} is listed twice", phase.phase));
    phases.push_back(phase);
  }
  check_disjoint(phases);
  return phases;
}

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
  options.spacing = reader.numbers(s, "Spacing", {},
                                   "edges of a voxel along x, y, z, or one for all, where the file "
                                   "gives none or wrong ones");
  options.lengths = reader.numbers(s, "Lengths", {},
                                   "edges of the whole array along x, y, z, instead of Spacing");
  options.axes = reader.text(s, "Axes", "",
                             "axes of an array in its order, as zyx, where x is the last and "
                             "fastest one; empty for those of the format");
  options.shape = read_integers(reader, s, "Shape", 1, std::numeric_limits<int>::max(),
                                "voxels along x, y, z of raw values");
  options.type =
      reader.text(s, "Type", "", "type of raw values: uint8, int16, ..., float32 or float64");
  const auto offset = reader.text(s, "Offset", "", "bytes before raw values; empty for none");
  if (!offset.empty()) {
    const auto n = to_count(offset);
    if (!n) reader.refuse(s, "Offset", "allowed are bytes from 0");
    options.offset = *n;
  }
  options.byte_order =
      reader.text(s, "Byte order", "",
                  "of raw values and binary legacy VTK files: little or big; empty for "
                  "little and big, respectively");
  options.thresholds = reader.numbers(s, "Thresholds", {}, "grey levels that tell phases apart");
  const auto phases =
      reader.text(s, "Phases", "",
                  "PHASE = LABELS; ...: labels of an array that make a phase, as in "
                  "0 = 0; 1 = 3, 7-12; 2 = others; empty for a phase per label");
  try {
    options.phases = phase_labels_from_text(phases);
  } catch (const std::invalid_argument& error) {
    reader.refuse(s, "Phases", error.what());
  }
  const auto block = reader.text(s, "Crop", "", "voxels from:to along each axis, to not included");
  try {
    options.crop = crop_from_text(block);
  } catch (const std::invalid_argument& error) {
    reader.refuse(s, "Crop", error.what());
  }
  options.coarsen =
      read_integers(reader, s, "Coarsen", 1, most_voxels,
                    "voxels that become one, for all axes or along each, by majority");
  const auto smallest = reader.text(
      s, "Smallest part", "",
      "connected parts of fewer voxels take the label of most of their neighbours; empty for none");
  if (!smallest.empty()) {
    const auto n = to_count(smallest);
    if (!n) reader.refuse(s, "Smallest part", "allowed are numbers of voxels from 0");
    options.smallest_part = *n;
  }
  options.mirror = read_integers(
      reader, s, "Mirror", 0, 2,
      "axes along which the mirror image is appended, since the file is not periodic");
  return options;
}

}  // namespace seco::materials
