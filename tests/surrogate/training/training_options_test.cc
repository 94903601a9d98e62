// What single options of datasets and trainings do.
#include <gtest/gtest.h>
#include <torch/torch.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "dataset_reader.h"
#include "microstructures.h"
#include "model_folder.h"
#include "seco/surrogate/dataset.h"
#include "seco/surrogate/training.h"

using namespace seco::surrogate;
namespace fs = std::filesystem;

namespace {

struct Folder {
  Folder() { fs::create_directories(path); }
  ~Folder() { fs::remove_all(path); }
  const fs::path path = fs::path(testing::TempDir()) / ("seco_options_" + std::to_string(getpid()));
};

std::string dataset(const Folder& folder, double tolerance) {
  DatasetSettings data;
  data.file = (folder.path / ("labels_" + std::to_string(tolerance) + ".h5")).string();
  data.n_training = 2;
  data.n_validation = 1;
  data.label_factor = 1;
  data.label_tolerance = tolerance;
  data.device = "cpu";
  generate_dataset(data, [](std::size_t i) {
    return seco::test::make_rve("inclusions", {16, 16}, 50 + i, 0.05);
  });
  return data.file;
}

/// A training of few steps from the same weights.
TrainingSettings short_training(const Folder& folder, const std::string& name) {
  TrainingSettings settings;
  settings.dataset = dataset(folder, 1e-5);
  settings.model = (folder.path / name).string();
  settings.network.dimension = 2;
  settings.network.width = 4;
  settings.network.levels = 2;
  settings.n_steps = 1;
  settings.batch_size = 2;
  settings.warm_up_steps = 0;
  settings.validation_interval = 1;
  settings.device = "cpu";
  settings.show_progress = false;
  return settings;
}

std::vector<torch::Tensor> trained(TrainingSettings settings, const Folder& folder,
                                   const std::string& name) {
  settings.model = (folder.path / name).string();
  train(settings);
  return load_model(settings.model).network->parameters();
}

double last_learning_rate(const std::string& model) {
  std::ifstream log(model + "/training_log.csv");
  std::string line, last, cell;
  while (std::getline(log, line))
    if (!line.empty()) last = line;
  std::stringstream cells(last);
  for (int i = 0; i < 3; ++i) std::getline(cells, cell, ',');
  return std::stod(cell);
}

}  // namespace

TEST(TrainingOptions, WeightDecayShrinksTheWeightsInProportion) {
  const Folder folder;
  auto settings = short_training(folder, "none");
  settings.weight_decay = 0;
  const auto none = trained(settings, folder, "none");
  settings.weight_decay = 0.5;
  const auto half = trained(settings, folder, "half");
  settings.weight_decay = 1;
  const auto whole = trained(settings, folder, "whole");
  double difference = 0, shrunk = 0;
  for (std::size_t i = 0; i < none.size(); ++i) {
    // AdamW takes rate * decay * weight off, beside the step along the gradient.
    const auto by_half = (none[i] - half[i]).to(torch::kDouble),
               by_whole = (none[i] - whole[i]).to(torch::kDouble);
    difference += (by_whole - 2 * by_half).square().sum().item<double>();
    shrunk += by_whole.square().sum().item<double>();
  }
  EXPECT_GT(shrunk, 0);
  EXPECT_LT(std::sqrt(difference / shrunk), 1e-3);
}

TEST(TrainingOptions, TheLearningRateFallsToItsFinalShare) {
  const Folder folder;
  for (const double share : {1., 0.1}) {
    auto settings = short_training(folder, "rate");
    fs::remove_all(settings.model);
    settings.n_steps = 20;
    settings.validation_interval = 20;
    settings.final_learning_rate = share;
    train(settings);
    const double last = last_learning_rate(settings.model) / settings.learning_rate;
    EXPECT_GE(last, share * (1 - 1e-6));
    EXPECT_LE(last, share + 0.01);
  }
}

TEST(DatasetOptions, LabelsAreAsAccurateAsTheirTolerance) {
  const Folder folder;
  const auto labels = [&](double tolerance) {
    return DatasetReader(dataset(folder, tolerance)).labels({0, 1}).first.to(torch::kDouble);
  };
  const auto exact = labels(1e-7);
  const auto error = [&](double tolerance) {
    return ((labels(tolerance) - exact).norm() / exact.norm()).item<double>();
  };
  const double coarse = error(1e-1), fine = error(1e-3);
  EXPECT_GT(coarse, 10 * fine);
  EXPECT_LT(fine, 1e-2);
}
