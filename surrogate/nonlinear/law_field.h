#pragma once

#include <array>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "grid.h"
#include "reference_medium.h"
#include "seco/surrogate/deformation.h"

namespace seco::surrogate {

/// Strains `E + sym D u` of a batch of RVEs.
struct StrainField {
  /// `[B, 1, d, n...]`, double, on the device of the laws, contiguous.
  torch::Tensor displacement;
  std::vector<materials::MandelVector> mean;
};

/// What the laws of a batch of RVEs answer to a strain field; double precision, fields on the
/// device of the laws.
struct LawFieldAnswer {
  /// `[B, 1, m, n...]`.
  torch::Tensor stress;
  /// w of every voxel, `[B, N]`.
  torch::Tensor energy;
  std::vector<materials::MandelVector> mean_stress;
  /// In plane strain the mean stresses zz, yz and xz, which act out of the plane; else 0.
  std::vector<std::array<double, 3>> mean_out_of_plane;
  std::vector<double> mean_energy;
  /// Derivative of the stress, upper triangles, `[B, m (m + 1) / 2, n...]`, and its means;
  /// undefined if not wanted.
  torch::Tensor tangent;
  std::vector<materials::MandelMatrix> mean_tangent;
  /// Fraction of the time step that a law asks for, 1 if it has answered.
  std::vector<double> step_ratio;
  /// The phase whose law asks for the least, or answers with stresses that are no numbers, of these
  /// the first; -1 if all have answered.
  std::vector<int> failed_phase;
};

/// What makes a stress in equilibrium of the answer s: `part (s + C0 : sym D z + shift) + rest`.
struct Equilibration {
  /// z, `[B, 1, d, n...]`, double, on the device of the laws, contiguous, and the isotropic media
  /// C0.
  torch::Tensor correction;
  ReferenceMedium medium;
  std::vector<materials::MandelVector> shift;
  double part = 1;
  /// One per RVE, or none.
  std::vector<materials::MandelVector> rest = {};
};

/// The laws of all voxels of an RVE, in the order in which a field is worked through: slabs of
/// planes that stay in the caches, and in each the voxels of a phase in chunks, so that a law
/// answers many of them in a row.
class LawStructure {
 public:
  /// @throws std::invalid_argument for a phase without a law
  explicit LawStructure(const LawRve& rve);
  /// Chunks point to what is inside.
  LawStructure(const LawStructure&) = delete;
  LawStructure& operator=(const LawStructure&) = delete;

  /// Voxels of a phase in a slab.
  struct Chunk {
    const materials::Law* law;
    int phase;
    /// Elastic stiffness, 6 x 6, and its largest eigenvalue.
    const materials::MandelMatrix* elastic;
    double largest_modulus;
    int n_state;
    /// In `voxels`, which count from the voxel `base`, the first of the slab.
    std::int64_t first, count, base;
    /// Where its state begins, `[n_state, count]`.
    std::int64_t state;
  };
  /// Planes [first, last) of the first axis, and their chunks.
  struct Slab {
    std::int64_t first, last;
    std::size_t first_chunk, last_chunk;
  };

  Grid grid;
  std::vector<std::shared_ptr<const materials::Law>> laws;
  /// Of each phase; empty where it does not occur.
  std::vector<materials::MandelMatrix> elastic;
  std::vector<std::int32_t> voxels;
  std::vector<Chunk> chunks;
  std::vector<Slab> slabs;
  /// State of all voxels before the first step.
  std::vector<double> initial_state;
  /// `<C>` of the elastic stiffnesses of the laws.
  materials::MandelMatrix mean_elastic;
  /// What holds for all phases together.
  materials::Guarantee guarantee;
  std::string unit;

 private:
  void make_chunks(const LawRve& rve, const std::vector<double>& largest_moduli);
};

/// The laws of a batch of RVEs on one grid, and the state of their voxels at the beginning of an
/// increment.
///
/// Strains are made of the displacement where a law asks for them, and not stored. Stresses are,
/// since the certificate needs them once more, and 48 bytes are read faster than a law answers.
/// Elastic voxels have no state.
class LawField {
 public:
  virtual ~LawField() = default;

  const Grid& grid() const { return structures_.front()->grid; }
  std::int64_t batch_size() const { return static_cast<std::int64_t>(structures_.size()); }
  const LawStructure& structure(std::int64_t b) const { return *structures_[b]; }
  const materials::Guarantee& guarantee(std::int64_t b) const { return structure(b).guarantee; }
  /// Where the fields of questions and answers are.
  virtual torch::Device device() const = 0;

  /// @param time_step `[B]`
  /// @param tangent_type of the tangent, or undefined for none
  /// @param active whose answer is wanted; that of others is taken from `before`
  virtual LawFieldAnswer respond(const StrainField& strain, const std::vector<double>& time_step,
                                 std::optional<torch::ScalarType> tangent_type,
                                 const std::vector<bool>& active,
                                 const LawFieldAnswer* before = nullptr) const = 0;
  /// `<w + w* - s:e>` of a strain and any stress, summed voxel by voxel, where none of the terms is
  /// negative (Fenchel-Young); `[B]`, infinity where w* is. In plane strain the normal stress that
  /// w* needs is that of the strain, corrected by the tangent: any gives an upper bound.
  /// @param answer of the laws to the strain
  /// @param stress made of that answer
  /// @param active whose gap is wanted; that of others is 0
  virtual std::vector<double> gap(const StrainField& strain, const LawFieldAnswer& answer,
                                  const Equilibration& stress, const std::vector<double>& time_step,
                                  const std::vector<bool>& active) const = 0;
  /// The state at the end of the step becomes that at the beginning of the next.
  /// @return what storing it in single precision changes, as a stress in the norm of the elastic
  ///   compliance: `sqrt(<2 c d.d>)` of the changes d, c the largest elastic modulus, twice for the
  ///   moduli of hardening; 0 otherwise
  virtual double accept(std::int64_t b, const StrainField& strain, double time_step) = 0;

  /// All states of an RVE in the order of its chunks, whatever the device.
  virtual std::vector<double> state(std::int64_t b) const = 0;
  virtual void set_state(std::int64_t b, std::span<const double> values) = 0;
  /// Quantities of the state as fields; voxels whose law does not have it have zeros.
  std::vector<Deformation::Field> state_fields(std::int64_t b) const;

 protected:
  /// @throws std::invalid_argument if there is none, or for different grids
  explicit LawField(std::vector<std::shared_ptr<const LawStructure>> structures);
  /// The answer with its fields, not yet set but for RVEs that are not active.
  LawFieldAnswer prepared(std::optional<torch::ScalarType> tangent_type,
                          const std::vector<bool>& active, const LawFieldAnswer* before) const;
  /// Which of the active RVEs have a gap; the others get infinity.
  std::vector<bool> bounded(const std::vector<bool>& active, std::vector<double>& gaps) const;

  const std::shared_ptr<const LawStructure>& shared_structure(std::int64_t b) const {
    return structures_[b];
  }

 private:
  std::vector<std::shared_ptr<const LawStructure>> structures_;
};

/// The stresses zz, yz and xz of sums over points in Mandel notation, out of the plane.
std::array<double, 3> out_of_plane_of(const std::array<double, 3>& sums, double weight);

/// Laws on the processor, in rows of a vector register: strains of a slab are made of the
/// displacement, answered, and stresses written where they belong.
class ProcessorLawField final : public LawField {
 public:
  /// States are the initial ones.
  /// @param single_precision_state whether states are stored in single precision
  /// @throws std::invalid_argument as LawField
  ProcessorLawField(std::vector<std::shared_ptr<const LawStructure>> structures,
                    bool single_precision_state);

  torch::Device device() const override { return torch::kCPU; }
  LawFieldAnswer respond(const StrainField& strain, const std::vector<double>& time_step,
                         std::optional<torch::ScalarType> tangent_type,
                         const std::vector<bool>& active,
                         const LawFieldAnswer* before = nullptr) const override;
  std::vector<double> gap(const StrainField& strain, const LawFieldAnswer& answer,
                          const Equilibration& stress, const std::vector<double>& time_step,
                          const std::vector<bool>& active) const override;
  double accept(std::int64_t b, const StrainField& strain, double time_step) override;
  std::vector<double> state(std::int64_t b) const override;
  void set_state(std::int64_t b, std::span<const double> values) override;

  /// <w>, and the mean stresses zz, yz and xz of plane strain.
  struct ElasticAnswer {
    double energy = 0;
    std::array<double, 3> out_of_plane{};
  };
  /// If every voxel answers as linear elasticity would and its state does not change; none else.
  /// @param time_step of RVE b
  std::optional<ElasticAnswer> elastic_answer(std::int64_t b, const StrainField& strain,
                                              double time_step) const;

 private:
  using Chunk = LawStructure::Chunk;
  using Slab = LawStructure::Slab;
  /// State of an RVE, in one of the two.
  struct State {
    std::vector<double> in_double;
    std::vector<float> in_single;
  };
  struct Points;
  void load_state(const State& state, const Chunk& chunk, Points& points) const;
  /// Slabs of the active RVEs, `(RVE, slab)`, so that threads share all of them.
  std::vector<std::pair<std::int64_t, std::size_t>> slabs_of(const std::vector<bool>& active) const;
  /// Strain of a slab without its mean, `[1, m, planes, n2...]`.
  torch::Tensor strain_of(const torch::Tensor& displacement, std::int64_t b,
                          const Slab& slab) const;

  bool single_;
  std::vector<State> states_;
};

}  // namespace seco::surrogate
