#include "seco/materials/text.h"

#include <charconv>

namespace seco::materials {
namespace {

template <typename Number>
std::optional<Number> parsed(const std::string& text) {
  Number value{};
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  if (result.ec != std::errc() || result.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

std::string trimmed(const std::string& text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string::npos) return "";
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts(1);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != separator) {
      parts.back() += text[i];
    } else if (i + 1 < text.size() && text[i + 1] == separator) {
      parts.back() += text.substr(i, 2);
      ++i;
    } else {
      parts.emplace_back();
    }
  }
  for (auto& part : parts) part = trimmed(part);
  return parts;
}

std::optional<double> to_number(const std::string& text) {
  return parsed<double>(text);
}
std::optional<unsigned long> to_count(const std::string& text) {
  return parsed<unsigned long>(text);
}

}  // namespace seco::materials
