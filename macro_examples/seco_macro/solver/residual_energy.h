#pragma once

#include <deal.II/lac/full_matrix.h>

#include <optional>
#include <vector>

#include "linear_solver.h"
#include "stiffness_field.h"

namespace seco::macro {

/// Guaranteed upper bound of the energy r . K^-1 r of a residual r = f - K u, which is the square
/// of the energy norm of the error of u, without solving with K.
///
/// The residual is written as a sum of loads of single cells, r . v = sum_c g_c . v_c for all v
/// that fulfil the constraints, each of which is in equilibrium by itself. With the stiffness K_c
/// of the cells, K = sum_c K_c, and the inequality of Cauchy and Schwarz
///   r . K^-1 r <= sum_c g_c . K_c^+ g_c .
/// Resultants travel to the supports along a tree of cells that share faces, which prefers stiff
/// ones. This is the discrete form of bounds by stresses in equilibrium (Prager, Synge 1947;
/// Ladeveze, Leguillon 1983); the tree is the simplest way of finding such stresses. The bound may
/// be far above the energy; it does not depend on the condition of K. Springs S_f at faces are
/// supports that give way: their loads s_f add  s_f . S_f^+ s_f.
template <int dim>
class ResidualEnergy {
 public:
  using Vector = typename LinearSolver<dim>::Vector;

  /// What it refers to must outlive it. Collective.
  explicit ResidualEnergy(const Discretization<dim>& discretization);

  /// @param stiffness positive definite at all points
  /// @param residual zero at constrained unknowns
  /// @return none where a part of the body hangs on others by nodes or edges alone, or where a
  ///   stiffness is not positive definite. Collective.
  std::optional<double> bound(const StiffnessField<dim>& stiffness, const Vector& residual) const {
    return bound(stiffness, residual, nullptr);
  }

  /// What balances a residual cell by cell.
  struct Balance {
    /// The displacements K_c^+ g_c of the locally owned cells, each in the order of the element:
    /// with the stiffness their strains make stresses at the points, which with the loads s_f of
    /// springs are in equilibrium with the residual,
    ///   sum_q w_q stress_q : eps_q(v) = (r + s_f) . v.
    std::vector<dealii::Vector<double>> displacements;
    /// s_f . S_f^+ s_f of all springs.
    double springs = 0;
  };
  /// Arguments and errors as above.
  std::optional<Balance> balance(const StiffnessField<dim>& stiffness,
                                 const Vector& residual) const {
    Balance result;
    if (!bound(stiffness, residual, &result)) return std::nullopt;
    return result;
  }

 private:
  std::optional<double> bound(const StiffnessField<dim>& stiffness, const Vector& residual,
                              Balance* balance) const;

  static constexpr unsigned int n_modes = dim * (dim + 1) / 2;
  using Cell = typename dealii::DoFHandler<dim>::active_cell_iterator;
  /// Work of a load on the rigid motions: forces, then moments.
  using Resultant = std::array<double, n_modes>;
  struct Node {
    dealii::Point<dim> position;
    unsigned int component = 0;
  };
  /// What the tree says of a cell: where its resultant goes, and what arrives there.
  struct Transport {
    double parent = -1;
    Resultant resultant{}, reaction{};
  };

  std::vector<Node> nodes_of(const Cell& cell) const;
  /// The scaled loads of the springs of a cell in the rigid motions, one column per motion.
  dealii::FullMatrix<double> spring_loads(std::size_t number, const std::vector<Node>& nodes) const;
  /// What supports take in the rigid motions, one column per motion, as loads at the nodes of a
  /// cell: of unknowns that are held by themselves, and of nodes that slide in a plane.
  dealii::FullMatrix<double> support_loads(const Cell& cell, const std::vector<Node>& nodes) const;
  /// Unknowns of a cell on one of its faces.
  std::vector<unsigned int> on_face(unsigned int face) const;
  /// Adds a load at the nodes of the face between two neighbours whose resultant is the given one,
  /// to the load of `cell`. Both neighbours compute the same.
  void add_face_load(const Cell& cell, const Cell& neighbour, unsigned int face_of_cell,
                     const Resultant& resultant, double factor, dealii::Vector<double>& load) const;
  std::optional<std::vector<Transport>> transport(const std::vector<Resultant>& resultants,
                                                  const std::vector<double>& softness) const;
  /// Calls function(neighbour, face) for all cells behind the faces of a cell.
  template <typename Function>
  void for_neighbours(const Cell& cell, const Function& function) const;

  Discretization<dim> discretization_;
  MPI_Comm communicator_;
  dealii::Point<dim> centre_;
  double size_ = 1;
  /// Of the locally owned cells: Gram matrices of the rigid motions at their supports, and global
  /// numbers of the cell and of its neighbours.
  std::vector<double> gram_, numbers_;
  std::vector<std::vector<double>> neighbours_;
  /// Makes the stiffness of springs comparable to that of supports, which count as 1.
  double spring_scale_ = 0;
};

}  // namespace seco::macro
