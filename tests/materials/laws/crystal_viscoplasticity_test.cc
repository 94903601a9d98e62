// Crystals slip as the power law says, and their energies are a conjugate pair.
#include <gtest/gtest.h>

#include <Eigen/Geometry>
#include <Eigen/LU>
#include <algorithm>
#include <cmath>
#include <numeric>

#include "laws/law_points.h"
#include "seco/materials/elastic_symmetry.h"
#include "seco/materials/rotation.h"
#include "slip_systems.h"

using namespace law_points;

namespace {

/// Copper, MPa and seconds.
constexpr double c11 = 168400, c12 = 121400, c44 = 75400;
const std::string cubic_elasticity = "; Elastic constants = cubic: 168.4e3, 121.4e3, 75.4e3",
                  hexagonal_elasticity =
                      "; Elastic constants = hexagonal: 162.4e3, 92e3, 69e3, 180.7e3, 46.7e3",
                  crystal = "Law = crystal viscoplasticity; Reference slip rate = 1",
                  voce =
                      "; Hardening = Voce; Voce stress = 5; Initial hardening rate = 400; Final "
                      "hardening rate = 250",
                  saturation =
                      "; Hardening = saturation; Saturation resistance = 148; Slip hardening "
                      "modulus = 180; Slip hardening exponent = 2.25; Latent hardening = 1.4";

std::string fcc(const std::string& n, const std::string& more = "") {
  return crystal + cubic_elasticity + "; Lattice = fcc; Slip resistance = 9; Rate exponent = " + n +
         more;
}
std::string bcc(const std::string& n, const std::string& more = "") {
  return crystal + cubic_elasticity +
         "; Lattice = bcc; Slip resistance = 9, 11; Rate exponent = " + n + more;
}
std::string hcp(const std::string& n, const std::string& more = "") {
  return crystal + hexagonal_elasticity +
         "; Lattice = hcp; Axial ratio = 1.587; Slip families = basal <a>, prismatic <a>, "
         "pyramidal <a>, pyramidal <c+a>; Slip resistance = 49, 37, 60, 197; Rate exponent = " +
         n + more;
}

LawContext turned(const Rotation& rotation) {
  LawContext context;
  context.orientation = rotation;
  return context;
}
Vector6 rotate_tensor(const Rotation& rotation, const Vector6& tensor) {
  return mandel_rotation(rotation) * tensor;
}
Vector6 uniaxial(const Eigen::Vector3d& direction, double value) {
  const Eigen::Vector3d d = direction.normalized();
  Vector6 s;
  s << d[0] * d[0], d[1] * d[1], d[2] * d[2], M_SQRT2 * d[1] * d[2], M_SQRT2 * d[0] * d[2],
      M_SQRT2 * d[0] * d[1];
  return value * s;
}

struct CrystalCase {
  std::string name, text;
};
std::vector<CrystalCase> cases() {
  std::vector<CrystalCase> all;
  for (const char* n : {"1", "4.5", "10", "20", "50"}) {
    const std::string label = std::string(n) == "4.5" ? "4" : n;
    all.push_back({"Fcc" + label, fcc(n)});
    all.push_back({"FccVoce" + label, fcc(n, voce)});
    all.push_back({"FccSaturation" + label, fcc(n, saturation)});
    all.push_back({"Bcc" + label, bcc(n, saturation)});
    all.push_back({"Hcp" + label, hcp(n, voce)});
  }
  return all;
}

class Crystals : public ::testing::TestWithParam<CrystalCase> {
 protected:
  RandomStream random{11};
  std::shared_ptr<const Law> law = law_from(GetParam().text, turned(random_rotation(random)));
};

}  // namespace

TEST_P(Crystals, EnergiesAreAConjugatePair) {
  double smallest = 0, at_stress = 0;
  for (int i = 0; i < 300; ++i) {
    const double time_step = std::exp(random.uniform(-12, 3));
    const State s = random_state(*law, random, 1e-3, time_step);
    const Vector6 e = random_tensor(random, 1e-6, 1);
    const auto answer = respond(*law, e, s, time_step);
    ASSERT_EQ(answer.fraction, 1);
    at_stress = std::max(
        at_stress, std::abs(relative_gap(answer.energy, dual(*law, answer.stress, s, time_step),
                                         answer.stress, e)));
    const Vector6 other = respond(*law, e + random_tensor(random, 1e-6, 1e-1), s, time_step).stress;
    for (const Vector6& stress :
         {other, random_tensor(random, 1e-2, 1e5), Vector6(answer.stress * (1 + 1e-7))}) {
      const double energy = dual(*law, stress, s, time_step);
      // Powers overflow where no strain of this world leads.
      if (std::isinf(energy)) continue;
      smallest = std::min(smallest, relative_gap(answer.energy, energy, stress, e));
    }
  }
  EXPECT_GE(smallest, -1e-13);
  EXPECT_LE(at_stress, 1e-13);
}

TEST_P(Crystals, StressAndTangentAreDerivatives) {
  for (int i = 0; i < 20; ++i) {
    const double time_step = std::exp(random.uniform(-7, 0));
    const State s = random_state(*law, random, 1e-3, time_step);
    const Vector6 e = random_tensor(random, 1e-4, 1e-2);
    const auto answer = respond(*law, e, s, time_step);
    const double h = 1e-5 * e.norm();
    Matrix6 differences;
    Vector6 slopes;
    for (int k = 0; k < 6; ++k) {
      Vector6 d = Vector6::Zero();
      d[k] = h;
      const auto up = respond(*law, e + d, s, time_step), down = respond(*law, e - d, s, time_step);
      differences.col(k) = (up.stress - down.stress) / (2 * h);
      slopes[k] = (up.energy - down.energy) / (2 * h);
    }
    EXPECT_LT((slopes - answer.stress).norm(), 1e-8 * answer.stress.norm());
    EXPECT_LT((differences - answer.tangent).norm(), 1e-7 * answer.tangent.norm());
    // Slip softens: between 0 and the elastic stiffness.
    EXPECT_GT(relative_smallest_eigenvalue(answer.tangent), 0);
    EXPECT_GT(relative_smallest_eigenvalue(law->elastic_stiffness() * (1 + 1e-12) - answer.tangent),
              0);
  }
}

TEST_P(Crystals, StressAndStateBalance) {
  for (int i = 0; i < 50; ++i) {
    const double time_step = std::exp(random.uniform(-7, 0));
    const State s = random_state(*law, random, 1e-3, time_step);
    const Vector6 e = random_tensor(random, 1e-4, 1e-1);
    const auto answer = respond(*law, e, s, time_step);
    const Vector6 plastic = Vector6::Map(answer.state.data());
    EXPECT_LT((law->elastic_stiffness() * (e - plastic) - answer.stress).norm(),
              1e-12 * (law->elastic_stiffness() * e).norm());
    EXPECT_NEAR(plastic.head<3>().sum(), 0, 1e-14 * (1 + plastic.norm()));
    EXPECT_GE(answer.state[6], s[6]);
    for (std::size_t k = 7; k < s.size(); ++k) EXPECT_GE(answer.state[k], s[k] * (1 - 1e-14));
  }
}

INSTANTIATE_TEST_SUITE_P(Laws, Crystals, ::testing::ValuesIn(cases()),
                         [](const auto& info) { return info.param.name; });

namespace {

/// Plain and slow: twelve hand-written systems, Newton's method for the stress on the dense
/// equations `C^-1 s + sum_a slip_a P_a = e`, in long double, the strain raised little by little.
struct PlainCrystal {
  using Number = long double;
  using Vector = Eigen::Matrix<Number, 6, 1>;
  using Matrix = Eigen::Matrix<Number, 6, 6>;

  Matrix compliance;
  std::vector<Vector> schmid;
  Number rate = 1, exponent, resistance = 9;

  PlainCrystal(const Rotation& rotation, double n) : exponent(n) {
    Matrix6 c = Matrix6::Zero();
    c.topLeftCorner<3, 3>().setConstant(c12);
    c.diagonal() << c11, c11, c11, 2 * c44, 2 * c44, 2 * c44;
    const Matrix6 turn = mandel_rotation(rotation);
    compliance = (turn * c * turn.transpose()).cast<Number>().inverse();
    for (int i = 0; i < 4; ++i) {
      const Eigen::Vector3d normal(i == 1 ? -1 : 1, i == 2 ? -1 : 1, i == 3 ? -1 : 1);
      for (int k = 0; k < 3; ++k) {
        // Perpendicular to the normal, without component k.
        Eigen::Vector3d b = Eigen::Vector3d::Zero();
        b[(k + 1) % 3] = normal[(k + 2) % 3];
        b[(k + 2) % 3] = -normal[(k + 1) % 3];
        const Eigen::Matrix3d p =
            rotation * (b * normal.transpose()) * rotation.transpose() / std::sqrt(6.);
        Vector6 m;
        m << p(0, 0), p(1, 1), p(2, 2), (p(1, 2) + p(2, 1)) / M_SQRT2,
            (p(0, 2) + p(2, 0)) / M_SQRT2, (p(0, 1) + p(1, 0)) / M_SQRT2;
        schmid.push_back(m.cast<Number>());
      }
    }
  }

  Number slip(const Vector& stress, const Vector& p, Number dt) const {
    const Number x = stress.dot(p) / resistance;
    return std::copysign(rate * dt * std::pow(std::abs(x), exponent), x);
  }
  Vector strain_of(const Vector& stress, Number dt) const {
    Vector strain = compliance * stress;
    for (const auto& p : schmid) strain += slip(stress, p, dt) * p;
    return strain;
  }
  Vector stress_of(const Vector& strain, Number dt) const {
    Vector stress = Vector::Zero();
    constexpr int n_parts = 40;
    for (int part = 1; part <= n_parts; ++part) {
      const Vector target = strain * std::pow(Number(1e-6), 1 - Number(part) / n_parts);
      for (int i = 0; i < 500; ++i) {
        const Vector residual = target - strain_of(stress, dt);
        if (residual.norm() < 1e-17L * target.norm()) break;
        Matrix slope = compliance;
        for (const auto& p : schmid) {
          const Number x = std::abs(stress.dot(p) / resistance);
          if (x > 0)
            slope +=
                rate * dt * exponent / resistance * std::pow(x, exponent - 1) * p * p.transpose();
        }
        const Vector step = slope.lu().solve(residual);
        Number length = 1;
        const auto size = [&](const Vector& s) { return (target - strain_of(s, dt)).norm(); };
        while (length > 1e-6 && !(size(stress + length * step) < residual.norm())) length /= 2;
        stress += length * step;
      }
    }
    return stress;
  }
  /// The energy of the elastic strain and what slip dissipates by the primal potential
  /// `n / (n + 1) g rate dt |slip / (rate dt)|^((n + 1) / n)`.
  Number energy(const Vector& stress, Number dt) const {
    Number sum = stress.dot(compliance * stress) / 2;
    for (const auto& p : schmid)
      sum += exponent / (exponent + 1) * resistance * rate * dt *
             std::pow(std::abs(slip(stress, p, dt)) / (rate * dt), (exponent + 1) / exponent);
    return sum;
  }
};

}  // namespace

TEST(CrystalViscoplasticity, AgreesWithAPlainImplementation) {
  RandomStream random(5);
  for (const double n : {1., 4.5, 10., 20., 50.}) {
    for (int i = 0; i < 5; ++i) {
      const auto rotation = random_rotation(random);
      const auto law = law_from(fcc(std::to_string(n)), turned(rotation));
      const PlainCrystal plain(rotation, n);
      const Vector6 e = random_tensor(random, 1e-5, 1e-1);
      const double dt = std::exp(random.uniform(-9, 0));
      const auto answer = respond(*law, e, law->initial_state(), dt);
      const auto stress = plain.stress_of(e.cast<long double>(), dt);
      EXPECT_LT((answer.stress - stress.cast<double>()).norm(), 1e-13 * answer.stress.norm())
          << n << " " << e.norm();
      EXPECT_NEAR(answer.energy, static_cast<double>(plain.energy(stress, dt)),
                  1e-13 * answer.energy);
    }
  }
}

// Under a stress along [001] eight systems have the Schmid factor 1 / sqrt(6), four have none.
TEST(CrystalViscoplasticity, TensionAlongACubeAxisIsAClosedForm) {
  const double det = (c11 - c12) * (c11 + 2 * c12), young = det / (c11 + c12),
               poisson = c12 / (c11 + c12);
  const double dt = 5e-3;
  for (const double n : {1., 10., 20., 50.}) {
    const auto law = law_from(fcc(std::to_string(n), saturation), turned(Rotation::Identity()));
    for (const double stress : {5., 15., 22., 26.}) {
      const double slip = dt * std::pow(stress / (std::sqrt(6.) * 9), n),
                   plastic = 8 * slip / std::sqrt(6.);
      Vector6 e = Vector6::Zero();
      e[2] = stress / young + plastic;
      e[0] = e[1] = -poisson * stress / young - plastic / 2;
      const auto answer = respond(*law, e, law->initial_state(), dt);
      Vector6 expected = Vector6::Zero();
      expected[2] = stress;
      EXPECT_LT((answer.stress - expected).norm(), 1e-12 * (1 + young * e.norm()));
      EXPECT_NEAR(answer.state[6], 8 * slip, 1e-10 * slip + 1e-15);
      // Each active system hardens by all eight, the others by eight latent ones.
      const double growth = 180 * std::pow(1 - 9 / 148., 2.25) * slip;
      std::vector<double> raised(answer.state.begin() + 7, answer.state.end());
      std::sort(raised.begin(), raised.end());
      for (std::size_t a = 0; a < 12; ++a)
        EXPECT_NEAR(raised[a] - 9, growth * (a < 8 ? 1 + 7 * 1.4 : 8 * 1.4), 1e-9 * growth + 1e-13);
    }
  }
}

// Along [112] two systems share the largest Schmid factor, 1 / sqrt(6), and with a high exponent
// they are alone. Without latent hardening the resistances tell the slip of each system.
TEST(CrystalViscoplasticity, DoubleSlipIsSymmetric) {
  const Vector6 stress = uniaxial({1, 1, 2}, 24);
  const double dt = 1e-3, h0 = 180;
  const int n = 50;
  const auto law =
      law_from(fcc("50",
                   "; Hardening = saturation; Saturation resistance = 1e9; Slip hardening modulus "
                   "= 180; Slip hardening exponent = 1; Latent hardening = 0"),
               turned(Rotation::Identity()));
  Vector6 e = law->elastic_stiffness().inverse() * stress;
  std::vector<double> slips;
  for (const auto& system : slip_systems("fcc", "{111}<110>", 1)) {
    const Vector6 p = schmid_tensor(system);
    const double x = stress.dot(p) / 9, slip = std::copysign(dt * std::pow(std::abs(x), n), x);
    e += slip * p;
    slips.push_back(std::abs(slip));
  }
  const auto answer = respond(*law, e, law->initial_state(), dt);
  EXPECT_LT((answer.stress - stress).norm(), 1e-11 * stress.norm());
  std::vector<double> found;
  for (std::size_t a = 7; a < answer.state.size(); ++a)
    found.push_back((answer.state[a] - 9) / (h0 * (1 - 9e-9)));
  std::sort(found.rbegin(), found.rend());
  std::sort(slips.rbegin(), slips.rend());
  const double expected = dt * std::pow(24 / (std::sqrt(6.) * 9), n);
  EXPECT_NEAR(found[0], expected, 1e-9 * expected);
  EXPECT_NEAR(found[1], expected, 1e-9 * expected);
  EXPECT_LT(found[2], 1e-3 * expected);
  for (std::size_t a = 0; a < 12; ++a) EXPECT_NEAR(found[a], slips[a], 1e-9 * expected);
}

TEST(CrystalViscoplasticity, SymmetryOperationsAndRotationsChangeNothing) {
  RandomStream random(8);
  const auto cube = Eigen::AngleAxisd(2 * M_PI / 3, Eigen::Vector3d::Ones().normalized());
  const auto hexagon = Eigen::AngleAxisd(M_PI / 3, Eigen::Vector3d::UnitZ());
  for (const auto& [text, operation] : std::vector<std::pair<std::string, Rotation>>{
           {fcc("10", voce), cube.toRotationMatrix()},
           {bcc("20", voce), cube.toRotationMatrix()},
           {hcp("20", voce), hexagon.toRotationMatrix()}}) {
    const auto orientation = random_rotation(random), rotation = random_rotation(random);
    const auto law = law_from(text, turned(orientation)),
               same = law_from(text, turned(orientation * operation)),
               other = law_from(text, turned(rotation * orientation));
    for (int i = 0; i < 20; ++i) {
      const Vector6 e = random_tensor(random, 1e-4, 1e-2);
      const auto a = respond(*law, e, law->initial_state(), 1e-2),
                 b = respond(*same, e, law->initial_state(), 1e-2),
                 c = respond(*other, rotate_tensor(rotation, e), law->initial_state(), 1e-2);
      EXPECT_LT((a.stress - b.stress).norm(), 1e-12 * a.stress.norm());
      EXPECT_LT((rotate_tensor(rotation, a.stress) - c.stress).norm(), 1e-12 * a.stress.norm());
      EXPECT_NEAR(b.energy, a.energy, 1e-12 * a.energy);
      EXPECT_NEAR(c.energy, a.energy, 1e-12 * a.energy);
      EXPECT_NEAR(c.state[6], a.state[6], 1e-11 * a.state[6]);
    }
  }
}

// Bunge angles in degrees are the other way to say how a crystal lies.
TEST(CrystalViscoplasticity, EulerAnglesReplaceAnOrientation) {
  const double degree = M_PI / 180;
  const auto by_angles = law_from(fcc("10", "; Euler angles = 30, 40, 50")),
             by_phase =
                 law_from(fcc("10"), turned(from_euler(30 * degree, 40 * degree, 50 * degree)));
  EXPECT_EQ(by_angles->elastic_stiffness(), by_phase->elastic_stiffness());
  RandomStream random(2);
  const Vector6 e = random_tensor(random, 1e-3, 1e-3);
  EXPECT_EQ(respond(*by_angles, e, by_angles->initial_state(), 0.1).stress,
            respond(*by_phase, e, by_phase->initial_state(), 0.1).stress);
}

TEST(CrystalViscoplasticity, VoceHardeningFollowsTheAccumulatedSlip) {
  RandomStream random(4);
  const auto law = law_from(fcc("10", voce), turned(random_rotation(random)));
  EXPECT_EQ(law->initial_state().back(), 9);
  State state = law->initial_state();
  Vector6 e = Vector6::Zero();
  for (int i = 0; i < 10; ++i) {
    e += random_tensor(random, 1e-3, 1e-2);
    state = respond(*law, e, state, 1e-2).state;
    const double slip = state[6];
    EXPECT_NEAR(state[7], 9 + (5 + 250 * slip) * (1 - std::exp(-400 * slip / 5)), 1e-12 * state[7]);
  }
  EXPECT_GT(state[6], 1e-3);
}

// Points that are answered together do not change one another, wherever they stand in their row.
TEST(CrystalViscoplasticity, AnswersDoNotDependOnNeighbours) {
  RandomStream random(6);
  const auto law = law_from(bcc("20", saturation), turned(random_rotation(random)));
  constexpr std::int64_t n = 21, stride = 24;
  const auto n_state = static_cast<std::size_t>(law->n_state());
  std::vector<double> strain(6 * stride), state(n_state * stride), stress(6 * stride),
      tangent(21 * stride), energy(stride), next(n_state * stride), dual_energy(stride);
  std::vector<Vector6> strains;
  std::vector<State> states;
  for (std::int64_t k = 0; k < n; ++k) {
    strains.push_back(random_tensor(random, 1e-6, 1e-1));
    states.push_back(random_state(*law, random, 1e-3, 1e-2));
    for (int c = 0; c < 6; ++c) strain[c * stride + k] = strains.back()[c];
    for (std::size_t c = 0; c < n_state; ++c) state[c * stride + k] = states.back()[c];
  }
  EXPECT_EQ(law->respond({n, stride, strain.data(), state.data(), 1e-2},
                         {stress.data(), tangent.data(), energy.data(), next.data()}),
            1);
  law->dual({n, stride, stress.data(), state.data(), 1e-2}, dual_energy.data());
  for (std::int64_t k = 0; k < n; ++k) {
    const auto alone = respond(*law, strains[k], states[k], 1e-2);
    for (int c = 0; c < 6; ++c) EXPECT_EQ(stress[c * stride + k], alone.stress[c]) << k;
    for (std::size_t c = 0; c < n_state; ++c) EXPECT_EQ(next[c * stride + k], alone.state[c]);
    EXPECT_EQ(energy[k], alone.energy);
    EXPECT_EQ(tangent[k], alone.tangent(0, 0));
    EXPECT_EQ(dual_energy[k], dual(*law, alone.stress, states[k], 1e-2));
  }
}

TEST(CrystalViscoplasticity, GuaranteesTwoSidesAndPathsWithoutHardening) {
  const auto context = turned(Rotation::Identity());
  const auto constant = law_from(fcc("10"), context),
             hardening = law_from(fcc("10", voce), context);
  EXPECT_TRUE(constant->guarantee().two_sided && constant->guarantee().along_path);
  EXPECT_TRUE(hardening->guarantee().two_sided);
  EXPECT_FALSE(hardening->guarantee().along_path);
  EXPECT_NE(hardening->guarantee().reason.find("slip resistances"), std::string::npos);
  EXPECT_TRUE(constant->depends_on_time());
  EXPECT_THROW(respond(*constant, Vector6::Zero(), constant->initial_state(), 0),
               std::invalid_argument);
  EXPECT_EQ(constant->n_state(), 7);
  EXPECT_EQ(hardening->n_state(), 8);
  EXPECT_EQ(law_from(bcc("10", saturation), context)->n_state(), 7 + 24);
}

TEST(CrystalViscoplasticity, ContradictoryConstantsAreRefused) {
  const auto context = turned(Rotation::Identity());
  const std::string no_lattice = crystal + cubic_elasticity + "; Rate exponent = 5";
  const auto expect = [&](const std::string& text, const std::vector<std::string>& parts) {
    const auto message = refusal(text, context);
    for (const auto& part : parts)
      EXPECT_NE(message.find(part), std::string::npos) << text << "\n" << message;
  };
  EXPECT_NE(refusal(fcc("10")).find("Euler angles"), std::string::npos);
  expect(fcc("10", "; Euler angles = 0, 0, 0"), {"Euler angles", "already"});
  expect(no_lattice, {"Lattice", "fcc, bcc, hcp"});
  expect(no_lattice + "; Lattice = hcp; Slip resistance = 1", {"Slip families", "basal <a>"});
  expect(no_lattice + "; Lattice = hcp; Slip families = pyramidal <a>; Slip resistance = 1",
         {"Axial ratio", "pyramidal <a>"});
  expect(no_lattice + "; Lattice = hcp; Slip families = basal <a>, basal <a>",
         {"Slip families", "once"});
  expect(fcc("10", "; Axial ratio = 1.6"), {"Axial ratio", "hcp"});
  expect(no_lattice + "; Lattice = fcc", {"Slip resistance", "above 0"});
  expect(no_lattice + "; Lattice = bcc; Slip resistance = 1, 2, 3", {"Slip resistance", "2"});
  expect(no_lattice + "; Lattice = fcc; Slip resistance = 0", {"Slip resistance", "above 0"});
  expect(fcc("0.5"), {"Rate exponent", "1"});
  expect(fcc("10", "; Voce stress = 5"), {"Voce stress", "'none'"});
  expect(fcc("10", voce + "; Latent hardening = 1"), {"Latent hardening", "'Voce'"});
  expect(fcc("10", "; Hardening = Voce; Voce stress = 5"), {"Initial hardening rate", "needs"});
  expect(fcc("10",
             "; Hardening = Voce; Voce stress = 5; Initial hardening rate = 1; Final hardening "
             "rate = -1"),
         {"Final hardening rate", "softening"});
  expect(fcc("10",
             "; Hardening = saturation; Saturation resistance = 8; Slip hardening modulus = 1; "
             "Slip hardening exponent = 1; Latent hardening = 1"),
         {"Saturation resistance", "softening"});
  expect(fcc("10",
             "; Hardening = saturation; Saturation resistance = 80; Slip hardening modulus = -1; "
             "Slip hardening exponent = 1; Latent hardening = 1"),
         {"Slip hardening modulus", "softening"});
  // The stiffness of the microstructure does not say how its crystal lies.
  LawContext unoriented;
  unoriented.stiffness = cubic(c11, c12, c44);
  EXPECT_NE(refusal(crystal + "; Lattice = fcc; Slip resistance = 9; Rate exponent = 10; Euler "
                              "angles = 0, 0, 0",
                    unoriented)
                .find("Elastic constants"),
            std::string::npos);
}
