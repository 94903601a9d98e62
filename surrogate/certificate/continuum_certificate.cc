#include "seco/surrogate/continuum_certificate.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <stdexcept>

#include "certificate.h"
#include "device.h"
#include "field_result.h"
#include "reference_solver.h"
#include "rounding.h"
#include "spline_descent.h"

namespace seco::surrogate {
namespace {

void check(const ContinuumSettings& settings) {
  const auto check_share = [](double value, const char* name) {
    if (!(value > 0) || !(value < 1))
      throw std::invalid_argument(
          fmt::format("continuum certificate: {} {} is not between 0 and 1", name, value));
  };
  check_share(settings.tolerance, "tolerance");
  check_share(settings.least_gain, "least gain");
  check_share(settings.gap, "gap");
}

// Matrix of C0 : e, `lambda tr(e) I + 2 mu e`, [m, m].
torch::Tensor isotropic_matrix(const StiffnessField& stiffness) {
  const auto medium = mean_medium(stiffness);
  const Grid& grid = stiffness.grid();
  const auto m = grid.n_components();
  auto trace = torch::zeros({m}, torch::kDouble);
  trace.narrow(0, 0, grid.dimension()).fill_(1.);
  return medium.lambda[0].cpu() * torch::outer(trace, trace) +
         2. * medium.mu[0].cpu() * torch::eye(m, torch::kDouble);
}

/// Both sides of the certificate of one RVE.
class ContinuumBounds {
 public:
  explicit ContinuumBounds(const StiffnessField& stiffness)
      : stiffness_(stiffness),
        one_sided_(stiffness.has_void()[0]),
        medium_(isotropic_matrix(stiffness)),
        compliance_(torch::inverse(medium_)),
        upper_(
            SplineSpace::displacements(stiffness.grid(), stiffness.options()),
            [stiffness](const torch::Tensor& x) { return stiffness.apply(x); }, medium_,
            stiffness.mean_stiffness(), stiffness.options()),
        lower_(
            SplineSpace::stress_functions(stiffness.grid(), stiffness.options()),
            [stiffness](const torch::Tensor& x) { return stiffness.apply_compliance(x); },
            compliance_, stiffness.mean_compliance(), stiffness.options()) {}

  bool one_sided() const { return one_sided_; }
  SplineDescent& upper() { return upper_; }
  SplineDescent& lower() { return lower_; }

  Bounds bounds() const {
    // The fields are admissible to the last digit; what is left are products and sums, relative to
    // the condition of the phases (rounding.h), and the compliances of the phases.
    const auto& conditioning = stiffness_.conditioning().front();
    const auto m = static_cast<double>(upper_.energy().size(1));
    const double error = m * form_error(conditioning, rounding_of(stiffness_.grid()));
    const bool usable = !one_sided_ && error < 0.5 && conditioning.inverse_defect < 0.5;
    Bounds bounds;
    bounds.upper = (1. + error) * upper_.energy();
    bounds.lower = usable ? ((1. - conditioning.inverse_defect) / (1. + error)) *
                                symmetrized(torch::inverse(lower_.energy()))
                          : torch::zeros_like(bounds.upper);
    return bounds;
  }

  /// Stress functions of the stress nearest to C : eps of the present displacement.
  torch::Tensor stress_of_displacement() const {
    const auto& space = upper_.space();
    const auto& target = lower_.space();
    const auto transformed = space.transform(upper_.coefficients());
    const auto grid = stiffness_.grid();
    const auto unit = with_grid_axes(unit_loads(grid, stiffness_.options()), grid);
    return lower_.fit([&](std::size_t index) {
      for (std::size_t mode = 0; mode < space.n_modes(); ++mode) {
        if (space.degree(mode) != target.degree(index)) continue;
        auto strain = space.mode(mode, transformed);
        if (mode == 0) strain.add_(unit);
        const auto flat = stiffness_.apply(strain).flatten(3);
        return torch::matmul(compliance_.to(flat.options()), flat).reshape(strain.sizes());
      }
      return torch::Tensor();
    });
  }

 private:
  StiffnessField stiffness_;
  bool one_sided_;
  torch::Tensor medium_, compliance_;
  SplineDescent upper_, lower_;
};

double trace_of(const torch::Tensor& matrix) {
  return matrix.diagonal(0, 1, 2).sum().item<double>();
}

/// Decides when the steps on one of the two energies no longer pay.
class Approach {
 public:
  Approach(const ContinuumSettings& settings, bool possible)
      : settings_(settings), possible_(possible) {}
  unsigned int steps() const { return steps_; }
  /// One weak step may precede good ones, so two in a row have to be weak. What is weak depends on
  /// the gap that is left: steps of the other side can make it worth while to go on.
  /// @param energy sum over the load cases @param gap its distance from the bound of the other side
  bool pays(double energy, double gap) const {
    const double gain = std::max(gain_, previous_gain_);
    return possible_ && steps_ < settings_.max_steps && gain >= settings_.least_gain * gap &&
           gain > round_off(torch::kDouble) * energy;
  }
  void record(double gain) {
    ++steps_;
    previous_gain_ = gain_;
    gain_ = gain;
  }

 private:
  ContinuumSettings settings_;
  bool possible_;
  unsigned int steps_ = 0;
  double gain_ = std::numeric_limits<double>::infinity(), previous_gain_ = gain_;
};

}  // namespace

materials::Rve refined(const materials::Rve& rve, int factor) {
  if (factor < 1)
    throw std::invalid_argument(fmt::format("refinement {} of an RVE is not positive", factor));
  materials::Rve fine = rve;
  for (auto& n : fine.shape) n *= factor;
  fine.phase.resize(fine.n_voxels());
  for (std::size_t v = 0; v < fine.phase.size(); ++v) {
    // The voxel's indices from the fastest axis on, and from them its place in the coarse grid.
    std::size_t rest = v, coarse = 0, stride = 1;
    for (int axis = rve.dimension() - 1; axis >= 0; --axis) {
      coarse += stride * (rest % fine.shape[axis] / factor);
      rest /= fine.shape[axis];
      stride *= rve.shape[axis];
    }
    fine.phase[v] = rve.phase[coarse];
  }
  return fine;
}

ContinuumCertificate certify_continuum(const materials::Rve& coarse,
                                       const ContinuumSettings& settings) {
  torch::NoGradGuard no_grad;
  check(settings);
  materials::check(coarse, "continuum certificate");
  set_thread_count();
  const auto start = std::chrono::steady_clock::now();
  const auto rve = refined(coarse, settings.refinement);
  const StiffnessField stiffness(
      {&rve, 1}, torch::TensorOptions(torch::kDouble).device(select_device(settings.device)));
  const auto displacement = solve(stiffness, SolverSettings{settings.tolerance, 2000}).displacement;

  ContinuumBounds sides(stiffness);
  sides.upper().include(displacement);
  if (!sides.one_sided()) sides.lower().include(sides.stress_of_displacement());
  auto bounds = sides.bounds();
  ContinuumCertificate result;
  result.initial_gap = bounds.gap()[0].item<double>();

  // The complementary energy is followed itself, not the lower bound: of soft inclusions it has to
  // fall by orders of magnitude before the bound moves.
  Approach upper(settings, true), lower(settings, !sides.one_sided());
  while (bounds.gap()[0].item<double>() > settings.gap) {
    const auto& potential = sides.upper().energy();
    const auto& complementary = sides.lower().energy();
    const double upper_before = trace_of(potential), lower_before = trace_of(complementary);
    // Without a lower bound the gap is not known; one of 1 % is aimed at.
    const double gap =
        sides.one_sided() ? 0.01 * upper_before : upper_before - trace_of(bounds.lower);
    const bool move_upper = upper.pays(upper_before, gap);
    // The potential energy of a solid that does not percolate has no inverse.
    const bool move_lower =
        !sides.one_sided() &&
        lower.pays(lower_before, lower_before - trace_of(torch::inverse(potential)));
    if (!move_upper && !move_lower) break;
    if (move_upper) {
      sides.upper().step();
      upper.record(upper_before - trace_of(sides.upper().energy()));
    }
    if (move_lower) {
      sides.lower().step();
      lower.record(lower_before - trace_of(sides.lower().energy()));
    }
    bounds = sides.bounds();
  }

  sides.upper().refresh();
  if (!sides.one_sided()) sides.lower().refresh();
  bounds = sides.bounds();
  const double scale = stiffness.scale()[0].item<double>();
  result.upper = scale * to_matrix(bounds.upper[0]);
  result.lower = scale * to_matrix(bounds.lower[0]);
  result.gap = bounds.gap()[0].item<double>();
  result.upper_steps = upper.steps();
  result.lower_steps = lower.steps();
  Homogenized verdict;
  verdict.stiffness = verdict.upper = result.upper;
  verdict.lower = result.lower;
  verdict.gap = result.gap;
  if (sides.one_sided()) {
    verdict.status = Status::one_sided;
    verdict.message = one_sided_message;
  }
  check_bounds(verdict);
  explain_voids(rve, verdict);
  result.status = verdict.status;
  result.message = verdict.message;
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return result;
}

}  // namespace seco::surrogate
