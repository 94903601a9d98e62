#include "linear_elastic.h"

#include <Eigen/LU>

#include "builtin_laws.h"
#include "law_constants.h"
#include "pointwise_law.h"

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
                 const auto stiffness = read_elastic_stiffness(reader, section, context);
                 const LinearElastic model(stiffness, MandelMatrix(stiffness.inverse()));
                 return pointwise_law(model, LawTraits{stiffness}, functions_for(model));
               });
}

}  // namespace seco::materials
