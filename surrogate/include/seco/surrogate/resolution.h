#pragma once

#include <string>

#include "seco/materials/rve.h"
#include "seco/surrogate/continuum_certificate.h"

namespace seco::surrogate {

/// Relative distance of the discrete bounds from those of the continuum: over the unit loads, the
/// largest distance of the two intervals of C_ii relative to the upper bound of the continuum; 0
/// where they overlap. Where it is positive, the discretization is what is wrong, by at least so
/// much.
double distance_from_continuum(const Homogenized& discrete, const ContinuumCertificate& continuum);

/// Structures of the size of a voxel, such as checkerboards, meet the hourglass modes of the
/// discretization: displacements whose strain at voxel centres vanishes. If more than a tenth of
/// the voxels differ from all their neighbours across faces, a block of at most six voxels along
/// each axis around the first of them is certified both ways, as a periodic RVE of its own.
/// @return a sentence if the two differ by more than 5 %, else empty
std::string resolution_note(const materials::Rve& rve);

}  // namespace seco::surrogate
