#include "certified_solver.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
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

double ratio(double now, double before) {
  return std::clamp(now / before, 0.02, 0.9);
}

/// How an energy falls: what is left of it above its minimum, estimated from the last steps.
class Decrease {
 public:
  void note(double decrease) {
    // Conjugate gradients advance by fits and starts: the slower of the last step and of the last
    // two together.
    rate_ = last_ > 0 ? ratio(decrease, last_) : 0.3;
    if (before_ > 0) rate_ = std::max(rate_, std::sqrt(ratio(decrease, before_)));
    before_ = last_;
    last_ = decrease;
  }
  /// The geometric series that goes on from the last step.
  double error() const { return last_ * rate_ / (1. - rate_); }
  /// Factor by which the error falls per step.
  double rate() const { return rate_; }

 private:
  double rate_ = 0.5, last_ = 0, before_ = 0;
};

/// What an RVE of the batch knows about its progress.
struct Progress {
  double gap = 1;
  /// Estimated part of the gap above the solution.
  double upper_error = 1;
  Decrease kinematic, dual;
  /// Gap between strain and equilibrated stress where the present window of steps began, and the
  /// factor by which it falls per kinematic step.
  double window_gap = 0, gap_rate = 0.5;
  unsigned int window_start = 0;
  /// Gap and step at the last gain, of the bounds or of the gap that is estimated between checks,
  /// which may be far above 1; and by how much the energies have fallen since, relative to them.
  double gain_gap = 1, gain_estimate = std::numeric_limits<double>::infinity();
  unsigned int gain_step = 0;
  double fallen = 0;

  double lower_error() const { return std::max(gap - upper_error, 0.); }
};

class Refine {
 public:
  Refine(const StiffnessField& stiffness, const CertifiedSettings& settings,
         const CertifiedStart& start)
      : settings_(settings), kinematic_(stiffness, start.displacement), stress_(start.stress) {
    const std::int64_t batch = stiffness.batch_size(), m = stiffness.grid().n_components();
    members_.resize(batch);
    std::iota(members_.begin(), members_.end(), 0);
    progress_.resize(batch);
    weight_ = start.estimate_weight.defined() ? start.estimate_weight
                                              : torch::full({batch}, 0.5, torch::kDouble);
    result_.displacement = torch::zeros_like(kinematic_.displacement());
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
      while (!members_.empty() && dual_wanted()) {
        dual_steps();
        finish();
      }
    }
    mark_one_sided(result_, all);
    return std::move(result_);
  }

 private:
  const StiffnessField& stiffness() const { return kinematic_.stiffness(); }
  const Grid& grid() const { return stiffness().grid(); }
  bool single_precision() const { return kinematic_.displacement().scalar_type() == torch::kFloat; }
  bool is_void(std::size_t i) const { return stiffness().has_void()[i]; }

  /// What has to fall below the tolerance: the gap, or where there is no lower bound the estimated
  /// error of the upper one, with a margin since nothing guarantees it.
  double miss(std::size_t i) const {
    return is_void(i) ? 3. * progress_[i].upper_error : progress_[i].gap;
  }

  void check_averages() {
    bounds_ = enclose_averages(stiffness());
    note_gap();
  }

  /// The bounds of the displacement now, and while there is one, of the best stress as well; always
  /// in double precision.
  void check() {
    if (stress_.defined()) return check_fields();
    bounds_ = enclose(precise_stiffness(), kinematic_.displacement().to(torch::kDouble),
                      precise_green(), kinematic_.medium());
    note_gap();
  }

  void check_fields() {
    const auto stress = stiffness().apply(total_strain(kinematic_.displacement(), grid()));
    std::vector<torch::Tensor> fields{equilibrium_block(stress, EquilibriumForm::projection,
                                                        kinematic_.green(), kinematic_.medium())};
    if (stress_.defined()) fields.push_back(stress_);
    bounds_.upper =
        enclose_from_above(precise_stiffness(), kinematic_.displacement().to(torch::kDouble));
    lower_bound(fields);
    note_gap();
  }

  // Made when they are first needed.
  const GreenOperator& precise_green() {
    if (!single_precision()) return kinematic_.green();
    if (!precise_green_)
      precise_green_.emplace(grid(), stiffness().options().dtype(torch::kDouble));
    return *precise_green_;
  }
  const StiffnessField& precise_stiffness() {
    if (!single_precision()) return stiffness();
    if (!precise_stiffness_)
      precise_stiffness_ = stiffness().to(stiffness().options().dtype(torch::kDouble));
    return *precise_stiffness_;
  }

  // Single precision leaves a divergence of its round-off, which does work on the strains of the
  // softest phase and spoils the combination where the contrast is high.
  bool combination_needs_double() const {
    const auto& all = stiffness().conditioning();
    return single_precision() && std::any_of(all.begin(), all.end(), [&](const Conditioning& c) {
             return round_off(torch::kFloat) * c.largest > 0.01 * settings_.tolerance * c.smallest;
           });
  }

  /// The lower bound and the best fluctuation of unit mean stresses from combinations of
  /// self-equilibrated fluctuations.
  void lower_bound(std::vector<torch::Tensor> fields) {
    const bool precise = combination_needs_double();
    const StiffnessField& field_stiffness = precise ? precise_stiffness() : stiffness();
    if (precise)
      for (auto& field : fields)
        field = equilibrium_block(field.to(torch::kDouble), EquilibriumForm::projection,
                                  precise_green(), kinematic_.medium());
    std::vector<torch::Tensor> strains, means;
    for (const auto& field : fields) {
      strains.push_back(field_stiffness.apply_compliance(field));
      means.push_back(grid_mean(strains.back(), grid()).cpu());
    }
    const auto products = gram(fields, strains, grid());
    // Beyond the range of single precision, at contrasts of 1e12 and more.
    if (!torch::isfinite(products).all().item<bool>()) {
      dual_possible_ = false;
      stress_ = torch::Tensor();
      dual_.reset();
      bounds_.lower = enclose_averages(stiffness()).lower;
      return;
    }
    const auto best = ritz(stiffness().mean_compliance(), torch::cat(means, 1), products,
                           fields.front().scalar_type());
    const auto fluctuation = combine(best.coefficients, fields);
    stress_ = fluctuation.to(stiffness().options());
    compliance_ = best.energy.diagonal(0, 1, 2).clone();
    const auto total =
        fluctuation.to(torch::kDouble) +
        with_grid_axes(unit_loads(grid(), stress_.options().dtype(torch::kDouble)), grid());
    bounds_.lower =
        enclose_from_below(precise_stiffness(), total, precise_green(), kinematic_.medium());
  }

  void note_gap() {
    const auto gap = bounds_.gap();
    energy_ = bounds_.upper.diagonal(0, 1, 2).clone();
    keep_energies_positive();
    for (std::size_t i = 0; i < members_.size(); ++i) {
      auto& progress = progress_[i];
      progress.gap = gap[static_cast<std::int64_t>(i)].item<double>();
      if (is_void(i) || progress.gap < 0.8 * progress.gain_gap) {
        progress.gain_gap = progress.gap;
        progress.gain_step = steps_;
        progress.fallen = 0;
      }
    }
  }

  /// Energies fall from those of the last check, which a Ritz step may have brought below those of
  /// the iteration: never below the lower bound. Those of a solid that does not percolate fall to
  /// zero in some directions, and are measured against the others.
  void keep_energies_positive() {
    constexpr double none = 1e-10, least = 1e-14;
    auto floor = least * stiffness().mean_stiffness().diagonal(0, 1, 2);
    for (std::size_t i = 0; i < members_.size(); ++i)
      if (is_void(i)) floor[static_cast<std::int64_t>(i)] *= none / least;
    energy_ = torch::maximum(energy_, torch::maximum(floor, bounds_.lower.diagonal(0, 1, 2)));
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
      if (good([&](std::size_t i) { return miss(i); }) || dual_wanted()) return;
    }
  }

  void estimate_gap() {
    const auto gap = worst_load(kinematic_.gap(), energy_);
    for (std::size_t i = 0; i < members_.size(); ++i) {
      auto& p = progress_[i];
      if (gap[i] < 0.8 * p.gain_estimate) {
        p.gain_estimate = gap[i];
        p.gain_step = steps_;
        p.fallen = 0;
      }
      // The best stress so far may be better than the one that belongs to the strain.
      const double now = std::min(gap[i], stress_.defined() ? p.gap : gap[i]);
      // The gap falls by fits and starts as well: its rate is that of a window of several steps.
      if (p.window_gap > 0 && steps_ >= p.window_start + 4)
        p.gap_rate = std::clamp(
            std::pow(gap[i] / p.window_gap, 1. / static_cast<double>(steps_ - p.window_start)),
            0.02, 0.99);
      if (p.window_gap == 0 || steps_ >= p.window_start + 12) {
        p.window_gap = gap[i];
        p.window_start = steps_;
      }
      p.gap = now;
    }
  }

  void kinematic_step() {
    dual_.reset();
    kinematic_.step();
    ++steps_;
    energy_ -= kinematic_.decrease().cpu();
    keep_energies_positive();
    const auto decrease = worst_load(kinematic_.decrease(), energy_);
    for (std::size_t i = 0; i < members_.size(); ++i) {
      auto& p = progress_[i];
      p.kinematic.note(decrease[i]);
      p.fallen += decrease[i];
      p.upper_error = p.kinematic.error();
    }
  }

  void dual_steps() {
    if (!stress_.defined()) check_fields();
    if (!dual_possible_) return;
    if (!dual_) dual_.emplace(stiffness(), kinematic_.green(), stress_);
    constexpr unsigned int fewest = 2, most = 12;
    for (unsigned int k = 1; k <= most && !out_of_steps(); ++k) {
      dual_->step();
      ++steps_;
      compliance_ -= dual_->decrease().cpu();
      const auto decrease = worst_load(dual_->decrease(), compliance_);
      std::size_t good = 0;
      for (std::size_t i = 0; i < members_.size(); ++i) {
        auto& p = progress_[i];
        p.dual.note(decrease[i]);
        p.fallen += decrease[i];
        const double room = settings_.tolerance - p.upper_error;
        good += p.dual.error() <= std::max(room, 0.3 * settings_.tolerance) ? 1 : 0;
      }
      if (k >= fewest && 4 * good > members_.size()) break;
    }
    auto fluctuation = dual_->fluctuation();
    // Removes the round-off that the steps have gathered.
    if (single_precision())
      fluctuation = equilibrium_block(fluctuation, EquilibriumForm::projection, kinematic_.green(),
                                      kinematic_.medium());
    lower_bound({fluctuation});
    note_gap();
    if (!dual_possible_) return;
    // What the lower bound cannot have left belongs to the upper one, whatever was estimated.
    for (auto& p : progress_) p.upper_error = std::max(p.upper_error, p.gap - 2. * p.dual.error());
  }

  /// Both sides gain from a step on the potential energy, so steps on the other one, which cost
  /// more, must promise to be much the faster way.
  bool dual_wanted() const {
    if (!dual_possible_) return false;
    constexpr double cost = 4., overhead = 4.;
    std::size_t votes = 0;
    for (std::size_t i = 0; i < members_.size(); ++i) {
      const auto& p = progress_[i];
      if (is_void(i) || p.lower_error() < 3. * p.upper_error) continue;
      const double left = std::log(std::max(p.gap / settings_.tolerance, 1.));
      const double kinematic = left / -std::log(p.gap_rate);
      const double dual = left / -std::log(p.dual.rate());
      votes += kinematic > cost * dual + overhead ? 1 : 0;
    }
    return 2 * votes > members_.size();
  }

  /// Whether more steps bring anything is asked again after as many.
  void restart_window(std::size_t i) {
    progress_[i].gain_step = steps_;
    progress_[i].fallen = 0;
  }

  bool out_of_steps() const { return steps_ >= settings_.max_steps; }

  /// Takes the members out of the batch that are done or given up.
  void finish() {
    std::vector<std::int64_t> going;
    const auto residual = std::get<0>(kinematic_.residual().max(1)).cpu();
    for (std::size_t i = 0; i < members_.size(); ++i) {
      const auto& p = progress_[i];
      const auto index = static_cast<std::int64_t>(i);
      const bool finite = std::isfinite(p.gap) && std::isfinite(p.upper_error);
      const bool done = miss(i) <= settings_.tolerance;
      // At high contrast the bounds may rest, even near a gap of 1, while the energies fall: they
      // will go on. Energies that no longer fall by what the tolerance asks have met round-off.
      const bool waiting = steps_ - p.gain_step >= std::max(30u, p.gain_step / 2);
      const bool stuck = waiting && p.fallen < settings_.tolerance;
      if (waiting && !stuck) restart_window(i);
      if (finite && !done && !stuck && !out_of_steps()) {
        going.push_back(index);
        continue;
      }
      const auto b = members_[i];
      result_.bounds.upper[b] = bounds_.upper[index];
      result_.bounds.lower[b] = bounds_.lower[index];
      double share = p.gap > 0 ? std::clamp(p.upper_error / p.gap, 0., 1.) : 0.5;
      // Two steps do not show a rate that would make the upper bound nearly exact.
      if (std::abs(share - 0.5) < 0.25 || (share < 0.5 && steps_ < 3)) share = 0.5;
      const double weight = steps_ > 0 ? 1. - share : weight_[index].item<double>();
      result_.estimate[b] =
          bounds_.lower[index] + weight * (bounds_.upper[index] - bounds_.lower[index]);
      result_.displacement[b] = kinematic_.displacement()[index];
      result_.iterations[b] = steps_;
      result_.residual[b] = residual[index].item<double>();
      if (!done) {
        result_.status[b] = Status::not_converged;
        result_.message[b] = fmt::format(
            "certified gap {:.3g} after {} steps, asked for {:.3g}{}", miss(i), steps_,
            settings_.tolerance,
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
    for (auto* t : {&stress_, &bounds_.upper, &bounds_.lower, &energy_, &compliance_, &weight_})
      if (t->defined()) *t = t->index_select(0, index.to(t->device()));
    kinematic_.keep(going);
    if (precise_stiffness_) precise_stiffness_ = precise_stiffness_->select(going);
    if (dual_) dual_->keep(going);
  }

  CertifiedSettings settings_;
  KinematicIteration kinematic_;
  std::optional<DualIteration> dual_;
  std::optional<GreenOperator> precise_green_;
  std::optional<StiffnessField> precise_stiffness_;
  // Of the members that go on: the best stress fluctuation of unit mean stresses, once steps on the
  // complementary energy have asked for it, and the bounds at the last check; the potential
  // energies of the unit strains and the complementary ones of the unit stresses now, `[B, L]`.
  torch::Tensor stress_, energy_, compliance_, weight_;
  Bounds bounds_;
  std::vector<std::int64_t> members_;
  std::vector<Progress> progress_;
  unsigned int steps_ = 0;
  bool dual_possible_ = true;
  FieldResult result_;
};

}  // namespace

FieldResult solve_certified(const StiffnessField& stiffness, const CertifiedSettings& settings,
                            const CertifiedStart& start) {
  torch::NoGradGuard no_grad;
  return Refine(stiffness, settings, start).run(start.displacement.defined());
}

}  // namespace seco::surrogate
