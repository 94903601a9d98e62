#pragma once

namespace seco::macro {

/// What is done of a run, in its order, and what a checkpoint may follow. Bounds and refinement
/// alternate.
enum class Stage { none, homogenization, bounds, refinement, estimate, certificate, audit };

}  // namespace seco::macro
