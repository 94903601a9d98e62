#include "j2_plasticity.h"

#include <string>
#include <type_traits>
#include <variant>

#include "builtin_laws.h"
#include "hardening_constants.h"
#include "law_constants.h"

namespace seco::materials {
namespace {

using SumModel = J2Plasticity<SumHardening>;
using TabulatedModel = J2Plasticity<TabulatedHardening>;

SECO_POINTWISE_FUNCTIONS(SumModel)
SECO_POINTWISE_FUNCTIONS(TabulatedModel)

std::shared_ptr<const Law> read(ParameterReader& reader, const std::string& section,
                                const LawContext& context) {
  const auto [bulk, shear] = read_isotropic_elasticity(reader, section, context, "J2 plasticity");
  const IsotropicElasticity elasticity{bulk, shear};
  const double kinematic = read_kinematic_hardening(reader, section);
  const auto model_with = [&](const auto& hardening) {
    return J2Plasticity<std::decay_t<decltype(hardening)>>{elasticity, hardening, kinematic};
  };
  return std::visit(
      [&](const auto& hardening) -> std::shared_ptr<const Law> {
        const auto model = model_with(hardening);
        return pointwise_law(
            model,
            LawTraits{stiffness_of(elasticity),
                      {{"plastic strain", "1", 6}, {"equivalent plastic strain", "1", 1}},
                      guarantee_of(hardening)},
            functions_for(model), plain_form(hardening, model_with));
      },
      read_isotropic_hardening(reader, section));
}

}  // namespace

void register_j2_plasticity() {
  register_law("J2 plasticity",
               {"isotropic elasticity, von Mises yield surface, isotropic and linear kinematic "
                "hardening",
                "set Young modulus = 70e3\n"
                "set Poisson ratio = 0.3\n"
                "set Yield stress  = 100\n"
                "set Voce stress   = 80\n"
                "set Voce exponent = 20\n"},
               read);
}

}  // namespace seco::materials
