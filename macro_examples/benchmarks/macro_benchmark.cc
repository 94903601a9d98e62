// Time and memory of the linear solvers of seco-macro against a plain deal.II program, as Markdown.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <malloc.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <fstream>
#include <iostream>
#include <limits>
#include <memory>

#include "assembled_matrix.h"
#include "cell_operator.h"
#include "dealii_matrix_free.h"
#include "plain_program.h"
#include "preconditioner.h"
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

  bool per_cell() const { return sample.stiffness == "cells"; }
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

/// Bytes that all ranks have from malloc (GNU).
double allocated() {
  const auto info = mallinfo2();
  return dealii::Utilities::MPI::sum(static_cast<double>(info.uordblks + info.hblkhd),
                                     MPI_COMM_WORLD);
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
  const auto d = problem.discretization();
  const auto solver = name == "deal.II" ? benchmarks::make_dealii_solver(d, options.per_cell())
                                        : macro::make_linear_solver(name, d);
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

/// What one stiffness per point takes beside mesh, vectors and matrices: the table of the material,
/// the field that a solver reads, and what the solver keeps of it; against a program with whole
/// tensors, as this one was.
void memory_of_stiffness(const SampleProblem& problem, const std::string& name) {
  const auto mib = [](std::size_t bytes) {
    return static_cast<double>(dealii::Utilities::MPI::sum(bytes, MPI_COMM_WORLD)) / (1 << 20);
  };
  const std::size_t n_points = problem.n_local_cells() * problem.quadrature().size();
  for (const unsigned int n_different : {1, 2, 3}) {
    const auto table = problem.table(n_different);
    const auto stiffness = problem.stiffness(table);
    dealii::ConditionalOStream none(std::cout, false);
    dealii::TimerOutput timer(MPI_COMM_WORLD, none, dealii::TimerOutput::never,
                              dealii::TimerOutput::wall_times);
    const auto solver = macro::make_linear_solver(name, problem.discretization());
    solver->set_stiffness(stiffness, timer);
    const auto of_solver = solver->stiffness_memory();
    // Of the material: three tensors. Of the host: stress, tangent, bounds, gap and status of every
    // point, and the upper triangle of the stiffness that it solves with.
    using Tensor = dealii::SymmetricTensor<4, dim>;
    constexpr std::size_t of_material = 3 * sizeof(Tensor),
                          of_host = sizeof(dealii::SymmetricTensor<2, dim>) + 3 * sizeof(Tensor) +
                                    sizeof(double) + 1,
                          of_field = sizeof(plugin::StiffnessTriangle<dim>);
    const double now = mib(table.memory_consumption() + stiffness.memory_consumption() + of_solver),
                 then = mib(n_points * (of_material + of_host + of_field) + of_solver);
    print("| {} | {} | {} | {:.0f} | {:.0f} | {:.0f} | {:.0f} | {:.0f} | {:.2f} |\n", name,
          problem.dof_handler().n_dofs(), n_different, mib(table.memory_consumption()),
          mib(stiffness.memory_consumption()), mib(of_solver), now, then, now / then);
  }
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

/// An operator without a matrix, its product with a vector, and the memory it took.
template <typename Operator>
struct Product {
  using Vector = typename Operator::Vector;
  std::unique_ptr<Operator> op;
  Vector source, result;
  double bytes = 0, seconds = std::numeric_limits<double>::max();

  template <typename Make>
  explicit Product(const Make& make) {
    const double before = allocated();
    op = make();
    bytes = allocated() - before;
    op->initialize_dof_vector(source);
    op->initialize_dof_vector(result);
    for (const auto i : source.locally_owned_elements())
      source(i) = static_cast<typename Vector::value_type>(std::sin(double(i)));
  }
  void run() {
    const double start = now();
    op->vmult(result, source);
    seconds = std::min(seconds, now() - start);
  }
};

/// The product with a vector by CellOperator and by deal.II's MatrixFree, in turn.
template <typename Number>
void product_rows(const Options& options, const SampleProblem& problem,
                  const macro::StiffnessField<dim>& stiffness) {
  using Ours = macro::CellOperator<dim, Number>;
  using Theirs = benchmarks::DealiiOperator<Number>;
  const auto& dof_handler = problem.dof_handler();
  Product<Ours> ours([&] {
    auto op = std::make_unique<Ours>(dof_handler, problem.constraints());
    op->set_stiffness(stiffness);
    return op;
  });
  Product<Theirs> theirs([&] {
    auto op = benchmarks::make_dealii_operator<Number>(dof_handler, problem.constraints());
    op->set_stiffness(stiffness, options.per_cell());
    return op;
  });
  for (unsigned int r = 0; r <= options.repetitions; ++r) {
    ours.run();
    theirs.run();
  }
  dealii::LinearAlgebra::distributed::Vector<double> difference(dof_handler.locally_owned_dofs(),
                                                                dof_handler.get_communicator());
  for (const auto i : difference.locally_owned_elements())
    difference(i) = double(theirs.result(i)) - double(ours.result(i));
  const double relative = difference.l2_norm() / ours.result.l2_norm();
  const double n = static_cast<double>(dof_handler.n_dofs());
  const std::string precision = sizeof(Number) == 4 ? "single" : "double";
  const auto row = [&](const std::string& name, double seconds, double bytes) {
    print("| {} | {} | {} | {:.2f} | {:.0f} | {:.2f} | {:.1e} |\n", name, precision,
          dof_handler.n_dofs(), seconds / n * 1e9, bytes / n, seconds / ours.seconds, relative);
  };
  row("CellOperator", ours.seconds, ours.bytes);
  row("deal.II", theirs.seconds, theirs.bytes);
}

void run(const Options& options) {
  const auto& s = options.sample;
  print(
      "{} rank(s), degree {}, {} coarse cells, {} local refinements, stiffness: {}{}; residual "
      "{:g}\n\n",
      dealii::Utilities::MPI::n_mpi_processes(MPI_COMM_WORLD), s.degree,
      2 * s.coarse_cells * s.coarse_cells * s.coarse_cells, s.graded, s.stiffness,
      s.stiffness == "crystal" || options.per_cell() ? ""
                                                     : fmt::format(", contrast {:g}", s.contrast),
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
  if (options.task == "product") {
    const SampleProblem problem(s, MPI_COMM_WORLD);
    const auto stiffness = problem.stiffness();
    print(
        "| operator | precision | unknowns | product, ns per unknown | memory, bytes per unknown | "
        "time over CellOperator | difference of the products |\n|---|---|---|---|---|---|---|\n");
    product_rows<double>(options, problem, stiffness);
    product_rows<float>(options, problem, stiffness);
    return;
  }
  if (options.task == "memory") {
    const SampleProblem problem(s, MPI_COMM_WORLD);
    print(
        "| solver | unknowns | different ones of estimate and bounds | table, MiB | field | solver "
        "| "
        "all | as whole tensors | ratio |\n|---|---|---|---|---|---|---|---|---|\n");
    for (const auto& name : options.solvers) memory_of_stiffness(problem, name);
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
  surrogate::keep_freed_memory();
  Options options;
  auto& s = options.sample;
  CLI::App app{"Linear solvers of seco-macro against a plain deal.II program, 3D"};
  app.add_option("--task", options.task, "solve, or one part alone; memory of the stiffness")
      ->check(CLI::IsMember({"solve", "assembly", "product", "memory"}));
  app.add_option("--solvers", options.solvers,
                 "of seco-macro, and deal.II: matrix-free by classes of deal.II")
      ->expected(0, 4);
  app.add_option("--plain", options.plain, "plain deal.II programs: step-40, step-8")
      ->expected(0, 3);
  app.add_option("--coarse-cells", s.coarse_cells);
  app.add_option("--refinements", s.refinements);
  app.add_option("--largest-refinements", options.largest_refinements, "a row for each");
  app.add_option("--graded", s.graded);
  app.add_option("--degree", s.degree);
  app.add_option("--stiffness", s.stiffness)
      ->check(CLI::IsMember({"crystal", "cells", "points", "regions"}));
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
