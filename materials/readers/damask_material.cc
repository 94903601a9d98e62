#include "seco/materials/damask_material.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <span>
#include <stdexcept>

#include "file_content.h"
#include "seco/materials/elastic_symmetry.h"
#include "seco/materials/names.h"
#include "seco/materials/rotation.h"
#include "seco/materials/text.h"

namespace seco::materials {
namespace {

/// Reads nodes and names file and line of what is wrong with them.
class DamaskReader {
 public:
  explicit DamaskReader(const std::string& path) : path_(path) {}

  [[noreturn]] void fail(const YAML::Node& node, const std::string& what) const {
    const auto mark = node.Mark();
    throw std::runtime_error(mark.line >= 0 ? fmt::format("{}:{}: {}", path_, mark.line + 1, what)
                                            : fmt::format("{}: {}", path_, what));
  }

  double number(const YAML::Node& node, const std::string& key) const {
    const auto value = node.IsScalar() ? as_number(node.Scalar()) : std::nullopt;
    if (!value || !std::isfinite(*value))
      fail(node, fmt::format("'{}' is {}, expected a finite number", key, shown(node)));
    return *value;
  }

  static std::string shown(const YAML::Node& node) {
    if (!node.IsDefined() || node.IsNull()) return "empty";
    return node.IsScalar() ? fmt::format("'{}'", node.Scalar()) : "a list or section";
  }

 private:
  /// YAML allows a plus sign before a number.
  static std::optional<double> as_number(const std::string& text) {
    return to_number(!text.empty() && text[0] == '+' ? text.substr(1) : text);
  }

  std::string path_;
};

struct Entry {
  std::string key;
  YAML::Node key_node, value;
};

constexpr const char* merge_key = "<<";
/// Where merging ends, also if a map is merged into itself.
constexpr int most_merged = 100;

/// Adds the entries of a map that are not there yet: its own, then those of the maps that it
/// merges.
void append(const DamaskReader& reader, const YAML::Node& map, std::vector<Entry>& entries,
            int& n_merged) {
  std::vector<std::string> own;
  std::vector<YAML::Node> merged;
  const auto merge = [&](const YAML::Node& node) {
    if (!node.IsMap())
      reader.fail(node, fmt::format("merge key '<<' refers to {}, expected a section or a list of "
                                    "sections",
                                    DamaskReader::shown(node)));
    merged.push_back(node);
  };
  for (const auto& entry : map) {
    const auto key = entry.first.IsScalar() ? entry.first.Scalar() : "";
    if (std::find(own.begin(), own.end(), key) != own.end())
      reader.fail(entry.first, fmt::format("key '{}' is given twice", key));
    own.push_back(key);
    if (key != merge_key) {
      const bool known = std::any_of(entries.begin(), entries.end(),
                                     [&](const auto& other) { return other.key == key; });
      if (!known) entries.push_back({key, entry.first, entry.second});
    } else if (entry.second.IsSequence()) {
      for (const auto& node : entry.second) merge(node);
    } else {
      merge(entry.second);
    }
  }
  for (const auto& node : merged) {
    if (++n_merged > most_merged) reader.fail(map, "merge keys '<<' do not end");
    append(reader, node, entries, n_merged);
  }
}

/// The entries of a map in their order, with those of merge keys, which its own ones win over;
/// none for anything that is not a map.
/// @throws std::runtime_error for a key that is given twice
std::vector<Entry> entries_of(const DamaskReader& reader, const YAML::Node& node) {
  std::vector<Entry> entries;
  int n_merged = 0;
  if (node.IsDefined() && node.IsMap()) append(reader, node, entries, n_merged);
  return entries;
}

/// The entry of a map, undefined for anything that is not a map.
YAML::Node entry(const DamaskReader& reader, const YAML::Node& node, const std::string& key) {
  for (const auto& known : entries_of(reader, node))
    if (known.key == key) return known.value;
  return YAML::Node(YAML::NodeType::Undefined);
}

struct Lattice {
  std::string symmetry;
  std::vector<std::string> constants;
};

const std::map<std::string, Lattice>& lattices() {
  static const std::map<std::string, Lattice> known{
      {"cF", {"cubic", {"C_11", "C_12", "C_44"}}},
      {"cI", {"cubic", {"C_11", "C_12", "C_44"}}},
      {"hP", {"hexagonal", {"C_11", "C_12", "C_13", "C_33", "C_44"}}},
      {"tI", {"tetragonal", {"C_11", "C_12", "C_13", "C_33", "C_44", "C_66"}}}};
  return known;
}

/// Keys of the coefficients of a constant: itself and, in the temperature, `KEY,T` to `KEY,T^4`.
constexpr int largest_power = 4;
std::string coefficient_key(const std::string& constant, int power) {
  if (power == 0) return constant;
  return power == 1 ? constant + ",T" : fmt::format("{},T^{}", constant, power);
}

/// The elastic constants of a phase as its section gives them, in MPa.
class Constants {
 public:
  Constants(const DamaskReader& reader, const std::string& phase, const YAML::Node& elastic,
            double temperature)
      : reader_(reader), phase_(phase), elastic_(elastic), entries_(entries_of(reader, elastic)) {
    for (const auto& entry : entries_) {
      const auto constant = entry.key.substr(0, entry.key.find(','));
      if (!constant.starts_with("C_")) continue;
      int power = 0;
      while (power <= largest_power && coefficient_key(constant, power) != entry.key) ++power;
      if (power > largest_power || constant.size() != 4 || constant[2] < '1' || constant[2] > '6' ||
          constant[3] < '1' || constant[3] > '6')
        reader_.fail(entry.key_node,
                     fmt::format("phase '{}': '{}' is no coefficient of an elastic constant; known "
                                 "are C_ij, and in the temperature 'C_ij,T' and 'C_ij,T^2' to "
                                 "'C_ij,T^{}'",
                                 phase, entry.key, largest_power));
      is_polynomial_ = is_polynomial_ || power > 0;
    }
    if (!is_polynomial_) return;
    const auto reference = find("T_ref");
    if (!reference.IsDefined())
      reader_.fail(elastic, fmt::format("phase '{}' has polynomials in the temperature and needs "
                                        "'T_ref'",
                                        phase));
    difference_ = temperature - reader_.number(reference, "T_ref");
  }

  bool is_polynomial() const { return is_polynomial_; }
  bool has(const std::string& key) const { return find(key).IsDefined(); }

  double at(const std::string& key) const {
    double value = 0.;
    for (int power = largest_power; power >= 0; --power) {
      const auto coefficient = find(coefficient_key(key, power));
      value *= difference_;
      if (coefficient.IsDefined())
        value += 1e-6 * reader_.number(coefficient, coefficient_key(key, power));
    }
    return value;
  }

  /// Refuses constants beyond those that the lattice needs, where they are not what its symmetry
  /// makes of these.
  void check(const MandelMatrix& stiffness, const std::vector<std::string>& needed,
             const std::string& lattice) const {
    for (int i = 0; i < 6; ++i)
      for (int j = 0; j < 6; ++j) {
        const auto key = fmt::format("C_{}{}", i + 1, j + 1);
        bool given = false;
        for (int power = 0; power <= largest_power; ++power)
          given = given || has(coefficient_key(key, power));
        if (!given || std::find(needed.begin(), needed.end(), key) != needed.end()) continue;
        const double mandel = (i < 3 ? 1. : M_SQRT2) * (j < 3 ? 1. : M_SQRT2),
                     expected = stiffness(i, j) / mandel, value = at(key);
        // Published constants are rounded.
        if (std::abs(value - expected) <= 0.005 * std::abs(expected) + 1e-9 * stiffness(0, 0))
          continue;
        reader_.fail(
            elastic_,
            fmt::format("phase '{}': '{}' is {:g} MPa, but the lattice {} with {} makes it "
                        "{:g}; leave it out, or correct it",
                        phase_, key, value, lattice, fmt::join(needed, ", "), expected));
      }
  }

 private:
  YAML::Node find(const std::string& key) const {
    for (const auto& entry : entries_)
      if (entry.key == key) return entry.value;
    return YAML::Node(YAML::NodeType::Undefined);
  }

  const DamaskReader& reader_;
  std::string phase_;
  YAML::Node elastic_;
  std::vector<Entry> entries_;
  bool is_polynomial_ = false;
  /// Of the temperature and its reference.
  double difference_ = 0.;
};

FilePhase read_phase(const DamaskReader& reader, const std::string& name, const YAML::Node& node,
                     double temperature) {
  FilePhase phase;
  phase.name = name;
  const auto elastic = entry(reader, entry(reader, node, "mechanical"), "elastic");
  if (!elastic.IsDefined()) {
    phase.remark = "section 'mechanical: elastic' is missing";
    return phase;
  }
  const auto type = entry(reader, elastic, "type"), lattice = entry(reader, node, "lattice");
  if (!type.IsDefined() || !type.IsScalar() || type.Scalar() != "Hooke") {
    phase.remark =
        fmt::format("its elastic type is {}, known is 'Hooke'", DamaskReader::shown(type));
    return phase;
  }
  if (!lattice.IsDefined() || !lattice.IsScalar() || !lattices().count(lattice.Scalar()))
    reader.fail(node, fmt::format("'lattice' of phase '{}' is {}, known are cF, cI, hP and tI",
                                  name, DamaskReader::shown(lattice)));
  const auto& [symmetry, keys] = lattices().at(lattice.Scalar());
  const Constants constants(reader, name, elastic, temperature);
  std::vector<double> c;
  for (const auto& key : keys) {
    if (!constants.has(key))
      reader.fail(elastic, fmt::format("phase '{}' of lattice {} needs '{}' in 'elastic'", name,
                                       lattice.Scalar(), key));
    c.push_back(constants.at(key));
  }
  if (constants.is_polynomial())
    phase.note = fmt::format(
        "phase '{}': elastic constants are polynomials in the temperature, "
        "evaluated at {} K",
        name, temperature);
  phase.symmetry = symmetry;
  try {
    phase.stiffness = symmetry == "cubic"       ? cubic(c[0], c[1], c[2])
                      : symmetry == "hexagonal" ? hexagonal(c[0], c[1], c[2], c[3], c[4])
                                                : tetragonal(c[0], c[1], c[2], c[3], c[4], c[5]);
  } catch (const std::invalid_argument& error) {
    reader.fail(elastic, fmt::format("phase '{}': {} (in MPa)", name, error.what()));
  }
  constants.check(*phase.stiffness, keys, lattice.Scalar());
  return phase;
}

/// What DAMASK knows of a constituent: phase, volume fraction, initial orientation and stretch.
void check_keys(const DamaskReader& reader, std::size_t number, const YAML::Node& constituent) {
  const std::vector<std::string> known{"phase", "v", "O", "V_e"};
  if (!constituent.IsMap())
    reader.fail(constituent,
                fmt::format("the constituent of material {} is {}, expected a section "
                            "with the keys {}",
                            number, DamaskReader::shown(constituent), fmt::join(known, ", ")));
  for (const auto& entry : entries_of(reader, constituent))
    if (std::find(known.begin(), known.end(), entry.key) == known.end())
      reader.fail(entry.key_node,
                  fmt::format("key {} of the constituent of material {} is not known; known are "
                              "{}{}",
                              DamaskReader::shown(entry.key_node), number, fmt::join(known, ", "),
                              did_you_mean(entry.key, known, true)));
}

/// "materials 0, 1, 2" or "materials 0, 1, ... (17 of 20)".
std::string listed(const std::vector<std::size_t>& materials, std::size_t n) {
  constexpr std::size_t most = 8;
  const auto shown = std::span(materials).first(std::min(materials.size(), most));
  return fmt::format(
      "material{} {}{}", materials.size() == 1 ? "" : "s", fmt::join(shown, ", "),
      materials.size() > most ? fmt::format(", ... ({} of {})", materials.size(), n) : "");
}

/// Says what is assumed of materials, and what of them is not used.
void add_notes(DamaskMaterial& result, const std::vector<std::size_t>& stretched) {
  std::vector<std::size_t> unturned;
  for (std::size_t m = 0; m < result.materials.size(); ++m)
    if (!result.materials[m].orientation) unturned.push_back(m);
  const auto n = result.materials.size();
  if (!unturned.empty())
    result.notes.push_back(
        fmt::format("{} {} no orientation 'O'; crystal axes are those of the sample",
                    listed(unturned, n), unturned.size() == 1 ? "has" : "have"));
  if (!stretched.empty())
    result.notes.push_back(
        fmt::format("the initial stretch 'V_e' of {} is not used", listed(stretched, n)));
}

Crystal read_material(const DamaskReader& reader, std::size_t number, const YAML::Node& node,
                      const std::map<std::string, std::int64_t>& phases) {
  const auto constituents = entry(reader, node, "constituents");
  if (!constituents.IsDefined() || !constituents.IsSequence() || constituents.size() != 1)
    reader.fail(node, fmt::format("material {} has {} constituents, expected one", number,
                                  constituents.IsDefined() && constituents.IsSequence()
                                      ? std::to_string(constituents.size())
                                      : "no list of"));
  const auto constituent = constituents[0];
  check_keys(reader, number, constituent);
  const auto phase = entry(reader, constituent, "phase"),
             fraction = entry(reader, constituent, "v"),
             orientation = entry(reader, constituent, "O");
  if (!phase.IsDefined() || !phase.IsScalar() || !phases.count(phase.Scalar())) {
    std::vector<std::string> names;
    for (const auto& [name, unused] : phases) names.push_back(name);
    reader.fail(
        constituent,
        fmt::format("phase {} of material {} is not in the section 'phase', which has {}{}",
                    DamaskReader::shown(phase), number, fmt::join(names, ", "),
                    did_you_mean(phase.IsDefined() && phase.IsScalar() ? phase.Scalar() : "", names,
                                 true)));
  }
  if (fraction.IsDefined() && std::abs(reader.number(fraction, "v") - 1.) > 1e-6)
    reader.fail(fraction, fmt::format("'v' of material {} is {}, expected 1 for one constituent",
                                      number, DamaskReader::shown(fraction)));
  Crystal crystal;
  crystal.phase = phases.at(phase.Scalar());
  if (!orientation.IsDefined()) return crystal;
  if (!orientation.IsSequence() || orientation.size() != 4)
    reader.fail(orientation, fmt::format("'O' of material {} is {}, expected the four numbers of a "
                                         "quaternion",
                                         number, DamaskReader::shown(orientation)));
  std::array<double, 4> q{};
  for (std::size_t i = 0; i < 4; ++i) q[i] = reader.number(orientation[i], "O");
  const double norm = std::hypot(std::hypot(q[0], q[1]), std::hypot(q[2], q[3]));
  if (std::abs(norm - 1.) > 1e-3)
    reader.fail(orientation, fmt::format("'O' of material {} has the norm {:g}, expected a unit "
                                         "quaternion",
                                         number, norm));
  crystal.orientation = from_quaternion(q[0], q[1], q[2], q[3]);
  return crystal;
}

}  // namespace

DamaskMaterial read_damask_material(const std::string& path, double temperature) {
  const auto content = file_content(path);
  const DamaskReader reader(path);
  DamaskMaterial result;
  try {
    const auto root = YAML::Load(content);
    const auto phases = entry(reader, root, "phase"), materials = entry(reader, root, "material");
    if (!phases.IsDefined() || !phases.IsMap() || phases.size() == 0)
      reader.fail(root,
                  "section 'phase' is missing or empty; expected a material configuration of "
                  "DAMASK");
    std::map<std::string, std::int64_t> numbers;
    for (const auto& [name, unused, node] : entries_of(reader, phases)) {
      const auto number = static_cast<std::int64_t>(numbers.size());
      numbers.emplace(name, number);
      auto& phase = result.phases[number];
      phase = read_phase(reader, name, node, temperature);
      if (!phase.note.empty()) result.notes.push_back(phase.note);
    }
    if (!materials.IsDefined() || materials.IsNull()) return result;
    if (!materials.IsSequence()) reader.fail(materials, "'material' is not a list");
    std::vector<std::size_t> stretched;
    for (const auto& material : materials) {
      const auto number = result.materials.size();
      result.materials.push_back(read_material(reader, number, material, numbers));
      if (entry(reader, entry(reader, material, "constituents")[0], "V_e").IsDefined())
        stretched.push_back(number);
    }
    add_notes(result, stretched);
  } catch (const YAML::Exception& error) {
    throw std::runtime_error(
        fmt::format("{}:{}: is not well-formed YAML: {}", path, error.mark.line + 1, error.msg));
  }
  return result;
}

}  // namespace seco::materials
