#include "mesh_checks.h"

#include <deal.II/grid/grid_tools.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <boost/geometry.hpp>
#include <boost/geometry/geometries/box.hpp>
#include <boost/geometry/geometries/point.hpp>
#include <boost/geometry/index/rtree.hpp>
#include <cmath>
#include <numeric>
#include <stdexcept>

namespace seco::macro {
namespace {

namespace bg = boost::geometry;

constexpr std::uint32_t none = ~std::uint32_t{0};

template <typename... Arguments>
[[noreturn]] void refuse(fmt::format_string<Arguments...> text, Arguments&&... arguments) {
  throw std::invalid_argument(fmt::format(text, std::forward<Arguments>(arguments)...));
}

template <int dim>
std::string place(const dealii::Point<dim>& p) {
  std::vector<std::string> parts;
  for (int i = 0; i < dim; ++i) parts.push_back(fmt::format("{:.6g}", p[i] == 0 ? 0. : p[i]));
  return fmt::format("({})", fmt::join(parts, ", "));
}

/// Corners of a cell of a file in lexicographic order, as deal.II has them.
constexpr std::array<unsigned int, 8> lexicographic{0, 1, 3, 2, 4, 5, 7, 6};

/// Faces of a cell by its corners in the order of the file, as seen from outside.
template <int dim>
constexpr auto faces_of_cell() {
  if constexpr (dim == 2)
    return std::array<std::array<unsigned int, 2>, 4>{{{0, 1}, {1, 2}, {2, 3}, {3, 0}}};
  else
    return std::array<std::array<unsigned int, 4>, 6>{
        {{0, 3, 2, 1}, {4, 5, 6, 7}, {0, 1, 5, 4}, {1, 2, 6, 5}, {2, 3, 7, 6}, {3, 0, 4, 7}}};
}

/// Determinant of the Jacobian of the bilinear or trilinear mapping at a point of the unit cell.
template <int dim>
double determinant(const std::vector<dealii::Point<dim>>& corners, const dealii::Point<dim>& xi) {
  dealii::Tensor<2, dim> jacobian;
  for (unsigned int v = 0; v < corners.size(); ++v)
    for (int j = 0; j < dim; ++j) {
      double gradient = 1;
      for (int k = 0; k < dim; ++k) {
        const bool upper = (v >> k) & 1U;
        gradient *= k == j ? (upper ? 1. : -1.) : (upper ? xi[k] : 1. - xi[k]);
      }
      for (int i = 0; i < dim; ++i) jacobian[i][j] += corners[v][i] * gradient;
    }
  return dealii::determinant(jacobian);
}

template <int dim>
class Builder {
 public:
  explicit Builder(const MeshFile& file) : file_(file) {}

  MeshLabels build(dealii::Triangulation<dim>& mesh) {
    labels_.group_word = file_.group_word;
    labels_.notes = file_.notes;
    check_shapes();
    number_vertices();
    check_labels();
    check_coincident_cells();
    orient_cells();
    find_faces();
    label_faces();
    check_nodes_of_the_boundary();
    make_labels();
    create(mesh);
    return std::move(labels_);
  }

 private:
  static constexpr unsigned int n_corners = 1U << dim;
  static constexpr unsigned int n_face_corners = 1U << (dim - 1);
  using Corners = std::array<std::uint32_t, n_corners>;
  using FaceKey = std::array<std::uint32_t, n_face_corners>;
  struct Face {
    /// Sorted vertices.
    FaceKey key;
    std::uint32_t cell = 0;
    /// In their cycle around the face, seen from outside of the cell.
    FaceKey cycle;
    std::int64_t label = MeshFile::no_group;
  };

  std::string group(const FileElement& element) const {
    return file_.describe(dimension(element.shape), element.group);
  }
  const FileElement& cell(std::size_t i) const { return file_.elements[cells_[i]]; }
  std::string named_cell(std::size_t i) const {
    return fmt::format("element {} ({})", cell(i).number, group(cell(i)));
  }

  void check_shapes() {
    std::map<Shape, std::size_t> counts;
    for (const auto& element : file_.elements) ++counts[element.shape];
    std::vector<std::string> listed;
    for (const auto& [shape, n] : counts)
      if (shape != Shape::point) listed.push_back(fmt::format("{} {}", n, name_of(shape, n)));
    const auto all =
        listed.empty() ? std::string("no elements") : fmt::format("{}", fmt::join(listed, ", "));
    const auto wanted = dim == 2 ? Shape::quadrilateral : Shape::hexahedron;
    for (const auto& [shape, n] : counts) {
      if (dimension(shape) > dim)
        refuse(
            "it has {}, and 'Dimension' at the top level is 2; allowed are meshes of "
            "quadrilaterals with lines at the boundary",
            all);
      const bool simplex =
          dimension(shape) >= 2 && shape != Shape::quadrilateral && shape != Shape::hexahedron;
      if (simplex && (dimension(shape) == dim || counts.count(wanted) > 0))
        refuse("it has {}; allowed are meshes of {} alone (in Gmsh: recombine the surfaces{})", all,
               name_of(wanted, 2),
               dim == 2
                   ? ", or 'Mesh.SubdivisionAlgorithm = 1'"
                   : " and extrude or transfinite volumes, or 'Mesh.SubdivisionAlgorithm = 2'");
    }
    if (counts.count(wanted) == 0)
      refuse("it has no {}, but {}; a mesh of 'Dimension' = {} consists of them{}",
             name_of(wanted, 2), all, dim,
             counts.empty() ? ""
                            : " (in Gmsh: are the volumes, or in 2D the surfaces, meshed, and in a "
                              "physical group?)");
  }

  void number_vertices() {
    vertex_of_node_.assign(file_.nodes.size(), none);
    double low = INFINITY, high = -INFINITY;
    for (std::size_t i = 0; i < file_.elements.size(); ++i) {
      const auto& element = file_.elements[i];
      if (dimension(element.shape) != dim) continue;
      cells_.push_back(static_cast<std::uint32_t>(i));
      for (unsigned int v = 0; v < n_corners; ++v) {
        auto& vertex = vertex_of_node_[element.nodes[v]];
        if (vertex != none) continue;
        vertex = static_cast<std::uint32_t>(vertices_.size());
        const auto& node = file_.nodes[element.nodes[v]];
        auto& point = vertices_.emplace_back();
        for (int c = 0; c < dim; ++c) point[c] = node[c];
        low = std::min(low, node[2]);
        high = std::max(high, node[2]);
      }
    }
    dealii::Point<dim> first = vertices_.front(), last = first;
    for (const auto& point : vertices_)
      for (int c = 0; c < dim; ++c) {
        first[c] = std::min(first[c], point[c]);
        last[c] = std::max(last[c], point[c]);
      }
    size_ = (last - first).norm();
    if (dim == 2 && high - low > 1e-8 * std::max(size_, high - low))
      refuse(
          "its nodes lie between z = {:g} and z = {:g}; allowed with 'Dimension' = 2 are meshes "
          "in a plane of constant z",
          low, high);
  }

  /// Ids that are no ids.
  void check_labels() const {
    for (const auto& element : file_.elements)
      if (element.group < MeshFile::no_group || element.group > 2147483647)
        refuse("its element {} has {} {}; allowed are 0 to 2147483647", element.number,
               file_.group_word, element.group);
  }

  /// A number for every place, which is the same for nodes at the same place.
  std::vector<std::uint32_t> places() const {
    const double grid = 1e-9 * size_;
    std::vector<std::uint32_t> parent(vertices_.size());
    std::iota(parent.begin(), parent.end(), 0U);
    const auto root = [&](std::uint32_t i) {
      while (parent[i] != i) i = parent[i] = parent[parent[i]];
      return i;
    };
    // Two grids: places that round-off puts on two sides of a line of one are together in the
    // other.
    for (const double shift : {0., 0.5}) {
      std::vector<std::pair<std::array<std::int64_t, dim>, std::uint32_t>> keys(vertices_.size());
      for (std::uint32_t i = 0; i < vertices_.size(); ++i) {
        keys[i].second = i;
        for (int c = 0; c < dim; ++c)
          keys[i].first[c] =
              std::llround(std::floor((vertices_[i][c] - vertices_[0][c]) / grid + shift));
      }
      std::sort(keys.begin(), keys.end());
      for (std::size_t i = 1; i < keys.size(); ++i)
        if (keys[i].first == keys[i - 1].first)
          parent[root(keys[i].second)] = root(keys[i - 1].second);
    }
    std::vector<std::uint32_t> result(vertices_.size());
    for (std::uint32_t i = 0; i < vertices_.size(); ++i) result[i] = root(i);
    return result;
  }

  void check_coincident_cells() {
    places_ = places();
    std::vector<std::pair<Corners, std::uint32_t>> keys(cells_.size());
    for (std::uint32_t i = 0; i < cells_.size(); ++i) {
      auto& [corners, number] = keys[i];
      number = i;
      for (unsigned int v = 0; v < n_corners; ++v)
        corners[v] = places_[vertex_of_node_[cell(i).nodes[v]]];
      std::sort(corners.begin(), corners.end());
      if (const auto twice = std::adjacent_find(corners.begin(), corners.end());
          twice != corners.end())
        refuse("its {} has two corners at {}; allowed are {} with {} different corners",
               named_cell(i), place(vertices_[*twice]), name_of(cell(i).shape, 2), n_corners);
    }
    std::sort(keys.begin(), keys.end());
    std::size_t n = 0;
    std::map<std::set<std::int64_t>, std::size_t> groups;
    std::pair<std::uint32_t, std::uint32_t> example;
    for (std::size_t i = 1; i < keys.size(); ++i) {
      if (keys[i].first != keys[i - 1].first) continue;
      if (n++ == 0) example = {keys[i - 1].second, keys[i].second};
      ++groups[{cell(keys[i - 1].second).group, cell(keys[i].second).group}];
    }
    if (n == 0) return;
    std::vector<std::string> causes;
    for (const auto& [pair, count] : groups) {
      const auto &one = *pair.begin(), &two = *pair.rbegin();
      causes.push_back(one == two
                           ? fmt::format("{} twice in {}", count, file_.describe(dim, one))
                           : fmt::format("{} both in {} and in {}", count, file_.describe(dim, one),
                                         file_.describe(dim, two)));
    }
    const auto one = cell(example.first).number, two = cell(example.second).number;
    refuse(
        "{} of its cells coincide with others ({}), for example {}, which would count twice; "
        "allowed is every cell once, in one {}",
        n, fmt::join(causes, "; "),
        one == two ? fmt::format("element {}", one) : fmt::format("elements {} and {}", one, two),
        file_.group_word);
  }

  /// Checks the volumes and turns cells whose volume is negative.
  void orient_cells() {
    std::vector<dealii::Point<dim>> samples;
    for (unsigned int i = 0; i < (dim == 2 ? 9U : 27U); ++i) {
      auto& point = samples.emplace_back();
      for (unsigned int c = 0, rest = i; c < dim; ++c, rest /= 3) point[c] = 0.5 * (rest % 3);
    }
    std::vector<dealii::Point<dim>> corners(n_corners);
    for (std::size_t i = 0; i < cells_.size(); ++i) {
      Corners vertices;
      for (unsigned int v = 0; v < n_corners; ++v) vertices[v] = vertex_of_node_[cell(i).nodes[v]];
      double length = 0;
      for (unsigned int v = 0; v < n_corners; ++v) {
        corners[v] = vertices_[vertices[lexicographic[v]]];
        length = std::max(length, corners[v].distance(corners[0]));
      }
      const double tolerance = 1e-10 * std::pow(length, dim);
      double smallest = INFINITY, largest = -INFINITY;
      for (const auto& sample : samples) {
        const double value = determinant(corners, sample);
        smallest = std::min(smallest, value);
        largest = std::max(largest, value);
      }
      if (largest < tolerance && smallest > -tolerance)
        refuse("its {} with a corner at {} has no {}", named_cell(i), place(corners[0]),
               dim == 2 ? "area" : "volume");
      if (largest > tolerance && smallest < -tolerance)
        refuse(
            "its {} with a corner at {} is folded or not convex: the determinant of its mapping "
            "goes from {:.3g} to {:.3g}; allowed are cells where it has one sign",
            named_cell(i), place(corners[0]), smallest, largest);
      if (largest < tolerance) {
        // The same cell, seen from the other side.
        if (dim == 2)
          std::swap(vertices[1], vertices[3]);
        else
          std::rotate(vertices.begin(), vertices.begin() + n_corners / 2, vertices.end());
      }
      corners_.push_back(vertices);
    }
  }

  static FaceKey key_of(const FaceKey& cycle) {
    auto key = cycle;
    std::sort(key.begin(), key.end());
    return key;
  }

  void find_faces() {
    constexpr auto local = faces_of_cell<dim>();
    for (std::uint32_t i = 0; i < cells_.size(); ++i)
      for (const auto& corners : local) {
        Face face;
        face.cell = i;
        for (unsigned int v = 0; v < n_face_corners; ++v) face.cycle[v] = corners_[i][corners[v]];
        face.key = key_of(face.cycle);
        faces_.push_back(face);
      }
    std::sort(faces_.begin(), faces_.end(), [](const Face& a, const Face& b) {
      return std::tie(a.key, a.cell) < std::tie(b.key, b.cell);
    });
    for (std::size_t i = 0, end = 0; i < faces_.size(); i = end) {
      end = i + 1;
      while (end < faces_.size() && faces_[end].key == faces_[i].key) ++end;
      if (end - i > 2)
        refuse("its {}, {} and {} share one face; allowed are two cells at a face",
               named_cell(faces_[i].cell), named_cell(faces_[i + 1].cell),
               named_cell(faces_[i + 2].cell));
      if (end - i < 2) continue;
      // From the two sides, the cycles are opposite. One of two vertices has no beginning.
      auto one = faces_[i].cycle, two = faces_[i + 1].cycle;
      std::reverse(two.begin(), two.end());
      if (dim == 3)
        for (auto* cycle : {&one, &two})
          std::rotate(cycle->begin(), std::min_element(cycle->begin(), cycle->end()), cycle->end());
      if (one != two)
        refuse(
            "its {} and {}, which share a face, lie on the same side of it, or their corners do "
            "not fit; allowed are cells that do not overlap",
            named_cell(faces_[i].cell), named_cell(faces_[i + 1].cell));
    }
  }

  /// First of the one or two faces with these vertices; end of all if there is none.
  typename std::vector<Face>::iterator find_face(const FaceKey& key) {
    const auto first =
        std::lower_bound(faces_.begin(), faces_.end(), key,
                         [](const Face& face, const FaceKey& sought) { return face.key < sought; });
    return first != faces_.end() && first->key == key ? first : faces_.end();
  }
  bool at_boundary(typename std::vector<Face>::iterator face) const {
    return face + 1 == faces_.end() || (face + 1)->key != face->key;
  }

  void label_faces() {
    for (const auto& element : file_.elements) {
      if (dimension(element.shape) + 1 != dim) {
        if (dimension(element.shape) + 1 < dim && element.group != MeshFile::no_group)
          labels_.edges[element.group] = name(dimension(element.shape), element.group);
        continue;
      }
      FaceKey vertices;
      bool known = true;
      for (unsigned int v = 0; v < n_face_corners; ++v) {
        vertices[v] = vertex_of_node_[element.nodes[v]];
        known &= vertices[v] != none;
      }
      const auto face = known ? find_face(key_of(vertices)) : faces_.end();
      if (face == faces_.end()) {
        // Without a label it says nothing.
        if (element.group == MeshFile::no_group) continue;
        refuse(
            "its {} {} ({}) at {} is no face of a cell; allowed are faces of cells, with their "
            "nodes",
            name_of(element.shape, 1), element.number, group(element), centre(element));
      }
      if (element.group == MeshFile::no_group) continue;
      if (!at_boundary(face)) {
        ++labels_.inner_faces[element.group];
        continue;
      }
      if (face->label != MeshFile::no_group && face->label != element.group)
        refuse("its face at {} (element {}) is in {} and in {}; allowed is one boundary for a face",
               centre(element), element.number, file_.describe(dim - 1, face->label),
               group(element));
      face->label = element.group;
    }
  }

  std::string name(unsigned int d, std::int64_t group) const {
    const auto found = file_.names.find({d, group});
    return found == file_.names.end() ? "" : found->second;
  }

  std::string centre(const FileElement& element) const {
    dealii::Point<dim> sum;
    for (unsigned int v = 0; v < n_nodes(element.shape); ++v)
      for (int c = 0; c < dim; ++c) sum[c] += file_.nodes[element.nodes[v]][c];
    return place(dealii::Point<dim>(sum / n_nodes(element.shape)));
  }

  /// Number of the body, of cells that share nodes, that every vertex is in.
  std::vector<std::uint32_t> bodies() const {
    std::vector<std::uint32_t> parent(vertices_.size());
    std::iota(parent.begin(), parent.end(), 0U);
    const auto root = [&](std::uint32_t i) {
      while (parent[i] != i) i = parent[i] = parent[parent[i]];
      return i;
    };
    for (const auto& corners : corners_)
      for (const auto v : corners) parent[root(v)] = root(corners[0]);
    for (std::uint32_t i = 0; i < parent.size(); ++i) parent[i] = root(i);
    return parent;
  }

  /// Whether a point lies on a segment, or on a quadrilateral, which is taken as two triangles.
  bool lies_on(const Face& face, const dealii::Point<dim>& p) const {
    const auto corner = [&](unsigned int v) { return vertices_[face.cycle[v]]; };
    const double tolerance = 1e-8;
    if constexpr (dim == 2) {
      const auto edge = corner(1) - corner(0), to = p - corner(0);
      const double t = (to * edge) / edge.norm_square();
      return t > 0 && t < 1 && (to - t * edge).norm() < tolerance * edge.norm();
    } else {
      for (const auto& [b, c] : {std::pair(1U, 2U), std::pair(2U, 3U)}) {
        const auto u = corner(b) - corner(0), w = corner(c) - corner(0), to = p - corner(0);
        const double uu = u * u, uw = u * w, ww = w * w, det = uu * ww - uw * uw;
        const double s = ((to * u) * ww - (to * w) * uw) / det,
                     t = ((to * w) * uu - (to * u) * uw) / det;
        if (s > -tolerance && t > -tolerance && s + t < 1 + tolerance &&
            (to - s * u - t * w).norm() < tolerance * std::sqrt(uu + ww))
          return true;
      }
      return false;
    }
  }

  /// Nodes that cells next to each other do not share, at which they are not joined.
  void check_nodes_of_the_boundary() {
    using Point = bg::model::point<double, dim, bg::cs::cartesian>;
    const auto to_point = [](const dealii::Point<dim>& p) {
      Point result;
      bg::set<0>(result, p[0]);
      bg::set<1>(result, p[1]);
      if constexpr (dim == 3) bg::set<2>(result, p[2]);
      return result;
    };
    std::vector<std::pair<Point, std::uint32_t>> nodes;
    std::vector<bool> listed(vertices_.size(), false);
    std::vector<typename std::vector<Face>::iterator> boundary;
    const auto body = bodies();
    for (auto face = faces_.begin(); face != faces_.end();) {
      const bool outer = at_boundary(face);
      if (outer) {
        boundary.push_back(face);
        for (const auto v : face->key) {
          if (!listed[v]) nodes.emplace_back(to_point(vertices_[v]), v);
          listed[v] = true;
        }
      }
      face += outer ? 1 : 2;
    }
    const bg::index::rtree<std::pair<Point, std::uint32_t>, bg::index::quadratic<16>> tree(nodes);
    std::size_t n_beside = 0;
    std::uint32_t beside = 0;
    std::vector<std::pair<Point, std::uint32_t>> found;
    for (const auto& face : boundary) {
      auto low = vertices_[face->key[0]], high = low;
      for (const auto v : face->key)
        for (int c = 0; c < dim; ++c) {
          low[c] = std::min(low[c], vertices_[v][c]);
          high[c] = std::max(high[c], vertices_[v][c]);
        }
      for (int c = 0; c < dim; ++c) {
        low[c] -= 1e-9 * size_;
        high[c] += 1e-9 * size_;
      }
      found.clear();
      tree.query(bg::index::intersects(bg::model::box<Point>(to_point(low), to_point(high))),
                 std::back_inserter(found));
      for (const auto& [point, v] : found) {
        const bool corner = std::any_of(face->key.begin(), face->key.end(),
                                        [&](auto other) { return places_[other] == places_[v]; });
        if (corner || !lies_on(*face, vertices_[v])) continue;
        if (body[v] == body[face->key[0]])
          refuse(
              "its node at {} lies on a face of {} without being one of its corners (a hanging "
              "node), so the cells there are not joined; allowed are meshes whose cells share "
              "whole faces. Refine with 'Global refinements' and 'Local refinements'",
              place(vertices_[v]), named_cell(face->cell));
        if (n_beside++ == 0) beside = v;
      }
    }
    std::size_t n_coincident = 0;
    std::uint32_t coincident = 0;
    std::vector<std::uint32_t> sorted;
    for (const auto& [point, v] : nodes) sorted.push_back(v);
    std::sort(sorted.begin(), sorted.end(),
              [&](auto a, auto b) { return places_[a] < places_[b]; });
    for (std::size_t i = 1; i < sorted.size(); ++i)
      if (places_[sorted[i]] == places_[sorted[i - 1]] && n_coincident++ == 0)
        coincident = sorted[i];
    if (n_coincident > 0)
      labels_.notes.push_back(fmt::format(
          "{} nodes of the mesh are at the same place as others, the first at {}: the cells there "
          "are not joined, as at a crack (in Gmsh, 'Coherence Mesh' joins them)",
          n_coincident, place(vertices_[coincident])));
    if (n_beside > 0)
      labels_.notes.push_back(fmt::format(
          "{} nodes of a body of the mesh lie on faces of another one, the first at {}: the bodies "
          "touch there and are not joined",
          n_beside, place(vertices_[beside])));
  }

  void make_labels() {
    std::size_t n_cells = 0;
    for (std::size_t i = 0; i < cells_.size(); ++i) {
      const auto group = cell(i).group;
      n_cells += group == MeshFile::no_group;
      labels_.materials[std::max<std::int64_t>(group, 0)] = name(dim, group);
    }
    std::size_t n_labelled = 0;
    for (auto face = faces_.begin(); face != faces_.end();) {
      const bool outer = at_boundary(face);
      if (outer) {
        const bool labelled = face->label != MeshFile::no_group;
        n_labelled += labelled;
        labels_.n_unlabelled_faces += !labelled;
        auto& text = labels_.boundaries[std::max<std::int64_t>(face->label, 0)];
        if (labelled) text = name(dim - 1, face->label);
      }
      face += outer ? 1 : 2;
    }
    const bool only_zero = labels_.materials.size() == 1 && labels_.materials.count(0) > 0;
    if (n_cells == cells_.size() || (n_labelled == 0 && only_zero))
      labels_.notes.push_back(fmt::format(
          "no cell of the mesh file has a {}: all are of material id 0{}", file_.group_word,
          file_.names.empty() ? ""
                              : " (Gmsh writes no groups in format 2 with 'Mesh.SaveAll = 1')"));
    else if (n_cells > 0)
      labels_.notes.push_back(
          fmt::format("{} of {} cells of the mesh file have no {}: they are of material id 0",
                      n_cells, cells_.size(), file_.group_word));
    if (n_labelled == 0)
      labels_.notes.push_back(
          fmt::format("no face at the boundary of the mesh has a {}: the whole boundary is "
                      "boundary 0",
                      file_.group_word));
    for (const auto& [group, n] : labels_.inner_faces)
      labels_.notes.push_back(
          fmt::format("{} faces of {} lie inside the body, where there are no "
                      "boundary conditions",
                      n, file_.describe(dim - 1, group)));
  }

  void create(dealii::Triangulation<dim>& mesh) {
    std::vector<dealii::CellData<dim>> cells(cells_.size());
    for (std::size_t i = 0; i < cells.size(); ++i) {
      cells[i].vertices.resize(n_corners);
      for (unsigned int v = 0; v < n_corners; ++v)
        cells[i].vertices[v] = corners_[i][lexicographic[v]];
      cells[i].material_id =
          static_cast<dealii::types::material_id>(std::max<std::int64_t>(cell(i).group, 0));
    }
    dealii::GridTools::consistently_order_cells(cells);
    mesh.create_triangulation(vertices_, cells, dealii::SubCellData());
    for (const auto& cell : mesh.active_cell_iterators())
      for (const auto& face : cell->face_iterators()) {
        if (!face->at_boundary()) continue;
        FaceKey vertices;
        for (unsigned int v = 0; v < n_face_corners; ++v) vertices[v] = face->vertex_index(v);
        const auto label = find_face(key_of(vertices))->label;
        face->set_all_boundary_ids(
            static_cast<dealii::types::boundary_id>(std::max<std::int64_t>(label, 0)));
      }
  }

  const MeshFile& file_;
  MeshLabels labels_;
  double size_ = 0;
  /// Indices of the cells in the elements of the file.
  std::vector<std::uint32_t> cells_;
  std::vector<std::uint32_t> vertex_of_node_;
  std::vector<dealii::Point<dim>> vertices_;
  std::vector<std::uint32_t> places_;
  /// Of positive volume, in the order of the file.
  std::vector<Corners> corners_;
  std::vector<Face> faces_;
};

}  // namespace

std::string described(std::int64_t id, const MeshLabels::Names& names) {
  const auto name = names.find(id);
  return name == names.end() || name->second.empty() ? fmt::format("{}", id)
                                                     : fmt::format("{} '{}'", id, name->second);
}

std::string described(const MeshLabels::Names& names) {
  std::vector<std::string> texts;
  for (const auto& [id, name] : names) texts.push_back(described(id, names));
  return fmt::format("{}", fmt::join(texts, ", "));
}

template <int dim>
MeshLabels make_triangulation(const MeshFile& file, dealii::Triangulation<dim>& mesh) {
  return Builder<dim>(file).build(mesh);
}

template <int dim>
MeshFile mesh_file_of(const dealii::Triangulation<dim>& mesh) {
  MeshFile file;
  file.format = "deal.II";
  file.group_word = "id";
  for (const auto& vertex : mesh.get_vertices()) {
    auto& node = file.nodes.emplace_back();
    for (int c = 0; c < dim; ++c) node[c] = vertex[c];
  }
  const auto add = [&](const auto& object, std::int64_t id,
                       const std::map<unsigned int, Shape>& shapes) {
    FileElement element;
    element.shape = shapes.at(object->n_vertices());
    element.group = id;
    element.number = file.elements.size();
    for (const auto v : object->vertex_indices())
      element.nodes[lexicographic.at(v)] = object->vertex_index(v);
    file.elements.push_back(element);
  };
  const std::map<unsigned int, Shape> cells =
      dim == 2 ? std::map<unsigned int, Shape>{{3, Shape::triangle}, {4, Shape::quadrilateral}}
               : std::map<unsigned int, Shape>{{4, Shape::tetrahedron},
                                               {5, Shape::pyramid},
                                               {6, Shape::prism},
                                               {8, Shape::hexahedron}};
  const std::map<unsigned int, Shape> faces =
      dim == 2 ? std::map<unsigned int, Shape>{{2, Shape::line}}
               : std::map<unsigned int, Shape>{{3, Shape::triangle}, {4, Shape::quadrilateral}};
  for (const auto& cell : mesh.active_cell_iterators()) {
    add(cell, cell->material_id(), cells);
    for (const auto& face : cell->face_iterators())
      if (face->at_boundary()) add(face, face->boundary_id(), faces);
  }
  return file;
}

template MeshLabels make_triangulation<2>(const MeshFile&, dealii::Triangulation<2>&);
template MeshLabels make_triangulation<3>(const MeshFile&, dealii::Triangulation<3>&);
template MeshFile mesh_file_of<2>(const dealii::Triangulation<2>&);
template MeshFile mesh_file_of<3>(const dealii::Triangulation<3>&);

}  // namespace seco::macro
