#pragma once

#include <string>
#include <vector>

#include "seco/materials/image_data.h"
#include "voxel_array.h"

namespace seco::materials {

/// The array named in the options, or the default, or the only one of scalars, or of several the
/// active one; never what marks ghost cells. What was chosen among several is noted.
/// @param default_value name of the default, at cells; empty for none
/// @param arrays of the cells, then of the points
/// @throws std::runtime_error naming the file, `origin`
const ImageData::ArrayDescription& chosen_array(
    const std::string& origin, const std::vector<ImageData::ArrayDescription>& arrays,
    const std::string& name, const std::string& default_value, std::vector<std::string>& notes);
const ImageData::ArrayDescription& chosen_array(const ImageData& image, const std::string& name,
                                                const std::string& default_value,
                                                std::vector<std::string>& notes);

/// The note on an array whose values belong to points.
std::string note_on_points(const std::string& array);
/// The name of the array that marks ghosts, and the note on what it marks; empty if nothing.
constexpr const char* vtk_ghost_array = "vtkGhostType";
std::string note_on_ghosts(std::size_t n_marked, std::size_t n);

/// The values of an array of image data, with notes on values at points and on marks of ghosts.
std::unique_ptr<VoxelArray> voxels_of(const ImageData& image,
                                      const ImageData::ArrayDescription& array,
                                      std::vector<std::string> notes);

}  // namespace seco::materials
