#include "local_quantities.h"

#include <fmt/format.h>

#include <Eigen/Cholesky>
#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>

#include "certificate.h"

namespace seco::surrogate {
namespace {

using materials::MandelMatrix;
using materials::MandelVector;

std::vector<bool> phases_that_occur(const materials::Rve& rve) {
  std::vector<bool> occurs(rve.stiffness.size(), false);
  for (const auto p : rve.phase) occurs[p] = true;
  return occurs;
}

// The stresses 33, 23 and 13 (Mandel) of a phase of unit strains in the plane.
Eigen::Matrix3d out_of_plane_rows(const MandelMatrix& spatial) {
  Eigen::Matrix3d rows;
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 3; ++j)
      rows(i, j) = spatial(std::array{2, 3, 4}.at(static_cast<std::size_t>(i)),
                           std::array{0, 1, 5}.at(static_cast<std::size_t>(j)));
  return rows;
}

// The stresses 33, 23 and 13 (Mandel) of a phase in plane strain from those in the plane: with the
// rows o and i of its 6 x 6 stiffness, `s_o = C_oi C_ii^-1 s_i`, 3 x 3. Zero for a void.
Eigen::Matrix3d out_of_plane_map(const MandelMatrix& spatial) {
  constexpr std::array<int, 3> in{0, 1, 5}, out{2, 3, 4};
  Eigen::Matrix3d across, plane;
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 3; ++j) {
      across(i, j) = spatial(out[static_cast<std::size_t>(i)], in[static_cast<std::size_t>(j)]);
      plane(i, j) = spatial(in[static_cast<std::size_t>(i)], in[static_cast<std::size_t>(j)]);
    }
  if (plane.cwiseAbs().maxCoeff() == 0.) return Eigen::Matrix3d::Zero();
  // Both blocks of rows are of one symmetric matrix: C_oi C_ii^-1 = (C_ii^-1 C_io)^T.
  return plane.ldlt().solve(across.transpose()).transpose();
}

// How the stresses out of the plane follow from those in it, in every voxel.
struct OutOfPlane {
  // s_33 over the sum of s_11 and s_22, [B, 1, N]: enough where all phases are as isotropic ones.
  torch::Tensor ratio;
  // The map of every voxel row by row, [B, 9, N]; undefined where the ratio is enough.
  torch::Tensor map;
};

OutOfPlane out_of_plane(const StiffnessField& stiffness,
                        std::span<const LocalQuery* const> queries) {
  std::int64_t n_phases = 0;
  for (const auto* query : queries)
    n_phases = std::max(n_phases, static_cast<std::int64_t>(query->rve.stiffness.size()));
  // One half in all voxels makes the spatial measures those of the plane (see StressMeasure).
  Eigen::Matrix3d in_plane = Eigen::Matrix3d::Zero();
  in_plane(0, 0) = in_plane(0, 1) = 0.5;
  auto maps = torch::zeros({stiffness.batch_size(), n_phases, 9}, torch::kDouble);
  auto values = maps.accessor<double, 3>();
  bool ratio_is_enough = true;
  for (std::int64_t b = 0; b < stiffness.batch_size(); ++b) {
    const auto& rve = queries[b]->rve;
    const bool spatial = stress_measure(rve) == StressMeasure::spatial;
    for (std::size_t p = 0; p < rve.stiffness.size(); ++p) {
      Eigen::Matrix3d map = in_plane;
      // Phases that do not occur may be unknown.
      if (spatial)
        if (const auto known = materials::spatial_stiffness(rve, p)) map = out_of_plane_map(*known);
      auto rest = map;
      rest(0, 1) -= rest(0, 0);
      rest(0, 0) = 0.;
      constexpr double tolerance = 1e-12;
      ratio_is_enough = ratio_is_enough && rest.cwiseAbs().maxCoeff() <= tolerance;
      for (int i = 0; i < 9; ++i) values[b][static_cast<std::int64_t>(p)][i] = map(i / 3, i % 3);
    }
  }
  if (ratio_is_enough) return {stiffness.expand(maps.narrow(2, 0, 1).contiguous()).flatten(2), {}};
  return {{}, stiffness.expand(maps).flatten(2)};
}

struct Scalars {
  torch::Tensor von_mises, hydrostatic;  // [B, Q, N]
};

// @param stress [B, Q, m, N] @param out neither tensor defined in 3D
Scalars scalars(const torch::Tensor& stress, const OutOfPlane& out) {
  const std::int64_t n_normal = stress.size(2) == 3 ? 2 : 3;
  const auto normal = stress.narrow(2, 0, n_normal);
  auto sum = normal.sum(2);
  torch::Tensor third, shear_square;
  if (out.ratio.defined()) third = out.ratio * sum;
  if (out.map.defined()) {
    const auto row = [&](std::int64_t i) {
      return (out.map.narrow(1, 3 * i, 3).unsqueeze(1) * stress).sum(2);
    };
    third = row(0);
    shear_square = row(1).square().add_(row(2).square());
  }
  if (third.defined()) sum = sum + third;
  Scalars result;
  result.hydrostatic = sum / 3.;
  auto square = (normal - result.hydrostatic.unsqueeze(2)).square().sum(2);
  square += stress.narrow(2, n_normal, stress.size(2) - n_normal).square().sum(2);
  if (third.defined()) square += (third - result.hydrostatic).square();
  if (shear_square.defined()) square += shear_square;
  result.von_mises = square.mul_(1.5).sqrt_();
  return result;
}

struct Extremes {
  torch::Tensor values, indices;  // [B, Q], double and int64, on the CPU
};

Extremes largest(const torch::Tensor& field) {
  const auto [values, indices] = field.max(-1);
  return {values.to(torch::kCPU, torch::kDouble), indices.cpu()};
}

VoxelValue voxel_value(const Extremes& extremes, std::int64_t b, std::int64_t q, double factor,
                       const Grid& grid) {
  VoxelValue result;
  result.value = factor * extremes.values.accessor<double, 2>()[b][q];
  auto index = extremes.indices.accessor<std::int64_t, 2>()[b][q];
  for (int axis = grid.dimension() - 1; axis >= 0; --axis) {
    result.voxel[axis] = static_cast<int>(index % grid.shape[axis]);
    index /= grid.shape[axis];
  }
  return result;
}

// Mean strains of every phase under all unit loads, [B, P, m, L], double, on the CPU; and the
// volume fractions, [B, P]. Stresses need no sum of their own: the stiffness of a phase is uniform.
std::pair<torch::Tensor, torch::Tensor> phase_strains(const StiffnessField& stiffness,
                                                      const torch::Tensor& strain,
                                                      std::int64_t n_phases) {
  const auto& phase = stiffness.phase();
  const auto batch = strain.size(0), m = strain.size(2), n = phase.size(1);
  const auto options = strain.options().dtype(torch::kDouble);
  const auto counts = torch::zeros({batch, n_phases}, options)
                          .scatter_add_(1, phase, torch::ones({batch, n}, options));
  const auto index = phase.unsqueeze(1).expand({batch, m, n});
  std::vector<torch::Tensor> means;
  for (std::int64_t load = 0; load < strain.size(1); ++load)
    means.push_back(
        torch::zeros({batch, m, n_phases}, options)
            .scatter_add_(2, index, strain.select(1, load).flatten(2).to(torch::kDouble)));
  const auto sums = torch::stack(means, 3).permute({0, 2, 1, 3});
  return {(sums / counts.clamp_min(1.).reshape({batch, n_phases, 1, 1})).cpu(),
          (counts / static_cast<double>(n)).cpu()};
}

// Everything about one RVE that is linear or quadratic in the strain: no sum over voxels is left.
class Means {
 public:
  // @param strains [P, m, L] @param fractions [P] @param energy [L, L], dimensionless
  Means(const LocalQuery& query, const Homogenized& homogenized, const torch::Tensor& strains,
        const torch::Tensor& fractions, const MandelMatrix& energy, double scale, double round_off)
      : query_(query), homogenized_(homogenized), energy_(scale * energy), round_off_(round_off) {
    for (std::size_t p = 0; p < query.rve.stiffness.size(); ++p) {
      const auto index = static_cast<std::int64_t>(p);
      fractions_.push_back(fractions[index].item<double>());
      strains_.push_back(to_matrix(strains[index]));
    }
  }

  void fill(const MandelVector& load, LocalQuantities& result) const {
    const auto m = load.size();
    result.mean_strain = result.mean_stress = MandelVector::Zero(m);
    for (std::size_t p = 0; p < fractions_.size(); ++p) {
      PhaseMean mean{fractions_[p], MandelVector::Zero(m), MandelVector::Zero(m)};
      if (mean.volume_fraction > 0) {
        mean.strain = strains_[p] * load;
        mean.stress = query_.rve.stiffness[p] * mean.strain;
      }
      result.mean_strain += mean.volume_fraction * mean.strain;
      result.mean_stress += mean.volume_fraction * mean.stress;
      result.phases.push_back(mean);
    }
    const double energy = load.dot(energy_ * load);
    const double upper = std::max(energy, load.dot(homogenized_.upper * load));
    const double lower = load.dot(homogenized_.lower * load);
    if (!(upper > 0)) return;
    constexpr double slack = 8.;
    result.relative_field_error =
        std::sqrt(std::max(upper - lower, 0.) / upper + slack * round_off_);
    result.field_error = result.relative_field_error * std::sqrt(upper);
    result.hill_mandel_residual = std::abs(energy - load.dot(result.mean_stress)) / energy;
  }

 private:
  const LocalQuery& query_;
  const Homogenized& homogenized_;
  std::vector<double> fractions_;
  std::vector<MandelMatrix> strains_;
  MandelMatrix energy_;
  double round_off_;
};

std::vector<double> to_vector(const torch::Tensor& field, double factor) {
  const auto values = (field.to(torch::kCPU, torch::kDouble) * factor).contiguous();
  return {values.data_ptr<double>(), values.data_ptr<double>() + values.numel()};
}

}  // namespace

std::string to_string(StressMeasure measure) {
  return measure == StressMeasure::spatial ? "spatial" : "in-plane";
}

StressMeasure stress_measure(const materials::Rve& rve) {
  if (rve.dimension() == 3) return StressMeasure::spatial;
  const auto occurs = phases_that_occur(rve);
  for (std::size_t p = 0; p < rve.stiffness.size(); ++p)
    if (occurs[p] && !materials::spatial_stiffness(rve, p)) return StressMeasure::in_plane;
  return StressMeasure::spatial;
}

torch::Tensor best_strain(const StiffnessField& stiffness, const torch::Tensor& fluctuation) {
  const Grid& grid = stiffness.grid();
  const auto coefficients = upper_ritz(stiffness, fluctuation).coefficients;
  return combine(coefficients, fluctuation)
      .add_(with_grid_axes(unit_loads(grid, fluctuation.options()), grid));
}

std::vector<std::vector<LocalQuantities>> local_quantities(
    const StiffnessField& stiffness, const torch::Tensor& strain,
    std::span<const LocalQuery* const> queries, std::span<const Homogenized> homogenized,
    double memory) {
  torch::NoGradGuard no_grad;
  const Grid& grid = stiffness.grid();
  const std::int64_t batch = stiffness.batch_size(), m = grid.n_components(), n = grid.n_voxels();
  const auto n_strains = static_cast<std::int64_t>(queries.front()->strains.size());
  const bool whole_fields = queries.front()->whole_fields;
  std::size_t n_phases = 0;
  for (const auto* query : queries) n_phases = std::max(n_phases, query->rve.stiffness.size());

  std::vector<std::vector<LocalQuantities>> results(queries.size());
  const auto unit_stress = stiffness.apply(strain);
  const auto energy = gram(strain, unit_stress, grid);
  const auto [means, fractions] =
      phase_strains(stiffness, strain, static_cast<std::int64_t>(n_phases));
  auto loads = torch::empty({batch, n_strains, m}, torch::kDouble);
  for (std::int64_t b = 0; b < batch; ++b) {
    const auto& query = *queries[b];
    results[b].resize(query.strains.size());
    const Means rve_means(query, homogenized[b], means[b], fractions[b], to_matrix(energy[b]),
                          stiffness.scale()[b].item<double>(), round_off(strain.scalar_type()));
    for (std::int64_t q = 0; q < n_strains; ++q) {
      std::copy_n(query.strains[q].data(), m, loads[b][q].data_ptr<double>());
      rve_means.fill(query.strains[q], results[b][q]);
    }
  }

  OutOfPlane out;
  if (grid.dimension() == 2) out = out_of_plane(stiffness, queries);
  // Stress, its deviator and the scalars of it; and the strain.
  const double bytes = static_cast<double>(batch * n * (3 * m + (out.map.defined() ? 12 : 6))) *
                       static_cast<double>(strain.element_size());
  const auto chunk =
      static_cast<std::int64_t>(std::clamp(memory * 1024. * 1024. / bytes, 1., 4096.));
  for (std::int64_t first = 0; first < n_strains; first += chunk) {
    const auto count = std::min(chunk, n_strains - first);
    const auto part = loads.narrow(1, first, count);
    const auto stress = combine(part, unit_stress).flatten(3);
    const auto values = scalars(stress, out);
    const auto von_mises = largest(values.von_mises);
    const auto hydrostatic = largest(values.hydrostatic);
    const auto tension = largest(-values.hydrostatic);
    torch::Tensor strains;
    if (whole_fields) strains = combine(part, strain).flatten(3);
    for (std::int64_t b = 0; b < batch; ++b) {
      const double scale = stiffness.scale()[b].item<double>();
      for (std::int64_t q = 0; q < count; ++q) {
        auto& result = results[b][first + q];
        result.largest_von_mises = voxel_value(von_mises, b, q, scale, grid);
        result.largest_hydrostatic = voxel_value(hydrostatic, b, q, scale, grid);
        result.smallest_hydrostatic = voxel_value(tension, b, q, -scale, grid);
        if (!whole_fields) continue;
        result.fields = {to_vector(strains[b][q], 1.), to_vector(stress[b][q], scale),
                         to_vector(values.von_mises[b][q], scale),
                         to_vector(values.hydrostatic[b][q], scale)};
      }
    }
  }
  return results;
}

void add_out_of_plane(const StiffnessField& stiffness, const torch::Tensor& strain,
                      std::span<const materials::Rve* const> rves,
                      std::span<Homogenized> homogenized) {
  torch::NoGradGuard no_grad;
  std::size_t n_phases = 0;
  for (const auto* rve : rves) n_phases = std::max(n_phases, rve->stiffness.size());
  const auto [means, fractions] =
      phase_strains(stiffness, strain, static_cast<std::int64_t>(n_phases));
  for (std::size_t i = 0; i < rves.size(); ++i) {
    if (homogenized[i].status == Status::failed ||
        stress_measure(*rves[i]) != StressMeasure::spatial)
      continue;
    const auto b = static_cast<std::int64_t>(i);
    MandelMatrix sum = MandelMatrix::Zero(3, 3);
    for (std::size_t p = 0; p < rves[i]->stiffness.size(); ++p) {
      const auto phase = static_cast<std::int64_t>(p);
      const double fraction = fractions[b][phase].item<double>();
      if (fraction > 0)
        sum += fraction * out_of_plane_rows(*materials::spatial_stiffness(*rves[i], p)) *
               to_matrix(means[b][phase]);
    }
    if (sum.allFinite()) homogenized[i].out_of_plane = sum;
  }
}

void check(const LocalQuery& query) {
  const int m = materials::n_mandel_components(query.rve.dimension());
  for (std::size_t i = 0; i < query.strains.size(); ++i) {
    const auto& strain = query.strains[i];
    if (strain.size() != m)
      throw std::invalid_argument(
          fmt::format("strain {} has {} components; a {}D RVE needs {} ({})", i, strain.size(),
                      query.rve.dimension(), m, m == 3 ? "11 22 12" : "11 22 33 23 13 12"));
    for (int c = 0; c < m; ++c)
      if (!std::isfinite(strain[c]))
        throw std::invalid_argument(fmt::format(
            "component {} of strain {} is {}; allowed are finite numbers", c, i, strain[c]));
  }
}

std::vector<LocalAnswer> Engine::local_quantities(std::span<const LocalQuery>,
                                                  const std::function<void(std::size_t)>&) const {
  throw std::invalid_argument(
      fmt::format("engine '{}' has no fields inside the RVE, so it knows no local quantities; use "
                  "one with fields, such as fft",
                  name()));
}

}  // namespace seco::surrogate
