#include "numpy_array.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <stdexcept>
#include <string_view>

#include "byte_stream.h"
#include "file_content.h"
#include "seco/materials/text.h"

namespace seco::materials {
namespace {

constexpr std::string_view numpy_magic = "\x93NUMPY";

/// The text of an entry of the header, a literal of a dictionary of Python; empty if it is missing.
std::string entry_of(const std::string& header, const std::string& key) {
  for (const char quote : {'\'', '"'}) {
    auto at = header.find(quote + key + quote);
    if (at == std::string::npos) continue;
    at = header.find(':', at);
    if (at == std::string::npos) return "";
    at = header.find_first_not_of(' ', at + 1);
    if (at == std::string::npos) return "";
    auto end = header.find_first_of(",}", at);
    if (header[at] == '(' || header[at] == '[')
      end = header.find(header[at] == '(' ? ')' : ']', at);
    else if (header[at] == '\'' || header[at] == '"')
      end = header.find(header[at], at + 1);
    if (end == std::string::npos) return "";
    const bool brackets = std::string_view("([").find(header[at]) != std::string_view::npos;
    const bool quotes = header[at] == '\'' || header[at] == '"';
    return header.substr(at, end - at + (brackets || quotes ? 1 : 0));
  }
  return "";
}

/// Type and byte order of a text such as '<i4', with its quotes.
void read_type(const std::string& text, const std::string& what, NumpyHeader& header) {
  const auto refuse = [&](const std::string& reason) {
    throw std::runtime_error(
        fmt::format("{} holds values of the type {}, {}", what, text.empty() ? "?" : text, reason));
  };
  if (text.starts_with('['))
    refuse("records; save one of their fields, as numpy.save('NAME.npy', a['phase'])");
  const auto type = text.size() > 2 ? text.substr(1, text.size() - 2) : "";
  const auto letter = type.size() > 1 ? type[1] : '\0';
  if (letter == 'O')
    refuse(
        "Python objects, which may run any program when they are read; save numbers, as "
        "numpy.save('NAME.npy', a.astype('int32'))");
  const auto size = type.size() > 2 ? to_count(type.substr(2)) : std::nullopt;
  const bool known_order =
      !type.empty() && std::string_view("<>|=").find(type[0]) != std::string_view::npos;
  const bool is_integer = (letter == 'i' || letter == 'u' || letter == 'b') && size &&
                          (*size == 1 || *size == 2 || *size == 4 || *size == 8);
  const bool is_floating = letter == 'f' && size && (*size == 4 || *size == 8);
  if (!known_order || (!is_integer && !is_floating) || (letter == 'b' && *size != 1))
    refuse(
        "allowed are truth values, integers of 1 to 8 bytes and floating-point numbers of 4 or 8 "
        "bytes; convert them, as numpy.save('NAME.npy', a.astype('float32'))");
  const auto kind = is_floating     ? ElementType::Kind::floating
                    : letter == 'i' ? ElementType::Kind::signed_integer
                                    : ElementType::Kind::unsigned_integer;
  header.type = {kind, *size};
  header.big_endian = type[0] == '>';
}

std::unique_ptr<VoxelArray> open_numpy(const std::string& path,
                                       const MicrostructureOptions& options) {
  const auto header = numpy_header(file_content(path, longest_numpy_header), path);
  auto array = description_of(header, path, path, options);
  const auto size = size_of_file(path);
  check_bytes(array, header.type, path, header.size, false);
  if (size != header.size + n_bytes(array, header.type))
    throw std::runtime_error(
        fmt::format("{}: goes on after the array of {} values of the type {}; save one array only",
                    path, fmt::join(header.shape, "x"), name_of(header.type)));
  return streamed_array(std::move(array), header.type, header.big_endian,
                        file_bytes(path, header.size));
}

bool begins_as_numpy(const std::string& first) {
  return first.starts_with(numpy_magic);
}

constexpr FileKind numpy_files{"a NumPy array (.npy)", "NumPy arrays", begins_as_numpy, nullptr};

}  // namespace

NumpyHeader numpy_header(const std::string& first, const std::string& what) {
  const auto refuse = [&](const std::string& reason) {
    throw std::runtime_error(fmt::format("{}: {}", what, reason));
  };
  if (!begins_as_numpy(first) || first.size() < numpy_preamble)
    refuse("is not a NumPy array: its first bytes are not \\x93NUMPY and a version");
  const int version = static_cast<unsigned char>(first[6]);
  if (version < 1 || version > 3)
    refuse(fmt::format("has the version {} of the format of NumPy; known are 1 to 3", version));
  const std::size_t preamble = version == 1 ? 10 : 12;
  std::size_t length = 0;
  for (std::size_t byte = preamble; byte-- > 8;)
    length = length << 8 | static_cast<unsigned char>(first[byte]);
  if (length > first.size() - preamble)
    refuse(
        fmt::format("its header announces {} bytes; allowed are {} at most, and the file must "
                    "hold them",
                    length, longest_numpy_header - preamble));
  NumpyHeader header;
  header.size = preamble + length;
  const auto text = first.substr(preamble, length);
  read_type(entry_of(text, "descr"), what, header);
  const auto order = entry_of(text, "fortran_order");
  if (order != "True" && order != "False")
    refuse(
        fmt::format("entry 'fortran_order' of its header is '{}', expected True or False", order));
  header.fortran_order = order == "True";
  auto shape = entry_of(text, "shape");
  bool fits = shape.size() >= 2 && shape.front() == '(' && shape.back() == ')';
  if (fits)
    for (const auto& size : split(shape.substr(1, shape.size() - 2), ',')) {
      if (size.empty()) continue;
      const auto n = to_count(size);
      fits = fits && n;
      header.shape.push_back(n.value_or(0));
    }
  if (!fits) refuse(fmt::format("entry 'shape' of its header is '{}'", shape));
  return header;
}

VoxelArray::Description description_of(const NumpyHeader& header, const std::string& path,
                                       const std::string& what,
                                       const MicrostructureOptions& options) {
  VoxelArray::Description array;
  array.what = what;
  const auto n_axes = header.shape.size();
  if (n_axes != 2 && n_axes != 3)
    throw std::runtime_error(fmt::format(
        "{} has {} axes ({}); allowed are 3, or 2 for a plane: save one channel or one time, as "
        "a[..., 0]",
        what, n_axes, fmt::join(header.shape, "x")));
  const auto letters = options.axes.empty() ? (n_axes == 2 ? "xy" : "xyz") : options.axes;
  auto axes = axes_from_text(path, letters, n_axes);
  if (options.axes.empty())
    array.notes.push_back(fmt::format("the axes of the array are {}, unless --axes says otherwise",
                                      n_axes == 2 ? "x, y" : "x, y, z"));
  auto sizes = header.shape;
  if (header.fortran_order) {
    std::reverse(axes.begin(), axes.end());
    std::reverse(sizes.begin(), sizes.end());
  }
  set_shape(array, sizes, axes);
  return array;
}

const MicrostructureReader& numpy_reader() {
  static const MicrostructureReader reader{
      {"npy",
       "array of NumPy",
       {".npy"},
       "numpy.save",
       "the axes of the array are x, y, z, or as --axes says (zyx of tifffile and scikit-image), "
       "in "
       "C or Fortran order; --spacing or --lengths; labels or grey levels",
       "seco import labels.npy --axes zyx --spacing 0.5 --stiffness \"0 = void\" "
       "--stiffness \"1 = Al\" --out rve.h5"},
      &numpy_files,
      options_of_arrays({ReadOption::axes}),
      nullptr,
      nullptr,
      open_numpy};
  return reader;
}

}  // namespace seco::materials
