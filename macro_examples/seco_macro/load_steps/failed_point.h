#pragma once

#include <filesystem>
#include <string>

#include "material_field.h"

namespace seco::macro {

/// Lets the material of the worst point that had no answer in the last evaluation, of all ranks,
/// write into a folder what it takes to try that point alone. Files of an earlier point are
/// replaced. Collective; an error is thrown on all ranks.
/// @return a sentence without its end that names point, reason and command; empty if all points had
///   an answer
template <int dim>
std::string keep_failed_point(const MaterialField<dim>& materials,
                              const std::filesystem::path& folder, MPI_Comm communicator);

/// Removes the files of the failed point of an earlier run from the folder of results. Collective.
void forget_failed_point(const std::filesystem::path& results, MPI_Comm communicator);

}  // namespace seco::macro
