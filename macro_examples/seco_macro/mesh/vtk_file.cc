// Legacy VTK files as text
// (https://docs.vtk.org/en/latest/vtk_file_formats/vtk_legacy_file_format.html).
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <stdexcept>

#include "mesh_file.h"
#include "seco/materials/text.h"

namespace seco::macro {
namespace {

constexpr const char* id_array = "MaterialID";

class VtkReader {
 public:
  explicit VtkReader(MeshText text) : text_(text) {}

  MeshFile read() {
    mesh_.group_word = "id";
    const std::string header(text_.line());
    mesh_.format = "legacy VTK " + materials::trimmed(header.substr(header.rfind(' ') + 1));
    text_.line();
    if (const auto kind = text_.word(); kind != "ASCII")
      text_.fail(fmt::format("the file is {}; allowed is ASCII", kind));
    text_.expect("DATASET");
    if (const auto kind = text_.word(); kind != "UNSTRUCTURED_GRID")
      text_.fail(fmt::format("the data set is {}; allowed is UNSTRUCTURED_GRID", kind));
    while (text_.has_word()) {
      const std::string section(text_.word());
      text_.part = "section " + section;
      if (section == "POINTS") {
        const auto n = text_.count();
        text_.word();
        for (std::size_t i = 0; i < n; ++i)
          for (auto& x : mesh_.nodes.emplace_back()) x = text_.real();
      } else if (section == "CELLS") {
        read_cells();
      } else if (section == "CELL_TYPES") {
        types_.resize(text_.count());
        for (auto& type : types_) type = text_.integer();
      } else if (section == "CELL_DATA") {
        n_values_ = text_.count();
        of_cells_ = true;
      } else if (section == "POINT_DATA") {
        n_values_ = text_.count();
        of_cells_ = false;
      } else if (section == "METADATA") {
        // It ends with an empty line.
        text_.line();
        while (text_.has_line() && !materials::trimmed(std::string(text_.line())).empty()) {
        }
      } else {
        read_data(section);
      }
    }
    make_elements();
    return std::move(mesh_);
  }

 private:
  void read_cells() {
    const auto first = text_.count(), second = text_.count();
    const auto start = text_.position();
    if (text_.has_word() && text_.word() == "OFFSETS") {
      text_.word();
      for (std::size_t i = 0; i < first; ++i) begin_.push_back(text_.count());
      text_.expect("CONNECTIVITY");
      text_.word();
      for (std::size_t i = 0; i < second; ++i) nodes_.push_back(text_.count());
      return;
    }
    text_.go_to(start);
    begin_.push_back(0);
    for (std::size_t i = 0; i < first; ++i) {
      for (auto n = text_.count(); n > 0; --n) nodes_.push_back(text_.count());
      begin_.push_back(nodes_.size());
    }
  }

  void read_data(const std::string& section) {
    if (section == "SCALARS") {
      const std::string name(text_.word());
      text_.word();
      const auto rest = materials::trimmed(std::string(text_.line()));
      std::size_t n = rest.empty() ? 1 : materials::to_count(rest).value_or(0);
      text_.expect("LOOKUP_TABLE");
      text_.word();
      read_values(name, n);
    } else if (section == "FIELD") {
      text_.word();
      for (auto arrays = text_.count(); arrays > 0; --arrays) {
        const std::string name(text_.word());
        const auto n = text_.count(), n_tuples = text_.count();
        const std::string type(text_.word());
        if (n_values_ > 0 && n_tuples == n_values_ && type != "string") {
          read_values(name, n);
        } else {
          for (std::size_t i = 0; i < n * n_tuples; ++i) text_.word();
        }
      }
    } else if (section == "VECTORS" || section == "NORMALS" || section == "TENSORS") {
      const std::string name(text_.word());
      text_.word();
      read_values(name, section == "TENSORS" ? 9 : 3);
    } else {
      text_.fail("such sections are not read");
    }
  }

  void read_values(const std::string& name, std::size_t n_components) {
    if (of_cells_ && name == id_array) {
      if (n_components != 1)
        text_.fail(fmt::format("{} has {} components; allowed is 1", name, n_components));
      if (!ids_.empty()) text_.fail(name + " comes twice");
      for (std::size_t i = 0; i < n_values_; ++i) {
        const double id = text_.real();
        if (id != std::floor(id) || id < -1 || id > 4e9)
          text_.fail(fmt::format("{} = {:g}; allowed are integers", name, id));
        ids_.push_back(static_cast<std::int64_t>(id));
      }
      return;
    }
    for (std::size_t i = 0; i < n_values_ * n_components; ++i) text_.real();
    if (of_cells_) others_.push_back(name);
  }

  void make_elements() {
    const std::size_t n = types_.size();
    if (n == 0 || begin_.size() != n + 1)
      throw std::invalid_argument(
          fmt::format("it has {} cells in section CELLS and {} in section CELL_TYPES",
                      begin_.empty() ? 0 : begin_.size() - 1, n));
    if (!ids_.empty() && ids_.size() != n)
      throw std::invalid_argument(fmt::format("it has {} cells and {} ids", n, ids_.size()));
    const std::map<std::int64_t, Shape> shapes{
        {1, Shape::point},          {3, Shape::line},          {5, Shape::triangle},
        {8, Shape::quadrilateral},  {9, Shape::quadrilateral}, {10, Shape::tetrahedron},
        {11, Shape::hexahedron},    {12, Shape::hexahedron},   {13, Shape::prism},
        {14, Shape::pyramid},       {21, Shape::line},         {22, Shape::triangle},
        {23, Shape::quadrilateral}, {24, Shape::tetrahedron},  {25, Shape::hexahedron},
        {26, Shape::prism},         {27, Shape::pyramid},      {28, Shape::quadrilateral},
        {29, Shape::hexahedron}};
    // Of second order, whose corners come first.
    const std::map<std::int64_t, unsigned int> second_order{
        {21, 3}, {22, 6}, {23, 8}, {24, 10}, {25, 20}, {26, 15}, {27, 13}, {28, 9}, {29, 27}};
    std::size_t n_second_order = 0;
    for (std::size_t i = 0; i < n; ++i) {
      const auto shape = shapes.find(types_[i]);
      if (shape == shapes.end())
        throw std::invalid_argument(fmt::format(
            "it has cells of type {}; allowed are quadrilaterals and hexahedra of first order, or "
            "of second order with straight edges, with lines and points",
            types_[i]));
      FileElement element;
      element.shape = shape->second;
      element.number = i;
      element.group = ids_.empty() ? MeshFile::no_group : ids_[i];
      const auto second = second_order.find(types_[i]);
      const auto n_corners = n_nodes(element.shape);
      const auto n_here = second == second_order.end() ? n_corners : second->second;
      std::vector<std::uint32_t> further;
      if (begin_[i + 1] < begin_[i] || begin_[i + 1] > nodes_.size() ||
          begin_[i + 1] - begin_[i] != n_here)
        throw std::invalid_argument(
            fmt::format("its cell {} of type {} has no {} nodes", i, types_[i], n_here));
      for (unsigned int v = 0; v < n_here; ++v) {
        const auto node = nodes_[begin_[i] + v];
        if (node >= mesh_.nodes.size())
          throw std::invalid_argument(
              fmt::format("its cell {} has node {}, which it does not define", i, node));
        if (v < n_corners)
          element.nodes[v] = static_cast<std::uint32_t>(node);
        else
          further.push_back(static_cast<std::uint32_t>(node));
      }
      n_second_order += !further.empty();
      check_straight(mesh_, element, further);
      // Pixels and voxels are in lexicographic order.
      if (types_[i] == 8 || types_[i] == 11) std::swap(element.nodes[2], element.nodes[3]);
      if (types_[i] == 11) std::swap(element.nodes[6], element.nodes[7]);
      mesh_.elements.push_back(element);
    }
    note_second_order(mesh_, n_second_order);
    if (ids_.empty() && !others_.empty())
      mesh_.notes.push_back(
          fmt::format("of its cell data ({}) none is named {}, which is the only one that is read",
                      fmt::join(others_, ", "), id_array));
  }

  MeshText text_;
  MeshFile mesh_;
  std::vector<std::size_t> begin_, nodes_;
  std::vector<std::int64_t> types_, ids_;
  std::vector<std::string> others_;
  std::size_t n_values_ = 0;
  bool of_cells_ = false;
};

}  // namespace

MeshFile read_vtk(MeshText text) {
  return VtkReader(text).read();
}

}  // namespace seco::macro
