#include "seco/plugin/out_of_plane_stress.h"

#include <cmath>

namespace seco::plugin {

std::array<double, 3> out_of_plane_stress(const materials::MandelMatrix& stiffness,
                                          const OutOfPlaneStress::Strain& strain) {
  // Rows 33, 23 and 13 of the pairs 11, 22, 33, 23, 13, 12.
  std::array<double, 3> stress{};
  for (int row = 0; row < 3; ++row) {
    const double value = stiffness(2 + row, 0) * strain[0][0] +
                         stiffness(2 + row, 1) * strain[1][1] +
                         stiffness(2 + row, 5) * std::sqrt(2.) * strain[0][1];
    stress[row] = row == 0 ? value : std::sqrt(0.5) * value;
  }
  return stress;
}

}  // namespace seco::plugin
