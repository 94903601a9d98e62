#include "seco/materials/law.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>
#include <numeric>
#include <stdexcept>

#include "builtin_laws.h"
#include "law_table.h"
#include "reader_with_defaults.h"
#include "seco/materials/names.h"
#include "seco/materials/parameter_file.h"

namespace seco::materials {
namespace {

struct Entry {
  LawDescription description;
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

void register_law(const std::string& name, const LawDescription& description, LawFactory factory) {
  if (!registry().emplace(name, Entry{description, std::move(factory)}).second)
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

const LawDescription& law_description(const std::string& name) {
  const auto entry = registry().find(name);
  if (entry != registry().end()) return entry->second.description;
  throw std::invalid_argument(fmt::format("'{}' is no law; known are {}{}", name,
                                          fmt::join(law_names(), ", "),
                                          did_you_mean(name, law_names(), true)));
}

std::string law_documentation(const std::string& name) {
  const auto& description = law_description(name);
  ParameterFile example(fmt::format("set Law = {}\n{}", name, description.example), name);
  try {
    read_law(example, "", {});
  } catch (const ParameterError&) {
    // A library that the example names need not be there: all keys have been asked for by then.
  }
  return fmt::format(
      "# {}\n\n# What it cannot do without, for example:\nset Law = {}\n{}\n# All keys with "
      "their defaults:\n{}",
      description.text, name, description.example, example.documentation());
}

std::shared_ptr<const Law> read_law(ParameterReader& reader, const std::string& section,
                                    const LawContext& context) {
  const std::string help = "constitutive law of the phase; 'seco laws' tells what each is";
  const std::string none = "none";
  auto materials = law_constants_names();
  materials.insert(materials.begin(), none);
  const auto material =
      reader.choice(section, "Constants", none, materials,
                    "material of the table of constants that 'seco laws' lists: its "
                    "law and its constants hold where keys of this section do "
                    "not say otherwise");
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
