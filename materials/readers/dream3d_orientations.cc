#include "dream3d_orientations.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <stdexcept>

namespace seco::materials {
namespace {

constexpr double degree = M_PI / 180;

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

const OrientationNames& orientation_names() {
  static const OrientationNames names{{"EulerAngles", "AvgEulerAngles", "AvgEulers", "Eulers"},
                                      {"AvgQuats", "Quats"}};
  return names;
}

bool is_orientation(const std::string& name) {
  return contains(orientation_names().angles, name) ||
         contains(orientation_names().quaternions, name);
}

bool may_be_orientation(const Dream3dArray& array) {
  static const std::vector<std::string> others{"Centroids", "AxisLengths", "AxisEulerAngles"};
  return array.kind == Hdf5Kind::numbers && array.shape.size() > 1 &&
         (array.n_columns() == 3 || array.n_columns() == 4) && !is_orientation(array.name) &&
         !contains(others, array.name);
}

std::string other_kind_of_orientation(std::string name) {
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  for (const char* kind :
       {"rodrigues", "axisangle", "homochoric", "cubochoric", "stereographic", "rotationvector"})
    if (name.find(kind) != std::string::npos) return kind;
  return "";
}

std::vector<Rotation> read_orientations(const Hdf5Reader& file, const std::string& dataset,
                                        std::size_t n, const std::string& angles,
                                        bool of_features) {
  const auto fail = [&](const std::string& what) {
    throw std::runtime_error(fmt::format("{}: {}", file.path(), what));
  };
  const auto array = file.dataset<double>(dataset);
  const std::size_t width = array.shape.empty() ? 0 : array.shape.back();
  const auto name = dataset.substr(dataset.rfind('/') + 1);
  const bool only_angles = contains(orientation_names().angles, name),
             only_quaternions = contains(orientation_names().quaternions, name);
  if ((width != 3 && width != 4) || array.values.size() != n * width ||
      (only_angles && width != 3) || (only_quaternions && width != 4))
    fail(fmt::format("dataset '{}' has the shape {}, expected {} tuples of {}", dataset,
                     fmt::join(array.shape, "x"), n,
                     only_angles        ? "3 Euler angles"
                     : only_quaternions ? "a quaternion of 4"
                                        : "3 Euler angles or a quaternion of 4"));
  const bool degrees = angles == "degrees";
  if (degrees && width == 4)
    fail(
        fmt::format("dataset '{}' holds quaternions, on which degrees (--angles, 'Angles') have "
                    "no effect",
                    dataset));
  std::vector<Rotation> result;
  result.reserve(n);
  for (std::size_t i = 0; i < n; ++i) {
    const double* v = array.values.data() + i * width;
    for (std::size_t c = 0; c < width; ++c)
      if (!std::isfinite(v[c]))
        fail(
            fmt::format("dataset '{}' holds {} in entry {}, component {}; allowed are finite "
                        "numbers",
                        dataset, v[c], i, c));
    if (width == 3) {
      const double largest = degrees ? 360.1 : 6.30, unit = degrees ? degree : 1.;
      for (std::size_t c = 0; c < width; ++c)
        if (std::abs(v[c]) > largest)
          fail(fmt::format("dataset '{}' holds {} in entry {}, allowed are {}", dataset, v[c], i,
                           degrees ? "angles up to 360 degrees"
                                   : "angles up to 2 pi in radians; if these are degrees, say so"));
      result.push_back(from_euler(unit * v[0], unit * v[1], unit * v[2]));
      continue;
    }
    const double norm = std::hypot(std::hypot(v[0], v[1]), std::hypot(v[2], v[3]));
    if (norm == 0. && of_features && i == 0) {
      result.push_back(Rotation::Identity());
      continue;
    }
    if (!(std::abs(norm - 1.) <= 1e-3))
      fail(
          fmt::format("dataset '{}' holds a quaternion of the norm {:g} in entry {}, allowed are "
                      "unit quaternions{}",
                      dataset, norm, i,
                      of_features ? ", and zeros in entry 0, which stands for no feature" : ""));
    // Imaginary part first; the rotation from sample to crystal axes in the usual matrix.
    result.push_back(from_quaternion(v[3], v[0], v[1], v[2]).transpose());
  }
  return result;
}

}  // namespace seco::materials
