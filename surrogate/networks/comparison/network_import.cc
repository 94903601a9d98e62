#include "seco/surrogate/network_import.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "certificate.h"
#include "device.h"
#include "model_folder.h"
#include "seco/materials/elastic_constants.h"
#include "seco/materials/generators.h"
#include "seco/materials/write_atomically.h"

namespace seco::surrogate {
namespace {

namespace fs = std::filesystem;

/// Copper: a microstructure that every input has, stiffnesses as well as orientations.
materials::Rve trial_rve(int dimension, std::vector<int> grid) {
  if (grid.empty()) grid = dimension == 2 ? std::vector<int>{64, 64} : std::vector<int>{32, 32, 32};
  if (static_cast<int>(grid.size()) != dimension)
    throw std::invalid_argument(
        fmt::format("a grid of {} extents for a network of dimension {}", grid.size(), dimension));
  materials::GeneratorSettings settings;
  settings.shape = grid;
  settings.lengths.assign(grid.size(), 1.);
  settings.n_grains = 16;
  settings.crystal = materials::elastic_constants("Cu").stiffness;
  return materials::generate(settings);
}

double gap_of(FieldNetwork& network, const materials::Rve& rve) {
  torch::NoGradGuard no_grad;
  const StiffnessField stiffness({&rve, 1}, torch::TensorOptions(torch::kFloat));
  const auto fields = admissible(network(stiffness), stiffness);
  if (!torch::isfinite(fields.strain).all().item<bool>() ||
      !torch::isfinite(fields.stress).all().item<bool>())
    throw std::invalid_argument(fmt::format("{}: returns NaN or infinite values for a polycrystal",
                                            network.settings().script));
  return certify(stiffness, fields.strain, fields.stress).gap().item<double>();
}

void copy_aside(const std::string& from, const std::string& to) {
  std::ifstream file(from, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  materials::write_atomically(to, [&](std::ostream& out) { out << bytes; });
}

}  // namespace

ImportedNetwork import_network(const NetworkImport& request) {
  set_thread_count();
  auto settings = request.network;
  settings.backbone = script_backbone_name;
  settings.script = request.script;
  const auto network = make_network(settings);
  network->eval();
  ImportedNetwork result;
  std::tie(result.in_channels, result.out_channels) = network->channels();
  result.n_parameters = network->n_parameters();
  result.gap = gap_of(*network, trial_rve(settings.dimension, request.grid));

  fs::create_directories(request.folder);
  copy_aside(request.script, script_of(request.folder));
  write_model_description(request.folder, *network,
                          {{"import",
                            {{"script", fs::path(request.script).filename().string()},
                             {"gap_of_a_copper_polycrystal", result.gap}}}});
  return result;
}

}  // namespace seco::surrogate
