#include "seco/materials/law.h"

#include <fmt/format.h>

#include <map>
#include <numeric>
#include <stdexcept>

#include "builtin_laws.h"
#include "law_table.h"
#include "reader_with_defaults.h"

namespace seco::materials {
namespace {

struct Entry {
  std::string text;
  LawFactory factory;
};

std::map<std::string, Entry>& registry() {
  static std::map<std::string, Entry> laws;
  return laws;
}

}  // namespace

std::vector<double> Law::initial_state() const {
  return std::vector<double>(static_cast<std::size_t>(n_state()), 0.);
}

void Law::dual(const LawPoints&, double*) const {
  throw std::logic_error("a law without a two-sided guarantee has no dual energy");
}

int Law::n_state() const {
  const auto variables = state_variables();
  return std::accumulate(variables.begin(), variables.end(), 0,
                         [](int n, const StateVariable& v) { return n + v.n_components; });
}

void register_law(const std::string& name, const std::string& text, LawFactory factory) {
  if (!registry().emplace(name, Entry{text, std::move(factory)}).second)
    throw std::invalid_argument(fmt::format("the law '{}' is registered already", name));
}

void register_builtin_laws() {
  static const bool once = [] {
    register_linear_elastic();
    register_j2_plasticity();
    register_norton_creep();
    register_perzyna();
    register_ramberg_osgood();
    register_hencky();
    register_crystal_viscoplasticity();
    register_umat_law();
    return true;
  }();
  (void)once;
}

std::vector<std::string> law_names() {
  std::vector<std::string> names;
  for (const auto& [name, entry] : registry()) names.push_back(name);
  return names;
}

const std::string& law_text(const std::string& name) {
  return registry().at(name).text;
}

std::shared_ptr<const Law> read_law(ParameterReader& reader, const std::string& section,
                                    const LawContext& context) {
  std::string help = "constitutive law of the phase";
  for (const auto& [name, entry] : registry()) help += fmt::format("; {}: {}", name, entry.text);
  const std::string none = "none";
  auto materials = law_constants_names();
  materials.insert(materials.begin(), none);
  const auto material = reader.choice(section, "Constants", none, materials,
                                      "material of the table of constants (docs/nonlinear.md): its "
                                      "law and its constants hold where "
                                      "keys of this section do not say otherwise");
  if (material == none) {
    const auto name = reader.choice(section, "Law", "linear elastic", law_names(), help);
    return registry().at(name).factory(reader, section, context);
  }
  const auto& entry = law_constants(material);
  const auto name = reader.choice(section, "Law", entry.law, law_names(), help);
  if (name != entry.law)
    reader.refuse(section, "Law",
                  fmt::format("the constants of '{}' are for the law '{}'", material, entry.law));
  ReaderWithDefaults with_defaults(reader, section,
                                   default_values(entry, reader, section, context.unit),
                                   fmt::format("constants of '{}': ", material));
  return registry().at(name).factory(with_defaults, section, context);
}

}  // namespace seco::materials
