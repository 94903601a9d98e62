#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "measurement.h"
#include "study_plan.h"

namespace seco {

/// A model of the study and how it came about.
struct ModelRecord {
  const PlannedModel* plan = nullptr;
  /// s-ECO, w-ECO, UNet or TFNO.
  std::string kind;
  std::string equilibrium_block, input;
  int solver_steps = 0;
  double data_weight = 1;
  std::int64_t steps = 0;
  double training_seconds = 0;
  bool diverged = false;
  /// Why there is no model, or empty.
  std::string failure;
};

/// Results with wrong moduli.
struct ShearResult {
  /// Relative error of the assumed shear moduli.
  double error = 0;
  surrogate::TestSetResult result;
  /// Models measured, as positions in CaseResults::models; `result.models` has their order.
  std::vector<std::size_t> models;
};

struct CaseResults {
  const PlannedCase* plan = nullptr;
  std::vector<ModelRecord> models;
  /// In the order of PlannedCase::sets, the test set first; their models in the order of `models`.
  std::vector<surrogate::TestSetResult> sets;
  std::vector<ShearResult> shear;
  surrogate::LabelCost label_cost;
  /// RVEs that the cost was measured on.
  std::size_t n_label_cost = 0;
  /// Figures that exist: file, relative to the output folder, and caption.
  std::vector<std::pair<std::string, std::string>> figures;
};

struct StudyResults {
  const StudyPlan* plan = nullptr;
  std::vector<CaseResults> cases;
  /// Why figures are missing, or empty.
  std::string figures_missing;
};

/// A figure of RveMeasurement.
using Value = double surrogate::RveMeasurement::*;

/// RVEs whose true homogenized stiffness lies outside the bounds by more than round-off.
std::size_t n_outside_bounds(const surrogate::SubjectResult& subject);

/// Two subjects on the same RVEs; smaller figures are better.
struct Comparison {
  surrogate::Spread first, second;
  /// RVEs on which the first is better, of how many.
  std::size_t wins = 0, n = 0;
  /// `beats`: better in the mean and on at least three of four RVEs; `loses to`: the reverse; else
  /// `is level with`.
  std::string verdict() const;
};
Comparison compare(const surrogate::SubjectResult& first, const surrogate::SubjectResult& second,
                   Value value);

/// Mean over the RVEs, NaN if there are none.
double mean_of(const surrogate::SubjectResult& subject, Value value);

/// The stopped solver with the smallest gap among those that take no longer than so many seconds
/// per RVE, and the fastest of those that reach a value in the mean; null if there are none.
const surrogate::SubjectResult* solver_within(const surrogate::TestSetResult& set, double seconds);
const surrogate::SubjectResult* solver_reaching(const surrogate::TestSetResult& set, Value value,
                                                double goal);

/// Three significant digits.
std::string number(double value);
/// `mean ± standard deviation (worst)`.
std::string figure(const surrogate::Spread& spread);
std::string figure(const surrogate::SubjectResult& subject, Value value);
/// `'a', 'b' and 'c'`.
std::string listing(const std::vector<std::string>& names);
/// A Markdown table.
std::string table(const std::vector<std::string>& heading,
                  const std::vector<std::vector<std::string>>& rows);

}  // namespace seco
