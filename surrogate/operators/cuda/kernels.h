#pragma once

#include "green_scaling.h"
#include "lattice.h"
#include "stiffness_action.h"

struct CUstream_st;

/// Launches of the kernels on raw device memory, without LibTorch; fields are contiguous,
/// `[B, L, components, N]` with the N points of the grid row by row, tables `[B, P, ...]`, phases
/// `[B, N]`. They are defined for Number float and double, dim 2 and 3 (m 3 and 6), and return
/// before the device has finished.
///
/// Sums come in two stages, in double precision and in an order that depends on sizes only: a
/// kernel leaves one number per block, `[rows, n_partial]`, and add_partial_sums() or a function of
/// the iteration adds them up.
/// @throws std::runtime_error if the device refuses a launch.
namespace seco::surrogate::cuda {

using Stream = CUstream_st*;

/// `f = sign D^T C (E + sym D u)`, see ActionThread. @param batch number of RVEs
template <int dim, typename Number>
void stiffness_action(const ActionArguments<dim, Number>& arguments, std::int64_t batch,
                      Stream stream);

/// The same with a matrix per voxel and any mean strains, and the sums of the stress.
template <int dim, typename Number>
void tangent_action(const ActionArguments<dim, Number>& arguments, std::int64_t batch,
                    Stream stream);

/// sym(D u), `[n_fields, dim, N] -> [n_fields, m, N]`.
template <int dim, typename Number>
void strain(const Lattice<dim, Number>& grid, std::int64_t n_fields, const Number* u, Number* e,
            Stream stream);
/// D^T sigma, `[n_fields, m, N] -> [n_fields, dim, N]`.
template <int dim, typename Number>
void divergence(const Lattice<dim, Number>& grid, std::int64_t n_fields, const Number* s, Number* f,
                Stream stream);

/// Values of the phases of a batch of RVEs.
template <typename Number>
struct PhaseTable {
  const std::uint16_t* phase;
  const Number* values;
  int n_phases;
  std::int64_t n_points;
};

/// A : x with upper triangles of symmetric matrices, `[B, L, m, N] -> [B, L, m, N]`.
template <int m, typename Number>
void apply_matrices(const PhaseTable<Number>& table, std::int64_t batch, int n_loads,
                    const Number* x, Number* y, Stream stream);
/// x : A : x summed over the voxels. @param partial_sums `[B L, blocks_of(N)]`
template <int m, typename Number>
void quadratic_forms(const PhaseTable<Number>& table, std::int64_t batch, int n_loads,
                     const Number* x, double* partial_sums, Stream stream);
/// `[B, P, c] -> [B, c, N]`.
template <typename Number>
void expand_phases(const PhaseTable<Number>& table, std::int64_t batch, int n_channels,
                   Number* channels, Stream stream);

/// `G0 f` on the spectra `[B, L, dim, frequencies]` of a real transform, in place.
/// @param medium lambda and mu, `[2, B]` @param scale factor of the result
/// @param partial_sums f . G0 f over all frequencies, times scale, `[B L, blocks_of(frequencies)]`
template <int dim, typename Number>
void scale_by_green(const Lattice<dim, Number>& grid, std::int64_t batch, int n_loads,
                    const double* medium, double scale, Complex<Number>* spectrum,
                    double* partial_sums, Stream stream);

/// Partial sums per row that kernels over so many items leave.
std::int64_t blocks_of(std::int64_t n_items);

/// a . b, `[rows, length] -> [rows, blocks_of(length)]`.
template <typename Number>
void inner_products(std::int64_t rows, std::int64_t length, const Number* a, const Number* b,
                    double* partial_sums, Stream stream);
/// `u += alpha p`, `r -= alpha q`, all `[rows, length]`. @param alpha `[rows]`
template <typename Number>
void advance(std::int64_t rows, std::int64_t length, const double* alpha, const Number* p,
             const Number* q, Number* u, Number* r, Stream stream);
/// `p = z + beta p`. @param beta `[rows]`
template <typename Number>
void turn(std::int64_t rows, std::int64_t length, const double* beta, const Number* z, Number* p,
          Stream stream);

/// Numbers of conjugate gradients that stay on the device, each `[rows]`.
struct IterationNumbers {
  double *rz, *alpha, *beta, *decrease;
  const double* floor;
};

/// `alpha = rz / pq` and `decrease = alpha rz / n_points`; zero where rz is below the floor or pq
/// not positive: finished load cases stand still while others of the same RVE go on.
/// @param pq `[rows, n_partial]`
void step_length(std::int64_t rows, std::int64_t n_partial, const double* pq, double n_points,
                 const IterationNumbers& numbers, Stream stream);
/// `beta = rz_new / rz`, zero where alpha is, and `rz = rz_new`. @param rz_new `[rows, n_partial]`
void direction_factor(std::int64_t rows, std::int64_t n_partial, const double* rz_new,
                      const IterationNumbers& numbers, Stream stream);
/// @param sums `[rows]`
void add_partial_sums(std::int64_t rows, std::int64_t n_partial, const double* partial_sums,
                      double* sums, Stream stream);

/// `a_i . b_j` in double precision, without a copy of the fields in it. @param a `[B, n_a, length]`
/// @param b `[B, n_b, length]` @param partial_sums `[B, n_a, n_b, gram_blocks(length)]`
template <typename Number>
void gram_matrices(std::int64_t batch, int n_a, int n_b, std::int64_t length, const Number* a,
                   const Number* b, double* partial_sums, Stream stream);
std::int64_t gram_blocks(std::int64_t length);

}  // namespace seco::surrogate::cuda
