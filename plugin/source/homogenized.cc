#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <boost/serialization/array.hpp>
#include <boost/serialization/map.hpp>
#include <boost/serialization/string.hpp>
#include <boost/serialization/utility.hpp>
#include <boost/serialization/vector.hpp>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <limits>
#include <unordered_map>

#include "doubtful_rves.h"
#include "rve_assignment.h"
#include "seco/plugin/agree.h"
#include "seco/plugin/mandel_tensor.h"
#include "seco/plugin/parameters.h"
#include "seco/plugin/registration.h"
#include "seco/surrogate/engine.h"
#include "share_work.h"

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
    output_directory_ = run.output_directory;
    try {
      engine_ = surrogate::make_engine(engine_name_, settings_);
    } catch (const std::exception& error) {
      // Everything an engine refuses when it is made is its name, its model or its settings.
      const bool known = [&] {
        const auto names = surrogate::engine_names();
        return std::find(names.begin(), names.end(), engine_name_) != names.end();
      }();
      if (std::string(error.what()).starts_with("device"))
        parameters.refuse("", "Device", error.what());
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
    largest_gap_ = parameters.number(
        "", "Largest gap", 1, 0, 1,
        "RVEs with a larger certified relative gap count as missing what was asked");
    n_files_ = static_cast<std::size_t>(parameters.integer(
        "", "Files of doubtful RVEs", 3, 0, 10000,
        "so many of the RVEs that failed or miss what was asked, the worst, are written to the "
        "folder doubtful_rves of the output directory"));
    assignment_.read(parameters, unit);
  }

  /// Homogenizes the RVEs of the keys, equal ones once. Those that fail have the status `failed`.
  std::vector<Answer<dim>> homogenize(
      const std::vector<RveKey>& keys,
      const std::function<void(std::size_t, std::size_t)>& progress);
  materials::Rve make_rve(const RveKey& key) const;
  std::vector<Homogenized> run_engine(std::span<const materials::Rve> rves,
                                      const std::function<void(std::size_t)>& progress) const;
  /// Notes a result in the statistics. @return its status
  PointStatus count(const RveKey& key, const Homogenized& result);
  /// Writes the worst RVEs to files. @throws std::runtime_error if one of them failed
  void report_doubtful(MPI_Comm communicator);
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
  double sum_of_gaps_ = 0, largest_gap_ = 1;
  std::size_t n_files_ = 0;
  std::string output_directory_;
  std::vector<DoubtfulRve> doubtful_;
};

template <int dim>
void HomogenizedMaterial<dim>::set_points(
    std::vector<MaterialPoint<dim>> points, MPI_Comm communicator,
    const std::function<void(std::size_t, std::size_t)>& progress) {
  const auto start = std::chrono::steady_clock::now();
  statistics_ = {};
  sum_of_gaps_ = 0;
  doubtful_.clear();
  std::map<RveKey, std::uint32_t> index;
  rve_of_point_.assign(points.size(), 0);
  run_together(communicator, [&] {
    for (const auto& point : points) index.emplace(assignment_.key(point), 0);
    std::uint32_t next = 0;
    for (auto& [key, i] : index) i = next++;
    for (std::size_t q = 0; q < points.size(); ++q)
      rve_of_point_[q] = index[assignment_.key(points[q])];
  });

  std::vector<RveKey> keys;
  for (const auto& [key, i] : index) keys.push_back(key);
  const auto answers = share_work<RveKey, Answer<dim>>(
      keys, communicator,
      [](const RveKey& key) {
        return materials::mix_seed(key.seed,
                                   std::bit_cast<std::uint64_t>(key.volume_fraction) ^
                                       (std::bit_cast<std::uint64_t>(key.texture_spread) << 1));
      },
      [&](const std::vector<RveKey>& mine) {
        std::vector<Answer<dim>> result;
        run_together(communicator, [&] { result = homogenize(mine, progress); });
        return result;
      });
  report_doubtful(communicator);

  for (auto* field : {&stiffness_, &lower_, &upper_}) field->clear();
  gap_.clear();
  status_.clear();
  for (const auto& answer : answers) {
    stiffness_.push_back(unpack<dim>(answer.stiffness));
    lower_.push_back(unpack<dim>(answer.lower));
    upper_.push_back(unpack<dim>(answer.upper));
    gap_.push_back(answer.gap);
    status_.push_back(answer.status);
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
      auto rve = make_rve(keys[k]);
      const auto [known, is_new] = first_with_hash.emplace(materials::hash(rve), k);
      if (!is_new) {
        repeated.push_back(k);
        continue;
      }
      position.push_back(k);
      rves.push_back(std::move(rve));
    }
    const auto results = run_engine(rves, [&](std::size_t done) {
      if (progress) progress(first + done, keys.size());
    });
    for (std::size_t i = 0; i < results.size(); ++i) {
      const auto& result = results[i];
      const auto status = count(keys[position[i]], result);
      if (status == PointStatus::failed)
        answers[position[i]].status = status;
      else
        answers[position[i]] = {pack<dim>(result.stiffness), pack<dim>(result.lower),
                                pack<dim>(result.upper), result.gap, status};
    }
    for (const auto k : repeated)
      answers[k] = answers[first_with_hash.at(materials::hash(make_rve(keys[k])))];
    if (progress) progress(last, keys.size());
  }
  return answers;
}

template <int dim>
materials::Rve HomogenizedMaterial<dim>::make_rve(const RveKey& key) const {
  try {
    return assignment_.make_rve(key);
  } catch (const std::invalid_argument& error) {
    throw std::invalid_argument(
        fmt::format("subsection 'Microstructure', {}: {}", describe(key), error.what()));
  }
}

template <int dim>
std::vector<Homogenized> HomogenizedMaterial<dim>::run_engine(
    std::span<const materials::Rve> rves, const std::function<void(std::size_t)>& progress) const {
  try {
    return engine_->homogenize(rves, progress);
  } catch (const std::invalid_argument& error) {
    // An engine refuses RVEs that its model or its settings do not fit.
    const bool model = !settings_.model.empty();
    throw std::invalid_argument(fmt::format("key '{}' is '{}': {}",
                                            model ? "Surrogate model" : "Engine",
                                            model ? settings_.model : engine_name_, error.what()));
  }
}

template <int dim>
PointStatus HomogenizedMaterial<dim>::count(const RveKey& key, const Homogenized& result) {
  ++statistics_.n_rves[result.engine];
  auto status = to_point_status(result.status);
  std::string reason = fmt::format("{}: {}", to_string(result.status), result.message);
  if (status != PointStatus::failed) {
    sum_of_gaps_ += result.gap;
    statistics_.worst_gap = std::max(statistics_.worst_gap, result.gap);
    if (status == PointStatus::ok && !(result.gap <= largest_gap_)) {
      status = PointStatus::unreliable;
      reason = fmt::format("the certified gap is {:.3g}, allowed by 'Largest gap' is {:.3g}",
                           result.gap, largest_gap_);
    }
  }
  if (status == PointStatus::ok) return status;
  ++statistics_.n_unreliable_rves;
  const bool failed = status == PointStatus::failed;
  doubtful_.push_back(
      {key, failed, failed ? std::numeric_limits<double>::infinity() : result.gap, reason});
  return status;
}

template <int dim>
void HomogenizedMaterial<dim>::report_doubtful(MPI_Comm communicator) {
  const auto entries =
      worst_of_all_ranks(doubtful_, std::max<std::size_t>(n_files_, 1), communicator);
  if (entries.empty()) return;
  std::vector<std::string> files;
  if (n_files_ > 0 && !output_directory_.empty())
    run_together(communicator, [&] {
      if (dealii::Utilities::MPI::this_mpi_process(communicator) == 0)
        files = write_doubtful_rves(
            entries, [&](const RveKey& key) { return make_rve(key); },
            (std::filesystem::path(output_directory_) / "doubtful_rves").string());
    });
  statistics_.doubtful_rve_files = dealii::Utilities::MPI::broadcast(communicator, files, 0);
  const auto& first = entries.front();
  statistics_.message =
      fmt::format("{}: {}{}", describe(first.key), first.reason,
                  statistics_.doubtful_rve_files.empty()
                      ? ""
                      : fmt::format("; it is in {}", statistics_.doubtful_rve_files.front()));
  if (first.failed)
    throw std::runtime_error(
        fmt::format("engine '{}' failed, {}", engine_name_, statistics_.message));
}

template <int dim>
void HomogenizedMaterial<dim>::collect_statistics(MPI_Comm communicator, double seconds) {
  namespace MPI = dealii::Utilities::MPI;
  auto& s = statistics_;
  std::map<std::string, std::uint64_t> n_rves;
  for (const auto& counts : MPI::all_gather(communicator, s.n_rves))
    for (const auto& [engine, n] : counts) n_rves[engine] += n;
  s.n_rves = n_rves;
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
