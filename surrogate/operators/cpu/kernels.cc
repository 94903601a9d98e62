#include "kernels.h"

#include <cstring>
#include <initializer_list>
#include <type_traits>

namespace seco::surrogate::cpu {

#define SECO_DECLARE(set)                        \
  namespace set {                                \
  extern const Kernels<float> single_precision;  \
  extern const Kernels<double> double_precision; \
  template <typename Number>                     \
  const Kernels<Number>* kernels() {             \
    if constexpr (std::is_same_v<Number, float>) \
      return &single_precision;                  \
    else                                         \
      return &double_precision;                  \
  }                                              \
  }
SECO_DECLARE(baseline)
#ifdef SECO_X86
SECO_DECLARE(avx2)
SECO_DECLARE(avx512)
#endif

template <typename Number>
const Kernels<Number>* kernels_for(const char* instruction_set) {
#ifdef SECO_X86
  if (std::strcmp(instruction_set, "avx512") == 0 && __builtin_cpu_supports("avx512f") &&
      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512cd") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
    return avx512::kernels<Number>();
  if (std::strcmp(instruction_set, "avx2") == 0 && __builtin_cpu_supports("avx2") &&
      __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2"))
    return avx2::kernels<Number>();
#endif
  return std::strcmp(instruction_set, "baseline") == 0 ? baseline::kernels<Number>() : nullptr;
}

template <typename Number>
const Kernels<Number>& kernels() {
  static const Kernels<Number>& best = []() -> const Kernels<Number>& {
    for (const auto* set : {"avx512", "avx2"})
      if (const auto* found = kernels_for<Number>(set)) return *found;
    return *kernels_for<Number>("baseline");
  }();
  return best;
}

template const Kernels<float>* kernels_for<float>(const char*);
template const Kernels<double>* kernels_for<double>(const char*);
template const Kernels<float>& kernels<float>();
template const Kernels<double>& kernels<double>();

}  // namespace seco::surrogate::cpu
