#pragma once

#include <cstdint>
#include <string>

namespace seco::materials {

/// Laue groups by what programs call them, in Hermann-Mauguin symbols `-1` to `m-3m`; empty for
/// what is not known. Those of more than one setting are written in full: `2/m11`, `12/m1` and
/// `112/m` have their two-fold axis along a, b and c, `-3m1` along a and `-31m` perpendicular to
/// it.

/// Number of a Laue group in .ctf and .h5oina files, 1 (`-1`) to 11 (`m-3m`): `12/m1` and `-3m1`.
std::string laue_group_of_oxford(std::int64_t number);
/// Symbol of a point group, or its abbreviation in .ang files (`43`, `62`, ...). Of `2`, `m` and
/// `2/m` the axis is c, as TSL numbers it (2, 20 and 21 for c, b and a), and as the operators of
/// orix and Neper have it.
std::string laue_group_of_symbol(const std::string& symbol);
/// Number of a space group, 1 to 230, in its standard setting: monoclinic ones have the axis b.
std::string laue_group_of_space_group(std::int64_t number);

}  // namespace seco::materials
