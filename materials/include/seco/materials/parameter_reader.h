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
  /// This error with its section inside the section `parent`.
  ParameterError inside(const std::string& parent) const;
  /// This error with another origin, "FILE:LINE: ".
  ParameterError at(const std::string& origin) const;

  std::string section, key, value, allowed;
};

/// What programs have to know of a key beside its value; said where the key is declared.
struct KeyTraits {
  /// No result depends on it, so that it may differ between a checkpoint and the run that continues
  /// from it.
  bool changeable_on_restart = false;
  /// Names a file or a folder, whose content counts and not its name. `path` sets it.
  bool is_path = false;
  /// Earlier names of the key, which are still understood.
  std::vector<std::string> former_names = {};
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

  /// Each of the following functions returns the value of a parameter, or `default_value` where the
  /// user has not set it, and refuses a value that does not fit. `help` says what the parameter
  /// means, for the reference of parameters.
  /// @throws ParameterError

  /// Any text.
  std::string text(const std::string& section, const std::string& key,
                   const std::string& default_value, const std::string& help,
                   const KeyTraits& traits = {});
  /// A number from `smallest` to `largest`, both included.
  double number(const std::string& section, const std::string& key, double default_value,
                double smallest, double largest, const std::string& help,
                const KeyTraits& traits = {});
  /// An integer from `smallest` to `largest`, both included.
  std::int64_t integer(const std::string& section, const std::string& key,
                       std::int64_t default_value, std::int64_t smallest, std::int64_t largest,
                       const std::string& help, const KeyTraits& traits = {});
  /// `true` or `false`; `yes` and `no` are read too.
  bool flag(const std::string& section, const std::string& key, bool default_value,
            const std::string& help, const KeyTraits& traits = {});
  /// One of the texts in `allowed`.
  std::string choice(const std::string& section, const std::string& key,
                     const std::string& default_value, const std::vector<std::string>& allowed,
                     const std::string& help, const KeyTraits& traits = {});
  /// Numbers separated by commas.
  std::vector<double> numbers(const std::string& section, const std::string& key,
                              const std::vector<double>& default_value, const std::string& help,
                              const KeyTraits& traits = {});
  /// A path; relative ones are taken from the folder of the parameter file.
  std::string path(const std::string& section, const std::string& key,
                   const std::string& default_value, const std::string& help,
                   const KeyTraits& traits = {});

  /// True if the user has set the key.
  virtual bool has(const std::string& section, const std::string& key) const = 0;
  /// Throws the error of a value that does not fit.
  [[noreturn]] void refuse(const std::string& section, const std::string& key,
                           const std::string& allowed) const;

 protected:
  /// Notes that the parameter exists and returns its value, or the default.
  virtual std::string ask(const std::string& section, const std::string& key,
                          const std::string& default_value, const std::string& help,
                          const KeyTraits& traits) = 0;
  /// Value as the user wrote it.
  virtual std::string value_of(const std::string& section, const std::string& key) const = 0;
  /// Where the value comes from, for messages: "FILE:LINE: ", or "".
  virtual std::string origin_of(const std::string& section, const std::string& key) const = 0;
  /// Folder that relative paths start from.
  virtual std::string folder() const = 0;

  /// Stands before another reader.
  friend class ReaderWithDefaults;
};

}  // namespace seco::materials
