#include "geometry.h"

#include <deal.II/grid/grid_generator.h>
#include <deal.II/grid/grid_in.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <new>
#include <set>
#include <sstream>

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

template <int dim>
void read_mesh(const MacroParameters<dim>& parameters, dealii::Triangulation<dim>& mesh) {
  dealii::GridIn<dim> reader(mesh);
  try {
    reader.read(parameters.geometry.mesh_file);
  } catch (const std::exception& error) {
    const auto* deal_error = dynamic_cast<const dealii::ExceptionBase*>(&error);
    std::stringstream reason;
    if (deal_error) deal_error->print_info(reason);
    // One line, whatever the library's message looks like.
    std::istringstream words(deal_error ? reason.str() : error.what());
    std::string text;
    for (std::string word; words >> word;) text += (text.empty() ? "" : " ") + word;
    throw std::runtime_error(
        fmt::format("{}: key 'Mesh file' in section 'Geometry' is '{}'; it cannot be read as a "
                    "{}D mesh: {}",
                    parameters.file, parameters.geometry.mesh_file, dim, text));
  }
}

template <int dim>
void make_cells(const MacroParameters<dim>& parameters,
                dealii::parallel::distributed::Triangulation<dim>& mesh) {
  const auto& geometry = parameters.geometry;
  dealii::Triangulation<dim> coarse;
  if (geometry.type == "box")
    make_box(geometry, coarse);
  else if (geometry.type == "notched beam" || geometry.type == "flexure hinge")
    make_notched_box(parameters.file, geometry, coarse);
  else
    read_mesh(parameters, coarse);
  if (const auto too_many = too_many_cells(static_cast<double>(coarse.n_active_cells()),
                                           geometry.global_refinements, dim);
      !too_many.empty())
    throw std::invalid_argument(fmt::format(
        "{}: keys 'Mesh file' = {} and 'Global refinements' = {} in section 'Geometry' make {}",
        parameters.file, geometry.mesh_file, geometry.global_refinements, too_many));
  mesh.copy_triangulation(coarse);
  mesh.refine_global(geometry.global_refinements);
  bool refined_everywhere_defined = true;
  for (unsigned int step = 0; step < geometry.local_refinements; ++step) {
    for (const auto& cell : mesh.active_cell_iterators()) {
      if (!cell->is_locally_owned()) continue;
      const double value = parameters.refined_region->value(cell->center());
      if (std::isnan(value)) refined_everywhere_defined = false;
      if (value > 0) cell->set_refine_flag();
    }
    mesh.execute_coarsening_and_refinement();
  }
  // Not thrown inside the loop, since refining is collective.
  if (!refined_everywhere_defined)
    throw std::invalid_argument(
        fmt::format("{}: key 'Refined region' in section 'Geometry' is not a number (nan) at the "
                    "centre of a cell; allowed are expressions that are defined in the whole mesh",
                    parameters.file));
  if (geometry.type == "file") return;
  for (const auto& cell : mesh.active_cell_iterators()) {
    if (!cell->is_locally_owned()) continue;
    const auto centre = cell->center();
    const double id = parameters.material_id->value(centre);
    // Integers to the round-off of an expression.
    const bool integer = std::abs(id - std::round(id)) <= 1e-9;
    if (!integer || std::round(id) < 0 ||
        std::round(id) >= static_cast<double>(parameters.materials.size())) {
      std::vector<double> position(dim);
      for (int i = 0; i < dim; ++i) position[i] = centre[i];
      throw std::invalid_argument(fmt::format(
          "{}: key 'Material id' in section 'Geometry' gives {:.12g} for the cell at ({:g}); "
          "allowed "
          "are the integers 0 to {} with 'Number of materials' = {} (if(x<0.5, 0, 1) chooses one, "
          "floor(...) rounds down)",
          parameters.file, id, fmt::join(position, ", "), parameters.materials.size() - 1,
          parameters.materials.size()));
    }
    cell->set_material_id(static_cast<dealii::types::material_id>(std::llround(id)));
  }
}

}  // namespace

std::string too_many_cells(double n_coarse_cells, unsigned int n_refinements, int dim) {
  const double n = n_coarse_cells * std::exp2(static_cast<double>(dim) * n_refinements);
  return n > most_cells ? fmt::format("{:.3g} cells; allowed are at most {:g}", n, most_cells) : "";
}

template <int dim>
void make_mesh(const MacroParameters<dim>& parameters,
               dealii::parallel::distributed::Triangulation<dim>& mesh) {
  try {
    make_cells(parameters, mesh);
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

template void make_mesh<2>(const MacroParameters<2>&,
                           dealii::parallel::distributed::Triangulation<2>&);
template void make_mesh<3>(const MacroParameters<3>&,
                           dealii::parallel::distributed::Triangulation<3>&);

}  // namespace seco::macro
