#pragma once

#include "study_results.h"

namespace seco {

/// Writes the measurements into the output folder:
///  - `summary.csv`: mean, standard deviation, median and worst of every metric per case, set and
///    subject (models, and the solver stopped after k iterations);
///  - `rves.csv`: the same figures of every RVE;
///  - `spectrum.csv`: energy of the stress fluctuation by wave number, relative to the reference;
///  - `wrong_moduli.csv`, `label_cost.csv`;
///  - `fields_CASE.h5`: the stress slices of the pictures, and `figures.json`, what to draw.
/// @throws std::runtime_error if a file cannot be written.
void write_tables(const StudyResults& results);

}  // namespace seco
