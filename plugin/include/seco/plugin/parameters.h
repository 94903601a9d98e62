#pragma once

#include <deal.II/base/parameter_handler.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "seco/materials/parameter_file.h"

namespace seco::plugin {

/// Asks a dealii::ParameterHandler, in the subsection it stands in, through the interface of
/// materials::ParameterReader: the same function declares its parameters in the mode `declare`,
/// which returns the defaults, and reads them in the mode `read`.
class HandlerParameters : public materials::ParameterReader {
 public:
  enum class Mode { declare, read };
  /// @param folder that relative paths start from
  HandlerParameters(dealii::ParameterHandler& handler, Mode mode, const std::string& folder = "");
  bool has(const std::string& section, const std::string& key) const override;

 protected:
  std::string ask(const std::string& section, const std::string& key,
                  const std::string& default_value, const std::string& help,
                  const materials::KeyTraits& traits) override;
  std::string value_of(const std::string& section, const std::string& key) const override;
  std::string origin_of(const std::string& section, const std::string& key) const override;
  std::string folder() const override { return folder_; }

 private:
  dealii::ParameterHandler& handler_;
  Mode mode_;
  std::string folder_;
};

/// Tags by section and key.
using ParameterTraits = std::map<std::pair<std::string, std::string>, materials::KeyTraits>;

/// What every declared entry was tagged with by who declared it through HandlerParameters. Entries
/// of other declarations are paths if their pattern is the name of a file or a folder.
ParameterTraits parameter_traits(const dealii::ParameterHandler& handler);

/// Something wrong with a parameter file.
struct ParameterProblem {
  std::string section, key;
  /// For the user, as in `set_parameters`.
  std::string text;
};

/// Lets what a file sets under former names of keys stand under their present ones; the file notes
/// it. @return keys that the file sets under both names, as problems
std::vector<ParameterProblem> use_present_names(materials::ParameterFile& file,
                                                const ParameterTraits& traits);

/// Sets the values of a file in a handler whose entries are declared.
/// @throws std::invalid_argument naming file, line, section, key, value and what is allowed; for an
///   unknown section or key also the nearest known one.
/// @param section only values in it and in the sections inside it; empty for all
void set_parameters(dealii::ParameterHandler& handler, const materials::ParameterFile& file,
                    const std::string& section = "");

/// Sets the values of a file that fit, for a check of the whole file.
/// @return one problem for each value that does not fit; its entry keeps the default
std::vector<ParameterProblem> set_known_parameters(dealii::ParameterHandler& handler,
                                                   const materials::ParameterFile& file,
                                                   const std::string& section = "");

/// Gives an entry its default again; the handler stands at the top level.
/// @return false if there is no such entry
bool reset_parameter(dealii::ParameterHandler& handler, const std::string& section,
                     const std::string& key);

/// Texts by section and key.
using ParameterTexts = std::map<std::pair<std::string, std::string>, std::string>;

/// The value of every declared entry, that of the user or the default, byte for byte. The handler
/// stands at the top level.
ParameterTexts parameter_values(dealii::ParameterHandler& handler);

/// "FILE:LINE: " of an error about a parameter, or "FILE: " where the file does not set it.
std::string location(const materials::ParameterFile& file, const std::string& section,
                     const std::string& key);

}  // namespace seco::plugin
