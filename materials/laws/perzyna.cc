#include "perzyna.h"

#include <string>
#include <type_traits>
#include <variant>

#include "builtin_laws.h"
#include "hardening_constants.h"
#include "law_constants.h"
#include "power_constants.h"

namespace seco::materials {
namespace {

using SumModel = Perzyna<SumHardening>;
using TabulatedModel = Perzyna<TabulatedHardening>;

SECO_POINTWISE_FUNCTIONS(SumModel)
SECO_POINTWISE_FUNCTIONS(TabulatedModel)

std::shared_ptr<const Law> read(ParameterReader& reader, const std::string& section,
                                const LawContext& context) {
  const auto [bulk, shear] = read_isotropic_elasticity(reader, section, context, "Perzyna");
  const IsotropicElasticity elasticity{bulk, shear};
  const double kinematic = read_kinematic_hardening(reader, section);
  const auto power =
      read_rate_power(reader, section, "viscoplastic strain rate e0 <(q - y(p))/s0>^n");
  const auto model_with = [&](const auto& hardening) {
    return Perzyna<std::decay_t<decltype(hardening)>>{elasticity,  hardening,    kinematic,
                                                      power.scale, power.stress, power.exponent};
  };
  return std::visit(
      [&](const auto& hardening) -> std::shared_ptr<const Law> {
        const auto model = model_with(hardening);
        return pointwise_law(
            model,
            LawTraits{stiffness_of(elasticity),
                      {{"viscoplastic strain", "1", 6}, {"equivalent viscoplastic strain", "1", 1}},
                      guarantee_of(hardening),
                      /*depends_on_time=*/true},
            functions_for(model), plain_form(hardening, model_with));
      },
      read_isotropic_hardening(reader, section));
}

}  // namespace

void register_perzyna() {
  register_law("Perzyna",
               {"isotropic elasticity, viscoplastic strain at a rate that is a power of the stress "
                "beyond a von Mises yield surface; hardening as with J2 plasticity",
                "set Young modulus    = 210e3\n"
                "set Poisson ratio    = 0.3\n"
                "set Yield stress     = 235\n"
                "set Reference rate   = 40\n"
                "set Reference stress = 235\n"
                "set Exponent         = 5\n"},
               read);
}

}  // namespace seco::materials
