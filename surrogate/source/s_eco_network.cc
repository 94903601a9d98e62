#include "s_eco_network.h"

#include <fmt/format.h>

#include <cmath>
#include <stdexcept>

#include "difference_operator.h"
#include "reference_solver.h"

namespace seco::surrogate {
namespace {

UNetOptions unet_options(const NetworkSettings& settings) {
  const int d = settings.dimension, m = d * (d + 1) / 2;
  UNetOptions options;
  options.dimension = d;
  options.in_channels = m * (m + 1) / 2 + (settings.green_steps > 0 ? 2 * m * m : 0);
  const int kinematic = settings.kinematic_head == "displacement" ? d : m;
  options.out_channels =
      m * (kinematic + n_potential_channels(equilibrium_form_from(settings.equilibrium_block), d));
  options.width = settings.width;
  options.levels = settings.levels;
  return options;
}

torch::Tensor per_rve(const torch::Tensor& values, const torch::Tensor& field) {
  std::vector<std::int64_t> shape(field.dim(), 1);
  shape[0] = values.size(0);
  return values.to(field.options()).reshape(shape);
}

}  // namespace

SEcoNetworkImpl::SEcoNetworkImpl(const NetworkSettings& settings)
    : settings_(settings), equilibrium_(equilibrium_form_from(settings.equilibrium_block)) {
  const auto check = [](const std::string& what, const std::string& value, const char* a,
                        const char* b) {
    if (value != a && value != b)
      throw std::invalid_argument(
          fmt::format("{} '{}' is not known; allowed are {}, {}", what, value, a, b));
  };
  check("kinematic head", settings.kinematic_head, "displacement", "polarization");
  if (settings.dimension != 2 && settings.dimension != 3)
    throw std::invalid_argument(
        fmt::format("dimension {} of the network is not 2 or 3", settings.dimension));
  if (settings.green_steps < 0 || settings.green_steps > 100)
    throw std::invalid_argument(
        fmt::format("{} Green steps before the network (allowed 0 to 100)", settings.green_steps));
  if (settings.width < 1 || settings.width > 1024 || settings.levels < 1 || settings.levels > 8)
    throw std::invalid_argument(fmt::format(
        "network width {} (allowed 1 to 1024) or levels {} (allowed 1 to 8) out of range",
        settings.width, settings.levels));
  unet_ = register_module("unet", UNet(unet_options(settings)));
}

std::int64_t SEcoNetworkImpl::n_parameters() const {
  std::int64_t n = 0;
  for (const auto& p : parameters()) n += p.numel();
  return n;
}

AdmissibleFields SEcoNetworkImpl::forward(const StiffnessField& stiffness) {
  const Grid& grid = stiffness.grid();
  const int d = grid.dimension(), m = grid.n_components();
  if (d != settings_.dimension)
    throw std::invalid_argument(fmt::format("the network was trained for {}D RVEs, this RVE is {}D",
                                            settings_.dimension, d));
  const auto medium = mean_medium(stiffness);
  const GreenOperator green(grid, stiffness.options());
  const auto batch = stiffness.batch_size();
  const auto mean_shear = medium.mu;
  const auto with_loads = [&](const torch::Tensor& channels) {
    std::vector<std::int64_t> shape{batch, m, channels.size(1) / m};
    shape.insert(shape.end(), grid.shape.begin(), grid.shape.end());
    return channels.reshape(shape);
  };

  const auto unit = with_grid_axes(unit_loads(grid, stiffness.options()), grid);
  std::vector<std::int64_t> field_shape{batch, m, m};
  field_shape.insert(field_shape.end(), grid.shape.begin(), grid.shape.end());
  const auto uniform_stress = stiffness.apply(unit.expand(field_shape));

  auto coefficients = stiffness.coefficients();
  coefficients = coefficients / per_rve(mean_shear, coefficients);
  auto input = coefficients;
  // The polarization C : E + (C - C0) : e of the last step taken, and what it lacks for the next
  // one.
  torch::Tensor polarization;
  if (settings_.green_steps > 0) {
    polarization = uniform_stress;
    torch::Tensor strain, residual;
    for (int step = 0; step < settings_.green_steps; ++step) {
      if (step > 0) polarization = polarization + residual;
      const auto next = strain_of(green.apply(-divergence_of(polarization, grid), medium), grid);
      const auto increment = strain.defined() ? next - strain : next;
      residual = stiffness.apply(increment) - isotropic_stress(increment, medium, grid);
      strain = next;
    }
    input = torch::cat({coefficients, strain.flatten(1, 2),
                        residual.flatten(1, 2) / per_rve(mean_shear, coefficients)},
                       1);
  }

  const auto output = unet_->forward(input);
  const bool displacement_head = settings_.kinematic_head == "displacement";
  const int kinematic = m * (displacement_head ? d : m);
  const auto kinematic_channels = with_loads(output.narrow(1, 0, kinematic));
  const auto static_channels = with_loads(output.narrow(1, kinematic, output.size(1) - kinematic));

  // Polarization tau and stress-like channels are in units of the mean shear modulus.
  torch::Tensor displacement;
  if (!displacement_head) {
    const auto tau = kinematic_channels * per_rve(mean_shear, kinematic_channels);
    polarization = polarization.defined() ? polarization + tau : tau;
  }
  if (polarization.defined())
    displacement = green.apply(-divergence_of(polarization, grid), medium);
  const double h = *std::min_element(grid.spacing.begin(), grid.spacing.end());
  if (displacement_head)
    displacement =
        displacement.defined() ? displacement + h * kinematic_channels : h * kinematic_channels;

  AdmissibleFields fields;
  fields.strain = compatibility_block(displacement, grid);
  auto potential = static_channels * per_rve(mean_shear, static_channels);
  if (equilibrium_ == EquilibriumForm::projection)
    potential = potential + stiffness.apply(fields.strain + unit);
  else
    potential = potential * (h * h);
  fields.stress = equilibrium_block(potential, equilibrium_, green, medium);
  return fields;
}

}  // namespace seco::surrogate
