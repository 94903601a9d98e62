#include "study_questions.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <functional>

namespace seco {
namespace {

using surrogate::RveMeasurement;
using surrogate::SubjectResult;

struct Entry {
  const ModelRecord* record;
  const SubjectResult* result;
  const std::string& name() const { return record->plan->name; }
  double mean(Value value) const { return surrogate::spread(result->rves, value).mean; }
};
using Entries = std::vector<Entry>;

// Models that the study has trained, with results on the test set. Shipped models had other
// training times and data, so they stay out of the comparisons.
Entries trained(const CaseResults& c) {
  Entries entries;
  for (std::size_t i = 0; i < c.models.size(); ++i)
    if (!c.models[i].plan->shipped && !c.sets.front().models[i].rves.empty())
      entries.push_back({&c.models[i], &c.sets.front().models[i]});
  return entries;
}

struct Figure {
  Value value;
  std::string title;
};
const std::vector<Figure>& main_figures() {
  static const std::vector<Figure> figures{
      {&RveMeasurement::stress_fluctuation_error, "stress nRMSE (fluct.)"},
      {&RveMeasurement::stiffness_error, "stiffness error"},
      {&RveMeasurement::gap, "certified gap"}};
  return figures;
}

// "In X 'a' beats 'b' and 'c' and loses to 'd'."
std::string verdicts(const Entry& first, const Entries& others, const Figure& figure) {
  std::vector<std::string> parts;
  for (const std::string verdict : {"beats", "is level with", "loses to"}) {
    std::vector<std::string> names;
    for (const auto& other : others)
      if (compare(*first.result, *other.result, figure.value).verdict() == verdict)
        names.push_back(other.name());
    if (!names.empty()) parts.push_back(verdict + " " + listing(names));
  }
  return fmt::format("In {} '{}' {}.", figure.title, first.name(), fmt::join(parts, ", "));
}

// "By X 'a' is first with 0.1; it beats 'b' (0.2) ..."
std::string ranking(Entries group, const Figure& figure) {
  std::stable_sort(group.begin(), group.end(), [&](const Entry& a, const Entry& b) {
    return a.mean(figure.value) < b.mean(figure.value);
  });
  std::vector<std::string> rest;
  for (std::size_t i = 1; i < group.size(); ++i) {
    const auto comparison = compare(*group[0].result, *group[i].result, figure.value);
    rest.push_back(fmt::format("{} '{}' ({}, better on {} of {} RVEs)", comparison.verdict(),
                               group[i].name(), number(comparison.second.mean), comparison.wins,
                               comparison.n));
  }
  return fmt::format("- {}: '{}' is first with {}; it {}.\n", figure.title, group[0].name(),
                     number(group[0].mean(figure.value)), fmt::join(rest, ", "));
}

std::string group_table(const Entries& group, const std::vector<Figure>& figures) {
  std::vector<std::string> heading{"model"};
  for (const auto& f : figures) heading.push_back(f.title);
  std::vector<std::vector<std::string>> rows;
  for (const auto& entry : group) {
    std::vector<std::string> row{entry.name()};
    for (const auto& f : figures) row.push_back(figure(*entry.result, f.value));
    rows.push_back(row);
  }
  return table(heading, rows);
}

// The first group of two or more models that differ in nothing but these keys.
Entries group_by(const Entries& entries, const std::vector<std::string>& keys) {
  for (const auto& first : entries) {
    Entries group;
    for (const auto& other : entries)
      if (differ_only_in(*first.record->plan, *other.record->plan, keys)) group.push_back(other);
    if (group.size() > 1) return group;
  }
  return {};
}

std::string against_solver(const CaseResults& c, const Entry& model) {
  const double seconds = model.mean(&RveMeasurement::seconds);
  const auto* rival = solver_within(c.sets.front(), seconds);
  if (!rival)
    return fmt::format(
        "In the {} s per RVE of '{}' no solver finishes its first iteration with certificate.\n",
        number(seconds), model.name());
  std::vector<std::string> parts;
  for (const auto& f : main_figures()) {
    const auto comparison = compare(*model.result, *rival, f.value);
    parts.push_back(fmt::format("{} it in {} ({} against {})", comparison.verdict(), f.title,
                                number(comparison.first.mean), number(comparison.second.mean)));
  }
  return fmt::format(
      "In the {} s per RVE of '{}' the best solver stopped early, with certificate, is {}; the "
      "model {}.\n",
      number(seconds), model.name(), rival->name, fmt::join(parts, ", "));
}

std::string paper_divergence(const Entry& seco, const Entries& rivals) {
  auto text = fmt::format(
      "The paper (arXiv 2504.13422) reports a mean divergence of 7.01e-7 for s-ECO and 4.17e-2 for "
      "w-ECO, measured with its own stencil; here '{}' has {}",
      seco.name(), number(seco.mean(&RveMeasurement::divergence)));
  for (const auto& rival : rivals)
    text += fmt::format(", '{}' {}", rival.name(), number(rival.mean(&RveMeasurement::divergence)));
  return text + ".\n";
}

std::string question_models(const CaseResults& c) {
  const auto entries = trained(c);
  const auto seco = std::find_if(entries.begin(), entries.end(), [](const Entry& e) {
    return e.record->kind == "s-ECO" && e.record->data_weight > 0;
  });
  Entries rivals;
  for (const auto& entry : entries)
    if (entry.record->kind != "s-ECO") rivals.push_back(entry);
  if (seco == entries.end() || rivals.empty()) return "";
  Entries all{*seco};
  all.insert(all.end(), rivals.begin(), rivals.end());
  auto figures = main_figures();
  figures.insert(figures.begin() + 1,
                 {{&RveMeasurement::projected_stress_error, "the same, projected to equilibrium"},
                  {&RveMeasurement::divergence, "divergence"}});
  auto text = group_table(all, figures);
  for (const auto& f : main_figures()) text += verdicts(*seco, rivals, f) + "\n";
  std::vector<std::string> high_resolution;
  double shortest = INFINITY, longest = 0;
  for (const auto& entry : all) {
    if (entry.record->plan->parameters.dataset.label_factor == 1)
      high_resolution.push_back(entry.name());
    shortest = std::min(shortest, entry.record->training_seconds);
    longest = std::max(longest, entry.record->training_seconds);
  }
  text += fmt::format("Their trainings took {} to {} s.", number(shortest), number(longest));
  text += high_resolution.empty()
              ? " None of them saw a label on the full grid.\n"
              : fmt::format(" {} had labels on the full grid.\n", listing(high_resolution));
  text += against_solver(c, *seco) + paper_divergence(*seco, rivals);
  return text + "\n";
}

std::string question_labels(const CaseResults& c) {
  const auto entries = trained(c);
  std::string text;
  for (const auto& with : entries)
    for (const auto& without : entries) {
      const auto& training = without.record->plan->parameters.training;
      if (!(with.record->data_weight > 0) || without.record->data_weight > 0 ||
          training.residual != "gap" || training.physics_weight == 0 ||
          !differ_only_in(*with.record->plan, *without.record->plan,
                          {"Training/Data weight", "Dataset/Label factor"}))
        continue;
      text += group_table({with, without}, main_figures());
      for (const auto& f : main_figures()) {
        const auto comparison = compare(*with.result, *without.result, f.value);
        text += fmt::format(
            "- With labels the {} is {} times that without ({} against {}); with labels it is "
            "smaller on {} of {} RVEs.\n",
            f.title, number(comparison.first.mean / comparison.second.mean),
            number(comparison.first.mean), number(comparison.second.mean), comparison.wins,
            comparison.n);
      }
      text += "\n";
    }
  return text;
}

std::string question_blocks(const CaseResults& c) {
  Entries seco;
  for (const auto& entry : trained(c))
    if (entry.record->kind == "s-ECO") seco.push_back(entry);
  const auto group = group_by(seco, {"Network/Equilibrium block"});
  if (group.empty()) return "";
  auto figures = main_figures();
  figures.insert(figures.end(), {{&RveMeasurement::lower_error, "lower bound error"},
                                 {&RveMeasurement::divergence, "divergence"}});
  auto text = group_table(group, figures);
  for (const auto& f : figures) text += ranking(group, f);
  if (c.plan->parameters.training.network.dimension == 2)
    text += "- In 2D 'vector potential' and 'beltrami' are the same block, Airy's function.\n";
  return text + "\n";
}

std::string question_inputs(const CaseResults& c) {
  const auto group = group_by(trained(c), {"Network/Input", "Network/Crystal symmetry"});
  if (group.empty()) return "";
  auto text = group_table(group, main_figures());
  const auto base = std::find_if(group.begin(), group.end(),
                                 [](const Entry& e) { return e.record->input == "stiffness"; });
  for (const auto& f : main_figures()) text += ranking(group, f);
  if (base != group.end())
    for (const auto& entry : group)
      if (entry.record->input != "stiffness")
        text += fmt::format(
            "- '{}' instead of stiffness coefficients multiplies the stress nRMSE (fluct.) by {} "
            "and the certified gap by {}.\n",
            entry.record->input,
            number(entry.mean(&RveMeasurement::stress_fluctuation_error) /
                   base->mean(&RveMeasurement::stress_fluctuation_error)),
            number(entry.mean(&RveMeasurement::gap) / base->mean(&RveMeasurement::gap)));
  return text +
         "- The paper reports nRMSE of about 0.15 with stiffness input, 0.35 with generalised "
         "spherical harmonics and 0.7 with Euler angles.\n\n";
}

// One model with all wrong moduli, beside itself with the right ones.
std::string moduli_sentence(const CaseResults& c, std::size_t model) {
  const auto& right = c.sets.front().models[model];
  if (right.rves.empty()) return "";
  std::vector<std::string> moduli, errors, gaps, outside;
  double largest_error = 0, growth = 0;
  for (const auto& shear : c.shear)
    for (std::size_t i = 0; i < shear.models.size(); ++i) {
      const auto& wrong = shear.result.models[i];
      if (shear.models[i] != model || wrong.rves.empty()) continue;
      moduli.push_back(fmt::format("{:+.3g}", 100 * shear.error));
      errors.push_back(number(mean_of(wrong, &RveMeasurement::stiffness_error)));
      gaps.push_back(number(mean_of(wrong, &RveMeasurement::gap)));
      outside.push_back(fmt::format("{}", n_outside_bounds(wrong)));
      largest_error =
          std::max(largest_error, surrogate::spread(shear.result.assumption_error).mean);
      growth = std::max(
          growth, mean_of(wrong, &RveMeasurement::gap) - mean_of(right, &RveMeasurement::gap));
    }
  if (moduli.empty()) return "";
  return fmt::format(
      "- '{}', shear moduli wrong by {} %: the stiffness error goes from {} to {}, the gap from {} "
      "to {}. The true stiffness lies outside the certified bounds on {} of {} RVEs. The gap grows "
      "by {} at most, while such moduli alone cause errors of up to {}: the certificate {} them.\n",
      right.name, fmt::join(moduli, ", "), number(mean_of(right, &RveMeasurement::stiffness_error)),
      fmt::join(errors, ", "), number(mean_of(right, &RveMeasurement::gap)), fmt::join(gaps, ", "),
      fmt::join(outside, ", "), right.rves.size(), number(growth), number(largest_error),
      growth >= largest_error ? "notices" : "does not notice");
}

std::string question_moduli(const CaseResults& c) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& shear : c.shear)
    for (const auto& wrong : shear.result.models)
      if (!wrong.rves.empty())
        rows.push_back({wrong.name, fmt::format("{:+.3g} %", 100 * shear.error),
                        figure(wrong, &RveMeasurement::stiffness_error),
                        number(surrogate::spread(shear.result.assumption_error).mean),
                        figure(wrong, &RveMeasurement::gap),
                        fmt::format("{} of {}", n_outside_bounds(wrong), wrong.rves.size())});
  if (rows.empty()) return "";
  std::string sentences;
  for (std::size_t i = 0; i < c.models.size(); ++i) sentences += moduli_sentence(c, i);
  return table({"model", "shear moduli", "stiffness error", "error of an exact solver",
                "certified gap", "true stiffness outside the bounds"},
               rows) +
         sentences +
         "- The certificate bounds the homogenized stiffness of the RVE that it is given. Moduli "
         "enter it as data, so only a gap that grows, or bounds that another source contradicts, "
         "can point at wrong ones.\n\n";
}

std::string question_checkerboards(const CaseResults& c) {
  const auto& set = c.sets.front();
  Entries entries;
  for (std::size_t i = 0; i < c.models.size(); ++i)
    if (!set.models[i].rves.empty()) entries.push_back({&c.models[i], &set.models[i]});
  if (entries.empty()) return "";
  const Figure share{&RveMeasurement::high_frequency_share,
                     "error energy in the highest third of frequencies"};
  const Figure ratio{&RveMeasurement::boundary_ratio, "error at phase boundaries / elsewhere"};
  auto text = group_table(entries, {share,
                                    ratio,
                                    {&RveMeasurement::band_error,
                                     "stress nRMSE beyond the label "
                                     "Nyquist limit"}});
  const auto extremes = [&](const Figure& f) {
    return std::minmax_element(entries.begin(), entries.end(), [&](const Entry& a, const Entry& b) {
      return a.mean(f.value) < b.mean(f.value);
    });
  };
  const auto [smoothest, roughest] = extremes(share);
  const auto [evenest, unevenest] = extremes(ratio);
  const int dimension = static_cast<int>(set.grid.size());
  text += fmt::format(
      "'{}' has the largest share of its stress error in the highest third of frequencies, {}, "
      "'{}' "
      "the smallest, {}. White noise would have {}, and the reference stress itself has {}. Beside "
      "phase boundaries the error is {} ('{}') to {} ('{}') times that elsewhere.\n",
      roughest->name(), number(roughest->mean(share.value)), smoothest->name(),
      number(smoothest->mean(share.value)), number(1 - std::pow(2. / 3., dimension)),
      number(surrogate::spread(set.reference_share).mean), number(evenest->mean(ratio.value)),
      evenest->name(), number(unevenest->mean(ratio.value)), unevenest->name());
  for (const auto& [file, caption] : c.figures)
    if (file.rfind("fields_", 0) == 0 || file.rfind("zoom_", 0) == 0)
      text += fmt::format("[{}]({}) ", caption, file);
  return text + "\n\n";
}

}  // namespace

bool differ_only_in(const PlannedModel& a, const PlannedModel& b,
                    const std::vector<std::string>& keys) {
  const auto reduced = [&](ParameterMap entries) {
    for (const auto& key : keys) entries.erase(key);
    for (const auto* path : {"Dataset/File", "Training/Model"}) entries.erase(path);
    return entries;
  };
  return reduced(a.entries) == reduced(b.entries);
}

std::string answers(const StudyResults& results) {
  struct Question {
    const char* title;
    std::function<std::string(const CaseResults&)> answer;
    const char* missing;
  };
  const std::vector<Question> questions{
      {"Does s-ECO beat w-ECO, TFNO and UNet without high-resolution labels?", question_models,
       "no case has an s-ECO model trained with labels beside a model of another kind"},
      {"What do labels add to the hypercircle loss?", question_labels,
       "no two models differ in the weight of the labels alone"},
      {"Which equilibrium block wins?", question_blocks,
       "no two s-ECO models differ in the equilibrium block alone"},
      {"What does each input representation cost?", question_inputs,
       "no two models differ in the input alone"},
      {"What happens when the assumed moduli are wrong, and does the certificate notice?",
       question_moduli, "no model has 'Wrong moduli' set"},
      {"Are there checkerboards, or oscillations at boundaries?", question_checkerboards,
       "no model has results"}};
  std::string text =
      "## Answers\n\nModels are compared RVE by RVE on the test set: one *beats* another if its "
      "figure is smaller in the mean and on at least three of four RVEs, and *loses* in the "
      "reverse case; else the two are *level*. Shipped models had other training data and times "
      "and stay out of the comparisons.\n\n";
  for (const auto& question : questions) {
    text += fmt::format("### {}\n\n", question.title);
    bool answered = false;
    for (const auto& c : results.cases) {
      const auto answer = question.answer(c);
      if (answer.empty()) continue;
      answered = true;
      text += fmt::format("**Case {}.**\n\n{}", c.plan->name, answer);
    }
    if (!answered) text += fmt::format("This study cannot say: {}.\n\n", question.missing);
  }
  return text;
}

}  // namespace seco
