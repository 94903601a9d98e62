#include "differences.h"

#include <torch/torch.h>

namespace seco::surrogate {
namespace {

// `shift` -1 reaches the next node (voxel from nodes), +1 the previous voxel (node from voxels).
torch::Tensor averaged(const torch::Tensor& f, std::int64_t axis, std::int64_t shift) {
  return (torch::roll(f, shift, axis) + f) * 0.5;
}

torch::Tensor averaged_across(torch::Tensor f, int direction, std::int64_t shift,
                              const Grid& grid) {
  const int d = grid.dimension();
  for (int i = 0; i < d; ++i)
    if (i != direction) f = averaged(f, i - d, shift);
  return f;
}

}  // namespace

torch::Tensor difference(const torch::Tensor& field, int direction, const Grid& grid) {
  const auto axis = direction - grid.dimension();
  return averaged_across((torch::roll(field, -1, axis) - field) / grid.spacing[direction],
                         direction, -1, grid);
}

torch::Tensor difference_adjoint(const torch::Tensor& field, int direction, const Grid& grid) {
  const auto axis = direction - grid.dimension();
  return averaged_across((torch::roll(field, 1, axis) - field) / grid.spacing[direction], direction,
                         1, grid);
}

}  // namespace seco::surrogate
