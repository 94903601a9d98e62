#pragma once

#include "study_results.h"

namespace seco {

/// Writes `report.md`: the answers of study_questions.h, then tables and figures of every case.
/// @throws std::runtime_error if it cannot be written.
void write_report(const StudyResults& results);

}  // namespace seco
