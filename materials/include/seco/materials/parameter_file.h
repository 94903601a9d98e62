#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace seco::materials {

/// Parameters in the syntax of deal.II's `.prm` files (`subsection NAME`, `set Key = value`, `end`,
/// comments from `#`, lines continued by a backslash), for the programs that build without deal.II.
///
/// Sections are written "A/B" for B inside A and "" for the top level. Every getter records its key,
/// so that `check_all_used` can refuse what nobody asked for, and `documentation` can list it all.
/// All errors are std::invalid_argument naming file, line, section, key, value and what is allowed.
class ParameterFile {
 public:
  /// Reads a file. @throws std::invalid_argument if it cannot be read or its syntax is wrong.
  static ParameterFile read(const std::string& path);
  ParameterFile(const std::string& text, const std::string& origin);

  std::string text(const std::string& section, const std::string& key, const std::string& otherwise,
                   const std::string& help);
  double number(const std::string& section, const std::string& key, double otherwise, double smallest,
                double largest, const std::string& help);
  std::int64_t integer(const std::string& section, const std::string& key, std::int64_t otherwise,
                       std::int64_t smallest, std::int64_t largest, const std::string& help);
  bool flag(const std::string& section, const std::string& key, bool otherwise,
            const std::string& help);
  std::string choice(const std::string& section, const std::string& key, const std::string& otherwise,
                     const std::vector<std::string>& allowed, const std::string& help);
  /// Numbers separated by commas.
  std::vector<double> numbers(const std::string& section, const std::string& key,
                              const std::vector<double>& otherwise, const std::string& help);
  /// A path, relative ones taken from the folder of the parameter file.
  std::string path(const std::string& section, const std::string& key, const std::string& otherwise,
                   const std::string& help);

  /// True if the file sets the key.
  bool has(const std::string& section, const std::string& key) const;
  /// Throws for an entry that no getter asked for, naming the nearest known one.
  void check_all_used() const;
  /// The entries asked for so far as a documented `.prm` text.
  std::string documentation() const;
  /// Throws the error of a value that does not fit.
  [[noreturn]] void refuse(const std::string& section, const std::string& key,
                           const std::string& allowed) const;

 private:
  using Key = std::pair<std::string, std::string>;
  struct Entry {
    std::string value;
    int line = 0;
  };
  struct Declared {
    std::string otherwise, help;
  };
  /// The value given in the file, or the default.
  std::string ask(const Key& key, const std::string& otherwise, const std::string& help);

  std::string origin_;
  std::map<Key, Entry> entries_;
  std::map<Key, Declared> declared_;
};

}  // namespace seco::materials
