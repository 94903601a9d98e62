#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "seco/materials/generators.h"

namespace seco::test {

/// A small RVE of the given generator; `contrast` scales the inclusions.
materials::Rve make_rve(const std::string& type, const std::vector<int>& shape,
                        std::uint64_t seed = 1, double contrast = 20.);

/// A random positive definite stiffness without any symmetry.
materials::MandelMatrix random_triclinic(int dimension, std::uint64_t seed);

/// Largest relative difference of two matrices, in the Frobenius norm.
double relative_difference(const materials::MandelMatrix& a, const materials::MandelMatrix& b);

/// Smallest eigenvalue of b - a relative to the norm of b: not negative if a <= b.
double loewner_margin(const materials::MandelMatrix& a, const materials::MandelMatrix& b);

}  // namespace seco::test
