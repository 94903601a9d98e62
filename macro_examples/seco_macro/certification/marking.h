#pragma once

#include <algorithm>
#include <span>

namespace seco::macro {

/// What a goal-oriented loop asks for in one round: the RVEs with a share of at least `threshold`
/// are refined so that their share is about `level` afterwards.
struct Marking {
  double threshold = 0, level = 0;
  /// Number of marked RVEs; 0 if refinement cannot help.
  std::size_t n_marked = 0;

  /// Part of the gap wanted that is left, about: engines take whole steps, and materials may round
  /// gaps down. Polycrystals, which converge fast, keep less.
  static constexpr double part_left = 0.5;
  /// F of `mark`: about two steps that divide the gap of a polycrystal by ten each.
  static constexpr double fixed_cost = 5;

  /// The gap to ask for, 0 if the RVE is not marked. Its share is proportional to its gap as long
  /// as its strain does not change.
  double wanted_gap(double share, double gap) const {
    if (n_marked == 0 || !(share > 0) || share < threshold || share <= level) return 0;
    return gap * std::min(1., level / (part_left * share));
  }
};

/// Chooses what to refine so that the width of a certified quantity falls below a goal for the
/// least work.
///
/// A gap falls by about the same factor with every step of conjugate gradients, so refining RVE r
/// from its share s_r to t_r costs  F + log(s_r / t_r), where F stands for generating it, setting
/// up and evaluating bounds. The least sum of costs under  sum t_r <= goal  has equal t_r = level
/// for all refined RVEs (Lagrange: d cost / d t_r = -1 / t_r), and refines those of the largest
/// shares. How many is found by trying all numbers.
///
/// Of those, a round marks the fewest that carry the fraction `doerfler` of all shares (Doerfler,
/// SIAM J. Numer. Anal. 33 (1996) 1106, eq. 4.1): the shares depend on the strains, which the next
/// round knows better.
/// @param shares of the RVEs that can be improved, in any order; those that are not positive are
///   not marked
/// @param rest the part of the width that cannot be improved
/// @param goal the width wanted
/// @param doerfler in (0, 1]
Marking mark(std::span<const double> shares, double rest, double goal, double doerfler);

}  // namespace seco::macro
