#include "deform_parameters.h"

#include <fmt/format.h>

#include <algorithm>

#include "seco/materials/generator_parameters.h"
#include "seco/materials/generators.h"
#include "seco/materials/microstructure_file.h"
#include "seco/materials/microstructure_parameters.h"
#include "seco/materials/names.h"
#include "seco/materials/phase_laws.h"
#include "seco/surrogate/stop_criterion.h"

namespace seco {
namespace {

using materials::ParameterFile;

materials::Rve read_rve(ParameterFile& file, std::vector<std::string>& notes) {
  const std::string section = "Microstructure";
  const auto path = file.path(section, "File", "",
                              "RVE file, or a microstructure file that the section Microstructure "
                              "file tells how to read; empty for the generator of this section");
  const auto options = materials::read_microstructure_options(file, "Microstructure file");
  const auto generator = materials::read_generator_settings(file, section);
  if (path.empty()) {
    if (!file.has(section, "Type"))
      file.refuse(section, "File", "a file, or 'Type' with the name of a generator, has to be set");
    // Stiffnesses of the generator are those of other materials, and laws have constants of their
    // own.
    for (const char* key : {"Crystal", "Matrix", "Inclusion", "Inclusion factor", "Layers"})
      if (file.has(section, key))
        file.refuse(section, key,
                    "it has no effect here: the constants of a phase stand in the section of its "
                    "law");
    double n_voxels = 1;
    for (const int n : generator.shape) n_voxels *= n;
    try {
      surrogate::check_deformation_memory(n_voxels);
    } catch (const std::invalid_argument& error) {
      file.refuse(section, "Grid", error.what());
    }
    for (const auto& note : notes_on(generator)) notes.push_back(note);
    try {
      return materials::generate(generator);
    } catch (const std::invalid_argument& error) {
      file.refuse(section, "Type", error.what());
    }
  }
  if (file.has(section, "Type"))
    file.refuse(section, "Type", "'File' takes its place; set only one of them");
  try {
    auto microstructure = materials::read_microstructure(path, options);
    // An RVE of this library is taken as it is, and what was assumed was said when it was made.
    const bool as_it_is = microstructure.format == "seco" && options.crop.empty() &&
                          options.coarsen.empty() && options.mirror.empty();
    for (const auto& note : microstructure.notes)
      if (!as_it_is) notes.push_back(fmt::format("{}: {}", path, note));
    return std::move(microstructure.rve);
  } catch (const std::exception& error) {
    file.refuse(section, "File", error.what());
  }
}

/// The state that the path begins with, if a file of it is named.
std::optional<surrogate::DeformationStart> read_start_of_path(ParameterFile& file,
                                                              const DeformRun& run) {
  const std::string section = "Loading";
  const auto path = file.path(section, "Start", "",
                              "file of the state that the load path begins with, as seco-macro "
                              "leaves of a point that fails; empty for the RVE at rest");
  if (path.empty()) return std::nullopt;
  if (!file.has(section, "File"))
    file.refuse(section, "Start", "it goes with Type = file only: other paths begin at rest");
  for (const auto& entry : file.entries())
    if (entry.section == section && entry.key == "Increments per row" && entry.value != "1")
      file.refuse(section, entry.key,
                  "with 'Start' allowed is 1: parts of the first row would begin at rest");
  for (const auto& point : run.path)
    for (const bool stress : point.stress_is_prescribed)
      if (stress)
        file.refuse(section, "Start",
                    "it goes with a load path of strains only, since the stress at its begin is "
                    "not in the file");
  try {
    auto start = surrogate::read_start(path, run.rve.rve);
    if (!(run.path.front().time > start.time))
      throw std::invalid_argument(
          fmt::format("{}: is the state at the time {:g}, and the first row of the load path is at "
                      "{:g}; times have to increase",
                      path, start.time, run.path.front().time));
    return start;
  } catch (const std::exception& error) {
    file.refuse(section, "Start", error.what());
  }
}

}  // namespace

DeformRun read_deform_run(ParameterFile& file) {
  DeformRun run;
  auto& s = run.settings;
  s.tolerance = file.number("", "Tolerance", 1e-3, 1e-10, 1,
                            "largest relative error of the homogenized stress of an increment, in "
                            "the norm of the mean elastic compliance");
  s.criterion = surrogate::read_stop_criterion(file, "");
  const auto tangent =
      file.choice("", "Tangent", "estimate", {"none", "estimate", "bounds"},
                  "homogenized tangent of every increment: none, its estimate, or with bounds for "
                  "the tangents of the voxels");
  s.tangent = tangent == "none"       ? surrogate::TangentWanted::none
              : tangent == "estimate" ? surrogate::TangentWanted::estimate
                                      : surrogate::TangentWanted::bounds;
  s.single_precision_state =
      file.choice("", "Precision", "double", {"single", "double"},
                  "of the stored state; displacement and stress are in double precision. single "
                  "takes half the memory") == "single";
  s.max_newton_steps = static_cast<unsigned int>(
      file.integer("", "Newton steps", 25, 1, 10000, "after which an increment is cut in two"));
  s.max_iterations = static_cast<unsigned int>(file.integer(
      "", "Iterations", 500, 1, 1000000, "of conjugate gradients, after which a Newton step ends"));
  s.smallest_step = file.number("", "Smallest step", 1. / 1024, 1e-12, 1,
                                "smallest fraction of an increment that it may be cut into");

  run.rve.rve = read_rve(file, run.notes);
  auto& rve = run.rve.rve;
  run.rve.laws = materials::read_phase_laws(file, rve, file.has("Microstructure", "File"));

  run.path = materials::read_loading(file, "Loading", rve.dimension());
  run.start = read_start_of_path(file, run);
  run.fields = file.path("Output", "Fields", "",
                         "name of VTI files with strain, stress and state of the voxels, without "
                         "number and ending; empty for none");
  const auto at = file.numbers("Output", "Fields at", {},
                               "increments, from 1, after which fields are written; empty for the "
                               "last");
  for (const double number : at) {
    const auto increment = static_cast<std::int64_t>(number);
    if (static_cast<double>(increment) != number || increment < 1 ||
        increment > static_cast<std::int64_t>(run.path.size()))
      file.refuse("Output", "Fields at",
                  fmt::format("allowed are increments from 1 to {}", run.path.size()));
    run.fields_at.push_back(increment);
  }
  if (!at.empty() && run.fields.empty())
    file.refuse("Output", "Fields", "with 'Fields at' it has to be set");
  if (!run.fields.empty() && run.fields_at.empty())
    run.fields_at.push_back(static_cast<std::int64_t>(run.path.size()));
  file.check_all_used();
  return run;
}

}  // namespace seco
