#include "study_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "seco/materials/hdf5_file.h"
#include "seco/materials/write_atomically.h"

namespace seco {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using surrogate::metrics;
using surrogate::SubjectResult;
using surrogate::TestSetResult;

/// Collects a text, which is in its file after close().
class TextFile {
 public:
  explicit TextFile(const fs::path& path) : path_(path.string()) {}
  template <typename... Arguments>
  void print(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    text_ += fmt::format(format, std::forward<Arguments>(arguments)...);
  }
  void close() const {
    materials::write_atomically(path_, [&](std::ostream& out) { out << text_; });
  }

 private:
  std::string path_, text_;
};

// Commas and quotes inside a field of a CSV file.
std::string field(const std::string& text) {
  if (text.find_first_of(",\"\n") == std::string::npos) return text;
  std::string result = "\"";
  for (const char c : text) result += c == '"' ? std::string("\"\"") : std::string(1, c);
  return result + "\"";
}

// Calls f(case, set, subject, record or null) for every subject that has results.
template <typename Function>
void for_all(const StudyResults& results, const Function& f) {
  const auto visit = [&](const CaseResults& c, const TestSetResult& set,
                         const std::vector<const ModelRecord*>& records) {
    for (std::size_t i = 0; i < set.models.size(); ++i)
      if (!set.models[i].rves.empty()) f(c, set, set.models[i], records[i]);
    for (const auto& solver : set.solver)
      f(c, set, solver, static_cast<const ModelRecord*>(nullptr));
  };
  for (const auto& c : results.cases) {
    std::vector<const ModelRecord*> all;
    for (const auto& record : c.models) all.push_back(&record);
    for (const auto& set : c.sets) visit(c, set, all);
    for (const auto& shear : c.shear) {
      std::vector<const ModelRecord*> chosen;
      for (const auto i : shear.models) chosen.push_back(&c.models[i]);
      visit(c, shear.result, chosen);
    }
  }
}

void write_summary(const StudyResults& results, const fs::path& path) {
  TextFile file(path);
  file.print("case,set,subject,kind,iterations,rves,parameters,training_seconds");
  for (const auto& m : metrics())
    file.print(",{0}_mean,{0}_deviation,{0}_median,{0}_worst", m.name);
  file.print("\n");
  for_all(results, [&](const CaseResults& c, const TestSetResult& set, const SubjectResult& subject,
                       const ModelRecord* record) {
    file.print("{},{},{},{},{},{},{},{:.6g}", field(c.plan->name), field(set.name),
               field(subject.name), record ? record->kind : "solver", subject.iterations,
               subject.rves.size(), subject.n_parameters, record ? record->training_seconds : 0.);
    for (const auto& m : metrics()) {
      const auto s = surrogate::spread(subject.rves, m.value);
      file.print(",{:.6g},{:.6g},{:.6g},{:.6g}", s.mean, s.deviation, s.median, s.worst);
    }
    file.print("\n");
  });
  file.close();
}

void write_rves(const StudyResults& results, const fs::path& path) {
  TextFile file(path);
  file.print("case,set,subject,iterations,rve");
  for (const auto& m : metrics()) file.print(",{}", m.name);
  file.print("\n");
  for_all(results, [&](const CaseResults& c, const TestSetResult& set, const SubjectResult& subject,
                       const ModelRecord*) {
    for (std::size_t i = 0; i < subject.rves.size(); ++i) {
      file.print("{},{},{},{},{}", field(c.plan->name), field(set.name), field(subject.name),
                 subject.iterations, i);
      for (const auto& m : metrics()) file.print(",{:.6g}", subject.rves[i].*m.value);
      file.print("\n");
    }
  });
  file.close();
}

void write_spectra(const StudyResults& results, const fs::path& path) {
  TextFile file(path);
  file.print("case,set,subject,wave_number,energy\n");
  const auto write = [&](const CaseResults& c, const TestSetResult& set, const std::string& name,
                         const std::vector<double>& spectrum) {
    for (std::size_t k = 1; k < spectrum.size(); ++k)
      file.print("{},{},{},{},{:.6g}\n", field(c.plan->name), field(set.name), field(name), k,
                 spectrum[k]);
  };
  for (const auto& c : results.cases)
    for (const auto& set : c.sets) write(c, set, "reference", set.reference_spectrum);
  for_all(results, [&](const CaseResults& c, const TestSetResult& set, const SubjectResult& subject,
                       const ModelRecord*) { write(c, set, subject.name, subject.spectrum); });
  file.close();
}

void write_wrong_moduli(const StudyResults& results, const fs::path& path) {
  TextFile file(path);
  file.print(
      "case,model,shear_error,rves,stiffness_error_mean,stiffness_error_worst,"
      "exact_solver_error_mean,gap_mean,gap_worst,rves_outside_bounds\n");
  const auto write = [&](const CaseResults& c, double error, const TestSetResult& set,
                         const SubjectResult& subject) {
    if (subject.rves.empty()) return;
    using R = surrogate::RveMeasurement;
    const auto stiffness = surrogate::spread(subject.rves, &R::stiffness_error);
    const auto gap = surrogate::spread(subject.rves, &R::gap);
    const double exact =
        set.assumption_error.empty() ? 0. : surrogate::spread(set.assumption_error).mean;
    file.print("{},{},{:.6g},{},{:.6g},{:.6g},{:.6g},{:.6g},{:.6g},{}\n", field(c.plan->name),
               field(subject.name), error, subject.rves.size(), stiffness.mean, stiffness.worst,
               exact, gap.mean, gap.worst, n_outside_bounds(subject));
  };
  for (const auto& c : results.cases)
    for (const auto& shear : c.shear)
      for (std::size_t i = 0; i < shear.models.size(); ++i) {
        // The right moduli, once per model, come from the test set.
        if (&shear == &c.shear.front())
          write(c, 0., c.sets.front(), c.sets.front().models[shear.models[i]]);
        write(c, shear.error, shear.result, shear.result.models[i]);
      }
  file.close();
}

void write_label_cost(const StudyResults& results, const fs::path& path) {
  TextFile file(path);
  file.print("case,label_factor,low_cpu_seconds,high_cpu_seconds\n");
  for (const auto& c : results.cases)
    file.print("{},{},{:.6g},{:.6g}\n", field(c.plan->name),
               c.plan->parameters.dataset.label_factor, c.label_cost.low_seconds,
               c.label_cost.high_seconds);
  file.close();
}

// Datasets `phase` and `stress` (reference, then one slice per name in the attribute `subjects`).
void write_fields(const CaseResults& c, const fs::path& path) {
  const auto& set = c.sets.front();
  const auto& slice = set.slice;
  std::vector<float> stress = slice.reference;
  json names{"reference"};
  for (std::size_t i = 0; i < set.models.size(); ++i) {
    if (slice.predictions[i].empty() || set.models[i].rves.empty()) continue;
    names.push_back(set.models[i].name);
    stress.insert(stress.end(), slice.predictions[i].begin(), slice.predictions[i].end());
  }
  materials::Hdf5Writer file(path.string());
  file.dataset("phase", {slice.n1, slice.n2}, slice.phase.data());
  file.dataset("stress", {names.size(), slice.n1, slice.n2}, stress.data());
  file.text("subjects", names.dump());
  file.text("unit", c.plan->parameters.family.base.unit);
  file.close();
}

void write_index(const StudyResults& results, const fs::path& path) {
  std::vector<std::string> subjects;
  json cases = json::array();
  for (const auto& c : results.cases) {
    for (const auto& record : c.models)
      if (std::find(subjects.begin(), subjects.end(), record.plan->name) == subjects.end())
        subjects.push_back(record.plan->name);
    json models = json::array(), sets = json::array();
    for (const auto& record : c.models)
      models.push_back({{"name", record.plan->name}, {"kind", record.kind}});
    for (const auto& set : c.sets)
      sets.push_back({{"name", set.name}, {"label_nyquist", set.label_nyquist}});
    cases.push_back({{"name", c.plan->name},
                     {"slug", slug(c.plan->name)},
                     {"title", c.plan->title},
                     {"models", models},
                     {"sets", sets}});
  }
  TextFile file(path);
  file.print("{}\n", json{{"subjects", subjects}, {"cases", cases}}.dump(2));
  file.close();
}

}  // namespace

void write_tables(const StudyResults& results) {
  const fs::path folder = results.plan->folder;
  write_summary(results, folder / "summary.csv");
  write_rves(results, folder / "rves.csv");
  write_spectra(results, folder / "spectrum.csv");
  write_wrong_moduli(results, folder / "wrong_moduli.csv");
  write_label_cost(results, folder / "label_cost.csv");
  for (const auto& c : results.cases)
    write_fields(c, folder / fmt::format("fields_{}.h5", slug(c.plan->name)));
  write_index(results, folder / "figures.json");
}

}  // namespace seco
