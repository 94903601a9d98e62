#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace seco::materials {

/// Walks through the words and lines of a text file. Words are separated by blanks and ends of
/// lines; a line may end with CR LF. The text must outlive the scanner.
class TextScanner {
 public:
  explicit TextScanner(std::string_view text) : text_(text) {}

  /// The next word, empty at the end of the text.
  std::string_view word();
  /// The next word without taking it.
  std::string_view next_word() const;
  /// What is left of the line, without its end.
  std::string_view line();
  /// The next n bytes as they are. @throws std::out_of_range if there are fewer
  std::string_view bytes(std::size_t n);

  /// The number that the next word is, if it is one.
  std::optional<double> number();
  /// The integer that the next word is, if it is one that 64 bits hold.
  std::optional<std::int64_t> integer();

  bool at_end() const;
  std::size_t n_left() const { return text_.size() - position_; }
  std::string_view left() const { return text_.substr(position_); }
  /// Number of the line of the next character, from 1.
  std::size_t line_number() const;

 private:
  void skip_blanks();

  std::string_view text_;
  std::size_t position_ = 0;
};

/// The number that a whole word is, infinities and nan too; a plus sign is allowed.
std::optional<double> number_of(std::string_view word);
/// Unit of the last digit of a number in decimal digits, 0.01 of 3.25; 1 for what is none.
double last_digit_of(std::string_view word);
/// The integer that a whole word is, if 64 bits hold it.
std::optional<std::int64_t> integer_of(std::string_view word);
/// The beginning of a text for messages, with ? for what is no printable character.
std::string shown(std::string_view text);
/// The words of a line.
std::vector<std::string> words_of(std::string_view line);

}  // namespace seco::materials
