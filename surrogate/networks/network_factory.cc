#include <fmt/format.h>

#include <stdexcept>

#include "direct_network.h"
#include "polarization_network.h"
#include "s_eco_network.h"
#include "w_eco_network.h"

namespace seco::surrogate {

std::shared_ptr<FieldNetwork> make_network(const NetworkSettings& settings) {
  if (settings.dimension != 2 && settings.dimension != 3)
    throw std::invalid_argument(
        fmt::format("dimension {} of the network is not 2 or 3", settings.dimension));
  if (settings.model == "s-ECO") return std::make_shared<SEcoNetwork>(settings);
  if (settings.model == "polarization") return std::make_shared<PolarizationNetwork>(settings);
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
      "model '{}' is not known; allowed are s-ECO, polarization, w-ECO, UNet, TFNO, direct",
      settings.model));
}

}  // namespace seco::surrogate
