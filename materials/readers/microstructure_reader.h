#pragma once

#include <memory>
#include <string>
#include <vector>

#include "seco/materials/labelled_grid.h"
#include "seco/materials/microstructure_file.h"
#include "voxel_array.h"

namespace seco::materials {

/// Options that have an effect on files of some formats only. All formats are cropped, coarsened
/// and mirrored, and lose small parts.
enum class ReadOption {
  thresholds,
  phases,
  material,  ///< stiffnesses and material file
  unit,
  array,
  container,
  features,
  orientations,
  unrotated,
  angles,
  unindexed,
  grain_angle,
  sample_axes,
  hexagonal_axis,
  spacing,  ///< or lengths
  axes,
  shape,
  type,
  offset,
  byte_order
};

/// What files of one or more formats have in common at their beginning.
struct FileKind {
  /// As in "is an HDF5 file", "is read from HDF5 files".
  const char* one;
  const char* many;
  /// @param beginning of the file, at most its first 64 KiB; null if any content is possible
  bool (*is)(const std::string& beginning);
  /// The library that reads it, which may fail on corrupt files, so that they are read in a child
  /// process first (`guarded_read`); null for readers of this program.
  const char* library;
};

/// A format that is read. It has either `read` or `open`: grids whose labels have a meaning in the
/// file, or arrays of labels or grey levels, which `read_labels` reads by slabs.
struct MicrostructureReader {
  MicrostructureFormat format;
  const FileKind* kind;
  std::vector<ReadOption> options;
  /// Whether a file of the kind is of this format; null if all are. What is wrong with the file is
  /// left to the reader.
  bool (*recognises)(const std::string& path, const std::string& beginning,
                     const MicrostructureOptions& options);
  LabelledGrid (*read)(const std::string& path, const MicrostructureOptions& options);
  /// Allocates nothing that the file cannot fill.
  std::unique_ptr<VoxelArray> (*open)(const std::string& path,
                                      const MicrostructureOptions& options);
};

/// What nearly all arrays of labels or grey levels take.
inline std::vector<ReadOption> options_of_arrays(std::vector<ReadOption> more = {}) {
  more.insert(more.end(), {ReadOption::thresholds, ReadOption::phases, ReadOption::material,
                           ReadOption::unit, ReadOption::spacing});
  return more;
}

/// What orientation maps take.
inline std::vector<ReadOption> options_of_maps(std::vector<ReadOption> more = {}) {
  more.insert(more.end(),
              {ReadOption::material, ReadOption::unit, ReadOption::unindexed,
               ReadOption::grain_angle, ReadOption::sample_axes, ReadOption::hexagonal_axis});
  return more;
}

/// One per file NAME.cc; errors of their functions as of `read_microstructure`.
const MicrostructureReader& dream3d_reader();
const MicrostructureReader& damask_reader();
const MicrostructureReader& image_data_reader();
const MicrostructureReader& png_reader();
const MicrostructureReader& rve_reader();
const MicrostructureReader& ang_reader();
const MicrostructureReader& ctf_reader();
const MicrostructureReader& h5oina_reader();
const MicrostructureReader& orix_reader();
const MicrostructureReader& tesr_reader();
const MicrostructureReader& evpfft_reader();
const MicrostructureReader& kanapy_reader();
const MicrostructureReader& legacy_vtk_reader();
const MicrostructureReader& vtkhdf_reader();
const MicrostructureReader& tiff_reader();
const MicrostructureReader& numpy_reader();
const MicrostructureReader& numpy_archive_reader();
const MicrostructureReader& meta_image_reader();
const MicrostructureReader& nrrd_reader();
const MicrostructureReader& hdf5_array_reader();
const MicrostructureReader& raw_reader();

/// Kinds that several formats share.
const FileKind& hdf5_files();
const FileKind& vtk_xml_files();

/// All formats, in the order in which they are asked whether a file is theirs.
const std::vector<const MicrostructureReader*>& microstructure_readers();

/// The reader of the format that the options name, or that the content of the file tells, or its
/// extension where the content is that of none.
/// @throws std::runtime_error for a file that no reader takes, or that is of another kind than the
///   format asked for, std::invalid_argument for an unknown format.
const MicrostructureReader& chosen_reader(const std::string& path,
                                          const MicrostructureOptions& options);

/// The library that may fail on the file; null if none does.
const char* library_of(const std::string& path);

/// Refuses options that have no effect on the format, because whoever sets them expects one.
/// @throws std::invalid_argument naming file, option and format.
void check_options(const std::string& path, const MicrostructureReader& reader,
                   const MicrostructureOptions& options);

}  // namespace seco::materials
