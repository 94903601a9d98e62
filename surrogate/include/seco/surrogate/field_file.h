#pragma once

#include <string>

#include "seco/surrogate/engine.h"

namespace seco::surrogate {

/// Writes the whole fields of one RVE under one strain as VTK image data, for ParaView: `phase`,
/// `strain` and `stress` as tensors (components XX YY ZZ XY YZ XZ, in 2D XX YY XY; no factor
/// sqrt(2)), and `von_mises` and `hydrostatic`, or `von_mises_in_plane` and `mean_in_plane` where
/// the normal stress is not known (StressMeasure). Stresses are in the unit of the RVE.
/// @param answer with whole fields
/// @param load number of the strain
/// @throws std::runtime_error if the file cannot be written
void write_fields(const std::string& path, const materials::Rve& rve, const LocalAnswer& answer,
                  std::size_t load = 0);

}  // namespace seco::surrogate
