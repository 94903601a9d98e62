#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

namespace seco::test {

struct Outcome {
  int exit_code = -1;
  /// Standard output and standard error.
  std::string output;
};

/// Runs a program of the build with arguments, on several ranks if n_ranks > 0.
/// @param environment further variables, `NAME=VALUE`
/// @param folder to run in; this one if empty
Outcome run_program(const std::string& name, const std::string& arguments, int n_ranks = 0,
                    const std::string& environment = "", const std::string& folder = "");

/// A new empty folder of this test.
std::filesystem::path new_folder(const std::string& name);

void write_text(const std::filesystem::path& path, const std::string& text);
nlohmann::json read_json(const std::filesystem::path& path);

}  // namespace seco::test
