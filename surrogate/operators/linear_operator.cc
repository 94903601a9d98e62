#include "linear_operator.h"

#include <torch/csrc/autograd/custom_function.h>

namespace seco::surrogate {
namespace {

struct Kept : torch::CustomClassHolder {
  explicit Kept(const FieldMap& map) : adjoint(map) {}
  FieldMap adjoint;
};

struct LinearFunction : torch::autograd::Function<LinearFunction> {
  static torch::Tensor forward(torch::autograd::AutogradContext* ctx, const torch::Tensor& x,
                               const FieldMap& apply, const FieldMap& adjoint) {
    ctx->saved_data["adjoint"] = torch::IValue::make_capsule(c10::make_intrusive<Kept>(adjoint));
    return apply(x);
  }
  static torch::autograd::tensor_list backward(torch::autograd::AutogradContext* ctx,
                                               torch::autograd::tensor_list gradient) {
    const auto kept = ctx->saved_data.at("adjoint").toCapsule();
    return {static_cast<const Kept&>(*kept).adjoint(gradient[0]), torch::Tensor(), torch::Tensor()};
  }
};

}  // namespace

bool wants_gradient(const torch::Tensor& x) {
  return torch::GradMode::is_enabled() && x.requires_grad();
}

torch::Tensor on_graph(const torch::Tensor& x, const FieldMap& apply, const FieldMap& adjoint) {
  return LinearFunction::apply(x, apply, adjoint);
}

}  // namespace seco::surrogate
