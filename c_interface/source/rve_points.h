#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "seco/surrogate/deforming_points.h"

namespace seco::c_interface {

/// Points of seco/points.h: DeformingPoints of a section of a parameter file, and for each point
/// what its caller has asked last. Strains and stresses are in Mandel notation. What is said of
/// threads there holds here.
class RvePoints {
 public:
  /// @param rve_of_point RVE of each point
  /// @throws std::invalid_argument
  RvePoints(const std::string& parameter_file, const std::string& section, std::size_t n_rves,
            const std::vector<double>& volume_fraction, std::vector<std::uint32_t> rve_of_point);

  std::size_t size() const { return records_.size(); }
  int dimension() const { return dimension_; }
  const std::string& unit() const { return unit_; }
  const std::vector<std::string>& notes() const { return notes_; }
  /// State variables of one number, of all laws.
  const std::vector<std::string>& variables() const { return variables_; }

  using Responses = std::vector<surrogate::PointResponse>;
  /// @throws std::invalid_argument for a number that is none of a point, or twice there
  Responses evaluate(std::span<const std::size_t> points, double time_step,
                     std::span<const materials::MandelVector> strain, bool tangent);
  /// @throws std::invalid_argument, before any point has changed, if one has no answer
  void accept(std::span<const std::size_t> points);
  void reject(std::span<const std::size_t> points);

  /// @throws std::invalid_argument if there is no point left
  std::size_t find(int element, int integration_point);
  /// As seco_points_increment. @throws std::invalid_argument
  surrogate::PointResponse increment(std::size_t point, double time, double time_step,
                                     const materials::MandelVector& strain,
                                     const materials::MandelVector& strain_increment, bool tangent);

  std::string save(std::size_t point) const;
  /// @throws std::invalid_argument
  void restore(std::size_t point, std::span<const char> bytes);

  /// @throws std::invalid_argument for a variable that no law has
  double mean_state(std::size_t point, const std::string& variable) const;

  /// Why a response misses the tolerance; empty if it does not.
  std::string missed(std::size_t point, const surrogate::PointResponse& response) const;

 private:
  /// What was asked of a point.
  struct Record {
    /// Strain at the begin of the step, and the time, NaN if it is not known.
    materials::MandelVector strain;
    double time = std::numeric_limits<double>::quiet_NaN();
    /// Since the begin: whether it was evaluated, and whether the last evaluation has an answer;
    /// its strain, and the time and length of the step, NaN if not known.
    bool asked = false, answered = false;
    materials::MandelVector asked_strain;
    double asked_time = std::numeric_limits<double>::quiet_NaN(), asked_step = 0;
    /// None if negative.
    int element = -1, integration_point = -1;
  };
  void begin_increment(std::size_t point, double time, double time_step,
                       const materials::MandelVector& strain);

  int dimension_ = 3;
  std::string unit_;
  std::vector<std::string> notes_, variables_;
  /// Of RVEs and laws.
  std::vector<std::uint64_t> identity_of_rve_;
  std::vector<std::uint32_t> rve_of_point_;
  /// Why an RVE has no lower bound; empty if it has one.
  std::vector<std::string> no_bound_;
  surrogate::PointRequest request_;
  std::unique_ptr<surrogate::DeformingPoints> deforming_;
  std::vector<Record> records_;
  std::mutex found_mutex_;
  /// Of an element and its integration point.
  std::map<std::pair<int, int>, std::size_t> found_;
  std::size_t next_ = 0;
};

}  // namespace seco::c_interface
