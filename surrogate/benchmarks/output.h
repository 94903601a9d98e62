#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "measure.h"

namespace seco::benchmarks {

/// Median, minimum, quartiles and number of repetitions.
nlohmann::json to_json(const Sample& sample);

/// Writes the values for other programs to read; does nothing without a path.
/// @throws std::runtime_error if the file cannot be written
void write_json(const std::string& path, const nlohmann::json& values);

}  // namespace seco::benchmarks
