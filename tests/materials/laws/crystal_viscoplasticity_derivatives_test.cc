// Stress and tangent of a crystal are the derivatives of its energy, by automatic differentiation.
#include <gtest/gtest.h>

#include <Sacado.hpp>

#include "crystal_viscoplasticity.h"
#include "seco/materials/elastic_symmetry.h"
#include "seco/materials/random.h"
#include "seco/materials/rotation.h"
#include "slip_systems.h"

using namespace seco::materials;

namespace {

using Fad = Sacado::Fad::SFad<double, 6>;

CrystalViscoplasticity crystal(const std::string& lattice, double n, SlipHardening hardening,
                               RandomStream& random) {
  CrystalViscoplasticity law;
  law.rate = 1;
  law.exponent = n;
  law.hardening = hardening;
  law.latent = 1.4;
  const auto rotation = random_rotation(random);
  const std::vector<std::string> families =
      lattice == "fcc" ? std::vector<std::string>{"{111}<110>"}
                       : std::vector<std::string>{"basal <a>", "pyramidal <c+a>"};
  set_slip_systems(lattice, families, 1.6, rotation,
                   rotate(lattice == "fcc" ? cubic(168400, 121400, 75400)
                                           : hexagonal(162400, 92000, 69000, 180700, 46700),
                          rotation),
                   law);
  for (int i = 0; i < law.n_families; ++i)
    law.family[i] = {10. + 5 * i, 5, 400, 250, 150, 180, 2.25};
  return law;
}

}  // namespace

TEST(CrystalViscoplasticityDerivatives, AreStressAndTangent) {
  RandomStream random(9);
  for (const auto* lattice : {"fcc", "hcp"})
    for (const double n : {1., 4.5, 10., 20., 50.})
      for (const auto hardening :
           {SlipHardening::none, SlipHardening::voce, SlipHardening::saturation}) {
        const auto law = crystal(lattice, n, hardening, random);
        for (int sample = 0; sample < 10; ++sample) {
          const double time_step = std::exp(random.uniform(-8, 0)),
                       size = std::exp(random.uniform(-10, -2));
          constexpr int n_state = CrystalViscoplasticity::n_state_values;
          Fad strain[6], state[n_state];
          double strain_value[6], state_value[n_state] = {};
          for (int i = 0; i < 6; ++i) strain_value[i] = random.normal() * size;
          state_value[0] = 1e-3;
          state_value[1] = state_value[2] = -5e-4;
          for (int i = 7; i < n_state; ++i) state_value[i] = random.uniform(10, 40);
          for (int i = 0; i < 6; ++i) strain[i] = Fad(6, i, strain_value[i]);
          for (int i = 0; i < n_state; ++i) state[i] = state_value[i];
          PointAnswer<Fad, n_state> fad;
          PointAnswer<double, n_state> plain;
          fad.wants_tangent = plain.wants_tangent = true;
          law.respond(strain, state, time_step, fad);
          law.respond(strain_value, state_value, time_step, plain);
          ASSERT_TRUE(fad.found && plain.found);

          double largest_stress = 0, largest_tangent = 0, error = 0, tangent_error = 0;
          for (int i = 0, at = 0; i < 6; ++i) {
            largest_stress = std::max(largest_stress, std::abs(plain.stress[i]));
            error = std::max(error, std::abs(fad.energy.dx(i) - plain.stress[i]));
            for (int j = i; j < 6; ++j, ++at) {
              largest_tangent = std::max(largest_tangent, std::abs(plain.tangent[at]));
              tangent_error =
                  std::max({tangent_error, std::abs(fad.stress[i].dx(j) - plain.tangent[at]),
                            std::abs(fad.stress[j].dx(i) - plain.tangent[at])});
            }
          }
          EXPECT_LT(error, 1e-14 * largest_stress) << lattice << " " << n;
          EXPECT_LT(tangent_error, 1e-13 * largest_tangent) << lattice << " " << n;

          // The strain is the derivative of the dual energy at the stress.
          Fad stress[6];
          for (int i = 0; i < 6; ++i) stress[i] = Fad(6, i, plain.stress[i]);
          const Fad dual = law.dual(stress, state, time_step);
          for (int i = 0; i < 6; ++i)
            EXPECT_NEAR(dual.dx(i), strain_value[i], 5e-11 * (size + 1e-3)) << lattice << " " << n;
        }
      }
}
