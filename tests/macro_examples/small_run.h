#pragma once

#include <map>
#include <string>
#include <vector>

#include "run_program.h"

namespace seco::test {

/// The parameter file of a small run of `seco-macro`, a notched beam of copper; entries replace or
/// add lines "Section/Key" of it.
std::string parameters(const std::map<std::string, std::string>& changes);

/// Changes that make the material of the run linear elastic.
std::map<std::string, std::string> elastic(const std::string& stiffness);

/// Changes that make its RVE a microstructure file, written to a folder, that is not periodic along
/// axis 0.
std::map<std::string, std::string> with_two_layers(const std::filesystem::path& folder);

/// Runs it in a folder of the name, where the results are in `out`, and expects success.
/// @return the summary
nlohmann::json run(const std::string& name, const std::map<std::string, std::string>& changes,
                   int n_ranks = 0);

/// Expects that a run is refused with one message that contains all parts, and writes nothing.
void expect_refused(const std::map<std::string, std::string>& changes,
                    const std::vector<std::string>& parts);

}  // namespace seco::test
