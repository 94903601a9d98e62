#include "one_point.h"

#include "seco/seco.h"

int stress_at_one_point(const char* rve_file, const double* strain, double* stress) {
  seco_material* material;
  int result = seco_create_from_rve(rve_file, "hill", NULL, 0, &material);
  if (result != SECO_OK) return result;
  result = seco_evaluate(material, SECO_VOIGT, 1, NULL, strain, stress, NULL, NULL);
  seco_destroy(material);
  return result;
}
