#include "norton_creep.h"

#include "builtin_laws.h"
#include "law_constants.h"
#include "power_constants.h"

namespace seco::materials {
namespace {

SECO_SIMD_CLONES bool respond_to(const NortonCreep& law, const LawPoints& points,
                                 const LawAnswer& answer) {
  return respond_by_rows(law, points, answer);
}
SECO_SIMD_CLONES void dual_of(const NortonCreep& law, const LawPoints& points, double* energy) {
  dual_by_rows(law, points, energy);
}

class NortonCreepLaw : public Law {
 public:
  explicit NortonCreepLaw(const NortonCreep& law) : law_(law) {}
  std::vector<StateVariable> state_variables() const override {
    return {{"creep strain", "1", 6}, {"equivalent creep strain", "1", 1}};
  }
  MandelMatrix elastic_stiffness() const override { return law_.elasticity.stiffness(); }
  bool depends_on_time() const override { return true; }
  double respond(const LawPoints& points, const LawAnswer& answer) const override {
    return respond_to(law_, points, answer) ? 1 : 0.5;
  }
  void dual(const LawPoints& points, double* energy) const override {
    dual_of(law_, points, energy);
  }

 private:
  NortonCreep law_;
};

}  // namespace

void register_norton_creep() {
  register_law(
      "Norton creep",
      {"isotropic elasticity, creep at a rate that is a power of the von Mises stress",
       "set Young modulus    = 30e3\n"
       "set Poisson ratio    = 0.35\n"
       "set Reference rate   = 1e-6\n"
       "set Reference stress = 10\n"
       "set Exponent         = 5\n"},
      [](ParameterReader& reader, const std::string& section, const LawContext& context) {
        const auto [bulk, shear] =
            read_isotropic_elasticity(reader, section, context, "Norton creep");
        const auto [rate, stress, exponent] =
            read_rate_power(reader, section, "creep rate e0 (q/s0)^n of the von Mises stress q");
        return std::make_shared<NortonCreepLaw>(NortonCreep{{bulk, shear}, rate, stress, exponent});
      });
}

}  // namespace seco::materials
