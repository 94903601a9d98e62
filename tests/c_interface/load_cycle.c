#include "load_cycle.h"

#include "seco/points.h"

int follow_strains(const char* parameter_file, int n_steps, const double* strain, double* stress) {
  seco_points* points;
  int i;
  int result = seco_points_create(parameter_file, "Material 0/homogenized laws", 1, NULL, 1, NULL,
                                  &points);
  if (result != SECO_OK) return result;
  for (i = 0; i < n_steps && result == SECO_OK; ++i) {
    result = seco_points_evaluate(points, SECO_VOIGT, 1, NULL, 1.0, strain + 6 * i, stress + 6 * i,
                                  NULL, NULL, NULL, NULL, NULL);
    if (result == SECO_OK) result = seco_points_accept(points, 0, NULL);
  }
  seco_points_destroy(points);
  return result;
}
