#include "seco/surrogate/run_parameters.h"

namespace seco::surrogate {

void read_rve_sharing(materials::ParameterReader& reader, const std::string& section,
                      RunParameters& run) {
  const auto per =
      reader.choice(section, "Seed per", "quadrature point",
                    {"material", "cell", "quadrature point"}, "points that share a generated RVE");
  run.seed_per = per == "material" ? RunParameters::SeedPer::material
                 : per == "cell"   ? RunParameters::SeedPer::cell
                                   : RunParameters::SeedPer::quadrature_point;
  run.n_different_rves = static_cast<std::uint64_t>(
      reader.integer(section, "Number of different RVEs", 0, 0, 1LL << 40,
                     "points draw from so many seeds; 0 for a seed of their own"));
  run.volume_fraction_step =
      reader.number(section, "Volume fraction step", 0, 0, 1,
                    "volume fractions are rounded to multiples of this, 0 for none; "
                    "with few seeds, points then share RVEs");
}

RunParameters read_run_parameters(materials::ParameterReader& reader, const std::string& section) {
  const materials::KeyTraits changeable{.changeable_on_restart = true};
  const auto formerly = [](const std::string& name) {
    return materials::KeyTraits{.former_names = {name}};
  };
  RunParameters run;
  read_rve_sharing(reader, section, run);
  run.refinement_engine =
      reader.text(section, "Refinement engine", "certified",
                  "engine that RVEs are refined with if the section Certification sets a "
                  "compliance tolerance; its tolerance is the largest relative gap",
                  formerly("Polish engine"));
  run.refinement_model = reader.path(
      section, "Refinement model", "",
      "model folder of the refinement engine; empty to start from zero", formerly("Polish model"));
  run.refinement_tolerance =
      reader.number(section, "Refinement tolerance", 0, 0, 0.5,
                    "gap that every marked RVE is refined to; 0 for what the "
                    "compliance tolerance needs of each",
                    formerly("Polish tolerance"));
  run.smallest_gap = reader.number(section, "Smallest refinement tolerance", 1e-6, 1e-14, 0.5,
                                   "RVEs are refined no further than to this gap",
                                   formerly("Smallest polish tolerance"));
  run.audit_engine = reader.text(section, "Audit engine", "fft",
                                 "engine of the RVEs that 'Audit fraction' of the section "
                                 "Certification homogenizes again");
  run.audit_tolerance =
      reader.number(section, "Audit tolerance", 1e-4, 1e-14, 0.5, "tolerance of the audit engine");
  run.cache_limit = reader.number(section, "Result cache limit", 4096, 0, 1e9,
                                  "MiB of disk that the result cache may take; those unused for "
                                  "longest are removed",
                                  changeable);
  auto files = formerly("Files of doubtful RVEs");
  files.changeable_on_restart = true;
  run.n_unconverged_files = static_cast<std::size_t>(reader.integer(
      section, "Files of unconverged RVEs", 3, 0, 10000,
      "so many of the RVEs that failed or miss what was asked, the worst, are written to the "
      "folder unconverged_rves of the output directory",
      files));
  return run;
}

}  // namespace seco::surrogate
