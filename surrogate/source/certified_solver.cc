#include "certified_solver.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>

#include "conjugate_gradients.h"
#include "difference_operator.h"
#include "eco_blocks.h"
#include "ritz.h"

namespace seco::surrogate {
namespace {

// Largest over the load cases of values / scale, per RVE.
std::vector<double> worst_load(const torch::Tensor& values, const torch::Tensor& scale) {
  const auto worst = std::get<0>((values.cpu() / scale).max(1)).contiguous();
  return {worst.data_ptr<double>(), worst.data_ptr<double>() + worst.numel()};
}

/// What an RVE of the batch knows about its progress.
struct Progress {
  double gap = 1, checked_gap = 1;
  /// Estimated part of the gap above the solution.
  double upper_error = 1;
  /// Factor by which the error of each side falls per step.
  double kinematic_rate = 0.5, statical_rate = 0.5;
  /// Gap between strain and equilibrated stress when it was last estimated, and the factor by which
  /// it falls per kinematic step.
  double estimated_gap = 0, gap_rate = 0.5;
  unsigned int estimated_at = 0;
  /// Change of the energies in the last steps.
  double last_decrease = 0, decrease_before = 0, last_statical = 0;
  int checks_without_gain = 0;

  double lower_error() const { return std::max(gap - upper_error, 0.); }
};

double rate(double now, double before) {
  return before > 0 ? std::clamp(now / before, 0.02, 0.9) : 0.5;
}

unsigned int steps_until(double now, double wanted, double rate, unsigned int most) {
  if (now <= wanted) return 1;
  return static_cast<unsigned int>(std::clamp(std::ceil(std::log(wanted / now) / std::log(rate)),
                                              1., static_cast<double>(most)));
}

class Polish {
 public:
  Polish(const StiffnessField& stiffness, const CertifiedSettings& settings,
         const CertifiedStart& start)
      : settings_(settings), kinematic_(stiffness, start.displacement), stress_(start.stress) {
    const std::int64_t batch = stiffness.batch_size(), m = stiffness.grid().n_components();
    members_.resize(batch);
    std::iota(members_.begin(), members_.end(), 0);
    progress_.resize(batch);
    weight_ = start.estimate_weight.defined() ? start.estimate_weight
                                              : torch::full({batch}, 0.5, torch::kDouble);
    auto shape = kinematic_.displacement().sizes().vec();
    shape[2] = m;
    result_.strain = torch::zeros(shape, stiffness.options());
    result_.bounds.upper = torch::zeros({batch, m, m}, torch::kDouble);
    result_.bounds.lower = torch::zeros({batch, m, m}, torch::kDouble);
    result_.estimate = torch::zeros({batch, m, m}, torch::kDouble);
    result_.iterations.assign(batch, 0);
    result_.residual.assign(batch, 0.);
    result_.status.assign(batch, Status::ok);
    result_.message.assign(batch, "");
  }

  FieldResult run(bool has_start) {
    const StiffnessField all = kinematic_.stiffness();
    if (has_start)
      check();
    else
      check_averages();
    finish();
    bool first = true;
    while (!members_.empty()) {
      kinematic_steps(first ? settings_.first_check : 0);
      first = false;
      check();
      finish();
      while (!members_.empty() && statical_wanted()) {
        statical_steps();
        finish();
      }
    }
    mark_one_sided(result_, all);
    return std::move(result_);
  }

 private:
  const StiffnessField& stiffness() const { return kinematic_.stiffness(); }
  const Grid& grid() const { return stiffness().grid(); }
  bool is_void(std::size_t i) const { return stiffness().has_void()[i]; }

  void check_averages() {
    bounds_.upper = stiffness().mean_stiffness();
    bounds_.lower = inverse_where_solid(stiffness().mean_compliance());
    strain_ = torch::Tensor();
    note_gap(false);
  }

  void check() {
    strain_ = strain_of(kinematic_.displacement(), grid());
    const auto unit = with_grid_axes(unit_loads(grid(), strain_.options()), grid());
    const auto stress = stiffness().apply(strain_ + unit);
    // <e_i : C : E_j> and <e_i : C : e_j> from the products with the total stress.
    const auto voigt = stiffness().mean_stiffness();
    const auto coupling = grid_mean(stress, grid()).cpu() - voigt;
    bounds_.upper =
        ritz(voigt, coupling, gram(strain_, stress, grid()) - coupling, strain_.scalar_type())
            .energy;
    std::vector<torch::Tensor> fields{equilibrium_block(stress, EquilibriumForm::projection,
                                                        kinematic_.green(), kinematic_.medium())};
    if (stress_.defined()) fields.push_back(stress_);
    lower_bound(fields);
    note_gap(true);
  }

  /// The lower bound and the best fluctuation of unit mean stresses from combinations of
  /// self-equilibrated fluctuations.
  void lower_bound(const std::vector<torch::Tensor>& fields) {
    std::vector<torch::Tensor> strains, means;
    for (const auto& field : fields) {
      strains.push_back(stiffness().apply_compliance(field));
      means.push_back(grid_mean(strains.back(), grid()).cpu());
    }
    const auto best = ritz(stiffness().mean_compliance(), torch::cat(means, 1),
                           gram(fields, strains, grid()), fields.front().scalar_type());
    bounds_.lower = inverse_where_solid(best.energy);
    stress_ = combine(best.coefficients, fields);
    compliance_ = best.energy.diagonal(0, 1, 2).clone();
  }

  torch::Tensor inverse_where_solid(const torch::Tensor& compliance) const {
    std::vector<torch::Tensor> inverse;
    for (std::int64_t b = 0; b < compliance.size(0); ++b)
      inverse.push_back(is_void(b) ? torch::zeros_like(compliance[b])
                                   : symmetrized(torch::inverse(compliance[b])));
    return torch::stack(inverse);
  }

  void note_gap(bool after_step) {
    const auto gap = bounds_.gap();
    energy_ = bounds_.upper.diagonal(0, 1, 2).clone();
    for (std::size_t i = 0; i < members_.size(); ++i) {
      auto& progress = progress_[i];
      const double before = progress.checked_gap;
      progress.gap = progress.checked_gap = gap[static_cast<std::int64_t>(i)].item<double>();
      const bool gain = !after_step || is_void(i) || progress.gap < 0.8 * before;
      progress.checks_without_gain = gain ? 0 : progress.checks_without_gain + 1;
    }
  }

  /// Steps until a check is worth its cost: after n steps, or if n is zero, when the estimates meet
  /// the tolerance for a quarter of the RVEs or steps on the other energy are wanted.
  void kinematic_steps(unsigned int n) {
    constexpr unsigned int most = 25;
    for (unsigned int k = 1; !out_of_steps(); ++k) {
      kinematic_step();
      if (n > 0 ? k >= n : k >= most) return;
      if (n > 0) continue;
      const auto good = [&](const auto& value_of) {
        std::size_t count = 0;
        for (std::size_t i = 0; i < members_.size(); ++i)
          count += value_of(i) <= settings_.tolerance ? 1 : 0;
        return 4 * count > members_.size();
      };
      if (!good([&](std::size_t i) { return progress_[i].upper_error; }) && k % 4 != 0) continue;
      estimate_gap();
      if (good([&](std::size_t i) {
            return is_void(i) ? progress_[i].upper_error : progress_[i].gap;
          }) ||
          statical_wanted())
        return;
    }
  }

  void estimate_gap() {
    const auto gap = worst_load(kinematic_.gap(), energy_);
    for (std::size_t i = 0; i < members_.size(); ++i) {
      auto& p = progress_[i];
      // The best stress so far may be better than the one that belongs to the strain.
      const double now = std::min(gap[i], stress_.defined() ? p.gap : gap[i]);
      if (p.estimated_gap > 0 && steps_ > p.estimated_at)
        p.gap_rate = std::clamp(
            std::pow(gap[i] / p.estimated_gap, 1. / static_cast<double>(steps_ - p.estimated_at)),
            0.02, 0.99);
      p.estimated_gap = gap[i];
      p.estimated_at = steps_;
      p.gap = now;
    }
  }

  void kinematic_step() {
    statical_.reset();
    kinematic_.step();
    ++steps_;
    energy_ -= kinematic_.decrease().cpu();
    const auto decrease = worst_load(kinematic_.decrease(), energy_);
    for (std::size_t i = 0; i < members_.size(); ++i) {
      auto& p = progress_[i];
      // Conjugate gradients advance by fits and starts: the slower of the last step and of the
      // last two together.
      p.kinematic_rate = p.last_decrease > 0 ? rate(decrease[i], p.last_decrease) : 0.3;
      if (p.decrease_before > 0)
        p.kinematic_rate =
            std::max(p.kinematic_rate, std::sqrt(rate(decrease[i], p.decrease_before)));
      p.decrease_before = p.last_decrease;
      p.last_decrease = decrease[i];
      p.upper_error = decrease[i] * p.kinematic_rate / (1. - p.kinematic_rate);
    }
  }

  void statical_steps() {
    if (!statical_) statical_.emplace(stiffness(), kinematic_.green(), stress_);
    const unsigned int n = quarter([&](std::size_t i) {
      const auto& p = progress_[i];
      const double room = settings_.tolerance - p.upper_error;
      const double wanted = room > 0.3 * settings_.tolerance ? room : 0.25 * p.lower_error();
      return steps_until(p.lower_error(), wanted, p.statical_rate, 8);
    });
    for (unsigned int k = 0; k < n && !out_of_steps(); ++k) {
      statical_->step();
      ++steps_;
      compliance_ -= statical_->decrease().cpu();
      const auto decrease = worst_load(statical_->decrease(), compliance_);
      for (std::size_t i = 0; i < members_.size(); ++i) {
        auto& p = progress_[i];
        if (p.last_statical > 0) p.statical_rate = rate(decrease[i], p.last_statical);
        p.last_statical = decrease[i];
      }
    }
    auto fluctuation = statical_->fluctuation();
    // Removes the round-off that the steps have gathered.
    if (fluctuation.scalar_type() == torch::kFloat)
      fluctuation = equilibrium_block(fluctuation, EquilibriumForm::projection, kinematic_.green(),
                                      kinematic_.medium());
    lower_bound({fluctuation});
    note_gap(true);
    // What the lower bound cannot have left belongs to the upper one, whatever was estimated.
    for (auto& p : progress_) {
      const double lower_error = p.last_statical * p.statical_rate / (1. - p.statical_rate);
      p.upper_error = std::max(p.upper_error, p.gap - 2. * lower_error);
    }
  }

  /// Both sides gain from a step on the potential energy, so steps on the other one, which cost
  /// more, must promise to be much the faster way.
  bool statical_wanted() const {
    constexpr double cost = 1.7, overhead = 4.;
    std::size_t votes = 0;
    for (std::size_t i = 0; i < members_.size(); ++i) {
      const auto& p = progress_[i];
      if (is_void(i) || p.lower_error() < 3. * p.upper_error) continue;
      const double left = std::log(std::max(p.gap / settings_.tolerance, 1.));
      const double kinematic = left / -std::log(p.gap_rate);
      const double statical = left / -std::log(p.statical_rate);
      votes += kinematic > cost * statical + overhead ? 1 : 0;
    }
    return 2 * votes > members_.size();
  }

  bool out_of_steps() const { return steps_ >= settings_.max_steps; }

  template <typename Function>
  unsigned int quarter(const Function& steps_of) const {
    std::vector<unsigned int> steps;
    for (std::size_t i = 0; i < members_.size(); ++i) steps.push_back(steps_of(i));
    const auto position = steps.begin() + static_cast<std::ptrdiff_t>(steps.size() / 4);
    std::nth_element(steps.begin(), position, steps.end());
    return *position;
  }

  /// Takes the members out of the batch that are done or given up.
  void finish() {
    std::vector<std::int64_t> going;
    const auto residual = std::get<0>(kinematic_.residual().max(1)).cpu();
    for (std::size_t i = 0; i < members_.size(); ++i) {
      const auto& p = progress_[i];
      const auto index = static_cast<std::int64_t>(i);
      const bool finite = std::isfinite(p.gap) && std::isfinite(p.upper_error);
      const bool done = (is_void(i) ? p.upper_error : p.gap) <= settings_.tolerance;
      const bool stuck = p.checks_without_gain >= 4;
      if (finite && !done && !stuck && !out_of_steps()) {
        going.push_back(index);
        continue;
      }
      const auto b = members_[i];
      result_.bounds.upper[b] = bounds_.upper[index];
      result_.bounds.lower[b] = bounds_.lower[index];
      const double share = p.gap > 0 ? std::clamp(p.upper_error / p.gap, 0., 1.) : 0.;
      const double weight = steps_ > 0 ? 1. - share : weight_[index].item<double>();
      result_.estimate[b] =
          bounds_.lower[index] + weight * (bounds_.upper[index] - bounds_.lower[index]);
      if (strain_.defined()) result_.strain[b] = strain_[index];
      result_.iterations[b] = steps_;
      result_.residual[b] = residual[index].item<double>();
      if (!done) {
        result_.status[b] = Status::not_converged;
        result_.message[b] = fmt::format(
            "certified gap {:.3g} after {} steps, asked for {:.3g}{}",
            is_void(i) ? p.upper_error : p.gap, steps_, settings_.tolerance,
            stuck ? "; more steps bring nothing (in single precision, double precision may help)"
                  : "");
      }
    }
    keep(going);
  }

  void keep(const std::vector<std::int64_t>& going) {
    if (going.size() == members_.size()) return;
    std::vector<std::int64_t> members;
    std::vector<Progress> progress;
    for (const auto i : going) {
      members.push_back(members_[i]);
      progress.push_back(progress_[i]);
    }
    members_ = members;
    progress_ = progress;
    if (going.empty()) return;
    const auto index = torch::tensor(going, torch::kLong);
    for (auto* t :
         {&stress_, &strain_, &bounds_.upper, &bounds_.lower, &energy_, &compliance_, &weight_})
      if (t->defined()) *t = t->index_select(0, index.to(t->device()));
    kinematic_.keep(going);
    if (statical_) statical_->keep(going);
  }

  CertifiedSettings settings_;
  KinematicIteration kinematic_;
  std::optional<StaticalIteration> statical_;
  // Of the members that go on: the best stress fluctuation of unit mean stresses, the strain
  // fluctuation and the bounds at the last check; the potential energies of the unit strains and
  // the complementary ones of the unit stresses now, `[B, L]`.
  torch::Tensor stress_, strain_, energy_, compliance_, weight_;
  Bounds bounds_;
  std::vector<std::int64_t> members_;
  std::vector<Progress> progress_;
  unsigned int steps_ = 0;
  FieldResult result_;
};

}  // namespace

FieldResult solve_certified(const StiffnessField& stiffness, const CertifiedSettings& settings,
                            const CertifiedStart& start) {
  torch::NoGradGuard no_grad;
  return Polish(stiffness, settings, start).run(start.displacement.defined());
}

}  // namespace seco::surrogate
