#pragma once

#include <string>

namespace seco::surrogate {

/// Everything that determines the architecture of an s-ECO network; stored in `model.json`.
struct NetworkSettings {
  /// 2 or 3.
  int dimension = 3;
  /// Channels of the finest level of the UNet; each coarser level has twice as many.
  int width = 16;
  /// Number of resolutions of the UNet.
  int levels = 3;
  /// `vector potential`, `beltrami` or `projection` (eco_blocks.h).
  std::string equilibrium_block = "projection";
  /// Steps `u <- -G0 D^T [C : E + (C - C0) : sym(D u)]` of the basic scheme (Moulinec and Suquet
  /// 1998) from u = 0 that come before the network. 0: the network sees the stiffness only, as in
  /// the paper. Otherwise it also sees the strain so far and the polarization that drives the next
  /// step, and predicts a correction.
  int green_steps = 1;
  /// What the kinematic channels mean. `displacement`: nodal displacements (the paper's form).
  /// `polarization`: a stress-like field tau with u = -G0 D^T tau, which is better conditioned:
  /// every wave length enters the strain with the same weight.
  std::string kinematic_head = "polarization";
};

}  // namespace seco::surrogate
