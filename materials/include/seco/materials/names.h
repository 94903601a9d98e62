#pragma once

#include <string>
#include <vector>

namespace seco::materials {

/// The candidate with the smallest edit distance to `name`, ignoring case; empty if there is none.
std::string nearest_match(const std::string& name, const std::vector<std::string>& candidates);

/// "; did you mean 'NAME'?" with the nearest candidate, to be appended to a message; empty if none
/// is close: if more than half of its letters, or of those of `name`, would have to be changed.
/// @param new_sentence for ". Did you mean 'NAME'?"
std::string did_you_mean(const std::string& name, const std::vector<std::string>& candidates,
                         bool new_sentence = false);

}  // namespace seco::materials
