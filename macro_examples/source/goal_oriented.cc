// The certified compliance, and the loop that polishes RVEs until it is narrow enough.
#include <deal.II/fe/fe_values.h>
#include <fmt/format.h>

#include <algorithm>
#include <boost/serialization/string.hpp>
#include <boost/serialization/utility.hpp>
#include <boost/serialization/vector.hpp>
#include <chrono>
#include <cmath>
#include <filesystem>

#include "elasticity_problem.h"
#include "marking.h"
#include "seco/materials/write_aside.h"
#include "seco/plugin/agree.h"
#include "seco/plugin/polish_limits.h"

namespace seco::macro {

using dealii::Utilities::MPI::sum;

template <int dim>
typename ElasticityProblem<dim>::EnergyBounds ElasticityProblem<dim>::solve_bounds() {
  // Any displacement that fulfils the conditions has a potential energy no less than that in
  // equilibrium, so what a solve leaves costs the bound from above nothing. The one from below
  // takes the guaranteed energy of its error.
  EnergyBounds bounds;
  const auto stiff = solve(Bound::upper);
  bounds.upper = stiff.potential() + stiff.round_off();
  // That of the body at rest.
  if (homogeneous_dirichlet_) bounds.upper = std::min(bounds.upper, 0.);
  solver_width_ = stiff.error.value_or(0.);
  std::optional<Solution> soft;
  no_lower_bound_.clear();
  if (!lower_bound_usable()) {
    no_lower_bound_ =
        "the stiffness of some RVEs has no lower bound, as with voids of stiffness zero";
  } else {
    soft = solve(Bound::lower);
    if (soft->error) {
      bounds.lower = soft->potential() - 0.5 * *soft->error - soft->round_off();
      solver_width_ += *soft->error;
    } else {
      no_lower_bound_ =
          "a part of the mesh is held by nodes or edges alone that it shares with others, and the "
          "error of its displacement is not bounded";
    }
  }
  check_energy_bounds(bounds);
  set_shares(stiff.displacement, soft ? soft->displacement : stiff.displacement);
  return bounds;
}

template <int dim>
void ElasticityProblem<dim>::set_shares(const Vector& stiff, const Vector& soft) {
  dealii::TimerOutput::Scope scope(timer_, "energies");
  dealii::FEValues<dim> values(element_, quadrature_,
                               dealii::update_gradients | dealii::update_JxW_values);
  const dealii::FEValuesExtractors::Vector u(0);
  std::vector<dealii::SymmetricTensor<2, dim>> stiff_strain(quadrature_.size()),
      soft_strain(quadrature_.size());
  shares_.assign(responses_.size(), {});
  for (std::size_t m = 0; m < responses_.size(); ++m) shares_[m].resize(responses_[m].gap.size());
  for_local_cells([&](const auto& cell, auto material, auto first) {
    values.reinit(cell);
    values[u].get_function_symmetric_gradients(stiff, stiff_strain);
    values[u].get_function_symmetric_gradients(soft, soft_strain);
    const auto& response = responses_[material];
    for (const auto q : values.quadrature_point_indices())
      shares_[material][first + q] =
          values.JxW(q) *
          (stiff_strain[q] *
           ((response.upper[first + q] - response.lower[first + q]) * soft_strain[q]));
  });
}

template <int dim>
void ElasticityProblem<dim>::certify_compliance() {
  const auto& goal = parameters_.certification;
  for (;;) {
    if (stage_ != Stage::bounds) {
      add_round();
      finish_stage(Stage::bounds);
    }
    const auto& round = rounds_.back();
    if (round.relative_width <= goal.tolerance) return;
    if (round.number == goal.largest_rounds) {
      missed_ =
          fmt::format("'Largest number of rounds' = {} in section 'Certification' was reached",
                      goal.largest_rounds);
      return;
    }
    n_marked_ = polish(round.upper - round.lower, goal.tolerance * round.lower);
    if (n_marked_ == 0) {
      missed_ = bounds_.lower ? polish_limit(round.upper - round.lower, round.lower)
                              : fmt::format("{}, and polishing brings none", no_lower_bound_);
      return;
    }
    finish_stage(Stage::polishing);
  }
}

template <int dim>
void ElasticityProblem<dim>::add_round() {
  Round round;
  const bool first = rounds_.empty();
  const auto start = std::chrono::steady_clock::now();
  evaluate_materials(nullptr);
  const auto bounds = solve_bounds();
  const double macro_seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  // Every round's bounds hold, so the best of all rounds do.
  auto& best = bounds_;
  best.upper = first ? bounds.upper : std::min(best.upper, bounds.upper);
  if (bounds.lower) best.lower = best.lower ? std::max(*best.lower, *bounds.lower) : bounds.lower;
  check_energy_bounds(best);
  round.number = static_cast<unsigned int>(rounds_.size());
  round.n_marked = n_marked_;
  round.lower = -2. * best.upper;
  round.upper = best.lower ? -2. * *best.lower : std::numeric_limits<double>::quiet_NaN();
  const double width = round.upper - round.lower;
  round.relative_width = width == 0 ? 0. : width / round.lower;
  round.macro_seconds = dealii::Utilities::MPI::max(macro_seconds, communicator_) +
                        (first ? 0. : rounds_.back().macro_seconds);
  for (const auto& material : parameters_.materials) {
    const auto statistics = material->statistics();
    round.micro_seconds += statistics.seconds;
    round.micro_cpu_seconds += statistics.cpu_seconds;
    round.n_polished += statistics.n_polished_rves;
    for (const auto& [engine, n] : statistics.n_rves) round.n_rves += n;
  }
  rounds_.push_back(round);
  out_ << fmt::format(
              "== round {}: compliance in [{:.8g}, {:.8g}], relative width {:.3g}, {} of {} RVEs "
              "polished, {:.1f} s microscale, {:.1f} s macroscale\n",
              round.number, round.lower, round.upper, round.relative_width, round.n_polished,
              round.n_rves, round.micro_seconds, round.macro_seconds)
       << std::flush;
}

template <int dim>
std::string ElasticityProblem<dim>::polish_limit(double width, double compliance) {
  if (solver_width_ > 0.5 * width)
    return fmt::format(
        "the linear solver leaves {:.2g} of the relative width; 'Tolerance' = {:g} and 'Largest "
        "equilibrium error' = {:g} in section 'Solver' stop it, or round-off",
        solver_width_ / compliance, parameters_.solver_tolerance,
        parameters_.equilibrium_tolerance);
  // What stops the RVE of the largest share of all ranks.
  std::pair<double, std::string> worst(0., "");
  for (std::size_t m = 0; m < shares_.size(); ++m) {
    const auto rves = parameters_.materials[m]->rve_shares(shares_[m]);
    const auto* limited = dynamic_cast<const plugin::PolishLimits*>(parameters_.materials[m].get());
    const auto limits = limited ? limited->polish_limits() : std::vector<std::string>(rves.size());
    for (std::size_t r = 0; r < rves.size(); ++r)
      if (!rves[r].improvable && rves[r].share > worst.first)
        worst = {rves[r].share, limits[r].empty()
                                    ? ""
                                    : fmt::format("{} in section 'Material {}/{}'", limits[r], m,
                                                  parameters_.model_names[m])};
  }
  for (const auto& other : dealii::Utilities::MPI::all_gather(communicator_, worst))
    if (other.first > worst.first) worst = other;
  return "no RVE whose gap matters can be polished further" +
         (worst.second.empty() ? ": the material allows no more" : ": " + worst.second);
}

template <int dim>
std::size_t ElasticityProblem<dim>::polish(double width, double goal) {
  dealii::TimerOutput::Scope scope(timer_, "microscale");
  std::vector<std::vector<plugin::RveShare>> rves;
  std::vector<double> improvable;
  for (std::size_t m = 0; m < shares_.size(); ++m) {
    rves.push_back(parameters_.materials[m]->rve_shares(shares_[m]));
    for (const auto& rve : rves.back())
      if (rve.counted && rve.improvable) improvable.push_back(rve.share);
  }
  std::vector<double> shares;
  for (const auto& list : dealii::Utilities::MPI::all_gather(communicator_, improvable))
    shares.insert(shares.end(), list.begin(), list.end());
  double rest = 0;
  if (std::isfinite(width)) {
    rest = width;
    for (const double share : shares) rest -= std::max(share, 0.);
  }
  const auto marking = mark(shares, rest, goal, parameters_.certification.doerfler);
  // Without a lower bound of the structure there is no width; the RVEs that lack theirs come first.
  const auto wanted_gap = [&](const plugin::RveShare& rve) {
    if (!rve.improvable) return 0.;
    if (!std::isfinite(width) && rve.gap > 1 - 1e-9) return 0.5;
    return marking.wanted_gap(rve.share, rve.gap);
  };
  std::size_t n_marked = 0;
  std::vector<std::vector<double>> wanted(rves.size());
  for (std::size_t m = 0; m < rves.size(); ++m)
    for (const auto& rve : rves[m]) {
      wanted[m].push_back(wanted_gap(rve));
      if (rve.counted && wanted[m].back() > 0) ++n_marked;
    }
  n_marked = sum(n_marked, communicator_);
  if (n_marked == 0) return 0;
  for (std::size_t m = 0; m < rves.size(); ++m) {
    const auto n =
        std::count_if(wanted[m].begin(), wanted[m].end(), [](double w) { return w > 0; });
    if (sum(static_cast<std::uint64_t>(n), communicator_) == 0) continue;
    in_material(m, [&] { parameters_.materials[m]->polish(wanted[m], progress_report()); });
  }
  return n_marked;
}

template <int dim>
nlohmann::json ElasticityProblem<dim>::audit() {
  dealii::TimerOutput::Scope scope(timer_, "audit");
  const double fraction = parameters_.certification.audit_fraction;
  plugin::Audit total;
  double all_cpu_seconds = 0, cpu_seconds = 0, seconds = 0;
  for (const auto& material : parameters_.materials) {
    const auto statistics = material->statistics();
    seconds += statistics.seconds;
    cpu_seconds += statistics.cpu_seconds;
    const auto audit = material->audit(fraction, progress_report());
    if (audit.n_rves == 0) continue;
    total.n_rves += audit.n_rves;
    total.n_all_rves += audit.n_all_rves;
    total.seconds += audit.seconds;
    total.cpu_seconds += audit.cpu_seconds;
    total.largest_violation = std::max(total.largest_violation, audit.largest_violation);
    all_cpu_seconds += audit.cpu_seconds * static_cast<double>(audit.n_all_rves) /
                       static_cast<double>(audit.n_rves);
  }
  out_ << fmt::format(
              "== audit: {} of {} RVEs with the audit engine, {:.1f} s; bounds violated by {:.1e} "
              "at most; the microscale took {:.3g} of the processor time of all RVEs with it\n",
              total.n_rves, total.n_all_rves, total.seconds, total.largest_violation,
              cpu_seconds / all_cpu_seconds)
       << std::flush;
  return {{"rves", total.n_rves},
          {"of_rves", total.n_all_rves},
          {"largest_violation", total.largest_violation},
          {"seconds", total.seconds},
          {"cpu_seconds", total.cpu_seconds},
          {"cpu_seconds_of_all_rves", all_cpu_seconds},
          {"micro_seconds", seconds},
          {"micro_cpu_seconds", cpu_seconds},
          {"micro_work_fraction", cpu_seconds / all_cpu_seconds}};
}

template <int dim>
nlohmann::json ElasticityProblem<dim>::describe_rounds() const {
  const auto number = [](double value) {
    return std::isfinite(value) ? nlohmann::json(value) : nlohmann::json(nullptr);
  };
  auto list = nlohmann::json::array();
  for (const auto& r : rounds_)
    list.push_back({{"round", r.number},
                    {"lower", number(r.lower)},
                    {"upper", number(r.upper)},
                    {"relative_width", number(r.relative_width)},
                    {"marked_rves", r.n_marked},
                    {"polished_rves", r.n_polished},
                    {"polished_fraction", r.polished_fraction()},
                    {"micro_seconds", r.micro_seconds},
                    {"micro_cpu_seconds", r.micro_cpu_seconds},
                    {"macro_seconds", r.macro_seconds}});
  nlohmann::json result = {{"compliance_tolerance", parameters_.certification.tolerance},
                           {"relative_width", list.back()["relative_width"]},
                           {"reached", missed_.empty()},
                           {"rounds", list}};
  if (!missed_.empty()) result["message"] = missed_;
  return result;
}

template <int dim>
void ElasticityProblem<dim>::write_rounds() const {
  plugin::run_together(communicator_, [&] {
    if (dealii::Utilities::MPI::this_mpi_process(communicator_) != 0) return;
    const auto number = [](double value) {
      return std::isfinite(value) ? fmt::format("{:.12g}", value) : "";
    };
    const auto path = std::filesystem::path(parameters_.output_directory) / "rounds.csv";
    materials::write_aside(path.string(), [&](std::ostream& out) {
      out << "round,lower,upper,relative_width,marked_rves,polished_rves,polished_fraction,"
             "micro_seconds,micro_cpu_seconds,macro_seconds\n";
      for (const auto& r : rounds_)
        out << fmt::format("{},{},{},{},{},{},{:.6g},{:.6g},{:.6g},{:.6g}\n", r.number,
                           number(r.lower), number(r.upper), number(r.relative_width), r.n_marked,
                           r.n_polished, r.polished_fraction(), r.micro_seconds,
                           r.micro_cpu_seconds, r.macro_seconds);
    });
  });
}

#define INSTANTIATE(dim)                                                                \
  template ElasticityProblem<dim>::EnergyBounds ElasticityProblem<dim>::solve_bounds(); \
  template void ElasticityProblem<dim>::certify_compliance();                           \
  template nlohmann::json ElasticityProblem<dim>::audit();                              \
  template nlohmann::json ElasticityProblem<dim>::describe_rounds() const;              \
  template void ElasticityProblem<dim>::write_rounds() const;
INSTANTIATE(2)
INSTANTIATE(3)
#undef INSTANTIATE

}  // namespace seco::macro
