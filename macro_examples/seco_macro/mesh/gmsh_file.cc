// Meshes of Gmsh: MSH 1, 2 and 4 (https://gmsh.info/doc/texinfo/gmsh.html#File-formats).
#include <fmt/format.h>

#include <cmath>
#include <optional>
#include <stdexcept>

#include "mesh_file.h"

namespace seco::macro {
namespace {

/// What an element type is: its corners come first.
struct ElementType {
  Shape shape = Shape::point;
  unsigned int n_nodes = 1;
};

/// @throws std::invalid_argument for elements of third and higher order and others that are not
///   known
ElementType type_of(std::int64_t type) {
  static const std::map<std::int64_t, ElementType> known{
      {1, {Shape::line, 2}},          {2, {Shape::triangle, 3}},
      {3, {Shape::quadrilateral, 4}}, {4, {Shape::tetrahedron, 4}},
      {5, {Shape::hexahedron, 8}},    {6, {Shape::prism, 6}},
      {7, {Shape::pyramid, 5}},       {8, {Shape::line, 3}},
      {9, {Shape::triangle, 6}},      {10, {Shape::quadrilateral, 9}},
      {11, {Shape::tetrahedron, 10}}, {12, {Shape::hexahedron, 27}},
      {13, {Shape::prism, 18}},       {14, {Shape::pyramid, 14}},
      {15, {Shape::point, 1}},        {16, {Shape::quadrilateral, 8}},
      {17, {Shape::hexahedron, 20}},  {18, {Shape::prism, 15}},
      {19, {Shape::pyramid, 13}}};
  const auto place = known.find(type);
  if (place == known.end())
    throw std::invalid_argument(fmt::format(
        "it has elements of third or higher order, or of an unknown kind (type {}); allowed are "
        "elements of first order ('Mesh.ElementOrder = 1' in Gmsh), and of second order with "
        "straight edges; the degree of the solution is the key 'Polynomial degree' in section "
        "'Discretization'",
        type));
  return place->second;
}

/// A group of an element of format 1 and 2: the sign tells its orientation, 0 is none.
std::int64_t group_of(std::int64_t tag) {
  return tag == 0 ? MeshFile::no_group : std::abs(tag);
}

struct Entity {
  std::vector<std::int64_t> groups;
  std::set<std::int64_t> partitions;
};

class GmshReader {
 public:
  explicit GmshReader(MeshText text) : text_(text) {}

  MeshFile read() {
    mesh_.group_word = "physical group";
    while (text_.has_word()) {
      const std::string section(text_.word());
      text_.part = "section " + section;
      if (section == "$NOD" || section == "$ELM") version_ = 1;
      if (section.size() < 2 || section[0] != '$') text_.fail("a section '$...' is expected");
      if (section != "$MeshFormat" && section != "$Comments" && version_ == 0)
        text_.fail("it comes before $MeshFormat");
      if (section == "$MeshFormat")
        read_format();
      else if (section == "$PhysicalNames")
        read_names();
      else
        read_section(section);
      text_.binary = false;
      end_of(section);
    }
    if (!has_elements_) throw std::invalid_argument("it has no section $Elements");
    check_partitions();
    note_second_order(mesh_, n_second_order_);
    mesh_.format = fmt::format("Gmsh {:g}{}", version_, binary_ ? " (binary)" : "");
    return std::move(mesh_);
  }

 private:
  void end_of(const std::string& section) {
    if (section == "$NOD" || section == "$ELM")
      text_.expect("$END" + section.substr(1));
    else if (known_)
      text_.expect("$End" + section.substr(1));
    known_ = true;
  }

  void read_section(const std::string& section) {
    const auto start = text_.position();
    text_.binary = binary_;
    if (binary_) text_.line();
    if (section == "$Nodes" || section == "$NOD") {
      version_ < 4 ? read_old_nodes() : read_nodes();
    } else if (section == "$Elements" || section == "$ELM") {
      has_elements_ = true;
      if (version_ < 4)
        binary_ ? read_old_binary_elements() : read_old_elements();
      else
        read_elements();
    } else if (section == "$Entities" && version_ >= 4) {
      read_entities(/*partitioned=*/false);
    } else if (section == "$PartitionedEntities" && version_ >= 4) {
      read_partitioned();
    } else {
      // Periodicity, fields on the mesh and the like are no part of it.
      text_.binary = false;
      text_.go_to(start);
      text_.skip_behind("$End" + section.substr(1));
      known_ = false;
    }
  }

  void read_format() {
    version_ = text_.real();
    const auto kind = text_.integer(), size = text_.integer();
    const bool is_known =
        (version_ >= 2 && version_ < 3) || version_ == 4. || std::abs(version_ - 4.1) < 1e-9;
    if (!is_known)
      text_.fail(fmt::format("format {:g}; allowed are 1, 2, 2.1, 2.2, 4 and 4.1", version_));
    binary_ = kind == 1;
    if (kind != 0 && kind != 1) text_.fail(fmt::format("kind {} of file", kind));
    if (size != 8) text_.fail(fmt::format("numbers of {} bytes; allowed are 8", size));
    if (binary_ && version_ == 4.)
      text_.fail("format 4.0 as binary; allowed are 2.2 and 4.1 ('Mesh.MshFileVersion' in Gmsh)");
    if (!binary_) return;
    text_.line();
    text_.binary = true;
    if (text_.integer() != 1) text_.fail("the file has another byte order than this machine");
  }

  void read_names() {
    for (auto n = text_.count(); n > 0; --n) {
      const auto dim = text_.integer(), group = text_.integer();
      const auto rest = text_.line();
      const auto begin = rest.find('"'), end = rest.rfind('"');
      if (begin == end) text_.fail("a name in quotation marks is expected");
      if (dim < 0 || dim > 3) text_.fail(fmt::format("dimension {}", dim));
      mesh_.names[{static_cast<unsigned int>(dim), group}] =
          rest.substr(begin + 1, end - begin - 1);
    }
  }

  void read_groups(Entity& entity) {
    for (auto n = text_.count(/*wide=*/true); n > 0; --n) {
      const auto group = std::abs(text_.integer());
      if (group != 0) entity.groups.push_back(group);
    }
  }

  void read_entities(bool partitioned) {
    std::array<std::size_t, 4> n{};
    for (auto& count : n) count = text_.count(true);
    for (int dim = 0; dim < 4; ++dim)
      for (std::size_t i = 0; i < n[dim]; ++i) {
        const auto tag = text_.integer();
        Entity entity;
        std::optional<std::pair<int, std::int64_t>> parent;
        if (partitioned) {
          const auto parent_dim = text_.integer();
          parent = {static_cast<int>(parent_dim), text_.integer()};
          for (auto p = text_.count(true); p > 0; --p) entity.partitions.insert(text_.integer());
        }
        const int n_reals = dim == 0 && version_ > 4.05 ? 3 : 6;
        for (int k = 0; k < n_reals; ++k) text_.real();
        read_groups(entity);
        // What bounds it; a negative tag is an orientation.
        if (dim > 0)
          for (auto k = text_.count(true); k > 0; --k) text_.integer();
        // The interfaces of parts have a parent of higher dimension, and are no part of it.
        if (parent && entity.groups.empty() && parent->first == dim)
          if (const auto place = entities_.find(*parent); place != entities_.end())
            entity.groups = place->second.groups;
        entities_[{dim, tag}] = std::move(entity);
      }
  }

  void read_partitioned() {
    n_partitions_ = text_.count(true);
    for (auto n = text_.count(true); n > 0; --n) {
      text_.integer();
      text_.integer();
    }
    read_entities(/*partitioned=*/true);
  }

  void add_node() {
    auto& node = mesh_.nodes.emplace_back();
    for (auto& x : node) x = text_.real();
  }

  void read_old_nodes() {
    text_.binary = false;
    const auto n = text_.count();
    if (binary_) text_.line();
    text_.binary = binary_;
    for (std::size_t i = 0; i < n; ++i) {
      numbers_.add(text_.integer());
      add_node();
    }
  }

  void read_nodes() {
    const auto n_blocks = text_.count(true);
    text_.count(true);
    if (version_ > 4.05) {
      text_.integer(true);
      text_.integer(true);
    }
    for (std::size_t block = 0; block < n_blocks; ++block) {
      auto dim = text_.integer();
      const auto tag = text_.integer();
      if (version_ < 4.05) dim = tag;
      const bool parametric = text_.integer() != 0;
      const auto n = text_.count(true);
      if (version_ > 4.05)
        for (std::size_t i = 0; i < n; ++i) numbers_.add(text_.integer(true));
      for (std::size_t i = 0; i < n; ++i) {
        if (version_ < 4.05) numbers_.add(text_.integer());
        add_node();
        for (int k = 0; parametric && k < dim; ++k) text_.real();
      }
    }
  }

  FileElement read_element_nodes(const ElementType& type, std::int64_t number, bool wide) {
    FileElement element;
    element.shape = type.shape;
    element.number = static_cast<std::uint64_t>(number);
    const auto n_corners = n_nodes(type.shape);
    std::vector<std::uint32_t> further;
    for (unsigned int v = 0; v < type.n_nodes; ++v) {
      const auto node = numbers_.index(text_.integer(wide), element.number);
      if (v < n_corners)
        element.nodes[v] = node;
      else
        further.push_back(node);
    }
    if (further.empty()) return element;
    ++n_second_order_;
    check_straight(mesh_, element, further);
    return element;
  }

  /// Of the tags of format 2: physical group, geometrical entity, number of partitions, partitions.
  std::int64_t read_tags(std::size_t n) {
    std::int64_t group = MeshFile::no_group;
    for (std::size_t i = 0; i < n; ++i) {
      const auto tag = text_.integer();
      if (i == 0) group = group_of(tag);
      // Those of other parts, in which it is a ghost, are negative.
      if (i == 3) partitions_.insert(tag);
    }
    if (n > 3) n_partitions_ = std::max<std::size_t>(n_partitions_, 2);
    return group;
  }

  void read_old_elements() {
    for (auto n = text_.count(); n > 0; --n) {
      const auto number = text_.integer();
      const auto type = type_of(text_.integer());
      std::int64_t group = 0;
      if (version_ < 2) {
        group = group_of(text_.integer());
        text_.integer();
        if (text_.integer() != type.n_nodes) text_.fail("a wrong number of nodes");
      } else {
        group = read_tags(text_.count());
      }
      auto element = read_element_nodes(type, number, false);
      element.group = group;
      mesh_.elements.push_back(element);
    }
  }

  void read_old_binary_elements() {
    text_.binary = false;
    auto n = text_.count();
    text_.line();
    text_.binary = true;
    while (n > 0) {
      const auto type = type_of(text_.integer());
      const auto n_here = text_.count(), n_tags = text_.count();
      if (n_here == 0 || n_here > n) text_.fail("a wrong number of elements");
      n -= n_here;
      for (std::size_t i = 0; i < n_here; ++i) {
        const auto number = text_.integer();
        const auto group = read_tags(n_tags);
        auto element = read_element_nodes(type, number, false);
        element.group = group;
        mesh_.elements.push_back(element);
      }
    }
  }

  void read_elements() {
    const auto n_blocks = text_.count(true);
    text_.count(true);
    if (version_ > 4.05) {
      text_.integer(true);
      text_.integer(true);
    }
    for (std::size_t block = 0; block < n_blocks; ++block) {
      auto dim = text_.integer(), tag = text_.integer();
      if (version_ < 4.05) std::swap(dim, tag);
      const auto type = type_of(text_.integer());
      const auto n = text_.count(true);
      const auto place = entities_.find({static_cast<int>(dim), tag});
      const Entity entity = place == entities_.end() ? Entity{} : place->second;
      if (n > 0) partitions_.insert(entity.partitions.begin(), entity.partitions.end());
      for (std::size_t i = 0; i < n; ++i) {
        const auto number = text_.integer(true);
        auto element = read_element_nodes(type, number, true);
        mesh_.elements.push_back(element);
        for (std::size_t g = 0; g < entity.groups.size(); ++g) {
          if (g > 0) mesh_.elements.push_back(element);
          mesh_.elements.back().group = entity.groups[g];
        }
      }
    }
  }

  void check_partitions() const {
    if (n_partitions_ > 1 && partitions_.size() < n_partitions_)
      throw std::invalid_argument(fmt::format(
          "it is a part of a mesh that was partitioned: its elements are of {} of {} partitions; "
          "allowed are whole meshes ('Mesh.PartitionSplitMeshFiles = 0' in Gmsh)",
          partitions_.size(), n_partitions_));
  }

  MeshText text_;
  MeshFile mesh_;
  NodeNumbers numbers_;
  double version_ = 0;
  bool binary_ = false, has_elements_ = false, known_ = true;
  std::map<std::pair<int, std::int64_t>, Entity> entities_;
  std::set<std::int64_t> partitions_;
  std::size_t n_partitions_ = 0, n_second_order_ = 0;
};

}  // namespace

MeshFile read_gmsh(MeshText text) {
  return GmshReader(text).read();
}

}  // namespace seco::macro
