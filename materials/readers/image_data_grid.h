#pragma once

#include <string>
#include <vector>

#include "seco/materials/image_data.h"
#include "voxel_array.h"

namespace seco::materials {

/// The array named in the options, or the default, or the only one of scalars, or of several the
/// active one; never what marks ghost cells. What was chosen among several is noted.
/// @param default_value name of the default, at cells; empty for none
const ImageData::ArrayDescription& chosen_array(const ImageData& image, const std::string& name,
                                                const std::string& default_value,
                                                std::vector<std::string>& notes);

/// The values of an array of image data, with notes on values at points and on marks of ghosts.
std::unique_ptr<VoxelArray> voxels_of(const ImageData& image,
                                      const ImageData::ArrayDescription& array,
                                      std::vector<std::string> notes);

}  // namespace seco::materials
