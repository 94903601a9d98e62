#pragma once

#include "law_kernels.h"
#include "models.h"
#include "pointwise.h"
#include "seco/materials/tangent_triangle.h"

namespace seco::surrogate::cuda {

/// What one thread of the kernels of laws does, each at its point of a block; see LawKernels. The
/// threads of a block leave numbers that add up to the sums of the RVE.

/// Where a component of a field is among the six of a law: 11, 22, 12 in plane strain.
template <int dim>
SECO_HOST_DEVICE constexpr int place_of(int component) {
  return dim == 2 && component == 2 ? 5 : component;
}

/// A point: its model and what it starts from.
template <int dim, typename Model>
struct LawPoint {
  static constexpr int m = Lattice<dim, double>::n_components;
  static constexpr int most = Model::n_state_values;

  const Model* model;
  std::int64_t rve, voxel, n_voxels, state_at, stride;
  double time_step, strain[6] = {}, state[most > 0 ? most : 1];

  SECO_HOST_DEVICE LawPoint(const Lattice<dim, double>& grid, const LawArguments& a,
                            const LawGroup& group, const LawBlock& block, int thread)
      : model(static_cast<const Model*>(group.models) + group.model[block.first + thread]),
        rve(block.rve),
        voxel(group.voxel[block.first + thread]),
        n_voxels(grid.n_points),
        state_at(block.state + thread),
        stride(block.stride),
        time_step(a.time_step[block.rve]) {
    double values[m];
    strain_of_voxel(grid, voxel, a.displacement + rve * dim * n_voxels, values);
    for (int c = 0; c < m; ++c) strain[place_of<dim>(c)] = values[c] + a.mean_strain[rve * m + c];
    for (int s = 0; s < most; ++s) {
      if (s >= group.n_state) break;
      const std::int64_t at = state_at + s * stride;
      state[s] = a.single_precision_state ? static_cast<const float*>(a.state)[at]
                                          : static_cast<const double*>(a.state)[at];
    }
  }
  /// Place in a field of n components per RVE.
  SECO_HOST_DEVICE std::int64_t at(int component, int n) const {
    return (rve * n + component) * n_voxels + voxel;
  }
};

template <int dim, typename Model>
SECO_HOST_DEVICE void respond_at(const Lattice<dim, double>& grid, const LawArguments& a,
                                 const LawGroup& group, const LawBlock& block, int thread,
                                 double (&sums)[n_response_sums(dim)]) {
  constexpr int m = Lattice<dim, double>::n_components,
                n_coefficients = Lattice<dim, double>::n_coefficients;
  const LawPoint<dim, Model> point(grid, a, group, block, thread);
  materials::PointAnswer<double, Model::n_state_values> answer;
  answer.wants_tangent = a.tangent != nullptr;
  point.model->respond(point.strain, point.state, point.time_step, answer);
  sums[0] = answer.found ? 0. : 1.;
  sums[1] = a.energy[point.at(0, 1)] = answer.energy;
  for (int c = 0; c < m; ++c)
    sums[2 + c] = a.stress[point.at(c, m)] = answer.stress[place_of<dim>(c)];
  if constexpr (dim == 2)
    for (int k = 0; k < 3; ++k) sums[first_out_of_plane_sum(dim) + k] = answer.stress[2 + k];
  if (!answer.wants_tangent) return;
  int k = 0;
  for (int i = 0; i < m; ++i)
    for (int j = i; j < m; ++j, ++k) {
      const double value =
          answer.tangent[materials::in_triangle(place_of<dim>(i), place_of<dim>(j))];
      const std::int64_t at = point.at(k, n_coefficients);
      sums[2 + m + k] = value;
      if (a.double_precision_tangent)
        static_cast<double*>(a.tangent)[at] = value;
      else
        static_cast<float*>(a.tangent)[at] = static_cast<float>(value);
    }
}

template <int dim, typename Model>
SECO_HOST_DEVICE void gap_at(const Lattice<dim, double>& grid, const LawArguments& a,
                             const LawGroup& group, const LawBlock& block, int thread,
                             double (&sums)[1]) {
  constexpr int m = Lattice<dim, double>::n_components;
  const LawPoint<dim, Model> point(grid, a, group, block, thread);
  double z[m], given[6] = {}, trace = 0;
  strain_of_voxel(grid, point.voxel, a.correction + point.rve * dim * point.n_voxels, z);
  for (int c = 0; c < dim; ++c) trace += z[c];
  const double lambda = a.medium[2 * point.rve], two_mu = a.medium[2 * point.rve + 1];
  for (int c = 0; c < m; ++c) {
    double value = a.stress[point.at(c, m)] + a.shift[point.rve * m + c] + two_mu * z[c];
    if (c < dim) value += lambda * trace;
    given[place_of<dim>(c)] = a.part * value + a.rest[point.rve * m + c];
  }
  if constexpr (dim == 2) {
    materials::PointAnswer<double, Model::n_state_values> answer;
    answer.wants_tangent = true;
    point.model->respond(point.strain, point.state, point.time_step, answer);
    for (double& value : answer.stress) value *= a.part;
    materials::complete_stress(answer.stress, answer.tangent, 1, given);
  }
  const double dual = point.model->dual(given, point.state, point.time_step),
               energy = a.energy[point.at(0, 1)];
  const auto size_of = [](double x) { return x < 0 ? -x : x; };
  double work = 0, size = size_of(energy) + size_of(dual);
  for (int c = 0; c < m; ++c) {
    const double part = given[place_of<dim>(c)] * point.strain[place_of<dim>(c)];
    work += part;
    size += size_of(part);
  }
  sums[0] = energy + dual - work + gap_round_off * size;
}

template <int dim, typename Model>
SECO_HOST_DEVICE void accept_at(const Lattice<dim, double>& grid, const LawArguments& a,
                                const LawGroup& group, const LawBlock& block, int thread,
                                double (&sums)[1]) {
  const LawPoint<dim, Model> point(grid, a, group, block, thread);
  materials::PointAnswer<double, Model::n_state_values> answer;
  point.model->respond(point.strain, point.state, point.time_step, answer);
  const double modulus = group.largest_modulus[group.model[block.first + thread]];
  for (int s = 0; s < Model::n_state_values; ++s) {
    if (s >= group.n_state) break;
    const std::int64_t at = point.state_at + s * point.stride;
    if (!a.single_precision_state) {
      static_cast<double*>(a.state)[at] = answer.state[s];
      continue;
    }
    const float rounded = static_cast<float>(answer.state[s]);
    static_cast<float*>(a.state)[at] = rounded;
    const double change = answer.state[s] - static_cast<double>(rounded);
    sums[0] += 2 * modulus * change * change;
  }
}

}  // namespace seco::surrogate::cuda
