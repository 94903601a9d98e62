#pragma once

#include <cstdint>

/// What laws leave of a point: a tangent as the 21 entries of its upper triangle, row by row. For
/// the processor and, as plain functions of numbers, for CUDA compilers.
namespace seco::materials {

/// Where the entry (i, j) of a symmetric 6 x 6 matrix is in the upper triangle of a law.
constexpr int in_triangle(int i, int j) {
  const int row = i < j ? i : j, column = i < j ? j : i;
  return row * 6 - row * (row - 1) / 2 + column - row;
}

/// In plane strain, the components normal to the plane for a stress whose components in it differ
/// from those of the strain, to first order those of least w*: C_oi C_ii^-1 (s_i - s_i(e)) more
/// than those of the strain, with the tangent's blocks of the components in the plane (i) and
/// normal to it (o). Those of the strain where C_ii is singular.
/// @param of_strain s(e), six components
/// @param tangent its upper triangle
/// @param stride between the components of a point
/// @param stress components 11, 22 and 12 are given, the others set
constexpr void complete_stress(const double* of_strain, const double* tangent, std::int64_t stride,
                               double* stress) {
  const int in[] = {0, 1, 5}, out[] = {2, 3, 4};
  // L D L^T is the block in the plane, x the strain of the difference.
  double l[3][3] = {}, d[3] = {}, x[3] = {};
  bool definite = true;
  for (int i = 0; i < 3; ++i) {
    x[i] = stress[in[i] * stride] - of_strain[in[i] * stride];
    d[i] = tangent[in_triangle(in[i], in[i]) * stride];
    for (int j = 0; j < i; ++j) {
      l[i][j] = tangent[in_triangle(in[i], in[j]) * stride];
      for (int k = 0; k < j; ++k) l[i][j] -= l[i][k] * d[k] * l[j][k];
      l[i][j] /= d[j];
      d[i] -= l[i][j] * l[i][j] * d[j];
      x[i] -= l[i][j] * x[j];
    }
    definite = definite && d[i] > 0;
  }
  for (int i = 2; i >= 0; --i) {
    x[i] /= d[i];
    for (int k = i + 1; k < 3; ++k) x[i] -= l[k][i] * x[k];
    definite = definite && x[i] - x[i] == 0;
  }
  for (int i = 0; i < 3; ++i) {
    double value = of_strain[out[i] * stride];
    for (int j = 0; definite && j < 3; ++j)
      value += tangent[in_triangle(out[i], in[j]) * stride] * x[j];
    stress[out[i] * stride] = value;
  }
}

}  // namespace seco::materials
