#include "phase_tables.h"

#include <torch/torch.h>

namespace seco::surrogate {

torch::Tensor upper_triangles(const torch::Tensor& matrices) {
  const auto m = matrices.size(-1);
  const auto upper = torch::triu_indices(m, m, 0, torch::kLong);
  const auto index = (upper[0] * m + upper[1]).to(matrices.device());
  return matrices.flatten(2).index_select(2, index).contiguous();
}

}  // namespace seco::surrogate
