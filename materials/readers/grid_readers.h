#pragma once

#include <string>

#include "seco/materials/image_data.h"
#include "seco/materials/labelled_grid.h"
#include "seco/materials/microstructure_file.h"

namespace seco::materials {

/// The readers behind `read_microstructure`: labels and their meaning, nothing done to them yet.
/// Errors as there.
LabelledGrid read_dream3d(const std::string& path, const MicrostructureOptions& options);
LabelledGrid read_damask_grid(const std::string& path, const MicrostructureOptions& options);
LabelledGrid read_image_data_grid(const std::string& path, const MicrostructureOptions& options);
LabelledGrid read_png_grid(const std::string& path, const MicrostructureOptions& options);
LabelledGrid read_rve_grid(const std::string& path, const MicrostructureOptions& options);

/// The array named in the options, or the default, or the only one of scalars, or of several the
/// active one; never what marks ghost cells. What was chosen among several is noted.
/// @param default_value name of the default, at cells; empty for none
const ImageData::ArrayDescription& chosen_array(const ImageData& image, const std::string& name,
                                                const std::string& default_value,
                                                std::vector<std::string>& notes);

/// Labels of an array: integers from -2^31 to 2^31 - 1. @throws std::runtime_error naming `what`
std::vector<std::int32_t> labels_of(const std::vector<double>& values,
                                    const std::array<int, 3>& shape, const std::string& what);

/// Number of thresholds that each value reaches. @throws std::invalid_argument if thresholds do not
/// ascend, std::runtime_error naming `what` if a value is not a number.
std::vector<std::int32_t> segmented(const std::vector<double>& values,
                                    const std::vector<double>& thresholds, const std::string& what);

/// Adds a phase of its own, without orientation, for every label.
void add_phase_per_label(LabelledGrid& grid);

}  // namespace seco::materials
