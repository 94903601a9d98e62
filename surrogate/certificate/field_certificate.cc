#include "seco/surrogate/field_certificate.h"

#include <fmt/format.h>

#include <Eigen/QR>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <stdexcept>

#include "certificate.h"
#include "device.h"
#include "difference_operator.h"
#include "field_result.h"
#include "green_operator.h"

namespace seco::surrogate {
namespace {

using materials::MandelVector;

void refuse(const std::string& what) {
  throw std::invalid_argument("given fields: " + what);
}

void check_size(const char* name, std::span<const double> numbers, std::size_t n_loads,
                int n_components, std::size_t n_voxels) {
  const auto expected = n_loads * static_cast<std::size_t>(n_components) * n_voxels;
  if (numbers.size() != expected || n_loads < 1)
    refuse(fmt::format("'{}' holds {} numbers, expected are {}: loads, components, voxels", name,
                       numbers.size(), expected));
  const auto bad =
      std::find_if(numbers.begin(), numbers.end(), [](double x) { return !std::isfinite(x); });
  if (bad != numbers.end())
    refuse(fmt::format("'{}' holds {} at position {}; allowed are finite numbers", name, *bad,
                       bad - numbers.begin()));
}

/// The numbers as a field `[1, loads, components, n...]`; nothing is copied.
torch::Tensor as_field(std::span<const double> numbers, std::size_t n_loads, int n_components,
                       const Grid& grid) {
  std::vector<std::int64_t> shape{1, static_cast<std::int64_t>(n_loads), n_components};
  shape.insert(shape.end(), grid.shape.begin(), grid.shape.end());
  // LibTorch has no tensors of constants; nothing writes to this one.
  return torch::from_blob(const_cast<double*>(numbers.data()), shape, torch::kDouble);
}

/// `[loads, m]`
Eigen::MatrixXd means(const GivenFields& fields, int m, std::size_t n_voxels) {
  const auto n = static_cast<Eigen::Index>(fields.n_loads);
  if (!fields.mean_strain.empty()) {
    if (fields.mean_strain.size() != fields.n_loads)
      refuse(fmt::format("'mean_strain' holds {} loads, the fields hold {}",
                         fields.mean_strain.size(), fields.n_loads));
    Eigen::MatrixXd result(n, m);
    for (Eigen::Index k = 0; k < n; ++k) {
      const auto& strain = fields.mean_strain[static_cast<std::size_t>(k)];
      if (strain.size() != m || !strain.allFinite())
        refuse(fmt::format("'mean_strain' of load {}: expected are {} finite numbers", k, m));
      result.row(k) = strain.transpose();
    }
    return result;
  }
  if (!fields.displacement.empty()) {
    if (n != m)
      refuse(
          fmt::format("'mean_strain' is needed with {} displacements; without it they are those "
                      "of the {} unit strains",
                      n, m));
    return Eigen::MatrixXd::Identity(m, m);
  }
  Eigen::MatrixXd result(n, m);
  for (Eigen::Index k = 0; k < n; ++k)
    for (int c = 0; c < m; ++c)
      result(k, c) = Eigen::Map<const Eigen::VectorXd>(
                         fields.strain.data() + static_cast<std::size_t>(k * m + c) * n_voxels,
                         static_cast<Eigen::Index>(n_voxels))
                         .mean();
  return result;
}

}  // namespace

Homogenized certify_fields(const materials::Rve& rve, const GivenFields& fields) {
  const auto start = std::chrono::steady_clock::now();
  materials::check(rve, "given fields");
  const int d = rve.dimension(), m = materials::n_mandel_components(d);
  if (fields.strain.empty() == fields.displacement.empty())
    refuse("one of 'strain' and 'displacement' is needed, and only one");
  if (fields.displacement.empty())
    check_size("strain", fields.strain, fields.n_loads, m, rve.n_voxels());
  else
    check_size("displacement", fields.displacement, fields.n_loads, d, rve.n_voxels());
  if (!fields.stress.empty())
    check_size("stress", fields.stress, fields.n_loads, m, rve.n_voxels());
  const Eigen::MatrixXd loads = means(fields, m, rve.n_voxels());
  if (loads.cwiseAbs().maxCoeff() == 0.)
    refuse("the mean strains of all loads are zero, so that the fields answer no load");

  torch::NoGradGuard no_grad;
  set_thread_count();
  const StiffnessField stiffness({&rve, 1}, torch::TensorOptions(torch::kDouble));
  const Grid& grid = stiffness.grid();
  const GreenOperator green(grid, stiffness.options());
  const auto medium = mean_medium(stiffness);
  auto displacement =
      fields.displacement.empty()
          ? displacement_of(as_field(fields.strain, fields.n_loads, m, grid), green, medium)
          : as_field(fields.displacement, fields.n_loads, d, grid);
  // The displacement of unit strain i is combined from those of all loads.
  using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const RowMajor combination =
      Eigen::MatrixXd(loads).completeOrthogonalDecomposition().pseudoInverse();
  const auto weights =
      torch::from_blob(const_cast<double*>(combination.data()),
                       {m, static_cast<std::int64_t>(fields.n_loads)}, torch::kDouble);
  auto shape = displacement.sizes().vec();
  shape[1] = m;
  displacement = torch::matmul(weights, displacement.flatten(2).squeeze(0)).reshape(shape);

  auto bounds = enclose(stiffness, displacement, green, medium);
  if (!fields.stress.empty() && !stiffness.has_void()[0]) {
    // Stresses of the unit strains; of what the loads do not span, those of a uniform strain.
    const RowMajor rest = Eigen::MatrixXd::Identity(m, m) - combination * loads;
    const auto uniform = with_grid_axes(
        torch::from_blob(const_cast<double*>(rest.data()), {1, m, m}, torch::kDouble), grid);
    shape[2] = m;
    const auto given = as_field(fields.stress, fields.n_loads, m, grid);
    const auto stress = torch::matmul(weights, given.flatten(2).squeeze(0)).reshape(shape) /
                            stiffness.scale()[0].item<double>() +
                        stiffness.apply(uniform.expand(shape).contiguous());
    const auto lower = enclose_from_below(stiffness, stress, green, medium);
    const auto worth = [&](const torch::Tensor& bound) {
      return (loads * to_matrix(bound[0]) * loads.transpose()).trace();
    };
    if (worth(lower) > worth(bounds.lower)) bounds.lower = lower;
  }
  const double scale = stiffness.scale()[0].item<double>();
  Homogenized result;
  result.lower = scale * to_matrix(bounds.lower[0]);
  result.upper = scale * to_matrix(bounds.upper[0]);
  result.gap = bounds.gap()[0].item<double>();
  result.stiffness = 0.5 * (result.lower + result.upper);
  result.engine = "given fields";
  if (stiffness.has_void()[0]) {
    result.stiffness = result.upper;
    result.status = Status::one_sided;
    result.message = "voids of zero stiffness: only the upper bound is certified";
    explain_voids(rve, result);
  }
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  check_bounds(result);
  return result;
}

}  // namespace seco::surrogate
