#pragma once

#include <filesystem>
#include <fstream>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace seco::test {

/// The fields of a line; one in double quotes may hold commas.
inline std::vector<std::string> csv_fields(const std::string& line) {
  std::vector<std::string> fields(1);
  bool quoted = false;
  for (const char c : line)
    if (c == '"')
      quoted = !quoted;
    else if (c == ',' && !quoted)
      fields.emplace_back();
    else
      fields.back() += c;
  return fields;
}

/// The rows of a file by the names of its columns.
/// @throws std::runtime_error if it is missing or a row has another number of fields
inline std::vector<std::map<std::string, std::string>> read_csv(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::string line;
  if (!std::getline(file, line)) throw std::runtime_error(path.string() + " is missing or empty");
  const auto columns = csv_fields(line);
  std::vector<std::map<std::string, std::string>> rows;
  while (std::getline(file, line)) {
    const auto fields = csv_fields(line);
    if (fields.size() != columns.size())
      throw std::runtime_error(path.string() + ": not one field per column: " + line);
    rows.emplace_back();
    for (std::size_t i = 0; i < columns.size(); ++i) rows.back()[columns[i]] = fields[i];
  }
  return rows;
}

}  // namespace seco::test
