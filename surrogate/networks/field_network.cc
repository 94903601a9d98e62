#include "field_network.h"

#include <fmt/format.h>

#include <stdexcept>

#include "difference_operator.h"
#include "eco_blocks.h"
#include "green_operator.h"

namespace seco::surrogate {

std::int64_t FieldNetwork::n_parameters() const {
  std::int64_t n = 0;
  for (const auto& p : parameters()) n += p.numel();
  return n;
}

PredictedFields FieldNetwork::operator()(const StiffnessField& stiffness) {
  if (stiffness.grid().dimension() != settings_.dimension)
    throw std::invalid_argument(fmt::format("the network was trained for {}D RVEs, this RVE is {}D",
                                            settings_.dimension, stiffness.grid().dimension()));
  return forward(stiffness);
}

AdmissibleFields admissible(const PredictedFields& fields, const StiffnessField& stiffness) {
  AdmissibleFields result{fields.strain, fields.stress};
  if (fields.compatible && fields.equilibrated) return result;
  const Grid& grid = stiffness.grid();
  const GreenOperator green(grid, stiffness.options());
  const auto medium = mean_medium(stiffness);
  if (!fields.compatible)
    result.strain = strain_of(
        green.apply(divergence_of(isotropic_stress(fields.strain, medium, grid), grid), medium),
        grid);
  if (!fields.equilibrated)
    result.stress = equilibrium_block(fields.stress, EquilibriumForm::projection, green, medium);
  return result;
}

}  // namespace seco::surrogate
