/// What the kernels do with one row of voxels along the last axis, for the other headers of the
/// instruction sets alone. Rows lie in scratch memory, padded to full vectors with room for the
/// neighbour that wraps (`stride` apart, padded()); a row of a field in memory ends where it ends.
///
/// A plane of voxels is worked through row by row: sum_corners() adds and subtracts the nodes
/// around a row, strain_at() makes strains of `lanes` voxels of that, multiply() stresses, and
/// divergence_row() gives them to the nodes of this plane and, through a carry, of the next.
#pragma once

#include <cstdlib>
#include <cstring>

#include "kernels.h"
#include "seco/simd/vectors.h"

namespace seco::surrogate::cpu::SECO_INSTRUCTION_SET {
namespace {

#define SECO_INLINE inline __attribute__((always_inline))

template <typename Number>
using Vector = simd::Vector<Number, SECO_VECTOR_BYTES>;
template <typename Number>
constexpr int lanes = simd::lanes<Number, SECO_VECTOR_BYTES>;

template <typename Number>
SECO_INLINE Vector<Number> load(const Number* from) {
  Vector<Number> v;
  std::memcpy(&v, from, sizeof(v));
  return v;
}
template <typename Number>
SECO_INLINE void store(Number* to, Vector<Number> v) {
  std::memcpy(to, &v, sizeof(v));
}
// The first `count` lanes, where a row ends.
template <typename Number>
SECO_INLINE Vector<Number> load(const Number* from, std::int64_t count) {
  if (count >= lanes<Number>) return load(from);
  Vector<Number> v = {};
  std::memcpy(&v, from, sizeof(Number) * static_cast<std::size_t>(count));
  return v;
}
template <typename Number>
SECO_INLINE void store(Number* to, Vector<Number> v, std::int64_t count) {
  if (count >= lanes<Number>) return store(to, v);
  std::memcpy(to, &v, sizeof(Number) * static_cast<std::size_t>(count));
}

// The first `count` numbers of a field, which may be in single precision, in the type of the
// arithmetic.
template <typename Number, typename Field>
SECO_INLINE Vector<Number> load_as(const Field* from, std::int64_t count) {
  if constexpr (sizeof(Field) == sizeof(Number)) {
    return load(from, count);
  } else {
    simd::Vector<Field, SECO_VECTOR_BYTES / 2> v = {};
    if (count >= lanes<Number>)
      std::memcpy(&v, from, sizeof(v));
    else
      std::memcpy(&v, from, sizeof(Field) * static_cast<std::size_t>(count));
    return __builtin_convertvector(v, Vector<Number>);
  }
}

// Neighbours along a row are taken from two vectors in registers: a load across the two stores that
// have just filled a row would wait for both of them.
template <int... lane>
struct Lanes {};
template <int count, int... lane>
struct LanesUpTo : LanesUpTo<count - 1, count - 1, lane...> {};
template <int... lane>
struct LanesUpTo<0, lane...> {
  using type = Lanes<lane...>;
};
template <typename V, int... lane>
SECO_INLINE V following(V v, V next, Lanes<lane...>) {
  return __builtin_shufflevector(v, next, (lane + 1)...);
}
template <typename V, int... lane>
SECO_INLINE V preceding(V previous, V v, Lanes<lane...>) {
  return __builtin_shufflevector(previous, v, (lane + static_cast<int>(sizeof...(lane)) - 1)...);
}
template <typename Number>
SECO_INLINE Vector<Number> following(Vector<Number> v, Vector<Number> next) {
  return following(v, next, typename LanesUpTo<lanes<Number>>::type{});
}
template <typename Number>
SECO_INLINE Vector<Number> preceding(Vector<Number> previous, Vector<Number> v) {
  return preceding(previous, v, typename LanesUpTo<lanes<Number>>::type{});
}

template <typename Number>
SECO_INLINE double lane_sum(Vector<Number> v) {
  double sum = 0;
  for (int i = 0; i < lanes<Number>; ++i) sum += v[i];
  return sum;
}

// Memory of one call, carved from one allocation; every piece starts at a full vector.
template <typename Number>
class Scratch {
 public:
  explicit Scratch(std::int64_t numbers) {
    const auto bytes = (static_cast<std::size_t>(numbers) * sizeof(Number) + 127) / 64 * 64;
    memory_ = static_cast<Number*>(std::aligned_alloc(64, bytes));
    if (memory_ == nullptr) std::abort();
    std::memset(memory_, 0, bytes);
    next_ = memory_;
  }
  ~Scratch() { std::free(memory_); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  Number* take(std::int64_t numbers) {
    Number* piece = next_;
    next_ += numbers;
    return piece;
  }

 private:
  Number *memory_, *next_;
};

// A row of n numbers with room for a neighbour before and after, in full vectors.
template <typename Number>
constexpr std::int64_t padded(std::int64_t n) {
  constexpr std::int64_t v = lanes<Number>;
  return (n + v - 1) / v * v + 64 / static_cast<std::int64_t>(sizeof(Number));
}

/// Place of entry (i, j) of a symmetric matrix of Mandel order among those of its upper triangle,
/// row by row.
template <int dim>
constexpr int upper_index(int i, int j) {
  constexpr int m = dim * (dim + 1) / 2;
  if (i > j) {
    const int k = i;
    i = j;
    j = k;
  }
  return i * m - i * (i - 1) / 2 + j - i;
}

/// Mandel components and independent moduli.
template <int dim>
struct Sizes {
  static constexpr int m = dim * (dim + 1) / 2;
  static constexpr int n_coefficients = m * (m + 1) / 2;
};

// Coefficients of the voxels of a row, [n_coefficients, stride].
template <int dim, typename Number>
SECO_INLINE void expand_row(const Number* table, std::int64_t n_phases,
                            const std::int32_t* __restrict__ phase, std::int64_t n,
                            Number* __restrict__ row, std::int64_t stride) {
  for (int c = 0; c < Sizes<dim>::n_coefficients; ++c) {
    const Number* __restrict__ values = table + c * n_phases;
    Number* __restrict__ out = row + c * stride;
    for (std::int64_t k = 0; k < n; ++k) out[k] = values[phase[k]];
  }
}

// Sum and differences across the first two axes of the nodes around a row of voxels, for the d
// components of one displacement: rows of `sums`, [d, d, stride]: the sum of the corners, then the
// difference across the first and (3D) the middle axis. One more entry wraps.
template <int dim, typename Number, typename Field>
SECO_INLINE void sum_corners(const Field* u, std::int64_t n_voxels, const std::int64_t* corner,
                             std::int64_t n, Number* sums, std::int64_t stride) {
  constexpr int w = lanes<Number>;
  const auto values = [](const Field* from, std::int64_t count) {
    return load_as<Number>(from, count);
  };
  for (int c = 0; c < dim; ++c) {
    Number* row = sums + c * dim * stride;
    const Field* a = u + c * n_voxels + corner[0];
    const Field* b = u + c * n_voxels + corner[1];
    const Field* a2 = u + c * n_voxels + corner[2];
    const Field* b2 = u + c * n_voxels + corner[3];
    for (std::int64_t k = 0; k < n; k += w) {
      const auto near = values(a + k, n - k), far = values(b + k, n - k);
      if constexpr (dim == 2) {
        store<Number>(row + k, near + far);
        store<Number>(row + stride + k, far - near);
      } else {
        const auto near2 = values(a2 + k, n - k), far2 = values(b2 + k, n - k);
        const Vector<Number> x = near + near2, y = far + far2;
        store<Number>(row + k, x + y);
        store<Number>(row + stride + k, y - x);
        store<Number>(row + 2 * stride + k, (near2 - near) + (far2 - far));
      }
    }
    for (int q = 0; q < dim; ++q, row += stride) {
      if (n % w == 0)
        store<Number>(row + n, load(row));
      else
        row[n] = row[0];
    }
  }
}

// Mandel strain of `lanes` voxels from the rows of sum_corners().
template <int dim, typename Number>
SECO_INLINE void strain_at(const Number* sums, std::int64_t stride, std::int64_t k,
                           const Number* weight, Vector<Number>* e) {
  Vector<Number> gradient[dim][dim];  // [direction][component]
  const auto next = [](const Number* at) {
    return following<Number>(load(at), load(at + lanes<Number>));
  };
#pragma GCC unroll 3
  for (int c = 0; c < dim; ++c) {
    const Number* s = sums + c * dim * stride + k;
    gradient[0][c] = (load(s + stride) + next(s + stride)) * weight[0];
    if constexpr (dim == 3)
      gradient[1][c] = (load(s + 2 * stride) + next(s + 2 * stride)) * weight[1];
    gradient[dim - 1][c] = (next(s) - load(s)) * weight[2];
  }
  constexpr auto shear = static_cast<Number>(0.70710678118654752440);
  for (int c = 0; c < dim; ++c) e[c] = gradient[c][c];
  if constexpr (dim == 3) {
    e[3] = (gradient[1][2] + gradient[2][1]) * shear;
    e[4] = (gradient[0][2] + gradient[2][0]) * shear;
    e[5] = (gradient[0][1] + gradient[1][0]) * shear;
  } else {
    e[2] = (gradient[0][1] + gradient[1][0]) * shear;
  }
}

// s = Q e for the symmetric matrices of a row of expand_row().
template <int dim, typename Number>
SECO_INLINE void multiply(const Number* row, std::int64_t stride, std::int64_t k,
                          const Vector<Number>* e, Vector<Number>* s) {
  constexpr int m = Sizes<dim>::m;
#pragma GCC unroll 6
  for (int i = 0; i < m; ++i) {
    s[i] = load(row + upper_index<dim>(i, 0) * stride + k) * e[0];
#pragma GCC unroll 6
    for (int j = 1; j < m; ++j) s[i] += load(row + upper_index<dim>(i, j) * stride + k) * e[j];
  }
}

// First nodes of the four rows around row j of plane i: (i, j), (i + 1, j), (i, j + 1), (i + 1, j +
// 1), periodic.
template <typename Number>
void corners(const Voxels<Number>& v, std::int64_t i, std::int64_t j, std::int64_t* corner) {
  const std::int64_t next_i = i + 1 == v.n[0] ? 0 : i + 1, next_j = j + 1 == v.n[1] ? 0 : j + 1;
  corner[0] = (i * v.n[1] + j) * v.n[2];
  corner[1] = (next_i * v.n[1] + j) * v.n[2];
  corner[2] = (i * v.n[1] + next_j) * v.n[2];
  corner[3] = (next_i * v.n[1] + next_j) * v.n[2];
}

// What the stresses of row j of a plane of voxels do to the nodes of that plane (into `out`,
// together with what the plane before has left in `carry`) and of the next one (`carry`), which get
// it from rows j - 1 (kept in `before`) and j. @param stress `[m, stride]`
template <int dim, typename Number>
SECO_INLINE void divergence_row(const Voxels<Number>& v, const Number* stress, std::int64_t stride,
                                std::int64_t j, Number sign, Number* carry, Number* before,
                                Number* out) {
  constexpr int w = lanes<Number>;
  constexpr auto shear = static_cast<Number>(0.70710678118654752440);
  const std::int64_t n = v.n[2], n_voxels = v.count();
#pragma GCC unroll 3
  for (int c = 0; c < dim; ++c) {
    const auto row_of = [&](int d) {
      return stress + (c == d ? c : dim == 2 ? 2 : 6 - c - d) * stride;
    };
    const auto weight_of = [&](int d) {
      return sign * v.weight[dim == 2 && d == 1 ? 2 : d] * (c == d ? Number(1) : shear);
    };
    Number* next = carry + (c * v.n[1] + j) * stride;
    const Number *first = row_of(0), *along = row_of(dim - 1);
    const Number weight_first = weight_of(0), weight_along = weight_of(dim - 1);
    auto first_before = load(first - w), along_before = load(along - w);
    if constexpr (dim == 2) {
      for (std::int64_t k = 0; k < n; k += w) {
        const auto x = load(first + k), z = load(along + k);
        const Vector<Number> a = weight_first * (x + preceding<Number>(first_before, x));
        const Vector<Number> d = weight_along * (preceding<Number>(along_before, z) - z);
        first_before = x;
        along_before = z;
        if (out != nullptr) store<Number>(out + c * n_voxels + k, load(next + k) + (d - a), n - k);
        store<Number>(next + k, d + a);
      }
    } else {
      const Number weight_middle = weight_of(1);
      const Number* middle = row_of(1);
      auto middle_before = load(middle - w);
      Number *here = before + c * 2 * stride, *ahead = here + stride;
      for (std::int64_t k = 0; k < n; k += w) {
        const auto x = load(first + k), y = load(middle + k), z = load(along + k);
        const Vector<Number> a = weight_first * (x + preceding<Number>(first_before, x));
        const Vector<Number> b = weight_middle * (y + preceding<Number>(middle_before, y));
        const Vector<Number> d = weight_along * (preceding<Number>(along_before, z) - z);
        first_before = x;
        middle_before = y;
        along_before = z;
        const Vector<Number> near = d - a, far = d + a;
        if (out != nullptr)
          store<Number>(out + c * n_voxels + k, load(next + k) + load(here + k) + (near - b),
                        n - k);
        store<Number>(next + k, load(ahead + k) + (far - b));
        store<Number>(here + k, near + b);
        store<Number>(ahead + k, far + b);
      }
    }
  }
}

// The vector before a row ends with its last entry.
template <typename Number>
SECO_INLINE void wrap_rows(Number* rows, int count, std::int64_t n, std::int64_t stride) {
  constexpr int w = lanes<Number>;
  for (int c = 0; c < count; ++c, rows += stride)
    if (n % w == 0)
      store<Number>(rows - w, load(rows + n - w));
    else
      rows[-1] = rows[n - 1];
}

// The last row of voxels of a plane reaches the first row of nodes (3D).
template <typename Number>
SECO_INLINE void add_last_rows(const Voxels<Number>& v, std::int64_t n_fields, const Number* before,
                               std::int64_t stride, Number* carry, Number* f, bool more) {
  for (std::int64_t field = 0; field < n_fields; ++field) {
    const Number* __restrict__ here = before + field * 2 * stride;
    const Number* __restrict__ ahead = here + stride;
    Number* __restrict__ next = carry + field * v.n[1] * stride;
    for (std::int64_t k = 0; more && k < v.n[2]; ++k) next[k] += ahead[k];
    if (f == nullptr) continue;
    Number* __restrict__ out = f + field * v.count();
    for (std::int64_t k = 0; k < v.n[2]; ++k) out[k] += here[k];
  }
}

// Sums along rows of lanes in double precision.
template <typename Number>
SECO_INLINE void add_means(const Number* rows, std::int64_t count, std::int64_t n,
                           std::int64_t stride, double* means) {
  for (std::int64_t r = 0; r < count; ++r) {
    const Number* __restrict__ row = rows + r * stride;
    double sum = 0;
#pragma omp simd reduction(+ : sum)
    for (std::int64_t k = 0; k < n; ++k) sum += static_cast<double>(row[k]);
    means[r] += sum;
  }
}

// a_i : b_j for i <= j. @param a, b `[n_loads, m, stride]`
template <int m, typename Number>
SECO_INLINE void add_gram(const Number* a, const Number* b, std::int64_t n_loads, std::int64_t n,
                          std::int64_t stride, double* gram) {
  for (std::int64_t i = 0; i < n_loads; ++i)
    for (std::int64_t j = i; j < n_loads; ++j) {
      const Number* __restrict__ x = a + i * m * stride;
      const Number* __restrict__ y = b + j * m * stride;
      double sum = 0;
#pragma omp simd reduction(+ : sum)
      for (std::int64_t k = 0; k < n; ++k) {
        double value = 0;
        for (int c = 0; c < m; ++c)
          value += static_cast<double>(x[c * stride + k]) * static_cast<double>(y[c * stride + k]);
        sum += value;
      }
      gram[i * n_loads + j] += sum;
    }
}

}  // namespace
}  // namespace seco::surrogate::cpu::SECO_INSTRUCTION_SET
