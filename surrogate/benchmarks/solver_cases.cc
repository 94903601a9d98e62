#include "solver_cases.h"

#include <cmath>
#include <stdexcept>

#include "floors.h"
#include "seco/materials/elastic_constants.h"
#include "seco/materials/elastic_symmetry.h"
#include "seco/materials/generators.h"

namespace seco::benchmarks {

std::vector<std::string> solver_case_names() {
  return {"copper", "pores"};
}

materials::Rve solver_case(const std::string& name, int grid, int number) {
  materials::GeneratorSettings settings;
  settings.shape.assign(3, grid);
  settings.seed = 100 + 1000 * static_cast<std::uint64_t>(number);
  if (name == "copper") {
    settings.type = "polycrystal";
    settings.n_grains = 64;
    settings.crystal = materials::elastic_constants("Cu").stiffness;
  } else if (name == "pores") {
    settings.type = "inclusions";
    settings.matrix = settings.inclusion = materials::isotropic(70e3, 0.33);
    settings.inclusion_factor = 1e-3;
    settings.volume_fraction = 0.16;
    settings.n_inclusions = 8;
  } else {
    throw std::invalid_argument("case '" + name + "' is not known; allowed are copper, pores");
  }
  while (true) try {
      return materials::generate(settings);
    } catch (const materials::PackingError&) {
      ++settings.seed;
    }
}

IterationCost iteration_cost(int grid, bool single_precision) {
  const double voxels = std::pow(grid, 3.), loads = 6;
  const double field = voxels * loads * 3 * (single_precision ? 4 : 8);
  return {9 * field + 2 * voxels, voxels * loads * (24 + 6 + 66 + 6 + 24 + 12 + 18 + 28),
          FftCase{grid, 18, single_precision}.flops()};
}

}  // namespace seco::benchmarks
