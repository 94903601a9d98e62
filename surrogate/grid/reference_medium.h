#pragma once

#include <torch/types.h>

namespace seco::surrogate {

/// Isotropic reference media, one per RVE of a batch: Lame constants, each `[B]`.
struct ReferenceMedium {
  torch::Tensor lambda;
  torch::Tensor mu;
};

}  // namespace seco::surrogate
