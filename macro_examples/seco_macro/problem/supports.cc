// Planes of symmetry, springs and forces at points, once the mesh is known.
#include <deal.II/base/geometry_info.h>
#include <deal.II/fe/fe_values.h>
#include <deal.II/fe/mapping_q1.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "boundary_value_problem.h"
#include "find_point.h"
#include "seco/plugin/agree.h"
#include "seco/plugin/expressions.h"

namespace seco::macro {

namespace MPI = dealii::Utilities::MPI;

template <int dim>
std::optional<dealii::Tensor<1, dim>> BoundaryValueProblem<dim>::plane_of(
    const NamedBoundary& boundary, double size) const {
  // A normal and a point of any of its faces; the others show whether they are those of all.
  std::vector<double> own, first;
  const auto for_faces = [&](const auto& function) {
    for (const auto& cell : mesh_.active_cell_iterators()) {
      if (!cell->is_locally_owned()) continue;
      for (const auto& face : cell->face_iterators())
        if (face->at_boundary() && face->boundary_id() == boundary.id) function(face);
    }
  };
  for_faces([&](const auto& face) {
    if (!own.empty()) return;
    dealii::Tensor<1, dim> normal;
    if constexpr (dim == 2) {
      normal = dealii::cross_product_2d(dealii::Tensor<1, 2>(face->vertex(1) - face->vertex(0)));
    } else {
      normal = dealii::cross_product_3d(dealii::Tensor<1, 3>(face->vertex(1) - face->vertex(0)),
                                        dealii::Tensor<1, 3>(face->vertex(2) - face->vertex(0)));
    }
    normal /= normal.norm();
    for (unsigned int c = 0; c < dim; ++c) own.push_back(normal[c]);
    for (unsigned int c = 0; c < dim; ++c) own.push_back(face->vertex(0)[c]);
  });
  for (const auto& other : MPI::all_gather(log_.communicator(), own))
    if (first.empty()) first = other;
  dealii::Tensor<1, dim> normal;
  dealii::Point<dim> point;
  for (unsigned int c = 0; c < dim; ++c) {
    normal[c] = first.at(c);
    point[c] = first.at(dim + c);
  }
  double distance = 0;
  for_faces([&](const auto& face) {
    for (const auto v : face->vertex_indices())
      distance = std::max(distance, std::abs((face->vertex(v) - point) * normal));
  });
  if (MPI::max(distance, log_.communicator()) > 1e-8 * size) return std::nullopt;
  return normal;
}

template <int dim>
void BoundaryValueProblem<dim>::slide(
    const dealii::DoFHandler<dim>& dof_handler, dealii::AffineConstraints<double>& constraints,
    std::map<dealii::types::global_dof_index, dealii::Tensor<1, dim>>* normals) const {
  if (inclined_planes_.empty()) return;
  using Index = dealii::types::global_dof_index;
  const auto& element = dof_handler.get_fe();
  const auto& scalar = element.base_element(0);
  std::vector<Index> indices(element.n_dofs_per_cell());
  // By the unknown of the first component; of what slides already, the number of the plane.
  std::map<Index, std::size_t> plane_of_node;
  std::string problem;
  for (const auto& cell : dof_handler.active_cell_iterators()) {
    if (cell->is_artificial()) continue;
    for (const auto f : cell->face_indices()) {
      if (!cell->at_boundary(f)) continue;
      const auto plane =
          std::find_if(inclined_planes_.begin(), inclined_planes_.end(),
                       [&](const auto& other) { return other.id == cell->face(f)->boundary_id(); });
      if (plane == inclined_planes_.end()) continue;
      const auto number = static_cast<std::size_t>(plane - inclined_planes_.begin());
      const auto& normal = plane->normal;
      cell->get_dof_indices(indices);
      for (unsigned int node = 0; node < scalar.n_dofs_per_cell(); ++node) {
        if (!scalar.has_support_on_face(node, f)) continue;
        std::array<Index, dim> unknowns;
        for (unsigned int c = 0; c < dim; ++c)
          unknowns[c] = indices[element.component_to_system_index(c, node)];
        const auto [place, is_new] = plane_of_node.try_emplace(unknowns[0], number);
        if (!is_new) {
          const double parallel = normal * inclined_planes_[place->second].normal;
          if (std::abs(std::abs(parallel) - 1) > 1e-8)
            problem = described(plane->id, description_.labels.boundaries);
          continue;
        }
        // A hanging node follows others, which slide.
        bool hanging = false;
        int follower = -1;
        double prescribed = 0, largest = 0;
        for (unsigned int c = 0; c < dim; ++c) {
          const auto* line = constraints.get_constraint_entries(unknowns[c]);
          if (line && !line->empty()) hanging = true;
          if (line) {
            const double value = constraints.get_inhomogeneity(unknowns[c]);
            prescribed += normal[c] * value;
            largest = std::max(largest, std::abs(value));
          }
          if (!line && std::abs(normal[c]) > 1e-8 &&
              (follower < 0 || std::abs(normal[c]) > std::abs(normal[follower])))
            follower = static_cast<int>(c);
        }
        if (hanging) continue;
        if (normals) {
          (*normals)[unknowns[0]] = normal;
          continue;
        }
        if (follower < 0) {
          // Expressions of a displacement in the plane have round-off.
          if (std::abs(prescribed) > 1e-10 * largest)
            problem = described(plane->id, description_.labels.boundaries);
          continue;
        }
        constraints.add_line(unknowns[follower]);
        for (unsigned int c = 0; c < dim; ++c)
          if (static_cast<int>(c) != follower && normal[c] != 0. &&
              !constraints.is_constrained(unknowns[c]))
            constraints.add_entry(unknowns[follower], unknowns[c], -normal[c] / normal[follower]);
        if (prescribed != 0)
          constraints.set_inhomogeneity(unknowns[follower], -prescribed / normal[follower]);
      }
    }
  }
  plugin::run_together(log_.communicator(), [&] {
    if (problem.empty()) return;
    throw std::invalid_argument(fmt::format(
        "{}: key 'Symmetry' in section 'Boundary conditions': boundary {}, a plane that is not "
        "normal to an axis, meets another such plane, or displacements that leave it; allowed are "
        "planes normal to axes there. Turn the mesh",
        parameters_.file, problem));
  });
}

template <int dim>
void BoundaryValueProblem<dim>::add_symmetry() {
  // Extents of the mesh, and of each boundary.
  std::vector<std::array<double, 2 * dim>> extents(symmetry_.size() + 1);
  for (auto& box : extents) box.fill(std::numeric_limits<double>::max());
  const auto extend = [](std::array<double, 2 * dim>& box, const dealii::Point<dim>& x) {
    for (unsigned int c = 0; c < dim; ++c) {
      box[2 * c] = std::min(box[2 * c], x[c]);
      box[2 * c + 1] = std::min(box[2 * c + 1], -x[c]);
    }
  };
  for (const auto& cell : mesh_.active_cell_iterators()) {
    if (!cell->is_locally_owned()) continue;
    for (const auto v : cell->vertex_indices()) extend(extents.back(), cell->vertex(v));
    for (const auto& face : cell->face_iterators()) {
      if (!face->at_boundary()) continue;
      for (std::size_t s = 0; s < symmetry_.size(); ++s)
        if (symmetry_[s].id == face->boundary_id())
          for (const auto v : face->vertex_indices()) extend(extents[s], face->vertex(v));
    }
  }
  const auto extent = [&](const std::array<double, 2 * dim>& box, unsigned int c) {
    return -MPI::min(box[2 * c + 1], log_.communicator()) -
           MPI::min(box[2 * c], log_.communicator());
  };
  double size = 0;
  for (unsigned int c = 0; c < dim; ++c) size = std::max(size, extent(extents.back(), c));
  for (std::size_t s = 0; s < symmetry_.size(); ++s) {
    const auto& entry = symmetry_[s];
    const auto label = described(entry.id, description_.labels.boundaries);
    std::vector<unsigned int> axes;
    std::vector<std::string> widths;
    for (unsigned int c = 0; c < dim; ++c) {
      const double width = extent(extents[s], c);
      if (width <= 1e-8 * size) axes.push_back(c);
      widths.push_back(fmt::format("{:.3g} along {}", width, "xyz"[c]));
    }
    const auto refuse = [&](const std::string& what) {
      throw std::invalid_argument(
          fmt::format("{}: key 'Symmetry' in section 'Boundary conditions' names boundary {}, {}",
                      parameters_.file, label, what));
    };
    const auto same = std::find_if(common_.displacement.begin(), common_.displacement.end(),
                                   [&](const auto& other) { return other.id == entry.id; });
    if (axes.size() != 1) {
      const auto plane = plane_of(entry, size);
      if (!plane)
        refuse(
            fmt::format("which lies in no plane: its extent is {}; allowed are plane boundaries. "
                        "Divide it into its planes, or prescribe displacements",
                        fmt::join(widths, ", ")));
      if (same != common_.displacement.end())
        refuse(
            "a plane that is not normal to an axis, of which key 'Displacement' prescribes "
            "components; allowed is one of the two");
      inclined_planes_.push_back({entry, *plane});
      continue;
    }
    const unsigned int axis = axes[0];
    auto& prescribed = common_.displacement;
    if (same == prescribed.end()) {
      BoundaryData<dim> data;
      static_cast<NamedBoundary&>(data) = entry;
      data.function = plugin::parse_expressions<dim>(std::vector<std::string>(dim, "0"), true);
      data.prescribed = dealii::ComponentMask(dim, false);
      data.prescribed.set(axis, true);
      prescribed.push_back(std::move(data));
      continue;
    }
    if (same->prescribed[axis])
      refuse(
          fmt::format("whose displacement along {} is prescribed by key 'Displacement' already; "
                      "allowed is 'free' there",
                      "xyz"[axis]));
    // Components that are free have the value zero.
    same->prescribed.set(axis, true);
  }
}

template <int dim>
void BoundaryValueProblem<dim>::make_springs() {
  foundations_.clear();
  for (const auto& entry : springs_)
    foundations_.push_back({entry.id, entry.normal, entry.function});
  plugin::run_together(log_.communicator(), [&] {
    dealii::FEFaceValues<dim> values(element_, face_quadrature_, dealii::update_quadrature_points);
    for (const auto& cell : dof_handler_.active_cell_iterators()) {
      if (!cell->is_locally_owned()) continue;
      for (const auto f : cell->face_indices())
        for (const auto& entry : springs_) {
          if (!cell->at_boundary(f) || cell->face(f)->boundary_id() != entry.id) continue;
          values.reinit(cell, f);
          for (const auto& point : values.get_quadrature_points())
            for (unsigned int c = 0; c < entry.function->n_components; ++c) {
              const double value = entry.function->value(point, c);
              if (std::isfinite(value) && value >= 0) continue;
              std::vector<std::string> place;
              for (unsigned int i = 0; i < dim; ++i) place.push_back(fmt::format("{:g}", point[i]));
              throw std::invalid_argument(fmt::format(
                  "{}: key 'Springs' in section 'Boundary conditions' is {:g} at ({}) on boundary "
                  "{}; allowed are finite stiffnesses from 0",
                  parameters_.file, value, fmt::join(place, ", "),
                  described(entry.id, description_.labels.boundaries)));
            }
        }
    }
  });
  spring_matrices_ = SpringMatrices<dim>(dof_handler_, foundations_);
}

template <int dim>
std::vector<double> BoundaryValueProblem<dim>::other_supports_in_motions() const {
  constexpr unsigned int n = RigidMotions<dim>::n;
  const double largest = MPI::max(spring_matrices_.largest(), log_.communicator());
  if (!(largest > 0) && inclined_planes_.empty()) return {};
  std::vector<Vector> motions(n, zero_vector());
  for (unsigned int a = 0; a < n; ++a) {
    const auto& values = rigid_motions_->values(a);
    for (unsigned int i = 0; i < values.size(); ++i) motions[a].local_element(i) = values[i];
    motions[a].update_ghost_values();
  }
  std::vector<double> products(n * n, 0.);
  const unsigned int n_unknowns = element_.n_dofs_per_cell();
  std::vector<dealii::Vector<double>> local(n, dealii::Vector<double>(n_unknowns));
  std::vector<dealii::types::global_dof_index> indices(n_unknowns);
  dealii::Vector<double> force(n_unknowns);
  std::size_t number = 0;
  for (const auto& cell : dof_handler_.active_cell_iterators()) {
    if (!cell->is_locally_owned()) continue;
    const auto* const matrix = spring_matrices_.of_cell(number++);
    cell->get_dof_indices(indices);
    const auto slides = [&](unsigned int node) {
      return normals_.find(indices[element_.component_to_system_index(0, node)]);
    };
    for (unsigned int a = 0; a < n && (matrix || !normals_.empty()); ++a)
      cell->get_dof_values(motions[a], local[a]);
    for (unsigned int a = 0; matrix && a < n; ++a) {
      matrix->vmult(force, local[a]);
      for (unsigned int b = 0; b < n; ++b) products[a * n + b] += (local[b] * force) / largest;
    }
    // The normal motion of every node that slides.
    for (unsigned int node = 0; !normals_.empty() && node < n_unknowns / dim; ++node) {
      const auto place = slides(node);
      if (place == normals_.end()) continue;
      std::array<double, n> along{};
      for (unsigned int a = 0; a < n; ++a)
        for (unsigned int c = 0; c < dim; ++c)
          along[a] += place->second[c] * local[a](element_.component_to_system_index(c, node));
      for (unsigned int a = 0; a < n; ++a)
        for (unsigned int b = 0; b < n; ++b) products[a * n + b] += along[a] * along[b];
    }
  }
  return products;
}

template <int dim>
void BoundaryValueProblem<dim>::place_point_loads() {
  placed_loads_.clear();
  for (const auto* load : point_loads_) {
    const auto& point = load->point;
    const auto place = find_point(dof_handler_, point);
    if (!place.is_in_mesh) {
      std::vector<std::string> coordinates;
      for (unsigned int c = 0; c < dim; ++c) coordinates.push_back(fmt::format("{:g}", point[c]));
      throw std::invalid_argument(
          fmt::format("{}: key 'Point loads' in section 'Boundary conditions'{} names the point "
                      "({}), which lies outside the mesh; allowed are points of the body",
                      parameters_.file,
                      cases_.empty() ? "" : fmt::format(", or in 'Load case {}',", load_case_),
                      fmt::join(coordinates, ", ")));
    }
    if (place.cell)
      placed_loads_.push_back(
          {load, (*place.cell)->id(),
           dealii::GeometryInfo<dim>::project_to_unit_cell(
               dealii::StaticMappingQ1<dim>::mapping.transform_real_to_unit_cell(*place.cell,
                                                                                 point))});
  }
  const std::string note =
      "the displacement at a point load, and with it energy and compliance, grow without limit "
      "when the mesh is refined, since the energy of a force at a point of a continuum is "
      "infinite; bounds are those of this mesh";
  const auto& kept = log_.kept_notes();
  if (!point_loads_.empty() && std::find(kept.begin(), kept.end(), note) == kept.end())
    log_.keep_note(note);
}

#define INSTANTIATE(dim)                                                                     \
  template void BoundaryValueProblem<dim>::add_symmetry();                                   \
  template void BoundaryValueProblem<dim>::make_springs();                                   \
  template void BoundaryValueProblem<dim>::slide(                                            \
      const dealii::DoFHandler<dim>&, dealii::AffineConstraints<double>&,                    \
      std::map<dealii::types::global_dof_index, dealii::Tensor<1, dim>>*) const;             \
  template std::vector<double> BoundaryValueProblem<dim>::other_supports_in_motions() const; \
  template void BoundaryValueProblem<dim>::place_point_loads();
INSTANTIATE(2)
INSTANTIATE(3)
#undef INSTANTIATE

}  // namespace seco::macro
