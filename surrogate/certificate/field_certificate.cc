#include "seco/surrogate/field_certificate.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <Eigen/QR>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <stdexcept>
#include <utility>

#include "certificate.h"
#include "device.h"
#include "difference_operator.h"
#include "dlpack_exchange.h"
#include "field_result.h"
#include "green_operator.h"
#include "void_bounds.h"

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

/// The numbers as a field `[loads, components, n...]`; nothing is copied.
torch::Tensor as_field(std::span<const double> numbers, std::size_t n_loads, int n_components,
                       const Grid& grid) {
  if (numbers.empty()) return {};
  std::vector<std::int64_t> shape{static_cast<std::int64_t>(n_loads), n_components};
  shape.insert(shape.end(), grid.shape.begin(), grid.shape.end());
  // LibTorch has no tensors of constants; nothing writes to this one.
  return torch::from_blob(const_cast<double*>(numbers.data()), shape, torch::kDouble);
}

/// A field of another program, in double precision.
torch::Tensor as_field(DlpackTensor tensor, const char* name, int n_components, const Grid& grid) {
  if (!tensor) return {};
  const auto field = from_dlpack(std::move(tensor), name);
  std::vector<std::int64_t> shape{n_components};
  shape.insert(shape.end(), grid.shape.begin(), grid.shape.end());
  if (field.dim() < 1 || field.size(0) < 1 || field.sizes().slice(1) != torch::IntArrayRef(shape))
    refuse(fmt::format("'{}' has the shape ({}), expected is (loads, {})", name,
                       fmt::join(field.sizes(), ", "), fmt::join(shape, ", ")));
  if (!field.isfinite().all().item<bool>())
    refuse(fmt::format("'{}' holds numbers that are not finite", name));
  return field.to(torch::kDouble).contiguous();
}

/// What is given, `[loads, components, n...]` in double precision on one device; undefined where it
/// is not.
struct Given {
  torch::Tensor strain, displacement, stress;
  const std::vector<materials::MandelVector>& mean_strain;

  const torch::Tensor& kinematic() const { return strain.defined() ? strain : displacement; }
  std::int64_t n_loads() const { return kinematic().size(0); }
};

/// `[loads, m]`
Eigen::MatrixXd means(const Given& fields, int m) {
  const auto n = fields.n_loads();
  if (!fields.mean_strain.empty()) {
    if (static_cast<std::int64_t>(fields.mean_strain.size()) != n)
      refuse(fmt::format("'mean_strain' holds {} loads, the fields hold {}",
                         fields.mean_strain.size(), n));
    Eigen::MatrixXd result(n, m);
    for (Eigen::Index k = 0; k < n; ++k) {
      const auto& strain = fields.mean_strain[static_cast<std::size_t>(k)];
      if (strain.size() != m || !strain.allFinite())
        refuse(fmt::format("'mean_strain' of load {}: expected are {} finite numbers", k, m));
      result.row(k) = strain.transpose();
    }
    return result;
  }
  if (fields.displacement.defined()) {
    if (n != m)
      refuse(
          fmt::format("'mean_strain' is needed with {} displacements; without it they are those "
                      "of the {} unit strains",
                      n, m));
    return Eigen::MatrixXd::Identity(m, m);
  }
  const auto mean = fields.strain.flatten(2).mean(2).cpu();
  const double largest_mean = mean.abs().max().item<double>(),
               largest = fields.strain.abs().max().item<double>();
  if (largest_mean > 0 && largest_mean < 1e-9 * largest)
    refuse(
        fmt::format("'strain' has a mean of {:.2g} beside values of {:.2g}, that of "
                    "fluctuations; pass the total strains, or their means as 'mean_strain'",
                    largest_mean, largest));
  return to_matrix(mean);
}

void check_kinds(bool strain, bool displacement) {
  if (strain == displacement) refuse("one of 'strain' and 'displacement' is needed, and only one");
}

Homogenized certify_given(const materials::Rve& rve, const Given& fields) {
  const auto start = std::chrono::steady_clock::now();
  const int d = rve.dimension(), m = materials::n_mandel_components(d);
  const auto n_loads = fields.n_loads();
  if (fields.stress.defined() &&
      (fields.stress.size(0) != n_loads || fields.stress.device() != fields.kinematic().device()))
    refuse(fmt::format("'stress' has {} loads on {}, the other field has {} on {}",
                       fields.stress.size(0), fields.stress.device().str(), n_loads,
                       fields.kinematic().device().str()));
  const Eigen::MatrixXd loads = means(fields, m);
  if (loads.cwiseAbs().maxCoeff() == 0.)
    refuse("the mean strains of all loads are zero, so that the fields answer no load");

  const StiffnessField stiffness(
      {&rve, 1}, torch::TensorOptions(torch::kDouble).device(fields.kinematic().device()));
  const Grid& grid = stiffness.grid();
  const GreenOperator green(grid, stiffness.options());
  const auto medium = mean_medium(stiffness);
  auto displacement = fields.strain.defined()
                          ? displacement_of(fields.strain.unsqueeze(0), green, medium)
                          : fields.displacement.unsqueeze(0);
  // The displacement of unit strain i is combined from those of all loads.
  using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const RowMajor combination =
      Eigen::MatrixXd(loads).completeOrthogonalDecomposition().pseudoInverse();
  const auto weights =
      torch::from_blob(const_cast<double*>(combination.data()), {m, n_loads}, torch::kDouble)
          .to(stiffness.options());
  auto shape = displacement.sizes().vec();
  shape[1] = m;
  displacement = torch::matmul(weights, displacement.flatten(2).squeeze(0)).reshape(shape);

  auto bounds = enclose(stiffness, displacement, green, medium);
  if (stiffness.has_void()[0]) {
    enclose_voids(bounds, stiffness, displacement);
  } else if (fields.stress.defined()) {
    // Stresses of the unit strains; of what the loads do not span, those of a uniform strain.
    const RowMajor rest = Eigen::MatrixXd::Identity(m, m) - combination * loads;
    const auto uniform =
        with_grid_axes(torch::from_blob(const_cast<double*>(rest.data()), {1, m, m}, torch::kDouble)
                           .to(stiffness.options()),
                       grid);
    shape[2] = m;
    const auto stress = torch::matmul(weights, fields.stress.flatten(1)).reshape(shape) /
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
  if (stiffness.has_void()[0] && result.lower.isZero(0.)) {
    result.stiffness = result.upper;
    result.status = Status::one_sided;
    result.message = one_sided_message;
    explain_voids(rve, result);
  }
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  check_bounds(result);
  return result;
}

}  // namespace

Homogenized certify_fields(const materials::Rve& rve, const GivenFields& fields) {
  materials::check(rve, "given fields");
  const int d = rve.dimension(), m = materials::n_mandel_components(d);
  check_kinds(!fields.strain.empty(), !fields.displacement.empty());
  if (fields.displacement.empty())
    check_size("strain", fields.strain, fields.n_loads, m, rve.n_voxels());
  else
    check_size("displacement", fields.displacement, fields.n_loads, d, rve.n_voxels());
  if (!fields.stress.empty())
    check_size("stress", fields.stress, fields.n_loads, m, rve.n_voxels());
  torch::NoGradGuard no_grad;
  set_thread_count();
  const Grid grid = grid_of(rve);
  return certify_given(rve, {as_field(fields.strain, fields.n_loads, m, grid),
                             as_field(fields.displacement, fields.n_loads, d, grid),
                             as_field(fields.stress, fields.n_loads, m, grid), fields.mean_strain});
}

Homogenized certify_fields(const materials::Rve& rve, GivenTensors fields) {
  materials::check(rve, "given fields");
  const int d = rve.dimension(), m = materials::n_mandel_components(d);
  check_kinds(fields.strain != nullptr, fields.displacement != nullptr);
  torch::NoGradGuard no_grad;
  set_thread_count();
  const Grid grid = grid_of(rve);
  return certify_given(rve,
                       {as_field(std::move(fields.strain), "strain", m, grid),
                        as_field(std::move(fields.displacement), "displacement", d, grid),
                        as_field(std::move(fields.stress), "stress", m, grid), fields.mean_strain});
}

}  // namespace seco::surrogate
