#include "seco/materials/microstructure_family.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "seco/materials/generator_parameters.h"
#include "seco/materials/names.h"
#include "seco/materials/text.h"

namespace seco::materials {
namespace {

int draw_integer(int smallest, int largest, RandomStream& random) {
  const int n = std::max(1, largest - smallest + 1);
  return smallest + std::min(n - 1, static_cast<int>(random.uniform() * n));
}

GeneratorSettings draw_settings(const MicrostructureFamily& family, std::uint64_t seed) {
  auto settings = family.base;
  settings.seed = seed;
  // One stream for each setting, so that a new range does not change what the others draw.
  const auto stream = [&](std::uint64_t number) { return RandomStream(mix_seed(seed, number)); };
  auto fraction = stream(11), factor = stream(12), counts = stream(13), kinds = stream(14),
       axes = stream(15), constants = stream(16);
  settings.volume_fraction =
      fraction.uniform(family.base.volume_fraction, family.largest_volume_fraction);
  if (family.base.inclusion_factor > 0)
    settings.inclusion_factor *=
        std::pow(family.largest_inclusion_factor / family.base.inclusion_factor, factor.uniform());
  settings.n_grains = draw_integer(family.base.n_grains, family.largest_n_grains, counts);
  settings.n_inclusions =
      draw_integer(family.base.n_inclusions, family.largest_n_inclusions, counts);
  if (!family.types.empty())
    settings.type = family.types[draw_integer(0, static_cast<int>(family.types.size()) - 1, kinds)];
  if (!family.crystals.empty())
    settings.crystal =
        family.crystals[draw_integer(0, static_cast<int>(family.crystals.size()) - 1, kinds)];
  for (const auto& [choices, value] : {std::pair(&family.matrices, &settings.matrix),
                                       std::pair(&family.inclusions, &settings.inclusion)})
    if (!choices->empty())
      *value = (*choices)[draw_integer(0, static_cast<int>(choices->size()) - 1, constants)];
  if (family.random_axis)
    settings.axis = draw_integer(0, static_cast<int>(settings.shape.size()) - 1, axes);
  return settings;
}

/// Stiffnesses of which one is drawn for each member.
std::vector<MandelMatrix> read_choices(ParameterReader& reader, const std::string& section,
                                       const std::string& key, const std::string& what,
                                       const std::string& single, const std::string& unit,
                                       int dimension) {
  std::vector<MandelMatrix> choices;
  const auto text = reader.text(
      section, key, "",
      fmt::format("{} of a dataset, separated by semicolons, each as '{}'; empty: only that", what,
                  single));
  for (const auto& part : split(text, ';')) {
    if (trimmed(part).empty()) continue;
    try {
      choices.push_back(stiffness_from_text(trimmed(part), unit, dimension));
    } catch (const std::invalid_argument& error) {
      reader.refuse(section, key, error.what());
    }
  }
  return choices;
}

}  // namespace

Rve draw(const MicrostructureFamily& family, std::size_t index) {
  constexpr int attempts = 20;
  for (int attempt = 0;; ++attempt) {
    const auto seed = mix_seed(family.base.seed, index);
    const auto settings =
        draw_settings(family, attempt == 0 ? seed : mix_seed(seed, 1000 + attempt));
    try {
      return generate(settings);
    } catch (const PackingError& error) {
      if (attempt + 1 == attempts)
        throw PackingError(fmt::format("member {} of the microstructure family, drawn {} times: {}",
                                       index, attempts, error.what()));
    }
  }
}

std::vector<std::string> notes_on(const MicrostructureFamily& family) {
  const bool one_fraction = family.largest_volume_fraction <= family.base.volume_fraction;
  std::vector<std::string> notes;
  for (const auto& type :
       family.types.empty() ? std::vector<std::string>{family.base.type} : family.types) {
    auto settings = family.base;
    settings.type = type;
    for (auto& note : notes_on(settings, one_fraction, family.random_axis))
      if (std::find(notes.begin(), notes.end(), note) == notes.end())
        notes.push_back(std::move(note));
  }
  return notes;
}

MicrostructureFamily read_microstructure_family(ParameterReader& reader, const std::string& s) {
  MicrostructureFamily family;
  family.base = read_generator_settings(reader, s);
  const auto& base = family.base;
  family.largest_volume_fraction =
      reader.number(s, "Largest volume fraction", base.volume_fraction, 0, 1,
                    "datasets draw the volume fraction between the two");
  if (family.largest_volume_fraction < base.volume_fraction)
    reader.refuse(
        s, "Largest volume fraction",
        fmt::format("allowed are values from 'Volume fraction', {}", base.volume_fraction));
  family.largest_inclusion_factor =
      reader.number(s, "Largest inclusion factor", base.inclusion_factor, 0, 1e12,
                    "datasets draw the factor between the two, with equal chances per decade");
  if (family.largest_inclusion_factor < base.inclusion_factor ||
      (base.inclusion_factor == 0 && family.largest_inclusion_factor > 0))
    reader.refuse(s, "Largest inclusion factor",
                  fmt::format("allowed are values from 'Inclusion factor', {}, if that is positive",
                              base.inclusion_factor));
  family.largest_n_grains =
      static_cast<int>(reader.integer(s, "Largest number of grains", base.n_grains, base.n_grains,
                                      65535, "datasets draw the number of grains between the two"));
  family.largest_n_inclusions = static_cast<int>(
      reader.integer(s, "Largest number of inclusions", base.n_inclusions, base.n_inclusions,
                     100000, "datasets draw the number of inclusions between the two"));
  const auto known = generator_names();
  for (const auto& part :
       split(reader.text(s, "Types", "",
                         "generators of a dataset, separated by commas; empty: only 'Type'"),
             ',')) {
    const auto name = trimmed(part);
    if (name.empty()) continue;
    if (std::find(known.begin(), known.end(), name) == known.end())
      reader.refuse(s, "Types",
                    fmt::format("'{}' is not known; allowed are {}{}", name, fmt::join(known, ", "),
                                did_you_mean(name, known, true)));
    family.types.push_back(name);
  }
  const int dimension = static_cast<int>(base.shape.size());
  family.crystals = read_choices(reader, s, "Crystals", "crystals", "Crystal", base.unit, 3);
  family.matrices = read_choices(reader, s, "Matrices", "matrices", "Matrix", base.unit, dimension);
  family.inclusions = read_choices(reader, s, "Inclusions", "constants of the inclusions",
                                   "Inclusion", base.unit, dimension);
  family.random_axis =
      reader.flag(s, "Random axis", false, "datasets draw the axis of fibres and layers");
  return family;
}

}  // namespace seco::materials
