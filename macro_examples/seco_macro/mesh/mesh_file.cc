#include "mesh_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>
#include <sstream>
#include <stdexcept>

#include "seco/materials/text.h"

namespace seco::macro {
namespace {

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

std::string lower(std::string text) {
  for (auto& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

/// What a file begins with, behind comments; empty if there is nothing.
std::string first_line(std::string_view text) {
  std::istringstream lines(std::string(text.substr(0, 10000)));
  for (std::string line; std::getline(lines, line);)
    if (line = materials::trimmed(line); !line.empty() && line[0] != '#') return line;
  return "";
}

/// The kind of the content, in words; empty if it is none that is known.
std::string content_of(std::string_view text) {
  if (text.starts_with("\x89HDF")) return "HDF5 (Exodus, CGNS, MED or XDMF data)";
  if (text.starts_with("CDF")) return "NetCDF (Exodus)";
  if (text.starts_with("# vtk DataFile")) return "legacy VTK";
  const auto first = first_line(text);
  if (first.starts_with("$MeshFormat") || first.starts_with("$NOD") ||
      first.starts_with("$PhysicalNames") || first.starts_with("$Comments"))
    return "Gmsh";
  if (lower(first).starts_with("meshversionformatted")) return "Medit (.mesh)";
  if (first.starts_with("<?xml") || first.starts_with("<VTKFile")) return "VTU or other XML";
  if (first.starts_with("**") || (first.starts_with("*") && first.size() > 1 && first[1] != '*'))
    return "Abaqus";
  if (first == "-1") return "I-deas universal (.unv)";
  std::istringstream numbers(first);
  int n = 0;
  for (double number; numbers >> number;) ++n;
  if (n == 5 && numbers.eof()) return "AVS UCD";
  if (first.starts_with("solid")) return "STL";
  if (lower(first).starts_with("lc") || first.starts_with("//") || first.starts_with("Point("))
    return "Gmsh geometry (.geo), which Gmsh makes a mesh of";
  return "";
}

std::string read_whole(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(stream)), {});
  if (!stream) throw std::invalid_argument("it cannot be read");
  if (text.empty()) throw std::invalid_argument("it is empty");
  return text;
}

}  // namespace

unsigned int n_nodes(Shape shape) {
  constexpr std::array n{1U, 2U, 3U, 4U, 4U, 8U, 6U, 5U};
  return n.at(static_cast<std::size_t>(shape));
}

unsigned int dimension(Shape shape) {
  constexpr std::array dim{0U, 1U, 2U, 2U, 3U, 3U, 3U, 3U};
  return dim.at(static_cast<std::size_t>(shape));
}

std::string name_of(Shape shape, std::size_t n) {
  constexpr std::array one{"point",       "line",       "triangle", "quadrilateral",
                           "tetrahedron", "hexahedron", "prism",    "pyramid"};
  constexpr std::array many{"points",     "lines",     "triangles", "quadrilaterals",
                            "tetrahedra", "hexahedra", "prisms",    "pyramids"};
  return (n == 1 ? one : many).at(static_cast<std::size_t>(shape));
}

std::string MeshFile::describe(unsigned int dim, std::int64_t group) const {
  if (group == no_group) return "no " + group_word;
  const auto name = names.find({dim, group});
  return name == names.end() || name->second.empty()
             ? fmt::format("{} {}", group_word, group)
             : fmt::format("{} {} '{}'", group_word, group, name->second);
}

void MeshText::fail(const std::string& what) const {
  const auto line = 1 + std::count(text_.begin(), text_.begin() + static_cast<long>(at_), '\n');
  throw std::invalid_argument(binary ? fmt::format("{}: {} (byte {})", part, what, at_)
                                     : fmt::format("{}: {} (line {})", part, what, line));
}

bool MeshText::has_word() {
  while (at_ < text_.size() && is_space(text_[at_])) ++at_;
  return at_ < text_.size();
}

std::string_view MeshText::word() {
  if (!has_word()) fail("the file ends too early");
  const auto begin = at_;
  while (at_ < text_.size() && !is_space(text_[at_])) ++at_;
  return text_.substr(begin, at_ - begin);
}

std::string_view MeshText::line() {
  const auto begin = at_, end = std::min(text_.find('\n', begin), text_.size());
  at_ = std::min(end + 1, text_.size());
  auto result = text_.substr(begin, end - begin);
  if (result.ends_with('\r')) result.remove_suffix(1);
  return result;
}

std::string_view MeshText::raw(std::size_t n_bytes) {
  if (text_.size() - at_ < n_bytes) fail("the file ends too early");
  at_ += n_bytes;
  return text_.substr(at_ - n_bytes, n_bytes);
}

std::int64_t MeshText::integer(bool wide) {
  if (binary) {
    std::int64_t value = 0;
    std::int32_t narrow = 0;
    if (wide)
      std::memcpy(&value, raw(sizeof value).data(), sizeof value);
    else
      std::memcpy(&narrow, raw(sizeof narrow).data(), sizeof narrow);
    return wide ? value : narrow;
  }
  const auto text = word();
  const auto* begin = text.data() + (text.starts_with('+') ? 1 : 0);
  std::int64_t value = 0;
  const auto result = std::from_chars(begin, text.data() + text.size(), value);
  if (result.ec != std::errc() || result.ptr != text.data() + text.size())
    fail(fmt::format("'{}' is no integer", text));
  return value;
}

std::size_t MeshText::count(bool wide) {
  const auto n = integer(wide);
  if (n < 0 || static_cast<std::uint64_t>(n) > text_.size())
    fail(fmt::format("{} is no possible count", n));
  return static_cast<std::size_t>(n);
}

double MeshText::real() {
  double value = 0;
  if (binary) {
    std::memcpy(&value, raw(sizeof value).data(), sizeof value);
  } else {
    // Fortran's exponents.
    std::string text(word());
    std::replace_if(
        text.begin(), text.end(), [](char c) { return c == 'D' || c == 'd'; }, 'e');
    const auto* begin = text.data() + (text.starts_with('+') ? 1 : 0);
    const auto result = std::from_chars(begin, text.data() + text.size(), value);
    if (result.ec != std::errc() || result.ptr != text.data() + text.size())
      fail(fmt::format("'{}' is no number", text));
  }
  if (!std::isfinite(value)) fail("a number is not finite");
  return value;
}

void MeshText::skip_behind(const std::string& marker) {
  const auto place = text_.find("\n" + marker, at_);
  if (place == std::string_view::npos) fail(fmt::format("{} is missing", marker));
  at_ = place + 1;
  line();
}

void MeshText::expect(const std::string& marker) {
  if (const auto found = word(); found != marker)
    fail(fmt::format("'{}' instead of {}", found.substr(0, 40), marker));
}

void NodeNumbers::add(std::int64_t number) {
  if (n_ == std::numeric_limits<std::uint32_t>::max())
    throw std::invalid_argument("it has more than 4294967295 nodes");
  if (n_ == 0) first_ = number;
  if (consecutive_ && number != first_ + n_) {
    consecutive_ = false;
    for (std::uint32_t i = 0; i < n_; ++i) indices_.emplace(first_ + i, i);
  }
  if (!consecutive_ && !indices_.emplace(number, n_).second)
    throw std::invalid_argument(fmt::format("it has node {} twice", number));
  ++n_;
}

std::uint32_t NodeNumbers::index(std::int64_t number, std::uint64_t element) const {
  if (consecutive_) {
    if (number >= first_ && number < first_ + n_)
      return static_cast<std::uint32_t>(number - first_);
  } else if (const auto place = indices_.find(number); place != indices_.end()) {
    return place->second;
  }
  throw std::invalid_argument(
      fmt::format("its element {} has node {}, which it does not define", element, number));
}

MeshFile read_ucd(MeshText text) {
  MeshFile mesh;
  mesh.format = "AVS UCD";
  mesh.group_word = "id";
  for (;;) {
    const auto start = text.position();
    if (text.has_word() && text.word().starts_with('#')) {
      text.line();
      continue;
    }
    text.go_to(start);
    break;
  }
  const auto n_points = text.count(), n_elements = text.count();
  for (int i = 0; i < 3; ++i) text.integer();
  NodeNumbers numbers;
  text.part = "the nodes";
  for (std::size_t i = 0; i < n_points; ++i) {
    numbers.add(text.integer());
    auto& node = mesh.nodes.emplace_back();
    for (auto& x : node) x = text.real();
  }
  const std::map<std::string_view, Shape> shapes{
      {"pt", Shape::point},           {"line", Shape::line},       {"tri", Shape::triangle},
      {"quad", Shape::quadrilateral}, {"tet", Shape::tetrahedron}, {"hex", Shape::hexahedron},
      {"prism", Shape::prism},        {"pyr", Shape::pyramid}};
  text.part = "the cells";
  for (std::size_t i = 0; i < n_elements; ++i) {
    FileElement element;
    element.number = static_cast<std::uint64_t>(text.integer());
    element.group = text.integer();
    if (element.group < 0) text.fail(fmt::format("id {}; allowed are 0, 1, ...", element.group));
    const auto name = text.word();
    const auto shape = shapes.find(name);
    if (shape == shapes.end()) text.fail(fmt::format("'{}' is no shape of a cell", name));
    element.shape = shape->second;
    for (unsigned int v = 0; v < n_nodes(element.shape); ++v)
      element.nodes[v] = numbers.index(text.integer(), element.number);
    mesh.elements.push_back(element);
  }
  return mesh;
}

MeshFile read_mesh_file(const std::string& path) {
  static_assert(std::endian::native == std::endian::little);
  const auto ending = lower(std::filesystem::path(path).extension().string());
  struct Format {
    std::string content;
    MeshFile (*read)(MeshText);
  };
  const std::map<std::string, Format> formats{{".msh", {"Gmsh", read_gmsh}},
                                              {".vtk", {"legacy VTK", read_vtk}},
                                              {".ucd", {"AVS UCD", read_ucd}},
                                              {".inp", {"AVS UCD", read_ucd}},
                                              {".unv", {"I-deas universal (.unv)", read_unv}}};
  const auto format = formats.find(ending);
  if (format == formats.end())
    throw std::invalid_argument(
        fmt::format("its ending is '{}'; allowed are .msh (Gmsh), .vtk, .vtu of deal.II, .ucd or "
                    ".inp (AVS UCD) and .unv",
                    ending));
  const auto content = read_whole(path);
  const auto found = content_of(content);
  if (found == "Abaqus" && ending == ".inp")
    throw std::invalid_argument(
        "it is an .inp of Abaqus, which is not read; an .inp is read as AVS UCD, which uses the "
        "same ending. Write the mesh in a format of Gmsh (.msh), for example with 'meshio "
        "convert', and give boundaries and materials physical groups");
  if (found != format->second.content)
    throw std::invalid_argument(fmt::format(
        "its ending is that of {}, and its content {}", format->second.content,
        found.empty() ? fmt::format("begins with '{}'", first_line(content).substr(0, 40))
                      : "that of " + found));
  return format->second.read(MeshText(content));
}

}  // namespace seco::macro
