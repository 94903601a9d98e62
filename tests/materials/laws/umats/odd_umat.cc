// A user material with the habits that the law `umat` has to meet. Cubic elasticity by increments,
// PROPS: what it does beyond, C11, C12, C44; STATEV: what it was called with.
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <thread>

extern "C" void UMAT(double* stress, double* statev, double* ddsdde, double*, double*, double*,
                     double*, double*, double*, double*, const double* stran, const double* dstran,
                     const double* time, const double* dtime, const double* temp, const double*,
                     const double*, const double*, const char* cmname, const int* ndi,
                     const int* nshr, const int* ntens, const int* nstatv, const double* props,
                     const int* nprops, const double*, const double* drot, double* pnewdt,
                     const double*, const double* dfgrd0, const double* dfgrd1, const int*,
                     const int*, const int*, const int*, const int*, const int* kinc,
                     std::size_t cmname_length) {
  static std::atomic<int> calls{0};
  const int deed = static_cast<int>(props[0]);
  const bool first = ++calls == 1;
  for (int j = 0; j < 6; ++j)
    for (int i = 0; i < 6; ++i) {
      double c = 0;
      if (i < 3 && j < 3) c = i == j ? props[1] : props[2];
      if (i >= 3 && i == j) c = props[3];
      ddsdde[6 * j + i] = c;
      stress[i] += c * dstran[j];
    }
  bool strained = false;
  for (int i = 0; i < 6; ++i) strained = strained || dstran[i] != 0;
  const double nan = std::numeric_limits<double>::quiet_NaN();
  if (strained && deed == 1) *pnewdt = 0.25 + 0.5 * (dstran[0] > 0);
  if (strained && deed == 2) stress[3] = nan;
  if (strained && deed == 3) ddsdde[1] += 1e-3 * props[1];
  if (strained && deed == 4) ddsdde[7] = nan;
  if (deed == 5) ddsdde[35] = -1;
  if (strained && deed == 6) *pnewdt = 0;
  if (strained && deed == 9) std::exit(0);
  if (strained && deed == 10) std::quick_exit(0);
  if (deed == 7) {
    std::this_thread::sleep_for(std::chrono::microseconds(200));
    statev[0] = first ? 0 : 1;
  }
  if (deed == 8) {
    const double values[] = {time[0],         time[1],       *dtime,         *temp,
                             double(*ndi),    double(*nshr), double(*ntens), double(*nstatv),
                             double(*nprops), double(*kinc), stran[3],       dstran[3]};
    std::memcpy(statev, values, sizeof(values));
    statev[12] = double(cmname_length);
    statev[13] = cmname[0] == 'C' && cmname[1] == 'u' && cmname[2] == ' ' && cmname[79] == ' ';
    statev[14] = drot[0] + drot[4] + drot[8] + dfgrd0[0] + dfgrd1[8] + dfgrd0[1];
    statev[15] += 1;
  }
  --calls;
}
