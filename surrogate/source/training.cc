#include "seco/surrogate/training.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <torch/nn/utils/clip_grad.h>
#include <torch/optim/adamw.h>

#include <chrono>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <random>
#include <stdexcept>

#include "certificate.h"
#include "dataset_reader.h"
#include "device.h"
#include "evaluation.h"
#include "loss.h"
#include "model_folder.h"
#include "progress_bar.h"

namespace seco::surrogate {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// The RVEs of every step: each epoch is a seeded permutation, so the order depends on the step
/// alone and a resumed training sees what the uninterrupted one would have seen.
class BatchOrder {
 public:
  BatchOrder(std::size_t n, int batch_size, std::uint64_t seed)
      : n_(n), batch_size_(static_cast<std::size_t>(batch_size)), seed_(seed) {}

  std::vector<std::size_t> batch(std::int64_t step) {
    std::vector<std::size_t> indices;
    for (std::size_t i = 0; i < batch_size_; ++i) {
      const std::size_t position = static_cast<std::size_t>(step) * batch_size_ + i;
      const std::size_t epoch = position / n_;
      if (permutation_.empty() || epoch != epoch_) shuffle(epoch);
      indices.push_back(permutation_[position % n_]);
    }
    return indices;
  }

 private:
  void shuffle(std::size_t epoch) {
    epoch_ = epoch;
    permutation_.resize(n_);
    std::iota(permutation_.begin(), permutation_.end(), 0);
    std::mt19937_64 generator(seed_ + 7919 * epoch);
    for (std::size_t i = n_ - 1; i > 0; --i)
      std::swap(permutation_[i], permutation_[generator() % (i + 1)]);
  }

  std::size_t n_, batch_size_;
  std::uint64_t seed_;
  std::size_t epoch_ = 0;
  std::vector<std::size_t> permutation_;
};

double scheduled_rate(const TrainingSettings& s, std::int64_t step) {
  if (step < s.warm_up_steps)
    return s.learning_rate * static_cast<double>(step + 1) / s.warm_up_steps;
  const double progress =
      static_cast<double>(step - s.warm_up_steps) /
      static_cast<double>(std::max<std::int64_t>(1, s.n_steps - s.warm_up_steps));
  const double cosine = 0.5 * (1. + std::cos(M_PI * std::min(1., progress)));
  return s.learning_rate * (s.final_learning_rate + (1. - s.final_learning_rate) * cosine);
}

void check(const TrainingSettings& s, const DatasetReader& data) {
  const auto refuse = [](const std::string& what) { throw std::invalid_argument(what); };
  if (s.network.dimension != data.dimension())
    refuse(fmt::format("{}: holds {}D RVEs, the network is {}D", s.dataset, data.dimension(),
                       s.network.dimension));
  if (s.residual != "gap" && s.residual != "plain")
    refuse(fmt::format("residual '{}' is not known; allowed are gap, plain", s.residual));
  if (data.n_training() == 0) refuse(fmt::format("{}: holds no training RVEs", s.dataset));
  if (data.n_validation() == 0) refuse(fmt::format("{}: holds no validation RVEs", s.dataset));
  if (s.data_weight > 0 && data.label_factor() == 0)
    refuse(fmt::format("{}: holds no labels, so the weight of the data must be 0, not {}",
                       s.dataset, s.data_weight));
  for (const auto& rve : data.rves())
    for (const auto& stiffness : rve.stiffness)
      if (stiffness.cwiseAbs().maxCoeff() == 0.)
        refuse(
            fmt::format("{}: holds voids of zero stiffness, whose compliance is infinite; give "
                        "them a small finite stiffness for training",
                        s.dataset));
}

/// Everything that changes during training, saved and restored together.
struct TrainingState {
  std::int64_t step = 0;
  double seconds = 0;
  double best_gap = std::numeric_limits<double>::infinity();

  void save(const std::string& path, SEcoNetwork network,
            torch::optim::Optimizer& optimizer) const {
    torch::serialize::OutputArchive archive, weights, moments;
    network->save(weights);
    optimizer.save(moments);
    archive.write("network", weights);
    archive.write("optimizer", moments);
    archive.write("state",
                  torch::tensor({static_cast<double>(step), seconds, best_gap}, torch::kDouble));
    save_archive(archive, path);
  }

  void load(const std::string& path, SEcoNetwork network, torch::optim::Optimizer& optimizer) {
    try {
      torch::serialize::InputArchive archive, weights, moments;
      archive.load_from(path, torch::kCPU);
      archive.read("network", weights);
      archive.read("optimizer", moments);
      network->load(weights);
      optimizer.load(moments);
      torch::Tensor state;
      archive.read("state", state);
      step = static_cast<std::int64_t>(state[0].item<double>());
      seconds = state[1].item<double>();
      best_gap = state[2].item<double>();
    } catch (const c10::Error&) {
      throw std::runtime_error(fmt::format(
          "{}: is corrupt or was written for another network; delete it or set Resume = false",
          path));
    }
  }
};

}  // namespace

TrainingResult train(const TrainingSettings& settings) {
  set_thread_count();
  const DatasetReader data(settings.dataset);
  check(settings, data);
  const auto device = select_device(settings.device);
  const auto options = torch::TensorOptions(torch::kFloat).device(device);
  torch::manual_seed(settings.seed);
  SEcoNetwork network(settings.network);
  network->to(device);
  torch::optim::AdamW optimizer(
      network->parameters(),
      torch::optim::AdamWOptions(settings.learning_rate).weight_decay(settings.weight_decay));
  fs::create_directories(settings.model);
  const std::string checkpoint = (fs::path(settings.model) / "checkpoint.pt").string();
  const std::string log_path = (fs::path(settings.model) / "training_log.csv").string();
  TrainingState state;
  const bool resumed = settings.resume && fs::exists(checkpoint);
  if (resumed) {
    state.load(checkpoint, network, optimizer);
    network->to(device);
  }
  std::ofstream log(log_path, resumed ? std::ios::app : std::ios::trunc);
  if (!resumed) log << "step,seconds,learning_rate,loss,data_loss,residual,validation_gap\n";

  std::vector<std::size_t> validation(data.n_validation());
  std::iota(validation.begin(), validation.end(), data.n_training());
  BatchOrder order(data.n_training(), settings.batch_size, settings.seed);
  ProgressBar progress(settings.show_progress, "training", settings.n_steps);
  TrainingResult result;
  const double earlier_seconds = state.seconds;
  const auto start = Clock::now();

  const auto save_best = [&](double gap) {
    state.best_gap = gap;
    nlohmann::json description;
    description["training"] = {{"dataset", fs::path(settings.dataset).filename().string()},
                               {"dataset_description", data.description()},
                               {"rves", data.n_training()},
                               {"label_factor", data.label_factor()},
                               {"label_seconds", data.label_seconds()},
                               {"steps", state.step},
                               {"batch_size", settings.batch_size},
                               {"learning_rate", settings.learning_rate},
                               {"data_weight", settings.data_weight},
                               {"physics_weight", settings.physics_weight},
                               {"residual", settings.residual},
                               {"seed", settings.seed},
                               {"hours", state.seconds / 3600.},
                               {"device", device.str()},
                               {"mean_validation_gap", gap}};
    description["training_range"] = training_range(data.rves());
    save_model(settings.model, network, description);
  };

  for (; state.step < settings.n_steps; ++state.step) {
    if (settings.stop_after > 0 && state.step >= settings.stop_after) break;
    if (settings.time_limit > 0 && state.seconds > 60. * settings.time_limit) break;
    for (auto& group : optimizer.param_groups())
      static_cast<torch::optim::AdamWOptions&>(group.options())
          .lr(scheduled_rate(settings, state.step));

    const auto indices = order.batch(state.step);
    std::vector<materials::Rve> rves;
    for (const auto i : indices) rves.push_back(data.rves()[i]);
    const StiffnessField stiffness(rves, options);
    network->train();
    const auto fields = network->forward(stiffness);
    auto residual = constitutive_residual(stiffness, fields, settings.residual == "gap").mean();
    auto loss = settings.physics_weight * residual;
    double data_loss = 0;
    if (settings.data_weight > 0) {
      const auto [strain, stress] = data.labels(indices, stiffness.scale());
      const auto misfit =
          label_misfit(stiffness, fields, strain.to(device), stress.to(device)).mean();
      data_loss = misfit.item<double>();
      loss = loss + settings.data_weight * misfit;
    }
    const double loss_value = loss.item<double>();
    optimizer.zero_grad();
    loss.backward();
    const double norm =
        torch::nn::utils::clip_grad_norm_(network->parameters(), settings.gradient_clipping);
    if (!std::isfinite(loss_value) || !std::isfinite(norm)) {
      result.diverged = true;
      break;
    }
    optimizer.step();
    state.seconds = earlier_seconds + seconds_since(start);

    double gap = std::nan("");
    const std::int64_t done = state.step + 1;
    if (done % settings.validation_interval == 0 || done == settings.n_steps) {
      gap = mean_certified_gap(network, data.rves(), validation, options);
      if (gap < state.best_gap) save_best(gap);
    }
    log << fmt::format("{},{:.2f},{:.4g},{:.6g},{:.6g},{:.6g},{}\n", done, state.seconds,
                       scheduled_rate(settings, state.step), loss_value, data_loss,
                       residual.item<double>(), std::isnan(gap) ? "" : fmt::format("{:.6g}", gap));
    progress.update(done, fmt::format("loss {:.4g}  gap {:.3g}", loss_value,
                                      std::isfinite(state.best_gap) ? state.best_gap : NAN));
    if (done % settings.checkpoint_interval == 0 || done == settings.n_steps) {
      log.flush();
      TrainingState next = state;
      next.step = done;
      next.save(checkpoint, network, optimizer);
    }
  }
  progress.finish();
  if (!std::isfinite(state.best_gap) && !result.diverged)
    save_best(mean_certified_gap(network, data.rves(), validation, options));
  result.steps = state.step;
  result.seconds = state.seconds;
  result.best_validation_gap = state.best_gap;
  if (fs::exists(fs::path(settings.model) / "model.json")) {
    auto model = load_model(settings.model);
    model.description["held_out"] =
        nlohmann::json::parse(evaluate_model(settings.model, settings.dataset, settings.device));
    save_model(settings.model, model.network, model.description);
  }
  return result;
}

}  // namespace seco::surrogate
