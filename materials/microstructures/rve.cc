#include "seco/materials/rve.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <stdexcept>

#include "seco/materials/fnv_hash.h"

namespace seco::materials {
namespace {

/// Relative to the largest entry, so that the unit does not matter.
constexpr double symmetry_tolerance = 1e-8;
constexpr double eigenvalue_tolerance = 1e-14;

template <typename Number>
void add(FnvHash& hash, const std::vector<Number>& values) {
  const std::uint64_t size = values.size();
  hash.add(&size, sizeof size);
  hash.add(values.data(), values.size() * sizeof(Number));
}

}  // namespace

std::size_t Rve::n_voxels() const {
  std::size_t n = 1;
  for (const int s : shape) n *= static_cast<std::size_t>(s);
  return n;
}

void check(const Rve& rve, const std::string& origin) {
  const auto refuse = [&](const std::string& what) {
    throw std::invalid_argument(fmt::format("{}: {}", origin, what));
  };
  const int d = rve.dimension();
  if (d != 2 && d != 3) refuse(fmt::format("the RVE has {} axes, allowed are 2 or 3", d));
  for (const int n : rve.shape)
    if (n < 1) refuse(fmt::format("grid {}: sizes must be positive", fmt::join(rve.shape, "x")));
  if (static_cast<int>(rve.lengths.size()) != d)
    refuse(fmt::format("'lengths' holds {} values, expected {}", rve.lengths.size(), d));
  for (const double length : rve.lengths)
    if (!std::isfinite(length) || !(length > 0))
      refuse(fmt::format("'lengths' holds {}, allowed are positive numbers", length));
  if (rve.phase.size() != rve.n_voxels())
    refuse(fmt::format("'phase' holds {} voxels, expected {}", rve.phase.size(), rve.n_voxels()));
  if (rve.stiffness.empty()) refuse("'stiffness' holds no phase");
  const int m = n_mandel_components(d);
  for (std::size_t p = 0; p < rve.stiffness.size(); ++p) {
    const auto& stiffness = rve.stiffness[p];
    if (stiffness.rows() != m || stiffness.cols() != m)
      refuse(fmt::format("'stiffness' of phase {} is {}x{}, expected {}x{}", p, stiffness.rows(),
                         stiffness.cols(), m, m));
    if (!stiffness.allFinite())
      refuse(fmt::format("'stiffness' of phase {} holds NaN or infinite values", p));
    if (stiffness.cwiseAbs().maxCoeff() == 0.) continue;  // a void
    if (asymmetry(stiffness) > symmetry_tolerance)
      refuse(
          fmt::format("'stiffness' of phase {} is not symmetric: C_ij and C_ji differ by {:.3g} of "
                      "the largest entry, allowed is {:.0e}",
                      p, asymmetry(stiffness), symmetry_tolerance));
    const double smallest = relative_smallest_eigenvalue(stiffness);
    if (!(smallest > eigenvalue_tolerance))
      refuse(fmt::format(
          "'stiffness' of phase {} is not positive definite: its smallest eigenvalue is "
          "{:.3g} of the largest, allowed are positive values and the zero matrix "
          "(a void)",
          p, smallest));
  }
  if (!rve.orientation.empty() && rve.orientation.size() != rve.stiffness.size())
    refuse(fmt::format("'orientation' holds {} phases, expected {} or none", rve.orientation.size(),
                       rve.stiffness.size()));
  for (std::size_t p = 0; p < rve.orientation.size(); ++p)
    if (!rve.orientation[p].allFinite())
      refuse(fmt::format("'orientation' of phase {} holds NaN or infinite values", p));
  if (d == 2 && !rve.stiffness_3d.empty()) {
    if (rve.stiffness_3d.size() != rve.stiffness.size())
      refuse(fmt::format("'stiffness_3d' holds {} phases, expected {} or none",
                         rve.stiffness_3d.size(), rve.stiffness.size()));
    for (std::size_t p = 0; p < rve.stiffness_3d.size(); ++p)
      if (rve.stiffness_3d[p].rows() != 6 || rve.stiffness_3d[p].cols() != 6 ||
          !rve.stiffness_3d[p].allFinite())
        refuse(fmt::format("'stiffness_3d' of phase {} is not a finite 6x6 matrix", p));
  }
  bool solid = false;
  for (std::size_t v = 0; v < rve.phase.size(); ++v) {
    if (rve.phase[v] >= rve.stiffness.size())
      refuse(fmt::format("'phase' holds {} at voxel {}, but 'stiffness' has phases 0 to {} only",
                         rve.phase[v], v, rve.stiffness.size() - 1));
    solid = solid || rve.stiffness[rve.phase[v]].cwiseAbs().maxCoeff() > 0.;
  }
  if (!solid) refuse("every voxel is a void of zero stiffness");
}

std::optional<MandelMatrix> spatial_stiffness(const Rve& rve, std::size_t phase) {
  const auto& stiffness = rve.stiffness.at(phase);
  if (rve.dimension() == 3) return stiffness;
  const double scale = stiffness.cwiseAbs().maxCoeff();
  if (scale == 0.) return MandelMatrix(MandelMatrix::Zero(6, 6));
  // A table that was changed afterwards does not belong to it any more.
  if (rve.stiffness_3d.size() != rve.stiffness.size() || rve.stiffness_3d[phase].rows() != 6 ||
      (plane_strain(rve.stiffness_3d[phase]) - stiffness).cwiseAbs().maxCoeff() >
          symmetry_tolerance * scale)
    return std::nullopt;
  return rve.stiffness_3d[phase];
}

std::uint64_t hash(const Rve& rve) {
  FnvHash h;
  add(h, rve.shape);
  add(h, rve.lengths);
  add(h, rve.phase);
  for (const auto& stiffness : rve.stiffness)
    h.add(stiffness.data(), static_cast<std::size_t>(stiffness.size()) * sizeof(double));
  h.add(rve.unit.data(), rve.unit.size());
  for (const auto& angles : rve.orientation) h.add(angles.data(), 3 * sizeof(double));
  return h.value();
}

bool operator==(const Rve& a, const Rve& b) {
  if (a.shape != b.shape || a.lengths != b.lengths || a.unit != b.unit || a.phase != b.phase ||
      a.orientation != b.orientation || a.stiffness.size() != b.stiffness.size() ||
      a.stiffness_3d.size() != b.stiffness_3d.size())
    return false;
  for (std::size_t p = 0; p < a.stiffness_3d.size(); ++p)
    if (a.stiffness_3d[p].rows() != b.stiffness_3d[p].rows() ||
        a.stiffness_3d[p] != b.stiffness_3d[p])
      return false;
  for (std::size_t p = 0; p < a.stiffness.size(); ++p)
    if (a.stiffness[p].rows() != b.stiffness[p].rows() || a.stiffness[p] != b.stiffness[p])
      return false;
  return true;
}

}  // namespace seco::materials
