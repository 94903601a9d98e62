#include "homogenize.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

#include "local_report.h"
#include "output.h"
#include "seco/materials/rve_file.h"
#include "seco/surrogate/cached_engine.h"
#include "seco/surrogate/continuum_certificate.h"
#include "seco/surrogate/resolution.h"

namespace seco {
namespace {

using nlohmann::json;
using surrogate::ContinuumCertificate;
using surrogate::Homogenized;
using surrogate::Status;

struct Options {
  std::string rve, engine = "fft", certificate = "discrete", json_file, cache;
  surrogate::EngineSettings settings;
  surrogate::ContinuumSettings continuum;
  LocalOptions local;
  bool strict = false;
};

json content_of(const Homogenized& result) {
  return {{"engine", result.engine},
          {"stiffness", to_json(result.stiffness)},
          {"lower", to_json(result.lower)},
          {"upper", to_json(result.upper)},
          {"gap", result.gap},
          {"iterations", result.iterations},
          {"residual", result.residual},
          {"seconds", result.seconds},
          {"status", to_string(result.status)},
          {"message", result.message}};
}

json content_of(const ContinuumCertificate& certificate) {
  return {{"lower", to_json(certificate.lower)},
          {"upper", to_json(certificate.upper)},
          {"gap", certificate.gap},
          {"initial_gap", certificate.initial_gap},
          {"upper_steps", certificate.upper_steps},
          {"lower_steps", certificate.lower_steps},
          {"seconds", certificate.seconds},
          {"status", to_string(certificate.status)}};
}

void print(const Homogenized& result, const std::string& unit) {
  print_matrix(fmt::format("homogenized stiffness [{}], Mandel, engine {}:", unit, result.engine),
               result.stiffness);
  fmt::print(
      "relative gap of the bounds {:.3g}, {} iterations, residual {:.3g}, {:.3g} s, status {}\n",
      result.gap, result.iterations, result.residual, result.seconds, to_string(result.status));
}

void print(const Homogenized& discrete, const ContinuumCertificate& continuum,
           const std::string& unit) {
  print_matrix(fmt::format("discrete lower bound [{}]:", unit), discrete.lower);
  print_matrix(fmt::format("discrete upper bound [{}]:", unit), discrete.upper);
  print_matrix(fmt::format("continuum lower bound [{}]:", unit), continuum.lower);
  print_matrix(fmt::format("continuum upper bound [{}]:", unit), continuum.upper);
  fmt::print(
      "relative gap of the continuum bounds {:.3g} ({:.3g} before tightening), {} + {} steps on "
      "upper + lower bound, {:.3g} s, status {}\n",
      continuum.gap, continuum.initial_gap, continuum.upper_steps, continuum.lower_steps,
      continuum.seconds, to_string(continuum.status));
  if (const double distance = surrogate::distance_from_continuum(discrete, continuum); distance > 0)
    fmt::print(
        "note: the discretized stiffness is at least {:.3g} % away from that of the continuum\n",
        100. * distance);
}

/// @param reason why the status is not ok
int exit_code(Status status, const std::string& reason, bool strict) {
  if (status == Status::ok) return 0;
  fmt::print(stderr, "seco homogenize: status {}\n", reason);
  if (status == Status::failed) return bad_input;
  return strict ? missed : 0;
}

/// The answer of the engine, or what is kept of it in the cache: results, but no fields.
surrogate::LocalAnswer answer(const std::shared_ptr<const surrogate::Engine>& engine,
                              const surrogate::LocalQuery& query, const Options& options) {
  if (options.cache.empty()) return answer(*engine, query, options.local);
  if (options.local.needs_fields())
    throw std::invalid_argument(fmt::format(
        "option --cache {} keeps no fields, which --local and --fields need; leave one of them out",
        options.cache));
  const auto cache =
      std::make_shared<surrogate::ResultCache>(options.cache, options.engine, options.settings);
  auto result = answer(surrogate::CachedEngine(engine, cache), query, options.local);
  if (cache->n_found() > 0) fmt::print(stderr, "the result is in the cache {}\n", options.cache);
  if (cache->n_damaged() > 0)
    fmt::print(stderr, "the result in the cache {} was damaged, it was computed again\n",
               options.cache);
  if (cache->n_not_written() > 0)
    fmt::print(stderr, "the result could not be written to the cache {}\n", options.cache);
  return result;
}

/// Values that no engine takes are refused for all, also where the chosen one ignores them.
void check(const Options& options) {
  const auto refuse = [](const std::string& option, const auto& value, const char* allowed) {
    throw std::invalid_argument(
        fmt::format("option {} is {}; allowed are {}", option, value, allowed));
  };
  const auto& settings = options.settings;
  if (!(settings.tolerance > 0) || !(settings.tolerance < 1))
    refuse("--tolerance", settings.tolerance, "numbers above 0 and below 1");
  if (settings.max_iterations < 1)
    refuse("--max-iterations", settings.max_iterations, "integers from 1");
  if (settings.precision != "single" && settings.precision != "double")
    refuse("--precision", settings.precision, "single and double");
  if (options.continuum.refinement < 1)
    refuse("--refinement", options.continuum.refinement, "integers from 1");
}

int homogenize(const Options& options) {
  check(options);
  const auto query = local_query(options.local, materials::read_rve(options.rve));
  const auto& rve = query.rve;
  const std::shared_ptr<const surrogate::Engine> engine =
      surrogate::make_engine(options.engine, options.settings);
  const auto local = answer(engine, query, options);
  const Homogenized& result = local.homogenized;
  std::optional<ContinuumCertificate> continuum;
  if (options.certificate == "continuum") {
    auto settings = options.continuum;
    settings.device = options.settings.device;
    continuum = surrogate::certify_continuum(rve, settings);
  }
  write_fields(query, local, options.local);
  for (const auto& line : engine->report()) fmt::print(stderr, "{}\n", line);
  const auto note = continuum ? std::string() : surrogate::resolution_note(rve);
  if (!note.empty()) fmt::print(stderr, "note: {}\n", note);
  if (!options.json_file.empty()) {
    auto content = content_of(result);
    content["unit"] = rve.unit;
    if (!note.empty()) content["notes"] = {note};
    if (continuum) content["continuum"] = content_of(*continuum);
    if (!query.strains.empty()) content["loads"] = local_content(query, local);
    write_json(options.json_file, content);
  }
  print(result, rve.unit);
  if (continuum) print(result, *continuum, rve.unit);
  report_loads(query, local, options.local);
  const int code = exit_code(result.status, surrogate::verdict(result), options.strict);
  if (code != 0 || !continuum || continuum->status == result.status) return code;
  return exit_code(continuum->status,
                   fmt::format("{}: {}", to_string(continuum->status), continuum->message),
                   options.strict);
}

}  // namespace

void add_homogenize_command(CLI::App& app, int& status) {
  const auto options = std::make_shared<Options>();
  auto& settings = options->settings;
  auto* command = app.add_subcommand("homogenize", "homogenized stiffness of one RVE with bounds");
  command->add_option("rve", options->rve, "RVE file (HDF5)")->required();
  command->add_option("--engine", options->engine,
                      fmt::format("one of {}", fmt::join(surrogate::engine_names(), ", ")));
  command->add_option("--model", settings.model,
                      "model folder of the engine s-eco, or for certified and auto to start from");
  command
      ->add_option("--network-precision", settings.network_precision,
                   "arithmetic of the network: model (as trained), single, bfloat16, float16")
      ->check(CLI::IsMember({"model", "single", "bfloat16", "float16"}));
  command->add_flag("--trust-scripts", settings.trust_scripts,
                    "consents to executing the TorchScript module of an imported model");
  command->add_option("--tolerance", settings.tolerance,
                      "relative residual of the engine fft, relative gap of the bounds of "
                      "certified and auto");
  command
      ->add_option("--max-iterations", settings.max_iterations,
                   "iterations after which fft, certified and auto stop")
      ->check(CLI::NonNegativeNumber);
  command->add_option("--precision", settings.precision,
                      "single or double precision fields of fft and certified");
  command
      ->add_option("--certificate", options->certificate,
                   "bounds for the discretized voxels, or for the voxels as a continuum as well")
      ->check(CLI::IsMember({"discrete", "continuum"}));
  command->add_option("--refinement", options->continuum.refinement,
                      "parts of a voxel's edge in the continuum certificate; more narrow its gap");
  add_local_options(*command, options->local);
  command->add_option("--device", settings.device, "auto, cpu, cuda or cuda:N");
  command->add_option("--cache", options->cache,
                      "folder that keeps results, so that none is computed twice");
  command->add_option("--json", options->json_file, "writes the result to this file");
  command->add_flag("--strict", options->strict, "exit code 2 unless the status is ok");
  command->callback([options, &status] { status = homogenize(*options); });
}

}  // namespace seco
