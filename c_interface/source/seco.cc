#include "seco/seco.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <mutex>
#include <stdexcept>

#include "guarded.h"
#include "homogenized_rves.h"
#include "notation.h"

struct seco_material {
  seco::c_interface::HomogenizedRves rves;
};

namespace {

using namespace seco::c_interface;
using seco::materials::MandelMatrix;

int unreliable(std::size_t rve, const std::string& reason) {
  keep_message(fmt::format("RVE {} is not as asked, {}", rve, reason).c_str());
  return SECO_UNRELIABLE;
}

std::size_t checked_rve(const seco_material& material, int rve) {
  const auto n = material.rves.results.size();
  if (rve < 0 || static_cast<std::size_t>(rve) >= n)
    throw std::invalid_argument(fmt::format(
        "argument rve: there is no RVE {}; allowed are numbers from 0 to {}", rve, n - 1));
  return static_cast<std::size_t>(rve);
}

template <typename Homogenize>
int create(seco_material** material, const Homogenize& homogenize) noexcept {
  if (material) *material = nullptr;
  return guarded([&] {
    require(material, "argument material is NULL; pass the address of a pointer");
    const std::lock_guard lock(creation_mutex());
    auto created = std::make_unique<seco_material>();
    created->rves = homogenize();
    const auto& reasons = created->rves.reasons;
    const auto unconverged =
        std::find_if(reasons.begin(), reasons.end(), [](const auto& r) { return !r.empty(); });
    *material = created.release();
    if (unconverged == reasons.end()) return static_cast<int>(SECO_OK);
    return unreliable(static_cast<std::size_t>(unconverged - reasons.begin()), *unconverged);
  });
}

int evaluate(const seco_material& material, const Notation& notation, int n_points, const int* rve,
             const double* strain, double* stress, double* tangent, double* gap) {
  const int m = notation.n_components();
  const auto& results = material.rves.results;
  if (rve)
    for (int p = 0; p < n_points; ++p) checked_rve(material, rve[p]);
  if (strain) check_strains("strain", strain, n_points, m);
  // Points that follow each other often share their RVE.
  std::size_t known = results.size();
  MandelMatrix stiffness;
  std::size_t unconverged = results.size();
  for (std::ptrdiff_t p = 0; p < n_points; ++p) {
    const auto r = rve ? static_cast<std::size_t>(rve[p]) : 0;
    if (r != known) stiffness = notation.stiffness(results[r].stiffness);
    known = r;
    if (!material.rves.reasons[r].empty()) unconverged = std::min(unconverged, r);
    if (stress) {
      const Eigen::Map<const Eigen::VectorXd> e(strain + p * m, m);
      Eigen::Map<Eigen::VectorXd>(stress + p * m, m) = stiffness * e;
    }
    if (tangent) copy_symmetric(stiffness, tangent + p * m * m);
    if (gap) gap[p] = results[r].gap;
  }
  return unconverged < results.size() ? unreliable(unconverged, material.rves.reasons[unconverged])
                                      : static_cast<int>(SECO_OK);
}

}  // namespace

int seco_create_from_rve(const char* rve_file, const char* engine, const char* model,
                         double tolerance, seco_material** material) {
  return create(material, [&] {
    require(rve_file, "argument rve_file is NULL; pass the name of a file");
    require(engine, "argument engine is NULL; pass the name of an engine, for example s-eco");
    seco::surrogate::EngineSettings settings;
    if (model) settings.model = model;
    if (!(tolerance >= 0) || tolerance > 1)
      throw std::invalid_argument(fmt::format(
          "argument tolerance is {}; allowed are values from 0 (for the default) to 1", tolerance));
    if (tolerance > 0) settings.tolerance = tolerance;
    return seco::c_interface::homogenize_file(rve_file, engine, settings);
  });
}

int seco_create_from_parameters(const char* parameter_file, const char* section, int n_rves,
                                const double* volume_fraction, seco_material** material) {
  return create(material, [&] {
    require(parameter_file, "argument parameter_file is NULL; pass the name of a file");
    require(section, "argument section is NULL; pass for example \"Material 0/homogenized\"");
    if (n_rves < 1)
      throw std::invalid_argument(
          fmt::format("argument n_rves is {}; allowed are numbers from 1", n_rves));
    std::vector<double> fractions;
    if (volume_fraction) fractions.assign(volume_fraction, volume_fraction + n_rves);
    return seco::c_interface::homogenize_section(parameter_file, section,
                                                 static_cast<std::size_t>(n_rves), fractions);
  });
}

void seco_destroy(seco_material* material) {
  delete material;
}

int seco_dimension(const seco_material* material) {
  return material ? material->rves.dimension : 0;
}

int seco_n_components(const seco_material* material) {
  return material ? seco::materials::n_mandel_components(material->rves.dimension) : 0;
}

int seco_n_rves(const seco_material* material) {
  return material ? static_cast<int>(material->rves.results.size()) : 0;
}

const char* seco_unit(const seco_material* material) {
  return material ? material->rves.unit.c_str() : "";
}

int seco_n_notes(const seco_material* material) {
  return material ? static_cast<int>(material->rves.notes.size()) : 0;
}

const char* seco_note(const seco_material* material, int note) {
  return note >= 0 && note < seco_n_notes(material)
             ? material->rves.notes[static_cast<std::size_t>(note)].c_str()
             : "";
}

int seco_evaluate(const seco_material* material, int notation, int n_points, const int* rve,
                  const double* strain, double* stress, double* tangent, double* gap) {
  return guarded([&] {
    require(material, "argument material is NULL; create a material first");
    if (n_points < 0)
      throw std::invalid_argument(
          fmt::format("argument n_points is {}; allowed are numbers from 0", n_points));
    require(strain || !stress, "argument strain is NULL, and stresses are wanted");
    return evaluate(*material, Notation(notation, material->rves.dimension), n_points, rve, strain,
                    stress, tangent, gap);
  });
}

int seco_bounds(const seco_material* material, int notation, int rve, double* lower,
                double* upper) {
  return guarded([&] {
    require(material, "argument material is NULL; create a material first");
    const Notation components(notation, material->rves.dimension);
    const auto r = checked_rve(*material, rve);
    if (lower) copy_symmetric(components.stiffness(material->rves.results[r].lower), lower);
    if (upper) copy_symmetric(components.stiffness(material->rves.results[r].upper), upper);
    const auto& reason = material->rves.reasons[r];
    return reason.empty() ? static_cast<int>(SECO_OK) : unreliable(r, reason);
  });
}

int seco_rve_status(const seco_material* material, int rve) {
  return seco_bounds(material, SECO_MANDEL, rve, nullptr, nullptr);
}

const char* seco_message() {
  return kept_message();
}

const char* seco_version() {
  return SECO_VERSION;
}
