#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace seco::materials {

/// The header of an image as lines of text, as MetaImage and NRRD have it.
struct ImageHeader {
  /// Values by key, in lower case; keys appear once.
  std::map<std::string, std::string> fields;
  /// Bytes before what follows the header.
  std::size_t size = 0;

  /// The value of a key; empty if it is missing.
  std::string text(const std::string& key) const;
  /// The numbers of a value, separated by blanks.
  /// @param n that there have to be; 0 for any
  /// @throws std::runtime_error naming the file, the key and the value
  std::vector<double> numbers(const std::string& origin, const std::string& key,
                              std::size_t n) const;
  /// The same for integers from 1 to 2^31 - 1.
  std::vector<std::size_t> sizes(const std::string& origin, const std::string& key,
                                 std::size_t n) const;
};

std::string lower_case(std::string text);

/// Positive and finite numbers; @throws std::runtime_error naming origin and key otherwise
void check_spacing(const std::string& origin, const std::string& key,
                   const std::vector<double>& spacing);

/// A file that a header names, in the folder of the header unless the name is absolute.
/// @throws std::runtime_error naming both if it is not there
std::string beside(const std::string& header, const std::string& name);
/// Files that a header names, one a line. @throws std::runtime_error as `beside`
std::vector<std::string> files_in_lines(const std::string& header, const std::string& text);
/// Files of a pattern with the first and last number and the step, as "slice%03d.raw 1 20 1" or
/// "slice%03d.raw 20 1 -1"; none if the text is no such. @throws std::runtime_error as `beside`
std::vector<std::string> files_of_pattern(const std::string& header, const std::string& text);

}  // namespace seco::materials
