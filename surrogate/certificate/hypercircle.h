#pragma once

#include <Eigen/Core>
#include <vector>

#include "seco/materials/mandel.h"

namespace seco::surrogate {

/// Products of fields in one of the two energies of the hypercircle, for one RVE; and what
/// round-off may have done to them. The fields are the m fields of the unit loads and, after them,
/// the m unit tensors, constant.
struct EnergyProducts {
  using Matrix = Eigen::Matrix<long double, Eigen::Dynamic, Eigen::Dynamic>;
  /// `<x_i . A x_j>`, `[2m, 2m]`: A is the stiffness for strains, the compliance for stresses.
  Matrix products;
  /// Every field is known only up to an error of this size in the norm of the energy, `[2m]`.
  std::vector<double> field_error;
  /// Products are computed only up to this share of the norms of their fields (form_error()).
  double form_error = 0;
};

/// The potential energies of the unit strains from above: the smaller of the strains as they are
/// and of their best combination with the unit strains, `t_i - sum_j b_ij (t_j - E_j)`, enlarged so
/// far that the exact energies of the exact fields lie below in the Loewner order.
/// @return `[m, m]`; round-off of a few units is left
materials::MandelMatrix potential_from_above(const EnergyProducts& strains);

/// The complementary energies from below: `A M + (A M)^T - A H A^T`, a lower bound of the
/// homogenized stiffness for any coefficients A of the stresses, H their products and M their
/// means; the best of three choices of A, lowered so far that the exact energies of the exact
/// fields lie above.
/// @param means `[2m, m]`, exact: their error is part of `field_error`
/// @param inverse_defect Conditioning::inverse_defect
/// @return `[m, m]`; the zero matrix where round-off leaves nothing that is positive definite
materials::MandelMatrix complementary_from_below(const EnergyProducts& stresses,
                                                 const EnergyProducts::Matrix& means,
                                                 double inverse_defect);

}  // namespace seco::surrogate
