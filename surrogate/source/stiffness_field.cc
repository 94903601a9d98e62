#include "stiffness_field.h"

#include <torch/csrc/autograd/custom_function.h>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <Eigen/Dense>
#include <algorithm>
#include <limits>
#include <stdexcept>

#include "../cpu/field_kernels.h"
#include "../cuda/operators.h"
#include "ritz.h"

namespace seco::surrogate {
namespace {

torch::Tensor apply_portable(const torch::Tensor& phase, const torch::Tensor& table,
                             const torch::Tensor& field) {
  const auto batch = field.size(0), loads = field.size(1), m = field.size(2);
  const auto x = field.reshape({batch, loads, m, -1});
  const auto index = phase.unsqueeze(-1).expand({batch, phase.size(1), m * m});
  const auto matrices = torch::gather(table.flatten(2), 1, index)
                            .transpose(1, 2)
                            .reshape({batch, m, m, phase.size(1)});
  std::vector<torch::Tensor> rows;
  for (std::int64_t i = 0; i < m; ++i)
    rows.push_back((matrices.select(1, i).unsqueeze(1) * x).sum(2));
  return torch::stack(rows, 2).reshape(field.sizes());
}

// Phases and table as multiply() of the CPU or the portable way wants them.
torch::Tensor apply_table(const torch::Tensor& phase, const torch::Tensor& table,
                          const torch::Tensor& field) {
  if (cuda::takes(field)) return cuda::apply(phase, table, field);
  return field.is_cpu() ? cpu::multiply(phase, table, field) : apply_portable(phase, table, field);
}

// The matrices are symmetric, so the function is its own derivative.
struct ApplyFunction : torch::autograd::Function<ApplyFunction> {
  static torch::Tensor forward(torch::autograd::AutogradContext* ctx, const torch::Tensor& field,
                               const torch::Tensor& phase, const torch::Tensor& table) {
    ctx->saved_data["phase"] = phase;
    ctx->saved_data["table"] = table;
    return apply_table(phase, table, field);
  }
  static torch::autograd::tensor_list backward(torch::autograd::AutogradContext* ctx,
                                               torch::autograd::tensor_list gradient) {
    const auto phase = ctx->saved_data.at("phase").toTensor();
    const auto table = ctx->saved_data.at("table").toTensor();
    return {apply_table(phase, table, gradient[0]), torch::Tensor(), torch::Tensor()};
  }
};

using LongMatrix = Eigen::Matrix<long double, Eigen::Dynamic, Eigen::Dynamic, 0, 6, 6>;

/// The compliance of a phase, rounded, and what the phase adds to the conditioning of its RVE.
/// Ill-conditioned phases (nearly incompressible ones) are inverted in extended precision.
materials::MandelMatrix invert(const materials::MandelMatrix& stiffness, Conditioning& all) {
  constexpr double easy = 1e-5;
  Eigen::SelfAdjointEigenSolver<materials::MandelMatrix> values(stiffness, Eigen::EigenvaluesOnly);
  double smallest = values.eigenvalues().minCoeff();
  const double largest = values.eigenvalues().maxCoeff();
  const LongMatrix extended = stiffness.cast<long double>();
  materials::MandelMatrix inverse;
  if (smallest > easy * largest) {
    inverse = stiffness.inverse();
  } else {
    smallest = static_cast<double>(
        Eigen::SelfAdjointEigenSolver<LongMatrix>(extended, Eigen::EigenvaluesOnly)
            .eigenvalues()
            .minCoeff());
    inverse = LongMatrix(extended.inverse()).cast<double>();
  }
  const materials::MandelMatrix symmetric = 0.5 * (inverse + inverse.transpose());
  // All eigenvalues of C S lie within || C S - I || of 1.
  const LongMatrix defect = extended * symmetric.cast<long double>() -
                            LongMatrix::Identity(stiffness.rows(), stiffness.cols());
  const double absolute = stiffness.cwiseAbs().norm();
  const double condition = smallest > 0 ? absolute / smallest : std::numeric_limits<double>::max();
  const bool first = all.largest == 0;
  all.smallest = first ? smallest : std::min(all.smallest, smallest);
  all.largest = std::max(all.largest, largest);
  all.absolute = std::max(all.absolute, absolute);
  all.condition = std::max(all.condition, condition);
  all.n_phases += 1;
  all.inverse_defect = std::max(all.inverse_defect,
                                static_cast<double>(defect.norm()) + entry_round_off * condition);
  return symmetric;
}

std::string describe(const Grid& grid) {
  return fmt::format("{} voxels of size {}", fmt::join(grid.shape, "x"),
                     fmt::join(grid.spacing, "x"));
}

}  // namespace

torch::Tensor upper_triangles(const torch::Tensor& table) {
  const auto m = table.size(-1);
  const auto upper = torch::triu_indices(m, m, 0, torch::kLong);
  const auto index = (upper[0] * m + upper[1]).to(table.device());
  return table.flatten(2).index_select(2, index).contiguous();
}

torch::Tensor compact_table(const torch::Tensor& table) {
  return upper_triangles(table).transpose(1, 2).contiguous();
}

StiffnessField::StiffnessField(std::span<const materials::Rve> rves,
                               const torch::TensorOptions& options) {
  if (rves.empty()) throw std::invalid_argument("a stiffness field needs at least one RVE");
  grid_ = grid_of(rves.front());
  const auto batch = static_cast<std::int64_t>(rves.size());
  const std::int64_t m = grid_.n_components();
  std::size_t n_phases = 0;
  for (const auto& rve : rves) n_phases = std::max(n_phases, rve.stiffness.size());

  phase_ = torch::empty({batch, grid_.n_voxels()}, torch::kLong);
  table_double_ = torch::zeros({batch, static_cast<std::int64_t>(n_phases), m, m}, torch::kDouble);
  compliance_double_ = torch::zeros_like(table_double_);
  scale_ = torch::empty({batch}, torch::kDouble);
  has_void_.assign(rves.size(), false);
  conditioning_.assign(rves.size(), {});

  for (std::int64_t b = 0; b < batch; ++b) {
    const auto& rve = rves[b];
    if (!(grid_of(rve) == grid_))
      throw std::invalid_argument(fmt::format("RVE {} of the batch has {}, the first has {}", b,
                                              describe(grid_of(rve)), describe(grid_)));
    auto* phases = phase_[b].data_ptr<std::int64_t>();
    std::vector<bool> used(rve.stiffness.size(), false);
    for (std::size_t v = 0; v < rve.phase.size(); ++v) {
      phases[v] = rve.phase[v];
      used[rve.phase[v]] = true;
    }
    double largest = 0;
    for (std::size_t p = 0; p < rve.stiffness.size(); ++p)
      if (used[p]) largest = std::max(largest, rve.stiffness[p].cwiseAbs().maxCoeff());
    if (!(largest > 0))
      throw std::invalid_argument(
          fmt::format("RVE {} of the batch has no phase of non-zero stiffness", b));
    scale_[b] = largest;
    for (std::size_t p = 0; p < rve.stiffness.size(); ++p) {
      if (!used[p]) continue;
      const materials::MandelMatrix stiffness =
          0.5 * (rve.stiffness[p] + rve.stiffness[p].transpose()) / largest;
      const auto index = static_cast<std::int64_t>(p);
      std::copy_n(stiffness.data(), m * m, table_double_[b][index].data_ptr<double>());
      if (stiffness.cwiseAbs().maxCoeff() == 0.) {
        has_void_[b] = true;
        continue;
      }
      const auto compliance = invert(stiffness, conditioning_[b]);
      std::copy_n(compliance.data(), m * m, compliance_double_[b][index].data_ptr<double>());
    }
  }
  const bool oriented = std::all_of(rves.begin(), rves.end(),
                                    [](const auto& rve) { return !rve.orientation.empty(); });
  if (oriented) {
    orientations_ = torch::zeros({batch, static_cast<std::int64_t>(n_phases), 3}, torch::kDouble);
    for (std::int64_t b = 0; b < batch; ++b)
      for (std::size_t p = 0; p < rves[b].orientation.size(); ++p)
        std::copy_n(rves[b].orientation[p].data(), 3,
                    orientations_[b][static_cast<std::int64_t>(p)].data_ptr<double>());
  }
  std::vector<torch::Tensor> fractions;
  for (std::int64_t b = 0; b < batch; ++b)
    fractions.push_back(torch::bincount(phase_[b], {}, table_double_.size(1)).to(torch::kDouble) /
                        static_cast<double>(grid_.n_voxels()));
  fractions_ = torch::stack(fractions).reshape({batch, -1, 1, 1});
  phase_ = phase_.to(options.device());
  table_ = table_double_.to(options);
  compliance_ = compliance_double_.to(options);
  make_compact_tables();
}

void StiffnessField::make_compact_tables() {
  compact_ = {};
  if (cuda::takes(table_))
    compact_ = {cuda::compact_phase(phase_), upper_triangles(table_), upper_triangles(compliance_)};
  if (!phase_.is_cpu()) return;
  compact_ = {phase_.to(torch::kInt), compact_table(table_), compact_table(compliance_)};
}

torch::Tensor StiffnessField::apply_either(const torch::Tensor& x, const torch::Tensor& table,
                                           const torch::Tensor& compact) const {
  return x.is_cpu() || cuda::takes(x) ? ApplyFunction::apply(x, compact_.phase, compact)
                                      : ApplyFunction::apply(x, phase_, table);
}

torch::Tensor StiffnessField::apply(const torch::Tensor& x) const {
  return apply_either(x, table_, compact_.stiffness);
}

torch::Tensor StiffnessField::apply_compliance(const torch::Tensor& x) const {
  return apply_either(x, compliance_, compact_.compliance);
}

std::pair<torch::Tensor, torch::Tensor> StiffnessField::forms_of_either(
    const torch::Tensor& x, const torch::Tensor& table, const torch::Tensor& compact) const {
  if (x.is_cpu()) return cpu::forms(compact_.phase, compact, x);
  const auto y = apply_either(x, table, compact);
  return {gram(x, y, grid_), grid_mean(y, grid_).cpu()};
}

std::pair<torch::Tensor, torch::Tensor> StiffnessField::forms(const torch::Tensor& x) const {
  return forms_of_either(x, table_, compact_.stiffness);
}

std::pair<torch::Tensor, torch::Tensor> StiffnessField::compliance_forms(
    const torch::Tensor& x) const {
  return forms_of_either(x, compliance_, compact_.compliance);
}

torch::Tensor StiffnessField::quadratic_form(const torch::Tensor& x,
                                             const torch::Tensor& table) const {
  const auto values = table.to(x.options());
  if (cuda::takes(x))
    return cuda::quadratic_forms(compact_.phase, upper_triangles(values), x).cpu() /
           static_cast<double>(grid_.n_voxels());
  const auto y = x.is_cpu() ? apply_table(compact_.phase, compact_table(values), x)
                            : apply_table(phase_, values, x);
  return (x * y).flatten(2).sum(2, false, torch::kDouble).cpu() /
         static_cast<double>(grid_.n_voxels());
}

torch::Tensor StiffnessField::compliance_between(const torch::Tensor& lambda,
                                                 const torch::Tensor& mu) const {
  const int d = grid_.dimension();
  const std::int64_t m = grid_.n_components();
  auto volumetric = torch::zeros({m, m}, torch::kDouble);
  volumetric.narrow(0, 0, d).narrow(1, 0, d).fill_(1.);
  const auto medium = (lambda.reshape({-1, 1, 1}) * volumetric +
                       2. * mu.reshape({-1, 1, 1}) * torch::eye(m, torch::kDouble))
                          .unsqueeze(1);
  return torch::matmul(torch::matmul(medium, compliance_double_), medium);
}

torch::Tensor StiffnessField::mean_stiffness() const {
  return (fractions_ * table_double_).sum(1);
}

torch::Tensor StiffnessField::mean_compliance() const {
  return (fractions_ * compliance_double_).sum(1);
}

torch::Tensor StiffnessField::expand(const torch::Tensor& table) const {
  const auto values = table.to(table_.options());
  if (cuda::takes(values)) return cuda::expand(compact_.phase, values, grid_);
  const auto index = phase_.unsqueeze(-1).expand({phase_.size(0), phase_.size(1), values.size(2)});
  auto shape = std::vector<std::int64_t>{batch_size(), values.size(2)};
  shape.insert(shape.end(), grid_.shape.begin(), grid_.shape.end());
  return torch::gather(values, 1, index).transpose(1, 2).reshape(shape);
}

torch::Tensor StiffnessField::coefficients() const {
  return expand(upper_triangles(table_));
}

std::pair<torch::Tensor, torch::Tensor> StiffnessField::mean_lame() const {
  const int d = grid_.dimension();
  const auto mean = mean_stiffness();
  const auto block = mean.narrow(1, 0, d).narrow(2, 0, d);
  const auto bulk = block.sum({1, 2}) / (d * d);
  const auto trace = mean.diagonal(0, 1, 2).sum(1);
  const auto shear = (trace - d * bulk) / (2. * (grid_.n_components() - 1));
  return {bulk - 2. * shear / d, shear};
}

torch::Tensor StiffnessField::contrast() const {
  auto values = torch::empty({batch_size()}, torch::kDouble);
  for (std::int64_t b = 0; b < batch_size(); ++b)
    values[b] = conditioning_[b].largest / conditioning_[b].smallest;
  return values;
}

StiffnessField StiffnessField::to(const torch::TensorOptions& options) const {
  StiffnessField other = *this;
  other.phase_ = phase_.to(options.device());
  other.table_ = table_double_.to(options);
  other.compliance_ = compliance_double_.to(options);
  other.make_compact_tables();
  return other;
}

StiffnessField StiffnessField::select(const std::vector<std::int64_t>& indices) const {
  const auto index = torch::tensor(indices, torch::kLong);
  const auto device_index = index.to(phase_.device());
  StiffnessField part;
  part.grid_ = grid_;
  part.phase_ = phase_.index_select(0, device_index);
  part.table_ = table_.index_select(0, device_index);
  part.compliance_ = compliance_.index_select(0, device_index);
  part.table_double_ = table_double_.index_select(0, index);
  part.compliance_double_ = compliance_double_.index_select(0, index);
  part.fractions_ = fractions_.index_select(0, index);
  part.scale_ = scale_.index_select(0, index);
  if (orientations_.defined()) part.orientations_ = orientations_.index_select(0, index);
  for (const auto i : indices) {
    part.has_void_.push_back(has_void_[i]);
    part.conditioning_.push_back(conditioning_[i]);
  }
  for (const auto member :
       {&CompactTables::phase, &CompactTables::stiffness, &CompactTables::compliance})
    if ((compact_.*member).defined())
      part.compact_.*member = (compact_.*member).index_select(0, device_index);
  return part;
}

}  // namespace seco::surrogate
