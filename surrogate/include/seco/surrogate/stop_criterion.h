#pragma once

#include <string>

#include "seco/materials/parameter_reader.h"
#include "seco/surrogate/deformation.h"

namespace seco::surrogate {

/// Asks for the key `Stop on`. @throws materials::ParameterError
StopCriterion read_stop_criterion(materials::ParameterReader& reader, const std::string& section);

}  // namespace seco::surrogate
