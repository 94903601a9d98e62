#include <gtest/gtest.h>
#include <torch/torch.h>

#include "certificate.h"
#include "difference_operator.h"
#include "eco_blocks.h"
#include "field_network.h"
#include "loss.h"
#include "microstructures.h"
#include "reference_solver.h"
#include "seco/surrogate/dataset.h"
#include "small_network.h"
#include "support/message_of.h"

using namespace seco;
using namespace seco::surrogate;
using seco::test::message_of;
using test::loewner_margin;
using test::make_rve;
using test::small_network;

namespace {

/// An untrained network whose last layer is not small, so that its fields are far from any
/// solution.
std::shared_ptr<FieldNetwork> wild_network(const NetworkSettings& settings) {
  torch::manual_seed(11);
  auto network = make_network(settings);
  torch::NoGradGuard no_grad;
  for (auto& p : network->named_parameters())
    if (p.key().find("head_weight") != std::string::npos) p.value().mul_(100.);
  return network;
}

torch::Tensor fluctuation(const torch::Tensor& field, const Grid& grid) {
  return field - field.mean(grid.axes(), /*keepdim=*/true);
}

double relative_norm(const torch::Tensor& a, const torch::Tensor& b) {
  return (a.norm() / b.norm()).item<double>();
}

materials::MandelMatrix matrix(const torch::Tensor& t) {
  return Eigen::Map<const materials::MandelMatrix>(t.contiguous().data_ptr<double>(), t.size(0),
                                                   t.size(1));
}

}  // namespace

TEST(SEcoNetwork, BoundsHoldForUntrainedNetworksOnEveryGenerator) {
  torch::NoGradGuard no_grad;
  for (const int d : {2, 3})
    for (const char* block : {"vector potential", "beltrami", "projection"})
      for (const int steps : {0, 1, 3})
        for (const char* head : {"displacement", "polarization"}) {
          auto settings = small_network(d);
          settings.equilibrium_block = block;
          settings.solver_steps = steps;
          settings.kinematic_head = head;
          auto network = wild_network(settings);
          network->to(torch::kDouble);
          for (const std::string type : {"polycrystal", "inclusions", "fibres", "laminate"}) {
            if (d == 2 && type == "fibres") continue;
            const auto rve =
                make_rve(type, d == 2 ? std::vector<int>{12, 11} : std::vector<int>{8, 7, 6});
            const StiffnessField field({&rve, 1}, torch::TensorOptions(torch::kDouble));
            const auto fields = (*network)(field);
            EXPECT_LT(relative_divergence(fields.stress, field.grid()), 1e-11);
            const auto bounds = certify(field, fields.strain, fields.stress);
            const auto exact = matrix(upper_bound(
                field, strain_of(solve(field, {1e-10, 2000}).displacement, field.grid()))[0]);
            EXPECT_GT(loewner_margin(exact, matrix(bounds.upper[0])), -1e-12)
                << type << block << steps << head;
            EXPECT_GT(loewner_margin(matrix(bounds.lower[0]), exact), -1e-12)
                << type << block << steps << head;
            if (steps == 0) {
              EXPECT_GT(bounds.gap()[0].item<double>(), 1e-6);
            }
          }
        }
}

TEST(Certificate, GapIsTheConstitutiveErrorAndTheEnergyDistance) {
  // Prager and Synge: the gap of a pair equals the squared distances of both fields to the
  // solution.
  torch::NoGradGuard no_grad;
  const auto rve = make_rve("inclusions", {8, 8, 8});
  const StiffnessField field({&rve, 1}, torch::TensorOptions(torch::kDouble));
  auto network = wild_network(small_network(3));
  network->to(torch::kDouble);
  const auto fields = (*network)(field);
  const auto& grid = field.grid();
  const auto energies = pair_energies(field, {fields.strain, fields.stress});
  const auto unit = with_grid_axes(unit_loads(grid, fields.strain.options()), grid);
  const auto strain = fields.strain + unit;
  const auto stress = fields.stress + with_grid_axes(fields.mean_stress, grid);
  const auto energy = [&](const torch::Tensor& a, const torch::Tensor& b) {
    return (a * b).flatten(2).sum(2) / static_cast<double>(grid.n_voxels());
  };
  const auto residual = stress - field.apply(strain);
  const auto constitutive = energy(residual, field.apply_compliance(residual));
  const auto gap = energies.potential - energies.complementary;
  EXPECT_LT(((gap - constitutive) / gap).abs().max().item<double>(), 1e-11);

  const auto exact_strain = total_strain(solve(field, {1e-12, 2000}).displacement, grid);
  const auto exact_stress = field.apply(exact_strain);
  const auto e = strain - exact_strain, s = stress - exact_stress;
  const auto distance = energy(e, field.apply(e)) + energy(s, field.apply_compliance(s));
  EXPECT_LT(((gap - distance) / gap).abs().max().item<double>(), 1e-9);
}

TEST(Certificate, HillMandelHoldsForAdmissiblePairs) {
  torch::NoGradGuard no_grad;
  const auto rve = make_rve("polycrystal", {7, 8, 9});
  const StiffnessField field({&rve, 1}, torch::TensorOptions(torch::kDouble));
  auto network = wild_network(small_network(3));
  network->to(torch::kDouble);
  const auto fields = (*network)(field);
  // <sigma : eps> = <sigma> : <eps>, so fluctuations of zero mean do no work.
  const double work = (fields.strain * fields.stress).sum().item<double>();
  EXPECT_LT(std::abs(work) / (fields.strain.norm() * fields.stress.norm()).item<double>(), 1e-12);
}

TEST(FieldNetwork, EveryModelIsWhatItSaysToBe) {
  torch::NoGradGuard no_grad;
  for (const int d : {2, 3})
    for (const std::string model : {"s-ECO", "w-ECO", "UNet", "TFNO"})
      for (const std::string backbone : {"UNet", "TFNO"}) {
        auto settings = small_network(d);
        settings.model = model;
        settings.backbone = backbone;
        settings.modes = 3;
        auto network = wild_network(settings);
        network->to(torch::kDouble);
        const auto rve =
            make_rve("polycrystal", d == 2 ? std::vector<int>{11, 12} : std::vector<int>{8, 7, 6});
        const StiffnessField field({&rve, 1}, torch::TensorOptions(torch::kDouble));
        const auto& grid = field.grid();
        const auto fields = (*network)(field);
        const auto pair = admissible(fields, field);
        const bool eco = model == "s-ECO" || model == "w-ECO";
        SCOPED_TRACE(model + backbone + std::to_string(d));
        EXPECT_EQ(fields.compatible, eco);
        EXPECT_EQ(fields.equilibrated, model == "s-ECO");
        EXPECT_LT(relative_norm(grid_mean(fields.strain, grid), fields.strain), 1e-13);
        EXPECT_LT(relative_norm(grid_mean(fields.stress, grid), fields.stress), 1e-13);
        // Compatible fields are what the projection leaves alone.
        auto claimed_incompatible = fields;
        claimed_incompatible.compatible = claimed_incompatible.equilibrated = false;
        const auto projected = admissible(claimed_incompatible, field);
        const double strain_change = relative_norm(projected.strain - fields.strain, fields.strain);
        const double stress_change = relative_norm(projected.stress - fields.stress, fields.stress);
        if (eco)
          EXPECT_LT(strain_change, 1e-11);
        else
          EXPECT_GT(strain_change, 1e-2);
        if (model == "s-ECO")
          EXPECT_LT(stress_change, 1e-11);
        else
          EXPECT_GT(stress_change, 1e-3);
        if (model == "w-ECO") {
          const auto unit = with_grid_axes(unit_loads(grid, fields.strain.options()), grid);
          const auto law = field.apply(fields.strain + unit);
          EXPECT_LT(relative_norm(fluctuation(law, grid) - fields.stress, fields.stress), 1e-12);
        }
        EXPECT_LT(relative_divergence(pair.stress, grid), 1e-11);
        const auto bounds = certify(field, pair.strain, pair.stress);
        const auto exact = matrix(
            upper_bound(field, strain_of(solve(field, {1e-10, 2000}).displacement, grid))[0]);
        EXPECT_GT(loewner_margin(exact, matrix(bounds.upper[0])), -1e-12);
        EXPECT_GT(loewner_margin(matrix(bounds.lower[0]), exact), -1e-12);
      }
}

TEST(FieldNetwork, InputsSeeOrientations) {
  torch::NoGradGuard no_grad;
  const auto rve = make_rve("polycrystal", {8, 8, 8});
  const auto composite = make_rve("inclusions", {8, 8, 8});
  const StiffnessField field({&rve, 1}, torch::TensorOptions(torch::kFloat));
  const StiffnessField blind({&composite, 1}, torch::TensorOptions(torch::kFloat));
  for (const std::string input : {"Euler angles", "spherical harmonics"}) {
    auto settings = small_network(3);
    settings.input = input;
    auto network = wild_network(settings);
    EXPECT_TRUE(torch::isfinite((*network)(field).strain).all().item<bool>());
    EXPECT_NE(message_of([&] { (*network)(blind); }).find("orientation"), std::string::npos);
  }
}

TEST(FieldNetwork, WrongSettingsAreNamed) {
  const auto refused = [](auto change) {
    auto settings = small_network(3);
    change(settings);
    return message_of([&] { make_network(settings); });
  };
  EXPECT_NE(
      refused([](auto& s) { s.model = "U-Net"; }).find("s-ECO, polarization, w-ECO, UNet, TFNO"),
      std::string::npos);
  EXPECT_NE(refused([](auto& s) { s.precision = "half"; }).find("bfloat16"), std::string::npos);
  EXPECT_NE(refused([](auto& s) { s.input = "colour"; }).find("Euler angles"), std::string::npos);
  EXPECT_NE(refused([](auto& s) {
              s.model = "w-ECO";
              s.solver_steps = 2;
            }).find("allowed is 0"),
            std::string::npos);
  EXPECT_NE(refused([](auto& s) {
              s.input = "spherical harmonics";
              s.crystal_symmetry = "triclinic";
            }).find("cubic, hexagonal"),
            std::string::npos);
  // Before any memory is asked for.
  EXPECT_NE(refused([](auto& s) {
              s.width = 1024;
              s.levels = 8;
            }).find("coarsest level 131072"),
            std::string::npos);
  for (const char* factorization : {"Tucker", "CP"})
    EXPECT_NE(refused([&](auto& s) {
                s.backbone = "TFNO";
                s.factorization = factorization;
                s.width = 1024;
                s.modes = 512;
                s.layers = 64;
                s.rank = 1;
              }).find("number of spectral weights"),
              std::string::npos);
}

TEST(FieldNetwork, ReducedPrecisionKeepsTheBlocksExact) {
  torch::NoGradGuard no_grad;
  const auto rve = make_rve("inclusions", {16, 15});
  const StiffnessField field({&rve, 1}, torch::TensorOptions(torch::kFloat));
  auto settings = small_network(2);
  auto single = wild_network(settings);
  settings.precision = "bfloat16";
  auto reduced = wild_network(settings);
  const auto a = (*single)(field), b = (*reduced)(field);
  const double difference = relative_norm(a.strain - b.strain, a.strain);
  EXPECT_GT(difference, 1e-6);
  EXPECT_LT(difference, 0.05);
  EXPECT_EQ(b.stress.scalar_type(), torch::kFloat);
  EXPECT_LT(relative_divergence(b.stress, field.grid()), 1e-6);
  settings.precision = "float16";
  auto half = make_network(settings);
  EXPECT_NE(message_of([&] { (*half)(field); }).find("CUDA"), std::string::npos);
}

TEST(SEcoNetwork, IsNeverWorseThanItsSolverSteps) {
  torch::NoGradGuard no_grad;
  for (const double contrast : {0.01, 50.}) {
    const auto rve = make_rve("inclusions", {12, 12, 12}, 7, contrast);
    const StiffnessField field({&rve, 1}, torch::TensorOptions(torch::kDouble));
    auto settings = small_network(3);
    settings.solver_steps = 2;
    auto network = wild_network(settings);
    network->to(torch::kDouble);
    network->eval();
    const auto fields = (*network)(field);
    const auto with_network = certify(field, fields.strain, fields.stress);
    for (auto& p : network->parameters()) p.zero_();
    const auto blank = (*network)(field);
    const auto alone = certify(field, blank.strain, blank.stress);
    const auto trace = [](const torch::Tensor& t) {
      return t.diagonal(0, 1, 2).sum().item<double>();
    };
    EXPECT_LT(trace(with_network.upper), trace(alone.upper) * (1 + 1e-10));
    EXPECT_GT(trace(with_network.lower), trace(alone.lower) * (1 - 1e-10));
    // Even without a network the estimate is nearer than the midpoint.
    const auto exact =
        upper_bound(field, strain_of(solve(field, {1e-10, 2000}).displacement, field.grid()));
    const double error = relative_norm(alone.estimate(blank.estimate_weight) - exact, exact);
    EXPECT_LT(error, relative_norm(0.5 * (alone.upper + alone.lower) - exact, exact));
  }
}

TEST(SEcoNetwork, HomogeneousRveReturnsItsOwnStiffness) {
  torch::NoGradGuard no_grad;
  auto rve = make_rve("homogeneous", {6, 6, 6});
  // The fields of the network are far from zero, so the coefficients that leave them out are exact
  // to the round-off of large numbers only: single precision would tell little.
  const StiffnessField field({&rve, 1}, torch::TensorOptions(torch::kDouble));
  auto network = wild_network(small_network(3));
  network->to(torch::kDouble);
  const auto fields = (*network)(field);
  const auto bounds = certify(field, fields.strain, fields.stress);
  const materials::MandelMatrix own = rve.stiffness[0] / field.scale()[0].item<double>();
  EXPECT_LT(test::relative_difference(matrix(bounds.upper[0]), own), 1e-11);
  EXPECT_LT(test::relative_difference(matrix(bounds.lower[0]), own), 1e-11);
}

TEST(SEcoNetwork, DoesNotDependOnTheUnit) {
  torch::NoGradGuard no_grad;
  auto rve = make_rve("inclusions", {8, 8, 8});
  auto network = wild_network(small_network(3));
  const auto gap = [&] {
    const StiffnessField field({&rve, 1}, torch::TensorOptions(torch::kFloat));
    const auto fields = (*network)(field);
    return certify(field, fields.strain, fields.stress).gap()[0].item<double>();
  };
  const double reference = gap();
  for (auto& stiffness : rve.stiffness) stiffness *= 1e6;
  EXPECT_NEAR(gap() / reference, 1., 1e-4);
}

TEST(Loss, BlockAverageKeepsMeansAndIsExactForBlocks) {
  const Grid grid{{8, 4, 6}, {1, 1, 1}};
  const auto coarse = torch::randn({2, 3, 6, 4, 2, 3}, torch::kDouble);
  auto fine = coarse.repeat_interleave(2, 3).repeat_interleave(2, 4).repeat_interleave(2, 5);
  EXPECT_LT((block_average(fine, 2, grid) - coarse).abs().max().item<double>(), 1e-14);
}

TEST(Dataset, CoarseningKeepsMajorities) {
  const auto rve = make_rve("laminate", {8, 8, 8});
  const auto coarse = coarsen(rve, 2);
  EXPECT_EQ(coarse.shape, (std::vector<int>{4, 4, 4}));
  EXPECT_EQ(std::count(coarse.phase.begin(), coarse.phase.end(), 1), 32);
  EXPECT_THROW(coarsen(rve, 3), std::invalid_argument);
}
