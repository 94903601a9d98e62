#pragma once

#include <string>

#include "green_operator.h"
#include "stiffness_field.h"

namespace seco::surrogate {

/// The equilibrium-conserving blocks (arXiv 2504.13422): no learnable parameters, any input gives
/// an admissible output. All act on `[B, L, channels, n...]`, load cases in axis 1.

/// Compatibility block: the strain fluctuation sym(D u) of any nodal displacement.
torch::Tensor compatibility_block(const torch::Tensor& displacement, const Grid& grid);

enum class EquilibriumForm { vector_potential, beltrami, projection };
/// @throws std::invalid_argument naming the allowed forms.
EquilibriumForm equilibrium_form_from(const std::string& name);
std::string to_string(EquilibriumForm form);

/// Number of channels per load case that the block reads: vector potential 3 (1 in 2D, Airy),
/// beltrami 6 (1), projection m.
int n_potential_channels(EquilibriumForm form, int dimension);

/// Equilibrium block: a stress fluctuation with `D^T t = 0` to round-off and zero mean.
///  - vector potential: `t_ij = e_ikl e_jmn D_k D_m^T Phi_ln`, Phi diagonal (Maxwell; in 2D Airy);
///  - beltrami: the same with symmetric Phi, components ordered as in Mandel notation;
///  - projection: `t = s - C0 : sym(D G0 D^T s)` minus its mean, for any symmetric s.
/// @param medium reference media for the projection; the other forms ignore it.
torch::Tensor equilibrium_block(const torch::Tensor& potential, EquilibriumForm form,
                                const GreenOperator& green, const ReferenceMedium& medium);

}  // namespace seco::surrogate
