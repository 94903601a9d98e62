#include "local_report.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <stdexcept>

#include "seco/materials/text.h"
#include "seco/surrogate/field_file.h"

namespace seco {
namespace {

using materials::MandelVector;
using nlohmann::json;
using surrogate::LocalAnswer;
using surrogate::LocalQuantities;
using surrogate::LocalQuery;
using surrogate::StressMeasure;
using surrogate::VoxelValue;

MandelVector to_strain(const std::string& text, int dimension) {
  const auto parts = materials::split(text, ',');
  const int m = materials::n_mandel_components(dimension);
  MandelVector strain = MandelVector::Zero(m);
  bool understood = static_cast<int>(parts.size()) == m;
  for (int c = 0; understood && c < m; ++c) {
    const auto value = materials::to_number(parts[c]);
    understood = value && std::isfinite(*value);
    if (understood) strain[c] = *value;
  }
  if (!understood)
    throw std::invalid_argument(
        fmt::format("option --strain is '{}'; a {}D RVE needs {} finite numbers separated by "
                    "commas, the Mandel components {}",
                    text, dimension, m, m == 3 ? "11,22,12" : "11,22,33,23,13,12"));
  return strain;
}

std::vector<double> to_numbers(const MandelVector& values) {
  return {values.data(), values.data() + values.size()};
}

std::vector<int> indices(const VoxelValue& value, int dimension) {
  return {value.voxel.begin(), value.voxel.begin() + dimension};
}

json to_json(const VoxelValue& value, int dimension) {
  return {{"value", value.value}, {"voxel", indices(value, dimension)}};
}

json to_json(const LocalQuantities& load, StressMeasure measure, int dimension) {
  json phases = json::array();
  for (const auto& phase : load.phases)
    phases.push_back({{"volume_fraction", phase.volume_fraction},
                      {"strain", to_numbers(phase.strain)},
                      {"stress", to_numbers(phase.stress)}});
  return {{"stress_measure", to_string(measure)},
          {"largest_von_mises", to_json(load.largest_von_mises, dimension)},
          {"largest_hydrostatic", to_json(load.largest_hydrostatic, dimension)},
          {"smallest_hydrostatic", to_json(load.smallest_hydrostatic, dimension)},
          {"mean_strain", to_numbers(load.mean_strain)},
          {"mean_stress", to_numbers(load.mean_stress)},
          {"field_error", load.field_error},
          {"relative_field_error", load.relative_field_error},
          {"hill_mandel_residual", load.hill_mandel_residual},
          {"phases", phases}};
}

void print(const std::string& name, const VoxelValue& value, const std::string& unit,
           int dimension) {
  fmt::print("  {:<38} {:13.6g} {} in voxel ({})\n", name, value.value, unit,
             fmt::join(indices(value, dimension), ", "));
}

void print(const LocalQuantities& load, const LocalAnswer& answer, const materials::Rve& rve) {
  const bool spatial = answer.measure == StressMeasure::spatial;
  const int d = rve.dimension();
  print(spatial ? "largest von Mises stress" : "largest in-plane von Mises stress",
        load.largest_von_mises, rve.unit, d);
  print(spatial ? "largest hydrostatic stress" : "largest mean of the in-plane stresses",
        load.largest_hydrostatic, rve.unit, d);
  print(spatial ? "smallest hydrostatic stress" : "smallest mean of the in-plane stresses",
        load.smallest_hydrostatic, rve.unit, d);
  fmt::print("  fields certified to {:.3g} of their energy norm, Hill-Mandel residual {:.1g}\n",
             load.relative_field_error, load.hill_mandel_residual);
  constexpr std::size_t most = 12;
  for (std::size_t p = 0, printed = 0; p < load.phases.size(); ++p) {
    const auto& phase = load.phases[p];
    if (phase.volume_fraction == 0.) continue;
    if (++printed > most) {
      fmt::print("  further phases are in the file of --json\n");
      break;
    }
    fmt::print("  phase {:<4} volume {:.4f}, mean strain {:.5g}\n{:27}mean stress {:.5g}\n", p,
               phase.volume_fraction, fmt::join(to_numbers(phase.strain), " "), "",
               fmt::join(to_numbers(phase.stress), " "));
  }
}

}  // namespace

void add_local_options(CLI::App& command, LocalOptions& options) {
  command.add_option("--strain", options.strains,
                     "macro strain as Mandel components 11,22,33,23,13,12 (2D: 11,22,12; shear "
                     "components times sqrt(2)); may be given several times");
  command.add_flag("--local", options.local,
                   "largest von Mises and hydrostatic stress and phase means for every --strain");
  command.add_option("--fields", options.fields_file,
                     "writes strain and stress in every voxel under the one --strain as VTK image "
                     "data (.vti)");
}

LocalQuery local_query(const LocalOptions& options, materials::Rve rve) {
  LocalQuery query;
  for (const auto& text : options.strains)
    query.strains.push_back(to_strain(text, rve.dimension()));
  if (options.local && query.strains.empty())
    throw std::invalid_argument("option --local needs at least one --strain");
  if (!options.fields_file.empty() && query.strains.size() != 1)
    throw std::invalid_argument(
        fmt::format("option --fields {} needs exactly one --strain, {} are given",
                    options.fields_file, query.strains.size()));
  query.rve = std::move(rve);
  query.whole_fields = !options.fields_file.empty();
  return query;
}

LocalAnswer answer(const surrogate::Engine& engine, const LocalQuery& query,
                   const LocalOptions& options) {
  if (options.needs_fields()) return engine.local_quantities({&query, 1}).front();
  LocalAnswer result;
  result.homogenized = engine.homogenize({&query.rve, 1}).front();
  return result;
}

void write_fields(const LocalQuery& query, const LocalAnswer& answer, const LocalOptions& options) {
  if (!options.fields_file.empty() && !answer.loads.empty())
    surrogate::write_fields(options.fields_file, query.rve, answer);
}

json local_content(const LocalQuery& query, const LocalAnswer& answer) {
  json content = json::array();
  const auto& h = answer.homogenized;
  for (std::size_t i = 0; i < query.strains.size(); ++i) {
    const auto& strain = query.strains[i];
    const MandelVector stress = h.stiffness * strain;
    json entry = {{"strain", to_numbers(strain)},
                  {"stress", to_numbers(stress)},
                  {"energy",
                   {{"estimate", 0.5 * strain.dot(stress)},
                    {"lower", 0.5 * strain.dot(h.lower * strain)},
                    {"upper", 0.5 * strain.dot(h.upper * strain)}}}};
    if (i < answer.loads.size())
      entry["local"] = to_json(answer.loads[i], answer.measure, query.rve.dimension());
    content.push_back(entry);
  }
  return content;
}

void report_loads(const LocalQuery& query, const LocalAnswer& answer, const LocalOptions& options) {
  for (std::size_t i = 0; i < query.strains.size(); ++i) {
    const MandelVector stress = answer.homogenized.stiffness * query.strains[i];
    fmt::print("strain {:.6g}\nstress {:.6g} {}\n", fmt::join(to_numbers(query.strains[i]), " "),
               fmt::join(to_numbers(stress), " "), query.rve.unit);
    if (options.local && i < answer.loads.size()) print(answer.loads[i], answer, query.rve);
  }
  if (!options.fields_file.empty() && !answer.loads.empty())
    fmt::print("fields in {}\n", options.fields_file);
}

}  // namespace seco
