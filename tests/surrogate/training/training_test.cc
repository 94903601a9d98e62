#include <fcntl.h>
#include <gtest/gtest.h>
#include <hdf5.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <torch/torch.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "certificate.h"
#include "dataset_reader.h"
#include "difference_operator.h"
#include "field_network.h"
#include "microstructures.h"
#include "model_folder.h"
#include "network_start.h"
#include "reference_solver.h"
#include "seco/surrogate/dataset.h"
#include "seco/surrogate/engine.h"
#include "seco/surrogate/training.h"
#include "small_network.h"
#include "support/message_of.h"
#include "support/mutated.h"
#include "support/run_command.h"
#include "support/temporary.h"
#include "training_batches.h"
#include "weights_file.h"

using namespace seco;
using namespace seco::surrogate;
using seco::test::message_of;
using seco::test::new_folder;
using seco::test::run_command;
using seco::test::small_network;
using seco::test::temporary;
using test::loewner_margin;
using test::make_rve;
namespace fs = std::filesystem;

namespace {

// Every value of a float dataset of an HDF5 file becomes NaN.
void overwrite_with_nan(const std::string& path, const char* name) {
  const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
  const hid_t data = H5Dopen2(file, name, H5P_DEFAULT);
  const hid_t space = H5Dget_space(data);
  const std::vector<float> values(static_cast<std::size_t>(H5Sget_simple_extent_npoints(space)),
                                  NAN);
  H5Dwrite(data, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data());
  H5Sclose(space);
  H5Dclose(data);
  H5Fclose(file);
}

void overwrite_attribute(const std::string& path, const char* name, double value) {
  const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
  const hid_t attribute = H5Aopen(file, name, H5P_DEFAULT);
  H5Awrite(attribute, H5T_NATIVE_DOUBLE, &value);
  H5Aclose(attribute);
  H5Fclose(file);
}

double largest_difference(const FieldNetwork& a, const FieldNetwork& b) {
  const auto pa = a.parameters(), pb = b.parameters();
  double largest = 0;
  for (std::size_t i = 0; i < pa.size(); ++i)
    largest = std::max(largest, (pa[i] - pb[i]).abs().max().item<double>());
  return largest;
}

/// The gradient of the first step of a training, from its checkpoint: AdamW's mean of the gradients
/// is then a tenth of it.
torch::Tensor gradient_of_first_step(const std::string& model) {
  std::vector<torch::Tensor> parts;
  for (const auto& [name, tensor] : read_weights(model + "/checkpoint.safetensors").tensors)
    if (name.ends_with(".exp_avg")) parts.push_back(10. * tensor.flatten().to(torch::kDouble));
  return torch::cat(parts);
}

/// ||a - b|| / ||a||
double relative_difference(const torch::Tensor& a, const torch::Tensor& b) {
  return ((a - b).norm() / a.norm()).item<double>();
}

double last_logged_loss(const std::string& model) {
  std::ifstream log(model + "/training_log.csv");
  std::string line, last;
  while (std::getline(log, line))
    if (!line.empty()) last = line;
  std::stringstream cells(last);
  for (int i = 0; i < 4; ++i) std::getline(cells, line, ',');
  return std::stod(line);
}

}  // namespace

NetworkSettings polarization_network() {
  NetworkSettings network;
  network.dimension = 2;
  network.model = "polarization";
  network.width = 12;
  return network;
}

class TrainingTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    DatasetSettings data;
    data.file = temporary("dataset.h5");
    data.n_training = 6;
    data.n_validation = 2;
    data.device = "cpu";
    generate_dataset(data, [](std::size_t i) {
      return make_rve("inclusions", {16, 16}, 50 + i, 0.05);
    });
  }
  void SetUp() override {
    settings.dataset = temporary("dataset.h5");
    settings.model = new_folder("model").string();
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
  untrained.model = new_folder("untrained").string();
  const double before = train(untrained).best_validation_gap;
  const auto result = train(settings);
  EXPECT_LT(result.best_validation_gap, 0.8 * before);

  register_builtin_engines();
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
  part.model = new_folder("resumed").string();
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

TEST_F(TrainingTest, FreshSamplesAreNewInEveryStepAndTheSameInEveryRun) {
  std::set<std::size_t> drawn;
  settings.network = polarization_network();
  settings.n_steps = 8;
  settings.data_weight = 0;
  settings.validation_interval = 4;
  settings.checkpoint_interval = 4;
  settings.fresh_rve = [&](std::size_t i) {
    EXPECT_TRUE(drawn.insert(i).second) << i;
    return make_rve("inclusions", {16, 16}, 1000 + i, i % 2 ? 40. : 0.025);
  };
  train(settings);
  EXPECT_EQ(drawn.size(), 16u);
  // After the eight RVEs of the dataset.
  EXPECT_EQ(*drawn.begin(), 8u);
  auto part = settings;
  part.model = new_folder("fresh_resumed").string();
  part.stop_after = 4;
  drawn.clear();
  train(part);
  part.stop_after = 0;
  train(part);
  EXPECT_EQ(drawn.size(), 16u);
  EXPECT_LT(
      largest_difference(*load_model(settings.model).network, *load_model(part.model).network),
      1e-6);

  settings.data_weight = 0.1;
  EXPECT_NE(message_of([&] { train(settings); }).find("fresh samples have no labels"),
            std::string::npos);
  settings.data_weight = 0;
  settings.model = new_folder("fresh_void").string();
  settings.fresh_rve = [](std::size_t i) { return make_rve("inclusions", {16, 16}, i, 0.); };
  EXPECT_NE(message_of([&] { train(settings); }).find("voids of zero stiffness"),
            std::string::npos);
}

// The start from a network is taken where held-out RVEs of the same kind show that it saves more
// than it costs, and the bounds hold whatever the network returns.
TEST_F(TrainingTest, EnginesTakeANetworksStartWhereItWasWorthIt) {
  settings.network = polarization_network();
  settings.n_steps = 1;
  settings.data_weight = 0;
  train(settings);
  auto model = load_model(settings.model);
  ASSERT_TRUE(model.description.contains("start_gains"));
  const auto rve = make_rve("inclusions", {16, 16}, 99, 0.05);
  EngineSettings engine;
  engine.model = settings.model;
  engine.tolerance = 1e-3;
  engine.device = "cpu";
  register_builtin_engines();
  EngineSettings tight;
  tight.tolerance = 1e-9;
  const auto stiffness = make_engine("fft", tight)->homogenize({&rve, 1}).front().stiffness;
  const StiffnessField field({&rve, 1}, torch::kDouble);
  const auto kind = start_kinds(field, gating_of(field)).front();
  EXPECT_EQ(kind, "stiff 1");
  const auto answer = [&](const char* name, const StartGains& gains, std::string* report) {
    model.description["start_gains"] = to_json(gains);
    save_model(settings.model, *model.network, model.description);
    const auto made = make_engine(name, engine);
    auto result = made->homogenize({&rve, 1}).front();
    EXPECT_GT(loewner_margin(stiffness, result.upper), -1e-7);
    EXPECT_GT(loewner_margin(result.lower, stiffness), -1e-7);
    for (const auto& line : made->report()) *report += line + "\n";
    return result;
  };
  std::string useful, useless, unknown, broken;
  const auto from_network = answer("certified", {{kind, {5, 40., 4.}}}, &useful);
  const auto from_zero = answer("certified", {{kind, {5, 40., 39.}}}, &useless);
  answer("certified", {{"soft 1", {5, 40., 4.}}}, &unknown);
  EXPECT_NE(useful.find("started from the network"), std::string::npos) << useful;
  EXPECT_NE(useless.find("started from zero"), std::string::npos) << useless;
  EXPECT_NE(unknown.find("not measured on enough of that kind"), std::string::npos) << unknown;
  EXPECT_GE(from_zero.iterations, from_network.iterations);
  EXPECT_LE(from_network.gap, 1e-3);
  // A network that overflows.
  {
    torch::NoGradGuard no_grad;
    for (auto& p : model.network->named_parameters())
      if (p.key().find("head_bias") != std::string::npos) p.value().fill_(3e38f);
  }
  const auto with_nan = answer("certified", {{kind, {5, 40., 4.}}}, &broken);
  EXPECT_EQ(with_nan.iterations, from_zero.iterations);
  EXPECT_NE(broken.find("not finite"), std::string::npos) << broken;
  std::string told;
  EXPECT_LE(answer("s-eco", {}, &told).gap, 1.);
  EXPECT_NE(told.find("not finite"), std::string::npos) << told;
}

TEST_F(TrainingTest, SEcoRefinesToTheGapThatIsAskedFor) {
  register_builtin_engines();
  for (const char* kind : {"polarization", "s-ECO"}) {
    auto own = settings;
    if (std::string(kind) == "polarization") own.network = polarization_network();
    own.n_steps = 1;
    own.model = new_folder("refined").string();
    train(own);
    std::vector<materials::Rve> rves;
    for (int i = 0; i < 4; ++i) rves.push_back(make_rve("inclusions", {16, 16}, 70 + i, 0.05));
    EngineSettings engine;
    engine.model = own.model;
    engine.device = "cpu";
    const auto plain = make_engine("s-eco", engine)->homogenize(rves);
    engine.own["s-eco"]["Refine to"] = "0.002";
    const auto refined = make_engine("s-eco", engine)->homogenize(rves);
    for (std::size_t i = 0; i < rves.size(); ++i) {
      EXPECT_GT(plain[i].gap, 0.002);
      EXPECT_EQ(plain[i].iterations, 0u);
      EXPECT_LE(refined[i].gap, 0.002);
      EXPECT_EQ(refined[i].status, Status::ok);
      // Both contain the same stiffness.
      EXPECT_GT(loewner_margin(refined[i].lower, plain[i].upper), -1e-6);
      EXPECT_GT(loewner_margin(plain[i].lower, refined[i].upper), -1e-6);
    }
    const auto fields =
        make_engine("s-eco", engine)
            ->local_quantities(std::vector<LocalQuery>{
                {rves[0], {materials::MandelVector::Unit(3, 0)}, /*whole_fields=*/false}});
    EXPECT_EQ(fields.front().loads.size(), 1u);
  }
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

  const auto with = [&](const char* attribute, double value) {
    fs::copy_file(settings.dataset, wrong.dataset, fs::copy_options::overwrite_existing);
    overwrite_attribute(wrong.dataset, attribute, value);
    return message_of([&] { DatasetReader reader(wrong.dataset); });
  };
  for (const double value : {-1., 0.5, 1e300, static_cast<double>(NAN)})
    for (const char* attribute : {"n_training", "label_factor"}) {
      const auto message = with(attribute, value);
      EXPECT_NE(message.find("cut_dataset.h5"), std::string::npos) << value << message;
      EXPECT_NE(message.find(attribute), std::string::npos) << value << message;
    }
  EXPECT_NE(with("label_factor", 3).find("does not divide"), std::string::npos);
  EXPECT_NE(with("label_factor", 4).find("'label_strain' has shape"), std::string::npos);
}

TEST_F(TrainingTest, DamagedDatasetsAreReadOrRefusedByName) {
  const std::string path = temporary("damaged_dataset.h5");
  std::ifstream file(settings.dataset, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  int n_refused = 0, n_tried = 0;
  const auto try_with = [&](const std::string& damaged) {
    std::ofstream(path, std::ios::binary) << damaged;
    ++n_tried;
    try {
      const DatasetReader reader(path);
      for (const auto& rve : reader.rves()) check(rve, "what was read");
      if (reader.label_factor() > 0) reader.labels({0});
    } catch (const std::runtime_error& error) {
      ++n_refused;
      EXPECT_NE(std::string(error.what()).find(path), std::string::npos) << error.what();
    } catch (const std::invalid_argument& error) {
      ++n_refused;
      EXPECT_NE(std::string(error.what()).find(path), std::string::npos) << error.what();
    }
  };
  for (std::size_t part = 0; part < 40; ++part) try_with(bytes.substr(0, part * bytes.size() / 40));
  EXPECT_EQ(n_refused, n_tried);
  // Where the structure is, which is a small part of the file.
  materials::RandomStream random(5);
  for (int n = 0; n < 100; ++n)
    try_with(test::mutated(bytes.substr(0, 3000), random) + bytes.substr(3000));
  EXPECT_GT(n_refused, 60);
}

TEST_F(TrainingTest, AccumulatedGradientsAreThoseOfTheWholeBatch) {
  settings.n_steps = 1;
  settings.batch_size = 4;
  settings.gradient_clipping = 1e6;  // none, which would hide a wrong factor
  const auto gradient_of = [&](const std::string& name, int batch_size, int micro_batch_size) {
    auto changed = settings;
    changed.model = new_folder(name).string();
    changed.batch_size = batch_size;
    changed.micro_batch_size = micro_batch_size;
    train(changed);
    return gradient_of_first_step(changed.model);
  };
  const auto whole = gradient_of("whole", 4, 0);
  for (const int size : {1, 2, 3})
    EXPECT_LT(relative_difference(whole, gradient_of("parts", 4, size)), 1e-4) << size;
  EXPECT_NEAR(last_logged_loss(temporary("parts")) / last_logged_loss(temporary("whole")), 1.,
              1e-4);
  // One RVE less in the batch is a far larger change.
  EXPECT_GT(relative_difference(whole, gradient_of("fewer", 3, 0)), 1e-2);
}

TEST_F(TrainingTest, StopsWhenTheHeldOutGapNoLongerImproves) {
  settings.n_steps = 10000;
  settings.validation_interval = 1;
  settings.patience = 3;
  settings.learning_rate = 1e-12;  // nothing changes, so no validation improves on the first
  EXPECT_LE(train(settings).steps, 10);
}

TEST_F(TrainingTest, ADivergingTrainingStopsAndKeepsTheBestModel) {
  settings.n_steps = 400;
  settings.validation_interval = 5;
  settings.warm_up_steps = 200;
  settings.learning_rate = 1e6;
  settings.gradient_clipping = 1e12;
  const auto result = train(settings);
  EXPECT_TRUE(result.diverged);
  EXPECT_LT(result.steps, 400);
  EXPECT_NO_THROW(load_model(settings.model));
}

TEST_F(TrainingTest, StartsFromAnInitialModelOfTheSameArchitecture) {
  train(settings);
  auto next = settings;
  next.initial_model = settings.model;
  next.model = new_folder("continued").string();
  next.n_steps = 1;
  next.learning_rate = 1e-12;
  next.validation_interval = 1;
  train(next);
  EXPECT_LT(
      largest_difference(*load_model(settings.model).network, *load_model(next.model).network),
      1e-9);
  next.network.width = 16;
  EXPECT_NE(message_of([&] { train(next); }).find("architecture"), std::string::npos);
}

TEST_F(TrainingTest, AFullDiskLeavesTheCheckpointReadable) {
  train(settings);
  const auto checkpoint = settings.model + "/checkpoint.safetensors";
  const auto size = fs::file_size(checkpoint);
  auto more = settings;
  more.n_steps = 80;
  // A file size limit is what a full disk is to the writer: the write fails half-way.
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  rlimit limited = before;
  limited.rlim_cur = size / 2;
  setrlimit(RLIMIT_FSIZE, &limited);
  const auto message = message_of([&] { train(more); });
  setrlimit(RLIMIT_FSIZE, &before);
  EXPECT_NE(message.find("unchanged"), std::string::npos) << message;
  EXPECT_EQ(fs::file_size(checkpoint), size);
  EXPECT_EQ(train(more).steps, 80);
}

TEST_F(TrainingTest, LabelsThatAreNotNumbersAreNamed) {
  const auto whole = settings.dataset;
  settings.dataset = temporary("nan_dataset.h5");
  fs::copy_file(whole, settings.dataset);
  overwrite_with_nan(settings.dataset, "label_strain");
  const auto message = message_of([&] { train(settings); });
  EXPECT_NE(message.find("label_strain"), std::string::npos) << message;
  EXPECT_NE(message.find("NaN"), std::string::npos) << message;
}

TEST_F(TrainingTest, AugmentationKeepsThePhysics) {
  // Labels that turn along with their RVE are the labels of the turned RVE.
  settings.augmentation = true;
  const DatasetReader data(settings.dataset);
  TrainingBatches batches(data, settings);
  int changed = 0;
  for (int step = 0; step < 6; ++step) {
    const auto batch = batches.load(step, {0, 1});
    for (std::size_t i = 0; i < 2; ++i) {
      const auto coarse = coarsen(batch.rves[i], 2);
      const StiffnessField field({&coarse, 1}, torch::TensorOptions(torch::kDouble));
      const auto strain = total_strain(solve(field, {1e-8, 2000}).displacement, field.grid());
      const auto label = batch.label_strain[static_cast<std::int64_t>(i)].to(torch::kDouble);
      EXPECT_LT(((strain[0] - label).norm() / label.norm()).item<double>(), 1e-4);
      changed += std::none_of(data.rves().begin(), data.rves().end(),
                              [&](const auto& rve) { return rve == batch.rves[i]; });
    }
  }
  EXPECT_GT(changed, 6);
}

TEST_F(TrainingTest, DataOnlyModelsLearnFromLabelsAlone) {
  settings.network.model = "UNet";
  settings.data_weight = 1;
  settings.physics_weight = 1;
  EXPECT_NE(message_of([&] { train(settings); }).find("data alone"), std::string::npos);
  settings.physics_weight = 0;
  settings.n_steps = 20;
  const auto result = train(settings);
  EXPECT_TRUE(std::isfinite(result.best_validation_gap));
  settings.network.model = "w-ECO";
  settings.model = temporary("w_eco");
  settings.data_weight = 0;
  settings.physics_weight = 1;
  for (const char* residual : {"gap", "plain"}) {
    settings.residual = residual;
    settings.resume = false;
    EXPECT_TRUE(std::isfinite(train(settings).best_validation_gap));
  }
}

TEST(KilledTraining, ContinuesToTheModelAndTheLogOfAWholeOne) {
  const std::string folder = new_folder("killed").string();
  const auto parameters = [&](const std::string& model) {
    auto file = folder + "/" + model + ".prm";
    std::ofstream(file) << "subsection Microstructure\n set Type = inclusions\n"
                           " set Grid = 16, 16\n set Number of inclusions = 3\nend\n"
                           "subsection Dataset\n set File = data.h5\n"
                           " set Training RVEs = 6\n set Validation RVEs = 2\nend\n"
                           "subsection Network\n set Width = 8\n set Levels = 2\nend\n"
                           "subsection Training\n set Model = "
                        << model
                        << "\n set Steps = 60\n set Batch size = 3\n set Checkpoint interval = 8\n"
                           " set Validation interval = 5\nend\n";
    return file;
  };
  const auto start = [&](const std::string& file) {
    const pid_t child = fork();
    if (child != 0) return child;
    setenv("OMP_NUM_THREADS", "1", 1);
    const int silent = open("/dev/null", O_WRONLY);
    dup2(silent, STDOUT_FILENO);
    dup2(silent, STDERR_FILENO);
    execl(SECO_PROGRAM, "seco", "train", file.c_str(), "--device", "cpu", nullptr);
    _exit(3);
  };
  const auto run = [&](const std::string& file) {
    int status = 0;
    waitpid(start(file), &status, 0);
    return status;
  };
  ASSERT_EQ(run(parameters("whole")), 0);

  const auto killed = parameters("part");
  const auto log = folder + "/part/training_log.csv";
  const pid_t child = start(killed);
  const auto logged = [&] {
    std::ifstream file(log);
    std::string line;
    int n = 0;
    while (std::getline(file, line)) ++n;
    return n;
  };
  // The log is written with each checkpoint.
  for (int i = 0; i < 20000 && logged() < 18; ++i) usleep(1000);
  kill(child, SIGKILL);
  int status = 0;
  waitpid(child, &status, 0);
  // A run that is killed while it writes leaves rows beyond its checkpoint and a part of one.
  std::ofstream(log, std::ios::app) << "59,1.0,1,1,1,1,\n60,1.";
  ASSERT_EQ(run(killed), 0);

  const auto rows = [&](const std::string& model) {
    std::ifstream file(folder + "/" + model + "/training_log.csv");
    std::vector<std::string> all;
    std::string line;
    while (std::getline(file, line)) {
      // Without the column of the elapsed seconds.
      const auto first = line.find(','), second = line.find(',', first + 1);
      all.push_back(line.substr(0, first) + line.substr(second));
    }
    return all;
  };
  EXPECT_EQ(rows("part"), rows("whole"));
  EXPECT_EQ(largest_difference(*load_model(folder + "/part").network,
                               *load_model(folder + "/whole").network),
            0.);
}

// A finished model is trained anew with --replace and kept without, and settings that no dataset
// could make sense of are refused before one is made.
TEST(TrainCommand, ReplacesFinishedModelsOnlyWhenAsked) {
  const std::string folder = new_folder("replace").string(), parameters = folder + "/x.prm";
  const auto run = [&](const std::string& training, const std::string& option,
                       const std::string& network = "") {
    std::ofstream(parameters) << "subsection Microstructure\n set Type = overlapping\n"
                                 " set Grid = 16, 16\n set Volume fraction = 0.2\nend\n"
                                 "subsection Dataset\n set File = data.h5\n set Label factor = 0\n"
                                 " set Training RVEs = 0\n set Validation RVEs = 2\nend\n"
                                 "subsection Network\n set Model = polarization\n set Width = 8\n"
                              << network
                              << "end\nsubsection Training\n set Model = m\n set Steps = 3\n"
                                 " set Batch size = 1\n"
                              << training << "end\n";
    return run_command("OMP_NUM_THREADS=1 " SECO_PROGRAM " train " + parameters + " --device cpu " +
                       option);
  };
  const auto refused = [&](const std::string& training, const std::string& network,
                           const std::string& reason) {
    const auto outcome = run(training, "", network);
    EXPECT_EQ(outcome.exit_code, 1) << outcome.output;
    EXPECT_NE(outcome.output.find(reason), std::string::npos) << outcome.output;
    EXPECT_FALSE(fs::exists(folder + "/data.h5")) << reason;
  };
  const std::string fresh = " set Data weight = 0\n set Fresh samples = true\n";
  refused(" set Data weight = 1\n set Fresh samples = true\n", "", "fresh samples have no labels");
  refused(fresh + " set Physics weight = 0\n", "", "nothing to learn");
  refused(" set Data weight = 0\n", "", "allowed only with 'Fresh samples'");
  refused(fresh, " set Backbone = TFNO\n", "has no effect on the model 'polarization'");
  EXPECT_EQ(run(fresh, "").exit_code, 0);
  const auto weights = [&] { return load_model(folder + "/m").network->parameters()[0].clone(); };
  const auto first = weights();
  EXPECT_EQ(run(fresh + " set Seed = 2\n", "").exit_code, 0);
  EXPECT_TRUE(torch::equal(weights(), first));
  EXPECT_EQ(run(fresh + " set Seed = 2\n", "--replace").exit_code, 0);
  EXPECT_FALSE(torch::equal(weights(), first));
  const auto anew = run(fresh + " set Resume = false\n", "");
  EXPECT_NE(anew.output.find("'Resume' is false"), std::string::npos) << anew.output;
}

#ifdef SECO_MPIEXEC
TEST(DataParallelTraining, RanksHaveTheGradientOfOneRank) {
  const std::string folder = new_folder("ranks").string();
  const auto train_with = [&](const std::string& launcher, const std::string& model) {
    const std::string parameters = folder + "/" + model + ".prm";
    std::ofstream(parameters) << "subsection Microstructure\n set Type = inclusions\n"
                                 " set Grid = 16, 16\n set Number of inclusions = 3\nend\n"
                                 "subsection Dataset\n set File = data.h5\n"
                                 " set Training RVEs = 6\n set Validation RVEs = 2\nend\n"
                                 "subsection Network\n set Width = 8\n set Levels = 2\nend\n"
                                 "subsection Training\n set Model = "
                              << model
                              << "\n set Steps = 1\n set Batch size = 3\n"
                                 " set Gradient clipping = 1e6\nend\n";
    const auto outcome = run_command("OMP_NUM_THREADS=1 " + launcher + " " SECO_PROGRAM " train " +
                                     parameters + " --device cpu");
    EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
    return gradient_of_first_step(folder + "/" + model);
  };
  const auto one = train_with("", "one");
  const auto two = train_with(SECO_MPIEXEC " --allow-run-as-root --oversubscribe -n 2", "two");
  EXPECT_EQ(read_model_description(folder + "/two")["training"]["ranks"], 2);
  EXPECT_LT(relative_difference(one, two), 1e-4);
  EXPECT_NEAR(last_logged_loss(folder + "/two") / last_logged_loss(folder + "/one"), 1., 1e-4);
}
#endif
