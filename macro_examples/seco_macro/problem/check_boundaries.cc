// What boundary conditions and the mesh say of each other, before the long stages.
#include <deal.II/fe/fe_values.h>
#include <deal.II/fe/mapping_q1.h>
#include <deal.II/numerics/vector_tools.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>

#include "boundary_value_problem.h"
#include "seco/plugin/agree.h"

namespace seco::macro {

template <int dim>
void BoundaryValueProblem<dim>::find_named_boundaries() {
  const auto find = [&](NamedBoundary& entry) {
    if (entry.name.empty()) return;
    std::vector<std::int64_t> ids;
    for (const auto& [id, name] : description_.labels.boundaries)
      if (name == entry.name) ids.push_back(id);
    if (ids.size() == 1) entry.id = static_cast<dealii::types::boundary_id>(ids[0]);
  };
  const auto find_all = [&](LoadCase<dim>& loads) {
    for (auto& entry : loads.displacement) find(entry);
    for (auto& entry : loads.traction) find(entry);
    for (auto& entry : loads.pressure) find(entry);
  };
  find_all(common_);
  for (auto& own : cases_) find_all(own);
  for (auto& entry : symmetry_) find(entry);
  for (auto& entry : springs_) find(entry);
  combine_loads();
  set_time_of_functions();
}

template <int dim>
std::vector<std::string> BoundaryValueProblem<dim>::unknown_boundaries() const {
  std::set<dealii::types::boundary_id> present;
  for (const auto& cell : mesh_.active_cell_iterators())
    if (cell->is_locally_owned())
      for (const auto& face : cell->face_iterators())
        if (face->at_boundary()) present.insert(face->boundary_id());
  MeshLabels::Names everywhere;
  for (const auto& ids : dealii::Utilities::MPI::all_gather(
           log_.communicator(),
           std::vector<dealii::types::boundary_id>(present.begin(), present.end())))
    for (const auto id : ids) everywhere[id] = "";
  for (auto& [id, name] : everywhere)
    if (const auto known = description_.labels.boundaries.find(id);
        known != description_.labels.boundaries.end())
      name = known->second;
  std::vector<std::string> problems;
  std::string section = "Boundary conditions";
  const auto refuse = [&](const char* key, const NamedBoundary& entry, const std::string& why) {
    problems.push_back(fmt::format(
        "{}: key '{}' in section '{}' names boundary {}, {}", parameters_.file, key, section,
        entry.name.empty() ? fmt::format("{}", entry.id) : fmt::format("'{}'", entry.name), why));
  };
  const auto check = [&](const char* key, const auto& list) {
    for (auto entry = list.begin(); entry != list.end(); ++entry) {
      const bool is_invalid = entry->id == dealii::numbers::invalid_boundary_id;
      const auto label = entry->name.empty() ? fmt::format("{}", entry->id) : entry->name;
      MeshLabels::Names of_this_name;
      for (const auto& [id, name] : description_.labels.boundaries)
        if (name == label) of_this_name[id] = name;
      if (is_invalid && of_this_name.size() > 1) {
        refuse(key, *entry,
               fmt::format("which stands for several; allowed are their ids, {}",
                           described(of_this_name)));
        continue;
      }
      // A number is an id. Groups may have numbers for names.
      if (!is_invalid && entry->name.empty() && !of_this_name.empty() &&
          of_this_name.count(entry->id) == 0) {
        refuse(key, *entry,
               fmt::format("which is an id, and also the name of another boundary, {}; allowed is "
                           "the id {}, or another name in the mesh file",
                           described(of_this_name), of_this_name.begin()->first));
        continue;
      }
      const auto same = std::find_if(list.begin(), entry, [&](const auto& other) {
        return other.id == entry->id && !is_invalid;
      });
      if (same != entry)
        refuse(key, *entry,
               fmt::format("which is {}, that comes twice; allowed is one entry per boundary",
                           described(entry->id, everywhere)));
      const auto inside = description_.labels.inner_faces.find(entry->id);
      if (inside != description_.labels.inner_faces.end() && !is_invalid) {
        refuse(key, *entry,
               fmt::format("of whose faces {} lie inside the body, where there are no boundary "
                           "conditions; the boundary has {}",
                           inside->second, described(everywhere)));
        continue;
      }
      if (!is_invalid && everywhere.count(entry->id) > 0) continue;
      const auto edge =
          std::find_if(description_.labels.edges.begin(), description_.labels.edges.end(),
                       [&](const auto& group) {
                         return is_invalid ? group.second == entry->name : group.first == entry->id;
                       });
      refuse(key, *entry,
             fmt::format("which the mesh does not have{}; it has {}",
                         edge == description_.labels.edges.end()
                             ? ""
                             : fmt::format(" ({} is a {} of edges or points, not of faces)",
                                           described(edge->first, description_.labels.edges),
                                           description_.labels.group_word),
                         described(everywhere)));
    }
  };
  check("Symmetry", symmetry_);
  check("Springs", springs_);
  const auto check_all = [&](const LoadCase<dim>& loads) {
    check("Displacement", loads.displacement);
    check("Traction", loads.traction);
    check("Pressure", loads.pressure);
  };
  check_all(common_);
  for (std::size_t k = 0; k < cases_.size(); ++k) {
    section = fmt::format("Load case {}", k);
    check_all(cases_[k]);
  }
  return problems;
}

template <int dim>
void BoundaryValueProblem<dim>::check_load_cases() const {
  const auto components = [](const dealii::ComponentMask& mask) {
    std::string text;
    for (unsigned int c = 0; c < dim; ++c)
      if (mask[c]) text += fmt::format("{}{}", text.empty() ? "" : ", ", "xyz"[c]);
    return text.empty() ? std::string("none") : text;
  };
  for (std::size_t k = 0; k < cases_.size(); ++k)
    for (const auto& entry : cases_[k].displacement) {
      const auto all = std::find_if(common_.displacement.begin(), common_.displacement.end(),
                                    [&](const auto& other) { return other.id == entry.id; });
      const auto known =
          all == common_.displacement.end() ? dealii::ComponentMask(dim, false) : all->prescribed;
      if (components(known) == components(entry.prescribed)) continue;
      throw std::invalid_argument(fmt::format(
          "{}: key 'Displacement' in section 'Load case {}' prescribes the components {} on "
          "boundary {}, where section 'Boundary conditions' prescribes {}; allowed are other "
          "values of the same components, since all load cases have the same matrix",
          parameters_.file, k, components(entry.prescribed),
          described(entry.id, description_.labels.boundaries), components(known)));
    }
}

template <int dim>
typename BoundaryValueProblem<dim>::Prescribed BoundaryValueProblem<dim>::prescribed_displacements()
    const {
  using Index = dealii::types::global_dof_index;
  const auto& entries = displacement_;
  std::vector<std::map<Index, double>> values(entries.size());
  double scale = 0;
  for (std::size_t e = 0; e < entries.size(); ++e) {
    dealii::VectorTools::interpolate_boundary_values(
        dof_handler_, entries[e].id, *entries[e].function, values[e], entries[e].prescribed);
    for (const auto& [index, value] : values[e])
      if (std::isfinite(value)) scale = std::max(scale, std::abs(value));
  }
  // Expressions of the same value differ by round-off.
  const double tolerance = 1e-10 * dealii::Utilities::MPI::max(scale, log_.communicator());
  struct First {
    double value = 0;
    std::size_t entry = 0;
  };
  std::map<Index, First> first;
  std::optional<Index> where;
  std::size_t other = 0;
  for (std::size_t e = 0; e < entries.size(); ++e)
    for (const auto& [index, value] : values[e]) {
      const auto [place, is_new] = first.try_emplace(index, First{value, e});
      if (is_new || where || !(std::abs(value - place->second.value) > tolerance)) continue;
      where = index;
      other = e;
    }
  plugin::run_together(log_.communicator(), [&] {
    if (!where) return;
    const auto& kept = first.at(*where);
    dealii::Point<dim> node;
    unsigned int component = 0;
    std::vector<Index> indices(element_.n_dofs_per_cell());
    for (const auto& cell : dof_handler_.active_cell_iterators()) {
      if (cell->is_artificial()) continue;
      cell->get_dof_indices(indices);
      for (unsigned int i = 0; i < indices.size(); ++i)
        if (indices[i] == *where) {
          component = element_.system_to_component_index(i).first;
          node = dealii::StaticMappingQ1<dim>::mapping.transform_unit_to_real_cell(
              cell, element_.unit_support_point(i));
        }
    }
    std::vector<std::string> coordinates;
    for (int i = 0; i < dim; ++i) coordinates.push_back(fmt::format("{:g}", node[i]));
    throw std::invalid_argument(fmt::format(
        "{}: key 'Displacement' in section 'Boundary conditions' prescribes two values of the "
        "displacement along {} at the node ({}): {:g} on boundary {} and {:g} on boundary {}; "
        "allowed are values that agree where boundaries meet, or 'free' on one of the two",
        parameters_.file, "xyz"[component], fmt::join(coordinates, ", "), kept.value,
        described(entries[kept.entry].id, description_.labels.boundaries), values[other].at(*where),
        described(entries[other].id, description_.labels.boundaries)));
  });
  std::map<Index, double> prescribed;
  for (const auto& [index, value] : first)
    prescribed.emplace_hint(prescribed.end(), index, value.value);
  return prescribed;
}

template <int dim>
void BoundaryValueProblem<dim>::check_held(const Prescribed& prescribed) const {
  const auto refuse = [&](const std::string& what, const std::string& way_out) {
    throw std::invalid_argument(
        fmt::format("{}: key 'Displacement' in section 'Boundary conditions' does not hold {}, so "
                    "its displacement is not unique; {}",
                    parameters_.file, what, way_out));
  };
  if (description_.parts.n_parts() > 1) {
    std::string free;
    // Parts with springs or on inclined planes count as held, as the motions of the whole body are
    // looked at below.
    auto held = displacement_;
    const auto add = [&](dealii::types::boundary_id id) {
      BoundaryData<dim> all;
      all.id = id;
      all.prescribed = dealii::ComponentMask(dim, true);
      held.push_back(std::move(all));
    };
    for (const auto& entry : springs_) add(entry.id);
    for (const auto& entry : inclined_planes_) add(entry.id);
    plugin::run_together(log_.communicator(),
                         [&] { free = description_.parts.free_motions(held); });
    if (!free.empty())
      refuse(free,
             "prescribe more components there, or give the cells of both sides the same nodes (in "
             "Gmsh: 'Coherence', or fragments of the geometry), since only cells that share faces "
             "are joined");
  }
  if (const auto free = rigid_motions_->free_motions(prescribed, other_supports_in_motions());
      !free.empty())
    refuse(fmt::format("the body, which can still move ({})", free),
           "prescribe more components, also by 'Symmetry', or hold it by 'Springs'");
}

template <int dim>
void BoundaryValueProblem<dim>::note_idle_tractions() const {
  dealii::FEFaceValues<dim> face_values(
      element_, face_quadrature_, dealii::update_quadrature_points | dealii::update_normal_vectors);
  const auto note = [&](const std::string& what, dealii::types::boundary_id id,
                        const auto& traction_at) {
    for (const auto& displacement : displacement_) {
      if (id != displacement.id) continue;
      std::vector<unsigned int> acts(dim, 0), anywhere(dim, 0);
      for (const auto& cell : mesh_.active_cell_iterators()) {
        if (!cell->is_locally_owned()) continue;
        for (const auto f : cell->face_indices()) {
          if (!cell->at_boundary(f) || cell->face(f)->boundary_id() != id) continue;
          face_values.reinit(typename dealii::Triangulation<dim>::active_cell_iterator(cell), f);
          for (const auto q : face_values.quadrature_point_indices()) {
            const auto value =
                traction_at(face_values.quadrature_point(q), face_values.normal_vector(q));
            // A normal of a plane has round-off along the others.
            for (unsigned int c = 0; c < dim; ++c)
              acts[c] |= std::abs(value[c]) > 1e-12 * value.norm() ? 1U : 0U;
          }
        }
      }
      dealii::Utilities::MPI::max(acts, log_.communicator(), anywhere);
      std::vector<std::string> idle;
      for (unsigned int c = 0; c < dim; ++c)
        if (anywhere[c] != 0 && displacement.prescribed[c])
          idle.push_back(std::string(1, "xyz"[c]));
      if (!idle.empty())
        log_.keep_note(fmt::format(
            "the {} along {} on boundary {} does no work, since 'Displacement' or 'Symmetry' "
            "prescribes {} there",
            what, fmt::join(idle, " and "), described(id, description_.labels.boundaries),
            idle.size() == 1 ? "that component" : "these components"));
    }
  };
  for (const auto& spring : springs_)
    for (const auto& displacement : displacement_)
      if (spring.id == displacement.id && displacement.prescribed.n_selected_components() == dim)
        log_.keep_note(fmt::format(
            "the springs on boundary {} do nothing, since 'Displacement' or 'Symmetry' prescribes "
            "all components there",
            described(spring.id, description_.labels.boundaries)));
  for (const auto& entry : traction_)
    note("traction", entry.id, [&](const dealii::Point<dim>& point, const auto&) {
      dealii::Vector<double> value(dim);
      entry.function->vector_value(point, value);
      dealii::Tensor<1, dim> result;
      for (unsigned int c = 0; c < dim; ++c) result[c] = value(c);
      return result;
    });
  for (const auto& entry : pressure_)
    note("pressure", entry.id,
         [&](const dealii::Point<dim>& point, const dealii::Tensor<1, dim>& normal) {
           return dealii::Tensor<1, dim>(-entry.function->value(point) * normal);
         });
  const auto uses_zero = [](const auto& list) {
    return std::any_of(list.begin(), list.end(), [](const auto& entry) { return entry.id == 0; });
  };
  if (description_.labels.n_unlabelled_faces > 0 && description_.labels.boundaries.size() > 1 &&
      (uses_zero(displacement_) || uses_zero(traction_)))
    log_.keep_note(
        fmt::format("boundary 0 is what has no {} in the mesh file: {} faces before refinement",
                    description_.labels.group_word, description_.labels.n_unlabelled_faces));
}

#define INSTANTIATE(dim)                                                                   \
  template void BoundaryValueProblem<dim>::find_named_boundaries();                        \
  template std::vector<std::string> BoundaryValueProblem<dim>::unknown_boundaries() const; \
  template void BoundaryValueProblem<dim>::check_load_cases() const;                       \
  template BoundaryValueProblem<dim>::Prescribed                                           \
  BoundaryValueProblem<dim>::prescribed_displacements() const;                             \
  template void BoundaryValueProblem<dim>::check_held(const Prescribed&) const;            \
  template void BoundaryValueProblem<dim>::note_idle_tractions() const;
INSTANTIATE(2)
INSTANTIATE(3)
#undef INSTANTIATE

}  // namespace seco::macro
