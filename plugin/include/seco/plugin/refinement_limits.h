#pragma once

#include <string>
#include <vector>

namespace seco::plugin {

/// What a material with `Material::rve_shares` may also implement, to say what stops it.
class RefinementLimits {
 public:
  virtual ~RefinementLimits() = default;

  /// Why the RVEs that are not improvable are not: one clause per entry of the last `rve_shares`,
  /// with the key to change, empty for one that is improvable. Not collective.
  virtual std::vector<std::string> refinement_limits() const = 0;
};

}  // namespace seco::plugin
