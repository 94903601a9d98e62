// Elements of second order, of which the corners are taken.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "mesh_file.h"

namespace seco::macro {
namespace {

using Place = std::array<double, 3>;

/// Corners between whose middles further nodes may lie: edges, faces and the cell itself.
std::vector<std::vector<unsigned int>> parts_of(Shape shape) {
  switch (shape) {
    case Shape::line:
      return {{0, 1}};
    case Shape::quadrilateral:
      return {{0, 1}, {1, 2}, {2, 3}, {3, 0}, {0, 1, 2, 3}};
    case Shape::hexahedron:
      return {{0, 1},
              {1, 2},
              {2, 3},
              {3, 0},
              {4, 5},
              {5, 6},
              {6, 7},
              {7, 4},
              {0, 4},
              {1, 5},
              {2, 6},
              {3, 7},
              {0, 1, 2, 3},
              {4, 5, 6, 7},
              {0, 1, 5, 4},
              {1, 2, 6, 5},
              {2, 3, 7, 6},
              {3, 0, 4, 7},
              {0, 1, 2, 3, 4, 5, 6, 7}};
    default:
      return {};
  }
}

double distance(const Place& a, const Place& b) {
  return std::hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}

}  // namespace

void check_straight(const MeshFile& mesh, const FileElement& element,
                    const std::vector<std::uint32_t>& further) {
  std::vector<Place> middles;
  double size = 0;
  for (const auto& part : parts_of(element.shape)) {
    Place middle{};
    for (const auto v : part)
      for (int c = 0; c < 3; ++c)
        middle[c] += mesh.nodes[element.nodes[v]][c] / static_cast<double>(part.size());
    middles.push_back(middle);
    size = std::max(
        size, distance(mesh.nodes[element.nodes[part[0]]], mesh.nodes[element.nodes[part[1]]]));
  }
  // Other shapes are refused as such.
  if (middles.empty()) return;
  constexpr double tolerance = 1e-5;  // files may have few digits
  for (const auto node : further) {
    const auto& place = mesh.nodes[node];
    double nearest = INFINITY;
    for (const auto& middle : middles) nearest = std::min(nearest, distance(place, middle));
    if (nearest > tolerance * size)
      throw std::invalid_argument(fmt::format(
          "its element {} of second order is curved: its node at ({:g}, {:g}, {:g}) lies {:.3g} "
          "beside the middle of its edge or face, and cells have straight edges here. Allowed are "
          "elements of first order on a finer mesh ('Mesh.ElementOrder = 1' in Gmsh), or of "
          "second order with straight edges ('Mesh.SecondOrderLinear = 1'); the degree of the "
          "solution is the key 'Polynomial degree' in section 'Discretization'",
          element.number, place[0], place[1], place[2], nearest));
  }
}

void note_second_order(MeshFile& mesh, std::size_t n_elements) {
  if (n_elements > 0)
    mesh.notes.push_back(fmt::format(
        "{} elements of the mesh file are of second order; their edges are straight, and their "
        "corners are the mesh. The degree of the solution is the key 'Polynomial degree'",
        n_elements));
}

}  // namespace seco::macro
