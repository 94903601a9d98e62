#include "study_report.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <string>

#include "seco/materials/write_atomically.h"
#include "study_questions.h"

namespace seco {
namespace {

using surrogate::RveMeasurement;
using surrogate::SubjectResult;
using surrogate::TestSetResult;
using Rows = std::vector<std::vector<std::string>>;

// A table of metrics over the models.
std::string metric_table(const TestSetResult& set, const std::vector<Value>& values) {
  std::vector<std::string> heading{"model"};
  for (const auto& m : surrogate::metrics())
    if (std::find(values.begin(), values.end(), m.value) != values.end())
      heading.push_back(m.title);
  Rows rows;
  for (const auto& model : set.models) {
    if (model.rves.empty()) continue;
    std::vector<std::string> row{model.name};
    for (const auto& m : surrogate::metrics())
      if (std::find(values.begin(), values.end(), m.value) != values.end())
        row.push_back(figure(model, m.value));
    rows.push_back(row);
  }
  return table(heading, rows);
}

std::string models_table(const CaseResults& c) {
  Rows rows;
  std::string notes;
  for (std::size_t i = 0; i < c.models.size(); ++i) {
    const auto& record = c.models[i];
    const auto& result = c.sets.front().models[i];
    const bool eco = record.kind == "s-ECO";
    rows.push_back({record.plan->name, record.kind + (record.plan->shipped ? " (shipped)" : ""),
                    eco ? record.equilibrium_block : "–", record.input,
                    fmt::format("{}", record.solver_steps), number(record.data_weight),
                    fmt::format("{}", result.n_parameters), fmt::format("{}", record.steps),
                    number(record.training_seconds)});
    if (!record.failure.empty())
      notes += fmt::format("- '{}' has no results: {}\n", record.plan->name, record.failure);
    else if (!result.refusal.empty())
      notes += fmt::format("- '{}' has no results: {}\n", record.plan->name, result.refusal);
    if (record.diverged)
      notes +=
          fmt::format("- The training of '{}' diverged and was stopped; its best state was kept.\n",
                      record.plan->name);
  }
  return table({"model", "kind", "equilibrium block", "input", "solver steps", "label weight",
                "parameters", "training steps", "training seconds"},
               rows) +
         notes + (notes.empty() ? "" : "\n");
}

std::string solver_table(const TestSetResult& set) {
  Rows rows;
  for (const auto& solver : set.solver)
    rows.push_back({solver.name, figure(solver, &RveMeasurement::stress_fluctuation_error),
                    figure(solver, &RveMeasurement::divergence),
                    figure(solver, &RveMeasurement::stiffness_error),
                    figure(solver, &RveMeasurement::upper_error),
                    figure(solver, &RveMeasurement::gap),
                    number(surrogate::spread(solver.rves, &RveMeasurement::seconds).mean)});
  return table({"solver, iterations", "stress nRMSE (fluct.)", "divergence", "stiffness error",
                "upper bound error", "certified gap", "seconds per RVE"},
               rows);
}

// Against the reference solver at equal time and at equal accuracy.
std::string rival_table(const TestSetResult& set) {
  Rows rows;
  for (const auto& model : set.models) {
    if (model.rves.empty()) continue;
    const auto mean = [&](const SubjectResult& s, Value v) {
      return surrogate::spread(s.rves, v).mean;
    };
    const double seconds = mean(model, &RveMeasurement::seconds);
    const auto* rival = solver_within(set, seconds);
    std::vector<std::string> row{
        model.name, number(mean(model, &RveMeasurement::prediction_seconds)), number(seconds)};
    if (rival)
      row.insert(
          row.end(),
          {rival->name,
           fmt::format("{} / {}", number(mean(model, &RveMeasurement::stress_fluctuation_error)),
                       number(mean(*rival, &RveMeasurement::stress_fluctuation_error))),
           fmt::format("{} / {}", number(mean(model, &RveMeasurement::stiffness_error)),
                       number(mean(*rival, &RveMeasurement::stiffness_error))),
           fmt::format("{} / {}", number(mean(model, &RveMeasurement::gap)),
                       number(mean(*rival, &RveMeasurement::gap)))});
    else
      row.insert(row.end(), {"none is as fast", "–", "–", "–"});
    const auto* equal =
        solver_reaching(set, &RveMeasurement::gap, mean(model, &RveMeasurement::gap));
    row.push_back(equal ? fmt::format("{} ({} s)", equal->name,
                                      number(mean(*equal, &RveMeasurement::seconds)))
                        : "more than measured");
    rows.push_back(row);
  }
  return table(
      {"model", "seconds, prediction", "seconds, with certificate", "best solver in that time",
       "stress nRMSE (fluct.), model / solver", "stiffness error, model / solver",
       "gap, model / solver", "fastest solver to the model's gap"},
      rows);
}

std::string label_cost(const CaseResults& c) {
  const auto& cost = c.label_cost;
  const int factor = c.plan->parameters.dataset.label_factor;
  if (factor < 2)
    return fmt::format(
        "Labels of this case would cost {} CPU seconds per RVE on the full grid.\n\n",
        number(cost.high_seconds));
  return fmt::format(
      "Labels cost {} CPU seconds per RVE at low resolution (grid coarser by {}) and would cost {} "
      "on the full grid, {} times as much; measured on {} test RVEs at the tolerance of the "
      "labels, {:.1g}.\n\n",
      number(cost.low_seconds), factor, number(cost.high_seconds),
      number(cost.high_seconds / std::max(cost.low_seconds, 1e-12)), c.n_label_cost,
      c.plan->parameters.dataset.label_tolerance);
}

double statistic(const surrogate::Spread& s, const std::string& name) {
  return name == "worst" ? s.worst : name == "median" ? s.median : s.mean;
}

std::string targets(const CaseResults& c) {
  Rows rows;
  for (const auto& target : c.plan->targets)
    for (const auto& model : c.sets.front().models) {
      if (model.rves.empty()) continue;
      const auto& m = surrogate::metric(target.metric);
      const double value = statistic(surrogate::spread(model.rves, m.value), target.statistic);
      rows.push_back({fmt::format("{} {} ≤ {}", target.statistic, m.title, number(target.value)),
                      model.name, number(value),
                      value <= target.value
                          ? "met"
                          : fmt::format("missed by a factor of {}", number(value / target.value))});
    }
  return rows.empty() ? "" : "### Targets\n\n" + table({"target", "model", "measured", ""}, rows);
}

std::string other_sets(const CaseResults& c) {
  std::string text;
  for (std::size_t s = 1; s < c.sets.size(); ++s) {
    const auto& set = c.sets[s];
    text += fmt::format(
        "#### {}\n\nGrid {}, {} RVEs, reference solution {} s per RVE, Voigt error {}.\n\n",
        set.name, fmt::join(set.grid, "×"), set.voigt_error.size(),
        number(surrogate::spread(set.reference_seconds).mean),
        figure(surrogate::spread(set.voigt_error)));
    text += metric_table(
        set, {&RveMeasurement::stress_fluctuation_error, &RveMeasurement::divergence,
              &RveMeasurement::stiffness_error, &RveMeasurement::gap, &RveMeasurement::seconds});
    text += solver_table(set);
    for (const auto& model : set.models)
      if (model.rves.empty() && !model.refusal.empty())
        text += fmt::format("- '{}' has no results: {}\n\n", model.name, model.refusal);
  }
  return text.empty() ? "" : "### Other grids and families, without retraining\n\n" + text;
}

std::string figures(const CaseResults& c) {
  std::string text;
  for (const auto& [file, caption] : c.figures)
    text += fmt::format("![{0}]({1})\n\n*{0}*\n\n", caption, file);
  return text;
}

std::string bounds_sentence(const CaseResults& c) {
  std::size_t outside = 0, n = 0;
  double worst = 0;
  for (const auto& set : c.sets)
    for (const auto* subjects : {&set.models, &set.solver})
      for (const auto& subject : *subjects) {
        outside += n_outside_bounds(subject);
        n += subject.rves.size();
        for (const auto& rve : subject.rves) worst = std::max(worst, rve.bound_violation);
      }
  return fmt::format(
      "With the right moduli the reference stiffness lies outside the certified bounds in {} of {} "
      "certificates of this case (models and stopped solvers, all sets); the largest violation, "
      "round-off of single-precision fields included, is {} of the largest eigenvalue.\n\n",
      outside, n, number(worst));
}

std::string case_text(const CaseResults& c) {
  const auto& set = c.sets.front();
  const auto& data = c.plan->parameters.dataset;
  auto text = fmt::format("## Case {}: {}\n\n", c.plan->name, c.plan->title);
  text += fmt::format(
      "Grid {}, labels coarser by {}, {} training and {} validation RVEs; {} test RVEs of seeds "
      "beyond both. Device: {}. The reference solution takes {} s per RVE and has a divergence of "
      "{}; Voigt's mean stiffness is off by {}. Entries are mean ± standard deviation (worst) over "
      "the test RVEs.\n\n",
      fmt::join(set.grid, "×"), data.label_factor, data.n_training, data.n_validation,
      set.voigt_error.size(), set.device, number(surrogate::spread(set.reference_seconds).mean),
      number(surrogate::spread(set.reference_divergence).mean),
      figure(surrogate::spread(set.voigt_error)));
  text += "### Models\n\n" + models_table(c);
  text +=
      "### Fields\n\n" +
      metric_table(set, {&RveMeasurement::strain_error, &RveMeasurement::strain_fluctuation_error,
                         &RveMeasurement::stress_error, &RveMeasurement::stress_fluctuation_error,
                         &RveMeasurement::projected_stress_error, &RveMeasurement::divergence});
  text += fmt::format(
      "The wave number of the label grid's Nyquist limit is {}. The reference stress has {} of its "
      "energy in the highest third of frequencies.\n\n",
      number(set.label_nyquist), number(surrogate::spread(set.reference_share).mean));
  text +=
      metric_table(set, {&RveMeasurement::spectrum_error, &RveMeasurement::band_error,
                         &RveMeasurement::high_frequency_share, &RveMeasurement::boundary_ratio});
  text += "### Homogenized stiffness and certificate\n\n" +
          metric_table(set, {&RveMeasurement::stiffness_error, &RveMeasurement::upper_error,
                             &RveMeasurement::lower_error, &RveMeasurement::mean_stress_error,
                             &RveMeasurement::gap});
  text += bounds_sentence(c);
  text += "### Time, and the reference solver as the rival\n\n";
  text += rival_table(set);
  text +=
      "Solvers stopped early: conjugate gradients on the potential energy (CG), whose stress is "
      "projected for the lower bound, and block conjugate gradients on both energies (block "
      "CG). Their stiffness estimates have the weight between the bounds that is best on this "
      "very test set:\n\n" +
      solver_table(set);
  text += label_cost(c);
  text += targets(c) + other_sets(c);
  const auto pictures = figures(c);
  if (!pictures.empty()) text += "### Figures\n\n" + pictures;
  return text;
}

}  // namespace

void write_report(const StudyResults& results) {
  const auto path = std::filesystem::path(results.plan->folder) / "report.md";
  std::string text = fmt::format(
      "# {}\n\nWritten by `seco evaluate {}`. All errors are relative to the "
      "converged reference solution (residual {:.1g}, double precision) of each "
      "test RVE; docs/study.md defines every figure. The same numbers, also RVE by "
      "RVE, are in the CSV files beside this report.\n\n",
      results.plan->title, std::filesystem::path(results.plan->file).filename().string(),
      results.plan->measure.reference_tolerance);
  if (!results.figures_missing.empty())
    text += fmt::format("Figures are missing: {}\n\n", results.figures_missing);
  text += answers(results);
  for (const auto& c : results.cases) text += case_text(c);
  materials::write_atomically(path.string(), [&](std::ostream& out) { out << text; });
}

}  // namespace seco
