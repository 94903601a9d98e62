#include <fmt/format.h>

#include <Eigen/Eigenvalues>
#include <boost/serialization/array.hpp>
#include <boost/serialization/map.hpp>
#include <boost/serialization/string.hpp>
#include <boost/serialization/utility.hpp>
#include <boost/serialization/vector.hpp>
#include <cmath>
#include <filesystem>
#include <limits>
#include <set>

#include "rve_fields.h"
#include "rve_homogenizer.h"
#include "seco/plugin/agree.h"
#include "seco/plugin/mandel_tensor.h"
#include "seco/plugin/out_of_plane_stress.h"
#include "seco/plugin/parameters.h"
#include "seco/plugin/refinement_limits.h"
#include "seco/plugin/registration.h"
#include "share_work.h"
#include "stopwatch.h"
#include "sum_over_ranks.h"
#include "unconverged_rves.h"

namespace seco::plugin {
namespace {

template <typename Value>
std::string packed(const Value& value) {
  const auto bytes = dealii::Utilities::pack(value, /*allow_compression=*/false);
  return {bytes.begin(), bytes.end()};
}

template <typename Value>
Value unpacked(const std::string& bytes) {
  return dealii::Utilities::unpack<Value>(std::vector<char>(bytes.begin(), bytes.end()),
                                          /*allow_compression=*/false);
}

/// What all ranks have spent and found, as a checkpoint keeps it beside the answers.
struct Totals {
  double seconds = 0, cpu_seconds = 0;
  std::uint64_t n_found = 0;

  template <typename Archive>
  void serialize(Archive& archive, unsigned int) {
    archive& seconds& cpu_seconds& n_found;
  }
};
/// Shorter than the key of any RVE.
const std::string totals_key = "totals";

/// What this rank has done for all.
struct Work {
  /// Until there was nothing left to do.
  double busy_seconds = 0;
  CacheCounts cache;
};

/// The linear elastic response of an RVE at every point, homogenized by an engine (engine.h):
/// stress = C : strain, with the engine's estimate of C and its bounds. The stiffness does not
/// depend on the strain, so the RVEs are homogenized in `set_points`, each different one once in
/// the whole run, and again only where `refine` asks for smaller gaps.
template <int dim>
class HomogenizedMaterial : public Material<dim>, public RefinementLimits, public OutOfPlaneStress {
 public:
  static void declare_parameters(dealii::ParameterHandler& handler) {
    HandlerParameters parameters(handler, HandlerParameters::Mode::declare);
    HomogenizedMaterial().read(parameters, "MPa");
  }

  void parse_parameters(dealii::ParameterHandler& handler, const RunSettings& run) override {
    HandlerParameters parameters(handler, HandlerParameters::Mode::read, run.folder);
    read(parameters, run.unit);
    output_directory_ = run.output_directory;
    homogenizer_.make_engines(parameters, run);
  }

  void set_points(std::vector<MaterialPoint<dim>> points, MPI_Comm communicator,
                  const std::function<void(std::size_t, std::size_t)>& progress) override;

  std::uint64_t check_points(const std::vector<MaterialPoint<dim>>& points,
                             MPI_Comm communicator) const override;

  std::optional<materials::Rve> rve(const MaterialPoint<dim>& point) const override {
    return homogenizer_.make_rve(homogenizer_.assignment().key(point));
  }

  Dependence dependence() const override { return Dependence::none; }
  /// RVEs belong to cells and positions: those of finer cells would make another structure.
  StateTransfer state_transfer() const override { return StateTransfer::impossible; }

  const StiffnessTable<dim>& stiffness_table() const override { return answers_.table(); }

  bool has_out_of_plane_stress() const override { return knows_out_of_plane_; }
  std::array<double, 3> out_of_plane_stress(std::size_t point,
                                            const Strain& strain) const override {
    const auto& rows = answers_.out_of_plane(answers_.table().entry_of(point));
    std::array<double, 3> stress{};
    for (std::size_t row = 0; row < 3; ++row)
      stress[row] = (row == 0 ? 1. : std::sqrt(0.5)) *
                    (rows[3 * row] * strain[0][0] + rows[3 * row + 1] * strain[1][1] +
                     rows[3 * row + 2] * std::sqrt(2.) * strain[0][1]);
    return stress;
  }

  MaterialStatistics statistics() const override { return statistics_; }

  std::vector<std::string> notes() const override { return homogenizer_.assignment().notes(); }

  StateRecords state() const override;

  void restore(std::vector<MaterialPoint<dim>> points, MPI_Comm communicator,
               const std::function<void(std::size_t, std::size_t)>& progress,
               const FindRecords& find) override;

  std::vector<RveShare> rve_shares(std::span<const double> share_of_point) const override;

  std::vector<std::string> refinement_limits() const override {
    std::vector<std::string> limits;
    for (std::size_t r = 0; r < answers_.size(); ++r) limits.push_back(refine_limit(r));
    return limits;
  }

  void refine(std::span<const double> wanted_gap,
              const std::function<void(std::size_t, std::size_t)>& progress) override;

  Audit audit(double fraction,
              const std::function<void(std::size_t, std::size_t)>& progress) const override;

  bool has_local_response() const override {
    homogenizer_.local_quantities({}, 0);
    return true;
  }

  std::vector<LocalResponse<dim>> local_response(
      std::span<const LocalRequest<dim>> requests, unsigned int n_phases,
      const std::function<void(std::size_t, std::size_t)>& progress) const override {
    std::vector<FieldRequest<dim>> named;
    for (const auto& request : requests) {
      const auto r = answers_.table().entry_of(request.point);
      named.push_back({{keys_[r], answers_.wanted_gap(r)}, request.strain, request.fields_file});
    }
    return rve_fields<dim>(homogenizer_, named, n_phases, communicator_, hash_of, progress);
  }

 private:
  void read(materials::ParameterReader& parameters, const std::string& unit) {
    homogenizer_.read(parameters, unit);
    n_files_ = homogenizer_.n_unconverged_files();
  }

  /// Finds the different RVEs of the points, and forgets what was done for others. Collective.
  /// @return the RVE of each point
  std::vector<std::uint32_t> set_keys(const std::vector<MaterialPoint<dim>>& points,
                                      MPI_Comm communicator);
  /// Of equal RVEs, of whatever keys and ranks, chooses one that is counted. Collective.
  void choose_counted();

  /// Why an RVE cannot be refined further; empty if it can.
  std::string refine_limit(std::size_t rve) const;

  using Purpose = typename RveHomogenizer<dim>::Purpose;
  /// One answer per task, shared between all ranks. Collective.
  std::vector<RveAnswer<dim>> homogenize(
      const std::vector<RveTask>& tasks, Purpose purpose, Work& work,
      const std::function<void(std::size_t, std::size_t)>& progress) const;
  /// Statistics of the answers, and files of the worst RVEs. Collective.
  /// @throws std::runtime_error if one of them failed
  void report();
  void report_unconverged(const std::vector<UnconvergedRve>& unconverged);

  RveHomogenizer<dim> homogenizer_;
  MPI_Comm communicator_ = MPI_COMM_SELF;
  std::vector<RveKey> keys_;
  RveAnswers<dim> answers_;
  /// Whether this rank is the one that counts the RVE.
  std::vector<bool> counted_;
  /// Time in the microscale since `set_points` was called, on this rank, and what was done in it.
  TimeSpent time_;
  Work work_;
  MaterialStatistics statistics_;
  std::size_t n_files_ = 0;
  std::string output_directory_;
  /// Whether all RVEs of all ranks tell the stresses out of the plane.
  bool knows_out_of_plane_ = false;
};

template <int dim>
std::vector<std::uint32_t> HomogenizedMaterial<dim>::set_keys(
    const std::vector<MaterialPoint<dim>>& points, MPI_Comm communicator) {
  communicator_ = communicator;
  statistics_ = {};
  work_ = {};
  homogenizer_.share_devices(communicator);
  std::map<RveKey, std::uint32_t> index;
  std::vector<std::uint32_t> rve_of_point(points.size());
  const auto& assignment = homogenizer_.assignment();
  run_together(communicator, [&] {
    for (const auto& point : points) index.emplace(assignment.key(point), 0);
    std::uint32_t next = 0;
    for (auto& [key, i] : index) i = next++;
    for (std::size_t q = 0; q < points.size(); ++q)
      rve_of_point[q] = index[assignment.key(points[q])];
  });
  keys_.clear();
  for (const auto& [key, i] : index) keys_.push_back(key);
  statistics_.n_points =
      dealii::Utilities::MPI::sum(static_cast<std::uint64_t>(points.size()), communicator);
  return rve_of_point;
}

template <int dim>
void HomogenizedMaterial<dim>::choose_counted() {
  using Digest = surrogate::ResultCache::Digest;
  std::map<Digest, std::size_t> first_with;
  for (std::size_t r = 0; r < answers_.size(); ++r) first_with.emplace(answers_.digest(r), r);
  std::vector<Digest> digests;
  for (const auto& [digest, r] : first_with) digests.push_back(digest);
  counted_.assign(answers_.size(), false);
  auto rve = first_with.begin();
  for (const auto& sum :
       sum_over_ranks<Digest>(digests, std::vector<double>(digests.size()), communicator_,
                              [](const Digest& digest) { return digest[0]; }))
    counted_[(rve++)->second] = sum.first;
}

template <int dim>
void HomogenizedMaterial<dim>::set_points(
    std::vector<MaterialPoint<dim>> points, MPI_Comm communicator,
    const std::function<void(std::size_t, std::size_t)>& progress) {
  time_ = {};
  {
    const Stopwatch stopwatch(time_);
    auto rve_of_point = set_keys(points, communicator);
    std::vector<RveTask> tasks;
    for (const auto& key : keys_) tasks.push_back({key, 0});
    answers_.clear();
    for (const auto& answer : homogenize(tasks, Purpose::answers, work_, progress))
      answers_.add(answer);
    answers_.set_points(std::move(rve_of_point));
    if (dealii::Utilities::MPI::this_mpi_process(communicator) == 0) homogenizer_.prune_cache();
    choose_counted();
  }
  report();
}

template <int dim>
std::uint64_t HomogenizedMaterial<dim>::check_points(const std::vector<MaterialPoint<dim>>& points,
                                                     MPI_Comm communicator) const {
  std::set<RveKey> keys;
  run_together(communicator, [&] {
    for (const auto& point : points) keys.insert(homogenizer_.assignment().key(point));
    // The others differ from it in seed and volume fraction, not in what engines ask for.
    if (!keys.empty()) homogenizer_.check_fits(homogenizer_.make_rve(*keys.begin()));
  });
  std::uint64_t n = 0;
  for (const auto& sum : sum_over_ranks<RveKey>(
           {keys.begin(), keys.end()}, std::vector<double>(keys.size()), communicator, hash_of))
    n += sum.first;
  return dealii::Utilities::MPI::sum(n, communicator);
}

template <int dim>
StateRecords HomogenizedMaterial<dim>::state() const {
  StateRecords records;
  const auto sums =
      sum_over_ranks<RveKey>(keys_, std::vector<double>(keys_.size()), communicator_, hash_of);
  for (std::size_t r = 0; r < keys_.size(); ++r)
    if (sums[r].first) records[packed(keys_[r])] = packed(answers_[r]);
  if (dealii::Utilities::MPI::this_mpi_process(communicator_) == 0)
    records[totals_key] =
        packed(Totals{statistics_.seconds, statistics_.cpu_seconds, statistics_.n_cached_rves});
  return records;
}

template <int dim>
void HomogenizedMaterial<dim>::restore(std::vector<MaterialPoint<dim>> points,
                                       MPI_Comm communicator,
                                       const std::function<void(std::size_t, std::size_t)>&,
                                       const FindRecords& find) {
  auto rve_of_point = set_keys(points, communicator);
  run_together(communicator, [&] {
    std::vector<std::string> names{totals_key};
    for (const auto& key : keys_) names.push_back(packed(key));
    const auto values = find(names);
    answers_.clear();
    for (std::size_t r = 0; r < keys_.size(); ++r)
      answers_.add(unpacked<RveAnswer<dim>>(values[r + 1]));
    answers_.set_points(std::move(rve_of_point));
    // Time is that of the slowest rank, work the sum over all.
    const auto totals = unpacked<Totals>(values[0]);
    time_ = {totals.seconds, 0};
    if (dealii::Utilities::MPI::this_mpi_process(communicator) == 0) {
      time_.cpu_seconds = totals.cpu_seconds;
      work_.cache.n_found = totals.n_found;
    }
  });
  choose_counted();
  report();
}

template <int dim>
std::vector<RveAnswer<dim>> HomogenizedMaterial<dim>::homogenize(
    const std::vector<RveTask>& tasks, Purpose purpose, Work& work,
    const std::function<void(std::size_t, std::size_t)>& progress) const {
  return share_work<RveTask, RveAnswer<dim>>(
      tasks, communicator_, [](const RveTask& task) { return hash_of(task.key); },
      [&](const RveTask& task) { return homogenizer_.cost(task); },
      [&](TaskSource<RveTask>& source) {
        std::vector<RveAnswer<dim>> result;
        run_together(communicator_, [&] {
          TimeSpent time;
          {
            const Stopwatch stopwatch(time);
            result = homogenizer_.homogenize(source, purpose, work.cache);
          }
          work.busy_seconds += time.seconds;
        });
        return result;
      },
      progress);
}

template <int dim>
std::vector<RveShare> HomogenizedMaterial<dim>::rve_shares(
    std::span<const double> share_of_point) const {
  const auto& table = answers_.table();
  AssertThrow(share_of_point.size() == table.n_points(),
              dealii::ExcDimensionMismatch(share_of_point.size(), table.n_points()));
  std::vector<double> share(keys_.size(), 0.);
  for (std::size_t q = 0; q < table.n_points(); ++q) share[table.entry_of(q)] += share_of_point[q];
  std::vector<RveShare> result;
  for (const auto& sum : sum_over_ranks<RveKey>(keys_, share, communicator_, hash_of)) {
    const auto r = result.size();
    result.push_back({sum.sum, answers_.gap(r), refine_limit(r).empty(), sum.first});
  }
  return result;
}

template <int dim>
std::string HomogenizedMaterial<dim>::refine_limit(std::size_t rve) const {
  const double gap = answers_.gap(rve), wanted = answers_.wanted_gap(rve);
  if (wanted > 0 && !(gap <= wanted)) return homogenizer_.missed_gap(answers_[rve]);
  // A tolerance below what was wanted before and above the gap that was reached is of no use.
  const bool done = wanted > 0 && homogenizer_.refinement_tolerance(gap) >= wanted;
  if (done || gap <= homogenizer_.smallest_gap()) return homogenizer_.smallest_gap_key();
  return "";
}

template <int dim>
void HomogenizedMaterial<dim>::refine(
    std::span<const double> wanted_gap,
    const std::function<void(std::size_t, std::size_t)>& progress) {
  AssertThrow(wanted_gap.size() == keys_.size(),
              dealii::ExcDimensionMismatch(wanted_gap.size(), keys_.size()));
  {
    const Stopwatch stopwatch(time_);
    std::vector<RveTask> tasks;
    std::vector<std::size_t> rves;
    for (std::size_t r = 0; r < keys_.size(); ++r) {
      if (!(wanted_gap[r] > 0)) continue;
      tasks.push_back({keys_[r], homogenizer_.refinement_tolerance(wanted_gap[r])});
      rves.push_back(r);
    }
    const auto refined = homogenize(tasks, Purpose::answers, work_, progress);
    for (std::size_t i = 0; i < rves.size(); ++i) {
      const auto r = rves[i];
      const bool failed = refined[i].status == PointStatus::failed;
      // The bounds that are known stay where refinement brought none, or wider ones.
      if (!failed && refined[i].gap < answers_.gap(r))
        answers_.replace(r, refined[i]);
      else
        answers_.keep_refined(r, tasks[i].wanted_gap,
                              failed || answers_.status(r) == PointStatus::ok ? refined[i].reason
                                                                              : answers_.reason(r));
    }
  }
  report();
}

template <int dim>
Audit HomogenizedMaterial<dim>::audit(
    double fraction, const std::function<void(std::size_t, std::size_t)>& progress) const {
  namespace MPI = dealii::Utilities::MPI;
  Audit result;
  TimeSpent time;
  std::vector<std::size_t> sample;
  std::vector<RveAnswer<dim>> answers;
  {
    const Stopwatch stopwatch(time);
    std::vector<RveTask> tasks;
    for (std::size_t r = 0; r < keys_.size(); ++r) {
      // Drawn by the key, so that the sample is the same on any number of ranks.
      const auto drawn = materials::RandomStream(hash_of(keys_[r])).uniform();
      if (drawn >= fraction) continue;
      tasks.push_back({keys_[r], 0});
      sample.push_back(r);
    }
    Work work;
    answers = homogenize(tasks, Purpose::audit, work, progress);
  }
  for (const bool counted : counted_) result.n_all_rves += counted;
  for (std::size_t i = 0; i < sample.size(); ++i) {
    result.n_rves += counted_[sample[i]];
    if (answers[i].status == PointStatus::failed) continue;
    const auto known = answers_[sample[i]];
    const auto& other = answers[i];
    const auto upper = to_mandel<dim>(known.upper);
    for (const materials::MandelMatrix& difference :
         {materials::MandelMatrix(upper - to_mandel<dim>(other.lower)),
          materials::MandelMatrix(to_mandel<dim>(other.upper) - to_mandel<dim>(known.lower))}) {
      const Eigen::SelfAdjointEigenSolver<materials::MandelMatrix> spectrum(difference,
                                                                            Eigen::EigenvaluesOnly);
      result.largest_violation =
          std::max(result.largest_violation, -spectrum.eigenvalues().minCoeff() / upper.norm());
    }
  }
  result.n_rves = MPI::sum(result.n_rves, communicator_);
  result.n_all_rves = MPI::sum(result.n_all_rves, communicator_);
  result.largest_violation = MPI::max(result.largest_violation, communicator_);
  result.seconds = MPI::max(time.seconds, communicator_);
  result.cpu_seconds = MPI::sum(time.cpu_seconds, communicator_);
  return result;
}

template <int dim>
void HomogenizedMaterial<dim>::report() {
  namespace MPI = dealii::Utilities::MPI;
  auto& s = statistics_;
  std::map<std::string, std::uint64_t> n_rves;
  std::vector<UnconvergedRve> unconverged;
  std::uint64_t n = 0, n_refined = 0;
  double sum_of_gaps = 0, worst_gap = 0;
  for (std::size_t r = 0; r < answers_.size(); ++r) {
    if (!counted_[r]) continue;
    ++n_rves[answers_.engine(r)];
    if (answers_.wanted_gap(r) > 0) ++n_refined;
    const double gap = answers_.gap(r);
    const bool failed = answers_.status(r) == PointStatus::failed;
    if (!failed) {
      ++n;
      sum_of_gaps += gap;
      worst_gap = std::max(worst_gap, gap);
    }
    if (answers_.status(r) != PointStatus::ok)
      unconverged.push_back({keys_[r], failed,
                             failed ? std::numeric_limits<double>::infinity() : gap,
                             answers_.reason(r)});
  }
  s.n_rves.clear();
  for (const auto& counts : MPI::all_gather(communicator_, n_rves))
    for (const auto& [engine, count] : counts) s.n_rves[engine] += count;
  n = MPI::sum(n, communicator_);
  s.n_refined_rves = MPI::sum(n_refined, communicator_);
  s.n_unreliable_rves = MPI::sum(static_cast<std::uint64_t>(unconverged.size()), communicator_);
  bool all_known = dim == 2;
  for (std::size_t r = 0; r < answers_.size() && all_known; ++r)
    all_known = std::isfinite(answers_.out_of_plane(r)[0]);
  knows_out_of_plane_ = MPI::min(all_known ? 1 : 0, communicator_) == 1;
  s.worst_gap = MPI::max(worst_gap, communicator_);
  s.mean_gap = n > 0 ? MPI::sum(sum_of_gaps, communicator_) / static_cast<double>(n) : 0.;
  s.seconds = MPI::max(time_.seconds, communicator_);
  s.cpu_seconds = MPI::sum(time_.cpu_seconds, communicator_);
  s.n_cached_rves = MPI::sum(work_.cache.n_found, communicator_);
  const auto busy = MPI::min_max_avg(work_.busy_seconds, communicator_);
  s.balance = busy.max > 0 ? busy.avg / busy.max : 1.;
  s.notes = MPI::broadcast(communicator_, homogenizer_.engine_report(), 0);
  if (const auto n = MPI::sum(work_.cache.n_damaged, communicator_); n > 0)
    s.notes.push_back(
        fmt::format("{} damaged file{} of the result cache; the RVEs were computed again", n,
                    n == 1 ? "" : "s"));
  if (const auto n = MPI::sum(work_.cache.n_not_written, communicator_); n > 0)
    s.notes.push_back(
        fmt::format("{} result{} could not be written to the result cache", n, n == 1 ? "" : "s"));
  report_unconverged(unconverged);
}

template <int dim>
void HomogenizedMaterial<dim>::report_unconverged(const std::vector<UnconvergedRve>& unconverged) {
  namespace MPI = dealii::Utilities::MPI;
  const auto entries =
      worst_of_all_ranks(unconverged, std::max<std::size_t>(n_files_, 1), communicator_);
  std::vector<std::string> files;
  if (!output_directory_.empty())
    run_together(communicator_, [&] {
      if (MPI::this_mpi_process(communicator_) != 0) return;
      // Refined RVEs may have left the list.
      for (const auto& file : statistics_.unconverged_rve_files) std::filesystem::remove(file);
      if (n_files_ > 0)
        files = write_unconverged_rves(
            entries, [&](const RveKey& key) { return homogenizer_.make_rve(key); },
            (std::filesystem::path(output_directory_) / "unconverged_rves").string());
    });
  statistics_.unconverged_rve_files = MPI::broadcast(communicator_, files, 0);
  statistics_.message.clear();
  if (entries.empty()) return;
  const auto& first = entries.front();
  statistics_.message =
      fmt::format("{}: {}{}", describe(first.key), first.reason,
                  statistics_.unconverged_rve_files.empty()
                      ? ""
                      : fmt::format("; it is in {}", statistics_.unconverged_rve_files.front()));
  if (first.failed)
    throw std::runtime_error(
        fmt::format("engine '{}' failed, {}", homogenizer_.engine_name(), statistics_.message));
}

}  // namespace

SECO_REGISTER_MATERIAL(HomogenizedMaterial, "homogenized",
                       "linear elastic response of an RVE at every point, with guaranteed bounds")

}  // namespace seco::plugin
