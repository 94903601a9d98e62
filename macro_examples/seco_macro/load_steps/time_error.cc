// What the length of a load step does to its stresses.
#include <algorithm>
#include <array>
#include <cmath>

#include "cell_gradients.h"
#include "load_steps.h"
#include "seco/plugin/agree.h"

namespace seco::macro {

template <int dim>
double LoadSteps<dim>::jump_at_begin(const plugin::LoadStep& step, const Loads& loads) {
  // Elsewhere there is none, as far as anybody knows.
  const bool may_jump =
      records_.empty() || std::any_of(times_.begin(), times_.end(), [&](double t) {
        return std::abs(t - step.begin) <= 1e-9 * parameters_.load_steps.end_time;
      });
  if (!may_jump) return 0.;
  const auto before = displacement_.size() == 0 ? problem_.zero_vector() : displacement_;
  auto loads_before = problem_.zero_vector();
  if (!records_.empty()) {
    // The last step ended with these.
    problem_.set_time(step.begin);
    loads_before = problem_.assemble_loads().total;
    problem_.set_time(step.end);
  }
  // Of the prescribed displacements and the loads of the present time of the problem.
  const auto changes = [&](const Vector& loads_now) {
    std::array<Vector, 2> result{before, loads_now};
    for (auto& vector : result) vector.zero_out_ghost_values();
    Vector owned = result[0];
    problem_.constraints().distribute(result[0]);
    result[0] -= owned;
    owned = loads_before;
    owned.zero_out_ghost_values();
    result[1] -= owned;
    return result;
  };
  const auto whole = changes(loads.total);
  constexpr double moment = 1e-6;
  problem_.set_time(step.begin + moment * step.duration());
  const auto at_once = changes(problem_.assemble_loads().total);
  problem_.set_time(step.end);
  double jump = 1;
  bool some = false;
  for (std::size_t k = 0; k < whole.size(); ++k) {
    const double square = whole[k] * whole[k];
    if (!(square > 0)) continue;
    some = true;
    jump = std::min(jump, (at_once[k] * whole[k]) / square);
  }
  return some ? std::max(jump, 0.) : 0.;
}

template <int dim>
std::optional<double> LoadSteps<dim>::time_error(const plugin::LoadStep& step, const Loads& loads,
                                                 const Increment<dim>& increment, bool goes_on) {
  namespace MPI = dealii::Utilities::MPI;
  const auto scope = log_.section("error in time");
  const auto communicator = log_.communicator();
  const auto n_materials = materials_.n_materials();
  const auto& response = increment.response;
  const auto rest = problem_.zero_vector();
  auto begin = strains_of(problem_, materials_, displacement_.size() == 0 ? rest : displacement_);
  if (const double jump = jump_at_begin(step, loads); jump > 0)
    for (std::size_t m = 0; m < n_materials; ++m)
      for (std::size_t q = 0; q < begin[m].size(); ++q)
        begin[m][q] += jump * (response.strain[m][q] - begin[m][q]);
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

template double LoadSteps<2>::jump_at_begin(const plugin::LoadStep&, const Loads&);
template double LoadSteps<3>::jump_at_begin(const plugin::LoadStep&, const Loads&);
template std::optional<double> LoadSteps<2>::time_error(const plugin::LoadStep&, const Loads&,
                                                        const Increment<2>&, bool);
template std::optional<double> LoadSteps<3>::time_error(const plugin::LoadStep&, const Loads&,
                                                        const Increment<3>&, bool);

}  // namespace seco::macro
