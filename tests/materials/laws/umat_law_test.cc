// User materials of Abaqus answer as laws, and what they do wrong is said.
#include <gtest/gtest.h>
#include <unistd.h>

#include <barrier>
#include <cmath>
#include <cstdlib>
#include <thread>

#include "laws/law_points.h"
#include "seco/materials/elastic_symmetry.h"
#include "seco/materials/rotation.h"
#include "support/message_of.h"

using namespace law_points;
using seco::test::message_of;

#ifdef SECO_J2_UMAT  // with a Fortran compiler
// macro_examples/umat_law/j2_umat.f90 is the built-in J2 plasticity, also where it unloads.
TEST(UmatLaw, J2PlasticityInFortranIsTheBuiltInOne) {
  const auto fortran = law_from("Law = umat; Library = " SECO_J2_UMAT
                                "; State variables = 1; UMAT constants = 70e3, 0.3, 100, 2000"),
             built_in = law_from(
                 "Law = J2 plasticity; Young modulus = 70e3; Poisson ratio = 0.3; Yield stress = "
                 "100; Hardening modulus = 2000");
  EXPECT_LT((fortran->elastic_stiffness() - built_in->elastic_stiffness()).norm(),
            1e-14 * built_in->elastic_stiffness().norm());
  EXPECT_FALSE(fortran->guarantee().two_sided || fortran->guarantee().along_path);
  EXPECT_NE(fortran->guarantee().reason.find("no energy"), std::string::npos);

  State a = fortran->initial_state(), b = built_in->initial_state();
  ASSERT_EQ(a.size(), 14u);
  RandomStream random(3);
  Vector6 strain = Vector6::Zero();
  bool was_elastic = false, was_plastic = false;
  for (int step = 0; step < 60; ++step) {
    // Corners of a path in six directions, and back to 0 every 20 steps.
    if (step % 5 == 0) random = RandomStream(static_cast<std::uint64_t>(step));
    strain = step % 20 == 19 ? Vector6(Vector6::Zero())
                             : Vector6(strain + random_tensor(random, 3e-4, 2e-3));
    const auto left = respond(*fortran, strain, a, 0.5), right = respond(*built_in, strain, b, 0.5);
    ASSERT_EQ(left.fraction, 1);
    EXPECT_TRUE(std::isnan(left.energy));
    EXPECT_LT((left.stress - right.stress).norm(), 1e-10 * right.stress.norm()) << step;
    EXPECT_LT((left.tangent - right.tangent).norm(), 1e-10 * right.tangent.norm()) << step;
    EXPECT_NEAR(left.state[13], right.state[6], 1e-10 * right.state[6] + 1e-16);
    EXPECT_NEAR(left.state[12], 0.5 * (step + 1), 1e-12);
    EXPECT_LT((Vector6::Map(&left.state[6]) - strain).norm(), 1e-15);
    (right.state[6] > b[6] ? was_plastic : was_elastic) = true;
    a = left.state;
    b = right.state;
  }
  EXPECT_TRUE(was_plastic && was_elastic);
}

// Fortran's STOP is no success, and what was written before it is not lost.
TEST(UmatLaw, StopInFortranHasFailed) {
  const auto law = law_from("Law = umat; Library = " SECO_STOPPING_UMAT
                            "; State variables = 0; UMAT constants = 60e3, 30e3, 1e-3");
  Vector6 strain = Vector6::Zero();
  strain[0] = 5e-4;
  EXPECT_NEAR(respond(*law, strain, law->initial_state()).stress[0], 60, 1e-9);
  strain[0] = 2e-3;
  EXPECT_EXIT(
      {
        dup2(STDERR_FILENO, STDOUT_FILENO);
        respond(*law, strain, law->initial_state());
      },
      testing::ExitedWithCode(1),
      "no answer for this strain.*\n.*user material of '" SECO_STOPPING_UMAT
      "': it ended the program, as STOP does in Fortran");
}
#endif

#ifdef SECO_ODD_UMAT
namespace {

std::string odd(const std::string& deed, const std::string& more = "; State variables = 0") {
  return "Law = umat; Library = " SECO_ODD_UMAT "; UMAT constants = " + deed +
         ", 168e3, 121e3, 75e3" + more;
}
Vector6 some_strain() {
  Vector6 e;
  e << 1e-3, -2e-4, 3e-4, 4e-4, -5e-4, 6e-4;
  return e;
}

}  // namespace

// The user material of a crystal stands in crystal axes, and its stress is that of the increments.
TEST(UmatLaw, ComponentsAndAxesAreConverted) {
  RandomStream random(4);
  for (int i = 0; i < 10; ++i) {
    LawContext context;
    context.orientation = random_rotation(random);
    const auto law = law_from(odd("0"), context);
    const auto expected = rotate(cubic(168e3, 121e3, 75e3), *context.orientation);
    EXPECT_LT((law->elastic_stiffness() - expected).norm(), 1e-13 * expected.norm());
    State state = law->initial_state();
    for (int step = 0; step < 3; ++step) {
      const Vector6 strain = random_tensor(random, 1e-4, 1e-2);
      const auto answer = respond(*law, strain, state);
      EXPECT_LT((answer.stress - expected * strain).norm(), 1e-11 * (expected * strain).norm());
      EXPECT_LT((answer.tangent - expected).norm(), 1e-13 * expected.norm());
      state = answer.state;
    }
  }
}

TEST(UmatLaw, ArgumentsAreThoseOfTheManual) {
  const auto law =
      law_from(odd("8",
                   "; State variables = 16; Material name = Cu; Temperature = 293; Initial state "
                   "variables = 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5"));
  State state = respond(*law, some_strain(), law->initial_state(), 0.25).state;
  const auto user = [&](std::size_t i) { return state[13 + i]; };
  EXPECT_EQ(user(9), 1);
  EXPECT_EQ(user(0), 0);
  EXPECT_EQ(user(15), 6);
  state = respond(*law, 3 * some_strain(), state, 0.5).state;
  const double expected[] = {0.25, 0.25, 0.5, 293, 3, 3, 6, 16, 4, 2};
  for (std::size_t i = 0; i < 10; ++i) EXPECT_EQ(user(i), expected[i]) << i;
  // Engineering strain 12 at the beginning, and its increment.
  EXPECT_NEAR(user(10), M_SQRT2 * 6e-4, 1e-15);
  EXPECT_NEAR(user(11), M_SQRT2 * 12e-4, 1e-15);
  EXPECT_EQ(user(12), 80);
  EXPECT_EQ(user(13), 1);
  EXPECT_EQ(user(14), 5);
  EXPECT_EQ(user(15), 7);
  EXPECT_TRUE(law->depends_on_time());
}

TEST(UmatLaw, ShorterStepsAreObeyed) {
  const auto law = law_from(odd("1"));
  Vector6 strain = some_strain();
  EXPECT_EQ(respond(*law, strain, law->initial_state()).fraction, 0.75);
  EXPECT_EQ(respond(*law, -strain, law->initial_state()).fraction, 0.25);
  EXPECT_EQ(respond(*law, 0 * strain, law->initial_state()).fraction, 1);
}

TEST(UmatLaw, FaultsAreSaid) {
  const auto message = [](const std::string& deed, const std::string& more = "") {
    return message_of([&] {
      const auto law = law_from(odd(deed, "; State variables = 0" + more));
      respond(*law, some_strain(), law->initial_state());
    });
  };
  EXPECT_EQ(message("0"), "no error");
  for (const auto& [deed, part] :
       std::vector<std::pair<std::string, std::string>>{{"2", "STRESS is not finite"},
                                                        {"3", "DDSDDE is not symmetric"},
                                                        {"4", "DDSDDE is not finite"},
                                                        {"5", "not positive definite"},
                                                        {"6", "PNEWDT is 0"}}) {
    EXPECT_NE(message(deed).find(part), std::string::npos) << message(deed);
    EXPECT_NE(message(deed).find(SECO_ODD_UMAT), std::string::npos) << message(deed);
  }
  EXPECT_EQ(message("3", "; Symmetrise tangent = true"), "no error");
  const auto law = law_from(odd("3", "; State variables = 0; Symmetrise tangent = true"));
  const auto tangent = respond(*law, some_strain(), law->initial_state()).tangent;
  EXPECT_NEAR(tangent(0, 1), 121e3 + 0.5e-3 * 168e3, 1e-9);
}

TEST(UmatLaw, AProgramThatItEndsHasFailed) {
  for (const char* deed : {"9", "10"}) {
    const auto law = law_from(odd(deed));
    EXPECT_EXIT(respond(*law, some_strain(), law->initial_state()), testing::ExitedWithCode(1),
                "user material of '" SECO_ODD_UMAT "': it ended the program.*allowed is to return");
    // Between two calls the program may end.
    EXPECT_EXIT(std::exit(3), testing::ExitedWithCode(3), "");
  }
}

// COMMON blocks bear one call at a time, of all laws of a library.
TEST(UmatLaw, CallsTakeTurns) {
  for (const bool thread_safe : {false, true}) {
    const auto text = odd("7", std::string("; State variables = 1; Thread safe = ") +
                                   (thread_safe ? "true" : "false"));
    double overlaps = 0;
    std::barrier together(2);
    const auto run = [&](double& sum) {
      const auto law = law_from(text);
      State state = law->initial_state();
      together.arrive_and_wait();
      for (int i = 0; i < 50; ++i)
        sum += (state = respond(*law, (i + 1) * some_strain(), state).state)[13];
    };
    double other = 0;
    register_builtin_laws();
    std::thread thread([&] { run(other); });
    run(overlaps);
    thread.join();
    if (thread_safe) {
      EXPECT_GT(overlaps + other, 0);
    } else {
      EXPECT_EQ(overlaps + other, 0);
    }
  }
}
#endif

TEST(UmatLaw, WhatCannotBeLoadedIsRefused) {
  const auto expect = [](const std::string& text, const std::vector<std::string>& parts) {
    const auto message = refusal("Law = umat" + text);
    for (const auto& part : parts)
      EXPECT_NE(message.find(part), std::string::npos) << text << "\n" << message;
  };
  expect("", {"Library", "needs it"});
  expect("; Library = /nowhere/none.so", {"State variables", "needs it"});
  expect("; Library = /nowhere/none.so; State variables = 0",
         {"Library", "/nowhere/none.so", "No such file"});
  expect("; Library = libm.so.6; State variables = 2; Initial state variables = 1",
         {"Initial state variables", "2"});
  expect("; Library = libm.so.6; State variables = 0; Material name = " + std::string(81, 'a'),
         {"Material name", "80"});
}
