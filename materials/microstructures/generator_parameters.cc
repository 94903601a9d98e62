#include "seco/materials/generator_parameters.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <numeric>

#include "seco/materials/names.h"
#include "seco/materials/text.h"

namespace seco::materials {
namespace {

/// Their phases alone take 4 GiB.
constexpr std::int64_t most_voxels = std::int64_t{1} << 31;

Eigen::Vector3d read_vector(ParameterReader& reader, const std::string& section,
                            const std::string& key, const std::vector<double>& default_value,
                            const std::string& help) {
  const auto values = reader.numbers(section, key, default_value, help);
  if (values.size() != 3) reader.refuse(section, key, "expected 3 numbers");
  return {values[0], values[1], values[2]};
}

void read_texture(ParameterReader& reader, const std::string& s, Texture& texture) {
  constexpr double degree = M_PI / 180;
  texture.type = reader.choice(s, "Texture", "random", {"random", "component", "fibre"},
                               "orientations of the crystals");
  texture.euler =
      degree * read_vector(reader, s, "Texture orientation", {0, 0, 0},
                           "mean orientation of a component texture, Bunge angles in degrees");
  texture.crystal_axis =
      read_vector(reader, s, "Texture crystal axis", {0, 0, 1}, "crystal axis of a fibre texture");
  texture.sample_axis =
      read_vector(reader, s, "Texture sample axis", {0, 0, 1}, "sample axis of a fibre texture");
  for (const char* key : {"Texture crystal axis", "Texture sample axis"})
    if ((key == std::string("Texture crystal axis") ? texture.crystal_axis : texture.sample_axis)
            .norm() == 0)
      reader.refuse(s, key, "the zero vector is no axis");
  texture.spread = degree * reader.number(s, "Texture spread", 0, 0, 180,
                                          "standard deviation of the texture in degrees");
}

/// @param text geometry, `geometry: N`, grid or three angles
PhaseOrientation orientation_from_text(const std::string& text) {
  PhaseOrientation result;
  if (text == "geometry") return result;
  if (text == "grid") {
    result.type = PhaseOrientation::Type::grid;
    return result;
  }
  const auto colon = text.find(':');
  if (colon != std::string::npos && trimmed(text.substr(0, colon)) == "geometry") {
    const auto axis = to_count(trimmed(text.substr(colon + 1)));
    if (axis && *axis >= 1 && *axis <= 3) {
      result.axis = static_cast<int>(*axis);
      return result;
    }
  }
  const auto angles = split(text, ',');
  bool numbers = angles.size() == 3;
  for (std::size_t i = 0; i < 3 && numbers; ++i) {
    const auto angle = to_number(angles[i]);
    numbers = angle && std::isfinite(*angle);
    if (numbers) result.euler[static_cast<long>(i)] = *angle * M_PI / 180.;
  }
  if (!numbers)
    throw std::invalid_argument(
        fmt::format("'{}' is not understood; allowed are geometry, geometry: 1 (or 2, 3: that axis "
                    "of the constants), grid, or three Bunge angles in degrees as in 0, 90, 0",
                    text));
  result.type = PhaseOrientation::Type::angles;
  return result;
}

PhaseOrientation read_orientation(ParameterReader& reader, const std::string& section,
                                  const std::string& key, const std::string& help) {
  const auto text = reader.text(section, key, "geometry", help);
  try {
    return orientation_from_text(text);
  } catch (const std::invalid_argument& error) {
    reader.refuse(section, key, error.what());
  }
}

}  // namespace

MandelMatrix read_stiffness(ParameterReader& reader, const std::string& section,
                            const std::string& key, const std::string& default_value,
                            const std::string& unit, const std::string& help, int dimension) {
  const auto value = reader.text(section, key, default_value, help + ": " + stiffness_help());
  try {
    return stiffness_from_text(value, unit, dimension);
  } catch (const std::invalid_argument& error) {
    reader.refuse(section, key, error.what());
  }
}

GeneratorSettings read_generator_settings(ParameterReader& reader, const std::string& s) {
  GeneratorSettings g;
  g.type = reader.choice(s, "Type", "polycrystal", generator_names(), "generator");
  g.shape.clear();
  const std::string allowed_grids = "allowed are 2 or 3 integers from 1 to 4096";
  for (const double n :
       reader.numbers(s, "Grid", {32, 32, 32}, "number of voxels along each axis")) {
    if (n != std::floor(n) || n < 1 || n > 4096) reader.refuse(s, "Grid", allowed_grids);
    g.shape.push_back(static_cast<int>(n));
  }
  if (g.shape.size() != 2 && g.shape.size() != 3) reader.refuse(s, "Grid", allowed_grids);
  std::int64_t n_voxels = 1;
  for (const int n : g.shape) n_voxels *= n;
  if (n_voxels > most_voxels)
    reader.refuse(
        s, "Grid",
        fmt::format("these are {} voxels; allowed are at most {}", n_voxels, most_voxels));
  const int dimension = static_cast<int>(g.shape.size());
  const auto lengths = reader.numbers(s, "Lengths", {1}, "edge lengths; one number for a cube");
  g.lengths = lengths.size() == 1 ? std::vector<double>(g.shape.size(), lengths[0]) : lengths;
  if (g.lengths.size() != g.shape.size())
    reader.refuse(s, "Lengths", fmt::format("expected 1 or {} lengths", g.shape.size()));
  for (const double length : g.lengths)
    if (!(length > 0)) reader.refuse(s, "Lengths", "allowed are positive lengths");
  g.unit = reader.choice(s, "Unit", "MPa", {"Pa", "kPa", "MPa", "GPa"}, "unit of the stiffness");
  g.seed = static_cast<std::uint64_t>(reader.integer(s, "Seed", 1, 0, 1LL << 60, "random seed"));
  g.n_grains = static_cast<int>(reader.integer(s, "Number of grains", 64, 1, 65535,
                                               "grains of a polycrystal, or of two phases"));
  g.crystal = read_stiffness(reader, s, "Crystal", "Cu", g.unit, "crystal of a polycrystal", 3);
  read_texture(reader, s, g.texture);
  g.matrix =
      read_stiffness(reader, s, "Matrix", "epoxy", g.unit, "matrix of a composite", dimension);
  g.inclusion =
      read_stiffness(reader, s, "Inclusion", "E-glass", g.unit, "inclusions or fibres", dimension);
  g.matrix_orientation = read_orientation(
      reader, s, "Matrix orientation",
      "how the constants of the matrix lie: geometry (of fibres their axis of symmetry lies along "
      "the fibres, else as grid), geometry: N (axis N of the constants does), grid (axes 1, 2, 3 "
      "are x, y, z), or Bunge angles in degrees from there");
  g.inclusion_orientation = read_orientation(
      reader, s, "Inclusion orientation",
      "how those of the inclusions lie: geometry (their axis of symmetry lies along the fibres, "
      "along the long axis of each ellipsoid, in 2D normal to the plane; else as grid), "
      "geometry: N, grid, or Bunge angles in degrees");
  g.inclusion_factor = reader.number(
      s, "Inclusion factor", 1, 0, 1e12,
      "factor on the stiffness of the inclusions, 0.001 with the matrix's name for pores");
  g.volume_fraction = reader.number(s, "Volume fraction", 0.16, 0, 1,
                                    "volume fraction of the inclusions or fibres");
  g.n_inclusions = static_cast<int>(
      reader.integer(s, "Number of inclusions", 8, 1, 100000, "inclusions or fibres"));
  g.radius_ratio = reader.number(s, "Radius ratio", 1, 1e-3, 1, "smallest over largest radius");
  g.aspect_ratio =
      reader.number(s, "Aspect ratio", 1, 1, 100,
                    "largest over smallest semi-axis of the inclusions or fibre sections; above 1 "
                    "they are ellipsoids or ellipses with random orientations");
  g.n_clusters = static_cast<int>(
      reader.integer(s, "Number of clusters", 0, 0, 100000,
                     "clusters that the inclusions or fibres are placed in; 0 for none"));
  if (g.n_clusters > g.n_inclusions)
    reader.refuse(
        s, "Number of clusters",
        fmt::format("allowed are integers from 0 to the number of inclusions, {}", g.n_inclusions));
  g.cluster_radius =
      reader.number(s, "Cluster radius", 0.2, 1e-12, 1e12,
                    "largest distance of an inclusion's centre from that of its cluster, in the "
                    "unit of the lengths");
  g.axis = static_cast<int>(reader.integer(s, "Axis", 0, 0, 2, "fibre direction or layer normal"));
  const auto layers = reader.text(s, "Layers", "epoxy; E-glass",
                                  "stiffnesses of a laminate's layers, separated by ;, each as "
                                  "that of the matrix");
  try {
    for (const auto& layer : split(layers, ';'))
      g.layers.push_back(stiffness_from_text(layer, g.unit, dimension));
  } catch (const std::invalid_argument& error) {
    reader.refuse(s, "Layers", error.what());
  }
  const auto orientations = split(
      reader.text(s, "Layer orientations", "geometry",
                  "how the constants of the layers lie, one for all or one for each, separated by "
                  ";: geometry (their axis of symmetry lies along the normal), geometry: N, grid, "
                  "or Bunge angles in degrees"),
      ';');
  if (orientations.size() != 1 && orientations.size() != g.layers.size())
    reader.refuse(s, "Layer orientations",
                  fmt::format("expected 1 or {} of them, separated by ;", g.layers.size()));
  try {
    for (const auto& orientation : orientations)
      g.layer_orientations.push_back(orientation_from_text(orientation));
  } catch (const std::invalid_argument& error) {
    reader.refuse(s, "Layer orientations", error.what());
  }
  g.fractions = reader.numbers(s, "Layer fractions", std::vector<double>(g.layers.size(), 1.),
                               "relative thickness of each layer");
  if (g.fractions.size() != g.layers.size())
    reader.refuse(s, "Layer fractions", fmt::format("expected {} numbers", g.layers.size()));
  for (const double fraction : g.fractions)
    if (!(fraction > 0))
      reader.refuse(s, "Layer fractions", "allowed are numbers above 0, one for each layer");
  return g;
}

}  // namespace seco::materials
