#include "seco/surrogate/stop_criterion.h"

namespace seco::surrogate {

StopCriterion read_stop_criterion(materials::ParameterReader& reader, const std::string& section) {
  const auto criterion = reader.choice(
      section, "Stop on", "certified", {"certified", "estimate", "residual"},
      "what has to meet the tolerance: the guaranteed error, the error that the residual lets "
      "expect, or the residual itself");
  if (criterion == "certified") return StopCriterion::certified;
  return criterion == "estimate" ? StopCriterion::estimate : StopCriterion::residual;
}

}  // namespace seco::surrogate
