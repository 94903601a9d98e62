#pragma once

#include "grid.h"

namespace seco::surrogate {

/// Phases and tables of PhaseTables once more, laid out as the kernels of one table read them
/// (KernelEntries::compact_phase and compact_matrices); undefined where they read the originals.
struct CompactTables {
  torch::Tensor phase, stiffness, compliance;
};

/// Stiffness of a batch of RVEs on one grid as kernels see it: plain data, on the device and, but
/// for the phases, in the type of the fields.
struct PhaseTables {
  Grid grid;
  /// Phase of every voxel, `[B, N]`, int64.
  torch::Tensor phase;
  /// One symmetric matrix per phase, `[B, P, m, m]`; the compliance of a void is zero.
  torch::Tensor stiffness, compliance;
  CompactTables compact;
};

/// Which of the two tables a kernel multiplies by.
enum class Moduli { stiffness, compliance };

/// Upper triangles row by row, `[B, P, m, m] -> [B, P, m (m + 1) / 2]`, on the device of the table.
torch::Tensor upper_triangles(const torch::Tensor& matrices);

}  // namespace seco::surrogate
