#pragma once

#include <string>
#include <tuple>
#include <vector>

#include "seco/materials/parameter_file.h"

namespace seco::python {

/// Section, key and value, as text.
using Entries = std::vector<std::tuple<std::string, std::string, std::string>>;

/// What a caller says by arguments, as a parameter file would. @param origin names the function in
/// messages
materials::ParameterFile parameters_of(const Entries& entries, const std::string& origin);

}  // namespace seco::python
