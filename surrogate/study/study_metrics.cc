#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "measurement.h"
#include "seco/materials/names.h"

namespace seco::surrogate {

const std::vector<Metric>& metrics() {
  using R = RveMeasurement;
  static const std::vector<Metric> all{
      {"strain_error", "strain nRMSE", &R::strain_error},
      {"stress_error", "stress nRMSE", &R::stress_error},
      {"strain_fluctuation_error", "strain nRMSE (fluct.)", &R::strain_fluctuation_error},
      {"stress_fluctuation_error", "stress nRMSE (fluct.)", &R::stress_fluctuation_error},
      {"projected_stress_error", "projected stress nRMSE (fluct.)", &R::projected_stress_error},
      {"divergence", "divergence", &R::divergence},
      {"spectrum_error", "spectrum error beyond label Nyquist", &R::spectrum_error},
      {"band_error", "stress nRMSE beyond label Nyquist", &R::band_error},
      {"high_frequency_share", "error energy in highest third", &R::high_frequency_share},
      {"boundary_ratio", "error at boundaries / elsewhere", &R::boundary_ratio},
      {"stiffness_error", "stiffness error", &R::stiffness_error},
      {"upper_error", "upper bound error", &R::upper_error},
      {"lower_error", "lower bound error", &R::lower_error},
      {"mean_stress_error", "mean stress error", &R::mean_stress_error},
      {"gap", "certified gap", &R::gap},
      {"bound_violation", "reference outside bounds", &R::bound_violation},
      {"prediction_seconds", "seconds, prediction", &R::prediction_seconds},
      {"seconds", "seconds, with certificate", &R::seconds},
  };
  return all;
}

const Metric& metric(const std::string& name) {
  std::vector<std::string> names;
  for (const auto& entry : metrics()) {
    if (entry.name == name) return entry;
    names.push_back(entry.name);
  }
  throw std::invalid_argument(fmt::format("'{}' is not a metric; known are {}{}", name,
                                          fmt::join(names, ", "),
                                          materials::did_you_mean(name, names)));
}

Spread spread(const std::vector<double>& values) {
  Spread result{NAN, NAN, NAN, NAN};
  if (values.empty()) return result;
  const auto n = static_cast<double>(values.size());
  double sum = 0, squares = 0;
  for (const double v : values) sum += v;
  result.mean = sum / n;
  for (const double v : values) squares += (v - result.mean) * (v - result.mean);
  result.deviation = values.size() > 1 ? std::sqrt(squares / (n - 1)) : 0.;
  auto sorted = values;
  std::sort(sorted.begin(), sorted.end());
  const auto middle = sorted.size() / 2;
  result.median =
      sorted.size() % 2 == 1 ? sorted[middle] : 0.5 * (sorted[middle - 1] + sorted[middle]);
  result.worst = sorted.back();
  return result;
}

Spread spread(const std::vector<RveMeasurement>& rves, double RveMeasurement::*value) {
  std::vector<double> values;
  for (const auto& rve : rves) values.push_back(rve.*value);
  return spread(values);
}

}  // namespace seco::surrogate
