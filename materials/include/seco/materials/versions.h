#pragma once

#include <string>
#include <utility>
#include <vector>

namespace seco::materials {

/// Names of libraries or properties of this machine, and what is to be said of each.
using Versions = std::vector<std::pair<std::string, std::string>>;

/// Versions of the libraries that read and write files, and of Eigen and fmt.
Versions versions();

}  // namespace seco::materials
