#include "solver_cases.h"

#include <cmath>
#include <stdexcept>

#include "floors.h"
#include "seco/materials/elastic_constants.h"
#include "seco/materials/elastic_symmetry.h"
#include "seco/materials/generators.h"

namespace seco::benchmarks {

namespace {

materials::Rve centred_sphere(int grid, double radius) {
  materials::Rve rve;
  rve.shape.assign(3, grid);
  rve.lengths.assign(3, 1.);
  rve.stiffness = {materials::isotropic(1, 0.3), materials::isotropic(10, 0.3)};
  rve.phase.reserve(rve.n_voxels());
  const auto square = [&](int i) { return std::pow((i + 0.5) / grid - 0.5, 2); };
  for (int i = 0; i < grid; ++i)
    for (int j = 0; j < grid; ++j)
      for (int k = 0; k < grid; ++k)
        rve.phase.push_back(square(i) + square(j) + square(k) < radius * radius ? 1 : 0);
  return rve;
}

}  // namespace

std::vector<std::string> solver_case_names() {
  return {"copper", "pores", "sphere"};
}

materials::Rve solver_case(const std::string& name, int grid, int number) {
  if (name == "sphere") return centred_sphere(grid, 0.25);
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
    throw std::invalid_argument("case '" + name +
                                "' is not known; allowed are copper, pores, sphere");
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
