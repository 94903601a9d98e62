#include "hencky.h"

#include <limits>

#include "builtin_laws.h"
#include "law_constants.h"

namespace seco::materials {
namespace {

SECO_SIMD_CLONES bool respond_to(const HenckyPowerLaw& law, const LawPoints& points,
                                 const LawAnswer& answer) {
  return respond_by_rows(law, points, answer);
}
SECO_SIMD_CLONES void dual_of(const HenckyPowerLaw& law, const LawPoints& points, double* energy) {
  dual_by_rows(law, points, energy);
}

class HenckyLaw : public Law {
 public:
  explicit HenckyLaw(const HenckyPowerLaw& law) : law_(law) {}
  MandelMatrix elastic_stiffness() const override { return law_.elasticity.stiffness(); }
  double respond(const LawPoints& points, const LawAnswer& answer) const override {
    respond_to(law_, points, answer);
    return 1;
  }
  void dual(const LawPoints& points, double* energy) const override {
    dual_of(law_, points, energy);
  }

 private:
  HenckyPowerLaw law_;
};

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
  return std::make_shared<HenckyLaw>(HenckyPowerLaw{{bulk, shear}, yield, exponent});
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
