#include "field_result.h"

namespace seco::surrogate {

void mark_one_sided(FieldResult& result, const StiffnessField& stiffness) {
  for (std::int64_t b = 0; b < stiffness.batch_size(); ++b) {
    if (!stiffness.has_void()[b] || result.bounds.lower[b].any().item<bool>()) continue;
    result.estimate[b] = result.bounds.upper[b];
    if (result.status[b] == Status::not_converged) continue;
    result.status[b] = Status::one_sided;
    result.message[b] = one_sided_message;
  }
}

}  // namespace seco::surrogate
