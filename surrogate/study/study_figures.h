#pragma once

#include "study_results.h"

namespace seco {

/// Draws the figures of the tables in the output folder with scripts/plot.py and notes those that
/// exist in the results; where there are none, `figures_missing` says why. Never throws: a report
/// without figures is complete in numbers.
void draw_figures(StudyResults& results);

}  // namespace seco
