#include "law_field.h"

#include <ATen/Dispatch.h>
#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <torch/torch.h>

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

#include "kernel_tables.h"
#include "law_kernels.h"
#include "seco/materials/tangent_triangle.h"

namespace seco::surrogate {
namespace {

using materials::LawAnswer;
using materials::LawPoints;

/// Points that a law gets at once at most, and voxels of a slab at least: their arrays stay in the
/// second cache.
constexpr std::int64_t chunk_size = 256, slab_size = 1024;

/// Where the components of a field are among the six of a law.
std::vector<int> places_of(int dimension) {
  return dimension == 3 ? std::vector<int>{0, 1, 2, 3, 4, 5} : std::vector<int>{0, 1, 5};
}

/// Of zz, yz and xz among the six of a law, in plane strain.
constexpr std::array<int, 3> places_out_of_plane{2, 3, 4};

/// Where the entries of the triangle of a field's tangent are in that of a law.
std::vector<int> triangle_places(const std::vector<int>& places) {
  std::vector<int> result;
  for (std::size_t i = 0; i < places.size(); ++i)
    for (std::size_t j = i; j < places.size(); ++j)
      result.push_back(materials::in_triangle(places[i], places[j]));
  return result;
}

/// @param field of the first voxel, components `apart` numbers apart @param mean is added
void gather(const double* field, std::int64_t apart, const std::vector<int>& places,
            const std::int32_t* voxels, std::int64_t count, const materials::MandelVector& mean,
            double* points) {
  for (std::size_t c = 0; c < places.size(); ++c) {
    const double* from = field + static_cast<std::int64_t>(c) * apart;
    const double constant = mean[static_cast<Eigen::Index>(c)];
    double* to = points + places[c] * chunk_size;
    for (std::int64_t k = 0; k < count; ++k) to[k] = from[voxels[k]] + constant;
  }
}

template <typename Number>
void scatter(const double* points, std::int64_t n_voxels, const std::vector<int>& places,
             const std::int32_t* voxels, std::int64_t count, Number* field) {
  for (std::size_t c = 0; c < places.size(); ++c) {
    const double* from = points + places[c] * chunk_size;
    Number* to = field + static_cast<std::int64_t>(c) * n_voxels;
    for (std::int64_t k = 0; k < count; ++k) to[voxels[k]] = static_cast<Number>(from[k]);
  }
}

}  // namespace

/// Arrays for the points of a chunk.
struct ProcessorLawField::Points {
  std::vector<double> strain = std::vector<double>(6 * chunk_size),
                      stress = std::vector<double>(6 * chunk_size),
                      tangent = std::vector<double>(21 * chunk_size),
                      energy = std::vector<double>(chunk_size), state;

  materials::LawPoints of(const Chunk& chunk, double time_step) const {
    return {chunk.count, chunk_size, strain.data(), state.data(), time_step};
  }
};

LawStructure::LawStructure(const LawRve& of)
    : grid(grid_of(of.rve)), laws(of.laws), unit(of.rve.unit) {
  const auto n_phases = *std::max_element(of.rve.phase.begin(), of.rve.phase.end()) + 1;
  std::vector<std::int64_t> counts(n_phases, 0);
  for (const auto phase : of.rve.phase) ++counts[phase];
  mean_elastic = materials::MandelMatrix::Zero(grid.n_components(), grid.n_components());
  const auto n_voxels = static_cast<double>(grid.n_voxels());
  std::vector<double> largest_moduli(n_phases, 0.);
  elastic.resize(n_phases);
  for (int p = 0; p < n_phases; ++p) {
    if (counts[p] == 0) continue;
    if (static_cast<std::size_t>(p) >= laws.size() || !laws[p])
      throw std::invalid_argument(fmt::format("phase {} has no law", p));
    const auto& law = *laws[p];
    elastic[p] = law.elastic_stiffness();
    mean_elastic += (static_cast<double>(counts[p]) / n_voxels) *
                    (grid.dimension() == 2 ? materials::plane_strain(elastic[p]) : elastic[p]);
    const auto own = law.guarantee();
    if ((guarantee.two_sided && !own.two_sided) ||
        (guarantee.along_path && !own.along_path && own.two_sided && guarantee.reason.empty()))
      guarantee.reason = fmt::format("phase {}: {}", p, own.reason);
    guarantee.two_sided = guarantee.two_sided && own.two_sided;
    guarantee.along_path = guarantee.along_path && own.along_path && own.two_sided;
    largest_moduli[p] =
        Eigen::SelfAdjointEigenSolver<materials::MandelMatrix>(elastic[p], Eigen::EigenvaluesOnly)
            .eigenvalues()
            .maxCoeff();
  }
  make_chunks(of, largest_moduli);
}

void LawStructure::make_chunks(const LawRve& of, const std::vector<double>& largest_moduli) {
  std::vector<std::vector<double>> initial(largest_moduli.size());
  for (std::size_t p = 0; p < initial.size(); ++p)
    if (p < laws.size() && laws[p]) initial[p] = laws[p]->initial_state();
  const auto n_planes = grid.shape[0], plane = grid.n_voxels() / n_planes;
  const auto thickness = std::max<std::int64_t>(1, slab_size / plane);
  std::vector<std::vector<std::int32_t>> voxels_of(largest_moduli.size());
  voxels.reserve(of.rve.phase.size());
  for (std::int64_t first = 0; first < n_planes; first += thickness) {
    const auto last = std::min(n_planes, first + thickness), base = first * plane;
    Slab slab{first, last, chunks.size(), 0};
    std::vector<std::size_t> phases;
    for (std::int64_t k = 0; k < (last - first) * plane; ++k) {
      const auto p = static_cast<std::size_t>(of.rve.phase[static_cast<std::size_t>(base + k)]);
      if (voxels_of[p].empty()) phases.push_back(p);
      voxels_of[p].push_back(static_cast<std::int32_t>(k));
    }
    std::sort(phases.begin(), phases.end());
    for (const auto p : phases) {
      auto& own = voxels_of[p];
      const auto n = static_cast<std::int64_t>(own.size());
      for (std::int64_t at = 0; at < n; at += chunk_size) {
        const auto count = std::min(chunk_size, n - at);
        chunks.push_back({laws[p].get(), static_cast<int>(p), &elastic[p], largest_moduli[p],
                          static_cast<int>(initial[p].size()),
                          static_cast<std::int64_t>(voxels.size()) + at, count, base,
                          static_cast<std::int64_t>(initial_state.size())});
        for (const double value : initial[p])
          initial_state.insert(initial_state.end(), static_cast<std::size_t>(count), value);
      }
      voxels.insert(voxels.end(), own.begin(), own.end());
      own.clear();
    }
    slab.last_chunk = chunks.size();
    slabs.push_back(slab);
  }
}

LawField::LawField(std::vector<std::shared_ptr<const LawStructure>> structures)
    : structures_(std::move(structures)) {
  if (structures_.empty()) throw std::invalid_argument("there is no RVE to deform");
  for (const auto& structure : structures_)
    if (!(structure->grid == grid()))
      throw std::invalid_argument("RVEs that are deformed together need the same grid");
}

std::array<double, 3> out_of_plane_of(const std::array<double, 3>& sums, double weight) {
  return {weight * sums[0], std::sqrt(0.5) * weight * sums[1], std::sqrt(0.5) * weight * sums[2]};
}

LawFieldAnswer LawField::prepared(std::optional<torch::ScalarType> tangent_type,
                                  const std::vector<bool>& active,
                                  const LawFieldAnswer* before) const {
  const auto batch = batch_size();
  const std::int64_t m = grid().n_components();
  const auto field_of = [&](std::int64_t components, torch::ScalarType type) {
    std::vector<std::int64_t> shape{batch, components};
    shape.insert(shape.end(), grid().shape.begin(), grid().shape.end());
    return torch::empty(shape, torch::TensorOptions(type).device(device()));
  };
  LawFieldAnswer answer;
  answer.stress = field_of(m, torch::kDouble).unsqueeze(1);
  answer.energy = torch::empty({batch, grid().n_voxels()}, answer.stress.options());
  answer.mean_energy.assign(batch, 0.);
  answer.mean_stress.assign(batch, materials::MandelVector::Zero(m));
  answer.mean_out_of_plane.assign(batch, {});
  answer.step_ratio.assign(batch, 1.);
  answer.failed_phase.assign(batch, -1);
  if (tangent_type) {
    answer.tangent = field_of(m * (m + 1) / 2, *tangent_type);
    answer.mean_tangent.assign(batch, materials::MandelMatrix::Identity(m, m));
  }
  for (std::int64_t b = 0; b < batch; ++b) {
    if (active[b]) {
      if (tangent_type) answer.mean_tangent[b].setZero();
    } else if (before) {
      answer.stress[b].copy_(before->stress[b]);
      answer.energy[b].copy_(before->energy[b]);
      answer.mean_energy[b] = before->mean_energy[b];
      answer.mean_stress[b] = before->mean_stress[b];
      answer.mean_out_of_plane[b] = before->mean_out_of_plane[b];
      answer.step_ratio[b] = before->step_ratio[b];
      answer.failed_phase[b] = before->failed_phase[b];
      if (tangent_type) {
        answer.tangent[b].copy_(before->tangent[b]);
        answer.mean_tangent[b] = before->mean_tangent[b];
      }
    } else {
      answer.stress[b].zero_();
      answer.energy[b].zero_();
      if (tangent_type) answer.tangent[b].zero_();
    }
  }
  return answer;
}

std::vector<bool> LawField::bounded(const std::vector<bool>& active,
                                    std::vector<double>& gaps) const {
  auto result = active;
  for (std::int64_t b = 0; b < batch_size(); ++b)
    if (active[b] && !guarantee(b).two_sided) {
      gaps[b] = std::numeric_limits<double>::infinity();
      result[b] = false;
    }
  return result;
}

ProcessorLawField::ProcessorLawField(std::vector<std::shared_ptr<const LawStructure>> structures,
                                     bool single_precision_state)
    : LawField(std::move(structures)), single_(single_precision_state) {
  for (std::int64_t b = 0; b < batch_size(); ++b) {
    const auto& initial = structure(b).initial_state;
    if (single_)
      states_.push_back({{}, {initial.begin(), initial.end()}});
    else
      states_.push_back({initial, {}});
  }
}

std::vector<std::pair<std::int64_t, std::size_t>> ProcessorLawField::slabs_of(
    const std::vector<bool>& active) const {
  std::vector<std::pair<std::int64_t, std::size_t>> result;
  for (std::int64_t b = 0; b < batch_size(); ++b)
    if (active[b])
      for (std::size_t i = 0; i < structure(b).slabs.size(); ++i) result.emplace_back(b, i);
  return result;
}

torch::Tensor ProcessorLawField::strain_of(const torch::Tensor& displacement, std::int64_t b,
                                           const Slab& slab) const {
  return kernels_of(displacement)
      .strain_of_planes(displacement.select(0, b), grid(), slab.first, slab.last);
}

LawFieldAnswer ProcessorLawField::respond(const StrainField& strain,
                                          const std::vector<double>& time_step,
                                          std::optional<torch::ScalarType> tangent_type,
                                          const std::vector<bool>& active,
                                          const LawFieldAnswer* before) const {
  const auto places = places_of(grid().dimension()), in_tangent = triangle_places(places);
  const auto n_voxels = grid().n_voxels();
  const std::int64_t m = grid().n_components(), n_coefficients = m * (m + 1) / 2;
  auto answer = prepared(tangent_type, active, before);
  // Sums of each slab: energy, stress, tangent.
  struct Sums {
    double ratio = 1, energy = 0;
    int failed_phase = -1;
    std::array<double, 6> stress{};
    std::array<double, 3> out_of_plane{};
    std::array<double, 21> tangent{};
  };
  const auto slabs = slabs_of(active);
  std::vector<Sums> sums(slabs.size());
  constexpr std::int64_t grain = 2;
  at::parallel_for(
      0, static_cast<std::int64_t>(slabs.size()), grain, [&](std::int64_t begin, std::int64_t end) {
        Points points;
        for (auto i = begin; i < end; ++i) {
          const auto [b, number] = slabs[i];
          const auto& structure = this->structure(b);
          const auto& slab = structure.slabs[number];
          const auto strains = strain_of(strain.displacement, b, slab);
          const auto apart = strains.numel() / m;
          auto& sum = sums[i];
          for (auto c = slab.first_chunk; c < slab.last_chunk; ++c) {
            const auto& chunk = structure.chunks[c];
            const auto* voxels = structure.voxels.data() + chunk.first;
            gather(strains.data_ptr<double>(), apart, places, voxels, chunk.count, strain.mean[b],
                   points.strain.data());
            load_state(states_[b], chunk, points);
            const double ratio = chunk.law->respond(
                points.of(chunk, time_step[b]),
                {points.stress.data(), tangent_type ? points.tangent.data() : nullptr,
                 points.energy.data(), nullptr});
            if (ratio < sum.ratio) {
              sum.ratio = ratio;
              sum.failed_phase = chunk.phase;
            }
            scatter(points.stress.data(), n_voxels, places, voxels, chunk.count,
                    answer.stress.data_ptr<double>() + b * m * n_voxels + chunk.base);
            scatter(points.energy.data(), n_voxels, {0}, voxels, chunk.count,
                    answer.energy.data_ptr<double>() + b * n_voxels + chunk.base);
            const auto total = [&](const double* values) {
              return std::accumulate(values, values + chunk.count, 0.);
            };
            sum.energy += total(points.energy.data());
            for (std::int64_t k = 0; k < m; ++k)
              sum.stress[k] += total(points.stress.data() + places[k] * chunk_size);
            if (sum.failed_phase < 0 && !std::all_of(sum.stress.begin(), sum.stress.end(),
                                                     [](double s) { return std::isfinite(s); }))
              sum.failed_phase = chunk.phase;
            for (std::size_t k = 0; m == 3 && k < 3; ++k)
              sum.out_of_plane[k] +=
                  total(points.stress.data() + places_out_of_plane[k] * chunk_size);
            if (!tangent_type) continue;
            AT_DISPATCH_FLOATING_TYPES(*tangent_type, "tangent", [&] {
              scatter(
                  points.tangent.data(), n_voxels, in_tangent, voxels, chunk.count,
                  answer.tangent.data_ptr<scalar_t>() + b * n_coefficients * n_voxels + chunk.base);
            });
            for (std::int64_t k = 0; k < n_coefficients; ++k)
              sum.tangent[k] += total(points.tangent.data() + in_tangent[k] * chunk_size);
          }
        }
      });
  const double weight = 1. / static_cast<double>(n_voxels);
  for (std::size_t i = 0; i < slabs.size(); ++i) {
    const auto b = slabs[i].first;
    const auto& sum = sums[i];
    const auto out_of_plane = out_of_plane_of(sum.out_of_plane, weight);
    for (std::size_t k = 0; k < 3; ++k) answer.mean_out_of_plane[b][k] += out_of_plane[k];
    if (sum.ratio < answer.step_ratio[b] || answer.failed_phase[b] < 0)
      answer.failed_phase[b] = sum.failed_phase;
    answer.step_ratio[b] = std::min(answer.step_ratio[b], sum.ratio);
    answer.mean_energy[b] += weight * sum.energy;
    for (std::int64_t k = 0; k < m; ++k) answer.mean_stress[b][k] += weight * sum.stress[k];
    if (!tangent_type) continue;
    auto& mean = answer.mean_tangent[b];
    std::size_t c = 0;
    for (int k = 0; k < m; ++k)
      for (int l = k; l < m; ++l, ++c) {
        mean(k, l) += weight * sum.tangent[c];
        mean(l, k) = mean(k, l);
      }
  }
  return answer;
}

std::vector<double> ProcessorLawField::gap(const StrainField& strain, const LawFieldAnswer& answer,
                                           const Equilibration& stress,
                                           const std::vector<double>& time_step,
                                           const std::vector<bool>& active) const {
  const auto places = places_of(grid().dimension());
  const auto n_voxels = grid().n_voxels();
  const std::int64_t m = grid().n_components();
  const materials::MandelVector nothing = materials::MandelVector::Zero(m);
  std::vector<double> result(batch_size(), 0.);
  const auto slabs = slabs_of(bounded(active, result));
  std::vector<double> sums(slabs.size(), 0.);
  constexpr std::int64_t grain = 2;
  at::parallel_for(
      0, static_cast<std::int64_t>(slabs.size()), grain, [&](std::int64_t begin, std::int64_t end) {
        Points points;
        std::vector<double> given(6 * chunk_size, 0.), dual(chunk_size);
        for (auto i = begin; i < end; ++i) {
          const auto [b, number] = slabs[i];
          const auto& structure = this->structure(b);
          const auto& slab = structure.slabs[number];
          const auto strains = strain_of(strain.displacement, b, slab);
          const auto corrections = strain_of(stress.correction, b, slab);
          const auto apart = strains.numel() / m;
          const double lambda = stress.medium.lambda.data_ptr<double>()[b],
                       two_mu = 2 * stress.medium.mu.data_ptr<double>()[b];
          const auto& rest = stress.rest.empty() ? nothing : stress.rest[b];
          for (auto n = slab.first_chunk; n < slab.last_chunk; ++n) {
            const auto& chunk = structure.chunks[n];
            const auto* voxels = structure.voxels.data() + chunk.first;
            gather(strains.data_ptr<double>(), apart, places, voxels, chunk.count, strain.mean[b],
                   points.strain.data());
            load_state(states_[b], chunk, points);
            const double* of_strain =
                answer.stress.data_ptr<double>() + b * m * n_voxels + chunk.base;
            const double* z = corrections.data_ptr<double>();
            for (std::int64_t k = 0; k < chunk.count; ++k) {
              double trace = 0;
              for (int c = 0; c < grid().dimension(); ++c) trace += z[c * apart + voxels[k]];
              for (std::int64_t c = 0; c < m; ++c) {
                double value = of_strain[c * n_voxels + voxels[k]] + stress.shift[b][c] +
                               two_mu * z[c * apart + voxels[k]];
                if (c < grid().dimension()) value += lambda * trace;
                given[places[c] * chunk_size + k] = stress.part * value + rest[c];
              }
            }
            if (grid().dimension() == 2) {
              chunk.law->respond(
                  points.of(chunk, time_step[b]),
                  {points.stress.data(), points.tangent.data(), points.energy.data(), nullptr});
              for (double& value : points.stress) value *= stress.part;
              for (std::int64_t k = 0; k < chunk.count; ++k)
                materials::complete_stress(points.stress.data() + k, points.tangent.data() + k,
                                           chunk_size, given.data() + k);
            }
            chunk.law->dual(
                {chunk.count, chunk_size, given.data(), points.state.data(), time_step[b]},
                dual.data());
            const double* w = answer.energy.data_ptr<double>() + b * n_voxels + chunk.base;
            for (std::int64_t k = 0; k < chunk.count; ++k) {
              double product = 0;
              double size = std::abs(w[voxels[k]]) + std::abs(dual[k]);
              for (const int c : places) {
                const double part = given[c * chunk_size + k] * points.strain[c * chunk_size + k];
                product += part;
                size += std::abs(part);
              }
              sums[i] += w[voxels[k]] + dual[k] - product + gap_round_off * size;
            }
          }
        }
      });
  for (std::size_t i = 0; i < slabs.size(); ++i)
    result[slabs[i].first] += sums[i] / static_cast<double>(n_voxels);
  return result;
}

std::optional<ProcessorLawField::ElasticAnswer> ProcessorLawField::elastic_answer(
    std::int64_t b, const StrainField& strain, double time_step) const {
  const auto places = places_of(grid().dimension());
  const auto& structure = this->structure(b);
  Points points;
  std::vector<double> after;
  double sum = 0;
  std::array<double, 3> out_of_plane{};
  for (const auto& slab : structure.slabs) {
    const auto strains = strain_of(strain.displacement, b, slab);
    for (auto n = slab.first_chunk; n < slab.last_chunk; ++n) {
      const auto& chunk = structure.chunks[n];
      gather(strains.data_ptr<double>(), strains.numel() / grid().n_components(), places,
             structure.voxels.data() + chunk.first, chunk.count, strain.mean[b],
             points.strain.data());
      load_state(states_[b], chunk, points);
      after.resize(points.state.size());
      if (chunk.law->respond(points.of(chunk, time_step), {points.stress.data(), nullptr,
                                                           points.energy.data(), after.data()}) < 1)
        return {};
      for (int s = 0; s < chunk.n_state; ++s)
        if (!std::equal(after.begin() + s * chunk_size,
                        after.begin() + s * chunk_size + chunk.count,
                        points.state.begin() + s * chunk_size))
          return {};
      const auto& c = *chunk.elastic;
      for (std::int64_t k = 0; k < chunk.count; ++k) {
        double energy = 0;
        for (int i = 0; i < 6; ++i)
          for (int j = 0; j < 6; ++j)
            energy += 0.5 * c(i, j) * points.strain[i * chunk_size + k] *
                      points.strain[j * chunk_size + k];
        // Of the products with large moduli of nearly incompressible phases.
        constexpr double round_off = 1e-9;
        if (!(std::abs(points.energy[k] - energy) <= round_off * energy)) return {};
        sum += points.energy[k];
        for (std::size_t c = 0; c < 3; ++c)
          out_of_plane[c] += points.stress[places_out_of_plane[c] * chunk_size + k];
      }
    }
  }
  const double weight = 1. / static_cast<double>(grid().n_voxels());
  ElasticAnswer answer;
  answer.energy = weight * sum;
  if (grid().dimension() == 2) answer.out_of_plane = out_of_plane_of(out_of_plane, weight);
  return answer;
}

void ProcessorLawField::load_state(const State& state, const Chunk& chunk, Points& points) const {
  // States have the stride of their chunk, points that of a full one.
  points.state.resize(static_cast<std::size_t>(chunk.n_state) * chunk_size);
  for (int s = 0; s < chunk.n_state; ++s) {
    double* to = points.state.data() + s * chunk_size;
    const auto from = chunk.state + s * chunk.count;
    if (single_)
      std::copy_n(state.in_single.data() + from, chunk.count, to);
    else
      std::copy_n(state.in_double.data() + from, chunk.count, to);
  }
}

double ProcessorLawField::accept(std::int64_t b, const StrainField& strain, double time_step) {
  const auto places = places_of(grid().dimension());
  const auto& structure = this->structure(b);
  auto& state = states_[b];
  const auto n_slabs = static_cast<std::int64_t>(structure.slabs.size());
  std::vector<double> changes(n_slabs, 0.);
  constexpr std::int64_t grain = 2;
  at::parallel_for(0, n_slabs, grain, [&](std::int64_t begin, std::int64_t end) {
    Points points;
    std::vector<double> after;
    for (auto i = begin; i < end; ++i) {
      const auto& slab = structure.slabs[i];
      const auto strains = strain_of(strain.displacement, b, slab);
      for (auto n = slab.first_chunk; n < slab.last_chunk; ++n) {
        const auto& chunk = structure.chunks[n];
        if (chunk.n_state == 0) continue;
        gather(strains.data_ptr<double>(), strains.numel() / grid().n_components(), places,
               structure.voxels.data() + chunk.first, chunk.count, strain.mean[b],
               points.strain.data());
        load_state(state, chunk, points);
        after.resize(points.state.size());
        chunk.law->respond(points.of(chunk, time_step),
                           {points.stress.data(), nullptr, points.energy.data(), after.data()});
        for (int s = 0; s < chunk.n_state; ++s) {
          const double* from = after.data() + s * chunk_size;
          const auto at = chunk.state + s * chunk.count;
          if (!single_) {
            std::copy_n(from, chunk.count, state.in_double.data() + at);
            continue;
          }
          for (std::int64_t k = 0; k < chunk.count; ++k) {
            float& to = state.in_single[at + k];
            to = static_cast<float>(from[k]);
            const double change = from[k] - static_cast<double>(to);
            changes[i] += 2 * chunk.largest_modulus * change * change;
          }
        }
      }
    }
  });
  return std::sqrt(std::accumulate(changes.begin(), changes.end(), 0.) /
                   static_cast<double>(grid().n_voxels()));
}

std::vector<double> ProcessorLawField::state(std::int64_t b) const {
  const auto& state = states_[b];
  if (single_) return {state.in_single.begin(), state.in_single.end()};
  return state.in_double;
}

void ProcessorLawField::set_state(std::int64_t b, std::span<const double> values) {
  auto& state = states_[b];
  if (single_)
    std::copy(values.begin(), values.end(), state.in_single.begin());
  else
    std::copy(values.begin(), values.end(), state.in_double.begin());
}

std::vector<Deformation::Field> LawField::state_fields(std::int64_t b) const {
  const auto n_voxels = grid().n_voxels();
  const auto state = this->state(b);
  std::vector<Deformation::Field> fields;
  for (const auto& chunk : structure(b).chunks) {
    std::int64_t at = chunk.state;
    for (const auto& variable : chunk.law->state_variables()) {
      auto field = std::find_if(fields.begin(), fields.end(),
                                [&](const auto& f) { return f.name == variable.name; });
      if (field == fields.end()) {
        fields.push_back({variable.name, variable.unit, variable.n_components,
                          std::vector<double>(variable.n_components * n_voxels, 0.)});
        field = fields.end() - 1;
      }
      // Laws with quantities of one name and different kinds: the first one counts.
      if (field->n_components == variable.n_components)
        for (int c = 0; c < variable.n_components; ++c)
          for (std::int64_t k = 0; k < chunk.count; ++k)
            field->values[c * n_voxels + chunk.base + structure(b).voxels[chunk.first + k]] =
                state[at + c * chunk.count + k];
      at += variable.n_components * chunk.count;
    }
  }
  return fields;
}

}  // namespace seco::surrogate
