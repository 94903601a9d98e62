#include "seco/materials/symmetry_operations.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>

#include "seco/materials/rotation.h"

namespace seco::materials {
namespace {

std::vector<std::pair<int, int>> tensor_indices(int dimension) {
  if (dimension == 2) return {{0, 0}, {1, 1}, {0, 1}};
  return {{0, 0}, {1, 1}, {2, 2}, {1, 2}, {0, 2}, {0, 1}};
}

std::vector<CubeSymmetry> all_symmetries(int dimension) {
  std::vector<CubeSymmetry> symmetries;
  std::vector<int> axis(dimension);
  std::iota(axis.begin(), axis.end(), 0);
  do {
    for (int mirrored = 0; mirrored < 1 << dimension; ++mirrored) {
      std::vector<int> sign;
      for (int i = 0; i < dimension; ++i) sign.push_back(mirrored >> i & 1 ? -1 : 1);
      symmetries.push_back({axis, sign});
    }
  } while (std::next_permutation(axis.begin(), axis.end()));
  return symmetries;
}

// Copies phases to a grid of another arrangement: `source` gives the old index along every axis.
template <typename Source>
std::vector<std::uint16_t> rearranged(const Rve& rve, const std::vector<int>& shape,
                                      const Source& source) {
  std::vector<std::uint16_t> phase(rve.phase.size());
  std::vector<int> index(shape.size(), 0);
  for (auto& value : phase) {
    std::size_t old = 0;
    const auto from = source(index);
    for (std::size_t a = 0; a < from.size(); ++a) old = old * rve.shape[a] + from[a];
    value = rve.phase[old];
    for (int a = static_cast<int>(shape.size()) - 1; a >= 0; --a) {
      if (++index[a] < shape[a]) break;
      index[a] = 0;
    }
  }
  return phase;
}

}  // namespace

MandelMatrix CubeSymmetry::mandel() const {
  const int d = static_cast<int>(axis.size());
  const auto pairs = tensor_indices(d);
  const int m = static_cast<int>(pairs.size());
  MandelMatrix q = MandelMatrix::Zero(m, m);
  for (int p = 0; p < m; ++p) {
    const auto [i, j] = pairs[p];
    const int k = axis[i], l = axis[j];
    for (int o = 0; o < m; ++o)
      if ((pairs[o].first == k && pairs[o].second == l) ||
          (pairs[o].first == l && pairs[o].second == k))
        q(p, o) = sign[i] * sign[j];
  }
  return q;
}

int CubeSymmetry::determinant() const {
  int value = 1;
  for (std::size_t i = 0; i < axis.size(); ++i) {
    value *= sign[i];
    for (std::size_t j = 0; j < i; ++j)
      if (axis[j] > axis[i]) value = -value;
  }
  return value;
}

const std::vector<CubeSymmetry>& cube_symmetries(int dimension) {
  static const std::vector<CubeSymmetry> square = all_symmetries(2), cube = all_symmetries(3);
  if (dimension != 2 && dimension != 3)
    throw std::invalid_argument(
        fmt::format("cube symmetries of dimension {}, allowed are 2 and 3", dimension));
  return dimension == 2 ? square : cube;
}

Rve shifted(const Rve& rve, const std::vector<int>& offset) {
  if (offset.size() != rve.shape.size())
    throw std::invalid_argument(
        fmt::format("{} offsets for an RVE of {} axes", offset.size(), rve.shape.size()));
  Rve result = rve;
  result.phase = rearranged(rve, rve.shape, [&](std::vector<int> index) {
    for (std::size_t a = 0; a < index.size(); ++a) {
      const int n = rve.shape[a];
      index[a] = ((index[a] - offset[a]) % n + n) % n;
    }
    return index;
  });
  return result;
}

Rve transformed(const Rve& rve, const CubeSymmetry& symmetry) {
  const int d = rve.dimension();
  if (static_cast<int>(symmetry.axis.size()) != d)
    throw std::invalid_argument(
        fmt::format("a symmetry of {} axes for an RVE of {}", symmetry.axis.size(), d));
  Rve result = rve;
  for (int i = 0; i < d; ++i) {
    result.shape[i] = rve.shape[symmetry.axis[i]];
    result.lengths[i] = rve.lengths[symmetry.axis[i]];
  }
  result.phase = rearranged(rve, result.shape, [&](const std::vector<int>& index) {
    std::vector<int> old(d);
    for (int i = 0; i < d; ++i)
      old[symmetry.axis[i]] = symmetry.sign[i] > 0 ? index[i] : result.shape[i] - 1 - index[i];
    return old;
  });
  const MandelMatrix q = symmetry.mandel();
  for (auto& stiffness : result.stiffness) stiffness = q * stiffness * q.transpose();
  if (d == 2 && !rve.stiffness_3d.empty()) {
    // The third axis stays where it is.
    auto spatial = symmetry;
    spatial.axis.push_back(2);
    spatial.sign.push_back(1);
    const MandelMatrix q3 = spatial.mandel();
    for (auto& stiffness : result.stiffness_3d) stiffness = q3 * stiffness * q3.transpose();
  }
  if (rve.orientation.empty()) return result;
  // In 2D the third axis stays where it is.
  Rotation rotation = Rotation::Identity();
  rotation.topLeftCorner(d, d).setZero();
  for (int i = 0; i < d; ++i) rotation(i, symmetry.axis[i]) = symmetry.sign[i];
  rotation *= symmetry.determinant();
  for (auto& angles : result.orientation)
    angles = to_euler(rotation * from_euler(angles[0], angles[1], angles[2]));
  return result;
}

Rve with_shear_error(const Rve& rve, double error) {
  if (!(error > -1) || !std::isfinite(error))
    throw std::invalid_argument(
        fmt::format("shear error {}, allowed are finite numbers above -1", error));
  const int d = rve.dimension(), m = n_mandel_components(d);
  MandelMatrix volumetric = MandelMatrix::Zero(m, m);
  volumetric.topLeftCorner(d, d).setConstant(1. / d);
  const MandelMatrix a =
      volumetric + std::sqrt(1. + error) * (MandelMatrix::Identity(m, m) - volumetric);
  Rve result = rve;
  for (auto& stiffness : result.stiffness) stiffness = a * stiffness * a;
  result.stiffness_3d.clear();
  return result;
}

}  // namespace seco::materials
