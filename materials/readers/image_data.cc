#include "seco/materials/image_data.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <stdexcept>

#include "file_content.h"
#include "grid_axes.h"
#include "vtk_xml_file.h"

namespace seco::materials {
namespace {

using Extent = std::array<std::int64_t, 6>;

[[noreturn]] void fail(const std::string& origin, const std::string& what) {
  throw std::runtime_error(fmt::format("{}: {}", origin, what));
}

Extent extent_of(const std::string& origin, const pugi::xml_node& node, const char* attribute) {
  const std::string text = node.attribute(attribute).value();
  const auto numbers = vtk_numbers_of(text, 6);
  bool fits = numbers.size() == 6;
  for (std::size_t i = 0; fits && i < 6; ++i)
    fits = numbers[i] == std::floor(numbers[i]) && std::abs(numbers[i]) < 1 << 30;
  for (std::size_t axis = 0; fits && axis < 3; ++axis)
    fits = numbers[2 * axis + 1] >= numbers[2 * axis];
  if (!fits)
    fail(origin, fmt::format("attribute '{}' of '{}' is '{}', expected six integers, first and "
                             "last point along each axis",
                             attribute, node.name(), text));
  Extent extent{};
  std::transform(numbers.begin(), numbers.end(), extent.begin(),
                 [](double number) { return static_cast<std::int64_t>(number); });
  return extent;
}

/// Cells, or points, of an extent; a plane image has one cell across.
std::array<int, 3> shape_of(const Extent& extent, bool on_points) {
  std::array<int, 3> shape{};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const auto cells = extent[2 * axis + 1] - extent[2 * axis];
    shape[axis] = static_cast<int>(on_points ? cells + 1 : std::max<std::int64_t>(cells, 1));
  }
  return shape;
}

/// Below 2^90 as the axes are below 2^30; saturates.
std::size_t count(const std::array<int, 3>& shape) {
  double n = 1;
  for (const int s : shape) n *= s;
  return n > 1e15 ? std::size_t{1} << 50
                  : static_cast<std::size_t>(shape[0]) * static_cast<std::size_t>(shape[1]) *
                        static_cast<std::size_t>(shape[2]);
}

/// A part of the grid.
struct Piece {
  pugi::xml_node node;
  Extent extent{};
  const VtkXmlFile* file = nullptr;
};

pugi::xml_node array_of(const Piece& piece, const ImageData::ArrayDescription& array) {
  return piece.node.child(array.on_points ? "PointData" : "CellData")
      .find_child_by_attribute("DataArray", "Name", array.name.c_str());
}

}  // namespace

struct ImageData::Content {
  std::string origin;
  std::vector<std::unique_ptr<VtkXmlFile>> files;
  Extent extent{};
  std::array<double, 3> spacing{1., 1., 1.};
  std::vector<Piece> pieces;
  std::vector<ArrayDescription> arrays;
  /// Whether pieces may overlap: those of a parallel file, by ghost levels or because every process
  /// wrote the whole. Values have to agree there.
  bool overlapping = false;

  void read_spacing(const std::string& origin, const pugi::xml_node& image);
  void read_pieces(const VtkXmlFile& file);
  void read_parts(const VtkXmlFile& file);
  void read_steps();
  void check_pieces() const;
  void list_arrays();
  std::size_t most_values() const;
};

void ImageData::Content::read_spacing(const std::string& file, const pugi::xml_node& image) {
  const std::string spacing_text = image.attribute("Spacing").as_string("1 1 1");
  const auto numbers = vtk_numbers_of(spacing_text, 3);
  bool fits = numbers.size() == 3;
  for (std::size_t axis = 0; fits && axis < 3; ++axis) {
    const bool plane = extent[2 * axis] == extent[2 * axis + 1];
    spacing[axis] = plane && numbers[axis] == 0. ? 1. : numbers[axis];
    fits = std::isfinite(spacing[axis]) && spacing[axis] > 0;
  }
  if (!fits)
    fail(file,
         fmt::format("attribute 'Spacing' is '{}', expected three positive numbers", spacing_text));
  const std::string direction = image.attribute("Direction").as_string("1 0 0 0 1 0 0 0 1");
  if (!is_along_axes(vtk_numbers_of(direction, 9), 3))
    fail(file, fmt::format("attribute 'Direction' is '{}'; only grids along the axes, '1 0 0 0 1 "
                           "0 0 0 1', are known",
                           direction));
}

void ImageData::Content::read_pieces(const VtkXmlFile& file) {
  for (const auto& node : file.dataset().children("Piece"))
    pieces.push_back({node, extent_of(file.origin(), node, "Extent"), &file});
}

/// The files that a parallel one names.
void ImageData::Content::read_parts(const VtkXmlFile& file) {
  overlapping = true;
  constexpr std::size_t most_files = 4096;
  for (const auto& node : file.dataset().children("Piece")) {
    const std::string source = node.attribute("Source").value();
    const auto path = std::filesystem::path(file.origin()).parent_path() / source;
    if (source.empty() || std::filesystem::path(source).is_absolute() ||
        source.find("..") != std::string::npos || !std::filesystem::is_regular_file(path) ||
        files.size() > most_files)
      fail(origin, fmt::format("piece '{}' is no file in the folder of this one or below", source));
    files.push_back(std::make_unique<VtkXmlFile>(file_content(path.string()), path.string(),
                                                 std::vector<std::string>{"ImageData"}));
    const auto n = pieces.size();
    read_pieces(*files.back());
    const auto expected = extent_of(origin, node, "Extent");
    if (pieces.size() != n + 1 || pieces.back().extent != expected)
      fail(origin, fmt::format("piece '{}' of the extent '{}' does not have one piece of that "
                               "extent",
                               source, node.attribute("Extent").value()));
    const auto own = spacing;
    read_spacing(files.back()->origin(), files.back()->dataset());
    for (std::size_t axis = 0; axis < 3; ++axis)
      if (std::abs(own[axis] - spacing[axis]) > 1e-6 * own[axis])
        fail(origin, fmt::format("piece '{}' has the spacing {}, the whole {}", source,
                                 fmt::join(spacing, ", "), fmt::join(own, ", ")));
    spacing = own;
  }
}

/// Spacing of the coordinates of a rectilinear grid.
void ImageData::Content::read_steps() {
  bool first = true;
  for (const auto& piece : pieces) {
    std::size_t axis = 0;
    for (const auto& node : piece.node.child("Coordinates").children("DataArray")) {
      if (axis == 3) break;
      const auto n =
          static_cast<std::size_t>(piece.extent[2 * axis + 1] - piece.extent[2 * axis] + 1);
      if (n > piece.file->most_values())
        fail(origin,
             fmt::format("the coordinates along axis {} are {}, more than the file can hold", axis,
                         n));
      std::vector<double> coordinates(n);
      const auto values = piece.file->values(node, n);
      values->read(coordinates.data(), n);
      values->check_end();
      const double step = equal_step(coordinates);
      if (step < 0.)
        fail(origin,
             fmt::format("the coordinates along axis {} have no equal positive steps, which a grid "
                         "of voxels has; resample it on image data, as ParaView's 'Resample To "
                         "Image' does",
                         axis));
      if (step > 0. && first) spacing[axis] = step;
      if (step > 0. && std::abs(step - spacing[axis]) > 1e-5 * spacing[axis])
        fail(origin, fmt::format("the pieces have the steps {} and {} along axis {}", spacing[axis],
                                 step, axis));
      ++axis;
    }
    if (axis != 3) fail(origin, "element 'Coordinates' of a piece does not hold three arrays");
    first = false;
  }
}

void ImageData::Content::check_pieces() const {
  std::size_t n_cells = 0;
  for (const auto& piece : pieces) {
    const auto& inner = piece.extent;
    for (std::size_t axis = 0; axis < 3; ++axis) {
      const bool empty = inner[2 * axis] == inner[2 * axis + 1];
      if (inner[2 * axis] < extent[2 * axis] || inner[2 * axis + 1] > extent[2 * axis + 1] ||
          (empty && extent[2 * axis] != extent[2 * axis + 1]))
        fail(origin,
             fmt::format("attribute 'Extent' of a piece, '{}', is empty or leaves the whole, '{}'",
                         fmt::join(inner, " "), fmt::join(extent, " ")));
    }
    n_cells += count(shape_of(inner, false));
  }
  if (n_cells > count(shape_of(extent, false)) && !overlapping)
    fail(origin, fmt::format("the pieces overlap: they have {} cells, the whole has {}", n_cells,
                             count(shape_of(extent, false))));
  if (pieces.empty()) fail(origin, "element 'Piece' is missing; the file holds no data");
}

void ImageData::Content::list_arrays() {
  for (const bool on_points : {false, true})
    for (const auto& node :
         pieces.front().node.child(on_points ? "PointData" : "CellData").children("DataArray")) {
      ArrayDescription array;
      array.name = node.attribute("Name").value();
      array.type = node.attribute("type").value();
      array.on_points = on_points;
      array.active = node.parent().attribute("Scalars").value() == array.name;
      const auto n_components = node.attribute("NumberOfComponents").as_llong(1);
      if (!vtk_type_of(array.type))
        fail(origin, fmt::format("array '{}' has the type '{}', known are Int8 to Int64, UInt8 to "
                                 "UInt64, Float32 and Float64",
                                 array.name, array.type));
      if (n_components < 1 || n_components > 1000)
        fail(origin, fmt::format("array '{}' has {} components, expected 1 or more", array.name,
                                 n_components));
      array.n_components = static_cast<std::size_t>(n_components);
      arrays.push_back(array);
    }
}

std::size_t ImageData::Content::most_values() const {
  std::size_t most = 0;
  for (const auto& file : files) most += file->most_values();
  return most;
}

ImageData::ImageData(std::string content, const std::string& origin) {
  auto image = std::make_shared<Content>();
  image->origin = origin;
  image->files.push_back(std::make_unique<VtkXmlFile>(
      std::move(content), origin,
      std::vector<std::string>{"ImageData", "RectilinearGrid", "PImageData"}));
  const auto& file = *image->files.front();
  image->extent = extent_of(origin, file.dataset(), "WholeExtent");
  if (file.type() != "RectilinearGrid") image->read_spacing(origin, file.dataset());
  if (file.type() == "PImageData")
    image->read_parts(file);
  else
    image->read_pieces(file);
  image->check_pieces();
  if (file.type() == "RectilinearGrid") image->read_steps();
  image->list_arrays();
  content_ = std::move(image);
}

ImageData ImageData::read(const std::string& path) {
  return {file_content(path), path};
}

const std::string& ImageData::origin() const {
  return content_->origin;
}
const std::array<double, 3>& ImageData::spacing() const {
  return content_->spacing;
}
const std::vector<ImageData::ArrayDescription>& ImageData::arrays() const {
  return content_->arrays;
}
std::array<int, 3> ImageData::shape(const ArrayDescription& array) const {
  return shape_of(content_->extent, array.on_points);
}

/// The arrays of the pieces, each at the layer that was read last.
struct ImageData::Layers::State {
  struct Part {
    /// First voxel of the piece in the whole, and its voxels along each axis.
    std::array<int, 3> from{}, shape{};
    std::unique_ptr<VtkXmlFile::Values> values;
    std::string origin;
    /// Layer of the piece that comes next.
    int next = 0;
  };
  std::shared_ptr<const Content> content;
  ArrayDescription array;
  std::array<int, 3> shape{};
  std::vector<Part> parts;
  std::vector<double> layer;
  std::vector<bool> given;
};

ImageData::Layers::Layers(const ImageData& image, const ArrayDescription& array)
    : state_(std::make_unique<State>()) {
  state_->content = image.content_;
  state_->array = array;
  state_->shape = image.shape(array);
  const auto& content = *image.content_;
  if (array.n_components != 1)
    fail(content.origin,
         fmt::format("array '{}' has {} components, expected 1", array.name, array.n_components));
  if (count(state_->shape) > content.most_values())
    fail(content.origin, fmt::format("array '{}': the grid of {} is larger than the file can fill",
                                     array.name, fmt::join(state_->shape, "x")));
  for (const auto& piece : content.pieces) {
    const auto node = array_of(piece, array);
    if (!node)
      fail(piece.file->origin(), fmt::format("array '{}' is missing in a piece", array.name));
    if (node.attribute("type").value() != array.type)
      fail(piece.file->origin(),
           fmt::format("array '{}' changes its type between pieces", array.name));
    State::Part part;
    part.shape = shape_of(piece.extent, array.on_points);
    for (std::size_t axis = 0; axis < 3; ++axis)
      part.from[axis] = static_cast<int>(piece.extent[2 * axis] - content.extent[2 * axis]);
    part.values = piece.file->values(node, count(part.shape));
    part.origin = piece.file->origin();
    state_->parts.push_back(std::move(part));
  }
}

ImageData::Layers::~Layers() = default;
ImageData::Layers::Layers(Layers&&) noexcept = default;

void ImageData::Layers::read(int first, int last, double* values) {
  auto& state = *state_;
  const auto n1 = static_cast<std::size_t>(state.shape[0]),
             n2 = static_cast<std::size_t>(state.shape[1]);
  const bool whole = state.parts.size() == 1;
  if (!whole) state.given.assign(n1 * n2 * static_cast<std::size_t>(last - first), false);
  for (auto& part : state.parts) {
    const auto m1 = static_cast<std::size_t>(part.shape[0]),
               m2 = static_cast<std::size_t>(part.shape[1]);
    const int from = std::max(first, part.from[2]),
              to = std::min(last, part.from[2] + part.shape[2]);
    if (from >= to) continue;
    const int skipped = from - part.from[2] - part.next;
    part.values->skip(static_cast<std::size_t>(skipped) * m1 * m2);
    part.next = to - part.from[2];
    const bool fills = whole && m1 == n1 && m2 == n2;
    state.layer.resize(fills ? 0 : m1 * m2);
    for (int k = from; k < to; ++k) {
      const auto offset = n1 * n2 * static_cast<std::size_t>(k - first);
      if (fills) {
        part.values->read(values + offset, m1 * m2);
        continue;
      }
      part.values->read(state.layer.data(), m1 * m2);
      for (std::size_t j = 0; j < m2; ++j)
        for (std::size_t i = 0; i < m1; ++i) {
          const auto at = offset + (static_cast<std::size_t>(part.from[1]) + j) * n1 +
                          static_cast<std::size_t>(part.from[0]) + i;
          const double value = state.layer[j * m1 + i];
          if (!whole && state.content->overlapping && state.given[at] && values[at] != value)
            fail(part.origin, fmt::format("array '{}' holds {} where another piece holds {}",
                                          state.array.name, value, values[at]));
          values[at] = value;
          if (!whole) state.given[at] = true;
        }
    }
    if (part.next == part.shape[2]) part.values->check_end();
  }
  const auto& one = state.parts.front();
  const bool covered =
      whole ? one.shape == state.shape
            : std::find(state.given.begin(), state.given.end(), false) == state.given.end();
  if (!covered)
    fail(state.content->origin, fmt::format("array '{}': the pieces do not cover the grid of {}",
                                            state.array.name, fmt::join(state.shape, "x")));
}

std::vector<double> ImageData::values(const ArrayDescription& array) const {
  Layers layers(*this, array);
  const auto whole = shape(array);
  const auto n1 = static_cast<std::size_t>(whole[0]), n2 = static_cast<std::size_t>(whole[1]),
             n3 = static_cast<std::size_t>(whole[2]);
  std::vector<double> result(n1 * n2 * n3), layer(n1 * n2);
  for (std::size_t k = 0; k < n3; ++k) {
    layers.read(static_cast<int>(k), static_cast<int>(k) + 1, layer.data());
    for (std::size_t j = 0; j < n2; ++j)
      for (std::size_t i = 0; i < n1; ++i) result[(i * n2 + j) * n3 + k] = layer[j * n1 + i];
  }
  return result;
}

}  // namespace seco::materials
