// What a checkpoint keeps of a certification (docs/file_formats.md).
#include "certification.h"
#include "json_number.h"

namespace seco::macro {
namespace {

nlohmann::json state_of(const Round& round) {
  return {{"lower", number_or_null(round.lower)},
          {"upper", number_or_null(round.upper)},
          {"relative_width", number_or_null(round.relative_width)},
          {"marked", round.n_marked},
          {"refined", round.n_refined},
          {"rves", round.n_rves},
          {"micro_seconds", round.micro_seconds},
          {"micro_cpu_seconds", round.micro_cpu_seconds},
          {"macro_seconds", round.macro_seconds}};
}

Round round_of(const nlohmann::json& state) {
  Round round;
  round.lower = number_or_nan(state.at("lower"));
  round.upper = number_or_nan(state.at("upper"));
  round.relative_width = number_or_nan(state.at("relative_width"));
  state.at("marked").get_to(round.n_marked);
  state.at("refined").get_to(round.n_refined);
  state.at("rves").get_to(round.n_rves);
  state.at("micro_seconds").get_to(round.micro_seconds);
  state.at("micro_cpu_seconds").get_to(round.micro_cpu_seconds);
  state.at("macro_seconds").get_to(round.macro_seconds);
  return round;
}

}  // namespace

nlohmann::json to_json(const AuditResult& audit) {
  return {{"rves", audit.n_rves},
          {"of_rves", audit.n_all_rves},
          {"largest_violation", audit.largest_violation},
          {"seconds", audit.seconds},
          {"cpu_seconds", audit.cpu_seconds},
          {"cpu_seconds_of_all_rves", audit.cpu_seconds_of_all},
          {"micro_seconds", audit.micro_seconds},
          {"micro_cpu_seconds", audit.micro_cpu_seconds},
          {"micro_work_fraction", audit.micro_cpu_seconds / audit.cpu_seconds_of_all}};
}

AuditResult audit_from_json(const nlohmann::json& audit) {
  AuditResult result;
  audit.at("rves").get_to(result.n_rves);
  audit.at("of_rves").get_to(result.n_all_rves);
  audit.at("largest_violation").get_to(result.largest_violation);
  audit.at("seconds").get_to(result.seconds);
  audit.at("cpu_seconds").get_to(result.cpu_seconds);
  audit.at("cpu_seconds_of_all_rves").get_to(result.cpu_seconds_of_all);
  audit.at("micro_seconds").get_to(result.micro_seconds);
  audit.at("micro_cpu_seconds").get_to(result.micro_cpu_seconds);
  return result;
}

template <int dim>
nlohmann::json Certification<dim>::state() const {
  auto rounds = nlohmann::json::array();
  for (const auto& round : rounds_) rounds.push_back(state_of(round));
  nlohmann::json equilibrium = {{"width_of_compliance", solver_width_}};
  if (!no_lower_bound_.empty()) equilibrium["no_lower_bound"] = no_lower_bound_;
  return {{"rounds", rounds},
          {"marked", n_marked_},
          {"missed", missed_},
          {"upper", bounds_.upper},
          {"lower", bounds_.lower ? nlohmann::json(*bounds_.lower) : nlohmann::json(nullptr)},
          {"audit", audit_ ? to_json(*audit_) : nlohmann::json(nullptr)},
          {"shares", !shares_.empty()},
          {"equilibrium", equilibrium}};
}

template <int dim>
void Certification<dim>::take_state(const nlohmann::json& state) {
  rounds_.clear();
  for (const auto& entry : state.at("rounds")) {
    rounds_.push_back(round_of(entry));
    rounds_.back().number = static_cast<unsigned int>(rounds_.size() - 1);
  }
  state.at("marked").get_to(n_marked_);
  state.at("missed").get_to(missed_);
  state.at("upper").get_to(bounds_.upper);
  bounds_.lower.reset();
  if (!state.at("lower").is_null()) bounds_.lower = state.at("lower").get<double>();
  audit_.reset();
  if (!state.at("audit").is_null()) audit_ = audit_from_json(state.at("audit"));
  state.at("equilibrium").at("width_of_compliance").get_to(solver_width_);
  no_lower_bound_ = state.at("equilibrium").value("no_lower_bound", "");
}

template nlohmann::json Certification<2>::state() const;
template void Certification<2>::take_state(const nlohmann::json&);
template nlohmann::json Certification<3>::state() const;
template void Certification<3>::take_state(const nlohmann::json&);

}  // namespace seco::macro
