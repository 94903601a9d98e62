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
class Reader {
 public:
  explicit Reader(const std::string& path) : path_(path) {}

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

/// The entry of a map, undefined for anything that is not a map.
YAML::Node entry(const YAML::Node& node, const std::string& key) {
  return node.IsDefined() && node.IsMap() ? node[key] : YAML::Node(YAML::NodeType::Undefined);
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

FilePhase read_phase(const Reader& reader, const std::string& name, const YAML::Node& node,
                     std::vector<std::string>& notes) {
  FilePhase phase;
  phase.name = name;
  const auto elastic = entry(entry(node, "mechanical"), "elastic");
  if (!elastic.IsDefined()) {
    phase.remark = "section 'mechanical: elastic' is missing";
    return phase;
  }
  const auto type = entry(elastic, "type"), lattice = entry(node, "lattice");
  if (!type.IsDefined() || !type.IsScalar() || type.Scalar() != "Hooke") {
    phase.remark = fmt::format("its elastic type is {}, known is 'Hooke'", Reader::shown(type));
    return phase;
  }
  if (!lattice.IsDefined() || !lattice.IsScalar() || !lattices().count(lattice.Scalar()))
    reader.fail(node, fmt::format("'lattice' of phase '{}' is {}, known are cF, cI, hP and tI",
                                  name, Reader::shown(lattice)));
  const auto& [symmetry, keys] = lattices().at(lattice.Scalar());
  std::vector<double> c;
  for (const auto& key : keys) {
    const auto constant = entry(elastic, key);
    if (!constant.IsDefined())
      reader.fail(elastic, fmt::format("phase '{}' of lattice {} needs '{}' in 'elastic'", name,
                                       lattice.Scalar(), key));
    c.push_back(1e-6 * reader.number(constant, key));
    if (entry(elastic, key + ",T").IsDefined())
      notes.push_back(
          fmt::format("phase '{}': '{}' is that of the reference temperature", name, key));
  }
  phase.symmetry = symmetry;
  try {
    phase.stiffness = symmetry == "cubic"       ? cubic(c[0], c[1], c[2])
                      : symmetry == "hexagonal" ? hexagonal(c[0], c[1], c[2], c[3], c[4])
                                                : tetragonal(c[0], c[1], c[2], c[3], c[4], c[5]);
  } catch (const std::invalid_argument& error) {
    reader.fail(elastic, fmt::format("phase '{}': {} (in MPa)", name, error.what()));
  }
  return phase;
}

/// What DAMASK knows of a constituent: phase, volume fraction, initial orientation and stretch.
void check_keys(const Reader& reader, std::size_t number, const YAML::Node& constituent) {
  const std::vector<std::string> known{"phase", "v", "O", "V_e"};
  if (!constituent.IsMap())
    reader.fail(constituent,
                fmt::format("the constituent of material {} is {}, expected a section "
                            "with the keys {}",
                            number, Reader::shown(constituent), fmt::join(known, ", ")));
  for (const auto& entry : constituent) {
    const auto key = entry.first.IsScalar() ? entry.first.Scalar() : "";
    if (std::find(known.begin(), known.end(), key) == known.end())
      reader.fail(entry.first,
                  fmt::format("key {} of the constituent of material {} is not known; known are "
                              "{}{}",
                              Reader::shown(entry.first), number, fmt::join(known, ", "),
                              did_you_mean(key, known, true)));
  }
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

Crystal read_material(const Reader& reader, std::size_t number, const YAML::Node& node,
                      const std::map<std::string, std::int64_t>& phases) {
  const auto constituents = entry(node, "constituents");
  if (!constituents.IsDefined() || !constituents.IsSequence() || constituents.size() != 1)
    reader.fail(node, fmt::format("material {} has {} constituents, expected one", number,
                                  constituents.IsDefined() && constituents.IsSequence()
                                      ? std::to_string(constituents.size())
                                      : "no list of"));
  const auto constituent = constituents[0];
  check_keys(reader, number, constituent);
  const auto phase = entry(constituent, "phase"), fraction = entry(constituent, "v"),
             orientation = entry(constituent, "O");
  if (!phase.IsDefined() || !phase.IsScalar() || !phases.count(phase.Scalar())) {
    std::vector<std::string> names;
    for (const auto& [name, unused] : phases) names.push_back(name);
    reader.fail(
        constituent,
        fmt::format("phase {} of material {} is not in the section 'phase', which has {}{}",
                    Reader::shown(phase), number, fmt::join(names, ", "),
                    did_you_mean(phase.IsDefined() && phase.IsScalar() ? phase.Scalar() : "", names,
                                 true)));
  }
  if (fraction.IsDefined() && std::abs(reader.number(fraction, "v") - 1.) > 1e-6)
    reader.fail(fraction, fmt::format("'v' of material {} is {}, expected 1 for one constituent",
                                      number, Reader::shown(fraction)));
  Crystal crystal;
  crystal.phase = phases.at(phase.Scalar());
  if (!orientation.IsDefined()) return crystal;
  if (!orientation.IsSequence() || orientation.size() != 4)
    reader.fail(orientation, fmt::format("'O' of material {} is {}, expected the four numbers of a "
                                         "quaternion",
                                         number, Reader::shown(orientation)));
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

DamaskMaterial read_damask_material(const std::string& path) {
  const auto content = file_content(path);
  const Reader reader(path);
  DamaskMaterial result;
  try {
    const auto root = YAML::Load(content);
    const auto phases = entry(root, "phase"), materials = entry(root, "material");
    if (!phases.IsDefined() || !phases.IsMap() || phases.size() == 0)
      reader.fail(root,
                  "section 'phase' is missing or empty; expected a material configuration of "
                  "DAMASK");
    std::map<std::string, std::int64_t> numbers;
    for (const auto& phase : phases) {
      const auto name = phase.first.IsScalar() ? phase.first.Scalar() : "";
      const auto number = static_cast<std::int64_t>(numbers.size());
      if (!numbers.emplace(name, number).second)
        reader.fail(phase.first, fmt::format("phase '{}' is given twice", name));
      result.phases[number] = read_phase(reader, name, phase.second, result.notes);
    }
    if (!materials.IsDefined() || materials.IsNull()) return result;
    if (!materials.IsSequence()) reader.fail(materials, "'material' is not a list");
    std::vector<std::size_t> stretched;
    for (const auto& material : materials) {
      const auto number = result.materials.size();
      result.materials.push_back(read_material(reader, number, material, numbers));
      if (entry(entry(material, "constituents")[0], "V_e").IsDefined()) stretched.push_back(number);
    }
    add_notes(result, stretched);
  } catch (const YAML::Exception& error) {
    throw std::runtime_error(
        fmt::format("{}:{}: is not well-formed YAML: {}", path, error.mark.line + 1, error.msg));
  }
  return result;
}

}  // namespace seco::materials
