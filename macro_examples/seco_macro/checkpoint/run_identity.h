#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "seco/plugin/parameters.h"

namespace seco::macro {

/// What the results of a run depend on: the version of this program, the parameters but those that
/// are tagged as changeable (materials::KeyTraits), and the content of the files and folders that
/// parameters name.
/// @param folder that relative paths start from
/// @return {"seco": version, "parameters": {"Section/Key": value}, "contents": {"Section/Key":
///   hash}}
nlohmann::json run_identity(const plugin::ParameterTexts& values,
                            const plugin::ParameterTraits& traits, const std::string& folder);

/// The first difference of two identities in words, with the key; empty if they are equal. Values
/// are compared, not how they are written (parameter_value.h); of files and folders their content.
/// @param kept of the checkpoint
std::string difference(const nlohmann::json& kept, const nlohmann::json& now);

}  // namespace seco::macro
