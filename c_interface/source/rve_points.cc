#include "rve_points.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <set>
#include <stdexcept>

#include "seco/materials/fnv_hash.h"
#include "seco/materials/parameter_file.h"
#include "seco/materials/phase_laws.h"
#include "seco/surrogate/point_parameters.h"
#include "seco/surrogate/run_parameters.h"
#include "section_rves.h"

namespace seco::c_interface {
namespace {

using materials::MandelVector;

/// Before a saved state, so that other bytes are not taken for one.
constexpr std::uint64_t state_tag = 0x3153454f50534f43;  // "COSPOES1" on a little-endian machine

struct StateHeader {
  std::uint64_t tag = state_tag, identity = 0;
  double time = 0;
  std::int64_t element = -1, integration_point = -1;
};

bool same_time(double a, double b, double step) {
  return std::abs(a - b) < 1e-3 * step;
}

std::string listed(const MandelVector& v) {
  return fmt::format("{:.10g}", fmt::join(v.data(), v.data() + v.size(), ", "));
}

}  // namespace

RvePoints::RvePoints(const std::string& parameter_file, const std::string& section,
                     std::size_t n_rves, const std::vector<double>& volume_fraction,
                     std::vector<std::uint32_t> rve_of_point)
    : rve_of_point_(std::move(rve_of_point)) {
  auto file = materials::ParameterFile::read(parameter_file);
  check_section(file, section);
  const auto made = read_section_rves(file, section, n_rves, volume_fraction);
  surrogate::RunParameters sharing;
  surrogate::read_rve_sharing(file, section, sharing);
  const auto parameters = surrogate::read_point_parameters(file, section);
  surrogate::require_laws(file, section, parameters);
  file.check_all_used(section);
  dimension_ = made.dimension;
  unit_ = made.unit;
  notes_ = made.notes();
  notes_.insert(notes_.end(), file.notes().begin(), file.notes().end());
  request_ = parameters.request;

  const auto laws_file = materials::ParameterFile::read(parameters.laws_file);
  const bool is_file = made.source.is_file();
  std::vector<surrogate::LawRve> rves;
  for (auto& rve : made.make()) {
    auto laws = materials::laws_of_file(laws_file, rve, is_file);
    materials::FnvHash hash;
    const auto rve_hash = materials::hash(rve);
    const auto text = materials::laws_as_text(laws_file, rve, is_file);
    hash.add(&rve_hash, sizeof(rve_hash));
    hash.add(text.data(), text.size());
    identity_of_rve_.push_back(hash.value());
    std::string no_bound;
    for (const auto& law : laws) {
      if (!law) continue;
      if (!law->guarantee().two_sided) no_bound = law->guarantee().reason;
      for (const auto& v : law->state_variables())
        if (v.n_components == 1 &&
            std::find(variables_.begin(), variables_.end(), v.name) == variables_.end())
          variables_.push_back(v.name);
    }
    no_bound_.push_back(no_bound);
    rves.push_back({std::move(rve), std::move(laws)});
  }
  deforming_ = std::make_unique<surrogate::DeformingPoints>(std::move(rves), rve_of_point_,
                                                            surrogate::settings_in(parameters, ""));
  Record record;
  record.strain = MandelVector::Zero(materials::n_mandel_components(dimension_));
  records_.assign(rve_of_point_.size(), record);
}

RvePoints::Responses RvePoints::evaluate(std::span<const std::size_t> points, double time_step,
                                         std::span<const MandelVector> strain, bool tangent) {
  if (std::set<std::size_t>(points.begin(), points.end()).size() != points.size())
    throw std::invalid_argument("argument point: a number is there twice; allowed is each once");
  auto request = request_;
  request.tangent = tangent;
  auto responses = deforming_->evaluate(points, time_step, strain, request);
  for (std::size_t i = 0; i < points.size(); ++i) {
    auto& record = records_[points[i]];
    record.asked = true;
    record.answered = responses[i].answered;
    record.asked_strain = strain[i];
    record.asked_step = time_step;
    record.asked_time = std::numeric_limits<double>::quiet_NaN();
  }
  return responses;
}

void RvePoints::accept(std::span<const std::size_t> points) {
  std::vector<std::size_t> asked;
  for (const auto p : points) {
    const auto& record = records_.at(p);
    if (!record.asked) continue;
    if (!record.answered)
      throw std::invalid_argument(fmt::format(
          "point {} has no answer to the strain that was evaluated last, so the step cannot be "
          "accepted; reject it and try a shorter one",
          p));
    asked.push_back(p);
  }
  deforming_->accept(asked);
  for (const auto p : asked) {
    auto& record = records_[p];
    record.strain = record.asked_strain;
    record.time = record.asked_time + record.asked_step;
    record.asked = false;
  }
}

void RvePoints::reject(std::span<const std::size_t> points) {
  deforming_->reject(points);
  for (const auto p : points) records_[p].asked = false;
}

std::size_t RvePoints::find(int element, int integration_point) {
  if (element < 0 || integration_point < 0)
    throw std::invalid_argument(
        fmt::format("element {} and integration point {}: allowed are numbers from 0", element,
                    integration_point));
  const std::lock_guard lock(found_mutex_);
  const std::pair pair(element, integration_point);
  if (const auto known = found_.find(pair); known != found_.end()) return known->second;
  // Some may have been restored.
  while (next_ < records_.size() && records_[next_].element >= 0) ++next_;
  if (next_ == records_.size())
    throw std::invalid_argument(fmt::format(
        "integration point {} of element {} is one more than the {} points that were created; "
        "create as many as there are integration points with this material",
        integration_point, element, records_.size()));
  records_[next_].element = element;
  records_[next_].integration_point = integration_point;
  return found_[pair] = next_++;
}

void RvePoints::begin_increment(std::size_t p, double time, double time_step,
                                const MandelVector& strain) {
  auto& record = records_.at(p);
  const std::size_t only[] = {p};
  const bool again =
      record.asked && same_time(time, record.asked_time, std::min(time_step, record.asked_step));
  const bool next = record.asked && !again &&
                    same_time(time, record.asked_time + record.asked_step, record.asked_step);
  if (record.asked && !again && !next)
    throw std::invalid_argument(fmt::format(
        "point {}: an increment begins at the time {:.10g}, and the one before went from {:.10g} "
        "to {:.10g}; allowed are these two times, for points that only this function evaluates",
        p, time, record.asked_time, record.asked_time + record.asked_step));
  if (!record.asked && std::isfinite(record.time) && !same_time(time, record.time, time_step))
    throw std::invalid_argument(
        fmt::format("point {}: an increment begins at the time {:.10g}, and the last one that was "
                    "accepted has ended at {:.10g}",
                    p, time, record.time));
  const auto& expected = next ? record.asked_strain : record.strain;
  constexpr double rounding = 1e-8, nothing = 1e-15;
  if (!((strain - expected).norm() <= rounding * expected.norm() + nothing))
    throw std::invalid_argument(
        fmt::format("point {}: an increment begins at the strain {} (Mandel), and the state is "
                    "that of {}: a host has to go on from the strain that it has asked for last, "
                    "and must not rotate strains",
                    p, listed(strain), listed(expected)));
  if (next) accept(only);
  // What belongs to a longer step.
  if (again && time_step != record.asked_step) reject(only);
}

surrogate::PointResponse RvePoints::increment(std::size_t p, double time, double time_step,
                                              const MandelVector& strain,
                                              const MandelVector& strain_increment, bool tangent) {
  begin_increment(p, time, time_step, strain);
  const std::size_t only[] = {p};
  const MandelVector end[] = {strain + strain_increment};
  auto response = evaluate(only, time_step, end, tangent).front();
  records_[p].asked_time = time;
  return response;
}

std::string RvePoints::save(std::size_t p) const {
  const auto& record = records_.at(p);
  StateHeader header;
  header.identity = identity_of_rve_[rve_of_point_[p]];
  header.time = record.time;
  header.element = record.element;
  header.integration_point = record.integration_point;
  const auto numbers = deforming_->save(p);
  std::string bytes(sizeof(header) + numbers.size() * sizeof(double), '\0');
  std::memcpy(bytes.data(), &header, sizeof(header));
  std::memcpy(bytes.data() + sizeof(header), numbers.data(), numbers.size() * sizeof(double));
  return bytes;
}

void RvePoints::restore(std::size_t p, std::span<const char> bytes) {
  StateHeader header;
  if (bytes.size() < sizeof(header) || (bytes.size() - sizeof(header)) % sizeof(double) != 0)
    throw std::invalid_argument(
        fmt::format("argument bytes: {} bytes are no state of a point", bytes.size()));
  std::memcpy(&header, bytes.data(), sizeof(header));
  if (header.tag != state_tag)
    throw std::invalid_argument("argument bytes: no state of a point, or of another machine");
  if (header.identity != identity_of_rve_[rve_of_point_.at(p)])
    throw std::invalid_argument(
        fmt::format("argument bytes: a state of another RVE or of other laws than those of point "
                    "{}",
                    p));
  std::vector<double> numbers((bytes.size() - sizeof(header)) / sizeof(double));
  std::memcpy(numbers.data(), bytes.data() + sizeof(header), numbers.size() * sizeof(double));
  const std::lock_guard lock(found_mutex_);
  const std::pair pair(static_cast<int>(header.element),
                       static_cast<int>(header.integration_point));
  const auto known = found_.find(pair);
  if (header.element >= 0 && known != found_.end() && known->second != p)
    throw std::invalid_argument(
        fmt::format("argument bytes: the state of integration point {} of element {}, which "
                    "belongs to point {} already",
                    pair.second, pair.first, known->second));
  deforming_->restore(p, numbers);
  auto& record = records_[p];
  found_.erase({record.element, record.integration_point});
  record = {};
  record.strain = deforming_->strain(p);
  record.time = header.time;
  record.element = pair.first;
  record.integration_point = pair.second;
  if (record.element >= 0) found_[pair] = p;
}

double RvePoints::mean_state(std::size_t p, const std::string& variable) const {
  if (std::find(variables_.begin(), variables_.end(), variable) == variables_.end())
    throw std::invalid_argument(
        variables_.empty()
            ? fmt::format("argument variable: '{}'; the laws have no state variables of one number",
                          variable)
            : fmt::format("argument variable: '{}' is not known; allowed are {}", variable,
                          fmt::join(variables_, ", ")));
  return deforming_->mean_state(p, variable);
}

std::string RvePoints::missed(std::size_t p, const surrogate::PointResponse& response) const {
  if (response.converged) return "";
  if (!std::isinf(response.gap))
    return fmt::format("the guaranteed error of its stress is {:.3g}, and 'Tolerance' is {:g}",
                       response.error / response.stress_norm, request_.tolerance);
  const auto& reason = no_bound_[rve_of_point_[p]];
  return "no error of its stress is guaranteed: " +
         (reason.empty() ? "the stress in equilibrium leaves what a law can carry at a voxel"
                         : reason);
}

}  // namespace seco::c_interface
