#include "spline_descent.h"

#include "seco/materials/interruption.h"

namespace seco::surrogate {

SplineDescent::SplineDescent(SplineSpace space, Law law, const torch::Tensor& medium,
                             const torch::Tensor& mean, const torch::TensorOptions& options)
    : space_(std::move(space)),
      law_(std::move(law)),
      mean_(mean),
      inverse_(space_.homogeneous_inverse(medium)),
      energy_(mean) {
  const Grid& grid = space_.grid();
  const std::int64_t m = grid.n_components();
  std::vector<std::int64_t> shape{1, m, m};
  shape.insert(shape.end(), grid.shape.begin(), grid.shape.end());
  // Unit loads are constant, so only the mode of degree zero meets them.
  const auto image = law_(with_grid_axes(unit_loads(grid, options), grid).expand(shape));
  load_ = space_.adjoint([&](std::size_t mode) { return mode == 0 ? image : torch::Tensor(); });
  coefficients_ = torch::zeros_like(load_);
  gradient_ = load_;
}

torch::Tensor SplineDescent::apply(const torch::Tensor& coefficients) const {
  const auto transformed = space_.transform(coefficients);
  return space_.adjoint([&](std::size_t mode) { return law_(space_.mode(mode, transformed)); });
}

torch::Tensor SplineDescent::fit(const std::function<torch::Tensor(std::size_t)>& modes) const {
  return space_.apply_inverse(inverse_, space_.adjoint(modes));
}

void SplineDescent::include(const torch::Tensor& coefficients) {
  minimize({coefficients}, {apply(coefficients)});
}

void SplineDescent::step() {
  materials::check_interruption();
  const auto descent = space_.apply_inverse(inverse_, gradient_);
  std::vector<torch::Tensor> fields{descent}, images{apply(descent)};
  if (direction_.defined()) {
    fields.push_back(direction_);
    images.push_back(direction_image_);
  }
  minimize(fields, images);
}

void SplineDescent::minimize(const std::vector<torch::Tensor>& fields,
                             const std::vector<torch::Tensor>& images) {
  auto images_and_gradient = images;
  images_and_gradient.push_back(gradient_);
  const auto products = gram(fields, images_and_gradient, space_.grid());
  const auto n_fields = products.size(1);
  const auto best = ritz(energy_, products.narrow(2, n_fields, gradient_.size(1)),
                         products.narrow(2, 0, n_fields), gradient_.scalar_type());
  direction_ = combine(best.coefficients, fields);
  direction_image_ = combine(best.coefficients, images);
  coefficients_ = coefficients_ + direction_;
  gradient_ = gradient_ + direction_image_;
  energy_ = best.energy;
}

void SplineDescent::refresh() {
  const auto image = apply(coefficients_);
  gradient_ = load_ + image;
  const auto cross = gram(coefficients_, load_, space_.grid());
  const auto square = gram(coefficients_, image, space_.grid());
  // The terms of very soft or stiff phases are far larger than what is left of them; the sums are
  // good to a few units in the last place of the terms.
  const double slack = 16. * round_off(torch::kDouble) *
                       (mean_.abs() + 2. * cross.abs() + square.abs()).max().item<double>();
  energy_ = symmetrized(mean_ + cross + cross.transpose(-2, -1) + square) +
            slack * torch::eye(mean_.size(1), torch::kDouble);
}

}  // namespace seco::surrogate
