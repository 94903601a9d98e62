#include <gtest/gtest.h>
#include <torch/torch.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "certificate.h"
#include "difference_operator.h"
#include "loss.h"
#include "microstructures.h"
#include "model_folder.h"
#include "reference_solver.h"
#include "seco/surrogate/dataset.h"
#include "seco/surrogate/engine.h"
#include "seco/surrogate/training.h"

using namespace seco;
using namespace seco::surrogate;
using test::loewner_margin;
using test::make_rve;
namespace fs = std::filesystem;

namespace {

// Tests run side by side in processes of their own, so every process has names of its own.
std::string temporary(const std::string& name) {
  return (fs::path(::testing::TempDir()) / ("seco_" + std::to_string(::getpid()) + "_" + name))
      .string();
}

NetworkSettings small_network(int dimension) {
  NetworkSettings s;
  s.dimension = dimension;
  s.width = 8;
  s.levels = 2;
  return s;
}

/// An untrained network whose last layer is not small, so that its fields are far from any
/// solution.
SEcoNetwork wild_network(const NetworkSettings& settings) {
  torch::manual_seed(11);
  SEcoNetwork network(settings);
  torch::NoGradGuard no_grad;
  for (auto& p : network->named_parameters())
    if (p.key().find("head_weight") != std::string::npos) p.value().mul_(100.);
  return network;
}

materials::MandelMatrix matrix(const torch::Tensor& t) {
  return Eigen::Map<const materials::MandelMatrix>(t.contiguous().data_ptr<double>(), t.size(0),
                                                   t.size(1));
}

std::string message_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const std::exception& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST(SEcoNetwork, BoundsHoldForUntrainedNetworksOnEveryGenerator) {
  torch::NoGradGuard no_grad;
  for (const int d : {2, 3})
    for (const char* block : {"vector potential", "beltrami", "projection"})
      for (const int steps : {0, 1, 2})
        for (const char* head : {"displacement", "polarization"}) {
          auto settings = small_network(d);
          settings.equilibrium_block = block;
          settings.green_steps = steps;
          settings.kinematic_head = head;
          auto network = wild_network(settings);
          network->to(torch::kDouble);
          for (const std::string type : {"polycrystal", "inclusions", "fibres", "laminate"}) {
            if (d == 2 && type == "fibres") continue;
            const auto rve =
                make_rve(type, d == 2 ? std::vector<int>{12, 11} : std::vector<int>{8, 7, 6});
            const StiffnessField field({&rve, 1}, torch::TensorOptions(torch::kDouble));
            const auto fields = network->forward(field);
            EXPECT_LT(relative_divergence(fields.stress, field.grid()), 1e-11);
            const auto bounds = certify(field, fields.strain, fields.stress);
            const auto exact = matrix(upper_bound(
                field, strain_of(solve(field, {1e-10, 2000}).displacement, field.grid()))[0]);
            EXPECT_GT(loewner_margin(exact, matrix(bounds.upper[0])), -1e-12)
                << type << block << steps << head;
            EXPECT_GT(loewner_margin(matrix(bounds.lower[0]), exact), -1e-12)
                << type << block << steps << head;
            EXPECT_GT(bounds.gap()[0].item<double>(), 1e-6);
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
  const auto fields = network->forward(field);
  const auto& grid = field.grid();
  const auto energies = pair_energies(field, fields);
  const auto unit = with_grid_axes(unit_loads(grid, fields.strain.options()), grid);
  const auto strain = fields.strain + unit;
  const auto stress = fields.stress + with_grid_axes(energies.mean_stress, grid);
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
  const auto fields = network->forward(field);
  // <sigma : eps> = <sigma> : <eps>, so fluctuations of zero mean do no work.
  const double work = (fields.strain * fields.stress).sum().item<double>();
  EXPECT_LT(std::abs(work) / (fields.strain.norm() * fields.stress.norm()).item<double>(), 1e-12);
}

TEST(SEcoNetwork, HomogeneousRveReturnsItsOwnStiffness) {
  torch::NoGradGuard no_grad;
  auto rve = make_rve("homogeneous", {6, 6, 6});
  const StiffnessField field({&rve, 1}, torch::TensorOptions(torch::kFloat));
  auto network = wild_network(small_network(3));
  const auto fields = network->forward(field);
  const auto bounds = certify(field, fields.strain, fields.stress);
  const materials::MandelMatrix own = rve.stiffness[0] / field.scale()[0].item<double>();
  EXPECT_LT(test::relative_difference(matrix(bounds.upper[0]), own), 1e-6);
  EXPECT_LT(test::relative_difference(matrix(bounds.lower[0]), own), 1e-6);
}

TEST(SEcoNetwork, DoesNotDependOnTheUnit) {
  torch::NoGradGuard no_grad;
  auto rve = make_rve("inclusions", {8, 8, 8});
  auto network = wild_network(small_network(3));
  const auto gap = [&] {
    const StiffnessField field({&rve, 1}, torch::TensorOptions(torch::kFloat));
    const auto fields = network->forward(field);
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

class TrainingTest : public ::testing::Test {
 protected:
  void SetUp() override {
    settings.dataset = temporary("dataset.h5");
    settings.model = temporary("model");
    fs::remove_all(settings.model);
    DatasetSettings data;
    data.file = settings.dataset;
    data.n_training = 6;
    data.n_validation = 2;
    data.device = "cpu";
    generate_dataset(data, [](std::size_t i) {
      return make_rve("inclusions", {16, 16}, 50 + i, 0.05);
    });
    settings.network = small_network(2);
    settings.n_steps = 60;
    settings.batch_size = 2;
    settings.validation_interval = 20;
    settings.checkpoint_interval = 20;
    settings.data_weight = 0.1;
    settings.learning_rate = 5e-3;
    settings.device = "cpu";
    settings.show_progress = false;
  }
  TrainingSettings settings;
};

TEST_F(TrainingTest, LowersTheCertifiedGapAndTheEngineUsesTheModel) {
  auto untrained = settings;
  untrained.n_steps = 1;
  untrained.validation_interval = 1;
  untrained.model = temporary("untrained");
  fs::remove_all(untrained.model);
  const double before = train(untrained).best_validation_gap;
  const auto result = train(settings);
  EXPECT_LT(result.best_validation_gap, 0.8 * before);

  register_s_eco_engine();
  EngineSettings engine;
  engine.model = settings.model;
  engine.device = "cpu";
  register_builtin_engines();
  for (const auto& shape : {std::vector<int>{16, 16}, std::vector<int>{15, 18}}) {
    const auto rve = make_rve("inclusions", shape, 99, 0.05);
    const auto answer = make_engine("s-eco", engine)->homogenize({&rve, 1}).front();
    EngineSettings tight;
    tight.tolerance = 1e-9;
    const auto exact = make_engine("fft", tight)->homogenize({&rve, 1}).front().stiffness;
    EXPECT_GT(loewner_margin(exact, answer.upper), -1e-5);
    EXPECT_GT(loewner_margin(answer.lower, exact), -1e-5);
    EXPECT_LT(answer.gap, 1.);
  }
  const auto solid = make_rve("inclusions", {8, 8, 8});
  EXPECT_NE(message_of([&] {
              make_engine("s-eco", engine)->homogenize({&solid, 1});
            }).find("2D"),
            std::string::npos);
  const auto description = read_model_description(settings.model);
  EXPECT_EQ(description["held_out"]["rves"], 2);
  EXPECT_LT(description["held_out"]["stress_divergence"].get<double>(), 1e-5);
}

TEST_F(TrainingTest, ResumedTrainingEqualsTheUninterruptedOne) {
  const auto whole = train(settings);
  auto part = settings;
  part.model = temporary("resumed");
  fs::remove_all(part.model);
  part.n_steps = 60;
  part.time_limit = 0;
  // Interrupted after the checkpoint at step 40: the schedule is that of the whole run.
  auto first = part;
  first.stop_after = 40;
  train(first);
  const auto resumed = train(part);
  EXPECT_EQ(resumed.steps, whole.steps);
  const auto a = load_model(settings.model), b = load_model(part.model);
  const auto pa = a.network->parameters(), pb = b.network->parameters();
  for (std::size_t i = 0; i < pa.size(); ++i)
    EXPECT_LT((pa[i] - pb[i]).abs().max().item<double>(), 1e-6);
}

TEST_F(TrainingTest, BadModelFoldersAreNamed) {
  settings.n_steps = 2;
  train(settings);
  const auto json_path = settings.model + "/model.json", weights = settings.model + "/weights.pt";
  std::string text;
  {
    std::ifstream in(json_path);
    text.assign((std::istreambuf_iterator<char>(in)), {});
  }
  const auto with = [&](const std::string& from, const std::string& to) {
    auto changed = text;
    changed.replace(changed.find(from), from.size(), to);
    std::ofstream(json_path) << changed;
    return message_of([&] { load_model(settings.model); });
  };
  EXPECT_NE(message_of([] { load_model("/nowhere"); }).find("/nowhere"), std::string::npos);
  EXPECT_NE(with("\"schema_version\": 1", "\"schema_version\": 99").find("is 99, expected 1"),
            std::string::npos);
  EXPECT_NE(with("\"dimension\": 2", "\"dimension\": 3").find("weights"), std::string::npos);
  EXPECT_NE(with("projection", "projektion").find("projektion"), std::string::npos);
  EXPECT_NE(with("{", "[").find("not valid JSON"), std::string::npos);
  std::ofstream(json_path) << text;
  fs::resize_file(weights, fs::file_size(weights) / 2);
  EXPECT_NE(message_of([&] { load_model(settings.model); }).find("weights.pt"), std::string::npos);
  fs::remove(weights);
  EXPECT_NE(message_of([&] { load_model(settings.model); }).find("no such file"),
            std::string::npos);
}

TEST_F(TrainingTest, DatasetFaultsAreNamed) {
  auto wrong = settings;
  wrong.network.dimension = 3;
  EXPECT_NE(message_of([&] { train(wrong); }).find("2D"), std::string::npos);
  wrong = settings;
  wrong.dataset = temporary("cut_dataset.h5");
  fs::copy_file(settings.dataset, wrong.dataset, fs::copy_options::overwrite_existing);
  fs::resize_file(wrong.dataset, fs::file_size(wrong.dataset) / 2);
  EXPECT_NE(message_of([&] { train(wrong); }).find("cut_dataset.h5"), std::string::npos);
}
