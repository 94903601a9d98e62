#include "hencky.h"

#include <limits>

#include "builtin_laws.h"
#include "law_constants.h"
#include "pointwise_law.h"

namespace seco::materials {
namespace {

SECO_POINTWISE_FUNCTIONS(HenckyPowerLaw)

std::shared_ptr<const Law> read(ParameterReader& reader, const std::string& section,
                                const LawContext& context) {
  constexpr double unbounded = std::numeric_limits<double>::max();
  const auto [bulk, shear] =
      read_isotropic_elasticity(reader, section, context, "Hencky power law");
  const double yield = read_required(reader, section, "Yield stress", 0, unbounded,
                                     "y of q = min(3 G g, y (3 G g / y)^n), q von Mises stress, g "
                                     "equivalent strain, G shear modulus");
  const std::string key = "Exponent", allowed = "allowed are numbers above 0, up to 1";
  const double exponent =
      reader.number(section, key, 0, -unbounded, unbounded, "n, above 0, at most 1; required");
  if (!reader.has(section, key)) reader.refuse(section, key, "the law needs it; " + allowed);
  if (!(exponent > 0 && exponent <= 1))
    reader.refuse(section, key,
                  allowed + "; some tables give 1/n, the exponent of the strain over the stress");
  const IsotropicElasticity elasticity{bulk, shear};
  const HenckyPowerLaw model{elasticity, yield, exponent};
  return pointwise_law(model, LawTraits{stiffness_of(elasticity)}, functions_for(model));
}

}  // namespace

void register_hencky() {
  register_law(
      "Hencky power law",
      {"stress as a function of the total strain, isotropic elasticity up to a yield stress "
       "and a power beyond; for loads that only grow",
       "set Young modulus = 70e3\n"
       "set Poisson ratio = 0.3\n"
       "set Yield stress  = 100\n"
       "set Exponent      = 0.2\n"},
      read);
}

}  // namespace seco::materials
