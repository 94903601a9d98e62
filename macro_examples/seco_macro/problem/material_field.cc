#include "material_field.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "seco/materials/random.h"
#include "seco/plugin/agree.h"
#include "seco/plugin/mandel_tensor.h"

namespace seco::macro {
namespace {

using dealii::Utilities::MPI::min;
using dealii::Utilities::MPI::sum;

/// A number of the cell that does not depend on the distribution of the mesh.
template <typename Cell>
std::uint64_t cell_number(const Cell& cell) {
  std::uint64_t number = 0;
  for (const auto part : cell->id().template to_binary<Cell::AccessorType::dimension>())
    number = materials::mix_seed(number, part);
  return number;
}

/// Of a checkpoint.
std::string table_of(std::size_t material) {
  return "material " + std::to_string(material);
}

}  // namespace

template <int dim>
MaterialField<dim>::MaterialField(const MacroParameters<dim>& parameters,
                                  const BoundaryValueProblem<dim>& problem, RunLog& log)
    : parameters_(parameters), problem_(problem), log_(log) {}

template <int dim>
std::vector<std::vector<plugin::MaterialPoint<dim>>> MaterialField<dim>::find_points() {
  std::vector<std::vector<plugin::MaterialPoint<dim>>> points(n_materials());
  first_point_.assign(problem_.mesh().n_active_cells(), 0);
  dealii::FEValues<dim> values(problem_.element(), problem_.quadrature(),
                               dealii::update_quadrature_points);
  plugin::run_together(log_.communicator(), [&] {
    for (const auto& cell : problem_.dof_handler().active_cell_iterators()) {
      if (!cell->is_locally_owned()) continue;
      if (cell->material_id() >= points.size())
        throw std::invalid_argument(
            fmt::format("{}: the mesh has material {}, but 'Number of materials' is {}",
                        parameters_.file, cell->material_id(), points.size()));
      values.reinit(cell);
      auto& list = points[cell->material_id()];
      first_point_[cell->active_cell_index()] = list.size();
      for (auto& point : points_of(cell, values)) list.push_back(std::move(point));
    }
  });
  n_points_.clear();
  for (const auto& list : points) n_points_.push_back(list.size());
  return points;
}

template <int dim>
std::vector<plugin::MaterialPoint<dim>> MaterialField<dim>::points_of(
    const typename dealii::DoFHandler<dim>::active_cell_iterator& cell,
    const dealii::FEValues<dim>& values) {
  std::vector<plugin::MaterialPoint<dim>> points;
  for (const auto q : values.quadrature_point_indices())
    points.push_back({values.quadrature_point(q), cell->center(), cell_number(cell), q});
  return points;
}

template <int dim>
std::uint64_t MaterialField<dim>::n_global_points(std::size_t m) const {
  return sum(static_cast<std::uint64_t>(n_points_[m]), log_.communicator());
}

template <int dim>
void MaterialField<dim>::note_if_unused(std::size_t m) const {
  if (n_global_points(m) == 0)
    log_.keep_note(fmt::format("no cell has the material of section 'Material {}'", m));
}

template <int dim>
std::string MaterialField<dim>::section(std::size_t m) const {
  return fmt::format("section 'Material {}/{}'", m, parameters_.model_names[m]);
}

template <int dim>
void MaterialField<dim>::in_material(std::size_t m, const std::function<void()>& action) const {
  try {
    action();
  } catch (const std::exception& error) {
    throw std::runtime_error(fmt::format("{}: {}: {}", parameters_.file, section(m), error.what()));
  }
}

template <int dim>
void MaterialField<dim>::accept() const {
  plugin::run_together(log_.communicator(), [&] {
    for (std::size_t m = 0; m < n_materials(); ++m) in_material(m, [&] { material(m).accept(); });
  });
}

template <int dim>
std::vector<plugin::PointQuantity> MaterialField<dim>::quantities(std::size_t m) const {
  std::vector<plugin::PointQuantity> result;
  plugin::run_together(log_.communicator(),
                       [&] { in_material(m, [&] { result = material(m).quantities(); }); });
  return result;
}

template <int dim>
std::vector<std::string> MaterialField<dim>::check() {
  std::vector<std::vector<plugin::MaterialPoint<dim>>> points;
  try {
    points = find_points();
  } catch (const std::exception& error) {
    return {error.what()};
  }
  std::vector<std::string> problems;
  for (std::size_t m = 0; m < points.size(); ++m) {
    note_if_unused(m);
    if (!parameters_.materials[m]) continue;
    try {
      check_declared(m);
      std::uint64_t n_rves = 0;
      in_material(m, [&] { n_rves = material(m).check_points(points[m], log_.communicator()); });
      double bytes = 0;
      in_material(m, [&] { bytes = material(m).history_bytes(points[m], log_.communicator()); });
      constexpr double mebibyte = 1024. * 1024., kibibyte = 1024.;
      const auto n_points = n_global_points(m);
      log_.print(fmt::format(
          "== material {} ('{}'): {} quadrature points, {} RVEs{}\n", m, parameters_.model_names[m],
          n_points, n_rves,
          bytes > 0
              ? fmt::format("; the history of a point takes up to {}, of all points {:.3g} GiB",
                            bytes < kibibyte ? fmt::format("{:.3g} KiB", bytes / kibibyte)
                                             : fmt::format("{:.3g} MiB", bytes / mebibyte),
                            bytes * static_cast<double>(n_points) / (1024. * mebibyte))
              : ""));
    } catch (const std::exception& error) {
      problems.emplace_back(error.what());
    }
  }
  return problems;
}

template <int dim>
void MaterialField<dim>::prepare(const CheckpointReader* file) {
  const auto scope = log_.section("microscale");
  for (const auto& note : notes()) log_.note(note);
  auto points = find_points();
  for (std::size_t m = 0; m < points.size(); ++m) {
    log_.print(fmt::format("== microscale: material {} ('{}'), {} quadrature points\n", m,
                           parameters_.model_names[m], n_global_points(m)));
    note_if_unused(m);
    const auto n_points = points[m].size();
    in_material(m, [&] {
      if (file)
        material(m).restore(
            std::move(points[m]), log_.communicator(), log_.progress_report(),
            plugin::FindRecords::one_by_one(
                [&](const auto& keys, const auto& take) { file->find(table_of(m), keys, take); }));
      else
        material(m).set_points(std::move(points[m]), log_.communicator(), log_.progress_report());
      if (material(m).dependence() != plugin::Dependence::none) return;
      if (const auto n = table(m).n_points(); n != n_points)
        throw std::logic_error(
            fmt::format("the table of stiffnesses has {} points, the material was given {}; "
                        "set_points() of the table takes an entry for each",
                        n, n_points));
    });
    for (const auto& note : material(m).statistics().notes) log_.print("   " + note + '\n');
  }
}

template <int dim>
void MaterialField<dim>::save(CheckpointWriter& file) const {
  for (std::size_t m = 0; m < n_materials(); ++m) {
    std::optional<plugin::StateRecords> records;
    file.table(table_of(m), [&](const plugin::TakeRecord& take) {
      if (material(m).visit_state(take)) return;
      if (!records) records = material(m).state();
      for (const auto& [key, value] : *records) take(key, value);
    });
  }
}

template <int dim>
bool MaterialField<dim>::is_linear() const {
  return std::all_of(parameters_.materials.begin(), parameters_.materials.end(),
                     [](const auto& material) {
                       return !material || material->dependence() == plugin::Dependence::none;
                     });
}

template <int dim>
StiffnessField<dim> MaterialField<dim>::stiffness_field(Bound bound) const {
  std::vector<typename StiffnessField<dim>::Place> places;
  places.reserve(problem_.mesh().n_locally_owned_active_cells());
  for_local_cells([&](const auto&, auto m, auto first) { places.push_back({&table(m), first}); });
  return {std::move(places), bound, static_cast<unsigned int>(problem_.quadrature().size())};
}

template <int dim>
bool MaterialField<dim>::has_lower_bound() const {
  bool usable = true;
  for (std::size_t m = 0; m < n_materials(); ++m) {
    if (table(m).n_points() == 0) continue;
    for (std::uint32_t entry = 0; entry < table(m).n_entries() && usable; ++entry)
      usable = materials::relative_smallest_eigenvalue(
                   plugin::to_mandel<dim>(table(m).stiffness(entry, Bound::lower))) > 1e-12;
  }
  return min(usable ? 1 : 0, log_.communicator()) == 1;
}

template <int dim>
std::vector<std::string> MaterialField<dim>::notes() const {
  auto result = parameters_.notes;
  for (const auto& material : parameters_.materials)
    // In a check, one that could not be made is missing.
    for (const auto& note : material ? material->notes() : std::vector<std::string>())
      if (std::find(result.begin(), result.end(), note) == result.end()) result.push_back(note);
  return result;
}

template <int dim>
PointValues MaterialField<dim>::zero_values() const {
  PointValues values;
  for (const auto n : n_points_) values.emplace_back(n, 0.);
  return values;
}

#define INSTANTIATE(dim)                                                                          \
  template MaterialField<dim>::MaterialField(const MacroParameters<dim>&,                         \
                                             const BoundaryValueProblem<dim>&, RunLog&);          \
  template std::vector<std::string> MaterialField<dim>::check();                                  \
  template void MaterialField<dim>::prepare(const CheckpointReader*);                             \
  template void MaterialField<dim>::save(CheckpointWriter&) const;                                \
  template bool MaterialField<dim>::is_linear() const;                                            \
  template std::vector<plugin::MaterialPoint<dim>> MaterialField<dim>::points_of(                 \
      const dealii::DoFHandler<dim>::active_cell_iterator&, const dealii::FEValues<dim>&);        \
  template StiffnessField<dim> MaterialField<dim>::stiffness_field(Bound) const;                  \
  template bool MaterialField<dim>::has_lower_bound() const;                                      \
  template std::string MaterialField<dim>::section(std::size_t) const;                            \
  template void MaterialField<dim>::in_material(std::size_t, const std::function<void()>&) const; \
  template void MaterialField<dim>::accept() const;                                               \
  template std::vector<plugin::PointQuantity> MaterialField<dim>::quantities(std::size_t) const;  \
  template std::vector<std::string> MaterialField<dim>::notes() const;                            \
  template PointValues MaterialField<dim>::zero_values() const;
INSTANTIATE(2)
INSTANTIATE(3)
#undef INSTANTIATE

}  // namespace seco::macro
