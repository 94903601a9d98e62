#include "seco/surrogate/point_parameters.h"

#include <filesystem>

#include "seco/surrogate/stop_criterion.h"

namespace seco::surrogate {

PointParameters read_point_parameters(materials::ParameterReader& reader,
                                      const std::string& section) {
  PointParameters result;
  auto& request = result.request;
  auto& settings = result.settings;
  result.laws_file =
      reader.path(section, "Laws", "",
                  "file with the laws of the phases: sections 'Phase 0', 'Phase 1', ... or 'All "
                  "phases' as in a parameter file of seco deform, of which others are not read");
  request.tolerance = reader.number(section, "Tolerance", 1e-3, 1e-10, 1,
                                    "largest relative error of the stress of a point, in the norm "
                                    "of the mean elastic compliance");
  request.criterion = read_stop_criterion(reader, section);
  request.tangent_accuracy =
      reader.number(section, "Tangent accuracy", 3e-2, 1e-8, 0.5,
                    "residual of the fields of the tangent, relative in the energy norm");
  settings.superpose_elastic =
      reader.choice(section, "Superpose elastic fields", "true", {"true", "false"},
                    "answer points whose voxels have not left the elastic range by the fields of "
                    "unit strains") == "true";
  settings.keep_tangent_fields =
      reader.choice(section, "Keep tangent fields", "true", {"true", "false"},
                    "keep the fields of a point's tangent: they extrapolate its fields, and the "
                    "next tangent starts from them") == "true";
  settings.tangent_change = reader.number(
      section, "Tangent change", 0.1, 0, 1,
      "a kept tangent is answered again as long as the mean tangent of the voxels M has changed "
      "from M0 by no more than this, |M0^-1/2 (M - M0) M0^-1/2|");
  settings.share_tangents =
      reader.choice(
          section, "Share tangents", "true", {"true", "false"},
          "kept tangents are answered to all points with the same RVE that are as near") == "true";
  settings.single_precision_state =
      reader.choice(section, "State precision", "double", {"single", "double"},
                    "of the stored state of the voxels") == "single";
  const materials::KeyTraits changeable{.changeable_on_restart = true};
  result.on_disk =
      reader.choice(section, "State storage", "memory", {"memory", "disk"},
                    "where points keep states and fields: in memory, or in a file without a name, "
                    "one of each process, which ends with it",
                    changeable) == "disk";
  result.state_folder =
      reader.path(section, "State folder", "",
                  "folder of that file; empty for the output directory, in programs of the C "
                  "interface the folder of temporary files",
                  changeable);
  if (!result.on_disk && !result.state_folder.empty())
    reader.refuse(section, "State folder",
                  "it has no effect, since 'State storage' is memory; allowed is to leave it out, "
                  "or 'State storage' = disk");
  settings.max_newton_steps = static_cast<unsigned int>(reader.integer(
      section, "Newton steps", 25, 1, 10000, "after which a point gives up and the step is cut"));
  settings.max_iterations = static_cast<unsigned int>(
      reader.integer(section, "Iterations", 500, 1, 1000000,
                     "of conjugate gradients, after which a Newton step of a point ends"));
  return result;
}

PointSettings settings_in(const PointParameters& parameters, const std::string& folder) {
  auto settings = parameters.settings;
  if (!parameters.on_disk) return settings;
  settings.state_folder = !parameters.state_folder.empty() ? parameters.state_folder
                          : !folder.empty()                ? folder
                                            : std::filesystem::temp_directory_path().string();
  return settings;
}

void require_laws(const materials::ParameterReader& reader, const std::string& section,
                  const PointParameters& parameters) {
  if (parameters.laws_file.empty())
    reader.refuse(section, "Laws",
                  "a file with sections 'Phase 0', 'Phase 1', ... or 'All phases' has to be named, "
                  "each with the key 'Law' and its constants, as those of seco deform");
}

}  // namespace seco::surrogate
