#pragma once

#include <ATen/Parallel.h>

#include <algorithm>

#include "kernels.h"
#include "phase_tables.h"

namespace seco::surrogate::cpu {

/// The grid alone, without phases.
template <typename Number>
Voxels<Number> voxels(const Grid& grid) {
  const int d = grid.dimension();
  Voxels<Number> v{};
  v.dimension = d;
  v.n[0] = grid.shape[0];
  v.n[1] = d == 3 ? grid.shape[1] : 1;
  v.n[2] = grid.shape[d - 1];
  const double average = 1. / (1 << (d - 1));
  const double spacing[] = {grid.spacing[0], grid.spacing[1], grid.spacing[d - 1]};
  for (int j = 0; j < 3; ++j) v.weight[j] = static_cast<Number>(average / spacing[j]);
  return v;
}

/// RVE b of a batch, with fields of this type: its phases, and its tables as compact_matrices()
/// lays them out.
template <typename Number>
Voxels<Number> voxels(const PhaseTables& tables, std::int64_t b) {
  const CompactTables& compact = tables.compact;
  auto v = voxels<Number>(tables.grid);
  v.n_phases = compact.stiffness.size(2);
  v.phase = compact.phase.data_ptr<std::int32_t>() + b * tables.grid.n_voxels();
  const auto size = compact.stiffness.size(1) * v.n_phases;
  v.stiffness = compact.stiffness.data_ptr<Number>() + b * size;
  if (compact.compliance.defined()) v.compliance = compact.compliance.data_ptr<Number>() + b * size;
  return v;
}

/// The table that `moduli` names.
template <typename Number>
const Number* matrices(const Voxels<Number>& v, Moduli moduli) {
  return moduli == Moduli::stiffness ? v.stiffness : v.compliance;
}

/// Entry b of values per RVE, `[B]`, double.
inline double value(const torch::Tensor& values, std::int64_t b) {
  return values.data_ptr<double>()[b];
}

/// Calls f(b) for all RVEs; loops inside share the threads only if RVEs are fewer than threads.
template <typename Function>
void for_all(std::int64_t batch, const Function& f) {
  if (batch >= at::get_num_threads())
    at::parallel_for(0, batch, 1, [&](std::int64_t begin, std::int64_t end) {
      for (auto b = begin; b < end; ++b) f(b);
    });
  else
    for (std::int64_t b = 0; b < batch; ++b) f(b);
}

/// Calls f(first, last) for slabs of planes, few and thick ones: a slab of nodes computes one plane
/// of voxels of its neighbour again.
template <typename Number, typename Function>
void for_slabs(const Voxels<Number>& v, const Function& f) {
  const std::int64_t grain = std::max<std::int64_t>(4, 8192 / (v.n[1] * v.n[2]));
  at::parallel_for(0, v.n[0], grain, f);
}

/// Sums of every plane, `[B, n1, rows * columns]`, to means over the voxels, `[B, rows, columns]`.
/// Planes are added in order, so that the result does not depend on the number of threads.
inline torch::Tensor mean_over_planes(const torch::Tensor& sums, const Grid& grid,
                                      std::int64_t rows) {
  return (sums.sum(1) / static_cast<double>(grid.n_voxels()))
      .reshape({sums.size(0), rows, sums.size(2) / rows});
}

/// The symmetric matrices of which only the upper triangles are set, `[B, n, n]`.
inline torch::Tensor mirrored(const torch::Tensor& upper) {
  return torch::triu(upper) + torch::triu(upper, 1).transpose(1, 2);
}

}  // namespace seco::surrogate::cpu
