#pragma once

#include <string>
#include <vector>

#include "seco/materials/mandel.h"
#include "seco/materials/parameter_reader.h"

namespace seco::materials {

/// What the end of an increment prescribes: of every Mandel component the mean strain or the mean
/// stress; the other of the two is zero.
struct PathPoint {
  double time = 0;
  std::vector<bool> stress_is_prescribed;
  MandelVector strain, stress;
};

/// Reads a load path from a text file of comma-separated values. The first line names the columns:
/// `time` and for each of the components 11 22 33 23 13 12 (2D: 11 22 12) `E..` (strain) or `S..`
/// (stress), *tensor* components, in any order; every further line is a row of the path. Lines that
/// begin with # and empty ones are skipped.
/// @param increments_per_row parts that a row is cut into, linear in time; the path begins at time
/// 0 with zeros
/// @throws std::invalid_argument naming file, line and column: no such file, a column that is
///   unknown, twice or missing, both E and S of a component, a value that is no finite number,
///   times that do not increase
std::vector<PathPoint> read_load_path(const std::string& file, int dimension,
                                      int increments_per_row);

/// Asks for the load path of the section: `Type` = file, tension, shear, cyclic or creep, and what
/// each needs.
/// @throws ParameterError
std::vector<PathPoint> read_loading(ParameterReader& reader, const std::string& section,
                                    int dimension);

}  // namespace seco::materials
