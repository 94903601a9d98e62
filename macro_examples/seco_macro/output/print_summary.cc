// The table at the end of a run, and that of its rounds.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "run_summary.h"
#include "seco/materials/write_atomically.h"

namespace seco::macro {
namespace {

/// A line of the table.
std::string line(const std::string& name, const std::string& value) {
  return fmt::format("  {:<30} {}\n", name, value);
}

/// "[4.0,2.0]"
std::string list_of(const std::vector<double>& values) {
  return nlohmann::json(values).dump();
}

/// The name of a column with its unit, if it is said.
std::string with_brackets(const std::string& name, const std::string& unit) {
  return unit.empty() ? name : fmt::format("{} [{}]", name, unit);
}

/// "[4, 2]", with fewer digits.
std::string short_list_of(const std::vector<double>& values) {
  return fmt::format("[{:.8g}]", fmt::join(values, ", "));
}

/// "(4, 0.5, 1)"
std::string place_of(const std::vector<double>& position) {
  return fmt::format("({:.6g})", fmt::join(position, ", "));
}

/// Of a table, from the name of a boundary, which may have spaces and commas.
std::string column_name(std::string name) {
  std::replace_if(
      name.begin(), name.end(), [](char c) { return c == ' ' || c == ',' || c == '"'; }, '_');
  return name;
}

std::string describe(const Enclosure& value, const std::string& unit) {
  const auto number = [&](double x) { return fmt::format("{:.8g}", x); };
  const auto estimate = with_unit(number(value.estimate), unit);
  if (value.lower && value.upper)
    return with_unit(fmt::format("{}, certified to lie in [{}, {}]", estimate, number(*value.lower),
                                 number(*value.upper)),
                     unit);
  if (value.lower || value.upper)
    return fmt::format("{}, certified to be at {} {}; no bound on the other side", estimate,
                       value.lower ? "least" : "most",
                       with_unit(number(value.lower ? *value.lower : *value.upper), unit));
  return estimate;
}

std::string describe(const MicroscaleSummary& micro) {
  auto text = line("quadrature points", fmt::format("{}", micro.n_points));
  for (const auto& [engine, n] : micro.n_rves_by_engine)
    text += line("RVEs by " + engine, fmt::format("{}", n));
  if (micro.n_cached_rves > 0)
    text += line("results from the cache", fmt::format("{}", micro.n_cached_rves));
  if (micro.n_rves == 0 || !micro.has_gaps) return text;
  text += line("RVEs that miss what was asked",
               fmt::format("{} of {}", micro.n_unreliable_rves, micro.n_rves));
  return text +
         line("worst and mean gap", fmt::format("{:.3g}  {:.3g}", micro.worst_gap, micro.mean_gap));
}

std::string describe(const EquilibriumSummary& equilibrium) {
  const auto largest = equilibrium.largest_error();
  return line("error of displacements",
              fmt::format("{}{} in the energy norm",
                          largest ? fmt::format("at most {:.1e}", *largest) : "not bounded",
                          equilibrium.n_missed() == 0
                              ? ""
                              : fmt::format(", NOT the {:g} asked for,", equilibrium.allowed)));
}

std::string describe(const CertificationSummary& certification, std::uint64_t n_rves) {
  const auto& last = certification.rounds.back();
  const bool reached = certification.missed.empty();
  return line("width of the compliance",
              fmt::format("{}, {} {:g}{}",
                          std::isfinite(last.relative_width)
                              ? fmt::format("{:.3g}", last.relative_width)
                              : "unbounded",
                          reached ? "asked for" : "NOT the tolerance asked for,",
                          certification.tolerance, reached ? "" : ": " + certification.missed)) +
         line("RVEs refined", fmt::format("{} of {} in {} rounds", last.n_refined, n_rves,
                                          certification.rounds.size() - 1));
}

std::string describe(const std::vector<LoadStepRecord>& steps) {
  if (steps.empty()) return "";
  unsigned int n_newton = 0, n_linear = 0, n_cuts = 0, n_bounded = 0;
  std::uint64_t n_refined = 0;
  double largest_gap = 0, largest_error = 0, sum_of_errors = 0;
  unsigned int n_estimated = 0;
  std::uint64_t n_refinements = 0;
  for (const auto& step : steps) {
    n_refinements += step.refinement.has_value();
    n_estimated += step.time_error.has_value();
    largest_error = std::max(largest_error, step.time_error.value_or(0));
    sum_of_errors += step.time_error.value_or(0);
    n_newton += step.newton_iterations;
    n_linear += step.linear_iterations;
    n_cuts += step.n_cuts;
    n_refined += step.n_refined;
    n_bounded += step.lower.has_value();
    if (step.lower) largest_gap = std::max(largest_gap, step.relative_gap);
  }
  auto text =
      line("load steps", fmt::format("{} until the time {:g}, {} cuts, {} Newton and {} "
                                     "linear iterations",
                                     steps.size(), steps.back().time, n_cuts, n_newton, n_linear));
  if (n_estimated == 0)
    text += line("error in time", "not estimated");
  else
    text += line("error in time",
                 fmt::format("about {:.1e} of the stresses by the length of a step, {:.1e} by all, "
                             "estimated in {} of {} steps",
                             largest_error, sum_of_errors, n_estimated, steps.size()));
  if (n_refinements > 0)
    text +=
        line("refinements of the mesh", fmt::format("{}, from {} to {} cells", n_refinements,
                                                    steps.front().n_cells, steps.back().n_cells));
  if (n_bounded > 0)
    text += line("certified steps", fmt::format("{} of {}, to {:.1e} of the energy, RVEs refined "
                                                "{} times",
                                                n_bounded, steps.size(), largest_gap, n_refined));
  return text;
}

std::string describe(const LocalSummary& local, const Units& units) {
  std::string text;
  for (const auto& [name, extreme] :
       {std::pair("largest micro von Mises", &local.largest_von_mises),
        std::pair("largest micro hydrostatic", &local.largest_hydrostatic),
        std::pair("smallest micro hydrostatic", &local.smallest_hydrostatic)})
    if (local.has_extremes)
      text += line(name, fmt::format("{} at {}",
                                     with_unit(fmt::format("{:.6g}", extreme->value), units.stress),
                                     with_unit(place_of(extreme->position), units.length)));
  return text;
}

std::string describe(const ResultExtremes& extremes, const Units& units) {
  std::string text;
  for (const auto& [name, extreme] : extremes.list()) {
    auto words = name;
    std::replace(words.begin(), words.end(), '_', ' ');
    const bool is_stress = name.ends_with("stress");
    text += line(words, fmt::format("{} at {}",
                                    with_unit(fmt::format("{:.6g}", extreme.value),
                                              is_stress ? units.stress : units.length),
                                    with_unit(place_of(extreme.position), units.length)));
  }
  return text;
}

std::string describe(const std::vector<MaterialSummary>& materials, const Units& units) {
  std::string text;
  for (std::size_t m = 0; m < materials.size(); ++m) {
    std::string ids;
    for (const auto& [id, name] : materials[m].ids)
      ids += fmt::format("{}{}", ids.empty() ? "" : ", ",
                         name.empty() ? fmt::format("{}", id) : fmt::format("{} '{}'", id, name));
    text += line(fmt::format("material {}", m),
                 fmt::format("{}, id {}, {} {}", materials[m].model, ids,
                             units.volume.ends_with("^2") ? "area" : "volume",
                             with_unit(fmt::format("{:.6g}", materials[m].volume), units.volume)));
  }
  return text;
}

/// What belongs to the loads, after energies.
std::string describe_results(const RunSummary& s) {
  auto text = line("potential energy", describe(s.potential_energy, s.units.energy));
  if (s.compliance) text += line("compliance f(u)", describe(*s.compliance, s.units.energy));
  if (!s.no_lower_bound.empty()) text += line("no bound on one side", s.no_lower_bound);
  for (const auto& boundary : s.load_steps.empty() ? s.boundaries : s.load_steps.back().boundaries)
    text += line("boundary " + described(boundary),
                 fmt::format("force {}, moment about the origin {}, mean displacement {}",
                             with_unit(short_list_of(boundary.force), s.units.force),
                             with_unit(short_list_of(boundary.moment), s.units.moment),
                             with_unit(short_list_of(boundary.displacement), s.units.length)));
  text += describe(s.extremes, s.units);
  for (const auto& [point, displacement] : s.points)
    text += line(
        "displacement at point",
        fmt::format("{} : {}", list_of(point), with_unit(list_of(displacement), s.units.length)));
  return text;
}

}  // namespace

void print_summary(const RunSummary& s, RunLog& log) {
  auto text =
      "== summary\n" + line("unknowns", fmt::format("{} on {} cells", s.n_unknowns, s.n_cells));
  if (s.n_restarts > 0) text += line("restarts", fmt::format("{}", s.n_restarts));
  text += describe(s.materials, s.units);
  text += describe(s.micro);
  if (s.load_cases.empty()) text += describe_results(s);
  for (const auto& [name, summary] : s.load_cases)
    text += fmt::format("== load case '{}'\n", name) + describe_results(summary);
  if (!s.load_cases.empty()) text += "== all load cases\n";
  if (s.load_steps.empty()) text += describe(s.equilibrium);
  if (s.certification) text += describe(*s.certification, s.micro.n_rves);
  text += describe(s.load_steps);
  if (s.local) text += describe(*s.local, s.units);
  for (const auto& entry : s.missing_checkpoints) text += line("NO CHECKPOINT", entry);
  for (const auto& entry : s.missing_files) text += line("MISSING", entry);
  constexpr double mebibyte = 1024. * 1024.;
  text += line("largest memory", fmt::format("{:.0f} MiB of a process, {:.0f} MiB of all {} ranks",
                                             s.memory.largest_process / mebibyte,
                                             s.memory.sum / mebibyte, s.n_ranks));
  // The sum comes last.
  for (const bool last : {false, true})
    for (const auto& [stage, seconds] : s.seconds)
      if ((stage == "total") == last)
        text += line("seconds, " + stage, fmt::format("{:.2f}", seconds));
  log.print(text);
}

void write_rounds(const std::vector<Round>& rounds, const std::string& folder, const Units& units) {
  const auto number = [](double value) {
    return std::isfinite(value) ? fmt::format("{:.12g}", value) : "";
  };
  const auto path = std::filesystem::path(folder) / "rounds.csv";
  materials::write_atomically(path.string(), [&](std::ostream& out) {
    out << fmt::format(
        "round,{},{},relative_width,marked_rves,refined_rves,refined_fraction,micro_seconds,"
        "micro_cpu_seconds,macro_seconds\n",
        with_brackets("lower", units.energy), with_brackets("upper", units.energy));
    for (const auto& r : rounds)
      out << fmt::format("{},{},{},{},{},{},{:.6g},{:.6g},{:.6g},{:.6g}\n", r.number,
                         number(r.lower), number(r.upper), number(r.relative_width), r.n_marked,
                         r.n_refined, r.refined_fraction(), r.micro_seconds, r.micro_cpu_seconds,
                         r.macro_seconds);
  });
}

void write_force_displacement(const std::vector<LoadStepRecord>& steps, const std::string& folder,
                              const Units& units) {
  const auto number = [](double value) {
    return std::isfinite(value) ? fmt::format("{:.12g}", value) : "";
  };
  const auto path = std::filesystem::path(folder) / "force_displacement.csv";
  materials::write_atomically(path.string(), [&](std::ostream& out) {
    out << fmt::format(
        "step,time,duration,newton_iterations,linear_iterations,cuts,refined_rves,{},{},{},"
        "relative_gap",
        with_brackets("energy", units.energy), with_brackets("potential_lower", units.energy),
        with_brackets("potential_upper", units.energy));
    if (!steps.empty())
      for (const auto& boundary : steps.front().boundaries) {
        const auto add = [&](const std::string& kind, const std::string& axes,
                             const std::string& unit) {
          for (const char axis : axes)
            out << ','
                << with_brackets(fmt::format("{}_{}_{}", kind, axis, column_name(boundary.name)),
                                 unit);
        };
        const auto axes = std::string("xyz").substr(0, boundary.force.size());
        add("force", axes, units.force);
        add("displacement", axes, units.length);
        add("moment", boundary.moment.size() == 1 ? "z" : axes, units.moment);
      }
    out << '\n';
    for (std::size_t k = 0; k < steps.size(); ++k) {
      const auto& s = steps[k];
      out << fmt::format("{},{:.12g},{:.12g},{},{},{},{},{},{},{},{}", k + 1, s.time, s.duration,
                         s.newton_iterations, s.linear_iterations, s.n_cuts, s.n_refined,
                         number(s.energy), s.lower ? number(*s.lower) : "", number(s.upper),
                         number(s.relative_gap));
      for (const auto& boundary : s.boundaries)
        for (const auto* values : {&boundary.force, &boundary.displacement, &boundary.moment})
          for (const double value : *values) out << ',' << number(value);
      out << '\n';
    }
  });
}

}  // namespace seco::macro
