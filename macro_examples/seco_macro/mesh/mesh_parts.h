#pragma once

#include <deal.II/grid/tria.h>

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "macro_parameters.h"
#include "mesh_checks.h"

namespace seco::macro {

/// The rigid parts of a body. Without strain, cells that share a face move as one rigid body, a
/// part; parts that share only nodes or, in 3D, edges are joined by hinges, and others not at all.
/// Refinement changes none of this, since the motions without strain are linear, so that the mesh
/// before refinement tells.
template <int dim>
class MeshParts {
 public:
  MeshParts() = default;
  /// @param mesh not refined, with the boundary ids and the material ids of `labels`
  MeshParts(const dealii::Triangulation<dim>& mesh, const MeshLabels& labels);

  std::size_t n_parts() const { return parts_.size(); }

  /// The part that displacements prescribed on boundaries leave free, and its motions: "part 2 of 2
  /// (1 cell of ...), which can still move (translation along x)". Empty if all are held.
  /// @throws std::invalid_argument if too many parts are joined by hinges to tell
  std::string free_motions(const std::vector<BoundaryData<dim>>& displacement) const;

  /// What a user should know of hinges; empty if there are none.
  std::string hinge_note() const;

 private:
  static constexpr unsigned int n_motions = dim * (dim + 1) / 2;

  struct Part {
    std::size_t n_cells = 0;
    dealii::Point<dim> centre, low, high;
    std::set<std::int64_t> materials;
    /// Half of the longest edge of its bounding box.
    double size = 0;
  };
  /// A node that several parts share.
  struct Hinge {
    dealii::Point<dim> position;
    std::vector<std::uint32_t> parts;
  };

  /// Component c of a motion of a part at a point.
  double component(const Part& part, unsigned int motion, unsigned int c,
                   const dealii::Point<dim>& x) const;
  /// Parts that hinges join, in groups.
  std::vector<std::vector<std::uint32_t>> groups() const;
  std::string describe(std::uint32_t part) const;

  std::string group_word_;
  MeshLabels::Names material_names_;
  std::vector<Part> parts_;
  std::vector<Hinge> hinges_;
  /// Nodes by boundary id and part.
  std::map<std::pair<dealii::types::boundary_id, std::uint32_t>, std::vector<dealii::Point<dim>>>
      boundary_nodes_;
};

}  // namespace seco::macro
