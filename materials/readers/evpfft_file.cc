#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>

#include "crystal_points.h"
#include "file_content.h"
#include "microstructure_reader.h"
#include "text_scanner.h"
#include "voxel_array.h"

namespace seco::materials {
namespace {

constexpr std::size_t n_columns = 8;

struct Line {
  std::array<double, 3> angle;
  std::array<std::int64_t, 3> index;
  std::int64_t grain, phase;
};

/// Three angles, three indices, a grain and a phase.
std::optional<Line> line_of(std::string_view text) {
  TextScanner words(text);
  Line line{};
  for (auto& angle : line.angle) {
    const auto number = words.number();
    if (!number || !std::isfinite(*number)) return std::nullopt;
    angle = *number;
  }
  for (auto* value : {&line.index[0], &line.index[1], &line.index[2], &line.grain, &line.phase}) {
    const auto number = words.integer();
    if (!number) return std::nullopt;
    *value = *number;
  }
  if (!words.at_end()) return std::nullopt;
  return line;
}

bool begins_as_evpfft(const std::string& first) {
  const auto read = line_of(TextScanner(first).line());
  return read && *std::min_element(read->index.begin(), read->index.end()) >= 1;
}

constexpr FileKind evpfft_files{
    "a file of voxels as of EVPFFT (three angles, three indices, grain and phase in each line)",
    "voxels of EVPFFT (text)", begins_as_evpfft, nullptr};

CrystalPoints points_of(const std::string& path) {
  const auto content = file_content(path);
  TextScanner text(content);
  std::vector<Line> lines;
  std::array<std::int64_t, 3> largest{1, 1, 1};
  double largest_angle = 0.;
  std::size_t number = 0;
  const auto fail = [&](const std::string& what) {
    throw std::runtime_error(fmt::format("{}: {}", path, what));
  };
  while (text.n_left() > 0) {
    const auto line = text.line();
    ++number;
    if (words_of(line).empty()) continue;
    const auto read = line_of(line);
    if (!read)
      fail(
          fmt::format("line {}: '{}', expected {} numbers: three angles in degrees, three indices "
                      "from 1, grain, phase",
                      number, shown(line), n_columns));
    for (std::size_t axis = 0; axis < 3; ++axis) {
      if (read->index[axis] < 1 || read->index[axis] > 1 << 24)
        fail(fmt::format("line {}: the indices are {}, allowed are counts from 1", number,
                         fmt::join(read->index, ", ")));
      largest[axis] = std::max(largest[axis], read->index[axis]);
      if (std::abs(read->angle[axis]) > 360.1)
        fail(fmt::format("line {}: the angles are {}, allowed are degrees up to 360", number,
                         fmt::join(read->angle, ", ")));
      largest_angle = std::max(largest_angle, std::abs(read->angle[axis]));
    }
    lines.push_back(*read);
  }
  CrystalPoints points;
  double n = 1.;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    points.shape[axis] = static_cast<int>(largest[axis]);
    n *= static_cast<double>(largest[axis]);
  }
  if (n != static_cast<double>(lines.size()))
    fail(
        fmt::format("holds {} lines, but the largest indices {} are those of a grid of {}; the "
                    "file is truncated, or voxels are missing",
                    lines.size(), fmt::join(largest, ", "), n));
  points.resize();
  for (const auto& line : lines) {
    const auto p =
        points.position(static_cast<int>(line.index[0]) - 1, static_cast<int>(line.index[1]) - 1,
                        static_cast<int>(line.index[2]) - 1);
    if (points.indexed[p])
      fail(fmt::format("voxel {} is given twice", fmt::join(line.index, ", ")));
    constexpr double degree = M_PI / 180.;
    points.indexed[p] = 1;
    points.phase[p] = line.phase;
    points.phases.emplace(line.phase, FilePhase{});
    points.orientation[p] =
        from_euler(degree * line.angle[0], degree * line.angle[1], degree * line.angle[2]);
  }
  if (largest_angle > 0. && largest_angle < 2. * M_PI)
    points.notes.push_back(fmt::format(
        "warning: no angle exceeds {:.3g}; angles of this format are degrees and read as such",
        largest_angle));
  points.sample_axes = points.usual_sample_axes = "x, y, z";
  return points;
}

LabelledGrid read_evpfft(const std::string& path, const MicrostructureOptions& options) {
  auto points = points_of(path);
  VoxelArray::Description description;
  description.what = path;
  description.shape = points.shape;
  const auto spacing = spacing_of(description, path, options);
  for (std::size_t axis = 0; axis < 3; ++axis)
    points.lengths[axis] = points.shape[axis] * spacing[axis];
  return crystals_of(std::move(points), path, options);
}

}  // namespace

const MicrostructureReader& evpfft_reader() {
  static const MicrostructureReader reader{
      {"evpfft",
       "voxels as EVPFFT reads them (text)",
       {".txt", ".dat"},
       "EVPFFT, DREAM.3D (Los Alamos FFT), materialite",
       "a line per voxel: Bunge angles in degrees, indices x, y, z from 1, grain, phase; voxels of "
       "equal phase and orientation are one crystal; no size of the voxels, which --spacing or "
       "--lengths give",
       "seco import grains.txt --spacing 1 --stiffness \"1 = Cu\" --out rve.h5"},
      &evpfft_files,
      {ReadOption::material, ReadOption::unit, ReadOption::spacing, ReadOption::sample_axes},
      nullptr,
      read_evpfft,
      nullptr};
  return reader;
}

}  // namespace seco::materials
