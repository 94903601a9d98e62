// Mesh, constraints and loads of a run, without the run.
#include <gtest/gtest.h>

#include "bar.h"
#include "support/message_of.h"

using namespace seco::test;

TEST(BoundaryValueProblem, TheLoadsOfABarAddUpToItsTraction) {
  const Bar bar(elastic("100, 0"));
  EXPECT_EQ(bar.problem.dof_handler().n_dofs(), 2u * 5 * 3);
  EXPECT_TRUE(bar.problem.is_homogeneous());
  const auto loads = bar.problem.assemble_loads();
  double along = 0, across = 0;
  dealii::Vector<double> local(bar.problem.element().n_dofs_per_cell());
  // The work on the motions along x and along y.
  const auto& element = bar.problem.element();
  auto motion = bar.problem.zero_vector();
  for (const unsigned int component : {0u, 1u}) {
    std::vector<dealii::types::global_dof_index> indices(element.n_dofs_per_cell());
    motion = 0.;
    for (const auto& cell : bar.problem.dof_handler().active_cell_iterators()) {
      cell->get_dof_indices(indices);
      for (unsigned int i = 0; i < indices.size(); ++i)
        if (element.system_to_component_index(i).first == component) motion(indices[i]) = 1;
    }
    (component == 0 ? along : across) = loads.total * motion;
  }
  EXPECT_NEAR(along, 2., 1e-13);
  EXPECT_NEAR(across, 0., 1e-13);
}

TEST(BoundaryValueProblem, TellsWhatDoesNotFitTheMesh) {
  auto changes = elastic("100, 0");
  changes["Boundary conditions/Displacement"] = "0: 0; 0 | 7: 0; 0";
  const auto parameters = read_changed<2>(Bar::changes(changes));
  std::ostringstream out;
  seco::macro::RunLog log(MPI_COMM_SELF, out);
  seco::macro::BoundaryValueProblem<2> problem(parameters, log);
  problem.make_unknowns();
  const auto unknown = problem.unknown_boundaries();
  ASSERT_EQ(unknown.size(), 1u);
  EXPECT_NE(unknown[0].find("names boundary 7, which the mesh does not have"), std::string::npos)
      << unknown[0];

  changes["Boundary conditions/Displacement"] = "0: 0; free";
  const auto sliding = read_changed<2>(Bar::changes(changes));
  seco::macro::BoundaryValueProblem<2> free(sliding, log);
  free.make_unknowns();
  EXPECT_NE(message_of([&] { free.set_constraints(); }).find("translation along y"),
            std::string::npos);
}

TEST(BoundaryValueProblem, PrescribedDisplacementsOtherThanZeroAreNotHomogeneous) {
  auto changes = elastic("100, 0");
  changes["Boundary conditions/Displacement"] = "0: 0; 0 | 1: 0.01; free";
  changes["Boundary conditions/Traction"] = "";
  EXPECT_FALSE(Bar(changes).problem.is_homogeneous());
}
