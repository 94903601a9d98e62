#pragma once

#include "material_field.h"

namespace seco::macro {

/// What a checkpoint keeps by cell, under keys that do not depend on how the mesh is distributed:
/// the values of the unknowns of every cell and, if there are any, of its quadrature points.
template <int dim>
struct CellRecords {
  typename BoundaryValueProblem<dim>::Vector displacement;
  /// Empty if none are kept.
  PointValues shares;
};

/// Writes them as table "cells". Collective.
template <int dim>
void save_cells(const BoundaryValueProblem<dim>& problem, const MaterialField<dim>& materials,
                const typename BoundaryValueProblem<dim>::Vector& displacement,
                const PointValues& shares, CheckpointWriter& file);

/// Reads them, on any number of ranks. Collective.
/// @throws std::runtime_error on all ranks if the table does not fit the mesh
template <int dim>
CellRecords<dim> read_cells(const BoundaryValueProblem<dim>& problem,
                            const MaterialField<dim>& materials, const CheckpointReader& file,
                            bool has_shares);

/// Whether a checkpoint has them: not before the first solve.
bool has_cells(const CheckpointReader& file);

}  // namespace seco::macro
