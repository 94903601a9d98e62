// I-deas universal files: datasets 2411 (nodes), 2412 (elements) and those of groups
// (https://www.ceas3.uc.edu/sdrluff/).
#include <fmt/format.h>

#include <sstream>
#include <stdexcept>

#include "mesh_file.h"
#include "seco/materials/text.h"

namespace seco::macro {
namespace {

class UnvReader {
 public:
  explicit UnvReader(MeshText text) : text_(text) {}

  MeshFile read() {
    mesh_.format = "I-deas universal";
    mesh_.group_word = "group";
    while (text_.has_word()) {
      text_.part = "the beginning of a dataset";
      text_.expect("-1");
      const auto dataset = text_.integer();
      text_.part = fmt::format("dataset {}", dataset);
      text_.line();
      switch (dataset) {
        case 781:
        case 2411:
          read_nodes();
          break;
        case 780:
        case 2412:
          read_elements();
          break;
        case 2435:
        case 2452:
        case 2467:
        case 2477:
          read_groups();
          break;
        case 2417:
        case 2429:
        case 2430:
        case 2432:
          text_.fail("groups of this old kind are not read; allowed are 2435, 2452, 2467 and 2477");
        default:
          while (materials::trimmed(std::string(text_.line())) != "-1")
            if (!text_.has_line()) text_.fail("the file ends too early");
      }
    }
    // A group may come before the elements, and an element be in several.
    std::vector<FileElement> elements;
    for (auto& element : mesh_.elements) {
      const auto groups = groups_.find(element.number);
      if (groups == groups_.end()) elements.push_back(element);
      if (groups != groups_.end())
        for (const auto group : groups->second) {
          element.group = group;
          elements.push_back(element);
        }
    }
    for (const auto& element : mesh_.elements)
      if (const auto groups = groups_.find(element.number); groups != groups_.end())
        for (const auto group : groups->second)
          mesh_.names[{dimension(element.shape), group}] = names_.at(group);
    mesh_.elements = std::move(elements);
    note_second_order(mesh_, n_second_order_);
    return std::move(mesh_);
  }

 private:
  /// Whether another record comes before the end of the dataset, which is taken.
  bool goes_on() {
    const auto start = text_.position();
    if (text_.word() == "-1") return false;
    text_.go_to(start);
    return true;
  }

  void read_nodes() {
    while (goes_on()) {
      numbers_.add(text_.integer());
      for (int i = 0; i < 3; ++i) text_.integer();
      for (auto& x : mesh_.nodes.emplace_back()) x = text_.real();
    }
  }

  void read_elements() {
    while (goes_on()) {
      FileElement element;
      element.number = static_cast<std::uint64_t>(text_.integer());
      const auto type = text_.integer();
      for (int i = 0; i < 3; ++i) text_.integer();
      const auto n = text_.integer();
      const auto [shape, n_wanted] = type_of(type);
      element.shape = shape;
      if (n != n_wanted)
        text_.fail(fmt::format("element {} of type {} has {} nodes; allowed are {}", element.number,
                               type, n, n_wanted));
      // Beams, and rods of some programs, have a record of three numbers more.
      if (element.shape == Shape::line) {
        text_.line();
        const auto start = text_.position();
        std::istringstream numbers{std::string(text_.line())};
        int n_here = 0;
        for (std::string number; numbers >> number;) ++n_here;
        if (n_here != 3) text_.go_to(start);
      }
      // Of second order, corners and the middles of edges take turns around a face.
      const auto n_corners = n_nodes(element.shape);
      std::vector<std::uint32_t> further;
      unsigned int corner = 0;
      for (unsigned int v = 0; v < n; ++v) {
        const auto node = numbers_.index(text_.integer(), element.number);
        const bool between_faces = element.shape == Shape::hexahedron && v >= 8 && v < 12;
        if (n == n_corners || (v % 2 == 0 && !between_faces))
          element.nodes.at(corner++) = node;
        else
          further.push_back(node);
      }
      n_second_order_ += !further.empty();
      check_straight(mesh_, element, further);
      mesh_.elements.push_back(element);
    }
  }

  /// The shape of an element type, and how many nodes it has.
  std::pair<Shape, unsigned int> type_of(std::int64_t type) const {
    switch (type) {
      case 11:
      case 21:
        return {Shape::line, 2};
      case 22:
      case 24:
        return {Shape::line, 3};
      case 41:
      case 51:
      case 61:
      case 74:
      case 81:
      case 91:
        return {Shape::triangle, 3};
      case 44:
      case 54:
      case 64:
      case 71:
      case 84:
      case 94:
        return {Shape::quadrilateral, 4};
      case 45:
      case 55:
      case 65:
      case 85:
      case 95:
        return {Shape::quadrilateral, 8};
      case 111:
        return {Shape::tetrahedron, 4};
      case 112:
        return {Shape::prism, 6};
      case 115:
        return {Shape::hexahedron, 8};
      case 116:
        return {Shape::hexahedron, 20};
      default:
        break;
    }
    text_.fail(
        fmt::format("elements of type {}, which are of higher order or of another kind; "
                    "allowed are quadrilaterals (44, 94) and hexahedra (115), also of second order "
                    "with straight edges (45, 95, 116), with lines (11, 21, 22, 24)",
                    type));
  }

  void read_groups() {
    while (goes_on()) {
      const auto number = text_.integer();
      for (int i = 0; i < 6; ++i) text_.integer();
      const auto n = text_.count();
      text_.line();
      const auto name = materials::trimmed(std::string(text_.line()));
      // A name that is a number is meant as the id.
      const auto id = materials::to_count(name);
      const auto group = id ? static_cast<std::int64_t>(*id) : number;
      if (!names_.emplace(group, id ? "" : name).second)
        text_.fail(fmt::format("group {} comes twice", group));
      for (std::size_t i = 0; i < n; ++i) {
        const auto type = text_.integer(), entity = text_.integer();
        text_.integer();
        text_.integer();
        // 8: a finite element; nodes (7) and others are no part of it.
        if (type == 8) groups_[static_cast<std::uint64_t>(entity)].insert(group);
      }
    }
  }

  MeshText text_;
  MeshFile mesh_;
  NodeNumbers numbers_;
  std::size_t n_second_order_ = 0;
  std::map<std::int64_t, std::string> names_;
  std::map<std::uint64_t, std::set<std::int64_t>> groups_;
};

}  // namespace

MeshFile read_unv(MeshText text) {
  return UnvReader(text).read();
}

}  // namespace seco::macro
