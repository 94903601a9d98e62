#include "seco/surrogate/network_setting_table.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <stdexcept>

namespace seco::surrogate {

const std::vector<NetworkSetting>& network_setting_table() {
  using S = NetworkSettings;
  static const std::vector<NetworkSetting> table{
      {"model",
       &S::model,
       "s-ECO, polarization, w-ECO, UNet, TFNO or direct",
       "Model",
       "what the blocks enforce; UNet and TFNO learn from data alone",
       {"s-ECO", "polarization", "w-ECO", "UNet", "TFNO"}},
      {"dimension", &S::dimension, "2 or 3"},
      {"backbone",
       &S::backbone,
       "UNet, TFNO or TorchScript",
       "Backbone",
       "learnable part of the ECO models",
       {"UNet", "TFNO"}},
      {"input",
       &S::input,
       "stiffness, Euler angles or spherical harmonics",
       "Input",
       "what describes the microstructure to the network",
       {"stiffness", "Euler angles", "spherical harmonics"}},
      {"crystal_symmetry",
       &S::crystal_symmetry,
       "a symmetry class",
       "Crystal symmetry",
       "symmetry of the spherical harmonics",
       {"cubic", "hexagonal"}},
      {"width",
       &S::width,
       "a number of channels",
       "Width",
       "channels of the UNet's finest level, or of the TFNO",
       {},
       1,
       1024},
      {"levels",
       &S::levels,
       "a number of resolutions",
       "Levels",
       "resolutions of the UNet",
       {},
       1,
       8},
      {"layers",
       &S::layers,
       "a number of layers",
       "Layers",
       "spectral layers of the TFNO",
       {},
       1,
       64},
      {"modes",
       &S::modes,
       "a number of modes",
       "Modes",
       "modes that the TFNO keeps along each axis",
       {},
       1,
       1024},
      {"rank",
       &S::rank,
       "a number between 0 and 1",
       "Rank",
       "share of each mode that the factorisation of the TFNO keeps",
       {},
       1e-6,
       1},
      {"factorization",
       &S::factorization,
       "Tucker or CP",
       "Factorization",
       "factorisation of the TFNO's spectral weights",
       {"Tucker", "CP"}},
      {"coarsening",
       &S::coarsening,
       "a number of voxels",
       "Coarsening",
       "the UNet works on block averages of so many voxels",
       {},
       1,
       64},
      {"precision",
       &S::precision,
       "single, bfloat16 or float16",
       "Precision",
       "arithmetic of the UNet; blocks and losses stay single",
       {"single", "bfloat16", "float16"}},
      {"equilibrium_block",
       &S::equilibrium_block,
       "vector potential, beltrami or projection",
       "Equilibrium block",
       "equilibrium block of s-ECO",
       {"vector potential", "beltrami", "projection"}},
      {"kinematic_head",
       &S::kinematic_head,
       "displacement or polarization",
       "Kinematic head",
       "meaning of the kinematic channels",
       {"displacement", "polarization"}},
      {"solver_steps",
       &S::solver_steps,
       "a number of steps",
       "Solver steps",
       "steps of block conjugate gradients before the network; 0: the paper's s-ECO",
       {},
       0,
       100}};
  return table;
}

const NetworkSetting& network_setting(const std::string& name) {
  const auto& table = network_setting_table();
  const auto entry = std::find_if(table.begin(), table.end(),
                                  [&](const NetworkSetting& s) { return s.name == name; });
  if (entry == table.end()) throw std::out_of_range(name);
  return *entry;
}

void check_choice(const NetworkSettings& settings, const std::string& name) {
  const auto& setting = network_setting(name);
  const auto& value = settings.*std::get<std::string NetworkSettings::*>(setting.member);
  if (std::find(setting.allowed.begin(), setting.allowed.end(), value) != setting.allowed.end())
    return;
  auto words = name;
  std::replace(words.begin(), words.end(), '_', ' ');
  throw std::invalid_argument(fmt::format("{} '{}' is not known; allowed are {}", words, value,
                                          fmt::join(setting.allowed, ", ")));
}

}  // namespace seco::surrogate
