/* Stress, tangent and gap at a batch of points, in C90:
 *   points PARAMETER_FILE SECTION
 */
#include <stdio.h>
#include <stdlib.h>

#include "seco/seco.h"

#define N_POINTS 3
#define N_COMPONENTS 6

static void stop(const char* what) {
  fprintf(stderr, "points: %s: %s\n", what, seco_message());
  exit(EXIT_FAILURE);
}

int main(int argc, char** argv) {
  /* Uniaxial strain, simple shear and a mixed one; the components of a point side by side, shear as
   * engineering strains, in Voigt order 11 22 33 23 13 12. */
  const double strain[N_POINTS * N_COMPONENTS] = {
      1e-3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1e-3, 1e-3, -2e-4, 5e-4, 1e-4, -3e-4, 2e-4};
  double stress[N_POINTS * N_COMPONENTS], tangent[N_POINTS * N_COMPONENTS * N_COMPONENTS];
  double gap[N_POINTS];
  seco_material* material;
  int result, p, i;

  if (argc != 3) {
    fprintf(stderr, "usage: points PARAMETER_FILE SECTION\n");
    return EXIT_FAILURE;
  }
  result = seco_create_from_parameters(argv[1], argv[2], 1, NULL, &material);
  if (result != SECO_OK && result != SECO_UNRELIABLE) stop("the material cannot be made");
  if (result == SECO_UNRELIABLE) fprintf(stderr, "points: %s\n", seco_message());
  if (seco_n_components(material) != N_COMPONENTS) {
    fprintf(stderr, "points: the strains are those of a 3D material, this one is %dD\n",
            seco_dimension(material));
    return EXIT_FAILURE;
  }

  result = seco_evaluate(material, SECO_VOIGT, N_POINTS, NULL, strain, stress, tangent, gap);
  if (result != SECO_OK && result != SECO_UNRELIABLE) stop("no stresses");

  printf("# stress [%s] of each point, then the tangent of the first and its gap\n",
         seco_unit(material));
  for (p = 0; p < N_POINTS; ++p)
    for (i = 0; i < N_COMPONENTS; ++i)
      printf("%.16e%c", stress[p * N_COMPONENTS + i], i + 1 < N_COMPONENTS ? ' ' : '\n');
  for (i = 0; i < N_COMPONENTS * N_COMPONENTS; ++i)
    printf("%.16e%c", tangent[i], (i + 1) % N_COMPONENTS != 0 ? ' ' : '\n');
  printf("%.16e\n", gap[0]);

  seco_destroy(material);
  return EXIT_SUCCESS;
}
