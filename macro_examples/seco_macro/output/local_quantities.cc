// Which points are asked about the inside of their microstructures, and what the cells show of it.
#include "local_quantities.h"

#include <deal.II/fe/fe_values.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <limits>
#include <numeric>

#include "find_point.h"
#include "seco/plugin/agree.h"

namespace seco::macro {

namespace MPI = dealii::Utilities::MPI;

template <int dim>
LocalQuantities<dim>::LocalQuantities(const MacroParameters<dim>& parameters,
                                      const dealii::DoFHandler<dim>& dof_handler,
                                      const dealii::Quadrature<dim>& quadrature,
                                      MPI_Comm communicator)
    : parameters_(parameters),
      dof_handler_(dof_handler),
      quadrature_(quadrature),
      communicator_(communicator) {}

template <int dim>
void LocalQuantities<dim>::prepare() {
  const auto& wanted = parameters_.local;
  if (!wanted.any()) return;
  listed_ = find(wanted.listed, "Listed points");
  whole_fields_ = find(wanted.whole_fields, "Whole fields at points");
  bool any = false;
  for (std::size_t m = 0; m < parameters_.materials.size(); ++m) try {
      any |= parameters_.materials[m]->has_local_response();
    } catch (const std::invalid_argument& error) {
      throw std::invalid_argument(
          fmt::format("{}: section 'Material {}/{}': {}; the section 'Local quantities' needs it",
                      parameters_.file, m, parameters_.model_names[m], error.what()));
    }
  if (!any)
    throw std::invalid_argument(
        fmt::format("{}: section 'Local quantities' asks for stresses inside microstructures, and "
                    "none of the materials ({}) has one",
                    parameters_.file, fmt::join(parameters_.model_names, ", ")));
}

template <int dim>
std::vector<typename LocalQuantities<dim>::Place> LocalQuantities<dim>::find(
    const std::vector<dealii::Point<dim>>& points, const std::string& key) {
  std::vector<Place> places;
  dealii::FEValues<dim> values(dof_handler_.get_fe(), quadrature_,
                               dealii::update_quadrature_points);
  for (const auto& point : points) {
    const auto found = find_point(dof_handler_, point);
    if (!found.is_in_mesh) {
      std::vector<double> coordinates(dim);
      for (int c = 0; c < dim; ++c) coordinates[c] = point[c];
      throw std::invalid_argument(
          fmt::format("{}: key '{}' in section 'Local quantities' names the point {}, which is "
                      "not in the mesh",
                      parameters_.file, key, fmt::join(coordinates, ", ")));
    }
    Place place;
    if (found.cell) {
      values.reinit(*found.cell);
      place = {(*found.cell)->id(), 0, true};
      for (const auto q : values.quadrature_point_indices())
        if (values.quadrature_point(q).distance_square(point) <
            values.quadrature_point(place.quadrature_point).distance_square(point))
          place.quadrature_point = q;
    }
    places.push_back(place);
  }
  return places;
}

template <int dim>
double LocalQuantities<dim>::smallest_energy(const std::vector<double>& energies) const {
  std::vector<double> all;
  for (const auto& list : MPI::all_gather(communicator_, energies))
    all.insert(all.end(), list.begin(), list.end());
  std::sort(all.begin(), all.end(), std::greater<>());
  const double wanted =
      parameters_.local.energy_fraction * std::accumulate(all.begin(), all.end(), 0.);
  double sum = 0, last = std::numeric_limits<double>::infinity();
  for (const double energy : all) {
    if (sum >= wanted) break;
    sum += energy;
    last = energy;
  }
  // Cells of equal energy, by symmetry, are chosen together whatever the round-off.
  return last * (1 - 1e-9);
}

template <int dim>
bool LocalQuantities<dim>::in_table(const dealii::CellId& cell, unsigned int quadrature_point,
                                    double cell_energy, double smallest) const {
  using Points = typename LocalParameters<dim>::Points;
  switch (parameters_.local.points) {
    case Points::none:
      return false;
    case Points::all:
      return true;
    case Points::strain_energy:
      return cell_energy >= smallest;
    case Points::listed:
      return std::any_of(listed_.begin(), listed_.end(), [&](const Place& place) {
        return place.owned && place.quadrature_point == quadrature_point && place.cell == cell;
      });
  }
  return false;
}

template <int dim>
std::vector<typename LocalQuantities<dim>::Row> LocalQuantities<dim>::choose(
    const Vector& displacement, const std::vector<std::size_t>& first_point) {
  dealii::FEValues<dim> values(
      dof_handler_.get_fe(), quadrature_,
      dealii::update_gradients | dealii::update_quadrature_points | dealii::update_JxW_values);
  const dealii::FEValuesExtractors::Vector u(0);
  std::vector<dealii::SymmetricTensor<2, dim>> strains(quadrature_.size()),
      stresses(quadrature_.size());
  const auto for_local_cells = [&](const auto& function) {
    std::size_t index = 0;
    for (const auto& cell : dof_handler_.active_cell_iterators()) {
      if (!cell->is_locally_owned()) continue;
      values.reinit(cell);
      values[u].get_function_symmetric_gradients(displacement, strains);
      const auto first = first_point[cell->active_cell_index()];
      const auto& table = parameters_.materials[cell->material_id()]->stiffness_table();
      for (const auto q : values.quadrature_point_indices())
        stresses[q] = table.stiffness(table.entry_of(first + q), plugin::Bound::estimate).tensor() *
                      strains[q];
      function(cell, first, index++);
    }
  };
  std::vector<double> energies;
  for_local_cells([&](const auto&, auto, auto) {
    energies.push_back(0.);
    for (const auto q : values.quadrature_point_indices())
      energies.back() += 0.5 * (strains[q] * stresses[q]) * values.JxW(q);
  });
  const double total =
      MPI::sum(std::accumulate(energies.begin(), energies.end(), 0.), communicator_);
  const double smallest = smallest_energy(energies);

  std::vector<Row> rows;
  for_local_cells([&](const auto& cell, auto first, auto index) {
    const auto id = cell->id();
    const auto add = [&](unsigned int q, int file) {
      Row row;
      row.cell = id;
      row.quadrature_point = q;
      row.material = cell->material_id();
      row.cell_index = cell->active_cell_index();
      row.position = values.quadrature_point(q);
      row.volume = values.JxW(q);
      row.strain = strains[q];
      row.stress = stresses[q];
      row.energy_share = total > 0 ? 0.5 * (row.strain * row.stress) * row.volume / total : 0.;
      row.file = file;
      row.request = {first + q, row.strain, file < 0 ? "" : file_of_fields(file)};
      rows.push_back(row);
    };
    for (const auto q : values.quadrature_point_indices())
      if (in_table(id, q, energies[index], smallest)) add(q, -1);
    for (std::size_t i = 0; i < whole_fields_.size(); ++i)
      if (whole_fields_[i].owned && whole_fields_[i].cell == id)
        add(whole_fields_[i].quadrature_point, static_cast<int>(i));
  });
  return rows;
}

template <int dim>
std::string LocalQuantities<dim>::file_of_fields(std::size_t index) const {
  return (std::filesystem::path(parameters_.output_directory) /
          fmt::format("micro_fields_{}.vti", index))
      .string();
}

template <int dim>
void LocalQuantities<dim>::ask_materials(std::vector<Row>& rows, const Progress& progress) {
  for (unsigned int m = 0; m < parameters_.materials.size(); ++m) {
    const auto& material = *parameters_.materials[m];
    if (!material.has_local_response()) continue;
    std::vector<plugin::LocalRequest<dim>> requests;
    std::vector<std::size_t> positions;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (rows[i].material != m) continue;
      requests.push_back(rows[i].request);
      positions.push_back(i);
    }
    try {
      auto responses = material.local_response(requests, parameters_.local.n_phases, progress);
      for (std::size_t i = 0; i < positions.size(); ++i) {
        rows[positions[i]].response = std::move(responses[i]);
        rows[positions[i]].answered = true;
      }
    } catch (const std::exception& error) {
      throw std::runtime_error(fmt::format("{}: section 'Material {}/{}': {}", parameters_.file, m,
                                           parameters_.model_names[m], error.what()));
    }
  }
}

template <int dim>
void LocalQuantities<dim>::set_cell_fields(const std::vector<Row>& rows) {
  const auto n_cells = dof_handler_.get_triangulation().n_active_cells();
  const double unknown = std::numeric_limits<double>::quiet_NaN();
  const auto field = [&](const std::string& name) -> dealii::Vector<double>& {
    auto& values = fields_[name];
    if (values.size() == 0) {
      values.reinit(n_cells);
      values = 0.;
      for (auto& value : values) value = unknown;
    }
    return values;
  };
  const auto keep = [&](const std::string& name, unsigned int cell, double value, auto better) {
    auto& present = field(name)[cell];
    if (!(present == present) || better(value, present)) present = value;
  };
  const std::greater<double> greater;
  // Volume of a phase in a cell, and its stress times the volume.
  std::map<std::pair<std::size_t, unsigned int>, std::pair<double, dealii::SymmetricTensor<2, dim>>>
      phases;
  for (const auto& row : rows) {
    if (!row.answered || row.file >= 0) continue;
    const auto& r = row.response;
    keep("largest_micro_von_mises", row.cell_index, r.largest_von_mises, greater);
    keep("largest_micro_hydrostatic", row.cell_index, r.largest_hydrostatic, greater);
    keep("smallest_micro_hydrostatic", row.cell_index, r.smallest_hydrostatic, std::less<double>());
    keep("micro_field_error", row.cell_index, r.relative_field_error, greater);
    if (dim == 2) keep("micro_in_plane", row.cell_index, r.in_plane ? 1. : 0., greater);
    for (std::size_t p = 0; p < r.phases.size(); ++p) {
      const double volume = row.volume * r.phases[p].volume_fraction;
      auto& [sum, stress] = phases[{p, row.cell_index}];
      sum += volume;
      stress += volume * r.phases[p].stress;
    }
  }
  const char axes[] = "xyz";
  for (const auto& [key, value] : phases) {
    const auto& [volume, stress] = value;
    if (!(volume > 0)) continue;
    for (int i = 0; i < dim; ++i)
      for (int j = i; j < dim; ++j)
        field(fmt::format("phase_{}_stress_{}{}", key.first, axes[i], axes[j]))[key.second] =
            stress[i][j] / volume;
  }
  // Every rank must know the same fields, also one without such points.
  std::vector<std::string> names;
  for (const auto& [name, values] : fields_) names.push_back(name);
  for (const auto& list : MPI::all_gather(communicator_, names))
    for (const auto& name : list) field(name);
}

template <int dim>
LocalSummary LocalQuantities<dim>::evaluate(const Vector& displacement,
                                            const std::vector<std::size_t>& first_point,
                                            const Progress& progress) {
  auto rows = choose(displacement, first_point);
  ask_materials(rows, progress);
  set_cell_fields(rows);
  const auto all = gather(rows);
  LocalSummary summary;
  plugin::run_together(communicator_, [&] {
    if (MPI::this_mpi_process(communicator_) != 0) return;
    if (parameters_.local.points != LocalParameters<dim>::Points::none) write_table(all);
    summary = describe(all);
  });
  return MPI::broadcast(communicator_, summary, 0);
}

template class LocalQuantities<2>;
template class LocalQuantities<3>;

}  // namespace seco::macro
