#pragma once

#include <CLI/App.hpp>

namespace seco {

/// Adds the command `homogenize` (homogenized stiffness of one RVE with bounds) to the program. It
/// runs while the command line is parsed.
/// @param status receives the exit code
void add_homogenize_command(CLI::App& app, int& status);

}  // namespace seco
