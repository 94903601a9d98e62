#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "point_model.h"
#include "seco/materials/law.h"

/// Laws of models that are written for one point (point_model.h). SECO_POINTWISE_FUNCTIONS in the
/// file of a law compiles its model for several instruction sets, and a PointwiseLaw makes a Law of
/// it.
namespace seco::materials {

/// Between the arrays of LawPoints and rows. The last row of points may be short: its numbers go
/// through a copy, by functions that stay out of the loops, so that these have one kind of access.
namespace by_rows {

/// Copies `n` components of `count` points to whole rows; the lanes beyond repeat the last point,
/// which is a valid one.
[[gnu::noinline]] inline void fill(const double* from, int n, std::int64_t stride, int count,
                                   double* to, int length) {
  for (int c = 0; c < n; ++c)
    for (int i = 0; i < length; ++i) to[c * length + i] = from[c * stride + std::min(i, count - 1)];
}
/// Copies the first `count` points of whole rows.
[[gnu::noinline]] inline void cut(const double* from, int n, int length, int count, double* to,
                                  std::int64_t stride) {
  for (int c = 0; c < n; ++c)
    for (int i = 0; i < count; ++i) to[c * stride + i] = from[c * length + i];
}

/// `n` components of the row of points that begins at `from`. @param copy holds a short one
template <Row T>
SECO_INLINE void load(const double* from, int n, std::int64_t stride, std::int64_t count, T* rows,
                      double* copy) {
  constexpr int length = row_length<T>;
  const bool whole = count >= length;
  if (!whole) fill(from, n, stride, static_cast<int>(count), copy, length);
  const double* at = whole ? from : copy;
  const std::int64_t apart = whole ? stride : length;
  for (int c = 0; c < n; ++c) std::memcpy(&rows[c], at + c * apart, sizeof(T));
}
template <Row T>
SECO_INLINE void store(const T* rows, int n, double* to, std::int64_t stride, std::int64_t count,
                       double* copy) {
  constexpr int length = row_length<T>;
  const bool whole = count >= length;
  double* at = whole ? to : copy;
  const std::int64_t apart = whole ? stride : length;
  for (int c = 0; c < n; ++c) std::memcpy(at + c * apart, &rows[c], sizeof(T));
  if (!whole) cut(copy, n, length, static_cast<int>(count), to, stride);
}

template <typename Model>
SECO_INLINE int state_size(const Model& law) {
  if constexpr (requires { law.n_state(); })
    return law.n_state();
  else
    return Model::n_state_values;
}

}  // namespace by_rows

template <Row T, typename Model>
SECO_INLINE bool respond_by_rows(const Model& law, const LawPoints& p, const LawAnswer& out) {
  constexpr int most = Model::n_state_values;
  const int n_state = by_rows::state_size(law);
  double copy[std::max(most, 21) * row_length<T>];
  bool found = true;
  for (std::int64_t k = 0; k < p.n; k += row_length<T>) {
    const std::int64_t count = p.n - k;
    T strain[6], state[most > 0 ? most : 1];
    by_rows::load(p.field + k, 6, p.stride, count, strain, copy);
    if (n_state > 0) by_rows::load(p.state + k, n_state, p.stride, count, state, copy);
    PointAnswer<T, most> answer;
    answer.wants_tangent = out.tangent != nullptr;
    law.respond(strain, state, p.time_step, answer);
    found = found && answer.found;
    const auto put = [&](double* to, const T* values, int n) {
      if (to != nullptr) by_rows::store(values, n, to + k, p.stride, count, copy);
    };
    put(out.stress, answer.stress, 6);
    put(out.tangent, answer.tangent, 21);
    put(out.energy, &answer.energy, 1);
    put(out.state, answer.state, n_state);
  }
  return found;
}

template <Row T, typename Model>
SECO_INLINE void dual_by_rows(const Model& law, const LawPoints& p, double* energy) {
  constexpr int most = Model::n_state_values;
  const int n_state = by_rows::state_size(law);
  double copy[std::max(most, 6) * row_length<T>];
  for (std::int64_t k = 0; k < p.n; k += row_length<T>) {
    const std::int64_t count = p.n - k;
    T stress[6], state[most > 0 ? most : 1];
    by_rows::load(p.field + k, 6, p.stride, count, stress, copy);
    if (n_state > 0) by_rows::load(p.state + k, n_state, p.stride, count, state, copy);
    const T result = law.dual(stress, state, p.time_step);
    by_rows::store(&result, 1, energy + k, p.stride, count, copy);
  }
}

/// What a model does with points, for one instruction set.
template <typename Model>
struct PointwiseFunctions {
  bool (*respond)(const Model&, const LawPoints&, const LawAnswer&);
  void (*dual)(const Model&, const LawPoints&, double*);
};

/// Compiles a model, in the file of its law, with everything that it calls inlined, and defines
/// `functions_for(const Model&)`, those of the processor at hand. As in SECO_SIMD_CLONES, but for
/// every instruction set with rows of its registers: GCC takes comparisons and choices of longer
/// vectors apart into single numbers, which is several times the code, and slow.
#define SECO_POINTWISE_FUNCTIONS_FOR(Model, name, bytes, ...)                            \
  __attribute__((__VA_ARGS__)) bool respond_##name(const Model& law, const LawPoints& p, \
                                                   const LawAnswer& answer) {            \
    return respond_by_rows<RowOf<bytes>>(law, p, answer);                                \
  }                                                                                      \
  __attribute__((__VA_ARGS__)) void dual_##name(const Model& law, const LawPoints& p,    \
                                                double* energy) {                        \
    dual_by_rows<RowOf<bytes>>(law, p, energy);                                          \
  }
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define SECO_POINTWISE_FUNCTIONS(Model)                                          \
  SECO_POINTWISE_FUNCTIONS_FOR(Model, v4, 64, target("arch=x86-64-v4"), flatten) \
  SECO_POINTWISE_FUNCTIONS_FOR(Model, v3, 32, target("arch=x86-64-v3"), flatten) \
  SECO_POINTWISE_FUNCTIONS_FOR(Model, any, 16, flatten)                          \
  PointwiseFunctions<Model> functions_for(const Model&) {                        \
    if (__builtin_cpu_supports("x86-64-v4")) return {respond_v4, dual_v4};       \
    if (__builtin_cpu_supports("x86-64-v3")) return {respond_v3, dual_v3};       \
    return {respond_any, dual_any};                                              \
  }
#else
#define SECO_POINTWISE_FUNCTIONS(Model)                   \
  SECO_POINTWISE_FUNCTIONS_FOR(Model, any, 64, flatten)   \
  PointwiseFunctions<Model> functions_for(const Model&) { \
    return {respond_any, dual_any};                       \
  }
#endif

/// What a law says of itself besides its answers; see Law.
struct LawTraits {
  MandelMatrix elastic_stiffness;
  std::vector<StateVariable> state_variables = {};
  Guarantee guarantee = {};
  bool depends_on_time = false;
};

/// The numbers of a model that a GPU may hold; none of another.
template <typename Model>
std::optional<PlainModel> plain_form(const Model& model) {
  if constexpr (requires { Model::kind; } && std::is_trivially_copyable_v<Model>) {
    PlainModel plain{static_cast<int>(Model::kind), std::vector<std::byte>(sizeof(Model))};
    std::memcpy(plain.bytes.data(), &model, sizeof(Model));
    return plain;
  } else {
    return {};
  }
}

/// A model as a law.
template <typename Model>
class PointwiseLaw : public Law {
 public:
  PointwiseLaw(Model model, LawTraits traits, const PointwiseFunctions<Model>& functions)
      : PointwiseLaw(model, std::move(traits), functions, plain_form(model)) {}
  /// @param plain of a model that has another form on a GPU
  PointwiseLaw(Model model, LawTraits traits, const PointwiseFunctions<Model>& functions,
               std::optional<PlainModel> plain)
      : model_(std::move(model)),
        traits_(std::move(traits)),
        functions_(functions),
        plain_(std::move(plain)) {}

  std::vector<StateVariable> state_variables() const override { return traits_.state_variables; }
  MandelMatrix elastic_stiffness() const override { return traits_.elastic_stiffness; }
  Guarantee guarantee() const override { return traits_.guarantee; }
  bool depends_on_time() const override { return traits_.depends_on_time; }
  std::optional<PlainModel> plain_model() const override { return plain_; }
  double respond(const LawPoints& points, const LawAnswer& answer) const override {
    return functions_.respond(model_, points, answer) ? 1 : 0.5;
  }
  void dual(const LawPoints& points, double* energy) const override {
    functions_.dual(model_, points, energy);
  }

 protected:
  const Model& model() const { return model_; }

 private:
  Model model_;
  LawTraits traits_;
  PointwiseFunctions<Model> functions_;
  std::optional<PlainModel> plain_;
};

template <typename Model>
std::shared_ptr<const Law> pointwise_law(const Model& model, LawTraits traits,
                                         const PointwiseFunctions<Model>& functions) {
  return std::make_shared<PointwiseLaw<Model>>(model, std::move(traits), functions);
}
template <typename Model>
std::shared_ptr<const Law> pointwise_law(const Model& model, LawTraits traits,
                                         const PointwiseFunctions<Model>& functions,
                                         std::optional<PlainModel> plain) {
  return std::make_shared<PointwiseLaw<Model>>(model, std::move(traits), functions,
                                               std::move(plain));
}

}  // namespace seco::materials
