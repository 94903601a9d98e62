#pragma once

#include "study_results.h"

namespace seco {

/// The questions of the study and what the measured numbers say, as Markdown. Every sentence is
/// made from the results; a question that the study's models cannot answer is answered by saying
/// so. Pairs of models are compared RVE by RVE (Comparison).
std::string answers(const StudyResults& results);

/// True if two models of a case were trained with parameters that are equal but for these keys.
bool differ_only_in(const PlannedModel& a, const PlannedModel& b,
                    const std::vector<std::string>& keys);

}  // namespace seco
