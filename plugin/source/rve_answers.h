#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "seco/plugin/stiffness_table.h"
#include "seco/surrogate/result_cache.h"

namespace seco::plugin {

/// The answer for one RVE, in a form that ranks can send to each other.
template <int dim>
struct RveAnswer {
  StiffnessTriangle<dim> stiffness, lower, upper;
  /// In plane strain surrogate::Homogenized::out_of_plane row by row, NaN where it is not known;
  /// else unused.
  std::array<double, 9> out_of_plane = not_known();
  double gap = 0;
  PointStatus status = PointStatus::ok;
  std::string engine;
  /// One sentence where the status is not ok, or where refinement missed the wanted gap.
  std::string reason;
  /// The gap it was refined for, 0 if it never was.
  double wanted_gap = 0;
  /// Of the content of the RVE: equal RVEs of different keys have equal digests.
  surrogate::ResultCache::Digest digest{};

  static constexpr std::array<double, 9> not_known() {
    std::array<double, 9> rows{};
    rows.fill(std::numeric_limits<double>::quiet_NaN());
    return rows;
  }

  template <typename Archive>
  void serialize(Archive& archive, unsigned int) {
    // Checkpoints hold whole tensors.
    for (auto* triangle : {&stiffness, &lower, &upper}) {
      auto tensor = triangle->tensor();
      archive& tensor;
      *triangle = StiffnessTriangle<dim>(tensor);
    }
    if (dim == 2)
      for (double& number : out_of_plane) archive& number;
    archive& gap& status& engine& reason& wanted_gap& digest;
  }
};

/// The answers for many RVEs: the table of their stiffnesses, which a material shows, and the rest
/// in 32 bytes each.
template <int dim>
class RveAnswers {
 public:
  void clear();
  void add(const RveAnswer<dim>& answer);
  void replace(std::size_t rve, const RveAnswer<dim>& answer);
  /// Notes that a refinement with this gap in view has brought nothing better.
  void keep_refined(std::size_t rve, double wanted_gap, const std::string& reason);
  void set_points(std::vector<std::uint32_t> rve_of_point) {
    table_.set_points(std::move(rve_of_point));
  }

  RveAnswer<dim> operator[](std::size_t rve) const;
  std::size_t size() const { return rest_.size(); }
  double gap(std::size_t rve) const { return table_.gap(rve); }
  PointStatus status(std::size_t rve) const { return table_.status(rve); }
  double wanted_gap(std::size_t rve) const { return rest_[rve].wanted_gap; }
  const std::string& engine(std::size_t rve) const { return engines_[rest_[rve].engine]; }
  std::string reason(std::size_t rve) const;
  const surrogate::ResultCache::Digest& digest(std::size_t rve) const { return rest_[rve].digest; }
  /// In plane strain, as in RveAnswer.
  const std::array<double, 9>& out_of_plane(std::size_t rve) const { return out_of_plane_[rve]; }
  const StiffnessTable<dim>& table() const { return table_; }

 private:
  struct Rest {
    surrogate::ResultCache::Digest digest;
    double wanted_gap;
    /// In engines_.
    std::uint32_t engine;
  };
  Rest rest_of(std::size_t rve, const RveAnswer<dim>& answer);

  StiffnessTable<dim> table_;
  std::vector<Rest> rest_;
  std::vector<std::array<double, 9>> out_of_plane_;
  std::vector<std::string> engines_;
  /// Of the few that have one.
  std::map<std::size_t, std::string> reasons_;
};

}  // namespace seco::plugin
