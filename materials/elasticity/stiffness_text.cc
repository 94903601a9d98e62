#include "seco/materials/stiffness_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <Eigen/LU>
#include <algorithm>
#include <cctype>
#include <cmath>
#include <map>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

#include "positive_definite.h"
#include "seco/materials/elastic_constants.h"
#include "seco/materials/elastic_symmetry.h"
#include "seco/materials/names.h"
#include "seco/materials/text.h"

namespace seco::materials {
namespace {

using Names = std::vector<std::string>;
/// Constants by their names, lower case without underscores.
using Named = std::map<std::string, double>;
/// Voigt constants by their indices from 0, the smaller one first.
using Voigt = std::map<std::pair<int, int>, double>;

const char* const decimals = "numbers are separated by commas and have decimal points, as in 0.5";

[[noreturn]] void refuse(const std::string& what) {
  throw std::invalid_argument(what);
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

/// Of blanks and commas, without what is empty.
Names words(const std::string& text) {
  Names result(1);
  for (const char c : text)
    if (c != ' ' && c != '\t' && c != ',')
      result.back() += c;
    else if (!result.back().empty())
      result.emplace_back();
  if (result.back().empty()) result.pop_back();
  return result;
}

double number(const std::string& text) {
  const auto value = to_number(text);
  if (!value || !std::isfinite(*value))
    refuse(fmt::format("'{}' is not a finite number; {}", text, decimals));
  return *value;
}

std::vector<double> numbers(const std::string& text) {
  std::vector<double> result;
  for (const auto& part : split(text, ',')) result.push_back(number(part));
  return result;
}

/// A class and how its constants are written.
struct Class {
  std::string name;
  /// In the order of a list without names, where all programs have the same; else empty.
  Names usual_order;
  /// Voigt constants that determine the stiffness.
  Names needed;
  /// Ways to write them as engineering constants.
  std::string engineering;
};

const Names& orthotropic_rows() {
  static const Names names{"C11", "C12", "C13", "C22", "C23", "C33", "C44", "C55", "C66"};
  return names;
}
const Names& orthotropic_abaqus() {
  static const Names names{"D1111", "D1122", "D2222", "D1133", "D2233",
                           "D3333", "D1212", "D1313", "D2323"};
  return names;
}
const Names& triclinic_rows() {
  static const Names names{"C11", "C12", "C13", "C14", "C15", "C16", "C22",
                           "C23", "C24", "C25", "C26", "C33", "C34", "C35",
                           "C36", "C44", "C45", "C46", "C55", "C56", "C66"};
  return names;
}
const Names& triclinic_abaqus() {
  static const Names names{"D1111", "D1122", "D2222", "D1133", "D2233", "D3333", "D1112",
                           "D2212", "D3312", "D1212", "D1113", "D2213", "D3313", "D1213",
                           "D1313", "D1123", "D2223", "D3323", "D1223", "D1323", "D2323"};
  return names;
}
const Names& engineering_names() {
  static const Names names{"E1", "E2", "E3", "nu12", "nu13", "nu23", "G12", "G13", "G23"};
  return names;
}

const std::vector<Class>& classes() {
  static const std::string five =
      "E1, E2, nu12, G12, nu23 or G23 with axis 1, or E3, E1, nu31, G13, nu12 or G12 with axis 3";
  static const std::vector<Class> known{
      {"isotropic", {"E", "nu"}, {"C11", "C12"}, "E, nu or K, G"},
      {"cubic", {"C11", "C12", "C44"}, {"C11", "C12", "C44"}, "E, nu, G"},
      {"hexagonal", {"C11", "C12", "C13", "C33", "C44"}, {"C11", "C12", "C13", "C33", "C44"}, five},
      {"transversely isotropic", {}, {"C11", "C12", "C13", "C33", "C44"}, five},
      {"tetragonal",
       {"C11", "C12", "C13", "C33", "C44", "C66"},
       {"C11", "C12", "C13", "C33", "C44", "C66"},
       ""},
      {"trigonal", {}, {"C11", "C12", "C13", "C14", "C33", "C44"}, ""},
      {"orthotropic",
       {},
       orthotropic_rows(),
       fmt::format("{}", fmt::join(engineering_names(), ", "))},
      {"monoclinic", {}, orthotropic_rows(), ""},
      {"triclinic", {}, triclinic_rows(), ""}};
  return known;
}

const Class& class_of(const std::string& text) {
  auto name = lower(text);
  if (name == "anisotropic") name = "triclinic";
  if (name == "engineering constants") name = "orthotropic";
  Names names;
  for (const auto& known : classes()) {
    if (known.name == name) return known;
    names.push_back(known.name);
  }
  names.insert(names.end(), {"matrix mandel", "matrix voigt", "matrix abaqus"});
  refuse(fmt::format("symmetry class '{}' is not known; known are {}{}", text,
                     fmt::join(names, ", "), did_you_mean(text, names, true)));
}

std::string written(const Names& names, const std::vector<double>& values) {
  std::string result;
  for (std::size_t i = 0; i < names.size(); ++i)
    result += fmt::format("{}{} = {:g}", i > 0 ? ", " : "", names[i], values[i]);
  return result;
}

/// What the named constants of a class are, for messages.
std::string expected_names(const Class& known) {
  auto text = fmt::format("C_ij of {}", fmt::join(known.needed, ", "));
  if (known.name == "monoclinic")
    text += " and C15, C25, C35, C46 (axis 2) or C16, C26, C36, C45 (axis 3)";
  if (known.name == "hexagonal" || known.name == "transversely isotropic")
    text += " (axis 3; C66 instead of C12 is possible)";
  if (!known.engineering.empty()) text += ", or " + known.engineering;
  return text;
}

/// The Voigt indices from 0 of a name such as c12 or d1122.
std::optional<std::pair<int, int>> voigt_indices(const std::string& name) {
  if (name.empty() || (name[0] != 'c' && name[0] != 'd')) return std::nullopt;
  const auto digits = name.substr(1);
  const auto in = [](char c, char last) { return c >= '1' && c <= last; };
  std::pair<int, int> result;
  if (digits.size() == 2 && name[0] == 'c' && in(digits[0], '6') && in(digits[1], '6')) {
    result = {digits[0] - '1', digits[1] - '1'};
  } else if (digits.size() == 4 &&
             std::all_of(digits.begin(), digits.end(), [&](char c) { return in(c, '3'); })) {
    static const int component[3][3] = {{0, 5, 4}, {5, 1, 3}, {4, 3, 2}};
    result = {component[digits[0] - '1'][digits[1] - '1'],
              component[digits[2] - '1'][digits[3] - '1']};
  } else {
    return std::nullopt;
  }
  if (result.first > result.second) std::swap(result.first, result.second);
  return result;
}

std::string voigt_name(const std::pair<int, int>& indices) {
  return fmt::format("C{}{}", indices.first + 1, indices.second + 1);
}

void add(Named& named, const std::string& name, double value) {
  std::string plain;
  for (const char c : lower(name))
    if (c != '_' && c != ' ') plain += c;
  if (!named.emplace(plain, value).second) refuse(fmt::format("'{}' is given twice", name));
}

/// `NAME = number` separated by commas.
Named named_constants(const std::string& text) {
  Named named;
  for (const auto& part : split(text, ',')) {
    const auto equal = part.find('=');
    if (equal == std::string::npos)
      refuse(fmt::format("'{}' has no name; expected are entries NAME = number, and {}", part,
                         decimals));
    add(named, trimmed(part.substr(0, equal)), number(trimmed(part.substr(equal + 1))));
  }
  return named;
}

MandelMatrix from_compliance(const MandelMatrix& compliance, const std::string& what) {
  require_positive_definite(compliance, what + " (the compliance)");
  const MandelMatrix stiffness = compliance.inverse();
  return 0.5 * (stiffness + stiffness.transpose());
}

/// Nine engineering constants by their names.
MandelMatrix from_engineering(const Named& constants, const std::string& what) {
  MandelMatrix s = MandelMatrix::Zero(6, 6);
  for (int i = 0; i < 3; ++i) s(i, i) = 1. / constants.at(fmt::format("e{}", i + 1));
  static const int shear[3][2] = {{1, 2}, {0, 2}, {0, 1}};
  for (int p = 0; p < 3; ++p) {
    const auto [i, j] = shear[p];
    s(i, j) = s(j, i) = -constants.at(fmt::format("nu{}{}", i + 1, j + 1)) * s(i, i);
    s(3 + p, 3 + p) = 0.5 / constants.at(fmt::format("g{}{}", i + 1, j + 1));
  }
  return from_compliance(s, what);
}

/// Moduli are positive; G21 is called G12, and nu21 is replaced by nu12 = nu21 E1 / E2 if the
/// moduli are known.
Named normalized_engineering(const Named& named) {
  Named result;
  for (const auto& [name, value] : named) {
    if (name[0] != 'n' && !(value > 0))
      refuse(fmt::format("'{}' is {:g}; allowed are positive moduli", name, value));
    auto plain = name;
    if (name.size() == 3 && name[0] == 'g' && name[1] > name[2]) std::swap(plain[1], plain[2]);
    if (!result.emplace(plain, value).second) refuse(fmt::format("'{}' is given twice", name));
  }
  return result;
}

/// nu_ij from nu_ij, or from nu_ji = nu_ij E_j / E_i; both have to agree.
std::optional<double> poissons_ratio(const Named& constants, int i, int j, double e_i, double e_j) {
  const auto direct = constants.find(fmt::format("nu{}{}", i, j)),
             other = constants.find(fmt::format("nu{}{}", j, i));
  const bool has_direct = direct != constants.end(), has_other = other != constants.end();
  if (!has_direct && !has_other) return std::nullopt;
  const double value = has_direct ? direct->second : other->second * e_i / e_j;
  if (has_direct && has_other &&
      std::abs(value * e_j / e_i - other->second) > 1e-3 * std::abs(other->second))
    refuse(
        fmt::format("nu{0}{1} = {2:g} and nu{1}{0} = {3:g} do not agree with nu{0}{1} / E{0} = "
                    "nu{1}{0} / E{1}",
                    i, j, direct->second, other->second));
  return value;
}

/// The nine of a transversely isotropic material from the five that are given, if they are those
/// with this axis, 1, 2 or 3.
std::optional<Named> completed_about(const Named& given, int axis) {
  const int b = axis == 1 ? 2 : 1, c = axis == 3 ? 2 : 3;
  const auto value = [&](const std::string& name) -> std::optional<double> {
    const auto entry = given.find(name);
    return entry == given.end() ? std::nullopt : std::optional(entry->second);
  };
  const auto g = [&](int i, int j) {
    return value(fmt::format("g{}{}", std::min(i, j), std::max(i, j)));
  };
  const auto either = [](std::optional<double> x, std::optional<double> y) { return x ? x : y; };
  const auto e_axial = value(fmt::format("e{}", axis)),
             e_across = either(value(fmt::format("e{}", b)), value(fmt::format("e{}", c))),
             g_axial = either(g(axis, b), g(axis, c));
  if (!e_axial || !e_across || !g_axial) return std::nullopt;
  const auto nu_axial = either(poissons_ratio(given, axis, b, *e_axial, *e_across),
                               poissons_ratio(given, axis, c, *e_axial, *e_across));
  auto nu_across = poissons_ratio(given, b, c, *e_across, *e_across);
  const auto g_across = g(b, c);
  if (!nu_across && g_across) nu_across = *e_across / (2. * *g_across) - 1.;
  if (!nu_axial || !nu_across) return std::nullopt;
  Named all;
  all[fmt::format("e{}", axis)] = *e_axial;
  all[fmt::format("e{}", b)] = all[fmt::format("e{}", c)] = *e_across;
  for (const int other : {b, c}) {
    const int i = std::min(axis, other), j = std::max(axis, other);
    all[fmt::format("g{}{}", i, j)] = *g_axial;
    all[fmt::format("nu{}{}", i, j)] = i == axis ? *nu_axial : *nu_axial * *e_across / *e_axial;
  }
  all[fmt::format("nu{}{}", b, c)] = *nu_across;
  all[fmt::format("g{}{}", b, c)] = *e_across / (2. * (1. + *nu_across));
  // What is given beyond the five has to agree.
  for (const auto& [name, x] : given) {
    const bool reversed = name.starts_with("nu") && name.size() == 4 && name[2] > name[3];
    if (reversed && given.contains(fmt::format("nu{}{}", name[3], name[2]))) continue;
    const auto known = reversed
                           ? all[fmt::format("nu{}{}", name[3], name[2])] *
                                 all[fmt::format("e{}", name[2])] / all[fmt::format("e{}", name[3])]
                       : all.contains(name) ? all[name]
                                            : std::nan("");
    if (!(std::abs(known - x) <= 1e-3 * std::abs(x))) return std::nullopt;
  }
  return all;
}

MandelMatrix from_engineering_of(const Class& known, const Named& constants,
                                 const std::string& what) {
  const auto given = normalized_engineering(constants);
  const auto is = [&](const Names& names) {
    return given.size() == names.size() &&
           std::all_of(names.begin(), names.end(),
                       [&](const std::string& name) { return given.contains(name); });
  };
  const auto fail = [&] {
    Names names;
    for (const auto& [name, value] : constants) names.push_back(name);
    refuse(fmt::format("{} constants {} are not a set that tells the stiffness; expected are {}",
                       known.name, fmt::join(names, ", "), expected_names(known)));
  };
  if (known.name == "isotropic") {
    if (is({"e", "nu"})) return isotropic(given.at("e"), given.at("nu"));
    if (!is({"k", "g"})) fail();
    const double k = given.at("k"), g = given.at("g");
    return isotropic(9. * k * g / (3. * k + g), (3. * k - 2. * g) / (2. * (3. * k + g)));
  }
  if (known.name == "cubic") {
    if (!is({"e", "nu", "g"})) fail();
    Named nine;
    for (const auto& name : engineering_names()) {
      const auto plain = lower(name);
      nine[plain] = given.at(plain[0] == 'n' ? "nu" : plain.substr(0, 1));
    }
    return from_engineering(nine, what);
  }
  if (known.name == "orthotropic") {
    Named nine = given;
    for (const auto& [i, j] : std::vector<std::pair<int, int>>{{1, 2}, {1, 3}, {2, 3}}) {
      const auto e_i = given.find(fmt::format("e{}", i)), e_j = given.find(fmt::format("e{}", j));
      if (e_i == given.end() || e_j == given.end()) fail();
      if (const auto nu = poissons_ratio(given, i, j, e_i->second, e_j->second)) {
        nine[fmt::format("nu{}{}", i, j)] = *nu;
        nine.erase(fmt::format("nu{}{}", j, i));
      }
    }
    if (nine.size() != 9) fail();
    for (const auto& name : engineering_names())
      if (!nine.contains(lower(name))) fail();
    return from_engineering(nine, what);
  }
  if (known.name != "hexagonal" && known.name != "transversely isotropic") fail();
  std::vector<Named> fitting;
  for (const int axis : {1, 2, 3})
    if (auto all = completed_about(given, axis)) fitting.push_back(std::move(*all));
  if (fitting.size() != 1) fail();
  return from_engineering(fitting[0], what);
}

/// All 21 Voigt constants of a class from those that determine it.
Voigt completed(const std::string& name, Voigt c) {
  const auto same = [&](std::pair<int, int> entry, std::pair<int, int> as, double factor = 1.) {
    c[entry] = factor * c.at(as);
  };
  const std::pair<int, int> c11{0, 0}, c12{0, 1}, c13{0, 2}, c14{0, 3}, c15{0, 4}, c16{0, 5},
      c22{1, 1}, c23{1, 2}, c24{1, 3}, c25{1, 4}, c26{1, 5}, c33{2, 2}, c44{3, 3}, c46{3, 5},
      c55{4, 4}, c56{4, 5}, c66{5, 5};
  if (name == "isotropic" || name == "cubic") {
    for (const auto& entry : {c22, c33}) same(entry, c11);
    for (const auto& entry : {c13, c23}) same(entry, c12);
    if (name == "isotropic") c[c44] = 0.5 * (c.at(c11) - c.at(c12));
    for (const auto& entry : {c55, c66}) same(entry, c44);
  } else if (name == "hexagonal" || name == "transversely isotropic" || name == "tetragonal" ||
             name == "trigonal") {
    if (name != "tetragonal" && name != "trigonal" && !c.contains(c12))
      c[c12] = c.at(c11) - 2. * c.at(c66);
    same(c22, c11);
    same(c23, c13);
    same(c55, c44);
    if (name != "tetragonal") c[c66] = 0.5 * (c.at(c11) - c.at(c12));
    if (name == "tetragonal" && c.contains(c16)) same(c26, c16, -1.);
    if (name == "trigonal") {
      same(c24, c14, -1.);
      same(c56, c14);
      if (c.contains(c15)) {
        same(c25, c15, -1.);
        same(c46, c15, -1.);
      }
    }
  }
  for (int i = 0; i < 6; ++i)
    for (int j = i; j < 6; ++j) c.try_emplace({i, j}, 0.);
  return c;
}

MandelMatrix from_voigt_constants(const Class& known, const Named& constants,
                                  const std::string& what) {
  Voigt given;
  for (const auto& [name, value] : constants) {
    const auto indices = voigt_indices(name);
    if (!indices)
      refuse(fmt::format("'{}' is not a constant of the class '{}'; expected are {}", name,
                         known.name, expected_names(known)));
    if (!given.emplace(*indices, value).second)
      refuse(fmt::format("{} is given twice", voigt_name(*indices)));
  }
  Names missing;
  auto needed = known.needed;
  if (known.name == "monoclinic") {
    const auto set = [&](const Names& names) {
      return std::any_of(names.begin(), names.end(),
                         [&](const auto& n) { return given.contains(*voigt_indices(lower(n))); });
    };
    const Names about_2{"C15", "C25", "C35", "C46"}, about_3{"C16", "C26", "C36", "C45"};
    const auto& more = set(about_3) && !set(about_2) ? about_3 : about_2;
    needed.insert(needed.end(), more.begin(), more.end());
  }
  const bool c66_for_c12 = (known.name == "hexagonal" || known.name == "transversely isotropic") &&
                           given.contains({5, 5});
  for (const auto& name : needed)
    if (!given.contains(*voigt_indices(lower(name))) && !(name == "C12" && c66_for_c12))
      missing.push_back(name);
  if (!missing.empty())
    refuse(fmt::format("{} of the class '{}' {} missing; expected are {}", fmt::join(missing, ", "),
                       known.name, missing.size() == 1 ? "is" : "are", expected_names(known)));
  Voigt base;
  for (const auto& [indices, value] : given) {
    const auto name = voigt_name(indices);
    const bool optional = (c66_for_c12 && name == "C66") ||
                          (known.name == "tetragonal" && name == "C16") ||
                          (known.name == "trigonal" && name == "C15");
    if (optional || std::find(needed.begin(), needed.end(), name) != needed.end())
      base[indices] = value;
  }
  const auto all = completed(known.name, base);
  double scale = 0;
  for (const auto& [indices, value] : all) scale = std::max(scale, std::abs(value));
  for (const auto& [indices, value] : given)
    if (std::abs(all.at(indices) - value) > 1e-3 * scale)
      refuse(
          fmt::format("{} = {:g} does not agree with the symmetry class '{}', in which it is {:g}",
                      voigt_name(indices), value, known.name, all.at(indices)));
  MandelMatrix c(6, 6);
  for (const auto& [indices, value] : all) {
    const auto [i, j] = indices;
    c(i, j) = c(j, i) = value * (i < 3 ? 1. : std::sqrt(2.)) * (j < 3 ? 1. : std::sqrt(2.));
  }
  require_positive_definite(c, what);
  return c;
}

MandelMatrix from_named(const Class& known, const Named& constants, const std::string& what) {
  const bool voigt = std::any_of(constants.begin(), constants.end(), [](const auto& entry) {
    return voigt_indices(entry.first).has_value();
  });
  return voigt ? from_voigt_constants(known, constants, what)
               : from_engineering_of(known, constants, what);
}

/// The names of an order that is said in parentheses.
Names order_of(const Class& known, const std::string& order) {
  const auto name = lower(order);
  const bool orthotropic = known.name == "orthotropic", triclinic = known.name == "triclinic";
  if (name == "abaqus" && orthotropic) return orthotropic_abaqus();
  if (name == "abaqus" && triclinic) return triclinic_abaqus();
  if (name == "abaqus engineering constants" && orthotropic) return engineering_names();
  if (name == "rows" && orthotropic) return orthotropic_rows();
  if (name == "rows" && triclinic) return triclinic_rows();
  auto names = words(order);
  for (const auto& entry : names)
    if (!entry.empty() && !std::isdigit(static_cast<unsigned char>(entry.back())) &&
        lower(entry) != "e" && lower(entry) != "nu" && lower(entry) != "k" && lower(entry) != "g")
      refuse(
          fmt::format("the order '{}' of the class '{}' is not known; allowed are the names of "
                      "the constants{}",
                      order, known.name,
                      orthotropic ? ", rows, Abaqus and Abaqus engineering constants"
                      : triclinic ? ", rows and Abaqus"
                                  : ""));
  return names;
}

/// Numbers of a class whose order programs do not share.
[[noreturn]] void refuse_bare(const Class& known, const std::vector<double>& values) {
  std::string ways = fmt::format("give them names, {}, or say their order as in '{} (NAMES): ...'",
                                 expected_names(known), known.name);
  if (known.name == "orthotropic" && values.size() == 9)
    ways = fmt::format(
        "if they are the upper triangle row by row, write 'orthotropic: {}', if they are in the "
        "order of Abaqus, 'orthotropic: {}', if they are engineering constants, 'orthotropic: {}'",
        written(orthotropic_rows(), values), written(orthotropic_abaqus(), values),
        written(engineering_names(), values));
  if (known.name == "triclinic" && values.size() == 21)
    ways = fmt::format(
        "if they are the upper triangle of the Voigt matrix (11 22 33 23 13 12) row by row, write "
        "'triclinic (rows): {0:g}', if they are in the order of Abaqus (D1111, D1122, D2222, "
        "D1133, "
        "...), 'triclinic (Abaqus): {0:g}'; a printed matrix is 'matrix mandel: ...' or 'matrix "
        "voigt: ...' with its 36 numbers",
        fmt::join(values, ", "));
  refuse(
      fmt::format("{} numbers without names for the class '{}', which programs list in different "
                  "orders: {}",
                  values.size(), known.name, ways));
}

MandelMatrix from_matrix(const std::string& notation, const std::string& text, int dimension) {
  if (notation != "mandel" && notation != "kelvin" && notation != "voigt" && notation != "abaqus")
    refuse(
        fmt::format("notation '{}' of a matrix is not known; allowed are mandel (kelvin), voigt, "
                    "both in the order 11 22 33 23 13 12, and abaqus (11 22 33 12 13 23)",
                    notation));
  std::vector<double> values;
  if (text.find(',') != std::string::npos)
    values = numbers(text);
  else
    for (const auto& word : words(text)) values.push_back(number(word));
  const bool plane = dimension == 2 && values.size() == 9;
  if (values.size() != 36 && !plane)
    refuse(fmt::format("a matrix has 36 numbers, 6 rows of 6{}, {} are given; {}",
                       dimension == 2 ? ", or in plane strain 9, rows 11 22 12" : "", values.size(),
                       decimals));
  const int m = plane ? 3 : 6, n_normal = plane ? 2 : 3;
  MandelMatrix c(m, m);
  for (int i = 0; i < m; ++i)
    for (int j = 0; j < m; ++j) {
      // Abaqus has 12 13 23 where the others have 23 13 12.
      const auto place = [&](int k) {
        return notation == "abaqus" && !plane && k >= 3 ? 8 - k : k;
      };
      c(place(i), place(j)) = values[static_cast<std::size_t>(m) * static_cast<std::size_t>(i) +
                                     static_cast<std::size_t>(j)];
    }
  if (asymmetry(c) > 1e-4) {
    int row = 0, column = 0;
    (c - c.transpose()).cwiseAbs().maxCoeff(&row, &column);
    refuse(fmt::format("the matrix is not symmetric: {:g} and {:g} stand opposite each other",
                       c(row, column), c(column, row)));
  }
  c = 0.5 * (c + c.transpose()).eval();
  if (notation == "voigt" || notation == "abaqus")
    for (int i = 0; i < m; ++i)
      for (int j = 0; j < m; ++j)
        c(i, j) *= (i < n_normal ? 1. : std::sqrt(2.)) * (j < n_normal ? 1. : std::sqrt(2.));
  require_positive_definite(c, fmt::format("the matrix in the notation '{}'", notation));
  return c;
}

MandelMatrix from_class(const std::string& head, const std::string& body, const std::string& what) {
  const auto parenthesis = head.find('(');
  const auto& known = class_of(trimmed(head.substr(0, parenthesis)));
  const bool named = body.find('=') != std::string::npos;
  if (parenthesis != std::string::npos) {
    if (head.back() != ')' || named)
      refuse(
          fmt::format("'{}' is not understood; expected is 'CLASS (ORDER): numbers' or 'CLASS: "
                      "NAME = number, ...'",
                      what));
    const auto order = trimmed(head.substr(parenthesis + 1, head.size() - parenthesis - 2));
    const auto names = order_of(known, order);
    const auto values = numbers(body);
    if (values.size() != names.size())
      refuse(fmt::format("the order ({}) has {} constants, {} are given; {}", order, names.size(),
                         values.size(), decimals));
    Named constants;
    for (std::size_t i = 0; i < names.size(); ++i) add(constants, names[i], values[i]);
    return from_named(known, constants, what);
  }
  if (named) return from_named(known, named_constants(body), what);
  const auto values = numbers(body);
  if (known.usual_order.empty()) refuse_bare(known, values);
  if (values.size() != known.usual_order.size())
    refuse(fmt::format("symmetry class '{}' has {} constants ({}), {} are given; {}", known.name,
                       known.usual_order.size(), fmt::join(known.usual_order, ", "), values.size(),
                       decimals));
  if (known.name == "isotropic") return isotropic(values[0], values[1]);
  if (known.name == "cubic") return cubic(values[0], values[1], values[2]);
  if (known.name == "hexagonal")
    return hexagonal(values[0], values[1], values[2], values[3], values[4]);
  return tetragonal(values[0], values[1], values[2], values[3], values[4], values[5]);
}

}  // namespace

MandelMatrix stiffness_from_text(const std::string& text, const std::string& unit, int dimension) {
  const auto colon = text.find(':');
  if (colon != std::string::npos) {
    const auto head = trimmed(text.substr(0, colon)), body = trimmed(text.substr(colon + 1));
    if (lower(head).starts_with("matrix"))
      return from_matrix(lower(trimmed(head.substr(6))), body, dimension);
    return from_class(head, body, text);
  }
  if (text.find('=') != std::string::npos)
    return from_named(class_of("isotropic"), named_constants(text), text);
  if (text.find(',') == std::string::npos)
    return elastic_constants(text).stiffness / megapascals_per(unit);
  const auto constants = numbers(text);
  if (constants.size() != 2)
    refuse(
        fmt::format("{} numbers are given, expected is a name, 'E, nu', or a symmetry class with "
                    "its constants; {}",
                    constants.size(), decimals));
  return isotropic(constants[0], constants[1]);
}

std::string stiffness_help() {
  return "a name of the table of elastic constants; 'E, nu'; 'cubic: C11, C12, C44', 'hexagonal: "
         "C11, C12, C13, C33, C44' or 'tetragonal: C11, C12, C13, C33, C44, C66' in this order; "
         "any "
         "class with names, as in 'orthotropic: C11 = ..., C12 = ..., C66 = ...' (Voigt indices "
         "11 22 33 23 13 12, axis 3 that of symmetry), 'orthotropic: E1 = ..., nu12 = ..., G12 = "
         "...' or 'transversely isotropic: E1 = ..., E2 = ..., nu12 = ..., G12 = ..., nu23 = ...'; "
         "'orthotropic (Abaqus): ...'; or 'matrix mandel: ...' or 'matrix voigt: ...' with 36 "
         "numbers. Decimals have points";
}

}  // namespace seco::materials
