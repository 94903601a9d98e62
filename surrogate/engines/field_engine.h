#pragma once

#include <functional>
#include <span>

#include "field_result.h"
#include "seco/surrogate/engine.h"
#include "seco/surrogate/setting_error.h"

namespace seco::surrogate {

/// The version that the engines of this library are registered with: to be raised by whoever
/// changes the numbers of solvers, bounds or estimates by more than round-off.
constexpr const char* numerics_version = "5";

/// @throws SettingError for a tolerance that no iteration takes
void check_tolerance(const EngineSettings& settings);

/// An engine that computes the fields of all unit load cases of RVEs on one grid; this class sorts
/// the RVEs by grid, cuts them into chunks whose fields fit into the memory asked for, and puts the
/// results, in the unit of each RVE, in the order of the input.
class FieldEngine : public Engine {
 public:
  std::vector<Homogenized> homogenize(
      std::span<const materials::Rve> rves,
      const std::function<void(std::size_t)>& progress) const override;
  std::vector<LocalAnswer> local_quantities(
      std::span<const LocalQuery> queries,
      const std::function<void(std::size_t)>& progress) const override;

 protected:
  /// @param options type and device of the fields
  FieldEngine(const EngineSettings& settings, const torch::TensorOptions& options)
      : settings_(settings), options_(options) {}

  const EngineSettings& settings() const { return settings_; }
  const torch::TensorOptions& options() const { return options_; }

 private:
  virtual FieldResult compute(const StiffnessField& stiffness) const = 0;
  /// So many RVEs at most are computed together, whatever the memory.
  virtual std::size_t largest_chunk(const materials::Rve&) const { return 4096; }
  /// Peak memory of all fields of one voxel of one RVE.
  virtual std::size_t bytes_per_voxel(int dimension) const = 0;

  /// The fields of RVEs with the given positions in the input, and their results in their unit.
  using Consumer = std::function<void(const std::vector<std::size_t>&, const StiffnessField&,
                                      const FieldResult&, std::vector<Homogenized>)>;
  /// Computes all RVEs chunk by chunk. Only RVEs of one kind share a chunk.
  /// @param kinds one number per RVE
  void compute_in_chunks(const std::vector<const materials::Rve*>& rves,
                         const std::vector<std::size_t>& kinds,
                         const std::function<void(std::size_t)>& progress,
                         const Consumer& consume) const;
  std::vector<Homogenized> homogenized(const StiffnessField& stiffness, const FieldResult& fields,
                                       double seconds) const;

  EngineSettings settings_;
  torch::TensorOptions options_;
};

}  // namespace seco::surrogate
