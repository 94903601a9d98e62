#pragma once

#include <string>

namespace seco::macro {

/// A text by which values of parameters are compared: the same for texts that say the same,
/// whatever key they belong to. Numbers are written in one way (`1e-3` is `0.001`, and so inside
/// lists and expressions), white space counts between words only, and `yes` and `no` are `true` and
/// `false`. Integers that a double cannot hold, such as seeds, keep all their digits.
std::string comparable_value(const std::string& text);

}  // namespace seco::macro
