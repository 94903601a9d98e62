#pragma once

#include <string>

#include "seco/materials/versions.h"

namespace seco::surrogate {

using materials::Versions;

/// What this library computes with, for reports of errors and of measurements: versions of the
/// libraries, those of seco::materials included, the BLAS and the instruction set in use, threads,
/// devices.
Versions versions();

/// "seco VERSION" and a line for each of the others and of `versions()`.
/// @param others first, for what a program knows besides
std::string version_report(const std::string& version, const Versions& others = {});

}  // namespace seco::surrogate
