#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "study_parameters.h"

namespace seco {

/// Refuses what would only show after the dataset was made, or destroy a model, and settles whether
/// the training goes on from a checkpoint.
/// @param parameters the file, for messages
/// @param replace whether a model that is there may be replaced
/// @param how_to_replace what a user has to do for that, for messages
/// @return what is to be known of the settings, empty if nothing is
/// @throws std::invalid_argument naming file, section, key, value and what is allowed
std::string prepare_training(const std::string& parameters, StudyParameters& study, bool replace,
                             const std::string& how_to_replace);

/// Makes the dataset. @param progress called with the RVEs that are done, and their total
void make_dataset(StudyParameters& study, const std::string& device,
                  const std::function<void(std::size_t, std::size_t)>& progress);

/// What is to be known of a dataset that is there: empty if it is the one that the file describes.
std::string note_on_dataset(const std::string& parameters, const StudyParameters& study);

/// What a user is told of a training that diverged.
std::string divergence_message(std::int64_t steps);

}  // namespace seco
