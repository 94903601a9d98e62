#pragma once

#include <span>

#include "seco/surrogate/engine.h"
#include "stiffness_field.h"

namespace seco::surrogate {

/// The measure that the phases of an RVE allow.
StressMeasure stress_measure(const materials::Rve& rve);

/// The strain of all unit loads whose energy is the upper bound of `certify`: with the coefficients
/// of its Ritz step, `E_i + sum_j a_ij e_j`, `[B, L, m, n...]`. Only for this combination is the
/// mean of `C : strain` equal to `C_up : E`, and `E : (C_up - C*) : E` the square of its error.
/// @param fluctuation `[B, L, m, n...]`, compatible, zero mean
torch::Tensor best_strain(const StiffnessField& stiffness, const torch::Tensor& fluctuation);

/// Local quantities by superposition of the fields of unit loads, `C : strain` voxel by voxel. Runs
/// on the device of the fields; sums are in double precision.
/// @param strain total strain of all unit loads, `[B, L = m, m, n...]`
/// @param queries one per RVE, with equal numbers of strains and equal wishes for whole fields
/// @param homogenized one per RVE, in its unit
/// @param memory in MiB for the fields of strains computed together, beside those of unit loads
/// @return per RVE, per strain
std::vector<std::vector<LocalQuantities>> local_quantities(
    const StiffnessField& stiffness, const torch::Tensor& strain,
    std::span<const LocalQuery* const> queries, std::span<const Homogenized> homogenized,
    double memory);

/// Sets Homogenized::out_of_plane of RVEs in 2D, where their phases tell it.
/// @param strain as above
/// @param homogenized one per RVE; those that have failed are left alone
void add_out_of_plane(const StiffnessField& stiffness, const torch::Tensor& strain,
                      std::span<const materials::Rve* const> rves,
                      std::span<Homogenized> homogenized);

/// @throws std::invalid_argument if a strain has another number of components than the RVE needs,
///   or one that is not finite
void check(const LocalQuery& query);

}  // namespace seco::surrogate
