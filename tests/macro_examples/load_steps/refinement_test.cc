// Meshes that are refined between load steps.
#include <gtest/gtest.h>

#include <cmath>
#include <iterator>
#include <map>

#include "killed_run.h"
#include "small_run.h"

using namespace seco::test;
using nlohmann::json;

namespace {

Changes plastic(int material, const std::string& young, const std::string& yield_stress,
                const std::string& hardening) {
  const auto section = "Material " + std::to_string(material) + "/";
  return {{section + "Model", "law"},
          {section + "law/Law", "J2 plasticity"},
          {section + "law/Young modulus", young},
          {section + "law/Poisson ratio", "0.3"},
          {section + "law/Yield stress", yield_stress},
          {section + "law/Hardening modulus", hardening}};
}

/// In plane strain, in four steps.
Changes plane(const std::string& displacement) {
  return merged(plastic(0, "70000", "100", "1000"),
                {{"Dimension", "2"},
                 {"Geometry/Type", "box"},
                 {"Geometry/Lengths", "4, 1"},
                 {"Geometry/Cells", "8, 2"},
                 {"Solver/Linear algebra", "direct"},
                 {"Boundary conditions/Displacement", displacement},
                 {"Boundary conditions/Traction", ""},
                 {"Output/Points of interest", "4, 1"},
                 {"Load steps/Steps", "4"},
                 {"Load steps/Refine every", "1"},
                 {"Load steps/Newton tolerance", "1e-12"}});
}

/// Layers side by side in tension: each has the same stress everywhere, and at their interface the
/// strain across it jumps, but no traction.
Changes layers() {
  return merged(merged(plane("0: 0; free | 2: free; 0 | 1: 0.02*t; free"),
                       plastic(1, "200000", "300", "2000")),
                {{"Number of materials", "2"}, {"Geometry/Material id", "if(y<0.5, 0, 1)"}});
}

Changes bent_beam() {
  return merged(plane("0: 0; 0 | 1: free; -0.06*if(t<0.7, t, 1.4-t)"),
                {{"Load steps/Newton tolerance", "1e-10"}});
}

double force(const json& step, const std::string& name, int axis = 0) {
  for (const auto& entry : step["boundaries"])
    if (entry["boundary"] == name) return entry["force"][axis];
  ADD_FAILURE() << "no boundary " << name;
  return 0;
}

void expect_same_steps(const json& a, const json& b) {
  ASSERT_EQ(a["load_steps"].size(), b["load_steps"].size());
  for (std::size_t k = 0; k < a["load_steps"].size(); ++k) {
    const auto &x = a["load_steps"][k], &y = b["load_steps"][k];
    EXPECT_EQ(x["cells"], y["cells"]);
    EXPECT_EQ(x["unknowns"], y["unknowns"]);
    EXPECT_NEAR(force(x, "0", 1), force(y, "0", 1), 1e-8 * std::abs(force(x, "0", 1)));
    EXPECT_NEAR(x["upper"], y["upper"].get<double>(), 1e-8 * x["energy"].get<double>());
    ASSERT_EQ(x.contains("refinement"), y.contains("refinement"));
    if (!x.contains("refinement")) continue;
    EXPECT_NEAR(x["refinement"]["relative_residual"],
                y["refinement"]["relative_residual"].get<double>(), 1e-6);
  }
}

}  // namespace

TEST(Refinement, AStateThatIsTheSameEverywhereIsTransferredExactly) {
  // A little weight makes jumps between all cells, so that all are refined.
  constexpr double little = 1e-6;
  const auto heavy =
      merged(layers(), {{"Boundary conditions/Body force", "0; " + std::to_string(100 * little)},
                        {"Load steps/Refinement fraction", "1"}});
  const auto refined = run("layers_refined", heavy);
  const auto coarse = run("layers", merged(heavy, {{"Load steps/Refine every", "0"}}));
  EXPECT_GT(refined["cells"], 4 * coarse["cells"].get<int>());
  for (std::size_t k = 0; k < 4; ++k) {
    const auto &a = refined["load_steps"][k], &b = coarse["load_steps"][k];
    for (const std::string name : {"0", "1"})
      EXPECT_NEAR(force(a, name), force(b, name), little * std::abs(force(b, name)));
    EXPECT_NEAR(a["upper"], b["upper"].get<double>(), little * b["energy"].get<double>());
    EXPECT_LT(a["relative_gap"], 1e-11);
    if (a.contains("refinement")) {
      EXPECT_LT(a["refinement"]["relative_residual"], little);
    }
  }
  ASSERT_TRUE(refined["load_steps"][2].contains("refinement"));
  EXPECT_FALSE(coarse["load_steps"][1].contains("refinement"));
  // Both have yielded, each to its own stress.
  for (const auto& [name, value] : coarse["extremes"].items())
    if (name.ends_with("stress")) {
      EXPECT_NEAR(refined["extremes"][name]["value"], value["value"].get<double>(), 1e3 * little)
          << name;
    }
}

TEST(Refinement, WithoutJumpsTheMeshStays) {
  const auto summary = run("even_bar", plane("0: 0; free | 2: free; 0 | 1: 0.02*t; free"));
  EXPECT_EQ(summary["cells"], 16);
  EXPECT_FALSE(summary["load_steps"].back().contains("refinement"));
}

// The strain jumps at the interface of two materials however fine the mesh is, the traction where
// the mesh is too coarse.
TEST(Refinement, AnInterfaceIsNoReasonByItself) {
  const auto summary = run("layers_stay", layers());
  EXPECT_EQ(summary["cells"], 16);
  EXPECT_FALSE(summary["load_steps"].back().contains("refinement"));
}

TEST(Refinement, ANotchedBarGetsNearTheFineMeshWithFewerCells) {
  const auto bar = merged(plane("0: 0; free | 2: free; 0 | 1: 0.015*t; free"),
                          {{"Geometry/Type", "notched beam"},
                           {"Geometry/Lengths", "4, 2"},
                           {"Geometry/Cells", "8, 4"},
                           {"Geometry/Notch position", "1.75"},
                           {"Geometry/Notch width", "0.5"},
                           {"Geometry/Notch depth", "0.5"},
                           {"Load steps/Newton tolerance", "1e-7"},
                           {"Load steps/Steps", "6"},
                           {"Load steps/Refinement fraction", "0.6"},
                           {"Load steps/Refinement levels", "3"}});
  const auto uniform = [&](const std::string& n) {
    return run("uniform",
               merged(bar, {{"Load steps/Refine every", "0"}, {"Geometry/Global refinements", n}}));
  };
  const auto middle = uniform("2"), fine = uniform("3"), adapted = run("adapted", bar);
  const double exact = force(fine["load_steps"].back(), "1");
  const auto error = [&](const json& summary) {
    return std::abs(force(summary["load_steps"].back(), "1") - exact);
  };
  EXPECT_LT(adapted["cells"], middle["cells"]);
  EXPECT_LT(error(adapted), error(middle));
  EXPECT_LT(error(adapted), 0.02 * exact);
  for (const auto& step : adapted["load_steps"]) EXPECT_LT(step["relative_gap"], 1e-6);
}

TEST(Refinement, LevelsAndCellsAreLimited) {
  const auto limited = [&](const Changes& limits) {
    return run("limited", merged(bent_beam(), limits))["cells"].get<int>();
  };
  // All of the first mesh once, and twice.
  EXPECT_EQ(
      limited({{"Load steps/Refinement fraction", "1"}, {"Load steps/Refinement levels", "1"}}),
      4 * 16);
  EXPECT_LE(limited({{"Load steps/Largest number of cells", "40"}}), 40);
  EXPECT_EQ(limited({{"Load steps/Largest number of cells", "18"}}), 16);
}

// Creep and crystals, and user materials, of whose state nobody knows what it means: the finer mesh
// finds its equilibrium, and is nearer to that of fine meshes than the first one.
TEST(Refinement, OfOtherLawsBringsTheAnswerOfFinerMeshesNearer) {
  const std::map<std::string, Changes> laws{
      {"creep",
       {{"Law", "Norton creep"},
        {"Young modulus", "70000"},
        {"Poisson ratio", "0.3"},
        {"Reference rate", "1e-3"},
        {"Reference stress", "60"},
        {"Exponent", "5"}}},
      {"crystal", {{"Constants", "copper crystal"}, {"Euler angles", "20, 30, 40"}}},
#ifdef SECO_J2_UMAT
      {"umat",
       {{"Law", "umat"},
        {"Library", SECO_J2_UMAT},
        {"UMAT constants", "70000, 0.3, 100, 1000"},
        {"State variables", "1"}}},
#endif
  };
  for (const auto& [name, keys] : laws) {
    SCOPED_TRACE(name);
    Changes beam = bent_beam();
    for (auto key = beam.begin(); key != beam.end();)
      key = key->first.starts_with("Material 0/law/") ? beam.erase(key) : std::next(key);
    for (const auto& [key, value] : keys) beam["Material 0/law/" + key] = value;
    beam["Load steps/Newton tolerance"] = "1e-8";
    const auto fixed = [&](const std::string& n) {
      return run(name + "_fixed", merged(beam, {{"Load steps/Refine every", "0"},
                                                {"Geometry/Global refinements", n}}));
    };
    const auto adapted = run(name + "_adapted", merged(beam, {{"Load steps/Refine every", "2"}})),
               coarse = fixed("0"), fine = fixed("2");
    EXPECT_GT(adapted["cells"], coarse["cells"]);
    unsigned int n_refined = 0;
    for (const auto& step : adapted["load_steps"]) {
      if (!step.contains("refinement")) continue;
      ++n_refined;
      EXPECT_FALSE(step["refinement"].contains("failure"));
      // The coarse mesh is far too stiff in bending.
      EXPECT_LT(step["refinement"]["relative_residual"], 1);
    }
    EXPECT_GE(n_refined, 1u);
    const auto last = [&](const json& summary) {
      return force(summary["load_steps"].back(), "0", 1);
    };
    EXPECT_LT(std::abs(last(adapted) - last(fine)), 0.7 * std::abs(last(coarse) - last(fine)));
  }
}

// Linear RVEs beside a law that is not linear: they belong to the cells that were there.
TEST(Refinement, LinearRvesBesideALawAreRefused) {
  auto changes = layers();
  changes["Material 1/Model"] = "homogenized";
  for (auto key = changes.begin(); key != changes.end();)
    key = key->first.starts_with("Material 1/law/") ? changes.erase(key) : std::next(key);
  const std::string rve = "Material 1/homogenized/";
  expect_refused(
      merged(changes, {{rve + "Engine", "hill"},
                       {rve + "Microstructure/Type", "inclusions"},
                       {rve + "Microstructure/Grid", "8, 8"},
                       {rve + "Microstructure/Number of inclusions", "1"},
                       {rve + "Microstructure/Volume fraction", "0.2"}}),
      {"'Refine every'", "is 1", "Material 1/homogenized", "allowed is 0", "'Local refinements'"});
}

TEST(Refinement, MaterialsWithMicrostructureAreRefused) {
  const auto folder = new_folder("laws_for_refinement");
  write_text(
      folder / "laws.prm",
      "subsection Phase 0\n  set Law = J2 plasticity\n  set Young modulus = 70000\n"
      "  set Poisson ratio = 0.33\n  set Yield stress = 100\n  set Hardening modulus = 1000\n"
      "end\nsubsection Phase 1\n  set Law = linear elastic\n  set Young modulus = 400000\n"
      "  set Poisson ratio = 0.2\nend\n");
  const std::string material = "Material 0/homogenized laws/";
  expect_refused({{"Dimension", "2"},
                  {"Geometry/Type", "box"},
                  {"Geometry/Lengths", "2, 1"},
                  {"Geometry/Cells", "2, 1"},
                  {"Boundary conditions/Displacement", "0: 0; 0 | 1: 0.001*t; free"},
                  {"Boundary conditions/Traction", ""},
                  {"Output/Points of interest", "2, 0.5"},
                  {"Load steps/Refine every", "2"},
                  {"Material 0/Model", "homogenized laws"},
                  {"Material 0/homogenized/Engine", "fft"},
                  {material + "Laws", (folder / "laws.prm").string()},
                  {material + "Microstructure/Type", "inclusions"},
                  {material + "Microstructure/Grid", "8, 8"},
                  {material + "Microstructure/Number of inclusions", "1"},
                  {material + "Microstructure/Volume fraction", "0.2"}},
                 {"run.prm", "'Refine every'", "'Load steps'", "is 2", "homogenized laws",
                  "allowed is 0", "microstructure"});
}

TEST(RanksRefinement, OneAndTwoAgreeAndContinueEachOther) {
  const auto changes = bent_beam();
  const auto one = run("refined_one", changes), two = run("refined_two", changes, 2);
  EXPECT_GT(one["cells"], 50);
  expect_same_steps(one, two);
  const auto continued = killed_and_continued("refined_killed", changes, 3);
  ASSERT_FALSE(continued.is_null());
  expect_same_steps(one, continued);
}
