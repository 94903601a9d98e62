#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "seco/materials/mandel.h"

namespace seco {

/// Exit codes: 0 done, 1 bad input, 2 done but a result misses what was asked (strict runs).
constexpr int bad_input = 1, missed = 2;

nlohmann::json to_json(const materials::MandelMatrix& matrix);

/// Writes a whole file or none; bytes that are not UTF-8 become the replacement character. @throws
/// std::runtime_error if it cannot be written
void write_json(const std::string& path, const nlohmann::json& content);

void print_matrix(const std::string& title, const materials::MandelMatrix& matrix);

}  // namespace seco
