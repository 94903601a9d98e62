#include "text_scanner.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <stdexcept>

namespace seco::materials {
namespace {

bool separates_words(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}

template <typename Number>
std::optional<Number> whole(std::string_view word) {
  if (word.starts_with('+')) word.remove_prefix(1);
  Number number{};
  const auto result = std::from_chars(word.data(), word.data() + word.size(), number);
  if (result.ec != std::errc() || result.ptr != word.data() + word.size()) return std::nullopt;
  return number;
}

}  // namespace

std::optional<double> number_of(std::string_view word) {
  return whole<double>(word);
}

double last_digit_of(std::string_view word) {
  const auto e = std::min(word.find_first_of("eE"), word.size());
  const auto exponent = e < word.size() ? integer_of(word.substr(e + 1)).value_or(0) : 0;
  const auto point = word.substr(0, e).find('.');
  const auto n_decimals = point == std::string_view::npos ? 0 : e - point - 1;
  return std::pow(10., static_cast<double>(exponent) - static_cast<double>(n_decimals));
}

std::optional<std::int64_t> integer_of(std::string_view word) {
  return whole<std::int64_t>(word);
}

std::string shown(std::string_view text) {
  constexpr std::size_t longest = 60;
  std::string result(text.substr(0, longest));
  for (char& c : result)
    if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') c = '?';
  return text.size() > longest ? result + "..." : result;
}

std::vector<std::string> words_of(std::string_view line) {
  TextScanner scanner(line);
  std::vector<std::string> words;
  for (auto word = scanner.word(); !word.empty(); word = scanner.word()) words.emplace_back(word);
  return words;
}

void TextScanner::skip_blanks() {
  while (position_ < text_.size() && separates_words(text_[position_])) ++position_;
}

std::string_view TextScanner::next_word() const {
  auto copy = *this;
  return copy.word();
}

std::string_view TextScanner::word() {
  skip_blanks();
  const auto first = position_;
  while (position_ < text_.size() && !separates_words(text_[position_])) ++position_;
  return text_.substr(first, position_ - first);
}

std::string_view TextScanner::line() {
  const auto first = position_;
  const auto end = std::min(text_.find('\n', first), text_.size());
  position_ = std::min(end + 1, text_.size());
  auto line = text_.substr(first, end - first);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

std::string_view TextScanner::bytes(std::size_t n) {
  if (n > n_left()) throw std::out_of_range("the text ends before the bytes asked for");
  position_ += n;
  return text_.substr(position_ - n, n);
}

std::optional<double> TextScanner::number() {
  return number_of(word());
}

std::optional<std::int64_t> TextScanner::integer() {
  return integer_of(word());
}

bool TextScanner::at_end() const {
  return next_word().empty();
}

std::size_t TextScanner::line_number() const {
  return 1 + static_cast<std::size_t>(std::count(
                 text_.begin(), text_.begin() + static_cast<std::ptrdiff_t>(position_), '\n'));
}

}  // namespace seco::materials
