#include "vtk_xml_file.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <stdexcept>

#include "known_formats.h"
#include "seco/materials/floating_precision.h"
#include "text_scanner.h"

namespace seco::materials {
namespace {

/// Numbers in decimal digits.
class AsciiValues : public VtkXmlFile::Values {
 public:
  AsciiValues(std::string_view text, const ElementType& type, std::size_t n, std::string what)
      : text_(text), precision_(precision_of(type)), n_(n), what_(std::move(what)) {
    if (n > text.size()) fail();
  }
  void read(double* values, std::size_t n) override {
    for (std::size_t i = 0; i < n; ++i) {
      const auto number = text_.number();
      if (!number) fail();
      // The digits may be those of double precision.
      values[i] = precision_ ? rounded(*number, *precision_) : *number;
    }
  }
  void skip(std::size_t n) override {
    for (std::size_t i = 0; i < n; ++i) text_.word();
  }
  void check_end() override {
    if (!text_.at_end()) fail();
  }

 private:
  [[noreturn]] void fail() const {
    throw std::runtime_error(
        fmt::format("{} does not hold the {} numbers of the grid and only those", what_, n_));
  }
  TextScanner text_;
  std::optional<FloatingPrecision> precision_;
  std::size_t n_;
  std::string what_;
};

/// Numbers as bytes.
class BinaryValues : public VtkXmlFile::Values {
 public:
  BinaryValues(VtkBytes bytes, const ElementType& type, bool big_endian, std::string what)
      : bytes_(std::move(bytes)), type_(type), big_endian_(big_endian), what_(std::move(what)) {}
  void read(double* values, std::size_t n) override {
    constexpr std::size_t portion = 1 << 16;
    for (std::size_t done = 0; done < n; done += portion) {
      const auto count = std::min(portion, n - done);
      raw_.resize(count * type_.size);
      guarded([&] { bytes_.read(raw_.data(), raw_.size()); });
      to_numbers(raw_.data(), count, type_, big_endian_, values + done);
    }
  }
  void skip(std::size_t n) override {
    guarded([&] { bytes_.skip(n * type_.size); });
  }
  void check_end() override {}  // the header tells the size

 private:
  template <typename Action>
  void guarded(const Action& action) const {
    try {
      action();
    } catch (const std::runtime_error& error) {
      throw std::runtime_error(fmt::format("{} {}", what_, error.what()));
    }
  }
  VtkBytes bytes_;
  ElementType type_;
  bool big_endian_;
  std::string what_, raw_;
};

}  // namespace

std::optional<ElementType> vtk_type_of(const std::string& name) {
  using enum ElementType::Kind;
  static const std::map<std::string, ElementType> types{
      {"Int8", {signed_integer, 1}},  {"UInt8", {unsigned_integer, 1}},
      {"Int16", {signed_integer, 2}}, {"UInt16", {unsigned_integer, 2}},
      {"Int32", {signed_integer, 4}}, {"UInt32", {unsigned_integer, 4}},
      {"Int64", {signed_integer, 8}}, {"UInt64", {unsigned_integer, 8}},
      {"Float32", {floating, 4}},     {"Float64", {floating, 8}}};
  const auto entry = types.find(name);
  return entry == types.end() ? std::nullopt : std::optional(entry->second);
}

std::vector<double> vtk_numbers_of(std::string_view text, std::size_t largest) {
  TextScanner words(text);
  std::vector<double> numbers;
  while (!words.at_end()) {
    const auto number = words.number();
    if (!number || numbers.size() == largest) return {};
    numbers.push_back(*number);
  }
  return numbers;
}

void VtkXmlFile::fail(const std::string& what) const {
  throw std::runtime_error(fmt::format("{}: {}", origin_, what));
}

VtkXmlFile::VtkXmlFile(std::string content, std::string origin,
                       const std::vector<std::string>& types)
    : origin_(std::move(origin)), text_(std::move(content)) {
  // Raw bytes are not XML: the description ends where they begin.
  const auto section = text_.find("<AppendedData");
  pugi::xml_parse_result result;
  std::size_t n_lines = 0;
  if (section != std::string::npos) {
    const auto end = text_.find('>', section), underscore = text_.find('_', section);
    if (end == std::string::npos || underscore == std::string::npos || underscore < end)
      fail("section 'AppendedData' has no beginning '_'; the file is truncated");
    const auto last = text_.rfind("</AppendedData>");
    if (last == std::string::npos || last < underscore)
      fail("section 'AppendedData' has no end; the file is truncated");
    const std::string tag = text_.substr(section, end - section);
    appended_base64_ = tag.find("base64") != std::string::npos;
    if (!appended_base64_ && tag.find("raw") == std::string::npos)
      fail(fmt::format("'{}>': allowed encodings are raw and base64", tag));
    appended_ = std::string_view(text_).substr(underscore + 1, last - underscore - 1);
    const auto description = text_.substr(0, section) + "</VTKFile>";
    result = document_.load_buffer(description.data(), description.size());
  } else {
    // In place, since all arrays are in the description and a copy would double the memory.
    result = document_.load_buffer_inplace(text_.data(), text_.size());
  }
  if (!result) {
    n_lines = 1 + static_cast<std::size_t>(std::count(
                      text_.begin(),
                      text_.begin() + std::min<std::ptrdiff_t>(
                                          result.offset, static_cast<std::ptrdiff_t>(text_.size())),
                      '\n'));
    fail(fmt::format("is not well-formed XML: {} in line {}", result.description(), n_lines));
  }
  read_header(document_.child("VTKFile"), types);
  dataset_ = document_.child("VTKFile").child(type_.c_str());
  if (!dataset_) fail(fmt::format("element '{}' is missing", type_));
}

void VtkXmlFile::read_header(const pugi::xml_node& file, const std::vector<std::string>& types) {
  if (!file) fail("is not VTK image data but 'other XML'");
  type_ = file.attribute("type").value();
  if (std::find(types.begin(), types.end(), type_) == types.end())
    fail(fmt::format("is not VTK image data but '{}', which is known but not read; {}", type_,
                     way_from_vtk()));
  static const std::map<std::string, VtkCompressor> compressors{
      {"", VtkCompressor::none},
      {"vtkZLibDataCompressor", VtkCompressor::zlib},
      {"vtkLZ4DataCompressor", VtkCompressor::lz4},
      {"vtkLZMADataCompressor", VtkCompressor::lzma}};
  const std::string compressor = file.attribute("compressor").value();
  if (!compressors.count(compressor))
    fail(
        fmt::format("is compressed by '{}'; known are vtkZLibDataCompressor, "
                    "vtkLZ4DataCompressor and vtkLZMADataCompressor",
                    compressor));
  encoding_.compressor = compressors.at(compressor);
  const std::string header = file.attribute("header_type").as_string("UInt32"),
                    order = file.attribute("byte_order").as_string("LittleEndian");
  if (header != "UInt32" && header != "UInt64")
    fail(fmt::format("attribute 'header_type' is '{}', expected UInt32 or UInt64", header));
  if (order != "LittleEndian" && order != "BigEndian")
    fail(fmt::format("attribute 'byte_order' is '{}', expected LittleEndian or BigEndian", order));
  encoding_.header_size = header == "UInt64" ? 8 : 4;
  encoding_.big_endian = order == "BigEndian";
}

std::size_t VtkXmlFile::most_values() const {
  // Every value takes a byte at least before compression.
  return text_.size() * largest_inflation_of(encoding_.compressor);
}

std::unique_ptr<VtkXmlFile::Values> VtkXmlFile::values(const pugi::xml_node& node,
                                                       std::size_t n) const {
  const std::string name = node.attribute("Name").value(),
                    format = node.attribute("format").as_string("ascii");
  const auto what = fmt::format("{}: array '{}'", origin_, name);
  const auto type = vtk_type_of(node.attribute("type").value());
  if (!type)
    throw std::runtime_error(
        fmt::format("{} has the type '{}', known are Int8 to Int64, UInt8 to "
                    "UInt64, Float32 and Float64",
                    what, node.attribute("type").value()));
  const std::string_view content = node.child_value();
  if (format == "ascii") return std::make_unique<AsciiValues>(content, *type, n, what);
  auto encoding = encoding_;
  std::string_view bytes;
  if (format == "binary") {
    encoding.base64 = true;
    bytes = content;
  } else if (format == "appended") {
    encoding.base64 = appended_base64_;
    const auto offset = node.attribute("offset").as_ullong(~0ULL);
    if (offset >= appended_.size())
      throw std::runtime_error(
          fmt::format("{} begins at offset '{}' of {} appended bytes; the file is "
                      "truncated, or the offset is wrong",
                      what, node.attribute("offset").value(), appended_.size()));
    bytes = appended_.substr(offset);
  } else {
    throw std::runtime_error(
        fmt::format("{} has the format '{}', known are ascii, binary and appended", what, format));
  }
  try {
    return std::make_unique<BinaryValues>(VtkBytes(bytes, encoding, n * type->size), *type,
                                          encoding.big_endian, what);
  } catch (const std::runtime_error& error) {
    throw std::runtime_error(fmt::format("{} {}", what, error.what()));
  }
}

}  // namespace seco::materials
