#include "dream3d_ensemble.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

#include "crystal_points.h"

namespace seco::materials {
namespace {

/// Laue group of a crystal structure of the ensemble, by the number that DREAM.3D gives it; empty
/// for unknown ones.
std::string laue_group_of(std::int64_t structure) {
  static const std::array<const char*, 11> groups{"6/mmm", "m-3m", "6/m",   "m-3", "-1",  "12/m1",
                                                  "mmm",   "4/m",  "4/mmm", "-3",  "-3m1"};
  const bool known = structure >= 0 && structure < static_cast<std::int64_t>(groups.size());
  return known ? groups[static_cast<std::size_t>(structure)] : "";
}

/// Names of the phases of a group; empty where it has none, or contradicting ones.
std::vector<std::string> phase_names(const Hdf5Reader& file, const std::string& group,
                                     std::size_t n, std::vector<std::string>& notes) {
  std::vector<std::string> names, of;
  for (const char* name : {"PhaseName", "MaterialName", "PhaseNames"}) {
    const auto path = group + "/" + name;
    if (file.kind(path) == Hdf5Kind::none) continue;
    const auto texts = file.texts(path);
    if (texts.size() != n)
      throw std::runtime_error(fmt::format("{}: '{}' names {} phases but has {} crystal structures",
                                           file.path(), group, texts.size(), n));
    if (!of.empty() && texts != names) {
      notes.push_back(
          fmt::format("'{}' has different names of phases in '{}' and '{}'; phases are "
                      "known by number only",
                      group, of.front(), name));
      return {};
    }
    names = texts;
    of.emplace_back(name);
  }
  return names;
}

}  // namespace

Dream3dEnsemble read_ensemble(const Hdf5Reader& file, const Dream3dLayout& layout) {
  Dream3dEnsemble ensemble;
  std::vector<std::pair<std::vector<std::int64_t>, std::vector<std::string>>> found;
  std::vector<std::string> paths, notes;
  for (const auto& array : layout.crystal_structures()) {
    const auto structures = file.dataset<std::int64_t>(array.path()).values;
    auto names = phase_names(file, array.group, structures.size(), notes);
    paths.push_back(array.path());
    ensemble.n_described = std::max(ensemble.n_described, structures.size());
    if (found.empty() || found.front() != std::pair(structures, names))
      found.emplace_back(structures, names);
  }
  if (found.empty()) {
    ensemble.notes.emplace_back(
        "the file has no 'CrystalStructures'; phases are known by number only");
    return ensemble;
  }
  if (found.size() > 1) {
    ensemble.notes.push_back(fmt::format(
        "{} describe phases differently; phases are known by number only", fmt::join(paths, ", ")));
    return ensemble;
  }
  ensemble.notes = std::move(notes);
  if (!paths[0].starts_with(layout.geometry().path + "/")) ensemble.elsewhere = paths[0];
  const auto& [structures, names] = found.front();
  for (std::size_t p = 0; p < structures.size(); ++p) {
    const auto number = static_cast<std::int64_t>(p);
    FilePhase phase;
    if (!names.empty()) phase.name = names[p];
    auto laue = laue_group_of(structures[p]);
    phase.symmetry = symmetry_of_laue_group(laue);
    // Without a crystal no orientations are equivalent.
    if (p == 0 && laue.empty()) laue = "-1";
    ensemble.laue_groups.emplace(number, laue);
    ensemble.phases.emplace(number, phase);
  }
  return ensemble;
}

}  // namespace seco::materials
