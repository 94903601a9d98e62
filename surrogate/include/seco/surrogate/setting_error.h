#pragma once

#include <stdexcept>
#include <string>

namespace seco::surrogate {

/// A setting of EngineSettings, or the name of the engine.
enum class Setting { engine, model, tolerance, device, precision };

/// An engine that cannot be made, and the setting that is to blame; for those who know under which
/// key or option the user has set it.
class SettingError : public std::invalid_argument {
 public:
  SettingError(Setting setting, const std::string& what)
      : std::invalid_argument(what), setting_(setting) {}
  Setting setting() const { return setting_; }

 private:
  Setting setting_;
};

}  // namespace seco::surrogate
