// A user material: isotropic elasticity by increments, that has no answer to an increment with a
// strain component above a limit. PROPS: Young's modulus, Poisson's ratio, the limit. STATEV: the
// strain 11.
#include <cmath>
#include <cstddef>

extern "C" void UMAT(double* stress, double* statev, double* ddsdde, double*, double*, double*,
                     double*, double*, double*, double*, const double*, const double* dstran,
                     const double*, const double*, const double*, const double*, const double*,
                     const double*, const char*, const int*, const int*, const int*, const int*,
                     const double* props, const int*, const double*, const double*, double* pnewdt,
                     const double*, const double*, const double*, const int*, const int*,
                     const int*, const int*, const int*, const int*, std::size_t) {
  const double mu = props[0] / (2 * (1 + props[1])),
               lambda = props[0] * props[1] / ((1 + props[1]) * (1 - 2 * props[1]));
  for (int j = 0; j < 6; ++j)
    for (int i = 0; i < 6; ++i) {
      const double c = i < 3 && j < 3 ? lambda + (i == j ? 2 * mu : 0) : (i == j ? mu : 0);
      ddsdde[6 * j + i] = c;
      stress[i] += c * dstran[j];
    }
  statev[0] += dstran[0];
  for (int i = 0; i < 6; ++i)
    if (std::abs(dstran[i]) > props[2]) *pnewdt = 0.3;
}
