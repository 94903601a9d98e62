#pragma once

#include <fmt/format.h>

#include <bit>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "seco/materials/parameter_reader.h"
#include "seco/materials/random.h"
#include "seco/materials/rve.h"
#include "seco/materials/rve_source.h"
#include "seco/plugin/material.h"
#include "seco/surrogate/run_parameters.h"

namespace dealii {
template <int dim, typename Number>
class Function;
}

namespace seco::plugin {

/// What determines the RVE of a point. Points with equal keys share one RVE.
struct RveKey {
  std::uint64_t seed = 0;
  double volume_fraction = 0;
  /// Radians.
  double texture_spread = 0;
  // Clang-tidy 14 takes the comparison that is made for a null pointer.
  auto operator<=>(const RveKey&) const = default;  // NOLINT(modernize-use-nullptr)

  template <typename Archive>
  void serialize(Archive& archive, unsigned int) {
    archive& seed& volume_fraction& texture_spread;
  }
};

/// For `sum_over_ranks` and `share_work`.
inline std::uint64_t hash_of(const RveKey& key) {
  return materials::mix_seed(key.seed, std::bit_cast<std::uint64_t>(key.volume_fraction) ^
                                           (std::bit_cast<std::uint64_t>(key.texture_spread) << 1));
}

/// A key in words, for messages.
inline std::string describe(const RveKey& key) {
  return fmt::format(
      "RVE with seed {}{}", key.seed,
      key.volume_fraction > 0 ? fmt::format(" and volume fraction {:g}", key.volume_fraction) : "");
}

/// Which RVE belongs to which point: one from a file, or generated with a seed per material, per
/// cell or per quadrature point, and with volume fraction and texture spread as functions of
/// position.
template <int dim>
class RveAssignment {
 public:
  /// Declares (in the mode of the reader) and reads the parameters.
  /// @param run says which points share an RVE
  /// @throws materials::ParameterError
  void read(materials::ParameterReader& parameters, const std::string& unit,
            const surrogate::RunParameters& run);

  /// The key of a point; the same on any distribution of the mesh.
  /// @throws std::runtime_error if a function of position leaves its range
  RveKey key(const MaterialPoint<dim>& point) const;

  /// The RVE of a key, with stiffnesses in the unit of the run. May be called by several threads.
  materials::Rve make_rve(const RveKey& key) const {
    return source_.make(key.seed, key.volume_fraction, key.texture_spread);
  }

  /// What was assumed when a microstructure file was read, or is to be known of what is generated.
  std::vector<std::string> notes() const {
    return source_.notes(static_cast<bool>(volume_fraction_.function));
  }

  /// Number of voxels of every RVE, and of its phases where that does not depend on the key, else
  /// the largest.
  std::size_t n_voxels() const { return source_.n_voxels(); }
  std::size_t n_phases() const { return source_.n_phases(); }
  /// That of RVEs where no function of position gives another.
  double volume_fraction() const { return source_.generator().volume_fraction; }
  /// Whether all RVEs are that of one file.
  bool is_file() const { return source_.is_file(); }
  /// Whether the RVE of a key certainly has one phase only.
  bool is_homogeneous(const RveKey& key) const {
    return source_.has_volume_fraction() && key.volume_fraction == 0.;
  }

 private:
  using SeedPer = surrogate::RunParameters::SeedPer;
  /// Expression of position; empty for the value of the microstructure section.
  struct Field {
    std::string expression;
    std::shared_ptr<dealii::Function<dim, double>> function;
  };
  Field read_field(materials::ParameterReader& parameters, const std::string& name,
                   const std::string& help) const;
  double evaluate(const Field& field, const dealii::Point<dim>& position, double smallest,
                  double largest, const std::string& name) const;

  materials::RveSource source_;
  surrogate::RunParameters run_;
  Field volume_fraction_, texture_spread_;
};

}  // namespace seco::plugin
