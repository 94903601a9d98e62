#include "power_constants.h"

#include <limits>

#include "law_constants.h"

namespace seco::materials {
namespace {

constexpr double unbounded = std::numeric_limits<double>::max();

PowerConstants read_power(ParameterReader& reader, const std::string& section,
                          const std::string& scale, const std::string& help) {
  PowerConstants result{};
  result.scale = read_required(reader, section, scale, 0, unbounded, help);
  result.stress = read_required(reader, section, "Reference stress", 0, unbounded, "s0");
  const std::string key = "Exponent";
  result.exponent =
      reader.number(section, key, 0, -unbounded, unbounded, "n, at least 1; required");
  if (!reader.has(section, key))
    reader.refuse(section, key, "the law needs it; allowed are numbers from 1");
  if (!(result.exponent >= 1))
    reader.refuse(section, key,
                  "allowed are numbers from 1; many tables give 1/n, the exponent of the stress "
                  "over the rate or strain");
  return result;
}

}  // namespace

PowerConstants read_rate_power(ParameterReader& reader, const std::string& section,
                               const std::string& formula) {
  return read_power(reader, section, "Reference rate",
                    "e0 of the " + formula + ", per unit of time of the load path");
}

PowerConstants read_strain_power(ParameterReader& reader, const std::string& section,
                                 const std::string& formula) {
  return read_power(reader, section, "Reference strain", "e0 of the " + formula);
}

}  // namespace seco::materials
