#pragma once

#include "point_model.h"

namespace seco::materials {

/// How the slip resistances g grow.
enum class SlipHardening {
  /// They stay as they are.
  none,
  /// `g = tau0 + (tau1 + theta1 G) (1 - exp(-theta0 G / tau1))` of the accumulated slip G of all
  /// systems (Voce; Tome, Canova, Kocks, Christodoulou and Jonas 1984, Acta Metallurgica 32).
  voce,
  /// `dg_a = sum_b q_ab h0_b (1 - g_b / g_inf_b)^m_b |dgamma_b|`, q_ab = 1 for a = b and the latent
  /// hardening otherwise (Peirce, Asaro and Needleman 1982, Acta Metallurgica 30; Kalidindi,
  /// Bronkhorst and Anand 1992, J. Mech. Phys. Solids 40).
  saturation
};

/// Constants of a family of slip systems.
struct SlipFamilyConstants {
  double resistance = 0;
  /// tau1, theta0, theta1 of Voce's law.
  double voce_stress = 0, initial_rate = 0, final_rate = 0;
  /// g_inf, h0, m of the saturation law.
  double saturation = 0, modulus = 0, exponent = 0;
};

/// Slip by a power law on systems with the Schmid tensors P_a, elasticity of any symmetry:
///
///     rate_a = rate0 |x_a|^n sign(x_a),   x_a = s:P_a / g_a
///     K*(s) = dt sum_a rate0 g_a / (n + 1) |x_a|^(n+1)
///
/// (Hutchinson 1976, Proc. R. Soc. London A 348) with the resistances g_a frozen over the step;
/// they are raised at its end. The plastic strain of a step is an explicit function of the stress,
/// so that the stress is the maximizer of the strictly concave `s:e - w*(s)`.
///
/// It is found in coordinates t with s = M t, M M^T the stiffness and the last column of M a
/// stress proportional to C^-1 to the identity: then `s:S:s = t.t`, the second derivative is the
/// identity and a sum of dyads, and of the six coordinates the last remains elastic, since slip
/// keeps the volume.
///
/// State: plastic strain (6), accumulated slip, resistances: none where they are constant, one per
/// family with Voce's law, one per system with the saturation law.
struct CrystalViscoplasticity {
  static constexpr ModelKind kind = ModelKind::crystal;
  static constexpr int max_systems = 30, max_families = 5;
  static constexpr int n_state_values = 7 + max_systems;

  int n_systems = 0, n_families = 0;
  double rate = 0, exponent = 1;
  SlipHardening hardening = SlipHardening::none;
  double latent = 1;
  SlipFamilyConstants family[max_families];
  int family_of[max_systems] = {};
  /// P_a, and M^T P_a without its last coordinate, which is 0.
  double schmid[max_systems][6] = {}, slip[max_systems][5] = {};
  /// M and its inverse.
  double factor[6][6] = {}, inverse[6][6] = {};

  SECO_INLINE int n_resistances() const {
    return hardening == SlipHardening::none   ? 0
           : hardening == SlipHardening::voce ? n_families
                                              : n_systems;
  }
  SECO_INLINE int n_state() const { return 7 + n_resistances(); }

  template <typename T>
  SECO_INLINE void respond(const T* strain, const T* state, double time_step,
                           PointAnswer<T, n_state_values>& answer) const {
    Resistances<T> g;
    read_resistances(state, g);
    T trial[6];
    for (int i = 0; i < 6; ++i) {
      trial[i] = number<T>(0.);
      for (int j = 0; j < 6; ++j) trial[i] += (strain[j] - state[j]) * factor[j][i];
    }
    T t[6];
    Slopes<T> at;
    answer.found = solve(trial, g, rate * time_step, t, at);
    t[5] = trial[5];

    answer.energy = trial[5] * trial[5] * 0.5 - at.value;
    for (int i = 0; i < 6; ++i) {
      answer.stress[i] = t[0] * factor[i][0];
      for (int j = 1; j < 6; ++j) answer.stress[i] += t[j] * factor[i][j];
    }
    advance(t, g, rate * time_step, state, answer.state);
    if (answer.wants_tangent) invert(at.second, answer.tangent);
  }

  template <typename T>
  SECO_INLINE T dual(const T* stress, const T* state, double time_step) const {
    Resistances<T> g;
    read_resistances(state, g);
    T t[6], energy = product(stress, state);
    for (int i = 0; i < 6; ++i) {
      t[i] = stress[0] * inverse[i][0];
      for (int j = 1; j < 6; ++j) t[i] += stress[j] * inverse[i][j];
      energy += t[i] * t[i] * 0.5;
    }
    T sum = number<T>(0.);
    for (int a = 0; a < n_systems; ++a) {
      const T x = absolute(T(resolved(a, t) * g.inverse[g.of(a)]));
      sum += power(x) * x * x * g.value[g.of(a)];
    }
    return energy + sum * (rate * time_step / (exponent + 1));
  }

 private:
  /// Resistances at the beginning of the step, by system or by family.
  template <typename T>
  struct Resistances {
    const int* index = nullptr;
    T value[max_systems], inverse[max_systems];
    SECO_INLINE int of(int a) const { return index != nullptr ? index[a] : a; }
  };

  /// `t.t / 2 - t.trial + K*` in five coordinates, its derivatives, the second ones as upper
  /// triangle row by row.
  template <typename T>
  struct Slopes {
    T value, first[5], second[15];
  };

  template <typename T>
  static SECO_INLINE T absolute(const T& x) {
    return maximum(x, T(-x));
  }

  /// x^(n-1) for x >= 0.
  template <typename T>
  SECO_INLINE T power(const T& x) const {
    const double m = exponent - 1;
    const int whole = static_cast<int>(m);
    if (whole != m) return pow(x, m);
    T result = number<T>(1.), square = x;
    for (int bits = whole; bits > 0; bits >>= 1) {
      if ((bits & 1) != 0) result = result * square;
      if (bits > 1) square = square * square;
    }
    return result;
  }

  template <typename T>
  SECO_INLINE T resolved(int a, const T* t) const {
    T sum = t[0] * slip[a][0];
    for (int i = 1; i < 5; ++i) sum += t[i] * slip[a][i];
    return sum;
  }

  template <typename T>
  SECO_INLINE void read_resistances(const T* state, Resistances<T>& g) const {
    const bool by_system = hardening == SlipHardening::saturation;
    g.index = by_system ? nullptr : family_of;
    const int n = by_system ? n_systems : n_families;
    for (int i = 0; i < n; ++i) {
      g.value[i] =
          hardening == SlipHardening::none ? number<T>(family[i].resistance) : state[7 + i];
      g.inverse[i] = number<T>(1.) / g.value[i];
    }
  }

  template <typename T>
  SECO_INLINE void evaluate(const T* t, const T* trial, const Resistances<T>& g, double slip_scale,
                            Slopes<T>& at) const {
    T sum = number<T>(0.);
    at.value = sum;
    for (int i = 0, k = 0; i < 5; ++i) {
      at.value += t[i] * (t[i] * 0.5 - trial[i]);
      at.first[i] = t[i] - trial[i];
      for (int j = i; j < 5; ++j) at.second[k++] = number<T>(i == j ? 1. : 0.);
    }
    for (int a = 0; a < n_systems; ++a) {
      const T& inverse_g = g.inverse[g.of(a)];
      const T x = resolved(a, t) * inverse_g;
      const T p = power(absolute(x)) * slip_scale, gamma = p * x;
      sum += gamma * x * g.value[g.of(a)];
      const T stiff = p * inverse_g * exponent;
      for (int i = 0, k = 0; i < 5; ++i) {
        at.first[i] += gamma * slip[a][i];
        const T row = stiff * slip[a][i];
        for (int j = i; j < 5; ++j) at.second[k++] += row * slip[a][j];
      }
    }
    at.value += sum * (1 / (exponent + 1));
  }

  /// L D L^T of a symmetric positive definite matrix in its place: D^-1 on the diagonal, L^T above.
  template <typename T>
  static SECO_INLINE void factorise(T* m) {
    for (int i = 0, d = 0; i < 5; d += 5 - i, ++i) {
      m[d] = number<T>(1.) / m[d];
      for (int j = i + 1, e = d + 5 - i; j < 5; e += 5 - j, ++j) {
        const T l = m[d + j - i] * m[d];
        for (int k = j; k < 5; ++k) m[e + k - j] -= l * m[d + k - i];
      }
      for (int j = i + 1; j < 5; ++j) m[d + j - i] = m[d + j - i] * m[d];
    }
  }

  /// The step of Newton's method. @return the decrement, first:second^-1:first
  template <typename T>
  static SECO_INLINE T newton_step(const Slopes<T>& at, T* step) {
    T m[15], y[5];
    for (int i = 0; i < 15; ++i) m[i] = at.second[i];
    factorise(m);
    T decrement = number<T>(0.);
    for (int i = 0; i < 5; ++i) y[i] = -at.first[i];
    for (int i = 0, d = 0; i < 5; d += 5 - i, ++i) {
      for (int j = i + 1; j < 5; ++j) y[j] -= m[d + j - i] * y[i];
      decrement += y[i] * y[i] * m[d];
      step[i] = y[i] * m[d];
    }
    for (int i = 3, d = 12; i >= 0; --i, d -= 5 - i)
      for (int j = i + 1; j < 5; ++j) step[i] -= m[d + j - i] * step[j];
    return decrement;
  }

  /// Along the trial stress, scaled so that the strain of slip is about that of the step: powers of
  /// the trial stress itself may overflow, and Newton's method comes down from it by 1 / n a step.
  template <typename T>
  SECO_INLINE void start(const T* trial, const Resistances<T>& g, double slip_scale, T* t) const {
    const T zero = number<T>(0.), one = number<T>(1.);
    T x[max_systems], largest = zero, square = zero, sum = zero;
    for (int i = 0; i < 5; ++i) square += trial[i] * trial[i];
    for (int a = 0; a < n_systems; ++a) {
      x[a] = absolute(T(resolved(a, trial) * g.inverse[g.of(a)]));
      largest = maximum(largest, x[a]);
    }
    const auto loaded = largest > zero;
    const T safe = select(loaded, largest, one), scale = one / safe;
    for (int a = 0; a < n_systems; ++a) {
      const T y = x[a] * scale;
      sum += power(y) * y * y * g.value[g.of(a)];
    }
    // The optimum b on the ray, of the largest x, solves b^n = level (1 - b / largest).
    const T level = square / (safe * maximum(T(sum * slip_scale), number<T>(1e-300)));
    T b = minimum(safe, T(pow(level, 1 / exponent)));
    const T shorter = pow(T(level * (one - b * scale * 0.9)), 1 / exponent);
    b = minimum(b, shorter);
    const T fraction = select(loaded, T(b * scale), one);
    for (int i = 0; i < 5; ++i) t[i] = trial[i] * fraction;
  }

  /// The minimizer t of Slopes::value by Newton's method with line search, the points of a row
  /// together; each ends for itself, so that its answer does not depend on its neighbours.
  /// @return whether it was found at all points
  template <typename T>
  SECO_INLINE bool solve(const T* trial, const Resistances<T>& g, double slip_scale, T* t,
                         Slopes<T>& at) const {
    const T zero = number<T>(0.), one = number<T>(1.);
    start(trial, g, slip_scale, t);
    T direction[5] = {}, length = one, decrement = zero, ended = zero, last = zero;
    at.value = number<T>(HUGE_VAL);
    // The first derivative bounds the error of the energy by half of the decrement, and a step
    // squares the relative error: after one more it is below round-off.
    constexpr double small_decrement = 1e-20;
    constexpr int most = 400;
    // The first pass evaluates the start, in the same code as all others: it is most of what there
    // is to compile.
    for (int i = -1; i < most; ++i) {
      T next[5], step[5];
      for (int k = 0; k < 5; ++k) next[k] = i < 0 ? t[k] : T(t[k] + direction[k] * length);
      Slopes<T> there;
      evaluate(next, trial, g, slip_scale, there);
      // Values that differ by round-off do not tell which one is less.
      const auto accepted =
          (there.value <= at.value - decrement * length * 1e-4 + absolute(at.value) * 1e-13) |
          (last > zero);
      const T next_decrement = newton_step(there, step);
      const auto moves = accepted & (ended <= zero);
      ended = select(accepted, last, ended);
      for (int k = 0; k < 5; ++k) {
        t[k] = select(moves, next[k], t[k]);
        direction[k] = select(moves, step[k], direction[k]);
        at.first[k] = select(moves, there.first[k], at.first[k]);
      }
      for (int k = 0; k < 15; ++k) at.second[k] = select(moves, there.second[k], at.second[k]);
      at.value = select(moves, there.value, at.value);
      decrement = select(moves, next_decrement, decrement);
      length = select(moves, one, T(length * 0.5));
      last = select(moves & (decrement <= scale_of(t, trial) * small_decrement), one, last);
      if (!any(ended <= zero)) return true;
    }
    return false;
  }
  /// Twice the energy of the step, up to a factor of 2.
  template <typename T>
  static SECO_INLINE T scale_of(const T* t, const T* trial) {
    T sum = number<T>(0.);
    for (int i = 0; i < 5; ++i) sum += t[i] * trial[i];
    return absolute(sum);
  }

  template <typename T>
  SECO_INLINE void advance(const T* t, const Resistances<T>& g, double slip_scale, const T* state,
                           T* next) const {
    T total = number<T>(0.), hardened = total, growth[max_systems];
    for (int i = 0; i < 6; ++i) next[i] = state[i];
    for (int a = 0; a < n_systems; ++a) {
      const T x = resolved(a, t) * g.inverse[g.of(a)];
      const T gamma = power(absolute(x)) * x * slip_scale, size = absolute(gamma);
      for (int i = 0; i < 6; ++i) next[i] += gamma * schmid[a][i];
      total += size;
      if (hardening == SlipHardening::saturation) {
        const auto& c = family[family_of[a]];
        const T left = maximum(T(number<T>(1.) - g.value[a] * (1 / c.saturation)), number<T>(0.));
        growth[a] = (c.exponent == 1 ? left : T(pow(left, c.exponent))) * size * c.modulus;
        hardened += growth[a];
      }
    }
    next[6] = state[6] + total;
    if (hardening == SlipHardening::saturation)
      for (int a = 0; a < n_systems; ++a)
        next[7 + a] = g.value[a] + hardened * latent + growth[a] * (1 - latent);
    if (hardening == SlipHardening::voce)
      for (int i = 0; i < n_families; ++i) {
        const auto& c = family[i];
        const T rest = number<T>(1.) - exp(T(next[6] * (-c.initial_rate / c.voce_stress)));
        next[7 + i] = (next[6] * c.final_rate + c.voce_stress) * rest + c.resistance;
      }
  }

  /// M (second derivative)^-1 M^T.
  template <typename T>
  SECO_INLINE void invert(const T* second, T* tangent) const {
    T m[15], rows[6][5];
    for (int i = 0; i < 15; ++i) m[i] = second[i];
    factorise(m);
    for (int r = 0; r < 6; ++r) {
      for (int i = 0; i < 5; ++i) rows[r][i] = number<T>(factor[r][i]);
      for (int i = 0, d = 0; i < 5; d += 5 - i, ++i)
        for (int j = i + 1; j < 5; ++j) rows[r][j] -= m[d + j - i] * rows[r][i];
    }
    for (int r = 0, at = 0; r < 6; ++r)
      for (int c = r; c < 6; ++c, ++at) {
        tangent[at] = number<T>(factor[r][5] * factor[c][5]);
        for (int i = 0, d = 0; i < 5; d += 5 - i, ++i)
          tangent[at] += rows[r][i] * rows[c][i] * m[d];
      }
  }
};

}  // namespace seco::materials
