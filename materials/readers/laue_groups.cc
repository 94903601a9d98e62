#include "laue_groups.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>
#include <vector>

namespace seco::materials {

std::string laue_group_of_oxford(std::int64_t number) {
  static const std::array<const char*, 11> groups{"-1",   "12/m1", "mmm",   "4/m", "4/mmm", "-3",
                                                  "-3m1", "6/m",   "6/mmm", "m-3", "m-3m"};
  if (number < 1 || number > static_cast<std::int64_t>(groups.size())) return "";
  return groups[static_cast<std::size_t>(number - 1)];
}

std::string laue_group_of_symbol(const std::string& symbol) {
  static const std::vector<std::pair<const char*, std::vector<const char*>>> known{
      {"-1", {"1"}},
      {"112/m", {"2", "m", "2/m", "112", "11m"}},
      {"12/m1", {"20", "121", "1m1"}},
      {"2/m11", {"21", "211", "m11"}},
      {"mmm", {"22", "222", "mm2", "m2m", "2mm"}},
      {"4/m", {"4", "-4"}},
      {"4/mmm", {"42", "422", "4mm", "-42m", "-4m2"}},
      {"-3", {"3"}},
      {"-3m1", {"32", "321", "3m", "3m1", "-3m"}},
      {"-31m", {"312", "31m"}},
      {"6/m", {"6", "-6"}},
      {"6/mmm", {"62", "622", "6mm", "-6m2", "-62m"}},
      {"m-3", {"23", "m3"}},
      {"m-3m", {"43", "432", "-43m", "m3m"}}};
  for (const auto& [group, symbols] : known)
    if (symbol == group || std::find(symbols.begin(), symbols.end(), symbol) != symbols.end())
      return group;
  return "";
}

std::string laue_group_of_space_group(std::int64_t number) {
  // International Tables for Crystallography A: the last space group of each Laue group, and those
  // of P312 and P31m, whose two-fold axes are perpendicular to a.
  static const std::set<std::int64_t> across{149, 151, 153, 157, 159, 162, 163};
  if (across.count(number)) return "-31m";
  static const std::array<std::pair<int, const char*>, 11> last{{{2, "-1"},
                                                                 {15, "12/m1"},
                                                                 {74, "mmm"},
                                                                 {88, "4/m"},
                                                                 {142, "4/mmm"},
                                                                 {148, "-3"},
                                                                 {167, "-3m1"},
                                                                 {176, "6/m"},
                                                                 {194, "6/mmm"},
                                                                 {206, "m-3"},
                                                                 {230, "m-3m"}}};
  if (number < 1) return "";
  for (const auto& [largest, group] : last)
    if (number <= largest) return group;
  return "";
}

}  // namespace seco::materials
