#include "seco/surrogate/field_file.h"

#include <algorithm>
#include <cmath>

#include "seco/materials/image_file.h"

namespace seco::surrogate {
namespace {

using materials::VoxelField;

// Tensor components in the order in which VTK keeps symmetric tensors.
VoxelField tensor(const std::string& name, const std::vector<double>& mandel, int dimension) {
  struct Component {
    const char* name;
    std::size_t mandel;
    double factor;
  };
  const double shear = 1. / std::sqrt(2.);
  const std::vector<Component> components =
      dimension == 2 ? std::vector<Component>{{"XX", 0, 1.}, {"YY", 1, 1.}, {"XY", 2, shear}}
                     : std::vector<Component>{{"XX", 0, 1.},    {"YY", 1, 1.},    {"ZZ", 2, 1.},
                                              {"XY", 5, shear}, {"YZ", 3, shear}, {"XZ", 4, shear}};
  const std::size_t n = mandel.size() / components.size();
  VoxelField field;
  field.name = name;
  field.values.resize(mandel.size());
  for (std::size_t c = 0; c < components.size(); ++c) {
    field.components.emplace_back(components[c].name);
    std::transform(mandel.begin() + static_cast<std::ptrdiff_t>(components[c].mandel * n),
                   mandel.begin() + static_cast<std::ptrdiff_t>((components[c].mandel + 1) * n),
                   field.values.begin() + static_cast<std::ptrdiff_t>(c * n),
                   [&](double value) { return components[c].factor * value; });
  }
  return field;
}

}  // namespace

void write_fields(const std::string& path, const materials::Rve& rve, const LocalAnswer& answer,
                  std::size_t load) {
  const auto& fields = answer.loads.at(load).fields;
  const bool spatial = answer.measure == StressMeasure::spatial;
  materials::write_image(
      path, rve.shape, rve.lengths,
      {{"phase", {rve.phase.begin(), rve.phase.end()}, {}, VoxelField::Type::uint16},
       tensor("strain", fields.strain, rve.dimension()),
       tensor("stress", fields.stress, rve.dimension()),
       {spatial ? "von_mises" : "von_mises_in_plane", fields.von_mises, {}},
       {spatial ? "hydrostatic" : "mean_in_plane", fields.hydrostatic, {}}});
}

}  // namespace seco::surrogate
