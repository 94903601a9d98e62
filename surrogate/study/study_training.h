#pragma once

#include "study_results.h"

namespace seco {

/// Refuses datasets and models in the output folder that were made with other parameters than the
/// study asks for now, before anything is trained: beside each lies a JSON file with its own.
/// @throws std::invalid_argument naming the folder, the key and both values.
void check_existing(const StudyPlan& plan);

/// Makes what a model of the study lacks: its dataset, and the model itself unless it is finished
/// or belongs to the study file's shipped models. An interrupted training goes on from its
/// checkpoint.
/// What fails is reported in the record, so that a long study ends with what it has.
ModelRecord prepare_model(const StudyPlan& plan, const PlannedModel& model);

}  // namespace seco
