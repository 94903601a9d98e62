#include "kernels.h"

namespace seco::surrogate::cpu {

#define SECO_DECLARE(set)                        \
  namespace set {                                \
  extern const Kernels<float> single_precision;  \
  extern const Kernels<double> double_precision; \
  }
SECO_DECLARE(baseline)
#ifdef SECO_X86
SECO_DECLARE(avx2)
SECO_DECLARE(avx512)
#endif

template <>
const Kernels<float>& kernels<float>() {
#ifdef SECO_X86
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq"))
    return avx512::single_precision;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    return avx2::single_precision;
#endif
  return baseline::single_precision;
}

template <>
const Kernels<double>& kernels<double>() {
#ifdef SECO_X86
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq"))
    return avx512::double_precision;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    return avx2::double_precision;
#endif
  return baseline::double_precision;
}

}  // namespace seco::surrogate::cpu
