#pragma once

#include <string>
#include <vector>

namespace seco::materials {

/// One constant of an entry of the table, as a parameter file would have it.
struct LawConstant {
  std::string key, value;
  /// Unit of the number, or of numbers separated by commas, if they are stresses; empty otherwise.
  std::string unit = {};
};

/// Constants of a material for one law.
struct LawConstants {
  std::string name;
  /// Name of the law, as register_law() has it.
  std::string law;
  std::vector<LawConstant> constants;
  /// Condition and temperature that the constants are for; times are in seconds.
  std::string text;
  /// Where the constants come from.
  std::string source;
};

/// Looks a material up by its name, for example "S355".
/// @throws std::invalid_argument listing the known names and the nearest match
const LawConstants& law_constants(const std::string& name);

/// All of the table, sorted.
std::vector<std::string> law_constants_names();

}  // namespace seco::materials
