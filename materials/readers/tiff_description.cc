#include "tiff_description.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <iterator>
#include <map>
#include <pugixml.hpp>
#include <sstream>
#include <stdexcept>
#include <vector>

#include "seco/materials/text.h"

namespace seco::materials {
namespace {

/// Letters that ImageJ writes by their number, as \u00B5 for that of micrometres.
std::string unescaped(std::string text) {
  for (std::size_t at = 0; (at = text.find("\\u", at)) != std::string::npos;) {
    unsigned code = 0;
    const auto digits = text.substr(at + 2, 4);
    if (digits.size() != 4 || std::sscanf(digits.c_str(), "%4x", &code) != 1 || code < 0x80 ||
        code >= 0x800)
      return text;
    text.replace(at, 6,
                 {static_cast<char>(0xC0 | code >> 6), static_cast<char>(0x80 | (code & 63))});
  }
  return text;
}

/// "key=value" lines of ImageJ.
TiffDescription imagej_description(const TiffFile& file, const std::string& text,
                                   std::size_t n_pages) {
  std::map<std::string, std::string> fields;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);)
    if (const auto equal = line.find('='); equal != std::string::npos)
      fields.emplace(trimmed(line.substr(0, equal)), trimmed(line.substr(equal + 1)));
  for (const char* several : {"channels", "frames"})
    if (const auto n = to_count(fields[several]); n && *n > 1)
      throw std::runtime_error(
          fmt::format("{}: is a hyperstack of ImageJ with {} = {}; save one of them, as by Image > "
                      "Duplicate of ImageJ",
                      file.path(), several, *n));
  TiffDescription description;
  const auto images = to_count(fields["images"]);
  if (images && *images > 1 && n_pages == 1)
    description.n_contiguous = *images;
  else if (images && *images != n_pages)
    throw std::runtime_error(
        fmt::format("{}: announces {} images (description of ImageJ), but has "
                    "{} pages; it is truncated",
                    file.path(), *images, n_pages));
  const auto x = file.number(TIFFTAG_XRESOLUTION), y = file.number(TIFFTAG_YRESOLUTION);
  description.depth = to_number(fields["spacing"]);
  description.unit = unescaped(fields["unit"]);
  if (description.unit.starts_with("pixel")) description.unit.clear();  // not calibrated
  for (const char* other : {"yunit", "zunit"})
    if (!fields[other].empty() && unescaped(fields[other]) != description.unit) {
      for (const char* axis : {"unit", "yunit", "zunit"})
        description.different_units.push_back(
            unescaped(fields[fields[axis].empty() ? "unit" : axis]));
      return description;
    }
  const bool known = x && y && *x > 0. && *y > 0. && std::isfinite(*x) && std::isfinite(*y);
  const bool plane = n_pages == 1 && description.n_contiguous == 0;
  // Depths are positive, but some scanners note the direction of the motor.
  if (known && !description.unit.empty() && (description.depth || plane)) {
    // The file keeps a ratio of integers, read in single precision.
    const auto edge = [](double pixels_per_unit) {
      return std::stod(fmt::format("{:.6g}", 1. / pixels_per_unit));
    };
    description.spacing = {edge(*x), edge(*y), plane ? edge(*x) : std::abs(*description.depth)};
  }
  return description;
}

/// XML of the Open Microscopy Environment.
TiffDescription ome_description(const TiffFile& file, const std::string& text,
                                std::size_t n_pages) {
  pugi::xml_document document;
  const auto fail = [&](const std::string& what) {
    throw std::runtime_error(fmt::format("{}: its OME-XML {}", file.path(), what));
  };
  if (!document.load_buffer(text.data(), text.size())) fail("cannot be parsed");
  const auto image = document.child("OME").child("Image");
  const auto pixels = image.child("Pixels");
  if (!pixels) fail("has no 'Pixels'");
  if (image.next_sibling("Image")) fail("describes several images; save one of them");
  for (const char* several : {"SizeC", "SizeT"})
    if (pixels.attribute(several).as_llong(1) > 1)
      fail(fmt::format("announces {} = {}; save one channel of one time", several,
                       pixels.attribute(several).value()));
  if (const auto n = pixels.attribute("SizeZ").as_llong(0); n != static_cast<long long>(n_pages))
    fail(
        fmt::format("announces SizeZ = {}, but the file has {} pages; the others may be in other "
                    "files, so save all in one",
                    n, n_pages));
  TiffDescription description;
  std::array<double, 3> spacing{};
  std::vector<std::string> units;
  const std::array<const char*, 3> names{"PhysicalSizeX", "PhysicalSizeY", "PhysicalSizeZ"};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    spacing[axis] = pixels.attribute(names[axis]).as_double(0.);
    if (axis == 2 && n_pages == 1 && spacing[2] == 0.) spacing[2] = spacing[0];
    const auto unit = std::string(
        pixels.attribute((std::string(names[axis]) + "Unit").c_str()).as_string("\xC2\xB5m"));
    if (!(spacing[axis] > 0.) || !std::isfinite(spacing[axis])) return {};
    if (axis < 2 || n_pages > 1) units.push_back(unit);
  }
  if (std::count(units.begin(), units.end(), units[0]) < std::ssize(units)) {
    description.different_units = units;
    return description;
  }
  description.unit = units[0];
  description.spacing = spacing;
  return description;
}

/// What tifffile notes: {"shape": [4, 5, 6]}.
TiffDescription shaped_description(const TiffFile& file, const std::string& text,
                                   std::size_t n_pages) {
  const auto at = text.find("\"shape\"");
  const auto begin = text.find('[', at), end = text.find(']', at);
  TiffDescription description;
  if (at == std::string::npos || begin == std::string::npos || end == std::string::npos)
    return description;
  std::vector<unsigned long> shape;
  for (const auto& size : split(text.substr(begin + 1, end - begin - 1), ','))
    if (const auto n = to_count(size); n && *n != 1) shape.push_back(*n);
  if (shape.size() > 3)
    throw std::runtime_error(fmt::format(
        "{}: holds an array of {} (description of tifffile), whose planes are no volume; "
        "save one channel or one time, as a[0]",
        file.path(), fmt::join(shape, "x")));
  if (text.find("\"truncated\": true") != std::string::npos && n_pages == 1 && shape.size() == 3)
    description.n_contiguous = shape[0];
  else if (shape.size() == 3 && shape[0] != n_pages)
    throw std::runtime_error(fmt::format(
        "{}: announces {} planes (description of tifffile), but has {} pages; it holds several "
        "arrays, or is truncated, so save one array",
        file.path(), shape[0], n_pages));
  return description;
}

}  // namespace

TiffDescription description_of(const TiffFile& file, std::size_t n_pages) {
  const auto text = file.text(TIFFTAG_IMAGEDESCRIPTION);
  if (text.starts_with("ImageJ=")) return imagej_description(file, text, n_pages);
  if (text.find("<OME") != std::string::npos) return ome_description(file, text, n_pages);
  if (text.starts_with("{")) return shaped_description(file, text, n_pages);
  return {};
}

}  // namespace seco::materials
