#include "device_law_field.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <cstring>

namespace seco::surrogate {
namespace {

template <typename Number>
torch::Tensor bytes_of(const std::vector<Number>& values) {
  auto result =
      torch::empty({static_cast<std::int64_t>(values.size() * sizeof(Number))}, torch::kByte);
  std::memcpy(result.data_ptr(), values.data(), values.size() * sizeof(Number));
  return result;
}

}  // namespace

/// Voxels of one kind of model, while they are collected.
struct DeviceLawField::GroupBuilder {
  std::vector<std::byte> models;
  std::map<const materials::Law*, std::int32_t> number;
  std::vector<double> largest_modulus;
  std::vector<std::int32_t> model, voxel;
  std::vector<LawBlock> blocks;

  std::int32_t model_of(const LawStructure::Chunk& chunk) {
    const auto [at, is_new] =
        number.emplace(chunk.law, static_cast<std::int32_t>(largest_modulus.size()));
    if (is_new) {
      const auto plain = chunk.law->plain_model();
      models.insert(models.end(), plain->bytes.begin(), plain->bytes.end());
      largest_modulus.push_back(chunk.largest_modulus);
    }
    return at->second;
  }
  void add_points(const LawStructure& structure, const LawStructure::Chunk& chunk,
                  std::int32_t of_model) {
    model.insert(model.end(), static_cast<std::size_t>(chunk.count), of_model);
    for (std::int64_t k = 0; k < chunk.count; ++k)
      voxel.push_back(static_cast<std::int32_t>(chunk.base + structure.voxels[chunk.first + k]));
  }
  /// Of the points of an RVE that begin at `first`. @param state where theirs begins
  void add_blocks(std::int64_t rve, std::int64_t first, std::int64_t state) {
    const std::int64_t count = n_points() - first;
    for (std::int64_t at = 0; at < count; at += law_block_size)
      blocks.push_back(
          {first + at,
           static_cast<std::int32_t>(std::min<std::int64_t>(law_block_size, count - at)),
           static_cast<std::int32_t>(rve), state + at, count});
  }
  std::int64_t n_points() const { return static_cast<std::int64_t>(voxel.size()); }
};

/// Arguments, and the memory that they point to.
struct DeviceLawField::Question {
  LawArguments arguments;
  torch::Tensor displacement, numbers, active, sums, partial_sums;
};

std::optional<std::size_t> DeviceLawField::unknown_phase(const LawKernels& kernels,
                                                         const LawStructure& structure) {
  for (std::size_t p = 0; p < structure.elastic.size(); ++p) {
    if (structure.elastic[p].size() == 0) continue;
    const auto plain = structure.laws[p]->plain_model();
    if (!plain || !kernels.knows(plain->kind, plain->bytes.size())) return p;
  }
  return {};
}

DeviceLawField::DeviceLawField(std::vector<std::shared_ptr<const LawStructure>> structures,
                               bool single_precision_state, const LawKernels& kernels,
                               const torch::Device& device)
    : LawField(std::move(structures)),
      kernels_(kernels),
      device_(device),
      single_(single_precision_state) {
  GroupBuilders builders;
  state_begin_.push_back(0);
  for (std::int64_t b = 0; b < batch_size(); ++b) collect(b, builders);
  upload(builders);
  state_ =
      torch::empty({state_begin_.back()},
                   torch::TensorOptions(single_ ? torch::kFloat : torch::kDouble).device(device_));
  for (std::int64_t b = 0; b < batch_size(); ++b) set_state(b, structure(b).initial_state);
}

void DeviceLawField::collect(std::int64_t b, GroupBuilders& builders) {
  const auto& structure = this->structure(b);
  // By group and model.
  std::map<std::pair<int, int>, std::map<std::int32_t, std::vector<std::size_t>>> chunks_of;
  for (std::size_t c = 0; c < structure.chunks.size(); ++c) {
    const auto& chunk = structure.chunks[c];
    const std::pair key{chunk.law->plain_model()->kind, chunk.n_state};
    chunks_of[key][builders[key].model_of(chunk)].push_back(c);
  }
  auto& places = places_.emplace_back(structure.chunks.size());
  const std::int64_t begin = state_begin_.back();
  std::int64_t state = begin;
  for (const auto& [key, by_model] : chunks_of) {
    auto& group = builders[key];
    const auto first = group.n_points();
    for (const auto& [model, chunks] : by_model)
      for (const auto c : chunks) {
        places[c].first = state - begin + group.n_points() - first;
        group.add_points(structure, structure.chunks[c], model);
      }
    group.add_blocks(b, first, state);
    const auto count = group.n_points() - first;
    for (const auto& [model, chunks] : by_model)
      for (const auto c : chunks) places[c].stride = count;
    state += key.second * count;
  }
  state_begin_.push_back(state);
}

void DeviceLawField::upload(const GroupBuilders& builders) {
  const auto keep = [&](const torch::Tensor& tensor) {
    memory_.push_back(on_device(tensor));
    return memory_.back().data_ptr();
  };
  std::vector<std::vector<std::int64_t>> blocks_of(static_cast<std::size_t>(batch_size()));
  for (const auto& [key, builder] : builders) {
    LawGroup group;
    group.kind = key.first;
    group.n_state = key.second;
    group.models = keep(bytes_of(builder.models));
    group.largest_modulus = static_cast<const double*>(keep(bytes_of(builder.largest_modulus)));
    group.model = static_cast<const std::int32_t*>(keep(bytes_of(builder.model)));
    group.voxel = static_cast<const std::int32_t*>(keep(bytes_of(builder.voxel)));
    group.blocks = static_cast<const LawBlock*>(keep(bytes_of(builder.blocks)));
    group.n_blocks = static_cast<std::int64_t>(builder.blocks.size());
    group.first_block = n_blocks_;
    for (const auto& block : builder.blocks) blocks_of[block.rve].push_back(n_blocks_++);
    groups_.push_back(group);
  }
  std::vector<std::int64_t> first{0}, order;
  for (const auto& blocks : blocks_of) {
    order.insert(order.end(), blocks.begin(), blocks.end());
    first.push_back(static_cast<std::int64_t>(order.size()));
  }
  first_of_rve_ = on_device(torch::tensor(first, torch::kLong));
  order_ = on_device(torch::tensor(order, torch::kLong));
}

torch::Tensor DeviceLawField::on_device(const torch::Tensor& numbers) const {
  return numbers.to(device_);
}

DeviceLawField::Question DeviceLawField::question(const StrainField& strain,
                                                  const std::vector<double>& time_step,
                                                  const std::vector<bool>& active,
                                                  std::int64_t n_sums) const {
  const auto batch = batch_size();
  const auto m = grid().n_components();
  std::vector<double> numbers;
  for (const auto& mean : strain.mean) numbers.insert(numbers.end(), mean.data(), mean.data() + m);
  numbers.insert(numbers.end(), time_step.begin(), time_step.end());
  Question q;
  q.displacement = strain.displacement.contiguous();
  q.numbers = on_device(torch::tensor(numbers, torch::kDouble));
  q.active = on_device(torch::tensor(std::vector<int>(active.begin(), active.end()), torch::kByte));
  q.sums = torch::empty({batch, n_sums}, q.numbers.options());
  q.partial_sums = torch::empty({n_sums, n_blocks_}, q.numbers.options());
  auto& a = q.arguments;
  a.device = state_.device().index();
  a.dimension = grid().dimension();
  for (int i = 0; i < a.dimension; ++i) {
    a.shape[i] = grid().shape[i];
    a.spacing[i] = grid().spacing[i];
  }
  a.n_rves = static_cast<int>(batch);
  a.displacement = q.displacement.data_ptr<double>();
  a.mean_strain = q.numbers.data_ptr<double>();
  a.time_step = a.mean_strain + batch * m;
  a.active = q.active.data_ptr<std::uint8_t>();
  a.state = state_.data_ptr();
  a.single_precision_state = single_;
  a.sums = q.sums.data_ptr<double>();
  a.partial_sums = q.partial_sums.data_ptr<double>();
  a.n_blocks = n_blocks_;
  a.first_of_rve = first_of_rve_.data_ptr<std::int64_t>();
  a.order = order_.data_ptr<std::int64_t>();
  return q;
}

void DeviceLawField::check_time_step(std::int64_t b, double time_step) const {
  // A law that refuses it does so without any points too.
  for (const auto& law : structure(b).laws)
    if (law && law->depends_on_time()) law->respond({0, 0, nullptr, nullptr, time_step}, {});
}

LawFieldAnswer DeviceLawField::respond(const StrainField& strain,
                                       const std::vector<double>& time_step,
                                       std::optional<torch::ScalarType> tangent_type,
                                       const std::vector<bool>& active,
                                       const LawFieldAnswer* before) const {
  auto answer = prepared(tangent_type, active, before);
  for (std::int64_t b = 0; b < batch_size(); ++b)
    if (active[b]) check_time_step(b, time_step[b]);
  const auto q = question(strain, time_step, active, n_response_sums(grid().dimension()));
  auto a = q.arguments;
  a.stress = answer.stress.data_ptr<double>();
  a.energy = answer.energy.data_ptr<double>();
  if (tangent_type) {
    a.tangent = answer.tangent.data_ptr();
    a.double_precision_tangent = *tangent_type == torch::kDouble;
  }
  kernels_.respond(groups_, a);
  const auto sums = q.sums.cpu();
  const int m = grid().n_components();
  const double weight = 1. / static_cast<double>(grid().n_voxels());
  for (std::int64_t b = 0; b < batch_size(); ++b) {
    if (!active[b]) continue;
    const double* of_rve = sums.data_ptr<double>() + b * sums.size(1);
    // As PointwiseLaw asks for it.
    answer.step_ratio[b] = of_rve[0] > 0 ? 0.5 : 1.;
    answer.mean_energy[b] = weight * of_rve[1];
    for (int k = 0; k < m; ++k) answer.mean_stress[b][k] = weight * of_rve[2 + k];
    if (answer.step_ratio[b] < 1 || !answer.mean_stress[b].allFinite())
      answer.failed_phase[b] = failed_phase(b, strain, time_step[b]);
    if (const int first = first_out_of_plane_sum(grid().dimension()); sums.size(1) > first)
      answer.mean_out_of_plane[b] =
          out_of_plane_of({of_rve[first], of_rve[first + 1], of_rve[first + 2]}, weight);
    if (!tangent_type) continue;
    auto& mean = answer.mean_tangent[b];
    const double* c = of_rve + 2 + m;
    for (int k = 0; k < m; ++k)
      for (int l = k; l < m; ++l, ++c) mean(k, l) = mean(l, k) = weight * *c;
  }
  return answer;
}

int DeviceLawField::failed_phase(std::int64_t b, const StrainField& strain,
                                 double time_step) const {
  ProcessorLawField laws({shared_structure(b)}, single_);
  laws.set_state(0, state(b));
  const StrainField own{strain.displacement.narrow(0, b, 1).cpu().contiguous(), {strain.mean[b]}};
  return laws.respond(own, {time_step}, {}, {true}).failed_phase[0];
}

std::vector<double> DeviceLawField::gap(const StrainField& strain, const LawFieldAnswer& answer,
                                        const Equilibration& stress,
                                        const std::vector<double>& time_step,
                                        const std::vector<bool>& active) const {
  const auto batch = batch_size();
  const int m = grid().n_components();
  std::vector<double> result(batch, 0.);
  const auto has_gap = bounded(active, result);
  if (std::none_of(has_gap.begin(), has_gap.end(), [](bool has) { return has; })) return result;
  const auto q = question(strain, time_step, has_gap, 1);
  std::vector<double> numbers;
  for (std::int64_t b = 0; b < batch; ++b) {
    numbers.push_back(stress.medium.lambda.data_ptr<double>()[b]);
    numbers.push_back(2 * stress.medium.mu.data_ptr<double>()[b]);
  }
  for (const auto& shift : stress.shift)
    numbers.insert(numbers.end(), shift.data(), shift.data() + m);
  if (stress.rest.empty()) numbers.insert(numbers.end(), batch * m, 0.);
  for (const auto& rest : stress.rest) numbers.insert(numbers.end(), rest.data(), rest.data() + m);
  const auto of_stress = on_device(torch::tensor(numbers, torch::kDouble));
  auto a = q.arguments;
  a.stress = answer.stress.data_ptr<double>();
  a.energy = answer.energy.data_ptr<double>();
  a.correction = stress.correction.data_ptr<double>();
  a.medium = of_stress.data_ptr<double>();
  a.shift = a.medium + 2 * batch;
  a.rest = a.shift + batch * m;
  a.part = stress.part;
  kernels_.gap(groups_, a);
  const auto sums = q.sums.cpu();
  for (std::int64_t b = 0; b < batch; ++b)
    if (has_gap[b]) result[b] = sums.data_ptr<double>()[b] / static_cast<double>(grid().n_voxels());
  return result;
}

double DeviceLawField::accept(std::int64_t b, const StrainField& strain, double time_step) {
  check_time_step(b, time_step);
  std::vector<bool> only(static_cast<std::size_t>(batch_size()), false);
  only[b] = true;
  const auto q = question(strain, std::vector<double>(only.size(), time_step), only, 1);
  kernels_.accept(groups_, q.arguments);
  if (!single_) return 0;
  return std::sqrt(q.sums[b].item<double>() / static_cast<double>(grid().n_voxels()));
}

template <typename Function>
void DeviceLawField::for_each_row(std::int64_t b, const Function& f) const {
  const auto& chunks = structure(b).chunks;
  for (std::size_t c = 0; c < chunks.size(); ++c)
    for (int s = 0; s < chunks[c].n_state; ++s)
      f(chunks[c].state + s * chunks[c].count, places_[b][c].first + s * places_[b][c].stride,
        chunks[c].count);
}

std::vector<double> DeviceLawField::state(std::int64_t b) const {
  const auto n = state_begin_[b + 1] - state_begin_[b];
  const auto here = state_.narrow(0, state_begin_[b], n).to(torch::kCPU, torch::kDouble);
  std::vector<double> result(n);
  for_each_row(b, [&](std::int64_t to, std::int64_t from, std::int64_t count) {
    std::copy_n(here.data_ptr<double>() + from, count, result.data() + to);
  });
  return result;
}

void DeviceLawField::set_state(std::int64_t b, std::span<const double> values) {
  const auto n = state_begin_[b + 1] - state_begin_[b];
  auto here = torch::empty({n}, torch::kDouble);
  for_each_row(b, [&](std::int64_t from, std::int64_t to, std::int64_t count) {
    std::copy_n(values.data() + from, count, here.data_ptr<double>() + to);
  });
  state_.narrow(0, state_begin_[b], n).copy_(here);
}

}  // namespace seco::surrogate
