#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "seco/materials/rve.h"
#include "seco/surrogate/dlpack.h"
#include "seco/surrogate/homogenized.h"

namespace seco::surrogate {

/// Fields of one RVE from anywhere, such as a network of another project. Numbers in C order, the
/// grid last; tensors in Mandel notation, stresses in the unit of the RVE.
struct GivenFields {
  std::size_t n_loads = 0;
  /// One of `strain` and `displacement` is given.
  /// Total strains at the centres of the voxels, `[loads, m, n1, n2 (, n3)]`. What of them is not
  /// compatible is left out.
  std::span<const double> strain;
  /// Periodic displacement fluctuations at the corners of the voxels (corner v of voxel v is the
  /// one nearest to the origin), `[loads, d, n1, n2 (, n3)]`, in the unit of the lengths.
  std::span<const double> displacement;
  /// Mean strain of every load. Empty: the means of the strains, and of m displacements the unit
  /// strains in order.
  std::vector<materials::MandelVector> mean_strain;
  /// Stresses of the same loads at the centres of the voxels, `[loads, m, n1, n2 (, n3)]`, or empty
  /// for `C : strain`. What of them is not in equilibrium is left out. The lower bound is made from
  /// them or from the strains, whichever is better for the loads.
  std::span<const double> stress;
};

/// The same as tensors on one device, of any real floating type, each with the axes of the field in
/// GivenFields; empty where a field is not given.
struct GivenTensors {
  DlpackTensor strain, displacement, stress;
  std::vector<materials::MandelVector> mean_strain;
};

/// Guaranteed bounds of the homogenized stiffness (of the discrete voxel problem, round-off
/// included) from given fields, whatever they are: they are made admissible first, by projections
/// in a homogeneous medium, and then bound both energies (certificate.h). Good fields make the
/// bounds narrow, bad ones only wide, no wider than Voigt's and Reuss's.
///
/// Loads other than the unit strains are combined into these, `u_i = sum_k (E^+)_ik u_k` with the
/// pseudo-inverse of the matrix of mean strains: where fewer than m loads are given, the bounds are
/// narrow for the strains that they span. Voids of zero stiffness have the lower bound of
/// void_bounds.h from the strains, or zero.
/// @return estimate, the mean of the bounds, and bounds; engine "given fields"
/// @throws std::invalid_argument for sizes that do not fit, both or neither of strain and
///   displacement, numbers that are not finite, or mean strains that are all zero
Homogenized certify_fields(const materials::Rve& rve, const GivenFields& fields);
/// Computed on the device of the tensors; those of double precision are not copied.
/// @throws std::invalid_argument also for tensors on several devices, or on one that this LibTorch
///   does not have
Homogenized certify_fields(const materials::Rve& rve, GivenTensors fields);

}  // namespace seco::surrogate
