#pragma once

#include "lattice.h"

namespace seco::surrogate::cuda {

/// Arguments of the fused action, see kernels.h.
template <int dim, typename Number>
struct ActionArguments {
  Lattice<dim, Number> grid;
  int n_loads = 0, n_phases = 0;
  /// `[B, N]` and upper triangles `[B, P, m (m + 1) / 2]`.
  const std::uint16_t* phase = nullptr;
  const Number* table = nullptr;
  /// Of the action with a matrix per voxel instead: upper triangles `[B, m (m + 1) / 2, N]`, and
  /// any mean strains `[B, L, m]`.
  const Number* coefficients = nullptr;
  const Number* mean_strain = nullptr;
  /// `[B, L, dim, N]`: the displacement u; with `beta`, `u = displacement + beta direction` is
  /// formed on the way and kept in `new_direction`, which is other memory than `direction`.
  const Number* displacement = nullptr;
  const Number* direction = nullptr;
  const double* beta = nullptr;  // [B, L]
  Number* new_direction = nullptr;
  Number* force = nullptr;  // [B, L, dim, N]
  Number sign = 1;
  bool unit_loads = false;
  /// `[B, L, n_partial_sums]`: e : C : e, one sum per block.
  double* partial_sums = nullptr;
  /// `[B, L, m, n_partial_sums]`: the stress, with a matrix per voxel only.
  double* partial_stresses = nullptr;
  /// Planes along the first axis that a block goes through.
  int planes = 1;

  std::int64_t n_tiles() const;
  int n_segments() const { return (grid.size[0] + planes - 1) / planes; }
  int n_groups() const;
  std::int64_t n_partial_sums() const { return n_tiles() * n_segments(); }
};

/// How many load cases a block carries along: phases and stiffnesses are read once for all of them,
/// but each needs registers.
template <int dim, typename Number>
constexpr int loads_per_block() {
  return dim == 2 ? 3 : sizeof(Number) == 4 ? 2 : 1;
}

/// One thread of the fused action. A block owns a tile of nodes in the plane of the last axes and
/// marches along the first. Every step brings one plane of nodes into shared memory; with the sums
/// over the corners in the plane before, kept in registers, it gives the strain and the stress of
/// the voxels between; and these, with what the voxels before left in registers, give the forces at
/// the plane of nodes before. Each value of a field is read once from memory but for the rims of
/// tiles. Between store(), compute() and gather() all threads of the block meet.
/// @tparam per_voxel whether every voxel has a matrix of its own: a tangent
template <int dim, typename Number, bool per_voxel = false>
class ActionThread {
 public:
  static constexpr int m = dim * (dim + 1) / 2, n_coefficients = m * (m + 1) / 2;
  static constexpr int group = loads_per_block<dim, Number>();
  static constexpr int rows = dim == 3 ? 8 : 1, columns = dim == 3 ? 32 : 256;
  /// Tiles of voxels reach one row and column before those of the nodes, and those of the nodes
  /// that are read one further behind.
  static constexpr int voxel_rows = dim == 3 ? rows + 1 : 1, voxel_columns = columns + 1;
  static constexpr int node_rows = dim == 3 ? rows + 2 : 1, node_columns = columns + 2;
  static constexpr int n_voxels = voxel_rows * voxel_columns, n_nodes = node_rows * node_columns;
  static constexpr int n_threads = (n_voxels + 31) / 32 * 32;
  static constexpr int nodes_per_thread = (n_nodes + n_threads - 1) / n_threads;

  struct Shared {
    Number displacement[dim][n_nodes];
    Number stress[m][n_voxels];
  };

  SECO_HOST_DEVICE ActionThread(const ActionArguments<dim, Number>& arguments, std::int64_t block,
                                int thread)
      : a_(arguments), thread_(thread) {
    // Load cases vary fastest: blocks that read the same phases run side by side.
    const int n_groups = (a_.n_loads + group - 1) / group;
    first_load_ = static_cast<int>(block % n_groups) * group;
    block /= n_groups;
    const int tile_columns = (last_size() + columns - 1) / columns;
    const int tile_rows = dim == 3 ? (a_.grid.size[dim - 2] + rows - 1) / rows : 1;
    const int segments = (a_.grid.size[0] + a_.planes - 1) / a_.planes;
    partial_ = block % (static_cast<std::int64_t>(tile_columns) * tile_rows * segments);
    column_ = static_cast<int>(block % tile_columns) * columns;
    block /= tile_columns;
    row_ = static_cast<int>(block % tile_rows) * rows;
    block /= tile_rows;
    first_plane_ = static_cast<int>(block % segments) * a_.planes;
    rve_ = block / segments;
    const int left = a_.grid.size[0] - first_plane_;
    n_planes_ = left < a_.planes ? left : a_.planes;

    for (int k = 0; k < nodes_per_thread; ++k) {
      const int node = thread + k * n_threads;
      const int r = node / node_columns, c = node % node_columns;
      node_offset_[k] = in_plane(row_ + r - (dim == 3 ? 1 : 0), column_ + c - 1);
      owns_node_[k] = node < n_nodes && is_inside(r - (dim == 3 ? 1 : 0), c - 1);
    }
    has_voxel_ = thread < n_voxels;
    const int voxel_row = thread / voxel_columns, voxel_column = thread % voxel_columns;
    corner_ = voxel_row * node_columns + voxel_column;
    voxel_offset_ = in_plane(row_ + voxel_row - (dim == 3 ? 1 : 0), column_ + voxel_column - 1);
    owns_voxel_ = has_voxel_ && is_inside(voxel_row - (dim == 3 ? 1 : 0), voxel_column - 1);
    const int out_row = thread / columns, out_column = thread % columns;
    has_output_ = thread < rows * columns && is_inside(out_row, out_column);
    near_voxel_ = out_row * voxel_columns + out_column;
    out_offset_ = in_plane(row_ + out_row, column_ + out_column);
    fetch(-1, 0);
  }

  SECO_HOST_DEVICE int n_planes() const { return n_planes_; }
  SECO_HOST_DEVICE int n_loads() const {
    const int left = a_.n_loads - first_load_;
    return left < group ? left : group;
  }
  /// e : C : e over the voxels that this thread owns.
  SECO_HOST_DEVICE double energy(int load) const { return energy_[load]; }
  SECO_HOST_DEVICE double* partial_sum(int load) const {
    return a_.partial_sums + field(load) * n_partial_sums() + partial_;
  }
  /// The same of component k of the stress.
  SECO_HOST_DEVICE double stress(int load, int k) const { return stress_[load][k]; }
  SECO_HOST_DEVICE double* partial_stress(int load, int k) const {
    return a_.partial_stresses + (field(load) * m + k) * n_partial_sums() + partial_;
  }

  /// Puts the plane of nodes `step`, from -1 to n_planes(), of a load case into shared memory.
  SECO_HOST_DEVICE void store(int step, int load, Shared& shared) const {
    for (int k = 0; k < nodes_per_thread; ++k) {
      const int node = thread_ + k * n_threads;
      if (node >= n_nodes) continue;
      for (int i = 0; i < dim; ++i) shared.displacement[i][node] = fetched_[k][i];
      if (a_.beta && owns_node_[k] && step >= 0 && step < n_planes_)
        for (int i = 0; i < dim; ++i)
          a_.new_direction[plane_offset(step, load, i) + node_offset_[k]] = fetched_[k][i];
    }
  }

  /// Strain and stress of the voxels between the planes `step - 1` and `step`.
  SECO_HOST_DEVICE void compute(int step, int load, Shared& shared) {
    // The next plane is on its way while this one is worked on.
    if (load + 1 < n_loads())
      fetch(step, load + 1);
    else if (step < n_planes_)
      fetch(step + 1, 0);
    if (!has_voxel_) return;
    if (load == 0 && step >= 0) read_stiffness(step - 1);
    Number gradient[dim][dim];
    for (int i = 0; i < dim; ++i) {
      Number now[dim];
      corner_sums(shared.displacement[i] + corner_, now);
      Number(&before)[dim] = sums_[load][i];
      gradient[0][i] = a_.grid.weight[0] * (now[0] - before[0]);
      for (int j = 1; j < dim; ++j) gradient[j][i] = a_.grid.weight[j] * (now[j] + before[j]);
      for (int j = 0; j < dim; ++j) before[j] = now[j];
    }
    if (step < 0) return;
    Number strain[m], stress[m];
    symmetric_part(gradient, strain);
    if constexpr (per_voxel) {
      for (int k = 0; k < m; ++k) strain[k] += a_.mean_strain[field(load) * m + k];
    } else if (a_.unit_loads) {
      for (int k = 0; k < m; ++k) strain[k] += first_load_ + load == k ? Number(1) : Number(0);
    }
    multiply_symmetric<m>(stiffness_, strain, stress);
    Number energy = 0;
    for (int k = 0; k < m; ++k) {
      energy += strain[k] * stress[k];
      shared.stress[k][thread_] = stress[k];
    }
    if (!owns_voxel_ || step == 0) return;
    energy_[load] += energy;
    if constexpr (per_voxel)
      for (int k = 0; k < m; ++k) stress_[load][k] += stress[k];
  }

  /// Forces at the plane of nodes `step - 1`.
  SECO_HOST_DEVICE void gather(int step, int load, const Shared& shared) {
    if (!has_output_ || step < 0) return;
    for (int i = 0; i < dim; ++i) {
      Number averaged = 0, differenced = 0;
      for (int j = 0; j < dim; ++j) {
        Number sums[dim];
        corner_sums(shared.stress[mandel_position<dim>(i, j)] + near_voxel_, sums, voxel_columns);
        const Number weight = a_.grid.weight[j] * (i == j ? Number(1) : shear_weight<Number>());
        // The voxel before the node sees it as its far corner: the difference changes sign.
        if (j == 0)
          differenced = weight * sums[0];
        else
          averaged -= weight * sums[j];
      }
      if (step > 0)
        a_.force[plane_offset(step - 1, load, i) + out_offset_] =
            a_.sign * (carried_[load][i] + averaged - differenced);
      carried_[load][i] = averaged + differenced;
    }
  }

 private:
  SECO_HOST_DEVICE int last_size() const { return a_.grid.size[dim - 1]; }
  SECO_HOST_DEVICE int in_plane(int row, int column) const {
    // Small grids repeat inside a tile.
    const int c = (column + last_size()) % last_size();
    if constexpr (dim == 2) return c;
    const int n = a_.grid.size[dim - 2];
    return (row + n) % n * last_size() + c;
  }
  SECO_HOST_DEVICE bool is_inside(int r, int c) const {
    if (c < 0 || c >= columns || column_ + c >= last_size()) return false;
    if constexpr (dim == 2) return true;
    return r >= 0 && r < rows && row_ + r < a_.grid.size[dim - 2];
  }
  SECO_HOST_DEVICE std::int64_t field(int load) const {
    return rve_ * a_.n_loads + first_load_ + load;
  }
  SECO_HOST_DEVICE std::int64_t n_partial_sums() const {
    const std::int64_t tile_columns = (last_size() + columns - 1) / columns;
    const int tile_rows = dim == 3 ? (a_.grid.size[dim - 2] + rows - 1) / rows : 1;
    return tile_columns * tile_rows * ((a_.grid.size[0] + a_.planes - 1) / a_.planes);
  }
  SECO_HOST_DEVICE std::int64_t plane_size() const { return a_.grid.n_points / a_.grid.size[0]; }
  SECO_HOST_DEVICE std::int64_t plane_offset(int step, int load, int component) const {
    return (field(load) * dim + component) * a_.grid.n_points +
           wrapped(first_plane_ + step, a_.grid.size[0]) * plane_size();
  }

  SECO_HOST_DEVICE void fetch(int step, int load) {
    for (int k = 0; k < nodes_per_thread; ++k) {
      if (thread_ + k * n_threads >= n_nodes) continue;
      for (int i = 0; i < dim; ++i) {
        const std::int64_t at = plane_offset(step, load, i) + node_offset_[k];
        fetched_[k][i] = a_.displacement[at];
        if (a_.beta) fetched_[k][i] += static_cast<Number>(a_.beta[field(load)]) * a_.direction[at];
      }
    }
  }

  SECO_HOST_DEVICE void read_stiffness(int step) {
    const std::int64_t voxel =
        wrapped(first_plane_ + step, a_.grid.size[0]) * plane_size() + voxel_offset_;
    if constexpr (per_voxel) {
      const Number* upper = a_.coefficients + rve_ * n_coefficients * a_.grid.n_points + voxel;
      for (int k = 0; k < n_coefficients; ++k) stiffness_[k] = upper[k * a_.grid.n_points];
    } else {
      const std::int64_t phase = a_.phase[rve_ * a_.grid.n_points + voxel];
      const Number* upper = a_.table + (rve_ * a_.n_phases + phase) * n_coefficients;
      for (int k = 0; k < n_coefficients; ++k) stiffness_[k] = upper[k];
    }
  }

  /// Of the 2^(dim - 1) values at and behind `corner`: their sum, and their differences across
  /// each further axis.
  SECO_HOST_DEVICE static void corner_sums(const Number* corner, Number (&sums)[dim],
                                           int row_length = node_columns) {
    if constexpr (dim == 2) {
      sums[0] = corner[0] + corner[1];
      sums[1] = corner[1] - corner[0];
    } else {
      const Number near = corner[0] + corner[1], far = corner[row_length] + corner[row_length + 1];
      sums[0] = near + far;
      sums[1] = far - near;
      sums[2] = (corner[1] - corner[0]) + (corner[row_length + 1] - corner[row_length]);
    }
  }

  const ActionArguments<dim, Number>& a_;
  int thread_, first_load_, row_, column_, first_plane_, n_planes_;
  std::int64_t rve_, partial_;
  int node_offset_[nodes_per_thread];
  bool owns_node_[nodes_per_thread];
  int corner_, voxel_offset_, near_voxel_, out_offset_;
  bool has_voxel_, owns_voxel_, has_output_;
  Number fetched_[nodes_per_thread][dim];
  Number stiffness_[n_coefficients];
  Number sums_[group][dim][dim] = {};
  Number carried_[group][dim] = {};
  double energy_[group] = {};
  double stress_[per_voxel ? group : 1][per_voxel ? m : 1] = {};
};

template <int dim, typename Number>
std::int64_t ActionArguments<dim, Number>::n_tiles() const {
  using Thread = ActionThread<dim, Number>;
  std::int64_t n = (grid.size[dim - 1] + Thread::columns - 1) / Thread::columns;
  if (dim == 3) n *= (grid.size[dim - 2] + Thread::rows - 1) / Thread::rows;
  return n;
}

template <int dim, typename Number>
int ActionArguments<dim, Number>::n_groups() const {
  return (n_loads + loads_per_block<dim, Number>() - 1) / loads_per_block<dim, Number>();
}

}  // namespace seco::surrogate::cuda
