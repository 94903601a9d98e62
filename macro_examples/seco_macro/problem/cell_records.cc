#include "cell_records.h"

#include <fmt/format.h>

#include <cstring>

#include "seco/plugin/agree.h"

namespace seco::macro {
namespace {

const std::string table = "cells";

template <typename Cell>
std::string key_of(const Cell& cell) {
  const auto id = cell->id().template to_binary<Cell::AccessorType::dimension>();
  return {reinterpret_cast<const char*>(id.data()), sizeof id};
}

}  // namespace

template <int dim>
void save_cells(const BoundaryValueProblem<dim>& problem, const MaterialField<dim>& materials,
                const typename BoundaryValueProblem<dim>::Vector& displacement,
                const PointValues& shares, CheckpointWriter& file) {
  dealii::Vector<double> local(problem.element().n_dofs_per_cell());
  std::vector<double> values;
  plugin::StateRecords records;
  materials.for_local_cells([&](const auto& cell, auto m, auto first) {
    cell->get_dof_values(displacement, local);
    values.assign(local.begin(), local.end());
    if (!shares.empty())
      values.insert(values.end(), shares[m].data() + first,
                    shares[m].data() + first + problem.quadrature().size());
    records[key_of(cell)].assign(reinterpret_cast<const char*>(values.data()),
                                 values.size() * sizeof(double));
  });
  file.table(table, records);
}

bool has_cells(const CheckpointReader& file) {
  return file.has_table(table);
}

template <int dim>
CellRecords<dim> read_cells(const BoundaryValueProblem<dim>& problem,
                            const MaterialField<dim>& materials, const CheckpointReader& file,
                            bool has_shares) {
  std::vector<std::string> keys, records;
  materials.for_local_cells([&](const auto& cell, auto, auto) { keys.push_back(key_of(cell)); });
  const std::size_t n = problem.element().n_dofs_per_cell(),
                    n_shares = has_shares ? problem.quadrature().size() : 0;
  plugin::run_together(problem.mesh().get_communicator(), [&] {
    records = file.find(table, keys);
    for (const auto& record : records)
      if (record.size() != (n + n_shares) * sizeof(double))
        throw std::runtime_error(fmt::format("{}: table '{}' has {} bytes of a cell, expected {}",
                                             file.path(), table, record.size(),
                                             (n + n_shares) * sizeof(double)));
  });
  CellRecords<dim> result{problem.zero_vector(), {}};
  if (has_shares) result.shares = materials.zero_values();
  std::vector<dealii::types::global_dof_index> indices(n);
  std::vector<double> values(n + n_shares);
  std::size_t number = 0;
  materials.for_local_cells([&](const auto& cell, auto m, auto first) {
    std::memcpy(values.data(), records[number++].data(), values.size() * sizeof(double));
    cell->get_dof_indices(indices);
    for (std::size_t i = 0; i < n; ++i)
      if (problem.owned().is_element(indices[i])) result.displacement(indices[i]) = values[i];
    for (std::size_t q = 0; q < n_shares; ++q) result.shares[m][first + q] = values[n + q];
  });
  result.displacement.update_ghost_values();
  return result;
}

#define INSTANTIATE(dim)                                                                          \
  template void save_cells(const BoundaryValueProblem<dim>&, const MaterialField<dim>&,           \
                           const typename BoundaryValueProblem<dim>::Vector&, const PointValues&, \
                           CheckpointWriter&);                                                    \
  template CellRecords<dim> read_cells(const BoundaryValueProblem<dim>&,                          \
                                       const MaterialField<dim>&, const CheckpointReader&, bool);
INSTANTIATE(2)
INSTANTIATE(3)
#undef INSTANTIATE

}  // namespace seco::macro
