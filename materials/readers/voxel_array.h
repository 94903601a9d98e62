#pragma once

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "seco/materials/floating_precision.h"
#include "seco/materials/labelled_grid.h"
#include "seco/materials/microstructure_file.h"

namespace seco::materials {

/// A dense array of numbers in a file, one per voxel, that is read by slabs, so that it need not
/// fit into memory.
class VoxelArray {
 public:
  struct Description {
    /// Names file and array in messages.
    std::string what;
    /// Voxels along x, y and z, which are the axes 0, 1 and 2 of the RVE; planes have 1 along z.
    std::array<int, 3> shape{};
    /// The axes from the slowest to the fastest as they are on file: {2, 1, 0} has x fastest.
    std::array<int, 3> order{2, 1, 0};
    /// Edges of a voxel along x, y and z, where the file gives them.
    std::optional<std::array<double, 3>> spacing;
    /// Why there is none, where the file tries to say it; empty for a file that says nothing.
    std::string spacing_remark;
    /// Unit of the spacing as the file names it; empty where it does not.
    std::string unit_of_length;
    /// The largest value that the file can hold, where thresholds above it are refused.
    std::optional<double> largest_level;
    /// Of floating-point values on file. Thresholds are rounded to it, so that a value of 0.7 is
    /// not below the threshold 0.7.
    std::optional<FloatingPrecision> precision;
    /// What was chosen or assumed, in sentences.
    std::vector<std::string> notes;
  };

  virtual ~VoxelArray() = default;
  virtual const Description& description() const = 0;
  /// Writes the layers from `first` to before `last` along the slowest axis to `values`, in the
  /// order of the file. Layers are asked for in ascending order, none twice; some may be left out.
  /// @throws std::runtime_error naming file, layer or byte, if the file does not hold them.
  virtual void read(int first, int last, double* values) = 0;
};

/// An array whose values are in memory, in the order of its description.
std::unique_ptr<VoxelArray> array_in_memory(VoxelArray::Description description,
                                            std::vector<double> values);

/// Reads the labels of an array slab by slab: grey levels become labels by the thresholds of the
/// options, labels phases by their `phases`, and the grid is cropped and coarsened on the way, so
/// that besides the grid of the result only a slab is in memory. Every label is a phase of its own.
/// @throws std::runtime_error naming the array and a voxel for values that are no labels,
///   std::invalid_argument naming an option: thresholds that do not ascend, a spacing that is
///   missing or given twice, and what `crop` and `coarsen` refuse.
LabelledGrid read_labels(VoxelArray& array, const std::string& path,
                         const MicrostructureOptions& options);

/// Edges of a voxel of the array: those of the options, which win and are noted, or of the file.
/// @throws std::invalid_argument if neither gives them, or the options are no lengths
std::array<double, 3> spacing_of(VoxelArray::Description& array, const std::string& path,
                                 const MicrostructureOptions& options);

/// Does what an option or a key of the section `Microstructure file` asks for; what is refused
/// names these and the file.
void with_option(const std::string& path, const char* option, const char* key,
                 const std::function<void()>& action);

/// `spacing_remark` for edges in units that differ.
std::string remark_on_units(const std::vector<std::string>& units);

/// The axes that a text such as "zyx" or "yx" names, 0 for x.
/// @param n_axes of the array, 2 or 3; planes have the axes x and y
/// @throws std::invalid_argument naming the option and what is allowed.
std::vector<int> axes_from_text(const std::string& path, const std::string& text,
                                std::size_t n_axes);

/// Shape and order of an array whose axes, slowest first, have these sizes.
/// @param axes as of `axes_from_text`
/// @throws std::runtime_error if a size is 0 or beyond 2^31 - 1
void set_shape(VoxelArray::Description& description, const std::vector<std::size_t>& sizes,
               const std::vector<int>& axes);

}  // namespace seco::materials
