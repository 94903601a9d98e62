#include "dream3d_tables.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <stdexcept>

#include "dream3d_orientations.h"
#include "seco/materials/names.h"

namespace seco::materials {
namespace {

[[noreturn]] void fail(const Dream3dLayout& layout, const std::string& what) {
  throw std::runtime_error(fmt::format("{}: {}", layout.origin(), what));
}

Features named_table(const Dream3dLayout& layout, const MicrostructureOptions& options,
                     const std::vector<Features>& known, const std::string& ids,
                     std::int64_t largest) {
  std::vector<Features> named;
  std::vector<std::string> names, groups;
  for (const auto& table : known) {
    const auto relative = layout.relative(table.group);
    groups.push_back(relative);
    names.push_back(fmt::format("{} ({} rows)", relative, table.n));
    if (table.group == options.features || relative == options.features ||
        table.group.ends_with("/" + options.features))
      named.push_back(table);
  }
  if (named.empty())
    fail(layout,
         fmt::format("has no table of features '{}' (--features, 'Features') with phases or "
                     "orientations; it has {}{}",
                     options.features,
                     names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", ")),
                     did_you_mean(options.features, groups, true)));
  if (named.size() > 1)
    std::erase_if(named, [&](const auto& table) {
      return static_cast<std::int64_t>(table.n) != largest + 1;
    });
  if (named.size() != 1)
    fail(layout,
         fmt::format("'{}' (--features, 'Features') is the name of several tables, {}; give the "
                     "path in the file, and of one length",
                     options.features, fmt::join(names, ", ")));
  if (largest >= static_cast<std::int64_t>(named[0].n))
    fail(layout, fmt::format("dataset '{}' holds {}, but '{}' describes the features 0 to {}", ids,
                             largest, named[0].group, named[0].n - 1));
  return named[0];
}

}  // namespace

bool is_feature_phase(const Dream3dArray& array) {
  return array.name == "Phases" || array.name == "FeaturePhases";
}

std::vector<Features> feature_tables(const Dream3dLayout& layout,
                                     const MicrostructureOptions& options) {
  std::vector<Features> result;
  const auto structures = layout.crystal_structures();
  for (const auto& array : layout.arrays()) {
    const bool certain =
        (is_feature_phase(array) && array.kind == Hdf5Kind::integers && array.n_columns() == 1) ||
        is_orientation(array.name) ||
        (!options.orientations.empty() && layout.is_called(array, options.orientations));
    const bool of_phases = std::any_of(structures.begin(), structures.end(), [&](const auto& s) {
      return (!certain && s.group == array.group && s.n_rows() == array.n_rows()) ||
             (s.group != layout.geometry().path && array.group.starts_with(s.group + "/"));
    });
    if ((!certain && !may_be_orientation(array)) || array.n_rows() == 0 || of_phases ||
        layout.is_cell_array(array))
      continue;
    auto table = std::find_if(result.begin(), result.end(), [&](const auto& known) {
      return known.group == array.group && known.n == array.n_rows();
    });
    if (table == result.end())
      table = result.insert(table, {array.group, array.n_rows(), {}, false});
    table->arrays.push_back(array);
    table->certain = table->certain || certain;
  }
  return result;
}

Features table_of(const Hdf5Reader& file, const Dream3dLayout& layout,
                  const MicrostructureOptions& options, const std::string& ids,
                  std::int64_t largest) {
  const auto known = feature_tables(layout, options);
  if (options.features == "none") return {};
  if (!options.features.empty()) return named_table(layout, options, known, ids, largest);
  std::vector<Features> fitting;
  std::vector<std::string> others;
  for (const auto& table : known)
    if (static_cast<std::int64_t>(table.n) == largest + 1)
      fitting.push_back(table);
    else if (table.certain)
      others.push_back(
          fmt::format("'{}' describes the features 0 to {}", table.group, table.n - 1));
  const auto is_certain = [](const auto& table) { return table.certain; };
  if (std::any_of(fitting.begin(), fitting.end(), is_certain))
    std::erase_if(fitting, [&](const auto& table) { return !is_certain(table); });
  if (fitting.empty() && !others.empty())
    fail(layout,
         fmt::format("dataset '{}' holds {} at most, but {}; a table of features has one row more "
                     "than the largest label. Name one that describes these labels (--features, "
                     "'Features'), or 'none' to read every label as a phase",
                     ids, largest, fmt::join(others, ", ")));
  if (fitting.size() > 1) {
    std::vector<std::string> names;
    for (const auto& table : fitting) names.push_back(layout.relative(table.group));
    fail(layout, fmt::format("has several tables of {} features: {}; say which one describes '{}' "
                             "(--features, 'Features')",
                             largest + 1, fmt::join(names, ", "), ids));
  }
  if (fitting.empty()) return {};
  // A table of as many rows may belong to the ids that are named as usual.
  if (!ids.ends_with("/FeatureIds"))
    for (const auto& array : layout.cell_arrays())
      if (array.name == "FeatureIds" && array.kind == Hdf5Kind::integers) {
        const auto usual = file.dataset<std::int64_t>(array.path()).values;
        if (!usual.empty() && *std::max_element(usual.begin(), usual.end()) == largest &&
            usual != file.dataset<std::int64_t>(ids).values)
          fail(
              layout,
              fmt::format("the table '{}' may describe '{}' as well as '{}'; name it if it belongs "
                          "to the latter (--features, 'Features')",
                          layout.relative(fitting[0].group), array.path(), ids));
      }
  return fitting[0];
}

}  // namespace seco::materials
