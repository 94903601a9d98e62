#pragma once

#include <cstdint>
#include <vector>

#include "material_field.h"

namespace seco::macro {

class RunLog;

/// Lets the materials refine the RVEs that marking.h chooses, so that the width of a certified
/// quantity falls below a goal for the least work. Without a width, those without a lower bound of
/// their own come first. Collective.
/// @param shares of the points of each material in the width; see Material::rve_shares
/// @param width nan or infinite if the quantity is not bounded from both sides
/// @param doerfler fraction of the width that a round marks at most
/// @return the number of RVEs of all ranks that were marked, 0 if none can be improved
/// @throws std::runtime_error on all ranks, naming the material
template <int dim>
std::uint64_t refine_rves(const MaterialField<dim>& materials,
                          const std::vector<std::vector<double>>& shares, double width, double goal,
                          double doerfler, RunLog& log);

}  // namespace seco::macro
