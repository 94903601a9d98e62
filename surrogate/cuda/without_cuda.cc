#include <stdexcept>

#include "fused_iteration.h"
#include "operators.h"

// Compiled where there is no CUDA compiler: no tensor is taken, and the portable forms do the work.
namespace seco::surrogate::cuda {
namespace {

[[noreturn]] void refuse() {
  throw std::logic_error("seco is built without its CUDA kernels");
}

}  // namespace

bool takes(const torch::Tensor&) {
  return false;
}
bool has_fused_path(const StiffnessField&) {
  return false;
}
double free_memory(const torch::Device&) {
  return 0.;
}
std::string versions() {
  return "none; kernels of our own are not built";
}
std::string device_name(int) {
  return {};
}
torch::Tensor compact_phase(const torch::Tensor&) {
  refuse();
}
torch::Tensor strain(const torch::Tensor&, const Grid&) {
  refuse();
}
torch::Tensor divergence(const torch::Tensor&, const Grid&) {
  refuse();
}
torch::Tensor apply(const torch::Tensor&, const torch::Tensor&, const torch::Tensor&) {
  refuse();
}
torch::Tensor quadratic_forms(const torch::Tensor&, const torch::Tensor&, const torch::Tensor&) {
  refuse();
}
torch::Tensor expand(const torch::Tensor&, const torch::Tensor&, const Grid&) {
  refuse();
}
torch::Tensor green(const torch::Tensor&, const ReferenceMedium&, const Grid&) {
  refuse();
}
torch::Tensor inner_product(const torch::Tensor&, const torch::Tensor&) {
  refuse();
}
void advance(const torch::Tensor&, const torch::Tensor&, const torch::Tensor&, torch::Tensor&,
             torch::Tensor&) {
  refuse();
}
void turn(const torch::Tensor&, const torch::Tensor&, torch::Tensor&) {
  refuse();
}
torch::Tensor gram(const torch::Tensor&, const torch::Tensor&) {
  refuse();
}
void start_iteration(const StiffnessField&, const ReferenceMedium&, const IterationState&) {
  refuse();
}
torch::Tensor kinematic_step(const StiffnessField&, const ReferenceMedium&, const torch::Tensor&,
                             const IterationState&) {
  refuse();
}

}  // namespace seco::surrogate::cuda
