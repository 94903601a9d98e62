#pragma once

#include <string>

#include "seco/materials/mandel.h"

namespace seco::materials {

/// @param what names the constants in the message
/// @throws std::invalid_argument with the smallest eigenvalue unless it is above 1e-14 of the
///   largest
void require_positive_definite(const MandelMatrix& stiffness, const std::string& what);

}  // namespace seco::materials
