#include "rve_homogenizer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <unordered_map>

#include "seco/plugin/mandel_tensor.h"

namespace seco::plugin {

using surrogate::Homogenized;
using surrogate::Status;

template <int dim>
void RveHomogenizer<dim>::read(materials::ParameterReader& parameters, const std::string& unit) {
  engine_name_ =
      parameters.text("", "Engine", "fft",
                      "engine that homogenizes the RVEs, for example voigt, "
                      "reuss, hill, fft, certified, auto, or s-eco of the library seco_s_eco");
  settings_.model =
      parameters.path("", "Surrogate model", "", "model folder of the engines with a network");
  settings_.tolerance = parameters.number("", "Tolerance", 1e-6, 1e-14, 1,
                                          "relative residual of the engine fft, largest relative "
                                          "gap of the engines certified and auto");
  settings_.max_iterations = static_cast<unsigned int>(
      parameters.integer("", "Largest number of iterations", 2000, 1, 1000000,
                         "iterations after which iterative engines stop"));
  settings_.device = parameters.text("", "Device", "auto", "auto, cpu, cuda or cuda:N");
  settings_.precision = parameters.choice("", "Precision", "double", {"single", "double"},
                                          "precision of the fields of fft and certified");
  settings_.chunk_memory = parameters.number(
      "", "Chunk memory", 1024, 1, 1e7, "memory in MiB for the fields of RVEs computed together");
  largest_gap_ = parameters.number(
      "", "Largest gap", 1, 0, 1,
      "RVEs with a larger certified relative gap count as missing what was asked");
  polish_engine_name_ =
      parameters.text("", "Polish engine", "certified",
                      "engine that RVEs are polished with if the section Certification sets a "
                      "compliance tolerance; its tolerance is the largest relative gap");
  polish_model_ = parameters.path("", "Polish model", "",
                                  "model folder of the polish engine; empty to start from zero");
  polish_tolerance_ = parameters.number("", "Polish tolerance", 0, 0, 0.5,
                                        "gap that every marked RVE is polished to; 0 for what the "
                                        "compliance tolerance needs of each");
  smallest_gap_ = parameters.number("", "Smallest polish tolerance", 1e-6, 1e-14, 0.5,
                                    "RVEs are polished no further than to this gap");
  audit_engine_name_ = parameters.text("", "Audit engine", "fft",
                                       "engine of the RVEs that 'Audit fraction' of the section "
                                       "Certification homogenizes again");
  audit_tolerance_ =
      parameters.number("", "Audit tolerance", 1e-4, 1e-14, 0.5, "tolerance of the audit engine");
  assignment_.read(parameters, unit);
}

template <int dim>
std::unique_ptr<surrogate::Engine> RveHomogenizer<dim>::make_engine(const Keys& keys,
                                                                    double tolerance) const {
  auto settings = settings_;
  settings.model = keys.model;
  settings.tolerance = tolerance;
  return surrogate::make_engine(keys.engine, settings);
}

template <int dim>
std::unique_ptr<surrogate::Engine> RveHomogenizer<dim>::try_engine(
    materials::ParameterReader& parameters, const Keys& keys, double tolerance) const {
  try {
    return make_engine(keys, tolerance);
  } catch (const std::exception& error) {
    // Everything an engine refuses when it is made is its name, its model or its settings.
    const auto names = surrogate::engine_names();
    const bool known = std::find(names.begin(), names.end(), keys.engine) != names.end();
    if (std::string(error.what()).starts_with("device"))
      parameters.refuse("", "Device", error.what());
    if (known && !keys.model.empty()) parameters.refuse("", keys.model_key, error.what());
    parameters.refuse(
        "", keys.engine_key,
        fmt::format(
            "{}{}", error.what(),
            known ? ""
                  : ". Is the library that brings it named in 'Additional shared libraries'?"));
  }
}

template <int dim>
void RveHomogenizer<dim>::make_engines(materials::ParameterReader& parameters,
                                       const RunSettings& run) {
  engine_ = try_engine(parameters, main_keys(), settings_.tolerance);
  // The tightest that it may be asked for, so that nothing is refused in the middle of a run.
  if (run.goal_oriented) try_engine(parameters, polish_keys(), polish_tolerance(smallest_gap_));
  if (run.audited) try_engine(parameters, audit_keys(), audit_tolerance_);
}

template <int dim>
double RveHomogenizer<dim>::polish_tolerance(double wanted) const {
  if (polish_tolerance_ > 0) return polish_tolerance_;
  return std::max(smallest_gap_, std::exp2(std::floor(std::log2(std::min(wanted, 0.5)))));
}

template <int dim>
std::vector<RveAnswer<dim>> RveHomogenizer<dim>::homogenize(const std::vector<RveTask>& tasks,
                                                            const Progress& progress) const {
  std::map<double, std::vector<std::size_t>> positions;
  for (std::size_t t = 0; t < tasks.size(); ++t) positions[tasks[t].wanted_gap].push_back(t);
  std::vector<RveAnswer<dim>> answers(tasks.size());
  std::size_t finished = 0;
  for (const auto& [wanted_gap, members] : positions) {
    std::vector<RveKey> keys;
    for (const auto t : members) keys.push_back(tasks[t].key);
    const auto report = [&](std::size_t done) {
      if (progress) progress(finished + done, tasks.size());
    };
    const bool polish = wanted_gap > 0;
    const auto polish_engine = polish ? make_engine(polish_keys(), wanted_gap) : nullptr;
    auto results = homogenize(keys, polish ? *polish_engine : *engine_,
                              polish ? polish_keys() : main_keys(), report);
    for (std::size_t i = 0; i < members.size(); ++i) {
      results[i].wanted_gap = wanted_gap;
      answers[members[i]] = std::move(results[i]);
    }
    finished += members.size();
  }
  return answers;
}

template <int dim>
std::vector<RveAnswer<dim>> RveHomogenizer<dim>::audit(const std::vector<RveKey>& keys,
                                                       const Progress& progress) const {
  const auto engine = make_engine(audit_keys(), audit_tolerance_);
  return homogenize(keys, *engine, audit_keys(), [&](std::size_t done) {
    if (progress) progress(done, keys.size());
  });
}

template <int dim>
std::vector<RveAnswer<dim>> RveHomogenizer<dim>::homogenize(
    const std::vector<RveKey>& keys, const surrogate::Engine& engine, const Keys& names,
    const std::function<void(std::size_t)>& progress) const {
  constexpr std::size_t chunk_size = 256;
  std::vector<RveAnswer<dim>> answers(keys.size());
  std::unordered_map<std::uint64_t, std::size_t> first_with_hash;
  for (std::size_t first = 0; first < keys.size(); first += chunk_size) {
    const auto last = std::min(first + chunk_size, keys.size());
    std::vector<materials::Rve> rves;
    std::vector<std::size_t> position;
    std::vector<std::pair<std::size_t, std::size_t>> repeated;
    for (std::size_t k = first; k < last; ++k) {
      auto rve = make_rve(keys[k]);
      const auto [known, is_new] = first_with_hash.emplace(materials::hash(rve), k);
      if (!is_new) {
        repeated.push_back({k, known->second});
        continue;
      }
      position.push_back(k);
      rves.push_back(std::move(rve));
    }
    std::vector<Homogenized> results;
    try {
      results = engine.homogenize(rves, [&](std::size_t done) { progress(first + done); });
    } catch (const std::invalid_argument& error) {
      // An engine refuses RVEs that its model or its settings do not fit.
      const bool by_model = !names.model.empty();
      throw std::invalid_argument(fmt::format("key '{}' is '{}': {}",
                                              by_model ? names.model_key : names.engine_key,
                                              by_model ? names.model : names.engine, error.what()));
    }
    for (std::size_t i = 0; i < results.size(); ++i) answers[position[i]] = to_answer(results[i]);
    for (const auto& [k, same] : repeated) {
      answers[k] = answers[same];
      answers[k].repeated = true;
    }
    progress(last);
  }
  return answers;
}

template <int dim>
RveAnswer<dim> RveHomogenizer<dim>::to_answer(const Homogenized& result) const {
  RveAnswer<dim> answer;
  answer.engine = result.engine;
  if (result.status != Status::ok) {
    answer.status = result.status == Status::failed ? PointStatus::failed : PointStatus::unreliable;
    answer.reason = fmt::format("{}: {}", to_string(result.status), result.message);
  }
  if (answer.status == PointStatus::failed) return answer;
  answer.stiffness = to_tensor<dim>(result.stiffness);
  answer.lower = to_tensor<dim>(result.lower);
  answer.upper = to_tensor<dim>(result.upper);
  answer.gap = result.gap;
  if (answer.status == PointStatus::ok && !(result.gap <= largest_gap_)) {
    answer.status = PointStatus::unreliable;
    answer.reason = fmt::format("the certified gap is {:.3g}, allowed by 'Largest gap' is {:.3g}",
                                result.gap, largest_gap_);
  }
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
