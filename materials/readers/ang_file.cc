#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <set>
#include <stdexcept>

#include "crystal_points.h"
#include "file_content.h"
#include "laue_groups.h"
#include "microstructure_reader.h"
#include "text_scanner.h"

namespace seco::materials {
namespace {

std::vector<std::int64_t> numbers_of(const std::map<std::int64_t, FilePhase>& phases) {
  std::vector<std::int64_t> numbers;
  for (const auto& [number, phase] : phases) numbers.push_back(number);
  return numbers;
}

/// What the lines that begin with # say.
struct Header {
  std::string grid;
  std::optional<double> x_step, y_step;
  std::optional<std::int64_t> columns_odd, columns_even, rows;
  std::map<std::int64_t, FilePhase> phases;
  std::map<std::int64_t, std::string> laue_groups;
  bool by_orix = false;
  /// ASTAR: nanometres, and column 7 is no confidence index, which others set to -1 where nothing
  /// was found.
  bool by_acom = false;
};

class AngFile {
 public:
  explicit AngFile(const std::string& path)
      : path_(path), content_(file_content(path)), text_(content_) {}

  CrystalPoints points();

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw std::runtime_error(fmt::format("{}: {}", path_, what));
  }
  void read_header();
  void read_entry(const std::string& line);
  void check_header() const;
  void read_points(CrystalPoints& points);
  void check_coordinate(double found, double expected, double step, const char* axis) const;
  template <typename Number>
  void set(std::optional<Number>& value, const std::optional<Number>& number,
           const std::string& line) const {
    if (!number) fail(fmt::format("header line '{}' holds no such number", line));
    value = number;
  }

  std::string path_, content_;
  TextScanner text_;
  Header header_;
  std::int64_t phase_ = 0;
};

void AngFile::read_entry(const std::string& line) {
  const auto words = words_of(line);
  if (words.empty()) return;
  const auto value = words.size() > 1 ? words[1] : "";
  // Names of programs are in notes and folders of other programs as well.
  if (words[0] == "OPERATOR:" && value.starts_with("orix_v")) header_.by_orix = true;
  if (line.find("File created from ACOM") != std::string::npos) header_.by_acom = true;
  if (words[0] == "Phase" && words.size() == 2) {
    const auto number = integer_of(value);
    if (!number || *number < 0) fail(fmt::format("header line '{}' numbers no phase", line));
    if (!header_.phases.emplace(*number, FilePhase{}).second)
      fail(fmt::format("phase {} is described twice in the header", *number));
    phase_ = *number;
  } else if (words[0] == "MaterialName") {
    // Some programs leave out the number of the only phase.
    if (header_.phases.empty()) header_.phases.emplace(phase_ = 1, FilePhase{});
    header_.phases.at(phase_).name =
        fmt::format("{}", fmt::join(words.begin() + 1, words.end(), " "));
  } else if (words[0] == "Symmetry" && header_.phases.count(phase_)) {
    header_.laue_groups[phase_] = laue_group_of_symbol(value);
    header_.phases.at(phase_).symmetry = symmetry_of_laue_group(header_.laue_groups[phase_]);
  } else if (words[0] == "GRID:") {
    header_.grid = value;
  } else if (words[0] == "XSTEP:") {
    set(header_.x_step, number_of(value), line);
  } else if (words[0] == "YSTEP:") {
    set(header_.y_step, number_of(value), line);
  } else if (words[0] == "NCOLS_ODD:") {
    set(header_.columns_odd, integer_of(value), line);
  } else if (words[0] == "NCOLS_EVEN:") {
    set(header_.columns_even, integer_of(value), line);
  } else if (words[0] == "NROWS:") {
    set(header_.rows, integer_of(value), line);
  }
}

void AngFile::read_header() {
  while (text_.left().starts_with('#')) read_entry(std::string(text_.line().substr(1)));
  check_header();
}

void AngFile::check_header() const {
  if (header_.grid.starts_with("Hex"))
    fail(
        fmt::format("'GRID' is '{}', whose points are no grid of voxels; allowed is SqrGrid. "
                    "Convert it to a square grid, as DREAM.3D ('Convert Hexagonal Grid Data to "
                    "Square Grid Data'), MTEX (gridify) and OIM Analysis do",
                    header_.grid));
  if (!header_.grid.starts_with("Sqr"))
    fail(fmt::format("'GRID' of the header is '{}', allowed is SqrGrid", header_.grid));
  for (const auto& [name, step] :
       {std::pair("XSTEP", header_.x_step), std::pair("YSTEP", header_.y_step)})
    if (!step || !std::isfinite(*step) || *step <= 0.)
      fail(fmt::format("'{}' of the header is {}, allowed are positive numbers", name,
                       step ? fmt::format("{}", *step) : "missing"));
  for (const auto& [name, n] :
       {std::pair("NCOLS_ODD", header_.columns_odd), std::pair("NROWS", header_.rows)})
    if (!n || *n < 1 || *n > 1 << 24)
      fail(fmt::format("'{}' of the header is {}, allowed are counts from 1", name,
                       n ? fmt::format("{}", *n) : "missing"));
  if (header_.columns_even && header_.columns_even != header_.columns_odd)
    fail(
        fmt::format("rows have {} and {} points in turn (NCOLS_ODD, NCOLS_EVEN), a square grid as "
                    "many in all",
                    *header_.columns_odd, *header_.columns_even));
  // The shortest line has eight digits and as many separators.
  if (*header_.columns_odd * *header_.rows > static_cast<std::int64_t>(content_.size() / 16 + 1))
    fail(fmt::format("the header announces {} x {} points, more than the file holds",
                     *header_.columns_odd, *header_.rows));
  if (header_.phases.empty()) fail("the header describes no phase ('Phase', 'MaterialName')");
}

void AngFile::check_coordinate(double found, double expected, double step, const char* axis) const {
  if (is_near_grid_point(found, expected, step)) return;
  fail(
      fmt::format("line {}: {} is {:g} from that of the first point, expected {:g}: points are "
                  "listed row by row, x along the rows, with XSTEP and YSTEP of the header",
                  text_.line_number() - 1, axis, found, expected));
}

void AngFile::read_points(CrystalPoints& points) {
  const int n_columns = points.shape[0], n_rows = points.shape[1];
  std::set<std::int64_t> used;
  double x_first = 0., y_first = 0., x_span = 0., y_span = 0., rounding = 1.;
  for (int row = 0; row < n_rows; ++row)
    for (int column = 0; column < n_columns; ++column) {
      auto line = text_.line();
      while (words_of(line).empty() && text_.n_left() > 0) line = text_.line();
      TextScanner scanner(line);
      std::array<double, 8> value{};
      for (auto& v : value) {
        const auto word = scanner.word();
        const auto number = number_of(word);
        if (!number && scanner.at_end() && text_.n_left() == 0)
          fail(
              fmt::format("ends in row {} of {}, point {} of {}; the file is truncated, or "
                          "NROWS and NCOLS_ODD are wrong",
                          row + 1, n_rows, column + 1, n_columns));
        if (!number || !std::isfinite(*number))
          fail(
              fmt::format("line {}: '{}' is no point; expected at least eight numbers: three "
                          "angles in radians, x, y, two qualities, phase",
                          text_.line_number() - 1, shown(line)));
        v = *number;
        if (&v == &value[3] || &v == &value[4]) rounding = std::min(rounding, last_digit_of(word));
      }
      const auto p = points.position(column, row, 0);
      if (row == 0 && column == 0) {
        x_first = value[3];
        y_first = value[4];
      }
      x_span = value[3] - x_first;
      y_span = value[4] - y_first;
      check_coordinate(x_span, column * *header_.x_step, *header_.x_step, "x");
      check_coordinate(y_span, row * *header_.y_step, *header_.y_step, "y");
      if (value[7] != std::floor(value[7]) || std::abs(value[7]) > 1e6)
        fail(fmt::format("line {}: phase {} (column 8), allowed are integers",
                         text_.line_number() - 1, value[7]));
      const double largest =
          *std::max_element(value.begin(), value.begin() + 3,
                            [](double a, double b) { return std::abs(a) < std::abs(b); });
      // Angles of 4 pi mark what could not be indexed.
      const bool marked = std::all_of(value.begin(), value.begin() + 3, [](double angle) {
        return std::abs(angle - 4. * M_PI) < 1e-3;
      });
      points.phase[p] = static_cast<std::int64_t>(value[7]);
      points.indexed[p] = !marked && value[7] >= 0. && (header_.by_acom || value[6] != -1.);
      if (!points.indexed[p]) continue;
      if (std::abs(largest) > 2. * M_PI + 0.01)
        fail(
            fmt::format("line {}: angle {}, allowed are radians up to 2 pi; if these are degrees, "
                        "convert them",
                        text_.line_number() - 1, largest));
      points.orientation[p] = from_euler(value[0], value[1], value[2]);
      used.insert(points.phase[p]);
    }
  points.lengths[0] =
      length_of_map("x", n_columns, *header_.x_step, x_span, rounding, points.notes);
  points.lengths[1] = length_of_map("y", n_rows, *header_.y_step, y_span, rounding, points.notes);
  points.lengths[2] = points.lengths[1] / n_rows;
  if (!text_.at_end())
    fail(fmt::format("line {}: more points than NROWS and NCOLS_ODD of the header, {} x {}",
                     text_.line_number() + 1, n_rows, n_columns));
  // Phase 0 is the only phase where there is but one, and no phase where there are several.
  const bool zero_is_phase =
      used.count(0) && !header_.phases.count(0) && header_.phases.size() == 1 && used.size() == 1;
  for (std::size_t p = 0; p < points.n_points(); ++p) {
    if (!points.indexed[p] || header_.phases.count(points.phase[p])) continue;
    if (points.phase[p] != 0)
      fail(fmt::format("a point has the phase {} (column 8), the header describes {}",
                       points.phase[p], fmt::join(numbers_of(header_.phases), ", ")));
    if (zero_is_phase)
      points.phase[p] = header_.phases.begin()->first;
    else
      points.indexed[p] = 0;
  }
  if (zero_is_phase)
    points.notes.push_back(
        fmt::format("all indexed points have the phase 0, which is the only one of the header, {}",
                    header_.phases.begin()->first));
}

CrystalPoints AngFile::points() {
  read_header();
  CrystalPoints points;
  points.shape = {static_cast<int>(*header_.columns_odd), static_cast<int>(*header_.rows), 1};
  points.resize();
  points.phases = header_.phases;
  points.laue_groups = header_.laue_groups;
  points.usual_sample_axes =
      "of OIM y, x, -z (setting 1), -y, -x, -z (2), x, -y, -z (3) or -x, y, -z (4); x, y, z if the "
      "angles were turned to the axes of the map";
  if (header_.by_orix) {
    points.sample_axes = "x, y, z";
    points.sample_axes_warning = warning_on_orix;
  }
  points.hexagonal_axis = "a";
  points.hexagonal_source = "as of EDAX";
  points.notes.push_back(
      fmt::format("lengths are in {}; axis 0 is x, along the rows of the map, "
                  "axis 1 is y, from row to row",
                  header_.by_acom ? "nanometres" : "micrometres"));
  read_points(points);
  return points;
}

bool begins_as_ang(const std::string& first) {
  return first.starts_with('#') && (first.find("# GRID:") != std::string::npos ||
                                    first.find("TEM_PIXperUM") != std::string::npos ||
                                    first.find("Column names: phi1") != std::string::npos);
}

constexpr FileKind ang_files{"an EBSD map of EDAX (.ang)", "EBSD maps of EDAX (.ang)",
                             begins_as_ang, nullptr};

LabelledGrid read_ang(const std::string& path, const MicrostructureOptions& options) {
  return crystals_of(AngFile(path).points(), path, options);
}

}  // namespace

const MicrostructureReader& ang_reader() {
  static const MicrostructureReader reader{
      {"ang",
       "EBSD map on a square grid, 2D",
       {".ang"},
       "EDAX OIM, orix, EMsoft, ASTAR",
       "axis 0 along rows, axis 1 from row to row; micrometres; Bunge angles in radians of the "
       "axes that --sample-axes names; hexagonal x along a; phase -1, or 0 where there are several "
       "phases, confidence -1 and angles of 4 pi are not indexed (--unindexed)",
       "seco import map.ang --sample-axes \"y,x,-z\" --unindexed nearest --grain-angle 5 "
       "--stiffness \"Copper = Cu\" --out rve.h5"},
      &ang_files,
      options_of_maps(),
      nullptr,
      read_ang,
      nullptr};
  return reader;
}

}  // namespace seco::materials
