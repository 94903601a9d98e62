#include "voxel_array.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <limits>
#include <stdexcept>

namespace seco::materials {
namespace {

class ArrayInMemory : public VoxelArray {
 public:
  ArrayInMemory(Description description, std::vector<double> values)
      : description_(std::move(description)), values_(std::move(values)) {}
  const Description& description() const override { return description_; }
  void read(int first, int last, double* values) override {
    const auto n = static_cast<std::size_t>(description_.shape[description_.order[1]]) *
                   static_cast<std::size_t>(description_.shape[description_.order[2]]);
    std::copy(values_.begin() + static_cast<std::ptrdiff_t>(n) * first,
              values_.begin() + static_cast<std::ptrdiff_t>(n) * last, values);
  }

 private:
  Description description_;
  std::vector<double> values_;
};

}  // namespace

std::unique_ptr<VoxelArray> array_in_memory(VoxelArray::Description description,
                                            std::vector<double> values) {
  return std::make_unique<ArrayInMemory>(std::move(description), std::move(values));
}

void with_option(const std::string& path, const char* option, const char* key,
                 const std::function<void()>& action) {
  try {
    action();
  } catch (const std::invalid_argument& error) {
    throw std::invalid_argument(fmt::format("{}: {} ({}, '{}')", path, error.what(), option, key));
  }
}

std::string remark_on_units(const std::vector<std::string>& units) {
  return fmt::format(
      "the file gives the edges of a voxel in different units ({}), which are no lengths of a grid",
      fmt::join(units, ", "));
}

std::vector<int> axes_from_text(const std::string& path, const std::string& text,
                                std::size_t n_axes) {
  std::vector<int> axes;
  std::array<int, 3> times{};
  bool fits = text.size() == n_axes;
  for (const char letter : text) {
    const int axis = letter - 'x';
    fits = fits && axis >= 0 && axis < static_cast<int>(n_axes) && times[axis]++ == 0;
    axes.push_back(axis);
  }
  if (!fits)
    throw std::invalid_argument(fmt::format(
        "{}: axes '{}' (--axes, 'Axes'): the array has {} axes; allowed are the "
        "letters {}, each once, in the order of the array, as in {}",
        path, text, n_axes, n_axes == 2 ? "x and y" : "x, y and z", n_axes == 2 ? "yx" : "zyx"));
  return axes;
}

void set_shape(VoxelArray::Description& description, const std::vector<std::size_t>& sizes,
               const std::vector<int>& axes) {
  description.shape = {1, 1, 1};
  std::vector<int> order;
  if (axes.size() == 2) order.push_back(2);
  for (std::size_t a = 0; a < axes.size(); ++a) {
    if (sizes[a] == 0 || sizes[a] > static_cast<std::size_t>(std::numeric_limits<int>::max()))
      throw std::runtime_error(
          fmt::format("{} has {} voxels; allowed are 1 to 2^31 - 1 along each "
                      "axis",
                      description.what, fmt::join(sizes, "x")));
    description.shape[static_cast<std::size_t>(axes[a])] = static_cast<int>(sizes[a]);
    order.push_back(axes[a]);
  }
  std::copy(order.begin(), order.end(), description.order.begin());
}

}  // namespace seco::materials
