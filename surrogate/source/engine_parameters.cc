#include "seco/surrogate/engine_parameters.h"

#include <algorithm>
#include <stdexcept>

namespace seco::surrogate {

EngineChoice read_engine(materials::ParameterReader& reader, const std::string& section) {
  EngineChoice choice;
  auto& settings = choice.settings;
  choice.name =
      reader.text(section, "Engine", "fft",
                  "engine that homogenizes the RVEs, for example voigt, "
                  "reuss, hill, fft, certified, auto, or s-eco of the library seco_s_eco");
  settings.model =
      reader.path(section, "Surrogate model", "", "model folder of the engines with a network");
  settings.tolerance = reader.number(section, "Tolerance", 1e-6, 1e-14, 1,
                                     "relative residual of the engine fft, largest relative "
                                     "gap of the engines certified and auto");
  settings.max_iterations = static_cast<unsigned int>(
      reader.integer(section, "Largest number of iterations", 2000, 1, 1000000,
                     "iterations after which iterative engines stop"));
  settings.device = reader.text(section, "Device", "auto", "auto, cpu, cuda or cuda:N");
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
      "the free memory of a GPU");
  choice.largest_gap =
      reader.number(section, "Largest gap", 1, 0, 1,
                    "RVEs with a larger certified relative gap count as missing what was asked");
  choice.cache = reader.path(section, "Result cache", "",
                             "folder that keeps the results of RVEs for later runs, or empty");
  return choice;
}

std::unique_ptr<Engine> make_engine(const std::string& name, const EngineSettings& settings,
                                    const materials::ParameterReader& reader,
                                    const std::string& section, const EngineKeys& keys,
                                    const std::string& hint) {
  try {
    return make_engine(name, settings);
  } catch (const std::exception& error) {
    // Everything an engine refuses when it is made is its name, its model or its settings.
    const std::string message = error.what();
    if (message.starts_with("device")) reader.refuse(section, "Device", message);
    if (message.starts_with("tolerance")) reader.refuse(section, keys.tolerance, message);
    const auto names = engine_names();
    if (std::find(names.begin(), names.end(), name) == names.end())
      reader.refuse(
          section, keys.engine,
          hint.empty() ? message : message + (message.ends_with('?') ? " " : ". ") + hint);
    reader.refuse(section, settings.model.empty() ? keys.engine : keys.model, message);
  }
}

}  // namespace seco::surrogate
