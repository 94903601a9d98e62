#include "seco/materials/crystal_harmonics.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <stdexcept>

#include "seco/materials/rotation.h"

namespace seco::materials {
namespace {

// Real harmonics of degree l without the factor sqrt((2 l + 1) / (4 pi)): the squares of all m sum
// to one on the unit sphere.
std::array<double, 5> degree_two(const Eigen::Vector3d& n) {
  const double x = n[0], y = n[1], z = n[2], s = std::sqrt(3.);
  return {s * x * y, s * y * z, 0.5 * (3 * z * z - 1), s * x * z, 0.5 * s * (x * x - y * y)};
}

std::array<double, 9> degree_four(const Eigen::Vector3d& n) {
  const double x = n[0], y = n[1], z = n[2], zz = z * z;
  const double a = std::sqrt(35.) / 2, b = std::sqrt(35. / 8), c = std::sqrt(5.) / 2,
               d = std::sqrt(5. / 8);
  return {a * x * y * (x * x - y * y),
          b * y * z * (3 * x * x - y * y),
          c * x * y * (7 * zz - 1),
          d * y * z * (7 * zz - 3),
          (35 * zz * zz - 30 * zz + 3) / 8,
          d * x * z * (7 * zz - 3),
          0.5 * c * (x * x - y * y) * (7 * zz - 1),
          b * x * z * (x * x - 3 * y * y),
          0.25 * a * (x * x * (x * x - 3 * y * y) - y * y * (3 * x * x - y * y))};
}

[[noreturn]] void refuse_symmetry(const std::string& symmetry) {
  throw std::invalid_argument(fmt::format(
      "crystal symmetry '{}' has no harmonics here; allowed are cubic, hexagonal", symmetry));
}

}  // namespace

int n_harmonics(const std::string& symmetry) {
  if (symmetry == "cubic") return 9;
  if (symmetry == "hexagonal") return 14;
  refuse_symmetry(symmetry);
}

std::vector<double> crystal_harmonics(const std::string& symmetry,
                                      const Eigen::Vector3d& bunge_euler) {
  const Rotation rotation = from_euler(bunge_euler[0], bunge_euler[1], bunge_euler[2]);
  std::vector<double> values;
  if (symmetry == "hexagonal") {
    const Eigen::Vector3d axis = rotation.col(2);
    for (const double v : degree_two(axis)) values.push_back(v);
    for (const double v : degree_four(axis)) values.push_back(v);
    return values;
  }
  if (symmetry != "cubic") refuse_symmetry(symmetry);
  values.assign(9, 0.);
  for (int a = 0; a < 3; ++a) {
    const auto harmonics = degree_four(rotation.col(a));
    // sum_m (sum_a Y_4m)^2 = sum_ab P_4(e_a . e_b) = 3 + 6 * 3 / 8.
    for (int m = 0; m < 9; ++m) values[m] += harmonics[m] / std::sqrt(21. / 4);
  }
  return values;
}

}  // namespace seco::materials
