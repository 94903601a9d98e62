#pragma once

#include <cstdint>

namespace seco::surrogate {

/// What determines the architecture of a UNet.
struct UNetOptions {
  int dimension = 3;
  std::int64_t in_channels = 21;
  std::int64_t out_channels = 54;
  /// Channels of the finest level; each coarser level has twice as many. Multiples of 16 run
  /// fastest.
  std::int64_t width = 16;
  /// Number of resolutions.
  int levels = 3;
  /// All but the last layer work on block averages of so many voxels along every axis.
  int coarsening = 1;
  /// Size of the last layer at the start, relative to one that keeps the variance.
  double head_gain = 1e-2;
};

}  // namespace seco::surrogate
