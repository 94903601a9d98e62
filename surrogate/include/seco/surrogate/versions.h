#pragma once

#include <string>
#include <utility>
#include <vector>

namespace seco::surrogate {

/// Names of libraries or properties of this machine, and what is to be said of each.
using Versions = std::vector<std::pair<std::string, std::string>>;

/// What this library computes with, for reports of errors and of measurements: versions of the
/// libraries, the BLAS and the instruction set in use, threads, devices.
Versions versions();

/// "seco VERSION" and a line for each of the others and of `versions()`.
/// @param others first, for what a program knows besides
std::string version_report(const std::string& version, const Versions& others = {});

}  // namespace seco::surrogate
