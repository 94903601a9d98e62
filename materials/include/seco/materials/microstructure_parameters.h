#pragma once

#include <string>
#include <utility>
#include <vector>

#include "seco/materials/microstructure_file.h"
#include "seco/materials/parameter_reader.h"

namespace seco::materials {

/// Blocks of voxels as text: one `from:to` per axis, separated by commas, `to` not included; either
/// number may be left out for the end of the axis, as in `0:32, 8:40, :`.
/// @throws std::invalid_argument saying what is wrong with the text.
std::vector<Interval> crop_from_text(const std::string& text);

/// Stiffness of phases as text: `NAME = STIFFNESS`, separated by semicolons, where NAME is the name
/// or number of a phase and STIFFNESS as for `stiffness_from_text`, or `void`.
/// @throws std::invalid_argument saying what is wrong with the text.
std::vector<std::pair<std::string, std::string>> phase_stiffness_from_text(const std::string& text);

/// Labels of phases as text: `PHASE = LABELS`, separated by semicolons, where PHASE is a number
/// from 0 and LABELS are labels and intervals of them, separated by commas, or `others` for all
/// that are in no list, as in `0 = 0; 1 = 3, 7-12; 2 = others`.
/// @throws std::invalid_argument saying what is wrong with the text, as a label in two lists.
std::vector<PhaseLabels> phase_labels_from_text(const std::string& text);

/// Reads the options from one section.
/// @throws ParameterError
MicrostructureOptions read_microstructure_options(ParameterReader& reader,
                                                  const std::string& section);

}  // namespace seco::materials
