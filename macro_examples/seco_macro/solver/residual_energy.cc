#include "residual_energy.h"

#include <deal.II/base/mpi.h>
#include <deal.II/dofs/dof_tools.h>
#include <deal.II/fe/mapping_q1.h>
#include <deal.II/grid/grid_tools.h>

#include <Eigen/Dense>
#include <algorithm>
#include <boost/serialization/vector.hpp>
#include <cmath>
#include <limits>
#include <map>
#include <queue>

#include "element_stiffness.h"
#include "rigid_motion.h"

namespace seco::macro {
namespace {

namespace MPI = dealii::Utilities::MPI;

/// Cells as the vertices of a graph, on one rank.
struct Graph {
  std::vector<std::vector<std::size_t>> neighbours;
  std::vector<double> softness;
  CellCoefficients gathered;
};

/// Trees of shortest paths, one per connected part, that start where there are supports.
struct Forest {
  static constexpr std::size_t none = static_cast<std::size_t>(-1);
  std::vector<std::size_t> parent, root;
  /// Parents come before their children.
  std::vector<std::size_t> order;
};

Forest grow(const Graph& graph, const std::vector<std::size_t>& starts) {
  const std::size_t n = graph.softness.size();
  Forest forest;
  forest.parent.assign(n, Forest::none);
  forest.root.assign(n, Forest::none);
  std::vector<double> distance(n, std::numeric_limits<double>::infinity());
  std::vector<bool> done(n, false);
  using Entry = std::pair<double, std::size_t>;
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> queue;
  for (const auto start : starts) {
    if (done[start]) continue;
    distance[start] = 0;
    forest.root[start] = start;
    queue.emplace(0., start);
    while (!queue.empty()) {
      const auto [length, cell] = queue.top();
      queue.pop();
      if (done[cell]) continue;
      done[cell] = true;
      forest.order.push_back(cell);
      for (const auto next : graph.neighbours[cell]) {
        const double longer = length + graph.softness[cell] + graph.softness[next];
        if (done[next] || longer >= distance[next]) continue;
        distance[next] = longer;
        forest.parent[next] = cell;
        forest.root[next] = start;
        queue.emplace(longer, next);
      }
    }
  }
  return forest;
}

}  // namespace

template <int dim>
template <typename Function>
void ResidualEnergy<dim>::for_neighbours(const Cell& cell, const Function& function) const {
  for (const auto f : cell->face_indices()) {
    if (cell->face(f)->at_boundary()) continue;
    const auto neighbour = cell->neighbor(f);
    if (!neighbour->has_children()) {
      function(Cell(neighbour), f);
      continue;
    }
    for (unsigned int s = 0; s < cell->face(f)->n_children(); ++s)
      function(Cell(cell->neighbor_child_on_subface(f, s)), f);
  }
}

template <int dim>
std::vector<typename ResidualEnergy<dim>::Node> ResidualEnergy<dim>::nodes_of(
    const Cell& cell) const {
  const auto& element = discretization_.dof_handler.get_fe();
  std::vector<Node> nodes(element.n_dofs_per_cell());
  for (unsigned int i = 0; i < nodes.size(); ++i) {
    nodes[i].component = element.system_to_component_index(i).first;
    for (const auto v : cell->vertex_indices())
      nodes[i].position +=
          dealii::GeometryInfo<dim>::d_linear_shape_function(element.unit_support_point(i), v) *
          cell->vertex(v);
  }
  return nodes;
}

template <int dim>
std::vector<unsigned int> ResidualEnergy<dim>::on_face(unsigned int face) const {
  const auto& element = discretization_.dof_handler.get_fe();
  std::vector<unsigned int> result;
  for (unsigned int i = 0; i < element.n_dofs_per_cell(); ++i)
    if (std::abs(element.unit_support_point(i)[face / 2] - face % 2) < 1e-12) result.push_back(i);
  return result;
}

template <int dim>
dealii::FullMatrix<double> ResidualEnergy<dim>::spring_loads(std::size_t number,
                                                             const std::vector<Node>& nodes) const {
  const auto n = static_cast<unsigned int>(nodes.size());
  dealii::FullMatrix<double> motions(n, n_modes), loads(n, n_modes);
  for (unsigned int i = 0; i < n; ++i)
    for (unsigned int a = 0; a < n_modes; ++a)
      motions(i, a) =
          rigid_motion<dim>(a, nodes[i].component, (nodes[i].position - centre_) / size_);
  discretization_.springs->of_cell(number)->mmult(loads, motions);
  loads *= spring_scale_;
  return loads;
}

template <int dim>
dealii::FullMatrix<double> ResidualEnergy<dim>::support_loads(
    const Cell& cell, const std::vector<Node>& nodes) const {
  const auto& element = discretization_.dof_handler.get_fe();
  const auto n = static_cast<unsigned int>(nodes.size());
  dealii::FullMatrix<double> loads(n, n_modes);
  std::vector<dealii::types::global_dof_index> indices(n);
  cell->get_dof_indices(indices);
  const auto motion = [&](unsigned int i, unsigned int a) {
    return rigid_motion<dim>(a, nodes[i].component, (nodes[i].position - centre_) / size_);
  };
  for (unsigned int i = 0; i < n; ++i) {
    // What is held is constrained by itself; a hanging node follows others.
    const auto* line = discretization_.constraints.get_constraint_entries(indices[i]);
    if (!line || !line->empty()) continue;
    for (unsigned int a = 0; a < n_modes; ++a) loads(i, a) += motion(i, a);
  }
  if (!discretization_.normals) return loads;
  for (unsigned int node = 0; node < n / dim; ++node) {
    const auto first = element.component_to_system_index(0, node);
    const auto place = discretization_.normals->find(indices[first]);
    if (place == discretization_.normals->end()) continue;
    for (unsigned int a = 0; a < n_modes; ++a) {
      double normal_motion = 0;
      for (unsigned int c = 0; c < dim; ++c)
        normal_motion += place->second[c] * motion(element.component_to_system_index(c, node), a);
      for (unsigned int c = 0; c < dim; ++c)
        loads(element.component_to_system_index(c, node), a) += place->second[c] * normal_motion;
    }
  }
  return loads;
}

template <int dim>
ResidualEnergy<dim>::ResidualEnergy(const Discretization<dim>& discretization)
    : discretization_(discretization),
      communicator_(discretization.dof_handler.get_communicator()) {
  const auto& dof_handler = discretization_.dof_handler;
  std::array<double, dim> low, high;
  low.fill(std::numeric_limits<double>::max());
  high.fill(std::numeric_limits<double>::lowest());
  for (const auto& cell : dof_handler.active_cell_iterators()) {
    if (!cell->is_locally_owned()) continue;
    for (const auto v : cell->vertex_indices())
      for (unsigned int c = 0; c < dim; ++c) {
        low[c] = std::min(low[c], cell->vertex(v)[c]);
        high[c] = std::max(high[c], cell->vertex(v)[c]);
      }
  }
  size_ = 0;
  for (unsigned int c = 0; c < dim; ++c) {
    const double least = MPI::min(low[c], communicator_), most = MPI::max(high[c], communicator_);
    centre_[c] = 0.5 * (least + most);
    size_ = std::max(size_, 0.5 * (most - least));
  }
  if (discretization_.springs)
    spring_scale_ = MPI::max(discretization_.springs->largest(), communicator_);
  if (spring_scale_ > 0) spring_scale_ = 1 / spring_scale_;
  for (const auto& cell : dof_handler.active_cell_iterators()) {
    if (!cell->is_locally_owned()) continue;
    numbers_.push_back(static_cast<double>(cell->global_active_cell_index()));
    auto& list = neighbours_.emplace_back();
    for_neighbours(cell, [&](const Cell& neighbour, unsigned int) {
      list.push_back(static_cast<double>(neighbour->global_active_cell_index()));
    });
    const auto first = gram_.size();
    gram_.resize(first + n_modes * n_modes);
    const auto nodes = nodes_of(cell);
    const auto add = [&](const dealii::FullMatrix<double>& loads) {
      for (unsigned int i = 0; i < nodes.size(); ++i) {
        const auto x = (nodes[i].position - centre_) / size_;
        for (unsigned int a = 0; a < n_modes; ++a)
          for (unsigned int b = 0; b < n_modes; ++b)
            gram_[first + a * n_modes + b] +=
                rigid_motion<dim>(a, nodes[i].component, x) * loads(i, b);
      }
    };
    add(support_loads(cell, nodes));
    if (discretization_.springs && discretization_.springs->of_cell(numbers_.size() - 1))
      add(spring_loads(numbers_.size() - 1, nodes));
  }
}

template <int dim>
void ResidualEnergy<dim>::add_face_load(const Cell& cell, const Cell& neighbour,
                                        unsigned int face_of_cell, const Resultant& resultant,
                                        double factor, dealii::Vector<double>& load) const {
  // At the nodes of the smaller one, whose face lies in that of the other; of equal ones at those
  // of the first, so that both compute the same.
  const bool conforming = cell->level() == neighbour->level();
  const bool own = conforming
                       ? cell->global_active_cell_index() < neighbour->global_active_cell_index()
                       : cell->level() > neighbour->level();
  const Cell& reference = own ? cell : neighbour;
  unsigned int face = face_of_cell;
  if (!own)
    for (const auto f : reference->face_indices())
      if (!reference->face(f)->at_boundary() && reference->neighbor(f)->level() == cell->level() &&
          reference->neighbor(f)->index() == cell->index())
        face = f;
  const auto nodes = nodes_of(reference);
  const auto list = on_face(face);
  dealii::Point<dim> centre;
  for (const auto i : list) centre += nodes[i].position / static_cast<double>(list.size());
  double size = 0;
  for (const auto i : list) size = std::max(size, (nodes[i].position - centre).norm());
  // The motions about the centre of the face.
  Eigen::Matrix<double, n_modes, n_modes> gram = Eigen::Matrix<double, n_modes, n_modes>::Zero();
  Eigen::Matrix<double, n_modes, 1> wanted;
  const auto value = [&](unsigned int motion, unsigned int i) {
    return rigid_motion<dim>(motion, nodes[i].component, (nodes[i].position - centre) / size);
  };
  for (const auto i : list)
    for (unsigned int a = 0; a < n_modes; ++a)
      for (unsigned int b = 0; b < n_modes; ++b) gram(a, b) += value(a, i) * value(b, i);
  for (unsigned int a = 0; a < n_modes; ++a) {
    wanted(a) = resultant[a];
    if (a < dim) continue;
    wanted(a) = size_ * resultant[a];
    for (unsigned int c = 0; c < dim; ++c)
      wanted(a) -= rigid_motion<dim>(a, c, centre - centre_) * resultant[c];
    wanted(a) /= size;
  }
  const Eigen::Matrix<double, n_modes, 1> amount = gram.ldlt().solve(wanted);
  std::vector<dealii::types::global_dof_index> reference_dofs(nodes.size()), dofs(nodes.size());
  reference->get_dof_indices(reference_dofs);
  cell->get_dof_indices(dofs);
  const auto& element = discretization_.dof_handler.get_fe();
  for (const auto i : list) {
    double force = 0;
    for (unsigned int a = 0; a < n_modes; ++a) force += factor * amount(a) * value(a, i);
    if (own) {
      load(i) += force;
    } else if (conforming) {
      const auto place = std::find(dofs.begin(), dofs.end(), reference_dofs[i]);
      load(static_cast<unsigned int>(place - dofs.begin())) += force;
    } else {
      const auto unit = dealii::StaticMappingQ1<dim>::mapping.transform_real_to_unit_cell(
          cell, nodes[i].position);
      for (unsigned int j = 0; j < nodes.size(); ++j)
        if (element.system_to_component_index(j).first == nodes[i].component)
          load(j) += force * element.shape_value(j, unit);
    }
  }
}

template <int dim>
std::optional<std::vector<typename ResidualEnergy<dim>::Transport>> ResidualEnergy<dim>::transport(
    const std::vector<Resultant>& resultants, const std::vector<double>& softness) const {
  using Matrix = Eigen::Matrix<double, n_modes, n_modes>;
  using Modes = Eigen::Matrix<double, n_modes, 1>;
  constexpr std::size_t n_sent = 1 + 2 * n_modes;
  // The graph and its resultants are small enough for one rank.
  std::vector<double> own;
  for (std::size_t k = 0; k < resultants.size(); ++k) {
    own.push_back(numbers_[k]);
    own.push_back(softness[k]);
    own.insert(own.end(), resultants[k].begin(), resultants[k].end());
    own.insert(own.end(), gram_.begin() + static_cast<long>(k * n_modes * n_modes),
               gram_.begin() + static_cast<long>((k + 1) * n_modes * n_modes));
    own.push_back(static_cast<double>(neighbours_[k].size()));
    own.insert(own.end(), neighbours_[k].begin(), neighbours_[k].end());
  }
  const auto all = MPI::gather(communicator_, own, 0);
  const auto n_cells = static_cast<std::size_t>(
      discretization_.dof_handler.get_triangulation().n_global_active_cells());
  std::vector<std::vector<double>> answers(all.size());
  bool held = true;
  if (MPI::this_mpi_process(communicator_) == 0) {
    Graph graph;
    graph.neighbours.resize(n_cells);
    graph.softness.resize(n_cells);
    std::vector<Modes> load(n_cells), reaction(n_cells, Modes::Zero());
    std::vector<Matrix> gram(n_cells);
    std::vector<std::vector<std::size_t>> cells_of_rank(all.size());
    for (std::size_t rank = 0; rank < all.size(); ++rank)
      for (const double* p = all[rank].data(); p < all[rank].data() + all[rank].size();) {
        const auto cell = static_cast<std::size_t>(*p++);
        cells_of_rank[rank].push_back(cell);
        graph.softness[cell] = *p++;
        load[cell] = Eigen::Map<const Modes>(p);
        gram[cell] = Eigen::Map<const Matrix>(p += n_modes);
        p += n_modes * n_modes;
        for (auto n = static_cast<std::size_t>(*p++); n > 0; --n)
          graph.neighbours[cell].push_back(static_cast<std::size_t>(*p++));
      }
    std::vector<std::size_t> supported;
    for (std::size_t cell = 0; cell < n_cells; ++cell)
      if (gram[cell].trace() > 0) supported.push_back(cell);
    const auto forest = grow(graph, supported);
    held = forest.order.size() == n_cells;
    // Reactions that hold every part in equilibrium, the least ones.
    std::map<std::size_t, std::pair<Matrix, Modes>> parts;
    for (const auto cell : forest.order) {
      auto& [sum, total] =
          parts.try_emplace(forest.root[cell], Matrix::Zero(), Modes::Zero()).first->second;
      sum += gram[cell];
      total += load[cell];
    }
    std::map<std::size_t, Modes> amounts;
    for (const auto& [root, part] : parts) {
      const Eigen::SelfAdjointEigenSolver<Matrix> solver(part.first);
      held = held && solver.eigenvalues()(0) > 1e-13 * solver.eigenvalues()(n_modes - 1);
      if (held) amounts[root] = part.first.ldlt().solve(-part.second);
    }
    if (held) {
      for (const auto cell : forest.order) {
        reaction[cell] = amounts[forest.root[cell]];
        load[cell] += gram[cell] * reaction[cell];
      }
      // What a cell gets from its children, it passes on with its own.
      for (auto cell = forest.order.rbegin(); cell != forest.order.rend(); ++cell)
        if (const auto parent = forest.parent[*cell]; parent != Forest::none)
          load[parent] += load[*cell];
      for (std::size_t rank = 0; rank < all.size(); ++rank)
        for (const auto cell : cells_of_rank[rank]) {
          auto& answer = answers[rank];
          const auto parent = forest.parent[cell];
          answer.push_back(parent == Forest::none ? -1. : static_cast<double>(parent));
          answer.insert(answer.end(), load[cell].begin(), load[cell].end());
          answer.insert(answer.end(), reaction[cell].begin(), reaction[cell].end());
        }
    }
  }
  if (!MPI::broadcast(communicator_, held, 0)) return std::nullopt;
  std::vector<double> sent, received(n_sent * resultants.size());
  std::vector<int> counts, starts;
  for (const auto& answer : answers) {
    starts.push_back(static_cast<int>(sent.size()));
    counts.push_back(static_cast<int>(answer.size()));
    sent.insert(sent.end(), answer.begin(), answer.end());
  }
  const int error =
      MPI_Scatterv(sent.data(), counts.data(), starts.data(), MPI_DOUBLE, received.data(),
                   static_cast<int>(received.size()), MPI_DOUBLE, 0, communicator_);
  AssertThrowMPI(error);
  std::vector<Transport> result(resultants.size());
  for (std::size_t k = 0; k < result.size(); ++k) {
    const double* const p = received.data() + n_sent * k;
    result[k].parent = p[0];
    std::copy(p + 1, p + 1 + n_modes, result[k].resultant.begin());
    std::copy(p + 1 + n_modes, p + n_sent, result[k].reaction.begin());
  }
  return result;
}

template <int dim>
std::optional<double> ResidualEnergy<dim>::bound(const StiffnessField<dim>& stiffness,
                                                 const Vector& residual, Balance* balance) const {
  const auto& dof_handler = discretization_.dof_handler;
  const auto& element = dynamic_cast<const dealii::FESystem<dim>&>(dof_handler.get_fe());
  const auto& owned = dof_handler.locally_owned_dofs();
  const unsigned int n = element.n_dofs_per_cell();
  constexpr unsigned int n_strains = StiffnessField<dim>::n_strains;
  std::vector<dealii::types::global_dof_index> indices(n);

  std::vector<double> softness;
  CellCoefficients gathered;
  for (const auto& cell : dof_handler.active_cell_iterators()) {
    if (!cell->is_locally_owned()) continue;
    const double* c = stiffness.cell(softness.size(), gathered);
    double least = std::numeric_limits<double>::max();
    for (unsigned int q = 0; q < discretization_.quadrature.size(); ++q) {
      double trace = 0;
      for (unsigned int i = 0; i < n_strains; c += n_strains - i++) trace += *c;
      least = std::min(least, trace);
    }
    softness.push_back(1. / least);
  }
  // Every force goes to one of the cells around its node, the stiffest one.
  constexpr std::size_t nowhere = static_cast<std::size_t>(-1);
  std::vector<std::size_t> taker(owned.n_elements(), nowhere);
  std::size_t number = 0;
  for (const auto& cell : dof_handler.active_cell_iterators()) {
    if (!cell->is_locally_owned()) continue;
    const auto k = number++;
    cell->get_dof_indices(indices);
    for (const auto index : indices) {
      if (!owned.is_element(index)) continue;
      auto& now = taker[owned.index_within_set(index)];
      if (now == nowhere || softness[k] < softness[now]) now = k;
    }
  }
  std::vector<dealii::Vector<double>> loads;
  std::vector<Resultant> resultants;
  for (const auto& cell : dof_handler.active_cell_iterators()) {
    if (!cell->is_locally_owned()) continue;
    const auto k = loads.size();
    auto& load = loads.emplace_back(n);
    auto& resultant = resultants.emplace_back();
    cell->get_dof_indices(indices);
    const auto nodes = nodes_of(cell);
    for (unsigned int i = 0; i < n; ++i) {
      if (!owned.is_element(indices[i])) continue;
      const auto local = owned.index_within_set(indices[i]);
      if (taker[local] != k) continue;
      load(i) = residual.local_element(static_cast<unsigned int>(local));
      const auto x = (nodes[i].position - centre_) / size_;
      for (unsigned int a = 0; a < n_modes; ++a)
        resultant[a] += load(i) * rigid_motion<dim>(a, nodes[i].component, x);
    }
  }
  // Relative to the stiffest cell, and so that sums along paths still tell one cell from another.
  double stiffest = std::numeric_limits<double>::max();
  for (const double s : softness) stiffest = std::min(stiffest, s);
  stiffest = MPI::min(stiffest, communicator_);
  for (double& s : softness) s = std::min(s / stiffest, 1e9);

  const auto tree = transport(resultants, softness);
  if (!tree) return std::nullopt;
  std::vector<Transport> of_cell(dof_handler.get_triangulation().n_active_cells());
  number = 0;
  for (const auto& cell : dof_handler.active_cell_iterators())
    if (cell->is_locally_owned()) of_cell[cell->active_cell_index()] = (*tree)[number++];
  const auto pack = [&](const Cell& cell) -> std::optional<std::vector<double>> {
    const auto& t = of_cell[cell->active_cell_index()];
    std::vector<double> data{t.parent};
    data.insert(data.end(), t.resultant.begin(), t.resultant.end());
    return data;
  };
  const auto unpack = [&](const Cell& cell, const std::vector<double>& data) {
    auto& t = of_cell[cell->active_cell_index()];
    t.parent = data[0];
    std::copy(data.begin() + 1, data.end(), t.resultant.begin());
  };
  dealii::GridTools::exchange_cell_data_to_ghosts<std::vector<double>, dealii::DoFHandler<dim>>(
      dof_handler, pack, unpack);

  ElementStiffness<dim> cell_stiffness(element, discretization_.quadrature);
  dealii::FullMatrix<double> matrix(n, n);
  using Dense = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  Dense basis, last_motions;
  double energy = 0, springs = 0;
  bool definite = true;
  number = 0;
  for (const auto& cell : dof_handler.active_cell_iterators()) {
    if (!cell->is_locally_owned()) continue;
    const auto k = number++;
    auto& load = loads[k];
    const auto& transport = of_cell[cell->active_cell_index()];
    const auto nodes = nodes_of(cell);
    const auto of_supports = support_loads(cell, nodes);
    for (unsigned int i = 0; i < n; ++i)
      for (unsigned int a = 0; a < n_modes; ++a)
        load(i) += of_supports(i, a) * transport.reaction[a];
    if (discretization_.springs && discretization_.springs->of_cell(k)) {
      // The springs take s = S a of scaled motions a, whose energy s . S^+ s is a . S a.
      const auto loads_of_motions = spring_loads(k, nodes);
      for (unsigned int i = 0; i < n; ++i) {
        double force = 0, motion = 0;
        const auto x = (nodes[i].position - centre_) / size_;
        for (unsigned int a = 0; a < n_modes; ++a) {
          force += loads_of_motions(i, a) * transport.reaction[a];
          motion += rigid_motion<dim>(a, nodes[i].component, x) * transport.reaction[a];
        }
        load(i) += force;
        springs += spring_scale_ * motion * force;
      }
    }
    const auto own_number = static_cast<double>(cell->global_active_cell_index());
    for_neighbours(cell, [&](const Cell& neighbour, unsigned int face) {
      const auto& other = of_cell[neighbour->active_cell_index()];
      if (transport.parent == static_cast<double>(neighbour->global_active_cell_index()))
        add_face_load(cell, neighbour, face, transport.resultant, -1, load);
      else if (other.parent == own_number)
        add_face_load(cell, neighbour, face, other.resultant, 1, load);
    });
    if (balance) balance->displacements.emplace_back(n);
    if (load.all_zero()) continue;
    cell_stiffness.reinit(cell);
    cell_stiffness.matrix(stiffness.cell(k, gathered), matrix);
    Dense shifted = Eigen::Map<const Dense>(&matrix(0, 0), n, n);
    Dense motions(n, n_modes);
    const auto centre = cell->center();
    const double size = cell->diameter();
    for (unsigned int i = 0; i < n; ++i)
      for (unsigned int a = 0; a < n_modes; ++a)
        motions(i, a) =
            rigid_motion<dim>(a, nodes[i].component, (nodes[i].position - centre) / size);
    // Congruent cells have the same.
    if (motions.rows() != last_motions.rows() || !motions.isApprox(last_motions, 1e-14)) {
      const Eigen::HouseholderQR<Dense> qr(motions);
      basis = qr.householderQ() * Dense::Identity(n, n_modes);
      last_motions = motions;
    }
    shifted += shifted.trace() / n * basis * basis.transpose();
    Eigen::VectorXd g = Eigen::Map<const Eigen::VectorXd>(load.begin(), n);
    g -= basis * (basis.transpose() * g);
    const Eigen::LLT<Dense> factor(shifted);
    definite = definite && factor.info() == Eigen::Success;
    if (!definite) continue;
    const Eigen::VectorXd displacement = factor.solve(g);
    energy += g.dot(displacement);
    if (balance)
      std::copy(displacement.begin(), displacement.end(), balance->displacements.back().begin());
  }
  if (MPI::min(definite ? 1 : 0, communicator_) == 0) return std::nullopt;
  springs = MPI::sum(springs, communicator_);
  if (balance) balance->springs = springs;
  return MPI::sum(energy, communicator_) + springs;
}

template class ResidualEnergy<2>;
template class ResidualEnergy<3>;

}  // namespace seco::macro
