#pragma once

#include <optional>
#include <string>
#include <vector>

#include "seco/materials/image_file.h"
#include "seco/materials/rve.h"

namespace seco::materials {

/// Reads an RVE from HDF5: dataset `phase` (uint16, n1 x n2 [x n3], last axis fastest), dataset
/// `stiffness` (float64, phases x 6 x 6 or x 3 x 3, Mandel), attributes `lengths` and `unit`, and
/// the dataset `orientation` (float64, phases x 3, Bunge Euler angles in radians) where there is
/// one.
/// @throws std::runtime_error or std::invalid_argument naming file, dataset, value and what is
///   allowed; nothing invalid is ever returned (see `check`).
Rve read_rve(const std::string& path);

/// Writes an RVE in the same format; a file under the final name is always complete.
/// @param description where the RVE comes from, the attribute `description`; none if empty
void write_rve(const std::string& path, const Rve& rve, const std::string& description = "");

/// The dataset `homogenized_stiffness`, if the file holds one (reference files do).
std::optional<MandelMatrix> read_homogenized_stiffness(const std::string& path);

/// What pictures of an RVE show: the field `phase` and, where orientations are known, the Bunge
/// Euler angles `euler_angles` in radians.
std::vector<VoxelField> voxel_fields(const Rve& rve);

/// Writes the fields as VTK image data (.vti) for ParaView.
void write_vti(const std::string& path, const Rve& rve);

}  // namespace seco::materials
