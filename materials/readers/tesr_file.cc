#include <fmt/format.h>
#include <fmt/ranges.h>

#include <Eigen/LU>
#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <limits>
#include <set>
#include <stdexcept>

#include "crystal_points.h"
#include "file_content.h"
#include "grid_block.h"
#include "laue_groups.h"
#include "microstructure_reader.h"
#include "text_scanner.h"

namespace seco::materials {
namespace {

/// Neper names groups by their symbols or by crystal systems, of which it takes the full groups.
std::string laue_group_of_neper(const std::string& symmetry) {
  if (symmetry == "cubic") return "m-3m";
  if (symmetry == "hexagonal") return "6/mmm";
  if (symmetry == "triclinic") return "-1";
  return laue_group_of_symbol(symmetry);
}

/// A phase for the voxels of cell 0: 0, or where a group of cells has this number, one by name.
void add_voids(LabelledGrid& grid) {
  std::int64_t number = 0;
  while (grid.phases.count(number)) --number;
  FilePhase phase;
  if (number != 0) phase.name = "voids";
  phase.remark =
      fmt::format("cell 0 stands for voids; say so by '{} = void', or give what fills them",
                  number == 0 ? "0" : phase.name);
  grid.notes.push_back(
      number == 0 ? "cell 0 of the file, phase 0, stands for voids"
                  : fmt::format("cell 0 of the file stands for voids; it is the phase '{}', since "
                                "phase 0 is the group 0 of cells",
                                phase.name));
  grid.phases.emplace(number, phase);
  Crystal crystal;
  crystal.phase = number;
  grid.crystals.emplace(0, crystal);
}

/// Neper's file of raster tessellations, format 2.0 to 2.2, after the section "Raster Tessellation
/// File" of its manual.
class TesrFile {
 public:
  TesrFile(const std::string& path, const MicrostructureOptions& options)
      : path_(path), options_(options), content_(file_content(path)), text_(content_) {}

  LabelledGrid grid();

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw std::runtime_error(fmt::format("{}: {}", path_, what));
  }
  void read_head();
  void read_cells();
  /// The integers of a section, one per voxel in the order of the file.
  std::vector<std::int64_t> read_integers(const std::string& section, const std::string& format);
  void read_data();
  void read_voxel_orientations();
  void read_defined();
  /// What the options choose where cells and voxels have orientations; whether those of voxels.
  bool voxel_orientations() const;
  LabelledGrid grid_of_cells();
  LabelledGrid grid_of_voxels();
  /// Number of the cell of every voxel in our order, 0 for voids.
  std::vector<std::int32_t> cells_in_order() const;
  Rotation orientation(const std::string& descriptor, const std::vector<double>& values) const;
  std::size_t n_parameters(const std::string& descriptor) const;
  std::vector<double> numbers(std::size_t n, const std::string& what);
  std::size_t n_voxels() const {
    return static_cast<std::size_t>(shape_[0]) * static_cast<std::size_t>(shape_[1]) *
           static_cast<std::size_t>(shape_[2]);
  }
  /// Refuses more entries than the text can hold, each with its separator.
  void check_room(std::size_t n, const std::string& what) const {
    if (n > text_.n_left() / 2 + 1)
      fail(fmt::format("announces {} {}, more than the file holds", n, what));
  }
  /// Position on file of a voxel of our order.
  template <typename Visit>
  void for_voxels(const Visit& visit) const {
    std::size_t p = 0;
    for (int i = 0; i < shape_[0]; ++i)
      for (int j = 0; j < shape_[1]; ++j)
        for (int k = 0; k < shape_[2]; ++k, ++p)
          visit(p, (static_cast<std::size_t>(k) * static_cast<std::size_t>(shape_[1]) +
                    static_cast<std::size_t>(j)) *
                           static_cast<std::size_t>(shape_[0]) +
                       static_cast<std::size_t>(i));
  }

  std::string path_;
  const MicrostructureOptions& options_;
  std::string content_;
  TextScanner text_;
  std::string version_, format_of_all_;
  std::array<int, 3> shape_{1, 1, 1};
  std::array<double, 3> spacing_{1., 1., 1.};
  std::size_t n_cells_ = 0;
  std::vector<std::int64_t> ids_, groups_;
  std::vector<Rotation> cell_orientation_, voxel_orientation_;
  std::string crystal_symmetry_;
  std::vector<std::int64_t> cell_, defined_;
};

std::vector<double> TesrFile::numbers(std::size_t n, const std::string& what) {
  check_room(n, what);
  std::vector<double> values;
  for (std::size_t i = 0; i < n; ++i) {
    const auto word = text_.word();
    const auto value = number_of(word);
    if (!value || !std::isfinite(*value))
      fail(fmt::format("line {}: '{}' in {}, expected {} numbers", text_.line_number(), shown(word),
                       what, n));
    values.push_back(*value);
  }
  return values;
}

void TesrFile::read_head() {
  if (text_.word() != "***tesr" || text_.word() != "**format")
    fail("does not begin with '***tesr' and '**format'");
  version_ = text_.word();
  if (version_ != "2.0" && version_ != "2.1" && version_ != "2.2")
    fail(fmt::format("'**format' is '{}', known are 2.0, 2.1 and 2.2", shown(version_)));
  if (version_ == "2.0") format_of_all_ = text_.word();
  if (text_.word() != "**general") fail("section '**general' is missing");
  const auto dimension = text_.integer();
  if (dimension != 2 && dimension != 3) fail("the dimension in '**general' is not 2 or 3");
  for (std::size_t axis = 0; axis < static_cast<std::size_t>(*dimension); ++axis) {
    const auto n = text_.integer();
    if (!n || *n < 1 || *n > 1 << 24) fail("a size in '**general' is missing or less than 1");
    shape_[axis] = static_cast<int>(*n);
  }
  double voxels = 1.;
  for (const int n : shape_) voxels *= n;
  if (voxels > 1e12) fail("the sizes in '**general' are larger than any file");
  const auto edges = numbers(static_cast<std::size_t>(*dimension), "sizes of a voxel");
  for (std::size_t axis = 0; axis < edges.size(); ++axis) {
    if (edges[axis] <= 0.)
      fail(fmt::format("a voxel in '**general' has the sizes {}, allowed are positive numbers",
                       fmt::join(edges, ", ")));
    spacing_[axis] = edges[axis];
  }
  if (dimension == 2) spacing_[2] = spacing_[1];
  while (!text_.at_end() && !text_.next_word().starts_with("**")) {
    const auto word = text_.word();
    if (word == "*origin")
      numbers(static_cast<std::size_t>(*dimension), "'*origin'");
    else if (word == "*hasvoid")
      text_.word();
    else
      fail(fmt::format("line {}: '{}' is not known in '**general'", text_.line_number(),
                       shown(word)));
  }
}

std::size_t TesrFile::n_parameters(const std::string& descriptor) const {
  const auto name = descriptor.substr(0, descriptor.find(':'));
  if (name == "rodrigues" || name == "euler-bunge" || name == "euler-kocks" || name == "euler-roe")
    return 3;
  if (name == "quaternion" || name == "axis-angle") return 4;
  if (name == "rotmat") return 9;
  fail(
      fmt::format("orientations are given as '{}'; known are rodrigues, euler-bunge, euler-kocks, "
                  "euler-roe, rotmat, axis-angle and quaternion, with ':active' or ':passive'",
                  descriptor));
}

Rotation TesrFile::orientation(const std::string& descriptor, const std::vector<double>& v) const {
  const auto colon = descriptor.find(':');
  const auto name = descriptor.substr(0, colon);
  // What format 2.2 calls passive, and takes as default, was called active before; the numbers are
  // the same.
  const std::string usual = version_ == "2.2" ? "passive" : "active",
                    convention = colon == std::string::npos ? usual : descriptor.substr(colon + 1);
  if (convention != "active" && convention != "passive")
    fail(fmt::format("orientations are given as '{}', allowed are ':active' and ':passive'",
                     descriptor));
  constexpr double degree = M_PI / 180.;
  Rotation rotation;
  if (name == "rodrigues") {
    rotation = from_quaternion(1., v[0], v[1], v[2]);
  } else if (name == "quaternion" || name == "axis-angle") {
    const bool angle = name == "axis-angle";
    const double half = angle ? 0.5 * degree * v[3] : 0.;
    const Eigen::Vector3d axis =
        angle ? Eigen::Vector3d(v[0], v[1], v[2]) : Eigen::Vector3d::Zero();
    if (angle && axis.norm() == 0. && v[3] != 0.)
      fail("an orientation has a rotation axis of zero");
    const Eigen::Vector3d imaginary =
        axis.norm() == 0. ? axis : Eigen::Vector3d(std::sin(half) * axis / axis.norm());
    if (!angle && std::abs(std::hypot(std::hypot(v[0], v[1]), std::hypot(v[2], v[3])) - 1.) > 1e-3)
      fail(fmt::format("an orientation is the quaternion {}, allowed are unit quaternions",
                       fmt::join(v, ", ")));
    rotation = angle ? from_quaternion(std::cos(half), imaginary[0], imaginary[1], imaginary[2])
                     : from_quaternion(v[0], v[1], v[2], v[3]);
  } else if (name == "rotmat") {
    // Bunge's matrix, from sample to crystal axes.
    rotation << v[0], v[3], v[6], v[1], v[4], v[7], v[2], v[5], v[8];
    if (!((rotation.transpose() * rotation - Rotation::Identity()).cwiseAbs().maxCoeff() < 1e-3) ||
        rotation.determinant() < 0.)
      fail(fmt::format("an orientation is the matrix {}, allowed are rotations",
                       fmt::join(v, ", ")));
  } else {
    for (const double angle : v)
      if (std::abs(angle) > 360.1)
        fail(fmt::format("an orientation has the angles {}, allowed are degrees up to 360",
                         fmt::join(v, ", ")));
    const bool kocks = name == "euler-kocks", bunge = name == "euler-bunge";
    rotation = bunge ? from_euler(degree * v[0], degree * v[1], degree * v[2])
                     : from_euler(degree * (v[0] + 90.), degree * v[1],
                                  degree * (kocks ? 90. - v[2] : v[2] - 90.));
  }
  if (convention != usual) rotation.transposeInPlace();
  return rotation;
}

void TesrFile::read_cells() {
  if (text_.next_word() != "**cell") return;
  text_.word();
  if (!text_.next_word().starts_with("*")) {
    const auto n = text_.integer();
    if (!n || *n < 0) fail("the number of cells in '**cell' is missing");
    n_cells_ = static_cast<std::size_t>(*n);
    check_room(n_cells_, "cells");
  }
  const auto integers = [&](const std::string& what) {
    check_room(n_cells_, what);
    std::vector<std::int64_t> values;
    for (std::size_t c = 0; c < n_cells_; ++c) {
      const auto value = text_.integer();
      if (!value) fail(fmt::format("line {}: {} holds no integer", text_.line_number(), what));
      values.push_back(*value);
    }
    return values;
  };
  while (!text_.at_end() && !text_.next_word().starts_with("**")) {
    const std::string word(text_.word());
    if (word == "*id") {
      ids_ = integers(word);
    } else if (word == "*group") {
      groups_ = integers(word);
    } else if (word == "*crysym") {
      crystal_symmetry_ = text_.word();
    } else if (word == "*ori") {
      const std::string descriptor(text_.word());
      const auto n = n_parameters(descriptor);
      for (std::size_t c = 0; c < n_cells_; ++c)
        cell_orientation_.push_back(orientation(descriptor, numbers(n, "'*ori'")));
    } else if (word.starts_with("*")) {
      // Seeds, spreads and properties of cells.
      while (!text_.at_end() && !text_.next_word().starts_with("*")) text_.word();
    } else {
      fail(fmt::format("line {}: '{}' is not known in '**cell'", text_.line_number(), shown(word)));
    }
  }
}

std::vector<std::int64_t> TesrFile::read_integers(const std::string& section,
                                                  const std::string& format) {
  std::string beside;
  auto* text = &text_;
  TextScanner other("");
  if (text_.next_word() == "*file") {
    text_.word();
    const std::string name(text_.word());
    const std::filesystem::path relative(name);
    const auto file = std::filesystem::path(path_).parent_path() / relative;
    if (relative.empty() || relative.is_absolute() || name.find("..") != std::string::npos ||
        !std::filesystem::is_regular_file(file))
      fail(fmt::format("'{}' names the file '{}', which is not in the folder of this one or below",
                       section, name));
    beside = file_content(file.string());
    other = TextScanner(beside);
    text = &other;
  } else if (format != "ascii") {
    text_.line();  // bytes begin in the next line
  }
  const std::map<std::string, std::pair<std::size_t, bool>> binary{
      {"binary", {1, false}},   {"binary8", {1, false}},     {"binary16", {2, false}},
      {"binary32", {4, false}}, {"binary16_big", {2, true}}, {"binary32_big", {4, true}}};
  const auto n = n_voxels();
  std::vector<std::int64_t> values;
  if (format == "ascii") {
    if (n > text->n_left() / 2 + 1)
      fail(
          fmt::format("'{}' holds fewer than the {} numbers of the grid of {}; the file is "
                      "truncated, or its sizes are wrong",
                      section, n, fmt::join(shape_, "x")));
    values.reserve(n);
    while (values.size() < n) {
      const auto word = text->word();
      const auto value = integer_of(word);
      if (!value)
        fail(fmt::format("'{}' holds '{}' after {} of {} integers", section, shown(word),
                         values.size(), n));
      values.push_back(*value);
    }
  } else if (binary.count(format)) {
    const auto [size, big] = binary.at(format);
    if (n > text->n_left() / size)
      fail(
          fmt::format("'{}' holds {} bytes, expected {} for the grid of {}; the file is "
                      "truncated, or its sizes are wrong",
                      section, text->n_left(), n * size, fmt::join(shape_, "x")));
    const auto bytes = text->bytes(n * size);
    values.reserve(n);
    for (std::size_t v = 0; v < n; ++v) {
      std::uint64_t value = 0;
      for (std::size_t b = 0; b < size; ++b)
        value |= static_cast<std::uint64_t>(
                     static_cast<unsigned char>(bytes[v * size + (big ? size - 1 - b : b)]))
                 << (8 * b);
      // Bytes are unsigned, the longer ones signed.
      values.push_back(size == 2   ? static_cast<std::int16_t>(value)
                       : size == 4 ? static_cast<std::int32_t>(value)
                                   : static_cast<std::int64_t>(value));
    }
  } else {
    fail(
        fmt::format("'{}' has the format '{}', known are ascii, binary8, binary16, binary16_big, "
                    "binary32 and binary32_big",
                    section, format));
  }
  if (text == &other && format != "ascii" && other.n_left() > 1)
    fail(fmt::format("'{}': the file beside it holds {} bytes more than the grid of {}", section,
                     other.n_left(), fmt::join(shape_, "x")));
  return values;
}

void TesrFile::read_data() {
  while (!text_.at_end()) {
    const std::string section(text_.word());
    if (section == "***end") return;
    const auto format = [&] {
      return version_ == "2.0" ? format_of_all_ : std::string(text_.word());
    };
    if (section == "**data") {
      cell_ = read_integers(section, format());
    } else if (section == "**oridef") {
      defined_ = read_integers(section, std::string(text_.word()));
    } else if (section == "**oridata") {
      read_voxel_orientations();
    } else {
      fail(
          fmt::format("line {}: '{}' is not known; expected a section '**data', '**oridata' or "
                      "'**oridef', or the end '***end'; the sizes may be wrong",
                      text_.line_number(), shown(section)));
    }
  }
  fail("ends without '***end'; the file is truncated");
}

void TesrFile::read_voxel_orientations() {
  const std::string descriptor(text_.word());
  const auto n = n_parameters(descriptor);
  const auto format = version_ == "2.0" ? format_of_all_ : std::string(text_.word());
  if (text_.next_word() == "*file")
    fail("'**oridata' names a file beside this one; only those in the file itself are read");
  std::string_view bytes;
  if (format != "ascii") {
    text_.line();
    if (n_voxels() > text_.n_left() / (n * sizeof(double)))
      fail(
          fmt::format("'**oridata' holds {} bytes, expected {} numbers of 8 bytes for the grid of "
                      "{}",
                      text_.n_left(), n_voxels() * n, fmt::join(shape_, "x")));
    bytes = text_.bytes(n_voxels() * n * sizeof(double));
  } else {
    check_room(n_voxels() * n, "numbers of orientations");
  }
  voxel_orientation_.reserve(n_voxels());
  std::vector<double> values(n);
  for (std::size_t v = 0; v < n_voxels(); ++v) {
    if (format == "ascii") {
      values = numbers(n, "'**oridata'");
    } else {
      std::memcpy(values.data(), bytes.data() + v * n * sizeof(double), n * sizeof(double));
      for (const double value : values)
        if (!std::isfinite(value)) fail("'**oridata' holds what is no finite number");
    }
    voxel_orientation_.push_back(orientation(descriptor, values));
  }
}

bool TesrFile::voxel_orientations() const {
  const bool both = !cell_orientation_.empty() && !voxel_orientation_.empty();
  const auto& choice = options_.orientations;
  if (!choice.empty() && choice != "ori" && choice != "oridata")
    throw std::invalid_argument(
        fmt::format("{}: orientations '{}' (--orientations, 'Orientations'): allowed are ori, of "
                    "the cells, and "
                    "oridata, of the voxels",
                    path_, choice));
  if ((choice == "ori" && cell_orientation_.empty()) ||
      (choice == "oridata" && voxel_orientation_.empty()))
    throw std::invalid_argument(
        fmt::format("{}: orientations '{}' (--orientations, 'Orientations') are not in the file",
                    path_, choice));
  if (both && choice.empty())
    throw std::invalid_argument(fmt::format(
        "{}: cells have orientations ('*ori'), and voxels others ('**oridata'); say which to use "
        "(--orientations, 'Orientations'): ori or oridata",
        path_));
  return choice.empty() ? !voxel_orientation_.empty() : choice == "oridata";
}

std::vector<std::int32_t> TesrFile::cells_in_order() const {
  std::vector<std::int32_t> label(n_voxels());
  for_voxels([&](std::size_t p, std::size_t v) {
    if (cell_[v] < 0 || cell_[v] > std::numeric_limits<std::int32_t>::max())
      fail(fmt::format("'**data' holds the cell {}, allowed are 0 for voids and cells from 1",
                       cell_[v]));
    label[p] = static_cast<std::int32_t>(cell_[v]);
  });
  return label;
}

LabelledGrid TesrFile::grid_of_cells() {
  LabelledGrid grid;
  grid.label = cells_in_order();
  const std::set<std::int32_t> used(grid.label.begin(), grid.label.end());
  const bool described = !cell_orientation_.empty() || !groups_.empty();
  // Cells are counted from 1 in the order of the section '**cell', whatever their identifiers;
  // files of other programs use the identifiers themselves.
  std::map<std::int32_t, std::size_t> cell_of;
  const auto fits = [&](std::int32_t label) {
    return label == 0 || static_cast<std::size_t>(label) <= n_cells_;
  };
  const bool counted = std::all_of(used.begin(), used.end(), fits);
  for (std::size_t c = 0; c < n_cells_; ++c) {
    const auto id = counted || ids_.empty() ? static_cast<std::int64_t>(c) + 1 : ids_[c];
    if (id > 0 && id <= std::numeric_limits<std::int32_t>::max())
      cell_of.emplace(static_cast<std::int32_t>(id), c);
  }
  if (described && !counted && !ids_.empty())
    grid.notes.emplace_back(
        "the numbers of '**data' are the identifiers '*id' of cells, not their place in '**cell'");
  const auto symmetry = symmetry_of_laue_group(laue_group_of_neper(crystal_symmetry_));
  for (const auto label : used) {
    Crystal crystal;
    crystal.phase = described ? 1 : label;
    if (label == 0) continue;
    if (described) {
      const auto cell = cell_of.find(label);
      if (cell == cell_of.end())
        fail(fmt::format("'**data' holds the cell {}, but '**cell' describes {}", label, n_cells_));
      if (!groups_.empty()) crystal.phase = groups_[cell->second];
      if (!cell_orientation_.empty()) crystal.orientation = cell_orientation_[cell->second];
    }
    auto& phase = grid.phases[crystal.phase];
    if (described) phase.symmetry = symmetry;
    grid.crystals.emplace(label, crystal);
  }
  grid.notes.push_back(
      !described ? "cells have neither orientations nor groups; every cell is a phase"
      : groups_.empty()
          ? fmt::format("cells are crystals of phase 1 with the orientations '*ori'{}",
                        voxel_orientation_.empty() ? "" : ", as asked for")
          : fmt::format("the group of a cell is its phase{}",
                        cell_orientation_.empty()
                            ? "; cells have no orientations and are not turned"
                            : ", '*ori' its orientation"));
  if (used.count(0)) add_voids(grid);
  return grid;
}

LabelledGrid TesrFile::grid_of_voxels() {
  CrystalPoints points;
  points.shape = shape_;
  for (std::size_t axis = 0; axis < 3; ++axis) points.lengths[axis] = shape_[axis] * spacing_[axis];
  points.resize();
  const auto label = cell_.empty() ? std::vector<std::int32_t>(n_voxels(), 1) : cells_in_order();
  if (!groups_.empty())
    fail(
        "cells have groups ('*group') and voxels orientations ('**oridata'); use those of the "
        "cells (--orientations ori), or leave out one of the sections");
  bool voids = false;
  for_voxels([&](std::size_t p, std::size_t v) {
    voids = voids || label[p] == 0;
    points.phase[p] = label[p] == 0 ? 0 : 1;
    points.indexed[p] = defined_.empty() || defined_[v] != 0 || label[p] == 0;
    if (label[p] != 0) points.orientation[p] = voxel_orientation_[v];
  });
  auto& phase = points.phases[1];
  const auto laue = laue_group_of_neper(crystal_symmetry_);
  points.laue_groups[1] = laue;
  phase.symmetry = symmetry_of_laue_group(laue);
  if (voids) {
    points.laue_groups[0] = "-1";  // there is no crystal that a symmetry could turn
    points.phases[0].remark =
        "cell 0 stands for voids; say so by '0 = void', or give what fills them";
    points.notes.emplace_back("cell 0 of the file, phase 0, stands for voids");
  }
  points.sample_axes = points.usual_sample_axes = "x, y, z";
  points.hexagonal_axis = "a";
  points.hexagonal_source = "as assumed of Neper";
  return crystals_of(std::move(points), path_, options_);
}

LabelledGrid TesrFile::grid() {
  read_head();
  read_cells();
  read_data();
  if (cell_.empty() && voxel_orientation_.empty())
    fail("holds neither cells of voxels ('**data') nor their orientations ('**oridata')");
  const bool of_voxels = voxel_orientations();
  if (!of_voxels && cell_.empty())
    fail("section '**data' is missing, which says where the cells are");
  auto grid = of_voxels ? grid_of_voxels() : grid_of_cells();
  if (!of_voxels && (!options_.unindexed.empty() || options_.grain_angle > 0. ||
                     !options_.sample_axes.empty() || !options_.hexagonal_axis.empty()))
    throw std::invalid_argument(
        fmt::format("{}: options of orientation maps (--unindexed, --grain-angle, --sample-axes, "
                    "--hexagonal-axis) have no effect on the orientations of cells",
                    path_));
  grid.shape = shape_;
  for (std::size_t axis = 0; axis < 3; ++axis) grid.lengths[axis] = shape_[axis] * spacing_[axis];
  return grid;
}

bool begins_as_tesr(const std::string& first) {
  return first.starts_with("***tesr");
}

constexpr FileKind tesr_files{"a raster tessellation of Neper (.tesr)",
                              "raster tessellations of Neper (.tesr)", begins_as_tesr, nullptr};

LabelledGrid read_tesr(const std::string& path, const MicrostructureOptions& options) {
  return TesrFile(path, options).grid();
}

}  // namespace

const MicrostructureReader& tesr_reader() {
  static const MicrostructureReader reader{
      {"tesr",
       "raster tessellation of Neper, formats 2.0 to 2.2",
       {".tesr"},
       "Neper (-format tesr)",
       "axes x, y, z; voxel size of the file; cells are crystals, 0 stands for voids; a group of "
       "cells is a phase, without groups all are phase 1; what formats up to 2.1 call active and "
       "2.2 calls passive is the rotation from sample to crystal axes; angles in degrees",
       "seco import n100.tesr --stiffness \"1 = Cu\" --out rve.h5"},
      &tesr_files,
      {ReadOption::material, ReadOption::unit, ReadOption::orientations, ReadOption::unindexed,
       ReadOption::grain_angle, ReadOption::sample_axes, ReadOption::hexagonal_axis},
      nullptr,
      read_tesr,
      nullptr};
  return reader;
}

}  // namespace seco::materials
