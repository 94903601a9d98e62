#pragma once

#include <map>
#include <string>
#include <vector>

#include "run_program.h"

namespace seco::macro {
template <int dim>
struct MacroParameters;
}

namespace seco::test {

/// Values by "Section/Key" of a parameter file.
using Changes = std::map<std::string, std::string>;
/// Those of both, where both have a key the second ones.
inline Changes merged(Changes all, const Changes& more) {
  for (const auto& [key, value] : more) all.insert_or_assign(key, value);
  return all;
}

/// The parameter file of a small run of `seco-macro`, a notched beam of copper; entries replace or
/// add lines "Section/Key" of it.
std::string parameters(const Changes& changes);

/// Changes that make the material of the run linear elastic.
Changes elastic(const std::string& stiffness);

/// Changes that make its RVE a microstructure file, written to a folder, that is not periodic along
/// axis 0.
Changes with_two_layers(const std::filesystem::path& folder);

/// What `seco-macro` says of a parameter file when it runs in this process.
struct RunOutcome {
  /// What is printed.
  std::string output;
  /// Why the run failed; empty if it did not. Of a check, one sentence per problem.
  std::vector<std::string> messages;
};
RunOutcome run_here(const std::filesystem::path& file, bool restart = false);
/// As with --validate.
RunOutcome check_here(const std::filesystem::path& file, bool restart = false);

/// Runs it in a folder of the name, where the results are in `out`, and expects success: in this
/// process, or as a program if n_ranks > 0.
/// @return the summary
nlohmann::json run(const std::string& name, const Changes& changes, int n_ranks = 0);

/// Expects that a run is refused with one message that contains all parts, and writes nothing.
void expect_refused(const Changes& changes, const std::vector<std::string>& parts);

/// The parameters of the run, for tests of its parts.
template <int dim>
macro::MacroParameters<dim> read_changed(const Changes& changes);

}  // namespace seco::test
