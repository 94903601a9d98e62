// The table at the end of a run, and that of its rounds.
#include <fmt/format.h>

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

std::string describe(const Enclosure& value) {
  const auto number = [](double x) { return fmt::format("{:.8g}", x); };
  const auto estimate = number(value.estimate);
  if (value.lower && value.upper)
    return fmt::format("{}, certified to lie in [{}, {}]", estimate, number(*value.lower),
                       number(*value.upper));
  if (value.lower || value.upper)
    return fmt::format("{}, certified to be at {} {}; no bound on the other side", estimate,
                       value.lower ? "least" : "most",
                       number(value.lower ? *value.lower : *value.upper));
  return estimate;
}

std::string describe(const MicroscaleSummary& micro) {
  auto text = line("quadrature points", fmt::format("{}", micro.n_points));
  for (const auto& [engine, n] : micro.n_rves_by_engine)
    text += line("RVEs by " + engine, fmt::format("{}", n));
  if (micro.n_cached_rves > 0)
    text += line("results from the cache", fmt::format("{}", micro.n_cached_rves));
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

std::string describe(const LocalSummary& local) {
  std::string text;
  for (const auto& [name, extreme] :
       {std::pair("largest micro von Mises", &local.largest_von_mises),
        std::pair("largest micro hydrostatic", &local.largest_hydrostatic),
        std::pair("smallest micro hydrostatic", &local.smallest_hydrostatic)})
    if (local.has_extremes)
      text += line(name, fmt::format("{:.6g} at {}", extreme->value, list_of(extreme->position)));
  return text;
}

}  // namespace

void print_summary(const RunSummary& s, RunLog& log) {
  auto text =
      "== summary\n" + line("unknowns", fmt::format("{} on {} cells", s.n_unknowns, s.n_cells));
  if (s.n_restarts > 0) text += line("restarts", fmt::format("{}", s.n_restarts));
  text += describe(s.micro);
  text += line("potential energy", describe(s.potential_energy));
  if (s.compliance) text += line("compliance f(u)", describe(*s.compliance));
  if (!s.no_lower_bound.empty()) text += line("no bound on one side", s.no_lower_bound);
  text += describe(s.equilibrium);
  if (s.certification) text += describe(*s.certification, s.micro.n_rves);
  if (s.local) text += describe(*s.local);
  for (const auto& [point, displacement] : s.points)
    text += line("displacement at point",
                 fmt::format("{} : {}", list_of(point), list_of(displacement)));
  for (const auto& entry : s.missing_checkpoints) text += line("NO CHECKPOINT", entry);
  for (const auto& entry : s.missing_files) text += line("MISSING", entry);
  // The sum comes last.
  for (const bool last : {false, true})
    for (const auto& [stage, seconds] : s.seconds)
      if ((stage == "total") == last)
        text += line("seconds, " + stage, fmt::format("{:.2f}", seconds));
  log.print(text);
}

void write_rounds(const std::vector<Round>& rounds, const std::string& folder) {
  const auto number = [](double value) {
    return std::isfinite(value) ? fmt::format("{:.12g}", value) : "";
  };
  const auto path = std::filesystem::path(folder) / "rounds.csv";
  materials::write_atomically(path.string(), [&](std::ostream& out) {
    out << "round,lower,upper,relative_width,marked_rves,refined_rves,refined_fraction,"
           "micro_seconds,micro_cpu_seconds,macro_seconds\n";
    for (const auto& r : rounds)
      out << fmt::format("{},{},{},{},{},{},{:.6g},{:.6g},{:.6g},{:.6g}\n", r.number,
                         number(r.lower), number(r.upper), number(r.relative_width), r.n_marked,
                         r.n_refined, r.refined_fraction(), r.micro_seconds, r.micro_cpu_seconds,
                         r.macro_seconds);
  });
}

}  // namespace seco::macro
