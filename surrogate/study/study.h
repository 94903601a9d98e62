#pragma once

#include <string>

namespace seco {

/// Runs a whole study (docs/study.md): makes the datasets and trains the models that are missing,
/// measures all models on test RVEs that no training has seen, and writes report, tables and
/// figures into the output folder.
/// @param device overrides that of the study file unless empty
/// @return true if every model has results
/// @throws std::invalid_argument or std::runtime_error for a study file that does not fit, before
///   anything is trained, or if a file cannot be written.
bool evaluate_study(const std::string& study_file, const std::string& device = "");

}  // namespace seco
