#include "crystal_viscoplasticity.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include "builtin_laws.h"
#include "law_constants.h"
#include "pointwise_law.h"
#include "seco/materials/text.h"
#include "slip_systems.h"

namespace seco::materials {
namespace {

SECO_POINTWISE_FUNCTIONS(CrystalViscoplasticity)

LawTraits traits_of(const CrystalViscoplasticity& law, const MandelMatrix& stiffness,
                    const std::string& unit) {
  LawTraits traits{stiffness, {{"plastic strain", "1", 6}, {"accumulated slip", "1", 1}}, {}, true};
  if (law.n_resistances() > 0)
    traits.state_variables.push_back({"slip resistance", unit, law.n_resistances()});
  if (law.hardening != SlipHardening::none) {
    traits.guarantee.along_path = false;
    traits.guarantee.reason =
        "slip resistances are raised between the steps by the computed slip, so that errors of "
        "the state may grow";
  }
  return traits;
}

class CrystalLaw : public PointwiseLaw<CrystalViscoplasticity> {
 public:
  CrystalLaw(const CrystalViscoplasticity& law, const MandelMatrix& stiffness,
             const std::string& unit)
      : PointwiseLaw(law, traits_of(law, stiffness, unit), functions_for(law)) {}
  std::vector<double> initial_state() const override {
    const auto& law = model();
    std::vector<double> state(7, 0.);
    for (int i = 0; i < law.n_resistances(); ++i) {
      const bool by_system = law.hardening == SlipHardening::saturation;
      state.push_back(law.family[by_system ? law.family_of[i] : i].resistance);
    }
    return state;
  }
  double respond(const LawPoints& points, const LawAnswer& answer) const override {
    check_time_step(points);
    return PointwiseLaw::respond(points, answer);
  }
  void dual(const LawPoints& points, double* energy) const override {
    check_time_step(points);
    PointwiseLaw::dual(points, energy);
  }

 private:
  /// Without time there is no slip, and powers of large stresses times zero are no numbers.
  static void check_time_step(const LawPoints& points) {
    if (!(points.time_step > 0))
      throw std::invalid_argument(
          fmt::format("a crystal that slips at a rate needs a time step above 0, this one is {}",
                      points.time_step));
  }
};

constexpr double unbounded = std::numeric_limits<double>::max();
constexpr const char* no_softening =
    "with softening the energy is not convex, strains localize in single voxels and no bound "
    "exists";

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

/// What is known of the slip systems before their constants.
struct Lattice {
  std::string name;
  std::vector<std::string> families;
  double axial_ratio = 0;
};

Lattice read_lattice(ParameterReader& reader, const std::string& section) {
  Lattice lattice;
  lattice.name =
      reader.choice(section, "Lattice", "fcc", lattice_names(), "of the crystal; required");
  std::string help = "separated by commas; of hcp required, of fcc and bcc all by default";
  for (const auto& name : lattice_names())
    help += fmt::format("; {}: {}", name, listed(slip_family_names(name)));
  const auto text = reader.text(section, "Slip families", "", help);
  lattice.axial_ratio = reader.number(section, "Axial ratio", 0, 0, unbounded,
                                      "c/a of hcp lattices, as 1.587 for Ti");
  if (!reader.has(section, "Lattice"))
    reader.refuse(section, "Lattice",
                  fmt::format("the law needs it; allowed are {}", listed(lattice_names())));

  const auto known = slip_family_names(lattice.name);
  const auto allowed = fmt::format("of {} allowed are {}, each once", lattice.name, listed(known));
  if (text.empty()) {
    if (lattice.name == "hcp") reader.refuse(section, "Slip families", allowed);
    lattice.families = known;
  } else {
    for (const auto& name : split(text, ',')) {
      const auto& families = lattice.families;
      if (std::find(known.begin(), known.end(), name) == known.end() ||
          std::find(families.begin(), families.end(), name) != families.end())
        reader.refuse(section, "Slip families", allowed);
      lattice.families.push_back(name);
    }
  }
  if (lattice.name != "hcp") {
    if (reader.has(section, "Axial ratio"))
      reader.refuse(section, "Axial ratio", "cubic lattices have none; it belongs to hcp");
    lattice.axial_ratio = 1;
  } else if (!reader.has(section, "Axial ratio")) {
    for (const auto& name : lattice.families)
      if (depends_on_axial_ratio(name))
        reader.refuse(section, "Axial ratio",
                      fmt::format("the systems '{}' need it; allowed are numbers above 0", name));
    lattice.axial_ratio = 1;
  } else if (!(lattice.axial_ratio > 0)) {
    reader.refuse(section, "Axial ratio", "allowed are numbers above 0");
  }
  return lattice;
}

/// The orientation of the crystal, and what read_elastic_stiffness() has to know of it.
LawContext read_orientation(ParameterReader& reader, const std::string& section,
                            const LawContext& context) {
  const auto angles = reader.numbers(
      section, "Euler angles", {},
      "Bunge angles phi1, Phi, phi2 of the crystal in degrees, where the phase has no orientation; "
      "of hcp crystals x is along [2-1-10] and z along [0001]");
  if (angles.empty()) {
    if (!context.orientation)
      reader.refuse(section, "Euler angles",
                    "the law needs it, since the phase has no orientation; allowed are three "
                    "Bunge angles in degrees");
    return context;
  }
  if (context.orientation)
    reader.refuse(section, "Euler angles",
                  "the phase has an orientation already; allowed is only one of them");
  if (angles.size() != 3)
    reader.refuse(section, "Euler angles", "allowed are three Bunge angles in degrees");
  LawContext result = context;
  constexpr double degree = M_PI / 180;
  result.orientation = from_euler(angles[0] * degree, angles[1] * degree, angles[2] * degree);
  return result;
}

/// One value for each family.
std::vector<double> read_by_family(ParameterReader& reader, const std::string& section,
                                   const std::string& key, const std::string& help) {
  return reader.numbers(section, key, {},
                        help + "; one number for all slip families or one for each of them");
}

/// Constants of the families in the order of `lattice.families`.
class FamilyReader {
 public:
  FamilyReader(ParameterReader& reader, const std::string& section, CrystalViscoplasticity& law)
      : reader_(reader), section_(section), law_(law) {}

  /// @param zero whether 0 is allowed
  void set(const std::string& key, const std::vector<double>& values,
           double SlipFamilyConstants::*member, bool zero, const std::string& why = "") const {
    const auto n = static_cast<std::size_t>(law_.n_families);
    const auto allowed =
        fmt::format("allowed are numbers {} 0{}, one for all slip families or {}",
                    zero ? "from" : "above", why.empty() ? "" : " (" + why + ")", n);
    if (values.size() != 1 && values.size() != n) reader_.refuse(section_, key, allowed);
    for (std::size_t i = 0; i < n; ++i) {
      const double value = values[values.size() == 1 ? 0 : i];
      if (!(value > 0 || (zero && value == 0)) || !(value < unbounded))
        reader_.refuse(section_, key, allowed);
      law_.family[i].*member = value;
    }
  }

 private:
  ParameterReader& reader_;
  const std::string& section_;
  CrystalViscoplasticity& law_;
};

void read_hardening(ParameterReader& reader, const std::string& section,
                    CrystalViscoplasticity& law) {
  const auto kind = reader.choice(
      section, "Hardening", "none", {"none", "Voce", "saturation"},
      "of the slip resistances, raised at the end of each step; none: they are constant; Voce: "
      "tau0 + (tau1 + theta1 G) (1 - exp(-theta0 G / tau1)) of the accumulated slip G; saturation: "
      "dg_a = sum_b q_ab h0 (1 - g_b / g_inf)^a |dgamma_b|, q_ab = 1 for a = b");
  const auto voce_stress = read_by_family(reader, section, "Voce stress", "tau1"),
             initial = read_by_family(reader, section, "Initial hardening rate", "theta0"),
             final = read_by_family(reader, section, "Final hardening rate", "theta1"),
             saturation = read_by_family(reader, section, "Saturation resistance", "g_inf"),
             modulus = read_by_family(reader, section, "Slip hardening modulus", "h0"),
             exponent = read_by_family(reader, section, "Slip hardening exponent", "a");
  law.latent = reader.number(section, "Latent hardening", 1, 0, unbounded,
                             "q_ab for a other than b, usually 1 to 1.4; required with saturation");
  const std::vector<std::string> of_voce{"Voce stress", "Initial hardening rate",
                                         "Final hardening rate"},
      of_saturation{"Saturation resistance", "Slip hardening modulus", "Slip hardening exponent",
                    "Latent hardening"};
  const auto refuse_others = [&](const std::vector<std::string>& keys) {
    for (const auto& key : keys)
      if (reader.has(section, key))
        reader.refuse(section, key, fmt::format("it does not belong to the hardening '{}'", kind));
  };
  const auto need = [&](const std::vector<std::string>& keys) {
    for (const auto& key : keys)
      if (!reader.has(section, key))
        reader.refuse(section, key, fmt::format("the hardening '{}' needs it", kind));
  };
  const FamilyReader families(reader, section, law);
  if (kind != "Voce") refuse_others(of_voce);
  if (kind != "saturation") refuse_others(of_saturation);
  if (kind == "Voce") {
    law.hardening = SlipHardening::voce;
    need(of_voce);
    families.set("Voce stress", voce_stress, &SlipFamilyConstants::voce_stress, false);
    families.set("Initial hardening rate", initial, &SlipFamilyConstants::initial_rate, false);
    families.set("Final hardening rate", final, &SlipFamilyConstants::final_rate, true,
                 no_softening);
  } else if (kind == "saturation") {
    law.hardening = SlipHardening::saturation;
    need(of_saturation);
    families.set("Saturation resistance", saturation, &SlipFamilyConstants::saturation, false);
    families.set("Slip hardening modulus", modulus, &SlipFamilyConstants::modulus, true,
                 no_softening);
    families.set("Slip hardening exponent", exponent, &SlipFamilyConstants::exponent, false);
    for (int i = 0; i < law.n_families; ++i)
      if (law.family[i].saturation < law.family[i].resistance)
        reader.refuse(
            section, "Saturation resistance",
            fmt::format("allowed are numbers from 'Slip resistance' on: {}", no_softening));
  }
}

std::shared_ptr<const Law> read(ParameterReader& reader, const std::string& section,
                                const LawContext& context) {
  CrystalViscoplasticity law;
  const auto lattice = read_lattice(reader, section);
  law.n_families = static_cast<int>(lattice.families.size());
  const auto oriented = read_orientation(reader, section, context);
  const auto stiffness = read_elastic_stiffness(reader, section, oriented);
  if (!context.orientation && !reader.has(section, "Elastic constants") &&
      !reader.has(section, "Young modulus")) {
    const auto [bulk, shear] = isotropic_part(stiffness);
    MandelMatrix isotropic = 2 * shear * MandelMatrix::Identity(6, 6);
    isotropic.topLeftCorner(3, 3).array() += bulk - 2 * shear / 3;
    if ((stiffness - isotropic).cwiseAbs().maxCoeff() > 1e-9 * stiffness.cwiseAbs().maxCoeff())
      reader.refuse(section, "Elastic constants",
                    "the law needs it together with 'Euler angles': the stiffness of the phase in "
                    "the microstructure is anisotropic, and does not tell how the crystal lies");
  }
  law.rate = read_required(reader, section, "Reference slip rate", 0, unbounded,
                           "rate of slip where the resolved shear stress is the slip resistance");
  law.exponent = reader.number(section, "Rate exponent", 1, 1, 1000,
                               "n of the slip rate, proportional to the resolved shear stress to "
                               "the n; required, 1 over the rate sensitivity");
  if (!reader.has(section, "Rate exponent"))
    reader.refuse(section, "Rate exponent", "the law needs it; allowed are numbers from 1");
  const auto resistance =
      read_by_family(reader, section, "Slip resistance",
                     "critical resolved shear stress at the beginning, tau0; required");
  if (resistance.empty())
    reader.refuse(section, "Slip resistance", "the law needs it; allowed are numbers above 0");
  FamilyReader(reader, section, law)
      .set("Slip resistance", resistance, &SlipFamilyConstants::resistance, false);
  read_hardening(reader, section, law);
  set_slip_systems(lattice.name, lattice.families, lattice.axial_ratio, *oriented.orientation,
                   stiffness, law);
  return std::make_shared<CrystalLaw>(law, stiffness, context.unit);
}

}  // namespace

void register_crystal_viscoplasticity() {
  register_law(
      "crystal viscoplasticity",
      {"slip by a power law on the systems of an fcc, bcc or hcp crystal, elasticity of any "
       "symmetry",
       "set Lattice              = fcc\n"
       "set Elastic constants    = cubic: 168.4e3, 121.4e3, 75.4e3\n"
       "set Euler angles         = 0, 0, 0\n"
       "set Slip resistance      = 9\n"
       "set Hardening            = Voce\n"
       "set Voce stress          = 5\n"
       "set Initial hardening rate = 400\n"
       "set Final hardening rate = 250\n"
       "set Rate exponent        = 10\n"
       "set Reference slip rate  = 1\n"},
      read);
}

}  // namespace seco::materials
