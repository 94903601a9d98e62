#include "laue_groups.h"

#include <array>
#include <map>

namespace seco::materials {

std::string laue_group_of_oxford(std::int64_t number) {
  static const std::array<const char*, 11> groups{"-1",  "2/m", "mmm",   "4/m", "4/mmm", "-3",
                                                  "-3m", "6/m", "6/mmm", "m-3", "m-3m"};
  if (number < 1 || number > static_cast<std::int64_t>(groups.size())) return "";
  return groups[static_cast<std::size_t>(number - 1)];
}

std::string laue_group_of_symbol(const std::string& symbol) {
  static const std::map<std::string, std::string> known{
      {"1", "-1"},      {"-1", "-1"},     {"2", "2/m"},      {"20", "2/m"},      {"121", "2/m"},
      {"m", "2/m"},     {"2/m", "2/m"},   {"22", "mmm"},     {"222", "mmm"},     {"mm2", "mmm"},
      {"mmm", "mmm"},   {"4", "4/m"},     {"-4", "4/m"},     {"4/m", "4/m"},     {"42", "4/mmm"},
      {"422", "4/mmm"}, {"4mm", "4/mmm"}, {"-42m", "4/mmm"}, {"4/mmm", "4/mmm"}, {"3", "-3"},
      {"-3", "-3"},     {"32", "-3m"},    {"321", "-3m"},    {"312", "-3m"},     {"3m", "-3m"},
      {"-3m", "-3m"},   {"6", "6/m"},     {"-6", "6/m"},     {"6/m", "6/m"},     {"62", "6/mmm"},
      {"622", "6/mmm"}, {"6mm", "6/mmm"}, {"-6m2", "6/mmm"}, {"6/mmm", "6/mmm"}, {"23", "m-3"},
      {"m3", "m-3"},    {"m-3", "m-3"},   {"43", "m-3m"},    {"432", "m-3m"},    {"-43m", "m-3m"},
      {"m3m", "m-3m"},  {"m-3m", "m-3m"}};
  const auto entry = known.find(symbol);
  return entry == known.end() ? "" : entry->second;
}

std::string laue_group_of_space_group(std::int64_t number) {
  // Last space group of each Laue group, International Tables for Crystallography A.
  static const std::array<std::pair<int, const char*>, 11> last{{{2, "-1"},
                                                                 {15, "2/m"},
                                                                 {74, "mmm"},
                                                                 {88, "4/m"},
                                                                 {142, "4/mmm"},
                                                                 {148, "-3"},
                                                                 {167, "-3m"},
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
