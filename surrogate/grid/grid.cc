#include "grid.h"

#include <limits>

namespace seco::surrogate {

Grid grid_of(const materials::Rve& rve) {
  Grid grid;
  for (int i = 0; i < rve.dimension(); ++i) {
    grid.shape.push_back(rve.shape[i]);
    grid.spacing.push_back(rve.lengths[i] / rve.shape[i]);
  }
  return grid;
}

std::vector<std::pair<int, int>> mandel_pairs(int dimension) {
  if (dimension == 2) return {{0, 0}, {1, 1}, {0, 1}};
  return {{0, 0}, {1, 1}, {2, 2}, {1, 2}, {0, 2}, {0, 1}};
}

double round_off(torch::Dtype field_type) {
  return field_type == torch::kDouble ? std::numeric_limits<double>::epsilon()
                                      : std::numeric_limits<float>::epsilon();
}

torch::Tensor grid_sum(const torch::Tensor& field, const Grid& grid) {
  return field.sum(grid.axes(), /*keepdim=*/false, torch::kDouble);
}

torch::Tensor grid_mean(const torch::Tensor& field, const Grid& grid) {
  return grid_sum(field, grid) / static_cast<double>(grid.n_voxels());
}

torch::Tensor mean_product(const torch::Tensor& a, const torch::Tensor& b, const Grid& grid) {
  return (a * b).flatten(2).sum(2, /*keepdim=*/false, torch::kDouble) /
         static_cast<double>(grid.n_voxels());
}

torch::Tensor with_grid_axes(const torch::Tensor& values, const Grid& grid) {
  auto shape = values.sizes().vec();
  shape.insert(shape.end(), grid.dimension(), 1);
  return values.reshape(shape);
}

torch::Tensor with_field_axes(const torch::Tensor& values, const torch::Tensor& field) {
  auto shape = values.sizes().vec();
  shape.resize(static_cast<std::size_t>(field.dim()), 1);
  return values.to(field.device(), c10::toRealValueType(field.scalar_type())).reshape(shape);
}

torch::Tensor unit_loads(const Grid& grid, const torch::TensorOptions& options) {
  return torch::eye(grid.n_components(), options).unsqueeze(0);
}

}  // namespace seco::surrogate
