#include "traction_jumps.h"

#include <deal.II/dofs/dof_tools.h>
#include <deal.II/fe/fe_dgq.h>
#include <deal.II/fe/fe_system.h>
#include <deal.II/fe/fe_values.h>

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>

namespace seco::macro {
namespace {

namespace MPI = dealii::Utilities::MPI;

/// Largest eigenvalue of the tangents of the points of a cell.
template <int dim>
double largest_modulus(const double* coefficients, unsigned int n_points) {
  constexpr unsigned int n = StiffnessField<dim>::n_strains;
  double largest = 0;
  for (unsigned int q = 0; q < n_points; ++q) {
    Eigen::Matrix<double, n, n> matrix;
    for (unsigned int a = 0; a < n; ++a)
      for (unsigned int b = a; b < n; ++b) matrix(a, b) = matrix(b, a) = *coefficients++;
    const Eigen::SelfAdjointEigenSolver<decltype(matrix)> spectrum(matrix, Eigen::EigenvaluesOnly);
    largest = std::max(largest, spectrum.eigenvalues().maxCoeff());
  }
  return largest;
}

/// The stresses of cells, as polynomials, and their moduli; of neighbours on other ranks, too.
template <int dim>
class CellPolynomials {
 public:
  static constexpr unsigned int n_components = dim * (dim + 1) / 2;

  CellPolynomials(const BoundaryValueProblem<dim>& problem, const MaterialField<dim>& materials,
                  const StepResponse<dim>& response)
      : n_points_(problem.quadrature().size()),
        // Its nodes are the quadrature points.
        element_(dealii::FE_DGQArbitraryNodes<dim>(dealii::QGauss<1>(points_along_axis())),
                 n_components + 1),
        dof_handler_(problem.mesh()) {
    dof_handler_.distribute_dofs(element_);
    values_.reinit(dof_handler_.locally_owned_dofs(),
                   dealii::DoFTools::extract_locally_relevant_dofs(dof_handler_),
                   problem.mesh().get_communicator());
    std::vector<dealii::types::global_dof_index> indices(element_.n_dofs_per_cell());
    CellCoefficients gathered;
    std::size_t number = 0;
    materials.for_local_cells([&](const auto& cell, auto m, auto first) {
      typename dealii::DoFHandler<dim>::active_cell_iterator here(&problem.mesh(), cell->level(),
                                                                  cell->index(), &dof_handler_);
      here->get_dof_indices(indices);
      const double modulus =
          largest_modulus<dim>(response.tangent.cell(number++, gathered), n_points_);
      for (unsigned int q = 0; q < n_points_; ++q) {
        const auto& stress = response.answers[m].stress[first + q];
        unsigned int c = 0;
        for (unsigned int i = 0; i < dim; ++i)
          for (unsigned int j = i; j < dim; ++j)
            values_(indices[element_.component_to_system_index(c++, q)]) = stress[i][j];
        values_(indices[element_.component_to_system_index(c, q)]) = modulus;
      }
    });
    values_.update_ghost_values();
  }

  const dealii::FESystem<dim>& element() const { return element_; }
  const dealii::DoFHandler<dim>& dof_handler() const { return dof_handler_; }
  double modulus(const typename dealii::DoFHandler<dim>::active_cell_iterator& cell) const {
    std::vector<dealii::types::global_dof_index> indices(element_.n_dofs_per_cell());
    cell->get_dof_indices(indices);
    return values_(indices[element_.component_to_system_index(n_components, 0)]);
  }
  /// The traction on a side of a face, at its quadrature points, with the normal of that side.
  template <typename FaceValues>
  std::vector<dealii::Tensor<1, dim>> tractions(const FaceValues& face) const {
    std::vector<dealii::Vector<double>> values(face.n_quadrature_points,
                                               dealii::Vector<double>(n_components + 1));
    face.get_function_values(values_, values);
    std::vector<dealii::Tensor<1, dim>> result(values.size());
    for (unsigned int q = 0; q < values.size(); ++q) {
      dealii::SymmetricTensor<2, dim> stress;
      unsigned int c = 0;
      for (unsigned int i = 0; i < dim; ++i)
        for (unsigned int j = i; j < dim; ++j) stress[i][j] = values[q](c++);
      result[q] = stress * face.normal_vector(q);
    }
    return result;
  }

 private:
  unsigned int points_along_axis() const {
    return static_cast<unsigned int>(std::lround(std::pow(n_points_, 1. / dim)));
  }

  unsigned int n_points_;
  dealii::FESystem<dim> element_;
  dealii::DoFHandler<dim> dof_handler_;
  dealii::LinearAlgebra::distributed::Vector<double> values_;
};

}  // namespace

template <int dim>
TractionJumps traction_jumps(const BoundaryValueProblem<dim>& problem,
                             const MaterialField<dim>& materials,
                             const StepResponse<dim>& response) {
  const auto& mesh = problem.mesh();
  TractionJumps result;
  result.of_cell.assign(mesh.n_active_cells(), 0.);
  const CellPolynomials<dim> stresses(problem, materials, response);
  const auto flags =
      dealii::update_values | dealii::update_normal_vectors | dealii::update_JxW_values;
  const auto& element = stresses.element();
  dealii::FEFaceValues<dim> own(element, problem.face_quadrature(), flags),
      other(element, problem.face_quadrature(), flags);
  dealii::FESubfaceValues<dim> own_part(element, problem.face_quadrature(), flags),
      other_part(element, problem.face_quadrature(), flags);
  // int |[t]|^2; normals of the two sides are opposite, and so are their tractions.
  const auto jump = [&](const auto& here, const auto& there) {
    const auto a = stresses.tractions(here), b = stresses.tractions(there);
    double sum = 0;
    for (unsigned int q = 0; q < a.size(); ++q) sum += here.JxW(q) * (a[q] + b[q]).norm_square();
    return sum;
  };
  for (const auto& cell : stresses.dof_handler().active_cell_iterators()) {
    if (!cell->is_locally_owned()) continue;
    const double modulus = stresses.modulus(cell);
    double sum = 0;
    const auto add = [&](double square, const auto& neighbor) {
      const double larger = std::max(modulus, stresses.modulus(neighbor));
      if (larger > 0) sum += square / larger;
    };
    for (const auto f : cell->face_indices()) {
      if (cell->at_boundary(f)) continue;
      const auto neighbor = cell->neighbor(f);
      if (neighbor->has_children()) {
        const auto there = cell->neighbor_of_neighbor(f);
        for (unsigned int part = 0; part < cell->face(f)->n_children(); ++part) {
          const auto child = cell->neighbor_child_on_subface(f, part);
          own_part.reinit(cell, f, part);
          other.reinit(child, there);
          add(jump(own_part, other), child);
        }
      } else if (cell->neighbor_is_coarser(f)) {
        const auto [there, part] = cell->neighbor_of_coarser_neighbor(f);
        own.reinit(cell, f);
        other_part.reinit(neighbor, there, part);
        add(jump(own, other_part), neighbor);
      } else {
        own.reinit(cell, f);
        other.reinit(neighbor, cell->neighbor_of_neighbor(f));
        add(jump(own, other), neighbor);
      }
    }
    result.of_cell[cell->active_cell_index()] = std::sqrt(cell->diameter() / 24 * sum);
  }
  dealii::FEValues<dim> values(problem.element(), problem.quadrature(), dealii::update_JxW_values);
  double scale = 0;
  materials.for_local_cells([&](const auto& cell, auto m, auto first) {
    values.reinit(cell);
    typename dealii::DoFHandler<dim>::active_cell_iterator here(&mesh, cell->level(), cell->index(),
                                                                &stresses.dof_handler());
    const double modulus = stresses.modulus(here);
    if (!(modulus > 0)) return;
    for (const auto q : values.quadrature_point_indices()) {
      const auto& stress = response.answers[m].stress[first + q];
      scale += values.JxW(q) * (stress * stress) / modulus;
    }
  });
  result.scale = MPI::sum(scale, mesh.get_communicator());
  return result;
}

template TractionJumps traction_jumps(const BoundaryValueProblem<2>&, const MaterialField<2>&,
                                      const StepResponse<2>&);
template TractionJumps traction_jumps(const BoundaryValueProblem<3>&, const MaterialField<3>&,
                                      const StepResponse<3>&);

}  // namespace seco::macro
