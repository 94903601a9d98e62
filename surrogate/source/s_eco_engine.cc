#include <fmt/format.h>

#include "batching.h"
#include "device.h"
#include "model_folder.h"
#include "seco/surrogate/engine.h"

namespace seco::surrogate {
namespace {

/// The trained network and its certificate. The estimate lies between the bounds, at the midpoint
/// or where the network expects the solution (PredictedFields::estimate_weight); where the lower
/// bound is useless (voids) it is the upper bound.
class SEcoEngine : public Engine {
 public:
  explicit SEcoEngine(const EngineSettings& settings)
      : settings_(settings),
        options_(torch::TensorOptions(torch::kFloat).device(select_device(settings.device))) {
    set_thread_count();
    if (settings.model.empty())
      throw std::invalid_argument("engine 's-eco' needs a model folder, and none is given");
    model_ = load_model(settings.model);
    model_.network->to(options_.device());
  }

  std::string name() const override { return "s-eco"; }

  std::vector<Homogenized> homogenize(
      std::span<const materials::Rve> rves,
      const std::function<void(std::size_t)>& progress) const override {
    const int d = model_.network->settings().dimension;
    for (const auto& rve : rves)
      if (rve.dimension() != d)
        throw std::invalid_argument(
            fmt::format("model {} was trained for {}D RVEs, this RVE is {}D", settings_.model, d,
                        rve.dimension()));
    // The widest point is the concatenation at the finest level, beside the fields of all loads.
    const std::size_t bytes_per_voxel =
        sizeof(float) * (6 * model_.network->settings().width + 600);
    return homogenize_in_chunks(
        rves, settings_, name(), bytes_per_voxel, options_,
        [this](const StiffnessField& stiffness) { return compute(stiffness); }, progress);
  }

 private:
  ChunkResult compute(const StiffnessField& stiffness) const {
    torch::NoGradGuard no_grad;
    const auto predicted = (*model_.network)(stiffness);
    const auto fields = admissible(predicted, stiffness);
    ChunkResult result;
    result.bounds = certify(stiffness, fields.strain, fields.stress);
    result.estimate = result.bounds.estimate(predicted.estimate_weight);
    for (std::int64_t b = 0; b < stiffness.batch_size(); ++b) {
      result.iterations.push_back(0);
      result.residual.push_back(0.);
      result.status.push_back(Status::ok);
      result.message.emplace_back();
      if (stiffness.has_void()[b]) {
        result.estimate[b] = result.bounds.upper[b];
        result.status.back() = Status::one_sided;
        result.message.back() = "voids of zero stiffness: only the upper bound is certified";
      }
    }
    return result;
  }

  EngineSettings settings_;
  torch::TensorOptions options_;
  Model model_;
};

}  // namespace

void register_s_eco_engine() {
  static const bool done = [] {
    register_engine(
        "s-eco", "trained s-ECO network with its certificate",
        [](const EngineSettings& settings) { return std::make_unique<SEcoEngine>(settings); });
    return true;
  }();
  (void)done;
}

}  // namespace seco::surrogate
