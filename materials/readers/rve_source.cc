#include "seco/materials/rve_source.h"

#include <fmt/format.h>

#include <algorithm>

#include "seco/materials/elastic_constants.h"
#include "seco/materials/generator_parameters.h"
#include "seco/materials/microstructure_parameters.h"

namespace seco::materials {

void RveSource::read(ParameterReader& reader, const std::string& section, int dimension,
                     const std::string& unit) {
  const auto subsection = [&](const std::string& name) {
    return section.empty() ? name : section + "/" + name;
  };
  unit_ = unit;
  from_file_ = reader.choice(section, "RVE", "generated", {"generated", "file"},
                             "where the RVEs come from") == "file";
  const auto file =
      reader.path(section, "RVE file", "",
                  "RVE of all points: an HDF5 file of this library, or a microstructure "
                  "file that the section Microstructure file tells how to read");
  auto file_options = read_microstructure_options(reader, subsection("Microstructure file"));
  generator_ = read_generator_settings(reader, subsection("Microstructure"));
  has_volume_fraction_ = has_texture_spread_ = has_seed_ = false;
  notes_.clear();
  fraction_notes_.clear();
  if (from_file_) {
    if (file.empty()) reader.refuse(section, "RVE file", "RVE = file needs the name of a file");
    try {
      file_options.dimension = dimension;
      auto microstructure = read_microstructure(file, file_options);
      file_rve_ = std::move(microstructure.rve);
      megapascals_per(file_rve_.unit);
      // An RVE of this library is taken as it is, and what was assumed was said when it was made.
      const auto& o = file_options;
      const bool as_it_is = microstructure.format == "seco" && o.crop.empty() &&
                            o.coarsen.empty() && o.mirror.empty();
      if (!as_it_is)
        for (const auto& note : microstructure.notes)
          notes_.push_back(fmt::format("{}: {}", file, note));
    } catch (const std::exception& error) {
      reader.refuse(section, "RVE file", error.what());
    }
    if (file_rve_.dimension() != dimension)
      reader.refuse(
          section, "RVE file",
          fmt::format("the RVE is {}D, the run is {}D", file_rve_.dimension(), dimension));
    return;
  }
  has_volume_fraction_ = generator_.type == "inclusions" || generator_.type == "overlapping" ||
                         generator_.type == "grains" || generator_.type == "fibres";
  has_texture_spread_ = generator_.type == "polycrystal" && generator_.texture.type != "random";
  has_seed_ = has_volume_fraction_ || generator_.type == "polycrystal";
  // What does not depend on a seed or a fraction is refused here, where the section is known.
  const auto where = subsection("Microstructure");
  try {
    notes_ = notes_on(generator_, false);
  } catch (const std::invalid_argument& error) {
    reader.refuse(
        where,
        has_volume_fraction_ && !(generator_.volume_fraction < 1) ? "Volume fraction" : "Type",
        error.what());
  }
  try {
    const auto all = notes_on(generator_);
    fraction_notes_.assign(all.begin() + static_cast<long>(notes_.size()), all.end());
  } catch (const PackingError&) {
    // The caller may give another fraction; this one is refused where an RVE is generated.
  } catch (const std::invalid_argument& error) {
    reader.refuse(where,
                  generator_.type != "laminate" ? "Grid"
                  : generator_.axis >= static_cast<int>(generator_.shape.size())
                      ? "Axis"
                      : "Layer fractions",
                  error.what());
  }
  n_generated_phases_ = materials::n_phases(generator_);
}

std::vector<std::string> RveSource::notes(bool own_volume_fractions) const {
  auto result = notes_;
  if (!own_volume_fractions)
    result.insert(result.end(), fraction_notes_.begin(), fraction_notes_.end());
  return result;
}

Rve RveSource::make(std::uint64_t seed, double volume_fraction, double texture_spread) const {
  Rve rve;
  if (from_file_) {
    rve = file_rve_;
  } else {
    auto settings = generator_;
    settings.seed = mix_seed(generator_.seed, seed);
    settings.volume_fraction = volume_fraction;
    settings.texture.spread = texture_spread;
    rve = generate(settings);
  }
  if (rve.unit != unit_) {
    const double factor = megapascals_per(rve.unit) / megapascals_per(unit_);
    for (auto& stiffness : rve.stiffness) stiffness *= factor;
    for (auto& stiffness : rve.stiffness_3d) stiffness *= factor;
    rve.unit = unit_;
  }
  return rve;
}

std::string RveSource::description() const {
  return from_file_ ? "an RVE file" : fmt::format("'{}'", generator_.type);
}

std::size_t RveSource::n_voxels() const {
  std::size_t n = 1;
  for (const int size : from_file_ ? file_rve_.shape : generator_.shape)
    n *= static_cast<std::size_t>(size);
  return n;
}

std::size_t RveSource::n_phases() const {
  if (from_file_) return file_rve_.stiffness.size();
  return std::max<std::size_t>(2, n_generated_phases_);
}

}  // namespace seco::materials
