#include "linear_elastic.h"

#include "builtin_laws.h"
#include "law_constants.h"

namespace seco::materials {
namespace {

SECO_SIMD_CLONES bool respond_to(const LinearElastic& law, const LawPoints& points,
                                 const LawAnswer& answer) {
  return respond_by_rows(law, points, answer);
}
SECO_SIMD_CLONES void dual_of(const LinearElastic& law, const LawPoints& points, double* energy) {
  dual_by_rows(law, points, energy);
}

class LinearElasticLaw : public Law {
 public:
  explicit LinearElasticLaw(const MandelMatrix& stiffness) : law_(stiffness) {}
  MandelMatrix elastic_stiffness() const override { return law_.stiffness; }
  double respond(const LawPoints& points, const LawAnswer& answer) const override {
    respond_to(law_, points, answer);
    return 1;
  }
  void dual(const LawPoints& points, double* energy) const override {
    dual_of(law_, points, energy);
  }

 private:
  LinearElastic law_;
};

}  // namespace

void register_linear_elastic() {
  register_law(
      "linear elastic",
      {"stress proportional to strain, of any symmetry",
       "set Young modulus = 400e3\n"
       "set Poisson ratio = 0.2\n"},
      [](ParameterReader& reader, const std::string& section, const LawContext& context) {
        return std::make_shared<LinearElasticLaw>(read_elastic_stiffness(reader, section, context));
      });
}

}  // namespace seco::materials
