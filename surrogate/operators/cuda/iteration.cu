#include "launch.cuh"

namespace seco::surrogate::cuda {
namespace {

/// As many numbers as one memory transaction of a thread takes.
template <typename Number>
struct alignas(16) Pack {
  static constexpr int size = 16 / sizeof(Number);
  Number value[size];
};

/// Runs `work(index, number of values)` over the items of a row that belong to this block, with as
/// many values at a time as rows of this length allow.
template <typename Number, typename Work>
__device__ void over_row(std::int64_t length, std::int64_t n_blocks, const Work& work) {
  const std::int64_t row = blockIdx.x / n_blocks;
  const std::int64_t first = blockIdx.x % n_blocks * block_items;
  const std::int64_t last = first + block_items < length ? first + block_items : length;
  for (std::int64_t i = first + threadIdx.x; i < last; i += block_threads)
    work(row, row * length + i);
}

template <typename Number>
__device__ double product(Number a, Number b) {
  return static_cast<double>(a) * b;
}
template <typename Number>
__device__ double product(const Pack<Number>& a, const Pack<Number>& b) {
  double sum = 0;
  for (int k = 0; k < Pack<Number>::size; ++k) sum += product(a.value[k], b.value[k]);
  return sum;
}

template <typename Number>
__device__ void add(Number& y, Number factor, Number x) {
  y += factor * x;
}
template <typename Number>
__device__ void add(Pack<Number>& y, Number factor, const Pack<Number>& x) {
  for (int k = 0; k < Pack<Number>::size; ++k) y.value[k] += factor * x.value[k];
}

template <typename Value>
__global__ void __launch_bounds__(block_threads)
    inner_kernel(std::int64_t length, std::int64_t n_blocks, const Value* __restrict__ a,
                 const Value* __restrict__ b, double* __restrict__ partial_sums) {
  double sum = 0;
  over_row<Value>(length, n_blocks,
                  [&](std::int64_t, std::int64_t i) { sum += product(a[i], b[i]); });
  const double values[1] = {sum};
  double* const places[1] = {partial_sums + blockIdx.x};
  block_sums<1, block_threads / 32>(values, places);
}

template <typename Number, typename Value>
__global__ void advance_kernel(std::int64_t length, std::int64_t n_blocks,
                               const double* __restrict__ alpha, const Value* __restrict__ p,
                               const Value* __restrict__ q, Value* __restrict__ u,
                               Value* __restrict__ r) {
  over_row<Value>(length, n_blocks, [&](std::int64_t row, std::int64_t i) {
    const auto factor = static_cast<Number>(alpha[row]);
    Value ui = u[i], ri = r[i];
    add(ui, factor, p[i]);
    add(ri, -factor, q[i]);
    u[i] = ui;
    r[i] = ri;
  });
}

template <typename Number, typename Value>
__global__ void turn_kernel(std::int64_t length, std::int64_t n_blocks,
                            const double* __restrict__ beta, const Value* __restrict__ z,
                            Value* __restrict__ p) {
  over_row<Value>(length, n_blocks, [&](std::int64_t row, std::int64_t i) {
    Value pi = z[i];
    add(pi, static_cast<Number>(beta[row]), p[i]);
    p[i] = pi;
  });
}

/// Sum of a row of partial sums, by one warp; all its threads get it.
__device__ double row_sum(const double* __restrict__ row, std::int64_t n) {
  double sum = 0;
  for (std::int64_t i = threadIdx.x % 32; i < n; i += 32) sum += row[i];
  for (int offset = 16; offset > 0; offset /= 2) sum += __shfl_xor_sync(0xffffffffu, sum, offset);
  return sum;
}

/// Runs `finish(row, sum)` in one thread for every row.
template <typename Finish>
__global__ void finish_kernel(std::int64_t rows, std::int64_t n_partial,
                              const double* __restrict__ partial_sums, Finish finish) {
  const std::int64_t row = (static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x) / 32;
  if (row >= rows) return;
  const double sum = row_sum(partial_sums + row * n_partial, n_partial);
  if (threadIdx.x % 32 == 0) finish(row, sum);
}

template <typename Finish>
void finish_rows(std::int64_t rows, std::int64_t n_partial, const double* partial_sums,
                 const Finish& finish, Stream stream) {
  finish_kernel<<<blocks_for(32 * rows), block_threads, 0, stream>>>(rows, n_partial, partial_sums,
                                                                     finish);
  check_launch("add_partial_sums");
}

struct StepLength {
  IterationNumbers of;
  double n_points;
  __device__ void operator()(std::int64_t row, double pq) const {
    const double rz = of.rz[row];
    const double alpha = rz > of.floor[row] && pq > 0 ? rz / pq : 0.;
    of.alpha[row] = alpha;
    of.decrease[row] = alpha * rz / n_points;
  }
};

struct DirectionFactor {
  IterationNumbers of;
  __device__ void operator()(std::int64_t row, double rz_new) const {
    of.beta[row] = of.alpha[row] > 0 ? rz_new / of.rz[row] : 0.;
    of.rz[row] = rz_new;
  }
};

struct Store {
  double* sums;
  __device__ void operator()(std::int64_t row, double sum) const { sums[row] = sum; }
};

template <typename Number>
const Pack<Number>* packs(const Number* p) {
  return reinterpret_cast<const Pack<Number>*>(p);
}
template <typename Number>
Pack<Number>* packs(Number* p) {
  return reinterpret_cast<Pack<Number>*>(p);
}

/// Whether rows of this length may be taken in packs; whole tensors are aligned far more than that.
template <typename Number>
bool in_packs(std::int64_t length, std::initializer_list<const Number*> fields) {
  for (const auto* field : fields)
    if (reinterpret_cast<std::uintptr_t>(field) % sizeof(Pack<Number>) != 0) return false;
  return length % Pack<Number>::size == 0;
}

}  // namespace

template <typename Number>
void inner_products(std::int64_t rows, std::int64_t length, const Number* a, const Number* b,
                    double* partial_sums, Stream stream) {
  // The same number of blocks either way: the partial sums have room for it.
  const auto n_blocks = blocks_of(length);
  inner_kernel<<<grid_blocks(rows * n_blocks), block_threads, 0, stream>>>(length, n_blocks, a, b,
                                                                           partial_sums);
  check_launch("inner_products");
}

template <typename Number>
void advance(std::int64_t rows, std::int64_t length, const double* alpha, const Number* p,
             const Number* q, Number* u, Number* r, Stream stream) {
  const auto launch = [&](std::int64_t n, auto* p_, auto* q_, auto* u_, auto* r_) {
    const auto n_blocks = blocks_of(n);
    advance_kernel<Number><<<grid_blocks(rows * n_blocks), block_threads, 0, stream>>>(
        n, n_blocks, alpha, p_, q_, u_, r_);
  };
  if (in_packs<Number>(length, {p, q, u, r}))
    launch(length / Pack<Number>::size, packs(p), packs(q), packs(u), packs(r));
  else
    launch(length, p, q, u, r);
  check_launch("advance");
}

template <typename Number>
void turn(std::int64_t rows, std::int64_t length, const double* beta, const Number* z, Number* p,
          Stream stream) {
  const auto launch = [&](std::int64_t n, auto* z_, auto* p_) {
    const auto n_blocks = blocks_of(n);
    turn_kernel<Number>
        <<<grid_blocks(rows * n_blocks), block_threads, 0, stream>>>(n, n_blocks, beta, z_, p_);
  };
  if (in_packs<Number>(length, {z, p}))
    launch(length / Pack<Number>::size, packs(z), packs(p));
  else
    launch(length, z, p);
  check_launch("turn");
}

void step_length(std::int64_t rows, std::int64_t n_partial, const double* pq, double n_points,
                 const IterationNumbers& numbers, Stream stream) {
  finish_rows(rows, n_partial, pq, StepLength{numbers, n_points}, stream);
}

void direction_factor(std::int64_t rows, std::int64_t n_partial, const double* rz_new,
                      const IterationNumbers& numbers, Stream stream) {
  finish_rows(rows, n_partial, rz_new, DirectionFactor{numbers}, stream);
}

void add_partial_sums(std::int64_t rows, std::int64_t n_partial, const double* partial_sums,
                      double* sums, Stream stream) {
  finish_rows(rows, n_partial, partial_sums, Store{sums}, stream);
}

#define SECO_INSTANTIATE(Number)                                                                  \
  template void inner_products(std::int64_t, std::int64_t, const Number*, const Number*, double*, \
                               Stream);                                                           \
  template void advance(std::int64_t, std::int64_t, const double*, const Number*, const Number*,  \
                        Number*, Number*, Stream);                                                \
  template void turn(std::int64_t, std::int64_t, const double*, const Number*, Number*, Stream);
SECO_INSTANTIATE(float)
SECO_INSTANTIATE(double)
#undef SECO_INSTANTIATE

}  // namespace seco::surrogate::cuda
