#include "seco/points.h"

#include <fmt/format.h>

#include <cmath>
#include <cstring>
#include <memory>
#include <mutex>
#include <numeric>
#include <stdexcept>
#include <utility>
#include <vector>

#include "guarded.h"
#include "notation.h"
#include "rve_points.h"

struct seco_points {
  template <typename... Arguments>
  explicit seco_points(Arguments&&... arguments) : points(std::forward<Arguments>(arguments)...) {}
  seco::c_interface::RvePoints points;
};

namespace seco::c_interface {
namespace {

using materials::MandelVector;
using surrogate::PointResponse;

const char* const no_points = "argument points is NULL; create points first";

/// Where the answers of points go; null for what is not wanted.
struct Outputs {
  double *stress, *tangent, *energy, *gap, *error, *step_fraction;
};

std::size_t checked_point(const RvePoints& points, int point) {
  if (point < 0 || static_cast<std::size_t>(point) >= points.size())
    throw std::invalid_argument(
        fmt::format("argument point: there is no point {}; allowed are numbers from 0 to {}", point,
                    points.size() - 1));
  return static_cast<std::size_t>(point);
}

/// The numbers that a caller gives, or all.
std::vector<std::size_t> chosen_points(const RvePoints& points, int n, const int* point) {
  if (!point) {
    std::vector<std::size_t> all(points.size());
    std::iota(all.begin(), all.end(), std::size_t{0});
    return all;
  }
  if (n < 0)
    throw std::invalid_argument(fmt::format("argument n is {}; allowed are numbers from 0", n));
  std::vector<std::size_t> chosen;
  for (int i = 0; i < n; ++i) chosen.push_back(checked_point(points, point[i]));
  return chosen;
}

void check_time_step(double time_step) {
  if (!(time_step > 0) || !std::isfinite(time_step))
    throw std::invalid_argument(
        fmt::format("argument time_step is {}; allowed are numbers above 0", time_step));
}

void write_response(const Notation& notation, std::size_t place, const PointResponse& response,
                    const Outputs& outputs) {
  if (outputs.step_fraction)
    outputs.step_fraction[place] = response.answered ? 1. : response.step_ratio;
  if (!response.answered) return;
  const auto m = static_cast<std::size_t>(notation.n_components());
  if (outputs.stress) notation.write_stress(response.stress, outputs.stress + place * m);
  if (outputs.tangent)
    copy_symmetric(notation.stiffness(response.tangent), outputs.tangent + place * m * m);
  if (outputs.energy) outputs.energy[place] = response.energy;
  if (outputs.gap) outputs.gap[place] = response.gap;
  if (outputs.error)
    outputs.error[place] = response.error > 0 ? response.error / response.stress_norm : 0.;
}

/// The result of all points, and its message: what has failed comes first.
int result_of(const RvePoints& points, const std::vector<std::size_t>& numbers,
              const std::vector<PointResponse>& responses) {
  for (std::size_t i = 0; i < responses.size(); ++i)
    if (!responses[i].answered) {
      keep_message(fmt::format("point {} finds no equilibrium at the end of the step: {}; try {:g} "
                               "of the step",
                               numbers[i], describe(responses[i].failure), responses[i].step_ratio)
                       .c_str());
      return SECO_SHORTER_STEP;
    }
  for (std::size_t i = 0; i < responses.size(); ++i)
    if (const auto reason = points.missed(numbers[i], responses[i]); !reason.empty()) {
      keep_message(fmt::format("point {} is not as asked: {}", numbers[i], reason).c_str());
      return SECO_UNRELIABLE;
    }
  return SECO_OK;
}

}  // namespace
}  // namespace seco::c_interface

using namespace seco::c_interface;

int seco_points_create(const char* parameter_file, const char* section, int n_rves,
                       const double* volume_fraction, int n_points, const int* rve,
                       seco_points** points) {
  if (points) *points = nullptr;
  return guarded([&] {
    require(points, "argument points is NULL; pass the address of a pointer");
    require(parameter_file, "argument parameter_file is NULL; pass the name of a file");
    require(section, "argument section is NULL; pass for example \"Material 0/homogenized laws\"");
    if (n_rves < 1)
      throw std::invalid_argument(
          fmt::format("argument n_rves is {}; allowed are numbers from 1", n_rves));
    if (n_points < 1)
      throw std::invalid_argument(
          fmt::format("argument n_points is {}; allowed are numbers from 1", n_points));
    std::vector<double> fractions;
    if (volume_fraction) fractions.assign(volume_fraction, volume_fraction + n_rves);
    std::vector<std::uint32_t> rve_of_point(static_cast<std::size_t>(n_points), 0);
    for (int p = 0; rve && p < n_points; ++p) {
      if (rve[p] < 0 || rve[p] >= n_rves)
        throw std::invalid_argument(
            fmt::format("argument rve: point {} has RVE {}; allowed are numbers from 0 to {}", p,
                        rve[p], n_rves - 1));
      rve_of_point[static_cast<std::size_t>(p)] = static_cast<std::uint32_t>(rve[p]);
    }
    const std::lock_guard lock(creation_mutex());
    *points =
        std::make_unique<seco_points>(std::string(parameter_file), std::string(section),
                                      static_cast<std::size_t>(n_rves), fractions, rve_of_point)
            .release();
    return static_cast<int>(SECO_OK);
  });
}

void seco_points_destroy(seco_points* points) {
  delete points;
}

int seco_points_number(const seco_points* points) {
  return points ? static_cast<int>(points->points.size()) : 0;
}

int seco_points_dimension(const seco_points* points) {
  return points ? points->points.dimension() : 0;
}

int seco_points_n_components(const seco_points* points) {
  return points ? seco::materials::n_mandel_components(points->points.dimension()) : 0;
}

const char* seco_points_unit(const seco_points* points) {
  return points ? points->points.unit().c_str() : "";
}

int seco_points_n_notes(const seco_points* points) {
  return points ? static_cast<int>(points->points.notes().size()) : 0;
}

const char* seco_points_note(const seco_points* points, int note) {
  return note >= 0 && note < seco_points_n_notes(points)
             ? points->points.notes()[static_cast<std::size_t>(note)].c_str()
             : "";
}

int seco_points_evaluate(seco_points* points, int notation, int n, const int* point,
                         double time_step, const double* strain, double* stress, double* tangent,
                         double* energy, double* gap, double* error, double* step_fraction) {
  return guarded([&] {
    require(points, no_points);
    require(strain, "argument strain is NULL");
    auto& all = points->points;
    const Notation components(notation, all.dimension());
    if (!point && static_cast<std::size_t>(n) != all.size())
      throw std::invalid_argument(fmt::format(
          "argument n is {}; without numbers of points allowed is {}, that of all", n, all.size()));
    const auto numbers = chosen_points(all, n, point);
    check_time_step(time_step);
    check_strains("strain", strain, n, components.n_components());
    std::vector<MandelVector> strains;
    for (std::ptrdiff_t i = 0; i < n; ++i)
      strains.push_back(components.mandel_strain(strain + i * components.n_components()));
    const auto responses = all.evaluate(numbers, time_step, strains, tangent != nullptr);
    const Outputs outputs{stress, tangent, energy, gap, error, step_fraction};
    for (std::size_t i = 0; i < responses.size(); ++i)
      write_response(components, i, responses[i], outputs);
    return result_of(all, numbers, responses);
  });
}

int seco_points_accept(seco_points* points, int n, const int* point) {
  return guarded([&] {
    require(points, no_points);
    points->points.accept(chosen_points(points->points, n, point));
    return static_cast<int>(SECO_OK);
  });
}

int seco_points_reject(seco_points* points, int n, const int* point) {
  return guarded([&] {
    require(points, no_points);
    points->points.reject(chosen_points(points->points, n, point));
    return static_cast<int>(SECO_OK);
  });
}

int seco_points_find(seco_points* points, int element, int integration_point, int* point) {
  return guarded([&] {
    require(points, no_points);
    require(point, "argument point is NULL; pass the address of a number");
    *point = static_cast<int>(points->points.find(element, integration_point));
    return static_cast<int>(SECO_OK);
  });
}

int seco_points_increment(seco_points* points, int notation, int point, double time,
                          double time_step, const double* strain, const double* strain_increment,
                          double* stress, double* tangent, double* energy, double* gap,
                          double* error, double* step_fraction) {
  return guarded([&] {
    require(points, no_points);
    require(strain && strain_increment, "argument strain or strain_increment is NULL");
    auto& all = points->points;
    const Notation components(notation, all.dimension());
    const std::vector numbers{checked_point(all, point)};
    check_time_step(time_step);
    if (!std::isfinite(time))
      throw std::invalid_argument(
          fmt::format("argument time is {}; allowed are finite numbers", time));
    check_strains("strain", strain, 1, components.n_components());
    check_strains("strain_increment", strain_increment, 1, components.n_components());
    const std::vector responses{
        all.increment(numbers.front(), time, time_step, components.mandel_strain(strain),
                      components.mandel_strain(strain_increment), tangent != nullptr)};
    write_response(components, 0, responses.front(),
                   {stress, tangent, energy, gap, error, step_fraction});
    return result_of(all, numbers, responses);
  });
}

int seco_points_save(const seco_points* points, int point, void* bytes, size_t* n_bytes) {
  return guarded([&] {
    require(points, no_points);
    require(n_bytes, "argument n_bytes is NULL; pass the address of a number");
    const auto state = points->points.save(checked_point(points->points, point));
    const auto room = *n_bytes;
    *n_bytes = state.size();
    if (!bytes) return static_cast<int>(SECO_OK);
    if (room < state.size())
      throw std::invalid_argument(
          fmt::format("argument n_bytes: the state of point {} takes {} bytes, and there is room "
                      "for {}",
                      point, state.size(), room));
    std::memcpy(bytes, state.data(), state.size());
    return static_cast<int>(SECO_OK);
  });
}

int seco_points_restore(seco_points* points, int point, const void* bytes, size_t n_bytes) {
  return guarded([&] {
    require(points, no_points);
    require(bytes, "argument bytes is NULL");
    points->points.restore(checked_point(points->points, point),
                           {static_cast<const char*>(bytes), n_bytes});
    return static_cast<int>(SECO_OK);
  });
}

int seco_points_mean_state(const seco_points* points, int point, const char* variable,
                           double* mean) {
  return guarded([&] {
    require(points, no_points);
    require(variable, "argument variable is NULL; pass the name of a state variable");
    require(mean, "argument mean is NULL; pass the address of a number");
    *mean = points->points.mean_state(checked_point(points->points, point), variable);
    return static_cast<int>(SECO_OK);
  });
}

int seco_points_n_variables(const seco_points* points) {
  return points ? static_cast<int>(points->points.variables().size()) : 0;
}

const char* seco_points_variable(const seco_points* points, int variable) {
  return variable >= 0 && variable < seco_points_n_variables(points)
             ? points->points.variables()[static_cast<std::size_t>(variable)].c_str()
             : "";
}
