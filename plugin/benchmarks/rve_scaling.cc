// How the homogenization of many RVEs scales with ranks and with their number: one row of a
// Markdown table per call. Run it under mpirun on every number of ranks; scaling.sh does.
#include <deal.II/base/mpi.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <fstream>
#include <string>

#include "count_messages.h"
#include "seco/plugin/registration.h"
#include "seco/surrogate/threads.h"

namespace {

namespace MPI = dealii::Utilities::MPI;

struct Options {
  int dimension = 3, grid = 8, n_grains = 8;
  std::uint64_t n_rves = 1000;
  bool per_rank = false, uneven = false, header = false;
  std::string engine = "fft", tolerance = "1e-4", precision = "single", cache;
};

/// Largest resident memory of this process so far, in MiB.
double largest_memory() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmHWM:")) return std::stod(line.substr(6)) / 1024.;
  return 0;
}

/// Cells of one point each, dealt out to the ranks in equal numbers, as a host does.
template <int dim>
std::vector<seco::plugin::MaterialPoint<dim>> points(std::uint64_t n) {
  const auto rank = MPI::this_mpi_process(MPI_COMM_WORLD),
             n_ranks = MPI::n_mpi_processes(MPI_COMM_WORLD);
  std::vector<seco::plugin::MaterialPoint<dim>> list;
  for (auto cell = n * rank / n_ranks; cell < n * (rank + 1) / n_ranks; ++cell) {
    list.emplace_back();
    list.back().cell = cell;
    list.back().position[0] = list.back().cell_center[0] =
        (static_cast<double>(cell) + 0.5) / static_cast<double>(n);
  }
  return list;
}

template <int dim>
std::unique_ptr<seco::plugin::Material<dim>> make_material(const Options& options) {
  dealii::ParameterHandler handler;
  seco::plugin::declare_material_parameters<dim>(handler);
  handler.enter_subsection("homogenized");
  handler.set("Engine", options.engine);
  handler.set("Tolerance", options.tolerance);
  handler.set("Precision", options.precision);
  handler.set("Seed per", std::string("cell"));
  handler.set("Result cache", options.cache);
  // The first half of the body without inclusions: a division by cells would leave it idle.
  if (options.uneven) handler.set("Volume fraction", std::string("if(x < 0.5, 0, 0.2)"));
  handler.enter_subsection("Microstructure");
  handler.set("Grid", fmt::format("{}", fmt::join(std::vector<int>(dim, options.grid), ", ")));
  handler.set("Lengths", fmt::format("{}", fmt::join(std::vector<int>(dim, 1), ", ")));
  handler.set("Type", std::string(options.uneven ? "inclusions" : "polycrystal"));
  handler.set("Number of grains", static_cast<long>(options.n_grains));
  if (options.uneven) handler.set("Inclusion factor", 20.);
  handler.leave_subsection();
  handler.leave_subsection();
  return seco::plugin::make_material<dim>("homogenized", handler, {});
}

template <int dim>
void run(const Options& options) {
  const auto n_ranks = MPI::n_mpi_processes(MPI_COMM_WORLD);
  const auto n = options.n_rves * (options.per_rank ? n_ranks : 1);
  auto material = make_material<dim>(options);
  const auto before = seco::benchmark::messages();
  const double memory_before = MPI::max(largest_memory(), MPI_COMM_WORLD);
  MPI_Barrier(MPI_COMM_WORLD);
  const auto start = std::chrono::steady_clock::now();
  material->set_points(points<dim>(n), MPI_COMM_WORLD, {});
  const double seconds =
      MPI::max(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(),
               MPI_COMM_WORLD);
  const auto after = seco::benchmark::messages();
  const auto per_rve = [&](std::uint64_t count) {
    return MPI::sum(static_cast<double>(count), MPI_COMM_WORLD) / static_cast<double>(n);
  };
  const double bytes = per_rve(after.bytes - before.bytes), sent = per_rve(after.n - before.n),
               atomic = per_rve(after.n_atomic - before.n_atomic),
               collective_bytes =
                   static_cast<double>(after.collective_bytes - before.collective_bytes);
  const double memory = MPI::max(largest_memory(), MPI_COMM_WORLD);
  const auto statistics = material->statistics();
  if (MPI::this_mpi_process(MPI_COMM_WORLD) != 0) return;
  if (options.header)
    fmt::print(
        "{} of {}, tolerance {}, {} precision, {}^{} voxels, {}\n\n"
        "| ranks | RVEs | seconds | RVEs/s | processor ms per RVE | balance | messages per RVE | "
        "bytes per RVE | atomics per RVE | collectives, bytes per rank | memory before, MiB | "
        "largest, MiB |\n|---|---|---|---|---|---|---|---|---|---|---|---|\n",
        options.engine,
        options.uneven ? "inclusions in one half, nothing in the other"
                       : fmt::format("polycrystals of {} grains", options.n_grains),
        options.tolerance, options.precision, options.grid, dim,
        options.per_rank ? "as many RVEs for every rank" : "as many RVEs in all");
  fmt::print(
      "| {} | {} | {:.2f} | {:.0f} | {:.3f} | {:.3f} | {:.3f} | {:.0f} | {:.3f} | {:.0f} | {:.0f} "
      "| "
      "{:.0f} |\n",
      n_ranks, n, seconds, static_cast<double>(n) / seconds,
      1e3 * statistics.cpu_seconds / static_cast<double>(n), statistics.balance, sent, bytes,
      atomic, collective_bytes, memory_before, memory);
}

}  // namespace

int main(int argc, char** argv) {
  seco::surrogate::wait_passively(argv);
  seco::surrogate::keep_freed_memory();
  Options options;
  CLI::App app{"Homogenization of many RVEs on many ranks; prints a row of a Markdown table"};
  app.option_defaults()->always_capture_default();
  app.add_option("--dimension", options.dimension)->check(CLI::IsMember({2, 3}));
  app.add_option("--grid", options.grid, "voxels along each axis");
  app.add_option("--grains", options.n_grains, "of every polycrystal");
  app.add_option("--rves", options.n_rves, "different RVEs, of all ranks together");
  app.add_flag("--per-rank", options.per_rank, "as many RVEs for every rank (weak scaling)");
  app.add_flag("--uneven", options.uneven, "inclusions in one half of the body only");
  app.add_option("--engine", options.engine);
  app.add_option("--tolerance", options.tolerance);
  app.add_option("--precision", options.precision);
  app.add_option("--cache", options.cache, "folder of a result cache");
  app.add_flag("--header", options.header, "prints the head of the table first");
  CLI11_PARSE(app, argc, argv);
  dealii::Utilities::MPI::MPI_InitFinalize mpi(argc, argv, 1);
  try {
    if (options.dimension == 2)
      run<2>(options);
    else
      run<3>(options);
  } catch (const std::exception& error) {
    fmt::print(stderr, "rve_scaling: {}\n", error.what());
    return 1;
  }
  return 0;
}
