#include "norton_creep.h"

#include "builtin_laws.h"
#include "law_constants.h"
#include "pointwise_law.h"
#include "power_constants.h"

namespace seco::materials {
namespace {

SECO_POINTWISE_FUNCTIONS(NortonCreep)

}  // namespace

void register_norton_creep() {
  register_law("Norton creep",
               {"isotropic elasticity, creep at a rate that is a power of the von Mises stress",
                "set Young modulus    = 30e3\n"
                "set Poisson ratio    = 0.35\n"
                "set Reference rate   = 1e-6\n"
                "set Reference stress = 10\n"
                "set Exponent         = 5\n"},
               [](ParameterReader& reader, const std::string& section, const LawContext& context) {
                 const auto [bulk, shear] =
                     read_isotropic_elasticity(reader, section, context, "Norton creep");
                 const auto [rate, stress, exponent] = read_rate_power(
                     reader, section, "creep rate e0 (q/s0)^n of the von Mises stress q");
                 const IsotropicElasticity elasticity{bulk, shear};
                 const NortonCreep model{elasticity, rate, stress, exponent};
                 return pointwise_law(
                     model,
                     LawTraits{stiffness_of(elasticity),
                               {{"creep strain", "1", 6}, {"equivalent creep strain", "1", 1}},
                               {},
                               /*depends_on_time=*/true},
                     functions_for(model));
               });
}

}  // namespace seco::materials
