// A mesh that is refined during a run, and the refined one of a run that is continued.
#include <deal.II/distributed/cell_data_transfer.templates.h>
#include <deal.II/distributed/solution_transfer.h>
#include <fmt/format.h>

#include <cstring>
#include <unordered_map>
#include <unordered_set>

#include "boundary_value_problem.h"
#include "seco/plugin/agree.h"

namespace seco::macro {
namespace {

const std::string mesh_table = "mesh";

std::string bytes_of_number(std::uint32_t number) {
  return {reinterpret_cast<const char*>(&number), sizeof number};
}

/// The key of a cell.
template <int dim>
std::string bytes_of_id(const dealii::CellId& id) {
  const auto words = id.to_binary<dim>();
  return {reinterpret_cast<const char*>(words.data()), sizeof words};
}

template <int dim>
dealii::CellId id_of_bytes(const std::string& key) {
  dealii::CellId::binary_type words;
  if (key.size() != sizeof words) throw std::runtime_error("a key of a cell has another length");
  std::memcpy(words.data(), key.data(), sizeof words);
  return dealii::CellId(words);
}

}  // namespace

template <int dim>
void BoundaryValueProblem<dim>::refine(Vector& displacement, CellValues& values,
                                       const ChildValues& children) {
  mesh_.prepare_coarsening_and_refinement();
  // A rank makes cells that it gets from the coarse mesh, which knows other materials.
  for (const auto& cell : mesh_.active_cell_iterators())
    if (cell->is_locally_owned())
      values[cell->active_cell_index()].push_back(static_cast<double>(cell->material_id()));
  dealii::parallel::distributed::CellDataTransfer<dim, dim, CellValues> cell_transfer(
      mesh_, /*transfer_variable_size_data=*/true, [&](const auto&, std::vector<double> of_parent) {
        const double material = of_parent.back();
        of_parent.pop_back();
        auto result = children(of_parent);
        for (auto& child : result) child.push_back(material);
        return result;
      });
  dealii::parallel::distributed::SolutionTransfer<dim, Vector> transfer(dof_handler_);
  transfer.prepare_for_coarsening_and_refinement(displacement);
  cell_transfer.prepare_for_coarsening_and_refinement(values);
  mesh_.execute_coarsening_and_refinement();
  CellValues finer(mesh_.n_active_cells());
  cell_transfer.unpack(finer);
  for (const auto& cell : mesh_.active_cell_iterators()) {
    if (!cell->is_locally_owned()) continue;
    auto& own = finer[cell->active_cell_index()];
    cell->set_material_id(static_cast<dealii::types::material_id>(own.back()));
    own.pop_back();
  }
  values = std::move(finer);
  number_unknowns();
  auto on_finer = zero_vector();
  transfer.interpolate(on_finer);
  displacement = std::move(on_finer);
  set_constraints();
}

template <int dim>
void BoundaryValueProblem<dim>::save_mesh(CheckpointWriter& file) const {
  plugin::StateRecords records;
  for (const auto& cell : mesh_.active_cell_iterators())
    if (cell->is_locally_owned())
      records[bytes_of_id<dim>(cell->id())] =
          bytes_of_number(static_cast<std::uint32_t>(cell->material_id()));
  file.table(mesh_table, records);
}

template <int dim>
void BoundaryValueProblem<dim>::restore_mesh(const CheckpointReader& file) {
  if (!file.has_table(mesh_table)) return;
  // The cells that were kept, with their materials, and those that were refined.
  std::unordered_map<std::string, std::string> kept;
  std::unordered_set<std::string> refined;
  const auto other_mesh = [&] {
    return std::runtime_error(
        fmt::format("{}: table '{}' has other cells than this mesh", file.path(), mesh_table));
  };
  plugin::run_together(log_.communicator(), [&] {
    file.for_records(mesh_table, [&](const std::string& key, std::string_view value) {
      for (auto id = id_of_bytes<dim>(key); id.get_child_indices().size() > 0;) {
        const auto path = id.get_child_indices();
        std::vector<std::uint8_t> shorter(path.begin(), path.end() - 1);
        id = dealii::CellId(id.get_coarse_cell_id(), shorter);
        if (!refined.insert(bytes_of_id<dim>(id)).second) break;
      }
      if (value.size() != sizeof(std::uint32_t)) throw other_mesh();
      kept.emplace(key, value);
    });
  });
  for (;;) {
    unsigned int some = 0;
    for (const auto& cell : mesh_.active_cell_iterators())
      if (cell->is_locally_owned() && refined.contains(bytes_of_id<dim>(cell->id()))) {
        cell->set_refine_flag();
        some = 1;
      }
    if (dealii::Utilities::MPI::max(some, log_.communicator()) == 0) break;
    mesh_.execute_coarsening_and_refinement();
  }
  plugin::run_together(log_.communicator(), [&] {
    if (mesh_.n_global_active_cells() != kept.size()) throw other_mesh();
    for (const auto& cell : mesh_.active_cell_iterators()) {
      if (!cell->is_locally_owned()) continue;
      const auto place = kept.find(bytes_of_id<dim>(cell->id()));
      if (place == kept.end()) throw other_mesh();
      std::uint32_t material = 0;
      std::memcpy(&material, place->second.data(), sizeof material);
      cell->set_material_id(material);
    }
  });
  number_unknowns();
  set_constraints();
}

#define INSTANTIATE(dim)                                                                     \
  template void BoundaryValueProblem<dim>::refine(Vector&, CellValues&, const ChildValues&); \
  template void BoundaryValueProblem<dim>::save_mesh(CheckpointWriter&) const;               \
  template void BoundaryValueProblem<dim>::restore_mesh(const CheckpointReader&);
INSTANTIATE(2)
INSTANTIATE(3)
#undef INSTANTIATE

}  // namespace seco::macro
