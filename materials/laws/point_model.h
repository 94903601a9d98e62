#pragma once

#include "numbers.h"

namespace seco::materials {

/// Models of laws are written for one point,
///
///     static constexpr int n_state_values;
///     template <typename T>
///     void respond(const T* strain, const T* state, double time_step, PointAnswer<T>& answer)
///     const; template <typename T> T dual(const T* stress, const T* state, double time_step)
///     const;
///
/// and, if its constants decide how many state values it has, `int n_state() const` with
/// n_state_values as the most. One that a GPU may hold is made of plain numbers, its headers
/// include no library, and it has a `static constexpr ModelKind kind`.
template <typename T, int n_state>
struct PointAnswer {
  /// `tangent` is to be set only if this is.
  bool wants_tangent = false;
  T stress[6] = {}, tangent[21] = {}, energy = {}, state[n_state > 0 ? n_state : 1] = {};
  /// False if the point could not be answered; that of several points together.
  bool found = true;
};

/// The models that kernels of a GPU know; `models.h` has them all.
enum class ModelKind {
  linear_elastic,
  j2_sum,
  j2_table,
  perzyna_sum,
  perzyna_table,
  norton_creep,
  ramberg_osgood,
  hencky,
  crystal
};

}  // namespace seco::materials
