#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "seco/materials/generators.h"
#include "seco/seco.h"
#include "support/temporary.h"

namespace seco::test {

using Material = std::unique_ptr<seco_material, decltype(&seco_destroy)>;

/// A small composite of spheres without symmetries.
materials::GeneratorSettings small_composite();

/// Writes the composite as an RVE file into a folder. @return its path
std::string write_composite(const std::filesystem::path& folder);

/// A parameter file of the same composite with more lines in the section of the material.
/// @return its path
std::string write_parameters(const std::filesystem::path& folder, const std::string& more = "",
                             const std::string& microstructure = "");

Material from_rve(const std::string& file, const std::string& engine, double tolerance = 0);

}  // namespace seco::test
