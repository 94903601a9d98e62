#include "rve_assignment.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "seco/materials/random.h"
#include "seco/plugin/expressions.h"

namespace seco::plugin {
namespace {

constexpr double degree = M_PI / 180;

}  // namespace

template <int dim>
typename RveAssignment<dim>::Field RveAssignment<dim>::read_field(
    materials::ParameterReader& parameters, const std::string& name,
    const std::string& help) const {
  Field field;
  field.expression = parameters.text("", name, "", help);
  if (field.expression.empty()) return field;
  try {
    field.function = parse_expressions<dim>({field.expression});
  } catch (const std::invalid_argument& error) {
    parameters.refuse(
        "", name,
        fmt::format("{}; allowed are expressions in {}, for example 0.1 + 0.2*x", error.what(),
                    dealii::FunctionParser<dim>::default_variable_names()));
  }
  return field;
}

template <int dim>
void RveAssignment<dim>::read(materials::ParameterReader& parameters, const std::string& unit,
                              const surrogate::RunParameters& run) {
  run_ = run;
  source_.read(parameters, "", dim, unit);
  volume_fraction_ =
      read_field(parameters, "Volume fraction",
                 "volume fraction as expression of position; empty for the constant of the "
                 "section Microstructure");
  texture_spread_ =
      read_field(parameters, "Texture spread",
                 "texture spread in degrees as expression of position; empty for the constant");
  // What would have no effect is refused, because whoever sets it expects one.
  if (volume_fraction_.function && !source_.has_volume_fraction())
    parameters.refuse("", "Volume fraction",
                      fmt::format("{} has no volume fraction; allowed with the types inclusions "
                                  "and fibres of the section Microstructure",
                                  source_.description()));
  if (texture_spread_.function && !source_.has_texture_spread())
    parameters.refuse("", "Texture spread",
                      fmt::format("{} has no texture with a spread; allowed with the type "
                                  "polycrystal and the textures component and fibre",
                                  source_.description()));
  if (!source_.is_file() && static_cast<int>(source_.generator().shape.size()) != dim &&
      parameters.has("", "RVE")) {
    parameters.refuse("Microstructure", "Grid",
                      fmt::format("a {0}D run needs {0} numbers of voxels", dim));
  }
}

template <int dim>
double RveAssignment<dim>::evaluate(const Field& field, const dealii::Point<dim>& position,
                                    double smallest, double largest,
                                    const std::string& name) const {
  const double value = field.function->value(position);
  if (!(value >= smallest) || !(value <= largest)) {
    std::string point;
    for (int i = 0; i < dim; ++i) point += fmt::format("{}{:g}", i > 0 ? ", " : "", position[i]);
    throw std::runtime_error(
        fmt::format("'{}' = {} is {:g} at ({}); allowed are values from {:g} to {:g}", name,
                    field.expression, value, point, smallest, largest));
  }
  return value;
}

template <int dim>
RveKey RveAssignment<dim>::key(const MaterialPoint<dim>& point) const {
  RveKey key;
  if (source_.is_file()) return key;
  if (run_.seed_per != SeedPer::material) {
    key.seed = point.cell;
    if (run_.seed_per == SeedPer::quadrature_point)
      key.seed = materials::mix_seed(key.seed, point.quadrature_point);
    if (run_.n_different_rves > 0)
      key.seed = materials::mix_seed(key.seed, 0) % run_.n_different_rves;
  }
  const auto& position =
      run_.seed_per == SeedPer::quadrature_point ? point.position : point.cell_center;
  if (source_.has_volume_fraction()) key.volume_fraction = source_.generator().volume_fraction;
  if (volume_fraction_.function)
    key.volume_fraction = evaluate(volume_fraction_, position, 0., 1., "Volume fraction");
  if (const double step = run_.volume_fraction_step; step > 0)
    key.volume_fraction = std::round(key.volume_fraction / step) * step;
  if (source_.has_texture_spread()) key.texture_spread = source_.generator().texture.spread;
  if (texture_spread_.function)
    key.texture_spread = evaluate(texture_spread_, position, 0., 180., "Texture spread") * degree;
  // Keys differ only where the RVEs do, so that equal ones are found without generating them.
  if (!source_.has_seed() || is_homogeneous(key)) key.seed = 0;
  return key;
}

template class RveAssignment<2>;
template class RveAssignment<3>;

}  // namespace seco::plugin
