#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>
#include <stdexcept>

#include "seco/materials/names.h"
#include "seco/surrogate/engine.h"
#include "seco/surrogate/setting_error.h"

namespace seco::surrogate {

void register_analytic_engines();
void register_fft_engine();
void register_certified_engine();
void register_auto_engine();
void register_s_eco_engine();

namespace {

struct Entry {
  EngineDescription description;
  EngineFactory factory;
};

std::map<std::string, Entry>& registry() {
  static std::map<std::string, Entry> entries;
  return entries;
}

const Entry& entry_of(const std::string& name) {
  const auto entry = registry().find(name);
  if (entry == registry().end()) {
    const auto names = engine_names();
    throw SettingError(
        Setting::engine,
        fmt::format("engine '{}' is not known; known engines are {}{}", name,
                    fmt::join(names, ", "), materials::did_you_mean(name, names, true)));
  }
  return entry->second;
}

/// Passes questions on, and records the answers by key.
class RecordingReader : public materials::ParameterReader {
 public:
  explicit RecordingReader(materials::ParameterReader& reader) : reader_(reader) {}
  bool has(const std::string& section, const std::string& key) const override {
    return reader_.has(section, key);
  }
  std::map<std::string, std::string> values;

 protected:
  std::string ask(const std::string& section, const std::string& key,
                  const std::string& default_value, const std::string& help,
                  const materials::KeyTraits& traits) override {
    // A path is recorded as seen from here.
    return values[key] = traits.is_path ? reader_.path(section, key, default_value, help, traits)
                                        : reader_.text(section, key, default_value, help, traits);
  }
  std::string value_of(const std::string&, const std::string& key) const override {
    return values.at(key);
  }
  std::string origin_of(const std::string&, const std::string&) const override { return ""; }
  std::string folder() const override { return ""; }

 private:
  materials::ParameterReader& reader_;
};

std::map<std::string, std::string> values_of(materials::ParameterReader& reader,
                                             const std::string& section,
                                             const EngineDescription& description) {
  RecordingReader recorder(reader);
  description.parameters(recorder, section);
  return recorder.values;
}

/// No result leaves an engine, whoever wrote it, with bounds that are not in order.
class CheckedEngine : public Engine {
 public:
  explicit CheckedEngine(std::unique_ptr<Engine> engine) : engine_(std::move(engine)) {}
  std::string name() const override { return engine_->name(); }
  void check_fits(const materials::Rve& rve) const override { engine_->check_fits(rve); }
  std::vector<Homogenized> homogenize(
      std::span<const materials::Rve> rves,
      const std::function<void(std::size_t)>& progress) const override {
    auto results = engine_->homogenize(rves, progress);
    for (auto& result : results) check_bounds(result);
    return results;
  }
  std::vector<LocalAnswer> local_quantities(
      std::span<const LocalQuery> queries,
      const std::function<void(std::size_t)>& progress) const override {
    auto answers = engine_->local_quantities(queries, progress);
    for (auto& answer : answers) {
      check_bounds(answer.homogenized);
      if (answer.homogenized.status == Status::failed) answer.loads.clear();
    }
    return answers;
  }
  std::vector<std::string> report() const override { return engine_->report(); }

 private:
  std::unique_ptr<Engine> engine_;
};

}  // namespace

void register_engine(const std::string& name, const EngineDescription& description,
                     EngineFactory factory) {
  if (!registry().emplace(name, Entry{description, std::move(factory)}).second)
    throw std::invalid_argument(fmt::format("an engine named '{}' is registered already", name));
}

std::string engine_version(const std::string& name) {
  return entry_of(name).description.version;
}

std::vector<std::string> engine_names() {
  std::vector<std::string> names;
  for (const auto& [name, entry] : registry()) names.push_back(name);
  return names;
}

materials::ParameterFile own_parameters(const EngineSettings& settings, const std::string& engine) {
  materials::ParameterFile parameters("", fmt::format("settings of engine '{}'", engine));
  if (const auto own = settings.own.find(engine); own != settings.own.end())
    for (const auto& [key, value] : own->second) parameters.change("", key, value);
  return parameters;
}

std::map<std::string, std::map<std::string, std::string>> read_own_parameters(
    materials::ParameterReader& reader, const std::string& section) {
  std::map<std::string, std::map<std::string, std::string>> own;
  for (const auto& [name, entry] : registry()) {
    if (!entry.description.parameters) continue;
    const auto subsection = section.empty() ? name : section + "/" + name;
    // Refused by the reader itself, which knows where a value stands.
    entry.description.parameters(reader, subsection);
    own[name] = values_of(reader, subsection, entry.description);
  }
  return own;
}

std::map<std::string, std::string> changed_parameters(const EngineSettings& settings,
                                                      const std::string& engine) {
  const auto& description = entry_of(engine).description;
  if (!description.parameters) return {};
  auto parameters = own_parameters(settings, engine);
  auto values = values_of(parameters, "", description);
  parameters.check_all_used();
  auto defaults = own_parameters({}, engine);
  const auto default_values = values_of(defaults, "", description);
  std::erase_if(values,
                [&](const auto& value) { return default_values.at(value.first) == value.second; });
  return values;
}

std::unique_ptr<Engine> make_engine(const std::string& name, const EngineSettings& settings) {
  const auto& entry = entry_of(name);
  changed_parameters(settings, name);
  return std::make_unique<CheckedEngine>(entry.factory(settings));
}

void register_builtin_engines() {
  static const bool done = [] {
    register_analytic_engines();
    register_fft_engine();
    register_certified_engine();
    register_auto_engine();
    register_s_eco_engine();
    return true;
  }();
  (void)done;
}

}  // namespace seco::surrogate
