#ifndef SECO_TEST_LOAD_CYCLE_H
#define SECO_TEST_LOAD_CYCLE_H

#ifdef __cplusplus
extern "C" {
#endif

/* A caller in C90: one point of a section "Material 0/homogenized laws" that follows strains in
 * Voigt notation, one step of time 1 each; strain and stress n_steps x 6. Returns a seco_result,
 * the first that is not SECO_OK. */
int follow_strains(const char* parameter_file, int n_steps, const double* strain, double* stress);

#ifdef __cplusplus
}
#endif

#endif
