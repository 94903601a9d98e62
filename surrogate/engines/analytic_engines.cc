#include <chrono>
#include <stdexcept>

#include "certificate.h"
#include "local_quantities.h"
#include "seco/surrogate/engine.h"

namespace seco::surrogate {
namespace {

using materials::MandelMatrix;

/// Voigt, Reuss and Hill averages: volume means of stiffness and compliance, and the mean of both.
/// They need no fields, and Voigt and Reuss are themselves the bounds.
class AnalyticEngine : public Engine {
 public:
  enum class Average { voigt, reuss, hill };
  AnalyticEngine(std::string name, Average average) : name_(std::move(name)), average_(average) {}

  std::string name() const override { return name_; }

  std::vector<Homogenized> homogenize(
      std::span<const materials::Rve> rves,
      const std::function<void(std::size_t)>& progress) const override {
    std::vector<Homogenized> results;
    for (const auto& rve : rves) {
      results.push_back(average(rve));
      if (progress) progress(results.size());
    }
    return results;
  }

  std::vector<LocalAnswer> local_quantities(
      std::span<const LocalQuery> queries,
      const std::function<void(std::size_t)>& progress) const override {
    if (average_ == Average::hill) return Engine::local_quantities(queries, progress);
    std::vector<LocalAnswer> answers;
    for (const auto& query : queries) {
      check(query);
      answers.push_back(answer(query));
      if (progress) progress(answers.size());
    }
    return answers;
  }

 private:
  // The uniform strain of Voigt, or the strain C^-1 : C_lo : E of the uniform stress of Reuss.
  LocalAnswer answer(const LocalQuery& query) const {
    torch::NoGradGuard no_grad;
    LocalAnswer result;
    result.homogenized = average(query.rve);
    result.measure = stress_measure(query.rve);
    const StiffnessField stiffness({&query.rve, 1}, torch::kDouble);
    const Grid& grid = stiffness.grid();
    if (average_ == Average::reuss && stiffness.has_void()[0])
      throw std::invalid_argument(
          "engine 'reuss' has no fields in an RVE with voids of zero stiffness, whose strain is "
          "not determined by a stress of zero");
    auto loads = unit_loads(grid, torch::kDouble);
    if (average_ == Average::reuss) loads = torch::inverse(stiffness.mean_compliance());
    std::vector<std::int64_t> shape{1, grid.n_components(), grid.n_components()};
    shape.insert(shape.end(), grid.shape.begin(), grid.shape.end());
    auto strain = with_grid_axes(loads, grid).expand(shape).contiguous();
    if (average_ == Average::reuss) strain = stiffness.apply_compliance(strain);
    const LocalQuery* asked = &query;
    constexpr double memory = 1024;
    result.loads = std::move(surrogate::local_quantities(stiffness, strain, {&asked, 1},
                                                         {&result.homogenized, 1}, memory)
                                 .front());
    return result;
  }

  Homogenized average(const materials::Rve& rve) const {
    torch::NoGradGuard no_grad;
    const auto start = std::chrono::steady_clock::now();
    const StiffnessField stiffness({&rve, 1}, torch::kDouble);
    const auto bounds = enclose_averages(stiffness);
    const double scale = stiffness.scale()[0].item<double>();
    Homogenized result;
    result.engine = name_;
    result.upper = scale * to_matrix(bounds.upper[0]);
    result.lower = scale * to_matrix(bounds.lower[0]);
    result.gap = bounds.gap()[0].item<double>();
    if (stiffness.has_void()[0]) {
      result.status = Status::one_sided;
      result.message = "voids of zero stiffness make the Reuss bound zero";
    }
    const MandelMatrix voigt = scale * to_matrix(stiffness.mean_stiffness()[0]);
    MandelMatrix reuss = result.lower;
    if (!stiffness.has_void()[0])
      reuss = scale * to_matrix(torch::inverse(stiffness.mean_compliance()[0]));
    switch (average_) {
      case Average::voigt:
        result.stiffness = voigt;
        break;
      case Average::reuss:
        result.stiffness = reuss;
        break;
      case Average::hill:
        result.stiffness = 0.5 * (voigt + reuss);
        break;
    }
    result.stiffness = (0.5 * (result.stiffness + result.stiffness.transpose())).eval();
    explain_voids(rve, result);
    result.seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return result;
  }

  std::string name_;
  Average average_;
};

}  // namespace

void register_analytic_engines() {
  using Average = AnalyticEngine::Average;
  const auto add = [](const std::string& name, const std::string& description, Average average) {
    register_engine(name, {description}, [name, average](const EngineSettings&) {
      return std::make_unique<AnalyticEngine>(name, average);
    });
  };
  add("voigt", "volume mean of the stiffness (uniform strain), an upper bound", Average::voigt);
  add("reuss", "inverse of the mean compliance (uniform stress), a lower bound", Average::reuss);
  add("hill", "mean of Voigt and Reuss", Average::hill);
}

}  // namespace seco::surrogate
