#include "linear_elastic.h"

#include "builtin_laws.h"
#include "law_constants.h"

namespace seco::materials {
namespace {

SECO_POINTWISE_FUNCTIONS(LinearElastic)

}  // namespace

void register_linear_elastic() {
  register_law("linear elastic",
               {"stress proportional to strain, of any symmetry",
                "set Young modulus = 400e3\n"
                "set Poisson ratio = 0.2\n"},
               [](ParameterReader& reader, const std::string& section, const LawContext& context) {
                 const LinearElastic model(read_elastic_stiffness(reader, section, context));
                 return pointwise_law(model, LawTraits{model.stiffness}, functions_for(model));
               });
}

}  // namespace seco::materials
