#include "import_network.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <stdexcept>
#include <string>

#include "seco/surrogate/network_import.h"
#include "seco/surrogate/network_setting_table.h"

namespace seco {
namespace {

struct Options {
  surrogate::NetworkImport request;
  bool trusted = false;
};

int import_network(const Options& options) {
  const auto& request = options.request;
  if (!options.trusted)
    throw std::invalid_argument(
        request.script +
        ": a TorchScript module is a program, and importing executes it; if you trust its origin, "
        "give --trust-scripts");
  const auto found = surrogate::import_network(request);
  fmt::print(
      "{}: {} channels to {}, {} weights; the bounds of a copper polycrystal are {:.3g} apart\n"
      "model folder {}; engines load it with `Trust scripts = true` or --trust-scripts\n",
      request.script, found.in_channels, found.out_channels, found.n_parameters, found.gap,
      request.folder);
  return 0;
}

}  // namespace

void add_import_network_command(CLI::App& app, int& status) {
  const auto options = std::make_shared<Options>();
  auto& request = options->request;
  auto& network = request.network;
  const auto allowed = [](const std::string& setting) {
    return CLI::IsMember(surrogate::network_setting(setting).allowed);
  };
  auto* command = app.add_subcommand(
      "import-network", "makes a model folder of a TorchScript module that was trained elsewhere");
  command->add_option("script", request.script, "file written by torch.jit.save")->required();
  command->add_option("--out", request.folder, "model folder")->required();
  command->add_flag("--trust-scripts", options->trusted,
                    "consents to executing the module, which is a program");
  command
      ->add_option("--model", network.model,
                   "what its channels pass through: the blocks of s-ECO or w-ECO, or direct: "
                   "they are strains and stresses")
      ->check(CLI::IsMember({"s-ECO", "w-ECO", "direct"}));
  command->add_option("--dimension", network.dimension, "2 or 3")->check(CLI::IsMember({2, 3}));
  command->add_option("--input", network.input, "what describes the microstructure")
      ->check(allowed("input"));
  command->add_option("--crystal-symmetry", network.crystal_symmetry, "of spherical harmonics")
      ->check(allowed("crystal_symmetry"));
  command->add_option("--equilibrium-block", network.equilibrium_block, "of s-ECO")
      ->check(allowed("equilibrium_block"));
  command->add_option("--kinematic-head", network.kinematic_head, "of s-ECO and w-ECO")
      ->check(allowed("kinematic_head"));
  command->add_option("--solver-steps", network.solver_steps,
                      "steps of the solver before the network, whose fields it then reads");
  command->add_option("--width", network.width,
                      "channels of its widest layer, from which its memory is estimated");
  command
      ->add_option("--grid", request.grid,
                   "voxels along every axis of the RVE it is tried on (32 32 32 or 64 64)")
      ->expected(2, 3);
  command->callback([options, &status] { status = import_network(*options); });
}

}  // namespace seco
