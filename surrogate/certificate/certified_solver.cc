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
#include "seco/materials/interruption.h"
#include "void_bounds.h"

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

 private:
  double rate_ = 0.5, last_ = 0, before_ = 0;
};

/// What an RVE of the batch knows about its progress.
struct Progress {
  double gap = 1;
  /// Estimated part of the gap above the solution.
  double upper_error = 1;
  Decrease decrease;
  /// Estimated error of the lower bound from smoothed stresses, after so many steps, as if the mean
  /// of the residuals were like the last one; and by how much more it was when bounds were last
  /// evaluated.
  double smoothed_error = 0, smoothing_loss = 1.3;
  unsigned int smoothed_step = 0;
  /// Gap and step at the last gain, of the bounds or of the gap that is estimated between checks,
  /// which may be far above 1; and by how much the energies have fallen since, relative to them.
  double gain_gap = 1, gain_estimate = std::numeric_limits<double>::infinity();
  unsigned int gain_step = 0;
  double fallen = 0;
};

class Refine {
 public:
  Refine(const StiffnessField& stiffness, const CertifiedSettings& settings,
         const CertifiedStart& start)
      : settings_(settings),
        kinematic_(stiffness, start.displacement),
        smoothing_(settings.smooth_stress ? useful_smoothing(stiffness) : Smoothing::none),
        stress_(start.stress) {
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

  FieldResult run() {
    const StiffnessField all = kinematic_.stiffness();
    if (stress_.defined()) {
      check();
    } else {
      check_averages();
      energy_ = kinematic_.first_energy().to(torch::kCPU, torch::kDouble, /*non_blocking=*/false,
                                             /*copy=*/true);
      keep_energies_positive();
    }
    finish();
    bool first = true;
    while (!members_.empty()) {
      kinematic_steps(first ? settings_.first_check : 0);
      first = false;
      check();
      finish();
    }
    mark_one_sided(result_, all);
    return std::move(result_);
  }

 private:
  const StiffnessField& stiffness() const { return kinematic_.stiffness(); }
  const Grid& grid() const { return stiffness().grid(); }
  bool single_precision() const { return kinematic_.displacement().scalar_type() == torch::kFloat; }
  bool is_void(std::size_t i) const { return stiffness().has_void()[i]; }

  /// Where a solid with voids has no stiffness in some direction there is no lower bound: the
  /// estimated error of the upper one has to do, with a margin since nothing guarantees it.
  bool one_sided_is_good(std::size_t i) const {
    return is_void(i) && 3. * progress_[i].upper_error <= settings_.tolerance;
  }
  /// Whether the energy of some load has fallen to nothing.
  bool lacks_stiffness(std::size_t i) const {
    if (!is_void(i)) return false;
    const auto index = static_cast<std::int64_t>(i);
    const auto mean = stiffness().mean_stiffness()[index].diagonal();
    return (energy_[index] <= 1.001 * no_energy * mean).any().item<bool>();
  }
  /// What is left for the tolerance to say.
  double miss(std::size_t i) const {
    return one_sided_is_good(i) && lacks_stiffness(i) ? 0. : progress_[i].gap;
  }

  void check_averages() {
    bounds_ = enclose_averages(stiffness());
    note_gap();
  }

  /// The bounds of the displacement now, and if the start had a stress, of that as well; always
  /// evaluated in double precision.
  void check() {
    if (stress_.defined()) return check_fields();
    const auto& u = kinematic_.displacement();
    const auto v = kinematic_.smoothing() ? kinematic_.smoothed_displacement() : u;
    const auto z = kinematic_.smoothed_preconditioned();
    bounds_ = enclose(precise_stiffness(), u, v, z, kinematic_.medium(), settings_.tolerance);
    bound_voids();
    note_gap();
  }

  void check_fields() {
    const auto stress = stiffness().apply(total_strain(kinematic_.smoothed_displacement(), grid()));
    std::vector<torch::Tensor> fields{equilibrium_block(stress, EquilibriumForm::projection,
                                                        kinematic_.green(), kinematic_.medium()),
                                      stress_};
    bounds_.upper =
        enclose_from_above(precise_stiffness(), kinematic_.displacement().to(torch::kDouble));
    lower_bound(fields);
    bound_voids();
    note_gap();
  }

  void bound_voids() {
    if (stiffness().any_void())
      enclose_voids(bounds_, precise_stiffness(), kinematic_.displacement(),
                    kinematic_.smallest_ritz_values());
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
      stress_ = torch::Tensor();
      bounds_.lower = enclose_averages(stiffness()).lower;
      return;
    }
    const auto best = ritz(stiffness().mean_compliance(), torch::cat(means, 1), products,
                           fields.front().scalar_type());
    const auto fluctuation = combine(best.coefficients, fields);
    stress_ = fluctuation.to(stiffness().options());
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
      if (progress.smoothed_step == steps_ && progress.smoothed_error > 0)
        progress.smoothing_loss =
            std::clamp((progress.gap - progress.upper_error) / progress.smoothed_error, 0.5, 3.);
      if (progress.gap < 0.8 * progress.gain_gap) {
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
    constexpr double least = 1e-14;
    auto floor = least * stiffness().mean_stiffness().diagonal(0, 1, 2);
    for (std::size_t i = 0; i < members_.size(); ++i)
      if (is_void(i)) floor[static_cast<std::int64_t>(i)] *= no_energy / least;
    energy_ = torch::maximum(energy_, torch::maximum(floor, bounds_.lower.diagonal(0, 1, 2)));
  }

  /// Steps until a check is worth its cost: after n steps, or if n is zero, when the estimates meet
  /// the tolerance for a quarter of the RVEs.
  void kinematic_steps(unsigned int n) {
    // What is expected of solids with voids follows from the residual.
    const unsigned int most = stiffness().all_have_voids() ? 200 : 25;
    for (unsigned int k = 1; !out_of_steps(); ++k) {
      materials::check_interruption();
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
      // A pass over the voxels may wait while the residual says that there is more to do.
      constexpr unsigned int longest_guess = 8;
      if (gap_per_residual_.defined() && steps_ < estimated_step_ + longest_guess) {
        const auto guess = guessed_gap();
        if (!good([&](std::size_t i) { return guess[i]; })) continue;
      }
      estimate_gap();
      if (good([&](std::size_t i) { return miss(i); })) return;
    }
  }

  void estimate_gap() {
    const auto measured =
        stiffness().all_have_voids() ? kinematic_.residual_energy().cpu() : kinematic_.gap();
    gap_per_residual_ = measured / kinematic_.residual_energy().cpu().clamp_min(1e-300);
    estimated_step_ = steps_;
    const auto gap = pair_gap(measured);
    for (std::size_t i = 0; i < members_.size(); ++i) {
      auto& p = progress_[i];
      if (gap[i] < 0.8 * p.gain_estimate) {
        p.gain_estimate = gap[i];
        p.gain_step = steps_;
        p.fallen = 0;
      }
      // The best stress so far may be better than the one that belongs to the strain.
      const double now = std::min(gap[i], stress_.defined() ? p.gap : gap[i]);
      p.gap = now;
    }
  }

  /// The gap of each RVE from that of the last strain and its own stress, `[B, L]`: the smoothed
  /// stress has a smaller one. Of the error of the lower bound it leaves what the residual of the
  /// mean is smaller, times a factor that is learned where bounds are evaluated.
  std::vector<double> pair_gap(const torch::Tensor& of_last) {
    auto gap = worst_load(of_last, energy_);
    if (stiffness().any_void()) estimate_voids(gap);
    if (!kinematic_.smoothing()) return gap;
    const auto smoothed = worst_load(of_last * kinematic_.smoothing_factor().cpu(), energy_);
    for (std::size_t i = 0; i < members_.size(); ++i) {
      if (is_void(i)) continue;
      auto& p = progress_[i];
      p.smoothed_error = std::max(gap[i] - p.upper_error, 0.) * smoothed[i] / gap[i];
      p.smoothed_step = steps_;
      gap[i] = std::min(gap[i], p.upper_error + p.smoothing_loss * p.smoothed_error);
    }
    return gap;
  }

  /// The gap that voids_from_below() will find.
  void estimate_voids(std::vector<double>& gap) {
    // Ritz values change less and less, and take longer and longer.
    if (softness_.empty() || steps_ >= softness_step_ + std::max(5u, softness_step_ / 2)) {
      softness_ =
          solid_softness(stiffness(), kinematic_.medium(), kinematic_.smallest_ritz_values());
      softness_step_ = steps_;
    }
    const auto work = worst_load(
        kinematic_.residual_energy().cpu() / static_cast<double>(grid().n_voxels()), energy_);
    constexpr double margin = 1.02;
    for (std::size_t i = 0; i < members_.size(); ++i)
      if (is_void(i)) gap[i] = margin * work[i] / softness_[i];
  }

  /// The gap if it has fallen like the residual since it was last estimated.
  std::vector<double> guessed_gap() {
    return pair_gap(gap_per_residual_ * kinematic_.residual_energy().cpu());
  }

  void kinematic_step() {
    if (!kinematic_.smoothing() && smoothing_wanted())
      kinematic_.start_smoothing(/*with_residual=*/true);
    kinematic_.step();
    ++steps_;
    energy_ -= kinematic_.decrease().cpu();
    keep_energies_positive();
    const auto decrease = worst_load(kinematic_.decrease(), energy_);
    for (std::size_t i = 0; i < members_.size(); ++i) {
      auto& p = progress_[i];
      p.decrease.note(decrease[i]);
      p.fallen += decrease[i];
      p.upper_error = p.decrease.error();
    }
  }

  bool smoothing_wanted() {
    constexpr double near = 30.;
    if (smoothing_ != Smoothing::near_end) return smoothing_ == Smoothing::always;
    if (!gap_per_residual_.defined()) return false;
    const auto gap = guessed_gap();
    return std::any_of(gap.begin(), gap.end(),
                       [&](double value) { return value <= near * settings_.tolerance; });
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
      if (!done && !one_sided_is_good(i)) {
        result_.status[b] = Status::not_converged;
        result_.message[b] = fmt::format(
            "certified gap {:.3g} after {} steps, asked for {:.3g}{}", progress_[i].gap, steps_,
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
    softness_.clear();
    if (going.empty()) return;
    const auto index = torch::tensor(going, torch::kLong);
    for (auto* t :
         {&stress_, &bounds_.upper, &bounds_.lower, &energy_, &weight_, &gap_per_residual_})
      if (t->defined()) *t = t->index_select(0, index.to(t->device()));
    kinematic_.keep(going);
    if (precise_stiffness_) precise_stiffness_ = precise_stiffness_->select(going);
  }

  /// Relative to the mean stiffness.
  static constexpr double no_energy = 1e-10;

  CertifiedSettings settings_;
  KinematicIteration kinematic_;
  Smoothing smoothing_;
  std::optional<GreenOperator> precise_green_;
  std::optional<StiffnessField> precise_stiffness_;
  // Of the members that go on: the best stress fluctuation of unit mean stresses so far, if the
  // start had one, and the bounds at the last check; the energies of the unit strains now, `[B,
  // L]`, and kinematic_.gap() over the energy of the residual when it was last computed.
  torch::Tensor stress_, energy_, weight_, gap_per_residual_;
  Bounds bounds_;
  std::vector<std::int64_t> members_;
  std::vector<Progress> progress_;
  /// solid_softness() of the members, empty where it has to be computed, after so many steps.
  std::vector<double> softness_;
  unsigned int steps_ = 0, estimated_step_ = 0, softness_step_ = 0;
  FieldResult result_;
};

}  // namespace

FieldResult solve_certified(const StiffnessField& stiffness, const CertifiedSettings& settings,
                            const CertifiedStart& start) {
  torch::NoGradGuard no_grad;
  if (!stiffness.any_void() || stiffness.options().dtype() == torch::kDouble)
    return Refine(stiffness, settings, start).run();
  // The residual of a solid with voids has to become smaller than single precision lets it.
  const auto precise = stiffness.to(stiffness.options().dtype(torch::kDouble));
  auto from = start;
  for (auto* field : {&from.displacement, &from.stress})
    if (field->defined()) *field = field->to(torch::kDouble);
  return Refine(precise, settings, from).run();
}

}  // namespace seco::surrogate
