#include "perzyna.h"

#include <string>
#include <type_traits>
#include <variant>
#include <vector>

#include "builtin_laws.h"
#include "hardening_constants.h"
#include "law_constants.h"
#include "power_constants.h"

namespace seco::materials {
namespace {

using SumModel = Perzyna<SumHardening>;
using TabulatedModel = Perzyna<TabulatedHardening>;

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
class PerzynaLaw : public Law {
 public:
  explicit PerzynaLaw(const Model& law) : law_(law) {}
  std::vector<StateVariable> state_variables() const override {
    return {{"viscoplastic strain", "1", 6}, {"equivalent viscoplastic strain", "1", 1}};
  }
  MandelMatrix elastic_stiffness() const override { return law_.elasticity.stiffness(); }
  Guarantee guarantee() const override {
    Guarantee result;
    if (!stores_quadratically(law_.hardening)) {
      result.along_path = false;
      result.reason = "hardening is not linear, so that errors of the state may grow";
    }
    return result;
  }
  bool depends_on_time() const override { return true; }
  double respond(const LawPoints& points, const LawAnswer& answer) const override {
    return respond_to(law_, points, answer) ? 1 : 0.5;
  }
  void dual(const LawPoints& points, double* energy) const override {
    dual_of(law_, points, energy);
  }

 private:
  Model law_;
};

std::shared_ptr<const Law> read(ParameterReader& reader, const std::string& section,
                                const LawContext& context) {
  const auto [bulk, shear] = read_isotropic_elasticity(reader, section, context, "Perzyna");
  const double kinematic = read_kinematic_hardening(reader, section);
  const auto power =
      read_rate_power(reader, section, "viscoplastic strain rate e0 <(q - y(p))/s0>^n");
  return std::visit(
      [&, bulk = bulk, shear = shear](const auto& hardening) -> std::shared_ptr<const Law> {
        using Model = Perzyna<std::decay_t<decltype(hardening)>>;
        return std::make_shared<PerzynaLaw<Model>>(
            Model{{bulk, shear}, hardening, kinematic, power.scale, power.stress, power.exponent});
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
