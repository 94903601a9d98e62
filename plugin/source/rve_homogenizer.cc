#include "rve_homogenizer.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>

#include "seco/plugin/mandel_tensor.h"
#include "seco/surrogate/engine_parameters.h"

namespace seco::plugin {

using surrogate::Homogenized;
using surrogate::Status;

namespace {

/// Whether a folder can be written to, or made, without doing either.
/// @throws std::invalid_argument
void check_can_be_made(const std::filesystem::path& folder) {
  std::error_code error;
  auto existing = std::filesystem::absolute(folder, error).lexically_normal();
  while (!std::filesystem::exists(existing, error) && existing.has_relative_path())
    existing = existing.parent_path();
  if (std::filesystem::is_directory(existing, error) && access(existing.c_str(), W_OK | X_OK) == 0)
    return;
  throw std::invalid_argument(fmt::format(
      "{}: cannot be made or written; allowed is a folder where you may write", folder.string()));
}

}  // namespace

template <int dim>
void RveHomogenizer<dim>::read(materials::ParameterReader& parameters, const std::string& unit) {
  const auto choice = surrogate::read_engine(parameters, "");
  engine_name_ = choice.name;
  settings_ = choice.settings;
  largest_gap_ = choice.largest_gap;
  cache_folder_ = choice.cache;
  run_ = surrogate::read_run_parameters(parameters, "");
  assignment_.read(parameters, unit, run_);
}

template <int dim>
surrogate::EngineSettings RveHomogenizer<dim>::settings_for(const Keys& keys,
                                                            double tolerance) const {
  auto settings = settings_;
  settings.model = keys.model;
  settings.tolerance = tolerance;
  return settings;
}

template <int dim>
std::unique_ptr<surrogate::Engine> RveHomogenizer<dim>::make_engine(const Keys& keys,
                                                                    double tolerance) const {
  return surrogate::make_engine(keys.engine, settings_for(keys, tolerance));
}

template <int dim>
std::unique_ptr<surrogate::Engine> RveHomogenizer<dim>::try_engine(
    materials::ParameterReader& parameters, const Keys& keys, double tolerance) const {
  return surrogate::make_engine(
      keys.engine, settings_for(keys, tolerance), parameters, "",
      {keys.engine_key, keys.model_key, keys.tolerance_key},
      "Is the library that brings it named in 'Additional shared libraries'?");
}

template <int dim>
void RveHomogenizer<dim>::make_engines(materials::ParameterReader& parameters,
                                       const RunSettings& run) {
  engine_ = try_engine(parameters, main_keys(), settings_.tolerance);
  device_ = {settings_.device, 1};
  if (!cache_folder_.empty()) try {
      // Of an engine whose results can be kept, to see whether the folder can be used.
      if (run.checked_only)
        check_can_be_made(cache_folder_);
      else
        surrogate::ResultCache(cache_folder_, "fft", {});
    } catch (const std::invalid_argument& error) {
      parameters.refuse("", "Result cache", error.what());
    }
  refines_ = run.goal_oriented;
  audits_ = run.audited;
  // The tightest that it may be asked for, so that nothing is refused in the middle of a run.
  if (run.goal_oriented)
    try_engine(parameters, refinement_keys(), refinement_tolerance(run_.smallest_gap));
  if (run.audited) try_engine(parameters, audit_keys(), run_.audit_tolerance);
}

template <int dim>
double RveHomogenizer<dim>::refinement_tolerance(double wanted) const {
  if (run_.refinement_tolerance > 0) return run_.refinement_tolerance;
  return std::max(run_.smallest_gap, std::exp2(std::floor(std::log2(std::min(wanted, 0.5)))));
}

template <int dim>
std::string RveHomogenizer<dim>::smallest_gap_key() const {
  return fmt::format("'{}' = {:g}", refinement_keys().tolerance_key,
                     run_.refinement_tolerance > 0 ? run_.refinement_tolerance : run_.smallest_gap);
}

template <int dim>
std::string RveHomogenizer<dim>::missed_gap(const RveAnswer<dim>& answer) const {
  const auto keys = refinement_keys();
  return fmt::format("'{}' = {} stopped at a gap of {:.2g}, asked for {:.2g}{}", keys.engine_key,
                     keys.engine, answer.gap, answer.wanted_gap,
                     answer.reason.empty() ? "" : fmt::format(" ({})", answer.reason));
}

template <int dim>
void RveHomogenizer<dim>::share_devices(MPI_Comm communicator) {
  if (devices_are_shared_) return;
  devices_are_shared_ = true;
  const int n_devices = surrogate::n_cuda_devices();
  MPI_Comm node = MPI_COMM_NULL;
  MPI_Comm_split_type(communicator, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &node);
  int rank = 0, n_ranks = 1;
  MPI_Comm_rank(node, &rank);
  MPI_Comm_size(node, &n_ranks);
  MPI_Comm_free(&node);
  device_ = surrogate::device_share(settings_.device, rank, n_ranks, n_devices);
  if (device_.device == settings_.device && device_.n_sharers == 1) return;
  settings_.device = device_.device;
  // Without a number of its own the engine divides what is free itself.
  if (settings_.chunk_memory > 0)
    settings_.chunk_memory = std::max(1., settings_.chunk_memory / device_.n_sharers);
  engine_ = make_engine(main_keys(), settings_.tolerance);
}

template <int dim>
std::string RveHomogenizer<dim>::blamed(const Keys& keys) {
  const bool by_model = !keys.model.empty();
  return fmt::format("key '{}' is '{}'", by_model ? keys.model_key : keys.engine_key,
                     by_model ? keys.model : keys.engine);
}

template <int dim>
void RveHomogenizer<dim>::check_fits(const materials::Rve& rve) const {
  const auto check = [&](const Keys& keys, const surrogate::Engine& engine) {
    try {
      engine.check_fits(rve);
    } catch (const std::invalid_argument& error) {
      throw std::invalid_argument(fmt::format("{}: {}", blamed(keys), error.what()));
    }
  };
  check(main_keys(), *engine_);
  if (refines_)
    check(refinement_keys(),
          *make_engine(refinement_keys(), refinement_tolerance(run_.smallest_gap)));
  if (audits_) check(audit_keys(), *make_engine(audit_keys(), run_.audit_tolerance));
}

template <int dim>
double RveHomogenizer<dim>::cost(const RveTask& task) const {
  const double tolerance = task.wanted_gap > 0 ? task.wanted_gap : settings_.tolerance;
  const double iterations =
      assignment_.is_homogeneous(task.key) ? 1. : 2. - 3. * std::log10(tolerance);
  return iterations * static_cast<double>(assignment_.n_voxels());
}

template <int dim>
StageSettings RveHomogenizer<dim>::stage_settings() const {
  constexpr double most_bytes = 64 << 20;
  const bool on_gpu = device_.device.starts_with("cuda");
  const auto n_voxels = static_cast<double>(assignment_.n_voxels());
  const double bytes =
      n_voxels * sizeof(std::uint16_t) +
      static_cast<double>(assignment_.n_phases()) * sizeof(materials::MandelMatrix);
  StageSettings stage;
  stage.largest_batch = static_cast<std::size_t>(std::clamp(most_bytes / bytes, 1., 256.));
  // What keeps the device busy.
  stage.smallest_batch = static_cast<std::size_t>(
      std::clamp((on_gpu ? 1 << 21 : 1 << 14) / n_voxels, 1., on_gpu ? 256. : 64.));
  const bool calibrates = engine_name_ == "auto";
  stage.first_batch = calibrates ? 16 : 1;
  stage.n_in_flight = on_gpu && !calibrates ? 2 : 1;
  const auto n_threads = static_cast<unsigned int>(surrogate::n_cpu_threads());
  stage.n_threads = std::min(on_gpu ? n_threads : n_threads - 1, 16u);
  if (on_gpu && device_.n_sharers > 1)
    stage.device_queue =
        surrogate::DeviceQueue(std::filesystem::temp_directory_path().string(), device_.device);
  return stage;
}

template <int dim>
StageEngine RveHomogenizer<dim>::stage_engine(
    const Keys& keys, double tolerance, std::shared_ptr<const surrogate::Engine> first) const {
  std::shared_ptr<const surrogate::ResultCache> cache;
  if (!cache_folder_.empty() && !surrogate::engine_version(keys.engine).empty())
    cache = std::make_shared<surrogate::ResultCache>(cache_folder_, keys.engine,
                                                     settings_for(keys, tolerance));
  StageEngine stage;
  const auto add = [&](std::shared_ptr<const surrogate::Engine> engine) {
    stage.engines.push_back(
        std::make_shared<const surrogate::CachedEngine>(std::move(engine), cache));
  };
  if (first) add(std::move(first));
  while (stage.engines.size() < stage_settings().n_in_flight) add(make_engine(keys, tolerance));
  stage.parameter = blamed(keys);
  return stage;
}

template <int dim>
std::vector<RveAnswer<dim>> RveHomogenizer<dim>::homogenize(TaskSource<RveTask>& source,
                                                            Purpose purpose,
                                                            CacheCounts& counts) const {
  std::map<double, StageEngine> engines;
  const auto engine_for = [&](double wanted_gap) -> const StageEngine& {
    if (const auto known = engines.find(wanted_gap); known != engines.end()) return known->second;
    auto engine = purpose == Purpose::audit ? stage_engine(audit_keys(), run_.audit_tolerance)
                  : wanted_gap > 0          ? stage_engine(refinement_keys(), wanted_gap)
                                   : stage_engine(main_keys(), settings_.tolerance, engine_);
    return engines.emplace(wanted_gap, std::move(engine)).first->second;
  };
  const HomogenizationStage stage(
      stage_settings(), [this](const RveKey& key) { return make_rve(key); }, engine_for);
  std::vector<RveAnswer<dim>> answers;
  const auto repeated =
      stage.run(source, [&](std::size_t task, const Homogenized& result, const auto& digest) {
        if (task >= answers.size()) answers.resize(task + 1);
        answers[task] = to_answer(result);
        answers[task].digest = digest;
      });
  answers.resize(source.taken().size());
  for (const auto& [task, same] : repeated) answers[task] = answers[same];
  for (std::size_t t = 0; t < answers.size(); ++t)
    answers[t].wanted_gap = source.taken()[t].key.wanted_gap;
  for (const auto& [gap, engine] : engines)
    if (const auto* cache = engine.engines.front()->cache()) {
      counts.n_found += cache->n_found();
      counts.n_damaged += cache->n_damaged();
      counts.n_not_written += cache->n_not_written();
    }
  return answers;
}

template <int dim>
void RveHomogenizer<dim>::prune_cache() const {
  if (!cache_folder_.empty())
    surrogate::ResultCache::prune(cache_folder_,
                                  static_cast<std::uintmax_t>(run_.cache_limit * 1024. * 1024.));
}

template <int dim>
RveAnswer<dim> RveHomogenizer<dim>::to_answer(const Homogenized& result) const {
  RveAnswer<dim> answer;
  answer.engine = result.engine;
  answer.reason = verdict(result, largest_gap_);
  if (result.status == Status::not_converged && result.iterations >= settings_.max_iterations)
    answer.reason +=
        fmt::format("; 'Largest number of iterations' = {} was reached", settings_.max_iterations);
  if (!answer.reason.empty())
    answer.status = result.status == Status::failed ? PointStatus::failed : PointStatus::unreliable;
  if (answer.status == PointStatus::failed) return answer;
  constexpr double largest_asymmetry = 1e-8;
  for (const auto* matrix : {&result.stiffness, &result.lower, &result.upper})
    if (materials::asymmetry(*matrix) > largest_asymmetry) {
      answer.status = PointStatus::failed;
      answer.reason = "the engine gives a stiffness that is not symmetric";
      return answer;
    }
  answer.stiffness = StiffnessTriangle<dim>(to_tensor<dim>(result.stiffness));
  answer.lower = StiffnessTriangle<dim>(to_tensor<dim>(result.lower));
  answer.upper = StiffnessTriangle<dim>(to_tensor<dim>(result.upper));
  if (dim == 2 && result.out_of_plane.rows() == 3)
    for (int i = 0; i < 9; ++i)
      answer.out_of_plane[static_cast<std::size_t>(i)] = result.out_of_plane(i / 3, i % 3);
  answer.gap = result.gap;
  return answer;
}

template <int dim>
materials::Rve RveHomogenizer<dim>::make_rve(const RveKey& key) const {
  try {
    return assignment_.make_rve(key);
  } catch (const std::invalid_argument& error) {
    throw std::invalid_argument(
        fmt::format("subsection 'Microstructure', {}: {}", describe(key), error.what()));
  }
}

template class RveHomogenizer<2>;
template class RveHomogenizer<3>;

}  // namespace seco::plugin
