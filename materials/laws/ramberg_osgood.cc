#include "ramberg_osgood.h"

#include "builtin_laws.h"
#include "law_constants.h"
#include "power_constants.h"

namespace seco::materials {
namespace {

SECO_SIMD_CLONES bool respond_to(const RambergOsgood& law, const LawPoints& points,
                                 const LawAnswer& answer) {
  return respond_by_rows(law, points, answer);
}
SECO_SIMD_CLONES void dual_of(const RambergOsgood& law, const LawPoints& points, double* energy) {
  dual_by_rows(law, points, energy);
}

class RambergOsgoodLaw : public Law {
 public:
  explicit RambergOsgoodLaw(const RambergOsgood& law) : law_(law) {}
  MandelMatrix elastic_stiffness() const override { return law_.elasticity.stiffness(); }
  double respond(const LawPoints& points, const LawAnswer& answer) const override {
    return respond_to(law_, points, answer) ? 1 : 0.5;
  }
  void dual(const LawPoints& points, double* energy) const override {
    dual_of(law_, points, energy);
  }

 private:
  RambergOsgood law_;
};

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
        return std::make_shared<RambergOsgoodLaw>(
            RambergOsgood{{bulk, shear}, {strain, stress, exponent}});
      });
}

}  // namespace seco::materials
