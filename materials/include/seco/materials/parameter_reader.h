#pragma once

#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

namespace seco::materials {

/// A parameter whose value does not fit. `what()` names where it stands, section, key, value and
/// what is allowed.
class ParameterError : public std::invalid_argument {
 public:
  /// @param value as the user wrote it, empty if it is not set
  /// @param allowed a clause on what is allowed
  /// @param origin "FILE:LINE: " or empty
  ParameterError(const std::string& section, const std::string& key, const std::string& value,
                 const std::string& allowed, const std::string& origin = "");
  /// The same error, for those who know more about where the parameter stands: its section lies
  /// inside `parent`.
  ParameterError inside(const std::string& parent) const;
  ParameterError at(const std::string& origin) const;

  std::string section, key, value, allowed;
};

/// Named and documented parameters, whatever they are read from: a file (`ParameterFile`) or a
/// dealii::ParameterHandler (plugin/parameters.h). One function that asks for its parameters serves
/// to declare, to document and to read them.
///
/// Sections are written "A/B" for B inside A and "" for the top level. All errors are
/// std::invalid_argument naming section, key, value and what is allowed.
class ParameterReader {
 public:
  virtual ~ParameterReader() = default;

  std::string text(const std::string& section, const std::string& key, const std::string& otherwise,
                   const std::string& help);
  double number(const std::string& section, const std::string& key, double otherwise,
                double smallest, double largest, const std::string& help);
  std::int64_t integer(const std::string& section, const std::string& key, std::int64_t otherwise,
                       std::int64_t smallest, std::int64_t largest, const std::string& help);
  bool flag(const std::string& section, const std::string& key, bool otherwise,
            const std::string& help);
  std::string choice(const std::string& section, const std::string& key,
                     const std::string& otherwise, const std::vector<std::string>& allowed,
                     const std::string& help);
  /// Numbers separated by commas.
  std::vector<double> numbers(const std::string& section, const std::string& key,
                              const std::vector<double>& otherwise, const std::string& help);
  /// A path; relative ones are taken from the folder of the parameter file.
  std::string path(const std::string& section, const std::string& key, const std::string& otherwise,
                   const std::string& help);

  /// True if the user has set the key.
  virtual bool has(const std::string& section, const std::string& key) const = 0;
  /// Throws the error of a value that does not fit.
  [[noreturn]] void refuse(const std::string& section, const std::string& key,
                           const std::string& allowed) const;

 protected:
  /// Notes that the parameter exists and returns its value, or the default.
  virtual std::string ask(const std::string& section, const std::string& key,
                          const std::string& otherwise, const std::string& help) = 0;
  /// Value as the user wrote it.
  virtual std::string value_of(const std::string& section, const std::string& key) const = 0;
  /// Where the value comes from, for messages: "FILE:LINE: ", or "".
  virtual std::string origin_of(const std::string& section, const std::string& key) const = 0;
  /// Folder that relative paths start from.
  virtual std::string folder() const = 0;
};

}  // namespace seco::materials
