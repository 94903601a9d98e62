#pragma once

#include <array>
#include <string>
#include <vector>

#include "seco/materials/hdf5_file.h"
#include "seco/materials/microstructure_file.h"

namespace seco::materials {

/// A dataset of a DREAM.3D file that holds tuples of integers or numbers.
struct Dream3dArray {
  std::string group, name;
  std::vector<std::size_t> shape;
  Hdf5Kind kind = Hdf5Kind::none;

  std::string path() const { return group + "/" + name; }
  /// Of a table of features or phases, which has one or two axes: number of rows and of columns; 0
  /// rows for other shapes.
  std::size_t n_rows() const { return shape.size() == 1 || shape.size() == 2 ? shape[0] : 0; }
  std::size_t n_columns() const { return shape.size() > 1 ? shape.back() : 1; }
};

/// A grid of voxels of a DREAM.3D file: an image geometry, or a rectilinear one of equal steps.
struct Dream3dGeometry {
  std::string path;
  std::array<int, 3> shape{};
  std::array<double, 3> lengths{};
  bool rectilinear = false;
};

/// What lies where in a DREAM.3D file, of the versions 7 (SIMPL: groups of arrays beside
/// `_SIMPL_GEOMETRY`) and 8 (simplnx: geometries are groups with attributes, arrays lie in them, in
/// groups of them or elsewhere). Errors are std::runtime_error that name the file.
class Dream3dLayout {
 public:
  Dream3dLayout(const Hdf5Reader& file, const MicrostructureOptions& options);

  /// The geometry that the options name, or the only one.
  const Dream3dGeometry& geometry() const { return geometry_; }
  /// Voxels along the axes as datasets have them: z, y, x.
  std::vector<std::size_t> cells() const;
  /// Name of the file, for messages.
  const std::string& origin() const { return file_.path(); }
  /// Paths and shapes of arrays, for messages; "none" if there are none.
  std::string listed(const std::vector<Dream3dArray>& arrays) const;
  /// Without the path of the geometry, or of the root.
  std::string relative(const std::string& path) const;

  /// Arrays with a tuple for every voxel.
  std::vector<Dream3dArray> cell_arrays() const;
  bool is_cell_array(const Dream3dArray& array) const;
  /// Those in groups of the geometry, and in groups that belong to no geometry.
  const std::vector<Dream3dArray>& arrays() const { return arrays_; }
  /// Datasets that describe phases, named `CrystalStructures`: of the geometry's groups, or if
  /// there are none, of the whole file.
  std::vector<Dream3dArray> crystal_structures() const;
  /// Whether `name` is the array's, with or without its group.
  bool is_called(const Dream3dArray& array, const std::string& name) const;

 private:
  [[noreturn]] void fail(const std::string& what) const;
  void walk(const std::string& group, int depth, std::vector<std::string>& geometries);
  void choose(const std::vector<std::string>& geometries, const std::string& container);
  /// The member of a group, whatever the case of its letters; empty if there is none.
  std::string member(const std::string& group, const std::string& name) const;
  std::vector<double> spacing(const std::string& where, bool attributes) const;
  std::vector<double> spacing_of_bounds(const std::string& where, bool attributes,
                                        const std::vector<double>& dimensions) const;

  const Hdf5Reader& file_;
  int n_objects_ = 0;
  Dream3dGeometry geometry_;
  std::vector<Dream3dArray> all_, arrays_;
};

}  // namespace seco::materials
