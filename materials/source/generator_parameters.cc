#include "seco/materials/generator_parameters.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <map>
#include <numeric>

#include "seco/materials/elastic_constants.h"
#include "seco/materials/elastic_symmetry.h"
#include "seco/materials/names.h"
#include "seco/materials/text.h"

namespace seco::materials {
namespace {

/// Their phases alone take 4 GiB.
constexpr std::int64_t most_voxels = std::int64_t{1} << 31;

std::vector<double> to_numbers(const std::string& text) {
  std::vector<double> numbers;
  for (const auto& part : split(text, ',')) {
    const auto value = to_number(part);
    if (!value || !std::isfinite(*value))
      throw std::invalid_argument(fmt::format("'{}' is not a finite number", part));
    numbers.push_back(*value);
  }
  return numbers;
}

MandelMatrix from_constants(const std::string& symmetry, const std::vector<double>& c) {
  const std::map<std::string, std::size_t> n_constants{{"isotropic", 2},   {"cubic", 3},
                                                       {"hexagonal", 5},   {"tetragonal", 6},
                                                       {"orthotropic", 9}, {"triclinic", 21}};
  const auto known = n_constants.find(symmetry);
  if (known == n_constants.end()) {
    std::vector<std::string> names;
    for (const auto& [name, n] : n_constants) names.push_back(name);
    throw std::invalid_argument(fmt::format("symmetry class '{}' is not known; known are {}{}",
                                            symmetry, fmt::join(names, ", "),
                                            did_you_mean(symmetry, names, true)));
  }
  if (c.size() != known->second)
    throw std::invalid_argument(fmt::format("symmetry class '{}' has {} constants, {} are given",
                                            symmetry, known->second, c.size()));
  if (symmetry == "isotropic") return isotropic(c[0], c[1]);
  if (symmetry == "cubic") return cubic(c[0], c[1], c[2]);
  if (symmetry == "hexagonal") return hexagonal(c[0], c[1], c[2], c[3], c[4]);
  if (symmetry == "tetragonal") return tetragonal(c[0], c[1], c[2], c[3], c[4], c[5]);
  if (symmetry == "orthotropic") {
    std::array<double, 9> constants;
    std::copy(c.begin(), c.end(), constants.begin());
    return orthotropic(constants);
  }
  std::array<double, 21> constants;
  std::copy(c.begin(), c.end(), constants.begin());
  return triclinic(constants);
}

Eigen::Vector3d read_vector(ParameterReader& reader, const std::string& section,
                            const std::string& key, const std::vector<double>& otherwise,
                            const std::string& help) {
  const auto values = reader.numbers(section, key, otherwise, help);
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

}  // namespace

MandelMatrix stiffness_from_text(const std::string& text, const std::string& unit) {
  const auto colon = text.find(':');
  if (colon != std::string::npos)
    return from_constants(trimmed(text.substr(0, colon)), to_numbers(text.substr(colon + 1)));
  if (text.find(',') == std::string::npos)
    return elastic_constants(text).stiffness / megapascals_per(unit);
  const auto constants = to_numbers(text);
  if (constants.size() != 2)
    throw std::invalid_argument("expected a name, 'E, nu', or 'symmetry: constants'");
  return isotropic(constants[0], constants[1]);
}

MandelMatrix read_stiffness(ParameterReader& reader, const std::string& section,
                            const std::string& key, const std::string& otherwise,
                            const std::string& unit, const std::string& help) {
  const auto value = reader.text(
      section, key, otherwise,
      help +
          ": a name of the table of elastic constants, 'E, nu', or 'symmetry: constants' "
          "in the unit of the microstructure");
  try {
    return stiffness_from_text(value, unit);
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
  const auto lengths = reader.numbers(s, "Lengths", {1}, "edge lengths; one number for a cube");
  g.lengths = lengths.size() == 1 ? std::vector<double>(g.shape.size(), lengths[0]) : lengths;
  if (g.lengths.size() != g.shape.size())
    reader.refuse(s, "Lengths", fmt::format("expected 1 or {} lengths", g.shape.size()));
  for (const double length : g.lengths)
    if (!(length > 0)) reader.refuse(s, "Lengths", "allowed are positive lengths");
  g.unit = reader.choice(s, "Unit", "MPa", {"Pa", "kPa", "MPa", "GPa"}, "unit of the stiffness");
  g.seed = static_cast<std::uint64_t>(reader.integer(s, "Seed", 1, 0, 1LL << 60, "random seed"));
  g.n_grains = static_cast<int>(
      reader.integer(s, "Number of grains", 64, 1, 65535, "grains of a polycrystal"));
  g.crystal = read_stiffness(reader, s, "Crystal", "Cu", g.unit, "crystal of a polycrystal");
  read_texture(reader, s, g.texture);
  g.matrix = read_stiffness(reader, s, "Matrix", "epoxy", g.unit, "matrix of a composite");
  g.inclusion = read_stiffness(reader, s, "Inclusion", "E-glass", g.unit, "inclusions or fibres");
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
                                  "stiffnesses of a laminate's layers, separated by ;");
  try {
    for (const auto& layer : split(layers, ';'))
      g.layers.push_back(stiffness_from_text(layer, g.unit));
  } catch (const std::invalid_argument& error) {
    reader.refuse(s, "Layers", error.what());
  }
  g.fractions = reader.numbers(s, "Layer fractions", std::vector<double>(g.layers.size(), 1.),
                               "relative thickness of each layer");
  if (g.fractions.size() != g.layers.size())
    reader.refuse(s, "Layer fractions", fmt::format("expected {} numbers", g.layers.size()));
  for (const double fraction : g.fractions)
    if (fraction < 0) reader.refuse(s, "Layer fractions", "allowed are numbers from 0");
  return g;
}

}  // namespace seco::materials
