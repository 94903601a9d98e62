#include "floors.h"

#include <ATen/Parallel.h>
#include <dlfcn.h>
#include <sched.h>
#include <torch/torch.h>

#include <algorithm>
#include <cmath>

#include "seco/simd/vectors.h"

namespace seco::benchmarks {
namespace {

// Vectorised for the processor that runs it, whatever the build was compiled for.
#define SECO_BEST_VECTORS SECO_SIMD_CLONES __attribute__((noinline))

SECO_BEST_VECTORS void copy(const double* __restrict a, double* __restrict b, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) b[i] = a[i];
}

SECO_BEST_VECTORS void triad(double* __restrict a, const double* __restrict b,
                             const double* __restrict c, double s, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) a[i] = b[i] + s * c[i];
}

// Small arrays are passed over several times, or the start of the threads would be measured.
constexpr double bytes_per_call = 256e6;

// Calls part(begin, end) of an equal share of n entries in every thread.
void in_threads(std::int64_t n, const std::function<void(std::int64_t, std::int64_t)>& part) {
  const std::int64_t n_threads = at::get_num_threads();
  at::parallel_for(0, n_threads, 1, [&](std::int64_t first, std::int64_t last) {
    for (auto t = first; t < last; ++t) part(n * t / n_threads, n * (t + 1) / n_threads);
  });
}

// Every thread touches its own part first.
torch::Tensor vector(std::int64_t n) {
  const auto tensor = torch::empty(n, torch::kDouble);
  in_threads(n, [data = tensor.data_ptr<double>()](auto begin, auto end) {
    std::fill(data + begin, data + end, 1.);
  });
  return tensor;
}

}  // namespace

bool use_threads(int n) {
  at::set_num_threads(n);
  using Setter = void (*)(int);
  if (const auto set = reinterpret_cast<Setter>(dlsym(RTLD_DEFAULT, "openblas_set_num_threads"))) {
    set(n);
    return true;
  }
  return false;
}

std::vector<int> thread_counts() {
  cpu_set_t cores;
  const int n = sched_getaffinity(0, sizeof cores, &cores) == 0
                    ? CPU_COUNT(&cores)
                    : static_cast<int>(std::thread::hardware_concurrency());
  std::vector<int> counts;
  for (int i = 1; i < n; i *= 2) counts.push_back(i);
  counts.push_back(std::max(1, n));
  return counts;
}

Bandwidth measure_bandwidth(std::size_t working_set, const Budget& budget) {
  const auto rate = [&](int n_arrays, const auto& kernel) {
    const auto n = static_cast<std::int64_t>(working_set / (n_arrays * sizeof(double)));
    std::vector<torch::Tensor> arrays;
    std::vector<double*> data;
    for (int i = 0; i < n_arrays; ++i) {
      arrays.push_back(vector(n));
      data.push_back(arrays.back().data_ptr<double>());
    }
    const double bytes = static_cast<double>(n * n_arrays) * sizeof(double);
    const int passes = std::max(1, static_cast<int>(bytes_per_call / bytes));
    const auto seconds = measure(
        [&] {
          in_threads(n, [&](std::int64_t begin, std::int64_t end) {
            for (int p = 0; p < passes; ++p) {
              kernel(data, begin, end - begin);
              asm volatile("" ::: "memory");
            }
          });
        },
        budget);
    return seconds.divided_into(bytes * passes);
  };
  return {rate(2, [](const auto& data, auto at, auto n) { copy(data[0] + at, data[1] + at, n); }),
          rate(3, [](const auto& data, auto at, auto n) {
            triad(data[0] + at, data[1] + at, data[2] + at, 0.5, n);
          })};
}

double FftCase::flops() const {
  const double n = std::pow(grid, 3.);
  return 2. * batch * 2.5 * n * std::log2(n);
}

Sample measure_matrix_product(int order, bool single_precision, const Budget& budget) {
  torch::NoGradGuard no_grad;
  torch::manual_seed(1);
  const auto options = torch::dtype(single_precision ? torch::kFloat : torch::kDouble);
  const auto a = torch::rand({order, order}, options), b = torch::rand({order, order}, options);
  auto c = torch::empty({order, order}, options);
  return measure([&] { torch::mm_out(c, a, b); }, budget);
}

}  // namespace seco::benchmarks
