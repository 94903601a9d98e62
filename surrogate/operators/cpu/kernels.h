#pragma once

#include <cstdint>

/// Fused kernels of the CPU for one RVE. They are plain loops over raw memory, compiled once per
/// instruction set (kernels_avx512.cc and its sisters) and chosen at run time, so nothing here may
/// include a library whose inline functions could leak from one instruction set into another.
namespace seco::surrogate::cpu {

/// The voxels of one RVE. In 2D the middle axis has length 1: index order is (n[0], n[1], n[2]),
/// the last axis contiguous.
template <typename Number>
struct Voxels {
  int dimension;
  std::int64_t n[3];
  /// Of a difference across each of the axes above: 1 / (h 2^(d - 1)).
  Number weight[3];
  /// Null where every voxel has a matrix of its own, n_phases is the number of voxels then.
  const std::int32_t* phase;
  std::int64_t n_phases;
  /// Upper triangles, row by row, coefficient first: `[m (m + 1) / 2, n_phases]`.
  const Number* stiffness;
  const Number* compliance;

  std::int64_t count() const { return n[0] * n[1] * n[2]; }
};

/// Coefficients of the Green operator in one plane of frequencies of the last two axes, see
/// green.h.
template <typename Number>
struct GreenBlock {
  int dimension;
  /// `[dimension, n0, width]`, complex, interleaved real and imaginary parts.
  Number* spectrum;
  std::int64_t n0, width;
  /// Sine (over half the spacing) and cosine of half the angle along the first axis, `[n0]`.
  const Number* sine;
  const Number* cosine;
  /// Products of these over the last two axes: `[3, width]` with this stride.
  const Number* plane;
  std::int64_t plane_stride;
  /// How often a frequency of the half spectrum counts, `[width]`.
  const Number* multiplicity;
  /// Squares |k|^2 up to here are zero modes.
  Number cutoff;
  Number coupling, factor;
};

/// Sums over each plane of voxels for the two bounds, see Energies of kernel_table.h; `[n0, L, L]`
/// and `[n0, L, m]`. The divergence of the stresses, `[L, d, n...]`, and its squares summed over
/// each plane of nodes, `[n0, L]`.
struct EnergySums {
  double *strain_gram, *stress_mean, *stress_gram, *compliance_mean, *total_mean;
  float* divergence;
  double* divergence_square;
};

/// `lambda tr(e) I + two_mu e`.
template <typename Number>
struct Isotropic {
  Number lambda, two_mu;
};

/// Where stresses t of the unit loads go, `[n_loads, m, n...]`.
template <typename Number>
struct StressOutput {
  /// Added to every load, `[n_loads, m]`.
  const Number* constant;
  Number* stress;
  /// C^-1 : t, or null.
  Number* strain;
};

template <typename Number>
struct Kernels {
  const char* instruction_set;

  /// `f = sign D^T C (E + sym D u)` of `n_loads` displacements at the nodes of the planes [first,
  /// last) of the first axis. @param mean `[n_loads, m]` or null @param f null for the energies
  /// alone
  /// @param energy `e : C : e` summed over each of these planes of voxels, `[n0, n_loads]`
  /// @param stress null, or `C : e` summed over the same, `[n0, n_loads, m]`
  void (*stiffness_action)(const Voxels<Number>&, std::int64_t n_loads, const Number* u,
                           const Number* mean, Number sign, Number* f, std::int64_t first,
                           std::int64_t last, double* energy, double* stress);
  /// `f -> G0 f` in place. @return sum of `conj(f) . G0 f` over all frequencies
  double (*green)(const GreenBlock<Number>&);
  /// r -= alpha w, and a copy of r.
  void (*descend)(Number alpha, const Number* w, Number* r, Number* copy, std::int64_t n);
  /// u += alpha p; p = z + beta p; w = z; s = u + beta s with the new u; t = z + beta t.
  /// @param s or null @param t or null, as it must be where s is
  void (*advance)(Number alpha, Number beta, const Number* z, Number* u, Number* p, Number* w,
                  Number* s, Number* t, std::int64_t n);
  /// The sums of the planes [first, last), which begin as zero: of the strains of u and of the
  /// stresses of v. @param v may be u @param z displacement whose stress in the reference medium
  /// equilibrates that of v
  void (*energies)(const Voxels<Number>&, std::int64_t n_loads, const Number* u, const Number* v,
                   const Number* z, Number lambda, Number mu, std::int64_t first, std::int64_t last,
                   EnergySums);
  /// The same of fields in single precision, in the arithmetic of the table.
  void (*energies_of_single)(const Voxels<Number>&, std::int64_t n_loads, const float* u,
                             const float* v, const float* z, Number lambda, Number mu,
                             std::int64_t first, std::int64_t last, EnergySums);

  /// The operator pair alone: `e = sym D u` in the planes [first, last) of voxels and `f = D^T s`
  /// at those of nodes, here of the isotropic stresses `law : s`. Phases are not used.
  /// @param e of plane `first`, components `apart` numbers apart
  /// @param mean null, or what the sums of s over each plane of voxels go to, `[n0, n_fields, m]`
  void (*strain)(const Voxels<Number>&, std::int64_t n_fields, const Number* u, Number* e,
                 std::int64_t apart, std::int64_t first, std::int64_t last);
  void (*divergence)(const Voxels<Number>&, std::int64_t n_fields, Isotropic<Number> law,
                     const Number* s, Number* f, std::int64_t first, std::int64_t last,
                     double* mean);
  /// `y = Q x` in the planes [first, last) for the matrices in `table`, laid out like
  /// Voxels::stiffness.
  void (*multiply)(const Voxels<Number>&, const Number* table, std::int64_t n_loads,
                   const Number* x, Number* y, std::int64_t first, std::int64_t last);
  /// Adds `x_i : Q : x_j`, `[n_loads, n_loads]`, upper triangle, and `Q : x_i`, `[n_loads, m]`,
  /// summed over the planes [first, last).
  void (*forms)(const Voxels<Number>&, const Number* table, std::int64_t n_loads, const Number* x,
                std::int64_t first, std::int64_t last, double* gram, double* mean);

  /// `t = law : s + correction : sym D z` in the planes [first, last). @param z or null
  void (*stress_with_correction)(const Voxels<Number>&, std::int64_t n_loads, Isotropic<Number> law,
                                 const Number* s, Isotropic<Number> correction, const Number* z,
                                 StressOutput<Number>, std::int64_t first, std::int64_t last);
  /// `t = C : (E + sym D u) + correction : sym D z` with the unit strains E. @param z or null
  void (*stress_of_displacement)(const Voxels<Number>&, std::int64_t n_loads, const Number* u,
                                 Isotropic<Number> correction, const Number* z,
                                 StressOutput<Number>, std::int64_t first, std::int64_t last);

  /// Adds `a_i . b_j` over the numbers [first, last) of rows, `[n_a, n_b]`; all in double
  /// precision. @param symmetric only pairs with j >= i are wanted, others may be left alone
  void (*gram)(std::int64_t n_a, const Number* const* a, std::int64_t n_b, const Number* const* b,
               bool symmetric, std::int64_t first, std::int64_t last, double* sums);
  /// `y_i = sum_j c_ij x_j` and `end_i = start_i + y_i` over the numbers [first, last) of rows.
  /// @param coefficients `[n_out, n_in]` @param start, end or null, both
  void (*combine)(std::int64_t n_out, std::int64_t n_in, const Number* coefficients,
                  const Number* const* x, Number* const* y, const Number* const* start,
                  Number* const* end, std::int64_t first, std::int64_t last);
  /// `x . y`, products and sums in double precision.
  double (*dot)(const Number* x, const Number* y, std::int64_t n);
  /// `y = alpha x + beta y`.
  void (*update)(Number alpha, const Number* x, Number beta, Number* y, std::int64_t n);
};

/// The best kernels for the machine at hand.
template <typename Number>
const Kernels<Number>& kernels();

/// Those of one instruction set, "baseline", "avx2" or "avx512"; null if the machine lacks it.
template <typename Number>
const Kernels<Number>* kernels_for(const char* instruction_set);

}  // namespace seco::surrogate::cpu
