#include "arrays.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <stdexcept>

namespace seco::python {

namespace py = pybind11;

Doubles owned(std::vector<double> numbers, const std::vector<py::ssize_t>& shape) {
  auto kept = std::make_unique<std::vector<double>>(std::move(numbers));
  const double* data = kept->data();
  const py::capsule owner(kept.get(),
                          [](void* memory) { delete static_cast<std::vector<double>*>(memory); });
  static_cast<void>(kept.release());
  return Doubles(shape, data, owner);
}

Doubles array_of(const materials::MandelMatrix& matrix) {
  Doubles result({matrix.rows(), matrix.cols()});
  std::copy_n(matrix.data(), matrix.size(), result.mutable_data());
  return result;
}

Doubles array_of(const materials::MandelVector& vector) {
  Doubles result(vector.size());
  std::copy_n(vector.data(), vector.size(), result.mutable_data());
  return result;
}

Doubles array_of(const std::vector<materials::MandelMatrix>& matrices) {
  const auto m = matrices.empty() ? 0 : matrices.front().rows();
  Doubles result({static_cast<py::ssize_t>(matrices.size()), m, m});
  double* to = result.mutable_data();
  for (const auto& matrix : matrices) to = std::copy_n(matrix.data(), matrix.size(), to);
  return result;
}

namespace {

std::vector<py::ssize_t> shape_of(const py::array& array) {
  return {array.shape(), array.shape() + array.ndim()};
}

void check_finite(const Doubles& array, const std::string& name) {
  const double* data = array.data();
  const auto* end = data + array.size();
  const auto* bad = std::find_if(data, end, [](double x) { return !std::isfinite(x); });
  if (bad != end)
    throw std::invalid_argument(
        fmt::format("argument {}: entry {} in C order is {}; allowed are finite numbers", name,
                    bad - data, *bad));
}

}  // namespace

materials::MandelVector vector_of(const Doubles& array, int n_components, const std::string& name) {
  if (array.ndim() != 1 || array.shape(0) != n_components)
    throw std::invalid_argument(
        fmt::format("argument {} has the shape ({}); expected are {} Mandel components, {}", name,
                    fmt::join(shape_of(array), ", "), n_components,
                    n_components == 3 ? "11 22 12" : "11 22 33 23 13 12"));
  check_finite(array, name);
  return Eigen::Map<const Eigen::VectorXd>(array.data(), n_components);
}

std::vector<py::ssize_t> field_shape(const materials::Rve& rve, std::vector<py::ssize_t> before) {
  before.insert(before.end(), rve.shape.begin(), rve.shape.end());
  return before;
}

std::size_t check_field(const Doubles& array, const materials::Rve& rve, int n_components,
                        const std::string& name) {
  const auto found = shape_of(array);
  const auto expected = field_shape(rve, {n_components});
  if (found.size() != expected.size() + 1 || found[0] < 1 ||
      !std::equal(expected.begin(), expected.end(), found.begin() + 1))
    throw std::invalid_argument(
        fmt::format("argument {} has the shape ({}); expected is (loads, {})", name,
                    fmt::join(found, ", "), fmt::join(expected, ", ")));
  check_finite(array, name);
  return static_cast<std::size_t>(found[0]);
}

}  // namespace seco::python
