// RVEs with nonlinear laws as material of a structure.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <map>
#include <memory>
#include <optional>

#include "component_pairs.h"
#include "rve_assignment.h"
#include "seco/materials/parameter_file.h"
#include "seco/materials/phase_laws.h"
#include "seco/plugin/agree.h"
#include "seco/plugin/mandel_tensor.h"
#include "seco/plugin/parameters.h"
#include "seco/plugin/registration.h"
#include "seco/surrogate/deforming_points.h"
#include "seco/surrogate/stop_criterion.h"
#include "stopwatch.h"

namespace seco::plugin {
namespace {

using materials::MandelVector;

/// A state of a point as bytes, and back.
std::string bytes_of(const std::vector<double>& numbers) {
  return {reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(double)};
}
std::vector<double> numbers_of(const std::string& bytes) {
  std::vector<double> numbers(bytes.size() / sizeof(double));
  std::memcpy(numbers.data(), bytes.data(), numbers.size() * sizeof(double));
  return numbers;
}

/// An RVE at every point, whose phases have nonlinear laws and remember what has happened to them
/// (docs/nonlinear.md): the stress is the mean over the RVE, the energy that of its fields, an
/// upper bound, and the dual energy that of its stress in equilibrium. Each rank answers its own
/// points.
template <int dim>
class HomogenizedLaws : public Material<dim> {
 public:
  using Tensor = dealii::SymmetricTensor<2, dim>;

  static void declare_parameters(dealii::ParameterHandler& handler) {
    HandlerParameters parameters(handler, HandlerParameters::Mode::declare);
    HomogenizedLaws().read(parameters, "MPa");
  }

  void parse_parameters(dealii::ParameterHandler& handler, const RunSettings& run) override {
    HandlerParameters parameters(handler, HandlerParameters::Mode::read, run.folder);
    read(parameters, run.unit);
    if (laws_file_.empty())
      parameters.refuse(
          "", "Laws",
          "a file with sections 'Phase 0', 'Phase 1', ... or 'All phases' has to be "
          "named, each with the key 'Law' and its constants, as those of seco deform");
    // What is wrong with it shows before anything is computed.
    try {
      laws_ = materials::ParameterFile::read(laws_file_);
      laws_of(assignment_.make_rve({1, assignment_.volume_fraction(), 0}));
    } catch (const std::invalid_argument& error) {
      parameters.refuse("", "Laws", error.what());
    }
  }

  Dependence dependence() const override { return Dependence::history; }

  void set_points(std::vector<MaterialPoint<dim>> points, MPI_Comm communicator,
                  const std::function<void(std::size_t, std::size_t)>&) override {
    communicator_ = communicator;
    time_ = {};
    points_ = std::move(points);
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
      if (!points_.empty())
        deforming_ = std::make_unique<surrogate::DeformingPoints>(
            std::move(rves), std::move(rve_of_point), settings_);
    });
  }

  void evaluate(const LoadStep& step, std::span<const Tensor> strain, Request request,
                MaterialResponse<dim>& response) override {
    AssertThrow(strain.size() == points_.size(),
                dealii::ExcDimensionMismatch(strain.size(), points_.size()));
    response.resize(strain.size(), request);
    if (!deforming_) return;
    const Stopwatch stopwatch(time_);
    auto wanted = request_;
    wanted.tangent = request >= Request::tangent;
    const auto answers = deforming_->evaluate(step.duration(), vectors_of(strain), wanted);
    for (std::size_t q = 0; q < answers.size(); ++q) {
      const auto& answer = answers[q];
      if (!answer.answered) {
        response.step_fraction = std::min(response.step_fraction, answer.step_ratio);
        continue;
      }
      response.stress[q] = tensor_of(answer.stress);
      response.energy[q] = answer.energy;
      if (request >= Request::tangent) response.tangent[q] = to_tensor<dim>(answer.tangent);
      if (request >= Request::bounds) {
        response.gap[q] = answer.energy > 0 ? answer.gap / answer.energy : 0.;
        response.lower[q] = response.upper[q] = response.tangent[q];
        response.status[q] = answer.converged ? PointStatus::ok : PointStatus::unreliable;
      }
    }
  }

  std::vector<double> dual_energy(const LoadStep&, std::span<const Tensor> stress) override {
    if (!deforming_) return {};
    const Stopwatch stopwatch(time_);
    return deforming_->dual_energy(vectors_of(stress));
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
    return {{"equivalent_plastic_strain", values_of([&](std::size_t q) {
               return deforming_->mean_state(q, "equivalent plastic strain");
             })},
            {"has_left_elastic_range",
             values_of([&](std::size_t q) { return deforming_->has_history(q) ? 1. : 0.; })},
            {"micro_iterations", values_of([&](std::size_t q) {
               return static_cast<double>(deforming_->last_work(q));
             })}};
  }

  MaterialStatistics statistics() const override {
    namespace MPI = dealii::Utilities::MPI;
    MaterialStatistics result;
    result.n_points = MPI::sum(static_cast<std::uint64_t>(points_.size()), communicator_);
    result.n_rves["laws"] = MPI::sum(static_cast<std::uint64_t>(n_rves_), communicator_);
    result.seconds = MPI::max(time_.seconds, communicator_);
    result.cpu_seconds = MPI::sum(time_.cpu_seconds, communicator_);
    const auto work = deforming_ ? deforming_->work() : surrogate::PointWork{};
    const auto total = [&](std::uint64_t value) { return MPI::sum(value, communicator_); };
    const auto n_evaluations = total(work.n_evaluations);
    if (n_evaluations == 0) return result;
    result.notes.push_back(fmt::format(
        "{} evaluations of points, {} of them by superposed elastic fields; {} iterations of one "
        "load case on increments, {} on tangents, {} residuals",
        n_evaluations, total(work.n_elastic), total(work.iterations),
        total(work.tangent_iterations), total(work.residuals)));
    std::uint64_t n_stored = 0;
    for (std::size_t q = 0; q < points_.size(); ++q) n_stored += deforming_->has_history(q);
    constexpr double mebibyte = 1024. * 1024.;
    result.notes.push_back(fmt::format(
        "{} of {} points have left the elastic range; each takes {:.2g} MiB", total(n_stored),
        result.n_points,
        MPI::max(deforming_ ? deforming_->bytes_per_point() : 0., communicator_) / mebibyte));
    return result;
  }

  StateRecords state() const override {
    StateRecords records;
    for (std::size_t q = 0; q < points_.size(); ++q)
      records[key_of(points_[q])] = bytes_of(deforming_->save(q));
    return records;
  }

  void restore(std::vector<MaterialPoint<dim>> points, MPI_Comm communicator,
               const std::function<void(std::size_t, std::size_t)>& progress,
               const FindRecords& find) override {
    set_points(std::move(points), communicator, progress);
    run_together(communicator, [&] {
      std::vector<std::string> keys;
      for (const auto& point : points_) keys.push_back(key_of(point));
      const auto records = find(keys);
      for (std::size_t q = 0; q < points_.size(); ++q)
        deforming_->restore(q, numbers_of(records[q]));
    });
  }

  std::vector<std::string> notes() const override { return assignment_.notes(); }

 private:
  static constexpr auto pairs = component_pairs<dim>();

  void read(materials::ParameterReader& parameters, const std::string& unit) {
    surrogate::read_rve_sharing(parameters, "", sharing_);
    assignment_.read(parameters, unit, sharing_);
    laws_file_ = parameters.path("", "Laws", "",
                                 "file with the laws of the phases: sections 'Phase 0', 'Phase 1', "
                                 "... or 'All phases' as in a parameter file of seco deform, of "
                                 "which others are not read");
    request_.tolerance =
        parameters.number("", "Tolerance", 1e-3, 1e-10, 1,
                          "largest relative error of the stress of a point, in the "
                          "norm of the mean elastic compliance");
    request_.criterion = surrogate::read_stop_criterion(parameters, "");
    request_.rough_share = parameters.number(
        "", "Rough share", 0, 0, 1,
        "while the strain of a point changes by more than a twentieth of the step's between "
        "iterations, an estimated error of this part of that ratio is enough; the last iteration "
        "may "
        "be one of these, and the certified width of the step is then wider. 0 for none");
    request_.tangent_accuracy =
        parameters.number("", "Tangent accuracy", 1e-2, 1e-8, 0.5,
                          "residual of the fields of the tangent, relative in the energy norm");
    settings_.superpose_elastic =
        parameters.choice(
            "", "Superpose elastic fields", "true", {"true", "false"},
            "answer points whose voxels have not left the elastic range by the fields of unit "
            "strains") == "true";
    settings_.keep_tangent_fields =
        parameters.choice("", "Keep tangent fields", "true", {"true", "false"},
                          "keep the fields of a point's tangent: they extrapolate its fields, and "
                          "the next tangent "
                          "starts from them") == "true";
    settings_.tangent_change = parameters.number(
        "", "Tangent change", 0.02, 0, 0.5,
        "relative change of the mean tangent of the voxels up to which a kept tangent is answered "
        "again");
    settings_.single_precision_state =
        parameters.choice("", "State precision", "double", {"single", "double"},
                          "of the stored state of the voxels") == "single";
    settings_.max_newton_steps = static_cast<unsigned int>(parameters.integer(
        "", "Newton steps", 25, 1, 10000, "after which a point gives up and the step is cut"));
    settings_.max_iterations = static_cast<unsigned int>(
        parameters.integer("", "Iterations", 500, 1, 1000000,
                           "of conjugate gradients, after which a Newton step of a point ends"));
  }

  std::vector<std::shared_ptr<const materials::Law>> laws_of(const materials::Rve& rve) const {
    // What is asked of a copy leaves nothing behind for the next RVE.
    auto file = *laws_;
    auto laws = materials::read_phase_laws(file, rve, assignment_.is_file());
    for (const auto& entry : file.entries())
      if (entry.section.starts_with("Phase ") || entry.section == "All phases")
        file.check_all_used(entry.section);
    return laws;
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

  surrogate::RunParameters sharing_;
  RveAssignment<dim> assignment_;
  std::string laws_file_;
  /// Its content.
  std::optional<materials::ParameterFile> laws_;
  surrogate::PointSettings settings_;
  surrogate::PointRequest request_;
  MPI_Comm communicator_ = MPI_COMM_SELF;
  std::vector<MaterialPoint<dim>> points_;
  std::unique_ptr<surrogate::DeformingPoints> deforming_;
  std::size_t n_rves_ = 0;
  TimeSpent time_;
};

}  // namespace

SECO_REGISTER_MATERIAL(HomogenizedLaws, "homogenized laws",
                       "an RVE at every point whose phases have nonlinear laws, with bounds of its "
                       "energy")

}  // namespace seco::plugin
