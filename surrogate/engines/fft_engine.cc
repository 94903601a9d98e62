#include <fmt/format.h>

#include "device.h"
#include "field_engine.h"
#include "kernel_tables.h"
#include "reference_solver.h"
#include "seco/surrogate/engine.h"
#include "void_bounds.h"

namespace seco::surrogate {
namespace {

/// The reference solver with its certificate: upper bound from the strain of the conjugate gradient
/// iterate, lower bound from its stress, or at high contrast from that of the mean of the iterates
/// with the smallest residual, equilibrated by the projection block.
class FftEngine : public FieldEngine {
 public:
  explicit FftEngine(const EngineSettings& settings)
      : FieldEngine(settings, torch::TensorOptions(precision_from(settings.precision))
                                  .device(select_device(settings.device))) {
    check_tolerance(settings);
    set_thread_count();
  }

  std::string name() const override { return "fft"; }

 private:
  // Displacement, residual, its image and the search direction, the sum of displacements and its
  // mean, the result, and spectra; without
  // fused kernels of the certificate there are fields of strains and stresses as well.
  std::size_t bytes_per_voxel(int dimension) const override {
    const std::size_t d = dimension, loads = d * (d + 1) / 2;
    const bool fused = owns(kernels_of(options()), &KernelEntries::energies);
    const std::size_t fields = fused ? 9 * d : 9 * d + 8 * loads;
    // In single precision the bounds need displacement, residual and spectra in double beside it.
    const std::size_t precise = options().dtype() == torch::kDouble
                                    ? 0
                                    : sizeof(double) * (fused ? 5 * d : 5 * d + 6 * loads);
    return loads *
           (fields * c10::elementSize(c10::typeMetaToScalarType(options().dtype())) + precise);
  }

  FieldResult compute(const StiffnessField& stiffness) const override {
    const GreenOperator green(stiffness.grid(), stiffness.options());
    const auto solution = solve(
        stiffness, green,
        SolverSettings{settings().tolerance, settings().max_iterations, /*smooth_stress=*/true});
    FieldResult result;
    result.displacement = solution.displacement;
    const bool precise = stiffness.options().dtype() == torch::kDouble;
    const auto options = this->options().dtype(torch::kDouble);
    const auto field = precise ? stiffness : stiffness.to(options);
    const auto displacement = solution.displacement.to(torch::kDouble);
    const bool smoothed = !solution.for_stress.is_same(solution.displacement);
    result.bounds = enclose(
        field, displacement, smoothed ? solution.for_stress.to(torch::kDouble) : displacement,
        precise ? green : GreenOperator(stiffness.grid(), options), mean_medium(stiffness));
    enclose_voids(result.bounds, field, displacement, solution.smallest_ritz_values);
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
      "fft", {"FFT reference solver, conjugate gradients to the tolerance", numerics_version},
      [](const EngineSettings& settings) { return std::make_unique<FftEngine>(settings); });
}

}  // namespace seco::surrogate
