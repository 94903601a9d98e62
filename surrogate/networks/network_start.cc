#include "network_start.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "certified_solver.h"

namespace seco::surrogate {
namespace {

/// What a start costs beside one from zero, in steps: the network, and one Green operator more.
/// Measured on a processor: 2 to 3 in 3D; in 2D, where a step is far cheaper and a token has fewer
/// voxels, 10 to 15 (docs/certified_engines.md).
double cost_in_steps(int dimension) {
  return dimension == 3 ? 3. : 12.;
}
/// The kind of RVEs with voids, which have no contrast and no training.
constexpr const char* with_voids = "voids";
/// A mean of fewer says nothing.
constexpr std::size_t fewest_rves = 3;

}  // namespace

std::vector<std::string> start_kinds(const StiffnessField& stiffness, const Gating& gating) {
  const auto contrast = stiffness.contrast();
  std::vector<std::string> kinds;
  for (std::int64_t b = 0; b < stiffness.batch_size(); ++b) {
    const auto i = static_cast<std::size_t>(b);
    if (stiffness.has_void()[i]) {
      kinds.emplace_back(with_voids);
      continue;
    }
    kinds.push_back(fmt::format(
        "{} {}",
        !gating.two_phases[i]   ? "mean"
        : gating.soft_medium[i] ? "soft"
                                : "stiff",
        static_cast<int>(std::floor(std::log10(contrast.data_ptr<double>()[b]) + 1e-9))));
  }
  return kinds;
}

std::string start_kind_in_words(const std::string& kind) {
  if (kind == with_voids) return "voids of zero stiffness";
  const auto space = kind.find(' ');
  const int decade = std::stoi(kind.substr(space + 1));
  return fmt::format("contrast {:g} to {:g} in a {} medium", std::pow(10., decade),
                     std::pow(10., decade + 1), kind.substr(0, space));
}

StartGains measure_starts(PolarizationNetwork& network, const std::vector<materials::Rve>& rves,
                          const torch::TensorOptions& options) {
  torch::NoGradGuard no_grad;
  CertifiedSettings settings;
  settings.tolerance = 1e-2;
  StartGains gains;
  for (const auto& rve : rves) {
    const StiffnessField stiffness({&rve, 1}, options);
    const GreenOperator green(stiffness.grid(), options);
    auto& gain = gains[start_kinds(stiffness, gating_of(stiffness)).front()];
    CertifiedStart start;
    const auto from_zero = solve_certified(stiffness, settings, start).iterations[0];
    start.displacement = network.start(stiffness, green);
    const auto from_network = solve_certified(stiffness, settings, start).iterations[0];
    ++gain.n_rves;
    const double share = 1. / static_cast<double>(gain.n_rves);
    gain.steps_from_zero += share * (from_zero - gain.steps_from_zero);
    gain.steps_from_network += share * (from_network - gain.steps_from_network);
  }
  return gains;
}

nlohmann::json to_json(const StartGains& gains) {
  nlohmann::json result = nlohmann::json::object();
  for (const auto& [kind, gain] : gains)
    result[kind] = {{"rves", gain.n_rves},
                    {"steps_from_zero", gain.steps_from_zero},
                    {"steps_from_network", gain.steps_from_network}};
  return result;
}

StartGains start_gains_from(const nlohmann::json& description) {
  StartGains gains;
  if (!description.contains("start_gains")) return gains;
  for (const auto& [kind, gain] : description["start_gains"].items())
    gains[kind] = {gain.value("rves", std::size_t{0}), gain.value("steps_from_zero", 0.),
                   gain.value("steps_from_network", 0.)};
  return gains;
}

std::vector<bool> not_finite(const torch::Tensor& field) {
  // A sum with one such number is not finite either.
  const auto sums = field.flatten(1).sum(1, false, torch::kDouble).cpu();
  std::vector<bool> result;
  for (std::int64_t b = 0; b < sums.numel(); ++b)
    result.push_back(!std::isfinite(sums.data_ptr<double>()[b]));
  return result;
}

NetworkStart::NetworkStart(std::shared_ptr<PolarizationNetwork> network, StartGains gains,
                           std::string model)
    : network_(std::move(network)), gains_(std::move(gains)), model_(std::move(model)) {}

bool NetworkStart::worth_it(const std::string& kind) const {
  const auto entry = gains_.find(kind);
  if (entry == gains_.end() || entry->second.n_rves < fewest_rves) return false;
  return entry->second.steps_from_network + cost_in_steps(network_->settings().dimension) <
         entry->second.steps_from_zero;
}

torch::Tensor NetworkStart::operator()(const StiffnessField& stiffness) const {
  torch::NoGradGuard no_grad;
  const auto kinds = start_kinds(stiffness, gating_of(stiffness));
  std::vector<std::int64_t> members;
  for (std::size_t b = 0; b < kinds.size(); ++b)
    if (worth_it(kinds[b])) members.push_back(static_cast<std::int64_t>(b));
  torch::Tensor start;
  std::size_t n_not_finite = 0;
  if (!members.empty()) {
    const auto part = (members.size() == kinds.size() ? stiffness : stiffness.select(members))
                          .to(stiffness.options().dtype(torch::kFloat));
    auto u = network_->start(part, GreenOperator(part.grid(), part.options()));
    const auto bad = not_finite(u);
    for (std::size_t i = 0; i < bad.size(); ++i)
      if (bad[i]) {
        u[static_cast<std::int64_t>(i)].zero_();
        ++n_not_finite;
      }
    if (members.size() == kinds.size()) {
      start = u;
    } else {
      auto shape = u.sizes().vec();
      shape[0] = stiffness.batch_size();
      start = torch::zeros(shape, u.options());
      start.index_copy_(0, torch::tensor(members, torch::kLong).to(u.device()), u);
    }
  }
  const std::lock_guard lock(mutex_);
  for (const auto& kind : kinds) ++counts_[kind];
  n_not_finite_ += n_not_finite;
  return start;
}

std::vector<std::string> NetworkStart::report() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> lines;
  for (const auto& [kind, n] : counts_) {
    const auto entry = gains_.find(kind);
    const auto where =
        fmt::format("{} RVE{} of {}", n, n == 1 ? "" : "s", start_kind_in_words(kind));
    if (entry == gains_.end() || entry->second.n_rves < fewest_rves)
      lines.push_back(
          fmt::format("{} started from zero: the model {} was not measured on enough of that kind",
                      where, model_));
    else
      lines.push_back(fmt::format(
          "{} started from {}: on held-out ones the model {} needed {:.1f} steps, zero {:.1f}, and "
          "a start costs about {:g}",
          where, worth_it(kind) ? "the network" : "zero", model_, entry->second.steps_from_network,
          entry->second.steps_from_zero, cost_in_steps(network_->settings().dimension)));
  }
  if (n_not_finite_ > 0)
    lines.push_back(fmt::format(
        "{} RVE{} of them started from zero, because the network of {} returned numbers that are "
        "not finite",
        n_not_finite_, n_not_finite_ == 1 ? "" : "s", model_));
  return lines;
}

}  // namespace seco::surrogate
