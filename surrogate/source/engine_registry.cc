#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>
#include <stdexcept>

#include "seco/materials/names.h"
#include "seco/surrogate/engine.h"

namespace seco::surrogate {

void register_analytic_engines();
void register_fft_engine();
void register_certified_engine();
void register_auto_engine();

namespace {

struct Entry {
  std::string description;
  EngineFactory factory;
  std::string version;
};

std::map<std::string, Entry>& registry() {
  static std::map<std::string, Entry> entries;
  return entries;
}

const Entry& entry_of(const std::string& name) {
  const auto entry = registry().find(name);
  if (entry == registry().end()) {
    const auto names = engine_names();
    throw std::invalid_argument(fmt::format("engine '{}' is not known; known engines are {}{}",
                                            name, fmt::join(names, ", "),
                                            materials::did_you_mean(name, names, true)));
  }
  return entry->second;
}

}  // namespace

std::string to_string(Status status) {
  switch (status) {
    case Status::ok:
      return "ok";
    case Status::not_converged:
      return "not converged";
    case Status::unreliable:
      return "unreliable";
    case Status::one_sided:
      return "one-sided";
    case Status::failed:
      return "failed";
  }
  return "failed";
}

void register_engine(const std::string& name, const std::string& description, EngineFactory factory,
                     const std::string& version) {
  if (!registry().emplace(name, Entry{description, std::move(factory), version}).second)
    throw std::invalid_argument(fmt::format("an engine named '{}' is registered already", name));
}

void register_engine(const std::string& name, const std::string& description,
                     EngineFactory factory) {
  register_engine(name, description, std::move(factory), "");
}

std::string engine_version(const std::string& name) {
  return entry_of(name).version;
}

std::vector<std::string> engine_names() {
  std::vector<std::string> names;
  for (const auto& [name, entry] : registry()) names.push_back(name);
  return names;
}

std::unique_ptr<Engine> make_engine(const std::string& name, const EngineSettings& settings) {
  return entry_of(name).factory(settings);
}

void register_builtin_engines() {
  static const bool done = [] {
    register_analytic_engines();
    register_fft_engine();
    register_certified_engine();
    register_auto_engine();
    return true;
  }();
  (void)done;
}

}  // namespace seco::surrogate
