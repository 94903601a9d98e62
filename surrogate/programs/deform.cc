#include "deform.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

#include "deform_parameters.h"
#include "output.h"
#include "seco/materials/fnv_hash.h"
#include "seco/materials/hdf5_file.h"
#include "seco/materials/image_file.h"
#include "seco/materials/law.h"
#include "seco/materials/law_table.h"
#include "seco/materials/rve.h"
#include "seco/materials/write_atomically.h"

namespace seco {
namespace {

using nlohmann::json;
using surrogate::IncrementResult;
using surrogate::IncrementStatus;

struct Options {
  std::string parameters, json_file, csv_file, device = "auto";
  bool resume = false, strict = false;
};

json vector_of(const materials::MandelVector& v) {
  return std::vector<double>(v.data(), v.data() + v.size());
}

/// JSON has no infinity: null.
json number_of(double value) {
  return std::isfinite(value) ? json(value) : json(nullptr);
}

json content_of(const IncrementResult& r) {
  json content{{"time", r.time},
               {"strain", vector_of(r.strain)},
               {"stress", vector_of(r.stress)},
               {"energy_lower", number_of(r.energy_lower)},
               {"energy_upper", number_of(r.energy_upper)},
               {"stress_error_bound", number_of(r.stress_error_bound)},
               {"path_error_bound", number_of(r.path_error_bound)},
               {"newton", r.newton_steps},
               {"iterations", r.iterations},
               {"parts", r.n_parts},
               {"status", to_string(r.status)},
               {"message", r.message}};
  if (std::isfinite(r.stress_error_bound)) content["stress_error"] = vector_of(r.stress_error);
  if (r.stress_estimate.size() > 0) content["stress_estimate"] = vector_of(r.stress_estimate);
  if (r.tangent.size() > 0) content["tangent"] = to_json(r.tangent);
  if (r.tangent_upper.size() > 0) content["tangent_upper"] = to_json(r.tangent_upper);
  if (r.tangent_lower.size() > 0) content["tangent_lower"] = to_json(r.tangent_lower);
  return content;
}

const std::vector<std::string>& components(std::size_t m) {
  static const std::vector<std::string> spatial{"11", "22", "33", "23", "13", "12"},
      plane{"11", "22", "12"};
  return m == 6 ? spatial : plane;
}

/// A line per increment with tensor components; empty entries where there is no number.
std::string table_of(const json& increments, std::size_t m) {
  const auto& names = components(m);
  std::string text = "time";
  for (const auto& name : names) text += ",E" + name;
  for (const auto& name : names) text += ",S" + name;
  for (const auto& name : names) text += ",error_S" + name;
  text +=
      ",stress_error_bound,path_error_bound,energy_lower,energy_upper,newton,iterations,status\n";
  const auto number = [](const json& value) {
    return value.is_number() ? fmt::format(",{}", value.get<double>()) : std::string(",");
  };
  for (const auto& i : increments) {
    text += fmt::format("{}", i["time"].get<double>());
    for (const char* key : {"strain", "stress", "stress_error"})
      for (std::size_t c = 0; c < m; ++c)
        text += i.contains(key)
                    ? fmt::format(",{}", i[key][c].get<double>() *
                                             (names[c][0] != names[c][1] ? std::sqrt(0.5) : 1.))
                    : ",";
    for (const char* key :
         {"stress_error_bound", "path_error_bound", "energy_lower", "energy_upper"})
      text += number(i[key]);
    text += fmt::format(",{},{},{}\n", i["newton"].get<unsigned>(), i["iterations"].get<unsigned>(),
                        i["status"].get<std::string>());
  }
  return text;
}

/// What a checkpoint has to agree with: all parameters and the microstructure.
std::string identity_of(const materials::ParameterFile& file, const DeformRun& run) {
  std::string text;
  for (const auto& entry : file.entries())
    if (entry.section != "Output")
      text += entry.section + '\n' + entry.key + '\n' + entry.value + '\n';
  for (const auto& point : run.path) {
    text += fmt::format("{} {} ", point.time, fmt::join(point.stress_is_prescribed, " "));
    for (int c = 0; c < point.strain.size(); ++c)
      text += fmt::format("{} {} ", point.strain[c], point.stress[c]);
  }
  materials::FnvHash hash;
  hash.add(text.data(), text.size());
  if (run.start) {
    const auto add = [&](const auto& numbers) {
      hash.add(numbers.data(), static_cast<std::size_t>(numbers.size()) * sizeof(double));
    };
    hash.add(&run.start->time, sizeof(double));
    add(run.start->strain);
    add(run.start->displacement);
    add(run.start->direction);
    add(run.start->strain_direction);
    add(run.start->state);
  }
  return fmt::format("{:016x}{:016x}", materials::hash(run.rve.rve), hash.value());
}

std::string hash_of(const json& results) {
  const auto text = results.dump();
  materials::FnvHash hash;
  hash.add(text.data(), text.size());
  return fmt::format("{:016x}", hash.value());
}

/// @param results of the increments that are done
void write_checkpoint(const std::string& path, const std::string& identity, const json& results,
                      const surrogate::Deformation& deformation) {
  materials::Hdf5Writer writer(path);
  const auto numbers = deformation.save();
  writer.dataset("numbers", {numbers.size()}, numbers.data());
  writer.text("identity", identity);
  writer.text("results", hash_of(results));
  writer.numbers("n_done", {static_cast<double>(results.size())});
  writer.close();
}

/// @return how many increments are done
std::size_t read_checkpoint(const std::string& path, const std::string& identity,
                            surrogate::Deformation& deformation) {
  const materials::Hdf5Reader reader(path);
  if (reader.text("identity") != identity)
    throw std::invalid_argument(fmt::format(
        "{}: belongs to other parameters or another microstructure; run without --resume to start "
        "anew",
        path));
  deformation.restore(reader.dataset<double>("numbers", 1).values);
  return static_cast<std::size_t>(reader.numbers("n_done").at(0));
}

void write_fields(const DeformRun& run, const surrogate::Deformation& deformation,
                  std::size_t increment) {
  const auto& rve = run.rve.rve;
  using materials::VoxelField;
  std::vector<VoxelField> fields{
      {"phase", {rve.phase.begin(), rve.phase.end()}, {}, VoxelField::Type::uint16}};
  for (const auto& field : deformation.fields(0)) {
    VoxelField f;
    f.name = field.name;
    std::replace(f.name.begin(), f.name.end(), ' ', '_');
    f.values = field.values;
    const auto m = static_cast<std::size_t>(field.n_components);
    if (m == 6 || (m == 3 && rve.dimension() == 2)) {
      // Tensor components.
      const std::size_t n = rve.n_voxels();
      for (std::size_t c = 0; c < m; ++c) {
        const auto& name = components(m)[c];
        f.components.push_back(name);
        if (name[0] != name[1])
          for (std::size_t v = 0; v < n; ++v) f.values[c * n + v] *= std::sqrt(0.5);
      }
    } else {
      for (std::size_t c = 0; m > 1 && c < m; ++c) f.components.push_back(std::to_string(c));
    }
    fields.push_back(std::move(f));
  }
  materials::write_image(fmt::format("{}_{:04}.vti", run.fields, increment), rve.shape, rve.lengths,
                         fields);
}

/// Refuses what would only show after hours, or destroy a file.
void check_files(const Options& options, const DeformRun& run) {
  namespace fs = std::filesystem;
  const std::vector<std::pair<std::string, std::string>> files{
      {"the parameter file", options.parameters},
      {"--json", options.json_file},
      {"--csv", options.csv_file}};
  for (std::size_t i = 0; i < files.size(); ++i)
    for (std::size_t j = i + 1; j < files.size(); ++j)
      if (!files[j].second.empty() &&
          fs::weakly_canonical(files[i].second) == fs::weakly_canonical(files[j].second))
        throw std::invalid_argument(fmt::format("option {}: {} is {} too; name another file",
                                                files[j].first, files[j].second, files[i].first));
  for (const auto& file : {options.json_file, options.csv_file})
    if (!file.empty() && (fs::is_symlink(file) || (fs::exists(file) && !fs::is_regular_file(file))))
      throw std::invalid_argument(fmt::format(
          "{}: is a link or no regular file, and would be replaced by one; name another "
          "file",
          file));
  for (const auto& file : {options.json_file, options.csv_file, run.fields}) {
    const auto folder = fs::path(file).parent_path();
    if (!folder.empty() && !fs::is_directory(folder))
      throw std::invalid_argument(fmt::format("{}: there is no folder {}", file, folder.string()));
  }
}

int deform(const Options& options) {
  auto file = materials::ParameterFile::read(options.parameters);
  auto run = read_deform_run(file);
  run.settings.device = options.device;
  if (options.resume && options.json_file.empty())
    throw std::invalid_argument(
        "option --resume continues the run of a result file; name it with --json");
  for (const auto& note : run.notes) fmt::print(stderr, "note: {}\n", note);
  const auto unit = run.rve.rve.unit;
  const auto m = static_cast<std::size_t>(run.path.front().strain.size());
  check_files(options, run);
  const auto checkpoint = options.json_file + ".checkpoint.h5";
  const auto identity = identity_of(file, run);
  surrogate::Deformation deformation({run.rve}, run.settings);
  for (const auto& note : deformation.notes()) fmt::print(stderr, "note: {}\n", note);
  if (run.start) try {
      deformation.start(0, *run.start);
    } catch (const std::invalid_argument& error) {
      file.refuse("Loading", "Start", error.what());
    }

  json content{
      {"unit", unit}, {"tolerance", run.settings.tolerance}, {"increments", json::array()}};
  auto& increments = content["increments"];
  std::size_t first = 0;
  if (options.resume && std::filesystem::exists(checkpoint)) {
    first = read_checkpoint(checkpoint, identity, deformation);
    std::ifstream stream(options.json_file);
    const auto before = json::parse(stream, nullptr, /*allow_exceptions=*/false);
    if (!before.is_object() || !before.contains("increments") ||
        before["increments"].size() < first)
      throw std::invalid_argument(fmt::format("{}: lacks increments that {} continues from",
                                              options.json_file, checkpoint));
    for (std::size_t i = 0; i < first; ++i) increments.push_back(before["increments"][i]);
    if (materials::Hdf5Reader(checkpoint).text("results") != hash_of(increments))
      throw std::invalid_argument(
          fmt::format("{}: its increments are not those that {} was written with; run without "
                      "--resume to start anew",
                      options.json_file, checkpoint));
    fmt::print(stderr, "continues after {} of {} increments\n", first, run.path.size());
  }
  const auto write = [&] {
    if (!options.json_file.empty()) write_json(options.json_file, content);
    if (!options.csv_file.empty())
      materials::write_atomically(options.csv_file,
                                  [&](std::ostream& stream) { stream << table_of(increments, m); });
  };
  if (first > 0) write();
  const auto begin = std::chrono::steady_clock::now();
  fmt::print("{:>5} {:>11} {:>12} {:>13} {:>11} {:>7} {:>6}  {}\n", "", "time", "strain",
             fmt::format("stress [{}]", unit), "error <=", "Newton", "CG", "status");
  for (std::size_t i = first; i < run.path.size(); ++i) {
    const auto& point = run.path[i];
    const surrogate::LoadIncrement increment{point.time, point.stress_is_prescribed, point.strain,
                                             point.stress};
    const auto result = deformation.advance({&increment, 1}).front();
    if (result.status == IncrementStatus::failed) {
      write();
      fmt::print(stderr, "seco deform: increment {}: {}; earlier increments are kept\n", i + 1,
                 result.message);
      return bad_input;
    }
    increments.push_back(content_of(result));
    const double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    const double left =
        seconds / static_cast<double>(i + 1 - first) * static_cast<double>(run.path.size() - i - 1);
    // The component that the path loads most.
    Eigen::Index c = 0;
    result.stress.cwiseAbs().maxCoeff(&c);
    const auto& name = components(m)[static_cast<std::size_t>(c)];
    const double factor = name[0] != name[1] ? std::sqrt(0.5) : 1.;
    fmt::print(
        "{:>5} {:>11.5g} {:>9.5f} {} {:>10.5g} {} {:>11.3g} {:>7} {:>6}  {}, {:.0f} s left\n",
        i + 1, result.time, result.strain[c] * factor, name, result.stress[c] * factor, name,
        result.stress_error_bound, result.newton_steps, result.iterations,
        result.n_parts > 1 ? fmt::format("{} in {} parts", to_string(result.status), result.n_parts)
                           : std::string(to_string(result.status)),
        left);
    std::fflush(stdout);

    write();
    if (!options.json_file.empty()) write_checkpoint(checkpoint, identity, increments, deformation);
    if (std::find(run.fields_at.begin(), run.fields_at.end(), static_cast<std::int64_t>(i + 1)) !=
        run.fields_at.end())
      write_fields(run, deformation, i + 1);
  }
  int code = 0;
  for (const auto& i : increments)
    if (options.strict && i["status"] != to_string(IncrementStatus::ok)) code = missed;
  for (const auto& i : increments)
    if (const auto message = i["message"].get<std::string>(); !message.empty()) {
      fmt::print(stderr, "seco deform: increment at time {}: {}\n", i["time"].get<double>(),
                 message);
      break;
    }
  return code;
}

/// Laws and the table of their constants, or one law with its keys.
void print_laws(const std::string& name) {
  materials::register_builtin_laws();
  if (!name.empty()) {
    fmt::print("{}", materials::law_documentation(name));
    return;
  }
  fmt::print("laws ('seco laws NAME' tells the keys of one):\n");
  for (const auto& law : materials::law_names())
    fmt::print("  {:24} {}\n", law, materials::law_description(law).text);
  fmt::print("\nconstants (key 'Constants'):\n");
  for (const auto& entry : materials::law_constants_names()) {
    const auto& constants = materials::law_constants(entry);
    fmt::print("  {:24} {}: {}\n{:26} {}\n", entry, constants.law, constants.text, "",
               constants.source);
    for (const auto& constant : constants.constants)
      fmt::print("{:28} {} = {} {}\n", "", constant.key, constant.value, constant.unit);
  }
}

}  // namespace

void add_laws_command(CLI::App& app) {
  const auto name = std::make_shared<std::string>();
  auto* command = app.add_subcommand("laws", "constitutive laws for phases, and their constants");
  command->add_option("law", *name, "law whose keys are told");
  command->callback([name] { print_laws(*name); });
}

void add_deform_command(CLI::App& app, int& status) {
  const auto options = std::make_shared<Options>();
  auto* command = app.add_subcommand(
      "deform", "stress of an RVE with nonlinear laws along a load path, with guaranteed errors");
  command->add_option("parameters", options->parameters, "parameter file (.prm)")->required();
  command->add_option("--json", options->json_file,
                      "writes the results to this file after every increment");
  command->add_option("--csv", options->csv_file, "the same as comma-separated values");
  command->add_flag("--resume", options->resume,
                    "continues after the last increment that the file of --json has");
  command->add_option("--device", options->device, "auto, cpu, cuda or cuda:N");
  command->add_flag("--strict", options->strict, "exit code 2 unless the status of all is ok");
  command->callback([options, &status] { status = deform(*options); });
}

}  // namespace seco
