/* Points with a nonlinear RVE and a history each, for programs in C, Fortran (module seco of
 * seco.f90) or any language that calls C, such as user subroutines of finite element programs. C90.
 *
 * The phases of the RVEs have laws: plasticity, creep, crystals, user materials
 * (docs/nonlinear.md). A point keeps the state of all voxels at the begin of the step of time. It
 * may be evaluated for a step as often as the caller iterates, each time anew from that begin,
 * until the step is accepted or rejected. Steps are those of backward Euler; strains are small.
 *
 * Two ways to use it:
 *   - The caller knows when a step ends: seco_points_evaluate, then seco_points_accept or
 *     seco_points_reject.
 *   - The caller is called for one point after another and is not told, as a UMAT is:
 *     seco_points_find and seco_points_increment, which finds out.
 *
 * Results, messages (seco_message) and notations are those of seco.h. One result more,
 * SECO_SHORTER_STEP, says that a point has no answer to so long a step.
 *
 * Threads: several threads may evaluate, accept, reject and read different points at a time. No two
 * may use one point at a time, and none a point of points that another one creates or destroys.
 */
#ifndef SECO_POINTS_H
#define SECO_POINTS_H

#include <stddef.h>

#include "seco/seco.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Points and their RVEs. */
typedef struct seco_points seco_points;

/* Creates points from the section of a parameter file that describes a material 'homogenized laws'
 * of seco-macro (docs/nonlinear.md): where RVEs come from, the file with the laws of their phases,
 * the tolerance, and settings. Keys about which points share an RVE are ignored; a key that is not
 * known is refused.
 *
 * parameter_file   relative paths in it start from its folder
 * section          for example "Material 0/homogenized laws"; "" for the top level of the file
 * n_rves           number of RVEs, from 1, which are numbered from 0: different random ones of the
 *                  same kind
 * volume_fraction  one for each RVE, where the generator has one; or NULL for that of the file
 * n_points         number of points, from 1, which are numbered from 0. Refused if their states
 *                  would take more memory than is free, if all of them leave the elastic range
 * rve              number of the RVE of each point; NULL for 0 at all of them
 * points           is set to the new points, or to NULL unless SECO_OK is returned
 */
SECO_API int seco_points_create(const char* parameter_file, const char* section, int n_rves,
                                const double* volume_fraction, int n_points, const int* rve,
                                seco_points** points);

/* Destroys points; NULL has no effect. */
SECO_API void seco_points_destroy(seco_points* points);

/* Number of points; 0 for NULL. */
SECO_API int seco_points_number(const seco_points* points);
/* As those of seco.h: 2 or 3; components of strains and stresses, m; the unit of stresses and of
 * energies per volume; what was assumed, in sentences. */
SECO_API int seco_points_dimension(const seco_points* points);
SECO_API int seco_points_n_components(const seco_points* points);
SECO_API const char* seco_points_unit(const seco_points* points);
SECO_API int seco_points_n_notes(const seco_points* points);
SECO_API const char* seco_points_note(const seco_points* points, int note);

/* Evaluates points at the end of a step, each from its state at the begin of the step. Pass NULL
 * for outputs that are not wanted.
 *
 * notation       a seco_notation, of strain, stress and tangent
 * n              number of points to evaluate, from 0
 * point          their numbers, each at most once; NULL for all points, and n is then their number
 * time_step      length of the step, above 0, in the unit of time of the laws
 * strain         n x m, total strains at the end of the step, the components of a point side by
 *                side (in Fortran: m x n)
 * stress         the same
 * tangent        n x m x m, consistent tangent d stress / d strain at the end of the step,
 * symmetric energy         n, mean incremental energy w per volume: what is stored at the end, less
 * that of hardening at the begin, and was dissipated meanwhile; an upper bound of the least one gap
 * n, energy - gap is a lower bound; infinity where none is known error          n, guaranteed error
 * of the stress relative to the stress, in the norm of the mean elastic compliance, for the state
 * at the begin; infinity where none is known step_fraction  n, 1, or the fraction of the step to
 * try instead, above 0 and below 1, where a point has no answer
 *
 * Returns SECO_OK; SECO_UNRELIABLE where a point misses the tolerance; SECO_SHORTER_STEP where a
 * point has no answer, of which then nothing but step_fraction is written, and which cannot be
 * accepted. On SECO_BAD_INPUT nothing is written. */
SECO_API int seco_points_evaluate(seco_points* points, int notation, int n, const int* point,
                                  double time_step, const double* strain, double* stress,
                                  double* tangent, double* energy, double* gap, double* error,
                                  double* step_fraction);

/* The step ends with the strains that were evaluated last: the state at its end is that at the
 * begin of the next one. Nothing happens to a point that was not evaluated since its last step
 * ended. SECO_BAD_INPUT, and nothing happens to any point, if one has no answer to what was
 * evaluated last.
 * point  n numbers; NULL for all points, whatever n is */
SECO_API int seco_points_accept(seco_points* points, int n, const int* point);

/* The step is given up: the state is that at its begin. */
SECO_API int seco_points_reject(seco_points* points, int n, const int* point);

/* The point of an integration point of an element (NOEL and NPT of Abaqus): the first call for a
 * pair takes the next point that has none. SECO_BAD_INPUT if all are taken.
 * point  is set to its number */
SECO_API int seco_points_find(seco_points* points, int element, int integration_point, int* point);

/* Evaluates one point for an increment of a host that does not say when increments end, from what a
 * UMAT is given at every call. With the call before, at the same point,
 *
 *   - the same time at the begin: the same increment once more, anew from its begin; with another
 *     time step it was cut, and the evaluations before are rejected
 *   - the time at which the increment before has ended: it has converged with the strain that was
 *     evaluated last, which is accepted
 *   - any other time is refused, SECO_BAD_INPUT
 *
 * Times are equal if they differ by less than a thousandth of the time step. The strain at the
 * begin has to be the one that was accepted, to 1e-8 of it, zero before the first increment;
 * SECO_BAD_INPUT tells of a host that goes on from another strain than it asked for last, or
 * rotates strains.
 *
 * time              at the begin of the increment, TIME(2)
 * time_step         DTIME, above 0
 * strain            m, at the begin, STRAN
 * strain_increment  m, DSTRAN
 * The others are those of seco_points_evaluate for one point. */
SECO_API int seco_points_increment(seco_points* points, int notation, int point, double time,
                                   double time_step, const double* strain,
                                   const double* strain_increment, double* stress, double* tangent,
                                   double* energy, double* gap, double* error,
                                   double* step_fraction);

/* The state of a point at the begin of the step, as bytes in the order of this machine, with the
 * element and integration point that it belongs to. Evaluations since then are not in it.
 * bytes    receives them; NULL to ask for their number only
 * n_bytes  in: bytes that there is room for, not read if bytes is NULL; out: bytes that the state
 *          takes, which grows when a point leaves the elastic range */
SECO_API int seco_points_save(const seco_points* points, int point, void* bytes, size_t* n_bytes);

/* Takes up what seco_points_save gave for a point with the same RVE and laws, also in another
 * process; evaluations since the begin of the step are gone. */
SECO_API int seco_points_restore(seco_points* points, int point, const void* bytes, size_t n_bytes);

/* Mean over the RVE of a state variable of one number, such as "equivalent plastic strain", at the
 * begin of the step; voxels whose law does not have it count as 0. */
SECO_API int seco_points_mean_state(const seco_points* points, int point, const char* variable,
                                    double* mean);
/* The state variables that there are: their number, 0 for NULL, and each name, numbered from 0; ""
 * for a number that does not exist. Valid until the points are destroyed. */
SECO_API int seco_points_n_variables(const seco_points* points);
SECO_API const char* seco_points_variable(const seco_points* points, int variable);

#ifdef __cplusplus
}
#endif

#endif
