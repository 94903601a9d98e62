#include "rve_assignment.h"

#include <deal.II/base/function_parser.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "seco/materials/elastic_constants.h"
#include "seco/materials/generator_parameters.h"
#include "seco/materials/microstructure_parameters.h"
#include "seco/materials/random.h"

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
  auto function = std::make_shared<dealii::FunctionParser<dim>>(1);
  try {
    function->initialize(dealii::FunctionParser<dim>::default_variable_names(), field.expression,
                         {{"pi", M_PI}});
    function->value(dealii::Point<dim>());
  } catch (const std::exception&) {
    parameters.refuse("", name,
                      fmt::format("allowed are expressions in {}, for example 0.1 + 0.2*x",
                                  dealii::FunctionParser<dim>::default_variable_names()));
  }
  field.function = function;
  return field;
}

template <int dim>
void RveAssignment<dim>::read(materials::ParameterReader& parameters, const std::string& unit) {
  unit_ = unit;
  from_file_ = parameters.choice("", "RVE", "generated", {"generated", "file"},
                                 "where the RVEs come from") == "file";
  file_ = parameters.path("", "RVE file", "",
                          "RVE of all points: an HDF5 file of this library, or a microstructure "
                          "file that the section Microstructure file tells how to read");
  auto file_options = materials::read_microstructure_options(parameters, "Microstructure file");
  const auto per = parameters.choice("", "Seed per", "quadrature point",
                                     {"material", "cell", "quadrature point"},
                                     "points that share a generated RVE");
  seed_per_ = per == "material" ? SeedPer::material
              : per == "cell"   ? SeedPer::cell
                                : SeedPer::quadrature_point;
  n_different_ = static_cast<std::uint64_t>(
      parameters.integer("", "Number of different RVEs", 0, 0, 1LL << 40,
                         "points draw from so many seeds; 0 for a seed of their own"));
  volume_fraction_ =
      read_field(parameters, "Volume fraction",
                 "volume fraction as expression of position; empty for the constant of the "
                 "section Microstructure");
  volume_fraction_step_ =
      parameters.number("", "Volume fraction step", 0, 0, 1,
                        "volume fractions are rounded to multiples of this, 0 for none; "
                        "with few seeds, points then share RVEs");
  texture_spread_ =
      read_field(parameters, "Texture spread",
                 "texture spread in degrees as expression of position; empty for the constant");
  microstructure_ = materials::read_generator_settings(parameters, "Microstructure");
  if (from_file_) {
    if (file_.empty()) parameters.refuse("", "RVE file", "RVE = file needs the name of a file");
    try {
      file_options.dimension = dim;
      file_rve_ = materials::read_microstructure(file_, file_options).rve;
      materials::megapascals_per(file_rve_.unit);
    } catch (const std::exception& error) {
      parameters.refuse("", "RVE file", error.what());
    }
    if (file_rve_.dimension() != dim)
      parameters.refuse("", "RVE file",
                        fmt::format("the RVE is {}D, the run is {}D", file_rve_.dimension(), dim));
    has_volume_fraction_ = has_texture_spread_ = false;
  } else {
    has_volume_fraction_ = microstructure_.type == "inclusions" || microstructure_.type == "fibres";
    has_texture_spread_ =
        microstructure_.type == "polycrystal" && microstructure_.texture.type != "random";
    seed_matters_ = has_volume_fraction_ || microstructure_.type == "polycrystal";
  }
  // What would have no effect is refused, because whoever sets it expects one.
  const std::string kind = from_file_ ? "an RVE file" : fmt::format("'{}'", microstructure_.type);
  if (volume_fraction_.function && !has_volume_fraction_)
    parameters.refuse("", "Volume fraction",
                      fmt::format("{} has no volume fraction; allowed with the types inclusions "
                                  "and fibres of the section Microstructure",
                                  kind));
  if (texture_spread_.function && !has_texture_spread_)
    parameters.refuse("", "Texture spread",
                      fmt::format("{} has no texture with a spread; allowed with the type "
                                  "polycrystal and the textures component and fibre",
                                  kind));
  if (!from_file_ && static_cast<int>(microstructure_.shape.size()) != dim &&
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
  if (from_file_) return key;
  if (seed_per_ != SeedPer::material) {
    key.seed = point.cell;
    if (seed_per_ == SeedPer::quadrature_point)
      key.seed = materials::mix_seed(key.seed, point.quadrature_point);
    if (n_different_ > 0) key.seed = materials::mix_seed(key.seed, 0) % n_different_;
  }
  const auto& position =
      seed_per_ == SeedPer::quadrature_point ? point.position : point.cell_center;
  if (has_volume_fraction_) key.volume_fraction = microstructure_.volume_fraction;
  if (volume_fraction_.function)
    key.volume_fraction = evaluate(volume_fraction_, position, 0., 1., "Volume fraction");
  if (volume_fraction_step_ > 0)
    key.volume_fraction =
        std::round(key.volume_fraction / volume_fraction_step_) * volume_fraction_step_;
  if (has_texture_spread_) key.texture_spread = microstructure_.texture.spread;
  if (texture_spread_.function)
    key.texture_spread = evaluate(texture_spread_, position, 0., 180., "Texture spread") * degree;
  // Keys differ only where the RVEs do, so that equal ones are found without generating them.
  if (!seed_matters_ || (has_volume_fraction_ && key.volume_fraction == 0.)) key.seed = 0;
  return key;
}

template <int dim>
materials::Rve RveAssignment<dim>::make_rve(const RveKey& key) const {
  materials::Rve rve;
  if (from_file_) {
    rve = file_rve_;
  } else {
    auto settings = microstructure_;
    settings.seed = materials::mix_seed(microstructure_.seed, key.seed);
    settings.volume_fraction = key.volume_fraction;
    settings.texture.spread = key.texture_spread;
    rve = materials::generate(settings);
  }
  if (rve.unit != unit_) {
    const double factor = materials::megapascals_per(rve.unit) / materials::megapascals_per(unit_);
    for (auto& stiffness : rve.stiffness) stiffness *= factor;
    rve.unit = unit_;
  }
  return rve;
}

template <int dim>
std::size_t RveAssignment<dim>::n_voxels() const {
  std::size_t n = 1;
  for (const int size : from_file_ ? file_rve_.shape : microstructure_.shape)
    n *= static_cast<std::size_t>(size);
  return n;
}

template <int dim>
std::size_t RveAssignment<dim>::n_phases() const {
  if (from_file_) return file_rve_.stiffness.size();
  if (microstructure_.type == "polycrystal")
    return static_cast<std::size_t>(microstructure_.n_grains);
  return std::max<std::size_t>(2, microstructure_.layers.size());
}

template class RveAssignment<2>;
template class RveAssignment<3>;

}  // namespace seco::plugin
