#include "mesh_parts.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>

#include "rigid_motion.h"

namespace seco::macro {
namespace {

/// The eigenvalue problem of more parts takes too long.
constexpr std::size_t most_joined_parts = 200;

template <int dim>
std::string place_of(const dealii::Tensor<1, dim>& p) {
  std::vector<std::string> parts;
  for (int i = 0; i < dim; ++i)
    parts.push_back(fmt::format("{:.4g}", std::abs(p[i]) <= 1e-9 * p.norm() ? 0. : p[i]));
  return fmt::format("({})", fmt::join(parts, ", "));
}

using Matrix = Eigen::MatrixXd;

/// Motions of a part in words. @param motions one per column: translations, then rotations
///   times the size of the part
template <int dim>
std::string in_words(const Matrix& motions, const dealii::Point<dim>& centre, double size) {
  const Eigen::JacobiSVD<Matrix> svd(motions, Eigen::ComputeThinU);
  Eigen::Index rank = 0;
  for (const double value : svd.singularValues()) rank += value > 1e-5 * svd.singularValues()[0];
  const Matrix basis = svd.matrixU().leftCols(rank);
  if (rank == 1) {
    dealii::Tensor<1, dim> translation;
    for (int i = 0; i < dim; ++i) translation[i] = basis(i, 0);
    const Eigen::VectorXd rotation = basis.col(0).tail(basis.rows() - dim) / size;
    if (rotation.norm() * size > 1e-5) {
      if constexpr (dim == 2) {
        const dealii::Tensor<1, 2> arm({-translation[1], translation[0]});
        return "rotation about " + place_of(dealii::Tensor<1, 2>(centre + arm / rotation[0]));
      } else {
        const dealii::Tensor<1, 3> axis({rotation[0], rotation[1], rotation[2]});
        if (std::abs(axis * translation) < 1e-5 * axis.norm())
          return fmt::format(
              "rotation about the axis through {} along {}",
              place_of(dealii::Tensor<1, 3>(centre + dealii::cross_product_3d(axis, translation) /
                                                         axis.norm_square())),
              place_of(dealii::Tensor<1, 3>(axis / axis.norm())));
      }
    }
  }
  std::vector<std::string> names;
  for (int i = 0; i < basis.rows(); ++i) {
    if (basis.row(i).squaredNorm() < 0.1) continue;
    const char axis = "xyz"[i < dim ? i : i - dim];
    names.push_back(i < dim    ? fmt::format("translation along {}", axis)
                    : dim == 2 ? "rotation"
                               : fmt::format("rotation about {}", axis));
  }
  return fmt::format("{}", fmt::join(names, ", "));
}

class Sets {
 public:
  explicit Sets(std::size_t n) : parent_(n) { std::iota(parent_.begin(), parent_.end(), 0U); }
  std::uint32_t root(std::uint32_t i) {
    while (parent_[i] != i) i = parent_[i] = parent_[parent_[i]];
    return i;
  }
  void join(std::uint32_t i, std::uint32_t j) { parent_[root(i)] = root(j); }

 private:
  std::vector<std::uint32_t> parent_;
};

}  // namespace

template <int dim>
MeshParts<dim>::MeshParts(const dealii::Triangulation<dim>& mesh, const MeshLabels& labels)
    : group_word_(labels.group_word), material_names_(labels.materials) {
  Sets sets(mesh.n_active_cells());
  for (const auto& cell : mesh.active_cell_iterators())
    for (const auto f : cell->face_indices())
      if (!cell->at_boundary(f))
        sets.join(cell->active_cell_index(), cell->neighbor(f)->active_cell_index());
  std::map<std::uint32_t, std::uint32_t> numbers;
  std::vector<std::set<std::uint32_t>> parts_of_vertex(mesh.n_vertices());
  std::map<std::pair<dealii::types::boundary_id, std::uint32_t>, std::set<unsigned int>> nodes;
  for (const auto& cell : mesh.active_cell_iterators()) {
    const auto [entry, is_new] = numbers.try_emplace(sets.root(cell->active_cell_index()),
                                                     static_cast<std::uint32_t>(numbers.size()));
    const auto number = entry->second;
    if (is_new) {
      auto& part = parts_.emplace_back();
      part.low = part.high = cell->vertex(0);
    }
    auto& part = parts_[number];
    ++part.n_cells;
    part.centre += cell->center();
    part.materials.insert(cell->material_id());
    for (const auto v : cell->vertex_indices()) {
      parts_of_vertex[cell->vertex_index(v)].insert(number);
      for (int i = 0; i < dim; ++i) {
        part.low[i] = std::min(part.low[i], cell->vertex(v)[i]);
        part.high[i] = std::max(part.high[i], cell->vertex(v)[i]);
      }
    }
    for (const auto& face : cell->face_iterators())
      if (face->at_boundary())
        for (const auto v : face->vertex_indices())
          nodes[{face->boundary_id(), number}].insert(face->vertex_index(v));
  }
  for (auto& part : parts_) {
    part.centre /= static_cast<double>(part.n_cells);
    for (int i = 0; i < dim; ++i)
      part.size = std::max(part.size, 0.5 * (part.high[i] - part.low[i]));
  }
  for (const auto& [key, vertices] : nodes)
    for (const auto v : vertices) boundary_nodes_[key].push_back(mesh.get_vertices()[v]);
  for (unsigned int v = 0; v < mesh.n_vertices(); ++v)
    if (const auto& shared = parts_of_vertex[v]; shared.size() > 1)
      hinges_.push_back({mesh.get_vertices()[v], {shared.begin(), shared.end()}});
}

template <int dim>
double MeshParts<dim>::component(const Part& part, unsigned int motion, unsigned int c,
                                 const dealii::Point<dim>& x) const {
  return rigid_motion<dim>(motion, c, (x - part.centre) / part.size);
}

template <int dim>
std::vector<std::vector<std::uint32_t>> MeshParts<dim>::groups() const {
  Sets sets(parts_.size());
  for (const auto& hinge : hinges_)
    for (const auto part : hinge.parts) sets.join(part, hinge.parts[0]);
  std::map<std::uint32_t, std::vector<std::uint32_t>> groups;
  for (std::uint32_t p = 0; p < parts_.size(); ++p) groups[sets.root(p)].push_back(p);
  std::vector<std::vector<std::uint32_t>> result;
  for (auto& [root, group] : groups) result.push_back(std::move(group));
  return result;
}

template <int dim>
std::string MeshParts<dim>::free_motions(const std::vector<BoundaryData<dim>>& displacement) const {
  std::string first;
  std::size_t n_free = 0;
  for (const auto& group : groups()) {
    if (group.size() > most_joined_parts)
      throw std::invalid_argument(fmt::format(
          "the mesh has {} parts that are joined at nodes or edges only, too many to check whether "
          "they are held; allowed are {}",
          group.size(), most_joined_parts));
    std::map<std::uint32_t, Eigen::Index> begin;
    for (const auto p : group) begin.emplace(p, n_motions * begin.size());
    const auto n = static_cast<Eigen::Index>(n_motions * group.size());
    // The motions without strain that vanish where displacements are prescribed, and in which the
    // parts stay together at hinges, are the null space of this matrix. Each condition enters as a
    // mean over its nodes.
    Matrix gram = Matrix::Zero(n, n);
    for (const auto& entry : displacement)
      for (const auto p : group) {
        const auto nodes = boundary_nodes_.find({entry.id, p});
        if (nodes == boundary_nodes_.end()) continue;
        for (unsigned int c = 0; c < dim; ++c) {
          if (!entry.prescribed[c]) continue;
          for (const auto& x : nodes->second) {
            Eigen::Matrix<double, n_motions, 1> row;
            for (unsigned int m = 0; m < n_motions; ++m) row[m] = component(parts_[p], m, c, x);
            gram.block(begin[p], begin[p], n_motions, n_motions) +=
                row * row.transpose() / static_cast<double>(nodes->second.size());
          }
        }
      }
    std::map<std::pair<std::uint32_t, std::uint32_t>, std::vector<dealii::Point<dim>>> joints;
    for (const auto& hinge : hinges_)
      if (begin.count(hinge.parts[0]) > 0)
        for (std::size_t i = 1; i < hinge.parts.size(); ++i)
          joints[{hinge.parts[0], hinge.parts[i]}].push_back(hinge.position);
    for (const auto& [pair, nodes] : joints)
      for (const auto& x : nodes)
        for (unsigned int c = 0; c < dim; ++c) {
          Eigen::Matrix<double, 2 * n_motions, 1> row;
          for (unsigned int m = 0; m < n_motions; ++m) {
            row[m] = component(parts_[pair.first], m, c, x);
            row[n_motions + m] = -component(parts_[pair.second], m, c, x);
          }
          const Eigen::Matrix<double, 2 * n_motions, 2 * n_motions> product =
              row * row.transpose() / static_cast<double>(nodes.size());
          const std::array places{begin[pair.first], begin[pair.second]};
          for (int i = 0; i < 2; ++i)
            for (int j = 0; j < 2; ++j)
              gram.block(places[i], places[j], n_motions, n_motions) +=
                  product.block(i * n_motions, j * n_motions, n_motions, n_motions);
        }
    const Eigen::SelfAdjointEigenSolver<Matrix> solver(gram);
    Eigen::Index n_null = 0;
    while (n_null < n && solver.eigenvalues()[n_null] <= 1e-12 * solver.eigenvalues()[n - 1])
      ++n_null;
    if (n_null == 0) continue;
    const Matrix null = solver.eigenvectors().leftCols(n_null);
    std::uint32_t most_free = group[0];
    double largest = 0;
    for (const auto p : group) {
      const double norm = null.middleRows(begin[p], n_motions).norm();
      n_free += norm > 1e-5;
      if (norm > (1 + 1e-6) * largest) {
        largest = norm;
        most_free = p;
      }
    }
    if (!first.empty()) continue;
    first = fmt::format("{}, which can still move ({})", describe(most_free),
                        in_words<dim>(null.middleRows(begin[most_free], n_motions),
                                      parts_[most_free].centre, parts_[most_free].size));
    std::vector<std::string> joined;
    for (const auto& hinge : hinges_)
      if (std::count(hinge.parts.begin(), hinge.parts.end(), most_free) > 0 && joined.size() < 3)
        joined.push_back(place_of(dealii::Tensor<1, dim>(hinge.position)));
    if (!joined.empty())
      first += fmt::format(" although it shares nodes with others, at {}, but no face",
                           fmt::join(joined, ", "));
  }
  if (n_free > 1) first += fmt::format("; {} parts in all can move", n_free);
  return first;
}

template <int dim>
std::string MeshParts<dim>::describe(std::uint32_t number) const {
  const auto& part = parts_[number];
  std::vector<std::string> materials;
  for (const auto id : part.materials) materials.push_back(described(id, material_names_));
  return fmt::format(
      "part {} of {} of the body ({} cell{} of {} {}, centre {}, from {} to {})", number + 1,
      parts_.size(), part.n_cells, part.n_cells == 1 ? "" : "s",
      group_word_ == "id" || part.materials.count(0) > 0 ? "material id" : group_word_,
      fmt::join(materials, ", "), place_of(dealii::Tensor<1, dim>(part.centre)),
      place_of(dealii::Tensor<1, dim>(part.low)), place_of(dealii::Tensor<1, dim>(part.high)));
}

template <int dim>
std::string MeshParts<dim>::hinge_note() const {
  if (hinges_.empty()) return "";
  return fmt::format(
      "{} node{} of the mesh join{} parts of it that share no face, the first at {}: the parts can "
      "turn there as at a hinge",
      hinges_.size(), hinges_.size() == 1 ? "" : "s", hinges_.size() == 1 ? "s" : "",
      place_of(dealii::Tensor<1, dim>(hinges_[0].position)));
}

template class MeshParts<2>;
template class MeshParts<3>;

}  // namespace seco::macro
