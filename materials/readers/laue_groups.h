#pragma once

#include <cstdint>
#include <string>

namespace seco::materials {

/// Laue groups, in Hermann-Mauguin symbols `-1` to `m-3m`, by what programs call them; empty for
/// what is not known.

/// Number of a Laue group in .ctf and .h5oina files, 1 (`-1`) to 11 (`m-3m`).
std::string laue_group_of_oxford(std::int64_t number);
/// Symbol of a point group, or its abbreviation in .ang files (`43`, `62`, ...).
std::string laue_group_of_symbol(const std::string& symbol);
/// Number of a space group, 1 to 230.
std::string laue_group_of_space_group(std::int64_t number);

}  // namespace seco::materials
