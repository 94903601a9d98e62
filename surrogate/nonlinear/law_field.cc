#include "law_field.h"

#include <ATen/Dispatch.h>
#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <torch/torch.h>

#include <Eigen/Cholesky>
#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace seco::surrogate {
namespace {

using materials::LawAnswer;
using materials::LawPoints;

/// Points that a law gets at once: their arrays stay in the second cache.
constexpr std::int64_t chunk_size = 256;

/// Where the components of a field are among the six of a law.
std::vector<int> places_of(int dimension) {
  return dimension == 3 ? std::vector<int>{0, 1, 2, 3, 4, 5} : std::vector<int>{0, 1, 5};
}

constexpr int in_triangle(int i, int j) {
  if (i > j) std::swap(i, j);
  return i * 6 - i * (i - 1) / 2 + j - i;
}

/// Where the entries of the triangle of a field's tangent are in that of a law.
std::vector<int> triangle_places(const std::vector<int>& places) {
  std::vector<int> result;
  for (std::size_t i = 0; i < places.size(); ++i)
    for (std::size_t j = i; j < places.size(); ++j)
      result.push_back(in_triangle(places[i], places[j]));
  return result;
}

void gather(const double* field, std::int64_t n_voxels, const std::vector<int>& places,
            const std::int32_t* voxels, std::int64_t count, double* points) {
  for (std::size_t c = 0; c < places.size(); ++c) {
    const double* from = field + static_cast<std::int64_t>(c) * n_voxels;
    double* to = points + places[c] * chunk_size;
    for (std::int64_t k = 0; k < count; ++k) to[k] = from[voxels[k]];
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

/// In plane strain: components normal to the plane for stresses whose components in it differ from
/// those of the strain, to first order those of least w*.
void complete_stress(const double* of_strain, const double* tangent, std::int64_t count,
                     double* stress) {
  const int in[] = {0, 1, 5}, out[] = {2, 3, 4};
  for (std::int64_t k = 0; k < count; ++k) {
    const auto c = [&](int i, int j) { return tangent[in_triangle(i, j) * chunk_size + k]; };
    Eigen::Matrix3d block;
    Eigen::Vector3d change;
    for (int i = 0; i < 3; ++i) {
      change[i] = stress[in[i] * chunk_size + k] - of_strain[in[i] * chunk_size + k];
      for (int j = 0; j < 3; ++j) block(i, j) = c(in[i], in[j]);
    }
    const Eigen::LLT<Eigen::Matrix3d> factor(block);
    Eigen::Vector3d strain = Eigen::Vector3d::Zero();
    if (factor.info() == Eigen::Success) strain = factor.solve(change);
    if (!strain.allFinite()) strain.setZero();
    for (int i = 0; i < 3; ++i) {
      double value = of_strain[out[i] * chunk_size + k];
      for (int j = 0; j < 3; ++j) value += c(out[i], in[j]) * strain[j];
      stress[out[i] * chunk_size + k] = value;
    }
  }
}

}  // namespace

/// Arrays for the points of a chunk.
struct LawField::Points {
  std::vector<double> strain = std::vector<double>(6 * chunk_size),
                      stress = std::vector<double>(6 * chunk_size),
                      tangent = std::vector<double>(21 * chunk_size),
                      energy = std::vector<double>(chunk_size), state;
};

torch::Tensor LawFieldAnswer::mean_energy() const {
  return energy.mean(1);
}

LawField::LawField(const std::vector<LawRve>& rves, bool single_precision_state)
    : single_(single_precision_state) {
  if (rves.empty()) throw std::invalid_argument("there is no RVE to deform");
  grid_ = grid_of(rves.front().rve);
  for (const auto& rve : rves) {
    if (!(grid_of(rve.rve) == grid_))
      throw std::invalid_argument("RVEs that are deformed together need the same grid");
    members_.push_back(make_member(rve));
  }
}

LawField::Member LawField::make_member(const LawRve& of) const {
  Member member;
  member.laws = of.laws;
  member.unit = of.rve.unit;
  const auto n_phases = *std::max_element(of.rve.phase.begin(), of.rve.phase.end()) + 1;
  std::vector<std::int64_t> counts(n_phases, 0);
  for (const auto phase : of.rve.phase) ++counts[phase];
  member.mean_elastic = materials::MandelMatrix::Zero(grid_.n_components(), grid_.n_components());
  const auto n_voxels = static_cast<double>(grid_.n_voxels());
  std::vector<std::int64_t> next(n_phases, 0);
  std::int64_t voxel = 0, state = 0;
  for (int p = 0; p < n_phases; ++p) {
    next[p] = voxel;
    if (counts[p] == 0) continue;
    if (static_cast<std::size_t>(p) >= of.laws.size() || !of.laws[p])
      throw std::invalid_argument(fmt::format("phase {} has no law", p));
    const auto& law = *of.laws[p];
    const auto elastic = law.elastic_stiffness();
    member.mean_elastic += (static_cast<double>(counts[p]) / n_voxels) *
                           (grid_.dimension() == 2 ? materials::plane_strain(elastic) : elastic);
    const auto guarantee = law.guarantee();
    auto& all = member.guarantee;
    if ((all.two_sided && !guarantee.two_sided) ||
        (all.along_path && !guarantee.along_path && guarantee.two_sided && all.reason.empty()))
      all.reason = fmt::format("phase {}: {}", p, guarantee.reason);
    all.two_sided = all.two_sided && guarantee.two_sided;
    all.along_path = all.along_path && guarantee.along_path && guarantee.two_sided;
    const double largest =
        Eigen::SelfAdjointEigenSolver<materials::MandelMatrix>(elastic, Eigen::EigenvaluesOnly)
            .eigenvalues()
            .maxCoeff();
    const auto initial = law.initial_state();
    const auto n_state = static_cast<int>(initial.size());
    for (std::int64_t first = 0; first < counts[p]; first += chunk_size) {
      const auto count = std::min(chunk_size, counts[p] - first);
      member.chunks.push_back({&law, largest, n_state, voxel + first, count, state});
      const auto n = static_cast<std::size_t>(count);
      for (const double value : initial) {
        if (single_)
          member.single_state.insert(member.single_state.end(), n, static_cast<float>(value));
        else
          member.state.insert(member.state.end(), n, value);
      }
      state += n_state * count;
    }
    voxel += counts[p];
  }
  member.voxels.resize(of.rve.phase.size());
  for (std::size_t v = 0; v < of.rve.phase.size(); ++v)
    member.voxels[next[of.rve.phase[v]]++] = static_cast<std::int32_t>(v);
  return member;
}

std::vector<std::pair<std::int64_t, std::int64_t>> LawField::chunks_of(
    const std::vector<bool>& active) const {
  std::vector<std::pair<std::int64_t, std::int64_t>> result;
  for (std::int64_t b = 0; b < batch_size(); ++b)
    if (active[b])
      for (std::size_t i = 0; i < members_[b].chunks.size(); ++i)
        result.emplace_back(b, static_cast<std::int64_t>(i));
  return result;
}

LawFieldAnswer LawField::respond(const torch::Tensor& strain, const std::vector<double>& time_step,
                                 std::optional<torch::ScalarType> tangent_type,
                                 const std::vector<bool>& active,
                                 const LawFieldAnswer* before) const {
  const auto places = places_of(grid_.dimension()), in_tangent = triangle_places(places);
  const auto n_voxels = grid_.n_voxels(), batch = batch_size();
  const std::int64_t m = grid_.n_components(), n_coefficients = m * (m + 1) / 2;
  LawFieldAnswer answer;
  answer.stress = torch::empty(strain.sizes(), torch::kDouble);
  answer.energy = torch::empty({batch, n_voxels}, torch::kDouble);
  answer.step_ratio.assign(batch, 1.);
  if (tangent_type) {
    std::vector<std::int64_t> shape{batch, n_coefficients};
    shape.insert(shape.end(), grid_.shape.begin(), grid_.shape.end());
    answer.tangent = torch::empty(shape, *tangent_type);
    answer.mean_tangent.assign(batch, materials::MandelMatrix::Identity(m, m));
  }
  for (std::int64_t b = 0; b < batch; ++b) {
    if (active[b]) continue;
    if (before) {
      answer.stress[b].copy_(before->stress[b]);
      answer.energy[b].copy_(before->energy[b]);
      answer.step_ratio[b] = before->step_ratio[b];
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
  const auto chunks = chunks_of(active);
  const auto n_chunks = static_cast<std::int64_t>(chunks.size());
  std::vector<double> ratios(n_chunks, 1.), sums(n_chunks * n_coefficients, 0.);
  at::parallel_for(0, n_chunks, 8, [&](std::int64_t begin, std::int64_t end) {
    Points points;
    for (auto i = begin; i < end; ++i) {
      const auto [b, number] = chunks[i];
      const auto& member = members_[b];
      const auto& chunk = member.chunks[number];
      const auto* voxels = member.voxels.data() + chunk.first;
      gather(strain.data_ptr<double>() + b * m * n_voxels, n_voxels, places, voxels, chunk.count,
             points.strain.data());
      load_state(member, chunk, points);
      ratios[i] = chunk.law->respond(
          {chunk.count, chunk_size, points.strain.data(), points.state.data(), time_step[b]},
          {points.stress.data(), tangent_type ? points.tangent.data() : nullptr,
           points.energy.data(), nullptr});
      scatter(points.stress.data(), n_voxels, places, voxels, chunk.count,
              answer.stress.data_ptr<double>() + b * m * n_voxels);
      scatter(points.energy.data(), n_voxels, {0}, voxels, chunk.count,
              answer.energy.data_ptr<double>() + b * n_voxels);
      if (!tangent_type) continue;
      AT_DISPATCH_FLOATING_TYPES(*tangent_type, "tangent", [&] {
        scatter(points.tangent.data(), n_voxels, in_tangent, voxels, chunk.count,
                answer.tangent.data_ptr<scalar_t>() + b * n_coefficients * n_voxels);
      });
      for (std::int64_t c = 0; c < n_coefficients; ++c) {
        const double* values = points.tangent.data() + in_tangent[c] * chunk_size;
        sums[i * n_coefficients + c] = std::accumulate(values, values + chunk.count, 0.);
      }
    }
  });
  for (std::int64_t i = 0; i < n_chunks; ++i) {
    const auto b = chunks[i].first;
    answer.step_ratio[b] = std::min(answer.step_ratio[b], ratios[i]);
    if (!tangent_type) continue;
    auto& mean = answer.mean_tangent[b];
    if (chunks[i].second == 0) mean.setZero();
    std::int64_t c = i * n_coefficients;
    for (int k = 0; k < m; ++k)
      for (int l = k; l < m; ++l, ++c) {
        mean(k, l) += sums[c] / static_cast<double>(n_voxels);
        mean(l, k) = mean(k, l);
      }
  }
  return answer;
}

std::vector<double> LawField::gap(const torch::Tensor& strain, const torch::Tensor& energy,
                                  const torch::Tensor& stress, const std::vector<double>& time_step,
                                  const std::vector<bool>& active, double scale) const {
  const auto places = places_of(grid_.dimension());
  const auto n_voxels = grid_.n_voxels();
  const std::int64_t m = grid_.n_components();
  std::vector<double> result(batch_size(), 0.);
  auto bounded = active;
  for (std::int64_t b = 0; b < batch_size(); ++b)
    if (active[b] && !members_[b].guarantee.two_sided) {
      result[b] = std::numeric_limits<double>::infinity();
      bounded[b] = false;
    }
  const auto chunks = chunks_of(bounded);
  const auto n_chunks = static_cast<std::int64_t>(chunks.size());
  std::vector<double> sums(n_chunks, 0.);
  at::parallel_for(0, n_chunks, 8, [&](std::int64_t begin, std::int64_t end) {
    Points points;
    std::vector<double> given(6 * chunk_size, 0.), dual(chunk_size);
    for (auto i = begin; i < end; ++i) {
      const auto [b, number] = chunks[i];
      const auto& member = members_[b];
      const auto& chunk = member.chunks[number];
      const auto* voxels = member.voxels.data() + chunk.first;
      const auto at = b * m * n_voxels;
      gather(strain.data_ptr<double>() + at, n_voxels, places, voxels, chunk.count,
             points.strain.data());
      gather(stress.data_ptr<double>() + at, n_voxels, places, voxels, chunk.count, given.data());
      load_state(member, chunk, points);
      if (grid_.dimension() == 2) {
        chunk.law->respond(
            {chunk.count, chunk_size, points.strain.data(), points.state.data(), time_step[b]},
            {points.stress.data(), points.tangent.data(), points.energy.data(), nullptr});
        for (double& value : points.stress) value *= scale;
        complete_stress(points.stress.data(), points.tangent.data(), chunk.count, given.data());
      }
      chunk.law->dual({chunk.count, chunk_size, given.data(), points.state.data(), time_step[b]},
                      dual.data());
      const double* w = energy.data_ptr<double>() + b * n_voxels;
      for (std::int64_t k = 0; k < chunk.count; ++k) {
        double product = 0;
        double size = std::abs(w[voxels[k]]) + std::abs(dual[k]);
        for (const int c : places) {
          const double part = given[c * chunk_size + k] * points.strain[c * chunk_size + k];
          product += part;
          size += std::abs(part);
        }
        // What round-off may hide of a gap counts as gap.
        constexpr double round_off = 32 * std::numeric_limits<double>::epsilon();
        sums[i] += w[voxels[k]] + dual[k] - product + round_off * size;
      }
    }
  });
  for (std::int64_t i = 0; i < n_chunks; ++i)
    result[chunks[i].first] += sums[i] / static_cast<double>(n_voxels);
  return result;
}

void LawField::load_state(const Member& member, const Chunk& chunk, Points& points) const {
  // States have the stride of their chunk, points that of a full one.
  points.state.resize(static_cast<std::size_t>(chunk.n_state) * chunk_size);
  for (int s = 0; s < chunk.n_state; ++s) {
    double* to = points.state.data() + s * chunk_size;
    const auto from = chunk.state + s * chunk.count;
    if (single_)
      std::copy_n(member.single_state.data() + from, chunk.count, to);
    else
      std::copy_n(member.state.data() + from, chunk.count, to);
  }
}

double LawField::accept(std::int64_t b, const torch::Tensor& strain, double time_step) {
  const auto places = places_of(grid_.dimension());
  const auto n_voxels = grid_.n_voxels();
  auto& member = members_[b];
  const auto n_chunks = static_cast<std::int64_t>(member.chunks.size());
  std::vector<double> changes(n_chunks, 0.);
  at::parallel_for(0, n_chunks, 8, [&](std::int64_t begin, std::int64_t end) {
    Points points;
    std::vector<double> after;
    for (auto i = begin; i < end; ++i) {
      const auto& chunk = member.chunks[i];
      if (chunk.n_state == 0) continue;
      gather(strain.data_ptr<double>() + b * grid_.n_components() * n_voxels, n_voxels, places,
             member.voxels.data() + chunk.first, chunk.count, points.strain.data());
      load_state(member, chunk, points);
      after.resize(points.state.size());
      chunk.law->respond(
          {chunk.count, chunk_size, points.strain.data(), points.state.data(), time_step},
          {points.stress.data(), nullptr, points.energy.data(), after.data()});
      for (int s = 0; s < chunk.n_state; ++s) {
        const double* from = after.data() + s * chunk_size;
        const auto at = chunk.state + s * chunk.count;
        if (!single_) {
          std::copy_n(from, chunk.count, member.state.data() + at);
          continue;
        }
        for (std::int64_t k = 0; k < chunk.count; ++k) {
          float& to = member.single_state[at + k];
          to = static_cast<float>(from[k]);
          const double change = from[k] - static_cast<double>(to);
          changes[i] += 2 * chunk.largest_modulus * change * change;
        }
      }
    }
  });
  return std::sqrt(std::accumulate(changes.begin(), changes.end(), 0.) /
                   static_cast<double>(n_voxels));
}

std::vector<double> LawField::state(std::int64_t b) const {
  const auto& member = members_[b];
  if (single_) return {member.single_state.begin(), member.single_state.end()};
  return member.state;
}

void LawField::set_state(std::int64_t b, std::span<const double> values) {
  auto& member = members_[b];
  if (single_)
    std::copy(values.begin(), values.end(), member.single_state.begin());
  else
    std::copy(values.begin(), values.end(), member.state.begin());
}

std::vector<Deformation::Field> LawField::state_fields(std::int64_t b) const {
  const auto& member = members_[b];
  const auto n_voxels = grid_.n_voxels();
  const auto state = this->state(b);
  std::vector<Deformation::Field> fields;
  for (const auto& chunk : member.chunks) {
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
            field->values[c * n_voxels + member.voxels[chunk.first + k]] =
                state[at + c * chunk.count + k];
      at += variable.n_components * chunk.count;
    }
  }
  return fields;
}

}  // namespace seco::surrogate
