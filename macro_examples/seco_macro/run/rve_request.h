#pragma once

#include <string>
#include <vector>

namespace seco::macro {

/// Which RVE is written to which file: that of the quadrature point nearest to a position in its
/// cell, or of one of a cell.
struct RveRequest {
  std::string file;
  /// Empty if a cell is named.
  std::vector<double> position;
  /// The id that deal.II gives it, as in local_quantities.csv.
  std::string cell;
  unsigned int quadrature_point = 0;
};

}  // namespace seco::macro
