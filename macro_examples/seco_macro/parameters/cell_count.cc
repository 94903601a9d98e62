#include "cell_count.h"

#include <fmt/format.h>

#include <cmath>

namespace seco::macro {

std::string too_many_cells(double n_coarse_cells, unsigned int n_refinements, int dim) {
  const double n = n_coarse_cells * std::exp2(static_cast<double>(dim) * n_refinements);
  return n > most_cells ? fmt::format("{:.3g} cells; allowed are at most {:g}", n, most_cells) : "";
}

}  // namespace seco::macro
