#pragma once

#include <CLI/App.hpp>

namespace seco {

/// Adds the command `deform` (an RVE with nonlinear laws along a load path, with guaranteed errors)
/// to the program. It runs while the command line is parsed.
/// @param status receives the exit code
void add_deform_command(CLI::App& app, int& status);

/// Adds the command `laws`, which describes the constitutive laws.
void add_laws_command(CLI::App& app);

}  // namespace seco
