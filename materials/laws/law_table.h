#pragma once

#include <map>
#include <string>

#include "seco/materials/law_table.h"
#include "seco/materials/parameter_reader.h"

namespace seco::materials {

/// Texts of an entry by key, stresses in `unit`, without those whose place a key that the user has
/// set takes, as `Elastic constants` that of `Young modulus`.
std::map<std::string, std::string> default_values(const LawConstants& entry,
                                                  const ParameterReader& reader,
                                                  const std::string& section,
                                                  const std::string& unit);

}  // namespace seco::materials
