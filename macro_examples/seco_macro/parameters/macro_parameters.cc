#include "macro_parameters.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <optional>
#include <sstream>

#include "cell_count.h"
#include "seco/materials/text.h"
#include "seco/plugin/expressions.h"
#include "seco/plugin/parameters.h"
#include "seco/plugin/registration.h"

namespace seco::macro {
namespace {

using materials::ParameterReader;
using materials::split;
using materials::trimmed;
using plugin::HandlerParameters;

template <int dim>
std::string variables() {
  return dealii::FunctionParser<dim>::default_variable_names();
}

template <int dim>
std::shared_ptr<dealii::FunctionParser<dim>> read_function(
    ParameterReader& p, const std::string& section, const std::string& key,
    const std::string& default_value, unsigned int n_components, const std::string& help,
    bool of_time = false) {
  const auto expressions = split(p.text(section, key, default_value, help), ';');
  if (!p.has(section, key)) return nullptr;
  std::string wrong;
  try {
    if (expressions.size() == n_components)
      return plugin::parse_expressions<dim>(expressions, of_time);
    wrong = fmt::format("it has {} expressions", expressions.size());
    // The reason may be a comma in place of a semicolon or a point.
    plugin::parse_expressions<dim>(expressions, of_time);
  } catch (const std::invalid_argument& error) {
    wrong = error.what();
  }
  const auto known = variables<dim>() + (of_time ? ",t" : "");
  const auto allowed =
      n_components == 1
          ? fmt::format("allowed is an expression in {}", known)
          : fmt::format("allowed are {} expressions in {} separated by ;", n_components, known);
  p.refuse(section, key, fmt::format("{}; {}", wrong, allowed));
}

const char* const boundary_section = "Boundary conditions";

/// Ends the reading of an entry with what is wrong with it.
using RefuseEntry = std::function<void(const std::string& why)>;

/// Calls read(entry, place of its colon, refuse) for the entries of a key, which | separates.
/// @param form of the entries, for messages
void for_entries(ParameterReader& p, const std::string& section, const std::string& key,
                 const std::string& help, const std::string& form,
                 const std::function<void(const std::string& entry, std::size_t colon,
                                          const RefuseEntry& refuse)>& read) {
  const auto text = p.text(section, key, "", help);
  if (text.empty() || !p.has(section, key)) return;
  for (const auto& part : split(text, '|')) {
    const RefuseEntry refuse = [&](const std::string& why) {
      p.refuse(section, key,
               fmt::format("{}; allowed are entries {}, separated by |",
                           why.empty() ? fmt::format("'{}' is not understood", part) : why, form));
    };
    const auto colon = part.find(':');
    if (colon == std::string::npos) refuse("");
    read(part, colon, refuse);
  }
}

/// Reads entries 'boundary: text' separated by |, each boundary once.
/// @param form of the entries, for messages
/// @param read makes an entry of a boundary and what stands behind the colon
template <typename Entry>
std::vector<Entry> read_entries(
    ParameterReader& p, const std::string& section, const std::string& key, const std::string& help,
    const std::string& form,
    const std::function<Entry(const std::string& text, const RefuseEntry& refuse)>& read) {
  std::vector<Entry> result;
  for_entries(
      p, section, key, help, form,
      [&](const std::string& part, std::size_t colon, const RefuseEntry& refuse) {
        const auto name = trimmed(part.substr(0, colon));
        const auto id = materials::to_count(name);
        if (name.empty() || (id && *id > 2147483647)) refuse("");
        Entry entry = read(trimmed(part.substr(colon + 1)), refuse);
        if (id)
          entry.id = static_cast<dealii::types::boundary_id>(*id);
        else
          entry.name = name;
        for (const auto& other : result)
          if (other.id == entry.id && other.name == entry.name)
            p.refuse(
                section, key,
                fmt::format("boundary {} is named twice; allowed is one entry per boundary", name));
        result.push_back(std::move(entry));
      });
  return result;
}

/// A function of the expressions of an entry.
template <int dim>
std::shared_ptr<dealii::FunctionParser<dim>> parse_entry(
    const std::vector<std::string>& expressions, bool of_time, const RefuseEntry& refuse) {
  try {
    return plugin::parse_expressions<dim>(expressions, of_time);
  } catch (const std::invalid_argument& error) {
    refuse(error.what());
  }
  return nullptr;
}

template <int dim>
std::vector<BoundaryData<dim>> read_boundary_data(ParameterReader& p, const std::string& section,
                                                  const std::string& key, bool free_allowed,
                                                  const std::string& help) {
  const auto form =
      fmt::format("'boundary: {}' with expressions in {},t{}", dim == 2 ? "ex; ey" : "ex; ey; ez",
                  variables<dim>(), free_allowed ? " or the word free" : "");
  return read_entries<BoundaryData<dim>>(
      p, section, key, help, form, [&](const std::string& text, const RefuseEntry& refuse) {
        auto expressions = split(text, ';');
        if (expressions.size() != dim)
          refuse(fmt::format("'{}' has {} components separated by ;, expected are {}", text,
                             expressions.size(), dim));
        BoundaryData<dim> data;
        data.prescribed = dealii::ComponentMask(dim, true);
        for (unsigned int c = 0; c < dim; ++c)
          if (free_allowed && expressions[c] == "free") {
            data.prescribed.set(c, false);
            expressions[c] = "0";
          }
        data.function = parse_entry<dim>(expressions, /*of_time=*/true, refuse);
        return data;
      });
}

template <int dim>
std::vector<PressureData<dim>> read_pressure(ParameterReader& p, const std::string& section) {
  return read_entries<PressureData<dim>>(
      p, section, "Pressure",
      fmt::format("pressure on boundaries, for example '1: 10*t | inner wall: 2 - x': the traction "
                  "-p n, n being the outer normal; positive values press on the body. Expressions "
                  "in {},t",
                  variables<dim>()),
      fmt::format("'boundary: p' with an expression in {},t", variables<dim>()),
      [](const std::string& text, const RefuseEntry& refuse) {
        PressureData<dim> data;
        const auto expressions = split(text, ';');
        if (expressions.size() != 1)
          refuse(
              fmt::format("'{}' has {} components; a pressure has one", text, expressions.size()));
        data.function = parse_entry<dim>(expressions, /*of_time=*/true, refuse);
        return data;
      });
}

template <int dim>
std::vector<SpringData<dim>> read_springs(ParameterReader& p) {
  const std::string components = dim == 2 ? "kx; ky" : "kx; ky; kz";
  return read_entries<SpringData<dim>>(
      p, boundary_section, "Springs",
      fmt::format("elastic foundation of boundaries, stiffness per area: 'boundary: k' in all "
                  "directions, 'boundary: {}' for each, 'boundary: normal k' along the normal "
                  "alone. The traction on the body is -k u. Expressions in {}",
                  components, variables<dim>()),
      fmt::format("'boundary: k', 'boundary: {}' and 'boundary: normal k' with expressions in {}",
                  components, variables<dim>()),
      [](const std::string& text, const RefuseEntry& refuse) {
        SpringData<dim> data;
        const std::string word = "normal ";
        data.normal = text.starts_with(word);
        const auto expressions = split(data.normal ? trimmed(text.substr(word.size())) : text, ';');
        const auto n = expressions.size();
        if (n != 1 && (n != dim || data.normal))
          refuse(fmt::format("'{}' has {} components", text, n));
        data.function = parse_entry<dim>(expressions, /*of_time=*/false, refuse);
        return data;
      });
}

std::vector<NamedBoundary> read_symmetry(ParameterReader& p) {
  const std::string key = "Symmetry";
  const auto text = p.text(boundary_section, key, "",
                           "boundaries in planes of symmetry, ids or names separated by |: their "
                           "normal displacement is zero");
  std::vector<NamedBoundary> result;
  if (text.empty() || !p.has(boundary_section, key)) return result;
  for (const auto& name : split(text, '|')) {
    const auto id = materials::to_count(name);
    if (name.empty() || name.find(':') != std::string::npos || (id && *id > 2147483647))
      p.refuse(boundary_section, key,
               fmt::format("'{}' is not understood; allowed are ids or names of boundaries, "
                           "separated by |",
                           name));
    NamedBoundary entry;
    if (id)
      entry.id = static_cast<dealii::types::boundary_id>(*id);
    else
      entry.name = name;
    for (const auto& other : result)
      if (other.id == entry.id && other.name == entry.name)
        p.refuse(boundary_section, key,
                 fmt::format("boundary {} is named twice; allowed is once", name));
    result.push_back(entry);
  }
  return result;
}

template <int dim>
std::vector<PointLoad<dim>> read_point_loads(ParameterReader& p, const std::string& section) {
  const std::string key = "Point loads";
  const std::string form = dim == 2 ? "'x, y: fx; fy'" : "'x, y, z: fx; fy; fz'";
  const auto help =
      fmt::format("forces at points of the body, {} separated by |, expressions in t", form);
  std::vector<PointLoad<dim>> result;
  for_entries(p, section, key, help, form + " with expressions in t",
              [&](const std::string& part, std::size_t colon, const RefuseEntry& refuse) {
                PointLoad<dim> load;
                const auto coordinates = split(part.substr(0, colon), ',');
                if (coordinates.size() != dim) refuse("");
                for (unsigned int c = 0; c < dim; ++c) {
                  const auto value = materials::to_number(coordinates[c]);
                  if (!value || !std::isfinite(*value)) refuse("");
                  load.point[c] = *value;
                }
                const auto expressions = split(part.substr(colon + 1), ';');
                if (expressions.size() != dim)
                  refuse(fmt::format("'{}' has {} components separated by ;, expected are {}", part,
                                     expressions.size(), dim));
                load.force = parse_entry<dim>(expressions, /*of_time=*/true, refuse);
                result.push_back(std::move(load));
              });
  return result;
}

double n_coarse_cells(const GeometryParameters& geometry) {
  double n = 1;
  for (const auto along_edge : geometry.cells) n *= along_edge;
  return n;
}

GeometryParameters read_geometry(ParameterReader& p, int dim) {
  const std::string s = "Geometry";
  GeometryParameters g;
  g.type = p.choice(s, "Type", "box", {"box", "notched beam", "flexure hinge", "file"},
                    "box, beam and hinge, which has a notch at the top and one at the bottom, "
                    "start at the origin; boundary ids are 0 and 1 at the ends along x, 2 and 3 "
                    "along y, 4 and 5 along z, and 6 in the notches");
  g.lengths = p.numbers(s, "Lengths", std::vector<double>(dim, 1.), "edge lengths");
  if (static_cast<int>(g.lengths.size()) != dim)
    p.refuse(s, "Lengths", fmt::format("expected {} lengths", dim));
  for (const double length : g.lengths)
    if (!(length > 0)) p.refuse(s, "Lengths", "allowed are positive lengths");
  const auto cells = p.numbers(s, "Cells", std::vector<double>(dim, 4.), "cells along each edge");
  for (const double n : cells) {
    if (n != std::floor(n) || n < 1 || n > 1e6)
      p.refuse(s, "Cells", fmt::format("allowed are {} integers from 1 to 1000000", dim));
    g.cells.push_back(static_cast<unsigned int>(n));
  }
  if (static_cast<int>(g.cells.size()) != dim)
    p.refuse(s, "Cells", fmt::format("allowed are {} integers from 1 to 1000000", dim));
  const double inf = 1e300;
  g.notch_position =
      p.number(s, "Notch position", 0.5 * g.lengths[0], 0, inf, "centre of the notch along x");
  g.notch_width =
      p.number(s, "Notch width", 0.1 * g.lengths[0], 0, inf, "width of the notch along x");
  g.notch_depth =
      p.number(s, "Notch depth", 0.25 * g.lengths[1], 0, inf,
               "depth of the notch from the top along y, of a hinge also from the bottom");
  g.mesh_file = p.path(s, "Mesh file", "",
                       "mesh of quadrilaterals or hexahedra with boundary and material ids, in "
                       "the format of its ending: .msh (Gmsh), .vtk, .vtu of deal.II, .ucd or "
                       ".inp (AVS UCD), .unv");
  if (g.type == "file") {
    if (g.mesh_file.empty()) p.refuse(s, "Mesh file", "Type = file needs the name of a mesh");
    if (!std::filesystem::is_regular_file(g.mesh_file))
      p.refuse(s, "Mesh file", fmt::format("there is no file {}", g.mesh_file));
  }
  g.global_refinements = static_cast<unsigned int>(
      p.integer(s, "Global refinements", 0, 0, 20, "uniform refinements"));
  g.local_refinements = static_cast<unsigned int>(p.integer(
      s, "Local refinements", 0, 0, 20, "refinements of the cells in the refined region"));
  // Of a mesh file the number of cells is known when it is read (geometry.cc).
  if (const auto too_many = too_many_cells(n_coarse_cells(g), g.global_refinements, dim);
      g.type != "file" && !too_many.empty())
    p.refuse(s, n_coarse_cells(g) > most_cells ? "Cells" : "Global refinements",
             fmt::format("keys 'Cells' = {} and 'Global refinements' = {} make {}",
                         fmt::join(g.cells, ", "), g.global_refinements, too_many));
  return g;
}

CertificationParameters read_certification(ParameterReader& p, bool certified_bounds) {
  const std::string s = "Certification";
  CertificationParameters c;
  c.tolerance = p.number(s, "Compliance tolerance", 0, 0, 1,
                         "largest width of the certified compliance, relative to it: RVEs that "
                         "matter are refined until it is reached; 0 to refine none");
  if (c.tolerance > 0 && !certified_bounds)
    p.refuse(s, "Compliance tolerance",
             "allowed is 0 with 'Certified bounds' = false in section 'Solver'");
  c.doerfler = p.number(s, "Doerfler fraction", 0.9, 1e-3, 1,
                        "a round marks no more RVEs than carry this fraction of the width");
  c.largest_rounds =
      static_cast<unsigned int>(p.integer(s, "Largest number of rounds", 20, 0, 1000,
                                          "rounds of refinement after which the loop gives up"));
  c.audit_fraction =
      p.number(s, "Audit fraction", 0, 0, 1,
               "fraction of the RVEs, drawn at random, that the 'Audit engine' of their material "
               "homogenizes too: the bounds are compared, and the work is measured");
  return c;
}

LoadStepParameters read_load_steps(ParameterReader& p, bool certified_bounds) {
  const std::string s = "Load steps";
  LoadStepParameters l;
  l.end_time =
      p.number(s, "End time", 1, 1e-100, 1e100,
               "where the run ends, from the time 0, which is the t of boundary conditions "
               "and body force, in the unit of time of the materials; linear materials "
               "are solved once, at this time");
  l.n_steps = static_cast<unsigned int>(
      p.integer(s, "Steps", 10, 1, 1000000,
                "equal parts of the time, with materials that are not linear: steps are as long "
                "as one at first, and end where a part ends"));
  const double part = 1. / l.n_steps;
  l.largest = p.number(s, "Largest step", 0, 0, 1,
                       "as a fraction of 'End time': steps grow up to it after those that took "
                       "few iterations; beyond 1 / 'Steps' whole parts are passed over. 0 for 1 / "
                       "'Steps'");
  if (l.largest == 0) l.largest = part;
  l.growth =
      p.number(s, "Growth", 2, 1, 100,
               "factor by which steps grow up to 'Largest step', and back to it after a cut; "
               "with 1 the length of a step that was cut stays");
  l.smallest = p.number(s, "Smallest step", 1e-4, 1e-12, 1,
                        "as a fraction of 'End time': a step that finds no equilibrium is cut "
                        "until it would be shorter, then the run ends",
                        changeable);
  if (l.smallest > std::min(part, l.largest))
    p.refuse(s, "Smallest step",
             fmt::format("allowed are at most 1 / 'Steps' and 'Largest step', {:g}",
                         std::min(part, l.largest)));
  l.newton_tolerance = p.number(s, "Newton tolerance", 1e-6, 1e-12, 1e-1,
                                "residual of a step, loads minus inner forces, relative to the "
                                "forces at all nodes, reactions included");
  l.newton_iterations = static_cast<unsigned int>(
      p.integer(s, "Newton iterations", 20, 1, 10000, "after which a step is cut in two"));
  l.energy_tolerance = p.number(
      s, "Energy tolerance", 0, 0, 1,
      "largest gap between the bounds of the incremental potential of a step, relative to the "
      "largest energy so far: RVEs that carry it are refined until it is reached, in rounds as "
      "section 'Certification' says; 0 to refine none");
  if (l.energy_tolerance > 0 && !certified_bounds)
    p.refuse(s, "Energy tolerance",
             "allowed is 0 with 'Certified bounds' = false in section 'Solver'");
  l.times = p.numbers(s, "Times", {},
                      "times at which a step ends, besides the ends of the parts and those that "
                      "expressions of loads compare t with, as in if(t < 0.5, ...); separated by "
                      "commas");
  for (const double time : l.times)
    if (!(time > 0 && time <= l.end_time))
      p.refuse(s, "Times",
               fmt::format("allowed are times above 0 and up to 'End time' = {:g}", l.end_time));
  l.time_error_tolerance = p.number(
      s, "Time error tolerance", 0, 0, 1,
      "a step whose length changes the stresses at its end by more than this, relative to the "
      "largest so far, by an estimate, is cut, and the next ones are as long as it allows; 0 for "
      "no limit");
  l.refine_every = static_cast<unsigned int>(p.integer(
      s, "Refine every", 0, 0, 1000000,
      "steps after which the mesh is refined where the gradient of the displacement jumps most "
      "between cells; points take over the state of the points of the cell before, and the body is "
      "brought back into equilibrium under the same loads. For materials without microstructure. "
      "0 for never"));
  l.refinement_fraction =
      p.number(s, "Refinement fraction", 0.5, 1e-3, 1,
               "part of the estimated error, squared and summed over all cells, "
               "that the cells have which are refined");
  l.refinement_levels = static_cast<unsigned int>(
      p.integer(s, "Refinement levels", 2, 1, 20,
                "no cell is refined to more levels beyond the finest cells of the first mesh"));
  l.largest_cells = p.number(s, "Largest number of cells", 1e6, 1, 1e12,
                             "fewer cells are refined where the mesh would have more than this; "
                             "those that only hanging nodes ask for come on top");
  return l;
}

CheckpointParameters read_checkpoint(ParameterReader& p, const std::string& output_directory) {
  const std::string s = "Checkpoint";
  CheckpointParameters c;
  c.write = p.flag(s, "Write", false,
                   "keeps the state of the run after every stage, from which 'seco-macro "
                   "--restart' continues on any number of ranks",
                   changeable);
  c.file =
      p.path(s, "File", "",
             "file of the checkpoint; empty for checkpoint.h5 in the output directory", changeable);
  if (c.file.empty()) c.file = (std::filesystem::path(output_directory) / "checkpoint.h5").string();
  c.seconds_between =
      p.number(s, "Seconds between", 0, 0, 1e9,
               "a stage that ends so soon after the last checkpoint writes none", changeable);
  return c;
}

RunHeader ask_header(ParameterReader& p) {
  RunHeader header;
  header.dimension =
      p.choice("", "Dimension", "3", {"2", "3"}, "3, or 2 for plane strain") == "2" ? 2 : 3;
  header.n_materials = static_cast<unsigned int>(p.integer(
      "", "Number of materials", 1, 1, 1000, "number of sections 'Material N', N = 0, 1, ..."));
  header.n_load_cases = static_cast<unsigned int>(p.integer(
      "", "Number of load cases", 0, 0, 1000,
      "number of sections 'Load case N', N = 0, 1, ..., of a run with linear materials, with the "
      "keys Name, Displacement, Traction, Pressure, Body force and Point loads. RVEs are "
      "homogenized once, and the matrix of a stiffness is made once. 0 for the loads of section "
      "'Boundary conditions' alone"));
  const auto libraries =
      p.text("", "Additional shared libraries", "",
             "libraries that bring materials or engines, separated by commas", changeable);
  if (!libraries.empty())
    for (const auto& name : split(libraries, ',')) header.libraries.push_back(name);
  return header;
}

template <int dim>
LoadCase<dim> read_load_case(ParameterReader& p, unsigned int number) {
  const auto s = fmt::format("Load case {}", number);
  LoadCase<dim> result;
  result.name = p.text(s, "Name", "", "for results; empty for the number");
  if (result.name.empty()) result.name = fmt::format("{}", number);
  result.displacement = read_boundary_data<dim>(
      p, s, "Displacement", true,
      "values in this case of displacements that section 'Boundary conditions' prescribes in all, "
      "with the same components free");
  result.traction = read_boundary_data<dim>(p, s, "Traction", false,
                                            "tractions beside those that act in all cases");
  result.pressure = read_pressure<dim>(p, s);
  std::string zero = "0";
  for (int c = 1; c < dim; ++c) zero += "; 0";
  result.body_force =
      read_function<dim>(p, s, "Body force", zero, dim, "force per volume beside that of all cases",
                         /*of_time=*/true);
  result.point_loads = read_point_loads<dim>(p, s);
  return result;
}

/// Everything but the materials; declares or reads, as the reader does.
template <int dim>
void read_run(ParameterReader& p, MacroParameters<dim>& result, unsigned int n_load_cases) {
  ask_header(p);
  result.run.unit = p.choice("", "Unit", "MPa", {"Pa", "kPa", "MPa", "GPa"},
                             "unit of stress, moduli and tractions");
  const std::string not_given = "not given";
  auto length = p.choice("", "Length unit", not_given, {not_given, "m", "cm", "mm", "um", "nm"},
                         "unit of lengths and displacements, which names the units of results, "
                         "for example N and mJ with MPa and mm; it changes no number",
                         changeable);
  result.units_in_tables = length != not_given;
  if (!result.units_in_tables) length.clear();
  result.units = derived_units(result.run.unit, length, dim);
  result.output_directory =
      p.path("", "Output directory", "results", "folder of all results", changeable);
  result.strict = p.flag(
      "", "Strict", false,
      "exit code 2 if any RVE misses what was asked (it did not converge, has no lower bound, or "
      "its gap is larger than 'Largest gap'), if the compliance tolerance is missed, or if a "
      "displacement is not in equilibrium to 'Largest equilibrium error'",
      changeable);
  result.geometry = read_geometry(p, dim);
  result.refined_region =
      read_function<dim>(p, "Geometry", "Refined region", "0", 1,
                         "expression that is positive at the centres of cells to refine locally");
  result.material_id = read_function<dim>(p, "Geometry", "Material id", "0", 1,
                                          "expression for the material id of a cell of a box or "
                                          "beam, an integer at the centre of every "
                                          "cell; the cells of a mesh file have ids");
  result.degree = static_cast<unsigned int>(
      p.integer("Discretization", "Polynomial degree", 1, 1, 5, "degree of the Lagrange elements"));
  result.displacement =
      read_boundary_data<dim>(p, boundary_section, "Displacement", true,
                              "prescribed displacements, for example '0: 0; 0; 0 | 1: free; 0.1*y; "
                              "free' (boundary: components). A boundary is an id, or the name of "
                              "a physical group of the mesh file. Expressions may use the time t "
                              "(section Load steps)");
  result.traction = read_boundary_data<dim>(p, boundary_section, "Traction", false,
                                            "tractions, written in the same way");
  result.pressure = read_pressure<dim>(p, boundary_section);
  result.symmetry = read_symmetry(p);
  result.springs = read_springs<dim>(p);
  result.point_loads = read_point_loads<dim>(p, boundary_section);
  std::string zero = "0";
  for (int c = 1; c < dim; ++c) zero += "; 0";
  result.body_force =
      read_function<dim>(p, "Boundary conditions", "Body force", zero, dim, "force per volume",
                         /*of_time=*/true);
  for (unsigned int k = 0; k < n_load_cases; ++k) {
    result.load_cases.push_back(read_load_case<dim>(p, k));
    for (unsigned int other = 0; other < k; ++other)
      if (result.load_cases[other].name == result.load_cases[k].name)
        p.refuse(
            fmt::format("Load case {}", k), "Name",
            fmt::format("it is the name of 'Load case {}' already; allowed are different names",
                        other));
  }
  result.linear_algebra = p.choice(
      "Solver", "Linear algebra", "Trilinos", {"PETSc", "Trilinos", "matrix-free", "direct"},
      "library of the matrix and of its algebraic multigrid; matrix-free: geometric "
      "multigrid without a matrix, for degrees 1 to 3; direct: factors of the matrix by "
      "MUMPS, for slender bodies and high contrasts");
  if (result.linear_algebra == "matrix-free" && result.degree > 3)
    p.refuse("Solver", "Linear algebra",
             fmt::format("matrix-free has elements of degree 1 to 3, and 'Polynomial degree' in "
                         "section 'Discretization' is {}; allowed are PETSc, Trilinos and direct",
                         result.degree));
  result.solver_tolerance = p.number("Solver", "Tolerance", 1e-10, 1e-15, 1e-1,
                                     "residual of the displacement, loads minus inner forces, "
                                     "relative to the loads");
  result.solver_iterations =
      static_cast<unsigned int>(p.integer("Solver", "Largest number of iterations", 2000, 1,
                                          10000000, "iterations after which CG fails", changeable));
  result.equilibrium_tolerance = p.number(
      "Solver", "Largest equilibrium error", 1e-3, 1e-12, 1,
      "largest error of a displacement in the energy norm, relative to it, as far as it "
      "can be guaranteed: a solve goes on below 'Tolerance' until it is reached, and a run "
      "with 'Strict' fails if it is not");
  result.largest_direct = static_cast<std::uint64_t>(
      p.integer("Solver", "Largest direct system", 100000, 0, 1000000000,
                "unknowns up to which a direct solver takes over where the chosen one fails or "
                "leaves a larger equilibrium error; 0 for never"));
  result.certify = p.flag("Solver", "Certified bounds", true,
                          "solves also with the upper and the lower bounds of the stiffness, which "
                          "encloses the compliance");
  result.certification = read_certification(p, result.certify);
  result.load_steps = read_load_steps(p, result.certify);
  result.checkpoint = read_checkpoint(p, result.output_directory);
  result.run.goal_oriented = result.certification.tolerance > 0;
  result.run.audited = result.certification.audit_fraction > 0;
  result.write_vtu =
      p.flag("Output", "Write VTU", true, "writes solution.pvtu and solution.pvd", changeable);
  result.vtu_every = static_cast<unsigned int>(
      p.integer("Output", "VTU every", 1, 1, 1000000,
                "load steps from one whose fields are written to the next; those of the last step "
                "are always written"));
  result.vtu_doubles =
      p.choice("Output", "Precision of VTU", "single", {"single", "double"},
               "precision of the numbers in the VTU file; those of summary.json and of all tables "
               "are double",
               changeable) == "double";
  result.nodal_averages = p.flag(
      "Output", "Nodal averages", false,
      "writes stresses at nodes, too: extrapolated from the points of the cells around each, "
      "averaged by volume, also across materials",
      changeable);
  result.points_of_interest = read_points<dim>(p, "Output", "Points of interest",
                                               "points whose displacement goes into the summary");
  result.local = read_local_parameters<dim>(p);
}

template <int dim>
void declare(dealii::ParameterHandler& handler, unsigned int n_materials,
             unsigned int n_load_cases) {
  HandlerParameters parameters(handler, HandlerParameters::Mode::declare);
  MacroParameters<dim> defaults;
  read_run(parameters, defaults, n_load_cases);
  for (unsigned int m = 0; m < n_materials; ++m) {
    handler.enter_subsection(fmt::format("Material {}", m));
    parameters.text(
        "", "Model", "homogenized",
        "name of a registered material; its parameters are in the subsection of that name");
    parameters.text("", "Regions", "",
                    "material ids of the cells of this material, or names of physical groups of "
                    "the mesh file, separated by commas; empty for the id N of the section");
    plugin::declare_material_parameters<dim>(handler);
    handler.leave_subsection();
  }
}

/// Keys that are set twice between a `subsection` and its `end`, or in a row at the top level, of
/// which the last value would win unnoticed. Values that are appended to a file, in sections that
/// are opened again, are meant to win. A ParameterFile does not tell, so the text is read once
/// more; its syntax is known to be right.
std::vector<plugin::ParameterProblem> repeated_keys(const materials::ParameterFile& file) {
  std::vector<plugin::ParameterProblem> problems;
  std::vector<std::string> sections;
  // Numbers of the blocks around a line; that of the top level changes with every section.
  std::vector<int> blocks{0};
  int n_blocks = 1;
  std::map<std::pair<int, std::string>, int> first_line;
  std::ifstream stream(file.origin());
  std::string line, statement;
  int number = 0, start = 1;
  const auto words = [](const std::string& text) {
    std::istringstream in(text);
    std::vector<std::string> result;
    for (std::string word; in >> word;) result.push_back(word);
    return result;
  };
  while (std::getline(stream, line)) {
    ++number;
    if (statement.empty()) start = number;
    line = trimmed(line.substr(0, line.find('#')));
    const bool goes_on = line.ends_with('\\');
    if (goes_on) line.back() = ' ';
    statement += line;
    if (goes_on) continue;
    const bool sets = statement.starts_with("set");
    const auto parts = words(sets ? statement.substr(0, statement.find('=')) : statement);
    statement.clear();
    if (parts.empty()) continue;
    const auto name = fmt::format("{}", fmt::join(parts.begin() + 1, parts.end(), " "));
    if (parts[0] == "subsection") {
      sections.push_back(name);
      blocks.push_back(n_blocks++);
    }
    if (parts[0] == "end" && !sections.empty()) {
      sections.pop_back();
      blocks.pop_back();
      if (sections.empty()) blocks.back() = n_blocks++;
    }
    if (parts[0] != "set") continue;
    const auto section = fmt::format("{}", fmt::join(sections, "/"));
    const auto [first, is_new] = first_line.try_emplace({blocks.back(), name}, start);
    if (!is_new)
      problems.push_back(
          {section, name,
           fmt::format(
               "{}:{}: key '{}' {} is set a second time, first in line {}; allowed is one "
               "value",
               file.origin(), start, name,
               section.empty() ? "at the top level" : fmt::format("in section '{}'", section),
               first->second)});
  }
  return problems;
}

/// Keys of the geometry that the file sets and that have no effect on what it describes.
/// @param defaults of all keys: a file as `--print-parameters` prints it is no mistake
std::vector<plugin::ParameterProblem> keys_without_effect(const materials::ParameterFile& file,
                                                          const plugin::ParameterTexts& defaults) {
  const std::string s = "Geometry";
  std::map<std::string, std::string> set;
  for (const auto& entry : file.entries())
    if (entry.section == s) set[entry.key] = trimmed(entry.value);
  const auto value = [&](const std::string& key) {
    const auto entry = set.find(key);
    return entry != set.end() ? entry->second : trimmed(defaults.at({s, key}));
  };
  const auto is_default = [&](const std::string& key) {
    return value(key) == trimmed(defaults.at({s, key}));
  };
  std::vector<plugin::ParameterProblem> problems;
  const auto refuse = [&](const std::string& key, const std::string& why) {
    problems.push_back(
        {s, key,
         materials::ParameterError(s, key, value(key), why, plugin::location(file, s, key))
             .what()});
  };
  const std::vector<std::string> notch{"Notch position", "Notch width", "Notch depth"};
  const auto type = value("Type");
  if (type == "file") {
    for (const std::string key : {"Lengths", "Cells"})
      if (set.count(key) > 0)
        refuse(key,
               "it has no effect with 'Type' = file, where the mesh file says it; allowed is "
               "to leave it out");
    for (const auto& key : notch)
      if (set.count(key) > 0)
        refuse(key, "it has no effect with 'Type' = file; allowed is to leave it out");
    if (set.count("Material id") > 0)
      refuse("Material id",
             "it has no effect with 'Type' = file, where the cells of the mesh file have ids; "
             "allowed is to leave it out, and to say with the key 'Regions' in the sections "
             "'Material N' which material the ids or physical groups have");
  } else {
    if (!value("Mesh file").empty())
      refuse("Mesh file",
             fmt::format("it has no effect with 'Type' = {}; allowed is 'Type' = file, or to "
                         "leave it out",
                         type));
    for (const auto& key : notch)
      if (type == "box" && !is_default(key))
        refuse(key,
               "it has no effect with 'Type' = box; allowed is 'Type' = notched beam or "
               "flexure hinge, or to leave it out");
  }
  const auto steps = materials::to_count(value("Local refinements"));
  if (steps && *steps > 0 && is_default("Refined region"))
    refuse("Local refinements",
           "it has no effect without the key 'Refined region', which says where; allowed is to "
           "set both");
  if (steps && *steps == 0 && !is_default("Refined region"))
    refuse("Refined region",
           "it has no effect with 'Local refinements' = 0; allowed is to set "
           "both");
  return problems;
}

bool mentions(const std::vector<plugin::ParameterProblem>& problems, const std::string& section,
              const std::string& key) {
  return std::any_of(problems.begin(), problems.end(), [&](const auto& problem) {
    return problem.section == section && problem.key == key;
  });
}

/// Calls `read` in a section until it finds nothing more to refuse. What it refuses is noted, and
/// has its default in the next try.
void read_all(dealii::ParameterHandler& handler, const materials::ParameterFile& file,
              const std::string& section, std::vector<plugin::ParameterProblem>& problems,
              const std::function<void()>& read) {
  for (;;) {
    if (!section.empty()) handler.enter_subsection(section);
    std::optional<materials::ParameterError> refused;
    try {
      read();
    } catch (const materials::ParameterError& error) {
      refused = section.empty() ? error : error.inside(section);
    } catch (const std::exception& error) {
      problems.push_back({section, "", error.what()});
    }
    if (!section.empty()) handler.leave_subsection();
    if (!refused) return;
    const auto &where = refused->section, &key = refused->key;
    // A default that is refused cannot be replaced.
    if (mentions(problems, where, key)) return;
    problems.push_back({where, key, refused->at(plugin::location(file, where, key)).what()});
    if (!plugin::reset_parameter(handler, where, key)) return;
  }
}

}  // namespace

RunHeader read_header(const materials::ParameterFile& file) {
  auto copy = file;
  return ask_header(copy);
}

template <int dim>
MacroParameters<dim> read_parameters(const materials::ParameterFile& file,
                                     const RunHeader& header) {
  std::vector<plugin::ParameterProblem> problems;
  auto result = read_parameters<dim>(file, header, problems);
  if (!problems.empty()) throw std::invalid_argument(problems.front().text);
  return result;
}

template <int dim>
MacroParameters<dim> read_parameters(const materials::ParameterFile& given, const RunHeader& header,
                                     std::vector<plugin::ParameterProblem>& problems) {
  dealii::ParameterHandler handler;
  declare<dim>(handler, header.n_materials, header.n_load_cases);
  const auto defaults = plugin::parameter_values(handler);
  const auto traits = plugin::parameter_traits(handler);
  auto file = given;
  for (auto& problem : plugin::use_present_names(file, traits)) problems.push_back(problem);
  for (auto& problem : repeated_keys(file)) problems.push_back(problem);
  for (auto& problem : plugin::set_known_parameters(handler, file)) problems.push_back(problem);
  const auto texts = plugin::parameter_values(handler);
  const auto folder = std::filesystem::path(file.origin()).parent_path().string();
  HandlerParameters parameters(handler, HandlerParameters::Mode::read, folder);
  MacroParameters<dim> result;
  read_all(handler, file, "", problems, [&] {
    MacroParameters<dim> read;
    read.file = file.origin();
    read.run.folder = folder;
    read.run.checked_only = header.checked_only;
    read_run(parameters, read, header.n_load_cases);
    read.run.output_directory = read.output_directory;
    result = std::move(read);
  });
  result.texts = texts;
  result.traits = traits;
  result.notes = header.notes;
  result.notes.insert(result.notes.end(), file.notes().begin(), file.notes().end());
  for (auto& problem : keys_without_effect(file, defaults))
    if (!mentions(problems, problem.section, problem.key)) problems.push_back(problem);
  for (unsigned int m = 0; m < header.n_materials; ++m) {
    const auto section = fmt::format("Material {}", m);
    std::string name;
    std::vector<std::string> regions;
    std::unique_ptr<plugin::Material<dim>> material;
    // Defaults are no material that anyone has meant.
    const auto entries = file.entries();
    if (std::none_of(entries.begin(), entries.end(), [&](const auto& entry) {
          return materials::is_inside(entry.section, section);
        }))
      problems.push_back(
          {section, "",
           fmt::format("{}: section '{}' is missing, or sets nothing; 'Number of materials' = {} "
                       "at the top level needs the sections 'Material 0' to 'Material {}', each "
                       "with a 'Model' and its parameters",
                       file.origin(), section, header.n_materials, header.n_materials - 1)});
    read_all(handler, file, section, problems, [&] {
      name = handler.get("Model");
      const auto text = trimmed(handler.get("Regions"));
      if (!text.empty()) regions = split(text, ',');
      material = plugin::make_material<dim>(name, handler, result.run);
    });
    result.model_names.push_back(name);
    result.regions.push_back(regions);
    result.materials.push_back(std::move(material));
  }
  const bool is_linear =
      std::all_of(result.materials.begin(), result.materials.end(), [](const auto& material) {
        return !material || material->dependence() == plugin::Dependence::none;
      });
  const auto entries = file.entries();
  if (is_linear && std::any_of(entries.begin(), entries.end(), [](const auto& entry) {
        return entry.section == "Load steps" && entry.key != "End time";
      }))
    result.notes.emplace_back(
        "the keys of section 'Load steps' but 'End time' have no effect, since all materials are "
        "linear");
  const bool is_held =
      !result.displacement.empty() || !result.symmetry.empty() || !result.springs.empty();
  if (!is_held && !mentions(problems, "Boundary conditions", "Displacement") &&
      !mentions(problems, "Boundary conditions", "Symmetry") &&
      !mentions(problems, "Boundary conditions", "Springs"))
    problems.push_back({"Boundary conditions", "Displacement",
                        materials::ParameterError(
                            "Boundary conditions", "Displacement", "",
                            "a body that is held nowhere has no unique solution; allowed are "
                            "displacements, or 'Symmetry' or 'Springs' in their place",
                            plugin::location(file, "Boundary conditions", "Displacement"))
                            .what()});
  return result;
}

template <int dim>
std::string parameter_documentation(unsigned int n_materials) {
  dealii::ParameterHandler handler;
  declare<dim>(handler, n_materials, 0);
  std::stringstream text;
  handler.print_parameters(text, dealii::ParameterHandler::Text);
  return text.str();
}

template MacroParameters<2> read_parameters<2>(const materials::ParameterFile&, const RunHeader&);
template MacroParameters<3> read_parameters<3>(const materials::ParameterFile&, const RunHeader&);
template MacroParameters<2> read_parameters<2>(const materials::ParameterFile&, const RunHeader&,
                                               std::vector<plugin::ParameterProblem>&);
template MacroParameters<3> read_parameters<3>(const materials::ParameterFile&, const RunHeader&,
                                               std::vector<plugin::ParameterProblem>&);
template std::string parameter_documentation<2>(unsigned int);
template std::string parameter_documentation<3>(unsigned int);

}  // namespace seco::macro
