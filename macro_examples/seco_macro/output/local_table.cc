// The table of local quantities, and what the summary says of them.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <boost/serialization/array.hpp>
#include <boost/serialization/vector.hpp>
#include <filesystem>
#include <sstream>

#include "local_quantities.h"
#include "seco/materials/write_atomically.h"

namespace seco::macro {
namespace {

constexpr char axes[] = "xyz";

/// @param unit "" or " [MPa]"
template <int dim>
std::string component_names(const std::string& name, const std::string& unit = "") {
  std::string text;
  for (int i = 0; i < dim; ++i)
    for (int j = i; j < dim; ++j) text += fmt::format(",{}_{}{}{}", name, axes[i], axes[j], unit);
  return text;
}

template <int dim>
std::string components(const dealii::SymmetricTensor<2, dim>& tensor) {
  std::string text;
  for (int i = 0; i < dim; ++i)
    for (int j = i; j < dim; ++j) text += fmt::format(",{:.9g}", tensor[i][j]);
  return text;
}

template <int dim>
std::vector<std::vector<double>> rows_of(const dealii::SymmetricTensor<2, dim>& tensor) {
  std::vector<std::vector<double>> rows(dim);
  for (int i = 0; i < dim; ++i)
    for (int j = 0; j < dim; ++j) rows[i].push_back(tensor[i][j]);
  return rows;
}

template <int dim>
std::vector<double> coordinates(const dealii::Point<dim>& point) {
  return {point.begin_raw(), point.end_raw()};
}

}  // namespace

template <int dim>
std::vector<typename LocalQuantities<dim>::Row> LocalQuantities<dim>::gather(
    const std::vector<Row>& rows) const {
  std::vector<Row> all;
  for (auto& list : dealii::Utilities::MPI::gather(communicator_, rows, 0))
    all.insert(all.end(), list.begin(), list.end());
  std::sort(all.begin(), all.end(), [](const Row& a, const Row& b) {
    if (a.file != b.file) return a.file < b.file;
    if (a.cell != b.cell) return a.cell < b.cell;
    return a.quadrature_point < b.quadrature_point;
  });
  return all;
}

template <int dim>
void LocalQuantities<dim>::write_table(const std::vector<Row>& rows) const {
  std::size_t n_phases = 0;
  for (const auto& row : rows)
    if (row.file < 0) n_phases = std::max(n_phases, row.response.phases.size());
  const auto path = std::filesystem::path(parameters_.output_directory) / "local_quantities.csv";
  std::ostringstream file;
  const auto in = [&](const std::string& unit) {
    return parameters_.units_in_tables ? fmt::format(" [{}]", unit) : std::string();
  };
  const auto& units = parameters_.units;
  const auto stress = in(units.stress), length = in(units.length);
  file << "cell,quadrature_point,material,x" << length << ",y" << length
       << (dim == 3 ? ",z" + length : "") << ",volume" << in(units.volume) << ",energy_share"
       << component_names<dim>("strain") << component_names<dim>("stress", stress);
  for (const auto* name : {"largest_von_mises", "largest_hydrostatic", "smallest_hydrostatic"})
    file << ',' << name << stress;
  file << ",in_plane,voxel_1,voxel_2" << (dim == 3 ? ",voxel_3" : "") << ",relative_field_error";
  for (std::size_t p = 0; p < n_phases; ++p) {
    const auto name = fmt::format("phase_{}_", p);
    file << ',' << name << "fraction" << component_names<dim>(name + "strain")
         << component_names<dim>(name + "stress", stress);
  }
  file << '\n';
  for (const auto& row : rows) {
    if (row.file >= 0 || !row.answered) continue;
    const auto& r = row.response;
    file << fmt::format("{},{},{}", row.cell.to_string(), row.quadrature_point, row.material);
    for (int c = 0; c < dim; ++c) file << fmt::format(",{:.9g}", row.position[c]);
    file << fmt::format(",{:.9g},{:.9g}", row.volume, row.energy_share) << components(row.strain)
         << components(row.stress)
         << fmt::format(",{:.9g},{:.9g},{:.9g},{}", r.largest_von_mises, r.largest_hydrostatic,
                        r.smallest_hydrostatic, r.in_plane ? 1 : 0);
    for (int c = 0; c < dim; ++c) file << ',' << r.voxel[c];
    file << fmt::format(",{:.4g}", r.relative_field_error);
    for (std::size_t p = 0; p < n_phases; ++p) {
      // An RVE with fewer phases has nothing to say about the others.
      if (p < r.phases.size())
        file << fmt::format(",{:.9g}", r.phases[p].volume_fraction)
             << components(r.phases[p].strain) << components(r.phases[p].stress);
      else
        file << std::string(1 + dim * (dim + 1), ',');
    }
    file << '\n';
  }
  materials::write_atomically(path.string(), [&](std::ostream& out) { out << file.str(); });
}

template <int dim>
LocalSummary::WholeField LocalQuantities<dim>::describe_file(const Row& row) const {
  LocalSummary::WholeField entry;
  entry.point = coordinates(parameters_.local.whole_fields[row.file]);
  entry.position = coordinates(row.position);
  entry.material = row.material;
  entry.strain = rows_of(row.strain);
  entry.stress = rows_of(row.stress);
  if (!row.answered) return entry;
  entry.file = std::filesystem::path(file_of_fields(row.file)).filename().string();
  entry.largest_von_mises = row.response.largest_von_mises;
  entry.relative_field_error = row.response.relative_field_error;
  return entry;
}

template <int dim>
LocalSummary LocalQuantities<dim>::describe(const std::vector<Row>& rows) const {
  const auto place = [](const Row& row, double value) {
    return LocalSummary::Extreme{value, row.cell.to_string(), row.quadrature_point,
                                 coordinates(row.position)};
  };
  LocalSummary summary;
  const Row *von_mises = nullptr, *highest = nullptr, *lowest = nullptr;
  for (const auto& row : rows) {
    const auto& r = row.response;
    if (row.file >= 0) {
      summary.whole_fields.push_back(describe_file(row));
      continue;
    }
    ++summary.n_points;
    if (!row.answered) {
      ++summary.n_without_microstructure;
      continue;
    }
    if (r.in_plane) ++summary.n_in_plane;
    summary.worst_relative_field_error =
        std::max(summary.worst_relative_field_error, r.relative_field_error);
    if (!von_mises || r.largest_von_mises > von_mises->response.largest_von_mises) von_mises = &row;
    if (!highest || r.largest_hydrostatic > highest->response.largest_hydrostatic) highest = &row;
    if (!lowest || r.smallest_hydrostatic < lowest->response.smallest_hydrostatic) lowest = &row;
  }
  if (von_mises) {
    summary.has_extremes = true;
    summary.largest_von_mises = place(*von_mises, von_mises->response.largest_von_mises);
    summary.largest_hydrostatic = place(*highest, highest->response.largest_hydrostatic);
    summary.smallest_hydrostatic = place(*lowest, lowest->response.smallest_hydrostatic);
  }
  return summary;
}

#define INSTANTIATE(dim)                                                          \
  template std::vector<LocalQuantities<dim>::Row> LocalQuantities<dim>::gather(   \
      const std::vector<Row>&) const;                                             \
  template void LocalQuantities<dim>::write_table(const std::vector<Row>&) const; \
  template LocalSummary LocalQuantities<dim>::describe(const std::vector<Row>&) const;
INSTANTIATE(2)
INSTANTIATE(3)
#undef INSTANTIATE

}  // namespace seco::macro
