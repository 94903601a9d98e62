#include "parameter_value.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace seco::macro {
namespace {

// Not those of <cctype>, which depend on the locale.
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_space(char c) {
  return c == ' ' || c == '\t';
}
bool is_word(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '.' ||
         static_cast<unsigned char>(c) > 127;
}

/// Where the word that starts at `first` ends; the sign of an exponent is part of it.
std::size_t end_of_word(const std::string& text, std::size_t first) {
  std::size_t end = first;
  bool is_mantissa = true;
  while (end < text.size()) {
    const char c = text[end];
    const bool sign = (c == '+' || c == '-') && is_mantissa && end > first + 1 &&
                      (text[end - 1] == 'e' || text[end - 1] == 'E') && end + 1 < text.size() &&
                      is_digit(text[end + 1]);
    if (!is_word(c) && !sign) break;
    if (!is_digit(c) && c != '.' && c != 'e' && c != 'E') is_mantissa = false;
    ++end;
  }
  return end;
}

std::string comparable_word(std::string word) {
  // A name, or `inf`, is no number.
  if (!is_digit(word[0]) && !(word[0] == '.' && word.size() > 1 && is_digit(word[1]))) return word;
  constexpr std::size_t digits_of_double = 15;
  if (std::all_of(word.begin(), word.end(), is_digit)) {
    word.erase(0, std::min(word.find_first_not_of('0'), word.size() - 1));
    if (word.size() > digits_of_double) return word;
  }
  double value = 0;
  const auto* end = word.data() + word.size();
  const auto parsed = std::from_chars(word.data(), end, value);
  if (parsed.ec != std::errc() || parsed.ptr != end) return word;
  return fmt::format("{:.17g}", value);
}

}  // namespace

std::string comparable_value(const std::string& text) {
  std::string result;
  bool after_word = false, after_space = false;
  for (std::size_t i = 0; i < text.size();) {
    if (is_space(text[i])) {
      after_space = true;
      ++i;
      continue;
    }
    const bool word = is_word(text[i]);
    const auto end = word ? end_of_word(text, i) : i + 1;
    if (word && after_word && after_space) result += ' ';
    const auto part = text.substr(i, end - i);
    result += word ? comparable_word(part) : part;
    after_word = word;
    after_space = false;
    i = end;
  }
  if (result == "yes") return "true";
  if (result == "no") return "false";
  return result;
}

}  // namespace seco::macro
