#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "seco/materials/parameter_reader.h"

namespace seco::materials {

/// Parameters in the syntax of deal.II's `.prm` files (`subsection NAME`, `set Key = value`, `end`,
/// comments from `#`, lines continued by a backslash), for the programs that build without deal.II.
///
/// Every getter records its key, so that
/// `check_all_used` can refuse what nobody asked for, and `documentation` can list it all. Errors
/// name file and line as well.
class ParameterFile : public ParameterReader {
 public:
  /// Reads a file. @throws std::invalid_argument if it cannot be read or its syntax is wrong.
  static ParameterFile read(const std::string& path);
  ParameterFile(const std::string& text, const std::string& origin);

  /// Sets a key, in place of what the file says.
  void change(const std::string& section, const std::string& key, const std::string& value);
  /// Lets what stands under a former name of a key stand under its present one, and notes that.
  /// @throws ParameterError if the file sets both; the former one is then gone
  void use_present_name(const std::string& section, const std::string& former,
                        const std::string& key);
  /// What the user should know of the file, in sentences.
  const std::vector<std::string>& notes() const { return notes_; }
  bool has(const std::string& section, const std::string& key) const override;
  /// An entry of the file: section, key, value and line.
  struct Entry {
    std::string section, key, value;
    /// 0 for one that `change` added.
    int line = 0;
  };
  const std::string& origin() const { return origin_; }
  /// All entries, by section and key.
  std::vector<Entry> entries() const;
  /// Throws for an entry that no getter asked for, naming the nearest known one, and for a key that
  /// is set twice between a `subsection` and its `end`, or in a row at the top level. A section
  /// that is opened again overrides what is above.
  /// @param section only entries in it and in the sections inside it; empty for all
  void check_all_used(const std::string& section = "") const;
  /// The entries asked for so far as a documented `.prm` text.
  std::string documentation() const;

 protected:
  std::string ask(const std::string& section, const std::string& key,
                  const std::string& default_value, const std::string& help,
                  const KeyTraits& traits) override;
  std::string value_of(const std::string& section, const std::string& key) const override;
  std::string origin_of(const std::string& section, const std::string& key) const override;
  std::string folder() const override;

 private:
  using Key = std::pair<std::string, std::string>;
  struct Value {
    std::string text;
    /// 0 for what did not come from the file.
    int line = 0;
  };
  struct Declared {
    std::string default_value, help;
  };
  /// "FILE:LINE: ", or "FILE: " without a line.
  std::string located(int line) const;

  struct Repeat {
    Key key;
    int first_line = 0, line = 0;
  };

  std::string origin_;
  std::vector<Repeat> repeats_;
  std::vector<std::string> notes_;
  std::map<Key, Value> entries_;
  std::map<Key, Declared> declared_;
};

/// Whether a section is another one or lies inside it; all lie inside the top level, "".
bool is_inside(const std::string& section, const std::string& other);

}  // namespace seco::materials
