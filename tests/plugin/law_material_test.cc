// Constitutive laws as materials of a structure.
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "seco/materials/law.h"
#include "seco/materials/law_table.h"
#include "seco/plugin/registration.h"
#include "support/message_of.h"

using namespace seco::plugin;

namespace {

using Keys = std::map<std::string, std::string>;

template <int dim>
std::unique_ptr<Material<dim>> law_material(const Keys& keys) {
  dealii::ParameterHandler handler;
  declare_material_parameters<dim>(handler);
  handler.enter_subsection("law");
  for (const auto& [key, value] : keys) handler.set(key, value);
  handler.leave_subsection();
  return make_material<dim>("law", handler, {});
}

const Keys voce{{"Law", "J2 plasticity"},   {"Young modulus", "120000"}, {"Poisson ratio", "0.3"},
                {"Yield stress", "100"},    {"Voce stress", "100"},      {"Voce exponent", "10"},
                {"Hardening modulus", "50"}};

/// More than a chunk.
template <int dim>
std::vector<MaterialPoint<dim>> points_of_cells(std::size_t n) {
  std::vector<MaterialPoint<dim>> points(n);
  for (std::size_t q = 0; q < n; ++q) {
    points[q].cell = 100 + q / 4;
    points[q].quadrature_point = static_cast<unsigned int>(q % 4);
  }
  return points;
}

template <int dim>
std::vector<dealii::SymmetricTensor<2, dim>> random_tensors(std::size_t n, double size,
                                                            unsigned int seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> number(-size, size);
  std::vector<dealii::SymmetricTensor<2, dim>> tensors(n);
  for (auto& tensor : tensors)
    for (unsigned int i = 0; i < tensor.n_independent_components; ++i)
      tensor.access_raw_entry(i) = number(random);
  return tensors;
}

/// w + w* - s : e is zero at the stress of the strain, and nowhere negative.
template <int dim>
void expect_conjugate(Material<dim>& material, double strain_size, const std::string& name) {
  constexpr std::size_t n = 300;
  material.set_points(points_of_cells<dim>(n), MPI_COMM_SELF, {});
  const LoadStep step{0, 1e-3};
  auto strain = random_tensors<dim>(n, strain_size, 1);
  MaterialResponse<dim> response;
  // Also from a state that is not the initial one.
  material.evaluate(step, strain, Request::stress, response);
  ASSERT_EQ(response.step_fraction, 1) << name;
  material.accept();
  const auto more = random_tensors<dim>(n, strain_size, 2);
  for (std::size_t q = 0; q < n; ++q) strain[q] += more[q];
  material.evaluate(step, strain, Request::tangent, response);
  ASSERT_EQ(response.step_fraction, 1) << name;
  const auto gap = [&](const std::vector<dealii::SymmetricTensor<2, dim>>& stress, std::size_t q,
                       const std::vector<double>& dual) {
    return response.energy[q] + dual[q] - stress[q] * strain[q];
  };
  auto stress = response.stress;
  const auto dual = material.dual_energy(step, stress);
  const auto changes = random_tensors<dim>(n, 1., 3);
  auto other = stress;
  for (std::size_t q = 0; q < n; ++q) other[q] += 1e-3 * stress[q].norm() * changes[q];
  const auto other_dual = material.dual_energy(step, other);
  double largest = 0;
  for (std::size_t q = 0; q < n; ++q) {
    const double size = std::abs(response.energy[q]) + std::abs(stress[q] * strain[q]);
    // Laws that saturate are infinite beyond, and at the limit itself.
    if (std::isfinite(dual[q])) {
      EXPECT_LT(std::abs(gap(stress, q, dual)), 1e-12 * size) << name;
    }
    EXPECT_GT(gap(other, q, other_dual), -1e-12 * size) << name;
    if (std::isfinite(other_dual[q])) largest = std::max(largest, gap(other, q, other_dual) / size);
  }
  EXPECT_GT(largest, 0) << name;
}

}  // namespace

TEST(LawMaterial, EnergiesOfAllLawsAreConjugateInSpaceAndInPlaneStrain) {
  for (const auto& name : seco::materials::law_constants_names()) {
    Keys keys{{"Constants", name}};
    if (name.find("crystal") != std::string::npos) keys["Euler angles"] = "10, 20, 30";
    expect_conjugate<3>(*law_material<3>(keys), 1e-3, name);
    expect_conjugate<2>(*law_material<2>(keys), 1e-3, name + " in plane strain");
  }
}

TEST(LawMaterial, TheTangentIsTheDerivativeOfTheStress) {
  const auto material = law_material<2>(voce);
  constexpr std::size_t n = 7;
  material->set_points(points_of_cells<2>(n), MPI_COMM_SELF, {});
  const auto strain = random_tensors<2>(n, 3e-3, 4), change = random_tensors<2>(n, 1, 5);
  MaterialResponse<2> response, ahead, behind;
  material->evaluate({0, 1}, strain, Request::bounds, response);
  EXPECT_EQ(response.lower[0], response.tangent[0]);
  constexpr double h = 1e-8;
  auto moved = strain;
  for (std::size_t q = 0; q < n; ++q) moved[q] = strain[q] + h * change[q];
  material->evaluate({0, 1}, moved, Request::stress, ahead);
  for (std::size_t q = 0; q < n; ++q) moved[q] = strain[q] - h * change[q];
  material->evaluate({0, 1}, moved, Request::stress, behind);
  for (std::size_t q = 0; q < n; ++q) {
    const auto expected = (ahead.stress[q] - behind.stress[q]) / (2 * h);
    EXPECT_LT((response.tangent[q] * change[q] - expected).norm(), 1e-5 * expected.norm());
  }
}

TEST(LawMaterial, TellsWhatItDependsOn) {
  EXPECT_EQ(law_material<3>(voce)->dependence(), Dependence::history);
  EXPECT_EQ(law_material<3>({{"Constants", "6061-T6"}})->dependence(), Dependence::strain);
  EXPECT_EQ(law_material<3>({{"Constants", "rock salt"}})->dependence(), Dependence::history);
  const auto linear = law_material<2>({{"Young modulus", "70000"}, {"Poisson ratio", "0"}});
  ASSERT_EQ(linear->dependence(), Dependence::none);
  linear->set_points(points_of_cells<2>(3), MPI_COMM_SELF, {});
  EXPECT_NEAR(linear->stiffness_table().stiffness(0, Bound::estimate).tensor()[0][0][0][0], 70000,
              1e-9);
  // As every linear material.
  const auto strain = random_tensors<2>(3, 1e-3, 6);
  MaterialResponse<2> response;
  linear->evaluate({0, 1}, strain, Request::stress, response);
  const auto dual = linear->dual_energy({0, 1}, response.stress);
  for (std::size_t q = 0; q < 3; ++q) {
    EXPECT_NEAR(response.energy[q], 0.5 * (response.stress[q] * strain[q]),
                1e-14 * response.energy[q]);
    EXPECT_NEAR(dual[q], response.energy[q], 1e-13 * response.energy[q]);
  }
}

TEST(LawMaterial, KeepsItsStateFromStepToStepAndInRecords) {
  const auto material = law_material<2>(voce);
  constexpr std::size_t n = 300;
  const auto points = points_of_cells<2>(n);
  material->set_points(points, MPI_COMM_SELF, {});
  const auto strain = random_tensors<2>(n, 5e-3, 7);
  MaterialResponse<2> response, again, restored_response;
  material->evaluate({0, 1}, strain, Request::stress, response);
  material->accept();
  const std::vector<dealii::SymmetricTensor<2, 2>> none(n);
  material->evaluate({1, 2}, none, Request::stress, response);
  EXPECT_GT(response.stress[0].norm(), 1.);
  material->evaluate({1, 2}, strain, Request::stress, again);
  material->reject();
  bool yielded = false;
  for (const auto& quantity : material->quantities())
    if (quantity.name == "equivalent_plastic_strain")
      for (const double p : quantity.values) yielded |= p > 1e-3;
  EXPECT_TRUE(yielded);

  const auto records = material->state();
  const auto restored = law_material<2>(voce);
  std::vector<MaterialPoint<2>> some(points.begin() + 8, points.begin() + 20);
  restored->restore(some, MPI_COMM_SELF, {}, [&](const std::vector<std::string>& keys) {
    std::vector<std::string> values;
    for (const auto& key : keys) values.push_back(records.at(key));
    return values;
  });
  restored->evaluate({1, 2}, std::vector(strain.begin() + 8, strain.begin() + 20), Request::stress,
                     restored_response);
  for (std::size_t q = 0; q < some.size(); ++q)
    EXPECT_EQ(restored_response.stress[q], again.stress[8 + q]);
}

TEST(LawMaterial, PlaneStrainHasANormalStress) {
  const auto material = law_material<2>(voce);
  material->set_points(points_of_cells<2>(1), MPI_COMM_SELF, {});
  std::vector<dealii::SymmetricTensor<2, 2>> strain(1);
  strain[0][0][0] = 1e-4;
  MaterialResponse<2> response;
  material->evaluate({0, 1}, strain, Request::stress, response);
  material->accept();
  for (const auto& quantity : material->quantities())
    if (quantity.name == "stress_zz") {
      EXPECT_NEAR(quantity.values[0], 0.3 * response.stress[0][0][0] / 0.7, 1e-10);
    }
}

TEST(LawMaterial, RefusesWhatDoesNotFit) {
  const auto refused = [](Keys keys, const std::string& key, const std::string& value,
                          const std::vector<std::string>& parts) {
    keys[key] = value;
    const auto message = seco::test::message_of([&] { law_material<3>(keys); });
    for (const auto& part : parts)
      EXPECT_NE(message.find(part), std::string::npos) << part << "\n" << message;
  };
  refused(voce, "Law", "J2", {"'Law'", "section 'law'", "'J2'", "J2 plasticity"});
  refused(voce, "Yield stress", "-1", {"'Yield stress'", "'-1'", "above 0"});
  refused(voce, "Yield stress", "", {"'Yield stress'", "not set", "needs it"});
  refused(voce, "Reference rate", "1", {"'Reference rate'", "no such key", "'J2 plasticity'"});
  refused(voce, "Euler angles", "1, 2, 3", {"'Euler angles'", "no such key"});
  refused({}, "Constants", "S999", {"'Constants'", "'S999'", "S355"});
}

namespace {

/// Two halves of a step, with the strain in the middle between, less the step at once.
template <int dim>
void expect_halves(const Keys& keys, double strain_size) {
  constexpr std::size_t n = 300;
  const auto material = law_material<dim>(keys), again = law_material<dim>(keys);
  for (auto* m : {material.get(), again.get()})
    m->set_points(points_of_cells<dim>(n), MPI_COMM_SELF, {});
  const auto begin = random_tensors<dim>(n, strain_size, 1),
             end = random_tensors<dim>(n, strain_size, 2);
  auto middle = begin;
  for (std::size_t q = 0; q < n; ++q) middle[q] = 0.5 * (begin[q] + end[q]);
  const LoadStep before{0, 0.1}, step{0.1, 0.3};
  MaterialResponse<dim> first, whole, half, halves;
  for (auto* m : {material.get(), again.get()}) {
    m->evaluate(before, begin, Request::stress, first);
    m->accept();
  }
  const auto difference = material->half_step_difference(step, begin, end);
  ASSERT_TRUE(difference.has_value());
  // The state stays as it is.
  material->evaluate(step, end, Request::stress, whole);
  again->evaluate({0.1, 0.2}, middle, Request::stress, half);
  again->accept();
  again->evaluate({0.2, 0.3}, end, Request::stress, halves);
  double largest = 0;
  for (std::size_t q = 0; q < n; ++q) {
    EXPECT_LT(((*difference)[q] - (halves.stress[q] - whole.stress[q])).norm(),
              1e-12 * whole.stress[q].norm());
    largest = std::max(largest, (*difference)[q].norm() / whole.stress[q].norm());
  }
  EXPECT_GT(largest, 1e-3);
}

const Keys norton{{"Law", "Norton creep"},    {"Young modulus", "70000"}, {"Poisson ratio", "0.33"},
                  {"Reference rate", "1e-2"}, {"Reference stress", "60"}, {"Exponent", "4"}};

}  // namespace

TEST(LawMaterial, TheHalfStepDifferenceIsThatOfTwoSteps) {
  expect_halves<2>(voce, 3e-3);
  expect_halves<3>(voce, 3e-3);
  expect_halves<2>(norton, 2e-3);
  expect_halves<3>(norton, 2e-3);
  const auto elastic = law_material<3>(
      {{"Law", "linear elastic"}, {"Young modulus", "70000"}, {"Poisson ratio", "0.33"}});
  elastic->set_points(points_of_cells<3>(2), MPI_COMM_SELF, {});
  const auto strain = random_tensors<3>(2, 1, 1);
  const auto difference = elastic->half_step_difference({0, 1}, strain, strain);
  ASSERT_TRUE(difference);
  for (const auto& stress : *difference) EXPECT_EQ(stress.norm(), 0);
}

TEST(LawMaterial, PointsOfAnotherMeshGoOnWithTheStatesTheyAreGiven) {
  constexpr std::size_t n = 300;
  const auto material = law_material<3>(voce), finer = law_material<3>(voce);
  material->set_points(points_of_cells<3>(n), MPI_COMM_SELF, {});
  const auto begin = random_tensors<3>(n, 3e-3, 1), end = random_tensors<3>(n, 3e-3, 2);
  MaterialResponse<3> response, expected, found;
  material->evaluate({0, 1}, begin, Request::stress, response);
  material->accept();
  EXPECT_EQ(material->state_transfer(), StateTransfer::combination);
  const auto states = material->point_states();
  // Every point twice.
  const auto n_variables = states.size() / n;
  std::vector<double> twice;
  std::vector<dealii::SymmetricTensor<2, 3>> strain;
  for (std::size_t q = 0; q < n; ++q)
    for (int k = 0; k < 2; ++k) {
      twice.insert(twice.end(), states.begin() + static_cast<long>(q * n_variables),
                   states.begin() + static_cast<long>((q + 1) * n_variables));
      strain.push_back(end[q]);
    }
  finer->set_points_with_states(points_of_cells<3>(2 * n), MPI_COMM_SELF, {}, twice);
  material->evaluate({1, 2}, end, Request::stress, expected);
  finer->evaluate({1, 2}, strain, Request::stress, found);
  for (std::size_t q = 0; q < 2 * n; ++q)
    EXPECT_EQ((found.stress[q] - expected.stress[q / 2]).norm(), 0);
}
