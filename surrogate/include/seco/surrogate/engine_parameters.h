#pragma once

#include <memory>
#include <string>

#include "seco/materials/parameter_reader.h"
#include "seco/surrogate/engine.h"

namespace seco::surrogate {

/// An engine as a parameter file names it.
struct EngineChoice {
  std::string name;
  EngineSettings settings;
  /// A larger certified relative gap is not what was asked.
  double largest_gap = 1;
  /// Folder of a ResultCache, or empty.
  std::string cache;
};

/// Asks for the engine and its settings in a section (docs/parameters.md, material `homogenized`).
/// @throws materials::ParameterError
EngineChoice read_engine(materials::ParameterReader& reader, const std::string& section);

/// The keys of a section that name an engine, its model and its tolerance, for messages.
struct EngineKeys {
  std::string engine = "Engine", model = "Surrogate model", tolerance = "Tolerance";
};

/// Makes an engine, or refuses the parameter that is to blame.
/// @param hint a sentence appended to the message of an unknown engine
/// @throws materials::ParameterError
std::unique_ptr<Engine> make_engine(const std::string& name, const EngineSettings& settings,
                                    const materials::ParameterReader& reader,
                                    const std::string& section, const EngineKeys& keys,
                                    const std::string& hint);

}  // namespace seco::surrogate
