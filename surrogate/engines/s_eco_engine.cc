#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <limits>

#include "certified_solver.h"
#include "conjugate_gradients.h"
#include "device.h"
#include "field_engine.h"
#include "model_folder.h"
#include "network_start.h"
#include "pair_energies.h"
#include "seco/surrogate/engine.h"

namespace seco::surrogate {
namespace {

constexpr const char* s_eco_name = "s-eco";

struct SEcoParameters {
  /// Relative gap that RVEs are refined to where the network leaves a larger one; 0: never.
  double refine_to = 0;
};

SEcoParameters read_s_eco_parameters(materials::ParameterReader& reader,
                                     const std::string& section) {
  SEcoParameters own;
  own.refine_to =
      reader.number(section, "Refine to", 0, 0, 1,
                    "relative gap of the bounds: RVEs whose gap is larger after the network go on "
                    "with conjugate gradients until they reach it; 0: they stay as they are");
  return own;
}

/// The trained network and its certificate. The estimate lies between the bounds, at the midpoint
/// or where the network expects the solution (PredictedFields::estimate_weight); where the lower
/// bound is useless (voids) it is the upper bound.
class SEcoEngine : public FieldEngine {
 public:
  explicit SEcoEngine(const EngineSettings& settings)
      : FieldEngine(settings,
                    torch::TensorOptions(torch::kFloat).device(select_device(settings.device))) {
    set_thread_count();
    auto own = own_parameters(settings, s_eco_name);
    own_ = read_s_eco_parameters(own, "");
    if (settings.model.empty())
      throw std::invalid_argument("engine 's-eco' needs a model folder, and none is given");
    model_ = load_model(settings.model, settings.network_precision, settings.trust_scripts);
    model_.network->to(options().device());
    const auto held_out = nlohmann::json::json_pointer("/held_out/certified_gap/largest");
    if (model_.description.contains(held_out))
      known_gap_ = model_.description[held_out].get<double>();
  }

  std::string name() const override { return s_eco_name; }

  std::vector<std::string> report() const override {
    if (n_not_finite_ == 0) return {};
    return {fmt::format(
        "{}: the network of {} returned numbers that are not finite for {} RVE{}; they were "
        "answered without it",
        name(), settings().model, n_not_finite_.load(), n_not_finite_ == 1 ? "" : "s")};
  }

  void check_fits(const materials::Rve& rve) const override {
    if (const int d = model_.network->settings().dimension; rve.dimension() != d)
      throw std::invalid_argument(fmt::format("model {} was trained for {}D RVEs, this RVE is {}D",
                                              settings().model, d, rve.dimension()));
  }

 private:
  // The concatenations of the network beside the fields of all loads: strains, stresses and, with
  // solver steps, their gradients, directions and images on both sides.
  std::size_t bytes_per_voxel(int dimension) const override {
    const auto& network = model_.network->settings();
    const int m = materials::n_mandel_components(dimension);
    const int fields = network.solver_steps > 0 ? 45 : 17;
    return sizeof(float) * (6 * network.width + fields * m * m);
  }

  FieldResult compute(const StiffnessField& stiffness) const override {
    auto* network = dynamic_cast<PolarizationNetwork*>(model_.network.get());
    FieldResult result = network ? of_displacement(*network, stiffness) : of_pair(stiffness);
    const auto gap = result.bounds.gap();
    std::vector<std::int64_t> wide;
    for (std::int64_t b = 0; b < stiffness.batch_size(); ++b) {
      result.iterations.push_back(0);
      result.residual.push_back(0.);
      result.status.push_back(Status::ok);
      result.message.emplace_back();
      const double value = gap[b].item<double>();
      if (own_.refine_to > 0 && !(value <= own_.refine_to)) {
        wide.push_back(b);
      } else if (value > std::min(unlike_training * known_gap_, widest)) {
        result.status.back() = Status::unreliable;
        result.message.back() = fmt::format(
            "the certified gap is {:.3g}, the largest on held-out RVEs of the model was {:.3g}: a "
            "microstructure unlike the training set, or a grid or contrast beyond it; the bounds "
            "hold",
            value, known_gap_);
      }
    }
    if (!wide.empty()) refine(stiffness, wide, result);
    mark_one_sided(result, stiffness);
    return result;
  }

  /// The two fields that the network predicts.
  FieldResult of_pair(const StiffnessField& stiffness) const {
    const auto predicted = (*model_.network)(stiffness);
    const auto fields = admissible(predicted, stiffness);
    FieldResult result;
    result.strain = fields.strain;
    const auto precise = options().dtype(torch::kDouble);
    const StiffnessField field = stiffness.to(precise);
    const GreenOperator green(stiffness.grid(), precise);
    const auto medium = mean_medium(stiffness);
    const auto fluctuation = fields.stress.to(precise);
    const auto mean = optimal_mean_stress(field, fluctuation);
    result.bounds = {
        enclose_from_above(field, displacement_of(fields.strain.to(precise), green, medium)),
        enclose_from_below(field, fluctuation + with_grid_axes(mean.to(precise), stiffness.grid()),
                           green, medium)};
    result.estimate = result.bounds.estimate(predicted.estimate_weight);
    return result;
  }

  /// The displacement of the predicted polarization, and the equilibrated part of its stress, which
  /// no field of strains or stresses is stored for.
  FieldResult of_displacement(PolarizationNetwork& network, const StiffnessField& stiffness) const {
    FieldResult result;
    const GreenOperator green(stiffness.grid(), options());
    result.displacement = network.start(stiffness, green);
    const auto bad = not_finite(result.displacement);
    for (std::size_t b = 0; b < bad.size(); ++b)
      if (bad[b]) {
        result.displacement[static_cast<std::int64_t>(b)].zero_();
        ++n_not_finite_;
      }
    const KinematicIteration iteration(stiffness, green, result.displacement);
    const auto& u = iteration.displacement();
    result.bounds = enclose(stiffness.to(options().dtype(torch::kDouble)), u, u,
                            iteration.preconditioned(), iteration.medium(), own_.refine_to);
    result.estimate =
        result.bounds.estimate(torch::full({stiffness.batch_size()}, 0.5, torch::kDouble));
    return result;
  }

  /// Conjugate gradients for what the network leaves too far apart.
  void refine(const StiffnessField& stiffness, const std::vector<std::int64_t>& members,
              FieldResult& result) const {
    const auto index = torch::tensor(members, torch::kLong);
    CertifiedSettings wanted;
    wanted.tolerance = own_.refine_to;
    wanted.max_steps = settings().max_iterations;
    CertifiedStart start;
    if (!result.displacement.defined())
      result.displacement = displacement_of(
          result.strain, GreenOperator(stiffness.grid(), options()), mean_medium(stiffness));
    start.displacement = result.displacement.index_select(0, index.to(options().device()));
    const auto part = stiffness.select(members);
    auto refined = solve_certified(part, wanted, start);
    // What single precision does not reach, once more in double.
    std::vector<std::int64_t> missed;
    for (std::size_t i = 0; i < members.size(); ++i)
      if (refined.status[i] == Status::not_converged)
        missed.push_back(static_cast<std::int64_t>(i));
    if (!missed.empty()) {
      const auto again =
          solve_certified(part.select(missed).to(options().dtype(torch::kDouble)), wanted, {});
      const auto places = torch::tensor(missed, torch::kLong);
      refined.bounds.lower.index_copy_(0, places, again.bounds.lower);
      refined.bounds.upper.index_copy_(0, places, again.bounds.upper);
      refined.estimate.index_copy_(0, places, again.estimate);
      refined.displacement.index_copy_(0, places.to(options().device()),
                                       again.displacement.to(options()));
      for (std::size_t i = 0; i < missed.size(); ++i) {
        const auto b = static_cast<std::size_t>(missed[i]);
        refined.iterations[b] += again.iterations[i];
        refined.residual[b] = again.residual[i];
        refined.status[b] = again.status[i];
        refined.message[b] = again.message[i];
      }
    }
    result.bounds.lower.index_copy_(0, index, refined.bounds.lower);
    result.bounds.upper.index_copy_(0, index, refined.bounds.upper);
    result.estimate.index_copy_(0, index, refined.estimate);
    result.displacement.index_copy_(0, index.to(options().device()), refined.displacement);
    result.strain = torch::Tensor();
    for (std::size_t i = 0; i < members.size(); ++i) {
      const auto b = static_cast<std::size_t>(members[i]);
      result.iterations[b] = refined.iterations[i];
      result.residual[b] = refined.residual[i];
      result.status[b] = refined.status[i];
      result.message[b] = refined.message[i];
    }
  }

  // A gap so many times the largest on held-out RVEs is not chance.
  static constexpr double unlike_training = 3.;
  /// Bounds farther apart leave nothing to estimate between them, whatever the model is used to.
  static constexpr double widest = 0.9;

  SEcoParameters own_;
  Model model_;
  mutable std::atomic<std::size_t> n_not_finite_{0};
  /// Largest gap on held-out RVEs, or infinite if the model does not tell.
  double known_gap_ = std::numeric_limits<double>::infinity();
};

}  // namespace

void register_s_eco_engine() {
  register_engine(
      s_eco_name,
      {"trained s-ECO network with its certificate", numerics_version, read_s_eco_parameters},
      [](const EngineSettings& settings) { return std::make_unique<SEcoEngine>(settings); });
}

}  // namespace seco::surrogate
