#include "law_table.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <stdexcept>

#include "seco/materials/elastic_constants.h"
#include "seco/materials/law_table.h"
#include "seco/materials/names.h"
#include "seco/materials/text.h"

namespace seco::materials {
namespace {

using Constants = std::vector<LawConstant>;

Constants operator+(Constants a, const Constants& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

Constants elastic(const std::string& young, const std::string& poisson) {
  return {{"Young modulus", young, "MPa"}, {"Poisson ratio", poisson}};
}

/// A + B p^n, that part of the flow stress of Johnson and Cook that neither rate nor temperature
/// change.
Constants johnson_cook(const std::string& a, const std::string& b, const std::string& n) {
  return {{"Yield stress", a, "MPa"}, {"Ludwik coefficient", b, "MPa"}, {"Ludwik exponent", n}};
}

Constants creep(const std::string& rate, const std::string& stress, const std::string& exponent) {
  return {{"Reference rate", rate}, {"Reference stress", stress, "MPa"}, {"Exponent", exponent}};
}

Constants ramberg_osgood(const std::string& stress, const std::string& exponent) {
  return {
      {"Reference strain", "0.002"}, {"Reference stress", stress, "MPa"}, {"Exponent", exponent}};
}

std::vector<LawConstants> entries() {
  const std::string callister =
      "; elastic constants of Callister and Rethwisch, Materials Science and Engineering, 9th "
      "edition, Appendix B";
  const std::string kaye_laby =
      "; elastic constants of Kaye and Laby, Tables of Physical and Chemical Constants, 16th "
      "edition, section 2.2.2";
  const std::string ballistics =
      "Johnson and Cook 1983, Proceedings of the 7th International Symposium on Ballistics, "
      "541-547";
  const std::string impact = "at 1/s and room temperature";
  return {
      {"2024-T351", "J2 plasticity", elastic("72.4e3", "0.33") + johnson_cook("265", "426", "0.34"),
       "aluminium alloy, " + impact, ballistics + callister},
      {"4340 steel", "J2 plasticity", elastic("207e3", "0.3") + johnson_cook("792", "510", "0.26"),
       "quenched and tempered, hardness Rockwell C 30, " + impact, ballistics + callister},
      {"6061-T6", "Ramberg-Osgood", elastic("70e3", "0.3") + ramberg_osgood("240", "55"),
       "aluminium alloy, extruded, up to 20 mm thick, characteristic values",
       "EN 1999-1-1:2007, table 3.2b and annex E"},
      {"alumina", "linear elastic", elastic("416e3", "0.231"), "sintered, at 20 degrees C",
       "Munro 1997, Journal of the American Ceramic Society 80, 1919-1928"},
      {"alpha-titanium crystal",
       "crystal viscoplasticity",
       {{"Lattice", "hcp"},
        {"Axial ratio", "1.587"},
        {"Elastic constants", "Ti"},
        {"Slip families", "basal <a>, prismatic <a>, pyramidal <c+a>"},
        {"Slip resistance", "349, 150, 1107", "MPa"},
        {"Hardening", "saturation"},
        {"Saturation resistance", "568, 1500, 3420", "MPa"},
        {"Slip hardening modulus", "200", "MPa"},
        {"Slip hardening exponent", "2"},
        {"Latent hardening", "1"},
        {"Rate exponent", "20"},
        {"Reference slip rate", "1e-3"}},
       "commercially pure, from nanoindentation at room temperature",
       "Zambaldi, Yang, Bieler and Raabe 2012, Journal of Materials Research 27, 356-367, as in "
       "the "
       "examples of DAMASK (phenopowerlaw_Ti.yaml); elastic constants of Fisher and Renken 1964"},
      {"copper crystal",
       "crystal viscoplasticity",
       {{"Lattice", "fcc"},
        {"Elastic constants", "Cu"},
        {"Slip resistance", "9", "MPa"},
        {"Hardening", "Voce"},
        {"Voce stress", "5", "MPa"},
        {"Initial hardening rate", "400", "MPa"},
        {"Final hardening rate", "250", "MPa"},
        {"Rate exponent", "10"},
        {"Reference slip rate", "1"}},
       "annealed, room temperature",
       "copper example of EVPFFT in Fierro (Los Alamos National Laboratory), "
       "example_plastic_parameters.txt; elastic constants of Hirth and Lothe 1982, the same as in "
       "the example"},
      {"316H at 600 C", "Norton creep",
       elastic("151e3", "0.31") + creep("1.1308e-11", "100", "9.7705"),
       "stainless steel, steady creep",
       "srlife (Argonne National Laboratory), data/deformation/316H.xml: its law of Kocks and "
       "Mecking, which is a power at a fixed temperature, at 873.15 K; 4.071e-8 per hour at 100 "
       "MPa"},
      {"aluminium at 400 C", "Norton creep",
       elastic("54.7e3", "0.345") + creep("9.64e-3", "10", "4.4"),
       "pure, power-law creep by volume diffusion",
       "Frost and Ashby 1982, Deformation-Mechanism Maps, Pergamon, table 4.1, evaluated at 673.15 "
       "K: 3.4e6 D mu b / (k T) (q / mu)^4.4 in tension, D = 1.7e-4 m^2/s exp(-142 kJ/mol / RT); "
       "Young modulus of its shear modulus mu = 20.32 GPa there" +
           kaye_laby},
      {"ice at -10 C", "Norton creep", elastic("9.33e3", "0.325") + creep("7.78e-8", "1", "3"),
       "polycrystalline, secondary creep",
       "Cuffey and Paterson 2010, The Physics of Glaciers, 4th edition, table 3.4 (2/9 of the rate "
       "factor 3.5e-25 / (Pa^3 s), in tension); elastic constants of Gammon and others 1983, "
       "Journal of Glaciology 29, 433-460"},
      {"nickel 200", "J2 plasticity", elastic("204e3", "0.31") + johnson_cook("163", "648", "0.33"),
       "annealed, " + impact, ballistics + callister},
      {"OFHC copper", "J2 plasticity",
       elastic("129.8e3", "0.343") + johnson_cook("90", "292", "0.31"), "annealed, " + impact,
       ballistics + kaye_laby},
      {"rock salt", "Norton creep", elastic("25e3", "0.27") + creep("7.21e-11", "10", "5"),
       "at 25 degrees C, steady creep, 0.18/day exp(-54 kJ/mol / RT) (q / 1 MPa)^5",
       "Hunsche and Schulze 1994, Kali und Steinsalz 11, 238-255 (law BGRa); elastic constants of "
       "the tests of that law in OpenGeoSys (ThermoMechanics/CreepBGRa)"},
      {"S235 dynamic", "Perzyna",
       elastic("210e3", "0.3") + Constants{{"Yield stress", "235", "MPa"}} +
           creep("40.4", "235", "5"),
       "structural steel up to 16 mm thick, minimum yield stress, dynamic yield stress of Cowper "
       "and Symonds for mild steel",
       "EN 10025-2, EN 1993-1-1:2005, 3.2.6; Cowper and Symonds 1957, Brown University, Division "
       "of "
       "Applied Mathematics, Report 28"},
      {"S355", "J2 plasticity",
       elastic("210e3", "0.3") +
           Constants{{"Yield stress", "355", "MPa"}, {"Hardening modulus", "2121.2", "MPa"}},
       "structural steel up to 16 mm thick, minimum yield stress, slope E/100 of the curve beyond",
       "EN 10025-2; EN 1993-1-1:2005, 3.2.6; EN 1993-1-5:2006, annex C.6"},
      {"SAC305 at 125 C", "Norton creep",
       elastic("32.7e3", "0.36") + creep("1e-5", "13.036", "6.672"),
       "solder Sn-3.0Ag-0.5Cu, steady creep: the tangent at 1e-5/s, within 25 % from 1e-6 to "
       "1e-4/s",
       "steady state of the law of Anand of Motalab, Cai, Suhling and Lall 2012, ITherm, "
       "doi:10.1109/ITHERM.2012.6231522 (A = 3501/s, Q/R = 9320 K, xi = 4, m = 0.25, s = 30.2 MPa, "
       "n = 0.01, as in CoupFE-EDA, anand.py) at 398.15 K; Young modulus 76087 - 109 T/K of Kariya "
       "as in Clech, SAC creep data analysis (NIST); Poisson ratio of solders, typical"},
      {"silicon carbide", "linear elastic", elastic("415e3", "0.16"), "sintered, at 20 degrees C",
       "Munro 1997, Journal of Physical and Chemical Reference Data 26, 1195-1203"},
      {"stainless steel 1.4301", "Ramberg-Osgood",
       elastic("200e3", "0.3") + ramberg_osgood("210", "6"),
       "hot rolled plate, longitudinal, minimum values", "EN 1993-1-4:2006, tables 2.1 and 4.1"},
      {"Ti-6Al-4V", "J2 plasticity",
       elastic("114e3", "0.34") + johnson_cook("1098", "1092", "0.93"), "titanium alloy, " + impact,
       "Lesuer 2000, report DOT/FAA/AR-00/25 of the Federal Aviation Administration" + callister}};
}

const std::vector<LawConstants>& table() {
  static const std::vector<LawConstants> sorted = [] {
    auto all = entries();
    std::sort(all.begin(), all.end(),
              [](const LawConstants& a, const LawConstants& b) { return a.name < b.name; });
    return all;
  }();
  return sorted;
}

/// Keys of which one set takes the place of the other.
const std::vector<std::pair<std::set<std::string>, std::set<std::string>>>& alternatives() {
  static const std::vector<std::pair<std::set<std::string>, std::set<std::string>>> all{
      {{"Elastic constants"}, {"Young modulus", "Poisson ratio"}},
      {{"Hardening curve"},
       {"Yield stress", "Hardening modulus", "Voce stress", "Voce exponent", "Ludwik coefficient",
        "Ludwik exponent"}}};
  return all;
}

}  // namespace

const LawConstants& law_constants(const std::string& name) {
  for (const auto& entry : table())
    if (entry.name == name) return entry;
  const auto names = law_constants_names();
  throw std::invalid_argument(
      fmt::format("'{}' is not in the table of constants of laws; known are {}{}", name,
                  fmt::join(names, "; "), did_you_mean(name, names, true)));
}

std::vector<std::string> law_constants_names() {
  std::vector<std::string> names;
  for (const auto& entry : table()) names.push_back(entry.name);
  return names;
}

std::map<std::string, std::string> default_values(const LawConstants& entry,
                                                  const ParameterReader& reader,
                                                  const std::string& section,
                                                  const std::string& unit) {
  const auto user_sets_one = [&](const std::set<std::string>& keys) {
    return std::any_of(keys.begin(), keys.end(),
                       [&](const std::string& key) { return reader.has(section, key); });
  };
  std::set<std::string> replaced;
  for (const auto& [a, b] : alternatives()) {
    if (user_sets_one(a)) replaced.insert(b.begin(), b.end());
    if (user_sets_one(b)) replaced.insert(a.begin(), a.end());
  }
  std::map<std::string, std::string> values;
  for (const auto& constant : entry.constants) {
    if (replaced.count(constant.key)) continue;
    auto value = constant.value;
    if (!constant.unit.empty() && constant.unit != unit) {
      // One number, or one per slip family.
      const double factor = megapascals_per(constant.unit) / megapascals_per(unit);
      std::vector<std::string> numbers;
      for (const auto& number : split(constant.value, ','))
        numbers.push_back(fmt::format("{}", to_number(number).value() * factor));
      value = fmt::format("{}", fmt::join(numbers, ", "));
    }
    values[constant.key] = value;
  }
  return values;
}

}  // namespace seco::materials
