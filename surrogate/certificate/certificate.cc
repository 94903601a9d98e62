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

/// C1 = smallest I, below the stiffness of every phase.
ReferenceMedium softest_medium(const StiffnessField& stiffness) {
  const auto half = each(stiffness, [](const auto& c) { return 0.5 * c.smallest; }).squeeze(1);
  return {torch::zeros_like(half), half};
}

/// The errors that all ways share.
struct Rounding {
  GridRounding grid;
  /// Of one RVE each, `[B, 1]`: roots of the smallest and largest eigenvalue.
  torch::Tensor soft, hard;

  explicit Rounding(const StiffnessField& stiffness)
      : grid(rounding_of(stiffness.grid())),
        soft(each(stiffness, [](const auto& c) { return std::sqrt(c.smallest); })),
        hard(each(stiffness, [](const auto& c) { return std::sqrt(c.largest); })) {}

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

/// Where round-off is what keeps the gap above a good one, `[B]`; where none is named, where it
/// takes more than a hundredth of the gap. @param share see enclose_summed()
torch::Tensor held_apart(const Bounds& bounds, const torch::Tensor& share, double good_gap) {
  constexpr double small = 1e-8, share_of_gap = 0.01, most = 20.;
  const auto gap = bounds.gap();
  const auto much = (share <= share_of_gap * gap + small).logical_not();
  if (good_gap <= 0) return much;
  const auto good = gap <= good_gap, hopeless = gap - most * share > good_gap;
  return much.logical_and(good.logical_or(hopeless).logical_not());
}

/// The stresses `C : (E + sym D v) + C0 : sym D z` are summed while they are made, whatever v and
/// z, and what they lack of equilibrium is measured on the way.
/// @return the bounds, and the share of them that the errors of the fields take, `[B]`
std::pair<Bounds, torch::Tensor> enclose_summed(const StiffnessField& stiffness,
                                                const torch::Tensor& displacement,
                                                const torch::Tensor& of_stress,
                                                const torch::Tensor& z,
                                                const ReferenceMedium& medium, double good_gap) {
  const Grid& grid = stiffness.grid();
  const auto& kernels = stiffness.kernels();
  const auto sums =
      kernels.energies(kernels, stiffness.tables(), medium, displacement, of_stress, z);
  const Rounding rounding(stiffness);
  const SideSums strains{
      sums.strain_gram, sums.stress_mean, stiffness.mean_stiffness(),
      rounding.hard * Rounding::of_strain(rounding.strain_size(displacement, grid))};
  Bounds bounds;
  bounds.upper = upper_from(stiffness, strains, true);

  SideSums stresses{sums.stress_gram, sums.compliance_mean, stiffness.mean_compliance(), {}};
  const auto potential = sums.strain_gram.diagonal(0, 1, 2).clamp_min(0.).sqrt();
  const auto complementary = sums.stress_gram.diagonal(0, 1, 2).clamp_min(0.).sqrt();
  // |s|^2 <= beta s : C^-1 : s.
  const auto size = 1.001 * rounding.hard * complementary;
  const auto divergence = 1.001 * sums.divergence_square.sqrt();
  const auto of_sums =
      rounding.balanced(gamma(divergence_roundings) * rounding.grid.difference * size) +
      gamma(rounding.grid.n_additions) * size / rounding.soft;
  const auto lower_with = [&](const torch::Tensor& of_divergence) {
    stresses.field_error = of_sums + of_divergence;
    bounds.lower = lower_from(stiffness, stresses, sums.total_mean, true);
    const auto share =
        2. * torch::maximum(strains.field_error / potential, stresses.field_error / complementary);
    return std::get<0>(share.max(1));
  };
  auto of_divergence = rounding.balanced(divergence);
  auto share = lower_with(of_divergence);
  if (!rounding.grid.complete || !held_apart(bounds, share, good_gap).any().item<bool>())
    return {bounds, share};
  // The norm of the stress that balances it: in single precision, which is plenty for an error.
  const auto softest = softest_medium(stiffness);
  const auto& f = sums.divergence;
  const auto work =
      kernels_of(f).inner_product(f, GreenOperator(grid, f.options()).apply(f, softest)).cpu() /
      static_cast<double>(grid.n_voxels());
  constexpr double single = 0x1p-24 / 0x1p-53;
  of_divergence = torch::minimum(
      of_divergence, 1.001 * work.clamp_min(0.).sqrt() +
                         rounding.balanced(2. * single * rounding.grid.transform * divergence));
  share = lower_with(of_divergence);
  return {bounds, share};
}

/// The stress is in memory, and its divergence is measured.
torch::Tensor measured_from_below(const StiffnessField& stiffness, torch::Tensor stress,
                                  const GreenOperator& green, const ReferenceMedium& medium,
                                  const Rounding& rounding) {
  const Grid& grid = stiffness.grid();
  // In the mean medium, which suits the stress; then in the softest one, which balances what
  // round-off has left there.
  const auto softest = softest_medium(stiffness);
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

void check_double(const StiffnessField& stiffness) {
  TORCH_INTERNAL_ASSERT(stiffness.options().dtype() == torch::kDouble,
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
  check_double(stiffness);
  const auto& kernels = stiffness.kernels();
  if (!owns(kernels, &KernelEntries::energies))
    return enclose_measured(stiffness, displacement, of_stress, green, medium);
  const auto residual =
      kernels.residual_of(kernels, stiffness.tables(), green.plan(), medium, of_stress);
  return enclose(stiffness, displacement, of_stress, residual.preconditioned, medium);
}

Bounds enclose(const StiffnessField& stiffness, const torch::Tensor& displacement,
               const torch::Tensor& of_stress, const torch::Tensor& preconditioned,
               const ReferenceMedium& medium, double good_gap) {
  torch::NoGradGuard no_grad;
  check_double(stiffness);
  const bool summed = owns(stiffness.kernels(), &KernelEntries::energies);
  Bounds bounds;
  auto apart = torch::ones({stiffness.batch_size()}, torch::kBool);
  if (summed) {
    torch::Tensor share;
    std::tie(bounds, share) =
        enclose_summed(stiffness, displacement, of_stress, preconditioned, medium, good_gap);
    apart = held_apart(bounds, share, good_gap);
  }
  std::vector<std::int64_t> loose;
  for (std::int64_t b = 0; b < stiffness.batch_size(); ++b)
    if (apart[b].item<bool>()) loose.push_back(b);
  if (loose.empty()) return bounds;
  // A second look, from double precision.
  const auto index = torch::tensor(loose, torch::kLong).to(displacement.device());
  const auto precise = [&](const torch::Tensor& field) {
    return field.index_select(0, index).to(torch::kDouble);
  };
  const auto part = stiffness.select(loose);
  const auto u = precise(displacement);
  const auto v = of_stress.is_same(displacement) ? u : precise(of_stress);
  const GreenOperator green(part.grid(), part.options());
  const ReferenceMedium own{medium.lambda.index_select(0, index.cpu()),
                            medium.mu.index_select(0, index.cpu())};
  const auto again = summed && displacement.scalar_type() == torch::kFloat
                         ? enclose(part, u, v, green, own)
                         : enclose_measured(part, u, v, green, own);
  if (!summed) return again;
  for (std::size_t i = 0; i < loose.size(); ++i)
    keep_better(bounds, loose[i], again, static_cast<std::int64_t>(i));
  return bounds;
}

torch::Tensor enclose_from_above(const StiffnessField& stiffness,
                                 const torch::Tensor& displacement) {
  torch::NoGradGuard no_grad;
  check_double(stiffness);
  return measured_from_above(stiffness, total_strain(displacement, stiffness.grid()), displacement,
                             Rounding(stiffness));
}

torch::Tensor enclose_from_below(const StiffnessField& stiffness, const torch::Tensor& stress,
                                 const GreenOperator& green, const ReferenceMedium& medium) {
  torch::NoGradGuard no_grad;
  check_double(stiffness);
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
