#pragma once

#include <string>

namespace seco::macro {

/// Units of results, as texts; empty where nothing is said.
struct Units {
  std::string length, stress;
  /// Of a plane strain run per length of the thickness.
  std::string force, moment, energy;
  /// In 2D that of an area.
  std::string volume;
};

/// What follows from the unit of stress (Pa, kPa, MPa, GPa) and that of length (m, cm, mm, um, nm):
/// in MPa and mm forces are in N and energies in mJ. Without a unit of length they are products as
/// "MPa length^2".
Units derived_units(const std::string& stress, const std::string& length, int dim);

/// "3.2 N"; without a unit the text alone.
std::string with_unit(const std::string& text, const std::string& unit);

}  // namespace seco::macro
