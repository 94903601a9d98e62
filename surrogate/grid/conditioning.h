#pragma once

namespace seco::surrogate {

/// What the stiffnesses of an RVE allow round-off to do, over all phases that occur and are no
/// voids; dimensionless like the table. See rounding.h.
struct Conditioning {
  /// Smallest and largest eigenvalue of any phase.
  double smallest = 0, largest = 0;
  /// Largest 2-norm of |C|, the matrix of the moduli of the entries.
  double absolute = 0;
  /// Largest `|| |C| || / lambda_min` of one phase: `|x|.|C||x| <= condition x.C x`.
  double condition = 1;
  /// eta of all phases: `C^-1 <= S / (1 - eta)` in the Loewner order for the rounded compliance S,
  /// and for every C whose entries differ by no more than `entry_round_off` from those in the
  /// table.
  double inverse_defect = 0;
  /// Phases whose values are added for a mean.
  double n_phases = 0;
};

/// Entries of a stiffness are known to so many units of round-off: they come from constants,
/// rotations and a division by the scale, each of which rounds.
constexpr double entry_round_off = 8. * 0x1p-53;

}  // namespace seco::surrogate
