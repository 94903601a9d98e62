#pragma once

#include <array>
#include <string>
#include <vector>

#include "seco/materials/rve.h"

namespace seco::surrogate {

/// Which stresses the von Mises and hydrostatic values of an RVE are made of.
enum class StressMeasure {
  /// All stresses: `sqrt(3/2) |dev s|` and `tr(s) / 3`. In 3D, and in 2D (plane strain) if the 6 x
  /// 6
  /// stiffness of every phase that occurs is known (`Rve::stiffness_3d`; a void needs none): then
  /// the stresses 33, 23 and 13 are `s_o = C_oi C_ii^-1 s_i` with the rows 33 23 13 and 11 22 12.
  spatial,
  /// In 2D with any other phase, whose 3 x 3 stiffness does not determine the stress normal to the
  /// plane, not even if it is isotropic in the plane, as that of a fibre along the normal: the von
  /// Mises value `sqrt(3/4 (s11 - s22)^2 + 3 s12^2)`, which is the smallest that any normal stress
  /// can give, and the mean of the two normal stresses in the plane, `(s11 + s22) / 2`.
  in_plane
};
/// "spatial" or "in-plane".
std::string to_string(StressMeasure measure);

/// Asks for the fields inside one RVE under given macro strains.
struct LocalQuery {
  materials::Rve rve;
  /// Macro strains in Mandel notation, 6 (3 in 2D) finite components each.
  std::vector<materials::MandelVector> strains;
  /// Return the whole fields as well.
  bool whole_fields = false;
};

/// A value and the indices of the voxel where it occurs (the third is 0 in 2D). The centre of the
/// voxel is at `(index + 1/2) h` along every axis. Of voxels with equal values any one is named.
struct VoxelValue {
  double value = 0;
  std::array<int, 3> voxel{};
};

/// Means over the voxels of one phase; all zero for a phase that does not occur.
struct PhaseMean {
  double volume_fraction = 0;
  materials::MandelVector strain, stress;
};

/// Fields on the voxels, n1 x n2 [x n3] with the last axis fastest; tensors in Mandel notation,
/// one component after another, `m x n1 x n2 [x n3]`.
struct WholeFields {
  std::vector<double> strain, stress, von_mises, hydrostatic;
};

/// The fields of one RVE under one macro strain `E`, in the unit of the RVE. They are what the
/// engine's upper bound is the energy of, that is: the strain is compatible with mean `E`, the
/// stress is `C : strain` in every voxel, and its mean is `C_up : E`. (The fields of `reuss` are a
/// uniform stress `C_lo : E` and `C^-1 : stress`, whose mean is `E`.)
struct LocalQuantities {
  VoxelValue largest_von_mises, largest_hydrostatic, smallest_hydrostatic;
  /// Per entry of the RVE's table of stiffnesses; times the volume fractions they add up to the
  /// means over the RVE.
  std::vector<PhaseMean> phases;
  materials::MandelVector mean_strain, mean_stress;
  /// Guaranteed bound of the error of both fields against the exact discrete solution
  /// `strain*, stress*` in the energy norm (Prager and Synge 1947, Quart. Appl. Math. 5),
  ///
  ///     sqrt(<(strain - strain*) : C : (strain - strain*)>)
  ///       = sqrt(<(stress - stress*) : C^-1 : (stress - stress*)>)  <=  sqrt(E : (C_up - C_lo) : E
  ///       + 8 eps E : C_up : E),
  ///
  /// eps the round-off of the fields' type, in the square root of the unit of the RVE. It bounds
  /// the mean over all voxels; no bound of a value in a single voxel follows from it but the one
  /// with the root of the number of voxels as factor.
  double field_error = 0;
  /// `field_error / sqrt(E : C_up : E)`; 0 for `E = 0`.
  double relative_field_error = 0;
  /// `|<stress : strain> - <stress> : E| / <stress : strain>`: zero to the round-off of the fields
  /// by the lemma of Hill and Mandel, which the best combination of compatible fields obeys.
  double hill_mandel_residual = 0;
  /// Empty unless asked for.
  WholeFields fields;
};

}  // namespace seco::surrogate
