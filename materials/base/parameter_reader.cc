#include "seco/materials/parameter_reader.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>

#include "seco/materials/names.h"
#include "seco/materials/text.h"

namespace seco::materials {
namespace {

template <typename Number>
bool parse(const std::string& text, Number& value) {
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  return result.ec == std::errc() && result.ptr == text.data() + text.size();
}

}  // namespace

ParameterError::ParameterError(const std::string& section, const std::string& key,
                               const std::string& value, const std::string& allowed,
                               const std::string& origin)
    : std::invalid_argument(fmt::format(
          "{}key '{}' {} is {}; {}", origin, key,
          section.empty() ? std::string("at the top level")
                          : fmt::format("in section '{}'", section),
          value.empty() ? std::string("not set") : fmt::format("'{}'", value), allowed)),
      section(section),
      key(key),
      value(value),
      allowed(allowed) {}

ParameterError ParameterError::inside(const std::string& parent) const {
  return {section.empty() ? parent : parent + "/" + section, key, value, allowed};
}

ParameterError ParameterError::at(const std::string& origin) const {
  return {section, key, value, allowed, origin};
}

void ParameterReader::refuse(const std::string& section, const std::string& key,
                             const std::string& allowed) const {
  throw ParameterError(section, key, has(section, key) ? value_of(section, key) : "", allowed,
                       origin_of(section, key));
}

std::string ParameterReader::text(const std::string& section, const std::string& key,
                                  const std::string& default_value, const std::string& help,
                                  const KeyTraits& traits) {
  return ask(section, key, default_value, help, traits);
}

double ParameterReader::number(const std::string& section, const std::string& key,
                               double default_value, double smallest, double largest,
                               const std::string& help, const KeyTraits& traits) {
  const auto value = ask(section, key, fmt::format("{:g}", default_value), help, traits);
  if (!has(section, key)) return default_value;
  double result = 0;
  if (!parse(value, result) || !(result >= smallest) || !(result <= largest)) {
    constexpr double unbounded = std::numeric_limits<double>::max();
    std::string allowed = "numbers";
    if (smallest > -unbounded) allowed += fmt::format(" from {:g}", smallest);
    if (largest < unbounded)
      allowed += fmt::format("{} {:g}", smallest > -unbounded ? " to" : " up to", largest);
    refuse(section, key,
           fmt::format("allowed are {}{}", allowed,
                       value.find(',') != std::string::npos ? ", with a decimal point" : ""));
  }
  return result;
}

std::int64_t ParameterReader::integer(const std::string& section, const std::string& key,
                                      std::int64_t default_value, std::int64_t smallest,
                                      std::int64_t largest, const std::string& help,
                                      const KeyTraits& traits) {
  const auto value = ask(section, key, std::to_string(default_value), help, traits);
  if (!has(section, key)) return default_value;
  std::int64_t result = 0;
  if (!parse(value, result) || result < smallest || result > largest)
    refuse(section, key, fmt::format("allowed are integers from {} to {}", smallest, largest));
  return result;
}

bool ParameterReader::flag(const std::string& section, const std::string& key, bool default_value,
                           const std::string& help, const KeyTraits& traits) {
  const auto value = ask(section, key, default_value ? "true" : "false", help, traits);
  if (value == "true" || value == "yes") return true;
  if (value == "false" || value == "no") return false;
  refuse(section, key, "allowed are true and false");
}

std::string ParameterReader::choice(const std::string& section, const std::string& key,
                                    const std::string& default_value,
                                    const std::vector<std::string>& allowed,
                                    const std::string& help, const KeyTraits& traits) {
  auto value = ask(section, key, default_value,
                   fmt::format("{} ({})", help, fmt::join(allowed, "|")), traits);
  if (std::find(allowed.begin(), allowed.end(), value) == allowed.end())
    refuse(section, key,
           fmt::format("allowed are {}{}", fmt::join(allowed, ", "), did_you_mean(value, allowed)));
  return value;
}

std::vector<double> ParameterReader::numbers(const std::string& section, const std::string& key,
                                             const std::vector<double>& default_value,
                                             const std::string& help, const KeyTraits& traits) {
  const auto value =
      ask(section, key, fmt::format("{:g}", fmt::join(default_value, ", ")), help, traits);
  if (!has(section, key)) return default_value;
  std::vector<double> result;
  if (value.empty()) return result;
  for (const auto& item : split(value, ',')) {
    const auto number = to_number(item);
    if (!number || !std::isfinite(*number))
      refuse(section, key, "allowed are finite numbers with decimal points, separated by commas");
    result.push_back(*number);
  }
  return result;
}

std::string ParameterReader::path(const std::string& section, const std::string& key,
                                  const std::string& default_value, const std::string& help,
                                  const KeyTraits& traits) {
  auto path_traits = traits;
  path_traits.is_path = true;
  const std::filesystem::path value = ask(section, key, default_value, help, path_traits);
  if (value.empty() || value.is_absolute()) return value.string();
  return (std::filesystem::path(folder()) / value).lexically_normal().string();
}

}  // namespace seco::materials
