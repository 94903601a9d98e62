#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "seco/materials/generators.h"
#include "seco/materials/parameter_reader.h"
#include "seco/materials/rve.h"

namespace seco::materials {

/// Where the RVEs of a material come from: one file, or a generator.
class RveSource {
 public:
  /// Asks for the keys `RVE` and `RVE file` and the subsections `Microstructure` and
  /// `Microstructure file` of a section.
  /// @param dimension of all RVEs
  /// @param unit that stiffnesses are converted to
  /// @throws ParameterError
  void read(ParameterReader& reader, const std::string& section, int dimension,
            const std::string& unit);

  /// The RVE of a seed, with stiffnesses in the unit; one from a file is the same for all seeds.
  /// May be called by several threads.
  /// @param volume_fraction, texture_spread (radians) replace those of the generator where it has
  ///   them
  /// @throws std::invalid_argument as `generate` does
  Rve make(std::uint64_t seed, double volume_fraction, double texture_spread) const;

  /// Whether it is one file.
  bool is_file() const { return from_file_; }
  /// What the generator makes use of; nothing for a file.
  bool has_volume_fraction() const { return has_volume_fraction_; }
  bool has_texture_spread() const { return has_texture_spread_; }
  bool has_seed() const { return has_seed_; }
  /// The settings of the generator, whether or not it is used.
  const GeneratorSettings& generator() const { return generator_; }
  /// What was assumed and done when the microstructure file was read, in sentences that name the
  /// file; none for an RVE of this library of which nothing is cut or changed. Of a generator, how
  /// anisotropic phases lie, and unless the caller gives volume fractions of its own, the fractions
  /// that voxels reach (`notes_on`).
  std::vector<std::string> notes(bool own_volume_fractions = false) const;
  /// "an RVE file" or the name of the generator in quotes, for messages.
  std::string description() const;

  /// Number of voxels of every RVE, and the largest number of phases.
  std::size_t n_voxels() const;
  std::size_t n_phases() const;

 private:
  bool from_file_ = false;
  bool has_volume_fraction_ = false, has_texture_spread_ = false, has_seed_ = false;
  std::string unit_;
  Rve file_rve_;
  std::vector<std::string> notes_, fraction_notes_;
  GeneratorSettings generator_;
  std::size_t n_generated_phases_ = 0;
};

}  // namespace seco::materials
