// RVEs with nonlinear laws as material of a structure.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string_view>
#include <tuple>

#include "component_pairs.h"
#include "rve_assignment.h"
#include "seco/materials/mandel.h"
#include "seco/materials/parameter_file.h"
#include "seco/materials/phase_laws.h"
#include "seco/materials/rve_file.h"
#include "seco/materials/write_atomically.h"
#include "seco/plugin/agree.h"
#include "seco/plugin/mandel_tensor.h"
#include "seco/plugin/out_of_plane_stress.h"
#include "seco/plugin/parameters.h"
#include "seco/plugin/registration.h"
#include "seco/surrogate/deforming_points.h"
#include "seco/surrogate/point_parameters.h"
#include "stopwatch.h"
#include "sum_over_ranks.h"

namespace seco::plugin {
namespace {

using materials::MandelVector;

/// A state of a point as bytes, and back.
std::string_view bytes_of(const std::vector<double>& numbers) {
  return {reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(double)};
}
std::vector<double> numbers_of(std::string_view bytes) {
  std::vector<double> numbers(bytes.size() / sizeof(double));
  std::memcpy(numbers.data(), bytes.data(), numbers.size() * sizeof(double));
  return numbers;
}

/// Collective.
int ranks_on_node(MPI_Comm communicator) {
  MPI_Comm node = MPI_COMM_NULL;
  MPI_Comm_split_type(communicator, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &node);
  int n = 1;
  MPI_Comm_size(node, &n);
  MPI_Comm_free(&node);
  return n;
}

/// An RVE at every point, whose phases have nonlinear laws and remember what has happened to them
/// (docs/nonlinear.md): the stress is the mean over the RVE, the energy that of its fields, an
/// upper bound, and the dual energy that of its stress in equilibrium. Each rank answers its own
/// points.
template <int dim>
class HomogenizedLaws : public Material<dim>, public OutOfPlaneStress {
 public:
  using Tensor = dealii::SymmetricTensor<2, dim>;

  static void declare_parameters(dealii::ParameterHandler& handler) {
    HandlerParameters parameters(handler, HandlerParameters::Mode::declare);
    HomogenizedLaws().read(parameters, "MPa");
  }

  void parse_parameters(dealii::ParameterHandler& handler, const RunSettings& run) override {
    HandlerParameters parameters(handler, HandlerParameters::Mode::read, run.folder);
    read(parameters, run.unit);
    surrogate::require_laws(parameters, "", point_parameters_);
    output_directory_ = run.output_directory;
    // What is wrong with it shows before anything is computed.
    try {
      laws_ = materials::ParameterFile::read(point_parameters_.laws_file);
      const auto rve = assignment_.make_rve({1, assignment_.volume_fraction(), 0});
      state_names_.clear();
      for (const auto& law : laws_of(rve)) {
        if (!law) continue;
        for (const auto& variable : law->state_variables())
          if (variable.n_components == 1) state_names_.insert(variable.name);
      }
    } catch (const std::invalid_argument& error) {
      parameters.refuse("", "Laws", error.what());
    }
  }

  Dependence dependence() const override { return Dependence::history; }

  /// With the elastic stiffnesses of the laws, since those of the microstructure do not matter.
  std::optional<materials::Rve> rve(const MaterialPoint<dim>& point) const override {
    auto result = assignment_.make_rve(assignment_.key(point));
    const auto laws = laws_of(result);
    auto in_space = result.stiffness_3d;
    in_space.resize(result.stiffness.size());
    for (std::size_t p = 0; p < laws.size(); ++p) {
      // Only phases that occur have one.
      if (!laws[p]) continue;
      in_space[p] = laws[p]->elastic_stiffness();
      result.stiffness[p] = dim == 2 ? materials::plane_strain(in_space[p]) : in_space[p];
    }
    const bool all = std::all_of(in_space.begin(), in_space.end(),
                                 [](const auto& stiffness) { return stiffness.size() > 0; });
    if (dim == 2) result.stiffness_3d = all ? in_space : decltype(in_space)();
    return result;
  }

  std::uint64_t check_points(const std::vector<MaterialPoint<dim>>& points,
                             MPI_Comm communicator) const override {
    std::set<RveKey> keys;
    run_together(communicator, [&] {
      for (const auto& point : points) keys.insert(assignment_.key(point));
    });
    std::uint64_t n = 0;
    for (const auto& sum : sum_over_ranks<RveKey>(
             {keys.begin(), keys.end()}, std::vector<double>(keys.size()), communicator, hash_of))
      n += sum.first;
    return dealii::Utilities::MPI::sum(n, communicator);
  }

  double history_bytes(const std::vector<MaterialPoint<dim>>& points,
                       MPI_Comm communicator) const override {
    double bytes = 0;
    run_together(communicator, [&] {
      if (points.empty()) return;
      // RVEs have the same grid, and differ in how many voxels have which law.
      auto rve = assignment_.make_rve(assignment_.key(points.front()));
      auto laws = laws_of(rve);
      bytes = surrogate::DeformingPoints::bytes_per_point({std::move(rve), std::move(laws)},
                                                          point_parameters_.settings);
    });
    return dealii::Utilities::MPI::max(bytes, communicator);
  }

  void set_points(std::vector<MaterialPoint<dim>> points, MPI_Comm communicator,
                  const std::function<void(std::size_t, std::size_t)>&) override {
    communicator_ = communicator;
    time_ = {};
    points_ = std::move(points);
    const int n_processes = ranks_on_node(communicator);
    run_together(communicator, [&] {
      const Stopwatch stopwatch(time_);
      std::map<RveKey, std::uint32_t> index;
      std::vector<surrogate::LawRve> rves;
      std::vector<std::uint32_t> rve_of_point;
      for (const auto& point : points_) {
        const auto key = assignment_.key(point);
        const auto [place, is_new] = index.emplace(key, static_cast<std::uint32_t>(rves.size()));
        if (is_new) {
          auto rve = assignment_.make_rve(key);
          auto laws = laws_of(rve);
          rves.push_back({std::move(rve), std::move(laws)});
        }
        rve_of_point.push_back(place->second);
      }
      n_rves_ = rves.size();
      deforming_.reset();
      if (points_.empty()) return;
      auto settings = surrogate::settings_in(point_parameters_, output_directory_);
      settings.n_processes = n_processes;
      deforming_ = std::make_unique<surrogate::DeformingPoints>(std::move(rves),
                                                                std::move(rve_of_point), settings);
    });
  }

  void evaluate(const LoadStep& step, std::span<const Tensor> strain, Request request,
                MaterialResponse<dim>& response) override {
    AssertThrow(strain.size() == points_.size(),
                dealii::ExcDimensionMismatch(strain.size(), points_.size()));
    response.resize(strain.size(), request);
    failure_.reset();
    if (!deforming_) return;
    const Stopwatch stopwatch(time_);
    auto wanted = point_parameters_.request;
    wanted.tangent = request >= Request::tangent;
    const auto strains = vectors_of(strain);
    const auto answers = deforming_->evaluate(step.duration(), strains, wanted);
    errors_.assign(answers.size(), {});
    out_of_plane_.assign(dim == 2 ? answers.size() : 0, {});
    for (std::size_t q = 0; q < answers.size(); ++q) {
      const auto& answer = answers[q];
      if (!answer.answered) {
        note_failure({q, step, strains[q], answer.step_ratio, describe(answer.failure)});
        continue;
      }
      errors_[q] = {answer.error / answer.stress_norm, answer.elastic};
      response.stress[q] = tensor_of(answer.stress);
      if (dim == 2) out_of_plane_[q] = answer.out_of_plane;
      response.energy[q] = answer.energy;
      if (request >= Request::tangent) response.tangent[q] = to_tensor<dim>(answer.tangent);
      if (request >= Request::bounds) {
        response.gap[q] = answer.energy > 0 ? answer.gap / answer.energy : 0.;
        response.lower[q] = response.upper[q] = response.tangent[q];
        response.status[q] = answer.converged ? PointStatus::ok : PointStatus::unreliable;
      }
    }
    if (!failure_) return;
    response.step_fraction = failure_->step_fraction;
    response.failure = failure_->reason;
  }

  /// The mean over the RVE, whose laws answer with all components.
  bool has_out_of_plane_stress() const override { return dim == 2; }
  std::array<double, 3> out_of_plane_stress(std::size_t point, const Strain&) const override {
    return out_of_plane_.at(point);
  }

  std::optional<FailedPoint> failed_point() const override {
    if (!failure_) return std::nullopt;
    const auto& point = points_[failure_->point];
    return FailedPoint{failure_->step_fraction, point.cell, point.quadrature_point,
                       in_words(point.position), failure_->reason};
  }

  std::string write_failed_point(const std::string& folder) const override;

  std::vector<double> dual_energy(const LoadStep&, std::span<const Tensor> stress) override {
    if (!deforming_) return {};
    const Stopwatch stopwatch(time_);
    return deforming_->dual_energy(vectors_of(stress));
  }

  /// The RVE of every point is one of its own here: it has a history.
  std::vector<RveShare> rve_shares(std::span<const double> share_of_point) const override {
    std::vector<RveShare> result;
    for (std::size_t q = 0; q < share_of_point.size(); ++q) {
      const auto& error = errors_.at(q);
      // The gap goes with the square of the error of the stress.
      const double gap = error.relative * error.relative;
      result.push_back({share_of_point[q], gap,
                        !error.elastic && std::isfinite(gap) && error.relative > least_tolerance});
    }
    return result;
  }

  /// By a smaller tolerance of these points, which they keep. Gaps fall at least to a half, so that
  /// every round gets on.
  void refine(std::span<const double> wanted_gap,
              const std::function<void(std::size_t, std::size_t)>&) override {
    for (std::size_t q = 0; q < wanted_gap.size(); ++q) {
      if (!(wanted_gap[q] > 0)) continue;
      const auto& request = point_parameters_.request;
      const double present = deforming_->tolerance(q).value_or(request.tolerance),
                   error = errors_.at(q).relative,
                   wanted = std::min(std::sqrt(wanted_gap[q]), std::sqrt(0.5) * error);
      // Other criteria do not ask for the guaranteed error.
      const double tolerance = request.criterion == surrogate::StopCriterion::certified
                                   ? wanted
                                   : std::min(wanted, present * wanted / error);
      deforming_->set_tolerance(q, std::max(least_tolerance, std::min(present, tolerance)));
    }
  }

  void accept() override {
    if (!deforming_) return;
    const Stopwatch stopwatch(time_);
    deforming_->accept();
  }
  void reject() override {
    if (deforming_) deforming_->reject();
  }

  std::vector<PointQuantity> quantities() const override {
    const auto values_of = [&](const auto& value) {
      std::vector<double> values;
      for (std::size_t q = 0; q < points_.size(); ++q) values.push_back(value(q));
      return values;
    };
    std::vector<PointQuantity> result{
        {"has_left_elastic_range",
         values_of([&](std::size_t q) { return deforming_->has_history(q) ? 1. : 0.; })},
        {"micro_iterations",
         values_of([&](std::size_t q) { return static_cast<double>(deforming_->last_work(q)); })}};
    for (const auto& name : state_names_) {
      auto label = name;
      std::transform(label.begin(), label.end(), label.begin(), [](unsigned char c) {
        return std::isalnum(c) ? static_cast<char>(std::tolower(c)) : '_';
      });
      result.push_back(
          {label, values_of([&](std::size_t q) { return deforming_->mean_state(q, name); })});
    }
    return result;
  }

  MaterialStatistics statistics() const override {
    namespace MPI = dealii::Utilities::MPI;
    MaterialStatistics result;
    result.n_points = MPI::sum(static_cast<std::uint64_t>(points_.size()), communicator_);
    result.has_gaps = false;
    result.n_rves["laws"] = MPI::sum(static_cast<std::uint64_t>(n_rves_), communicator_);
    result.seconds = MPI::max(time_.seconds, communicator_);
    result.cpu_seconds = MPI::sum(time_.cpu_seconds, communicator_);
    const auto work = deforming_ ? deforming_->work() : surrogate::PointWork{};
    const auto total = [&](std::uint64_t value) { return MPI::sum(value, communicator_); };
    const auto n_evaluations = total(work.n_evaluations);
    if (n_evaluations == 0) return result;
    result.notes.push_back(fmt::format(
        "{} evaluations of points, {} of them by superposed elastic fields; {} iterations of one "
        "load case on increments, {} on {} tangents, {} residuals",
        n_evaluations, total(work.n_elastic), total(work.iterations),
        total(work.tangent_iterations), total(work.n_tangents), total(work.residuals)));
    std::uint64_t n_stored = 0;
    for (std::size_t q = 0; q < points_.size(); ++q) n_stored += deforming_->has_history(q);
    constexpr double mebibyte = 1024. * 1024.;
    result.notes.push_back(fmt::format(
        "{} of {} points have left the elastic range; each takes {:.2g} MiB{}", total(n_stored),
        result.n_points,
        MPI::max(deforming_ ? deforming_->bytes_per_point() : 0., communicator_) / mebibyte,
        point_parameters_.on_disk ? " on the disk" : ""));
    return result;
  }

  bool visit_state(const TakeRecord& take) const override {
    for (std::size_t q = 0; q < points_.size(); ++q)
      take(key_of(points_[q]), bytes_of(deforming_->save(q)));
    return true;
  }

  void restore(std::vector<MaterialPoint<dim>> points, MPI_Comm communicator,
               const std::function<void(std::size_t, std::size_t)>& progress,
               const FindRecords& find) override {
    set_points(std::move(points), communicator, progress);
    run_together(communicator, [&] {
      std::vector<std::string> keys;
      for (const auto& point : points_) keys.push_back(key_of(point));
      find.visit(keys, [&](std::size_t q, std::string_view bytes) {
        deforming_->restore(q, numbers_of(bytes));
      });
    });
  }

  std::vector<std::string> notes() const override { return assignment_.notes(); }

 private:
  static constexpr auto pairs = component_pairs<dim>();
  /// Round-off is not far.
  static constexpr double least_tolerance = 1e-7;
  /// Of the last answer: the guaranteed relative error of the stress, and whether it is elastic.
  struct PointError {
    double relative = 0;
    bool elastic = false;
  };

  void read(materials::ParameterReader& parameters, const std::string& unit) {
    surrogate::read_rve_sharing(parameters, "", sharing_);
    assignment_.read(parameters, unit, sharing_);
    point_parameters_ = surrogate::read_point_parameters(parameters, "");
  }

  std::vector<std::shared_ptr<const materials::Law>> laws_of(const materials::Rve& rve) const {
    return materials::laws_of_file(*laws_, rve, assignment_.is_file());
  }

  static std::string key_of(const MaterialPoint<dim>& point) {
    return fmt::format("{} {}", point.cell, point.quadrature_point);
  }
  static double weight(unsigned int component) { return component < dim ? 1. : std::sqrt(2.); }

  static std::vector<MandelVector> vectors_of(std::span<const Tensor> tensors) {
    std::vector<MandelVector> result;
    for (const auto& tensor : tensors) {
      MandelVector v(pairs.size());
      for (unsigned int a = 0; a < pairs.size(); ++a)
        v[a] = tensor[pairs[a].first][pairs[a].second] * weight(a);
      result.push_back(std::move(v));
    }
    return result;
  }
  static Tensor tensor_of(const MandelVector& v) {
    Tensor result;
    for (unsigned int a = 0; a < pairs.size(); ++a)
      result[pairs[a].first][pairs[a].second] = v[a] / weight(a);
    return result;
  }

  /// A point without an answer, and what it was asked.
  struct Failure {
    std::size_t point = 0;
    LoadStep step;
    MandelVector strain;
    double step_fraction = 1;
    std::string reason;
  };
  /// Keeps the worst.
  void note_failure(Failure failure) {
    const auto rank = [&](const Failure& f) {
      const auto& point = points_[f.point];
      return std::tuple(f.step_fraction, point.cell, point.quadrature_point);
    };
    if (!failure_ || rank(failure) < rank(*failure_)) failure_ = std::move(failure);
  }
  static std::string in_words(const dealii::Point<dim>& position) {
    std::string text;
    for (int c = 0; c < dim; ++c) text += fmt::format("{}{:.6g}", c > 0 ? ", " : "", position[c]);
    return "(" + text + ")";
  }

  surrogate::RunParameters sharing_;
  RveAssignment<dim> assignment_;
  surrogate::PointParameters point_parameters_;
  std::string output_directory_;
  /// Content of the file of laws.
  std::optional<materials::ParameterFile> laws_;
  MPI_Comm communicator_ = MPI_COMM_SELF;
  std::vector<MaterialPoint<dim>> points_;
  std::unique_ptr<surrogate::DeformingPoints> deforming_;
  /// Quantities of one number that a law remembers.
  std::set<std::string> state_names_;
  std::vector<PointError> errors_;
  /// Of the last answer, in plane strain.
  std::vector<std::array<double, 3>> out_of_plane_;
  std::size_t n_rves_ = 0;
  std::optional<Failure> failure_;
  TimeSpent time_;
};

template <int dim>
std::string HomogenizedLaws<dim>::write_failed_point(const std::string& folder) const {
  if (!failure_) return "";
  const auto& point = points_[failure_->point];
  const auto in_folder = [&](const char* name) {
    return (std::filesystem::path(folder) / name).string();
  };
  const auto rve = *this->rve(point);
  materials::write_rve(in_folder("rve.h5"), rve,
                       fmt::format("of the point {} of seco-macro", in_words(point.position)));
  surrogate::write_start(in_folder("start.h5"),
                         deforming_->start_of(failure_->point, failure_->step.begin), rve);
  constexpr const char* names[] = {"11", "22", "33", "23", "13", "12"};
  constexpr const char* plane_names[] = {"11", "22", "12"};
  std::string header = "time", row = fmt::format("{}", failure_->step.end);
  for (unsigned int c = 0; c < pairs.size(); ++c) {
    header += fmt::format(",E{}", dim == 2 ? plane_names[c] : names[c]);
    // Smaller ones are no strains for seco deform.
    constexpr double nothing = 1e-20;
    const double strain = failure_->strain[c] / weight(c);
    row += fmt::format(",{}", std::abs(strain) < 2 * nothing ? 0. : strain);
  }
  materials::write_atomically(in_folder("path.csv"), [&](std::ostream& stream) {
    stream << header << '\n' << row << '\n';
  });
  const auto& settings = point_parameters_.settings;
  const auto& request = point_parameters_.request;
  const char* criterion = request.criterion == surrogate::StopCriterion::certified  ? "certified"
                          : request.criterion == surrogate::StopCriterion::estimate ? "estimate"
                                                                                    : "residual";
  materials::write_atomically(in_folder("run.prm"), [&](std::ostream& stream) {
    stream
        << fmt::format(
               "# The point {} of a structure, in the step from the time {:g} to {:g}: {}.\n"
               "# The RVE begins with the state that it had at the begin of the step (start.h5) "
               "and is\n"
               "# asked for the strain at its end (path.csv) in one increment, as by seco-macro; "
               "a 'Smallest step'\n"
               "# below 1 lets seco deform cut it.\n",
               in_words(point.position), failure_->step.begin, failure_->step.end, failure_->reason)
        << fmt::format("set Tolerance     = {}\nset Stop on       = {}\n", request.tolerance,
                       criterion)
        << fmt::format("set Newton steps  = {}\nset Iterations    = {}\nset Precision     = {}\n",
                       settings.max_newton_steps, settings.max_iterations,
                       settings.single_precision_state ? "single" : "double")
        << "set Smallest step = 1\n"
        << "subsection Microstructure\n  set File = rve.h5\nend\n"
        << materials::laws_as_text(*laws_, rve, assignment_.is_file())
        << "subsection Loading\n  set File  = path.csv\n  set Start = start.h5\nend\n";
  });
  return "seco deform " + in_folder("run.prm");
}

}  // namespace

SECO_REGISTER_MATERIAL(HomogenizedLaws, "homogenized laws",
                       "an RVE at every point whose phases have nonlinear laws, with bounds of its "
                       "energy")

}  // namespace seco::plugin
