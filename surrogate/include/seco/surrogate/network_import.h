#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "seco/surrogate/network_settings.h"

namespace seco::surrogate {

/// A network that was trained elsewhere, for example in Python, and its place in a field network.
struct NetworkImport {
  /// File that torch.jit.save wrote. It is a program, and importing it executes it.
  std::string script;
  /// Model folder to write.
  std::string folder;
  /// Architecture around the module; `backbone` and `script` are set by the import.
  NetworkSettings network;
  /// Voxels along every axis of the RVE that the module is tried on; empty: 32³ or 64².
  std::vector<int> grid;
};

/// What an import found.
struct ImportedNetwork {
  /// Channels that the module reads and returns, and its number of weights.
  std::int64_t in_channels = 0, out_channels = 0, n_parameters = 0;
  /// Certified gap of the RVE that it was tried on.
  double gap = 0;
};

/// Makes a model folder of a TorchScript module: copies it to `backbone.pt`, and describes in
/// `model.json` what surrounds it. The module reads `[B, C_in, n...]`, channels that describe the
/// microstructure (and, with solver steps, the fields so far), and returns `[B, C_out, n...]`, the
/// channels of the ECO blocks; docs/training.md tells which. It is tried on a copper polycrystal:
/// its fields pass the same blocks and the same certificate as those of any network, so that the
/// bounds hold whatever it computes.
/// @throws std::invalid_argument if the module cannot be loaded or does not fit: the message names
///   the shapes found and expected, or the setting and what is allowed
/// @throws std::runtime_error if the folder cannot be written
ImportedNetwork import_network(const NetworkImport& request);

}  // namespace seco::surrogate
