#include "fused_iteration.h"

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
            double sign, Number* f, double* energy) {
  std::vector<double> sums(v.n[0] * n_loads);
  for_slabs(v, [&](std::int64_t first, std::int64_t last) {
    kernels<Number>().stiffness_action(v, n_loads, u, mean, static_cast<Number>(sign), f, first,
                                       last, sums.data());
  });
  for (std::int64_t l = 0; l < n_loads; ++l) {
    energy[l] = 0;
    for (std::int64_t i = 0; i < v.n[0]; ++i) energy[l] += sums[i * n_loads + l];
  }
}

double value(const torch::Tensor& values, std::int64_t b) {
  return values.data_ptr<double>()[b];
}

}  // namespace

bool has_fused_path(const StiffnessField& stiffness) {
  return stiffness.options().device().is_cpu();
}

torch::Tensor stiffness_action(const StiffnessField& stiffness, const torch::Tensor& displacement,
                               bool with_unit_loads, double sign, torch::Tensor& force) {
  const auto batch = displacement.size(0), loads = displacement.size(1);
  auto energy = torch::empty({batch, loads}, torch::kDouble);
  AT_DISPATCH_FLOATING_TYPES(displacement.scalar_type(), "stiffness_action", [&] {
    const auto unit = unit_strains<scalar_t>(stiffness.grid());
    const auto size = displacement[0].numel();
    for_all(batch, [&](std::int64_t b) {
      action(voxels<scalar_t>(stiffness, b), loads, displacement.data_ptr<scalar_t>() + b * size,
             with_unit_loads ? unit.data() : nullptr, sign, force.data_ptr<scalar_t>() + b * size,
             energy.data_ptr<double>() + b * loads);
    });
  });
  return energy;
}

torch::Tensor strain_forms(const StiffnessField& stiffness, const torch::Tensor& displacement,
                           const torch::Tensor& table) {
  const auto batch = displacement.size(0), loads = displacement.size(1);
  const auto matrices = compact_table(table.to(displacement.options()));
  auto sums = torch::empty({batch, loads}, torch::kDouble);
  AT_DISPATCH_FLOATING_TYPES(displacement.scalar_type(), "strain_forms", [&] {
    const auto size = displacement[0].numel(), table_size = matrices[0].numel();
    for_all(batch, [&](std::int64_t b) {
      auto v = voxels<scalar_t>(stiffness, b);
      v.stiffness = matrices.data_ptr<scalar_t>() + b * table_size;
      action<scalar_t>(v, loads, displacement.data_ptr<scalar_t>() + b * size, nullptr, 1., nullptr,
                       sums.data_ptr<double>() + b * loads);
    });
  });
  return sums / static_cast<double>(stiffness.grid().n_voxels());
}

torch::Tensor green(const GreenOperator& operators, const torch::Tensor& force,
                    const ReferenceMedium& medium, torch::Tensor& displacement) {
  const auto batch = force.size(0), loads = force.size(1);
  auto product = torch::empty({batch, loads}, torch::kDouble);
  AT_DISPATCH_FLOATING_TYPES(force.scalar_type(), "green", [&] {
    const auto& green = operators.on_cpu<scalar_t>();
    const auto n_fields = loads * green.dimension(), plane = green.plane_size(),
               size = force[0].numel();
    for_all(batch, [&](std::int64_t b) {
      const auto spectra = green.spectra(n_fields);
      auto* spectrum = spectra->data();
      const auto* f = force.data_ptr<scalar_t>() + b * size;
      auto* u = displacement.data_ptr<scalar_t>() + b * size;
      const auto at = [&](std::int64_t field, std::int64_t i) {
        return (field * green.n_planes() + i) * plane;
      };
      green.forward(n_fields, spectrum, [&](std::int64_t field, std::int64_t i, scalar_t* out) {
        std::copy_n(f + at(field, i), plane, out);
      });
      green.apply(loads, value(medium.lambda, b), value(medium.mu, b), spectrum,
                  product.data_ptr<double>() + b * loads);
      green.backward(n_fields, spectrum,
                     [&](std::int64_t field, std::int64_t i, const scalar_t* in) {
                       std::copy_n(in, plane, u + at(field, i));
                     });
    });
  });
  return product;
}

Residual residual_of(const StiffnessField& stiffness, const GreenOperator& operators,
                     const ReferenceMedium& medium, const torch::Tensor& displacement) {
  Residual result{torch::empty_like(displacement), torch::empty_like(displacement), {}};
  stiffness_action(stiffness, displacement, /*with_unit_loads=*/true, -1., result.residual);
  result.product = green(operators, result.residual, medium, result.preconditioned);
  return result;
}

torch::Tensor kinematic_step(const StiffnessField& stiffness, const GreenOperator& operators,
                             const ReferenceMedium& medium, const IterationFields& fields,
                             torch::Tensor& rz, const torch::Tensor& floor) {
  const Grid& grid = stiffness.grid();
  const auto batch = rz.size(0), loads = rz.size(1);
  auto decrease = torch::zeros({batch, loads}, torch::kDouble);
  AT_DISPATCH_FLOATING_TYPES(fields.displacement.scalar_type(), "kinematic_step", [&] {
    const auto& green = operators.on_cpu<scalar_t>();
    const auto& kernel = kernels<scalar_t>();
    const auto d = grid.dimension();
    const auto n_fields = loads * d, plane = green.plane_size(),
               size = fields.displacement[0].numel();
    for_all(batch, [&](std::int64_t b) {
      auto* u = fields.displacement.data_ptr<scalar_t>() + b * size;
      auto* r = fields.residual.data_ptr<scalar_t>() + b * size;
      auto* w = fields.preconditioned.data_ptr<scalar_t>() + b * size;
      auto* p = fields.direction.data_ptr<scalar_t>() + b * size;
      auto* rz_b = rz.data_ptr<double>() + b * loads;
      const auto* floor_b = floor.data_ptr<double>() + b * loads;
      if (std::equal(rz_b, rz_b + loads, floor_b, std::less_equal<>())) return;
      const auto at = [&](std::int64_t field, std::int64_t i) {
        return (field * green.n_planes() + i) * plane;
      };
      std::vector<double> work(loads), rz_new(loads), alpha(loads), beta(loads);
      // Until the new z is known, its memory holds D^T C D p.
      action<scalar_t>(voxels<scalar_t>(stiffness, b), loads, p, nullptr, 1., w, work.data());
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
                                      p + first, w + first, plane);
                     });
      std::copy(rz_new.begin(), rz_new.end(), rz_b);
    });
  });
  return decrease;
}

Energies energies(const StiffnessField& stiffness, const ReferenceMedium& medium,
                  const torch::Tensor& displacement, const torch::Tensor& preconditioned) {
  const Grid& grid = stiffness.grid();
  const auto batch = displacement.size(0), loads = displacement.size(1);
  const std::int64_t m = grid.n_components(), n = grid.shape[0];
  // Of every plane, so that the order of the sums is fixed.
  const std::vector<std::int64_t> widths{loads * loads, loads * m, loads * loads, loads * m,
                                         loads * m};
  std::vector<torch::Tensor> sums;
  for (const auto width : widths) sums.push_back(torch::zeros({batch, n, width}, torch::kDouble));
  AT_DISPATCH_FLOATING_TYPES(displacement.scalar_type(), "energies", [&] {
    const auto size = displacement[0].numel();
    for_all(batch, [&](std::int64_t b) {
      const auto v = voxels<scalar_t>(stiffness, b);
      for_slabs(v, [&](std::int64_t first, std::int64_t last) {
        for (auto i = first; i < last; ++i) {
          const auto at = [&](int s) {
            return sums[s].data_ptr<double>() + (b * n + i) * widths[s];
          };
          kernels<scalar_t>().energies(v, loads, displacement.data_ptr<scalar_t>() + b * size,
                                       preconditioned.data_ptr<scalar_t>() + b * size,
                                       static_cast<scalar_t>(value(medium.lambda, b)),
                                       static_cast<scalar_t>(value(medium.mu, b)), i, i + 1,
                                       EnergySums{at(0), at(1), at(2), at(3), at(4)});
        }
      });
    });
  });
  const auto total = [&](int s) { return mean_over_planes(sums[s], grid, loads); };
  return {mirrored(total(0)), total(1), mirrored(total(2)), total(3), total(4)};
}

}  // namespace seco::surrogate::cpu
