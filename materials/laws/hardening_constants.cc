#include "hardening_constants.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <vector>

#include "law_constants.h"

namespace seco::materials {
namespace {

constexpr double unbounded = std::numeric_limits<double>::max();

/// A constant of hardening, which may not be negative.
double read_hardening(ParameterReader& reader, const std::string& section, const std::string& key,
                      const std::string& help) {
  const double value = reader.number(section, key, 0, -unbounded, unbounded, help);
  if (value < 0)
    reader.refuse(section, key,
                  "allowed are numbers from 0: with softening the energy is not convex, strains "
                  "localize in single voxels and no bound exists");
  return value;
}

SumHardening read_sum(ParameterReader& reader, const std::string& section) {
  SumHardening h;
  h.modulus = read_hardening(reader, section, "Hardening modulus",
                             "H of y(p) = y0 + H p + Q (1 - exp(-b p)) + K p^n");
  h.voce_stress = read_hardening(reader, section, "Voce stress", "Q");
  h.voce_exponent = read_hardening(reader, section, "Voce exponent", "b");
  h.ludwik = read_hardening(reader, section, "Ludwik coefficient", "K");
  h.ludwik_exponent = reader.number(section, "Ludwik exponent", 1, 0, 1, "n, above 0, at most 1");
  if (!(h.ludwik_exponent > 0))
    reader.refuse(section, "Ludwik exponent", "allowed are numbers above 0, up to 1");
  if (h.voce_stress > 0 && h.voce_exponent == 0)
    reader.refuse(section, "Voce exponent", "with a 'Voce stress' allowed are numbers above 0");
  if (h.voce_exponent > 0 && h.voce_stress == 0 && reader.has(section, "Voce stress") == false)
    reader.refuse(section, "Voce stress", "with a 'Voce exponent' it has to be set");
  if (reader.has(section, "Ludwik exponent") && !reader.has(section, "Ludwik coefficient"))
    reader.refuse(section, "Ludwik coefficient", "with a 'Ludwik exponent' it has to be set");
  return h;
}

TabulatedHardening read_table(ParameterReader& reader, const std::string& section,
                              const std::vector<double>& numbers) {
  const std::string key = "Hardening curve";
  TabulatedHardening h;
  if (numbers.size() % 2 != 0 || numbers.size() < 4)
    reader.refuse(section, key, "allowed are pairs of a strain and a stress, at least two");
  for (std::size_t i = 0; i < numbers.size(); i += 2) {
    h.strain.push_back(numbers[i]);
    h.value.push_back(numbers[i + 1]);
  }
  if (h.strain.front() != 0 || !(h.value.front() > 0))
    reader.refuse(section, key, "the first strain has to be 0 and its stress above 0");
  for (std::size_t i = 1; i < h.strain.size(); ++i) {
    if (!(h.strain[i] > h.strain[i - 1]))
      reader.refuse(section, key,
                    fmt::format("strains have to increase, and {} follows on {}", h.strain[i],
                                h.strain[i - 1]));
    if (h.value[i] < h.value[i - 1])
      reader.refuse(section, key,
                    fmt::format("stresses may not fall, and {} follows on {}: with softening the "
                                "energy is not convex and no bound exists",
                                h.value[i], h.value[i - 1]));
  }
  return h;
}

Guarantee without_path() {
  Guarantee result;
  result.along_path = false;
  result.reason = "hardening is not linear, so that errors of the state may grow";
  return result;
}

}  // namespace

Guarantee guarantee_of(const SumHardening& h) {
  return h.voce_stress == 0 && h.ludwik == 0 ? Guarantee{} : without_path();
}

Guarantee guarantee_of(const TabulatedHardening&) {
  return without_path();
}

std::optional<ShortTable> short_table(const TabulatedHardening& hardening) {
  const auto in_place = [](const std::vector<double>& numbers) {
    ShortNumbers result;
    result.n = numbers.size();
    std::copy(numbers.begin(), numbers.end(), result.values);
    return result;
  };
  if (hardening.strain.size() > ShortNumbers::most) return {};
  return ShortTable{in_place(hardening.strain), in_place(hardening.value)};
}

std::variant<SumHardening, TabulatedHardening> read_isotropic_hardening(
    ParameterReader& reader, const std::string& section) {
  const auto curve = reader.numbers(
      section, "Hardening curve", {},
      "in the place of the constants of hardening: equivalent plastic strains and yield stresses "
      "in turn, 0, y0, p1, y1, ...; straight lines between them, constant beyond the last");
  if (!curve.empty()) {
    for (const char* other : {"Yield stress", "Hardening modulus", "Voce stress", "Voce exponent",
                              "Ludwik coefficient", "Ludwik exponent"})
      if (reader.has(section, other))
        reader.refuse(section, other, "'Hardening curve' takes its place; set only one of them");
    return read_table(reader, section, curve);
  }
  auto hardening = read_sum(reader, section);
  hardening.yield = read_required(reader, section, "Yield stress", 0, unbounded, "y0");
  return hardening;
}

double read_kinematic_hardening(ParameterReader& reader, const std::string& section) {
  return read_hardening(reader, section, "Kinematic modulus",
                        "C of linear kinematic hardening, back stress 2/3 C times plastic strain: "
                        "the slope that it gives to the curve of a tension test");
}

}  // namespace seco::materials
