#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <sstream>
#include <stdexcept>

#include "byte_stream.h"
#include "file_content.h"
#include "image_header.h"
#include "microstructure_reader.h"
#include "seco/materials/text.h"

namespace seco::materials {
namespace {

constexpr std::size_t longest_nrrd_header = 1 << 20;

/// Lines "key: value" up to an empty one. Comments and the keys of users ("key:=value") are left
/// out, blanks in keys too, which are optional in some.
ImageHeader nrrd_header(const std::string& path) {
  const auto content = file_content(path, longest_nrrd_header);
  ImageHeader header;
  for (bool first = true; header.size < content.size(); first = false) {
    const auto end = content.find('\n', header.size);
    auto line = content.substr(header.size, end - header.size);
    if (line.ends_with('\r')) line.pop_back();
    header.size = end == std::string::npos ? content.size() : end + 1;
    if (line.empty()) return header;
    if (first || line.starts_with('#')) continue;
    const auto colon = line.find(':');
    if (colon == std::string::npos)
      throw std::runtime_error(fmt::format(
          "{}: line '{}' of the header is not of the form key: value", path, line.substr(0, 80)));
    if (line.substr(colon).starts_with(":=")) continue;
    auto key = lower_case(line.substr(0, colon));
    key.erase(std::remove(key.begin(), key.end(), ' '), key.end());
    if (!header.fields.emplace(key, trimmed(line.substr(colon + 1))).second)
      throw std::runtime_error(fmt::format("{}: the header has '{}' twice", path, key));
    // The lines that follow are names of files.
    if (key == "datafile" && header.text(key).starts_with("LIST")) return header;
  }
  // Without an empty line the values are in another file.
  if (header.text("datafile").empty() || content.size() == longest_nrrd_header)
    throw std::runtime_error(
        fmt::format("{}: the header does not end with an empty line; it is truncated", path));
  return header;
}

ElementType nrrd_type(const std::string& path, const ImageHeader& header) {
  auto text = lower_case(header.text("type"));
  if (text == "float") return {ElementType::Kind::floating, 4};
  if (text == "double") return {ElementType::Kind::floating, 8};
  static const std::map<std::string, std::string> names{{"signed char", "int8"},
                                                        {"unsigned char", "uint8"},
                                                        {"uchar", "uint8"},
                                                        {"short", "int16"},
                                                        {"short int", "int16"},
                                                        {"signed short", "int16"},
                                                        {"signed short int", "int16"},
                                                        {"ushort", "uint16"},
                                                        {"unsigned short", "uint16"},
                                                        {"unsigned short int", "uint16"},
                                                        {"int", "int32"},
                                                        {"signed int", "int32"},
                                                        {"uint", "uint32"},
                                                        {"unsigned int", "uint32"},
                                                        {"longlong", "int64"},
                                                        {"long long", "int64"},
                                                        {"long long int", "int64"},
                                                        {"signed long long", "int64"},
                                                        {"signed long long int", "int64"},
                                                        {"ulonglong", "uint64"},
                                                        {"unsigned long long", "uint64"},
                                                        {"unsigned long long int", "uint64"}};
  if (const auto name = names.find(text); name != names.end()) text = name->second;
  if (text.ends_with("_t")) text.resize(text.size() - 2);
  if (const auto type = element_type(text)) return *type;
  throw std::runtime_error(fmt::format("{}: 'type' is '{}', known are {} and their names in C",
                                       path, header.text("type"),
                                       fmt::join(element_type_names(), ", ")));
}

/// The axes of the image that are not of space and have one entry are left out; others are refused.
std::vector<std::size_t> axes_of_space(const std::string& path, const ImageHeader& header,
                                       const std::vector<std::size_t>& sizes) {
  std::istringstream words(header.text("kinds"));
  std::vector<std::string> kinds;
  for (std::string word; words >> word;) kinds.push_back(lower_case(word));
  if (!kinds.empty() && kinds.size() != sizes.size())
    throw std::runtime_error(fmt::format("{}: 'kinds' is '{}', expected one for each of {} axes",
                                         path, header.text("kinds"), sizes.size()));
  std::vector<std::size_t> axes;
  for (std::size_t axis = 0; axis < sizes.size(); ++axis) {
    const auto kind = kinds.empty() ? "???" : kinds[axis];
    const bool of_space = kind == "domain" || kind == "space" || kind == "???" || kind == "none";
    if (of_space)
      axes.push_back(axis);
    else if (sizes[axis] != 1)
      throw std::runtime_error(
          fmt::format("{}: axis {} has {} entries of the kind '{}'; labels and grey levels have "
                      "one, so save one "
                      "channel",
                      path, axis, sizes[axis], kind));
  }
  if (axes.size() != 2 && axes.size() != 3)
    throw std::runtime_error(
        fmt::format("{}: has {} axes of space ('sizes' is '{}'), allowed are 2 "
                    "and 3",
                    path, axes.size(), header.text("sizes")));
  return axes;
}

/// Vectors such as "(0.5,0,0) none (0,0.25,0)"; those of "none" are empty.
std::vector<std::vector<double>> nrrd_vectors(const std::string& path, const std::string& text) {
  std::vector<std::vector<double>> vectors;
  const auto refuse = [&] {
    throw std::runtime_error(
        fmt::format("{}: 'space directions' is '{}', expected vectors such as "
                    "(0.5,0,0), or none, for each axis",
                    path, text));
  };
  for (std::size_t at = 0; (at = text.find_first_not_of(" \t", at)) != std::string::npos;) {
    auto& vector = vectors.emplace_back();
    if (text.compare(at, 4, "none") == 0) {
      at += 4;
      continue;
    }
    const auto end = text.find(')', at);
    if (text[at] != '(' || end == std::string::npos) refuse();
    for (const auto& part : split(text.substr(at + 1, end - at - 1), ',')) {
      const auto number = to_number(part);
      if (!number) refuse();
      vector.push_back(number.value_or(0.));
    }
    at = end + 1;
  }
  return vectors;
}

/// The texts in quotes of a list such as "mm" "mm" "mm"; empty ones are left out.
std::vector<std::string> quoted(const std::string& text) {
  std::vector<std::string> names;
  const auto parts = split(text, '"');
  for (std::size_t i = 1; i < parts.size(); i += 2)
    if (!trimmed(parts[i]).empty()) names.push_back(trimmed(parts[i]));
  return names;
}

void read_nrrd_spacing(const std::string& path, const ImageHeader& header,
                       const std::vector<std::size_t>& axes, std::size_t n_axes,
                       VoxelArray::Description& array) {
  std::vector<double> spacing;
  const char* key = "spacings";
  if (const auto directions = header.text("spacedirections"); !directions.empty()) {
    key = "space directions";
    const auto vectors = nrrd_vectors(path, directions);
    if (vectors.size() != n_axes)
      throw std::runtime_error(
          fmt::format("{}: 'space directions' is '{}', expected one for each of "
                      "{} axes",
                      path, directions, n_axes));
    for (std::size_t a = 0; a < axes.size(); ++a) {
      const auto& vector = vectors[axes[a]];
      bool along = vector.size() > a;
      for (std::size_t i = 0; i < vector.size(); ++i)
        along = along && (i == a ? vector[i] > 0. : std::abs(vector[i]) <= 1e-6 * vector[a]);
      if (!along)
        throw std::runtime_error(fmt::format(
            "{}: 'space directions' is '{}', so that axes of the image are turned, swapped or "
            "mirrored, or have no direction; write it anew with spacings only",
            path, directions));
      spacing.push_back(vector[a]);
    }
  } else if (!header.text("spacings").empty()) {
    const auto all = header.numbers(path, "spacings", n_axes);
    for (const auto axis : axes) spacing.push_back(all[axis]);
    // NaN stands for what is not known.
    if (std::any_of(spacing.begin(), spacing.end(), [](double s) { return std::isnan(s); })) return;
  }
  if (spacing.empty()) return;
  check_spacing(path, key, spacing);
  array.spacing = {spacing[0], spacing[1], axes.size() == 3 ? spacing[2] : spacing[0]};
  for (const char* units : {"spaceunits", "units"}) {
    const auto names = quoted(header.text(units));
    if (names.empty()) continue;
    array.unit_of_length = names.front();
    // Edges in different units are no edges of a voxel.
    if (std::any_of(names.begin(), names.end(),
                    [&](const std::string& name) { return name != names.front(); })) {
      array.spacing.reset();
      array.unit_of_length.clear();
      array.spacing_remark = remark_on_units(names);
      return;
    }
  }
}

/// Refuses integers that stand for other values, of which it is not clear what thresholds mean.
void check_not_quantized(const std::string& path, const ImageHeader& header,
                         const ElementType& type) {
  if (type.kind == ElementType::Kind::floating) return;
  for (const auto& [key, name] : {std::pair("oldmin", "old min"), std::pair("oldmax", "old max")})
    if (!header.text(key).empty() && !std::isnan(header.numbers(path, key, 1)[0]))
      throw std::runtime_error(fmt::format(
          "{}: '{}' is '{}', so that the integers stand for values between 'old min' and 'old "
          "max'. Take both out for thresholds or labels of the integers as they are, or write the "
          "values themselves (unu unquantize)",
          path, name, header.text(key)));
}

/// The bytes that a number of lines have.
std::uint64_t size_of_lines(const std::string& path, std::uint64_t offset, std::uint64_t n) {
  std::ifstream file(path, std::ios::binary);
  file.seekg(static_cast<std::streamoff>(offset));
  for (; n > 0 && file; --n) file.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
  if (!file) throw std::runtime_error(fmt::format("{}: has fewer lines than 'line skip'", path));
  return static_cast<std::uint64_t>(file.tellg()) - offset;
}

/// The files of a list of lines, or of a pattern, in the order of the values.
std::vector<std::string> files_with_values(const std::string& path, const ImageHeader& header) {
  const auto data = header.text("datafile");
  if (data.starts_with("LIST"))
    return files_in_lines(path, file_content(path, longest_nrrd_header).substr(header.size));
  auto files = files_of_pattern(path, data);
  if (files.empty())
    throw std::runtime_error(fmt::format(
        "{}: 'data file' is '{}', expected a file, LIST, or a pattern with first, last and "
        "step as in slice%03d.raw 1 20 1",
        path, data));
  return files;
}

std::unique_ptr<VoxelArray> open_nrrd(const std::string& path, const MicrostructureOptions&) {
  const auto header = nrrd_header(path);
  const auto n_axes = header.sizes(path, "dimension", 1)[0];
  if (n_axes > 16)
    throw std::runtime_error(
        fmt::format("{}: 'dimension' is {}, allowed are 2 and 3 axes of space", path, n_axes));
  const auto sizes = header.sizes(path, "sizes", n_axes);
  const auto axes = axes_of_space(path, header, sizes);
  VoxelArray::Description array;
  array.what = path;
  std::vector<std::size_t> slowest_first;
  for (auto axis = axes.rbegin(); axis != axes.rend(); ++axis)
    slowest_first.push_back(sizes[*axis]);
  set_shape(array, slowest_first, axes.size() == 3 ? std::vector{2, 1, 0} : std::vector{1, 0});
  read_nrrd_spacing(path, header, axes, n_axes, array);
  const auto type = nrrd_type(path, header);
  check_not_quantized(path, header, type);
  const auto encoding = lower_case(header.text("encoding")),
             endian = lower_case(header.text("endian"));
  const bool text = encoding == "ascii" || encoding == "txt" || encoding == "text",
             compressed = encoding == "gzip" || encoding == "gz";
  if (!text && !compressed && encoding != "raw")
    throw std::runtime_error(
        fmt::format("{}: 'encoding' is '{}'; read are raw, gzip and ascii, so write it anew, {}",
                    path, encoding,
                    encoding == "bzip2" || encoding == "bz2"
                        ? "as by pynrrd: data, header = nrrd.read('NAME'); header['encoding'] = "
                          "'gzip'; nrrd.write('NEW.nrrd', data, header)"
                        : "as by Teem: unu save -f nrrd -e gzip -i NAME -o NEW.nrrd"));
  if (!text && type.size > 1 && endian != "little" && endian != "big")
    throw std::runtime_error(
        fmt::format("{}: 'endian' is '{}', expected little or big", path, endian));
  const auto data = header.text("datafile");
  const auto skipped = [&](const char* key) {
    if (header.text(key).empty()) return 0.;
    const auto n = header.numbers(path, key, 1)[0];
    if (n != std::floor(n) || n < -1. || n > 1e15)
      throw std::runtime_error(
          fmt::format("{}: '{}' is '{}', expected an integer", path, key, header.text(key)));
    return n;
  };
  const auto lines = skipped("lineskip"), bytes = skipped("byteskip");
  if (data.starts_with("LIST") || data.find('%') != std::string::npos) {
    if (encoding != "raw" || lines != 0. || bytes < 0.)
      throw std::runtime_error(
          fmt::format("{}: 'data file' names several files, which are read with the encoding raw "
                      "and without 'line skip' or a negative 'byte skip'",
                      path));
    return array_of_files(std::move(array), type, endian == "big", path,
                          files_with_values(path, header), static_cast<std::uint64_t>(bytes));
  }
  const auto file = data.empty() ? path : beside(path, data);
  std::uint64_t offset = data.empty() ? header.size : 0;
  size_of_file(file);
  if (lines > 0) offset += size_of_lines(file, offset, static_cast<std::uint64_t>(lines));
  if (bytes < 0 && encoding != "raw")
    throw std::runtime_error(fmt::format("{}: 'byte skip' is -1, which is for raw values", path));
  if (bytes < 0) {
    check_bytes(array, type, file, offset, false);
    offset = size_of_file(file) - n_bytes(array, type);
  } else if (!compressed) {
    offset += static_cast<std::uint64_t>(bytes);
  }
  if (text) return array_in_text(std::move(array), type, file, offset);
  check_bytes(array, type, file, offset, compressed);
  if (!compressed) check_no_bytes_left(array, type, path, "'sizes' and 'type'", file, offset);
  auto stream = compressed ? inflated_bytes(file, offset) : file_bytes(file, offset);
  if (compressed && bytes > 0) stream->skip(static_cast<std::uint64_t>(bytes));
  return streamed_array(std::move(array), type, endian == "big", std::move(stream));
}

bool begins_as_nrrd(const std::string& first) {
  return first.starts_with("NRRD0");
}

constexpr FileKind nrrd_images{"an NRRD image (.nrrd, .nhdr)", "NRRD images", begins_as_nrrd,
                               nullptr};

}  // namespace

const MicrostructureReader& nrrd_reader() {
  static const MicrostructureReader reader{
      {"nrrd",
       "NRRD image",
       {".nrrd", ".nhdr"},
       "3D Slicer, pynrrd, ITK, Teem",
       "axes x, y, z, the first fastest; spacing of the file (spacings or space directions along "
       "the axes), the origin is not used; raw, gzip or ascii, in the file or beside it; labels or "
       "grey levels of one channel",
       "seco import scan.nrrd --thresholds 120 --stiffness \"0 = void\" --stiffness \"1 = Al\" "
       "--out rve.h5"},
      &nrrd_images,
      options_of_arrays(),
      nullptr,
      nullptr,
      open_nrrd};
  return reader;
}

}  // namespace seco::materials
