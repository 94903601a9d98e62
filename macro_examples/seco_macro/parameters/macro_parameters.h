#pragma once

#include <deal.II/base/function_parser.h>
#include <deal.II/base/parameter_handler.h>
#include <deal.II/base/types.h>
#include <deal.II/fe/component_mask.h>

#include <memory>
#include <string>
#include <vector>

#include "local_parameters.h"
#include "seco/materials/parameter_file.h"
#include "seco/plugin/material.h"
#include "seco/plugin/parameters.h"
#include "units.h"

namespace seco::macro {

/// A boundary that a parameter file names.
struct NamedBoundary {
  /// Invalid until the mesh tells what a name stands for.
  dealii::types::boundary_id id = dealii::numbers::invalid_boundary_id;
  /// As the parameter file names it, if not by its id.
  std::string name;
};

/// Components of a vector field on one boundary, as expressions of position and time.
template <int dim>
struct BoundaryData : NamedBoundary {
  std::shared_ptr<dealii::FunctionParser<dim>> function;
  /// Components that are prescribed; the others are free.
  dealii::ComponentMask prescribed;
};

/// A pressure on one boundary, positive where it presses on the body: the traction -p n.
template <int dim>
struct PressureData : NamedBoundary {
  std::shared_ptr<dealii::FunctionParser<dim>> function;
};

/// Springs on one boundary, an elastic foundation: the traction -k u, or -k (u . n) n, of the
/// displacement u.
template <int dim>
struct SpringData : NamedBoundary {
  /// Whether they act along the normal n alone.
  bool normal = false;
  /// Stiffness per area, an expression of position: one, or one for each direction.
  std::shared_ptr<dealii::FunctionParser<dim>> function;
};

/// A force at a point of the body, as expressions of time.
template <int dim>
struct PointLoad {
  dealii::Point<dim> point;
  std::shared_ptr<dealii::FunctionParser<dim>> force;
};

/// Loads of one of several load cases, beside those that act in all of them.
template <int dim>
struct LoadCase {
  std::string name;
  /// Values of displacements that are prescribed in all cases.
  std::vector<BoundaryData<dim>> displacement;
  std::vector<BoundaryData<dim>> traction;
  std::vector<PressureData<dim>> pressure;
  std::shared_ptr<dealii::FunctionParser<dim>> body_force;
  std::vector<PointLoad<dim>> point_loads;
};

struct GeometryParameters {
  std::string type, mesh_file;
  std::vector<double> lengths;
  std::vector<unsigned int> cells;
  double notch_position = 0, notch_width = 0, notch_depth = 0;
  unsigned int global_refinements = 0, local_refinements = 0;
};

/// Of a run with materials that are not linear, in steps of time.
struct LoadStepParameters {
  double end_time = 1;
  /// Equal parts of the time, at whose ends steps end; a step is as long as one of them at first.
  unsigned int n_steps = 10;
  /// Lengths of a step, as fractions of the end time.
  double largest = 0.1, smallest = 1e-4;
  /// Length of a step over that of a quick one before it, at most.
  double growth = 2;
  /// Norm of the residual relative to that of the forces.
  double newton_tolerance = 1e-6;
  unsigned int newton_iterations = 20;
  /// Largest gap of the incremental potential of a step, relative to the largest energy so far; 0
  /// to refine no RVE.
  double energy_tolerance = 0;
  /// Times besides the ends of parts at which steps end.
  std::vector<double> times;
  /// Largest estimate of what the length of a step does to the stresses at its end, relative; 0 for
  /// no limit.
  double time_error_tolerance = 0;
  /// Steps after which the mesh is refined, 0 for never; the part of the estimated error, squared,
  /// that the refined cells have; how often a cell may be refined; cells that the mesh may have.
  unsigned int refine_every = 0;
  double refinement_fraction = 0.5;
  unsigned int refinement_levels = 2;
  double largest_cells = 1e6;
};

/// Of the loop that refines RVEs until the compliance is certified well enough.
struct CertificationParameters {
  /// Relative width of the certified compliance; 0 for no loop.
  double tolerance = 0;
  double doerfler = 0;
  unsigned int largest_rounds = 0;
  /// Fraction of the RVEs that another engine homogenizes for comparison.
  double audit_fraction = 0;
};

struct CheckpointParameters {
  bool write = false;
  std::string file;
  /// Smallest time between two.
  double seconds_between = 0;
  /// Whether the run continues from the file.
  bool restart = false;
};

/// What a parameter file of `seco-macro` says.
template <int dim>
struct MacroParameters {
  plugin::RunSettings run;
  std::string file, output_directory;
  bool strict = false;
  GeometryParameters geometry;
  /// Cells where it is positive are refined locally.
  std::shared_ptr<dealii::FunctionParser<dim>> refined_region;
  /// Material id of a cell of a generated geometry, from the position of its centre.
  std::shared_ptr<dealii::FunctionParser<dim>> material_id;
  unsigned int degree = 1;
  std::vector<BoundaryData<dim>> displacement, traction;
  std::vector<PressureData<dim>> pressure;
  /// Boundaries in planes of symmetry.
  std::vector<NamedBoundary> symmetry;
  std::vector<SpringData<dim>> springs;
  std::vector<PointLoad<dim>> point_loads;
  std::shared_ptr<dealii::FunctionParser<dim>> body_force;
  /// Empty for one case without a name.
  std::vector<LoadCase<dim>> load_cases;
  LoadStepParameters load_steps;
  std::string linear_algebra;
  double solver_tolerance = 0;
  unsigned int solver_iterations = 0;
  /// Largest error in the energy norm, relative to the displacement.
  double equilibrium_tolerance = 0;
  /// Unknowns up to which a direct solver is the last resort.
  std::uint64_t largest_direct = 0;
  bool certify = true, write_vtu = true, vtu_doubles = false, nodal_averages = false;
  /// Load steps of which one writes fields; the last always does.
  unsigned int vtu_every = 1;
  /// Of results.
  Units units;
  /// Whether tables name units in their columns: only if the user has said all that they follow
  /// from.
  bool units_in_tables = false;
  CertificationParameters certification;
  CheckpointParameters checkpoint;
  /// All of them as texts, for run_identity.h.
  plugin::ParameterTexts texts;
  plugin::ParameterTraits traits;
  /// What the user should know of the parameter file, in sentences.
  std::vector<std::string> notes;
  std::vector<dealii::Point<dim>> points_of_interest;
  LocalParameters<dim> local;
  std::vector<std::unique_ptr<plugin::Material<dim>>> materials;
  /// Name of each material in the registry.
  std::vector<std::string> model_names;
  /// Ids or names of the cells of each material; if empty, the id is the number of the material.
  std::vector<std::vector<std::string>> regions;
};

/// What has to be known before the other parameters can be declared.
struct RunHeader {
  int dimension = 3;
  unsigned int n_materials = 1, n_load_cases = 0;
  std::vector<std::string> libraries;
  /// As in RunSettings.
  bool checked_only = false;
  /// On the libraries, in sentences.
  std::vector<std::string> notes;
};
RunHeader read_header(const materials::ParameterFile& file);

/// Reads everything. The libraries of the header must be loaded.
/// @throws std::invalid_argument naming file, line, section, key, value and what is allowed
template <int dim>
MacroParameters<dim> read_parameters(const materials::ParameterFile& file, const RunHeader& header);

/// Reads everything for a check of the whole file: adds a problem for each value that does not fit,
/// instead of throwing the first one, and takes the default in its place. A material that cannot be
/// made is null.
template <int dim>
MacroParameters<dim> read_parameters(const materials::ParameterFile& file, const RunHeader& header,
                                     std::vector<plugin::ParameterProblem>& problems);

/// All parameters with their defaults and documentation, as a parameter file.
template <int dim>
std::string parameter_documentation(unsigned int n_materials);

}  // namespace seco::macro
