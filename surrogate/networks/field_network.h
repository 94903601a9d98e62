#pragma once

#include <torch/nn.h>

#include <memory>
#include <utility>

#include "pair_energies.h"
#include "seco/surrogate/network_settings.h"
#include "stiffness_field.h"

namespace seco::surrogate {

/// What a field network predicts for all unit load cases, dimensionless (StiffnessField::scale).
struct PredictedFields {
  /// Fluctuation of the strain, `[B, L, m, n...]`, zero mean.
  torch::Tensor strain;
  /// Fluctuation of the stress, the same shape, zero mean.
  torch::Tensor stress;
  /// Mean stress of every load case, `[B, L, m]`, double.
  torch::Tensor mean_stress;
  /// True where the strain is compatible and the stress in equilibrium, by construction.
  bool compatible = false;
  bool equilibrated = false;
  /// Where the homogenized stiffness is expected between the bounds, `[B]`, double on the CPU, from
  /// 0 (lower) to 1 (upper).
  torch::Tensor estimate_weight;
};

/// One interface for all models: a network that reads the microstructure of a batch of RVEs and
/// predicts strain and stress of all unit load cases in one pass.
class FieldNetwork : public torch::nn::Module {
 public:
  /// Predicts the fields. @throws std::invalid_argument if the RVEs do not fit the network
  /// (dimension, orientations).
  PredictedFields operator()(const StiffnessField& stiffness);

  const NetworkSettings& settings() const { return settings_; }
  std::int64_t n_parameters() const;
  /// Numbers of channels that the backbone reads and returns.
  virtual std::pair<std::int64_t, std::int64_t> channels() const = 0;

 protected:
  explicit FieldNetwork(const NetworkSettings& settings) : settings_(settings) {}

 private:
  virtual PredictedFields forward(const StiffnessField& stiffness) = 0;

  NetworkSettings settings_;
};

/// Creates the network that the settings describe, with random weights of LibTorch's generator.
/// @throws std::invalid_argument naming the setting, its value and what is allowed.
std::shared_ptr<FieldNetwork> make_network(const NetworkSettings& settings);

/// The nearest admissible pair: predictions that are not admissible by construction pass through
/// the Green projections, `e = D G0 D^T C0 e` and `t = s - C0 : sym(D G0 D^T s)`.
AdmissibleFields admissible(const PredictedFields& fields, const StiffnessField& stiffness);

}  // namespace seco::surrogate
