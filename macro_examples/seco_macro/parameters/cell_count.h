#pragma once

#include <string>

namespace seco::macro {

/// No machine holds more cells than this.
constexpr double most_cells = 1e10;
/// What is wrong with the number of cells of a mesh that is refined everywhere, "N cells; allowed
/// are ..."; empty if it is at most `most_cells`.
std::string too_many_cells(double n_coarse_cells, unsigned int n_refinements, int dim);

}  // namespace seco::macro
