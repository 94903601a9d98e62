// Time and memory of the linear solvers of seco-macro against a plain deal.II program, as Markdown.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <fstream>
#include <iostream>

#include "../source/assembled_matrix.h"
#include "../source/preconditioner.h"
#include "plain_program.h"
#include "sample_problem.h"
#include "seco/surrogate/threads.h"

namespace {

using namespace seco;
using benchmarks::SampleProblem;
using benchmarks::SampleSettings;
constexpr int dim = SampleProblem::dim;

struct Options {
  SampleSettings sample;
  std::string task = "solve";
  std::vector<std::string> solvers{"Trilinos", "PETSc", "matrix-free"}, plain;
  double tolerance = 1e-8;
  unsigned int repetitions = 3, largest_refinements = 0, iterations = 2000;
};

bool first_rank() {
  return dealii::Utilities::MPI::this_mpi_process(MPI_COMM_WORLD) == 0;
}

template <typename... Arguments>
void print(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  if (!first_rank()) return;
  fmt::print(format, std::forward<Arguments>(arguments)...);
  std::fflush(stdout);
}

double now() {
  MPI_Barrier(MPI_COMM_WORLD);
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// Memory in GiB of all ranks, now or at most since the last call of reset_peak (Linux).
double memory(const std::string& key) {
  std::ifstream status("/proc/self/status");
  double kib = 0;
  for (std::string line; std::getline(status, line);)
    if (line.rfind(key + ":", 0) == 0) kib = std::stod(line.substr(key.size() + 1));
  return dealii::Utilities::MPI::sum(kib, MPI_COMM_WORLD) / (1 << 20);
}

void reset_peak() {
  std::ofstream("/proc/self/clear_refs") << "5";
}

void print_head() {
  print(
      "| program | unknowns | iterations | assembly, s | preconditioner, s | solve, s | total, s | "
      "second stiffness, s | memory, GiB |\n|---|---|---|---|---|---|---|---|---|\n");
}

void run_solver(const Options& options, const SampleProblem& problem, const std::string& name,
                const macro::StiffnessField<dim>& stiffness) {
  MPI_Barrier(MPI_COMM_WORLD);
  reset_peak();
  const double before = memory("VmRSS");
  dealii::ConditionalOStream none(std::cout, false);
  dealii::TimerOutput timer(MPI_COMM_WORLD, none, dealii::TimerOutput::never,
                            dealii::TimerOutput::wall_times);
  const auto load = problem.load();
  auto solution = load;
  dealii::SolverControl control(options.iterations, options.tolerance * load.l2_norm());
  const auto solver = macro::make_linear_solver(name, problem.discretization());
  const double start = now();
  solver->set_stiffness(stiffness, timer);
  const double ready = now();
  std::string iterations;
  try {
    solver->solve(solution, load, control);
    iterations = std::to_string(control.last_step());
  } catch (const dealii::SolverControl::NoConvergence& failure) {
    iterations = fmt::format("> {}", failure.last_step);
  }
  const double done = now();
  auto seconds = timer.get_summary_data(dealii::TimerOutput::total_wall_time);
  // As in a second solve of a certified run.
  double again = now();
  solver->set_stiffness(stiffness, timer);
  again = now() - again;
  print("| {} | {} | {} | {:.2f} | {:.2f} | {:.2f} | {:.2f} | {:.2f} | {:.2f} |\n", name,
        problem.dof_handler().n_dofs(), iterations, seconds["assembly"], seconds["preconditioner"],
        done - ready, done - start, again, memory("VmHWM") - before);
}

void run_plain(const Options& options, const SampleProblem& problem, const std::string& name) {
  MPI_Barrier(MPI_COMM_WORLD);
  reset_peak();
  const double before = memory("VmRSS");
  const auto load = problem.load();
  const auto r =
      benchmarks::run_plain_program(name, problem, load, options.iterations, options.tolerance);
  print("| {} | {} | {}{} | {:.2f} | {:.2f} | {:.2f} | {:.2f} |  | {:.2f} |\n", name,
        problem.dof_handler().n_dofs(), r.converged ? "" : "> ", r.iterations, r.assembly,
        r.preconditioner, r.solve, r.assembly + r.preconditioner + r.solve,
        memory("VmHWM") - before);
}

/// Assembly alone, with one stiffness and with one per point in turn.
template <typename Library>
void assembly_ratio(const Options& options, const SampleProblem& problem, const std::string& name) {
  const auto d = problem.discretization();
  const auto constant = problem.constant_stiffness();
  const auto field = problem.stiffness();
  typename Library::SparseMatrix matrix;
  double start = now();
  macro::reinit_matrix(d, matrix);
  const double pattern = now() - start;
  std::vector<double> ratios, times;
  for (unsigned int r = 0; r <= options.repetitions; ++r) {
    double seconds[2];
    for (const unsigned int which : {r % 2, 1 - r % 2}) {
      start = now();
      macro::assemble_matrix(d, which == 0 ? constant : field, matrix);
      seconds[which] = now() - start;
    }
    if (r == 0) continue;
    ratios.push_back(seconds[1] / seconds[0]);
    times.push_back(seconds[1]);
  }
  std::sort(ratios.begin(), ratios.end());
  std::sort(times.begin(), times.end());
  print("| {} | {} | {:.2f} | {:.3f} | {:.3f} ({:.3f} to {:.3f}) |\n", name,
        problem.dof_handler().n_dofs(), pattern, times[times.size() / 2], ratios[ratios.size() / 2],
        ratios.front(), ratios.back());
}

void run(const Options& options) {
  const auto& s = options.sample;
  print(
      "{} rank(s), degree {}, {} coarse cells, {} local refinements, stiffness: {}{}; residual "
      "{:g}\n\n",
      dealii::Utilities::MPI::n_mpi_processes(MPI_COMM_WORLD), s.degree,
      2 * s.coarse_cells * s.coarse_cells * s.coarse_cells, s.graded, s.stiffness,
      s.stiffness == "crystal" ? "" : fmt::format(", contrast {:g}", s.contrast),
      options.tolerance);
  if (options.task == "assembly") {
    const SampleProblem problem(s, MPI_COMM_WORLD);
    print(
        "| library | unknowns | pattern, s | assembly, s | assembly, stiffness per point over one "
        "stiffness |\n|---|---|---|---|---|\n");
    for (const auto& name : options.solvers) {
      if (name == "PETSc") assembly_ratio<macro::PETSc>(options, problem, name);
      if (name == "Trilinos") assembly_ratio<macro::Trilinos>(options, problem, name);
    }
    return;
  }
  print_head();
  for (unsigned int r = s.refinements; r <= std::max(s.refinements, options.largest_refinements);
       ++r) {
    auto settings = s;
    settings.refinements = r;
    const SampleProblem problem(settings, MPI_COMM_WORLD);
    for (const auto& name : options.plain) run_plain(options, problem, name);
    if (options.solvers.empty()) continue;
    const auto stiffness = problem.stiffness();
    for (const auto& name : options.solvers) run_solver(options, problem, name, stiffness);
  }
}

}  // namespace

int main(int argc, char** argv) {
  surrogate::wait_passively(argv);
  Options options;
  auto& s = options.sample;
  CLI::App app{"Linear solvers of seco-macro against a plain deal.II program, 3D"};
  app.add_option("--task", options.task, "solve, or assembly alone")
      ->check(CLI::IsMember({"solve", "assembly"}));
  app.add_option("--solvers", options.solvers)->expected(0, 3);
  app.add_option("--plain", options.plain, "plain deal.II programs: step-40, step-8")
      ->expected(0, 3);
  app.add_option("--coarse-cells", s.coarse_cells);
  app.add_option("--refinements", s.refinements);
  app.add_option("--largest-refinements", options.largest_refinements, "a row for each");
  app.add_option("--graded", s.graded);
  app.add_option("--degree", s.degree);
  app.add_option("--stiffness", s.stiffness)
      ->check(CLI::IsMember({"crystal", "points", "regions"}));
  app.add_option("--contrast", s.contrast);
  app.add_option("--tolerance", options.tolerance);
  app.add_option("--iterations", options.iterations, "largest number");
  app.add_option("--repetitions", options.repetitions);
  CLI11_PARSE(app, argc, argv);
  dealii::Utilities::MPI::MPI_InitFinalize mpi(argc, argv, 1);
  try {
    run(options);
  } catch (const std::exception& error) {
    std::cerr << "macro_benchmark: " << error.what() << std::endl;
    return 1;
  }
  return 0;
}
