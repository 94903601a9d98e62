#pragma once

#include <optional>
#include <string>
#include <vector>

namespace seco::materials {

/// Without blanks at the ends.
std::string trimmed(const std::string& text);

/// The trimmed parts between separators. A doubled separator does not separate, so that the
/// operator || of expressions stays whole.
std::vector<std::string> split(const std::string& text, char separator);

/// The number that the whole text is, if it is one; also infinities and nan.
std::optional<double> to_number(const std::string& text);
/// The integer from 0 that the whole text is, if it is one.
std::optional<unsigned long> to_count(const std::string& text);

}  // namespace seco::materials
