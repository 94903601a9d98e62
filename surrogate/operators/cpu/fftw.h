#pragma once

#include <fftw3.h>

namespace seco::surrogate::cpu {

/// The two precisions of FFTW under one name each.
template <typename Number>
struct Fftw;

#define SECO_FFTW(Number, prefix)                                  \
  template <>                                                      \
  struct Fftw<Number> {                                            \
    using Plan = prefix##_plan;                                    \
    using Complex = prefix##_complex;                              \
    static constexpr auto forward = prefix##_plan_dft_r2c;         \
    static constexpr auto backward = prefix##_plan_dft_c2r;        \
    static constexpr auto many_complex = prefix##_plan_many_dft;   \
    static constexpr auto run_forward = prefix##_execute_dft_r2c;  \
    static constexpr auto run_backward = prefix##_execute_dft_c2r; \
    static constexpr auto run_complex = prefix##_execute_dft;      \
    static constexpr auto destroy = prefix##_destroy_plan;         \
  };
SECO_FFTW(double, fftw)
SECO_FFTW(float, fftwf)
#undef SECO_FFTW

}  // namespace seco::surrogate::cpu
