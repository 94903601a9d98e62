#include "seco/materials/load_path.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <map>
#include <stdexcept>

#include "seco/materials/names.h"
#include "seco/materials/text.h"

namespace seco::materials {
namespace {

const std::vector<std::string>& components(int dimension) {
  static const std::vector<std::string> spatial{"11", "22", "33", "23", "13", "12"},
      plane{"11", "22", "12"};
  return dimension == 3 ? spatial : plane;
}

bool is_shear(const std::string& component) {
  return component[0] != component[1];
}

/// From tensor to Mandel components.
double factor(const std::string& component) {
  return is_shear(component) ? std::sqrt(2.) : 1.;
}

PathPoint zero_point(int dimension) {
  PathPoint point;
  const auto m = n_mandel_components(dimension);
  point.stress_is_prescribed.assign(static_cast<std::size_t>(m), false);
  point.strain = point.stress = MandelVector::Zero(m);
  return point;
}

/// The points between, linear in time; what is prescribed at the end counts for all of them.
void add_parts(const PathPoint& from, const PathPoint& to, int n, std::vector<PathPoint>& path) {
  for (int i = 1; i <= n; ++i) {
    const double part = static_cast<double>(i) / n;
    PathPoint point = to;
    point.time = i == n ? to.time : from.time + part * (to.time - from.time);
    point.strain =
        i == n ? to.strain : MandelVector(from.strain + part * (to.strain - from.strain));
    point.stress =
        i == n ? to.stress : MandelVector(from.stress + part * (to.stress - from.stress));
    path.push_back(point);
  }
}

struct Columns {
  std::size_t time = 0, n = 0;
  /// Of each component: its column, and whether that is a stress.
  std::vector<std::size_t> column;
  std::vector<bool> is_stress;
};

/// A column's name in the way of this file: without quotes, in any case, and E21 for E12, since
/// strain and stress are symmetric. Names of other columns stay as they are.
std::string column_name(const std::string& text, int dimension) {
  auto name = text;
  for (const char quote : {'"', '\''})
    if (name.size() > 1 && name.front() == quote && name.back() == quote)
      name = trimmed(name.substr(1, name.size() - 2));
  auto known = name;
  std::transform(known.begin(), known.end(), known.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  if (known == "TIME") return "time";
  if (known.size() != 3 || (known[0] != 'E' && known[0] != 'S')) return name;
  for (const auto& component : components(dimension)) {
    const std::string reversed(component.rbegin(), component.rend());
    if (known.substr(1) == component || known.substr(1) == reversed) return known[0] + component;
  }
  return name;
}

Columns read_header(const std::string& line, const std::string& where, int dimension) {
  const auto texts = split(line, ',');
  std::vector<std::string> allowed{"time"};
  for (const auto& component : components(dimension)) {
    allowed.push_back("E" + component);
    allowed.push_back("S" + component);
  }
  std::map<std::string, std::size_t> at;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const auto name = column_name(texts[i], dimension);
    if (name.empty())
      throw std::invalid_argument(fmt::format("{}: column {} has no name", where, i + 1));
    const auto [other, is_new] = at.emplace(name, i);
    if (!is_new)
      throw std::invalid_argument(
          texts[i] == texts[other->second]
              ? fmt::format("{}: column '{}' is there twice", where, texts[i])
              : fmt::format("{}: columns '{}' and '{}' are the same one, {}", where,
                            texts[other->second], texts[i], name));
  }
  for (const auto& [name, i] : at)
    if (std::find(allowed.begin(), allowed.end(), name) == allowed.end())
      throw std::invalid_argument(
          fmt::format("{}: column '{}' is not known; allowed are time and E.. or S.. of {}{}",
                      where, texts[i], fmt::join(components(dimension), " "),
                      // Of a component that there is not no other is meant.
                      to_count(name.substr(1)) ? "" : did_you_mean(name, allowed, true)));
  Columns columns;
  columns.n = texts.size();
  if (!at.contains("time"))
    throw std::invalid_argument(
        fmt::format("{}: no column 'time'; the first line has to name the columns: time and, per "
                    "component {}, E.. for a strain or S.. for a stress",
                    where, fmt::join(components(dimension), " ")));
  columns.time = at["time"];
  for (const auto& component : components(dimension)) {
    const bool strain = at.contains("E" + component), stress = at.contains("S" + component);
    if (strain && stress)
      throw std::invalid_argument(
          fmt::format("{}: columns E{} and S{}; of a component either the strain or the stress is "
                      "prescribed",
                      where, component, component));
    if (!strain && !stress)
      throw std::invalid_argument(fmt::format(
          "{}: neither E{} nor S{}; of each component one has to be prescribed, with zeros where "
          "nothing acts",
          where, component, component));
    columns.column.push_back(at[(strain ? "E" : "S") + component]);
    columns.is_stress.push_back(stress);
  }
  return columns;
}

constexpr double unbounded = std::numeric_limits<double>::max();
/// Of a component in Mandel notation.
constexpr double largest_strain = 1.;

}  // namespace

std::vector<PathPoint> read_load_path(const std::string& file, int dimension,
                                      int increments_per_row) {
  std::ifstream stream(file);
  if (!stream || std::filesystem::is_directory(file))
    throw std::invalid_argument(fmt::format("{}: cannot be read", file));
  std::vector<PathPoint> path;
  Columns columns;
  PathPoint before = zero_point(dimension);
  std::string line;
  bool has_header = false;
  for (int number = 1; std::getline(stream, line); ++number) {
    if (number == 1 && line.starts_with("\xEF\xBB\xBF")) line.erase(0, 3);
    if (line.ends_with('\r')) line.pop_back();
    line = trimmed(line);
    if (line.empty() || line.starts_with('#')) continue;
    const auto where = fmt::format("{}:{}", file, number);
    if (!has_header) {
      columns = read_header(line, where, dimension);
      has_header = true;
      continue;
    }
    const auto entries = split(line, ',');
    if (entries.size() != columns.n)
      throw std::invalid_argument(
          fmt::format("{}: {} entries for {} columns", where, entries.size(), columns.n));
    const auto value = [&](std::size_t column) {
      const auto result = to_number(entries[column]);
      if (!result || !std::isfinite(*result))
        throw std::invalid_argument(fmt::format("{}: entry {}, '{}', is not a finite number", where,
                                                column + 1, entries[column]));
      return *result;
    };
    PathPoint point = zero_point(dimension);
    point.time = value(columns.time);
    if (!(point.time > before.time))
      throw std::invalid_argument(
          fmt::format("{}: time {} follows on {}; times have to increase, from 0", where,
                      point.time, before.time));
    for (std::size_t c = 0; c < columns.column.size(); ++c) {
      const auto i = static_cast<int>(c);
      const double mandel = value(columns.column[c]) * factor(components(dimension)[c]);
      if (!columns.is_stress[c] && std::abs(mandel) > largest_strain)
        throw std::invalid_argument(
            fmt::format("{}: entry {}, '{}', is a strain; strains are small, allowed are numbers "
                        "from -1 to 1",
                        where, columns.column[c] + 1, entries[columns.column[c]]));
      point.stress_is_prescribed[c] = columns.is_stress[c];
      (columns.is_stress[c] ? point.stress : point.strain)[i] = mandel;
    }
    add_parts(before, point, increments_per_row, path);
    before = point;
  }
  if (path.empty()) throw std::invalid_argument(fmt::format("{}: no row of a load path", file));
  return path;
}

std::vector<PathPoint> read_loading(ParameterReader& reader, const std::string& section,
                                    int dimension) {
  const auto type = reader.choice(
      section, "Type", "file", {"file", "tension", "shear", "cyclic", "creep"},
      "file: the load path of 'File'. tension: 'Strain' along 'Direction', no other stress. shear: "
      "the tensor strain 'Strain' in the plane 'Direction', no other stress. cyclic: tension and "
      "compression to +/- 'Strain', 'Cycles' times. creep: 'Stress' along 'Direction', reached in "
      "'Ramp time' and held for 'Duration'");
  const auto file = reader.path(
      section, "File", "",
      "load path as comma-separated values. The first line names the columns: time and, per "
      "component 11 22 33 23 13 12 (2D: 11 22 12), E.. (strain) or S.. (stress), tensor "
      "components; "
      "one row per line");
  const auto per_row = static_cast<int>(reader.integer(
      section, "Increments per row", 1, 1, 1000000, "parts that each row of 'File' is cut into"));
  const auto direction =
      reader.text(section, "Direction", type == "shear" ? "12" : "11",
                  "component that is loaded: 11, 22 or 33, of shear 23, 13 or 12");
  const double strain = reader.number(section, "Strain", 0.01, -0.7, 0.7, "strain at the end");
  const double stress = reader.number(section, "Stress", 0, -unbounded, unbounded,
                                      "stress of creep, in the unit of the RVE");
  const auto n = static_cast<int>(
      reader.integer(section, "Increments", 20, 1, 1000000,
                     "of tension, shear, and the time that creep holds; of each branch between two "
                     "extremes of cyclic"));
  const auto cycles =
      static_cast<int>(reader.integer(section, "Cycles", 1, 1, 100000, "of cyclic"));
  const double duration =
      reader.number(section, "Duration", 1, 0, unbounded,
                    "time of the whole path, of one branch of cyclic, or that creep holds");
  const double ramp = reader.number(section, "Ramp time", 1e-3, 0, unbounded,
                                    "time in which creep reaches its stress, in one increment");
  const std::vector<std::pair<std::string, std::vector<std::string>>> keys_of{
      {"file", {"File", "Increments per row"}},
      {"tension", {"Direction", "Strain", "Increments", "Duration"}},
      {"shear", {"Direction", "Strain", "Increments", "Duration"}},
      {"cyclic", {"Direction", "Strain", "Increments", "Cycles", "Duration"}},
      {"creep", {"Direction", "Stress", "Increments", "Duration", "Ramp time"}}};
  const auto& own = std::find_if(keys_of.begin(), keys_of.end(), [&](const auto& entry) {
                      return entry.first == type;
                    })->second;
  for (const auto& [other, keys] : keys_of)
    for (const auto& key : keys)
      if (reader.has(section, key) && std::find(own.begin(), own.end(), key) == own.end())
        reader.refuse(section, key,
                      fmt::format("it has no effect with Type = {}, which has {}", type,
                                  fmt::join(own, ", ")));
  if (type == "file") {
    if (file.empty()) reader.refuse(section, "File", "Type = file needs the name of a load path");
    try {
      return read_load_path(file, dimension, per_row);
    } catch (const std::invalid_argument& error) {
      reader.refuse(section, "File", error.what());
    }
  }
  const auto& names = components(dimension);
  const auto place = std::find(names.begin(), names.end(), direction);
  if (place == names.end() || is_shear(direction) != (type == "shear")) {
    std::vector<std::string> allowed;
    for (const auto& name : names)
      if (is_shear(name) == (type == "shear")) allowed.push_back(name);
    reader.refuse(section, "Direction",
                  fmt::format("allowed for {} are {}", type, fmt::join(allowed, ", ")));
  }
  if (!(duration > 0)) reader.refuse(section, "Duration", "allowed are numbers above 0");
  const auto c = static_cast<int>(place - names.begin());
  const auto at = static_cast<std::size_t>(c);
  auto point = zero_point(dimension);
  point.stress_is_prescribed.assign(names.size(), true);
  std::vector<PathPoint> path;
  if (type == "creep") {
    if (!reader.has(section, "Stress") || stress == 0)
      reader.refuse(section, "Stress", "creep needs a stress other than 0");
    if (!(ramp > 0)) reader.refuse(section, "Ramp time", "allowed are numbers above 0");
    point.stress[c] = stress * factor(direction);
    point.time = ramp;
    path.push_back(point);
    auto end = point;
    end.time = ramp + duration;
    add_parts(point, end, n, path);
    return path;
  }
  point.stress_is_prescribed[at] = false;
  const auto go_to = [&](double value) {
    const auto from = path.empty() ? zero_point(dimension) : path.back();
    auto end = point;
    end.time = from.time + duration;
    end.strain[c] = value * factor(direction);
    add_parts(from, end, n, path);
  };
  if (type != "cyclic") {
    go_to(strain);
    return path;
  }
  for (int cycle = 0; cycle < cycles; ++cycle) {
    go_to(strain);
    go_to(-strain);
  }
  go_to(strain);
  return path;
}

}  // namespace seco::materials
