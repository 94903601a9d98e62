#include "section_rves.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <stdexcept>

#include "seco/materials/text.h"

namespace seco::c_interface {
namespace {

using materials::ParameterFile;

/// The volume fractions of the RVEs; those of the caller take the place of what the file says.
std::vector<double> volume_fractions(ParameterFile& file, const std::string& section,
                                     const materials::RveSource& source, std::size_t n_rves,
                                     const std::vector<double>& given) {
  const auto text = file.text(section, "Volume fraction", "",
                              "volume fraction, if not that of the section Microstructure");
  if (!source.has_volume_fraction()) {
    if (!given.empty())
      throw std::invalid_argument(fmt::format(
          "argument volume_fraction: {} in section '{}' of {} has no volume fraction; pass NULL",
          source.description(), section, file.origin()));
    if (!text.empty())
      file.refuse(section, "Volume fraction",
                  fmt::format("{} has no volume fraction", source.description()));
    return std::vector<double>(n_rves, 0.);
  }
  for (std::size_t r = 0; r < given.size(); ++r)
    if (!(given[r] >= 0 && given[r] <= 1))
      throw std::invalid_argument(
          fmt::format("argument volume_fraction: entry {} is {:g}; allowed are values from 0 to 1",
                      r, given[r]));
  if (!given.empty()) return given;
  if (text.empty()) return std::vector<double>(n_rves, source.generator().volume_fraction);
  const auto number = materials::to_number(text);
  if (!number || !(*number >= 0 && *number <= 1))
    file.refuse(
        section, "Volume fraction",
        "allowed is a number from 0 to 1, unless the argument volume_fraction gives one for "
        "each RVE: expressions of position are for seco-macro");
  return std::vector<double>(n_rves, *number);
}

}  // namespace

void check_section(const ParameterFile& file, const std::string& section) {
  std::vector<std::string> sections;
  for (const auto& entry : file.entries()) {
    if (materials::is_inside(entry.section, section)) return;
    for (auto part = entry.section; !part.empty();
         part = part.find('/') == std::string::npos ? "" : part.substr(0, part.rfind('/')))
      if (std::find(sections.begin(), sections.end(), part) == sections.end())
        sections.push_back(part);
  }
  throw std::invalid_argument(
      fmt::format("{}: there is no section '{}' or nothing in it; sections of the file: {}",
                  file.origin(), section, fmt::join(sections, ", ")));
}

SectionRves read_section_rves(ParameterFile& file, const std::string& section, std::size_t n_rves,
                              const std::vector<double>& volume_fraction) {
  SectionRves result;
  result.dimension = file.choice("", "Dimension", "3", {"2", "3"}, "2 or 3") == "2" ? 2 : 3;
  result.unit = file.choice("", "Unit", "MPa", {"Pa", "kPa", "MPa", "GPa"}, "unit of stresses");
  auto& source = result.source;
  source.read(file, section, result.dimension, result.unit);
  if (!source.is_file() && static_cast<int>(source.generator().shape.size()) != result.dimension)
    file.refuse(section.empty() ? "Microstructure" : section + "/Microstructure", "Grid",
                fmt::format("'Dimension' = {0} needs {0} numbers of voxels", result.dimension));
  result.volume_fraction = volume_fractions(file, section, source, n_rves, volume_fraction);
  result.texture_spread = source.has_texture_spread() ? source.generator().texture.spread : 0.;
  if (const auto text = file.text(section, "Texture spread", "", "of seco-macro"); !text.empty())
    file.refuse(section, "Texture spread",
                "expressions of position are for seco-macro; set the spread in the section "
                "Microstructure");
  return result;
}

std::vector<materials::Rve> SectionRves::make() const {
  std::vector<materials::Rve> rves;
  for (std::size_t r = 0; r < volume_fraction.size(); ++r)
    rves.push_back(source.make(r, volume_fraction[r], texture_spread));
  return rves;
}

std::vector<std::string> SectionRves::notes() const {
  // Fractions of the caller or of the section itself are not those that were looked at.
  return source.notes(
      source.has_volume_fraction() &&
      std::any_of(volume_fraction.begin(), volume_fraction.end(),
                  [&](double fraction) { return fraction != source.generator().volume_fraction; }));
}

}  // namespace seco::c_interface
