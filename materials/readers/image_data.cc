#include "seco/materials/image_data.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <map>
#include <pugixml.hpp>
#include <stdexcept>
#include <string_view>

#include "file_content.h"
#include "known_formats.h"
#include "seco/materials/text.h"
#include "vtk_bytes.h"

namespace seco::materials {
namespace {

using Extent = std::array<std::int64_t, 6>;

const std::map<std::string, std::size_t>& type_sizes() {
  static const std::map<std::string, std::size_t> sizes{
      {"Int8", 1},   {"UInt8", 1}, {"Int16", 2},  {"UInt16", 2},  {"Int32", 4},
      {"UInt32", 4}, {"Int64", 8}, {"UInt64", 8}, {"Float32", 4}, {"Float64", 8}};
  return sizes;
}

[[noreturn]] void fail(const std::string& origin, const std::string& what) {
  throw std::runtime_error(fmt::format("{}: {}", origin, what));
}

bool is_space(char c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/// The numbers of a text separated by blanks, at most `largest` of them; empty if one is not a
/// number.
template <typename Number>
std::vector<Number> numbers_of(std::string_view text, std::size_t largest) {
  std::vector<Number> numbers;
  const char* at = text.data();
  const char* end = at + text.size();
  while (true) {
    while (at != end && is_space(*at)) ++at;
    if (at == end) return numbers;
    Number number{};
    const auto result = std::from_chars(at, end, number);
    if (result.ec != std::errc() || (result.ptr != end && !is_space(*result.ptr)) ||
        numbers.size() == largest)
      return {};
    numbers.push_back(number);
    at = result.ptr;
  }
}

Extent extent_of(const std::string& origin, const pugi::xml_node& node, const char* attribute) {
  const std::string text = node.attribute(attribute).value();
  const auto numbers = numbers_of<std::int64_t>(text, 6);
  bool fits = numbers.size() == 6;
  for (std::size_t axis = 0; fits && axis < 3; ++axis)
    fits = numbers[2 * axis] > -(1 << 30) && numbers[2 * axis + 1] >= numbers[2 * axis] &&
           numbers[2 * axis + 1] < 1 << 30;
  if (!fits)
    fail(origin, fmt::format("attribute '{}' of '{}' is '{}', expected six integers, first and "
                             "last point along each axis",
                             attribute, node.name(), text));
  Extent extent{};
  std::copy(numbers.begin(), numbers.end(), extent.begin());
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

template <typename Number>
void convert(const std::string& bytes, bool swap, double* values) {
  const std::size_t n = bytes.size() / sizeof(Number);
  for (std::size_t i = 0; i < n; ++i) {
    std::array<char, sizeof(Number)> raw;
    std::memcpy(raw.data(), bytes.data() + i * sizeof(Number), sizeof(Number));
    if (swap) std::reverse(raw.begin(), raw.end());
    Number number;
    std::memcpy(&number, raw.data(), sizeof number);
    values[i] = static_cast<double>(number);
  }
}

std::vector<double> converted(const std::string& type, const std::string& bytes, bool swap) {
  std::vector<double> values(bytes.size() / type_sizes().at(type));
  if (type == "Int8") convert<std::int8_t>(bytes, swap, values.data());
  if (type == "UInt8") convert<std::uint8_t>(bytes, swap, values.data());
  if (type == "Int16") convert<std::int16_t>(bytes, swap, values.data());
  if (type == "UInt16") convert<std::uint16_t>(bytes, swap, values.data());
  if (type == "Int32") convert<std::int32_t>(bytes, swap, values.data());
  if (type == "UInt32") convert<std::uint32_t>(bytes, swap, values.data());
  if (type == "Int64") convert<std::int64_t>(bytes, swap, values.data());
  if (type == "UInt64") convert<std::uint64_t>(bytes, swap, values.data());
  if (type == "Float32") convert<float>(bytes, swap, values.data());
  if (type == "Float64") convert<double>(bytes, swap, values.data());
  return values;
}

}  // namespace

struct ImageData::Content {
  std::string origin, text;
  pugi::xml_document document;
  /// Bytes after the underscore of the appended section.
  std::string_view appended;
  VtkEncoding encoding;
  bool appended_base64 = false;
  Extent extent{};
  std::array<double, 3> spacing{1., 1., 1.};
  std::vector<pugi::xml_node> pieces;
  std::vector<ArrayDescription> arrays;

  void parse();
  void read_header(const pugi::xml_node& file);
  void read_grid(const pugi::xml_node& image);
  void list_arrays();
  std::vector<double> decode(const pugi::xml_node& node, const ArrayDescription& array,
                             std::size_t n) const;
};

void ImageData::Content::parse() {
  // Raw bytes are not XML: the description ends where they begin.
  const auto section = text.find("<AppendedData");
  std::string_view description(text);
  if (section != std::string::npos) {
    const auto end = text.find('>', section), underscore = text.find('_', section);
    if (end == std::string::npos || underscore == std::string::npos || underscore < end)
      fail(origin, "section 'AppendedData' has no beginning '_'; the file is truncated");
    const auto last = text.rfind("</AppendedData>");
    if (last == std::string::npos || last < underscore)
      fail(origin, "section 'AppendedData' has no end; the file is truncated");
    const std::string tag = text.substr(section, end - section);
    appended_base64 = tag.find("base64") != std::string::npos;
    if (!appended_base64 && tag.find("raw") == std::string::npos)
      fail(origin, fmt::format("'{}>': allowed encodings are raw and base64", tag));
    appended = std::string_view(text).substr(underscore + 1, last - underscore - 1);
    description = description.substr(0, section);
  }
  std::string xml(description);
  if (section != std::string::npos) xml += "</VTKFile>";
  const auto result = document.load_buffer(xml.data(), xml.size());
  if (!result)
    fail(origin,
         fmt::format("is not well-formed XML: {} in line {}", result.description(),
                     1 + std::count(xml.begin(),
                                    xml.begin() +
                                        std::min<std::ptrdiff_t>(
                                            result.offset, static_cast<std::ptrdiff_t>(xml.size())),
                                    '\n')));
  read_header(document.child("VTKFile"));
  read_grid(document.child("VTKFile").child("ImageData"));
  list_arrays();
}

void ImageData::Content::read_header(const pugi::xml_node& file) {
  if (!file) fail(origin, "is not VTK image data but 'other XML'");
  const std::string type = file.attribute("type").value();
  if (type != "ImageData")
    fail(origin, fmt::format("is not VTK image data but '{}', which is known but not read; {}",
                             type, way_from_vtk(type)));
  const std::string compressor = file.attribute("compressor").value();
  if (!compressor.empty() && compressor != "vtkZLibDataCompressor")
    fail(origin,
         fmt::format("is compressed by '{}'; only vtkZLibDataCompressor is known", compressor));
  encoding.compressed = !compressor.empty();
  const std::string header = file.attribute("header_type").as_string("UInt32"),
                    order = file.attribute("byte_order").as_string("LittleEndian");
  if (header != "UInt32" && header != "UInt64")
    fail(origin, fmt::format("attribute 'header_type' is '{}', expected UInt32 or UInt64", header));
  if (order != "LittleEndian" && order != "BigEndian")
    fail(origin,
         fmt::format("attribute 'byte_order' is '{}', expected LittleEndian or BigEndian", order));
  encoding.header_size = header == "UInt64" ? 8 : 4;
  encoding.swap_bytes = (order == "LittleEndian") != (std::endian::native == std::endian::little);
}

void ImageData::Content::read_grid(const pugi::xml_node& image) {
  if (!image) fail(origin, "element 'ImageData' is missing");
  extent = extent_of(origin, image, "WholeExtent");
  const std::string spacing_text = image.attribute("Spacing").as_string("1 1 1");
  const auto numbers = numbers_of<double>(spacing_text, 3);
  bool fits = numbers.size() == 3;
  for (std::size_t axis = 0; fits && axis < 3; ++axis) {
    const bool plane = extent[2 * axis] == extent[2 * axis + 1];
    spacing[axis] = plane && numbers[axis] == 0. ? 1. : numbers[axis];
    fits = std::isfinite(spacing[axis]) && spacing[axis] > 0;
  }
  if (!fits)
    fail(origin,
         fmt::format("attribute 'Spacing' is '{}', expected three positive numbers", spacing_text));
  const std::string direction = image.attribute("Direction").as_string("1 0 0 0 1 0 0 0 1");
  if (numbers_of<double>(direction, 9) != std::vector<double>{1, 0, 0, 0, 1, 0, 0, 0, 1})
    fail(origin, fmt::format("attribute 'Direction' is '{}'; only grids along the axes, '1 0 0 0 1 "
                             "0 0 0 1', are known",
                             direction));
  std::size_t n_cells = 0;
  for (const auto& piece : image.children("Piece")) {
    const auto inner = extent_of(origin, piece, "Extent");
    for (std::size_t axis = 0; axis < 3; ++axis) {
      const bool empty = inner[2 * axis] == inner[2 * axis + 1];
      if (inner[2 * axis] < extent[2 * axis] || inner[2 * axis + 1] > extent[2 * axis + 1] ||
          (empty && extent[2 * axis] != extent[2 * axis + 1]))
        fail(
            origin,
            fmt::format("attribute 'Extent' of a piece, '{}', is empty or leaves the whole, '{}'",
                        piece.attribute("Extent").value(), image.attribute("WholeExtent").value()));
    }
    pieces.push_back(piece);
    n_cells += count(shape_of(inner, false));
  }
  if (n_cells > count(shape_of(extent, false)))
    fail(origin, fmt::format("the pieces overlap: they have {} cells, the whole has {}", n_cells,
                             count(shape_of(extent, false))));
  if (pieces.empty()) fail(origin, "element 'Piece' is missing; the file holds no data");
}

void ImageData::Content::list_arrays() {
  for (const bool on_points : {false, true})
    for (const auto& node :
         pieces.front().child(on_points ? "PointData" : "CellData").children("DataArray")) {
      ArrayDescription array;
      array.name = node.attribute("Name").value();
      array.type = node.attribute("type").value();
      array.on_points = on_points;
      array.active = node.parent().attribute("Scalars").value() == array.name;
      const auto n_components = node.attribute("NumberOfComponents").as_llong(1);
      if (!type_sizes().count(array.type))
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

std::vector<double> ImageData::Content::decode(const pugi::xml_node& node,
                                               const ArrayDescription& array, std::size_t n) const {
  const std::string type = node.attribute("type").value(),
                    format = node.attribute("format").as_string("ascii");
  if (type != array.type)
    fail(origin, fmt::format("array '{}' changes its type between pieces", array.name));
  const std::string_view content = node.child_value();
  if (format == "ascii") {
    auto numbers = n <= content.size() ? numbers_of<double>(content, n) : std::vector<double>{};
    if (numbers.size() != n)
      fail(origin, fmt::format("array '{}' does not hold the {} numbers of the grid and only those",
                               array.name, n));
    return numbers;
  }
  auto encoding = this->encoding;
  std::string_view bytes;
  if (format == "binary") {
    encoding.base64 = true;
    bytes = content;
  } else if (format == "appended") {
    encoding.base64 = appended_base64;
    const auto offset = node.attribute("offset").as_ullong(~0ULL);
    if (offset >= appended.size())
      fail(origin, fmt::format("array '{}' begins at offset '{}' of {} appended bytes; the file is "
                               "truncated, or the offset is wrong",
                               array.name, node.attribute("offset").value(), appended.size()));
    bytes = appended.substr(offset);
  } else {
    fail(origin, fmt::format("array '{}' has the format '{}', known are ascii, binary and appended",
                             array.name, format));
  }
  try {
    return converted(type, decode_vtk_array(bytes, encoding, n * type_sizes().at(type)),
                     encoding.swap_bytes);
  } catch (const std::runtime_error& error) {
    fail(origin, fmt::format("array '{}' {}", array.name, error.what()));
  }
}

ImageData::ImageData(std::string content, const std::string& origin)
    : content_(std::make_unique<Content>()) {
  content_->origin = origin;
  content_->text = std::move(content);
  content_->parse();
}

ImageData ImageData::read(const std::string& path) {
  return {file_content(path), path};
}

ImageData::~ImageData() = default;
ImageData::ImageData(ImageData&&) noexcept = default;

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

std::vector<double> ImageData::values(const ArrayDescription& array) const {
  const auto& origin = content_->origin;
  if (array.n_components != 1)
    fail(origin,
         fmt::format("array '{}' has {} components, expected 1", array.name, array.n_components));
  const auto whole = shape(array);
  const std::size_t n = count(whole);
  // Every value takes a byte on file at least, before compression.
  if (n / largest_inflation > content_->text.size())
    fail(origin, fmt::format("array '{}': the grid of {} is larger than the file can fill",
                             array.name, fmt::join(whole, "x")));
  std::vector<std::vector<double>> parts;
  for (const auto& piece : content_->pieces) {
    const auto node = piece.child(array.on_points ? "PointData" : "CellData")
                          .find_child_by_attribute("DataArray", "Name", array.name.c_str());
    if (!node) fail(origin, fmt::format("array '{}' is missing in a piece", array.name));
    parts.push_back(content_->decode(
        node, array, count(shape_of(extent_of(origin, piece, "Extent"), array.on_points))));
  }
  std::vector<double> result(n);
  std::vector<bool> given(n);
  for (std::size_t part = 0; part < parts.size(); ++part) {
    const auto extent = extent_of(origin, content_->pieces[part], "Extent");
    const auto shape = shape_of(extent, array.on_points);
    std::size_t value = 0;
    for (int k = 0; k < shape[2]; ++k)
      for (int j = 0; j < shape[1]; ++j)
        for (int i = 0; i < shape[0]; ++i, ++value) {
          const auto offset = [&](std::size_t axis, int index) {
            return static_cast<std::size_t>(extent[2 * axis] - content_->extent[2 * axis] + index);
          };
          const std::size_t at =
              (offset(0, i) * static_cast<std::size_t>(whole[1]) + offset(1, j)) *
                  static_cast<std::size_t>(whole[2]) +
              offset(2, k);
          result[at] = parts[part][value];
          given[at] = true;
        }
  }
  const auto hole = std::find(given.begin(), given.end(), false);
  if (hole != given.end())
    fail(origin, fmt::format("array '{}': the pieces do not cover the grid of {}", array.name,
                             fmt::join(whole, "x")));
  return result;
}

}  // namespace seco::materials
