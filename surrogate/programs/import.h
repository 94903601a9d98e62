#pragma once

#include <CLI/App.hpp>

namespace seco {

/// Adds `seco import`: reads a microstructure file of another program and writes it as RVE.
/// @param status exit code of the command, once it has run
void add_import_command(CLI::App& app, int& status);

}  // namespace seco
