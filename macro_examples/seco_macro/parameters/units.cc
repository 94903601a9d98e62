#include "units.h"

#include <fmt/format.h>

#include <map>

namespace seco::macro {
namespace {

/// Powers of ten of the SI unit.
const std::map<std::string, int> stresses{{"Pa", 0}, {"kPa", 3}, {"MPa", 6}, {"GPa", 9}};
const std::map<std::string, int> lengths{{"m", 0}, {"cm", -2}, {"mm", -3}, {"um", -6}, {"nm", -9}};
const std::map<int, std::string> prefixes{{-21, "z"}, {-18, "a"}, {-15, "f"}, {-12, "p"},
                                          {-9, "n"},  {-6, "u"},  {-3, "m"},  {0, ""},
                                          {3, "k"},   {6, "M"},   {9, "G"}};

}  // namespace

Units derived_units(const std::string& stress, const std::string& length, int dim) {
  Units units;
  units.stress = stress;
  units.length = length.empty() ? "length" : length;
  const auto product = [&](int power) {
    return power == 1 ? fmt::format("{} {}", stress, units.length)
                      : fmt::format("{} {}^{}", stress, units.length, power);
  };
  const auto ten = stresses.find(stress), meter = lengths.find(length);
  // stress * length^power as a unit with a prefix.
  const auto named = [&](int power, const std::string& unit) -> std::string {
    if (ten == stresses.end() || meter == lengths.end()) return "";
    const auto prefix = prefixes.find(ten->second + power * meter->second);
    return prefix == prefixes.end() ? "" : prefix->second + unit;
  };
  const auto force = named(2, "N"), energy = named(3, "J");
  if (dim == 3) {
    units.force = force.empty() ? product(2) : force;
    units.moment = force.empty() ? product(3) : fmt::format("{} {}", force, length);
    units.energy = energy.empty() ? product(3) : energy;
  } else {
    units.force = force.empty() ? product(1) : fmt::format("{}/{}", force, length);
    units.moment = force.empty() ? product(2) : fmt::format("{} {}/{}", force, length, length);
    units.energy = energy.empty() ? product(2) : fmt::format("{}/{}", energy, length);
  }
  units.volume = units.length + (dim == 3 ? "^3" : "^2");
  return units;
}

std::string with_unit(const std::string& text, const std::string& unit) {
  return unit.empty() ? text : fmt::format("{} {}", text, unit);
}

}  // namespace seco::macro
