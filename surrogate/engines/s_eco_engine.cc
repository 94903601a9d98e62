#include <fmt/format.h>

#include <limits>

#include "conjugate_gradients.h"
#include "device.h"
#include "field_engine.h"
#include "model_folder.h"
#include "pair_energies.h"
#include "seco/surrogate/engine.h"

namespace seco::surrogate {
namespace {

/// The trained network and its certificate. The estimate lies between the bounds, at the midpoint
/// or where the network expects the solution (PredictedFields::estimate_weight); where the lower
/// bound is useless (voids) it is the upper bound.
class SEcoEngine : public FieldEngine {
 public:
  explicit SEcoEngine(const EngineSettings& settings)
      : FieldEngine(settings,
                    torch::TensorOptions(torch::kFloat).device(select_device(settings.device))) {
    set_thread_count();
    if (settings.model.empty())
      throw std::invalid_argument("engine 's-eco' needs a model folder, and none is given");
    model_ = load_model(settings.model, settings.network_precision, settings.trust_scripts);
    model_.network->to(options().device());
    const auto held_out = nlohmann::json::json_pointer("/held_out/certified_gap/largest");
    if (model_.description.contains(held_out))
      known_gap_ = model_.description[held_out].get<double>();
  }

  std::string name() const override { return "s-eco"; }

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
    const auto gap = result.bounds.gap();
    for (std::int64_t b = 0; b < stiffness.batch_size(); ++b) {
      result.iterations.push_back(0);
      result.residual.push_back(0.);
      result.status.push_back(Status::ok);
      result.message.emplace_back();
      if (const double value = gap[b].item<double>(); value > unlike_training * known_gap_) {
        result.status.back() = Status::unreliable;
        result.message.back() = fmt::format(
            "the certified gap is {:.3g}, the largest on held-out RVEs of the model was {:.3g}: a "
            "microstructure unlike the training set, or a grid or contrast beyond it; the bounds "
            "hold",
            value, known_gap_);
      }
    }
    mark_one_sided(result, stiffness);
    return result;
  }

  // A gap so many times the largest on held-out RVEs is not chance.
  static constexpr double unlike_training = 3.;

  Model model_;
  /// Largest gap on held-out RVEs, or infinite if the model does not tell.
  double known_gap_ = std::numeric_limits<double>::infinity();
};

}  // namespace

void register_s_eco_engine() {
  register_engine(
      "s-eco", {"trained s-ECO network with its certificate", numerics_version},
      [](const EngineSettings& settings) { return std::make_unique<SEcoEngine>(settings); });
}

}  // namespace seco::surrogate
