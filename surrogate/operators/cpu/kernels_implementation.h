/// The kernels that kernels.h declares, with their contracts there, and the table of one
/// instruction set. Included by one .cc per set, which defines SECO_INSTRUCTION_SET (a namespace)
/// and SECO_VECTOR_BYTES. Everything is in that namespace, so that the linker keeps the versions
/// apart.
///
/// All march through planes of the first axis and rows of the last one, and keep in scratch memory
/// what stays in the first caches: coefficients of a row, corner sums, stresses, and the carry from
/// a plane of voxels to the next plane of nodes.
#include "algebra_implementation.h"
#include "equilibrium_implementation.h"
#include "row_operations.h"

namespace seco::surrogate::cpu::SECO_INSTRUCTION_SET {
namespace {

template <int dim, typename Number>
void stiffness_action(const Voxels<Number>& v, std::int64_t n_loads, const Number* u,
                      const Number* mean, Number sign, Number* f, std::int64_t first,
                      std::int64_t last, double* energy, double* stress_sums) {
  constexpr int m = Sizes<dim>::m;
  constexpr int w = lanes<Number>;
  const std::int64_t n = v.n[2], stride = padded<Number>(n), n_voxels = v.count();
  const std::int64_t rows = v.n[1];
  Scratch<Number> scratch(
      stride * (Sizes<dim>::n_coefficients + dim * dim + m + n_loads * dim * (rows + 2)) + w);
  Number* coefficients = scratch.take(Sizes<dim>::n_coefficients * stride);
  Number* sums = scratch.take(dim * dim * stride);
  // Entry -1 of a stress row wraps, so rows begin one vector later.
  Number* stress = scratch.take(m * stride + w) + w;
  Number* carry = scratch.take(n_loads * dim * rows * stride);
  Number* before = scratch.take(n_loads * dim * 2 * stride);

  // Voxels of the plane before `first` reach its nodes too.
  for (std::int64_t plane = f == nullptr ? first : first - 1; plane < last; ++plane) {
    const bool output = plane >= first, more = plane + 1 < last;
    const std::int64_t i = plane < 0 ? plane + v.n[0] : plane;
    std::memset(before, 0, sizeof(Number) * n_loads * dim * 2 * stride);
    for (std::int64_t j = 0; j < rows; ++j) {
      std::int64_t corner[4];
      corners(v, i, j, corner);
      // Matrices of the voxels of a row, whole vectors of them.
      const Number* matrices = coefficients;
      std::int64_t apart = stride;
      if (v.phase != nullptr) {
        expand_row<dim>(v.stiffness, v.n_phases, v.phase + corner[0], n, coefficients, stride);
      } else if (n % w == 0) {
        matrices = v.stiffness + corner[0];
        apart = n_voxels;
      } else {
        for (int c = 0; c < Sizes<dim>::n_coefficients; ++c)
          std::memcpy(coefficients + c * stride, v.stiffness + c * n_voxels + corner[0],
                      sizeof(Number) * n);
      }
      for (std::int64_t l = 0; l < n_loads; ++l) {
        const std::int64_t field = l * dim * n_voxels;
        sum_corners<dim>(u + field, n_voxels, corner, n, sums, stride);
        Vector<Number> constant[m] = {}, work = {}, total[m] = {};
        if (mean != nullptr)
          for (int c = 0; c < m; ++c) constant[c] += mean[l * m + c];
        for (std::int64_t k = 0; k < n; k += w) {
          Vector<Number> e[m], s[m];
          strain_at<dim>(sums, stride, k, v.weight, e);
          for (int c = 0; c < m; ++c) e[c] += constant[c];
          multiply<dim>(matrices, apart, k, e, s);
          for (int c = 0; c < m; ++c) {
            work += s[c] * e[c];
            total[c] += s[c];
            store(stress + c * stride + k, s[c]);
          }
        }
        if (output) energy[i * n_loads + l] += lane_sum<Number>(work);
        if (output && stress_sums != nullptr)
          for (int c = 0; c < m; ++c)
            stress_sums[(i * n_loads + l) * m + c] += lane_sum<Number>(total[c]);
        if (f == nullptr) continue;
        wrap_rows<Number>(stress, m, n, stride);
        divergence_row<dim>(v, stress, stride, j, sign, carry + l * dim * rows * stride,
                            before + l * dim * 2 * stride,
                            output ? f + l * dim * n_voxels + corner[0] : nullptr);
      }
    }
    if (dim == 3 && f != nullptr)
      add_last_rows(v, n_loads * dim, before, stride, carry, output ? f + i * rows * n : nullptr,
                    more);
  }
}

template <typename Number>
double green(const GreenBlock<Number>& b) {
  const std::int64_t width = b.width, component = 2 * b.n0 * width;
  const Number* __restrict__ p0 = b.plane;
  const Number* __restrict__ p1 = p0 + b.plane_stride;
  const Number* __restrict__ p2 = p1 + b.plane_stride;
  const Number* __restrict__ multiplicity = b.multiplicity;
  double sum = 0;
  for (std::int64_t i = 0; i < b.n0; ++i) {
    Number* __restrict__ x = b.spectrum + 2 * i * width;
    Number* __restrict__ y = x + component;
    Number* __restrict__ z = y + (b.dimension == 3 ? component : 0);
    const Number sine = b.sine[i], cosine = b.cosine[i];
    Number row = 0;
    if (b.dimension == 3) {
#pragma omp simd reduction(+ : row)
      for (std::int64_t q = 0; q < width; ++q) {
        const Number k0 = sine * p0[q], k1 = cosine * p1[q], k2 = cosine * p2[q];
        const Number square = k0 * k0 + k1 * k1 + k2 * k2;
        const Number inverse = square > b.cutoff ? Number(1) / square : Number(0);
        const Number scale = inverse * b.factor, part = inverse * b.coupling;
        const Number xr = x[2 * q], xi = x[2 * q + 1], yr = y[2 * q], yi = y[2 * q + 1];
        const Number zr = z[2 * q], zi = z[2 * q + 1];
        const Number along_r = part * (k0 * xr + k1 * yr + k2 * zr);
        const Number along_i = part * (k0 * xi + k1 * yi + k2 * zi);
        const Number gxr = scale * (xr - k0 * along_r), gxi = scale * (xi - k0 * along_i);
        const Number gyr = scale * (yr - k1 * along_r), gyi = scale * (yi - k1 * along_i);
        const Number gzr = scale * (zr - k2 * along_r), gzi = scale * (zi - k2 * along_i);
        row += multiplicity[q] * (xr * gxr + xi * gxi + yr * gyr + yi * gyi + zr * gzr + zi * gzi);
        x[2 * q] = gxr;
        x[2 * q + 1] = gxi;
        y[2 * q] = gyr;
        y[2 * q + 1] = gyi;
        z[2 * q] = gzr;
        z[2 * q + 1] = gzi;
      }
    } else {
#pragma omp simd reduction(+ : row)
      for (std::int64_t q = 0; q < width; ++q) {
        const Number k0 = sine * p0[q], k1 = cosine * p2[q];
        const Number square = k0 * k0 + k1 * k1;
        const Number inverse = square > b.cutoff ? Number(1) / square : Number(0);
        const Number scale = inverse * b.factor, part = inverse * b.coupling;
        const Number xr = x[2 * q], xi = x[2 * q + 1], yr = y[2 * q], yi = y[2 * q + 1];
        const Number along_r = part * (k0 * xr + k1 * yr), along_i = part * (k0 * xi + k1 * yi);
        const Number gxr = scale * (xr - k0 * along_r), gxi = scale * (xi - k0 * along_i);
        const Number gyr = scale * (yr - k1 * along_r), gyi = scale * (yi - k1 * along_i);
        row += multiplicity[q] * (xr * gxr + xi * gxi + yr * gyr + yi * gyi);
        x[2 * q] = gxr;
        x[2 * q + 1] = gxi;
        y[2 * q] = gyr;
        y[2 * q + 1] = gyi;
      }
    }
    sum += row;
  }
  return sum;
}

template <typename Number>
void descend(Number alpha, const Number* __restrict__ w, Number* __restrict__ r,
             Number* __restrict__ copy, std::int64_t n) {
  for (std::int64_t k = 0; k < n; ++k) {
    const Number value = r[k] - alpha * w[k];
    r[k] = value;
    copy[k] = value;
  }
}

template <typename Number>
void advance(Number alpha, Number beta, const Number* __restrict__ z, Number* __restrict__ u,
             Number* __restrict__ p, Number* __restrict__ w, Number* __restrict__ s,
             Number* __restrict__ t, std::int64_t n) {
  const auto step = [&](std::int64_t k) {
    const Number old = p[k], value = z[k];
    u[k] += alpha * old;
    p[k] = value + beta * old;
    w[k] = value;
  };
  if (s == nullptr) {
    for (std::int64_t k = 0; k < n; ++k) step(k);
  } else if (t == nullptr) {
    for (std::int64_t k = 0; k < n; ++k) {
      step(k);
      s[k] = u[k] + beta * s[k];
    }
  } else {
    for (std::int64_t k = 0; k < n; ++k) {
      step(k);
      s[k] = u[k] + beta * s[k];
      t[k] = z[k] + beta * t[k];
    }
  }
}

template <int dim, typename Number, typename Field>
void energies(const Voxels<Number>& v, std::int64_t n_loads, const Field* u, const Field* of_stress,
              const Field* z, Number lambda, Number mu, std::int64_t first, std::int64_t last,
              EnergySums sums_out) {
  constexpr int m = Sizes<dim>::m;
  constexpr int w = lanes<Number>;
  const std::int64_t n = v.n[2], stride = padded<Number>(n), n_voxels = v.count(), rows = v.n[1];
  const std::int64_t n_fields = n_loads * dim;
  const bool two = of_stress != u;
  Scratch<Number> scratch(stride * (2 * Sizes<dim>::n_coefficients + 3 * dim * dim +
                                    4 * n_loads * m + n_fields * (rows + 2)) +
                          w + n_fields * rows * n);
  Number* stiffness = scratch.take(Sizes<dim>::n_coefficients * stride);
  Number* compliance = scratch.take(Sizes<dim>::n_coefficients * stride);
  Number* sums = scratch.take(dim * dim * stride);
  Number* sums_v = scratch.take(dim * dim * stride);
  Number* sums_z = scratch.take(dim * dim * stride);
  // Per load: total strain, its stress, the equilibrated stress, its strain.
  Number* e_rows = scratch.take(n_loads * m * stride);
  Number* s_rows = scratch.take(n_loads * m * stride);
  Number* q_rows = scratch.take(n_loads * m * stride);
  // Entry -1 of a stress row wraps, so rows begin one vector later.
  Number* t_rows = scratch.take(n_loads * m * stride + w) + w;
  Number* carry = scratch.take(n_fields * rows * stride);
  Number* before = scratch.take(n_fields * 2 * stride);
  // The divergence at one plane of nodes, and a grid of that plane alone.
  Number* force = scratch.take(n_fields * rows * n);
  auto plane_of_nodes = v;
  plane_of_nodes.n[0] = 1;

  // Voxels of the plane before `first` reach its nodes too.
  for (std::int64_t plane = first - 1; plane < last; ++plane) {
    const bool output = plane >= first, more = plane + 1 < last;
    const std::int64_t i = plane < 0 ? plane + v.n[0] : plane;
    std::memset(before, 0, sizeof(Number) * n_fields * 2 * stride);
    for (std::int64_t j = 0; j < rows; ++j) {
      std::int64_t corner[4];
      corners(v, i, j, corner);
      const std::int32_t* phase = v.phase + corner[0];
      expand_row<dim>(v.stiffness, v.n_phases, phase, n, stiffness, stride);
      if (output) expand_row<dim>(v.compliance, v.n_phases, phase, n, compliance, stride);
      for (std::int64_t l = 0; l < n_loads; ++l) {
        sum_corners<dim>(u + l * dim * n_voxels, n_voxels, corner, n, sums, stride);
        if (two)
          sum_corners<dim>(of_stress + l * dim * n_voxels, n_voxels, corner, n, sums_v, stride);
        sum_corners<dim>(z + l * dim * n_voxels, n_voxels, corner, n, sums_z, stride);
        const std::int64_t load_rows = l * m * stride;
        for (std::int64_t k = 0; k < n; k += w) {
          Vector<Number> e[m], s[m], g[m], t[m], q[m];
          strain_at<dim>(sums, stride, k, v.weight, e);
          for (int c = 0; c < m; ++c) e[c] += Number(c == l ? 1 : 0);
          multiply<dim>(stiffness, stride, k, e, s);
          if (two) {
            strain_at<dim>(sums_v, stride, k, v.weight, g);
            for (int c = 0; c < m; ++c) g[c] += Number(c == l ? 1 : 0);
            multiply<dim>(stiffness, stride, k, g, t);
          } else {
            for (int c = 0; c < m; ++c) t[c] = s[c];
          }
          strain_at<dim>(sums_z, stride, k, v.weight, g);
          Vector<Number> trace = g[0] + g[1];
          if constexpr (dim == 3) trace += g[2];
          for (int c = 0; c < m; ++c) {
            t[c] += (2 * mu) * g[c];
            if (c < dim) t[c] += lambda * trace;
          }
          for (int c = 0; c < m; ++c) store(t_rows + load_rows + c * stride + k, t[c]);
          if (!output) continue;
          multiply<dim>(compliance, stride, k, t, q);
          for (int c = 0; c < m; ++c) {
            const std::int64_t at = load_rows + c * stride + k;
            store(e_rows + at, e[c]);
            store(s_rows + at, s[c]);
            store(q_rows + at, q[c]);
          }
        }
        wrap_rows<Number>(t_rows + load_rows, m, n, stride);
        divergence_row<dim>(plane_of_nodes, t_rows + load_rows, stride, j, Number(1),
                            carry + l * dim * rows * stride, before + l * dim * 2 * stride,
                            output ? force + l * dim * rows * n + j * n : nullptr);
      }
      if (!output) continue;
      const std::int64_t pairs = i * n_loads * n_loads, components = i * n_loads * m;
      add_gram<m>(e_rows, s_rows, n_loads, n, stride, sums_out.strain_gram + pairs);
      add_means(s_rows, n_loads * m, n, stride, sums_out.stress_mean + components);
      add_gram<m>(t_rows, q_rows, n_loads, n, stride, sums_out.stress_gram + pairs);
      add_means(q_rows, n_loads * m, n, stride, sums_out.compliance_mean + components);
      add_means(t_rows, n_loads * m, n, stride, sums_out.total_mean + components);
    }
    if (dim == 3)
      add_last_rows(plane_of_nodes, n_fields, before, stride, carry, output ? force : nullptr,
                    more);
    if (!output) continue;
    for (std::int64_t field = 0; field < n_fields; ++field) {
      const Number* __restrict__ from = force + field * rows * n;
      float* __restrict__ to = sums_out.divergence + field * n_voxels + i * rows * n;
      double square = 0;
#pragma omp simd reduction(+ : square)
      for (std::int64_t k = 0; k < rows * n; ++k) {
        square += static_cast<double>(from[k]) * static_cast<double>(from[k]);
        to[k] = static_cast<float>(from[k]);
      }
      sums_out.divergence_square[i * n_loads + field / dim] += square;
    }
  }
}

template <int dim, typename Number>
void strain(const Voxels<Number>& v, std::int64_t n_fields, const Number* u, Number* e,
            std::int64_t apart, std::int64_t first, std::int64_t last) {
  constexpr int m = Sizes<dim>::m;
  const std::int64_t n = v.n[2], stride = padded<Number>(n), n_voxels = v.count();
  Scratch<Number> scratch(dim * dim * stride);
  Number* sums = scratch.take(dim * dim * stride);
  for (std::int64_t i = first; i < last; ++i)
    for (std::int64_t j = 0; j < v.n[1]; ++j) {
      std::int64_t corner[4];
      corners(v, i, j, corner);
      for (std::int64_t field = 0; field < n_fields; ++field) {
        sum_corners<dim>(u + field * dim * n_voxels, n_voxels, corner, n, sums, stride);
        Number* out = e + field * m * apart + ((i - first) * v.n[1] + j) * n;
        for (std::int64_t k = 0; k < n; k += lanes<Number>) {
          Vector<Number> value[m];
          strain_at<dim>(sums, stride, k, v.weight, value);
          for (int c = 0; c < m; ++c) store<Number>(out + c * apart + k, value[c], n - k);
        }
      }
    }
}

template <int dim, typename Number>
void divergence(const Voxels<Number>& v, std::int64_t n_fields, Isotropic<Number> law,
                const Number* s, Number* f, std::int64_t first, std::int64_t last, double* mean) {
  constexpr int m = Sizes<dim>::m;
  const std::int64_t n = v.n[2], stride = padded<Number>(n), n_voxels = v.count(), rows = v.n[1];
  Scratch<Number> scratch(stride * (m + dim * (rows + 2)) + lanes<Number>);
  Number* stress = scratch.take(m * stride + lanes<Number>) + lanes<Number>;
  Number* carry = scratch.take(dim * rows * stride);
  Number* before = scratch.take(dim * 2 * stride);
  for (std::int64_t field = 0; field < n_fields; ++field) {
    const Number* in = s + field * m * n_voxels;
    Number* out = f + field * dim * n_voxels;
    std::memset(carry, 0, sizeof(Number) * dim * rows * stride);
    for (std::int64_t plane = first - 1; plane < last; ++plane) {
      const bool output = plane >= first;
      const std::int64_t i = plane < 0 ? plane + v.n[0] : plane;
      std::memset(before, 0, sizeof(Number) * dim * 2 * stride);
      for (std::int64_t j = 0; j < rows; ++j) {
        const std::int64_t row = (i * rows + j) * n;
        Vector<Number> sum[m] = {};
        for (std::int64_t k = 0; k < n; k += lanes<Number>) {
          Vector<Number> x[m], y[m] = {};
          for (int c = 0; c < m; ++c) {
            x[c] = load(in + c * n_voxels + row + k, n - k);
            sum[c] += x[c];
          }
          add_isotropic<dim>(law, x, y);
          for (int c = 0; c < m; ++c) store<Number>(stress + c * stride + k, y[c]);
        }
        if (mean != nullptr && output)
          for (int c = 0; c < m; ++c)
            mean[(i * n_fields + field) * m + c] += lane_sum<Number>(sum[c]);
        wrap_rows<Number>(stress, m, n, stride);
        divergence_row<dim>(v, stress, stride, j, Number(1), carry, before,
                            output ? out + row : nullptr);
      }
      if (dim == 3)
        add_last_rows(v, dim, before, stride, carry, output ? out + i * rows * n : nullptr,
                      plane + 1 < last);
    }
  }
}

// Q x for all loads of row `row` into `y`, `[n_loads, m]` rows y_stride apart.
template <int dim, typename Number>
SECO_INLINE void multiply_row(const Number* matrices, std::int64_t stride, const Number* x,
                              std::int64_t x_stride, Number* y, std::int64_t y_stride,
                              std::int64_t n, std::int64_t n_loads) {
  constexpr int m = Sizes<dim>::m;
  for (std::int64_t l = 0; l < n_loads; ++l)
    for (std::int64_t k = 0; k < n; k += lanes<Number>) {
      Vector<Number> in[m], out[m];
      for (int c = 0; c < m; ++c) in[c] = load(x + (l * m + c) * x_stride + k, n - k);
      multiply<dim>(matrices, stride, k, in, out);
      for (int c = 0; c < m; ++c) store<Number>(y + (l * m + c) * y_stride + k, out[c], n - k);
    }
}

template <int dim, typename Number>
void multiply_field(const Voxels<Number>& v, const Number* matrices, std::int64_t n_loads,
                    const Number* x, Number* y, std::int64_t first, std::int64_t last) {
  const std::int64_t n = v.n[2], stride = padded<Number>(n), n_voxels = v.count();
  Scratch<Number> scratch(Sizes<dim>::n_coefficients * stride);
  Number* rows = scratch.take(Sizes<dim>::n_coefficients * stride);
  for (std::int64_t row = first * v.n[1]; row < last * v.n[1]; ++row) {
    expand_row<dim>(matrices, v.n_phases, v.phase + row * n, n, rows, stride);
    multiply_row<dim>(rows, stride, x + row * n, n_voxels, y + row * n, n_voxels, n, n_loads);
  }
}

template <int dim, typename Number>
void forms(const Voxels<Number>& v, const Number* matrices, std::int64_t n_loads, const Number* x,
           std::int64_t first, std::int64_t last, double* gram, double* mean) {
  constexpr int m = Sizes<dim>::m;
  const std::int64_t n = v.n[2], stride = padded<Number>(n), n_voxels = v.count();
  Scratch<Number> scratch((Sizes<dim>::n_coefficients + 2 * n_loads * m) * stride);
  Number* rows = scratch.take(Sizes<dim>::n_coefficients * stride);
  Number* x_rows = scratch.take(n_loads * m * stride);
  Number* y_rows = scratch.take(n_loads * m * stride);
  for (std::int64_t row = first * v.n[1]; row < last * v.n[1]; ++row) {
    expand_row<dim>(matrices, v.n_phases, v.phase + row * n, n, rows, stride);
    for (std::int64_t c = 0; c < n_loads * m; ++c)
      std::memcpy(x_rows + c * stride, x + c * n_voxels + row * n, sizeof(Number) * n);
    multiply_row<dim>(rows, stride, x_rows, stride, y_rows, stride, n, n_loads);
    add_gram<m>(x_rows, y_rows, n_loads, n, stride, gram);
    add_means(y_rows, n_loads * m, n, stride, mean);
  }
}

// A kernel for the dimension of the voxels.
#define SECO_BY_DIMENSION(kernel)                                               \
  [](const Voxels<Number>& v, auto... arguments) {                              \
    v.dimension == 2 ? kernel<2>(v, arguments...) : kernel<3>(v, arguments...); \
  }

template <typename Number>
constexpr Kernels<Number> table(const char* name) {
  return {name,
          SECO_BY_DIMENSION(stiffness_action),
          green<Number>,
          descend<Number>,
          advance<Number>,
          SECO_BY_DIMENSION(energies),
          SECO_BY_DIMENSION(energies),
          SECO_BY_DIMENSION(strain),
          SECO_BY_DIMENSION(divergence),
          SECO_BY_DIMENSION(multiply_field),
          SECO_BY_DIMENSION(forms),
          SECO_BY_DIMENSION(stress_with_correction),
          SECO_BY_DIMENSION(stress_of_displacement),
          gram<Number>,
          combine<Number>,
          dot<Number>,
          update<Number>};
}

}  // namespace

extern const Kernels<float> single_precision;
extern const Kernels<double> double_precision;
#define SECO_TEXT(x) #x
#define SECO_NAME(x) SECO_TEXT(x)
const Kernels<float> single_precision = table<float>(SECO_NAME(SECO_INSTRUCTION_SET));
const Kernels<double> double_precision = table<double>(SECO_NAME(SECO_INSTRUCTION_SET));

}  // namespace seco::surrogate::cpu::SECO_INSTRUCTION_SET
