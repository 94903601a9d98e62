#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <stdexcept>

#include "crystal_points.h"
#include "file_content.h"
#include "laue_groups.h"
#include "microstructure_reader.h"
#include "seco/materials/text.h"
#include "text_scanner.h"

namespace seco::materials {
namespace {

/// Numbers may have a decimal comma.
std::string with_point(std::string text) {
  std::replace(text.begin(), text.end(), ',', '.');
  return text;
}

std::vector<std::string> columns_of(const std::string& line) {
  std::vector<std::string> columns;
  std::size_t first = 0;
  for (auto tab = line.find('\t'); tab != std::string::npos; tab = line.find('\t', first)) {
    columns.push_back(trimmed(line.substr(first, tab - first)));
    first = tab + 1;
  }
  columns.push_back(trimmed(line.substr(first)));
  return columns;
}

class CtfFile {
 public:
  explicit CtfFile(const std::string& path)
      : path_(path), content_(file_content(path)), text_(content_) {}

  CrystalPoints points();

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw std::runtime_error(fmt::format("{}: {}", path_, what));
  }
  void read_header(CrystalPoints& points);
  void read_phases(CrystalPoints& points, const std::string& count);
  const std::string& entry(const std::string& name) const;
  int cells(const std::string& name) const;
  double step(const std::string& name) const;
  void read_points(CrystalPoints& points);

  std::string path_, content_;
  TextScanner text_;
  std::map<std::string, std::string> entries_;
  /// Column of each name in the lines of points.
  std::map<std::string, std::size_t> column_;
};

const std::string& CtfFile::entry(const std::string& name) const {
  const auto found = entries_.find(name);
  if (found == entries_.end()) fail(fmt::format("'{}' is missing in the header", name));
  return found->second;
}

int CtfFile::cells(const std::string& name) const {
  const auto n = integer_of(entry(name));
  if (!n || *n < 1 || *n > 1 << 24)
    fail(fmt::format("'{}' of the header is '{}', allowed are counts from 1", name, entry(name)));
  return static_cast<int>(*n);
}

double CtfFile::step(const std::string& name) const {
  const auto value = number_of(with_point(entry(name)));
  if (!value || !std::isfinite(*value) || *value <= 0.)
    fail(
        fmt::format("'{}' of the header is '{}', allowed are positive numbers", name, entry(name)));
  return *value;
}

void CtfFile::read_phases(CrystalPoints& points, const std::string& count) {
  const auto n = integer_of(count);
  if (!n || *n < 1 || *n > 1000)
    fail(fmt::format("'Phases' of the header is '{}', allowed are counts from 1", count));
  for (std::int64_t number = 1; number <= *n; ++number) {
    const std::string line(text_.line());
    const auto columns = columns_of(line);
    const auto group = columns.size() > 3 ? integer_of(columns[3]) : std::nullopt;
    if (!group)
      fail(
          fmt::format("line {}: '{}' describes no phase; expected lattice lengths, angles, name "
                      "and number of the Laue group, separated by tabs",
                      text_.line_number() - 1, line));
    points.laue_groups[number] = laue_group_of_oxford(*group);
    points.phases[number].name = columns[2];
    points.phases[number].symmetry = symmetry_of_laue_group(points.laue_groups[number]);
  }
}

void CtfFile::read_header(CrystalPoints& points) {
  while (text_.n_left() > 0) {
    const std::string line(text_.line());
    const auto columns = columns_of(line);
    if (columns.size() >= 8 && columns[0] == "Phase" && columns[1] == "X") {
      for (std::size_t c = 0; c < columns.size(); ++c) column_[columns[c]] = c;
      break;
    }
    if (columns[0] == "Phases" && columns.size() > 1)
      read_phases(points, columns[1]);
    else
      for (std::size_t c = 0; c + 1 < columns.size(); ++c)
        if (!entries_.count(columns[c])) entries_[columns[c]] = columns[c + 1];
  }
  for (const char* name : {"Phase", "X", "Y", "Euler1", "Euler2", "Euler3"})
    if (!column_.count(name))
      fail(fmt::format("column '{}' is missing, or the line that names the columns is", name));
  if (entry("JobMode") != "Grid")
    fail(fmt::format("'JobMode' is '{}'; only maps of the mode Grid are read", entry("JobMode")));
  if (entries_.count("ZCells") && cells("ZCells") > 1)
    fail(
        fmt::format("'ZCells' of the header is {}, allowed is 1: only maps of one layer are read; "
                    "write each layer to a file of its own",
                    entry("ZCells")));
  if (points.phases.empty()) fail("'Phases' is missing in the header");
}

void CtfFile::read_points(CrystalPoints& points) {
  const double x_step = step("XStep"), y_step = step("YStep");
  const auto n_columns =
      1 + std::max_element(column_.begin(), column_.end(), [](const auto& a, const auto& b) {
            return a.second < b.second;
          })->second;
  std::vector<double> value(n_columns);
  double x_first = 0., y_first = 0., x_span = 0., y_span = 0., rounding = 1., largest = 0.;
  for (int row = 0; row < points.shape[1]; ++row)
    for (int column = 0; column < points.shape[0]; ++column) {
      if (text_.at_end())
        fail(
            fmt::format("ends in row {} of {}, point {} of {}; the file is truncated, or XCells "
                        "and YCells are wrong",
                        row + 1, points.shape[1], column + 1, points.shape[0]));
      const std::string line(text_.line());
      const auto fault = [&](const std::string& what) {
        fail(fmt::format("line {}: {}", text_.line_number() - 1, what));
      };
      const auto words = words_of(with_point(line));
      if (words.size() < n_columns && text_.at_end())
        fail(
            fmt::format("ends within the point of row {} of {}, point {} of {}; the file is "
                        "truncated",
                        row + 1, points.shape[1], column + 1, points.shape[0]));
      if (words.size() < n_columns)
        fault(
            fmt::format("'{}' has {} numbers, expected {}", shown(line), words.size(), n_columns));
      for (std::size_t c = 0; c < n_columns; ++c) {
        const auto number = number_of(words[c]);
        if (!number) fault(fmt::format("'{}' is not a number", shown(words[c])));
        value[c] = *number;
      }
      const auto at = [&](const char* name) { return value[column_.at(name)]; };
      if (row == 0 && column == 0) {
        x_first = at("X");
        y_first = at("Y");
      }
      x_span = at("X") - x_first;
      y_span = at("Y") - y_first;
      for (const char* name : {"X", "Y"})
        rounding = std::min(rounding, last_digit_of(words[column_.at(name)]));
      if (!is_near_grid_point(x_span, column * x_step, x_step) ||
          !is_near_grid_point(y_span, row * y_step, y_step))
        fault(
            fmt::format("the point is at X {:g}, Y {:g}, expected {:g}, {:g}: points are listed "
                        "row by row, X along the rows, with XStep and YStep of the header",
                        at("X"), at("Y"), x_first + column * x_step, y_first + row * y_step));
      const double phase = at("Phase");
      if (phase != std::floor(phase) || phase < 0. ||
          phase > static_cast<double>(points.phases.size()))
        fault(fmt::format("phase {:g}, allowed are 0 for none and the phases 1 to {} of the header",
                          phase, points.phases.size()));
      const auto p = points.position(column, row, 0);
      points.phase[p] = static_cast<std::int64_t>(phase);
      points.indexed[p] = phase > 0.;
      if (phase == 0.) continue;
      for (const char* name : {"Euler1", "Euler2", "Euler3"}) {
        if (!(std::abs(at(name)) <= 360.1))
          fault(fmt::format("'{}' is {:g}, allowed are angles up to 360 degrees", name, at(name)));
        largest = std::max(largest, std::abs(at(name)));
      }
      constexpr double degree = M_PI / 180.;
      points.orientation[p] =
          from_euler(degree * at("Euler1"), degree * at("Euler2"), degree * at("Euler3"));
    }
  points.lengths[0] = length_of_map("X", points.shape[0], x_step, x_span, rounding, points.notes);
  points.lengths[1] = length_of_map("Y", points.shape[1], y_step, y_span, rounding, points.notes);
  points.lengths[2] = points.lengths[1] / points.shape[1];
  if (!text_.at_end())
    fail(fmt::format("line {}: more points than XCells and YCells of the header, {} x {}",
                     text_.line_number(), points.shape[0], points.shape[1]));
  if (largest > 0. && largest < 2. * M_PI)
    points.notes.push_back(fmt::format(
        "warning: no angle exceeds {:.3g}; angles of this format are degrees and read as such",
        largest));
}

CrystalPoints CtfFile::points() {
  CrystalPoints points;
  read_header(points);
  points.shape = {cells("XCells"), cells("YCells"), 1};
  const auto n = static_cast<std::int64_t>(points.shape[0]) * points.shape[1];
  if (n > static_cast<std::int64_t>(content_.size() / 16 + 1))  // eight numbers and separators
    fail(fmt::format("the header announces {} x {} points, more than the file holds",
                     points.shape[0], points.shape[1]));
  points.resize();
  points.usual_sample_axes =
      "x, -y, -z for angles that refer to the usual axes of the sample surface, x right and y up "
      "in the map; x, y, z if the angles were turned to the axes of the map";
  points.hexagonal_axis = "a*";
  points.hexagonal_source = "as of Oxford Instruments";
  points.notes.emplace_back(
      "lengths are in micrometres; axis 0 is X, along the rows of the map, axis 1 is Y, from row "
      "to row");
  for (const char* name : {"AcqE1", "AcqE2", "AcqE3"}) {
    const auto found = entries_.find(name);
    if (found == entries_.end() || number_of(with_point(found->second)).value_or(0.) == 0.)
      continue;
    points.notes.push_back(fmt::format(
        "warning: '{}' of the header, the orientation of the surface in the sample, is {} degrees "
        "and not used beside the axes given",
        name, found->second));
  }
  read_points(points);
  return points;
}

bool begins_as_ctf(const std::string& first) {
  return first.starts_with("Channel Text File");
}

constexpr FileKind ctf_files{"an EBSD map of Oxford Instruments (.ctf)",
                             "EBSD maps of Oxford Instruments (.ctf)", begins_as_ctf, nullptr};

LabelledGrid read_ctf(const std::string& path, const MicrostructureOptions& options) {
  return crystals_of(CtfFile(path).points(), path, options);
}

}  // namespace

const MicrostructureReader& ctf_reader() {
  static const MicrostructureReader reader{
      {"ctf",
       "EBSD map (channel text file), 2D",
       {".ctf"},
       "Oxford Instruments AZtec and Channel 5, Bruker Esprit, MTEX, EMsoft, ASTAR",
       "axis 0 is X, along rows, axis 1 is Y; micrometres; Bunge angles in degrees of the axes "
       "that "
       "--sample-axes names; hexagonal x along a*; phase 0 is not indexed (--unindexed); decimal "
       "points or commas",
       "seco import map.ctf --sample-axes \"x,-y,-z\" --unindexed nearest --grain-angle 5 "
       "--stiffness \"Copper = Cu\" --out rve.h5"},
      &ctf_files,
      options_of_maps(),
      nullptr,
      read_ctf,
      nullptr};
  return reader;
}

}  // namespace seco::materials
