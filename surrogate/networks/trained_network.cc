#include "seco/surrogate/trained_network.h"

#include <fmt/format.h>
#include <torch/autograd.h>

#include <functional>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "certificate.h"
#include "device.h"
#include "difference_operator.h"
#include "dlpack_exchange.h"
#include "model_folder.h"
#include "network_input.h"
#include "polarization_network.h"

namespace seco::surrogate {

struct TrainedNetwork::Loaded {
  Model model;
  /// Of the weights that were handed over last.
  std::vector<std::size_t> checksums;
};

struct TrainedNetwork::Prediction::Graph {
  torch::Tensor strain, stress;
  std::vector<torch::Tensor> weights;
  bool differentiable = false;
};

namespace {

/// Tells whether somebody has written to memory on the CPU; nothing is prepared from others.
std::size_t checksum_of(const torch::Tensor& weight) {
  if (!weight.is_cpu()) return 0;
  const auto numbers = weight.contiguous();
  return std::hash<std::string_view>()(
      {static_cast<const char*>(numbers.data_ptr()), static_cast<std::size_t>(numbers.nbytes())});
}

/// Total strain and stress, dimensionless.
std::pair<torch::Tensor, torch::Tensor> predicted_fields(FieldNetwork& network,
                                                         const StiffnessField& stiffness,
                                                         bool training) {
  const auto& grid = stiffness.grid();
  if (auto* polarization = dynamic_cast<PolarizationNetwork*>(&network);
      polarization && !training) {
    // As the engine has it: a displacement, and the equilibrated part of its stress.
    const GreenOperator green(grid, stiffness.options());
    const auto strain = total_strain(polarization->start(stiffness, green), grid);
    const auto mean = grid_mean(stiffness.apply(strain), grid);
    return {strain, equilibrated_stress(stiffness, strain) +
                        with_grid_axes(mean.to(stiffness.options()), grid)};
  }
  const auto predicted = network(stiffness);
  const auto fields = admissible(predicted, stiffness);
  return {fields.strain + unit_fields(stiffness),
          fields.stress + with_grid_axes(predicted.mean_stress.to(stiffness.options()), grid)};
}

}  // namespace

TrainedNetwork::Prediction::Prediction(std::unique_ptr<Graph> graph) : graph_(std::move(graph)) {}
TrainedNetwork::Prediction::~Prediction() = default;
TrainedNetwork::Prediction::Prediction(Prediction&&) noexcept = default;

DlpackTensor TrainedNetwork::Prediction::strain() const {
  return to_dlpack(graph_->strain);
}

DlpackTensor TrainedNetwork::Prediction::stress() const {
  return to_dlpack(graph_->stress);
}

std::vector<DlpackTensor> TrainedNetwork::Prediction::derivatives(DlpackTensor by_strain,
                                                                  DlpackTensor by_stress) const {
  if (!graph_->differentiable)
    throw std::logic_error("a prediction that was not to be differentiated");
  const auto of_weights =
      torch::autograd::grad({graph_->strain, graph_->stress}, graph_->weights,
                            {from_dlpack(std::move(by_strain), "by_strain"),
                             from_dlpack(std::move(by_stress), "by_stress")},
                            /*retain_graph=*/true, /*create_graph=*/false, /*allow_unused=*/true);
  std::vector<DlpackTensor> result;
  for (std::size_t i = 0; i < of_weights.size(); ++i)
    result.push_back(
        to_dlpack(of_weights[i].defined() ? of_weights[i] : torch::zeros_like(graph_->weights[i])));
  return result;
}

TrainedNetwork::TrainedNetwork(const std::string& folder)
    : loaded_(std::make_unique<Loaded>(Loaded{load_model(folder), {}})) {
  set_thread_count();
}

TrainedNetwork::~TrainedNetwork() = default;

int TrainedNetwork::dimension() const {
  return loaded_->model.network->settings().dimension;
}

std::vector<std::string> TrainedNetwork::weight_names() const {
  return loaded_->model.network->named_parameters().keys();
}

std::vector<DlpackTensor> TrainedNetwork::weights() const {
  std::vector<DlpackTensor> result;
  for (const auto& weight : loaded_->model.network->parameters())
    result.push_back(to_dlpack(weight));
  return result;
}

void TrainedNetwork::set_weights(std::vector<DlpackTensor> weights) {
  const auto own = loaded_->model.network->named_parameters();
  if (weights.size() != own.size())
    throw std::invalid_argument(
        fmt::format("the network has {} weights, given are {}", own.size(), weights.size()));
  std::vector<torch::Tensor> given;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    given.push_back(from_dlpack(std::move(weights[i]), own[i].key()));
    if (given[i].sizes() != own[i].value().sizes())
      throw std::invalid_argument(fmt::format("weight '{}' has the shape [{}], expected is [{}]",
                                              own[i].key(), fmt::join(given[i].sizes(), ", "),
                                              fmt::join(own[i].value().sizes(), ", ")));
    if (given[i].device() != given[0].device() || given[i].dtype() != given[0].dtype())
      throw std::invalid_argument(fmt::format("weight '{}' has another type or device than '{}'",
                                              own[i].key(), own[0].key()));
  }
  auto& checksums = loaded_->checksums;
  checksums.resize(given.size());
  for (std::size_t i = 0; i < given.size(); ++i) {
    auto weight = own[i].value();
    const bool same_memory =
        weight.data_ptr() == given[i].data_ptr() && weight.options().type_equal(given[i].options());
    const auto checksum = checksum_of(given[i]);
    if (same_memory && checksum == checksums[i]) continue;
    if (!same_memory) weight.set_data(given[i]);
    // Its numbers may be others than before, which no count of this tensor tells; what was prepared
    // from them (PolarizationNetwork, UNet) goes by that count, and so do derivatives that are
    // still to be computed from those before.
    weight.unsafeGetTensorImpl()->bump_version();
    checksums[i] = checksum;
  }
}

TrainedNetwork::Prediction TrainedNetwork::predict(std::span<const materials::Rve> rves,
                                                   bool training, bool differentiable) {
  auto& network = *loaded_->model.network;
  const auto weights = network.parameters();
  const StiffnessField stiffness(
      rves, torch::TensorOptions(weights.at(0).dtype()).device(weights.at(0).device()));
  if (stiffness.grid().dimension() != dimension())
    throw std::invalid_argument(fmt::format("the model was trained for {}D RVEs, these are {}D",
                                            dimension(), stiffness.grid().dimension()));
  const torch::AutoGradMode grad(differentiable && training);
  network.train(training);
  auto [strain, stress] = predicted_fields(network, stiffness, training);
  network.eval();
  auto graph = std::make_unique<Prediction::Graph>();
  graph->strain = strain.contiguous();
  graph->stress = stress * with_field_axes(stiffness.scale(), stress).to(stiffness.options());
  graph->differentiable = differentiable && training;
  if (graph->differentiable) graph->weights = weights;
  return Prediction(std::move(graph));
}

void TrainedNetwork::save(const std::string& folder) const {
  auto description = loaded_->model.description;
  for (const auto* measured : {"held_out", "start_gains", "training"}) description.erase(measured);
  save_model(folder, *loaded_->model.network, std::move(description));
}

}  // namespace seco::surrogate
