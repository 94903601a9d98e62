#pragma once

#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "grid.h"
#include "seco/surrogate/deformation.h"

namespace seco::surrogate {

/// What the laws of a batch of RVEs answer to a strain field; double precision, on the CPU.
struct LawFieldAnswer {
  /// `[B, 1, m, n...]`.
  torch::Tensor stress;
  /// w of every voxel, `[B, N]`.
  torch::Tensor energy;
  /// Derivative of the stress, upper triangles, `[B, m (m + 1) / 2, n...]`, and its means;
  /// undefined if not wanted.
  torch::Tensor tangent;
  std::vector<materials::MandelMatrix> mean_tangent;
  /// Fraction of the time step that a law asks for, 1 if it has answered.
  std::vector<double> step_ratio;

  /// <w>, `[B]`.
  torch::Tensor mean_energy() const;
};

/// The laws of all voxels of a batch of RVEs on one grid, and their state at the beginning of an
/// increment.
///
/// Voxels of a phase are gathered, in chunks that stay in the first caches, so that a law answers
/// many of them in a row; the state is stored in the order of the chunks. Elastic voxels have none.
class LawField {
 public:
  /// @param single_precision_state whether states are stored in single precision
  LawField(const std::vector<LawRve>& rves, bool single_precision_state);

  const Grid& grid() const { return grid_; }
  std::int64_t batch_size() const { return static_cast<std::int64_t>(members_.size()); }
  /// `<C>` of the elastic stiffnesses of the laws.
  const materials::MandelMatrix& mean_elastic(std::int64_t b) const {
    return members_[b].mean_elastic;
  }
  const std::string& unit(std::int64_t b) const { return members_[b].unit; }
  /// What holds for all phases together.
  const materials::Guarantee& guarantee(std::int64_t b) const { return members_[b].guarantee; }

  /// @param strain total strain, `[B, 1, m, n...]`, double, CPU, contiguous
  /// @param time_step `[B]`
  /// @param tangent_type of the tangent, or undefined for none
  /// @param active whose answer is wanted; that of others is taken from `before`
  LawFieldAnswer respond(const torch::Tensor& strain, const std::vector<double>& time_step,
                         std::optional<torch::ScalarType> tangent_type,
                         const std::vector<bool>& active,
                         const LawFieldAnswer* before = nullptr) const;
  /// `<w + w* - s:e>` of a strain and any stress, summed voxel by voxel, where none of the terms is
  /// negative (Fenchel-Young); `[B]`, infinity where w* is. In plane strain the normal stress that
  /// w* needs is that of the strain, corrected by the tangent: any gives an upper bound.
  /// @param energy LawFieldAnswer::energy of the strain
  /// @param active whose gap is wanted; that of others is 0
  /// @param scale how much smaller the stress is than one in equilibrium with the strain
  std::vector<double> gap(const torch::Tensor& strain, const torch::Tensor& energy,
                          const torch::Tensor& stress, const std::vector<double>& time_step,
                          const std::vector<bool>& active, double scale = 1.) const;
  /// The state at the end of the step becomes that at the beginning of the next.
  /// @return what storing it in single precision changes, as a stress in the norm of the elastic
  ///   compliance: `sqrt(<2 c d.d>)` of the changes d, c the largest elastic modulus, twice for the
  ///   moduli of hardening; 0 otherwise
  double accept(std::int64_t b, const torch::Tensor& strain, double time_step);

  /// All states of an RVE in an order of their own.
  std::vector<double> state(std::int64_t b) const;
  void set_state(std::int64_t b, std::span<const double> values);
  /// Quantities of the state as fields; voxels whose law does not have it have zeros.
  std::vector<Deformation::Field> state_fields(std::int64_t b) const;

 private:
  struct Chunk {
    const materials::Law* law;
    double largest_modulus;
    int n_state;
    std::int64_t first, count;  // in Member::voxels
    std::int64_t state;         // where its state begins, [n_state, count]
  };
  struct Member {
    std::vector<std::shared_ptr<const materials::Law>> laws;
    std::vector<std::int32_t> voxels;
    std::vector<Chunk> chunks;
    /// One of the two.
    std::vector<double> state;
    std::vector<float> single_state;
    materials::MandelMatrix mean_elastic;
    materials::Guarantee guarantee;
    std::string unit;
  };
  struct Points;
  void load_state(const Member& member, const Chunk& chunk, Points& points) const;
  Member make_member(const LawRve& rve) const;
  /// Chunks of the active RVEs, `(RVE, chunk)`, so that threads share all of them.
  std::vector<std::pair<std::int64_t, std::int64_t>> chunks_of(
      const std::vector<bool>& active) const;

  Grid grid_;
  bool single_;
  std::vector<Member> members_;
};

}  // namespace seco::surrogate
