#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "checkpoint_file.h"
#include "macro_parameters.h"
#include "run_log.h"

namespace seco::macro {

/// The checkpoint of a run (docs/checkpoints.md): finds it, tells whether it is of this run, and
/// writes it after stages. What is kept of a stage is the business of the parts of the run, each of
/// which writes its own. All functions are collective but those that only report.
class Checkpoint {
 public:
  struct Settings {
    CheckpointParameters parameters;
    /// Parameter file, for messages.
    std::string file;
    /// What the run is identified by (run_identity.h).
    plugin::ParameterTexts texts;
    plugin::ParameterTraits traits;
    std::string folder;
  };
  /// Writes tables. Collective.
  using WriteTables = std::function<void(CheckpointWriter&)>;

  Checkpoint(Settings settings, RunLog& log) : settings_(std::move(settings)), log_(log) {}

  /// Whether there is a checkpoint; the same on all ranks.
  /// @throws std::invalid_argument if a run that is restarted has none, and writes none either
  bool exists() const;
  /// Opens the file on every rank. @throws std::runtime_error on all ranks if it is of another run
  std::unique_ptr<CheckpointReader> open() const;

  /// Notes which stage the checkpoint on the disk follows.
  void continue_after(const std::string& stage) { kept_ = stage; }
  /// Whether it is time for another one.
  bool is_due() const;
  /// Goes on without, and says so, if the checkpoint cannot be written.
  /// @param stage in words, "the bounds of round 1"
  /// @param state the first rank's is kept, with the number of the format
  void write(const std::string& stage, nlohmann::json state, const WriteTables& write_tables);

  /// For the user: where the run was stopped, and how it is continued.
  /// @param stage the last that is done; empty if none is
  std::string describe_stop(int signal, const std::string& stage) const;
  /// Why checkpoints could not be written, one sentence each.
  const std::vector<std::string>& missing() const { return missing_; }

 private:
  void check_identity(const CheckpointReader& file) const;
  void try_to_write(const nlohmann::json& state, const WriteTables& write_tables);

  Settings settings_;
  RunLog& log_;
  /// What the checkpoint on the disk follows; empty if there is none of this run.
  std::string kept_;
  std::vector<std::string> missing_;
  /// Of the first rank, once it is known.
  std::string identity_;
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

}  // namespace seco::macro
