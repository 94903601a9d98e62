#include "phase_placement.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <optional>
#include <stdexcept>

#include "seco/materials/symmetry_axis.h"

namespace seco::materials {
namespace {

using Type = PhaseOrientation::Type;

/// Where the geometry points for one phase.
struct Direction {
  std::optional<Eigen::Vector3d> vector;
  bool each_inclusion = false;
  /// For the note: "the fibres, x".
  std::string name;
};

const char* axis_name(int axis) {
  static const char* const names[] = {"x", "y", "z"};
  return names[axis];
}

/// "axis 3" or "the axis (0.6, 0, 0.8)" of the constants.
std::string described(const Eigen::Vector3d& axis) {
  for (int i = 0; i < 3; ++i)
    if (std::abs(axis[i]) > 1. - 1e-12) return fmt::format("axis {}", i + 1);
  return fmt::format("the axis ({:.4g}, {:.4g}, {:.4g})", axis[0], axis[1], axis[2]);
}

PlacedPhase placed(const MandelMatrix& stiffness, const PhaseOrientation& orientation,
                   const Direction& direction, int dimension, const std::string& name,
                   const std::string& key) {
  const auto refuse = [&](const std::string& what) {
    throw std::invalid_argument(fmt::format("generator: {}", what));
  };
  const bool plane = dimension == 2 && stiffness.rows() == 3 && stiffness.cols() == 3;
  if (!plane && (stiffness.rows() != 6 || stiffness.cols() != 6))
    refuse(fmt::format("stiffness of the {} is {}x{}, expected 6x6{}", name, stiffness.rows(),
                       stiffness.cols(), dimension == 2 ? " or 3x3" : ""));
  PlacedPhase result;
  result.stiffness = stiffness;
  if (plane) {
    if (orientation.type == Type::angles || orientation.axis > 0)
      refuse(
          fmt::format("the {} is given by its plane strain stiffness (3x3), which cannot be "
                      "turned; leave out '{}' or give the stiffness in 3D",
                      name, key));
    result.note =
        fmt::format("{}: its plane strain stiffness (3x3) lies in the grid as given", name);
    return result;
  }
  const bool points = direction.vector || direction.each_inclusion;
  if (orientation.type == Type::geometry && orientation.axis > 0 && !points)
    refuse(
        fmt::format("'{}' lays axis {} of the {} along the geometry, which has no direction for "
                    "it; allowed are grid and Bunge angles",
                    key, orientation.axis, name));
  if (orientation.type == Type::angles) {
    const auto& e = orientation.euler;
    result.stiffness = rotate(stiffness, from_euler(e[0], e[1], e[2]));
    const Eigen::Vector3d degrees = e * 180. / M_PI;
    result.note = fmt::format(
        "{}: its constants are turned by the Bunge angles {:.4g}, {:.4g}, {:.4g} degrees ('{}')",
        name, degrees[0], degrees[1], degrees[2], key);
    return result;
  }
  const auto symmetry = elastic_symmetry(stiffness);
  if (symmetry.name == "isotropic") return result;
  auto axis = symmetry.axis;
  if (orientation.axis > 0) axis = Eigen::Vector3d::Unit(orientation.axis - 1);
  if (orientation.type == Type::grid || !points || !axis) {
    result.note =
        fmt::format("{}: {}, axes 1, 2, 3 of its constants lie along x, y, z of the grid{} ('{}')",
                    name, symmetry.name,
                    orientation.type == Type::geometry && points
                        ? fmt::format(", since no single axis of symmetry tells what lies along {}",
                                      direction.name)
                        : std::string(),
                    key);
    return result;
  }
  result.axis = *axis;
  result.along_each_inclusion = direction.each_inclusion;
  if (direction.vector) result.stiffness = turned_to(result, *direction.vector);
  result.note =
      fmt::format("{}: {}, {} of its constants lies along {} ('{}'){}", name, symmetry.name,
                  described(*axis), direction.name, key,
                  direction.each_inclusion ? "; each inclusion is a phase of its own" : "");
  return result;
}

}  // namespace

MandelMatrix turned_to(const PlacedPhase& phase, const Eigen::Vector3d& direction) {
  const auto rotation = rotation_between(phase.axis, direction);
  // Constants that lie there already stay as they are, bit by bit.
  return rotation.isIdentity(0.) ? phase.stiffness : rotate(phase.stiffness, rotation);
}

std::vector<PlacedPhase> placed_phases(const GeneratorSettings& settings, bool any_axis) {
  const int d = static_cast<int>(settings.shape.size());
  Direction along, none;
  if (settings.type == "fibres" || settings.type == "laminate") {
    if (settings.axis < 0 || settings.axis > 2)
      throw std::invalid_argument(
          fmt::format("generator: axis {}, allowed are 0, 1, 2", settings.axis));
    along.vector = Eigen::Vector3d::Unit(settings.axis);
    along.name = settings.type == "fibres" ? "the fibres" : "the normal of the layers";
    if (!any_axis) along.name += fmt::format(", {}", axis_name(settings.axis));
  }
  std::vector<PlacedPhase> result;
  if (settings.type == "laminate") {
    const auto& given = settings.layer_orientations;
    if (given.size() > 1 && given.size() != settings.layers.size())
      throw std::invalid_argument(
          fmt::format("generator: {} orientations for {} layers; allowed are one for each, one for "
                      "all or none",
                      given.size(), settings.layers.size()));
    for (std::size_t i = 0; i < settings.layers.size(); ++i)
      result.push_back(placed(settings.layers[i],
                              given.empty()       ? PhaseOrientation()
                              : given.size() == 1 ? given[0]
                                                  : given[i],
                              along, d, fmt::format("layer {}", i), "Layer orientations"));
    return result;
  }
  result.push_back(placed(settings.matrix, settings.matrix_orientation,
                          settings.type == "fibres" ? along : none, d, "matrix",
                          "Matrix orientation"));
  if (settings.type == "homogeneous") return result;
  auto inclusion = along;
  const bool each = settings.type == "inclusions" || settings.type == "overlapping";
  if (each && d == 2) {
    inclusion.vector = Eigen::Vector3d::UnitZ();
    inclusion.name = "the normal of the plane, z, as fibres of which the inclusions are sections";
  } else if (each && settings.aspect_ratio > 1.) {
    inclusion.each_inclusion = true;
    inclusion.name = "the long axis of each ellipsoid";
  }
  result.push_back(placed(settings.inclusion, settings.inclusion_orientation, inclusion, d,
                          "inclusion", "Inclusion orientation"));
  constexpr int most_phases = 65536;
  if (result[1].along_each_inclusion && settings.n_inclusions >= most_phases)
    throw std::invalid_argument(fmt::format(
        "generator: {} inclusions, each a phase of its own along its long axis; allowed "
        "are at most {}, or 'Inclusion orientation' = grid",
        settings.n_inclusions, most_phases - 1));
  return result;
}

}  // namespace seco::materials
