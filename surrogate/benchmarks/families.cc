#include "families.h"

#include "seco/materials/elastic_constants.h"
#include "seco/materials/elastic_symmetry.h"
#include "seco/materials/generators.h"

namespace seco::benchmarks {

std::vector<std::string> family_names() {
  return {"inclusions", "overlapping", "fibres", "grains"};
}

materials::Rve family_member(const std::string& family, int dimension, int grid, double contrast,
                             std::uint64_t seed) {
  materials::GeneratorSettings settings;
  settings.type = family == "copper" ? "polycrystal" : family;
  settings.crystal = materials::elastic_constants("Cu").stiffness;
  settings.shape.assign(dimension, grid);
  settings.lengths.assign(dimension, 1.);
  settings.seed = seed;
  settings.n_grains = 24;
  settings.matrix = materials::isotropic(3000, 0.35);
  settings.inclusion = materials::isotropic(3000, 0.25);
  settings.inclusion_factor = contrast;
  settings.volume_fraction = 0.2;
  if (family == "overlapping") {
    settings.n_inclusions = dimension == 3 ? 30 : 6;
    settings.radius_ratio = 0.55;
    settings.volume_fraction = 0.3;
  }
  if (family == "grains") {
    settings.matrix = settings.inclusion = materials::isotropic(3000, 0.3);
    settings.volume_fraction = 0.5;
  }
  return materials::generate(settings);
}

void RowOptions::add_to(CLI::App& app) {
  app.add_option("--dimension", dimension)->check(CLI::IsMember({2, 3}));
  app.add_option("--grid", grid, "voxels per edge")->check(CLI::Range(4, 512));
  app.add_option("--rves", n_rves, "RVEs per row")->check(CLI::Range(1, 100000));
  app.add_option("--repetitions", repetitions, "the fastest counts")->check(CLI::Range(1, 100));
  app.add_option("--tolerances", tolerances)->delimiter(',');
  app.add_option("--contrasts", contrasts)->delimiter(',');
  app.add_option("--families", families)->delimiter(',');
}

std::vector<materials::Rve> family_members(const std::string& family, int dimension, int grid,
                                           double contrast, int n_rves, std::uint64_t& seed) {
  std::vector<materials::Rve> rves;
  while (rves.size() < static_cast<std::size_t>(n_rves)) try {
      rves.push_back(family_member(family, dimension, grid, contrast, ++seed));
    } catch (const materials::PackingError&) {
    }
  return rves;
}

}  // namespace seco::benchmarks
