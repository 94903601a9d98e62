#include "j2_plasticity.h"

#include <string>
#include <type_traits>
#include <variant>
#include <vector>

#include "builtin_laws.h"
#include "hardening_constants.h"
#include "law_constants.h"

namespace seco::materials {
namespace {

using SumModel = J2Plasticity<SumHardening>;
using TabulatedModel = J2Plasticity<TabulatedHardening>;

SECO_SIMD_CLONES bool respond_to(const SumModel& law, const LawPoints& points,
                                 const LawAnswer& answer) {
  return respond_by_rows(law, points, answer);
}
SECO_SIMD_CLONES bool respond_to(const TabulatedModel& law, const LawPoints& points,
                                 const LawAnswer& answer) {
  return respond_by_rows(law, points, answer);
}
SECO_SIMD_CLONES void dual_of(const SumModel& law, const LawPoints& points, double* energy) {
  dual_by_rows(law, points, energy);
}
SECO_SIMD_CLONES void dual_of(const TabulatedModel& law, const LawPoints& points, double* energy) {
  dual_by_rows(law, points, energy);
}

template <typename Model>
class J2Law : public Law {
 public:
  J2Law(const Model& law, const std::string& unit) : law_(law), unit_(unit) {}
  std::vector<StateVariable> state_variables() const override {
    return {{"plastic strain", "1", 6}, {"equivalent plastic strain", "1", 1}};
  }
  MandelMatrix elastic_stiffness() const override {
    MandelMatrix c = 2 * law_.shear * MandelMatrix::Identity(6, 6);
    c.topLeftCorner(3, 3).array() += law_.bulk - 2 * law_.shear / 3;
    return c;
  }
  Guarantee guarantee() const override {
    Guarantee result;
    if (!stores_quadratically(law_.hardening)) {
      result.along_path = false;
      result.reason = "hardening is not linear, so that errors of the state may grow";
    }
    return result;
  }
  double respond(const LawPoints& points, const LawAnswer& answer) const override {
    return respond_to(law_, points, answer) ? 1 : 0.5;
  }
  void dual(const LawPoints& points, double* energy) const override {
    dual_of(law_, points, energy);
  }

 private:
  Model law_;
  std::string unit_;
};

std::shared_ptr<const Law> read(ParameterReader& reader, const std::string& section,
                                const LawContext& context) {
  const auto [bulk, shear] = read_isotropic_elasticity(reader, section, context, "J2 plasticity");
  const double kinematic = read_kinematic_hardening(reader, section);
  return std::visit(
      [&, bulk = bulk, shear = shear](const auto& hardening) -> std::shared_ptr<const Law> {
        using Model = J2Plasticity<std::decay_t<decltype(hardening)>>;
        return std::make_shared<J2Law<Model>>(Model{bulk, shear, hardening, kinematic},
                                              context.unit);
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
