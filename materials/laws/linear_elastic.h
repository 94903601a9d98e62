#pragma once

#include "point_model.h"

namespace seco::materials {

/// `s = C : e` of any symmetry; `w = e:C:e / 2`, `w* = s:C^-1:s / 2`.
struct LinearElastic {
  static constexpr ModelKind kind = ModelKind::linear_elastic;
  static constexpr int n_state_values = 0;

  double stiffness[6][6], compliance[6][6];

  /// @param c the stiffness and @param s its inverse, 6 x 6
  template <typename Matrix>
  LinearElastic(const Matrix& c, const Matrix& s) {
    for (int i = 0; i < 6; ++i)
      for (int j = 0; j < 6; ++j) {
        stiffness[i][j] = c(i, j);
        compliance[i][j] = s(i, j);
      }
  }

  template <typename T>
  SECO_INLINE void respond(const T* strain, const T*, double,
                           PointAnswer<T, n_state_values>& answer) const {
    multiply(stiffness, strain, answer.stress);
    answer.energy = product(strain, answer.stress) * 0.5;
    int at = 0;
    for (int i = 0; i < 6; ++i)
      for (int j = i; j < 6; ++j) answer.tangent[at++] = number<T>(stiffness[i][j]);
  }
  template <typename T>
  SECO_INLINE T dual(const T* stress, const T*, double) const {
    T strain[6];
    multiply(compliance, stress, strain);
    return product(strain, stress) * 0.5;
  }

 private:
  template <typename T>
  static SECO_INLINE void multiply(const double (&matrix)[6][6], const T* x, T* y) {
    for (int i = 0; i < 6; ++i) {
      y[i] = x[0] * matrix[i][0];
      for (int j = 1; j < 6; ++j) y[i] += x[j] * matrix[i][j];
    }
  }
};

}  // namespace seco::materials
