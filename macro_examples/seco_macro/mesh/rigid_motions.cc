#include "rigid_motions.h"

#include <deal.II/base/mpi.h>
#include <deal.II/fe/mapping_q1.h>
#include <fmt/format.h>

#include <Eigen/Dense>
#include <array>

#include "rigid_motion.h"

namespace seco::macro {
namespace {

template <int dim>
std::string name_of(unsigned int motion) {
  const char axes[] = "xyz";
  if (motion < dim) return fmt::format("translation along {}", axes[motion]);
  return dim == 2 ? "rotation" : fmt::format("rotation about {}", axes[motion - dim]);
}

}  // namespace

template <int dim>
RigidMotions<dim>::RigidMotions(const dealii::DoFHandler<dim>& dof_handler)
    : owned_(dof_handler.locally_owned_dofs()),
      communicator_(dof_handler.get_communicator()),
      values_(n, std::vector<double>(owned_.n_elements())) {
  const auto& element = dof_handler.get_fe();
  struct Node {
    unsigned int component = 0;
    dealii::Point<dim> position;
  };
  std::vector<Node> nodes(owned_.n_elements());
  std::vector<dealii::types::global_dof_index> indices(element.n_dofs_per_cell());
  const auto& mapping = dealii::StaticMappingQ1<dim>::mapping;
  std::array<double, dim> low, high;
  low.fill(std::numeric_limits<double>::max());
  high.fill(std::numeric_limits<double>::lowest());
  for (const auto& cell : dof_handler.active_cell_iterators()) {
    if (!cell->is_locally_owned()) continue;
    cell->get_dof_indices(indices);
    for (unsigned int i = 0; i < indices.size(); ++i) {
      if (!owned_.is_element(indices[i])) continue;
      auto& node = nodes[owned_.index_within_set(indices[i])];
      node.component = element.system_to_component_index(i).first;
      node.position = mapping.transform_unit_to_real_cell(cell, element.unit_support_point(i));
      for (unsigned int c = 0; c < dim; ++c) {
        low[c] = std::min(low[c], node.position[c]);
        high[c] = std::max(high[c], node.position[c]);
      }
    }
  }
  dealii::Point<dim> centre;
  double size = 0;
  for (unsigned int c = 0; c < dim; ++c) {
    low[c] = dealii::Utilities::MPI::min(low[c], communicator_);
    high[c] = dealii::Utilities::MPI::max(high[c], communicator_);
    centre[c] = 0.5 * (low[c] + high[c]);
    size = std::max(size, 0.5 * (high[c] - low[c]));
  }
  for (unsigned int motion = 0; motion < n; ++motion)
    for (std::size_t i = 0; i < nodes.size(); ++i)
      values_[motion][i] =
          rigid_motion<dim>(motion, nodes[i].component, (nodes[i].position - centre) / size);
}

template <int dim>
std::string RigidMotions<dim>::free_motions(
    const std::map<dealii::types::global_dof_index, double>& prescribed,
    const std::vector<double>& springs) const {
  // The motions that vanish at all prescribed unknowns are the null space of their Gram matrix.
  std::vector<double> products(n * n, 0.), total(n * n);
  if (!springs.empty()) products = springs;
  for (const auto& [index, value] : prescribed) {
    if (!owned_.is_element(index)) continue;
    const auto k = owned_.index_within_set(index);
    for (unsigned int i = 0; i < n; ++i)
      for (unsigned int j = 0; j < n; ++j) products[i * n + j] += values_[i][k] * values_[j][k];
  }
  dealii::Utilities::MPI::sum(products, communicator_, total);
  const Eigen::Map<const Eigen::Matrix<double, n, n>> gram(total.data());
  const Eigen::SelfAdjointEigenSolver<Eigen::Matrix<double, n, n>> solver(gram);
  const double largest = solver.eigenvalues()[n - 1];
  std::string names;
  bool any = false;
  std::array<double, n> share{};
  for (unsigned int e = 0; e < n; ++e) {
    if (solver.eigenvalues()[e] > 1e-12 * largest) continue;
    any = true;
    for (unsigned int i = 0; i < n; ++i)
      share[i] += solver.eigenvectors()(i, e) * solver.eigenvectors()(i, e);
  }
  for (unsigned int i = 0; i < n; ++i)
    if (share[i] > 0.1) names += (names.empty() ? "" : ", ") + name_of<dim>(i);
  return any && names.empty() ? "a rigid motion" : names;
}

template class RigidMotions<2>;
template class RigidMotions<3>;

}  // namespace seco::macro
