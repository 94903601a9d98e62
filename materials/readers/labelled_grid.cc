#include "seco/materials/labelled_grid.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <limits>
#include <stdexcept>

#include "grid_block.h"

namespace seco::materials {
namespace {

std::size_t product(const std::array<int, 3>& shape) {
  return static_cast<std::size_t>(shape[0]) * static_cast<std::size_t>(shape[1]) *
         static_cast<std::size_t>(shape[2]);
}

std::size_t position(const std::array<int, 3>& shape, int i, int j, int k) {
  return (static_cast<std::size_t>(i) * static_cast<std::size_t>(shape[1]) +
          static_cast<std::size_t>(j)) *
             static_cast<std::size_t>(shape[2]) +
         static_cast<std::size_t>(k);
}

/// Fills a grid of the shape with the label that `source` finds for i, j, k.
template <typename Source>
std::vector<std::int32_t> labels_of(const std::array<int, 3>& shape, const Source& source) {
  std::vector<std::int32_t> result;
  result.reserve(product(shape));
  for (int i = 0; i < shape[0]; ++i)
    for (int j = 0; j < shape[1]; ++j)
      for (int k = 0; k < shape[2]; ++k) result.push_back(source(i, j, k));
  return result;
}

}  // namespace

GridBlock block_of(const std::array<int, 3>& shape, const std::vector<Interval>& intervals) {
  GridBlock block{{}, shape};
  for (std::size_t axis = 0; axis < intervals.size(); ++axis) {
    const int n = axis < 3 ? shape[axis] : 1;
    const int from = intervals[axis].from, to = intervals[axis].to < 0 ? n : intervals[axis].to;
    if (from < 0 || to > n || from >= to)
      throw std::invalid_argument(
          fmt::format("crop {}:{} of axis {}: allowed are voxels from 0 to {}, at least one", from,
                      to, axis, n));
    if (axis >= 3) continue;
    block.from[axis] = from;
    block.shape[axis] = to - from;
  }
  return block;
}

std::string note_on_crop(const std::array<int, 3>& shape, const GridBlock& block) {
  std::vector<std::string> parts;
  for (std::size_t axis = 0; axis < 3; ++axis)
    parts.push_back(fmt::format("{}:{}", block.from[axis], block.from[axis] + block.shape[axis]));
  return fmt::format("cropped from {} to the voxels {}", fmt::join(shape, "x"),
                     fmt::join(parts, ", "));
}

std::array<int, 3> coarse_shape(const std::array<int, 3>& shape,
                                const std::array<int, 3>& factors) {
  std::array<int, 3> coarse{};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    if (factors[axis] < 1 || shape[axis] % factors[axis] != 0)
      throw std::invalid_argument(
          fmt::format("coarsening by {} along axis {}: allowed are factors that divide the grid of "
                      "{} voxels; crop it first",
                      factors[axis], axis, fmt::join(shape, "x")));
    coarse[axis] = shape[axis] / factors[axis];
  }
  return coarse;
}

std::string note_on_coarsening(const std::array<int, 3>& fine, const std::array<int, 3>& coarse,
                               double changed) {
  return fmt::format("coarsened from {} to {} voxels by majority; {:.2f} % of the voxels changed",
                     fmt::join(fine, "x"), fmt::join(coarse, "x"), 100. * changed);
}

std::array<int, 3> coarsening_of(const std::vector<int>& factors, int n_layers) {
  if (factors.empty()) return {1, 1, 1};
  // One number for all axes leaves the one layer of a plane alone.
  if (factors.size() == 1) return {factors[0], factors[0], n_layers == 1 ? 1 : factors[0]};
  if (factors.size() > 3)
    throw std::invalid_argument(
        fmt::format("coarsening {}: allowed are 1 to 3 factors", fmt::join(factors, ", ")));
  return {factors[0], factors[1], factors.size() == 3 ? factors[2] : 1};
}

std::int32_t majority(std::vector<std::int32_t>& values) {
  std::sort(values.begin(), values.end());
  std::int32_t best = values.front();
  std::size_t most = 0;
  for (auto first = values.begin(); first != values.end();) {
    const auto last = std::upper_bound(first, values.end(), *first);
    if (static_cast<std::size_t>(last - first) > most) {
      most = static_cast<std::size_t>(last - first);
      best = *first;
    }
    first = last;
  }
  return best;
}

std::string voxel_at(std::size_t position, const std::array<int, 3>& shape) {
  const auto n2 = static_cast<std::size_t>(shape[1]), n3 = static_cast<std::size_t>(shape[2]);
  return fmt::format("({}, {}, {})", position / (n2 * n3), position / n3 % n2, position % n3);
}

std::size_t LabelledGrid::n_voxels() const {
  return product(shape);
}

void crop(LabelledGrid& grid, const std::vector<Interval>& intervals) {
  const auto block = block_of(grid.shape, intervals);
  if (block.shape == grid.shape) return;
  const auto& from = block.from;
  grid.label = labels_of(block.shape, [&](int i, int j, int k) {
    return grid.label[position(grid.shape, from[0] + i, from[1] + j, from[2] + k)];
  });
  for (std::size_t axis = 0; axis < 3; ++axis)
    grid.lengths[axis] *= static_cast<double>(block.shape[axis]) / grid.shape[axis];
  grid.notes.push_back(note_on_crop(grid.shape, block));
  grid.shape = block.shape;
}

void coarsen(LabelledGrid& grid, const std::array<int, 3>& factors) {
  const auto shape = coarse_shape(grid.shape, factors);
  if (shape == grid.shape) return;
  std::vector<std::int32_t> block;
  std::size_t kept = 0;
  grid.label = labels_of(shape, [&](int i, int j, int k) {
    block.clear();
    for (int a = i * factors[0]; a < (i + 1) * factors[0]; ++a)
      for (int b = j * factors[1]; b < (j + 1) * factors[1]; ++b)
        for (int c = k * factors[2]; c < (k + 1) * factors[2]; ++c)
          block.push_back(grid.label[position(grid.shape, a, b, c)]);
    const auto label = majority(block);
    kept += static_cast<std::size_t>(std::count(block.begin(), block.end(), label));
    return label;
  });
  grid.notes.push_back(note_on_coarsening(
      grid.shape, shape, 1. - static_cast<double>(kept) / static_cast<double>(grid.n_voxels())));
  grid.shape = shape;
}

void mirror(LabelledGrid& grid, const std::vector<int>& axes) {
  std::array<int, 3> shape = grid.shape;
  std::array<bool, 3> along{};
  for (const int axis : axes) {
    if (axis < 0 || axis > 2)
      throw std::invalid_argument(fmt::format("mirror axis {}: allowed are 0, 1 and 2", axis));
    along[static_cast<std::size_t>(axis)] = true;
  }
  for (std::size_t axis = 0; axis < 3; ++axis) {
    if (!along[axis]) continue;
    if (shape[axis] > std::numeric_limits<int>::max() / 2)
      throw std::invalid_argument(
          fmt::format("mirror axis {}: {} voxels are too many to be doubled", axis, shape[axis]));
    shape[axis] *= 2;
    grid.lengths[axis] *= 2;
  }
  if (shape == grid.shape) return;
  const auto reflected = [&](int i, std::size_t axis) {
    return i < grid.shape[axis] ? i : 2 * grid.shape[axis] - 1 - i;
  };
  grid.label = labels_of(shape, [&](int i, int j, int k) {
    return grid.label[position(grid.shape, reflected(i, 0), reflected(j, 1), reflected(k, 2))];
  });
  grid.shape = shape;
}

std::pair<double, double> mismatch_across_faces_and_inside(const LabelledGrid& grid, int axis) {
  const int n = grid.shape[static_cast<std::size_t>(axis)];
  std::size_t across = 0, inside = 0;
  for (int i = 0; i < grid.shape[0]; ++i)
    for (int j = 0; j < grid.shape[1]; ++j)
      for (int k = 0; k < grid.shape[2]; ++k) {
        std::array<int, 3> next{i, j, k};
        auto& moved = next[static_cast<std::size_t>(axis)];
        const bool last = moved == n - 1;
        moved = last ? 0 : moved + 1;
        if (grid.label[position(grid.shape, i, j, k)] !=
            grid.label[position(grid.shape, next[0], next[1], next[2])])
          ++(last ? across : inside);
      }
  const double layer = static_cast<double>(grid.n_voxels()) / n;
  return {static_cast<double>(across) / layer,
          n > 1 ? static_cast<double>(inside) / (layer * (n - 1)) : 0.};
}

}  // namespace seco::materials
