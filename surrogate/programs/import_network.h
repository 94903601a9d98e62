#pragma once

namespace CLI {
class App;
}

namespace seco {

/// Adds the subcommand `import-network`: a model folder of a TorchScript module.
/// @param status is set to the exit code
void add_import_network_command(CLI::App& app, int& status);

}  // namespace seco
