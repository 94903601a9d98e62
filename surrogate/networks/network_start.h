#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "polarization_network.h"

namespace seco::surrogate {

/// What a network's start was worth for RVEs of one kind: a two-phase RVE whose reference medium
/// is `soft` (stiff inclusions) or `stiff` (soft ones), or `mean` for others, and a decade of the
/// contrast (StiffnessField::contrast).
struct StartGain {
  std::size_t n_rves = 0;
  /// Mean numbers of steps of solve_certified() to the tolerance of measure_starts().
  double steps_from_zero = 0, steps_from_network = 0;
};
/// By kind: `soft 2` are the RVEs in a soft medium of contrast 100 to 1000.
using StartGains = std::map<std::string, StartGain>;

/// The kind of every RVE.
std::vector<std::string> start_kinds(const StiffnessField& stiffness, const Gating& gating);
/// "contrast 100 to 1000 in a soft medium"
std::string start_kind_in_words(const std::string& kind);

/// The gains on these RVEs, to a gap of 1 %. @param options type and device of the fields
StartGains measure_starts(PolarizationNetwork& network, const std::vector<materials::Rve>& rves,
                          const torch::TensorOptions& options);

/// What `model.json` keeps of them; empty for a model that does not say.
nlohmann::json to_json(const StartGains& gains);
StartGains start_gains_from(const nlohmann::json& description);

/// The start of conjugate gradients from a polarization network, where that is worth its cost: the
/// gains that were measured on held-out RVEs tell, by kind. Others start from zero, as do RVEs for
/// which the network returns numbers that are not finite. Thread-safe.
class NetworkStart {
 public:
  /// @param network loaded from `model` @param model its folder, for messages
  NetworkStart(std::shared_ptr<PolarizationNetwork> network, StartGains gains, std::string model);

  /// Displacement to start from, `[B, L, d, n...]`, single precision; undefined if none is worth
  /// it.
  torch::Tensor operator()(const StiffnessField& stiffness) const;
  /// How many RVEs have started how, and why, one sentence each.
  std::vector<std::string> report() const;

 private:
  bool worth_it(const std::string& kind) const;

  std::shared_ptr<PolarizationNetwork> network_;
  StartGains gains_;
  std::string model_;
  mutable std::mutex mutex_;
  mutable std::map<std::string, std::size_t> counts_;
  mutable std::size_t n_not_finite_ = 0;
};

/// For every RVE of the batch, `[B]`, whether its part of a field has numbers that are not finite.
std::vector<bool> not_finite(const torch::Tensor& field);

}  // namespace seco::surrogate
