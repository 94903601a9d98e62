#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <map>
#include <optional>
#include <stdexcept>

#include "byte_order.h"
#include "element_type.h"
#include "file_content.h"
#include "grid_axes.h"
#include "image_data_grid.h"
#include "known_formats.h"
#include "microstructure_reader.h"
#include "text_scanner.h"

namespace seco::materials {
namespace {

/// Text before a keyword or type, which VTK reads in either case.
std::string lower_case(std::string_view word) {
  std::string text(word);
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

/// Names of arrays have blanks and other characters as %20.
std::string decoded_name(std::string_view word) {
  std::string name;
  for (std::size_t i = 0; i < word.size(); ++i) {
    int code = 0;
    const bool is_code = word[i] == '%' && i + 2 < word.size() &&
                         std::isxdigit(static_cast<unsigned char>(word[i + 1])) &&
                         std::isxdigit(static_cast<unsigned char>(word[i + 2]));
    if (is_code) {
      code = std::stoi(std::string(word.substr(i + 1, 2)), nullptr, 16);
      i += 2;
    }
    name += is_code ? static_cast<char>(code) : word[i];
  }
  return name;
}

/// Types by their names on file; those of more than one size have the usual one first.
const std::map<std::string, std::vector<ElementType>>& legacy_types() {
  using enum ElementType::Kind;
  static const std::map<std::string, std::vector<ElementType>> types{
      {"char", {{signed_integer, 1}}},
      {"signed_char", {{signed_integer, 1}}},
      {"unsigned_char", {{unsigned_integer, 1}}},
      {"short", {{signed_integer, 2}}},
      {"unsigned_short", {{unsigned_integer, 2}}},
      {"int", {{signed_integer, 4}}},
      {"unsigned_int", {{unsigned_integer, 4}}},
      // Windows has longs of 4 bytes.
      {"long", {{signed_integer, 8}, {signed_integer, 4}}},
      {"unsigned_long", {{unsigned_integer, 8}, {unsigned_integer, 4}}},
      {"long_long", {{signed_integer, 8}}},
      {"unsigned_long_long", {{unsigned_integer, 8}}},
      {"vtktypeint64", {{signed_integer, 8}}},
      {"vtktypeuint64", {{unsigned_integer, 8}}},
      {"vtkidtype", {{signed_integer, 4}, {signed_integer, 8}}},
      {"float", {{floating, 4}}},
      {"double", {{floating, 8}}}};
  return types;
}

/// An array and where its values are.
struct LegacyArray {
  ImageData::ArrayDescription description;
  ElementType type;
  /// Bits, eight to a byte.
  bool bits = false;
  /// Numbers from 0 to 1 that stand for bytes.
  bool scaled = false;
  std::size_t n_values = 0;
  /// First byte of the values in the file.
  std::size_t begin = 0;
};

/// A legacy file of structured points or a rectilinear grid, versions 1.0 to 5.1, after "Simple
/// legacy formats" of the VTK user's guide.
class LegacyVtk {
 public:
  LegacyVtk(const std::string& path, bool big_endian)
      : path_(path), content_(file_content(path)), text_(content_), big_endian_(big_endian) {
    read_head();
    read_arrays();
  }

  const std::string& path() const { return path_; }
  const std::string& content() const { return content_; }
  bool is_binary() const { return binary_; }
  bool is_big_endian() const { return big_endian_; }
  const std::array<double, 3>& spacing() const { return spacing_; }
  const std::vector<LegacyArray>& arrays() const { return arrays_; }
  std::array<int, 3> shape(bool on_points) const {
    auto shape = points_;
    for (int& n : shape)
      if (!on_points && n > 1) --n;
    return shape;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw std::runtime_error(fmt::format("{}: {}", path_, what));
  }
  std::size_t position() const { return content_.size() - text_.n_left(); }
  void read_head();
  void read_geometry(const std::string& keyword);
  void read_arrays();
  void read_attribute(const std::string& keyword);
  void read_field(bool list);
  void skip_metadata();
  std::size_t count(const std::string& what);
  /// Notes where values are and goes to their end.
  LegacyArray values(const std::string& name, const std::string& type, std::size_t n_components,
                     std::size_t n_tuples);
  void skip_values(LegacyArray& array, const std::vector<ElementType>& types);
  /// Whether what follows a position is an end of the file or a keyword.
  bool continues_at(std::size_t position) const;
  std::vector<double> coordinates(std::size_t n);

  std::string path_, content_;
  TextScanner text_;
  bool big_endian_, binary_ = false, rectilinear_ = false;
  std::array<int, 3> points_{};
  std::array<double, 3> spacing_{1., 1., 1.};
  std::vector<LegacyArray> arrays_;
  /// Of the attributes that follow: none before CELL_DATA or POINT_DATA.
  std::optional<bool> on_points_;
  std::size_t n_tuples_ = 0;
};

bool LegacyVtk::continues_at(std::size_t position) const {
  static const std::vector<std::string> keywords{
      "scalars",       "color_scalars", "lookup_table",  "vectors",    "normals",
      "tensors",       "tensors6",      "field",         "metadata",   "cell_data",
      "point_data",    "global_ids",    "pedigree_ids",  "edge_flags", "texture_coordinates",
      "x_coordinates", "y_coordinates", "z_coordinates", "dimensions", "spacing",
      "origin",        "aspect_ratio"};
  if (position > content_.size()) return false;
  TextScanner rest(std::string_view(content_).substr(position));
  const auto word = lower_case(rest.word());
  if (word.empty()) return rest.n_left() == 0;
  if (std::find(keywords.begin(), keywords.end(), word) != keywords.end()) return true;
  // The next array of a field: name, components, tuples, type.
  const auto components = rest.integer(), tuples = rest.integer();
  const auto type = lower_case(rest.word());
  return components && tuples && (legacy_types().count(type) || type == "bit" || type == "string");
}

void LegacyVtk::skip_values(LegacyArray& array, const std::vector<ElementType>& types) {
  array.begin = position();
  array.type = types.front();
  if (!binary_) {
    if (array.n_values > text_.n_left() / 2 + 1)
      fail(
          fmt::format("array '{}' has {} values, more than the file holds; it is truncated, or "
                      "its sizes are wrong",
                      array.description.name, array.n_values));
    for (std::size_t v = 0; v < array.n_values; ++v) text_.word();
    return;
  }
  for (const auto type : types) {
    const auto n_bytes = array.bits ? (array.n_values + 7) / 8 : array.n_values * type.size;
    if (array.n_values > content_.size() * 8 || n_bytes > text_.n_left()) continue;
    if (types.size() > 1 && !continues_at(array.begin + n_bytes)) continue;
    array.type = type;
    text_.bytes(n_bytes);
    return;
  }
  fail(fmt::format(
      "array '{}' has {} values, but only {} bytes follow{}; the file is truncated, or "
      "its sizes are wrong",
      array.description.name, array.n_values, text_.n_left(),
      types.size() > 1 ? " and none of the sizes of its type leads to another section" : ""));
}

LegacyArray LegacyVtk::values(const std::string& name, const std::string& type,
                              std::size_t n_components, std::size_t n_tuples) {
  LegacyArray array;
  array.description.name = name;
  array.description.type = type;
  array.description.n_components = n_components;
  if (n_components == 0 || n_components > 1000 || n_tuples > content_.size() * 8)
    fail(fmt::format("array '{}' has {} tuples of {} components, more than the file holds", name,
                     n_tuples, n_components));
  array.n_values = n_components * n_tuples;
  array.bits = type == "bit";
  const auto known = legacy_types().find(type);
  if (known == legacy_types().end() && !array.bits)
    fail(
        fmt::format("array '{}' has the type '{}'; known are bit, char to long, unsigned ones, "
                    "vtkIdType, float and double",
                    name, type));
  skip_values(array, array.bits ? std::vector{ElementType{}} : known->second);
  return array;
}

std::size_t LegacyVtk::count(const std::string& what) {
  const auto n = text_.integer();
  if (!n || *n < 0) fail(fmt::format("{} holds no count", what));
  return static_cast<std::size_t>(*n);
}

std::vector<double> LegacyVtk::coordinates(std::size_t n) {
  const auto type = lower_case(text_.word());
  text_.line();
  const auto array = values("coordinates", type, 1, n);
  std::vector<double> result(n);
  if (binary_) {
    if (array.bits) fail("coordinates are bits");
    to_numbers(content_.data() + array.begin, n, array.type, big_endian_, result.data());
  } else {
    TextScanner numbers(std::string_view(content_).substr(array.begin));
    for (double& value : result) {
      const auto number = numbers.number();
      if (!number) fail("coordinates hold what is no number");
      value = *number;
    }
  }
  return result;
}

void LegacyVtk::read_head() {
  if (!text_.line().starts_with("# vtk DataFile Version")) fail("is no legacy VTK file");
  text_.line();  // the title
  const auto encoding = lower_case(text_.word());
  if (encoding != "ascii" && encoding != "binary")
    fail(fmt::format("line 3 is '{}', expected ASCII or BINARY", shown(encoding)));
  binary_ = encoding == "binary";
  if (lower_case(text_.word()) != "dataset") fail("'DATASET' is missing in line 4");
  const auto dataset = lower_case(text_.word());
  if (dataset != "structured_points" && dataset != "rectilinear_grid")
    fail(fmt::format("is a legacy VTK file of '{}', which is known but not read; {}",
                     shown(dataset), way_from_vtk()));
  rectilinear_ = dataset == "rectilinear_grid";
}

void LegacyVtk::read_geometry(const std::string& keyword) {
  if (keyword == "dimensions") {
    for (int& n : points_) {
      const auto points = text_.integer();
      if (!points || *points < 1 || *points > 1 << 24)
        fail("'DIMENSIONS' are not three counts of points from 1");
      n = static_cast<int>(*points);
    }
  } else if (keyword == "spacing" || keyword == "aspect_ratio") {
    for (std::size_t axis = 0; axis < 3; ++axis) {
      const auto step = text_.number();
      const bool plane = points_[axis] == 1 && step && *step == 0.;
      if (!plane && (!step || !std::isfinite(*step) || *step <= 0.))
        fail(fmt::format("'SPACING' along axis {} is no positive number", axis));
      spacing_[axis] = plane ? 1. : *step;
    }
  } else if (keyword == "origin") {
    for (int axis = 0; axis < 3; ++axis)
      if (!text_.number()) fail("'ORIGIN' holds no three numbers");
  } else {
    const auto axis = static_cast<std::size_t>(keyword[0] - 'x');
    const auto n = count(keyword);
    if (n != static_cast<std::size_t>(points_[axis]))
      fail(fmt::format("there are {} coordinates along axis {}, but {} points (DIMENSIONS)", n,
                       axis, points_[axis]));
    const double step = equal_step(coordinates(n));
    if (step < 0.)
      fail(
          fmt::format("the coordinates along axis {} have no equal positive steps, which a grid of "
                      "voxels has; resample it on image data, as ParaView's 'Resample To Image' "
                      "does",
                      axis));
    if (step > 0.) spacing_[axis] = step;
  }
}

void LegacyVtk::skip_metadata() {
  // Ends with an empty line.
  text_.line();
  while (text_.n_left() > 0 && !words_of(text_.line()).empty()) {
  }
}

void LegacyVtk::read_field(bool list) {
  text_.word();  // the name of the field
  const auto n_arrays = count("'FIELD'");
  for (std::size_t a = 0; a < n_arrays; ++a) {
    if (lower_case(text_.next_word()) == "metadata") {
      text_.word();
      skip_metadata();
    }
    const auto name = decoded_name(text_.word());
    const auto n_components = count(fmt::format("array '{}'", name)),
               n_tuples = count(fmt::format("array '{}'", name));
    const auto type = lower_case(text_.word());
    text_.line();
    if (type == "string" || type == "utf8_string" || type == "variant")
      fail(fmt::format("array '{}' holds texts, which are not read; write the file without it",
                       name));
    auto array = values(name, type, n_components, n_tuples);
    if (!list || !on_points_) continue;
    if (n_tuples != n_tuples_)
      fail(fmt::format("array '{}' has {} values, expected {}", name, n_tuples, n_tuples_));
    array.description.on_points = *on_points_;
    arrays_.push_back(array);
  }
}

void LegacyVtk::read_attribute(const std::string& keyword) {
  const auto name = decoded_name(text_.word());
  std::size_t n_components = 1;
  std::string type;
  if (keyword == "color_scalars") {
    n_components = count("'COLOR_SCALARS'");
    type = binary_ ? "unsigned_char" : "float";
    text_.line();
  } else if (keyword == "texture_coordinates") {
    n_components = count("'TEXTURE_COORDINATES'");
    type = lower_case(text_.word());
    text_.line();
  } else if (keyword == "scalars") {
    type = lower_case(text_.word());
    const auto rest = words_of(text_.line());
    if (!rest.empty()) {
      const auto n = integer_of(rest[0]);
      if (!n || *n < 1 || *n > 4)
        fail(fmt::format("array '{}' has '{}' components, allowed are 1 to 4", name, rest[0]));
      n_components = static_cast<std::size_t>(*n);
    }
    // Required, but left out by some programs.
    if (lower_case(text_.next_word()) == "lookup_table") text_.line();
  } else {
    type = lower_case(text_.word());
    text_.line();
    n_components = keyword == "tensors"                           ? 9
                   : keyword == "tensors6"                        ? 6
                   : keyword == "vectors" || keyword == "normals" ? 3
                                                                  : 1;
  }
  auto array = values(name, type, n_components, n_tuples_);
  array.description.on_points = *on_points_;
  const bool first = std::none_of(arrays_.begin(), arrays_.end(), [&](const auto& other) {
    return other.description.on_points == *on_points_ && other.description.active;
  });
  array.description.active = (keyword == "scalars" || keyword == "color_scalars") && first;
  // VTK writes active scalars of type unsigned_char as colours; in ascii it divides them by 255.
  array.scaled = keyword == "color_scalars" && !binary_;
  arrays_.push_back(array);
}

void LegacyVtk::read_arrays() {
  static const std::vector<std::string> geometry{"dimensions",   "spacing",       "aspect_ratio",
                                                 "origin",       "x_coordinates", "y_coordinates",
                                                 "z_coordinates"},
      attributes{"scalars",  "color_scalars", "vectors",      "normals",    "tensors",
                 "tensors6", "global_ids",    "pedigree_ids", "edge_flags", "texture_coordinates"};
  const auto is_one_of = [](const std::string& word, const std::vector<std::string>& words) {
    return std::find(words.begin(), words.end(), word) != words.end();
  };
  while (!text_.at_end()) {
    const auto keyword = lower_case(text_.word());
    if (keyword == "metadata") {
      skip_metadata();
    } else if (keyword == "field") {
      read_field(true);
    } else if (keyword == "cell_data" || keyword == "point_data") {
      if (points_[0] == 0) fail("'DIMENSIONS' is missing before the data");
      n_tuples_ = count(keyword);
      on_points_ = keyword == "point_data";
      double expected = 1.;
      for (const int n : shape(*on_points_)) expected *= n;
      if (static_cast<double>(n_tuples_) != expected)
        fail(
            fmt::format("'{}' announces {} values, expected {} for the grid of {} (DIMENSIONS "
                        "counts points)",
                        *on_points_ ? "POINT_DATA" : "CELL_DATA", n_tuples_, expected,
                        fmt::join(shape(*on_points_), "x")));
    } else if (is_one_of(keyword, geometry) && !on_points_) {
      if (keyword != "dimensions" && points_[0] == 0)
        fail(fmt::format("'DIMENSIONS' is missing before '{}'", keyword));
      read_geometry(keyword);
    } else if (keyword == "lookup_table" && on_points_) {
      const auto name = text_.word();
      const auto n = count(fmt::format("lookup table '{}'", name));
      text_.line();
      values(std::string(name), binary_ ? "unsigned_char" : "float", 4, n);
    } else if (is_one_of(keyword, attributes) && on_points_) {
      read_attribute(keyword);
    } else {
      fail(
          fmt::format("byte {}: '{}' is no section of a legacy VTK file; the one before may have "
                      "another size than it announces",
                      position() - keyword.size(), shown(keyword)));
    }
  }
  if (points_[0] == 0) fail("'DIMENSIONS' is missing; the file is truncated");
  std::stable_sort(arrays_.begin(), arrays_.end(), [](const auto& a, const auto& b) {
    return a.description.on_points < b.description.on_points;
  });
}

/// The values of an array, the first axis fastest.
class LegacyValues : public VoxelArray {
 public:
  LegacyValues(std::shared_ptr<const LegacyVtk> file, const LegacyArray& array,
               Description description)
      : file_(std::move(file)),
        array_(array),
        description_(std::move(description)),
        text_(std::string_view(file_->content()).substr(array.begin)) {}
  const Description& description() const override { return description_; }
  void read(int first, int last, double* values) override;

 private:
  std::shared_ptr<const LegacyVtk> file_;
  LegacyArray array_;
  Description description_;
  TextScanner text_;
  std::size_t next_ = 0;
};

void LegacyValues::read(int first, int last, double* values) {
  const auto layer = static_cast<std::size_t>(description_.shape[0]) *
                     static_cast<std::size_t>(description_.shape[1]);
  const auto from = layer * static_cast<std::size_t>(first),
             n = layer * static_cast<std::size_t>(last - first);
  const std::string_view content(file_->content());
  if (file_->is_binary() && array_.bits) {
    for (std::size_t v = 0; v < n; ++v) {
      const auto bit = from + v;
      const auto byte = static_cast<unsigned char>(content[array_.begin + bit / 8]);
      values[v] = byte >> (7 - bit % 8) & 1;
    }
  } else if (file_->is_binary()) {
    to_numbers(content.data() + array_.begin + from * array_.type.size, n, array_.type,
               file_->is_big_endian(), values);
  } else {
    for (; next_ < from; ++next_) text_.word();
    for (std::size_t v = 0; v < n; ++v, ++next_) {
      const auto word = text_.word();
      const auto number = number_of(word);
      if (!number)
        throw std::runtime_error(
            fmt::format("{}: '{}' is no number; the file holds {} of {} values", description_.what,
                        word.substr(0, 40), next_, array_.n_values));
      values[v] = description_.precision ? rounded(*number, *description_.precision) : *number;
      if (!array_.scaled) continue;
      const double byte = std::round(255. * *number);
      if (std::abs(255. * *number - byte) > 1e-2)
        throw std::runtime_error(
            fmt::format("{}: the color {} is no multiple of 1/255", description_.what, *number));
      values[v] = byte;
    }
  }
}

std::unique_ptr<VoxelArray> open_legacy_vtk(const std::string& path,
                                            const MicrostructureOptions& options) {
  const auto file = std::make_shared<const LegacyVtk>(path, is_big_endian(path, options, true));
  std::vector<ImageData::ArrayDescription> descriptions;
  for (const auto& array : file->arrays()) descriptions.push_back(array.description);
  VoxelArray::Description description;
  const auto& chosen = chosen_array(path, descriptions, options.array, "", description.notes);
  const auto& array = file->arrays()[static_cast<std::size_t>(&chosen - descriptions.data())];
  description.what = fmt::format("{}: array '{}'", path, chosen.name);
  if (chosen.n_components != 1)
    throw std::runtime_error(
        fmt::format("{} has {} components, expected 1", description.what, chosen.n_components));
  description.shape = file->shape(chosen.on_points);
  description.spacing = file->spacing();
  if (!array.scaled) description.precision = precision_of(array.type);
  if (file->is_binary() && !array.bits)
    check_byte_order(description.what, options, array.type, file->is_big_endian(),
                     "binary legacy VTK files are big endian", array.n_values,
                     [&](std::size_t first, std::size_t n) {
                       return file->content().substr(array.begin + first * array.type.size,
                                                     n * array.type.size);
                     });
  if (!file->is_binary() && !options.byte_order.empty())
    throw std::invalid_argument(
        fmt::format("{}: byte order '{}' (--byte-order, 'Byte order') has no effect: the file is "
                    "ASCII",
                    path, options.byte_order));
  if (chosen.on_points) description.notes.push_back(note_on_points(chosen.name));
  for (const auto& ghosts : file->arrays()) {
    if (ghosts.description.name != vtk_ghost_array ||
        ghosts.description.on_points != chosen.on_points || ghosts.description.n_components != 1)
      continue;
    LegacyValues marks(file, ghosts, description);
    std::vector<double> values(ghosts.n_values);
    marks.read(0, description.shape[2], values.data());
    const auto n = static_cast<std::size_t>(
        std::count_if(values.begin(), values.end(), [](double mark) { return mark != 0.; }));
    if (n > 0) description.notes.push_back(note_on_ghosts(n, values.size()));
  }
  return std::make_unique<LegacyValues>(file, array, std::move(description));
}

bool begins_as_legacy_vtk(const std::string& first) {
  return first.starts_with("# vtk DataFile Version");
}

constexpr FileKind legacy_vtk_files{"a legacy VTK file", "legacy VTK files", begins_as_legacy_vtk,
                                    nullptr};

}  // namespace

const MicrostructureReader& legacy_vtk_reader() {
  static const MicrostructureReader reader{
      {"vtk",
       "legacy VTK file of structured points, or of a rectilinear grid with equal steps",
       {".vtk"},
       "Neper, AMITEX, pymicro, MicroStructPy, ITK, VTK, ParaView",
       "axes x, y, z; spacing of the file; labels or grey levels at cells, or at points, which are "
       "read as voxels; SCALARS and FIELD arrays; the origin is not used; versions 1.0 to 5.1, "
       "ascii and binary, big endian unless --byte-order little",
       "seco import n100.vtk --stiffness \"1 = Al\" --stiffness \"2 = Cu\" --out rve.h5"},
      &legacy_vtk_files,
      options_of_arrays({ReadOption::array, ReadOption::byte_order}),
      nullptr,
      nullptr,
      open_legacy_vtk};
  return reader;
}

}  // namespace seco::materials
