#include "network_input.h"

#include <fmt/format.h>

#include <cmath>
#include <stdexcept>

#include "seco/materials/crystal_harmonics.h"

namespace seco::surrogate {

torch::Tensor with_loads(const torch::Tensor& channels, const Grid& grid) {
  const std::int64_t m = grid.n_components();
  std::vector<std::int64_t> shape{channels.size(0), m, channels.size(1) / m};
  shape.insert(shape.end(), grid.shape.begin(), grid.shape.end());
  return channels.reshape(shape);
}

torch::Tensor unit_fields(const StiffnessField& stiffness) {
  const Grid& grid = stiffness.grid();
  const std::int64_t m = grid.n_components();
  std::vector<std::int64_t> shape{stiffness.batch_size(), m, m};
  shape.insert(shape.end(), grid.shape.begin(), grid.shape.end());
  return with_grid_axes(unit_loads(grid, stiffness.options()), grid).expand(shape);
}

std::int64_t n_microstructure_channels(const NetworkSettings& settings) {
  const int d = settings.dimension, m = d * (d + 1) / 2;
  if (settings.input == "stiffness") return m * (m + 1) / 2;
  if (settings.input == "Euler angles") return 3;
  if (settings.input == "spherical harmonics")
    return materials::n_harmonics(settings.crystal_symmetry);
  throw std::invalid_argument(fmt::format(
      "input '{}' of the network is not known; allowed are stiffness, Euler angles, spherical "
      "harmonics",
      settings.input));
}

InputChannels microstructure_channels(const NetworkSettings& settings,
                                      const StiffnessField& stiffness) {
  if (settings.input == "stiffness")
    return {stiffness.coefficients(), mean_medium(stiffness).mu.reciprocal()};
  const auto& angles = stiffness.orientations();
  if (!angles.defined())
    throw std::invalid_argument(
        fmt::format("input '{}' of the network needs the orientation of every phase, and an RVE "
                    "has none; polycrystals of `seco generate` and RVE files with the dataset "
                    "'orientation' have them",
                    settings.input));
  if (settings.input == "Euler angles") return {stiffness.expand(angles / M_PI), {}};
  const auto n = n_microstructure_channels(settings);
  auto table = torch::empty({angles.size(0), angles.size(1), n}, torch::kDouble);
  for (std::int64_t b = 0; b < angles.size(0); ++b)
    for (std::int64_t p = 0; p < angles.size(1); ++p) {
      const auto* e = angles[b][p].data_ptr<double>();
      const auto values =
          materials::crystal_harmonics(settings.crystal_symmetry, {e[0], e[1], e[2]});
      std::copy(values.begin(), values.end(), table[b][p].data_ptr<double>());
    }
  return {stiffness.expand(table), {}};
}

}  // namespace seco::surrogate
