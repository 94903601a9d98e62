/* The homogenized material of a representative volume element (RVE), with guaranteed bounds, for
 * programs in C, Fortran (module seco of seco.f90) or any language that calls C. C90.
 *
 * Linear elasticity at small strains: stress = C : strain at every point, with the homogenized
 * stiffness C of the RVE of the point, which an engine computes once when the material is created,
 * for example a trained s-ECO network, and bounds lower <= C <= upper in the Loewner order.
 *
 * Every function that can fail returns a seco_result. No exception leaves a function, and a
 * floating-point exception that the caller has unmasked is masked inside. seco_message() tells in
 * one sentence what was wrong.
 *
 * Threads: a material does not change once it is created; any number of threads may evaluate one
 * material at a time, with buffers of their own. Creation works with all OpenMP threads and is
 * done for one thread at a time; others that create wait. No thread may use a material that
 * another one destroys. The message belongs to the thread that called. MPI is not used.
 */
#ifndef SECO_SECO_H
#define SECO_SECO_H

#if defined(SECO_BUILDING_C_INTERFACE) && defined(__GNUC__)
#define SECO_API __attribute__((visibility("default")))
#else
#define SECO_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* A material: the homogenized stiffnesses of one or several RVEs. */
typedef struct seco_material seco_material;

enum seco_result {
  SECO_OK = 0,
  /* The results can be used and the bounds hold, but an RVE misses what was asked: it did not
   * converge, has no lower bound, is unlike what the network was trained for, or its gap is larger
   * than the 'Largest gap' of the parameter file. */
  SECO_UNRELIABLE = 1,
  /* An argument, a file or a parameter is wrong; nothing was computed or written. */
  SECO_BAD_INPUT = 2,
  /* No result: out of memory, no convergence at all, an error in a library. */
  SECO_FAILED = 3,
  /* Of points with a history (seco/points.h): one has no answer to so long a step. */
  SECO_SHORTER_STEP = 4
};

/* Components of strains, stresses and stiffnesses. The shear components of strains are engineering
 * strains, gamma_12 = 2 epsilon_12, but in SECO_MANDEL, where those of strains and stresses carry
 * a factor sqrt(2). Of a 2D material (plane strain) there are three, 11 22 12, in all of them. */
enum seco_notation {
  /* 11 22 33 23 13 12. */
  SECO_VOIGT = 0,
  /* 11 22 33 12 13 23, the order of Abaqus/Standard. */
  SECO_ABAQUS = 1,
  /* 11 22 33 23 13 12. */
  SECO_MANDEL = 2
};

/* Creates the material of one RVE from a file.
 *
 * rve_file   HDF5 file of an RVE (docs/file_formats.md)
 * engine     voigt, reuss, hill, fft, certified, auto or s-eco (docs/parameters.md)
 * model      model folder of s-eco; for certified and auto to start from, or NULL; not used by the
 *            others
 * tolerance  relative residual of fft, largest relative gap of the bounds of certified and auto; 0
 *            for the default, 1e-6
 * material   is set to the new material, or to NULL unless SECO_OK or SECO_UNRELIABLE is returned
 */
SECO_API int seco_create_from_rve(const char* rve_file, const char* engine, const char* model,
                                  double tolerance, seco_material** material);

/* Creates the material of one or several RVEs from the section of a parameter file that describes
 * a material 'homogenized' of seco-macro (docs/parameters.md); the unit of stresses is the 'Unit'
 * of the file, MPa by default. Keys about points and refinement are ignored; a key that is not
 * known is refused.
 *
 * parameter_file   relative paths in it start from its folder
 * section          for example "Material 0/homogenized"; "" for the top level of the file
 * n_rves           number of RVEs, from 1, which are numbered from 0: different random ones of the
 *                  same kind
 * volume_fraction  one for each RVE, where the generator has one; or NULL for that of the file
 * material         as above
 */
SECO_API int seco_create_from_parameters(const char* parameter_file, const char* section,
                                         int n_rves, const double* volume_fraction,
                                         seco_material** material);

/* Destroys a material; NULL has no effect. */
SECO_API void seco_destroy(seco_material* material);

/* 2 or 3; 0 for NULL. */
SECO_API int seco_dimension(const seco_material* material);
/* Number of components in strains and stresses, m: 3 in 2D, 6 in 3D; 0 for NULL. */
SECO_API int seco_n_components(const seco_material* material);
SECO_API int seco_n_rves(const seco_material* material);
/* Unit of stresses and stiffnesses, for example "MPa"; "" for NULL. Valid until the material is
 * destroyed. */
SECO_API const char* seco_unit(const seco_material* material);

/* What was assumed and done when the section 'Microstructure file' was read, for example along
 * which axes a microstructure that is not periodic was treated as periodic: the number of
 * sentences, 0 for NULL, and each of them, numbered from 0; "" for a number that does not exist.
 * Valid until the material is destroyed. */
SECO_API int seco_n_notes(const seco_material* material);
SECO_API const char* seco_note(const seco_material* material, int note);

/* Evaluates a batch of points: stress = C : strain. Pass NULL for outputs that are not wanted.
 *
 * notation  a seco_notation, of strain, stress and tangent
 * n_points  number of points, from 0
 * rve       number of the RVE of each point; NULL for 0 at all of them
 * strain    n_points x m, the components of a point side by side (in Fortran: m x n_points)
 * stress    the same
 * tangent   n_points x m x m, d stress / d strain, symmetric
 * gap       n_points, the largest relative gap of the unit load cases (Mandel notation),
 *           max_i (upper_ii - lower_ii) / upper_ii
 *
 * Returns SECO_UNRELIABLE where the RVE of a point misses what was asked. On SECO_BAD_INPUT nothing
 * is written. */
SECO_API int seco_evaluate(const seco_material* material, int notation, int n_points,
                           const int* rve, const double* strain, double* stress, double* tangent,
                           double* gap);

/* The guaranteed bounds of the stiffness of an RVE, m x m each, symmetric; NULL for one that is not
 * wanted. For every strain e: e.lower e <= e.C e <= e.upper e. */
SECO_API int seco_bounds(const seco_material* material, int notation, int rve, double* lower,
                         double* upper);

/* SECO_OK, or SECO_UNRELIABLE with the reason in seco_message(). */
SECO_API int seco_rve_status(const seco_material* material, int rve);

/* What was wrong in the last call by this thread that did not return SECO_OK; "" if there was none.
 * Valid until the next call by this thread. */
SECO_API const char* seco_message(void);

/* Version of the library, for example "0.1.0". */
SECO_API const char* seco_version(void);

#ifdef __cplusplus
}
#endif

#endif
