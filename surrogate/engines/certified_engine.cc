#include "certified_engine.h"

#include <fmt/format.h>

#include <memory>
#include <optional>

#include "certified_solver.h"
#include "device.h"
#include "difference_operator.h"
#include "eco_blocks.h"
#include "field_engine.h"
#include "green_operator.h"
#include "kernel_tables.h"
#include "model_folder.h"
#include "network_start.h"
#include "reference_solver.h"

namespace seco::surrogate {
namespace {

/// Bounds to a tolerance: the fields of a trained network where a model is given, else the Voigt
/// and Reuss averages, refined by solve_certified().
class CertifiedEngine : public FieldEngine {
 public:
  explicit CertifiedEngine(const EngineSettings& settings)
      : FieldEngine(settings, torch::TensorOptions(precision_from(settings.precision))
                                  .device(select_device(settings.device))) {
    check_tolerance(settings);
    if (settings.precision == "single" && settings.tolerance < smallest_single_tolerance)
      throw SettingError(Setting::tolerance,
                         fmt::format("tolerance {} cannot be certified in single precision, which "
                                     "reaches {}; use double precision",
                                     settings.tolerance, smallest_single_tolerance));
    auto own = own_parameters(settings, certified_name);
    own_ = read_certified_parameters(own, "");
    set_thread_count();
    if (!settings.model.empty()) {
      const auto model =
          load_model(settings.model, settings.network_precision, settings.trust_scripts);
      network_ = model.network;
      network_->to(options().device());
      if (auto polarization = std::dynamic_pointer_cast<PolarizationNetwork>(network_))
        start_.emplace(polarization, start_gains_from(model.description), settings.model);
    }
  }

  std::string name() const override { return certified_name; }

  std::vector<std::string> report() const override {
    std::vector<std::string> lines;
    if (start_)
      for (const auto& line : start_->report()) lines.push_back(name() + ": " + line);
    return lines;
  }

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
    return is_asynchronous(options().device())
               ? 4096
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
    wanted.first_check = own_.first_check;
    wanted.smooth_stress = own_.smooth_stress;
    return solve_certified(stiffness, wanted, network_ ? predict(stiffness) : CertifiedStart());
  }

  CertifiedStart predict(const StiffnessField& stiffness) const {
    if (start_) {
      CertifiedStart start;
      start.displacement = (*start_)(stiffness);
      return start;
    }
    const auto predicted = (*network_)(stiffness.to(options().dtype(torch::kFloat)));
    const auto fields = admissible(predicted, stiffness.to(options().dtype(torch::kFloat)));
    const Grid& grid = stiffness.grid();
    const GreenOperator green(grid, options());
    const auto medium = mean_medium(stiffness);
    CertifiedStart start;
    start.displacement = displacement_of(fields.strain.to(options()), green, medium);
    // In equilibrium to the precision of the refine.
    start.stress =
        equilibrium_block(fields.stress.to(options()), EquilibriumForm::projection, green, medium);
    start.estimate_weight = predicted.estimate_weight;
    return start;
  }

  static constexpr double smallest_single_tolerance = 1e-5;

  CertifiedParameters own_;
  std::shared_ptr<FieldNetwork> network_;
  /// Of a polarization network.
  std::optional<NetworkStart> start_;
};

}  // namespace

CertifiedParameters read_certified_parameters(materials::ParameterReader& reader,
                                              const std::string& section) {
  CertifiedParameters own;
  own.first_check = static_cast<unsigned int>(reader.integer(
      section, first_check_key, 0, 0, 1000000,
      "steps before the bounds are evaluated for the first time; 0: when the energy suggests that "
      "they meet the tolerance"));
  own.smooth_stress = reader.flag(
      section, smooth_stress_key, true,
      "whether the lower bound is made from means of the displacements of all steps, not from the "
      "last one: fewer steps to the same gap");
  return own;
}

void register_certified_engine() {
  register_engine(
      certified_name,
      {"bounds to a relative gap of Tolerance: s-ECO fields where a model is given, "
       "refined by conjugate gradients",
       numerics_version, read_certified_parameters},
      [](const EngineSettings& settings) { return std::make_unique<CertifiedEngine>(settings); });
}

}  // namespace seco::surrogate
