#include "homogenized_rves.h"

#include <fmt/format.h>

#include <stdexcept>

#include "guarded.h"
#include "seco/materials/parameter_file.h"
#include "seco/materials/rve_file.h"
#include "seco/surrogate/cached_engine.h"
#include "seco/surrogate/run_parameters.h"
#include "section_rves.h"

namespace seco::c_interface {
namespace {

using materials::ParameterFile;
using surrogate::Status;

void add_reasons(HomogenizedRves& rves, double largest_gap) {
  for (const auto& result : rves.results) {
    if (result.status == Status::failed)
      throw NoResult(fmt::format("RVE {}: engine '{}' failed: {}", rves.reasons.size(),
                                 result.engine, result.message));
    rves.reasons.push_back(verdict(result, largest_gap));
  }
}

}  // namespace

HomogenizedRves homogenize_file(const std::string& rve_file, const std::string& engine_name,
                                const surrogate::EngineSettings& settings) {
  surrogate::register_builtin_engines();
  const auto rve = [&] {
    try {
      return materials::read_rve(rve_file);
    } catch (const std::runtime_error& error) {
      throw std::invalid_argument(error.what());
    }
  }();
  const auto engine = surrogate::make_engine(engine_name, settings);
  HomogenizedRves result{rve.dimension(), rve.unit, engine->homogenize({&rve, 1}), {}, {}};
  add_reasons(result, 1.);
  return result;
}

HomogenizedRves homogenize_section(const std::string& parameter_file, const std::string& section,
                                   std::size_t n_rves, const std::vector<double>& volume_fraction) {
  surrogate::register_builtin_engines();
  auto file = ParameterFile::read(parameter_file);
  check_section(file, section);
  const auto choice = surrogate::read_engine(file, section);
  auto made = read_section_rves(file, section, n_rves, volume_fraction);
  HomogenizedRves result{made.dimension, made.unit, {}, {}, made.notes()};
  surrogate::read_run_parameters(file, section);
  file.check_all_used(section);
  result.notes.insert(result.notes.end(), file.notes().begin(), file.notes().end());
  const surrogate::CachedEngine engine(
      surrogate::make_engine(choice.name, choice.settings, file, section, {}, ""),
      choice.cache.empty()
          ? nullptr
          : std::make_shared<surrogate::ResultCache>(choice.cache, choice.name, choice.settings));

  const auto rves = made.make();
  result.results = engine.homogenize(rves);
  add_reasons(result, choice.largest_gap);
  return result;
}

}  // namespace seco::c_interface
