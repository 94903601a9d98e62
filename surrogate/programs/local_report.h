#pragma once

#include <CLI/App.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "seco/surrogate/engine.h"

namespace seco {

/// What `seco homogenize` is asked about the inside of the RVE.
struct LocalOptions {
  /// As written: Mandel components separated by commas.
  std::vector<std::string> strains;
  bool local = false;
  std::string fields_file;

  bool needs_fields() const { return local || !fields_file.empty(); }
};

void add_local_options(CLI::App& command, LocalOptions& options);

/// The query for an RVE, checked before anything is computed.
/// @throws std::invalid_argument naming the option, its value and what is allowed
surrogate::LocalQuery local_query(const LocalOptions& options, materials::Rve rve);

/// The answer of the engine; without fields, if none are needed, it has no local quantities.
surrogate::LocalAnswer answer(const surrogate::Engine& engine, const surrogate::LocalQuery& query,
                              const LocalOptions& options);

/// One entry per strain: macro stress and energy, and the local quantities where there are any.
nlohmann::json local_content(const surrogate::LocalQuery& query,
                             const surrogate::LocalAnswer& answer);

/// Writes the file of fields, if one is asked for. @throws std::runtime_error
void write_fields(const surrogate::LocalQuery& query, const surrogate::LocalAnswer& answer,
                  const LocalOptions& options);

/// Prints what local_content says.
void report_loads(const surrogate::LocalQuery& query, const surrogate::LocalAnswer& answer,
                  const LocalOptions& options);

}  // namespace seco
