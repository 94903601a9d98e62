#include "seco/surrogate/dataset.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <stdexcept>

#include "dataset_reader.h"
#include "device.h"
#include "difference_operator.h"
#include "reference_solver.h"

namespace seco::surrogate {
namespace {

std::vector<std::size_t> with_leading(std::initializer_list<std::size_t> leading,
                                      const std::vector<int>& grid) {
  std::vector<std::size_t> shape(leading);
  shape.insert(shape.end(), grid.begin(), grid.end());
  return shape;
}

std::string difference(const materials::Rve& found, const materials::Rve& expected) {
  if (found.shape != expected.shape)
    return fmt::format("has {} voxels, not {}", fmt::join(found.shape, "x"),
                       fmt::join(expected.shape, "x"));
  if (found.lengths != expected.lengths) return "has other edge lengths";
  if (found.unit != expected.unit)
    return fmt::format("is in {}, not {}", found.unit, expected.unit);
  if (found.stiffness.size() != expected.stiffness.size())
    return fmt::format("has {} phases, not {}", found.stiffness.size(), expected.stiffness.size());
  for (std::size_t p = 0; p < found.stiffness.size(); ++p)
    if ((found.stiffness[p] - expected.stiffness[p]).norm() > 1e-6 * expected.stiffness[p].norm())
      return fmt::format("has another stiffness of phase {}", p);
  std::size_t n_different = 0;
  for (std::size_t v = 0; v < found.phase.size(); ++v)
    n_different += found.phase[v] != expected.phase[v];
  if (100 * n_different > found.phase.size())
    return fmt::format("has other phases in {} of {} voxels", n_different, found.phase.size());
  return {};
}

}  // namespace

materials::Rve coarsen(const materials::Rve& rve, int factor) {
  const int d = rve.dimension();
  materials::Rve coarse = rve;
  for (auto& n : coarse.shape) {
    if (factor < 1 || n % factor != 0)
      throw std::invalid_argument(
          fmt::format("a grid of {} voxels cannot be coarsened by a factor of {}",
                      fmt::join(rve.shape, "x"), factor));
    n /= factor;
  }
  coarse.phase.assign(coarse.n_voxels(), 0);
  const int depth = d == 3 ? coarse.shape[2] : 1, fine_depth = d == 3 ? rve.shape[2] : 1;
  const int depth_factor = d == 3 ? factor : 1;
  std::map<std::uint16_t, int> votes;
  std::size_t index = 0;
  for (int i = 0; i < coarse.shape[0]; ++i)
    for (int j = 0; j < coarse.shape[1]; ++j)
      for (int k = 0; k < depth; ++k, ++index) {
        votes.clear();
        for (int a = 0; a < factor; ++a)
          for (int b = 0; b < factor; ++b)
            for (int c = 0; c < depth_factor; ++c) {
              const std::size_t row =
                  static_cast<std::size_t>(i * factor + a) * rve.shape[1] + j * factor + b;
              ++votes[rve.phase[row * fine_depth + k * depth_factor + c]];
            }
        coarse.phase[index] =
            std::max_element(votes.begin(), votes.end(), [](const auto& x, const auto& y) {
              return x.second < y.second;
            })->first;
      }
  return coarse;
}

void generate_dataset(const DatasetSettings& settings,
                      const std::function<materials::Rve(std::size_t)>& make_rve,
                      const std::function<void(std::size_t, std::size_t)>& progress) {
  set_thread_count();
  const std::size_t n = settings.n_training + settings.n_validation;
  if (n == 0) throw std::invalid_argument("a dataset needs at least one RVE");
  std::vector<materials::Rve> rves;
  std::size_t n_phases = 0;
  for (std::size_t i = 0; i < n; ++i) {
    rves.push_back(make_rve(i));
    materials::check(rves.back(), fmt::format("generated RVE {}", i));
    if (rves[i].shape != rves[0].shape || rves[i].unit != rves[0].unit)
      throw std::invalid_argument("all RVEs of a dataset must share grid and unit");
    n_phases = std::max(n_phases, rves[i].stiffness.size());
  }
  const auto m = static_cast<std::size_t>(materials::n_mandel_components(rves[0].dimension()));

  materials::Hdf5Writer file(settings.file);
  file.create<std::uint16_t>("phase", with_leading({n}, rves[0].shape));
  file.create<double>("stiffness", {n, n_phases, m, m});
  std::vector<std::int64_t> counts;
  for (std::size_t i = 0; i < n; ++i) {
    file.write_slice("phase", i, 1, rves[i].phase.data());
    std::vector<double> table(n_phases * m * m, 0.);
    for (std::size_t p = 0; p < rves[i].stiffness.size(); ++p)
      std::copy_n(rves[i].stiffness[p].data(), m * m, table.begin() + static_cast<long>(p * m * m));
    file.write_slice("stiffness", i, 1, table.data());
    counts.push_back(static_cast<std::int64_t>(rves[i].stiffness.size()));
  }
  if (std::all_of(rves.begin(), rves.end(), [](const auto& r) { return !r.orientation.empty(); })) {
    file.create<double>("orientation", {n, n_phases, 3});
    for (std::size_t i = 0; i < n; ++i) {
      std::vector<double> angles(n_phases * 3, 0.);
      for (std::size_t p = 0; p < rves[i].orientation.size(); ++p)
        std::copy_n(rves[i].orientation[p].data(), 3, angles.begin() + static_cast<long>(3 * p));
      file.write_slice("orientation", i, 1, angles.data());
    }
  }
  file.dataset("n_phases", {n}, counts.data());

  double label_seconds = 0;
  if (settings.label_factor > 0) {
    const auto coarse_shape = coarsen(rves[0], settings.label_factor).shape;
    file.create<float>("label_strain", with_leading({n, m, m}, coarse_shape));
    file.create<float>("label_stress", with_leading({n, m, m}, coarse_shape));
    file.create<double>("label_stiffness", {n, m, m});
    const auto options =
        torch::TensorOptions(torch::kDouble).device(select_device(settings.device));
    constexpr std::size_t chunk_size = 8;
    for (std::size_t first = 0; first < n; first += chunk_size) {
      const std::size_t count = std::min(chunk_size, n - first);
      const auto start = std::chrono::steady_clock::now();
      std::vector<materials::Rve> chunk;
      for (std::size_t i = first; i < first + count; ++i)
        chunk.push_back(coarsen(rves[i], settings.label_factor));
      const StiffnessField stiffness(chunk, options);
      const auto solution = solve(stiffness, SolverSettings{settings.label_tolerance, 5000});
      for (std::size_t i = 0; i < count; ++i)
        if (!solution.converged[i])
          throw std::runtime_error(fmt::format(
              "the label solution of RVE {} stopped at residual {:.3g}, asked for {:.3g}",
              first + i, solution.residual[i], settings.label_tolerance));
      const auto strain = total_strain(solution.displacement, stiffness.grid());
      const auto scale = stiffness.scale().reshape({-1, 1, 1});
      const auto stress =
          stiffness.apply(strain) * with_grid_axes(scale, stiffness.grid()).to(options.device());
      const auto homogenized =
          grid_mean(stress, stiffness.grid()).cpu().transpose(1, 2).contiguous();
      label_seconds +=
          std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
      const auto write = [&](const char* name, const torch::Tensor& field) {
        const auto values = field.to(torch::kCPU, torch::kFloat).contiguous();
        file.write_slice(name, first, count, values.data_ptr<float>());
      };
      write("label_strain", strain);
      write("label_stress", stress);
      file.write_slice("label_stiffness", first, count, homogenized.data_ptr<double>());
      if (progress) progress(first + count, n);
    }
  }
  file.text("format", dataset_format);
  file.numbers("version", {static_cast<double>(dataset_version)});
  file.numbers("lengths", rves[0].lengths);
  file.text("unit", rves[0].unit);
  file.numbers("n_training", {static_cast<double>(settings.n_training)});
  file.numbers("label_factor", {static_cast<double>(settings.label_factor)});
  file.numbers("label_seconds", {label_seconds});
  file.text("description", settings.description);
  file.close();
}

std::string difference_of_dataset(const DatasetSettings& settings,
                                  const std::function<materials::Rve(std::size_t)>& make_rve) {
  const DatasetReader data(settings.file);
  if (data.n_training() != settings.n_training || data.n_validation() != settings.n_validation)
    return fmt::format("it holds {} training and {} validation RVEs, not {} and {}",
                       data.n_training(), data.n_validation(), settings.n_training,
                       settings.n_validation);
  if (data.label_factor() != settings.label_factor)
    return fmt::format("its label factor is {}, not {}", data.label_factor(),
                       settings.label_factor);
  for (const auto i : {std::size_t{0}, data.rves().size() - 1})
    if (const auto what = difference(data.rves()[i], make_rve(i)); !what.empty())
      return fmt::format("its RVE {} {}", i, what);
  return {};
}

}  // namespace seco::surrogate
