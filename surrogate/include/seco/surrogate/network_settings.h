#pragma once

#include <string>
#include <vector>

namespace seco::surrogate {

/// Everything that determines the architecture of a field network; stored in `model.json`.
struct NetworkSettings {
  /// 2 or 3.
  int dimension = 3;
  /// `s-ECO`: compatibility and equilibrium are exact, the constitutive law is in the loss.
  /// `polarization`: s-ECO of another form: a strain, gated by how far the phase is from a
  /// reference phase, gives a polarization whose Green operator makes both fields admissible.
  /// `w-ECO`: compatibility and constitutive law are exact, equilibrium is in the loss.
  /// `UNet`, `TFNO`: strain and stress straight from the backbone of that name, from data alone.
  /// `direct`: the same from a TorchScript module.
  std::string model = "s-ECO";
  /// Backbone of the ECO models: `UNet`, `TFNO`, or `TorchScript`, a module made elsewhere.
  std::string backbone = "UNet";
  /// File of the TorchScript module; not stored in `model.json`, beside which it lies.
  std::string script;
  /// Input channels that describe the microstructure, per voxel: `stiffness`, the 21 (6)
  /// independent coefficients; `Euler angles`, the three Bunge angles; `spherical harmonics`,
  /// generalised spherical harmonics of `crystal_symmetry` up to degree 4.
  std::string input = "stiffness";
  /// `cubic`, `hexagonal`: symmetry of the harmonics.
  std::string crystal_symmetry = "cubic";

  /// Channels of the finest level of the UNet (each coarser level has twice as many), of the layers
  /// of the TFNO, or of the tokens of `polarization`.
  int width = 16;
  /// Number of resolutions of the UNet.
  int levels = 3;
  /// Spectral layers of the TFNO, its modes kept along each axis, the share of each mode of the
  /// weight tensor that its factorisation keeps, and the factorisation: `Tucker` or `CP`.
  int layers = 4;
  int modes = 8;
  double rank = 0.5;
  std::string factorization = "Tucker";
  /// The backbone works on a grid coarser by this factor along every axis, from block averages;
  /// its last layer brings the result back to the voxels beside the input.
  int coarsening = 1;
  /// Arithmetic of the backbone: `single`, `bfloat16` or `float16` (CUDA only). Blocks, losses and
  /// certificates are never below single precision.
  std::string precision = "single";

  /// `vector potential`, `beltrami` or `projection` (eco_blocks.h).
  std::string equilibrium_block = "projection";
  /// Meaning of the kinematic channels. `displacement`: nodal displacements (the paper's form).
  /// `polarization`: a stress-like field tau with u = -G0 D^T tau, which is better conditioned:
  /// every wave length enters the strain with the same weight.
  std::string kinematic_head = "polarization";
  /// Steps of block conjugate gradients on each of the two energies (energy_descent.h) before the
  /// network of an s-ECO model. 0: the network reads the microstructure alone, as in the paper.
  /// Otherwise it also reads the strain, the descent field and the constitutive residual of the
  /// solver, and a Ritz step combines its fields with those of the solver.
  int solver_steps = 0;
};

/// NetworkSettings::backbone of a network that was made elsewhere.
inline const char* const script_backbone_name = "TorchScript";

}  // namespace seco::surrogate
