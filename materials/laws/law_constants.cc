#include "law_constants.h"

#include <fmt/format.h>

#include <limits>

#include "seco/materials/stiffness_text.h"

namespace seco::materials {
namespace {

constexpr double unbounded = std::numeric_limits<double>::max();

MandelMatrix isotropic_stiffness(double young, double poisson) {
  const double mu = young / (2 * (1 + poisson)),
               lambda = young * poisson / ((1 + poisson) * (1 - 2 * poisson));
  MandelMatrix c = 2 * mu * MandelMatrix::Identity(6, 6);
  c.topLeftCorner(3, 3).array() += lambda;
  return c;
}

}  // namespace

MandelMatrix stiffness_of(const IsotropicElasticity& elasticity) {
  MandelMatrix c = 2 * elasticity.shear * MandelMatrix::Identity(6, 6);
  c.topLeftCorner(3, 3).array() += elasticity.bulk - 2 * elasticity.shear / 3;
  return c;
}

double read_required(ParameterReader& reader, const std::string& section, const std::string& key,
                     double smallest, double largest, const std::string& help) {
  const double value = reader.number(section, key, 0, -unbounded, unbounded, help + "; required");
  const auto allowed =
      smallest > -unbounded
          ? (largest < unbounded ? fmt::format("numbers above {} and below {}", smallest, largest)
                                 : fmt::format("numbers above {}", smallest))
          : std::string("numbers");
  if (!reader.has(section, key))
    reader.refuse(section, key, fmt::format("the law needs it; allowed are {}", allowed));
  if (!(value > smallest && value < largest)) reader.refuse(section, key, "allowed are " + allowed);
  return value;
}

MandelMatrix read_elastic_stiffness(ParameterReader& reader, const std::string& section,
                                    const LawContext& context) {
  const double young = reader.number(section, "Young modulus", 0, 0, unbounded,
                                     "of isotropic elasticity, with 'Poisson ratio'");
  const double poisson = reader.number(section, "Poisson ratio", 0, -1, 0.5,
                                       "of isotropic elasticity, above -1 and below 0.5");
  const auto text = reader.text(section, "Elastic constants", "",
                                "in the place of 'Young modulus': " + stiffness_help() +
                                    " In crystal axes, where the phase has an orientation");
  const bool has_young = reader.has(section, "Young modulus");
  if (has_young && !text.empty())
    reader.refuse(section, "Elastic constants",
                  "allowed is this key or 'Young modulus' with 'Poisson ratio', not both");
  if (has_young != reader.has(section, "Poisson ratio"))
    reader.refuse(section, has_young ? "Poisson ratio" : "Young modulus",
                  "isotropic elasticity needs 'Young modulus' and 'Poisson ratio'");
  if (has_young) {
    if (!(young > 0)) reader.refuse(section, "Young modulus", "allowed are numbers above 0");
    if (!(poisson > -1 && poisson < 0.5))
      reader.refuse(section, "Poisson ratio", "allowed are numbers above -1 and below 0.5");
    return isotropic_stiffness(young, poisson);
  }
  if (!text.empty()) {
    try {
      const auto stiffness = stiffness_from_text(text, context.unit);
      return context.orientation ? rotate(stiffness, *context.orientation) : stiffness;
    } catch (const std::invalid_argument& error) {
      reader.refuse(section, "Elastic constants", error.what());
    }
  }
  if (!context.stiffness)
    reader.refuse(section, "Elastic constants",
                  "the law needs it, or 'Young modulus' with 'Poisson ratio': the microstructure "
                  "has no stiffness for this phase");
  return *context.stiffness;
}

std::pair<double, double> read_isotropic_elasticity(ParameterReader& reader,
                                                    const std::string& section,
                                                    const LawContext& context,
                                                    const std::string& law) {
  const auto stiffness = read_elastic_stiffness(reader, section, context);
  const auto [bulk, shear] = isotropic_part(stiffness);
  MandelMatrix isotropic = 2 * shear * MandelMatrix::Identity(6, 6);
  isotropic.topLeftCorner(3, 3).array() += bulk - 2 * shear / 3;
  constexpr double tolerance = 1e-9;
  if (!(bulk > 0 && shear > 0) ||
      (stiffness - isotropic).cwiseAbs().maxCoeff() > tolerance * stiffness.cwiseAbs().maxCoeff())
    reader.refuse(section, "Elastic constants",
                  fmt::format("the law '{}' needs isotropic elasticity", law));
  return {bulk, shear};
}

}  // namespace seco::materials
