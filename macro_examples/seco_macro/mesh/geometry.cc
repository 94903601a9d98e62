#include "geometry.h"

#include <deal.II/grid/grid_generator.h>
#include <deal.II/grid/grid_in.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <map>
#include <new>
#include <set>
#include <sstream>

#include "cell_count.h"
#include "mesh_file.h"
#include "seco/materials/text.h"

namespace seco::macro {
namespace {

constexpr dealii::types::boundary_id notch_boundary = 6;

template <int dim>
void make_box(const GeometryParameters& geometry, dealii::Triangulation<dim>& mesh) {
  dealii::Point<dim> corner;
  for (int i = 0; i < dim; ++i) corner[i] = geometry.lengths[i];
  dealii::GridGenerator::subdivided_hyper_rectangle(mesh, geometry.cells, dealii::Point<dim>(),
                                                    corner,
                                                    /*colorize=*/true);
}

// A box without the cells whose centres lie in the notch, which a flexure hinge has at the top and
// at the bottom.
template <int dim>
void make_notched_box(const std::string& file, const GeometryParameters& geometry,
                      dealii::Triangulation<dim>& mesh) {
  dealii::Triangulation<dim> box;
  make_box(geometry, box);
  std::set<typename dealii::Triangulation<dim>::active_cell_iterator> removed;
  std::size_t n_ligament_cells = 0;
  const bool both_sides = geometry.type == "flexure hinge";
  for (const auto& cell : box.active_cell_iterators()) {
    const auto centre = cell->center();
    if (std::abs(centre[0] - geometry.notch_position) >= 0.5 * geometry.notch_width) continue;
    if (centre[1] > geometry.lengths[1] - geometry.notch_depth ||
        (both_sides && centre[1] < geometry.notch_depth))
      removed.insert(cell);
    else
      ++n_ligament_cells;
  }
  if (removed.empty() || n_ligament_cells == 0)
    throw std::invalid_argument(fmt::format(
        "{}: keys 'Notch position' = {:g}, 'Notch width' = {:g} and 'Notch depth' = "
        "{:g} in section 'Geometry' remove {} of {} cells, those with their centre in the notch, "
        "and leave {} beside it; allowed is a notch that removes some and leaves some",
        file, geometry.notch_position, geometry.notch_width, geometry.notch_depth, removed.size(),
        box.n_active_cells(), n_ligament_cells));
  dealii::GridGenerator::create_triangulation_with_removed_cells(box, removed, mesh);
  // The boundary ids by position: those of the box, and one for the notch.
  for (const auto& cell : mesh.active_cell_iterators())
    for (const auto& face : cell->face_iterators()) {
      if (!face->at_boundary()) continue;
      face->set_boundary_id(notch_boundary);
      for (int i = 0; i < dim; ++i) {
        const double tolerance = 1e-10 * geometry.lengths[i];
        if (face->center()[i] < tolerance) face->set_boundary_id(2 * i);
        if (face->center()[i] > geometry.lengths[i] - tolerance) face->set_boundary_id(2 * i + 1);
      }
    }
}

/// What a foreign exception says, in one line whatever the library's message looks like.
std::string reason(const std::exception& error) {
  const auto* deal_error = dynamic_cast<const dealii::ExceptionBase*>(&error);
  std::stringstream info;
  if (deal_error) deal_error->print_info(info);
  std::istringstream words(deal_error ? info.str() : error.what());
  std::string text;
  for (std::string word; words >> word;) text += (text.empty() ? "" : " ") + word;
  return text;
}

/// A mesh that deal.II has written for itself.
template <int dim>
MeshFile read_vtu(const std::string& path) {
  dealii::Triangulation<dim> mesh;
  dealii::GridIn<dim> reader(mesh);
  reader.read(path);
  return mesh_file_of(mesh);
}

template <int dim>
MeshLabels read_mesh(const MacroParameters<dim>& parameters, dealii::Triangulation<dim>& mesh) {
  const auto& path = parameters.geometry.mesh_file;
  const auto key =
      fmt::format("{}: key 'Mesh file' in section 'Geometry' is '{}'; ", parameters.file, path);
  try {
    const auto file = path.ends_with(".vtu") ? read_vtu<dim>(path) : read_mesh_file(path);
    return make_triangulation(file, mesh);
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& error) {
    throw std::runtime_error(
        fmt::format("{}it cannot be used as a {}D mesh: {}", key, dim, reason(error)));
  }
}

/// Number of the material of every material id of the mesh. Without 'Regions', material N has id N.
/// @param known the ids of a mesh file with their names; null for a generated geometry
/// @throws std::invalid_argument for names that the mesh does not have, and ids of two materials
template <int dim>
std::map<std::int64_t, std::size_t> material_numbers(const MacroParameters<dim>& parameters,
                                                     const MeshLabels* labels) {
  std::map<std::int64_t, std::size_t> numbers;
  for (std::size_t m = 0; m < parameters.materials.size(); ++m) {
    const auto refuse = [&](const std::string& what) {
      throw std::invalid_argument(
          fmt::format("{}: key 'Regions' in section 'Material {}' {}", parameters.file, m, what));
    };
    std::vector<std::int64_t> ids;
    for (const auto& region : parameters.regions[m]) {
      const auto number = materials::to_count(region);
      if (!labels) {
        if (!number)
          refuse(
              fmt::format("names '{}'; allowed are ids, since only a mesh file has names", region));
        ids.push_back(static_cast<std::int64_t>(*number));
        continue;
      }
      const auto n_before = ids.size();
      for (const auto& [id, name] : labels->materials)
        if (name == region || (number && id == static_cast<std::int64_t>(*number)))
          ids.push_back(id);
      if (ids.size() == n_before)
        refuse(fmt::format(
            "names '{}', which the cells of the mesh do not have; they have material id {}", region,
            described(labels->materials)));
      if (ids.size() > n_before + 1)
        refuse(fmt::format("names '{}', which stands for several; allowed are {}", region,
                           described(labels->materials)));
    }
    if (parameters.regions[m].empty()) ids.push_back(static_cast<std::int64_t>(m));
    for (const auto id : ids)
      if (const auto [other, is_new] = numbers.try_emplace(id, m); !is_new)
        throw std::invalid_argument(fmt::format(
            "{}: material id {} is that of section 'Material {}' and of section 'Material {}'; "
            "allowed is one material for an id (key 'Regions'; without it, 'Material N' has id N)",
            parameters.file, labels ? described(id, labels->materials) : fmt::format("{}", id),
            other->second, m));
  }
  return numbers;
}

/// Gives cells the number of their material. @return that of every id
template <int dim>
std::map<std::int64_t, std::size_t> number_materials(const MacroParameters<dim>& parameters,
                                                     const MeshLabels& labels,
                                                     dealii::Triangulation<dim>& mesh) {
  const auto numbers = material_numbers(parameters, &labels);
  MeshLabels::Names missing;
  for (const auto& [id, name] : labels.materials)
    if (numbers.count(id) == 0) missing[id] = name;
  if (!missing.empty()) {
    std::vector<std::string> given;
    for (const auto& [id, m] : numbers)
      given.push_back(fmt::format("'Material {}' has {}", m, described(id, labels.materials)));
    throw std::invalid_argument(fmt::format(
        "{}: cells of the mesh have material id {}, for which there is no material; {}. Set the "
        "ids or the names in key 'Regions' of the sections 'Material N', and 'Number of "
        "materials' = {} at the top level to what is needed",
        parameters.file, described(missing), fmt::join(given, ", "), parameters.materials.size()));
  }
  for (const auto& cell : mesh.active_cell_iterators())
    cell->set_material_id(static_cast<dealii::types::material_id>(numbers.at(cell->material_id())));
  return numbers;
}

/// Refines the cells of the refined region.
template <int dim>
void refine_locally(const MacroParameters<dim>& parameters,
                    dealii::parallel::distributed::Triangulation<dim>& mesh,
                    std::vector<std::string>& notes) {
  const unsigned int n_steps = parameters.geometry.local_refinements;
  bool defined_everywhere = true;
  for (unsigned int step = 0; step < n_steps; ++step) {
    unsigned int n_refined = 0;
    for (const auto& cell : mesh.active_cell_iterators()) {
      if (!cell->is_locally_owned()) continue;
      const double value = parameters.refined_region->value(cell->center());
      if (std::isnan(value)) defined_everywhere = false;
      if (!(value > 0)) continue;
      cell->set_refine_flag();
      n_refined = 1;
    }
    if (dealii::Utilities::MPI::max(n_refined, mesh.get_communicator()) == 0) {
      notes.push_back(fmt::format(
          "local refinement {} of {} refines no cell: 'Refined region' in section 'Geometry' is "
          "positive at no centre of a cell",
          step + 1, n_steps));
      break;
    }
    mesh.execute_coarsening_and_refinement();
  }
  // Not thrown inside the loop, since refining is collective.
  if (!defined_everywhere)
    throw std::invalid_argument(
        fmt::format("{}: key 'Refined region' in section 'Geometry' is not a number (nan) at the "
                    "centre of a cell; allowed are expressions that are defined in the whole mesh",
                    parameters.file));
}

template <int dim>
MeshDescription<dim> make_cells(const MacroParameters<dim>& parameters,
                                dealii::parallel::distributed::Triangulation<dim>& mesh) {
  const auto& geometry = parameters.geometry;
  const bool from_file = geometry.type == "file";
  dealii::Triangulation<dim> coarse;
  MeshDescription<dim> description;
  if (geometry.type == "box")
    make_box(geometry, coarse);
  else if (!from_file)
    make_notched_box(parameters.file, geometry, coarse);
  else
    description.labels = read_mesh(parameters, coarse);
  if (const auto too_many = too_many_cells(static_cast<double>(coarse.n_active_cells()),
                                           geometry.global_refinements, dim);
      !too_many.empty())
    throw std::invalid_argument(fmt::format(
        "{}: keys 'Mesh file' = {} and 'Global refinements' = {} in section 'Geometry' make {}",
        parameters.file, geometry.mesh_file, geometry.global_refinements, too_many));
  description.parts = MeshParts<dim>(coarse, description.labels);
  if (const auto note = description.parts.hinge_note(); !note.empty())
    description.labels.notes.push_back(note);
  if (from_file)
    description.material_of_id = number_materials(parameters, description.labels, coarse);
  mesh.copy_triangulation(coarse);
  mesh.refine_global(geometry.global_refinements);
  refine_locally(parameters, mesh, description.labels.notes);
  if (from_file) return description;
  const auto numbers = material_numbers<dim>(parameters, nullptr);
  description.material_of_id = numbers;
  for (const auto& cell : mesh.active_cell_iterators()) {
    if (!cell->is_locally_owned()) continue;
    const auto centre = cell->center();
    const double id = parameters.material_id->value(centre);
    // Integers to the round-off of an expression.
    const bool integer = std::abs(id - std::round(id)) <= 1e-9 && std::abs(id) < 1e9;
    const auto number = integer ? numbers.find(std::llround(id)) : numbers.end();
    if (number == numbers.end()) {
      std::vector<std::int64_t> allowed;
      for (const auto& [known, m] : numbers) allowed.push_back(known);
      std::vector<double> position(dim);
      for (int i = 0; i < dim; ++i) position[i] = centre[i];
      throw std::invalid_argument(fmt::format(
          "{}: key 'Material id' in section 'Geometry' gives {:.12g} for the cell at ({:g}); "
          "allowed "
          "are the integers {} with 'Number of materials' = {} (if(x<0.5, 0, 1) chooses one, "
          "floor(...) rounds down)",
          parameters.file, id, fmt::join(position, ", "),
          allowed.back() - allowed.front() + 1 == static_cast<std::int64_t>(allowed.size())
              ? fmt::format("{} to {}", allowed.front(), allowed.back())
              : fmt::format("{}", fmt::join(allowed, ", ")),
          parameters.materials.size()));
    }
    cell->set_material_id(static_cast<dealii::types::material_id>(number->second));
  }
  return description;
}

}  // namespace

template <int dim>
MeshDescription<dim> make_mesh(const MacroParameters<dim>& parameters,
                               dealii::parallel::distributed::Triangulation<dim>& mesh) {
  try {
    return make_cells(parameters, mesh);
  } catch (const std::bad_alloc&) {
    const auto& geometry = parameters.geometry;
    throw std::runtime_error(fmt::format(
        "{}: the mesh does not fit into the memory of this machine; section 'Geometry' has {}, "
        "'Global refinements' = {} and 'Local refinements' = {}. The mesh before refinement is "
        "kept by every rank, so have fewer 'Cells' and more refinements",
        parameters.file,
        geometry.type == "file" ? fmt::format("'Mesh file' = {}", geometry.mesh_file)
                                : fmt::format("'Cells' = {}", fmt::join(geometry.cells, ", ")),
        geometry.global_refinements, geometry.local_refinements));
  }
}

template MeshDescription<2> make_mesh<2>(const MacroParameters<2>&,
                                         dealii::parallel::distributed::Triangulation<2>&);
template MeshDescription<3> make_mesh<3>(const MacroParameters<3>&,
                                         dealii::parallel::distributed::Triangulation<3>&);

}  // namespace seco::macro
