#pragma once

#include "input_channels.h"
#include "seco/surrogate/network_settings.h"
#include "stiffness_field.h"

namespace seco::surrogate {

/// Channels that describe the microstructure to a network (NetworkSettings::input).
/// @throws std::invalid_argument for an unknown input or crystal symmetry.
std::int64_t n_microstructure_channels(const NetworkSettings& settings);

/// The channels themselves: stiffness coefficients in units of the mean shear modulus, Bunge angles
/// in units of pi, or crystal harmonics.
/// @throws std::invalid_argument if orientations are asked for and an RVE has none.
InputChannels microstructure_channels(const NetworkSettings& settings,
                                      const StiffnessField& stiffness);

/// `[B, L * c, n...] -> [B, L, c, n...]`.
torch::Tensor with_loads(const torch::Tensor& channels, const Grid& grid);

/// Unit mean strains as constant fields, `[B, L, m, n...]` (expanded, not stored).
torch::Tensor unit_fields(const StiffnessField& stiffness);

}  // namespace seco::surrogate
