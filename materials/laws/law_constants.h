#pragma once

#include <string>
#include <utility>

#include "isotropic_elasticity.h"
#include "seco/materials/law.h"

/// Constants that several laws have.
namespace seco::materials {

/// Asks for `Young modulus` and `Poisson ratio`, or `Elastic constants`. Where none is set, the
/// stiffness of the RVE's phase is taken, if it has one.
/// @return stiffness in the axes of the RVE, 6 x 6
/// @throws ParameterError if there is none, both are set, or the stiffness is not positive definite
MandelMatrix read_elastic_stiffness(ParameterReader& reader, const std::string& section,
                                    const LawContext& context);

/// Bulk and shear modulus of such a stiffness. @param law named in the message
/// @throws ParameterError if the stiffness is not isotropic
std::pair<double, double> read_isotropic_elasticity(ParameterReader& reader,
                                                    const std::string& section,
                                                    const LawContext& context,
                                                    const std::string& law);

/// The stiffness of these moduli, 6 x 6.
MandelMatrix stiffness_of(const IsotropicElasticity& elasticity);

/// Asks for a constant that has no default. @param smallest, largest both excluded
/// @throws ParameterError if it is not set or does not fit
double read_required(ParameterReader& reader, const std::string& section, const std::string& key,
                     double smallest, double largest, const std::string& help);

}  // namespace seco::materials
