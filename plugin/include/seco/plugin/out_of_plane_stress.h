#pragma once

#include <deal.II/base/symmetric_tensor.h>

#include <array>

#include "seco/materials/mandel.h"

namespace seco::plugin {

/// What a material may also implement, to tell the stresses of plane strain that act normal to the
/// plane, of which its stiffness in the plane says nothing.
class OutOfPlaneStress {
 public:
  using Strain = dealii::SymmetricTensor<2, 2>;

  virtual ~OutOfPlaneStress() = default;

  /// Whether they are known. May be asked after `set_points`.
  virtual bool has_out_of_plane_stress() const = 0;
  /// The stresses zz, yz and xz of a strain in the plane at a point of `set_points`, in the unit of
  /// the run, if they are known. Where stress is not linear in strain, those of the last answer of
  /// `evaluate`, whose strain it must be.
  virtual std::array<double, 3> out_of_plane_stress(std::size_t point,
                                                    const Strain& strain) const = 0;
};

/// The stresses zz, yz and xz of a strain in the plane, from the 6 x 6 Mandel matrix of the
/// stiffness.
std::array<double, 3> out_of_plane_stress(const materials::MandelMatrix& stiffness,
                                          const OutOfPlaneStress::Strain& strain);

}  // namespace seco::plugin
