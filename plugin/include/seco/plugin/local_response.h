#pragma once

#include <deal.II/base/symmetric_tensor.h>

#include <array>
#include <cstddef>
#include <string>
#include <vector>

namespace seco::plugin {

/// Asks a material what happens inside it at one point.
template <int dim>
struct LocalRequest {
  /// Number of the point in the list given to `Material::set_points`.
  std::size_t point = 0;
  /// Macro strain.
  dealii::SymmetricTensor<2, dim> strain;
  /// File (.vti) that the fields in the microstructure are written to; empty for none.
  std::string fields_file;
};

/// Stresses inside the microstructure of one point under one macro strain, in the unit of the run.
template <int dim>
struct LocalResponse {
  double largest_von_mises = 0, largest_hydrostatic = 0, smallest_hydrostatic = 0;
  /// In 2D, whether these are made of the stresses in the plane alone, since the microstructure
  /// does not tell the stress normal to it (surrogate::StressMeasure).
  bool in_plane = false;
  /// Indices of the voxel of the largest von Mises stress.
  std::array<int, 3> voxel{};
  /// Guaranteed error of the fields in the energy norm, relative (surrogate::LocalQuantities).
  double relative_field_error = 0;

  struct Phase {
    double volume_fraction = 0;
    /// Means over the phase.
    dealii::SymmetricTensor<2, dim> strain, stress;

    template <typename Archive>
    void serialize(Archive& archive, unsigned int) {
      archive& volume_fraction& strain& stress;
    }
  };
  /// The first phases, as many as were asked for and there are.
  std::vector<Phase> phases;

  template <typename Archive>
  void serialize(Archive& archive, unsigned int) {
    archive& largest_von_mises& largest_hydrostatic& smallest_hydrostatic& in_plane& voxel&
        relative_field_error& phases;
  }
};

}  // namespace seco::plugin
