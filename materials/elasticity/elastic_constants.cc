#include "seco/materials/elastic_constants.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <stdexcept>

#include "seco/materials/elastic_symmetry.h"
#include "seco/materials/names.h"

namespace seco::materials {
namespace {

const std::vector<ElasticConstants>& table() {
  // MPa. Fibres have their axis along 3.
  static const std::string dislocations =
      "Hirth and Lothe, Theory of Dislocations, 1982, Appendix 1";
  static const std::string world_wide_failure =
      "Soden, Hinton and Kaddour 1998, Composites Science and Technology 58, 1011-1022";
  static const std::vector<ElasticConstants> entries{
      {"Ag", "cubic", cubic(124.0e3, 93.4e3, 46.1e3), dislocations},
      {"Al", "cubic", cubic(108.2e3, 61.3e3, 28.5e3), dislocations},
      {"Cu", "cubic", cubic(168.4e3, 121.4e3, 75.4e3), dislocations},
      {"Fe", "cubic", cubic(242.0e3, 146.5e3, 112.0e3), dislocations},
      {"Ni", "cubic", cubic(246.5e3, 147.3e3, 124.7e3), dislocations},
      {"Si", "cubic", cubic(165.7e3, 63.9e3, 79.56e3), dislocations},
      {"W", "cubic", cubic(521.0e3, 201.0e3, 160.0e3), dislocations},
      {"Mg", "hexagonal", hexagonal(59.5e3, 26.12e3, 21.805e3, 61.55e3, 16.35e3),
       "Slutsky and Garland 1957, Physical Review 107, 972-976"},
      {"Ti", "hexagonal", hexagonal(162.4e3, 92.0e3, 69.0e3, 180.7e3, 46.7e3),
       "Fisher and Renken 1964, Physical Review 135, A482-A494"},
      {"alumina", "isotropic", isotropic(416.0e3, 0.231),
       "Munro 1997, Journal of the American Ceramic Society 80, 1919-1928"},
      {"carbon fibre", "transversely isotropic",
       transversely_isotropic(225.0e3, 15.0e3, 0.2, 15.0e3, 7.0e3), world_wide_failure + " (AS4)"},
      {"E-glass", "isotropic", isotropic(74.0e3, 0.2), world_wide_failure + " (Silenka)"},
      {"epoxy", "isotropic", isotropic(4.2e3, 0.34), world_wide_failure + " (3501-6)"}};
  return entries;
}

}  // namespace

const ElasticConstants& elastic_constants(const std::string& name) {
  for (const auto& entry : table())
    if (entry.name == name) return entry;
  const auto names = elastic_constant_names();
  throw std::invalid_argument(
      fmt::format("'{}' is not in the table of elastic constants; known are {}{}", name,
                  fmt::join(names, ", "), did_you_mean(name, names, true)));
}

std::vector<std::string> elastic_constant_names() {
  std::vector<std::string> names;
  for (const auto& entry : table()) names.push_back(entry.name);
  return names;
}

double megapascals_per(const std::string& unit) {
  if (unit == "Pa") return 1e-6;
  if (unit == "kPa") return 1e-3;
  if (unit == "MPa") return 1.;
  if (unit == "GPa") return 1e3;
  throw std::invalid_argument(
      fmt::format("unit '{}' is not known; allowed are Pa, kPa, MPa, GPa", unit));
}

}  // namespace seco::materials
