#pragma once

namespace seco::macro {

/// What is done of a run, in its order, and what a checkpoint may follow. Bounds and refinement
/// alternate. A run with materials that are not linear has load steps after the homogenization, and
/// nothing else.
enum class Stage {
  none,
  homogenization,
  bounds,
  refinement,
  estimate,
  certificate,
  audit,
  load_step
};

}  // namespace seco::macro
