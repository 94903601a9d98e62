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
  return std::make_unique<CheckedEngine>(entry_of(name).factory(settings));
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
