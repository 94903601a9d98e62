#include "seco/surrogate/deforming_points.h"

#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <torch/torch.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <mutex>
#include <stdexcept>
#include <utility>

#include "device.h"
#include "difference_operator.h"
#include "increment_solver.h"
#include "kernel_tables.h"

namespace seco::surrogate {
namespace {

using materials::MandelMatrix;
using materials::MandelVector;

constexpr double no_bound = std::numeric_limits<double>::infinity();
/// Residual of the fields of elastic points: their gap is below what any tolerance asks for.
constexpr double elastic_accuracy = 1e-7;

DeformationSettings settings_of(const PointSettings& settings) {
  DeformationSettings result;
  result.max_newton_steps = settings.max_newton_steps;
  result.max_iterations = settings.max_iterations;
  return result;
}

/// `sum_k c_k x_k` of fields `[m, d, n...]`, as `[1, 1, d, n...]`, double.
torch::Tensor superposed(const torch::Tensor& fields, const MandelVector& coefficients) {
  const auto c = torch::tensor(
      std::vector<double>(coefficients.data(), coefficients.data() + coefficients.size()),
      fields.options());
  const auto flat = fields.reshape({fields.size(0), -1});
  auto shape = fields.sizes().slice(1).vec();
  shape.insert(shape.begin(), {1, 1});
  return torch::mv(flat.t(), c).reshape(shape).to(torch::kDouble);
}

/// An RVE that points have, and what is known of it while it is elastic.
struct PointRve {
  std::shared_ptr<const LawStructure> structure;
  /// Displacements of the unit strains and `G0 r` of their residuals, `[m, d, n...]`, double;
  /// undefined where elastic points are not superposed.
  torch::Tensor fields, corrections;
  ReferenceMedium medium;
  MandelMatrix stiffness;
};

struct PointState {
  std::uint32_t rve = 0;
  /// Whether a voxel has ever left the elastic range; else state and displacement are undefined.
  bool has_history = false;
  MandelVector strain;
  std::vector<double> state;
  /// `[1, 1, d, n...]`, double; `[m, d, n...]`, single precision.
  torch::Tensor displacement, tangent_fields;
  /// The last tangent and the mean of those of its voxels; empty if not kept.
  MandelMatrix tangent, mean_tangent;
};

/// The last evaluation of a point in the present step.
struct PointTrial {
  bool evaluated = false, elastic = false;
  MandelVector strain;
  torch::Tensor displacement;
};

}  // namespace

class DeformingPoints::Implementation {
 public:
  Implementation(std::vector<LawRve> rves, std::vector<std::uint32_t> rve_of_point,
                 const PointSettings& settings)
      : settings_(settings), grid_(grid_of_all(rves)) {
    set_thread_count();
    torch::NoGradGuard no_grad;
    for (const auto& rve : rves)
      rves_.push_back({std::make_shared<const LawStructure>(rve), {}, {}, {}, {}});
    const auto m = grid_.n_components();
    double bytes = 0;
    for (const auto rve : rve_of_point) {
      if (rve >= rves_.size())
        throw std::invalid_argument(fmt::format("a point has RVE {} of {}", rve, rves_.size()));
      points_.push_back({rve, false, MandelVector::Zero(m), {}, {}, {}, {}, {}});
      bytes += bytes_of(*rves_[rve].structure);
    }
    trials_.resize(points_.size());
    step_work_.assign(points_.size(), 0);
    last_work_ = step_work_;
    largest_bytes_ = points_.empty() ? 0. : bytes / static_cast<double>(points_.size());
    check_memory(bytes);
    if (settings_.superpose_elastic)
      for_all(rves_.size(), [&](std::size_t r) { prepare_elastic(rves_[r]); });
  }

  std::size_t size() const { return points_.size(); }

  std::vector<PointResponse> evaluate(double time_step, std::span<const MandelVector> strain,
                                      const PointRequest& request) {
    if (strain.size() != points_.size())
      throw std::invalid_argument(
          fmt::format("{} strains are given for {} points", strain.size(), points_.size()));
    if (!std::isfinite(time_step) || time_step <= 0)
      throw std::invalid_argument(
          fmt::format("a time step of {} is no positive number", time_step));
    for (const auto& e : strain)
      if (e.size() != grid_.n_components() || !e.allFinite())
        throw std::invalid_argument("strains have to be finite numbers");
    time_step_ = time_step;
    std::vector<PointResponse> responses(points_.size());
    for_all(points_.size(), [&](std::size_t p) {
      PointWork work;
      responses[p] = evaluate(p, strain[p], request, work);
      step_work_[p] += work.total();
      const std::lock_guard lock(work_mutex_);
      add(work);
    });
    return responses;
  }

  std::vector<double> dual_energy(std::span<const MandelVector> stress) {
    if (stress.size() != points_.size())
      throw std::invalid_argument(
          fmt::format("{} stresses are given for {} points", stress.size(), points_.size()));
    for (const auto& trial : trials_)
      if (!trial.evaluated)
        throw std::logic_error("stresses of a step are asked for before its strains are evaluated");
    std::vector<double> result(points_.size(), no_bound);
    for_all(points_.size(), [&](std::size_t p) {
      result[p] = dual_energy(p, stress[p]);
      if (trials_[p].elastic) return;
      ++step_work_[p];
      const std::lock_guard lock(work_mutex_);
      ++work_.residuals;
    });
    return result;
  }

  void accept() {
    for_all(points_.size(), [&](std::size_t p) {
      auto& trial = trials_[p];
      auto& point = points_[p];
      if (!trial.evaluated) return;
      point.strain = trial.strain;
      if (!trial.elastic) {
        auto laws = laws_of(p);
        laws.accept(0, {trial.displacement, {trial.strain}}, time_step_);
        point.state = laws.state(0);
        point.displacement = trial.displacement;
        point.has_history = true;
      }
      trial = {};
    });
    last_work_ = step_work_;
    std::fill(step_work_.begin(), step_work_.end(), 0);
  }

  void reject() {
    for (auto& trial : trials_) trial = {};
  }

  std::vector<double> save(std::size_t p) const {
    const auto& point = points_.at(p);
    std::vector<double> numbers{point.has_history ? 1. : 0.};
    numbers.insert(numbers.end(), point.strain.data(), point.strain.data() + point.strain.size());
    if (!point.has_history) return numbers;
    const auto* u = point.displacement.data_ptr<double>();
    numbers.insert(numbers.end(), u, u + point.displacement.numel());
    numbers.insert(numbers.end(), point.state.begin(), point.state.end());
    return numbers;
  }

  void restore(std::size_t p, std::span<const double> numbers) {
    auto& point = points_.at(p);
    const auto& structure = *rves_[point.rve].structure;
    const auto m = static_cast<std::size_t>(grid_.n_components()),
               n_displacement = static_cast<std::size_t>(grid_.dimension() * grid_.n_voxels()),
               n_state = structure.initial_state.size();
    const bool has_history = !numbers.empty() && numbers[0] != 0;
    if (numbers.size() != 1 + m + (has_history ? n_displacement + n_state : 0))
      throw std::invalid_argument("the saved state is not that of a point with this RVE");
    point.has_history = has_history;
    point.strain = Eigen::Map<const MandelVector>(numbers.data() + 1, static_cast<int>(m));
    trials_[p] = {};
    point.tangent_fields = torch::Tensor();
    point.tangent = point.mean_tangent = {};
    if (!has_history) return;
    point.displacement = torch::empty(displacement_shape(), torch::kDouble);
    std::copy_n(numbers.data() + 1 + m, n_displacement, point.displacement.data_ptr<double>());
    point.state.assign(numbers.end() - static_cast<std::ptrdiff_t>(n_state), numbers.end());
  }

  double mean_state(std::size_t p, const std::string& variable) const {
    const auto& point = points_.at(p);
    const auto& structure = *rves_[point.rve].structure;
    const auto& state = point.has_history ? point.state : structure.initial_state;
    double sum = 0;
    for (const auto& chunk : structure.chunks) {
      std::int64_t at = chunk.state;
      for (const auto& v : chunk.law->state_variables()) {
        if (v.name == variable && v.n_components == 1)
          for (std::int64_t k = 0; k < chunk.count; ++k) sum += state[at + k];
        at += v.n_components * chunk.count;
      }
    }
    return sum / static_cast<double>(grid_.n_voxels());
  }

  bool has_history(std::size_t p) const { return points_.at(p).has_history; }
  const PointWork& work() const { return work_; }
  std::uint64_t last_work(std::size_t p) const { return last_work_.at(p); }
  double bytes_per_point() const { return largest_bytes_; }

 private:
  static Grid grid_of_all(const std::vector<LawRve>& rves) {
    if (rves.empty()) throw std::invalid_argument("there is no RVE to deform");
    for (const auto& rve : rves)
      if (!(grid_of(rve.rve) == grid_of(rves.front().rve)))
        throw std::invalid_argument("RVEs of points need the same grid");
    return grid_of(rves.front().rve);
  }

  std::vector<std::int64_t> displacement_shape() const {
    std::vector<std::int64_t> shape{1, 1, grid_.dimension()};
    shape.insert(shape.end(), grid_.shape.begin(), grid_.shape.end());
    return shape;
  }

  double bytes_of(const LawStructure& structure) const {
    const double displacement =
        sizeof(double) * static_cast<double>(grid_.dimension() * grid_.n_voxels());
    // At the begin and at the end of a step; six of single precision.
    return 2 * displacement + sizeof(double) * static_cast<double>(structure.initial_state.size()) +
           (settings_.keep_tangent_fields ? grid_.n_components() * displacement / 2 : 0.);
  }

  void check_memory(double bytes) const {
    const double available = available_memory();
    constexpr double gibibyte = 1024. * 1024. * 1024.;
    if (available > 0 && bytes > available)
      throw std::invalid_argument(fmt::format(
          "states and fields of {} points take up to {:.3g} GiB, {:.3g} MiB each, and {:.3g} GiB "
          "are free; use fewer points or voxels",
          points_.size(), bytes / gibibyte, 1024 * largest_bytes_ / gibibyte,
          available / gibibyte));
  }

  /// Calls f(0), ..., f(n - 1); threads take the next one when they are done with one.
  template <typename Function>
  void for_all(std::size_t n, const Function& f) {
    torch::NoGradGuard no_grad;
    if (n < static_cast<std::size_t>(at::get_num_threads()) || n < 2) {
      for (std::size_t i = 0; i < n; ++i) f(i);
      return;
    }
    std::atomic<std::size_t> next{0};
    at::parallel_for(0, at::get_num_threads(), 1, [&](std::int64_t begin, std::int64_t end) {
      torch::NoGradGuard no_grad_here;
      for (auto worker = begin; worker < end; ++worker)
        for (auto i = next++; i < n; i = next++) f(i);
    });
  }

  void add(const PointWork& work) {
    work_.n_evaluations += work.n_evaluations;
    work_.n_elastic += work.n_elastic;
    work_.n_failed += work.n_failed;
    work_.newton_steps += work.newton_steps;
    work_.iterations += work.iterations;
    work_.tangent_iterations += work.tangent_iterations;
    work_.residuals += work.residuals;
  }

  /// The laws of a point with its state at the begin of the step.
  LawField laws_of(std::size_t p) const {
    const auto& point = points_[p];
    LawField laws({rves_[point.rve].structure}, settings_.single_precision_state);
    if (point.has_history) laws.set_state(0, point.state);
    return laws;
  }

  IncrementSolver solver_for(const LawField& laws, const PointRequest& request) const {
    auto settings = settings_of(settings_);
    settings.tolerance = request.tolerance;
    settings.criterion = request.criterion;
    return {laws, settings, green_, correction_green_, torch::kCPU};
  }

  /// Fields of the unit strains at zero strain.
  void prepare_elastic(PointRve& rve) const {
    const LawField laws({rve.structure}, settings_.single_precision_state);
    auto solver = solver_for(laws, {});
    const auto m = grid_.n_components();
    ControlledLoad load;
    load.strain = load.stress = MandelVector::Zero(m);
    load.is_free.assign(static_cast<std::size_t>(m), false);
    load.time_step = 1;
    auto displacement = torch::zeros(displacement_shape(), torch::kDouble);
    const auto outcomes = solver.solve({load}, {true}, displacement);
    if (!outcomes.front().answered) return;
    IncrementSolver::TangentFields fields;
    rve.stiffness =
        solver
            .tangent(outcomes, {/*bounds=*/false, /*double_precision=*/true, elastic_accuracy},
                     fields)
            .front()
            .estimate;
    rve.fields = fields.displacement[0].contiguous();
    rve.corrections = fields.correction[0].contiguous();
    rve.medium = fields.medium;
  }

  /// The displacement of elastic fields.
  torch::Tensor elastic_displacement(const PointRve& rve, const MandelVector& strain) const {
    return superposed(rve.fields, strain);
  }

  PointResponse evaluate(std::size_t p, const MandelVector& strain, const PointRequest& request,
                         PointWork& work) {
    auto& point = points_[p];
    auto& trial = trials_[p];
    const auto& rve = rves_[point.rve];
    const auto laws = laws_of(p);
    ++work.n_evaluations;
    if (!point.has_history && rve.fields.defined()) {
      const StrainField elastic{elastic_displacement(rve, strain), {strain}};
      if (const auto energy = laws.elastic_energy(0, elastic, time_step_)) {
        trial = {true, true, strain, {}};
        ++work.n_elastic;
        return elastic_response(rve, laws, elastic, *energy, request);
      }
    }
    auto solver = solver_for(laws, nearness(request, point, trial, strain));
    ControlledLoad load;
    load.strain = strain;
    load.stress = MandelVector::Zero(strain.size());
    load.is_free.assign(static_cast<std::size_t>(strain.size()), false);
    load.time_step = time_step_;
    auto displacement = start(point, trial, strain);
    const auto outcome = solver.solve({load}, {true}, displacement).front();
    PointResponse response;
    work.newton_steps += outcome.newton_steps;
    work.iterations += outcome.iterations;
    work.residuals += outcome.newton_steps + 1;
    response.answered = outcome.answered;
    response.step_ratio = outcome.step_ratio;
    if (!outcome.answered) {
      ++work.n_failed;
      return response;
    }
    response.stress = outcome.stress;
    response.energy = outcome.energy_upper;
    response.gap = outcome.gap;
    response.error = outcome.error;
    response.stress_norm = outcome.stress_norm;
    response.converged = outcome.converged;
    trial = {true, false, strain, displacement};
    if (!request.tangent) return response;
    const auto& mean_tangent = solver.answer().mean_tangent[0];
    if (point.tangent.size() > 0 && (mean_tangent - point.mean_tangent).norm() <=
                                        settings_.tangent_change * point.mean_tangent.norm()) {
      response.tangent = point.tangent;
      return response;
    }
    IncrementSolver::TangentFields fields;
    if (settings_.keep_tangent_fields) fields.displacement = known_tangent_fields(point, rve);
    const auto tangent =
        solver.tangent({outcome}, {false, false, request.tangent_accuracy}, fields).front();
    // Two more for the first and the last residual.
    work.tangent_iterations += (tangent.iterations + 2) * static_cast<std::uint64_t>(strain.size());
    response.tangent = tangent.estimate;
    if (settings_.keep_tangent_fields) {
      point.tangent_fields = fields.displacement[0].to(torch::kFloat).contiguous();
      point.tangent = tangent.estimate;
      point.mean_tangent = mean_tangent;
    }
    return response;
  }

  /// The request with what is enough while the structure iterates.
  static PointRequest nearness(PointRequest request, const PointState& point,
                               const PointTrial& trial, const MandelVector& strain) {
    if (request.rough_share <= 0) return request;
    constexpr double near = 0.05, roughest = 0.1;
    const double step = (strain - point.strain).norm(),
                 ratio = trial.evaluated && step > 0 ? (strain - trial.strain).norm() / step : 1.;
    if (ratio <= near) return request;
    request.criterion = StopCriterion::estimate;
    request.tolerance =
        std::max(request.tolerance, std::min(roughest, request.rough_share * ratio));
    return request;
  }

  PointResponse elastic_response(const PointRve& rve, const LawField& laws,
                                 const StrainField& strain, double energy,
                                 const PointRequest& request) const {
    PointResponse response;
    response.answered = response.elastic = true;
    response.stress = rve.stiffness * strain.mean[0];
    response.tangent = rve.stiffness;
    response.energy = energy;
    const MandelMatrix compliance = rve.structure->mean_elastic.inverse();
    response.stress_norm =
        std::sqrt(std::max(0., response.stress.dot(compliance * response.stress)));
    response.gap = no_bound;
    if (laws.guarantee(0).two_sided && request.criterion == StopCriterion::certified) {
      const auto answer = laws.respond(strain, {time_step_}, {}, {true});
      response.stress = answer.mean_stress[0];
      response.gap =
          std::max(0., laws.gap(strain, answer, elastic_equilibration(rve, strain.mean[0]),
                                {time_step_}, {true})[0]);
    }
    response.error = std::sqrt(response.gap);
    response.converged = request.criterion != StopCriterion::certified ||
                         response.error <= request.tolerance * response.stress_norm;
    return response;
  }

  Equilibration elastic_equilibration(const PointRve& rve, const MandelVector& strain) const {
    return {superposed(rve.corrections, strain), rve.medium, {MandelVector::Zero(strain.size())}};
  }

  /// Those of the last tangent of the point, or of the elastic RVE, `[1, m, d, n...]`.
  torch::Tensor known_tangent_fields(const PointState& point, const PointRve& rve) const {
    const auto& fields = point.tangent_fields.defined() ? point.tangent_fields : rve.fields;
    return fields.defined() ? fields.unsqueeze(0) : fields;
  }

  /// A displacement near that of the strain.
  torch::Tensor start(const PointState& point, const PointTrial& trial,
                      const MandelVector& strain) const {
    const auto& rve = rves_[point.rve];
    const bool has_trial = trial.evaluated && !trial.elastic;
    if (!has_trial && !point.has_history)
      return rve.fields.defined() ? elastic_displacement(rve, strain)
                                  : torch::zeros(displacement_shape(), torch::kDouble);
    const auto& from = has_trial ? trial.displacement : point.displacement;
    if (!settings_.keep_tangent_fields) return from.clone();
    const auto fields = known_tangent_fields(point, rve);
    if (!fields.defined()) return from.clone();
    const MandelVector change = strain - (has_trial ? trial.strain : point.strain);
    return from + superposed(fields[0], change);
  }

  double dual_energy(std::size_t p, const MandelVector& stress) const {
    const auto& trial = trials_[p];
    const auto& rve = rves_[points_[p].rve];
    const auto laws = laws_of(p);
    if (!laws.guarantee(0).two_sided) return no_bound;
    StrainField strain{trial.elastic ? elastic_displacement(rve, trial.strain) : trial.displacement,
                       {trial.strain}};
    const auto answer = laws.respond(strain, {time_step_}, torch::kFloat, {true});
    auto equilibration = [&] {
      if (trial.elastic) return elastic_equilibration(rve, trial.strain);
      const auto medium = medium_of(answer.mean_tangent);
      const auto z = green_.apply(-divergence_of(answer.stress, grid_), medium);
      return Equilibration{z.contiguous(), medium, {MandelVector::Zero(trial.strain.size())}};
    }();
    equilibration.shift[0] = stress - answer.mean_stress[0];
    const double gap = laws.gap(strain, answer, equilibration, {time_step_}, {true})[0];
    return gap - answer.mean_energy[0] + stress.dot(trial.strain);
  }

  PointSettings settings_;
  Grid grid_;
  GreenOperator green_{grid_, torch::TensorOptions(torch::kDouble)},
      correction_green_{grid_, torch::TensorOptions(torch::kFloat)};
  std::vector<PointRve> rves_;
  std::vector<PointState> points_;
  std::vector<PointTrial> trials_;
  double time_step_ = 0, largest_bytes_ = 0;
  std::mutex work_mutex_;
  PointWork work_;
  /// Of every point, in the step that has begun and in the one before.
  std::vector<std::uint64_t> step_work_, last_work_;
};

DeformingPoints::DeformingPoints(std::vector<LawRve> rves, std::vector<std::uint32_t> rve_of_point,
                                 const PointSettings& settings)
    : implementation_(
          std::make_unique<Implementation>(std::move(rves), std::move(rve_of_point), settings)) {}
DeformingPoints::~DeformingPoints() = default;
DeformingPoints::DeformingPoints(DeformingPoints&&) noexcept = default;
std::size_t DeformingPoints::size() const {
  return implementation_->size();
}
std::vector<PointResponse> DeformingPoints::evaluate(double time_step,
                                                     std::span<const MandelVector> strain,
                                                     const PointRequest& request) {
  return implementation_->evaluate(time_step, strain, request);
}
std::vector<double> DeformingPoints::dual_energy(std::span<const MandelVector> stress) {
  return implementation_->dual_energy(stress);
}
void DeformingPoints::accept() {
  implementation_->accept();
}
void DeformingPoints::reject() {
  implementation_->reject();
}
std::vector<double> DeformingPoints::save(std::size_t point) const {
  return implementation_->save(point);
}
void DeformingPoints::restore(std::size_t point, std::span<const double> numbers) {
  implementation_->restore(point, numbers);
}
double DeformingPoints::mean_state(std::size_t point, const std::string& variable) const {
  return implementation_->mean_state(point, variable);
}
bool DeformingPoints::has_history(std::size_t point) const {
  return implementation_->has_history(point);
}
const PointWork& DeformingPoints::work() const {
  return implementation_->work();
}
std::uint64_t DeformingPoints::last_work(std::size_t point) const {
  return implementation_->last_work(point);
}
double DeformingPoints::bytes_per_point() const {
  return implementation_->bytes_per_point();
}

}  // namespace seco::surrogate
