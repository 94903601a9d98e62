#include "phase_stiffness.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <Eigen/Geometry>
#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <string_view>

#include "seco/materials/damask_material.h"
#include "seco/materials/elastic_constants.h"
#include "seco/materials/generator_parameters.h"
#include "seco/materials/names.h"
#include "seco/materials/text.h"

namespace seco::materials {
namespace {

/// Turns and their axes that leave a crystal of the class unchanged, enough to tell whether a
/// stiffness has the symmetry.
std::vector<Rotation> symmetry_generators(const std::string& symmetry) {
  const auto turn = [](double degrees, const Eigen::Vector3d& axis) {
    return Rotation(Eigen::AngleAxisd(degrees * M_PI / 180., axis).toRotationMatrix());
  };
  const Eigen::Vector3d x = Eigen::Vector3d::UnitX(), y = Eigen::Vector3d::UnitY(),
                        z = Eigen::Vector3d::UnitZ();
  if (symmetry == "cubic") return {turn(90, x), turn(90, z)};
  if (symmetry == "hexagonal") return {turn(60, z)};
  if (symmetry == "trigonal") return {turn(120, z)};
  if (symmetry == "trigonal -3m1") return {turn(120, z), turn(180, x)};
  if (symmetry == "trigonal -31m") return {turn(120, z), turn(180, y)};
  if (symmetry == "tetragonal") return {turn(90, z)};
  if (symmetry == "orthotropic") return {turn(180, x), turn(180, z)};
  if (symmetry == "monoclinic 2/m11") return {turn(180, x)};
  if (symmetry == "monoclinic 12/m1") return {turn(180, y)};
  if (symmetry == "monoclinic 112/m") return {turn(180, z)};
  return {};
}

/// What the setting of a group asks of constants, which tables have in the usual one.
std::string remark_on(const std::string& symmetry) {
  if (symmetry == "trigonal -3m1") return ": with its two-fold axes along a, axis 1, C15 is zero";
  if (symmetry == "trigonal -31m")
    return ": with its two-fold axes perpendicular to a, axis 1, C14 is zero";
  if (symmetry == "monoclinic 2/m11") return ": its two-fold axis is axis 1";
  if (symmetry == "monoclinic 12/m1") return ": its two-fold axis is axis 2";
  if (symmetry == "monoclinic 112/m") return ": its two-fold axis is axis 3";
  return "";
}

void check_symmetry(LabelledGrid& grid, std::int64_t number, const FilePhase& phase) {
  const auto& stiffness = *phase.stiffness;
  for (const auto& turn : symmetry_generators(phase.symmetry)) {
    const double difference = (rotate(stiffness, turn) - stiffness).cwiseAbs().maxCoeff();
    if (difference <= 1e-3 * stiffness.cwiseAbs().maxCoeff()) continue;
    grid.notes.push_back(fmt::format("warning: {} is {} in the file, its stiffness is not{}",
                                     described(number, phase), phase.symmetry,
                                     remark_on(phase.symmetry)));
    return;
  }
}

/// The first of many names, for messages.
std::string listed_names(const std::vector<std::string>& names) {
  constexpr std::size_t most = 20;
  if (names.size() <= most) return fmt::format("{}", fmt::join(names, ", "));
  return fmt::format("{}, ... ({} names)", fmt::join(names.begin(), names.begin() + most, ", "),
                     names.size());
}

/// Everything that phases can be called by.
std::vector<std::string> names_of(const std::map<std::int64_t, FilePhase>& phases) {
  std::vector<std::string> names;
  for (const auto& [number, phase] : phases) {
    names.push_back(std::to_string(number));
    if (!phase.name.empty()) names.push_back(phase.name);
  }
  return names;
}

MandelMatrix stiffness_of(const std::string& key, const std::string& text,
                          const std::string& unit) {
  if (text == "void") return MandelMatrix::Zero(6, 6);
  try {
    return megapascals_per(unit) * stiffness_from_text(text, unit);
  } catch (const std::invalid_argument& error) {
    throw std::invalid_argument(
        fmt::format("stiffness of phase '{}', '{}': {}", key, text, error.what()));
  }
}

/// What a key of the options says of phases.
struct Meaning {
  std::vector<std::int64_t> named;
  std::optional<std::int64_t> numbered;

  /// The name of a phase, and the number of another.
  bool is_ambiguous() const {
    return numbered && !named.empty() &&
           std::find(named.begin(), named.end(), *numbered) == named.end();
  }
};

Meaning meaning_of(const std::string& key, const std::map<std::int64_t, FilePhase>& phases) {
  Meaning meaning;
  for (const auto& [number, phase] : phases) {
    if (!phase.name.empty() && phase.name == key) meaning.named.push_back(number);
    if (std::to_string(number) == key) meaning.numbered = number;
  }
  if (!meaning.named.empty() || meaning.numbered) return meaning;
  constexpr std::string_view by_name = "name:", by_number = "number:";
  if (key.starts_with(by_name)) {
    meaning = meaning_of(trimmed(key.substr(by_name.size())), phases);
    meaning.numbered.reset();
  } else if (key.starts_with(by_number)) {
    meaning = meaning_of(trimmed(key.substr(by_number.size())), phases);
    meaning.named.clear();
  }
  return meaning;
}

/// Of several phases with one name those that crystals are of, if any are.
std::vector<std::int64_t> in_use(const LabelledGrid& grid, std::vector<std::int64_t> named) {
  if (named.size() < 2) return named;
  std::set<std::int64_t> used;
  for (const auto& [label, crystal] : grid.crystals) used.insert(crystal.phase);
  std::vector<std::int64_t> rest;
  for (const auto number : named)
    if (used.count(number)) rest.push_back(number);
  return rest.empty() ? named : rest;
}

/// Notes that several phases get the stiffness of one name, or refuses it where the file says that
/// their crystals differ.
void check_namesakes(LabelledGrid& grid, const std::string& path, const std::string& name,
                     const std::vector<std::int64_t>& named) {
  if (named.size() < 2) return;
  std::set<std::string> symmetries;
  std::vector<std::string> list;
  for (const auto number : named) {
    const auto& symmetry = grid.phases.at(number).symmetry;
    symmetries.insert(symmetry);
    list.push_back(
        fmt::format("{} ({})", number, symmetry.empty() ? "of unknown symmetry" : symmetry));
  }
  if (symmetries.size() > 1)
    throw std::invalid_argument(fmt::format(
        "{}: '{}' is the name of the phases {}, whose symmetries differ; give each its own by its "
        "number (--stiffness, 'Phase stiffness'), as 'number:{} = ...'",
        path, name, fmt::join(list, ", "), named.back()));
  grid.notes.push_back(
      fmt::format("'{}' is the name of the phases {}; all have the stiffness that is given for it",
                  name, fmt::join(named, ", ")));
}

/// Constants of a material file by the names of phases, by their numbers where they have no names.
/// @param given phases to which the options give a stiffness
void assign_of_file(LabelledGrid& grid, const std::string& path,
                    const MicrostructureOptions& options, const std::set<std::int64_t>& given) {
  const auto material = read_material_file(options);
  std::vector<std::string> described_phases;
  bool used = false;
  for (const auto& [unused, known] : material.phases) {
    described_phases.push_back(known.name);
    std::vector<std::int64_t> named, asked;
    for (const auto& [number, phase] : grid.phases)
      if (known.name == (phase.name.empty() ? std::to_string(number) : phase.name))
        named.push_back(number);
    named = in_use(grid, named);
    for (const auto number : named)
      if (!given.count(number)) asked.push_back(number);
    check_namesakes(grid, path, known.name, asked);
    for (const auto number : named) {
      auto& phase = grid.phases.at(number);
      used = true;
      if (phase.stiffness) continue;
      phase.stiffness = known.stiffness;
      phase.remark = known.remark;
      if (!known.note.empty()) grid.notes.push_back(known.note);
    }
  }
  if (!used)
    throw std::invalid_argument(fmt::format(
        "{}: material file {} (--material, 'Material file') has no effect: it describes the "
        "phases {}, and the phases here are {}",
        path, options.material_file, fmt::join(described_phases, ", "),
        listed_names(names_of(grid.phases))));
}

/// Phases of every stiffness of the options, none of which has two.
std::vector<std::vector<std::int64_t>> phases_of_options(const LabelledGrid& grid,
                                                         const std::string& path,
                                                         const MicrostructureOptions& options) {
  std::vector<Meaning> meanings;
  bool all_named = true, all_numbered = true;
  for (const auto& [key, text] : options.stiffness) {
    const auto& meaning = meanings.emplace_back(meaning_of(key, grid.phases));
    const auto names = names_of(grid.phases);
    if (meaning.named.empty() && !meaning.numbered)
      throw std::invalid_argument(
          fmt::format("a stiffness is given for phase '{}', but {} has the phases {}{}", key, path,
                      listed_names(names), did_you_mean(key, names, true)));
    all_named = all_named && !meaning.named.empty();
    all_numbered = all_numbered && meaning.numbered;
  }
  std::map<std::int64_t, std::string> key_of;
  std::vector<std::vector<std::int64_t>> phases;
  for (std::size_t i = 0; i < meanings.size(); ++i) {
    const auto& [key, text] = options.stiffness[i];
    const auto& meaning = meanings[i];
    // Keys that can all be names, but not all be numbers, are names.
    if (meaning.is_ambiguous() && !(all_named && !all_numbered))
      throw std::invalid_argument(fmt::format(
          "{}: a stiffness is given for phase '{}' (--stiffness, 'Phase stiffness'), which is the "
          "name of {} and the number of {}; write 'name:{}' or 'number:{}'",
          path, key, described(meaning.named[0], grid.phases.at(meaning.named[0])),
          described(*meaning.numbered, grid.phases.at(*meaning.numbered)), key, key));
    phases.push_back(meaning.named.empty() ? std::vector<std::int64_t>{*meaning.numbered}
                                           : in_use(grid, meaning.named));
    for (const auto number : phases.back())
      if (const auto [entry, is_new] = key_of.emplace(number, key); !is_new)
        throw std::invalid_argument(
            fmt::format("{}: {} is given a stiffness twice (--stiffness, 'Phase stiffness'), by "
                        "'{}' and by '{}'",
                        path, described(number, grid.phases.at(number)), entry->second, key));
  }
  return phases;
}

}  // namespace

std::string described(std::int64_t number, const FilePhase& phase) {
  return phase.name.empty() ? fmt::format("phase {}", number)
                            : fmt::format("phase {} ('{}')", number, phase.name);
}

std::map<std::int64_t, std::string> distinct_names(
    const std::map<std::int64_t, FilePhase>& phases) {
  std::map<std::int64_t, std::string> names;
  std::map<std::string, int> times;
  for (const auto& [number, phase] : phases) {
    names[number] = phase.name.empty() ? std::to_string(number) : phase.name;
    ++times[names[number]];
  }
  for (const auto& [number, phase] : phases)
    if (times[names[number]] > 1 && !phase.name.empty())
      names[number] = fmt::format("{} '{}'", number, phase.name);
  // A phase may have such a name in the file.
  std::set<std::string> different;
  for (const auto& [number, name] : names) different.insert(name);
  if (different.size() < names.size())
    for (const auto& [number, phase] : phases)
      names[number] = fmt::format("{} '{}'", number, phase.name);
  return names;
}

DamaskMaterial read_material_file(const MicrostructureOptions& options) {
  const auto temperature = options.temperature.value_or(damask_temperature);
  if (!std::isfinite(temperature) || temperature < 0.)
    throw std::invalid_argument(
        fmt::format("{}: temperature {} (--temperature, 'Temperature'): allowed are kelvins from 0",
                    options.material_file, temperature));
  auto material = read_damask_material(options.material_file, temperature);
  const bool has_effect = std::any_of(material.phases.begin(), material.phases.end(),
                                      [](const auto& p) { return !p.second.note.empty(); });
  if (options.temperature && !has_effect)
    throw std::invalid_argument(
        fmt::format("{}: a temperature (--temperature, 'Temperature') has no effect: no elastic "
                    "constant is a polynomial, as C_11 with 'C_11,T'",
                    options.material_file));
  return material;
}

void assign_stiffness(LabelledGrid& grid, const std::string& path,
                      const MicrostructureOptions& options) {
  const auto phases = phases_of_options(grid, path, options);
  std::set<std::int64_t> given;
  for (const auto& numbers : phases) given.insert(numbers.begin(), numbers.end());
  if (!options.material_file.empty()) assign_of_file(grid, path, options, given);
  for (std::size_t i = 0; i < phases.size(); ++i) {
    const auto& [key, text] = options.stiffness[i];
    check_namesakes(grid, path, key, phases[i]);
    for (const auto number : phases[i])
      grid.phases.at(number).stiffness = stiffness_of(key, text, options.unit);
  }
  for (const auto& [number, phase] : grid.phases)
    if (phase.stiffness) check_symmetry(grid, number, phase);
}

}  // namespace seco::materials
