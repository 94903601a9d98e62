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

/// Whose results are in a folder: those of another run, or of this one, which was done or not.
enum class EarlierRun { another, unfinished, done };

/// Removes from the folder of results what the steps of this run will not replace one by one: the
/// files of a failed point, the summary unless this run was done, and the fields of another run.
/// Collective.
void forget_earlier_run(const std::filesystem::path& results, MPI_Comm communicator,
                        EarlierRun earlier);

}  // namespace seco::macro
