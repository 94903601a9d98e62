#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

/// Laws that answer where the fields are. Only plain data: pointers are to memory of the device,
/// B RVEs of N voxels have d displacements and m strains each.
namespace seco::surrogate {

/// Points that a block of threads takes at most.
inline constexpr int law_block_size = 128;

/// Successive points of one RVE that a block of threads takes.
struct LawBlock {
  std::int64_t first;
  std::int32_t count, rve;
  /// Where the state of the first point begins, and how far apart its components are.
  std::int64_t state, stride;
};

/// The voxels of a batch whose models are of one kind and have equally many numbers of state. They
/// are points in this order: RVE after RVE, in each law after law, so that threads that run
/// together take the same branches.
struct LawGroup {
  /// PlainModel::kind.
  int kind = 0, n_state = 0;
  const void* models = nullptr;
  /// Of each model: the largest elastic modulus.
  const double* largest_modulus = nullptr;
  /// Of each point: which model, and which voxel of its RVE.
  const std::int32_t *model = nullptr, *voxel = nullptr;
  const LawBlock* blocks = nullptr;
  /// Blocks, and how many those of the groups before are.
  std::int64_t n_blocks = 0, first_block = 0;
};

/// Fields that laws read and write, contiguous.
struct LawArguments {
  std::int8_t device = -1;
  /// Of the grid: its dimension, shape and spacing.
  int dimension = 3;
  std::int64_t shape[3] = {};
  double spacing[3] = {};
  int n_rves = 0;
  /// u, `[B, d, N]`, mean strains, `[B, m]`, lengths of the steps, `[B]`; whose answer is wanted,
  /// `[B]`.
  const double *displacement = nullptr, *mean_strain = nullptr, *time_step = nullptr;
  const std::uint8_t* active = nullptr;
  /// States in single or double precision.
  void* state = nullptr;
  bool single_precision_state = false;

  /// Answers, `[B, m, N]`, `[B, N]` and, if wanted, upper triangles `[B, m (m + 1) / 2, N]` in
  /// single or double precision.
  double *stress = nullptr, *energy = nullptr;
  void* tangent = nullptr;
  bool double_precision_tangent = false;

  /// Of a stress in equilibrium (Equilibration): z, `[B, d, N]`; lambda and 2 mu, `[B, 2]`; shift
  /// and rest, `[B, m]`.
  const double *correction = nullptr, *medium = nullptr, *shift = nullptr, *rest = nullptr;
  double part = 1;

  /// `[B, n]`, and memory for those of the blocks, `[n, all blocks]`.
  double *sums = nullptr, *partial_sums = nullptr;
  std::int64_t n_blocks = 0;
  /// Blocks of RVE b: `order[first_of_rve[b]]` up to `order[first_of_rve[b + 1] - 1]`.
  const std::int64_t *first_of_rve = nullptr, *order = nullptr;
};

/// What round-off may hide of the terms of a gap, relative to their sizes, counts as gap.
inline constexpr double gap_round_off = 32 * std::numeric_limits<double>::epsilon();

/// Sums over the voxels that LawKernels::respond leaves: points without an answer, energy, the m
/// components of the stress, the upper triangle of the tangent and, in plane strain, the components
/// of the stress out of the plane, which begin here.
constexpr int first_out_of_plane_sum(int dimension) {
  const int m = dimension * (dimension + 1) / 2;
  return 2 + m + m * (m + 1) / 2;
}
constexpr int n_response_sums(int dimension) {
  return first_out_of_plane_sum(dimension) + (dimension == 2 ? 3 : 0);
}

/// What the laws of a kind of device do with all voxels of a batch; see LawField for the meaning.
/// Sums are taken in double precision, in an order that depends on nothing but the batch. The
/// functions return before the device has finished.
struct LawKernels {
  /// Whether there is a kernel for models of a kind, which have so many bytes.
  bool (*knows)(int kind, std::size_t n_bytes) = nullptr;
  /// Stress, energy and tangent of the active RVEs, and their sums (n_response_sums).
  void (*respond)(const std::vector<LawGroup>& groups, const LawArguments& arguments) = nullptr;
  /// From stress and energy: the sum of `w + w* - s:e`.
  void (*gap)(const std::vector<LawGroup>& groups, const LawArguments& arguments) = nullptr;
  /// The state at the end of the step in the place of that at its beginning; the sum of `2 c d.d`
  /// of what rounding it changes.
  void (*accept)(const std::vector<LawGroup>& groups, const LawArguments& arguments) = nullptr;
};

}  // namespace seco::surrogate
