#include <fmt/format.h>

#include <memory>

#include "certified_solver.h"
#include "device.h"
#include "difference_operator.h"
#include "eco_blocks.h"
#include "field_engine.h"
#include "green_operator.h"
#include "model_folder.h"
#include "reference_solver.h"

namespace seco::surrogate {
namespace {

/// Bounds to a tolerance: the fields of a trained network where a model is given, else the Voigt
/// and Reuss averages, polished by solve_certified().
class CertifiedEngine : public FieldEngine {
 public:
  explicit CertifiedEngine(const EngineSettings& settings)
      : FieldEngine(settings, torch::TensorOptions(precision_from(settings.precision))
                                  .device(select_device(settings.device))) {
    if (!(settings.tolerance > 0) || !(settings.tolerance < 1))
      throw std::invalid_argument(
          fmt::format("tolerance {} is not between 0 and 1", settings.tolerance));
    if (settings.precision == "single" && settings.tolerance < smallest_single_tolerance)
      throw std::invalid_argument(fmt::format(
          "tolerance {} cannot be certified in single precision, which reaches {}; use double "
          "precision",
          settings.tolerance, smallest_single_tolerance));
    set_thread_count();
    if (!settings.model.empty()) {
      network_ =
          load_model(settings.model, settings.network_precision, settings.trust_scripts).network;
      network_->to(options().device());
    }
  }

  std::string name() const override { return "certified"; }

  void check_fits(const materials::Rve& rve) const override {
    if (network_ && network_->settings().dimension != rve.dimension())
      throw std::invalid_argument(fmt::format("model {} was trained for {}D RVEs, this RVE is {}D",
                                              settings().model, network_->settings().dimension,
                                              rve.dimension()));
  }

 private:
  // RVEs of a batch wait for each other, which pays only where single ones are too small to keep
  // the device busy.
  std::size_t largest_chunk(const materials::Rve& rve) const override {
    constexpr std::size_t enough_voxels = 16384;
    return options().device().is_cuda() ? 4096
                                        : std::max<std::size_t>(1, enough_voxels / rve.n_voxels());
  }

  // Both iterations, the fields of a check and what the network needs, at their peak.
  std::size_t bytes_per_voxel(int dimension) const override {
    const int m = materials::n_mandel_components(dimension);
    const std::size_t size = c10::elementSize(c10::typeMetaToScalarType(options().dtype()));
    return 15 * m * m * size +
           (network_ ? sizeof(float) * (6 * network_->settings().width + 45 * m * m) : 0);
  }

  FieldResult compute(const StiffnessField& stiffness) const override {
    CertifiedSettings wanted;
    wanted.tolerance = settings().tolerance;
    wanted.max_steps = settings().max_iterations;
    wanted.first_check = settings().first_check;
    return solve_certified(stiffness, wanted, network_ ? predict(stiffness) : CertifiedStart());
  }

  CertifiedStart predict(const StiffnessField& stiffness) const {
    const auto predicted = (*network_)(stiffness.to(options().dtype(torch::kFloat)));
    const auto fields = admissible(predicted, stiffness.to(options().dtype(torch::kFloat)));
    const Grid& grid = stiffness.grid();
    const GreenOperator green(grid, options());
    const auto medium = mean_medium(stiffness);
    CertifiedStart start;
    start.displacement = displacement_of(fields.strain.to(options()), green, medium);
    // In equilibrium to the precision of the polish.
    start.stress =
        equilibrium_block(fields.stress.to(options()), EquilibriumForm::projection, green, medium);
    start.estimate_weight = predicted.estimate_weight;
    return start;
  }

  static constexpr double smallest_single_tolerance = 1e-5;

  std::shared_ptr<FieldNetwork> network_;
};

}  // namespace

void register_certified_engine() {
  register_engine(
      "certified",
      "bounds to a relative gap of Tolerance: s-ECO fields where a model is given, "
      "polished by conjugate gradients on both energies",
      [](const EngineSettings& settings) { return std::make_unique<CertifiedEngine>(settings); },
      numerics_version);
}

}  // namespace seco::surrogate
