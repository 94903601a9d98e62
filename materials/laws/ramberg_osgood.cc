#include "ramberg_osgood.h"

#include "builtin_laws.h"
#include "law_constants.h"
#include "pointwise_law.h"
#include "power_constants.h"

namespace seco::materials {
namespace {

SECO_POINTWISE_FUNCTIONS(RambergOsgood)

}  // namespace

void register_ramberg_osgood() {
  register_law(
      "Ramberg-Osgood",
      {"total strain as a function of the stress, isotropic elasticity and a power; for loads that "
       "only grow",
       "set Young modulus    = 70e3\n"
       "set Poisson ratio    = 0.3\n"
       "set Reference strain = 0.002\n"
       "set Reference stress = 240\n"
       "set Exponent         = 20\n"},
      [](ParameterReader& reader, const std::string& section, const LawContext& context) {
        const auto [bulk, shear] =
            read_isotropic_elasticity(reader, section, context, "Ramberg-Osgood");
        const auto [strain, stress, exponent] = read_strain_power(
            reader, section, "inelastic strain e0 (q/s0)^n of the von Mises stress q");
        const IsotropicElasticity elasticity{bulk, shear};
        const RambergOsgood model{elasticity, {strain, stress, exponent}};
        return pointwise_law(model, LawTraits{stiffness_of(elasticity)}, functions_for(model));
      });
}

}  // namespace seco::materials
