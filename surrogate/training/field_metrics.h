#pragma once

#include "grid.h"

namespace seco::surrogate {

/// Measures of predicted fields against reference fields. Fields are `[B, L, m, n...]` in Mandel
/// notation, so that the sum of squares over the components is the square norm of the tensor and
/// every measure is independent of the frame; each measure is one number per RVE over all its unit
/// load cases, `[B]`, double, on the CPU. Sums are in double precision.

/// Plain normalised root mean square error `||x - x*|| / ||x*||`.
torch::Tensor relative_error(const torch::Tensor& field, const torch::Tensor& reference,
                             const Grid& grid);

/// Error relative to the fluctuation, `||x - x*|| / ||x* - <x*>||`. Fluctuations below 1e-9 of
/// the field count as 1e-9 of it, so that a homogeneous RVE gives a finite number.
torch::Tensor fluctuation_error(const torch::Tensor& field, const torch::Tensor& reference,
                                const Grid& grid);

/// `||D^T sigma|| h / ||sigma||` of every RVE, h the smallest spacing (difference_operator.h).
torch::Tensor divergence_measure(const torch::Tensor& stress, const Grid& grid);

/// Energy of the fluctuation by wave number: entry k of `[B, K]` is the sum of `|x^|^2` over loads,
/// components and all modes whose wave number, in cycles per longest edge, rounds to k; x^ are the
/// Fourier coefficients, so the entries add up to the mean square of the fluctuation. Entry 0, the
/// mean, is zero.
torch::Tensor energy_spectrum(const torch::Tensor& field, const Grid& grid);

/// The largest wave number, in cycles per longest edge, that a grid coarser by `factor` along every
/// axis resolves along all axes: `max_j(L_j) / (2 factor max_j(h_j))`.
double nyquist_wave_number(const Grid& grid, int factor);

/// Fluctuation energy of all modes with a wave number above `wave_number`.
torch::Tensor energy_beyond(const torch::Tensor& field, double wave_number, const Grid& grid);

/// Share of the fluctuation energy in modes whose frequency is in the highest third along at least
/// one axis: where checkerboards (alternation from voxel to voxel) are found. White noise has
/// `1 - (2/3)^d`, smooth fields almost nothing. 0 for a field without fluctuation.
torch::Tensor high_frequency_share(const torch::Tensor& field, const Grid& grid);

/// Voxels with a neighbour of another phase across a face, periodic. @param phase `[B, n...]`,
/// integers @return bool, the same shape
torch::Tensor boundary_voxels(const torch::Tensor& phase, const Grid& grid);

/// Root mean square of the error in boundary voxels over that in all other voxels; 1 where either
/// kind is missing or there is no error. @param boundary `[B, n...]`, bool
torch::Tensor boundary_error_ratio(const torch::Tensor& error, const torch::Tensor& boundary,
                                   const Grid& grid);

/// `||C - C*|| / ||C*||` in the Frobenius norm. @param stiffness, reference `[B, m, m]`
torch::Tensor stiffness_error(const torch::Tensor& stiffness, const torch::Tensor& reference);

/// By how much the reference lies outside its bounds in the Loewner order, relative to its largest
/// eigenvalue: the largest eigenvalue of `C* - C_up` or `C_lo - C*`, 0 where both hold.
torch::Tensor bound_violation(const torch::Tensor& lower, const torch::Tensor& upper,
                              const torch::Tensor& reference);

}  // namespace seco::surrogate
