#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <sstream>
#include <stdexcept>
#include <string_view>

#include "byte_stream.h"
#include "file_content.h"
#include "grid_axes.h"
#include "image_header.h"
#include "microstructure_reader.h"
#include "seco/materials/text.h"

namespace seco::materials {
namespace {

constexpr std::size_t longest_meta_header = 1 << 16;

/// Lines "Key = value" up to `ElementDataFile`, which ends the header.
ImageHeader meta_header(const std::string& path) {
  const auto content = file_content(path, longest_meta_header);
  ImageHeader header;
  while (header.size < content.size()) {
    const auto end = content.find('\n', header.size);
    auto line = content.substr(header.size, end - header.size);
    if (line.ends_with('\r')) line.pop_back();
    header.size = end == std::string::npos ? content.size() : end + 1;
    if (trimmed(line).empty()) continue;
    const auto equal = line.find('=');
    const auto key = trimmed(line.substr(0, equal));
    if (equal == std::string::npos || key.size() > 100)
      throw std::runtime_error(
          fmt::format("{}: line '{}' of the header is not of the form Key = "
                      "value",
                      path, line.substr(0, 80)));
    if (!header.fields.emplace(lower_case(key), trimmed(line.substr(equal + 1))).second)
      throw std::runtime_error(fmt::format("{}: the header has '{}' twice", path, key));
    if (lower_case(key) == "elementdatafile") return header;
  }
  throw std::runtime_error(fmt::format("{}: 'ElementDataFile' is missing in the header", path));
}

bool is_true(const std::string& path, const ImageHeader& header, const std::string& key,
             bool default_value) {
  const auto text = lower_case(header.text(key));
  if (text.empty()) return default_value;
  if (text == "true" || text == "1" || text == "t") return true;
  if (text == "false" || text == "0" || text == "f") return false;
  throw std::runtime_error(
      fmt::format("{}: '{}' is '{}', expected True or False", path, key, header.text(key)));
}

ElementType meta_type(const std::string& path, const ImageHeader& header) {
  using enum ElementType::Kind;
  static const std::map<std::string, ElementType> known{
      {"MET_CHAR", {signed_integer, 1}},      {"MET_UCHAR", {unsigned_integer, 1}},
      {"MET_SHORT", {signed_integer, 2}},     {"MET_USHORT", {unsigned_integer, 2}},
      {"MET_INT", {signed_integer, 4}},       {"MET_UINT", {unsigned_integer, 4}},
      {"MET_LONG", {signed_integer, 4}},      {"MET_ULONG", {unsigned_integer, 4}},
      {"MET_LONG_LONG", {signed_integer, 8}}, {"MET_ULONG_LONG", {unsigned_integer, 8}},
      {"MET_FLOAT", {floating, 4}},           {"MET_DOUBLE", {floating, 8}}};
  const auto type = known.find(header.text("ElementType"));
  if (type != known.end()) return type->second;
  std::vector<std::string> names;
  for (const auto& [name, unused] : known) names.push_back(name);
  throw std::runtime_error(fmt::format("{}: 'ElementType' is '{}', known are {}", path,
                                       header.text("ElementType"), fmt::join(names, ", ")));
}

/// Refuses what turns the axes of the image.
void check_transform(const std::string& path, const ImageHeader& header, std::size_t n_axes) {
  for (const char* key : {"TransformMatrix", "Rotation", "Orientation"}) {
    if (header.text(key).empty()) continue;
    if (!is_along_axes(header.numbers(path, key, n_axes * n_axes), n_axes))
      throw std::runtime_error(
          fmt::format("{}: '{}' is '{}', so that the axes of the image are turned, swapped or "
                      "mirrored; resample it on axes along x, y and z first, as by SimpleITK's "
                      "DICOMOrient or Resample",
                      path, key, header.text(key)));
  }
}

/// Edges of a voxel along as many axes as the image has, if there are any.
void read_meta_spacing(const std::string& path, const ImageHeader& header, std::size_t n_axes,
                       VoxelArray::Description& array) {
  const char* key = header.text("ElementSpacing").empty() ? "ElementSize" : "ElementSpacing";
  if (header.text(key).empty()) return;
  const auto spacing = header.numbers(path, key, n_axes);
  check_spacing(path, key, spacing);
  array.spacing = {spacing[0], spacing[1], n_axes == 3 ? spacing[2] : spacing[0]};
  if (const auto unit = header.text("DistanceUnits"); unit != "?") array.unit_of_length = unit;
}

/// Refuses values that stand for others, of which it is not clear what thresholds mean: ITK reads
/// them as they are.
void check_intensities(const std::string& path, const ImageHeader& header) {
  for (const auto& [key, neutral] : {std::pair("ElementToIntensityFunctionSlope", 1.),
                                     std::pair("ElementToIntensityFunctionOffset", 0.)})
    if (!header.text(key).empty() && header.numbers(path, key, 1)[0] != neutral)
      throw std::runtime_error(
          fmt::format("{}: '{}' is '{}', so that the values stand for others, which ITK does not "
                      "read; allowed is {:g}. Set it to that for thresholds or labels of the "
                      "values as they are, or write the others",
                      path, key, header.text(key), neutral));
}

/// Files with a plane each, of a pattern such as "slice%03d.raw 1 20 1" or a list of lines.
std::vector<std::string> files_of_planes(const std::string& path, const ImageHeader& header) {
  const auto data = header.text("ElementDataFile");
  if (data.starts_with("LIST"))
    return files_in_lines(path, file_content(path, 1 << 24).substr(header.size));
  auto files = files_of_pattern(path, data);
  if (files.empty())
    throw std::runtime_error(
        fmt::format("{}: 'ElementDataFile' is '{}', expected a file, LOCAL, "
                    "LIST, or a pattern with first, last and step as in "
                    "slice%03d.raw 1 20 1",
                    path, data));
  return files;
}

std::unique_ptr<VoxelArray> open_meta_image(const std::string& path, const MicrostructureOptions&) {
  const auto header = meta_header(path);
  const auto n_axes = header.sizes(path, "NDims", 1)[0];
  if (n_axes != 2 && n_axes != 3)
    throw std::runtime_error(fmt::format("{}: 'NDims' is {}, allowed are 2 and 3", path, n_axes));
  const auto channels = header.text("ElementNumberOfChannels");
  if (!channels.empty() && channels != "1")
    throw std::runtime_error(
        fmt::format("{}: 'ElementNumberOfChannels' is {}; labels and grey levels have 1, so save "
                    "one channel, as by SimpleITK.VectorIndexSelectionCast",
                    path, channels));
  check_transform(path, header, n_axes);
  check_intensities(path, header);
  VoxelArray::Description array;
  array.what = path;
  auto sizes = header.sizes(path, "DimSize", n_axes);
  std::reverse(sizes.begin(), sizes.end());
  set_shape(array, sizes, n_axes == 3 ? std::vector{2, 1, 0} : std::vector{1, 0});
  read_meta_spacing(path, header, n_axes, array);
  const auto type = meta_type(path, header);
  const bool binary = is_true(path, header, "BinaryData", true),
             big = is_true(path, header, "BinaryDataByteOrderMSB",
                           is_true(path, header, "ElementByteOrderMSB", false)),
             compressed = is_true(path, header, "CompressedData", false);
  if (is_true(path, header, "ElementByteOrderMSB", big) != big)
    throw std::runtime_error(fmt::format(
        "{}: 'BinaryDataByteOrderMSB' is {}, 'ElementByteOrderMSB' {}; they must agree", path,
        header.text("BinaryDataByteOrderMSB"), header.text("ElementByteOrderMSB")));
  const auto data = header.text("ElementDataFile");
  const bool local = data == "LOCAL" || data == "Local" || data == "local";
  const bool several = data.starts_with("LIST") || data.find('%') != std::string::npos;
  const auto skip =
      header.text("HeaderSize").empty() ? 0. : header.numbers(path, "HeaderSize", 1)[0];
  if (skip != std::floor(skip) || skip < -1. || skip > 1e15)
    throw std::runtime_error(fmt::format("{}: 'HeaderSize' is '{}', expected bytes from 0, or -1",
                                         path, header.text("HeaderSize")));
  if (several) {
    if (!binary || compressed || skip < 0)
      throw std::runtime_error(fmt::format(
          "{}: values in several files are read if they are binary and not compressed", path));
    const auto files = files_of_planes(path, header);
    const auto planes = static_cast<std::size_t>(array.shape[2]);
    if (files.size() != planes)
      throw std::runtime_error(
          fmt::format("{}: names {} files, expected one for each of the {} planes", path,
                      files.size(), planes));
    return array_of_files(std::move(array), type, big, path, files,
                          static_cast<std::uint64_t>(skip));
  }
  const auto file = local ? path : beside(path, data);
  std::uint64_t offset = local ? header.size : 0;
  if (skip < 0) {
    if (compressed || !binary)
      throw std::runtime_error(
          fmt::format("{}: 'HeaderSize' is -1, which is for values that are "
                      "binary and not compressed",
                      path));
    check_bytes(array, type, file, offset, false);
    offset = size_of_file(file) - n_bytes(array, type);
  } else {
    offset += static_cast<std::uint64_t>(skip);
  }
  if (!binary) return array_in_text(std::move(array), type, file, offset);
  check_bytes(array, type, file, offset, compressed);
  if (!compressed)
    check_no_bytes_left(array, type, path, "'DimSize' and 'ElementType'", file, offset);
  return streamed_array(std::move(array), type, big,
                        compressed ? inflated_bytes(file, offset) : file_bytes(file, offset));
}

bool begins_as_meta_image(const std::string& first) {
  const auto header = std::string_view(first).substr(0, 4096);
  return header.find("ElementDataFile") != std::string_view::npos &&
         header.find("NDims") != std::string_view::npos;
}

constexpr FileKind meta_images{"a MetaImage (.mha, .mhd)", "MetaImages", begins_as_meta_image,
                               nullptr};

}  // namespace

const MicrostructureReader& meta_image_reader() {
  static const MicrostructureReader reader{
      {"metaimage",
       "MetaImage of ITK",
       {".mha", ".mhd"},
       "ITK, SimpleITK, 3D Slicer, ParaView, VTK",
       "axes x, y, z; spacing of the file (ElementSpacing), the origin is not used; binary, "
       "compressed or text, in one file or beside it; labels or grey levels of one channel",
       "seco import scan.mha --thresholds 120 --stiffness \"0 = void\" --stiffness \"1 = Al\" "
       "--out rve.h5"},
      &meta_images,
      options_of_arrays(),
      nullptr,
      nullptr,
      open_meta_image};
  return reader;
}

}  // namespace seco::materials
