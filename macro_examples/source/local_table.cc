// The table of local quantities, and their entry in the summary.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <boost/serialization/array.hpp>
#include <boost/serialization/vector.hpp>
#include <filesystem>
#include <sstream>

#include "local_quantities.h"
#include "seco/materials/write_aside.h"

namespace seco::macro {
namespace {

constexpr char axes[] = "xyz";

template <int dim>
std::string component_names(const std::string& name) {
  std::string text;
  for (int i = 0; i < dim; ++i)
    for (int j = i; j < dim; ++j) text += fmt::format(",{}_{}{}", name, axes[i], axes[j]);
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
nlohmann::json to_json(const dealii::SymmetricTensor<2, dim>& tensor) {
  auto rows = nlohmann::json::array();
  for (int i = 0; i < dim; ++i) {
    auto row = nlohmann::json::array();
    for (int j = 0; j < dim; ++j) row.push_back(tensor[i][j]);
    rows.push_back(row);
  }
  return rows;
}

template <int dim>
nlohmann::json to_json(const dealii::Point<dim>& point) {
  auto coordinates = nlohmann::json::array();
  for (int c = 0; c < dim; ++c) coordinates.push_back(point[c]);
  return coordinates;
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
  file << "cell,quadrature_point,material,x,y" << (dim == 3 ? ",z" : "") << ",volume,energy_share"
       << component_names<dim>("strain") << component_names<dim>("stress")
       << ",largest_von_mises,largest_hydrostatic,smallest_hydrostatic,in_plane,voxel_1,voxel_2"
       << (dim == 3 ? ",voxel_3" : "") << ",relative_field_error";
  for (std::size_t p = 0; p < n_phases; ++p) {
    const auto name = fmt::format("phase_{}_", p);
    file << ',' << name << "fraction" << component_names<dim>(name + "strain")
         << component_names<dim>(name + "stress");
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
  materials::write_aside(path.string(), [&](std::ostream& out) { out << file.str(); });
}

template <int dim>
nlohmann::json LocalQuantities<dim>::describe(const std::vector<Row>& rows) const {
  const auto place = [](const Row& row, double value) {
    return nlohmann::json{{"value", value},
                          {"cell", row.cell.to_string()},
                          {"quadrature_point", row.quadrature_point},
                          {"position", to_json(row.position)}};
  };
  std::size_t n_points = 0, n_without = 0, n_in_plane = 0;
  double worst_error = 0;
  const Row *von_mises = nullptr, *highest = nullptr, *lowest = nullptr;
  auto files = nlohmann::json::array();
  for (const auto& row : rows) {
    const auto& r = row.response;
    if (row.file >= 0) {
      nlohmann::json entry = {{"point", to_json(parameters_.local.whole_fields[row.file])},
                              {"position", to_json(row.position)},
                              {"material", row.material},
                              {"strain", to_json(row.strain)},
                              {"stress", to_json(row.stress)},
                              {"file", nullptr}};
      if (row.answered) {
        entry["file"] = std::filesystem::path(file_of_fields(row.file)).filename().string();
        entry["largest_von_mises"] = r.largest_von_mises;
        entry["relative_field_error"] = r.relative_field_error;
      }
      files.push_back(entry);
      continue;
    }
    ++n_points;
    if (!row.answered) {
      ++n_without;
      continue;
    }
    if (r.in_plane) ++n_in_plane;
    worst_error = std::max(worst_error, r.relative_field_error);
    if (!von_mises || r.largest_von_mises > von_mises->response.largest_von_mises) von_mises = &row;
    if (!highest || r.largest_hydrostatic > highest->response.largest_hydrostatic) highest = &row;
    if (!lowest || r.smallest_hydrostatic < lowest->response.smallest_hydrostatic) lowest = &row;
  }
  nlohmann::json entry = {{"points", n_points},
                          {"points_without_microstructure", n_without},
                          {"points_with_in_plane_measures", n_in_plane},
                          {"whole_fields", files}};
  if (von_mises) {
    entry["largest_von_mises"] = place(*von_mises, von_mises->response.largest_von_mises);
    entry["largest_hydrostatic"] = place(*highest, highest->response.largest_hydrostatic);
    entry["smallest_hydrostatic"] = place(*lowest, lowest->response.smallest_hydrostatic);
    entry["worst_relative_field_error"] = worst_error;
    entry["table"] = "local_quantities.csv";
  }
  return entry;
}

#define INSTANTIATE(dim)                                                          \
  template std::vector<LocalQuantities<dim>::Row> LocalQuantities<dim>::gather(   \
      const std::vector<Row>&) const;                                             \
  template void LocalQuantities<dim>::write_table(const std::vector<Row>&) const; \
  template nlohmann::json LocalQuantities<dim>::describe(const std::vector<Row>&) const;
INSTANTIATE(2)
INSTANTIATE(3)
#undef INSTANTIATE

}  // namespace seco::macro
