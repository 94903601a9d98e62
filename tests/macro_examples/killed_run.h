#pragma once

#include <gtest/gtest.h>

#include <csignal>
#include <string>

#include "small_run.h"

namespace seco::test {

/// The summary of load steps that are killed after one of them on one rank and continued on two.
/// @param name of the folder of the run
inline nlohmann::json killed_and_continued(const std::string& name, Changes changes, int step) {
  changes["Checkpoint/Write"] = "true";
  const auto folder = new_folder(name);
  const auto file = folder / "run.prm";
  write_text(file, parameters(changes));
  {
    RunningProgram program("seco-macro", {file.string()});
    EXPECT_TRUE(program.prints("after load step " + std::to_string(step)));
    program.send(SIGKILL);
    program.end();
  }
  const auto outcome = run_program("seco-macro", file.string() + " --restart", 2);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
  return outcome.exit_code == 0 ? read_json(folder / "out" / "summary.json") : nlohmann::json();
}

}  // namespace seco::test
