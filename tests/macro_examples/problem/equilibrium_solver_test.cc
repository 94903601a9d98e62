// Materials at the points of a mesh, and the displacement in equilibrium with them.
#include <gtest/gtest.h>

#include <numeric>

#include "bar.h"

using namespace seco::test;
using seco::macro::Bound;
using seco::macro::StiffnessField;

namespace {

/// E = 100 without lateral contraction: C11 = C22 = 100, C12 = 0, and 100 for the shear in Mandel's
/// notation.
constexpr double modulus = 100;

}  // namespace

TEST(MaterialField, AnswersWithTheStiffnessOfItsMaterials) {
  Bar bar(elastic("100, 0"));
  EXPECT_TRUE(bar.materials.check().empty());
  EXPECT_NE(bar.out.str().find("32 quadrature points, 0 RVEs"), std::string::npos) << bar.out.str();
  bar.materials.prepare(nullptr);
  bar.materials.check_stiffnesses();
  EXPECT_TRUE(bar.materials.has_lower_bound());
  for (const auto bound : {Bound::estimate, Bound::lower, Bound::upper}) {
    const auto field = bar.materials.stiffness_field(bound);
    seco::macro::CellCoefficients gathered;
    for (std::size_t cell = 0; cell < 8; ++cell)
      for (unsigned int q = 0; q < 4; ++q) {
        const double* c = field.cell(cell, gathered) + q * StiffnessField<2>::n_coefficients;
        const std::vector<double> expected{modulus, 0, 0, modulus, 0, modulus};
        for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(c[i], expected[i], 1e-12);
      }
  }
}

TEST(EquilibriumSolver, ABarIsStretchedAsHookeSaysWithEverySolver) {
  for (const std::string name : {"PETSc", "Trilinos", "matrix-free", "direct"}) {
    auto changes = elastic("100, 0");
    changes["Solver/Linear algebra"] = name;
    Bar bar(changes);
    bar.materials.prepare(nullptr);
    bar.materials.check_stiffnesses();
    const auto solution = bar.solver.solve(bar.materials.stiffness_field(Bound::estimate), name);
    EXPECT_NEAR(solution.work, 8 / modulus, 1e-10) << name;
    EXPECT_NEAR(solution.strain_energy, 4 / modulus, 1e-10) << name;
    EXPECT_NEAR(solution.potential(), -4 / modulus, 1e-10) << name;
    ASSERT_TRUE(solution.error) << name;
    EXPECT_LT(solution.relative_error(), 1e-6) << name;
    EXPECT_EQ(bar.solver.record().errors.size(), 1u);
    // The next one starts from it.
    bar.solver.solve(bar.materials.stiffness_field(Bound::estimate), name);
    EXPECT_LE(bar.solver.record().iterations[1], 1u) << name;
  }
}

TEST(EquilibriumSolver, ItsStateSurvivesACheckpoint) {
  Bar bar(elastic("100, 0"));
  bar.materials.prepare(nullptr);
  bar.materials.check_stiffnesses();
  bar.solver.solve(bar.materials.stiffness_field(Bound::estimate), "estimate");
  Bar other(elastic("100, 0"));
  other.solver.take_state(nlohmann::json::parse(bar.solver.state().dump()));
  EXPECT_EQ(other.solver.record().iterations, bar.solver.record().iterations);
  EXPECT_EQ(other.solver.record().errors, bar.solver.record().errors);
  EXPECT_EQ(other.solver.state(), bar.solver.state());
}
