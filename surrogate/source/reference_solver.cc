#include "reference_solver.h"

#include <cmath>
#include <numeric>

namespace seco::surrogate {

MicroSolution solve(const StiffnessField& stiffness, const SolverSettings& settings,
                    const torch::Tensor& initial) {
  torch::NoGradGuard no_grad;
  const std::int64_t batch = stiffness.batch_size();
  KinematicIteration cg(stiffness, initial);
  MicroSolution result;
  result.displacement = torch::zeros_like(cg.displacement());
  result.iterations.assign(batch, 0);
  result.residual.assign(batch, 0.);
  result.converged.assign(batch, false);

  // The part of the batch that still iterates, by its place in the result.
  std::vector<std::int64_t> members(batch);
  std::iota(members.begin(), members.end(), 0);
  for (unsigned int iteration = 0;; ++iteration) {
    const auto worst = std::get<0>(cg.residual().max(1)).cpu();
    std::vector<std::int64_t> active, remaining;
    for (std::int64_t i = 0; i < worst.size(0); ++i) {
      const double value = worst[i].item<double>();
      const auto b = members[i];
      result.residual[b] = value;
      result.iterations[b] = iteration;
      result.converged[b] = value <= settings.tolerance;
      if (!result.converged[b] && iteration < settings.max_iterations && std::isfinite(value)) {
        active.push_back(i);
        remaining.push_back(b);
      } else {
        result.displacement[b].copy_(cg.displacement()[i]);
      }
    }
    if (active.empty()) break;
    if (active.size() < members.size()) cg.keep(active);
    members = remaining;
    cg.step();
  }
  return result;
}

}  // namespace seco::surrogate
