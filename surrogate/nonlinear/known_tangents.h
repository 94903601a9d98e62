#pragma once

#include <memory>
#include <vector>

#include "scratch_file.h"
#include "seco/materials/mandel.h"

namespace seco::surrogate {

/// A homogenized tangent of an RVE at one state of its voxels.
struct KnownTangent {
  /// @param mean of the tangents of the voxels
  explicit KnownTangent(const materials::MandelMatrix& mean);
  /// How far another mean M is from that of this, M0: `|M0^-1/2 (M - M0) M0^-1/2|`, Frobenius
  /// norm; where M0 is not positive definite, `|M - M0| / |M0|`.
  double distance(const materials::MandelMatrix& other) const;
  /// No more than the distance, and quicker to compute.
  double least_distance(const materials::MandelMatrix& other) const;

  materials::MandelMatrix mean;
  /// Empty until it is computed.
  materials::MandelMatrix tangent;
  /// Displacements of the unit strains, `[m, d, n...]`, single precision.
  KeptTensor fields;

 private:
  /// A matrix L with `L M0 L^T = 1`.
  materials::MandelMatrix inverse_root_;
  /// Largest eigenvalue of M0, or its norm.
  double largest_ = 0;
};

/// Tangents of one RVE, as long as somebody else owns them.
class KnownTangents {
 public:
  void add(const std::shared_ptr<const KnownTangent>& tangent) { tangents_.push_back(tangent); }
  /// Null if there is none.
  std::shared_ptr<const KnownTangent> nearest(const materials::MandelMatrix& mean) const;
  void forget_unused();

 private:
  std::vector<std::weak_ptr<const KnownTangent>> tangents_;
};

}  // namespace seco::surrogate
