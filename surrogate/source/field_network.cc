#include "field_network.h"

#include <fmt/format.h>

#include <stdexcept>

#include "difference_operator.h"
#include "direct_network.h"
#include "eco_blocks.h"
#include "reference_solver.h"
#include "s_eco_network.h"
#include "w_eco_network.h"

namespace seco::surrogate {

std::int64_t FieldNetwork::n_parameters() const {
  std::int64_t n = 0;
  for (const auto& p : parameters()) n += p.numel();
  return n;
}

std::shared_ptr<FieldNetwork> make_network(const NetworkSettings& settings) {
  if (settings.dimension != 2 && settings.dimension != 3)
    throw std::invalid_argument(
        fmt::format("dimension {} of the network is not 2 or 3", settings.dimension));
  if (settings.model == "s-ECO") return std::make_shared<SEcoNetwork>(settings);
  if (settings.model == "w-ECO") return std::make_shared<WEcoNetwork>(settings);
  if ((settings.model == "UNet" || settings.model == "TFNO") &&
      settings.backbone == script_backbone_name)
    throw std::invalid_argument(
        fmt::format("model '{}' with the backbone '{}'; allowed are s-ECO, w-ECO, direct",
                    settings.model, script_backbone_name));
  if (settings.model == "direct" && settings.backbone != script_backbone_name)
    throw std::invalid_argument(fmt::format(
        "backbone '{}' of the model 'direct'; allowed is {}, other backbones are models "
        "of their own",
        settings.backbone, script_backbone_name));
  if (settings.model == "UNet" || settings.model == "TFNO" || settings.model == "direct")
    return std::make_shared<DirectNetwork>(settings);
  throw std::invalid_argument(fmt::format(
      "model '{}' is not known; allowed are s-ECO, w-ECO, UNet, TFNO, direct", settings.model));
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
