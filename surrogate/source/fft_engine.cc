#include <fmt/format.h>

#include "device.h"
#include "difference_operator.h"
#include "eco_blocks.h"
#include "field_engine.h"
#include "reference_solver.h"
#include "seco/surrogate/engine.h"

namespace seco::surrogate {
namespace {

/// The reference solver with its certificate: upper bound from the strain of the conjugate gradient
/// iterate, lower bound from its stress, equilibrated by the projection block.
class FftEngine : public FieldEngine {
 public:
  explicit FftEngine(const EngineSettings& settings)
      : FieldEngine(settings, torch::TensorOptions(precision_from(settings.precision))
                                  .device(select_device(settings.device))) {
    if (!(settings.tolerance > 0) || !(settings.tolerance < 1))
      throw std::invalid_argument(
          fmt::format("tolerance {} is not between 0 and 1", settings.tolerance));
    set_thread_count();
  }

  std::string name() const override { return "fft"; }

 private:
  // Displacement, residual, search direction and their images: about 30 fields of six load cases
  // in 3D at the peak.
  std::size_t bytes_per_voxel(int /*dimension*/) const override {
    return 30 * 6 * 6 * c10::elementSize(c10::typeMetaToScalarType(options().dtype()));
  }

  FieldResult compute(const StiffnessField& stiffness) const override {
    const Grid& grid = stiffness.grid();
    const auto solution =
        solve(stiffness, SolverSettings{settings().tolerance, settings().max_iterations});
    const auto fluctuation = compatibility_block(solution.displacement, grid);
    const auto stress = equilibrated_stress(stiffness, total_strain(solution.displacement, grid));
    FieldResult result;
    result.strain = fluctuation;
    result.bounds = certify(stiffness, fluctuation, stress);
    result.estimate = result.bounds.upper;
    result.iterations = solution.iterations;
    result.residual = solution.residual;
    for (std::int64_t b = 0; b < stiffness.batch_size(); ++b) {
      result.status.push_back(Status::ok);
      result.message.emplace_back();
      if (!solution.converged[b]) {
        result.status.back() = Status::not_converged;
        result.message.back() =
            fmt::format("residual {:.3g} after {} iterations, asked for {:.3g}",
                        solution.residual[b], solution.iterations[b], settings().tolerance);
      }
    }
    mark_one_sided(result, stiffness);
    return result;
  }
};

}  // namespace

void register_fft_engine() {
  register_engine(
      "fft", "FFT reference solver, conjugate gradients to the tolerance",
      [](const EngineSettings& settings) { return std::make_unique<FftEngine>(settings); },
      numerics_version);
}

}  // namespace seco::surrogate
