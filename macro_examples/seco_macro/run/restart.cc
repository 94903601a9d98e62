// Keeps the state of a run after its stages, and continues from there (docs/checkpoints.md).
#include <fmt/format.h>

#include "cell_records.h"
#include "interruption.h"
#include "json_number.h"
#include "run.h"
#include "seco/plugin/agree.h"

namespace seco::macro {

template <int dim>
std::string Run<dim>::stage_name() const {
  const auto n_rounds = certification_.rounds().size();
  switch (stage_) {
    case Stage::none:
      return "";
    case Stage::homogenization:
      return "the homogenization";
    case Stage::bounds:
      return fmt::format("the bounds of round {}", n_rounds - 1);
    case Stage::refinement:
      return fmt::format("the refinement for round {}", n_rounds);
    case Stage::estimate:
      return "the solution with the estimate";
    case Stage::certificate:
      return "the solutions with the bounds";
    case Stage::audit:
      return "the audit";
    case Stage::load_step:
      return fmt::format("load step {}", load_steps_.records().size());
  }
  return "";
}

template <int dim>
void Run<dim>::start() {
  const auto& checkpoint = parameters_.checkpoint;
  if (checkpoint_.exists() && checkpoint.restart) return restore(*checkpoint_.open());
  if (checkpoint.restart)
    log_.print(
        fmt::format("== restart: there is no checkpoint {} yet; starting from the beginning\n",
                    checkpoint.file));
  materials_.prepare(nullptr);
  finish_stage(Stage::homogenization);
}

template <int dim>
void Run<dim>::restore(const CheckpointReader& file) {
  const auto kept = file.json("state");
  take_state(kept);
  checkpoint_.continue_after(stage_name());
  log_.print(fmt::format("== restart: {} continues after {}\n", file.path(), stage_name()));
  problem_.restore_mesh(file);
  materials_.prepare(&file);
  if (!has_cells(file)) return;
  auto cells = read_cells(problem_, materials_, file, kept.at("shares").get<bool>());
  certification_.set_shares(std::move(cells.shares));
  if (stage_ == Stage::load_step) return load_steps_.restore(std::move(cells.displacement));
  if (stage_ >= Stage::estimate) {
    estimate_.displacement = cells.displacement;
    estimate_.displacement.update_ghost_values();
  }
  solver_.restore(std::move(cells.displacement));
}

template <int dim>
void Run<dim>::finish_stage(Stage stage) {
  stage_ = stage;
  const bool stop = noted_signal(log_.communicator()) != 0;
  if (parameters_.checkpoint.write) {
    // A run that is restarted here has a new solver, too.
    solver_.forget();
    // What comes after the estimate does not need the displacement of the solves before.
    const auto& displacement = stage == Stage::load_step           ? load_steps_.displacement()
                               : estimate_.displacement.size() > 0 ? estimate_.displacement
                                                                   : solver_.last_displacement();
    if (stop || checkpoint_.is_due())
      checkpoint_.write(stage_name(), state(), [&](CheckpointWriter& file) {
        if (parameters_.load_steps.refine_every > 0) problem_.save_mesh(file);
        materials_.save(file);
        if (displacement.size() > 0)
          save_cells(problem_, materials_, displacement, certification_.shares(), file);
      });
  }
  if (stop) plugin::run_together(log_.communicator(), stop_if_noted);
}

template <int dim>
nlohmann::json Run<dim>::state() const {
  nlohmann::json state = {
      {"stage", static_cast<int>(stage_)},
      {"restarts", n_restarts_},
      {"potential", estimate_.potential},
      {"work", estimate_.work},
      {"equilibrium", {{"energy_of_estimate_error", number_or_null(estimate_.error_energy)}}},
      {"results", results_directory()},
      {"seconds", log_.seconds()}};
  for (const auto& part : {solver_.state(), certification_.state(), load_steps_.state()})
    state.update(part, /*merge_objects=*/true);
  if (load_steps_.is_done()) state["extremes"] = to_json(extremes_);
  return state;
}

template <int dim>
void Run<dim>::take_state(const nlohmann::json& state) {
  stage_ = static_cast<Stage>(state.at("stage").get<int>());
  n_restarts_ = state.at("restarts").get<unsigned int>() + 1;
  state.at("potential").get_to(estimate_.potential);
  state.at("work").get_to(estimate_.work);
  estimate_.error_energy = number_or_nan(
      state.at("equilibrium").value("energy_of_estimate_error", nlohmann::json(nullptr)));
  solver_.take_state(state);
  certification_.take_state(state);
  load_steps_.take_state(state);
  state.at("results").get_to(kept_directory_);
  if (state.contains("extremes")) extremes_ = result_extremes_from_json(state.at("extremes"));
  log_.add_earlier(state.at("seconds").get<RunLog::Seconds>());
}

#define INSTANTIATE(dim)                             \
  template std::string Run<dim>::stage_name() const; \
  template void Run<dim>::start();                   \
  template void Run<dim>::finish_stage(Stage);
INSTANTIATE(2)
INSTANTIATE(3)
#undef INSTANTIATE

}  // namespace seco::macro
