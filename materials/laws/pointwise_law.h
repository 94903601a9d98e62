#pragma once

#include <algorithm>

#include "numbers.h"
#include "seco/materials/law.h"

/// Laws that are written for one point. Such a law has
///
///     static constexpr int n_state_values;
///     template <typename T>
///     void respond(const T* strain, const T* state, double time_step, PointAnswer<T>& answer)
///     const; template <typename T> T dual(const T* stress, const T* state, double time_step)
///     const;
///
/// and, if its constants decide how many state values it has, `int n_state() const` with
/// n_state_values as the most. It calls respond_by_rows() and dual_by_rows() in functions of its
/// own that are compiled for several instruction sets (SECO_SIMD_CLONES).
namespace seco::materials {

/// The answer at a point; `tangent` is to be set only if `wants_tangent`.
template <typename T, int n_state>
struct PointAnswer {
  bool wants_tangent = false;
  T stress[6] = {}, tangent[21] = {}, energy = {}, state[n_state > 0 ? n_state : 1] = {};
  /// False if the point could not be answered; that of several points together.
  bool found = true;
};

namespace by_rows {

/// `count` numbers; the lanes beyond repeat the last one, which is a valid point.
SECO_INLINE Row load(const double* from, std::int64_t count) {
  Row v;
  if (count >= row_length) {
    std::memcpy(&v, from, sizeof(v));
  } else {
    for (int i = 0; i < row_length; ++i) v[i] = from[std::min<std::int64_t>(i, count - 1)];
  }
  return v;
}
SECO_INLINE void store(double* to, Row v, std::int64_t count) {
  std::memcpy(to, &v,
              sizeof(double) * static_cast<std::size_t>(std::min<std::int64_t>(count, row_length)));
}

template <typename Model>
SECO_INLINE int state_size(const Model& law) {
  if constexpr (requires { law.n_state(); })
    return law.n_state();
  else
    return Model::n_state_values;
}

}  // namespace by_rows

template <typename Model>
SECO_INLINE bool respond_by_rows(const Model& law, const LawPoints& p, const LawAnswer& out) {
  constexpr int most = Model::n_state_values;
  const int n_state = by_rows::state_size(law);
  bool found = true;
  for (std::int64_t k = 0; k < p.n; k += row_length) {
    const std::int64_t count = p.n - k;
    Row strain[6], state[most > 0 ? most : 1];
    for (int c = 0; c < 6; ++c) strain[c] = by_rows::load(p.field + c * p.stride + k, count);
    for (int c = 0; c < n_state; ++c) state[c] = by_rows::load(p.state + c * p.stride + k, count);
    PointAnswer<Row, most> answer;
    answer.wants_tangent = out.tangent != nullptr;
    law.respond(strain, state, p.time_step, answer);
    found = found && answer.found;
    const auto put = [&](double* to, const Row* values, int n) {
      if (to != nullptr)
        for (int c = 0; c < n; ++c) by_rows::store(to + c * p.stride + k, values[c], count);
    };
    put(out.stress, answer.stress, 6);
    put(out.tangent, answer.tangent, 21);
    put(out.energy, &answer.energy, 1);
    put(out.state, answer.state, n_state);
  }
  return found;
}

template <typename Model>
SECO_INLINE void dual_by_rows(const Model& law, const LawPoints& p, double* energy) {
  constexpr int most = Model::n_state_values;
  const int n_state = by_rows::state_size(law);
  for (std::int64_t k = 0; k < p.n; k += row_length) {
    const std::int64_t count = p.n - k;
    Row stress[6], state[most > 0 ? most : 1];
    for (int c = 0; c < 6; ++c) stress[c] = by_rows::load(p.field + c * p.stride + k, count);
    for (int c = 0; c < n_state; ++c) state[c] = by_rows::load(p.state + c * p.stride + k, count);
    by_rows::store(energy + k, law.dual(stress, state, p.time_step), count);
  }
}

}  // namespace seco::materials
