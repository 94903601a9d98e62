#include "phase_stiffness.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <Eigen/Geometry>
#include <cmath>
#include <stdexcept>

#include "seco/materials/damask_material.h"
#include "seco/materials/elastic_constants.h"
#include "seco/materials/generator_parameters.h"
#include "seco/materials/names.h"

namespace seco::materials {
namespace {

/// Turns and their axes that leave a crystal of the class unchanged, enough to tell whether a
/// stiffness has the symmetry.
std::vector<Rotation> symmetry_generators(const std::string& symmetry) {
  const auto turn = [](double degrees, const Eigen::Vector3d& axis) {
    return Rotation(Eigen::AngleAxisd(degrees * M_PI / 180., axis).toRotationMatrix());
  };
  const Eigen::Vector3d x = Eigen::Vector3d::UnitX(), z = Eigen::Vector3d::UnitZ();
  if (symmetry == "cubic") return {turn(90, x), turn(90, z)};
  if (symmetry == "hexagonal") return {turn(60, z)};
  if (symmetry == "trigonal") return {turn(120, z)};
  if (symmetry == "tetragonal") return {turn(90, z)};
  if (symmetry == "orthotropic") return {turn(180, x), turn(180, z)};
  return {};
}

void check_symmetry(LabelledGrid& grid, std::int64_t number, const FilePhase& phase) {
  const auto& stiffness = *phase.stiffness;
  for (const auto& turn : symmetry_generators(phase.symmetry)) {
    const double difference = (rotate(stiffness, turn) - stiffness).cwiseAbs().maxCoeff();
    if (difference <= 1e-3 * stiffness.cwiseAbs().maxCoeff()) continue;
    grid.notes.push_back(fmt::format("warning: {} is {} in the file, its stiffness is not",
                                     described(number, phase), phase.symmetry));
    return;
  }
}

/// Everything that phases can be called by.
std::vector<std::string> names_of(const std::map<std::int64_t, FilePhase>& phases) {
  std::vector<std::string> names;
  for (const auto& [number, phase] : phases) {
    names.push_back(std::to_string(number));
    if (!phase.name.empty()) names.push_back(phase.name);
  }
  return names;
}

MandelMatrix stiffness_of(const std::string& key, const std::string& text,
                          const std::string& unit) {
  if (text == "void") return MandelMatrix::Zero(6, 6);
  try {
    return megapascals_per(unit) * stiffness_from_text(text, unit);
  } catch (const std::invalid_argument& error) {
    throw std::invalid_argument(
        fmt::format("stiffness of phase '{}', '{}': {}", key, text, error.what()));
  }
}

}  // namespace

std::string described(std::int64_t number, const FilePhase& phase) {
  return phase.name.empty() ? fmt::format("phase {}", number)
                            : fmt::format("phase {} ('{}')", number, phase.name);
}

void assign_stiffness(LabelledGrid& grid, const std::string& path,
                      const MicrostructureOptions& options) {
  if (!options.material_file.empty()) {
    const auto material = read_damask_material(options.material_file);
    std::vector<std::string> described_phases;
    bool used = false;
    for (const auto& [unused, known] : material.phases) {
      described_phases.push_back(known.name);
      for (auto& [number, phase] : grid.phases) {
        if (known.name != phase.name && known.name != std::to_string(number)) continue;
        used = true;
        if (!phase.stiffness) phase.stiffness = known.stiffness;
      }
    }
    if (!used)
      throw std::invalid_argument(fmt::format(
          "{}: material file {} (--material, 'Material file') has no effect: it describes the "
          "phases {}, and the phases here are {}",
          path, options.material_file, fmt::join(described_phases, ", "),
          fmt::join(names_of(grid.phases), ", ")));
  }
  for (const auto& [key, text] : options.stiffness) {
    bool known = false;
    const auto names = names_of(grid.phases);
    for (auto& [number, phase] : grid.phases) {
      if (key != phase.name && key != std::to_string(number)) continue;
      known = true;
      phase.stiffness = stiffness_of(key, text, options.unit);
    }
    if (!known)
      throw std::invalid_argument(
          fmt::format("a stiffness is given for phase '{}', but {} has the phases {}{}", key, path,
                      fmt::join(names, ", "), did_you_mean(key, names, true)));
  }
  for (const auto& [number, phase] : grid.phases)
    if (phase.stiffness) check_symmetry(grid, number, phase);
}

}  // namespace seco::materials
