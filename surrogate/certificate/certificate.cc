#include "certificate.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "difference_operator.h"
#include "eco_blocks.h"
#include "hypercircle.h"
#include "kernel_tables.h"
#include "pair_energies.h"
#include "rounding.h"

namespace seco::surrogate {

torch::Tensor Bounds::gap() const {
  const auto up = upper.diagonal(0, 1, 2), lo = lower.diagonal(0, 1, 2);
  const auto relative = torch::where(up > 0, (up - lo) / up, torch::ones_like(up));
  return std::get<0>(relative.max(1)).clamp_min(0.);
}

torch::Tensor Bounds::estimate(const torch::Tensor& weight) const {
  return lower + weight.reshape({-1, 1, 1}) * (upper - lower);
}

Ritz upper_ritz(const StiffnessField& stiffness, const torch::Tensor& strain) {
  // <e_j : C : E_i> is component i of the mean of C : e_j.
  const auto [gram, mean] = stiffness.forms(strain);
  return ritz(stiffness.mean_stiffness(), mean, gram, strain.scalar_type());
}

torch::Tensor upper_bound(const StiffnessField& stiffness, const torch::Tensor& strain) {
  return upper_ritz(stiffness, strain).energy;
}

torch::Tensor equilibrated_stress(const StiffnessField& stiffness, const torch::Tensor& strain) {
  return equilibrium_block(stiffness.apply(strain), EquilibriumForm::projection,
                           GreenOperator(stiffness.grid(), stiffness.options()),
                           mean_medium(stiffness));
}

materials::MandelMatrix to_matrix(const torch::Tensor& values) {
  const auto contiguous = values.to(torch::kCPU, torch::kDouble).contiguous();
  return Eigen::Map<const Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>>(
      contiguous.data_ptr<double>(), contiguous.size(0), contiguous.size(1));
}

namespace {

/// Sums over the voxels of one side, `[B, ...]`: products of the fields of the loads among each
/// other, with the unit tensors, and of those; what is known of the round-off of each field, `[B,
/// L]`.
struct SideSums {
  torch::Tensor gram, with_units, units;
  torch::Tensor field_error;
};

// Reading or writing a tensor entry by entry costs microseconds each, which small RVEs would see.
using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// Matrix b of `[B, rows, columns]`, double, contiguous, on the CPU.
Eigen::Map<RowMajor> matrix_of(const torch::Tensor& all, std::int64_t b) {
  const auto rows = all.size(1), columns = all.size(2);
  return {all.data_ptr<double>() + b * rows * columns, rows, columns};
}

EnergyProducts products_of(const SideSums& side, std::int64_t b, double form_error) {
  const auto m = side.gram.size(1);
  EnergyProducts result;
  result.products.resize(2 * m, 2 * m);
  const auto with_units = matrix_of(side.with_units, b).cast<long double>();
  result.products.topLeftCorner(m, m) = matrix_of(side.gram, b).cast<long double>();
  result.products.topRightCorner(m, m) = with_units;
  result.products.bottomLeftCorner(m, m) = with_units.transpose();
  result.products.bottomRightCorner(m, m) = matrix_of(side.units, b).cast<long double>();
  result.field_error.assign(static_cast<std::size_t>(2 * m), 0.);
  if (side.field_error.defined())
    std::copy_n(side.field_error.data_ptr<double>() + b * m, m, result.field_error.begin());
  result.form_error = form_error;
  return result;
}

SideSums contiguous(SideSums side) {
  for (auto* t : {&side.gram, &side.with_units, &side.units, &side.field_error})
    if (t->defined()) *t = t->contiguous();
  return side;
}

/// @param rounding whether to allow for round-off
torch::Tensor upper_from(const StiffnessField& stiffness, const SideSums& sums, bool rounding) {
  const auto grid = rounding_of(stiffness.grid());
  const auto strains = contiguous(sums);
  auto upper = torch::empty(strains.units.sizes(), torch::kDouble);
  for (std::int64_t b = 0; b < stiffness.batch_size(); ++b) {
    const auto& conditioning = stiffness.conditioning()[static_cast<std::size_t>(b)];
    const double error = rounding ? form_error(conditioning, grid) : 0.;
    matrix_of(upper, b) = potential_from_above(products_of(strains, b, error));
  }
  return upper;
}

/// @param means of the stresses, `[B, L, m]`
torch::Tensor lower_from(const StiffnessField& stiffness, const SideSums& sums,
                         const torch::Tensor& stress_means, bool rounding) {
  const auto grid = rounding_of(stiffness.grid());
  const auto stresses = contiguous(sums);
  const auto means = stress_means.contiguous();
  auto lower = torch::zeros(stresses.units.sizes(), torch::kDouble);
  for (std::int64_t b = 0; b < stiffness.batch_size(); ++b) {
    if (stiffness.has_void()[static_cast<std::size_t>(b)]) continue;
    const auto& conditioning = stiffness.conditioning()[static_cast<std::size_t>(b)];
    const auto m = means.size(2);
    EnergyProducts::Matrix all(2 * m, m);
    all.topRows(m) = matrix_of(means, b).cast<long double>();
    all.bottomRows(m).setIdentity();
    matrix_of(lower, b) = complementary_from_below(
        products_of(stresses, b, rounding ? form_error(conditioning, grid) : 0.), all,
        rounding ? conditioning.inverse_defect : 0.);
  }
  return lower;
}

// Root mean square over the voxels of every load, [B, L].
torch::Tensor root_mean_square(const torch::Tensor& field, const Grid& grid) {
  const auto squares = kernels_of(field).inner_product(field, field).cpu();
  return (squares / static_cast<double>(grid.n_voxels())).sqrt();
}

// A value of the conditioning of every RVE, [B, 1].
torch::Tensor each(const StiffnessField& stiffness,
                   const std::function<double(const Conditioning&)>& value) {
  auto values = torch::empty({stiffness.batch_size(), 1}, torch::kDouble);
  std::transform(stiffness.conditioning().begin(), stiffness.conditioning().end(),
                 values.data_ptr<double>(), value);
  return values;
}

/// The errors that all ways share.
struct Rounding {
  GridRounding grid;
  /// Of one RVE each, `[B, 1]`: roots of the smallest and largest eigenvalue; `|| |C| ||`.
  torch::Tensor soft, hard, absolute;

  explicit Rounding(const StiffnessField& stiffness)
      : grid(rounding_of(stiffness.grid())),
        soft(each(stiffness, [](const auto& c) { return std::sqrt(c.smallest); })),
        hard(each(stiffness, [](const auto& c) { return std::sqrt(c.largest); })),
        absolute(each(stiffness, [](const auto& c) { return c.absolute; })) {}

  /// Of the strain of a displacement, `[B, L]`: `|E| + |D| |u|`, and
  /// `|d e| <= gamma (|E| + |D| |u|)`.
  torch::Tensor strain_size(const torch::Tensor& displacement, const Grid& voxels) const {
    return 1. + grid.difference * root_mean_square(displacement, voxels);
  }
  static torch::Tensor of_strain(const torch::Tensor& strain_size) {
    return gamma(difference_roundings) * strain_size;
  }

  /// What a divergence of this 2-norm, `[B, L]`, is worth in the norm of the complementary energy:
  /// that of the stress `C1 : sym D G1 f` in the softest medium C1 = smallest I, which balances it.
  torch::Tensor balanced(const torch::Tensor& divergence) const {
    return divergence * (std::sqrt(2.) / grid.smallest_symbol) / soft;
  }
};

/// The errors are bounded beforehand. Let r be the residual of the displacement and z = G0 r as
/// computed; the stress C : e + C0 : sym D z of exact arithmetic has the divergence of the
/// round-off of r and of the Fourier transforms.
/// @return the bounds, and the share of them that the errors of the fields take, `[B]`
std::pair<Bounds, torch::Tensor> enclose_beforehand(const StiffnessField& stiffness,
                                                    const torch::Tensor& displacement,
                                                    const torch::Tensor& of_stress,
                                                    const GreenOperator& green,
                                                    const ReferenceMedium& medium) {
  const Grid& grid = stiffness.grid();
  const auto& kernels = stiffness.kernels();
  const auto [residual, z, product] =
      kernels.residual_of(kernels, stiffness.tables(), green.plan(), medium, of_stress);
  const auto sums =
      kernels.energies(kernels, stiffness.tables(), medium, displacement, of_stress, z);
  const Rounding rounding(stiffness);
  const auto size = rounding.strain_size(displacement, grid);
  const auto size_of_stress =
      of_stress.is_same(displacement) ? size : rounding.strain_size(of_stress, grid);
  const SideSums strains{sums.strain_gram, sums.stress_mean, stiffness.mean_stiffness(),
                         rounding.hard * Rounding::of_strain(size)};
  SideSums stresses{sums.stress_gram, sums.compliance_mean, stiffness.mean_compliance(), {}};

  const auto of_strain = Rounding::of_strain(size_of_stress);
  const double all = gamma(difference_roundings + product_roundings + divergence_roundings);
  const double slope = rounding.grid.difference, transform = rounding.grid.transform;
  const auto medium_norm = (grid.dimension() * medium.lambda.abs() + 2. * medium.mu).unsqueeze(1);
  const auto condition = each(stiffness, [](const auto& c) { return c.condition; });
  const auto potential = sums.strain_gram.diagonal(0, 1, 2).clamp_min(0.).sqrt();
  const auto complementary = sums.stress_gram.diagonal(0, 1, 2).clamp_min(0.).sqrt();
  const auto correction = slope * root_mean_square(z, grid);
  // Norm of the strains behind the stresses: C : e = s - C0 : sym D z.
  const auto behind = of_stress.is_same(displacement)
                          ? potential
                          : complementary + medium_norm * correction / rounding.soft;
  // Of the stress as it is summed against that of exact arithmetic, in the norm of the energy and
  // in the plain one, divided by the root of the softest eigenvalue: a constant stress makes up for
  // the mean.
  const auto of_products = gamma(product_roundings) * condition * behind +
                           all * medium_norm * correction / rounding.soft;
  const auto of_mean =
      (rounding.absolute * (of_strain + gamma(product_roundings) * behind / rounding.soft) +
       all * medium_norm * correction +
       gamma(rounding.grid.n_additions) * rounding.hard * complementary) /
      rounding.soft;
  const auto of_divergence = rounding.balanced(all * slope * rounding.absolute * size_of_stress +
                                               transform * root_mean_square(residual, grid)) +
                             transform * medium_norm * correction / rounding.soft;
  stresses.field_error = rounding.hard * of_strain + of_products + of_mean + of_divergence;
  const auto share =
      2. * torch::maximum(strains.field_error / potential, stresses.field_error / complementary);
  return {{upper_from(stiffness, strains, true),
           lower_from(stiffness, stresses, sums.total_mean, true)},
          std::get<0>(share.max(1))};
}

/// The stress is in memory, and its divergence is measured.
torch::Tensor measured_from_below(const StiffnessField& stiffness, torch::Tensor stress,
                                  const GreenOperator& green, const ReferenceMedium& medium,
                                  const Rounding& rounding) {
  const Grid& grid = stiffness.grid();
  // In the mean medium, which suits the stress; then in the softest one, which balances what
  // round-off has left there.
  const auto half = each(stiffness, [](const auto& c) { return 0.5 * c.smallest; }).squeeze(1);
  const ReferenceMedium softest{torch::zeros_like(half), half};
  for (const auto* law : {&medium, &softest}) {
    const auto z = green.apply(divergence_of(stress, grid), *law);
    stress = stress - isotropic_stress(strain_of(z, grid), *law, grid);
  }
  const auto divergence = divergence_of(stress, grid);
  const auto [gram, mean] = stiffness.compliance_forms(stress);
  SideSums stresses{gram, mean, stiffness.mean_compliance(), {}};
  const auto size = root_mean_square(stress, grid);
  const auto divergence_size = root_mean_square(divergence, grid);
  auto measured = rounding.balanced(divergence_size);
  if (rounding.grid.complete) {
    const auto z = green.apply(divergence, softest);
    const auto work = (divergence * z).flatten(2).sum(2, false, torch::kDouble).cpu() /
                      static_cast<double>(grid.n_voxels());
    measured =
        torch::minimum(measured, 1.001 * work.clamp_min(0.).sqrt() +
                                     rounding.balanced(rounding.grid.transform * divergence_size));
  }
  stresses.field_error =
      measured + rounding.balanced(gamma(divergence_roundings) * rounding.grid.difference * size) +
      gamma(rounding.grid.n_additions) * size / rounding.soft;
  return lower_from(stiffness, stresses, grid_mean(stress, grid).cpu(), true);
}

torch::Tensor measured_from_above(const StiffnessField& stiffness, const torch::Tensor& strain,
                                  const torch::Tensor& displacement, const Rounding& rounding) {
  const auto [gram, mean] = stiffness.forms(strain);
  const auto of_strain = Rounding::of_strain(rounding.strain_size(displacement, stiffness.grid()));
  return upper_from(stiffness, {gram, mean, stiffness.mean_stiffness(), rounding.hard * of_strain},
                    true);
}

Bounds enclose_measured(const StiffnessField& stiffness, const torch::Tensor& displacement,
                        const torch::Tensor& of_stress, const GreenOperator& green,
                        const ReferenceMedium& medium) {
  const Rounding rounding(stiffness);
  const auto strain = total_strain(displacement, stiffness.grid());
  Bounds bounds;
  bounds.upper = measured_from_above(stiffness, strain, displacement, rounding);
  const auto stress = stiffness.apply(
      of_stress.is_same(displacement) ? strain : total_strain(of_stress, stiffness.grid()));
  bounds.lower = measured_from_below(stiffness, stress, green, medium, rounding);
  return bounds;
}

void check_double(const StiffnessField& stiffness, const torch::Tensor& field) {
  TORCH_INTERNAL_ASSERT(
      field.scalar_type() == torch::kDouble && stiffness.options().dtype() == torch::kDouble,
      "bounds are evaluated in double precision");
}

// The better of two bounds of each side, RVE by RVE.
void keep_better(Bounds& bounds, std::int64_t b, const Bounds& other, std::int64_t from) {
  const auto sum = [](const torch::Tensor& matrix) {
    return matrix.diagonal().sum().item<double>();
  };
  if (sum(other.upper[from]) < sum(bounds.upper[b])) bounds.upper[b].copy_(other.upper[from]);
  if (sum(other.lower[from]) > sum(bounds.lower[b])) bounds.lower[b].copy_(other.lower[from]);
}

}  // namespace

Bounds certify(const StiffnessField& stiffness, const torch::Tensor& strain_fluctuation,
               const torch::Tensor& stress_fluctuation) {
  const Grid& grid = stiffness.grid();
  const auto units = with_grid_axes(unit_loads(grid, strain_fluctuation.options()), grid);
  const auto [gram, mean] = stiffness.forms(strain_fluctuation + units);
  const auto mean_stress = optimal_mean_stress(stiffness, stress_fluctuation);
  const auto [dual_gram, dual_mean] = stiffness.compliance_forms(
      stress_fluctuation + with_grid_axes(mean_stress.to(stress_fluctuation.options()), grid));
  return {upper_from(stiffness, {gram, mean, stiffness.mean_stiffness(), {}}, false),
          lower_from(stiffness, {dual_gram, dual_mean, stiffness.mean_compliance(), {}},
                     mean_stress.cpu(), false)};
}

Bounds enclose(const StiffnessField& stiffness, const torch::Tensor& displacement,
               const GreenOperator& green, const ReferenceMedium& medium) {
  return enclose(stiffness, displacement, displacement, green, medium);
}

Bounds enclose(const StiffnessField& stiffness, const torch::Tensor& displacement,
               const torch::Tensor& of_stress, const GreenOperator& green,
               const ReferenceMedium& medium) {
  torch::NoGradGuard no_grad;
  check_double(stiffness, displacement);
  check_double(stiffness, of_stress);
  if (!owns(stiffness.kernels(), &KernelEntries::energies))
    return enclose_measured(stiffness, displacement, of_stress, green, medium);
  auto [bounds, round_off] = enclose_beforehand(stiffness, displacement, of_stress, green, medium);
  // Where round-off may be what holds the bounds apart, it is worth a second look.
  const auto gap = bounds.gap();
  std::vector<std::int64_t> loose;
  for (std::int64_t b = 0; b < stiffness.batch_size(); ++b)
    if (!(round_off[b].item<double>() <= 0.01 * gap[b].item<double>() + 1e-8)) loose.push_back(b);
  if (loose.empty()) return bounds;
  const auto index = torch::tensor(loose, torch::kLong);
  const auto strained = displacement.index_select(0, index);
  const auto measured = enclose_measured(
      stiffness.select(loose), strained,
      of_stress.is_same(displacement) ? strained : of_stress.index_select(0, index), green,
      {medium.lambda.index_select(0, index), medium.mu.index_select(0, index)});
  for (std::size_t i = 0; i < loose.size(); ++i)
    keep_better(bounds, loose[i], measured, static_cast<std::int64_t>(i));
  return bounds;
}

torch::Tensor enclose_from_above(const StiffnessField& stiffness,
                                 const torch::Tensor& displacement) {
  torch::NoGradGuard no_grad;
  check_double(stiffness, displacement);
  return measured_from_above(stiffness, total_strain(displacement, stiffness.grid()), displacement,
                             Rounding(stiffness));
}

torch::Tensor enclose_from_below(const StiffnessField& stiffness, const torch::Tensor& stress,
                                 const GreenOperator& green, const ReferenceMedium& medium) {
  torch::NoGradGuard no_grad;
  check_double(stiffness, stress);
  return measured_from_below(stiffness, stress, green, medium, Rounding(stiffness));
}

Bounds enclose_averages(const StiffnessField& stiffness) {
  const auto voigt = stiffness.mean_stiffness();
  const auto reuss = stiffness.mean_compliance();
  const auto units = torch::eye(voigt.size(1), torch::kDouble).unsqueeze(0).expand_as(voigt);
  return {upper_from(stiffness, {voigt, voigt, voigt, {}}, true),
          lower_from(stiffness, {reuss, reuss, reuss, {}}, units, true)};
}

torch::Tensor displacement_of(const torch::Tensor& strain, const GreenOperator& green,
                              const ReferenceMedium& medium) {
  const Grid& grid = green.grid();
  return green.apply(divergence_of(isotropic_stress(strain, medium, grid), grid), medium);
}

}  // namespace seco::surrogate
