// Linear algebra of whole fields.
#include <torch/torch.h>

#include "portable_kernels.h"

namespace seco::surrogate::portable {

torch::Tensor inner_product(const torch::Tensor& a, const torch::Tensor& b) {
  torch::NoGradGuard no_grad;
  return (a * b).flatten(2).sum(2, /*keepdim=*/false, torch::kDouble);
}

void advance(const torch::Tensor& alpha, const torch::Tensor& p, const torch::Tensor& q,
             torch::Tensor& u, torch::Tensor& r) {
  torch::NoGradGuard no_grad;
  u.add_(p * with_field_axes(alpha, p));
  r.sub_(q * with_field_axes(alpha, q));
}

void turn(const torch::Tensor& beta, const torch::Tensor& z, torch::Tensor& p) {
  torch::NoGradGuard no_grad;
  p.mul_(with_field_axes(beta, p)).add_(z);
}

torch::Tensor gram(const std::vector<torch::Tensor>& a, const std::vector<torch::Tensor>& b,
                   bool /*symmetric*/) {
  torch::NoGradGuard no_grad;
  const auto wide = [](const std::vector<torch::Tensor>& groups) {
    return torch::cat(groups, 1).flatten(2).to(torch::kDouble);
  };
  return torch::matmul(wide(a), wide(b).transpose(1, 2)).cpu();
}

torch::Tensor combine(const torch::Tensor& coefficients, const std::vector<torch::Tensor>& x) {
  torch::NoGradGuard no_grad;
  torch::Tensor sum;
  std::int64_t first = 0;
  for (const auto& group : x) {
    const auto part = coefficients.narrow(2, first, group.size(1)).to(group.options());
    first += group.size(1);
    const auto flat = group.flatten(2);
    sum = sum.defined() ? torch::baddbmm(sum, part, flat) : torch::bmm(part, flat);
  }
  auto shape = x.front().sizes().vec();
  shape[1] = coefficients.size(1);
  return sum.reshape(shape);
}

StepAndSum combine_and_add(const KernelEntries& kernels, const torch::Tensor& coefficients,
                           const std::vector<torch::Tensor>& x, const torch::Tensor& total) {
  torch::NoGradGuard no_grad;
  const auto step = kernels.combine(coefficients, x);
  return {step, total.contiguous() + step};
}

}  // namespace seco::surrogate::portable
