#include "seco/surrogate/deforming_points.h"

#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <torch/torch.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <map>
#include <mutex>
#include <numeric>
#include <stdexcept>
#include <utility>

#include "device.h"
#include "difference_operator.h"
#include "increment_solver.h"
#include "kernel_tables.h"
#include "known_tangents.h"
#include "scratch_file.h"

namespace seco::surrogate {
namespace {

using materials::MandelMatrix;
using materials::MandelVector;

constexpr double no_bound = std::numeric_limits<double>::infinity();
/// Residual of the fields of elastic points: their gap is below what any tolerance asks for.
constexpr double elastic_accuracy = 1e-7;
/// Of superposed stresses, whose stiffness is that of tangents in single precision: where no error
/// is measured, points that are to be more accurate are iterated.
constexpr double superposed_accuracy = 1e-6;

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
  KeptTensor fields, corrections;
  /// Where they are kept; null for memory.
  std::shared_ptr<ScratchFile> file;
  ReferenceMedium medium;
  MandelMatrix stiffness;
  /// That of the elastic RVE, and those that its points have.
  std::shared_ptr<KnownTangent> elastic_tangent;
  KnownTangents tangents;
};

struct PointState {
  std::uint32_t rve = 0;
  /// Whether a voxel has ever left the elastic range; else state and displacement are undefined.
  bool has_history = false;
  MandelVector strain;
  /// Of all voxels, in the order of LawField::state, as precise as it is stored.
  KeptTensor state;
  /// `[1, 1, d, n...]`, double.
  KeptTensor displacement;
  /// The one it was answered with last; null if none is kept.
  std::shared_ptr<const KnownTangent> tangent;
  /// Its own one.
  std::optional<double> tolerance;
};

/// The last evaluation of a point in the present step.
struct PointTrial {
  bool evaluated = false, elastic = false;
  MandelVector strain;
  KeptTensor displacement;
  /// Length of the step.
  double time_step = 0;
};

/// How a point is doing: evaluations in the present step, and whether the last one was given up.
struct PointProgress {
  unsigned int n_evaluations = 0;
  bool after_failure = false;
};

}  // namespace

class DeformingPoints::Implementation {
 public:
  Implementation(std::vector<LawRve> rves, std::vector<std::uint32_t> rve_of_point,
                 const PointSettings& settings)
      : settings_(settings), grid_(grid_of_all(rves)) {
    set_thread_count();
    torch::NoGradGuard no_grad;
    for (const auto& rve : rves) {
      PointRve known;
      known.structure = std::make_shared<const LawStructure>(rve);
      rves_.push_back(std::move(known));
    }
    const auto m = grid_.n_components();
    std::vector<std::size_t> n_points_of(rves_.size(), 0);
    for (const auto rve : rve_of_point) {
      if (rve >= rves_.size())
        throw std::invalid_argument(fmt::format("a point has RVE {} of {}", rve, rves_.size()));
      ++n_points_of[rve];
    }
    const auto n_points = rve_of_point.size();
    make_room(n_points_of);
    points_.reserve(n_points);
    for (const auto rve : rve_of_point)
      points_.push_back({rve, false, MandelVector::Zero(m), {}, {}, {}, {}});
    trials_.resize(points_.size());
    progress_.resize(points_.size());
    step_work_.assign(points_.size(), 0);
    last_work_ = step_work_;
    if (settings_.superpose_elastic)
      for_all(rves_.size(), [&](std::size_t r) { prepare_elastic(rves_[r]); });
  }

  std::size_t size() const { return points_.size(); }

  std::vector<std::size_t> all_points() const {
    std::vector<std::size_t> points(points_.size());
    std::iota(points.begin(), points.end(), std::size_t{0});
    return points;
  }

  std::vector<PointResponse> evaluate(std::span<const std::size_t> points, double time_step,
                                      std::span<const MandelVector> strain,
                                      const PointRequest& request) {
    check_numbers(points);
    if (strain.size() != points.size())
      throw std::invalid_argument(
          fmt::format("{} strains are given for {} points", strain.size(), points.size()));
    if (!std::isfinite(time_step) || time_step <= 0)
      throw std::invalid_argument(
          fmt::format("a time step of {} is no positive number", time_step));
    for (const auto& e : strain)
      if (e.size() != grid_.n_components() || !e.allFinite())
        throw std::invalid_argument("strains have to be finite numbers");
    std::vector<PointResponse> responses(points.size());
    std::vector<MandelMatrix> mean_tangent(points.size());
    for_all(points.size(), [&](std::size_t i) {
      const auto p = points[i];
      PointWork work;
      torch::Tensor failed_start;
      auto of_point = request;
      of_point.tolerance = points_[p].tolerance.value_or(request.tolerance);
      responses[i] =
          evaluate(p, time_step, strain[i], of_point, mean_tangent[i], work, failed_start);
      ++progress_[p].n_evaluations;
      count(p, work);
      const std::lock_guard lock(mutex_);
      failed_starts_.erase(p);
      if (failed_start.defined()) failed_starts_[p] = {failed_start, strain[i]};
    });
    if (request.tangent) answer_tangents(points, mean_tangent, request, responses);
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
      const std::lock_guard lock(mutex_);
      ++work_.residuals;
    });
    return result;
  }

  void set_tolerance(std::size_t p, double tolerance) {
    if (!(tolerance > 0))
      throw std::invalid_argument(fmt::format("a tolerance of {} is not positive", tolerance));
    points_.at(p).tolerance = tolerance;
  }
  std::optional<double> tolerance(std::size_t p) const { return points_.at(p).tolerance; }

  void accept(std::span<const std::size_t> points) {
    check_numbers(points);
    for_all(points.size(), [&](std::size_t i) {
      const auto p = points[i];
      auto& trial = trials_[p];
      auto& point = points_[p];
      last_work_[p] = std::exchange(step_work_[p], 0);
      progress_[p] = {};
      if (!trial.evaluated) return;
      point.strain = trial.strain;
      if (!trial.elastic) {
        auto laws = laws_of(p);
        laws.accept(0, {trial.displacement.get(), {trial.strain}}, trial.time_step);
        point.state = kept_state(laws.state(0));
        point.displacement = trial.displacement;
        point.has_history = true;
      }
      trial = {};
    });
  }

  void reject(std::span<const std::size_t> points) {
    check_numbers(points);
    for (const auto p : points) {
      trials_[p] = {};
      progress_[p] = {0, true};
    }
  }

  // Whether there is a history, the strain, then displacement and state, and last a tolerance of
  // the point's own if it has one.
  std::vector<double> save(std::size_t p) const {
    const auto& point = points_.at(p);
    std::vector<double> numbers{point.has_history ? 1. : 0.};
    numbers.insert(numbers.end(), point.strain.data(), point.strain.data() + point.strain.size());
    if (point.has_history) {
      const auto displacement = point.displacement.get();
      const auto* u = displacement.data_ptr<double>();
      numbers.insert(numbers.end(), u, u + displacement.numel());
      const auto state = state_of(point);
      numbers.insert(numbers.end(), state.begin(), state.end());
    }
    if (point.tolerance) numbers.push_back(*point.tolerance);
    return numbers;
  }

  void restore(std::size_t p, std::span<const double> numbers) {
    auto& point = points_.at(p);
    const auto& structure = *rves_[point.rve].structure;
    const auto m = static_cast<std::size_t>(grid_.n_components()),
               n_displacement = static_cast<std::size_t>(grid_.dimension() * grid_.n_voxels()),
               n_state = structure.initial_state.size();
    const bool has_history = !numbers.empty() && numbers[0] != 0;
    const auto n = 1 + m + (has_history ? n_displacement + n_state : 0);
    const bool has_tolerance = numbers.size() == n + 1 && numbers[n] > 0;
    if (numbers.size() != n && !has_tolerance)
      throw std::invalid_argument("the saved state is not that of a point with this RVE");
    point.has_history = has_history;
    point.tolerance = has_tolerance ? std::optional(numbers[n]) : std::nullopt;
    point.strain = Eigen::Map<const MandelVector>(numbers.data() + 1, static_cast<int>(m));
    trials_[p] = {};
    point.tangent.reset();
    if (!has_history) return;
    const auto displacement = torch::empty(displacement_shape(), torch::kDouble);
    const auto* next = numbers.data() + 1 + m;
    std::copy_n(next, n_displacement, displacement.data_ptr<double>());
    next += n_displacement;
    point.displacement = {displacement, file_};
    point.state = kept_state({next, n_state});
  }

  DeformationStart start_of(std::size_t p, double time) const {
    const auto& point = points_.at(p);
    DeformationStart start;
    start.time = time;
    start.strain = point.strain;
    if (point.has_history) start.state = state_of(point);
    const auto& fields = rves_[point.rve].fields;
    const auto begin = point.has_history  ? point.displacement.get()
                       : fields.defined() ? superposed(fields.get(), point.strain)
                                          : torch::zeros(displacement_shape(), torch::kDouble);
    const auto numbers = [](const torch::Tensor& field) {
      const auto own = field.contiguous();
      return std::vector<double>(own.data_ptr<double>(), own.data_ptr<double>() + own.numel());
    };
    start.displacement = numbers(begin);
    // As the point was started when it had no answer, so that it ends the same way.
    if (const auto failed = failed_starts_.find(p); failed != failed_starts_.end()) {
      start.direction = numbers(failed->second.displacement - begin);
      start.strain_direction = failed->second.strain - point.strain;
    }
    return start;
  }

  double mean_state(std::size_t p, const std::string& variable) const {
    const auto& point = points_.at(p);
    const auto& structure = *rves_[point.rve].structure;
    const auto state = point.has_history ? state_of(point) : structure.initial_state;
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

  const MandelVector& strain(std::size_t p) const { return points_.at(p).strain; }
  bool has_history(std::size_t p) const { return points_.at(p).has_history; }
  const PointWork& work() const { return work_; }
  std::uint64_t last_work(std::size_t p) const { return last_work_.at(p); }
  double bytes_per_point() const { return largest_bytes_; }

  static double bytes_of(const LawStructure& structure, const PointSettings& settings) {
    const double displacement = bytes_of_displacement(structure.grid);
    // At the begin and at the end of a step; six of single precision.
    return 2 * displacement +
           static_cast<double>(bytes_of_number(settings) * structure.initial_state.size()) +
           (settings.keep_tangent_fields ? structure.grid.n_components() * displacement / 2 : 0.);
  }

 private:
  void check_numbers(std::span<const std::size_t> points) const {
    for (const auto p : points)
      if (p >= points_.size())
        throw std::invalid_argument(
            fmt::format("there is no point {}; there are {}", p, points_.size()));
  }

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

  static double bytes_of_displacement(const Grid& grid) {
    return sizeof(double) * static_cast<double>(grid.dimension() * grid.n_voxels());
  }
  static std::size_t bytes_of_number(const PointSettings& settings) {
    return settings.single_precision_state ? sizeof(float) : sizeof(double);
  }

  /// What may be needed, in memory and on the disk.
  struct Room {
    double memory = 0, disk = 0;
  };

  /// Refuses points for whose histories and RVEs there is no room, and opens the scratch file.
  /// @param n_points_of each RVE
  void make_room(const std::vector<std::size_t>& n_points_of) {
    Room room;
    double of_points = 0;
    std::size_t n_points = 0;
    const bool on_disk = !settings_.state_folder.empty();
    for (std::size_t r = 0; r < rves_.size(); ++r) {
      const auto& structure = *rves_[r].structure;
      of_points += static_cast<double>(n_points_of[r]) * bytes_of(structure, settings_);
      n_points += n_points_of[r];
      room.memory += static_cast<double>(sizeof(double) * structure.initial_state.size() +
                                         sizeof(std::int32_t) * structure.voxels.size());
      // Fields of the unit strains and their corrections, and those of the elastic tangent.
      double fields = 0;
      if (settings_.superpose_elastic)
        fields = bytes_of_displacement(grid_) * grid_.n_components() *
                 (settings_.keep_tangent_fields ? 2.5 : 2);
      // Those that many points share are needed all the time, and few.
      (on_disk && n_points_of[r] <= 1 ? room.disk : room.memory) += fields;
    }
    (on_disk ? room.disk : room.memory) += of_points;
    largest_bytes_ = n_points == 0 ? 0. : of_points / static_cast<double>(n_points);
    check_room(room, n_points);
    if (!on_disk || n_points == 0) return;
    file_ = std::make_shared<ScratchFile>(settings_.state_folder);
    for (std::size_t r = 0; r < rves_.size(); ++r)
      if (n_points_of[r] <= 1) rves_[r].file = file_;
  }

  void check_room(const Room& room, std::size_t n_points) const {
    constexpr double mebibyte = 1024. * 1024., gibibyte = 1024. * mebibyte;
    const auto refuse = [&](double needed, double available, const std::string& way_out) {
      throw std::invalid_argument(fmt::format(
          "states and fields of {} points with {} RVEs take up to {:.3g} GiB, {:.3g} MiB each "
          "point, and {:.3g} GiB are free{}{}",
          n_points, rves_.size(), needed / gibibyte, largest_bytes_ / mebibyte,
          available / gibibyte,
          settings_.n_processes > 1 ? fmt::format(" for one of {} ranks", settings_.n_processes)
                                    : "",
          way_out));
    };
    const double available = available_memory() / settings_.n_processes;
    if (available > 0 && room.memory > available)
      refuse(room.memory, available,
             room.disk > 0 ? "; use fewer RVEs or voxels"
                           : "; use fewer points or voxels, or 'State storage' = disk");
    if (room.disk <= 0) return;
    if (const double free = free_bytes(settings_.state_folder) / settings_.n_processes;
        room.disk > free)
      refuse(room.disk, free,
             fmt::format(" in the folder '{}'; use fewer points or voxels, or a 'State folder' "
                         "with more room",
                         settings_.state_folder));
  }

  std::vector<double> state_of(const PointState& point) const {
    const auto state = point.state.get().to(torch::kDouble);
    return {state.data_ptr<double>(), state.data_ptr<double>() + state.numel()};
  }
  KeptTensor kept_state(std::span<const double> numbers) const {
    const auto state =
        torch::empty({static_cast<std::int64_t>(numbers.size())},
                     settings_.single_precision_state ? torch::kFloat : torch::kDouble);
    if (settings_.single_precision_state)
      std::transform(numbers.begin(), numbers.end(), state.data_ptr<float>(),
                     [](double number) { return static_cast<float>(number); });
    else
      std::copy(numbers.begin(), numbers.end(), state.data_ptr<double>());
    return {state, file_};
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

  /// Threads may call it at once for different points.
  void count(std::size_t p, const PointWork& work) {
    step_work_[p] += work.total();
    const std::lock_guard lock(mutex_);
    work_.n_evaluations += work.n_evaluations;
    work_.n_elastic += work.n_elastic;
    work_.n_failed += work.n_failed;
    work_.newton_steps += work.newton_steps;
    work_.iterations += work.iterations;
    work_.n_tangents += work.n_tangents;
    work_.tangent_iterations += work.tangent_iterations;
    work_.residuals += work.residuals;
  }

  /// The laws of a point with its state at the begin of the step.
  ProcessorLawField laws_of(std::size_t p) const {
    const auto& point = points_[p];
    ProcessorLawField laws({rves_[point.rve].structure}, settings_.single_precision_state);
    if (point.has_history) laws.set_state(0, state_of(point));
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
    const ProcessorLawField laws({rve.structure}, settings_.single_precision_state);
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
    const auto unit_fields = fields.displacement[0].contiguous();
    rve.fields = {unit_fields, rve.file};
    rve.corrections = {fields.correction[0].contiguous(), rve.file};
    rve.medium = fields.medium;
    if (!settings_.keep_tangent_fields) return;
    rve.elastic_tangent = std::make_shared<KnownTangent>(rve.structure->mean_elastic);
    rve.elastic_tangent->tangent = rve.stiffness;
    rve.elastic_tangent->fields = {unit_fields.to(torch::kFloat), rve.file};
    rve.tangents.add(rve.elastic_tangent);
  }

  /// The displacement of elastic fields.
  torch::Tensor elastic_displacement(const PointRve& rve, const MandelVector& strain) const {
    return superposed(rve.fields.get(), strain);
  }

  static ControlledLoad load_of(const MandelVector& strain, double time_step) {
    ControlledLoad load;
    load.strain = strain;
    load.stress = MandelVector::Zero(strain.size());
    load.is_free.assign(static_cast<std::size_t>(strain.size()), false);
    load.time_step = time_step;
    return load;
  }

  /// Stress and energy. @param mean_tangent of the voxels, if the point is not elastic
  PointResponse evaluate(std::size_t p, double time_step, const MandelVector& strain,
                         const PointRequest& request, MandelMatrix& mean_tangent, PointWork& work,
                         torch::Tensor& failed_start) {
    auto& point = points_[p];
    auto& trial = trials_[p];
    const auto& rve = rves_[point.rve];
    const auto laws = laws_of(p);
    ++work.n_evaluations;
    const bool superpose =
        request.criterion == StopCriterion::certified || request.tolerance >= superposed_accuracy;
    if (superpose && !point.has_history && rve.fields.defined()) {
      const StrainField elastic{elastic_displacement(rve, strain), {strain}};
      if (const auto answer = laws.elastic_answer(0, elastic, time_step)) {
        trial = {true, true, strain, {}, time_step};
        ++work.n_elastic;
        return elastic_response(rve, laws, elastic, *answer, time_step, request);
      }
    }
    auto solver = solver_for(laws, request);
    auto displacement = start(point, trial, strain);
    const auto outcome = solver.solve({load_of(strain, time_step)}, {true}, displacement).front();
    PointResponse response;
    work.newton_steps += outcome.newton_steps;
    work.iterations += outcome.iterations;
    work.residuals += outcome.newton_steps + 1;
    response.answered = outcome.answered;
    response.step_ratio = outcome.step_ratio;
    response.failure = outcome.failure;
    if (!outcome.answered) {
      ++work.n_failed;
      failed_start = displacement;
      return response;
    }
    response.stress = outcome.stress;
    response.out_of_plane = solver.answer().mean_out_of_plane[0];
    response.energy = outcome.energy_upper;
    response.gap = outcome.gap;
    response.error = outcome.error;
    response.stress_norm = outcome.stress_norm;
    response.converged = outcome.converged;
    trial = {true, false, strain, {displacement, file_}, time_step};
    mean_tangent = solver.answer().mean_tangent[0];
    return response;
  }

  /// Change of the mean tangent up to which a known tangent is answered. A structure that iterates
  /// for long, or could not take the step, needs better ones.
  double allowed_change(std::size_t p) const {
    constexpr unsigned int usual = 4;
    const auto& progress = progress_[p];
    if (progress.after_failure) return 0;
    const auto n = std::max(progress.n_evaluations, usual);
    return settings_.tangent_change * std::ldexp(1., -static_cast<int>(n - usual));
  }

  /// The tangents of points that are not elastic. Each takes the one it had last, or the nearest
  /// that a point with the same RVE has, if its voxels are near enough; others get a new one, which
  /// the next ones of the call may take. Which ones are new does not depend on threads.
  /// @param mean_tangent of the voxels of each of the points
  void answer_tangents(std::span<const std::size_t> points,
                       const std::vector<MandelMatrix>& mean_tangent, const PointRequest& request,
                       std::vector<PointResponse>& responses) {
    struct New {
      std::size_t point;
      std::shared_ptr<KnownTangent> tangent;
      /// Where to start from; null if there is nothing.
      std::shared_ptr<const KnownTangent> start;
    };
    std::vector<New> missing;
    std::map<std::uint32_t, KnownTangents> fresh;
    std::vector<std::shared_ptr<const KnownTangent>> answers(points.size());
    {
      const std::lock_guard lock(mutex_);
      for (auto& rve : rves_) rve.tangents.forget_unused();
      for (std::size_t i = 0; i < points.size(); ++i) {
        if (!responses[i].answered || responses[i].elastic) continue;
        const auto& point = points_[points[i]];
        const auto& rve = rves_[point.rve];
        const auto& mean = mean_tangent[i];
        const double allowed = allowed_change(points[i]);
        const auto is_near = [&](const auto& known) {
          return known && known->distance(mean) <= allowed;
        };
        auto start = point.tangent ? point.tangent : rve.elastic_tangent;
        if (!is_near(start) && settings_.share_tangents) {
          start = rve.tangents.nearest(mean);
          if (const auto found = fresh[point.rve].nearest(mean); !is_near(start) && is_near(found))
            start = found;
        }
        if (is_near(start)) {
          answers[i] = start;
          continue;
        }
        const auto tangent = std::make_shared<KnownTangent>(mean);
        missing.push_back({points[i], tangent, start});
        fresh[point.rve].add(tangent);
        answers[i] = tangent;
      }
    }
    for_all(missing.size(), [&](std::size_t k) {
      PointWork work;
      compute(missing[k].point, request, missing[k].start.get(), *missing[k].tangent, work);
      count(missing[k].point, work);
    });
    for (std::size_t i = 0; i < points.size(); ++i) {
      if (!answers[i]) continue;
      responses[i].tangent = answers[i]->tangent;
      if (settings_.keep_tangent_fields) points_[points[i]].tangent = answers[i];
    }
    if (!settings_.keep_tangent_fields || !settings_.share_tangents) return;
    const std::lock_guard lock(mutex_);
    for (const auto& m : missing) rves_[points_[m.point].rve].tangents.add(m.tangent);
  }

  /// The tangent of a point at its last strain.
  /// @param start null if there is nothing to start from
  void compute(std::size_t p, const PointRequest& request, const KnownTangent* start,
               KnownTangent& tangent, PointWork& work) {
    const auto laws = laws_of(p);
    auto solver = solver_for(laws, request);
    const auto& trial = trials_[p];
    solver.respond({load_of(trial.strain, trial.time_step)}, trial.displacement.get());
    IncrementSolver::TangentFields fields;
    if (start) fields.displacement = start->fields.get().unsqueeze(0);
    const auto answer = solver.tangent({{}}, {false, false, request.tangent_accuracy}, fields)[0];
    ++work.n_tangents;
    // Two more for the first and the last residual.
    work.tangent_iterations +=
        (answer.iterations + 2) * static_cast<std::uint64_t>(grid_.n_components());
    tangent.tangent = answer.estimate;
    if (settings_.keep_tangent_fields)
      tangent.fields = {fields.displacement[0].to(torch::kFloat).contiguous(), file_};
  }

  PointResponse elastic_response(const PointRve& rve, const LawField& laws,
                                 const StrainField& strain,
                                 const ProcessorLawField::ElasticAnswer& elastic, double time_step,
                                 const PointRequest& request) const {
    PointResponse response;
    response.answered = response.elastic = true;
    response.stress = rve.stiffness * strain.mean[0];
    response.tangent = rve.stiffness;
    response.energy = elastic.energy;
    response.out_of_plane = elastic.out_of_plane;
    const MandelMatrix compliance = rve.structure->mean_elastic.inverse();
    response.stress_norm =
        std::sqrt(std::max(0., response.stress.dot(compliance * response.stress)));
    response.gap = no_bound;
    if (laws.guarantee(0).two_sided && request.criterion == StopCriterion::certified) {
      const auto answer = laws.respond(strain, {time_step}, {}, {true});
      response.stress = answer.mean_stress[0];
      response.gap =
          std::max(0., laws.gap(strain, answer, elastic_equilibration(rve, strain.mean[0]),
                                {time_step}, {true})[0]);
    }
    response.error = std::sqrt(response.gap);
    response.converged = request.criterion != StopCriterion::certified ||
                         response.error <= request.tolerance * response.stress_norm;
    return response;
  }

  Equilibration elastic_equilibration(const PointRve& rve, const MandelVector& strain) const {
    return {
        superposed(rve.corrections.get(), strain), rve.medium, {MandelVector::Zero(strain.size())}};
  }

  /// A displacement near that of the strain.
  torch::Tensor start(const PointState& point, const PointTrial& trial,
                      const MandelVector& strain) const {
    const auto& rve = rves_[point.rve];
    const bool has_trial = trial.evaluated && !trial.elastic;
    if (!has_trial && !point.has_history)
      return rve.fields.defined() ? elastic_displacement(rve, strain)
                                  : torch::zeros(displacement_shape(), torch::kDouble);
    const auto from = (has_trial ? trial.displacement : point.displacement).get();
    if (!settings_.keep_tangent_fields) return from.clone();
    const auto& tangent = point.tangent ? point.tangent : rve.elastic_tangent;
    if (!tangent) return from.clone();
    const MandelVector change = strain - (has_trial ? trial.strain : point.strain);
    return from + superposed(tangent->fields.get(), change);
  }

  double dual_energy(std::size_t p, const MandelVector& stress) const {
    const auto& trial = trials_[p];
    const auto& rve = rves_[points_[p].rve];
    const auto laws = laws_of(p);
    if (!laws.guarantee(0).two_sided) return no_bound;
    StrainField strain{
        trial.elastic ? elastic_displacement(rve, trial.strain) : trial.displacement.get(),
        {trial.strain}};
    const auto answer = laws.respond(strain, {trial.time_step}, torch::kFloat, {true});
    auto equilibration = [&] {
      if (trial.elastic) return elastic_equilibration(rve, trial.strain);
      const auto medium = medium_of(answer.mean_tangent);
      const auto z = green_.apply(-divergence_of(answer.stress, grid_), medium);
      return Equilibration{z.contiguous(), medium, {MandelVector::Zero(trial.strain.size())}};
    }();
    equilibration.shift[0] = stress - answer.mean_stress[0];
    double gap = laws.gap(strain, answer, equilibration, {trial.time_step}, {true})[0];
    // Of the same mean, a little of it uniform: less than what a voxel cannot bear.
    for (double part = 1e-9; std::isinf(gap) && part <= 1e-2; part *= 10) {
      equilibration.part = 1 - part;
      equilibration.rest = {part * stress};
      gap = laws.gap(strain, answer, equilibration, {trial.time_step}, {true})[0];
    }
    return gap - answer.mean_energy[0] + stress.dot(trial.strain);
  }

  PointSettings settings_;
  Grid grid_;
  GreenOperator green_{grid_, torch::TensorOptions(torch::kDouble)},
      correction_green_{grid_, torch::TensorOptions(torch::kFloat)};
  std::vector<PointRve> rves_;
  std::vector<PointState> points_;
  std::vector<PointTrial> trials_;
  std::vector<PointProgress> progress_;
  double largest_bytes_ = 0;
  /// For what points keep; null for memory.
  std::shared_ptr<ScratchFile> file_;
  std::mutex mutex_;
  /// By point: the displacement from which the last evaluation had no answer, and its strain.
  struct FailedStart {
    torch::Tensor displacement;
    MandelVector strain;
  };
  std::map<std::size_t, FailedStart> failed_starts_;
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
  return implementation_->evaluate(implementation_->all_points(), time_step, strain, request);
}
std::vector<PointResponse> DeformingPoints::evaluate(std::span<const std::size_t> points,
                                                     double time_step,
                                                     std::span<const MandelVector> strain,
                                                     const PointRequest& request) {
  return implementation_->evaluate(points, time_step, strain, request);
}
std::vector<double> DeformingPoints::dual_energy(std::span<const MandelVector> stress) {
  return implementation_->dual_energy(stress);
}
void DeformingPoints::set_tolerance(std::size_t point, double tolerance) {
  implementation_->set_tolerance(point, tolerance);
}
std::optional<double> DeformingPoints::tolerance(std::size_t point) const {
  return implementation_->tolerance(point);
}
void DeformingPoints::accept() {
  implementation_->accept(implementation_->all_points());
}
void DeformingPoints::accept(std::span<const std::size_t> points) {
  implementation_->accept(points);
}
void DeformingPoints::reject() {
  implementation_->reject(implementation_->all_points());
}
void DeformingPoints::reject(std::span<const std::size_t> points) {
  implementation_->reject(points);
}
std::vector<double> DeformingPoints::save(std::size_t point) const {
  return implementation_->save(point);
}
void DeformingPoints::restore(std::size_t point, std::span<const double> numbers) {
  implementation_->restore(point, numbers);
}
const MandelVector& DeformingPoints::strain(std::size_t point) const {
  return implementation_->strain(point);
}
DeformationStart DeformingPoints::start_of(std::size_t point, double time) const {
  return implementation_->start_of(point, time);
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
double DeformingPoints::bytes_per_point(const LawRve& rve, const PointSettings& settings) {
  return Implementation::bytes_of(LawStructure(rve), settings);
}

}  // namespace seco::surrogate
