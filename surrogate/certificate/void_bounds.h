#pragma once

#include <vector>

#include "certificate.h"

namespace seco::surrogate {

/// Lower bounds of RVEs with voids of zero stiffness, whose complementary energy is infinite for
/// every stress that an equilibrium block makes.
///
/// The energies `F(u) = <(E + sym D u) : C : (E + sym D u)>` of displacements lie above their
/// minimum by `r . K^+ r`, with the residual `r = D^T C : (E + sym D u)` and the stiffness `K = D^T
/// C D` of the solid. The stress of the solid does no work on displacements that do not strain it,
/// so r is orthogonal to these. If every strain of the solid continues compatibly into the voids
/// with at most 1 / kappa times its energy, both in the reference medium C0, and `C >= c C0` in the
/// solid, then
///
///     r . K^+ r <= r . G0 r / (c kappa)   and   C_lo = F(u) - <r . G0 r> / (c kappa)
///
/// in the Loewner order over the unit strains. The second-order term falls with every step; that
/// kappa is chosen far too small costs a few steps more.

/// The kappa that is taken for granted: `0.01 N^-5`, N the voxels along the longest axis. Porous
/// solids have been found above 1e-3, those of random voxels at their percolation threshold 50
/// times above it and more (docs/certified_engines.md).
double continuation(const Grid& grid);

/// The lower bounds, with all that round-off can do to them; the zero matrix where what is left is
/// not positive definite, as where the solid lacks stiffness in some direction. `[B, m, m]`.
/// @param stiffness in double precision, of any batch; without voids a bound as well
/// @param displacement `[B, L, d, n...]`, double
/// @param smallest the smallest Ritz value of `G0 K` that an iteration has met, per RVE, or empty:
///   a thousandth of it takes the place of c kappa where that is larger
torch::Tensor voids_from_below(const StiffnessField& stiffness, const torch::Tensor& displacement,
                               const GreenOperator& green, const ReferenceMedium& medium,
                               const std::vector<double>& smallest = {});

/// `c kappa` of every RVE, with the Ritz values as above.
std::vector<double> solid_softness(const StiffnessField& stiffness, const ReferenceMedium& medium,
                                   const std::vector<double>& smallest = {});

/// Gives the RVEs with voids in a batch the lower bounds above. @param stiffness, displacement of
/// any type
void enclose_voids(Bounds& bounds, const StiffnessField& stiffness,
                   const torch::Tensor& displacement, const std::vector<double>& smallest = {});

}  // namespace seco::surrogate
