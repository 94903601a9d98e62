// RVEs with nonlinear laws: what an iteration on the tangents of the voxels costs beside one of the
// linear solver, increments to a certified error, and a batch beside one RVE at a time. Markdown
// tables; everything that is compared is measured by turns in this run.
#include <fmt/format.h>
#include <torch/torch.h>

#include <CLI/CLI.hpp>
#include <chrono>

#include "conjugate_gradients.h"
#include "kernel_tables.h"
#include "measure.h"
#include "output.h"
#include "seco/materials/generators.h"
#include "seco/materials/law.h"
#include "seco/materials/parameter_file.h"
#include "seco/materials/random.h"
#include "seco/materials/rotation.h"
#include "seco/surrogate/deformation.h"
#include "seco/surrogate/deforming_points.h"
#include "seco/surrogate/threads.h"

namespace {

using namespace seco;
using namespace seco::surrogate;
using materials::MandelVector;

std::shared_ptr<const materials::Law> law(const std::string& text,
                                          const materials::LawContext& context = {}) {
  materials::ParameterFile file(text, "benchmark");
  return materials::read_law(file, "", context);
}

/// Aluminium with elastic particles that do not touch.
LawRve composite(int n, std::uint64_t seed) {
  materials::GeneratorSettings settings;
  settings.type = "inclusions";
  settings.shape = {n, n, n};
  settings.lengths = {1, 1, 1};
  settings.seed = seed;
  settings.matrix = settings.inclusion = materials::MandelMatrix::Identity(6, 6);
  return {materials::generate(settings),
          {law("set Law = J2 plasticity\nset Young modulus = 70000\nset Poisson ratio = 0.3\n"
               "set Yield stress = 100\nset Hardening modulus = 700\n"),
           law("set Law = linear elastic\nset Young modulus = 400000\nset Poisson ratio = 0.2\n")}};
}

/// Copper crystals.
LawRve polycrystal(int n, std::uint64_t seed) {
  materials::GeneratorSettings settings;
  settings.type = "polycrystal";
  settings.shape = {n, n, n};
  settings.lengths = {1, 1, 1};
  settings.seed = seed;
  settings.n_grains = 50;
  settings.crystal = materials::MandelMatrix::Identity(6, 6);
  LawRve rve{materials::generate(settings), {}};
  materials::RandomStream random(seed);
  for (std::size_t p = 0; p < rve.rve.stiffness.size(); ++p) {
    materials::LawContext context;
    context.orientation = materials::random_rotation(random);
    rve.laws.push_back(
        law("set Law = crystal viscoplasticity\nset Lattice = fcc\n"
            "set Elastic constants = cubic: 168.4e3, 121.4e3, 75.4e3\n"
            "set Reference slip rate = 1\nset Rate exponent = 10\nset Slip resistance = 9\n"
            "set Hardening = Voce\nset Voce stress = 5\nset Initial hardening rate = 400\n"
            "set Final hardening rate = 250\n",
            context));
  }
  return rve;
}

LoadIncrement increment(int i, int n) {
  MandelVector strain = MandelVector::Zero(6);
  const double x = 0.02 * i / n;
  strain[0] = x;
  strain[1] = strain[2] = -x / 2;
  return {static_cast<double>(i), std::vector<bool>(6, false), strain, MandelVector::Zero(6)};
}

DeformationSettings settings_for(double tolerance, bool certified = true) {
  DeformationSettings settings;
  settings.device = "cpu";
  settings.tolerance = tolerance;
  settings.tangent = TangentWanted::none;
  if (!certified) settings.criterion = StopCriterion::estimate;
  return settings;
}

double seconds_of(const std::function<void()>& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

/// One iteration of one load case, single precision: on a table of stiffnesses, and on a matrix of
/// every voxel.
void iterations(const std::vector<int>& grids, const benchmarks::Budget& budget) {
  fmt::print("| grid | linear [ms] | tangent of every voxel [ms] | ratio |\n|---|---|---|---|\n");
  for (const int n : grids) {
    auto rve = composite(n, 1);
    for (std::size_t p = 0; p < rve.laws.size(); ++p)
      rve.rve.stiffness[p] = rve.laws[p]->elastic_stiffness();
    const auto options = torch::TensorOptions(torch::kFloat);
    const StiffnessField stiffness({&rve.rve, 1}, options);
    const Grid& grid = stiffness.grid();
    const auto& kernels = stiffness.kernels();
    const GreenOperator green(grid, options);
    const auto medium = mean_medium(stiffness);
    const auto triangles = stiffness.coefficients().contiguous();
    const auto shape = std::vector<std::int64_t>{1, 1, 3, n, n, n};
    torch::manual_seed(1);
    auto u = torch::zeros(shape, options), r = torch::randn(shape, options);
    auto z = kernels.green(green.plan(), medium, r), p = z.clone();
    auto rz = kernels.inner_product(r, z), beta = torch::zeros_like(rz);
    const auto floor = torch::zeros_like(rz), mean = torch::zeros({1, 1, 6}, torch::kDouble);
    torch::Tensor none;
    const KinematicState state{u, r, z, p, rz, beta, none, none, none};
    auto u2 = u.clone(), r2 = r.clone(), p2 = p.clone();
    const auto times = benchmarks::compare(
        [&] {
          // A new start, so that round-off never ends the iteration.
          rz.fill_(1.);
          kernels.kinematic_step(kernels, stiffness.tables(), green.plan(), medium, floor, state);
        },
        [&] {
          const auto image = kernels.tangent_action(kernels, grid, triangles, p2, mean);
          const auto small = torch::full({1, 1}, 1e-3, torch::kDouble);
          kernels.advance(small, p2, image.force, u2, r2);
          const auto next = kernels.green(green.plan(), medium, r2);
          kernels.inner_product(r2, next);
          kernels.turn(small, next, p2);
        },
        budget);
    fmt::print("| {}³ | {} | {} | {} |\n", n, times.first.scaled(1e3).text(),
               times.second.scaled(1e3).text(), times.ratio.text());
  }
}

/// Twenty increments into the plastic range.
void paths(const std::vector<int>& grids) {
  fmt::print(
      "\n| grid | stop | seconds | Newton steps | iterations | iterations per increment | "
      "largest guaranteed error |\n|---|---|---|---|---|---|---|\n");
  for (const int n : grids)
    for (const bool certified : {true, false}) {
      Deformation deformation({composite(n, 1)}, settings_for(1e-3, certified));
      unsigned int newton = 0, steps = 0;
      double error = 0;
      constexpr int n_increments = 20;
      const double seconds = seconds_of([&] {
        for (int i = 1; i <= n_increments; ++i) {
          const auto load = increment(i, n_increments);
          const auto result = deformation.advance({&load, 1}).front();
          newton += result.newton_steps;
          steps += result.iterations;
          error = std::max(error, result.stress_error_bound);
        }
      });
      fmt::print("| {}³ | {} 1e-3 | {:.3g} | {} | {} | {:.1f} | {:.2g} |\n", n,
                 certified ? "certified" : "estimated", seconds, newton, steps,
                 static_cast<double>(steps) / n_increments, error);
    }
}

void batches(int n, int n_rves, int n_increments) {
  std::vector<LawRve> rves;
  for (int k = 0; k < n_rves; ++k) rves.push_back(composite(n, static_cast<std::uint64_t>(k + 1)));
  const auto loads = [&](std::size_t count, int i) {
    return std::vector<LoadIncrement>(count, increment(i, n_increments));
  };
  const double together = seconds_of([&] {
    Deformation deformation(rves, settings_for(1e-3));
    for (int i = 1; i <= n_increments; ++i) deformation.advance(loads(rves.size(), i));
  });
  const double alone = seconds_of([&] {
    for (const auto& rve : rves) {
      Deformation deformation({rve}, settings_for(1e-3));
      for (int i = 1; i <= n_increments; ++i) deformation.advance(loads(1, i));
    }
  });
  fmt::print(
      "\n| RVEs | increments | one at a time [s] | one batch [s] | throughput of the batch |\n"
      "|---|---|---|---|---|\n| {} of {}³ | {} | {:.3g} | {:.3g} | {:.2f} times |\n",
      n_rves, n, n_increments, alone, together, alone / together);
}

/// The same increments of a batch on a device and on the processor.
void on_device(const std::string& device, const std::vector<int>& grids, int n_rves) {
  fmt::print(
      "| RVEs | laws | processor [s] | {} [s] | processor over {} | largest difference of the "
      "stress |\n|---|---|---|---|---|---|\n",
      device, device);
  constexpr int n_increments = 3;
  for (const int n : grids)
    for (const bool crystals : {false, true}) {
      std::vector<LawRve> rves;
      for (int k = 1; k <= n_rves; ++k)
        rves.push_back(crystals ? polycrystal(n, static_cast<std::uint64_t>(k))
                                : composite(n, static_cast<std::uint64_t>(k)));
      std::vector<MandelVector> stress;
      double difference = 0;
      const auto seconds_on = [&](const std::string& where) {
        auto settings = settings_for(1e-3);
        settings.device = where;
        Deformation deformation(rves, settings);
        for (const auto& note : deformation.notes()) fmt::print(stderr, "note: {}\n", note);
        return seconds_of([&] {
          std::vector<IncrementResult> results;
          for (int i = 1; i <= n_increments; ++i)
            results = deformation.advance(
                std::vector<LoadIncrement>(rves.size(), increment(i, n_increments)));
          for (std::size_t k = 0; k < results.size(); ++k) {
            if (stress.size() < rves.size())
              stress.push_back(results[k].stress);
            else
              difference =
                  std::max(difference, (results[k].stress - stress[k]).norm() / stress[k].norm());
          }
        });
      };
      const double processor = seconds_on("cpu"), there = seconds_on(device);
      fmt::print("| {} of {}³ | {} | {:.3g} | {:.3g} | {:.2f} | {:.1g} |\n", n_rves, n,
                 crystals ? "50 crystals" : "J2 and elastic", processor, there, processor / there,
                 difference);
    }
}

/// What a way to answer the points of a structure switches on, over the one before.
struct Way {
  std::string name;
  PointSettings settings;
};

/// Points that share an RVE, some of which stay elastic, in steps of three strains each, as
/// Newton's method of a structure asks for them: two that miss the last one by 10 and 2 % of the
/// increment.
void structures(int n, int n_points) {
  constexpr int n_steps = 10, n_iterations = 3;
  const double misses[n_iterations] = {0.1, 0.02, 0.};
  const auto strain_at = [&](int point, double step) {
    // Most of a structure is loaded less than its notch.
    const double x = (point + 0.5) / n_points, amplitude = 0.012 * x * x * x * step / n_steps;
    MandelVector strain(6);
    strain << 1, -0.4 - 0.1 * x, -0.5 + 0.1 * x, 0.2 * x, 0.3 * (1 - x), 0.25;
    return MandelVector(amplitude * strain);
  };
  PointSettings plain;
  plain.superpose_elastic = plain.keep_tangent_fields = false;
  plain.tangent_change = 0;
  auto elastic = plain;
  elastic.superpose_elastic = true;
  auto fields = elastic;
  fields.keep_tangent_fields = true;
  PointSettings again;
  again.share_tangents = false;
  const std::vector<Way> ways{{"every point, every time", plain},
                              {"elastic points superposed", elastic},
                              {"fields of tangents kept", fields},
                              {"tangents answered again", again},
                              {"tangents shared", {}}};
  fmt::print(
      "\n{} points with the same RVE of {}³, {} steps of {} strains; work in iterations of one "
      "load "
      "case.\n\n| | seconds | work per point and step | on increments | on tangents | elastic "
      "answers "
      "[%] | largest guaranteed error |\n|---|---|---|---|---|---|---|\n",
      n_points, n, n_steps, n_iterations);
  for (const auto& way : ways) {
    DeformingPoints points({composite(n, 1)}, std::vector<std::uint32_t>(n_points, 0),
                           way.settings);
    double error = 0;
    const double seconds = seconds_of([&] {
      for (int step = 1; step <= n_steps; ++step) {
        for (int k = 0; k < n_iterations; ++k) {
          std::vector<MandelVector> strain;
          for (int p = 0; p < n_points; ++p) strain.push_back(strain_at(p, step + misses[k]));
          const bool last = k + 1 == n_iterations;
          for (const auto& r : points.evaluate(1, strain, {}))
            if (last && r.stress_norm > 0) error = std::max(error, r.error / r.stress_norm);
        }
        points.accept();
      }
    });
    const auto& work = points.work();
    const double per_step = 1. / (n_points * n_steps);
    fmt::print("| {} | {:.3g} | {:.1f} | {:.1f} | {:.1f} | {:.0f} | {:.2g} |\n", way.name, seconds,
               static_cast<double>(work.total()) * per_step,
               static_cast<double>(work.iterations + work.residuals) * per_step,
               static_cast<double>(work.tangent_iterations) * per_step,
               100. * static_cast<double>(work.n_elastic) / static_cast<double>(work.n_evaluations),
               error);
  }
}

}  // namespace

int main(int argc, char** argv) {
  wait_passively(argv);
  keep_freed_memory();
  materials::register_builtin_laws();
  CLI::App app{"Cost of nonlinear RVEs, as Markdown tables"};
  std::vector<int> grids{16, 32, 64};
  int n_rves = 256, edge = 16, n_points = 64;
  double seconds = 4;
  app.add_option("--grids", grids, "voxels along an edge")->delimiter(',');
  app.add_option("--rves", n_rves, "RVEs in the batch");
  app.add_option("--edge", edge, "voxels along an edge of these");
  app.add_option("--points", n_points, "points of a structure, with RVEs of the same edge");
  std::string device;
  app.add_option("--device", device,
                 "cuda, cuda:N: only increments of the batch there and on the processor");
  app.add_option("--seconds", seconds, "time for each comparison of iterations");
  CLI11_PARSE(app, argc, argv);
  torch::NoGradGuard no_grad;
  if (!device.empty()) {
    on_device(device, grids, n_rves);
    return 0;
  }
  iterations(grids, {seconds, 3, 10, 10000});
  paths(grids);
  batches(edge, n_rves, 3);
  structures(edge, n_points);
}
