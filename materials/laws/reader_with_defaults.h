#pragma once

#include <map>
#include <string>

#include "seco/materials/parameter_reader.h"

namespace seco::materials {

/// Another reader, with values for keys of one section that the user has not set; these count as
/// set.
class ReaderWithDefaults : public ParameterReader {
 public:
  /// @param values texts by key
  /// @param origin where they come from, for messages, "...: "
  ReaderWithDefaults(ParameterReader& reader, const std::string& section,
                     const std::map<std::string, std::string>& values, const std::string& origin)
      : reader_(reader), section_(section), values_(values), origin_(origin) {}

  bool has(const std::string& section, const std::string& key) const override {
    return reader_.has(section, key) || is_ours(section, key);
  }

 protected:
  std::string ask(const std::string& section, const std::string& key,
                  const std::string& default_value, const std::string& help,
                  const KeyTraits& traits) override {
    const auto text = reader_.ask(section, key, default_value, help, traits);
    return is_ours(section, key) ? values_.at(key) : text;
  }
  std::string value_of(const std::string& section, const std::string& key) const override {
    return is_ours(section, key) ? values_.at(key) : reader_.value_of(section, key);
  }
  std::string origin_of(const std::string& section, const std::string& key) const override {
    return is_ours(section, key) ? origin_ : reader_.origin_of(section, key);
  }
  std::string folder() const override { return reader_.folder(); }

 private:
  bool is_ours(const std::string& section, const std::string& key) const {
    return section == section_ && values_.count(key) > 0 && !reader_.has(section, key);
  }

  ParameterReader& reader_;
  std::string section_;
  std::map<std::string, std::string> values_;
  std::string origin_;
};

}  // namespace seco::materials
