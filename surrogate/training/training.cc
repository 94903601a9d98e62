#include "seco/surrogate/training.h"

#include <fmt/format.h>
#include <torch/nn/utils/clip_grad.h>

#include <chrono>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <stdexcept>

#include "communicator.h"
#include "dataset_reader.h"
#include "device.h"
#include "evaluation.h"
#include "loss.h"
#include "model_folder.h"
#include "network_start.h"
#include "progress_bar.h"
#include "seco/materials/interruption.h"
#include "seco/materials/symmetry_operations.h"
#include "seco/materials/write_atomically.h"
#include "training_batches.h"
#include "training_state.h"

namespace seco::surrogate {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

double scheduled_rate(const TrainingSettings& s, std::int64_t step) {
  if (step < s.warm_up_steps)
    return s.learning_rate * static_cast<double>(step + 1) / s.warm_up_steps;
  const double progress =
      static_cast<double>(step - s.warm_up_steps) /
      static_cast<double>(std::max<std::int64_t>(1, s.n_steps - s.warm_up_steps));
  const double cosine = 0.5 * (1. + std::cos(M_PI * std::min(1., progress)));
  return s.learning_rate * (s.final_learning_rate + (1. - s.final_learning_rate) * cosine);
}

const char* const log_header =
    "step,seconds,learning_rate,loss,data_loss,residual,validation_gap\n";

/// The complete rows of a training log whose step is not beyond `last`.
std::string rows_up_to(const std::string& path, std::int64_t last) {
  std::ifstream file(path);
  std::string rows, line;
  std::getline(file, line);
  while (std::getline(file, line) && !file.eof())
    if (std::atoll(line.c_str()) <= last) rows += line + "\n";
  return rows;
}

bool learns_from_data_alone(const TrainingSettings& s) {
  return s.network.model == "UNet" || s.network.model == "TFNO";
}

/// @throws std::invalid_argument for a phase of zero stiffness
void check_solid(const materials::Rve& rve, const std::string& origin) {
  for (const auto& stiffness : rve.stiffness)
    if (stiffness.cwiseAbs().maxCoeff() == 0.)
      throw std::invalid_argument(
          fmt::format("{}: holds voids of zero stiffness, whose compliance is infinite; give "
                      "them a small finite stiffness for training",
                      origin));
}

void check(const TrainingSettings& s, const DatasetReader& data) {
  const auto refuse = [](const std::string& what) { throw std::invalid_argument(what); };
  surrogate::check(s);
  if (s.network.dimension != data.dimension())
    refuse(fmt::format("{}: holds {}D RVEs, the network is {}D", s.dataset, data.dimension(),
                       s.network.dimension));
  if (data.n_training() == 0 && !s.fresh_rve)
    refuse(fmt::format("{}: holds no training RVEs", s.dataset));
  if (data.n_validation() == 0) refuse(fmt::format("{}: holds no validation RVEs", s.dataset));
  if (s.data_weight > 0 && data.label_factor() == 0)
    refuse(fmt::format("{}: holds no labels, so the weight of the data must be 0, not {}",
                       s.dataset, s.data_weight));
  for (const auto& rve : data.rves()) check_solid(rve, s.dataset);
}

/// Sums over the RVEs of one step; the same on all ranks after the exchange.
struct StepLosses {
  double loss = 0, data = 0, residual = 0;
};

class Trainer {
 public:
  explicit Trainer(const TrainingSettings& settings)
      : settings_(settings),
        data_(settings.dataset),
        device_((check(settings, data_), select_device(settings.device))),
        options_(torch::TensorOptions(torch::kFloat).device(device_)),
        network_(seeded_network()),
        optimizer_(
            network_->parameters(),
            torch::optim::AdamWOptions(settings.learning_rate).weight_decay(settings.weight_decay)),
        batches_(data_, settings_),
        validation_(data_.n_validation()) {
    std::iota(validation_.begin(), validation_.end(), data_.n_training());
    if (settings.network.precision == "float16") state_.loss_scale = 65536.;
  }

  TrainingResult run() {
    open_folder();
    ProgressBar progress(settings_.show_progress && leads(), "training", settings_.n_steps);
    TrainingResult result;
    const double earlier_seconds = state_.seconds;
    const auto start = Clock::now();
    // What the untrained network is worth: the fields that precede it.
    if (state_.step == 0) write_log(0., {}, validate());
    while (state_.step < settings_.n_steps && !stop_asked()) {
      const double rate = scheduled_rate(settings_, state_.step);
      for (auto& group : optimizer_.param_groups())
        static_cast<torch::optim::AdamWOptions&>(group.options()).lr(rate);
      const auto losses = accumulate_gradients();
      if (!take_step(losses)) {
        result.diverged = true;
        break;
      }
      ++state_.step;
      state_.seconds = earlier_seconds + seconds_since(start);
      const bool last = state_.step == settings_.n_steps;
      double gap = std::nan("");
      if (last || state_.step % settings_.validation_interval == 0) gap = validate();
      write_log(rate, losses, gap);
      progress.update(state_.step,
                      fmt::format("loss {:.4g}  gap {:.3g}", losses.loss,
                                  std::isfinite(state_.best_gap) ? state_.best_gap : NAN));
      tell(losses);
      if (last || state_.step % settings_.checkpoint_interval == 0) write_checkpoint();
    }
    progress.finish();
    if (leads()) measure();
    ranks_.barrier();
    result.rank = ranks_.rank();
    result.steps = state_.step;
    result.seconds = state_.seconds;
    result.best_validation_gap = state_.best_gap;
    return result;
  }

 private:
  bool leads() const { return ranks_.rank() == 0; }

  std::shared_ptr<FieldNetwork> seeded_network() const {
    torch::manual_seed(settings_.seed);
    auto network = make_network(settings_.network);
    if (!settings_.initial_model.empty()) {
      auto initial = load_model(settings_.initial_model).network;
      // The same weights serve after any number of solver steps.
      auto expected = settings_.network;
      expected.solver_steps = initial->settings().solver_steps;
      if (to_json(initial->settings()) != to_json(expected))
        throw std::invalid_argument(
            fmt::format("initial model {} has the architecture {}, the training asks for {}",
                        settings_.initial_model, to_json(initial->settings()).dump(),
                        to_json(settings_.network).dump()));
      for (std::size_t i = 0; i < network->parameters().size(); ++i)
        network->parameters()[i].set_data(initial->parameters()[i]);
    }
    network->to(device_);
    return network;
  }

  void open_folder() {
    const auto folder = fs::path(settings_.model);
    checkpoint_ = (folder / "checkpoint.safetensors").string();
    if (leads()) fs::create_directories(folder);
    const bool resumed = settings_.resume && fs::exists(checkpoint_);
    if (resumed) {
      state_.load(checkpoint_, *network_, optimizer_);
      network_->to(device_);
    }
    ranks_.barrier();
    if (!leads()) return;
    // A run that was killed has logged steps after its last checkpoint, the last line in part.
    const auto log = (folder / "training_log.csv").string();
    const auto kept = resumed ? rows_up_to(log, state_.step) : std::string();
    materials::write_atomically(log, [&](std::ostream& out) { out << log_header << kept; });
    log_.open(log, std::ios::app);
  }

  // Agreed on by all ranks, whose clocks differ.
  bool stop_asked() {
    const bool asked = (settings_.stop_after > 0 && state_.step >= settings_.stop_after) ||
                       (settings_.time_limit > 0 && state_.seconds > 60. * settings_.time_limit) ||
                       (settings_.patience > 0 && state_.stale >= settings_.patience);
    return ranks_.any(asked);
  }

  torch::Tensor physics_residual(const StiffnessField& stiffness, const PredictedFields& fields) {
    const bool weighted = settings_.residual == "gap";
    return settings_.network.model == "w-ECO" ? equilibrium_residual(stiffness, fields, weighted)
                                              : constitutive_residual(stiffness, fields, weighted);
  }

  StepLosses accumulate_gradients() {
    network_->train();
    optimizer_.zero_grad();
    StepLosses losses;
    for (const auto& positions : batches_.micro_batches(ranks_.rank(), ranks_.size())) {
      auto batch = batches_.load(state_.step, positions);
      if (settings_.fresh_rve)
        for (const auto& rve : batch.rves) check_solid(rve, settings_.parameter_file);
      if (settings_.shear_error != 0)
        for (auto& rve : batch.rves) rve = materials::with_shear_error(rve, settings_.shear_error);
      const StiffnessField stiffness(batch.rves, options_);
      const auto fields = (*network_)(stiffness);
      // The mean over load cases, the sum over RVEs: shares of one global mean.
      const double share = 1. / (settings_.batch_size * stiffness.grid().n_components());
      torch::Tensor loss = torch::zeros({}, torch::TensorOptions(torch::kDouble).device(device_));
      if (settings_.physics_weight > 0) {
        const auto residual = physics_residual(stiffness, fields).sum() * share;
        losses.residual += residual.item<double>();
        loss = loss + settings_.physics_weight * residual;
      }
      if (settings_.data_weight > 0) {
        std::vector<std::int64_t> shape(batch.label_stress.dim(), 1);
        shape[0] = batch.label_stress.size(0);
        const auto scale = stiffness.scale().reshape(shape);
        const auto stress = (batch.label_stress / scale.to(torch::kFloat)).to(device_);
        const auto misfit =
            label_misfit(stiffness, fields, batch.label_strain.to(device_), stress).sum() * share;
        losses.data += misfit.item<double>();
        loss = loss + settings_.data_weight * misfit;
      }
      losses.loss += loss.item<double>();
      (loss * state_.loss_scale).backward();
    }
    std::vector<torch::Tensor> gradients;
    for (auto& p : network_->parameters()) {
      if (!p.grad().defined()) p.mutable_grad() = torch::zeros_like(p);
      gradients.push_back(p.grad());
    }
    ranks_.all_reduce_sum(gradients);
    losses.loss = ranks_.sum(losses.loss);
    losses.data = ranks_.sum(losses.data);
    losses.residual = ranks_.sum(losses.residual);
    return losses;
  }

  // False if the training diverges. Gradients and losses are those of all ranks.
  bool take_step(const StepLosses& losses) {
    const auto parameters = network_->parameters();
    if (state_.loss_scale != 1.)
      for (const auto& p : parameters) p.grad().div_(state_.loss_scale);
    const double norm = torch::nn::utils::clip_grad_norm_(parameters, settings_.gradient_clipping);
    if (std::isfinite(losses.loss) && !std::isfinite(norm) && state_.loss_scale > 1.) {
      state_.loss_scale = std::max(1., 0.5 * state_.loss_scale);  // float16 gradients overflowed
      return true;
    }
    if (!std::isfinite(losses.loss) || !std::isfinite(norm)) return false;
    optimizer_.step();
    constexpr double memory = 0.98, factor = 20.;
    state_.mean_loss = std::isnan(state_.mean_loss)
                           ? losses.loss
                           : memory * state_.mean_loss + (1. - memory) * losses.loss;
    state_.best_loss = std::min(state_.best_loss, state_.mean_loss);
    return state_.mean_loss <= factor * state_.best_loss;
  }

  double validate() {
    double gap = 0;
    if (leads()) {
      gap = mean_certified_gap(*network_, data_.rves(), validation_, options_);
      if (gap < state_.best_gap) save_best(gap);
    }
    gap = ranks_.sum(gap);
    state_.stale = gap < state_.best_gap ? 0 : state_.stale + 1;
    state_.best_gap = std::min(state_.best_gap, gap);
    return gap;
  }

  void save_best(double gap) const {
    nlohmann::json description;
    description["training"] = {
        {"parameter_file", fs::path(settings_.parameter_file).filename().string()},
        {"initial_model", fs::path(settings_.initial_model).filename().string()},
        {"dataset", fs::path(settings_.dataset).filename().string()},
        {"dataset_description", data_.description()},
        {"rves", data_.n_training()},
        {"label_factor", data_.label_factor()},
        {"label_seconds", data_.label_seconds()},
        {"steps", state_.step},
        {"batch_size", settings_.batch_size},
        {"ranks", ranks_.size()},
        {"fresh_samples", static_cast<bool>(settings_.fresh_rve)},
        {"augmentation", settings_.augmentation},
        {"learning_rate", settings_.learning_rate},
        {"data_weight", settings_.data_weight},
        {"physics_weight", settings_.physics_weight},
        {"residual", settings_.residual},
        {"shear_error", settings_.shear_error},
        {"seed", settings_.seed},
        {"hours", state_.seconds / 3600.},
        {"device", device_.str()},
        {"threads", at::get_num_threads()},
        {"mean_validation_gap", gap}};
    description["training_range"] = training_range(data_.rves());
    save_model(settings_.model, *network_, description);
  }

  void write_log(double rate, const StepLosses& losses, double gap) {
    if (!leads()) return;
    log_ << fmt::format("{},{:.2f},{:.4g},{:.6g},{:.6g},{:.6g},{}\n", state_.step, state_.seconds,
                        rate, losses.loss, losses.data, losses.residual,
                        std::isnan(gap) ? "" : fmt::format("{:.6g}", gap));
  }

  /// The caller may end the training here; what there is, is kept.
  void tell(const StepLosses& losses) {
    try {
      if (settings_.progress)
        settings_.progress({state_.step, settings_.n_steps, losses.loss, state_.best_gap});
      materials::check_interruption();
    } catch (...) {
      write_checkpoint();
      throw;
    }
  }

  void write_checkpoint() {
    if (!leads()) return;
    log_.flush();
    state_.save(checkpoint_, *network_, optimizer_);
  }

  // Accuracy of the best model on the held-out RVEs, for model.json.
  void measure() const {
    if (!fs::exists(fs::path(settings_.model) / "model.json")) return;
    auto model = load_model(settings_.model);
    model.description["held_out"] =
        to_json(evaluate_model(settings_.model, settings_.dataset, settings_.device));
    // Where its start is worth its cost, for the engines.
    if (auto network = std::dynamic_pointer_cast<PolarizationNetwork>(model.network)) {
      const auto& rves = data_.rves();
      network->to(device_);
      model.description["start_gains"] = to_json(measure_starts(
          *network, {rves.begin() + static_cast<long>(data_.n_training()), rves.end()}, options_));
      network->to(torch::kCPU);
    }
    save_model(settings_.model, *model.network, model.description);
  }

  TrainingSettings settings_;
  DatasetReader data_;
  torch::Device device_;
  torch::TensorOptions options_;
  Communicator ranks_ = Communicator::world();
  std::shared_ptr<FieldNetwork> network_;
  torch::optim::AdamW optimizer_;
  TrainingBatches batches_;
  std::vector<std::size_t> validation_;
  TrainingState state_;
  std::string checkpoint_;
  std::ofstream log_;
};

}  // namespace

void check(const TrainingSettings& s) {
  const auto refuse = [](const std::string& what) { throw std::invalid_argument(what); };
  if (s.residual != "gap" && s.residual != "plain")
    refuse(fmt::format("residual '{}' is not known; allowed are gap, plain", s.residual));
  if (s.fresh_rve && s.data_weight > 0)
    refuse(
        fmt::format("data weight {}: fresh samples have no labels, allowed is 0", s.data_weight));
  if (learns_from_data_alone(s) && s.physics_weight != 0)
    refuse(fmt::format("physics weight {}: a {} learns from data alone, allowed is 0",
                       s.physics_weight, s.network.model));
  if (s.data_weight == 0 && s.physics_weight == 0)
    refuse("data weight and physics weight are both 0, so there is nothing to learn");
  make_network(s.network);
}

TrainingResult train(const TrainingSettings& settings) {
  set_thread_count();
  try {
    return Trainer(settings).run();
  } catch (const std::exception& error) {
    // The other ranks may wait for this one, which will not come.
    const auto ranks = Communicator::world();
    if (ranks.size() > 1) {
      fmt::print(stderr, "rank {} of {}: {}\n", ranks.rank(), ranks.size(), error.what());
      ranks.abort(1);
    }
    throw;
  }
}

}  // namespace seco::surrogate
