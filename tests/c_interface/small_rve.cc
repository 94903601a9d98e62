#include "small_rve.h"

#include <gtest/gtest.h>

#include <fstream>
#include <vector>

#include "seco/materials/generator_parameters.h"
#include "seco/materials/rve_file.h"

namespace seco::test {

materials::GeneratorSettings small_composite() {
  materials::GeneratorSettings settings;
  settings.type = "inclusions";
  settings.shape = {8, 8, 8};
  settings.matrix = materials::stiffness_from_text("3000, 0.35", "MPa");
  settings.inclusion = materials::stiffness_from_text("60000, 0.25", "MPa");
  settings.volume_fraction = 0.2;
  settings.n_inclusions = 3;
  // What the parameter file's first RVE is drawn with.
  settings.seed = materials::mix_seed(5, 0);
  return settings;
}

std::string write_composite(const std::filesystem::path& folder) {
  const auto path = (folder / "composite.h5").string();
  materials::write_rve(path, materials::generate(small_composite()));
  return path;
}

std::string write_parameters(const std::filesystem::path& folder, const std::string& more,
                             const std::string& microstructure) {
  const auto path = (folder / "composite.prm").string();
  std::string usual;
  for (const std::string line :
       {"set Type = inclusions", "set Grid = 8, 8, 8", "set Matrix = 3000, 0.35",
        "set Inclusion = 60000, 0.25", "set Volume fraction = 0.2", "set Number of inclusions = 3",
        "set Seed = 5"})
    if (microstructure.find(line.substr(0, line.find('='))) == std::string::npos)
      usual += "      " + line + "\n";
  std::ofstream(path) << "subsection Geometry\n  set Type = box\nend\n"
                         "subsection Material 0\n  subsection homogenized\n"
                      << more << "\n    subsection Microstructure\n"
                      << usual << microstructure << "\n    end\n  end\nend\n";
  return path;
}

Material from_rve(const std::string& file, const std::string& engine, double tolerance) {
  seco_material* material = nullptr;
  EXPECT_EQ(seco_create_from_rve(file.c_str(), engine.c_str(), nullptr, tolerance, &material),
            SECO_OK)
      << seco_message();
  return {material, &seco_destroy};
}

}  // namespace seco::test
