#include "fourier.h"

#include <cuda_runtime.h>
#include <cufft.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <tuple>

namespace seco::surrogate::cuda {
namespace {

void check(cufftResult result, const char* what) {
  if (result != CUFFT_SUCCESS)
    throw std::runtime_error(std::string("cuFFT could not ") + what + ": error " +
                             std::to_string(static_cast<int>(result)));
}

struct Plan {
  cufftHandle handle = 0;
  std::size_t work_bytes = 0;
};

// Working memory and stream are properties of a plan: one user at a time.
std::mutex plans_mutex;

template <typename Number>
Plan plan_for(const std::vector<std::int64_t>& shape, std::int64_t n_fields, bool forward) {
  constexpr bool single = sizeof(Number) == 4;
  int device = 0;
  if (cudaGetDevice(&device) != cudaSuccess)
    throw std::runtime_error("there is no current CUDA device");
  static std::map<std::tuple<int, std::vector<std::int64_t>, std::int64_t, bool, bool>, Plan> plans;
  const auto key = std::make_tuple(device, shape, n_fields, forward, single);
  if (const auto found = plans.find(key); found != plans.end()) return found->second;
  Plan made;
  check(cufftCreate(&made.handle), "create a plan");
  check(cufftSetAutoAllocation(made.handle, 0), "leave working memory to the caller");
  std::vector<long long> n(shape.begin(), shape.end());
  const auto type = forward ? (single ? CUFFT_R2C : CUFFT_D2Z) : (single ? CUFFT_C2R : CUFFT_Z2D);
  const auto result =
      cufftMakePlanMany64(made.handle, static_cast<int>(n.size()), n.data(), nullptr, 1, 0, nullptr,
                          1, 0, type, n_fields, &made.work_bytes);
  if (result != CUFFT_SUCCESS) cufftDestroy(made.handle);
  check(result, "plan the transforms");
  return plans[key] = made;
}

/// The powers of two that a number of RVEs is made of, largest first.
std::vector<std::int64_t> parts_of(std::int64_t n) {
  std::vector<std::int64_t> parts;
  for (std::int64_t part = std::int64_t(1) << 40; part > 0; part /= 2)
    if (n & part) parts.push_back(part);
  return parts;
}

}  // namespace

template <typename Number>
FourierTransforms<Number>::FourierTransforms(std::vector<std::int64_t> shape,
                                             std::int64_t fields_per_rve, std::int64_t n_rves)
    : shape_(std::move(shape)), fields_per_rve_(fields_per_rve), n_rves_(n_rves) {
  const std::lock_guard lock(plans_mutex);
  for (const auto part : parts_of(n_rves))
    for (const bool forward : {true, false})
      work_bytes_ = std::max(work_bytes_,
                             plan_for<Number>(shape_, part * fields_per_rve_, forward).work_bytes);
}

template <typename Number>
template <typename Execute>
void FourierTransforms<Number>::in_parts(bool forward, void* work, Stream stream,
                                         const Execute& execute) const {
  const std::lock_guard lock(plans_mutex);
  std::int64_t first = 0;
  for (const auto part : parts_of(n_rves_)) {
    const auto plan = plan_for<Number>(shape_, part * fields_per_rve_, forward);
    check(cufftSetStream(plan.handle, stream), "set its stream");
    check(cufftSetWorkArea(plan.handle, work), "set its working memory");
    check(execute(plan.handle, first * fields_per_rve_), "run the transforms");
    first += part;
  }
}

template <typename Number>
void FourierTransforms<Number>::forward(Number* fields, Complex<Number>* spectra, void* work,
                                        Stream stream) const {
  std::int64_t n_points = 1;
  for (const auto n : shape_) n_points *= n;
  const std::int64_t n_frequencies = n_points / shape_.back() * (shape_.back() / 2 + 1);
  in_parts(true, work, stream, [&](cufftHandle plan, std::int64_t field) {
    if constexpr (sizeof(Number) == 4)
      return cufftExecR2C(plan, fields + field * n_points,
                          reinterpret_cast<cufftComplex*>(spectra + field * n_frequencies));
    else
      return cufftExecD2Z(plan, fields + field * n_points,
                          reinterpret_cast<cufftDoubleComplex*>(spectra + field * n_frequencies));
  });
}

template <typename Number>
void FourierTransforms<Number>::inverse(Complex<Number>* spectra, Number* fields, void* work,
                                        Stream stream) const {
  std::int64_t n_points = 1;
  for (const auto n : shape_) n_points *= n;
  const std::int64_t n_frequencies = n_points / shape_.back() * (shape_.back() / 2 + 1);
  in_parts(false, work, stream, [&](cufftHandle plan, std::int64_t field) {
    if constexpr (sizeof(Number) == 4)
      return cufftExecC2R(plan, reinterpret_cast<cufftComplex*>(spectra + field * n_frequencies),
                          fields + field * n_points);
    else
      return cufftExecZ2D(plan,
                          reinterpret_cast<cufftDoubleComplex*>(spectra + field * n_frequencies),
                          fields + field * n_points);
  });
}

template class FourierTransforms<float>;
template class FourierTransforms<double>;

}  // namespace seco::surrogate::cuda
