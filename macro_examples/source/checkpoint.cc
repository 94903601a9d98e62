// Keeps the state of a run after its stages, and continues from there (docs/checkpoints.md).
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstring>
#include <filesystem>

#include "elasticity_problem.h"
#include "interruption.h"
#include "program_time.h"
#include "run_identity.h"
#include "seco/plugin/agree.h"

namespace seco::macro {
namespace {

namespace MPI = dealii::Utilities::MPI;

/// Of the file; another one is refused.
constexpr int format = 2;

const std::string cell_table = "cells";

template <typename Cell>
std::string key_of(const Cell& cell) {
  const auto id = cell->id().template to_binary<Cell::AccessorType::dimension>();
  return {reinterpret_cast<const char*>(id.data()), sizeof id};
}

/// How a run that is not continued keeps what was computed all the same.
std::string cache_hint(const plugin::ParameterTexts& texts) {
  std::string without;
  for (const auto& [name, value] : texts) {
    const auto& [section, key] = name;
    if (key != "Result cache" || !section.starts_with("Material ")) continue;
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

nlohmann::json or_null(double value) {
  return std::isfinite(value) ? nlohmann::json(value) : nlohmann::json(nullptr);
}

double or_nan(const nlohmann::json& value) {
  return value.is_null() ? std::numeric_limits<double>::quiet_NaN() : value.get<double>();
}

}  // namespace

template <int dim>
std::string ElasticityProblem<dim>::stage_name() const {
  switch (stage_) {
    case Stage::none:
      return "nothing";
    case Stage::homogenization:
      return "the homogenization";
    case Stage::bounds:
      return fmt::format("the bounds of round {}", rounds_.size() - 1);
    case Stage::polishing:
      return fmt::format("the polishing for round {}", rounds_.size());
    case Stage::estimate:
      return "the solution with the estimate";
    case Stage::certificate:
      return "the solutions with the bounds";
    case Stage::audit:
      return "the audit";
  }
  return "";
}

template <int dim>
bool ElasticityProblem<dim>::finds_checkpoint() const {
  const auto& checkpoint = parameters_.checkpoint;
  bool found = false;
  plugin::run_together(communicator_, [&] {
    found = std::filesystem::exists(checkpoint.file);
    if (checkpoint.restart && !found && !checkpoint.write)
      throw std::invalid_argument(
          fmt::format("{}: there is no checkpoint {} to restart from, and key 'Write' in section "
                      "'Checkpoint' is false; set it to true and run without --restart first, or "
                      "name the file in key 'File'",
                      parameters_.file, checkpoint.file));
  });
  // Seen by the first rank, so that all do the same.
  return MPI::broadcast(communicator_, found, 0);
}

template <int dim>
void ElasticityProblem<dim>::start() {
  const auto& checkpoint = parameters_.checkpoint;
  const bool found = finds_checkpoint();
  if (!checkpoint.restart || !found) {
    if (checkpoint.restart)
      out_ << fmt::format(
                  "== restart: there is no checkpoint {} yet; starting from the beginning\n",
                  checkpoint.file)
           << std::flush;
    prepare_materials(nullptr);
    finish_stage(Stage::homogenization);
    return;
  }
  std::unique_ptr<CheckpointReader> file;
  plugin::run_together(communicator_,
                       [&] { file = std::make_unique<CheckpointReader>(checkpoint.file); });
  restore(*file);
}

template <int dim>
void ElasticityProblem<dim>::check_identity(const CheckpointReader& file) const {
  plugin::run_together(communicator_, [&] {
    const auto refuse = [&](const std::string& what) {
      throw std::invalid_argument(
          fmt::format("{}: the checkpoint {} does not fit: {}. Run without --restart, or with what "
                      "it was written with. {}",
                      parameters_.file, file.path(), what, cache_hint(parameters_.texts)));
    };
    if (const auto state = file.json("state"); state.at("format") != format)
      refuse(fmt::format("its format is {}, and this program reads {}", state.at("format").dump(),
                         format));
    // Files that parameters name are read by one rank.
    if (MPI::this_mpi_process(communicator_) != 0) return;
    const auto what =
        difference(file.json("identity"), run_identity(parameters_.texts, parameters_.run.folder));
    if (!what.empty()) refuse(what);
  });
}

template <int dim>
void ElasticityProblem<dim>::restore(const CheckpointReader& file) {
  check_identity(file);
  const auto state = file.json("state");
  take_state(state);
  kept_ = stage_name();
  const bool has_shares = state.at("shares").get<bool>();
  out_ << fmt::format("== restart: {} continues after {}\n", file.path(), stage_name())
       << std::flush;
  prepare_materials(&file);
  if (file.has_table(cell_table)) take_cells(file, has_shares);
}

template <int dim>
void ElasticityProblem<dim>::finish_stage(Stage stage) {
  stage_ = stage;
  const bool stop = noted_signal(communicator_) != 0;
  if (parameters_.checkpoint.write) {
    // A run that is restarted here has a new solver, too.
    if (solver_) solver_->forget();
    const auto now = std::chrono::steady_clock::now();
    const double elapsed = std::chrono::duration<double>(now - last_checkpoint_).count();
    if (stop ||
        MPI::broadcast(communicator_, elapsed, 0) >= parameters_.checkpoint.seconds_between) {
      write_checkpoint();
      last_checkpoint_ = std::chrono::steady_clock::now();
    }
  }
  if (stop) plugin::run_together(communicator_, stop_if_noted);
}

template <int dim>
void ElasticityProblem<dim>::write_checkpoint() {
  const auto state = describe_state();
  try {
    dealii::TimerOutput::Scope scope(timer_, "checkpoint");
    plugin::run_together(communicator_, [&] {
      if (identity_.empty() && MPI::this_mpi_process(communicator_) == 0)
        identity_ = run_identity(parameters_.texts, parameters_.run.folder).dump();
    });
    CheckpointWriter file(parameters_.checkpoint.file, communicator_);
    // Messages in it may name files whose names are no UTF-8.
    file.text("state", state.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
    file.text("identity", identity_);
    for (std::size_t m = 0; m < parameters_.materials.size(); ++m)
      file.table(material_table(m), parameters_.materials[m]->state());
    if (last_displacement_.size() > 0) file.table(cell_table, cell_records());
    file.close();
  } catch (const std::exception& error) {
    // What was computed is worth more than the checkpoint; the one before is still there.
    missing_checkpoints_.push_back(fmt::format("after {}: {}", stage_name(), error.what()));
    out_ << fmt::format("== WARNING: no checkpoint {}\n   The run goes on; {}\n",
                        missing_checkpoints_.back(),
                        kept_.empty() ? "there is no checkpoint"
                                      : fmt::format("the checkpoint after {} stays", kept_))
         << std::flush;
    return;
  }
  kept_ = stage_name();
  out_ << fmt::format("== checkpoint: {}, after {}\n", parameters_.checkpoint.file, kept_)
       << std::flush;
}

template <int dim>
std::string ElasticityProblem<dim>::describe_stop(int signal) const {
  std::string how;
  if (!kept_.empty())
    how = fmt::format("The checkpoint {} keeps the run after {}; continue with --restart",
                      parameters_.checkpoint.file, kept_);
  else if (parameters_.checkpoint.write)
    how = "No stage was done, so there is no checkpoint; start again";
  else
    how =
        "Nothing is kept, since key 'Write' in section 'Checkpoint' is false; with true, a run can "
        "be continued";
  return fmt::format(
      "{}: stopped by signal {} ({}), {}. {}", parameters_.file, signal, strsignal(signal),
      stage_ == Stage::none ? std::string("in the first stage") : "after " + stage_name(), how);
}

template <int dim>
nlohmann::json ElasticityProblem<dim>::describe_state() const {
  auto rounds = nlohmann::json::array();
  for (const auto& r : rounds_)
    rounds.push_back({{"lower", or_null(r.lower)},
                      {"upper", or_null(r.upper)},
                      {"relative_width", or_null(r.relative_width)},
                      {"marked", r.n_marked},
                      {"polished", r.n_polished},
                      {"rves", r.n_rves},
                      {"micro_seconds", r.micro_seconds},
                      {"micro_cpu_seconds", r.micro_cpu_seconds},
                      {"macro_seconds", r.macro_seconds}});
  return {{"format", format},
          {"stage", static_cast<int>(stage_)},
          {"restarts", n_restarts_},
          {"rounds", rounds},
          {"marked", n_marked_},
          {"missed", missed_},
          {"upper", bounds_.upper},
          {"lower", bounds_.lower ? nlohmann::json(*bounds_.lower) : nlohmann::json(nullptr)},
          {"potential", potential_},
          {"work", work_},
          {"audit", audit_},
          {"shares", !shares_.empty()},
          {"linear_iterations", solver_iterations_},
          {"equilibrium", describe_equilibrium()},
          {"seconds", seconds()}};
}

template <int dim>
void ElasticityProblem<dim>::take_state(const nlohmann::json& state) {
  stage_ = static_cast<Stage>(state.at("stage").get<int>());
  n_restarts_ = state.at("restarts").get<unsigned int>() + 1;
  rounds_.clear();
  for (const auto& r : state.at("rounds")) {
    Round round;
    round.number = static_cast<unsigned int>(rounds_.size());
    round.lower = or_nan(r.at("lower"));
    round.upper = or_nan(r.at("upper"));
    round.relative_width = or_nan(r.at("relative_width"));
    r.at("marked").get_to(round.n_marked);
    r.at("polished").get_to(round.n_polished);
    r.at("rves").get_to(round.n_rves);
    r.at("micro_seconds").get_to(round.micro_seconds);
    r.at("micro_cpu_seconds").get_to(round.micro_cpu_seconds);
    r.at("macro_seconds").get_to(round.macro_seconds);
    rounds_.push_back(round);
  }
  state.at("marked").get_to(n_marked_);
  state.at("missed").get_to(missed_);
  state.at("upper").get_to(bounds_.upper);
  bounds_.lower.reset();
  if (!state.at("lower").is_null()) bounds_.lower = state.at("lower").get<double>();
  state.at("potential").get_to(potential_);
  state.at("work").get_to(work_);
  audit_ = state.at("audit");
  state.at("linear_iterations").get_to(solver_iterations_);
  if (state.contains("equilibrium")) take_equilibrium(state["equilibrium"]);
  seconds_before_ = state.at("seconds");
}

template <int dim>
plugin::StateRecords ElasticityProblem<dim>::cell_records() const {
  // What comes after the estimate does not need the displacement of the solves before.
  const auto& displacement = displacement_.size() > 0 ? displacement_ : last_displacement_;
  dealii::Vector<double> local(element_.n_dofs_per_cell());
  std::vector<double> values;
  plugin::StateRecords records;
  for (const auto& cell : dof_handler_.active_cell_iterators()) {
    if (!cell->is_locally_owned()) continue;
    cell->get_dof_values(displacement, local);
    values.assign(local.begin(), local.end());
    if (!shares_.empty()) {
      const auto* first =
          shares_[cell->material_id()].data() + first_point_[cell->active_cell_index()];
      values.insert(values.end(), first, first + quadrature_.size());
    }
    records[key_of(cell)].assign(reinterpret_cast<const char*>(values.data()),
                                 values.size() * sizeof(double));
  }
  return records;
}

template <int dim>
void ElasticityProblem<dim>::take_cells(const CheckpointReader& file, bool has_shares) {
  std::vector<std::string> keys, records;
  std::vector<std::size_t> n_points(parameters_.materials.size(), 0);
  for_local_cells([&](const auto& cell, auto material, auto) {
    keys.push_back(key_of(cell));
    n_points[material] += quadrature_.size();
  });
  const std::size_t n = element_.n_dofs_per_cell(), n_shares = has_shares ? quadrature_.size() : 0;
  plugin::run_together(communicator_, [&] {
    records = file.find(cell_table, keys);
    for (const auto& record : records)
      if (record.size() != (n + n_shares) * sizeof(double))
        throw std::runtime_error(fmt::format("{}: table '{}' has {} bytes of a cell, expected {}",
                                             file.path(), cell_table, record.size(),
                                             (n + n_shares) * sizeof(double)));
  });
  shares_.clear();
  if (n_shares > 0)
    for (const auto size : n_points) shares_.emplace_back(size);
  last_displacement_.reinit(owned_, relevant_, communicator_);
  std::vector<dealii::types::global_dof_index> indices(n);
  std::vector<double> values(n + n_shares);
  std::size_t number = 0;
  for_local_cells([&](const auto& cell, auto material, auto first) {
    std::memcpy(values.data(), records[number++].data(), values.size() * sizeof(double));
    cell->get_dof_indices(indices);
    for (std::size_t i = 0; i < n; ++i)
      if (owned_.is_element(indices[i])) last_displacement_(indices[i]) = values[i];
    for (std::size_t q = 0; q < n_shares; ++q) shares_[material][first + q] = values[n + q];
  });
  last_displacement_.update_ghost_values();
  if (stage_ < Stage::estimate) return;
  displacement_ = last_displacement_;
  displacement_.update_ghost_values();
}

template <int dim>
nlohmann::json ElasticityProblem<dim>::seconds() const {
  auto result = seconds_before_;
  const auto add = [&](const std::string& section, double value) {
    result[section] = result.value(section, 0.) + value;
  };
  for (const auto& [section, own] : timer_.get_summary_data(dealii::TimerOutput::total_wall_time))
    add(section, MPI::max(own, communicator_));
  add("program start", MPI::max(seconds_before_start_, communicator_));
  // Of all parts of the run, as the sections.
  add("total", MPI::max(seconds_since_program_start(), communicator_));
  double sum = 0;
  for (const auto& [section, value] : result.items())
    if (section != "total" && section != "other") sum += value.template get<double>();
  result["other"] = std::max(0., result["total"].get<double>() - sum);
  return result;
}

#define INSTANTIATE(dim)                                                               \
  template std::string ElasticityProblem<dim>::stage_name() const;                     \
  template bool ElasticityProblem<dim>::finds_checkpoint() const;                      \
  template void ElasticityProblem<dim>::start();                                       \
  template void ElasticityProblem<dim>::check_identity(const CheckpointReader&) const; \
  template void ElasticityProblem<dim>::finish_stage(Stage);                           \
  template std::string ElasticityProblem<dim>::describe_stop(int) const;               \
  template nlohmann::json ElasticityProblem<dim>::seconds() const;
INSTANTIATE(2)
INSTANTIATE(3)
#undef INSTANTIATE

}  // namespace seco::macro
