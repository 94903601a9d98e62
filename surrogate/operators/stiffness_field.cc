#include "stiffness_field.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <Eigen/Dense>
#include <algorithm>
#include <limits>
#include <stdexcept>

#include "kernel_tables.h"
#include "linear_operator.h"
#include "matrices.h"

namespace seco::surrogate {
namespace {

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

StiffnessField::StiffnessField(std::span<const materials::Rve> rves,
                               const torch::TensorOptions& options) {
  if (rves.empty()) throw std::invalid_argument("a stiffness field needs at least one RVE");
  const Grid grid = grid_of(rves.front());
  const auto batch = static_cast<std::int64_t>(rves.size());
  const std::int64_t m = grid.n_components();
  std::size_t n_phases = 0;
  for (const auto& rve : rves) n_phases = std::max(n_phases, rve.stiffness.size());

  auto phase = torch::empty({batch, grid.n_voxels()}, torch::kLong);
  stiffness_double_ =
      torch::zeros({batch, static_cast<std::int64_t>(n_phases), m, m}, torch::kDouble);
  compliance_double_ = torch::zeros_like(stiffness_double_);
  scale_ = torch::empty({batch}, torch::kDouble);
  has_void_.assign(rves.size(), false);
  conditioning_.assign(rves.size(), {});

  for (std::int64_t b = 0; b < batch; ++b) {
    const auto& rve = rves[b];
    // To index a tensor costs microseconds, which small RVEs would see.
    const auto matrix = [&](torch::Tensor& all, std::size_t p) {
      const auto place = b * static_cast<std::int64_t>(n_phases) + static_cast<std::int64_t>(p);
      return all.data_ptr<double>() + place * m * m;
    };
    if (!(grid_of(rve) == grid))
      throw std::invalid_argument(fmt::format("RVE {} of the batch has {}, the first has {}", b,
                                              describe(grid_of(rve)), describe(grid)));
    auto* phases = phase[b].data_ptr<std::int64_t>();
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
      std::copy_n(stiffness.data(), m * m, matrix(stiffness_double_, p));
      if (stiffness.cwiseAbs().maxCoeff() == 0.) {
        has_void_[b] = true;
        continue;
      }
      const auto compliance = invert(stiffness, conditioning_[b]);
      std::copy_n(compliance.data(), m * m, matrix(compliance_double_, p));
    }
  }
  const bool oriented = std::all_of(rves.begin(), rves.end(),
                                    [](const auto& rve) { return !rve.orientation.empty(); });
  if (oriented) {
    orientations_ = torch::zeros({batch, static_cast<std::int64_t>(n_phases), 3}, torch::kDouble);
    for (std::int64_t b = 0; b < batch; ++b)
      for (std::size_t p = 0; p < rves[b].orientation.size(); ++p)
        std::copy_n(
            rves[b].orientation[p].data(), 3,
            orientations_.data_ptr<double>() +
                3 * (b * static_cast<std::int64_t>(n_phases) + static_cast<std::int64_t>(p)));
  }
  std::vector<torch::Tensor> fractions;
  for (std::int64_t b = 0; b < batch; ++b)
    fractions.push_back(
        torch::bincount(phase[b], {}, stiffness_double_.size(1)).to(torch::kDouble) /
        static_cast<double>(grid.n_voxels()));
  fractions_ = torch::stack(fractions).reshape({batch, -1, 1, 1});
  tables_.grid = grid;
  make_tables(phase, options);
}

void StiffnessField::make_tables(const torch::Tensor& phase, const torch::TensorOptions& options) {
  const auto& table = kernels_of(options);
  const auto there = phase.to(options.device());
  // A field of another type has the same phases.
  auto compact = tables_.compact.phase;
  if (!compact.defined() || !there.is_same(tables_.phase)) compact = table.compact_phase(there);
  tables_.phase = there;
  tables_.stiffness = stiffness_double_.to(options);
  tables_.compliance = compliance_double_.to(options);
  tables_.compact = {compact, table.compact_matrices(tables_.stiffness),
                     table.compact_matrices(tables_.compliance)};
}

const KernelTable& StiffnessField::kernels() const {
  return kernels_of(options());
}

torch::Tensor StiffnessField::multiplied(const torch::Tensor& x, Moduli moduli) const {
  const auto multiply = kernels_of(x).multiply;
  if (!wants_gradient(x)) return multiply(tables_, moduli, x);
  // The matrices are symmetric.
  return on_graph(
      x, [&](const torch::Tensor& field) { return multiply(tables_, moduli, field); },
      [self = *this, moduli](const torch::Tensor& gradient) {
        return self.multiplied(gradient, moduli);
      });
}

torch::Tensor StiffnessField::apply(const torch::Tensor& x) const {
  return multiplied(x, Moduli::stiffness);
}

torch::Tensor StiffnessField::apply_compliance(const torch::Tensor& x) const {
  return multiplied(x, Moduli::compliance);
}

FieldForms StiffnessField::forms(const torch::Tensor& x) const {
  return kernels().forms(kernels(), tables_, Moduli::stiffness, x);
}

FieldForms StiffnessField::compliance_forms(const torch::Tensor& x) const {
  return kernels().forms(kernels(), tables_, Moduli::compliance, x);
}

torch::Tensor StiffnessField::quadratic_form(const torch::Tensor& x,
                                             const torch::Tensor& matrices) const {
  return kernels().quadratic_form(kernels(), tables_, matrices, x);
}

torch::Tensor StiffnessField::compliance_between(const torch::Tensor& lambda,
                                                 const torch::Tensor& mu) const {
  const int d = grid().dimension();
  const std::int64_t m = grid().n_components();
  auto volumetric = torch::zeros({m, m}, torch::kDouble);
  volumetric.narrow(0, 0, d).narrow(1, 0, d).fill_(1.);
  const auto medium = (lambda.reshape({-1, 1, 1}) * volumetric +
                       2. * mu.reshape({-1, 1, 1}) * torch::eye(m, torch::kDouble))
                          .unsqueeze(1);
  return torch::matmul(torch::matmul(medium, compliance_double_), medium);
}

torch::Tensor StiffnessField::mean_stiffness() const {
  return (fractions_ * stiffness_double_).sum(1);
}

torch::Tensor StiffnessField::mean_compliance() const {
  return (fractions_ * compliance_double_).sum(1);
}

torch::Tensor StiffnessField::expand(const torch::Tensor& values) const {
  return kernels().expand(tables_, values.to(options()));
}

torch::Tensor StiffnessField::coefficients() const {
  return expand(upper_triangles(tables_.stiffness));
}

std::pair<torch::Tensor, torch::Tensor> StiffnessField::mean_lame() const {
  const auto mean = mean_stiffness();
  auto lambda = torch::empty({batch_size()}, torch::kDouble), mu = torch::empty_like(lambda);
  for (std::int64_t b = 0; b < batch_size(); ++b) {
    const auto part = isotropic_part(to_matrix(mean[b]));
    lambda.data_ptr<double>()[b] = part.lambda;
    mu.data_ptr<double>()[b] = part.mu;
  }
  return {lambda, mu};
}

torch::Tensor StiffnessField::contrast() const {
  auto values = torch::empty({batch_size()}, torch::kDouble);
  for (std::int64_t b = 0; b < batch_size(); ++b)
    values[b] = conditioning_[b].largest / conditioning_[b].smallest;
  return values;
}

StiffnessField StiffnessField::to(const torch::TensorOptions& options) const {
  StiffnessField other = *this;
  other.make_tables(tables_.phase, options);
  return other;
}

StiffnessField StiffnessField::select(const std::vector<std::int64_t>& indices) const {
  const auto index = torch::tensor(indices, torch::kLong);
  const auto device_index = index.to(tables_.phase.device());
  StiffnessField part;
  part.tables_.grid = grid();
  part.stiffness_double_ = stiffness_double_.index_select(0, index);
  part.compliance_double_ = compliance_double_.index_select(0, index);
  part.fractions_ = fractions_.index_select(0, index);
  part.scale_ = scale_.index_select(0, index);
  if (orientations_.defined()) part.orientations_ = orientations_.index_select(0, index);
  for (const auto i : indices) {
    part.has_void_.push_back(has_void_[i]);
    part.conditioning_.push_back(conditioning_[i]);
  }
  const auto take = [&](const torch::Tensor& from, torch::Tensor& to) {
    if (from.defined()) to = from.index_select(0, device_index);
  };
  for (const auto member : {&PhaseTables::phase, &PhaseTables::stiffness, &PhaseTables::compliance})
    take(tables_.*member, part.tables_.*member);
  for (const auto member :
       {&CompactTables::phase, &CompactTables::stiffness, &CompactTables::compliance})
    take(tables_.compact.*member, part.tables_.compact.*member);
  return part;
}

ReferenceMedium mean_medium(const StiffnessField& stiffness) {
  const auto [lambda, mu] = stiffness.mean_lame();
  return {lambda, mu};
}

}  // namespace seco::surrogate
