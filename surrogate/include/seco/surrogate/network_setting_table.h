#pragma once

#include <string>
#include <variant>
#include <vector>

#include "seco/surrogate/network_settings.h"

namespace seco::surrogate {

/// What is to be known of one member of NetworkSettings, for all who read, write or check it.
struct NetworkSetting {
  using Member = std::variant<int NetworkSettings::*, double NetworkSettings::*,
                              std::string NetworkSettings::*>;
  /// Its key in `model.json`.
  std::string name;
  Member member;
  /// What is expected in `model.json`, for messages.
  std::string expected;
  /// Its key in the section `Network` of a parameter file, and the help; empty if it has none.
  std::string key = {}, help = {};
  /// Texts that a parameter file may hold.
  std::vector<std::string> allowed = {};
  /// Range of numbers in a parameter file.
  double smallest = 0, largest = 0;
};

/// All of them. A new one is a member of NetworkSettings and a line here.
const std::vector<NetworkSetting>& network_setting_table();

/// @throws std::out_of_range for an unknown name
const NetworkSetting& network_setting(const std::string& name);

/// @throws std::invalid_argument if a text is not one of those allowed
void check_choice(const NetworkSettings& settings, const std::string& name);

}  // namespace seco::surrogate
