#include "fused_iteration.h"

#include "field_kernels.h"
#include "green.h"
#include "voxel_loops.h"

namespace seco::surrogate::cpu {
namespace {

template <typename Number>
std::vector<Number> unit_strains(const Grid& grid) {
  const auto m = static_cast<std::size_t>(grid.n_components());
  std::vector<Number> unit(m * m, Number(0));
  for (std::size_t i = 0; i < m; ++i) unit[i * (m + 1)] = 1;
  return unit;
}

template <typename Number>
void action(const Voxels<Number>& v, std::int64_t n_loads, const Number* u, const Number* mean,
            double sign, Number* f, double* energy, double* stress = nullptr) {
  const std::int64_t m = v.dimension * (v.dimension + 1) / 2;
  std::vector<double> energies(v.n[0] * n_loads), stresses(stress ? v.n[0] * n_loads * m : 0);
  for_slabs(v, [&](std::int64_t first, std::int64_t last) {
    kernels<Number>().stiffness_action(v, n_loads, u, mean, static_cast<Number>(sign), f, first,
                                       last, energies.data(), stress ? stresses.data() : nullptr);
  });
  const auto add_planes = [&](const std::vector<double>& sums, std::int64_t width, double* total) {
    for (std::int64_t k = 0; k < width; ++k) {
      total[k] = 0;
      for (std::int64_t i = 0; i < v.n[0]; ++i) total[k] += sums[i * width + k];
    }
  };
  add_planes(energies, n_loads, energy);
  if (stress) add_planes(stresses, n_loads * m, stress);
}

}  // namespace

namespace {

/// The force of stiffness_action() and the energies `e : C : e`, `[B, L]`, summed over the voxels.
std::pair<torch::Tensor, torch::Tensor> force_and_energy(const PhaseTables& tables,
                                                         const torch::Tensor& displacement,
                                                         bool unit_loads, double sign) {
  const auto u = displacement.contiguous();
  auto force = torch::empty(u.sizes(), u.options());
  const auto loads = u.size(1);
  auto energy = torch::empty({u.size(0), loads}, torch::kDouble);
  AT_DISPATCH_FLOATING_TYPES(u.scalar_type(), "stiffness_action", [&] {
    const auto unit = unit_strains<scalar_t>(tables.grid);
    const auto size = u[0].numel();
    for_all(u.size(0), [&](std::int64_t b) {
      action(voxels<scalar_t>(tables, b), loads, u.data_ptr<scalar_t>() + b * size,
             unit_loads ? unit.data() : nullptr, sign, force.data_ptr<scalar_t>() + b * size,
             energy.data_ptr<double>() + b * loads);
    });
  });
  return {force, energy};
}

}  // namespace

torch::Tensor stiffness_action(const KernelEntries&, const PhaseTables& tables,
                               const torch::Tensor& displacement, bool unit_loads, double sign) {
  return force_and_energy(tables, displacement, unit_loads, sign).first;
}

TangentAction tangent_action(const KernelEntries&, const Grid& grid,
                             const torch::Tensor& coefficients, const torch::Tensor& displacement,
                             const torch::Tensor& mean) {
  const auto u = displacement.contiguous();
  const auto batch = u.size(0), loads = u.size(1), m = mean.size(2);
  const auto constant = mean.to(u.scalar_type()).contiguous();
  TangentAction result{torch::empty(u.sizes(), u.options()),
                       torch::empty({batch, loads, m}, torch::kDouble),
                       torch::empty({batch, loads}, torch::kDouble)};
  AT_DISPATCH_FLOATING_TYPES(u.scalar_type(), "tangent_action", [&] {
    const auto size = u[0].numel();
    for_all(batch, [&](std::int64_t b) {
      auto v = voxels<scalar_t>(grid);
      v.n_phases = grid.n_voxels();
      v.stiffness = coefficients.data_ptr<scalar_t>() + b * coefficients[0].numel();
      action<scalar_t>(v, loads, u.data_ptr<scalar_t>() + b * size,
                       constant.data_ptr<scalar_t>() + b * loads * m, 1.,
                       result.force.data_ptr<scalar_t>() + b * size,
                       result.energy.data_ptr<double>() + b * loads,
                       result.stress_mean.data_ptr<double>() + b * loads * m);
    });
  });
  const auto n_voxels = static_cast<double>(grid.n_voxels());
  result.stress_mean /= n_voxels;
  result.energy /= n_voxels;
  return result;
}

torch::Tensor strain_forms(const KernelEntries&, const PhaseTables& tables,
                           const torch::Tensor& table, const torch::Tensor& displacement) {
  const auto u = displacement.contiguous();
  const auto batch = u.size(0), loads = u.size(1);
  const auto matrices = compact_matrices(table.to(u.options()));
  auto sums = torch::empty({batch, loads}, torch::kDouble);
  AT_DISPATCH_FLOATING_TYPES(u.scalar_type(), "strain_forms", [&] {
    const auto size = u[0].numel(), table_size = matrices[0].numel();
    for_all(batch, [&](std::int64_t b) {
      auto v = voxels<scalar_t>(tables, b);
      v.stiffness = matrices.data_ptr<scalar_t>() + b * table_size;
      action<scalar_t>(v, loads, u.data_ptr<scalar_t>() + b * size, nullptr, 1., nullptr,
                       sums.data_ptr<double>() + b * loads);
    });
  });
  return sums / static_cast<double>(tables.grid.n_voxels());
}

Residual residual_of(const KernelEntries&, const PhaseTables& tables, const GreenPlan& plan,
                     const ReferenceMedium& medium, const torch::Tensor& u) {
  const auto [r, energy] = force_and_energy(tables, u, /*unit_loads=*/true, -1.);
  const auto [z, product] = green_and_work(plan, medium, r);
  return {r, z, product, energy / static_cast<double>(tables.grid.n_voxels())};
}

torch::Tensor kinematic_step(const KernelEntries&, const PhaseTables& tables, const GreenPlan& plan,
                             const ReferenceMedium& medium, const torch::Tensor& floor,
                             const KinematicState& fields) {
  const Grid& grid = tables.grid;
  const auto& rz = fields.rz;
  const auto batch = rz.size(0), loads = rz.size(1);
  auto decrease = torch::zeros({batch, loads}, torch::kDouble);
  AT_DISPATCH_FLOATING_TYPES(fields.displacement.scalar_type(), "kinematic_step", [&] {
    const auto& green = green_of<scalar_t>(plan);
    const auto& kernel = kernels<scalar_t>();
    const auto d = grid.dimension();
    const auto n_fields = loads * d, plane = green.plane_size(),
               size = fields.displacement[0].numel();
    for_all(batch, [&](std::int64_t b) {
      auto* u = fields.displacement.data_ptr<scalar_t>() + b * size;
      auto* r = fields.residual.data_ptr<scalar_t>() + b * size;
      auto* w = fields.preconditioned.data_ptr<scalar_t>() + b * size;
      auto* p = fields.direction.data_ptr<scalar_t>() + b * size;
      const auto place_in = [&](const torch::Tensor& field) {
        return field.defined() ? field.data_ptr<scalar_t>() + b * size : nullptr;
      };
      auto *sum = place_in(fields.sum), *z_sum = place_in(fields.preconditioned_sum);
      auto* rz_b = rz.data_ptr<double>() + b * loads;
      const auto* floor_b = floor.data_ptr<double>() + b * loads;
      if (std::equal(rz_b, rz_b + loads, floor_b, std::less_equal<>())) return;
      const auto at = [&](std::int64_t field, std::int64_t i) {
        return (field * green.n_planes() + i) * plane;
      };
      std::vector<double> work(loads), rz_new(loads), alpha(loads), beta(loads);
      // Until the new z is known, its memory holds D^T C D p.
      action<scalar_t>(voxels<scalar_t>(tables, b), loads, p, nullptr, 1., w, work.data());
      for (std::int64_t l = 0; l < loads; ++l) {
        // Finished load cases stand still while others of the same RVE go on.
        const bool moving = rz_b[l] > floor_b[l] && work[l] > 0;
        alpha[l] = moving ? rz_b[l] / work[l] : 0.;
        decrease.data_ptr<double>()[b * loads + l] =
            alpha[l] * rz_b[l] / static_cast<double>(grid.n_voxels());
      }
      const auto spectra = green.spectra(n_fields);
      auto* spectrum = spectra->data();
      green.forward(n_fields, spectrum, [&](std::int64_t field, std::int64_t i, scalar_t* out) {
        const auto first = at(field, i);
        kernel.descend(static_cast<scalar_t>(alpha[field / d]), w + first, r + first, out, plane);
      });
      green.apply(loads, value(medium.lambda, b), value(medium.mu, b), spectrum, rz_new.data());
      for (std::int64_t l = 0; l < loads; ++l) beta[l] = alpha[l] > 0 ? rz_new[l] / rz_b[l] : 0.;
      green.backward(n_fields, spectrum,
                     [&](std::int64_t field, std::int64_t i, const scalar_t* z) {
                       const auto first = at(field, i);
                       kernel.advance(static_cast<scalar_t>(alpha[field / d]),
                                      static_cast<scalar_t>(beta[field / d]), z, u + first,
                                      p + first, w + first, sum ? sum + first : nullptr,
                                      z_sum ? z_sum + first : nullptr, plane);
                     });
      if (sum)
        for (std::int64_t l = 0; l < loads; ++l) {
          double& weight = fields.weight.data_ptr<double>()[b * loads + l];
          weight = 1. + beta[l] * weight;
        }
      std::copy(rz_new.begin(), rz_new.end(), rz_b);
    });
  });
  return decrease;
}

Energies energies(const KernelEntries&, const PhaseTables& tables, const ReferenceMedium& medium,
                  const torch::Tensor& displacement, const torch::Tensor& of_stress,
                  const torch::Tensor& preconditioned) {
  const Grid& grid = tables.grid;
  const auto u = displacement.contiguous(), z = preconditioned.contiguous();
  const auto v = of_stress.is_same(displacement) ? u : of_stress.contiguous();
  const auto batch = u.size(0), loads = u.size(1);
  const std::int64_t m = grid.n_components(), n = grid.shape[0];
  const bool single = u.scalar_type() == torch::kFloat;
  TORCH_CHECK(u.scalar_type() == v.scalar_type() && u.scalar_type() == z.scalar_type() &&
              (single || u.scalar_type() == tables.stiffness.scalar_type()));
  // Of every plane, so that the order of the sums is fixed.
  const std::vector<std::int64_t> widths{loads * loads, loads * m, loads * loads,
                                         loads * m,     loads * m, loads};
  std::vector<torch::Tensor> sums;
  for (const auto width : widths) sums.push_back(torch::zeros({batch, n, width}, torch::kDouble));
  auto divergence = torch::empty(u.sizes(), torch::kFloat);
  AT_DISPATCH_FLOATING_TYPES(tables.stiffness.scalar_type(), "energies", [&] {
    const auto size = u[0].numel();
    const auto& kernel = kernels<scalar_t>();
    for_all(batch, [&](std::int64_t b) {
      const auto voxels_b = voxels<scalar_t>(tables, b);
      const auto at = [&](int s) { return sums[s].data_ptr<double>() + b * n * widths[s]; };
      const EnergySums out{
          at(0), at(1), at(2), at(3), at(4), divergence.data_ptr<float>() + b * size, at(5)};
      const auto lambda = static_cast<scalar_t>(value(medium.lambda, b)),
                 mu = static_cast<scalar_t>(value(medium.mu, b));
      for_slabs(voxels_b, [&](std::int64_t first, std::int64_t last) {
        const auto of = [&](const auto& function, auto* type) {
          using Field = std::remove_pointer_t<decltype(type)>;
          function(voxels_b, loads, u.data_ptr<Field>() + b * size, v.data_ptr<Field>() + b * size,
                   z.data_ptr<Field>() + b * size, lambda, mu, first, last, out);
        };
        if (single)
          of(kernel.energies_of_single, static_cast<float*>(nullptr));
        else
          of(kernel.energies, static_cast<scalar_t*>(nullptr));
      });
    });
  });
  const auto total = [&](int s) { return mean_over_planes(sums[s], grid, loads); };
  return {mirrored(total(0)), total(1),   mirrored(total(2)), total(3),
          total(4),           divergence, total(5).squeeze(2)};
}

}  // namespace seco::surrogate::cpu
