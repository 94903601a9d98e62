#pragma once

#include <string>
#include <vector>

namespace seco::materials {

/// The candidate with the smallest edit distance to `name`, ignoring case; empty if there is none.
std::string nearest_match(const std::string& name, const std::vector<std::string>& candidates);

}  // namespace seco::materials
