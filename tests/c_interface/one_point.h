#ifndef SECO_TEST_ONE_POINT_H
#define SECO_TEST_ONE_POINT_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A caller in C90: stress in Voigt notation by the engine hill; returns a seco_result. */
int stress_at_one_point(const char* rve_file, const double* strain, double* stress);

#ifdef __cplusplus
}
#endif

#endif
