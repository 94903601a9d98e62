#pragma once

#include "certificate.h"
#include "seco/surrogate/homogenized.h"

namespace seco::surrogate {

/// What a field engine computes for a batch of RVEs that share a grid; entries per RVE.
struct FieldResult {
  Bounds bounds;
  /// Estimate, `[B, m, m]`, double, dimensionless like the bounds.
  torch::Tensor estimate;
  /// What is behind the upper bound, one of the two: the compatible strain fluctuation of all unit
  /// load cases, `[B, L, m, n...]`, or its displacement, `[B, L, d, n...]`.
  torch::Tensor strain, displacement;
  std::vector<unsigned int> iterations;
  std::vector<double> residual;
  std::vector<Status> status;
  std::vector<std::string> message;
};

/// What is said of an RVE with voids whose lower bound is the zero matrix.
inline constexpr const char* one_sided_message =
    "voids of zero stiffness: only the upper bound is certified";

/// Gives RVEs with voids of zero stiffness whose lower bound is the zero matrix the upper bound as
/// estimate and, unless they did not converge, the status `one_sided`.
void mark_one_sided(FieldResult& result, const StiffnessField& stiffness);

}  // namespace seco::surrogate
