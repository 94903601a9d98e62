#include "import.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

#include "output.h"
#include "seco/materials/generator_parameters.h"
#include "seco/materials/microstructure_file.h"
#include "seco/materials/microstructure_parameters.h"
#include "seco/materials/rve_file.h"

namespace seco {
namespace {

using nlohmann::json;

struct Options {
  std::string file, out, vti, xdmf, json_file, crop, phases;
  bool formats = false;
  std::vector<std::string> stiffness;
  materials::MicrostructureOptions read;
};

json content_of(const Options& options, const materials::Microstructure& microstructure,
                const std::vector<materials::PhaseShare>& shares) {
  const auto& rve = microstructure.rve;
  json fractions = json::object(), parts = json::object();
  for (const auto& share : shares) {
    fractions[share.phase] = share.volume_fraction;
    parts[share.phase] = {
        {"number", share.parts.n_parts},
        {"largest_share", static_cast<double>(share.parts.largest) /
                              static_cast<double>(std::max<std::size_t>(share.parts.n_voxels, 1))},
        {"percolates", std::vector<bool>(share.parts.spans.begin(),
                                         share.parts.spans.begin() + rve.dimension())}};
  }
  return {{"file", options.file},
          {"format", microstructure.format},
          {"shape", rve.shape},
          {"lengths", rve.lengths},
          {"unit", rve.unit},
          {"phases", rve.stiffness.size()},
          {"volume_fractions", fractions},
          {"connected_parts", parts},
          {"notes", microstructure.notes}};
}

/// Connected parts in words.
std::string described(const materials::ConnectedParts& parts) {
  if (parts.n_parts == 1) return "1 connected part";
  return fmt::format("{} connected parts (by faces, periodic), the largest with {:.4g} % of it",
                     parts.n_parts,
                     100. * static_cast<double>(parts.largest) /
                         static_cast<double>(std::max<std::size_t>(parts.n_voxels, 1)));
}

/// What a text of an option means; refusals name the option.
template <typename Parse>
auto parsed(const char* option, const Parse& parse) {
  try {
    return parse();
  } catch (const std::invalid_argument& error) {
    throw std::invalid_argument(fmt::format("option {}: {}", option, error.what()));
  }
}

/// What is read, with the conventions of each format.
void print_formats() {
  for (const auto& format : materials::microstructure_formats()) {
    fmt::print("{} ({}): {}\n", format.name, fmt::join(format.extensions, ", "),
               format.description);
    fmt::print("  written by   {}\n", format.written_by);
    fmt::print("  conventions  {}\n", format.conventions);
    fmt::print("  example      {}\n", format.example);
  }
}

int import_microstructure(Options& options) {
  if (options.formats) {
    print_formats();
    return 0;
  }
  if (options.file.empty())
    throw std::invalid_argument(
        "seco import: the name of a file is missing (or --formats, which "
        "lists what is read)");
  options.read.phases =
      parsed("--phases", [&] { return materials::phase_labels_from_text(options.phases); });
  options.read.crop = parsed("--crop", [&] { return materials::crop_from_text(options.crop); });
  for (const auto& entry : options.stiffness)
    for (const auto& phase :
         parsed("--stiffness", [&] { return materials::phase_stiffness_from_text(entry); }))
      options.read.stiffness.push_back(phase);
  const auto microstructure = materials::read_microstructure(options.file, options.read);
  const auto& rve = microstructure.rve;
  fmt::print("{} ({}): {} voxels, edges {}, {} phases, unit {}\n", options.file,
             microstructure.format, fmt::join(rve.shape, "x"), fmt::join(rve.lengths, " x "),
             rve.stiffness.size(), rve.unit);
  const auto shares = materials::phase_shares(microstructure);
  for (const auto& share : shares)
    if (microstructure.format != "seco")  // there every grain is a phase
      fmt::print("volume fraction of phase {}: {:.6g}; {}\n", share.phase, share.volume_fraction,
                 described(share.parts));
  for (const auto& note : microstructure.notes) fmt::print("{}\n", note);
  const auto description =
      fmt::format("imported from {} ({}): {}", options.file, microstructure.format,
                  fmt::join(microstructure.notes, "; "));
  if (!options.out.empty()) {
    materials::write_rve(options.out, rve, description);
    fmt::print("RVE in {}\n", options.out);
  }
  if (!options.vti.empty()) {
    materials::write_vti(options.vti, rve);
    fmt::print("image data in {}\n", options.vti);
  }
  if (!options.xdmf.empty()) {
    materials::write_xdmf(options.xdmf, rve.shape, rve.lengths, materials::voxel_fields(rve));
    fmt::print("XDMF in {}, its data in {}.h5\n", options.xdmf, options.xdmf);
  }
  if (!options.json_file.empty())
    write_json(options.json_file, content_of(options, microstructure, shares));
  return 0;
}

}  // namespace

void add_import_command(CLI::App& app, int& status) {
  const auto options = std::make_shared<Options>();
  auto& read = options->read;
  auto* command = app.add_subcommand("import", "reads a microstructure of another program as RVE");
  command->add_option("file", options->file, "microstructure file");
  command->add_flag("--formats", options->formats,
                    "lists the formats: who writes them, axes, spacing, values, an example");
  command->add_option("--out", options->out, "writes the RVE to this file (HDF5)");
  command->add_option("--vti", options->vti, "writes phases and orientations as VTK image data");
  command->add_option("--xdmf", options->xdmf, "writes them as XDMF, values in FILE.h5");
  command->add_option("--json", options->json_file, "writes what was read and done to this file");
  std::string formats = "auto";
  for (const auto& format : materials::microstructure_formats())
    formats += fmt::format(", {} ({})", format.name, format.description);
  command->add_option("--format", read.format, formats);
  command->add_option("--array", read.array, "array of labels or grey levels");
  command->add_option("--container", read.container,
                      "data container or image geometry of a DREAM.3D file");
  command->add_option("--features", read.features,
                      "table of a DREAM.3D file that describes the labels; none to read every "
                      "label as a phase");
  command->add_option("--orientations", read.orientations,
                      "dataset of the orientations of a DREAM.3D file");
  command->add_flag("--unrotated", read.unrotated,
                    "crystals of a DREAM.3D file are not turned, whatever orientations it has");
  command->add_option("--angles", read.angles, "of a DREAM.3D file, radians or degrees");
  command->add_option("--unindexed", read.unindexed,
                      "points of an orientation map that are not indexed: nearest, the crystal of "
                      "the nearest one, or phase, a phase 'unindexed'");
  command->add_option("--grain-angle", read.grain_angle,
                      "degrees up to which neighbours of an orientation map are one grain");
  command->add_option("--sample-axes", read.sample_axes,
                      "axes of an orientation map that its angles refer to, as y,x,-z");
  command->add_option("--hexagonal-axis", read.hexagonal_axis,
                      "a or a*: crystal direction along axis 1 of the angles of hexagonal and "
                      "trigonal crystals");
  command->add_option("--material", read.material_file, "material configuration of DAMASK (YAML)");
  command->add_option("--temperature", read.temperature,
                      "kelvin that polynomials of the material configuration are evaluated at; "
                      "293.15 unless set");
  command->add_option(
      "--stiffness", options->stiffness,
      "'NAME = STIFFNESS' by name or number of a phase (name:NAME or number:NUMBER where they "
      "differ), may be repeated: void, or " +
          materials::stiffness_help());
  command->add_option("--unit", read.unit, "of these constants and of the RVE: Pa, kPa, MPa, GPa");
  command->add_option("--thresholds", read.thresholds, "grey levels that tell phases apart")
      ->delimiter(',');
  command
      ->add_option("--spacing", read.spacing,
                   "edges of a voxel along x,y,z, or one for all, of arrays whose file gives none "
                   "or wrong ones")
      ->delimiter(',');
  command
      ->add_option("--lengths", read.lengths,
                   "edges of the whole array along x,y,z, instead of --spacing")
      ->delimiter(',');
  command->add_option("--axes", read.axes,
                      "axes of an array in its order, as zyx, where x is the last and fastest one");
  command->add_option("--shape", read.shape, "voxels along x,y,z of raw values")->delimiter(',');
  command->add_option("--type", read.type,
                      "of raw values: int8, uint8, int16, ..., float32, float64");
  command->add_option("--offset", read.offset, "bytes before raw values");
  command->add_option("--byte-order", read.byte_order,
                      "of raw values (default little) and binary legacy VTK files (big)");
  command->add_option("--phases", options->phases,
                      "labels of an array that make a phase, 'PHASE = LABELS; ...' as in "
                      "'0 = 0; 1 = 3, 7-12; 2 = others'; labels in no list are refused");
  command->add_option("--smallest-part", read.smallest_part,
                      "connected parts (by faces) of fewer voxels take the label of most of their "
                      "neighbours");
  command->add_option("--crop", options->crop, "voxels from:to along each axis, as 0:32,0:32,8:40");
  command
      ->add_option("--coarsen", read.coarsen,
                   "voxels that become one, for all axes or along each, by majority")
      ->delimiter(',');
  command
      ->add_option("--mirror", read.mirror,
                   "axes (0,1,2) along which the mirror image is appended; along the others the "
                   "microstructure is treated as periodic")
      ->delimiter(',');
  command->add_option("--dimension", read.dimension,
                      "2 (plane strain) or 3; 0 for 2 where the grid is one voxel thick");
  command->callback([options, &status] { status = import_microstructure(*options); });
}

}  // namespace seco
