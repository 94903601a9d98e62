#include "seco/surrogate/resolution.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "seco/surrogate/engine.h"

namespace seco::surrogate {
namespace {

using Index = std::array<int, 3>;

std::size_t position(const Index& voxel, const std::vector<int>& shape) {
  std::size_t at = 0;
  for (std::size_t a = 0; a < shape.size(); ++a)
    at = at * static_cast<std::size_t>(shape[a]) +
         static_cast<std::size_t>((voxel[a] + shape[a]) % shape[a]);
  return at;
}

Index voxel_at(std::size_t at, const std::vector<int>& shape) {
  Index voxel{};
  for (std::size_t a = shape.size(); a-- > 0;) {
    voxel[a] = static_cast<int>(at % static_cast<std::size_t>(shape[a]));
    at /= static_cast<std::size_t>(shape[a]);
  }
  return voxel;
}

bool is_alone(const materials::Rve& rve, std::size_t at) {
  const auto voxel = voxel_at(at, rve.shape);
  for (std::size_t a = 0; a < rve.shape.size(); ++a)
    for (const int step : {-1, 1}) {
      auto neighbour = voxel;
      neighbour[a] += step;
      if (rve.phase[position(neighbour, rve.shape)] == rve.phase[at]) return false;
    }
  return true;
}

materials::Rve block_at(const materials::Rve& rve, const Index& first, int size) {
  auto block = rve;
  for (std::size_t a = 0; a < rve.shape.size(); ++a) {
    block.shape[a] = std::min(size, rve.shape[a]);
    block.lengths[a] *= static_cast<double>(block.shape[a]) / rve.shape[a];
  }
  block.phase.resize(block.n_voxels());
  for (std::size_t v = 0; v < block.phase.size(); ++v) {
    auto voxel = voxel_at(v, block.shape);
    for (std::size_t a = 0; a < rve.shape.size(); ++a) voxel[a] += first[a];
    block.phase[v] = rve.phase[position(voxel, rve.shape)];
  }
  return block;
}

}  // namespace

double distance_from_continuum(const Homogenized& discrete, const ContinuumCertificate& continuum) {
  double distance = 0;
  for (Eigen::Index i = 0; i < discrete.upper.rows(); ++i) {
    const double apart = std::max(discrete.lower(i, i) - continuum.upper(i, i),
                                  continuum.lower(i, i) - discrete.upper(i, i));
    distance = std::max(distance, apart / continuum.upper(i, i));
  }
  return distance;
}

std::string resolution_note(const materials::Rve& rve) {
  constexpr double worth_a_look = 0.1, far = 0.05;
  constexpr int size = 6;
  std::size_t n_alone = 0, first = rve.phase.size();
  for (std::size_t v = 0; v < rve.phase.size(); ++v)
    if (is_alone(rve, v)) {
      ++n_alone;
      first = std::min(first, v);
    }
  const double share = static_cast<double>(n_alone) / static_cast<double>(rve.phase.size());
  if (share < worth_a_look) return "";
  const auto block = block_at(rve, voxel_at(first, rve.shape), size);
  // Solids that hang together by corners are a matter of their own.
  if (std::any_of(block.stiffness.begin(), block.stiffness.end(),
                  [](const auto& c) { return c.cwiseAbs().maxCoeff() == 0.; }))
    return "";
  register_builtin_engines();
  EngineSettings settings;
  settings.device = "cpu";
  settings.tolerance = 1e-6;
  const auto discrete = make_engine("fft", settings)->homogenize({&block, 1}).front();
  ContinuumSettings continuum;
  continuum.device = "cpu";
  continuum.refinement = 2;
  const double distance = distance_from_continuum(discrete, certify_continuum(block, continuum));
  if (distance < far) return "";
  return fmt::format(
      "{:.0f} % of the voxels differ from all their neighbours, and in a block of them the "
      "discretized "
      "stiffness is at least {:.0f} % away from that of the same voxels as a continuum (hourglass "
      "modes): "
      "divide the voxels, or ask for --certificate continuum",
      100. * share, 100. * distance);
}

}  // namespace seco::surrogate
