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

}  // namespace seco::materials
