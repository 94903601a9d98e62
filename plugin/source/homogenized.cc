#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/serialization/array.hpp>
#include <boost/serialization/map.hpp>
#include <boost/serialization/string.hpp>
#include <boost/serialization/utility.hpp>
#include <boost/serialization/vector.hpp>
#include <chrono>
#include <cmath>
#include <cstring>
#include <unordered_map>

#include "rve_assignment.h"
#include "seco/plugin/agree.h"
#include "seco/plugin/mandel_tensor.h"
#include "seco/plugin/parameters.h"
#include "seco/plugin/registration.h"
#include "seco/surrogate/engine.h"

namespace seco::plugin {
namespace {

using surrogate::Homogenized;
using surrogate::Status;

/// The answer for one RVE in a form that ranks can send to each other.
template <int dim>
struct Answer {
  static constexpr int m = dim * (dim + 1) / 2;
  std::array<double, m * m> stiffness{}, lower{}, upper{};
  double gap = 0;
  PointStatus status = PointStatus::ok;

  template <typename Archive>
  void serialize(Archive& archive, unsigned int) {
    archive& stiffness& lower& upper& gap& status;
  }
};

template <int dim>
std::array<double, Answer<dim>::m * Answer<dim>::m> pack(const materials::MandelMatrix& matrix) {
  std::array<double, Answer<dim>::m * Answer<dim>::m> values;
  std::copy(matrix.data(), matrix.data() + matrix.size(), values.begin());
  return values;
}

template <int dim>
dealii::SymmetricTensor<4, dim> unpack(
    const std::array<double, Answer<dim>::m * Answer<dim>::m>& values) {
  constexpr int m = Answer<dim>::m;
  return to_tensor<dim>(
      Eigen::Map<const Eigen::Matrix<double, m, m, Eigen::RowMajor>>(values.data()));
}

PointStatus to_point_status(Status status) {
  if (status == Status::ok) return PointStatus::ok;
  return status == Status::failed ? PointStatus::failed : PointStatus::unreliable;
}

/// The linear elastic response of an RVE at every point, homogenized by an engine (engine.h):
/// stress = C : strain, with the engine's estimate of C and its bounds. The stiffness does not
/// depend on the strain, so the RVEs are homogenized in `set_points`, each different one once in
/// the whole run.
template <int dim>
class HomogenizedMaterial : public Material<dim> {
 public:
  static void declare_parameters(dealii::ParameterHandler& handler) {
    HandlerParameters parameters(handler, HandlerParameters::Mode::declare);
    HomogenizedMaterial().read(parameters, "MPa");
  }

  void parse_parameters(dealii::ParameterHandler& handler, const RunSettings& run) override {
    HandlerParameters parameters(handler, HandlerParameters::Mode::read, run.folder);
    read(parameters, run.unit);
    try {
      engine_ = surrogate::make_engine(engine_name_, settings_);
    } catch (const std::exception& error) {
      // Everything an engine refuses when it is made is its name, its model or its settings.
      const bool known = [&] {
        const auto names = surrogate::engine_names();
        return std::find(names.begin(), names.end(), engine_name_) != names.end();
      }();
      if (known && !settings_.model.empty()) parameters.refuse("", "Surrogate model", error.what());
      parameters.refuse("", "Engine",
                        fmt::format("{}{}", error.what(),
                                    known ? ""
                                          : ". Is the library that brings it named in 'Additional "
                                            "shared libraries'?"));
    }
  }

  void set_points(std::vector<MaterialPoint<dim>> points, MPI_Comm communicator,
                  const std::function<void(std::size_t, std::size_t)>& progress) override;

  void evaluate(std::span<const dealii::SymmetricTensor<2, dim>> strain,
                MaterialResponse<dim>& response) const override {
    AssertThrow(strain.size() == rve_of_point_.size(),
                dealii::ExcDimensionMismatch(strain.size(), rve_of_point_.size()));
    response.resize(strain.size());
    for (std::size_t q = 0; q < strain.size(); ++q) {
      const auto r = rve_of_point_[q];
      response.tangent[q] = stiffness_[r];
      response.lower[q] = lower_[r];
      response.upper[q] = upper_[r];
      response.stress[q] = stiffness_[r] * strain[q];
      response.gap[q] = gap_[r];
      response.status[q] = status_[r];
    }
  }

  MaterialStatistics statistics() const override { return statistics_; }

 private:
  void read(materials::ParameterReader& parameters, const std::string& unit) {
    engine_name_ = parameters.text("", "Engine", "fft",
                                   "engine that homogenizes the RVEs, for example voigt, "
                                   "reuss, hill, fft, or s-eco of the library seco_s_eco");
    settings_.model =
        parameters.path("", "Surrogate model", "", "model folder of the engine s-eco");
    settings_.tolerance =
        parameters.number("", "Tolerance", 1e-6, 1e-14, 1, "relative residual of the engine fft");
    settings_.max_iterations = static_cast<unsigned int>(parameters.integer(
        "", "Largest number of iterations", 2000, 1, 1000000, "iterations after which fft stops"));
    settings_.device = parameters.text("", "Device", "auto", "auto, cpu, cuda or cuda:N");
    settings_.precision = parameters.choice("", "Precision", "double", {"single", "double"},
                                            "precision of the fields of fft");
    settings_.chunk_memory = parameters.number(
        "", "Chunk memory", 1024, 1, 1e7, "memory in MiB for the fields of RVEs computed together");
    assignment_.read(parameters, unit);
  }

  /// Homogenizes the RVEs of the keys, equal ones once.
  std::vector<Answer<dim>> homogenize(
      const std::vector<RveKey>& keys,
      const std::function<void(std::size_t, std::size_t)>& progress);
  void count(const Homogenized& result);
  void collect_statistics(MPI_Comm communicator, double seconds);

  std::string engine_name_;
  surrogate::EngineSettings settings_;
  RveAssignment<dim> assignment_;
  std::unique_ptr<surrogate::Engine> engine_;

  std::vector<std::uint32_t> rve_of_point_;
  std::vector<dealii::SymmetricTensor<4, dim>> stiffness_, lower_, upper_;
  std::vector<double> gap_;
  std::vector<PointStatus> status_;
  MaterialStatistics statistics_;
  double sum_of_gaps_ = 0;
};

template <int dim>
void HomogenizedMaterial<dim>::set_points(
    std::vector<MaterialPoint<dim>> points, MPI_Comm communicator,
    const std::function<void(std::size_t, std::size_t)>& progress) {
  const auto start = std::chrono::steady_clock::now();
  statistics_ = {};
  sum_of_gaps_ = 0;
  std::map<RveKey, std::uint32_t> index;
  rve_of_point_.assign(points.size(), 0);
  std::map<unsigned int, std::vector<RveKey>> requests;
  const auto n_ranks = dealii::Utilities::MPI::n_mpi_processes(communicator);
  run_together(communicator, [&] {
    for (const auto& point : points) index.emplace(assignment_.key(point), 0);
    std::uint32_t next = 0;
    for (auto& [key, i] : index) i = next++;
    for (std::size_t q = 0; q < points.size(); ++q)
      rve_of_point_[q] = index[assignment_.key(points[q])];
  });

  // Every key has an owner among the ranks, so that an RVE that several ranks need is homogenized
  // once.
  const auto owner = [&](const RveKey& key) {
    const auto bits = [](double value) {
      std::uint64_t result = 0;
      std::memcpy(&result, &value, sizeof(result));
      return result;
    };
    return static_cast<unsigned int>(
        materials::mix_seed(key.seed, bits(key.volume_fraction) ^ (bits(key.texture_spread) << 1)) %
        n_ranks);
  };
  for (const auto& [key, i] : index) requests[owner(key)].push_back(key);
  const auto asked = dealii::Utilities::MPI::some_to_some(communicator, requests);
  std::vector<RveKey> owned;
  for (const auto& [rank, keys] : asked) owned.insert(owned.end(), keys.begin(), keys.end());
  std::sort(owned.begin(), owned.end());
  owned.erase(std::unique(owned.begin(), owned.end()), owned.end());

  std::vector<Answer<dim>> answers;
  run_together(communicator, [&] { answers = homogenize(owned, progress); });

  std::map<unsigned int, std::vector<Answer<dim>>> replies;
  for (const auto& [rank, keys] : asked)
    for (const auto& key : keys)
      replies[rank].push_back(
          answers[std::lower_bound(owned.begin(), owned.end(), key) - owned.begin()]);
  const auto received = dealii::Utilities::MPI::some_to_some(communicator, replies);
  for (auto* field : {&stiffness_, &lower_, &upper_}) field->resize(index.size());
  gap_.resize(index.size());
  status_.resize(index.size());
  for (const auto& [rank, keys] : requests)
    for (std::size_t k = 0; k < keys.size(); ++k) {
      const auto& answer = received.at(rank)[k];
      const auto i = index[keys[k]];
      stiffness_[i] = unpack<dim>(answer.stiffness);
      lower_[i] = unpack<dim>(answer.lower);
      upper_[i] = unpack<dim>(answer.upper);
      gap_[i] = answer.gap;
      status_[i] = answer.status;
    }
  statistics_.n_points =
      dealii::Utilities::MPI::sum(static_cast<std::uint64_t>(points.size()), communicator);
  collect_statistics(
      communicator,
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
}

template <int dim>
std::vector<Answer<dim>> HomogenizedMaterial<dim>::homogenize(
    const std::vector<RveKey>& keys,
    const std::function<void(std::size_t, std::size_t)>& progress) {
  // RVEs are generated chunk by chunk, since all of them together may not fit into memory.
  constexpr std::size_t chunk_size = 256;
  std::vector<Answer<dim>> answers(keys.size());
  std::unordered_map<std::uint64_t, std::size_t> first_with_hash;
  for (std::size_t first = 0; first < keys.size(); first += chunk_size) {
    const auto last = std::min(first + chunk_size, keys.size());
    std::vector<materials::Rve> rves;
    std::vector<std::size_t> position, repeated;
    for (std::size_t k = first; k < last; ++k) {
      auto rve = assignment_.make_rve(keys[k]);
      const auto [known, is_new] = first_with_hash.emplace(materials::hash(rve), k);
      if (!is_new) {
        repeated.push_back(k);
        continue;
      }
      position.push_back(k);
      rves.push_back(std::move(rve));
    }
    const auto results = engine_->homogenize(rves, [&](std::size_t done) {
      if (progress) progress(first + done, keys.size());
    });
    for (std::size_t i = 0; i < results.size(); ++i) {
      const auto& result = results[i];
      if (result.status == Status::failed)
        throw std::runtime_error(
            fmt::format("engine '{}' failed for the RVE with seed {} and volume fraction "
                        "{:g}: {}",
                        result.engine, keys[position[i]].seed, keys[position[i]].volume_fraction,
                        result.message));
      answers[position[i]] = {pack<dim>(result.stiffness), pack<dim>(result.lower),
                              pack<dim>(result.upper), result.gap, to_point_status(result.status)};
      count(result);
    }
    for (const auto k : repeated)
      answers[k] = answers[first_with_hash.at(materials::hash(assignment_.make_rve(keys[k])))];
    if (progress) progress(last, keys.size());
  }
  return answers;
}

template <int dim>
void HomogenizedMaterial<dim>::count(const Homogenized& result) {
  ++statistics_.n_rves[result.engine];
  sum_of_gaps_ += result.gap;
  statistics_.worst_gap = std::max(statistics_.worst_gap, result.gap);
  if (result.status == Status::ok) return;
  ++statistics_.n_unreliable_rves;
  if (statistics_.message.empty())
    statistics_.message = fmt::format("{}: {}", to_string(result.status), result.message);
}

template <int dim>
void HomogenizedMaterial<dim>::collect_statistics(MPI_Comm communicator, double seconds) {
  namespace MPI = dealii::Utilities::MPI;
  auto& s = statistics_;
  std::map<std::string, std::uint64_t> n_rves;
  std::string message;
  for (const auto& [counts, text] :
       MPI::all_gather(communicator, std::make_pair(s.n_rves, s.message))) {
    for (const auto& [engine, n] : counts) n_rves[engine] += n;
    if (message.empty()) message = text;
  }
  s.n_rves = n_rves;
  s.message = message;
  s.n_unreliable_rves = MPI::sum(s.n_unreliable_rves, communicator);
  s.worst_gap = MPI::max(s.worst_gap, communicator);
  std::uint64_t n = 0;
  for (const auto& [engine, count] : n_rves) n += count;
  s.mean_gap = n > 0 ? MPI::sum(sum_of_gaps_, communicator) / static_cast<double>(n) : 0.;
  s.seconds = MPI::max(seconds, communicator);
}

}  // namespace

SECO_REGISTER_MATERIAL(HomogenizedMaterial, "homogenized",
                       "linear elastic response of an RVE at every point, with guaranteed bounds")

}  // namespace seco::plugin
