#include "seco/surrogate/engine_parameters.h"

#include <stdexcept>

#include "seco/surrogate/setting_error.h"

namespace seco::surrogate {

EngineChoice read_engine(materials::ParameterReader& reader, const std::string& section) {
  const materials::KeyTraits changeable{.changeable_on_restart = true};
  EngineChoice choice;
  auto& settings = choice.settings;
  choice.name = reader.text(section, "Engine", "fft",
                            "engine that homogenizes the RVEs, for example voigt, "
                            "reuss, hill, fft, certified, auto or s-eco");
  settings.model =
      reader.path(section, "Surrogate model", "", "model folder of the engines with a network");
  settings.tolerance = reader.number(section, "Tolerance", 1e-6, 1e-14, 1,
                                     "relative residual of the engine fft, largest relative "
                                     "gap of the engines certified and auto");
  settings.max_iterations = static_cast<unsigned int>(
      reader.integer(section, "Largest number of iterations", 2000, 1, 1000000,
                     "iterations after which iterative engines stop"));
  settings.device = reader.text(section, "Device", "auto", "auto, cpu, cuda or cuda:N", changeable);
  settings.precision = reader.choice(section, "Precision", "double", {"single", "double"},
                                     "precision of the fields of fft and certified");
  settings.network_precision = reader.choice(
      section, "Network precision", "model", {"model", "single", "bfloat16", "float16"},
      "arithmetic of the network; model: as it was trained. The bounds hold with any");
  settings.trust_scripts = reader.flag(
      section, "Trust scripts", false,
      "whether the TorchScript module of an imported model, which is a program, may be executed");
  settings.chunk_memory = reader.number(
      section, "Chunk memory", 0, 0, 1e7,
      "memory in MiB for the fields of RVEs computed together; 0 for 1024 on the CPU and half of "
      "the free memory of a GPU",
      changeable);
  choice.largest_gap =
      reader.number(section, "Largest gap", 1, 0, 1,
                    "RVEs with a larger certified relative gap count as missing what was asked");
  choice.cache =
      reader.path(section, "Result cache", "",
                  "folder that keeps the results of RVEs for later runs, or empty", changeable);
  settings.own = read_own_parameters(reader, section);
  return choice;
}

namespace {

std::string key_of(Setting setting, const EngineKeys& keys) {
  switch (setting) {
    case Setting::engine:
      return keys.engine;
    case Setting::model:
      return keys.model;
    case Setting::tolerance:
      return keys.tolerance;
    case Setting::device:
      return "Device";
    case Setting::precision:
      return "Precision";
  }
  return keys.engine;
}

}  // namespace

std::unique_ptr<Engine> make_engine(const std::string& name, const EngineSettings& settings,
                                    const materials::ParameterReader& reader,
                                    const std::string& section, const EngineKeys& keys,
                                    const std::string& hint) {
  try {
    return make_engine(name, settings);
  } catch (const SettingError& error) {
    const std::string message = error.what();
    const bool known = error.setting() != Setting::engine || hint.empty();
    reader.refuse(section, key_of(error.setting(), keys),
                  known ? message : message + (message.ends_with('?') ? " " : ". ") + hint);
  } catch (const std::exception& error) {
    // What else an engine refuses when it is made is its model.
    reader.refuse(section, settings.model.empty() ? keys.engine : keys.model, error.what());
  }
}

}  // namespace seco::surrogate
