#include "reference_solver.h"

#include <cmath>
#include <numeric>

#include "../cpu/fused_iteration.h"

namespace seco::surrogate {

MicroSolution solve(const StiffnessField& stiffness, const SolverSettings& settings,
                    const torch::Tensor& initial) {
  torch::NoGradGuard no_grad;
  const std::int64_t batch = stiffness.batch_size();
  KinematicIteration cg(stiffness, initial);
  MicroSolution result;
  // RVEs of the fused path take no time once they rest, so that nothing needs to be moved.
  const bool in_place = cpu::has_fused_path(stiffness);
  if (!in_place) result.displacement = torch::zeros_like(cg.displacement());
  result.iterations.assign(batch, 0);
  result.residual.assign(batch, 0.);
  result.converged.assign(batch, false);

  // The part of the batch that still iterates, by its place in the result.
  std::vector<std::int64_t> members(batch);
  std::iota(members.begin(), members.end(), 0);
  for (unsigned int iteration = 0;; ++iteration) {
    const auto worst = std::get<0>(cg.residual().max(1)).cpu();
    std::vector<std::int64_t> active, remaining;
    for (std::size_t i = 0; i < members.size(); ++i) {
      const auto b = members[i];
      const auto place = in_place ? b : static_cast<std::int64_t>(i);
      const double value = worst[place].item<double>();
      result.residual[b] = value;
      result.iterations[b] = iteration;
      result.converged[b] = value <= settings.tolerance;
      if (!result.converged[b] && iteration < settings.max_iterations && std::isfinite(value)) {
        active.push_back(place);
        remaining.push_back(b);
      } else if (in_place) {
        cg.rest(place);
      } else {
        result.displacement[b].copy_(cg.displacement()[place]);
      }
    }
    if (active.empty()) break;
    if (!in_place && active.size() < members.size()) cg.keep(active);
    members = remaining;
    cg.step();
  }
  if (in_place) result.displacement = cg.displacement();
  return result;
}

}  // namespace seco::surrogate
