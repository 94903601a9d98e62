#include "certification.h"

#include <deal.II/fe/fe_values.h>
#include <fmt/format.h>

#include <algorithm>
#include <boost/serialization/string.hpp>
#include <boost/serialization/utility.hpp>
#include <boost/serialization/vector.hpp>
#include <chrono>
#include <cmath>

#include "json_number.h"
#include "refine_rves.h"
#include "seco/plugin/refinement_limits.h"

namespace seco::macro {
namespace {

using dealii::Utilities::MPI::sum;

/// Of the order of bounds, relative to the larger: what inverses of stiffnesses and sums over
/// points leave in double precision.
constexpr double round_off = 1e-9;

double elapsed(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

template <int dim>
Certification<dim>::Certification(const MacroParameters<dim>& parameters,
                                  const BoundaryValueProblem<dim>& problem,
                                  MaterialField<dim>& materials, EquilibriumSolver<dim>& solver,
                                  RunLog& log)
    : parameters_(parameters),
      problem_(problem),
      materials_(materials),
      solver_(solver),
      log_(log) {}

template <int dim>
void Certification<dim>::check() const {
  if (parameters_.certification.tolerance > 0 && !problem_.is_homogeneous())
    throw std::invalid_argument(fmt::format(
        "{}: key 'Compliance tolerance' in section 'Certification' is {:g}, but key 'Displacement' "
        "in section 'Boundary conditions' prescribes displacements other than zero, for which the "
        "compliance is not bounded; allowed are 0, or displacements that are 0 or free",
        parameters_.file, parameters_.certification.tolerance));
}

template <int dim>
EnergyBounds Certification<dim>::bounds_of(const Solution& stiff,
                                           const std::optional<Solution>& soft) {
  // Any displacement that fulfils the conditions has a potential energy no less than that in
  // equilibrium, so what a solve leaves costs the bound from above nothing. The one from below
  // takes the guaranteed energy of its error.
  EnergyBounds bounds;
  bounds.upper = stiff.potential() + stiff.round_off();
  // That of the body at rest.
  if (problem_.is_homogeneous()) bounds.upper = std::min(bounds.upper, 0.);
  solver_width_ = stiff.error.value_or(0.);
  no_lower_bound_.clear();
  if (!soft) {
    no_lower_bound_ =
        "the stiffness of some RVEs has no lower bound, as with voids of stiffness zero";
  } else if (soft->error) {
    bounds.lower = soft->potential() - 0.5 * *soft->error - soft->round_off();
    solver_width_ += *soft->error;
  } else {
    no_lower_bound_ =
        "a part of the mesh is held by nodes or edges alone that it shares with others, and the "
        "error of its displacement is not bounded";
  }
  compute_shares(stiff.displacement, soft ? soft->displacement : stiff.displacement);
  return in_order(bounds);
}

template <int dim>
EnergyBounds Certification<dim>::bounds_of_solves() {
  const auto stiff = solver_.solve(materials_.stiffness_field(Bound::upper), "upper bound");
  std::optional<Solution> soft;
  if (materials_.has_lower_bound())
    soft = solver_.solve(materials_.stiffness_field(Bound::lower), "lower bound");
  return bounds_of(stiff, soft);
}

template <int dim>
void Certification<dim>::take_solutions(const Solution& stiff,
                                        const std::optional<Solution>& soft) {
  bounds_ = bounds_of(stiff, soft);
}

template <int dim>
void Certification<dim>::solve_bounds() {
  bounds_ = bounds_of_solves();
}

template <int dim>
void Certification<dim>::compute_shares(const Vector& stiff, const Vector& soft) {
  const auto scope = log_.section("energies");
  const auto& quadrature = problem_.quadrature();
  dealii::FEValues<dim> values(problem_.element(), quadrature,
                               dealii::update_gradients | dealii::update_JxW_values);
  const dealii::FEValuesExtractors::Vector u(0);
  std::vector<dealii::SymmetricTensor<2, dim>> stiff_strain(quadrature.size()),
      soft_strain(quadrature.size());
  shares_ = materials_.zero_values();
  materials_.for_local_cells([&](const auto& cell, auto m, auto first) {
    values.reinit(cell);
    values[u].get_function_symmetric_gradients(stiff, stiff_strain);
    values[u].get_function_symmetric_gradients(soft, soft_strain);
    const auto& table = materials_.table(m);
    for (const auto q : values.quadrature_point_indices()) {
      const auto entry = table.entry_of(first + q);
      const auto upper = table.stiffness(entry, Bound::upper).tensor(),
                 lower = table.stiffness(entry, Bound::lower).tensor();
      shares_[m][first + q] =
          values.JxW(q) * (stiff_strain[q] * ((upper - lower) * soft_strain[q]));
    }
  });
}

template <int dim>
void Certification<dim>::certify(Stage last, const StageDone& done) {
  const auto& goal = parameters_.certification;
  for (bool has_bounds = last == Stage::bounds;; has_bounds = false) {
    if (!has_bounds) {
      add_round();
      done(Stage::bounds);
    }
    const auto& round = rounds_.back();
    if (round.relative_width <= goal.tolerance) return;
    if (round.number == goal.largest_rounds) {
      missed_ =
          fmt::format("'Largest number of rounds' = {} in section 'Certification' was reached",
                      goal.largest_rounds);
      return;
    }
    n_marked_ = refine(round.upper - round.lower, goal.tolerance * round.lower);
    if (n_marked_ == 0) {
      missed_ = bounds_.lower ? refine_limit(round.upper - round.lower, round.lower)
                              : fmt::format("{}, and refinement brings none", no_lower_bound_);
      return;
    }
    done(Stage::refinement);
  }
}

template <int dim>
void Certification<dim>::add_statistics(Round& round) const {
  for (std::size_t m = 0; m < materials_.n_materials(); ++m) {
    const auto statistics = materials_.material(m).statistics();
    round.micro_seconds += statistics.seconds;
    round.micro_cpu_seconds += statistics.cpu_seconds;
    round.n_refined += statistics.n_refined_rves;
    for (const auto& [engine, n] : statistics.n_rves) round.n_rves += n;
  }
}

template <int dim>
void Certification<dim>::add_round() {
  Round round;
  const bool first = rounds_.empty();
  const auto start = std::chrono::steady_clock::now();
  materials_.check_stiffnesses();
  const auto bounds = bounds_of_solves();
  const double macro_seconds = elapsed(start);
  // Every round's bounds hold, so the best of all rounds do.
  auto best = bounds;
  if (!first) {
    best.upper = std::min(bounds_.upper, bounds.upper);
    if (bounds_.lower && bounds.lower) best.lower = std::max(*bounds_.lower, *bounds.lower);
    if (!bounds.lower) best.lower = bounds_.lower;
  }
  bounds_ = in_order(best);
  round.number = static_cast<unsigned int>(rounds_.size());
  round.n_marked = n_marked_;
  round.lower = -2. * bounds_.upper;
  round.upper = bounds_.lower ? -2. * *bounds_.lower : std::numeric_limits<double>::quiet_NaN();
  const double width = round.upper - round.lower;
  round.relative_width = width == 0 ? 0. : width / round.lower;
  round.macro_seconds = dealii::Utilities::MPI::max(macro_seconds, log_.communicator()) +
                        (first ? 0. : rounds_.back().macro_seconds);
  add_statistics(round);
  rounds_.push_back(round);
  log_.print(fmt::format(
      "== round {}: compliance in [{:.8g}, {:.8g}] {}, relative width {:.3g}, {} of {} RVEs "
      "refined, {:.1f} s microscale, {:.1f} s macroscale\n",
      round.number, round.lower, round.upper, parameters_.units.energy, round.relative_width,
      round.n_refined, round.n_rves, round.micro_seconds, round.macro_seconds));
}

template <int dim>
std::string Certification<dim>::refine_limit(double width, double compliance) const {
  if (solver_width_ > 0.5 * width)
    return fmt::format(
        "the linear solver leaves {:.2g} of the relative width; 'Tolerance' = {:g} and 'Largest "
        "equilibrium error' = {:g} in section 'Solver' stop it, or round-off",
        solver_width_ / compliance, parameters_.solver_tolerance,
        parameters_.equilibrium_tolerance);
  // What stops the RVE of the largest share of all ranks.
  std::pair<double, std::string> worst(0., "");
  for (std::size_t m = 0; m < shares_.size(); ++m) {
    const auto rves = materials_.material(m).rve_shares(shares_[m]);
    const auto* limited = dynamic_cast<const plugin::RefinementLimits*>(&materials_.material(m));
    const auto limits =
        limited ? limited->refinement_limits() : std::vector<std::string>(rves.size());
    for (std::size_t r = 0; r < rves.size(); ++r)
      if (!rves[r].improvable && rves[r].share > worst.first)
        worst = {rves[r].share, limits[r].empty()
                                    ? ""
                                    : fmt::format("{} in {}", limits[r], materials_.section(m))};
  }
  for (const auto& other : dealii::Utilities::MPI::all_gather(log_.communicator(), worst))
    if (other.first > worst.first) worst = other;
  return "no RVE whose gap matters can be refined further" +
         (worst.second.empty() ? ": the material allows no more" : ": " + worst.second);
}

template <int dim>
std::size_t Certification<dim>::refine(double width, double goal) {
  const auto scope = log_.section("microscale");
  return refine_rves(materials_, shares_, width, goal, parameters_.certification.doerfler, log_);
}

template <int dim>
void Certification<dim>::audit() {
  const auto scope = log_.section("audit");
  const double fraction = parameters_.certification.audit_fraction;
  AuditResult total;
  for (std::size_t m = 0; m < materials_.n_materials(); ++m) {
    const auto& material = materials_.material(m);
    const auto statistics = material.statistics();
    total.micro_seconds += statistics.seconds;
    total.micro_cpu_seconds += statistics.cpu_seconds;
    const auto audit = material.audit(fraction, log_.progress_report());
    if (audit.n_rves == 0) continue;
    total.n_rves += audit.n_rves;
    total.n_all_rves += audit.n_all_rves;
    total.seconds += audit.seconds;
    total.cpu_seconds += audit.cpu_seconds;
    total.largest_violation = std::max(total.largest_violation, audit.largest_violation);
    total.cpu_seconds_of_all += audit.cpu_seconds * static_cast<double>(audit.n_all_rves) /
                                static_cast<double>(audit.n_rves);
  }
  log_.print(fmt::format(
      "== audit: {} of {} RVEs with the audit engine, {:.1f} s; bounds violated by {:.1e} "
      "at most; the microscale took {:.3g} of the processor time of all RVEs with it\n",
      total.n_rves, total.n_all_rves, total.seconds, total.largest_violation,
      total.micro_cpu_seconds / total.cpu_seconds_of_all));
  audit_ = total;
}

template <int dim>
EnergyBounds Certification<dim>::in_order(const EnergyBounds& bounds) const {
  const bool finite =
      std::isfinite(bounds.upper) && (!bounds.lower || std::isfinite(*bounds.lower));
  const double lower = bounds.lower.value_or(bounds.upper);
  if (finite && lower <= bounds.upper) return bounds;
  if (finite &&
      lower - bounds.upper <= round_off * std::max(std::abs(lower), std::abs(bounds.upper)))
    return {bounds.upper, lower};
  throw std::runtime_error(fmt::format(
      "{}: the potential energy would be certified to lie between {:.12g} and {:.12g}, which no "
      "number does. Bounds of a stiffness are wrong, or round-off is larger than their distance",
      parameters_.file, lower, bounds.upper));
}

template <int dim>
double Certification<dim>::inside_bounds(double potential, double error_energy) const {
  const auto bounds = in_order(bounds_);
  const double lower = bounds.lower.value_or(std::min(potential, bounds.upper));
  const double inside = std::clamp(potential, lower, bounds.upper);
  // Of the materials: a tangent may leave its bounds by so much.
  const double slack = 1e3 * round_off * std::max(std::abs(potential), std::abs(inside));
  const double error = std::isfinite(error_energy) ? 0.5 * error_energy : std::abs(inside);
  if (std::abs(potential - inside) > error + slack)
    throw std::runtime_error(fmt::format(
        "{}: the potential energy of the estimate, {:.12g}, lies outside of its bounds [{:.12g}, "
        "{:.12g}] by more than the energy of its error, {:.3g}; the estimate of a stiffness is "
        "outside of its bounds, or round-off is larger than their distance",
        parameters_.file, potential, lower, bounds.upper, error));
  return inside;
}

template class Certification<2>;
template class Certification<3>;

}  // namespace seco::macro
