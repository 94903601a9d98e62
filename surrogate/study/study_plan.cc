#include "study_plan.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "seco/materials/text.h"

namespace seco {
namespace {

using materials::ParameterFile;
using materials::split;

std::string file_text(const std::string& path) {
  std::ifstream file(path);
  if (!file || std::filesystem::is_directory(path))
    throw std::invalid_argument(fmt::format("{}: cannot be read; is there such a file?", path));
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// `Section/Key = value; Section/Key = value`; a doubled semicolon stands for one inside a value.
ParameterMap read_changes(ParameterFile& file, const std::string& section, const std::string& key,
                          const std::string& help) {
  const auto text = file.text(section, key, "", help);
  ParameterMap changes;
  for (const auto& item : split(text, ';')) {
    if (item.empty()) continue;
    const auto equal = item.find('=');
    auto name = materials::trimmed(item.substr(0, equal));
    if (equal == std::string::npos || name.find('/') == std::string::npos)
      file.refuse(section, key,
                  "allowed are changes 'Section/Key = value' separated by semicolons, for example "
                  "'Network/Model = w-ECO; Training/Physics weight = 0'");
    auto value = materials::trimmed(item.substr(equal + 1));
    for (auto at = value.find(";;"); at != std::string::npos; at = value.find(";;", at + 1))
      value.erase(at, 1);
    changes[name] = value;
  }
  return changes;
}

ParameterMap merged(ParameterMap base, const ParameterMap& changes) {
  for (const auto& [name, value] : changes) base[name] = value;
  return base;
}

struct Training {
  StudyParameters parameters;
  ParameterMap entries;
};

// Reads a training file with changes, which override what stands in the file.
Training read_training(const std::string& base, const ParameterMap& changes,
                       const std::string& changed_by) {
  // The origin starts with the path, so that relative paths still start from the file's folder.
  auto origin = base;
  if (!changes.empty()) origin += fmt::format(" (with the changes of {})", changed_by);
  ParameterFile file(file_text(base), origin);
  for (const auto& [name, value] : changes) {
    const auto slash = name.rfind('/');
    file.change(slash == std::string::npos ? "" : name.substr(0, slash), name.substr(slash + 1),
                value);
  }
  Training training;
  for (const auto& entry : file.entries())
    training.entries[entry.section + "/" + entry.key] = entry.value;
  training.parameters = read_study(file);
  return training;
}

// Names of the sections `PREFIX NAME`, in the order of the file.
std::vector<std::string> named_sections(const ParameterFile& file, const std::string& prefix) {
  std::map<std::string, int> first_line;
  for (const auto& entry : file.entries()) {
    if (entry.section.rfind(prefix + " ", 0) != 0) continue;
    const auto name = entry.section.substr(
        prefix.size() + 1, entry.section.find('/', prefix.size()) - prefix.size() - 1);
    const auto known = first_line.find(name);
    if (known == first_line.end() || entry.line < known->second) first_line[name] = entry.line;
  }
  std::vector<std::string> names;
  for (const auto& [name, line] : first_line) names.push_back(name);
  std::sort(names.begin(), names.end(),
            [&](const auto& a, const auto& b) { return first_line[a] < first_line[b]; });
  return names;
}

std::vector<Target> read_targets(ParameterFile& file, const std::string& section) {
  const auto text = file.text(section, "Targets", "",
                              "figures that the models should reach, for example 'gap 0.01; "
                              "stiffness_error worst 0.03'");
  std::vector<Target> targets;
  for (const auto& item : split(text, ';')) {
    if (item.empty()) continue;
    std::istringstream words(item);
    Target target;
    std::string second, third;
    words >> target.metric >> second >> third;
    if (!third.empty()) target.statistic = second;
    const auto value = materials::to_number(third.empty() ? second : third);
    const std::set<std::string> statistics{"mean", "median", "worst"};
    if (!value || !std::isfinite(*value) || statistics.count(target.statistic) == 0)
      file.refuse(
          section, "Targets",
          fmt::format("'{}' is not 'METRIC VALUE' or 'METRIC mean|median|worst VALUE'", item));
    try {
      surrogate::metric(target.metric);
    } catch (const std::invalid_argument& error) {
      file.refuse(section, "Targets", error.what());
    }
    target.value = *value;
    targets.push_back(target);
  }
  return targets;
}

// For messages: without the folder, since the text becomes part of an origin whose folder counts.
std::string where(const ParameterFile& file, const std::string& section) {
  return fmt::format("section '{}' of {}", section.substr(section.rfind('/') + 1),
                     std::filesystem::path(file.origin()).filename().string());
}

// Grid spacing of the labels of a case over that of another grid on which it is evaluated.
int label_factor_on(const StudyParameters& other, const StudyParameters& planned) {
  const double ratio = static_cast<double>(other.family.base.shape[0]) /
                       static_cast<double>(planned.family.base.shape[0]);
  return std::max(1, static_cast<int>(std::lround(planned.dataset.label_factor * ratio)));
}

PlannedCase read_case(ParameterFile& file, const std::string& name) {
  const auto section = "Case " + name;
  PlannedCase planned;
  planned.name = name;
  planned.title = file.text(section, "Title", name, "heading in the report");
  planned.base = file.path(section, "Base", "", "parameter file of a training to start from");
  if (planned.base.empty())
    file.refuse(section, "Base", "a parameter file of a training is needed");
  planned.changes =
      read_changes(file, section, "Changes",
                   "changes to the base for all models of the case, 'Section/Key = value; ...'");
  const auto training = read_training(planned.base, planned.changes, where(file, section));
  planned.parameters = training.parameters;
  planned.entries = training.entries;
  planned.n_test = static_cast<std::size_t>(file.integer(
      section, "Test RVEs", 8, 1, 100000, "RVEs to evaluate on, which no training has seen"));
  planned.targets = read_targets(file, section);
  planned.sets.push_back(
      {"test", training.parameters, label_factor_on(planned.parameters, planned.parameters)});

  const int dimension = planned.parameters.training.network.dimension;
  const auto grids = file.text(section, "Other grids", "",
                               "further grids to evaluate the case on, for example '64, 64, 64; "
                               "128, 128, 128'");
  for (const auto& grid : split(grids, ';')) {
    if (grid.empty()) continue;
    const auto other =
        read_training(planned.base, merged(planned.changes, {{"Microstructure/Grid", grid}}),
                      where(file, section))
            .parameters;
    if (other.training.network.dimension != dimension)
      file.refuse(section, "Other grids",
                  fmt::format("allowed are grids of {} numbers", dimension));
    planned.sets.push_back({fmt::format("grid {}", fmt::join(other.family.base.shape, "x")), other,
                            label_factor_on(other, planned.parameters)});
  }
  for (const auto& family : named_sections(file, section + "/Family")) {
    const auto family_section = section + "/Family " + family;
    const auto other = file.path(family_section, "File", "",
                                 "parameter file whose Microstructure is evaluated; the base of "
                                 "the case if empty");
    const auto changes =
        read_changes(file, family_section, "Changes", "changes to that file, or to the case");
    const auto parameters =
        (other.empty() ? read_training(planned.base, merged(planned.changes, changes),
                                       where(file, family_section))
                       : read_training(other, changes, where(file, family_section)))
            .parameters;
    if (parameters.training.network.dimension != dimension)
      file.refuse(family_section, "File", "allowed are families of the dimension of the case");
    planned.sets.push_back({family, parameters, label_factor_on(parameters, planned.parameters)});
  }
  return planned;
}

void read_model(ParameterFile& file, const std::string& name, StudyPlan& plan) {
  const auto section = "Model " + name;
  PlannedModel model;
  model.name = name;
  model.changes = read_changes(file, section, "Changes",
                               "changes to the base of the case, 'Section/Key = value; ...'");
  const auto folder =
      file.path(section, "Folder", "", "an existing model folder; such a model is not trained");
  model.shipped = !folder.empty();
  model.wrong_moduli = file.flag(section, "Wrong moduli", false,
                                 "also evaluate with wrong moduli, see 'Shear errors'");
  const auto cases = file.text(section, "Case", plan.cases.front().name,
                               "cases that the model belongs to, separated by commas");
  for (const auto& case_name : split(cases, ',')) {
    const auto found = std::find_if(plan.cases.begin(), plan.cases.end(),
                                    [&](const auto& planned) { return planned.name == case_name; });
    if (found == plan.cases.end()) {
      std::vector<std::string> known;
      for (const auto& planned : plan.cases) known.push_back(planned.name);
      file.refuse(section, "Case",
                  fmt::format("the file has the cases {}", fmt::join(known, ", ")));
    }
    model.case_index = static_cast<std::size_t>(found - plan.cases.begin());
    const auto training =
        read_training(found->base, merged(found->changes, model.changes), where(file, section));
    model.parameters = training.parameters;
    model.entries = training.entries;
    model.folder =
        model.shipped
            ? folder
            : (std::filesystem::path(plan.folder) / "models" / slug(case_name) / slug(name))
                  .string();
    for (const auto& other : plan.models)
      if (other.case_index == model.case_index && slug(other.name) == slug(name))
        throw std::invalid_argument(fmt::format(
            "{}: the models '{}' and '{}' of case '{}' would share one folder; give them names "
            "that differ in letters or digits",
            file.origin(), other.name, name, case_name));
    plan.models.push_back(model);
  }
}

StudyPlan read_plan(ParameterFile& file) {
  StudyPlan plan;
  plan.file = file.origin();
  const std::string s = "Study";
  plan.title = file.text(s, "Title", "Study", "heading of the report");
  plan.folder = file.path(s, "Output folder", "study", "folder of report, tables and models");
  plan.measure.device = file.text(s, "Device", "auto", "auto, cpu, cuda or cuda:N");
  plan.measure.reference_tolerance = file.number(s, "Reference tolerance", 1e-6, 1e-14, 1e-2,
                                                 "relative residual of the reference solutions");
  const auto counts = [&](const std::string& key, const std::vector<double>& default_value,
                          const std::string& help) {
    std::vector<unsigned int> result;
    for (const double k : file.numbers(s, key, default_value, help)) {
      if (!(k >= 1) || k > 10000 || k != std::floor(k))
        file.refuse(s, key, "allowed are integers from 1 to 10000");
      result.push_back(static_cast<unsigned int>(k));
    }
    return result;
  };
  plan.measure.solver_iterations =
      counts("Solver iterations", {1, 2, 3, 4, 6, 8, 12, 16, 24},
             "iterations after which the reference solver is stopped, as the rival of the models");
  plan.measure.descent_steps = counts("Block solver iterations", {1, 2, 3, 4, 6, 8, 12},
                                      "the same for block conjugate gradients on both energies");
  plan.shear_errors = file.numbers(s, "Shear errors", {0.01, 0.05, 0.2},
                                   "relative errors of the assumed shear moduli");
  for (const double error : plan.shear_errors)
    if (!(std::abs(error) < 1))
      file.refuse(s, "Shear errors", "allowed are numbers between -1 and 1");
  plan.n_label_cost = static_cast<std::size_t>(file.integer(
      s, "Label cost RVEs", 2, 1, 1000, "test RVEs on which the cost of labels is measured"));
  plan.figures = file.flag(s, "Figures", true, "draw figures with scripts/plot.py");
  plan.python =
      file.text(s, "Python", "", "interpreter with matplotlib and h5py; python3 if empty");

  const auto cases = named_sections(file, "Case");
  if (cases.empty())
    throw std::invalid_argument(
        fmt::format("{}: has no section 'Case NAME'; is this a study file?", file.origin()));
  for (const auto& name : cases) {
    plan.cases.push_back(read_case(file, name));
  }
  const auto models = named_sections(file, "Model");
  if (models.empty())
    throw std::invalid_argument(fmt::format("{}: has no section 'Model NAME'", file.origin()));
  for (const auto& name : models) read_model(file, name, plan);
  for (std::size_t i = 0; i < plan.cases.size(); ++i)
    if (std::none_of(plan.models.begin(), plan.models.end(),
                     [i](const auto& model) { return model.case_index == i; }))
      throw std::invalid_argument(
          fmt::format("{}: no model belongs to case '{}'", file.origin(), plan.cases[i].name));
  return plan;
}

}  // namespace

StudyPlan read_study_plan(const std::string& path) {
  auto file = ParameterFile::read(path);
  auto plan = read_plan(file);
  file.check_all_used();
  return plan;
}

materials::Rve test_rve(const StudyParameters& parameters, std::size_t index) {
  constexpr std::size_t first_test_index = 10000000;
  return parameters.make_rve(first_test_index + index);
}

std::string slug(const std::string& name) {
  std::string result;
  for (const char c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)))
      result += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    else if (!result.empty() && result.back() != '_')
      result += '_';
  }
  while (!result.empty() && result.back() == '_') result.pop_back();
  return result.empty() ? "_" : result;
}

}  // namespace seco
