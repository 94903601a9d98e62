// What the length of a load step does to its stresses.
#include <algorithm>
#include <cmath>

#include "cell_gradients.h"
#include "load_steps.h"
#include "seco/plugin/agree.h"

namespace seco::macro {

template <int dim>
std::optional<double> LoadSteps<dim>::time_error(const plugin::LoadStep& step,
                                                 const Increment<dim>& increment, bool goes_on) {
  namespace MPI = dealii::Utilities::MPI;
  const auto scope = log_.section("error in time");
  const auto communicator = log_.communicator();
  const auto n_materials = materials_.n_materials();
  const auto& response = increment.response;
  const auto rest = problem_.zero_vector();
  const auto begin =
      strains_of(problem_, materials_, displacement_.size() == 0 ? rest : displacement_);
  // Two halves are off by half as much as the whole.
  constexpr double of_halves = 2;
  std::vector<double> factor(n_materials, of_halves);
  std::vector<std::vector<dealii::SymmetricTensor<2, dim>>> difference(n_materials);
  std::vector<unsigned int> own(n_materials, 1), known(n_materials);
  plugin::run_together(communicator, [&] {
    for (std::size_t m = 0; m < n_materials; ++m)
      materials_.in_material(m, [&] {
        auto answer =
            materials_.material(m).half_step_difference(step, begin[m], response.strain[m]);
        if (answer && answer->size() != begin[m].size())
          throw std::logic_error("half_step_difference() has not answered all points");
        if (answer)
          difference[m] = std::move(*answer);
        else
          own[m] = 0;
      });
  });
  MPI::min(own, communicator, known);
  bool all_known = true;
  for (std::size_t m = 0; m < n_materials; ++m) {
    if (known[m] == 1) continue;
    const auto& now = response.answers[m].stress;
    const bool has_before = goes_on && stresses_before_.size() == n_materials &&
                            response_.answers.size() == n_materials;
    if (!has_before) {
      all_known = false;
      continue;
    }
    const auto &last = response_.answers[m].stress, &before = stresses_before_[m];
    const double h = step.duration(), h_before = records_.back().duration, ratio = h / h_before;
    factor[m] = h / (2 * h + h_before);
    difference[m].resize(now.size());
    for (std::size_t q = 0; q < now.size(); ++q)
      difference[m][q] = now[q] - last[q] - ratio * (last[q] - before[q]);
  }
  double error = 0, size = 0;
  CellGradients<dim> gradients(problem_);
  materials_.for_local_cells([&](const auto& cell, auto m, auto first) {
    gradients.reinit(cell);
    for (unsigned int q = 0; q < problem_.quadrature().size(); ++q) {
      const auto& stress = response.answers[m].stress[first + q];
      size += gradients.weight(q) * (stress * stress);
      if (difference[m].empty()) continue;
      const auto here = factor[m] * difference[m][first + q];
      error += gradients.weight(q) * (here * here);
    }
  });
  stress_norm_ = std::sqrt(MPI::sum(size, communicator));
  error = std::sqrt(MPI::sum(error, communicator));
  if (!all_known) return std::nullopt;
  const double scale = std::max(stress_scale_, stress_norm_);
  return scale > 0 ? error / scale : 0.;
}

template std::optional<double> LoadSteps<2>::time_error(const plugin::LoadStep&,
                                                        const Increment<2>&, bool);
template std::optional<double> LoadSteps<3>::time_error(const plugin::LoadStep&,
                                                        const Increment<3>&, bool);

}  // namespace seco::macro
