#include "study.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "seco/materials/symmetry_operations.h"
#include "study_figures.h"
#include "study_report.h"
#include "study_tables.h"
#include "study_training.h"

namespace seco {
namespace {

using surrogate::TestSet;

TestSet make_set(const PlannedSet& planned, std::size_t n_rves) {
  TestSet set;
  set.name = planned.name;
  set.label_factor = planned.label_factor;
  for (std::size_t i = 0; i < n_rves; ++i) set.rves.push_back(test_rve(planned.parameters, i));
  return set;
}

std::function<void(std::size_t, std::size_t)> progress(const std::string& what) {
  return [what](std::size_t done, std::size_t total) {
    fmt::print(stderr, "{}: {} of {} RVEs measured\n", what, done, total);
  };
}

// A model trained with wrong moduli is measured with those, others with all.
bool takes_part(const ModelRecord& record, double error) {
  const double trained = record.plan->parameters.training.shear_error;
  return record.plan->wrong_moduli && record.failure.empty() &&
         (trained == 0. || std::abs(trained - error) < 1e-12);
}

void measure_wrong_moduli(const StudyPlan& plan, const TestSet& test, CaseResults& c) {
  for (const double error : plan.shear_errors) {
    ShearResult shear;
    shear.error = error;
    std::vector<surrogate::StudyModel> models;
    for (std::size_t i = 0; i < c.models.size(); ++i)
      if (takes_part(c.models[i], error)) {
        shear.models.push_back(i);
        models.push_back({c.models[i].plan->name, c.models[i].plan->folder});
      }
    if (models.empty()) continue;
    auto set = test;
    set.name = fmt::format("shear moduli {:+.3g} %", 100 * error);
    for (const auto& rve : set.rves) set.assumed.push_back(materials::with_shear_error(rve, error));
    auto settings = plan.measure;
    settings.solver_iterations.clear();
    settings.descent_steps.clear();
    shear.result = surrogate::measure(set, models, settings,
                                      progress(fmt::format("case {}, {}", c.plan->name, set.name)));
    c.shear.push_back(std::move(shear));
  }
}

void measure_case(const StudyPlan& plan, CaseResults& c) {
  std::vector<surrogate::StudyModel> models;
  // A model without a folder is refused by `measure` like one that cannot be loaded.
  for (const auto& record : c.models)
    models.push_back({record.plan->name, record.failure.empty() ? record.plan->folder : ""});
  for (const auto& planned : c.plan->sets) {
    const auto set = make_set(planned, c.plan->n_test);
    c.sets.push_back(
        surrogate::measure(set, models, plan.measure,
                           progress(fmt::format("case {}, {}", c.plan->name, planned.name))));
    if (c.sets.size() > 1) continue;
    measure_wrong_moduli(plan, set, c);
    c.n_label_cost = std::min(plan.n_label_cost, set.rves.size());
    const std::vector<materials::Rve> some(set.rves.begin(),
                                           set.rves.begin() + static_cast<long>(c.n_label_cost));
    const auto& data = c.plan->parameters.dataset;
    c.label_cost =
        surrogate::measure_label_cost(some, std::max(data.label_factor, 1), data.label_tolerance);
  }
}

}  // namespace

bool evaluate_study(const std::string& study_file, const std::string& device) {
  auto plan = read_study_plan(study_file);
  if (!device.empty()) plan.measure.device = device;
  check_existing(plan);
  std::filesystem::create_directories(plan.folder);

  StudyResults results;
  results.plan = &plan;
  for (const auto& planned : plan.cases) {
    results.cases.emplace_back();
    results.cases.back().plan = &planned;
  }
  bool complete = true;
  for (std::size_t i = 0; i < plan.models.size(); ++i) {
    const auto& model = plan.models[i];
    fmt::print(stderr, "model {} of {}: '{}' of case {}\n", i + 1, plan.models.size(), model.name,
               plan.cases[model.case_index].name);
    auto record = prepare_model(plan, model);
    if (!record.failure.empty()) {
      fmt::print(stderr, "seco evaluate: '{}': {}\n", model.name, record.failure);
      complete = false;
    }
    results.cases[model.case_index].models.push_back(std::move(record));
  }
  // The report is written after every case, so that a study that is stopped leaves what it knows.
  StudyResults measured;
  measured.plan = &plan;
  for (auto& c : results.cases) {
    measure_case(plan, c);
    for (const auto& model : c.sets.front().models) complete = complete && !model.rves.empty();
    measured.cases.push_back(std::move(c));
    write_tables(measured);
    draw_figures(measured);
    write_report(measured);
  }
  fmt::print("report in {}\n", (std::filesystem::path(plan.folder) / "report.md").string());
  return complete;
}

}  // namespace seco
