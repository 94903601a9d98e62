#pragma once

#include <cstdint>

#include "boundary_value_problem.h"
#include "traction_jumps.h"

namespace seco::macro {

/// Sets the refine flags of the cells with the largest estimated errors, so few that they carry
/// `Refinement fraction` of the sum of their squares (Doerfler, SIAM J. Numer. Anal. 33 (1996)
/// 1106), less those at the last level and those beyond `Largest number of cells`. Cells whose
/// estimates differ by less than a percent are flagged together, so that flags do not depend on
/// round-off. Collective.
/// @param finest level that no cell is refined beyond
/// @return the number of flagged cells of all ranks
template <int dim>
std::uint64_t mark_cells(const BoundaryValueProblem<dim>& problem, const TractionJumps& jumps,
                         const LoadStepParameters& parameters, unsigned int finest);

}  // namespace seco::macro
