#include "image_header.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <filesystem>
#include <limits>
#include <sstream>
#include <stdexcept>

#include "seco/materials/text.h"
#include "text_scanner.h"

namespace seco::materials {

std::string lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

std::string ImageHeader::text(const std::string& key) const {
  const auto field = fields.find(lower_case(key));
  return field == fields.end() ? "" : field->second;
}

std::vector<double> ImageHeader::numbers(const std::string& origin, const std::string& key,
                                         std::size_t n) const {
  std::istringstream words(text(key));
  std::vector<double> result;
  bool fits = true;
  for (std::string word; words >> word;) {
    const auto number = to_number(word);
    fits = fits && number;
    result.push_back(number.value_or(0.));
  }
  if (!fits || (n > 0 && result.size() != n))
    throw std::runtime_error(fmt::format("{}: '{}' is '{}', expected {} numbers", origin, key,
                                         text(key), n > 0 ? std::to_string(n) : ""));
  return result;
}

std::vector<std::size_t> ImageHeader::sizes(const std::string& origin, const std::string& key,
                                            std::size_t n) const {
  std::vector<std::size_t> result;
  for (const double size : numbers(origin, key, n)) {
    if (size != std::floor(size) || size < 1. || size > std::numeric_limits<int>::max())
      throw std::runtime_error(
          fmt::format("{}: '{}' is '{}', expected integers from 1", origin, key, text(key)));
    result.push_back(static_cast<std::size_t>(size));
  }
  return result;
}

void check_spacing(const std::string& origin, const std::string& key,
                   const std::vector<double>& spacing) {
  for (const double edge : spacing)
    if (!std::isfinite(edge) || !(edge > 0.))
      throw std::runtime_error(fmt::format(
          "{}: '{}' gives a voxel the edge {}; allowed are positive numbers", origin, key, edge));
}

std::string beside(const std::string& header, const std::string& name) {
  const auto path = std::filesystem::path(header).parent_path() / name;
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error))
    throw std::runtime_error(
        fmt::format("{}: the header says that values are in '{}', but there "
                    "is no such file beside it",
                    header, shown(name)));
  return path.string();
}

std::vector<std::string> files_in_lines(const std::string& header, const std::string& text) {
  std::vector<std::string> files;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);)
    if (!trimmed(line).empty()) files.push_back(beside(header, trimmed(line)));
  return files;
}

std::vector<std::string> files_of_pattern(const std::string& header, const std::string& text) {
  std::istringstream words(text);
  std::string pattern;
  int first = 0, last = -1, step = 1;
  words >> pattern >> first >> last;
  if (!(words >> step)) step = 1;
  const auto percent = pattern.find('%'), d = pattern.find('d', percent);
  const auto width = d == std::string::npos ? "" : pattern.substr(percent + 1, d - percent - 1);
  const bool fits = d != std::string::npos && pattern.find('%', percent + 1) == std::string::npos &&
                    (width.empty() || to_count(width).value_or(100) < 20) && step != 0 &&
                    first >= 0 && last >= 0 && (last == first || (last > first) == (step > 0)) &&
                    (last - first) / step < 1000000;
  if (!fits) return {};
  const bool zeros = width.starts_with('0');
  const auto n_digits = width.empty() ? 0 : static_cast<int>(*to_count(width));
  std::vector<std::string> files;
  for (int k = 0; k <= (last - first) / step; ++k) {
    const int i = first + k * step;
    files.push_back(beside(header, pattern.substr(0, percent) +
                                       (zeros ? fmt::format("{:0{}}", i, n_digits)
                                              : fmt::format("{:{}}", i, n_digits)) +
                                       pattern.substr(d + 1)));
  }
  return files;
}

}  // namespace seco::materials
