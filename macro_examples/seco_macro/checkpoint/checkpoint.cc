#include "checkpoint.h"

#include <fmt/format.h>

#include <cstring>
#include <filesystem>

#include "run_identity.h"
#include "seco/plugin/agree.h"

namespace seco::macro {
namespace {

namespace MPI = dealii::Utilities::MPI;

/// Of the file; another one is refused.
constexpr int format = 5;

/// How a run that is not continued keeps what was computed all the same.
std::string cache_hint(const plugin::ParameterTexts& texts) {
  std::string without;
  for (const auto& [name, value] : texts) {
    const auto& [section, key] = name;
    if (key != "Result cache" || !section.starts_with("Material ")) continue;
    // Sections of models that are not used have their defaults.
    const auto slash = section.find('/');
    const auto model = texts.find({section.substr(0, slash), "Model"});
    if (model == texts.end() || section.substr(slash + 1) != model->second) continue;
    if (!value.empty())
      return fmt::format(
          "RVEs whose results are in 'Result cache' = '{}' of section '{}' are not "
          "computed again",
          value, section);
    if (without.empty()) without = section;
  }
  if (without.empty()) return "";
  return fmt::format(
      "With a folder in key 'Result cache' of section '{}', runs with other "
      "parameters compute no RVE again that they share",
      without);
}

}  // namespace

bool Checkpoint::exists() const {
  const auto& checkpoint = settings_.parameters;
  bool found = false;
  plugin::run_together(log_.communicator(), [&] {
    found = std::filesystem::exists(checkpoint.file);
    if (checkpoint.restart && !found && !checkpoint.write)
      throw std::invalid_argument(
          fmt::format("{}: there is no checkpoint {} to restart from, and key 'Write' in section "
                      "'Checkpoint' is false; set it to true and run without --restart first, or "
                      "name the file in key 'File'",
                      settings_.file, checkpoint.file));
  });
  // Seen by the first rank, so that all do the same.
  return MPI::broadcast(log_.communicator(), found, 0);
}

std::unique_ptr<CheckpointReader> Checkpoint::open() const {
  std::unique_ptr<CheckpointReader> file;
  plugin::run_together(log_.communicator(), [&] {
    file = std::make_unique<CheckpointReader>(settings_.parameters.file);
  });
  check_identity(*file);
  return file;
}

void Checkpoint::check_identity(const CheckpointReader& file) const {
  plugin::run_together(log_.communicator(), [&] {
    const auto refuse = [&](const std::string& what) {
      throw std::invalid_argument(
          fmt::format("{}: the checkpoint {} does not fit: {}. Run without --restart, or with what "
                      "it was written with. {}",
                      settings_.file, file.path(), what, cache_hint(settings_.texts)));
    };
    if (const auto state = file.json("state"); state.at("format") != format)
      refuse(fmt::format("its format is {}, and this program reads {}", state.at("format").dump(),
                         format));
    // Files that parameters name are read by one rank.
    if (!log_.is_first_rank()) return;
    const auto what = difference(file.json("identity"),
                                 run_identity(settings_.texts, settings_.traits, settings_.folder));
    if (!what.empty()) refuse(what);
  });
}

bool Checkpoint::is_due() const {
  const double elapsed =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - last_).count();
  return MPI::broadcast(log_.communicator(), elapsed, 0) >= settings_.parameters.seconds_between;
}

void Checkpoint::try_to_write(const nlohmann::json& state, const WriteTables& write_tables) {
  const auto scope = log_.section("checkpoint");
  plugin::run_together(log_.communicator(), [&] {
    if (identity_.empty() && log_.is_first_rank())
      identity_ = run_identity(settings_.texts, settings_.traits, settings_.folder).dump();
  });
  CheckpointWriter file(settings_.parameters.file, log_.communicator());
  // Messages in it may name files whose names are no UTF-8.
  file.text("state", state.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  file.text("identity", identity_);
  write_tables(file);
  file.close();
}

void Checkpoint::write(const std::string& stage, nlohmann::json state,
                       const WriteTables& write_tables) {
  state["format"] = format;
  try {
    try_to_write(state, write_tables);
    kept_ = stage;
    log_.print(fmt::format("== checkpoint: {}, after {}\n", settings_.parameters.file, kept_));
  } catch (const std::exception& error) {
    // What was computed is worth more than the checkpoint; the one before is still there.
    missing_.push_back(fmt::format("after {}: {}", stage, error.what()));
    log_.print(fmt::format("== WARNING: no checkpoint {}\n   The run goes on; {}\n",
                           missing_.back(),
                           kept_.empty() ? "there is no checkpoint"
                                         : fmt::format("the checkpoint after {} stays", kept_)));
  }
  last_ = std::chrono::steady_clock::now();
}

std::string Checkpoint::describe_stop(int signal, const std::string& stage) const {
  std::string how;
  if (!kept_.empty())
    how = fmt::format("The checkpoint {} keeps the run after {}; continue with --restart",
                      settings_.parameters.file, kept_);
  else if (settings_.parameters.write)
    how = "No stage was done, so there is no checkpoint; start again";
  else
    how =
        "Nothing is kept, since key 'Write' in section 'Checkpoint' is false; with true, a run can "
        "be continued";
  return fmt::format("{}: stopped by signal {} ({}), {}. {}", settings_.file, signal,
                     strsignal(signal),
                     stage.empty() ? std::string("in the first stage") : "after " + stage, how);
}

}  // namespace seco::macro
