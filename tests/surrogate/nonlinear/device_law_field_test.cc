// Laws where the fields are answer as on the processor. Without a GPU the bodies of the kernels run
// here, and all that is around them; where there is one, the kernels themselves.
#include "device_law_field.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "increment_solver.h"
#include "kernel_tables.h"
#include "nonlinear/laws_on_host.h"
#include "seco/materials/parameter_file.h"
#include "seco/materials/random.h"
#include "seco/materials/tangent_triangle.h"

namespace {

using namespace seco;
using namespace seco::surrogate;
using materials::MandelVector;

/// @param text keys and values, "J2 plasticity; Young modulus = 70e3; ..."
std::shared_ptr<const materials::Law> law(const std::string& text) {
  materials::register_builtin_laws();
  std::string keys = "set Law = ";
  for (const char c : text) keys += c == ';' ? std::string("\nset") : std::string(1, c);
  materials::ParameterFile file(keys + "\n", "laws");
  auto result = materials::read_law(file, "", {});
  file.check_all_used();
  return result;
}

/// Laws of all kinds of models, some of them with different numbers of state.
std::vector<std::shared_ptr<const materials::Law>> laws_of_all_kinds() {
  const std::string elastic = "; Young modulus = 70e3; Poisson ratio = 0.3",
                    perzyna = "Perzyna" + elastic +
                              "; Reference rate = 2; Reference stress = 40; Exponent = 5",
                    curve = "; Hardening curve = 0, 100, 0.002, 130, 0.01, 150",
                    copper =
                        "crystal viscoplasticity; Reference slip rate = 1; Lattice = fcc; "
                        "Elastic constants = cubic: 168.4e3, 121.4e3, 75.4e3; "
                        "Slip resistance = 40; Rate exponent = 10";
  return {law("linear elastic; Elastic constants = Cu"),
          law("linear elastic; Young modulus = 400e3; Poisson ratio = 0.2"),
          law("J2 plasticity" + elastic + "; Yield stress = 100; Hardening modulus = 700"),
          law("J2 plasticity" + elastic +
              "; Yield stress = 80; Voce stress = 60; Voce exponent = 12; Kinematic modulus = 900"),
          law("J2 plasticity" + elastic +
              "; Yield stress = 100; Ludwik coefficient = 150; Ludwik exponent = 0.3"),
          law("J2 plasticity" + elastic + curve),
          law(perzyna + "; Yield stress = 90; Voce stress = 60; Voce exponent = 12"),
          law(perzyna + curve),
          law("Norton creep" + elastic +
              "; Reference rate = 1e-3; Reference stress = 80; Exponent = 4.5"),
          law("Ramberg-Osgood" + elastic +
              "; Reference strain = 0.002; Reference stress = 80; Exponent = 8"),
          law("Hencky power law" + elastic + "; Yield stress = 100; Exponent = 0.25"),
          law(copper + "; Euler angles = 10, 20, 30"),
          law(copper + "; Euler angles = 80, 40, 15; Hardening = Voce; Voce stress = 5; "
                       "Initial hardening rate = 400; Final hardening rate = 250"),
          law(copper +
              "; Euler angles = 33, 77, 5; Hardening = saturation; Saturation resistance = 148; "
              "Slip hardening modulus = 180; Slip hardening exponent = 2.25; "
              "Latent hardening = 1.4"),
          law("crystal viscoplasticity; Reference slip rate = 1; Lattice = hcp; Axial ratio = "
              "1.587; Slip families = basal <a>, prismatic <a>, pyramidal <c+a>; "
              "Elastic constants = hexagonal: 162.4e3, 92e3, 69e3, 180.7e3, 46.7e3; "
              "Slip resistance = 49, 37, 197; Rate exponent = 4.5; Euler angles = 5, 60, 40")};
}

/// RVEs whose voxels have phases at random. @param n_phases of each RVE
std::vector<std::shared_ptr<const LawStructure>> structures(
    const std::vector<int>& shape, const std::vector<std::shared_ptr<const materials::Law>>& laws,
    const std::vector<int>& n_phases) {
  std::vector<std::shared_ptr<const LawStructure>> result;
  for (const int n : n_phases) {
    materials::Rve rve;
    rve.shape = shape;
    rve.lengths.assign(shape.size(), 1.);
    rve.lengths[0] = 1.3;
    materials::RandomStream random(static_cast<std::uint64_t>(n));
    std::size_t n_voxels = 1;
    for (const int s : shape) n_voxels *= static_cast<std::size_t>(s);
    for (std::size_t i = 0; i < n_voxels; ++i)
      rve.phase.push_back(static_cast<std::uint16_t>(random.index(static_cast<std::uint64_t>(n))));
    rve.stiffness.assign(laws.size(), materials::MandelMatrix::Identity(shape.size() == 2 ? 3 : 6,
                                                                        shape.size() == 2 ? 3 : 6));
    result.push_back(std::make_shared<const LawStructure>(LawRve{rve, laws}));
  }
  return result;
}

torch::Tensor random_displacement(const Grid& grid, std::int64_t batch, double size) {
  std::vector<std::int64_t> shape{batch, 1, grid.dimension()};
  shape.insert(shape.end(), grid.shape.begin(), grid.shape.end());
  return size * torch::randn(shape, torch::kDouble);
}

double difference(const torch::Tensor& a, const torch::Tensor& b) {
  const auto here = a.to(torch::kCPU, torch::kDouble), there = b.to(torch::kDouble);
  return ((here - there).abs().max() / there.abs().max()).item<double>();
}

double difference(const std::vector<double>& a, const std::vector<double>& b) {
  double change = 0, size = 0;
  EXPECT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    change = std::max(change, std::abs(a[i] - b[i]));
    size = std::max(size, std::abs(b[i]));
  }
  return change / size;
}

/// Where the laws are asked: kernels, the device of the fields, and what its functions may differ.
struct Place {
  const LawKernels* kernels;
  torch::Device device;
  double round_off;
};

/// On the host, and on a GPU where there is one.
std::vector<Place> places() {
  std::vector<Place> result{{&test::laws_on_host, torch::kCPU, 1e-12}};
  if (torch::cuda::is_available())
    if (const auto* kernels = kernels_of(torch::TensorOptions(torch::kCUDA)).laws)
      result.push_back({kernels, torch::Device(torch::kCUDA, 0), 1e-10});
  return result;
}

/// Compares all answers over two steps.
void expect_equal_answers(const std::vector<int>& shape, bool single_precision_state,
                          torch::ScalarType tangent_type, const Place& place) {
  const auto laws = laws_of_all_kinds();
  const auto n_laws = static_cast<int>(laws.size());
  const auto all = structures(shape, laws, {n_laws, 3, n_laws});
  ProcessorLawField processor(all, single_precision_state);
  DeviceLawField device(all, single_precision_state, *place.kernels, place.device);
  const Grid& grid = processor.grid();
  const int m = grid.n_components();
  const std::vector<double> time_step{0.1, 0.2, 0.5};
  const std::vector<bool> everyone(3, true);
  torch::manual_seed(3);
  for (const double size : {4e-4, 1e-3}) {
    StrainField strain{random_displacement(grid, 3, size), {}};
    for (int b = 0; b < 3; ++b) strain.mean.push_back(size * MandelVector::LinSpaced(m, -1, 2 + b));
    StrainField there{strain.displacement.to(place.device), strain.mean};
    const auto expected = processor.respond(strain, time_step, tangent_type, everyone),
               answer = device.respond(there, time_step, tangent_type, everyone);
    EXPECT_LT(difference(answer.stress, expected.stress), place.round_off);
    EXPECT_LT(difference(answer.energy, expected.energy), place.round_off);
    EXPECT_LT(difference(answer.tangent, expected.tangent),
              tangent_type == torch::kDouble ? 10 * place.round_off : 1e-6);
    for (int b = 0; b < 3; ++b) {
      EXPECT_LT((answer.mean_stress[b] - expected.mean_stress[b]).norm(),
                place.round_off * expected.mean_stress[b].norm());
      EXPECT_NEAR(answer.mean_energy[b], expected.mean_energy[b],
                  place.round_off * expected.mean_energy[b]);
      EXPECT_LT((answer.mean_tangent[b] - expected.mean_tangent[b]).norm(),
                10 * place.round_off * expected.mean_tangent[b].norm());
      EXPECT_EQ(answer.step_ratio[b], expected.step_ratio[b]);
      for (int k = 0; k < 3; ++k)
        EXPECT_NEAR(answer.mean_out_of_plane[b][k], expected.mean_out_of_plane[b][k],
                    place.round_off * expected.mean_stress[b].norm());
    }

    // An RVE that rests keeps its answer.
    const auto rests = device.respond({2 * there.displacement, there.mean}, time_step, tangent_type,
                                      {true, false, true}, &answer);
    EXPECT_EQ(difference(rests.stress[1], answer.stress[1].cpu()), 0);
    EXPECT_EQ(rests.mean_energy[1], answer.mean_energy[1]);
    EXPECT_GT(difference(rests.stress[0], answer.stress[0].cpu()), 0.01);

    Equilibration stress{
        random_displacement(grid, 3, 0.1 * size),
        {torch::full({3}, 50e3, torch::kDouble), torch::full({3}, 25e3, torch::kDouble)},
        std::vector<MandelVector>(3, MandelVector::LinSpaced(m, -3, 4)),
    };
    for (const double part : {1., 0.75}) {
      stress.part = part;
      if (part < 1) stress.rest.assign(3, MandelVector::LinSpaced(m, 1, 2));
      auto stress_there = stress;
      stress_there.correction = stress.correction.to(place.device);
      const auto gaps = processor.gap(strain, expected, stress, time_step, everyone);
      EXPECT_LT(difference(device.gap(there, answer, stress_there, time_step, everyone), gaps),
                place.round_off);
      const auto some = device.gap(there, answer, stress_there, time_step, {false, true, false});
      EXPECT_EQ(some[0], 0);
      EXPECT_NEAR(some[1], gaps[1], place.round_off * gaps[1]);
    }

    for (int b = 0; b < 3; ++b) {
      const double change = processor.accept(b, strain, time_step[b]);
      EXPECT_NEAR(device.accept(b, there, time_step[b]), change, 0.01 * change);
      EXPECT_EQ(change > 0, single_precision_state);
      EXPECT_LT(difference(device.state(b), processor.state(b)),
                single_precision_state ? 1e-7 : place.round_off);
    }
  }
  const auto fields = processor.state_fields(0), fields_there = device.state_fields(0);
  ASSERT_EQ(fields.size(), fields_there.size());
  for (std::size_t i = 0; i < fields.size(); ++i) {
    EXPECT_EQ(fields[i].name, fields_there[i].name);
    EXPECT_LT(difference(fields_there[i].values, fields[i].values),
              single_precision_state ? 1e-7 : place.round_off);
  }
  // A state goes from one to the other as it is.
  device.set_state(2, processor.state(2));
  EXPECT_EQ(device.state(2), processor.state(2));
}

}  // namespace

TEST(DeviceLawField, AnswersAsTheProcessorIn3D) {
  for (const auto& place : places()) {
    expect_equal_answers({9, 8, 7}, false, torch::kDouble, place);
    expect_equal_answers({9, 8, 7}, true, torch::kFloat, place);
  }
}

TEST(DeviceLawField, AnswersAsTheProcessorInPlaneStrain) {
  for (const auto& place : places()) {
    expect_equal_answers({23, 20}, false, torch::kFloat, place);
    expect_equal_answers({23, 20}, true, torch::kDouble, place);
  }
}

TEST(DeviceLawField, IncrementsAreThoseOfTheProcessor) {
  // Plastic and elastic phases, crystals; mixed control in one of the RVEs, and loads so different
  // that one is done before the other.
  const auto laws = laws_of_all_kinds();
  for (const auto& place : places())
    for (const auto& shape : {std::vector<int>{6, 6, 6}, std::vector<int>{16, 12}}) {
      const auto all = structures(shape, {laws[2], laws[1], laws[3], laws[12]}, {2, 4});
      ProcessorLawField processor(all, false);
      DeviceLawField device(all, false, *place.kernels, place.device);
      DeformationSettings settings;
      settings.tolerance = 1e-5;
      IncrementSolver solver(processor, settings, torch::kCPU),
          solver_there(device, settings, place.device);
      const auto m = static_cast<std::size_t>(processor.grid().n_components());
      auto u = random_displacement(processor.grid(), 2, 0), u_there = u.to(place.device);
      std::vector<ControlledLoad> loads(2);
      for (int i = 1; i <= 3; ++i) {
        for (int b = 0; b < 2; ++b) {
          auto& load = loads[b];
          load.strain = load.stress = MandelVector::Zero(static_cast<int>(m));
          load.strain[0] = (b == 0 ? 2e-3 : 5e-3) * (i == 3 ? 1. : i);
          load.is_free.assign(m, b == 1);
          load.is_free[0] = false;
          load.time_step = 1;
        }
        const auto expected = solver.solve(loads, {true, true}, u);
        const auto outcomes = solver_there.solve(loads, {true, true}, u_there);
        IncrementSolver::TangentFields fields, fields_there;
        const auto tangents = solver.tangent(expected, {true}, fields),
                   tangents_there = solver_there.tangent(outcomes, {true}, fields_there);
        for (int b = 0; b < 2; ++b) {
          ASSERT_TRUE(outcomes[b].answered && expected[b].answered);
          EXPECT_TRUE(outcomes[b].converged);
          EXPECT_LT((outcomes[b].stress - expected[b].stress).norm(),
                    1e-5 * expected[b].stress.norm());
          EXPECT_LE(outcomes[b].error, 1e-5 * outcomes[b].stress_norm);
          EXPECT_NEAR(outcomes[b].energy_upper, expected[b].energy_upper,
                      1e-7 * std::abs(expected[b].energy_upper));
          EXPECT_LT((tangents_there[b].estimate - tangents[b].estimate).norm(),
                    1e-4 * tangents[b].estimate.norm());
          EXPECT_LT((tangents_there[b].lower - tangents[b].lower).norm(),
                    1e-4 * tangents[b].estimate.norm());
        }
        StrainField strain{u, {expected[0].strain, expected[1].strain}},
            there{u_there, {outcomes[0].strain, outcomes[1].strain}};
        for (int b = 0; b < 2; ++b) {
          processor.accept(b, strain, 1);
          device.accept(b, there, 1);
          EXPECT_LT(difference(device.state(b), processor.state(b)), 1e-4);
        }
      }
    }
}

TEST(DeviceLawField, RefusesStepsThatALawRefuses) {
  const auto all = structures({4, 4, 4}, laws_of_all_kinds(), {15});
  DeviceLawField device(all, false, test::laws_on_host, torch::kCPU);
  const StrainField strain{random_displacement(device.grid(), 1, 1e-3), {MandelVector::Zero(6)}};
  EXPECT_THROW(device.respond(strain, {0.}, {}, {true}), std::invalid_argument);
  EXPECT_THROW(device.accept(0, strain, 0.), std::invalid_argument);
}

TEST(DeviceLawField, AStressInPlaneStrainIsCompletedAsThatOfAStrainInThePlane) {
  // A change of stress C : x with x in the plane is found again from its components in the plane.
  materials::RandomStream random(3);
  const auto number = [&](auto) { return random.normal(); };
  const materials::MandelMatrix root = materials::MandelMatrix(6, 6).unaryExpr(number),
                                tangent = root * root.transpose();
  const MandelVector of_strain = MandelVector(6).unaryExpr(number);
  MandelVector in_plane = MandelVector::Zero(6);
  for (const int c : {0, 1, 5}) in_plane[c] = random.normal();
  const MandelVector expected = of_strain + tangent * in_plane;
  // Components are apart, as in chunks of points.
  const int stride = 3;
  std::vector<double> triangle(21 * stride), first(6 * stride), completed(6 * stride, 1e9);
  for (int i = 0; i < 6; ++i) {
    first[static_cast<std::size_t>(i * stride)] = of_strain[i];
    for (int j = i; j < 6; ++j)
      triangle[static_cast<std::size_t>(materials::in_triangle(i, j) * stride)] = tangent(i, j);
  }
  for (const int c : {0, 1, 5}) completed[static_cast<std::size_t>(c * stride)] = expected[c];
  materials::complete_stress(first.data(), triangle.data(), stride, completed.data());
  for (int c = 0; c < 6; ++c)
    EXPECT_NEAR(completed[static_cast<std::size_t>(c * stride)], expected[c], 1e-9) << c;
  // Of a solid without stiffness in the plane nothing more is known.
  for (const int c : {0, 1, 5})
    triangle[static_cast<std::size_t>(materials::in_triangle(c, c) * stride)] = 0.;
  materials::complete_stress(first.data(), triangle.data(), stride, completed.data());
  for (const int c : {2, 3, 4})
    EXPECT_EQ(completed[static_cast<std::size_t>(c * stride)], of_strain[c]) << c;
}

TEST(DeviceLawField, TellsWhichLawOnlyTheProcessorHas) {
  /// A law of somebody else.
  class Foreign : public materials::Law {
   public:
    materials::MandelMatrix elastic_stiffness() const override {
      return materials::MandelMatrix::Identity(6, 6);
    }
    double respond(const materials::LawPoints&, const materials::LawAnswer&) const override {
      return 1;
    }
  };
  std::string points = "0, 100";
  for (int i = 1; i < 200; ++i)
    points += ", " + std::to_string(i * 1e-3) + ", " + std::to_string(100 + i);
  const auto elastic = law("linear elastic; Young modulus = 400e3; Poisson ratio = 0.2"),
             long_curve =
                 law("J2 plasticity; Young modulus = 70e3; Poisson ratio = 0.3; "
                     "Hardening curve = " +
                     points);
  const auto unknown = [](const std::shared_ptr<const materials::Law>& a,
                          const std::shared_ptr<const materials::Law>& b) {
    return DeviceLawField::unknown_phase(test::laws_on_host,
                                         *structures({4, 4, 4}, {a, b}, {2}).front());
  };
  EXPECT_EQ(unknown(elastic, elastic), std::nullopt);
  EXPECT_EQ(unknown(elastic, std::make_shared<Foreign>()), 1u);
  EXPECT_EQ(unknown(long_curve, elastic), 0u);
}
