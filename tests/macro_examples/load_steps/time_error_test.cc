// What the lengths of load steps do, and where steps end.
#include <gtest/gtest.h>

#include <cmath>

#include "small_run.h"

using namespace seco::test;
using nlohmann::json;

namespace {

/// A square in plane strain that is stretched along x, free to contract along y.
Changes square(const std::string& displacement, const std::string& end_time,
               const std::string& n_steps) {
  return {{"Dimension", "2"},
          {"Geometry/Type", "box"},
          {"Geometry/Lengths", "1, 1"},
          {"Geometry/Cells", "1, 1"},
          {"Solver/Linear algebra", "direct"},
          {"Boundary conditions/Displacement",
           "0: 0; free | 2: free; 0 | 1: " + displacement + "; free"},
          {"Boundary conditions/Traction", ""},
          {"Output/Points of interest", "1, 1"},
          {"Load steps/Newton tolerance", "1e-10"},
          {"Load steps/Smallest step", "1e-7"},
          {"Load steps/End time", end_time},
          {"Load steps/Steps", n_steps},
          {"Material 0/Model", "law"},
          {"Material 0/law/Young modulus", "70000"},
          {"Material 0/law/Poisson ratio", "0.3"}};
}

/// A cube of one element that is stretched at once, free to contract, and held while it creeps.
Changes relaxing(const std::string& end_time, const std::string& n_steps) {
  return merged(square("0", end_time, n_steps),
                {{"Dimension", "3"},
                 {"Geometry/Lengths", "1, 1, 1"},
                 {"Geometry/Cells", "1, 1, 1"},
                 {"Output/Points of interest", "1, 1, 1"},
                 {"Boundary conditions/Displacement",
                  "0: 0; free; free | 2: free; 0; free | 4: free; free; 0 | 1: 0.001; free; free"},
                 {"Material 0/law/Law", "Norton creep"},
                 {"Material 0/law/Reference rate", "1e-3"},
                 {"Material 0/law/Reference stress", "60"},
                 {"Material 0/law/Exponent", "5"}});
}

/// Its stress: s' = -E a (s / s_0)^5 from E times the strain.
double relaxed(double time) {
  return std::pow(std::pow(70., -4) + 4 * 70000 * 1e-3 * time / std::pow(60., 5), -0.25);
}

double force(const json& step) {
  for (const auto& entry : step["boundaries"])
    if (entry["boundary"] == "1") return entry["force"][0];
  ADD_FAILURE() << "no boundary 1";
  return 0;
}

bool has_note(const json& summary, const std::string& text) {
  if (!summary.contains("mesh_notes")) return false;
  for (const std::string note : summary["mesh_notes"])
    if (note.find(text) != std::string::npos) return true;
  return false;
}

std::vector<double> times(const json& summary) {
  std::vector<double> result;
  for (const auto& step : summary["load_steps"]) result.push_back(step["time"]);
  return result;
}

}  // namespace

TEST(TimeError, OfAStepIsNearTheTrueOne) {
  for (const double length : {2.5, 0.625, 0.1}) {
    const auto summary = run("one_step", relaxing(std::to_string(length), "1"));
    const auto& step = summary["load_steps"][0];
    const double error = std::abs(force(step) - relaxed(length)) / force(step),
                 estimate = step["time_error"];
    EXPECT_GT(error, 0.01);
    // Those of long steps are more than the leading term.
    EXPECT_GT(estimate, 0.65 * error) << length;
    EXPECT_LT(estimate, 1.1 * error) << length;
    EXPECT_TRUE(has_note(summary, "the lengths of the steps change stresses"));
  }
}

// The same body stretched later: nothing happens before, and the jump is at the begin of the second
// step. A ramp in the same time is none.
TEST(TimeError, AJumpAtTheBeginOfAStepIsNotARamp) {
  const auto held = run("one_step", relaxing("0.1", "1"))["load_steps"][0];
  auto later = relaxing("0.2", "2");
  later["Boundary conditions/Displacement"] =
      "0: 0; free; free | 2: free; 0; free | 4: free; free; 0 | 1: if(t<=0.1, 0, 0.001); free; "
      "free";
  const auto second = run("stretched_later", later)["load_steps"][1];
  EXPECT_NEAR(second["time_error"], held["time_error"].get<double>(), 1e-5);
  EXPECT_NEAR(force(second), force(held), 1e-6 * force(held));
  auto ramp = relaxing("0.1", "1");
  ramp["Boundary conditions/Displacement"] =
      "0: 0; free; free | 2: free; 0; free | 4: free; free; 0 | 1: 0.01*t; free; free";
  EXPECT_GT(run("ramp", ramp)["load_steps"][0]["time_error"], 2 * held["time_error"].get<double>());
}

TEST(TimeError, OfALinearMaterialAndOfProportionalPlasticityIsNone) {
  const auto plastic = run("proportional", merged(square("0.01*t", "1", "4"),
                                                  {{"Dimension", "3"},
                                                   {"Geometry/Lengths", "1, 1, 1"},
                                                   {"Geometry/Cells", "1, 1, 1"},
                                                   {"Output/Points of interest", "1, 1, 1"},
                                                   {"Boundary conditions/Displacement",
                                                    "0: 0; free; free | 2: free; 0; free | 4: "
                                                    "free; free; 0 | 1: 0.01*t; free; free"},
                                                   {"Material 0/law/Law", "J2 plasticity"},
                                                   {"Material 0/law/Yield stress", "100"},
                                                   {"Material 0/law/Hardening modulus", "1000"}}));
  for (const auto& step : plastic["load_steps"]) EXPECT_LT(step["time_error"], 1e-3);
  EXPECT_LT(plastic["load_steps"][3]["time_error"], 1e-9);
  EXPECT_FALSE(has_note(plastic, "the lengths of the steps change stresses"));
}

TEST(TimeError, AToleranceMakesStepsThatAreNearTheManyShortOnes) {
  const double exact = relaxed(10);
  double last_error = 1e10;
  std::size_t last_number = 0;
  for (const std::string tolerance : {"3e-2", "3e-3", "3e-4"}) {
    const auto adapted =
        run("adapted_in_time",
            merged(relaxing("10", "4"), {{"Load steps/Time error tolerance", tolerance}}));
    const double error = std::abs(force(adapted["load_steps"].back()) - exact);
    EXPECT_LT(error, 0.8 * last_error) << tolerance;
    EXPECT_GT(adapted["load_steps"].size(), last_number);
    for (const auto& step : adapted["load_steps"])
      EXPECT_LE(step["time_error"], std::stod(tolerance));
    last_error = error;
    last_number = adapted["load_steps"].size();
  }
  EXPECT_LT(last_error, 0.03 * exact);
  EXPECT_LT(last_number, 300u);
}

// What is held goes on as before, up to round-off; only after a kink there is no estimate.
TEST(TimeError, OfRvesIsThereWhileDisplacementsAreHeld) {
  const auto folder = new_folder("laws_of_creep");
  write_text(folder / "laws.prm",
             "subsection Phase 0\n  set Law = Norton creep\n  set Young modulus = 70000\n  set "
             "Poisson ratio = 0.3\n  set Reference rate = 1\n  set Reference stress = 100\n  set "
             "Exponent = 4\nend\n");
  const std::string section = "Material 0/homogenized laws/";
  for (const std::string end : {"0.7", "1", "3"}) {
    auto changes = square("0.003*min(t/" + end + "*5, 1)", end, "5");
    for (const auto* key : {"Young modulus", "Poisson ratio"})
      changes.erase(std::string("Material 0/law/") + key);
    const auto summary =
        run("held", merged(changes, {{"Load steps/Newton tolerance", "1e-5"},
                                     {"Material 0/Model", "homogenized laws"},
                                     {section + "Laws", (folder / "laws.prm").string()},
                                     {section + "Seed per", "material"},
                                     {section + "Microstructure/Type", "homogeneous"},
                                     {section + "Microstructure/Grid", "2, 2"},
                                     {section + "Microstructure/Lengths", "1, 1"}}));
    const auto& steps = summary["load_steps"];
    ASSERT_EQ(steps.size(), 5u);
    EXPECT_TRUE(steps[1]["time_error"].is_null());
    for (std::size_t k = 2; k < 5; ++k) EXPECT_TRUE(steps[k]["time_error"].is_number()) << k;
  }
}

TEST(TimeError, StepsEndAtKinksAndAtListedTimes) {
  auto changes = merged(square("0.001*if(t < 0.33, t, 0.66 - t)", "1", "4"),
                        {{"Material 0/law/Law", "J2 plasticity"},
                         {"Material 0/law/Yield stress", "100"},
                         {"Material 0/law/Hardening modulus", "1000"}});
  changes["Load steps/Times"] = "0.6, 0.9, 1";
  const auto summary = run("kinks", changes);
  for (const double time : {0.25, 0.33, 0.5, 0.6, 0.75, 0.9, 1.}) {
    double nearest = 1;
    for (const double t : times(summary)) nearest = std::min(nearest, std::abs(t - time));
    EXPECT_LT(nearest, 1e-12) << time;
  }
  changes["Load steps/Times"] = "0.5, 1.5";
  expect_refused(changes, {"run.prm", "'Times'", "1.5", "'End time' = 1"});
}

// What the band of plot.py takes: |F - F*| <= sqrt(2 (upper - lower) K).
TEST(TimeError, TheElasticStiffnessOfABoundaryIsItsForceForAUnitDisplacement) {
  const auto summary = run(
      "stiffness", merged(square("0.002*t", "1", "1"), {{"Material 0/law/Law", "Norton creep"},
                                                        {"Geometry/Cells", "2, 2"},
                                                        {"Material 0/law/Reference rate", "1"},
                                                        {"Material 0/law/Reference stress", "60"},
                                                        {"Material 0/law/Exponent", "1"}}));
  // Plane strain, free to contract: E / (1 - nu^2), although it creeps from the first step on.
  const double expected = 70000 / (1 - 0.3 * 0.3);
  for (const auto& boundary : summary["elastic_stiffness"]) {
    if (boundary["boundary"] == "2") continue;
    EXPECT_NEAR(boundary["stiffness"][0], expected, 1e-6 * expected);
    EXPECT_TRUE(boundary["stiffness"][1].is_null());
  }
  EXPECT_EQ(summary["elastic_stiffness"].size(), 3u);
  EXPECT_LT(force(summary["load_steps"][0]), 0.5 * expected * 0.002);
  EXPECT_GT(summary["memory"]["largest_process_bytes"], 1e7);
}

// Reactions are those of stresses in equilibrium, so that the band holds however large the residual
// is.
TEST(TimeError, TheBandOfAReactionHoldsForRoughNewtonSteps) {
  auto body = merged(square("0.002*t", "1", "1"), {{"Geometry/Lengths", "2, 1"},
                                                   {"Geometry/Cells", "6, 3"},
                                                   {"Material 0/law/Law", "J2 plasticity"},
                                                   {"Material 0/law/Yield stress", "60"},
                                                   {"Material 0/law/Hardening modulus", "2000"}});
  for (const bool springs : {false, true}) {
    // Soft springs leave little stiffness, and a narrow band.
    const std::string moved =
        "2: free; 0 | 1: " + std::string(springs ? "0.2" : "0.004") + "*t; 0.002*t*y";
    body["Boundary conditions/Displacement"] = springs ? moved : "0: 0; 0 | " + moved;
    body["Boundary conditions/Springs"] = springs ? "0: 500" : "";
    const auto exact = run("exact", merged(body, {{"Load steps/Newton tolerance", "1e-12"}}));
    for (const std::string tolerance : {"0.1", "0.03", "1e-2", "1e-3"}) {
      const auto rough = run("rough", merged(body, {{"Load steps/Newton tolerance", tolerance}}));
      const auto& step = rough["load_steps"][0];
      const double gap = step["upper"].get<double>() - step["lower"].get<double>();
      double size = 0;
      for (std::size_t b = 0; b < step["boundaries"].size(); ++b)
        for (std::size_t c = 0; c < 2; ++c)
          for (const auto& boundary : rough["elastic_stiffness"]) {
            if (boundary["boundary"] != step["boundaries"][b]["boundary"]) continue;
            if (boundary["stiffness"][c].is_null()) continue;
            const double expected = exact["load_steps"][0]["boundaries"][b]["force"][c],
                         found = step["boundaries"][b]["force"][c],
                         stiffness = boundary["stiffness"][c];
            size = std::max(size, std::abs(expected));
            EXPECT_LE(std::abs(found - expected),
                      std::sqrt(2 * gap * stiffness) + 1e-9 * std::abs(expected))
                << tolerance << " boundary " << b << " component " << c;
          }
      EXPECT_GT(size, 10.);
      // Those of all boundaries are in equilibrium, springs included.
      for (std::size_t c = 0; c < 2; ++c) {
        double sum = 0;
        for (const auto& boundary : step["boundaries"]) sum += boundary["force"][c].get<double>();
        EXPECT_NEAR(sum, 0, 1e-6 * size) << tolerance << " component " << c;
      }
    }
  }
}
