#pragma once

#include <Eigen/Core>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "seco/materials/law.h"
#include "seco/materials/parameter_file.h"
#include "seco/materials/random.h"

/// Laws from a line of text, and their answers at one point.
namespace law_points {

using namespace seco::materials;
using Vector6 = Eigen::Matrix<double, 6, 1>;
using Matrix6 = Eigen::Matrix<double, 6, 6>;
using State = std::vector<double>;

/// @param text keys and values, "Law = J2 plasticity; Young modulus = 70e3; ..."
inline std::shared_ptr<const Law> law_from(const std::string& text,
                                           const LawContext& context = {}) {
  register_builtin_laws();
  std::string file = "subsection Phase\n  set ";
  for (const char c : text) file += c == ';' ? std::string("\n  set ") : std::string(1, c);
  ParameterFile reader(file + "\nend\n", "laws.prm");
  auto law = read_law(reader, "Phase", context);
  reader.check_all_used();
  return law;
}

/// Message of the refusal of such a text; empty if it is not refused.
inline std::string refusal(const std::string& text, const LawContext& context = {}) {
  try {
    law_from(text, context);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "";
}

struct Answer {
  double fraction = 0, energy = 0;
  Vector6 stress;
  Matrix6 tangent;
  State state;
};

inline Answer respond(const Law& law, const Vector6& strain, const State& state,
                      double time_step = 1) {
  Answer answer;
  answer.state.resize(state.size());
  double triangle[21];
  answer.fraction = law.respond({1, 1, strain.data(), state.data(), time_step},
                                {answer.stress.data(), triangle, &answer.energy,
                                 answer.state.empty() ? nullptr : answer.state.data()});
  for (int i = 0, at = 0; i < 6; ++i)
    for (int j = i; j < 6; ++j, ++at) answer.tangent(i, j) = answer.tangent(j, i) = triangle[at];
  return answer;
}

inline double dual(const Law& law, const Vector6& stress, const State& state,
                   double time_step = 1) {
  double energy = 0;
  law.dual({1, 1, stress.data(), state.data(), time_step}, &energy);
  return energy;
}

/// `w + w* - s:e` over the sum of their sizes; infinity where w* is.
inline double relative_gap(double energy, double dual_energy, const Vector6& stress,
                           const Vector6& strain) {
  const double work = stress.dot(strain);
  if (dual_energy == HUGE_VAL) return HUGE_VAL;
  return (energy + dual_energy - work) /
         (std::abs(energy) + std::abs(dual_energy) + std::abs(work) + 1e-300);
}

/// A direction with the size `exp(uniform)` from `smallest` to `largest`.
inline Vector6 random_tensor(RandomStream& random, double smallest, double largest) {
  Vector6 v;
  for (int i = 0; i < 6; ++i) v[i] = random.normal();
  return v.normalized() * std::exp(random.uniform(std::log(smallest), std::log(largest)));
}

/// The state after some random steps from the initial one.
inline State random_state(const Law& law, RandomStream& random, double strain_size,
                          double time_step) {
  State state = law.initial_state();
  const auto n_steps = random.index(4);
  for (std::uint64_t i = 0; i < n_steps; ++i)
    state =
        respond(law, random_tensor(random, 0.1 * strain_size, 10 * strain_size), state, time_step)
            .state;
  return state;
}

/// Strain of a tension test along 1 that is driven by its strain: the lateral strains of an
/// isotropic law for which stresses 22 and 33 vanish, by Newton's method.
inline Vector6 strain_of_tension(const Law& law, double axial, const State& state,
                                 double time_step = 1) {
  Vector6 strain = Vector6::Zero();
  strain[0] = axial;
  for (int i = 0; i < 60; ++i) {
    const auto answer = respond(law, strain, state, time_step);
    const double change = -answer.stress[1] / (answer.tangent(1, 1) + answer.tangent(1, 2));
    strain[1] = strain[2] = strain[1] + change;
    if (std::abs(change) < 1e-17 + 1e-15 * std::abs(strain[1])) break;
  }
  return strain;
}

/// A law of the tests.
struct Case {
  std::string name, text;
  /// A strain at which it begins to differ from elasticity.
  double strain;
  double time_step = 1;
};

inline std::vector<Case> isotropic_cases() {
  const std::string elastic = "; Young modulus = 70e3; Poisson ratio = 0.3";
  const std::string j2 = "Law = J2 plasticity" + elastic + "; Yield stress = 100",
                    perzyna =
                        "Law = Perzyna" + elastic + "; Yield stress = 100; Reference rate = 2",
                    norton = "Law = Norton creep" + elastic + "; Reference rate = 1e-3",
                    ramberg = "Law = Ramberg-Osgood" + elastic + "; Reference strain = 0.002",
                    hencky = "Law = Hencky power law" + elastic + "; Yield stress = 100";
  const std::string linear = "; Hardening modulus = 700",
                    voce = "; Voce stress = 60; Voce exponent = 12",
                    slow_voce = "; Voce stress = 600; Voce exponent = 0.3",
                    ludwik = "; Ludwik coefficient = 150; Ludwik exponent = 0.3",
                    kinematic = "; Kinematic modulus = 900";
  std::vector<Case> cases;
  cases.push_back({"LinearElastic", "Law = linear elastic" + elastic, 1e-3});
  for (const auto& [name, hardening] :
       std::vector<std::pair<std::string, std::string>>{{"Perfect", ""},
                                                        {"Linear", linear},
                                                        {"Voce", voce},
                                                        {"SlowVoce", slow_voce},
                                                        {"VoceLinear", voce + linear},
                                                        {"Ludwik", ludwik},
                                                        {"LudwikLinear", ludwik + linear},
                                                        {"All", linear + voce + ludwik},
                                                        {"Kinematic", kinematic},
                                                        {"KinematicVoce", kinematic + voce},
                                                        {"KinematicLudwik", kinematic + ludwik}}) {
    cases.push_back({"J2" + name, j2 + hardening, 1e-3});
    const std::string power = "; Reference stress = 40; Exponent = ";
    cases.push_back({"Perzyna" + name, perzyna + hardening + power + "5", 1e-3});
    cases.push_back({"PerzynaOne" + name, perzyna + hardening + power + "1", 1e-3, 1e-3});
  }
  const std::string curve =
      "; Hardening curve = 0, 100, 0.002, 130, 0.01, 150, 0.02, 150, 0.05, 180";
  for (const auto& [name, more] : std::vector<std::pair<std::string, std::string>>{
           {"Curve", ""}, {"CurveKinematic", kinematic}}) {
    cases.push_back({"J2" + name, "Law = J2 plasticity" + elastic + curve + more, 1e-3});
    cases.push_back({"Perzyna" + name,
                     "Law = Perzyna" + elastic + curve + more +
                         "; Reference rate = 2; Reference stress = 40; Exponent = 3",
                     1e-3, 0.02});
  }
  for (const char* n : {"1", "4.5", "30"}) {
    const std::string label = std::string(n).substr(0, std::string(n).find('.'));
    cases.push_back({"Norton" + label, norton + "; Reference stress = 80; Exponent = " + n, 1e-3});
    cases.push_back(
        {"RambergOsgood" + label, ramberg + "; Reference stress = 80; Exponent = " + n, 1e-3});
  }
  cases.push_back({"Hencky", hencky + "; Exponent = 0.25", 1e-3});
  cases.push_back({"HenckyFlat", hencky + "; Exponent = 0.02", 1e-3});
  cases.push_back({"HenckyElastic", hencky + "; Exponent = 1", 1e-3});
  return cases;
}

/// With what is not isotropic.
inline std::vector<Case> all_cases() {
  auto cases = isotropic_cases();
  cases.push_back({"LinearElasticCubic", "Law = linear elastic; Elastic constants = Cu", 1e-3});
  return cases;
}

}  // namespace law_points
