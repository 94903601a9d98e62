#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace seco::macro {

/// Shapes of the elements of mesh files, by their corners.
enum class Shape { point, line, triangle, quadrilateral, tetrahedron, hexahedron, prism, pyramid };

unsigned int n_nodes(Shape shape);
unsigned int dimension(Shape shape);
/// "quadrilateral", in the plural if there is not one.
std::string name_of(Shape shape, std::size_t n);

/// An element as its file lists it: a cell, a face, an edge or a point.
struct FileElement {
  Shape shape = Shape::point;
  /// Physical group, material id or the like; `MeshFile::no_group` for none. An element that is in
  /// several groups is listed once for each.
  std::int64_t group = -1;
  /// The number that the file gives it.
  std::uint64_t number = 0;
  /// Indices of its nodes. Quadrilaterals in a cycle, hexahedra as a quadrilateral and the one
  /// opposite to it in the same sense, as in all formats that are read.
  std::array<std::uint32_t, 8> nodes{};
};

/// What a mesh file says, before anything is made of it. The readers keep everything that may be
/// wrong (twofold elements, shapes that cannot be used), so that mesh_checks.h can name it.
struct MeshFile {
  static constexpr std::int64_t no_group = -1;

  /// Format and version, for messages.
  std::string format;
  /// What groups are called in this format: "physical group", "id", "group".
  std::string group_word;
  std::vector<std::array<double, 3>> nodes;
  std::vector<FileElement> elements;
  /// By dimension of the elements and number of the group.
  std::map<std::pair<unsigned int, std::int64_t>, std::string> names;
  std::vector<std::string> notes;

  /// "physical group 3 'steel'", or "no physical group".
  std::string describe(unsigned int dim, std::int64_t group) const;
};

/// Reads a mesh in the format of its ending:
///   .msh        Gmsh 1, 2 and 4.1, as text or binary, and 4.0 as text;
///   .vtk        legacy VTK as text, with ids in the cell data `MaterialID`;
///   .ucd, .inp  AVS UCD;
///   .unv        I-deas universal file with the datasets 2411, 2412 and those of groups.
/// Of elements of second order the corners are taken, if their edges are straight.
/// @throws std::invalid_argument with a clause that says what is wrong: another content than the
///   ending says, a syntax that is not understood, curved elements, and such of higher order
MeshFile read_mesh_file(const std::string& path);

/// Refuses lines, quadrilaterals and hexahedra of second order that are curved: the nodes beside
/// their corners must lie in the middle of an edge or of a face, or of the cell.
/// @param further these nodes, in any order
/// @throws std::invalid_argument
void check_straight(const MeshFile& mesh, const FileElement& element,
                    const std::vector<std::uint32_t>& further);
/// Adds a note on elements of second order, if there are any.
void note_second_order(MeshFile& mesh, std::size_t n_elements);

/// A mesh file in memory, read number by number and word by word, as text or as binary records.
class MeshText {
 public:
  explicit MeshText(std::string_view text) : text_(text) {}

  /// From here on numbers are binary ones of this machine's byte order.
  bool binary = false;
  /// What is read, for messages.
  std::string part = "the header";

  /// The next word; throws at the end.
  std::string_view word();
  /// Whether there is another word, which is not taken.
  bool has_word();
  /// The rest of the line.
  std::string_view line();
  /// Whether there is another line.
  bool has_line() const { return at_ < text_.size(); }
  /// An integer of 4 bytes, or of 8 where it is binary and `wide`.
  std::int64_t integer(bool wide = false);
  /// An integer that counts what follows; refused if it is negative or so large that the file
  /// cannot hold as many numbers.
  std::size_t count(bool wide = false);
  double real();
  /// Goes on behind a line that is this word. @throws if there is none
  void skip_behind(const std::string& marker);
  /// Takes a word. @throws if it is another one
  void expect(const std::string& marker);
  std::size_t position() const { return at_; }
  void go_to(std::size_t position) { at_ = position; }
  [[noreturn]] void fail(const std::string& what) const;

 private:
  std::string_view raw(std::size_t n_bytes);

  std::string_view text_;
  std::size_t at_ = 0;
};

/// Numbers of the nodes of a file to their indices.
class NodeNumbers {
 public:
  /// @throws std::invalid_argument for a number that comes twice
  void add(std::int64_t number);
  /// @throws std::invalid_argument for a number that is unknown
  std::uint32_t index(std::int64_t number, std::uint64_t element) const;

 private:
  std::map<std::int64_t, std::uint32_t> indices_;
  /// As long as the numbers are `first`, `first + 1`, ...
  bool consecutive_ = true;
  std::int64_t first_ = 0;
  std::uint32_t n_ = 0;
};

MeshFile read_gmsh(MeshText text);
MeshFile read_vtk(MeshText text);
MeshFile read_ucd(MeshText text);
MeshFile read_unv(MeshText text);

}  // namespace seco::macro
