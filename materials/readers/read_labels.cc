#include "voxel_array.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <stdexcept>

#include "grid_block.h"

namespace seco::materials {
namespace {

/// As many as an RVE has.
constexpr std::size_t most_labels = std::size_t{std::numeric_limits<std::uint16_t>::max()} + 1;

/// Values of a slab that is in memory.
constexpr std::size_t values_per_slab = std::size_t{1} << 22;

/// Refuses a grid that does not fit into the memory of the machine, where asking for it would end
/// this process or others.
void check_memory(const LabelledGrid& grid, const std::string& what) {
  constexpr double bytes_per_voxel = 6.;  // label and phase
  const double needed = bytes_per_voxel * static_cast<double>(grid.n_voxels()),
               there = static_cast<double>(sysconf(_SC_PHYS_PAGES)) *
                       static_cast<double>(sysconf(_SC_PAGE_SIZE));
  if (needed <= there) return;
  throw std::runtime_error(
      fmt::format("{}: a grid of {} voxels takes {:.1f} GB, this machine has {:.1f}; crop it "
                  "(--crop, 'Crop') or "
                  "coarsen it (--coarsen, 'Coarsen'), which is done while the file is read",
                  what, fmt::join(grid.shape, "x"), 1e-9 * needed, 1e-9 * there));
}

/// Makes labels of values.
class Segmentation {
 public:
  Segmentation(const VoxelArray::Description& array, const std::string& path,
               const MicrostructureOptions& options)
      : array_(array), path_(path), thresholds_(options.thresholds) {
    for (std::size_t t = 0; t < thresholds_.size(); ++t)
      if (!std::isfinite(thresholds_[t]) || (t > 0 && !(thresholds_[t] > thresholds_[t - 1])))
        throw std::invalid_argument(fmt::format(
            "{}: thresholds {} (--thresholds, 'Thresholds'): allowed are finite numbers, each "
            "above the one before",
            path, fmt::join(thresholds_, ", ")));
    if (array.precision)
      for (double& threshold : thresholds_) threshold = rounded(threshold, *array.precision);
    for (const double threshold : thresholds_)
      if (array.largest_level && threshold > *array.largest_level)
        throw std::invalid_argument(
            fmt::format("{}: threshold {} (--thresholds, 'Thresholds'): the values of the file are "
                        "0 to {}",
                        path, threshold, *array.largest_level));
    for (const auto& phase : options.phases) {
      if (phase.others) others_ = phase.phase;
      for (const auto& [first, last] : phase.labels)
        intervals_.push_back({first, last, phase.phase});
    }
    std::sort(intervals_.begin(), intervals_.end(),
              [](const auto& a, const auto& b) { return a.first < b.first; });
  }

  /// @param voxel says where the value is
  template <typename Voxel>
  std::int32_t label(double value, const Voxel& voxel) {
    if (known_ && value == last_value_) return last_label_;
    last_label_ = new_label(value, voxel);
    last_value_ = value;
    known_ = true;
    return last_label_;
  }

 private:
  struct Labels {
    std::int32_t first, last, phase;
  };

  template <typename Voxel>
  std::int32_t new_label(double value, const Voxel& voxel) const {
    std::int32_t label = 0;
    if (!thresholds_.empty()) {
      if (std::isnan(value))
        throw std::runtime_error(fmt::format("{} holds NaN at voxel {}", array_.what, voxel()));
      label = static_cast<std::int32_t>(
          std::upper_bound(thresholds_.begin(), thresholds_.end(), value) - thresholds_.begin());
    } else {
      if (!(std::abs(value) <= std::numeric_limits<std::int32_t>::max()) ||
          value != std::floor(value))
        throw std::runtime_error(
            fmt::format("{} holds {} at voxel {}; labels are integers below 2^31 in size, grey "
                        "levels need thresholds (--thresholds, 'Thresholds')",
                        array_.what, value, voxel()));
      label = static_cast<std::int32_t>(value);
    }
    if (intervals_.empty() && !others_) return label;
    const auto next =
        std::upper_bound(intervals_.begin(), intervals_.end(), label,
                         [](std::int32_t value, const Labels& own) { return value < own.first; });
    if (next != intervals_.begin() && label <= std::prev(next)->last) return std::prev(next)->phase;
    if (others_) return *others_;
    throw std::invalid_argument(
        fmt::format("{}: label {}, at voxel {}, is in none of the lists of labels (--phases, "
                    "'Phases'); add it to one, or have one phase take the 'others'",
                    path_, label, voxel()));
  }

  const VoxelArray::Description& array_;
  const std::string& path_;
  std::vector<double> thresholds_;
  std::vector<Labels> intervals_;
  std::optional<std::int32_t> others_;
  bool known_ = false;
  double last_value_ = 0.;
  std::int32_t last_label_ = 0;
};

/// Reads an array by slabs into the grid.
class SlabReader {
 public:
  SlabReader(VoxelArray& array, Segmentation& segmentation, const GridBlock& block,
             const std::array<int, 3>& factors, LabelledGrid& grid)
      : array_(array),
        description_(array.description()),
        segmentation_(segmentation),
        block_(block),
        factors_(factors),
        grid_(grid) {
    for (std::size_t axis = 0; axis < 3; ++axis) {
      slow_[axis] = static_cast<std::size_t>(description_.order[axis]);
      n_[axis] = static_cast<std::size_t>(description_.shape[slow_[axis]]);
    }
    stride_[2] = 1;
    stride_[1] = static_cast<std::size_t>(grid.shape[2]);
    stride_[0] = stride_[1] * static_cast<std::size_t>(grid.shape[1]);
  }

  /// Fills the grid. @return share of the voxels whose label coarsening has changed
  double read() {
    const auto factor = static_cast<std::size_t>(factors_[slow_[0]]);
    const std::size_t layer = n_[1] * n_[2];
    const auto from = static_cast<std::size_t>(block_.from[slow_[0]]),
               n_layers = static_cast<std::size_t>(block_.shape[slow_[0]]);
    std::size_t thickness =
        std::max<std::size_t>(1, values_per_slab / std::max<std::size_t>(1, layer * factor)) *
        factor;
    thickness = std::min(thickness, n_layers);
    values_.resize(thickness * layer);
    for (std::size_t first = 0; first < n_layers; first += thickness) {
      const std::size_t last = std::min(first + thickness, n_layers);
      array_.read(static_cast<int>(from + first), static_cast<int>(from + last), values_.data());
      if (factors_ == std::array{1, 1, 1})
        take(first, last);
      else
        take_blocks(first, last);
    }
    for (const auto label : labels_) {
      grid_.crystals[label].phase = label;
      grid_.phases.emplace(label, FilePhase{});
    }
    return 1. - static_cast<double>(kept_) / (static_cast<double>(n_layers) *
                                              block_.shape[slow_[1]] * block_.shape[slow_[2]]);
  }

 private:
  std::int32_t label_at(std::size_t layer, std::size_t first, std::size_t row, std::size_t column) {
    return segmentation_.label(values_[(layer * n_[1] + row) * n_[2] + column], [&] {
      std::array<std::size_t, 3> voxel{};
      voxel[slow_[0]] = static_cast<std::size_t>(block_.from[slow_[0]]) + first + layer;
      voxel[slow_[1]] = row;
      voxel[slow_[2]] = column;
      return fmt::format("({})", fmt::join(voxel, ", "));
    });
  }

  void add(std::int32_t label) {
    if (label == last_added_ && !labels_.empty()) return;
    last_added_ = label;
    labels_.insert(label);
    if (labels_.size() > most_labels)
      throw std::runtime_error(
          fmt::format("{} holds more than {} different labels, which an RVE cannot have; crop or "
                      "coarsen it, merge labels (--phases, 'Phases'), or set thresholds "
                      "(--thresholds, 'Thresholds') if these are grey levels",
                      description_.what, most_labels));
  }

  /// Without coarsening. The fastest axis of the grid is the inner loop, so that no line of the
  /// target is written twice by parts.
  void take(std::size_t first, std::size_t last) {
    const auto rows = static_cast<std::size_t>(block_.shape[slow_[1]]),
               columns = static_cast<std::size_t>(block_.shape[slow_[2]]);
    const auto row0 = static_cast<std::size_t>(block_.from[slow_[1]]),
               column0 = static_cast<std::size_t>(block_.from[slow_[2]]);
    const std::array<std::size_t, 3> stride{stride_[slow_[0]], stride_[slow_[1]],
                                            stride_[slow_[2]]};
    kept_ += (last - first) * rows * columns;
    const auto set = [&](std::size_t layer, std::size_t row, std::size_t column) {
      const auto label = label_at(layer, first, row0 + row, column0 + column);
      add(label);
      grid_.label[(first + layer) * stride[0] + row * stride[1] + column * stride[2]] = label;
    };
    if (slow_[0] == 2) {
      // Labels first, in the order of the file, so that runs of equal ones are found once.
      slab_.resize((last - first) * rows * columns);
      std::size_t at = 0;
      for (std::size_t layer = 0; layer < last - first; ++layer)
        for (std::size_t row = 0; row < rows; ++row)
          for (std::size_t column = 0; column < columns; ++column, ++at) {
            slab_[at] = label_at(layer, first, row0 + row, column0 + column);
            add(slab_[at]);
          }
      for (std::size_t row = 0; row < rows; ++row)
        for (std::size_t column = 0; column < columns; ++column) {
          auto* target = &grid_.label[first + row * stride[1] + column * stride[2]];
          for (std::size_t layer = 0; layer < last - first; ++layer)
            target[layer] = slab_[(layer * rows + row) * columns + column];
        }
      return;
    }
    for (std::size_t layer = 0; layer < last - first; ++layer)
      for (std::size_t row = 0; row < rows; ++row)
        for (std::size_t column = 0; column < columns; ++column) set(layer, row, column);
  }

  void take_blocks(std::size_t first, std::size_t last) {
    const std::array<std::size_t, 3> f{static_cast<std::size_t>(factors_[slow_[0]]),
                                       static_cast<std::size_t>(factors_[slow_[1]]),
                                       static_cast<std::size_t>(factors_[slow_[2]])};
    const auto rows = static_cast<std::size_t>(block_.shape[slow_[1]]) / f[1],
               columns = static_cast<std::size_t>(block_.shape[slow_[2]]) / f[2];
    const auto row0 = static_cast<std::size_t>(block_.from[slow_[1]]),
               column0 = static_cast<std::size_t>(block_.from[slow_[2]]);
    std::vector<std::int32_t> block;
    for (std::size_t layer = 0; layer < (last - first) / f[0]; ++layer)
      for (std::size_t row = 0; row < rows; ++row)
        for (std::size_t column = 0; column < columns; ++column) {
          block.clear();
          for (std::size_t a = 0; a < f[0]; ++a)
            for (std::size_t b = 0; b < f[1]; ++b)
              for (std::size_t c = 0; c < f[2]; ++c)
                block.push_back(label_at(layer * f[0] + a, first, row0 + row * f[1] + b,
                                         column0 + column * f[2] + c));
          const bool uniform = std::equal(block.begin() + 1, block.end(), block.begin());
          const auto label = uniform ? block.front() : majority(block);
          kept_ += static_cast<std::size_t>(std::count(block.begin(), block.end(), label));
          add(label);
          grid_.label[(first / f[0] + layer) * stride_[slow_[0]] + row * stride_[slow_[1]] +
                      column * stride_[slow_[2]]] = label;
        }
  }

  VoxelArray& array_;
  const VoxelArray::Description& description_;
  Segmentation& segmentation_;
  const GridBlock& block_;
  const std::array<int, 3>& factors_;
  LabelledGrid& grid_;
  /// Axes of the grid and voxels along the axes of the file, slowest first.
  std::array<std::size_t, 3> slow_{}, n_{};
  std::array<std::size_t, 3> stride_{};
  std::vector<double> values_;
  std::vector<std::int32_t> slab_;
  std::set<std::int32_t> labels_;
  std::int32_t last_added_ = 0;
  std::size_t kept_ = 0;
};

}  // namespace

std::array<double, 3> spacing_of(VoxelArray::Description& array, const std::string& path,
                                 const MicrostructureOptions& options) {
  if (!options.spacing.empty() && !options.lengths.empty())
    throw std::invalid_argument(
        fmt::format("{}: both the edges of a voxel (--spacing, 'Spacing') and of the array "
                    "(--lengths, 'Lengths') are given; give one of them",
                    path));
  const bool whole = options.spacing.empty();
  const auto& given = whole ? options.lengths : options.spacing;
  if (given.empty()) {
    if (array.spacing) return *array.spacing;
    throw std::invalid_argument(
        fmt::format("{}: {}; give the edges of one (--spacing dx,dy,dz, 'Spacing') or of the array "
                    "of {} voxels (--lengths, 'Lengths')",
                    path,
                    array.spacing_remark.empty() ? "the file does not say how large a voxel is"
                                                 : array.spacing_remark,
                    fmt::join(array.shape, "x")));
  }
  const bool plane = array.shape[2] == 1;
  const auto refuse = [&] {
    throw std::invalid_argument(
        fmt::format("{}: {} {}: allowed are finite positive numbers, {}one along each axis", path,
                    whole ? "edges of the array (--lengths, 'Lengths')"
                          : "edges of a voxel (--spacing, 'Spacing')",
                    fmt::join(given, ","), whole ? "" : "one for all axes or "));
  };
  for (const double edge : given)
    if (!std::isfinite(edge) || !(edge > 0.)) refuse();
  const auto n = given.size();
  if (n != 3 && !(n == 1 && !whole) && !(n == 2 && plane)) refuse();
  std::array<double, 3> spacing{};
  for (std::size_t axis = 0; axis < 3; ++axis)
    spacing[axis] =
        (axis < n ? given[axis] : given[0]) / (whole && axis < n ? array.shape[axis] : 1);
  if (whole && n == 2) spacing[2] = spacing[0];
  if (array.spacing) {
    bool same = true;
    for (std::size_t axis = 0; axis < (plane ? 2 : 3); ++axis)
      same = same && std::abs(spacing[axis] - (*array.spacing)[axis]) <= 1e-6 * spacing[axis];
    if (!same)
      array.notes.push_back(
          fmt::format("the voxel has the edges {} as asked for, not {} as the "
                      "file says",
                      fmt::join(spacing, " x "), fmt::join(*array.spacing, " x ")));
    array.unit_of_length.clear();
  }
  return spacing;
}

LabelledGrid read_labels(VoxelArray& array, const std::string& path,
                         const MicrostructureOptions& options) {
  auto description = array.description();
  const auto spacing = spacing_of(description, path, options);
  Segmentation segmentation(description, path, options);
  GridBlock block;
  with_option(path, "--crop", "Crop", [&] { block = block_of(description.shape, options.crop); });
  std::array<int, 3> factors{};
  LabelledGrid grid;
  with_option(path, "--coarsen", "Coarsen", [&] {
    factors = coarsening_of(options.coarsen, block.shape[2]);
    grid.shape = coarse_shape(block.shape, factors);
  });
  for (std::size_t axis = 0; axis < 3; ++axis)
    grid.lengths[axis] = spacing[axis] * block.shape[axis];
  grid.notes = description.notes;
  if (!description.unit_of_length.empty())
    grid.notes.push_back(
        fmt::format("lengths are in {}, as the file says", description.unit_of_length));
  check_memory(grid, description.what);
  grid.label.resize(grid.n_voxels());
  const double changed = SlabReader(array, segmentation, block, factors, grid).read();
  if (block.shape != description.shape)
    grid.notes.push_back(note_on_crop(description.shape, block));
  if (grid.shape != block.shape)
    grid.notes.push_back(note_on_coarsening(block.shape, grid.shape, changed));
  return grid;
}

}  // namespace seco::materials
