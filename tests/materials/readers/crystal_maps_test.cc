// Orientation maps: .ang, .ctf, .h5oina, crystal maps of orix, and voxels of EVPFFT and kanapy.
// Right values are stiffnesses in sample axes, which tell active from passive rotations.

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "hdf5_edit.h"
#include "seco/materials/elastic_symmetry.h"
#include "seco/materials/microstructure_file.h"
#include "seco/materials/random.h"
#include "seco/materials/rotation.h"
#include "support/message_of.h"
#include "support/small_microstructures.h"

using namespace seco::materials;
using namespace seco::test;

namespace {

constexpr double pi = std::numbers::pi;

const char* const copper_text = "cubic: 168.4e3, 121.4e3, 75.4e3";
const char* const titanium_text = "hexagonal: 162.4e3, 92.0e3, 69.0e3, 180.7e3, 46.7e3";
const char* const quartz_text =
    "trigonal: C11 = 86.6e3, C12 = 6.7e3, C13 = 12.6e3, C14 = -17.8e3, C33 = 106.1e3, C44 = 57.8e3";

MandelMatrix copper() {
  return cubic(168.4e3, 121.4e3, 75.4e3);
}

/// A point of a map: phase and Bunge angles in radians.
struct Point {
  int phase;
  std::array<double, 3> angle;
  double confidence = 0.9;
};

/// c along -y, along x, along z of the axes that angles refer to; a crystal of copper.
const std::vector<Point> four_points{{2, {0., 0.5 * pi, 0.}},
                                     {2, {0.5 * pi, 0.5 * pi, 0.3}},
                                     {2, {0.7, 0., 0.}},
                                     {1, {0.3, 0.4, 0.5}}};

/// Phase 1 copper, 2 of the name and symmetry; steps 0.5 and 0.25.
std::string ang_text(const std::vector<Point>& points, int columns, const std::string& second,
                     const std::string& symmetry, const std::string& grid = "SqrGrid") {
  const auto rows = static_cast<int>(points.size()) / columns;
  std::string text = "# TEM_PIXperUM 1.0\n# Phase 1\n# MaterialName  Copper\n# Symmetry 43\n";
  if (!second.empty())
    text += "# Phase 2\n# MaterialName  " + second + "\n# Symmetry " + symmetry + "\n";
  text +=
      "# GRID: " + grid + "\n# XSTEP: 0.5\n# YSTEP: 0.25\n# NCOLS_ODD: " + std::to_string(columns) +
      "\n# NCOLS_EVEN: " + std::to_string(columns) + "\n# NROWS: " + std::to_string(rows) + "\n#\n";
  char line[200];
  for (std::size_t p = 0; p < points.size(); ++p) {
    const auto& a = points[p].angle;
    std::snprintf(line, sizeof line, "  %.9f %.9f %.9f %.5f %.5f 100.0 %.3f %d 0.0 1.0\n", a[0],
                  a[1], a[2], 0.5 * static_cast<double>(p % static_cast<std::size_t>(columns)),
                  0.25 * static_cast<double>(p / static_cast<std::size_t>(columns)),
                  points[p].confidence, points[p].phase);
    text += line;
  }
  return text;
}

std::string ctf_text(const std::vector<Point>& points, int columns, const std::string& second,
                     int laue_group, bool commas) {
  const auto rows = static_cast<int>(points.size()) / columns;
  std::string text =
      "Channel Text File\nPrj\ta\nAuthor\t\nJobMode\tGrid\nXCells\t" + std::to_string(columns) +
      "\nYCells\t" + std::to_string(rows) +
      "\nXStep\t0.5\nYStep\t0.25\nAcqE1\t0\nAcqE2\t0\nAcqE3\t0\nEuler angles refer to Sample "
      "Coordinate system (CS0)!\tMag\t100\nPhases\t2\n3.6;3.6;3.6\t90;90;90\tCopper\t11\t225\n"
      "4.9;4.9;5.4\t90;90;120\t" +
      second + "\t" + std::to_string(laue_group) +
      "\t0\nPhase\tX\tY\tBands\tError\tEuler1\tEuler2\tEuler3\tMAD\tBC\tBS\n";
  char line[200];
  for (std::size_t p = 0; p < points.size(); ++p) {
    const auto& a = points[p].angle;
    std::snprintf(line, sizeof line, "%d\t%.4f\t%.4f\t8\t0\t%.9f\t%.9f\t%.9f\t0.5\t100\t200\r\n",
                  points[p].phase, 0.5 * static_cast<double>(p % static_cast<std::size_t>(columns)),
                  0.25 * static_cast<double>(p / static_cast<std::size_t>(columns)),
                  a[0] * 180. / pi, a[1] * 180. / pi, a[2] * 180. / pi);
    text += line;
  }
  if (commas)
    for (auto& c : text)
      if (c == '.') c = ',';
  return text;
}

MicrostructureOptions options_with(const std::string& second, const char* text) {
  MicrostructureOptions options;
  options.stiffness = {{"Copper", copper_text}, {second, text}};
  options.sample_axes = "x, y, z";
  return options;
}

Microstructure read_text_map(const std::string& name, const std::string& text,
                             const MicrostructureOptions& options) {
  const auto path = temporary(name);
  write_text(path, text);
  return read_microstructure(path, options);
}

/// Stiffness of a point of a map in columns and rows.
const MandelMatrix& at(const Rve& rve, int column, int row) {
  return rve.stiffness_3d[rve.phase[static_cast<std::size_t>(column * rve.shape[1] + row)]];
}

bool has_note(const Microstructure& read, const std::string& part) {
  for (const auto& note : read.notes)
    if (note.find(part) != std::string::npos) return true;
  return false;
}

double difference(const MandelMatrix& a, const MandelMatrix& b) {
  return (a - b).cwiseAbs().maxCoeff() / b.cwiseAbs().maxCoeff();
}

void expect_message(const std::function<void()>& call, const std::vector<std::string>& parts) {
  const auto message = message_of(call);
  for (const auto& part : parts)
    EXPECT_NE(message.find(part), std::string::npos) << part << "\n" << message;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

/// C33 is that along c, C11 that across: closed form, for the directions of `four_points`.
void expect_axes_of_titanium(const Rve& rve) {
  const double along = 180.7e3, across = 162.4e3;
  EXPECT_NEAR(at(rve, 0, 0)(1, 1), along, 1e-3);
  EXPECT_NEAR(at(rve, 0, 0)(0, 0), across, 1e-3);
  EXPECT_NEAR(at(rve, 1, 0)(0, 0), along, 1e-3);
  EXPECT_NEAR(at(rve, 1, 0)(2, 2), across, 1e-3);
  EXPECT_NEAR(at(rve, 0, 1)(2, 2), along, 1e-3);
  EXPECT_LT(difference(at(rve, 1, 1), rotate(copper(), from_euler(0.3, 0.4, 0.5))), 1e-8);
}

}  // namespace

TEST(CrystalMaps, TextMapsHaveTheStiffnessOfTheirAngles) {
  const auto options = options_with("Titanium", titanium_text);
  for (const bool commas : {false, true}) {
    const auto map =
        read_text_map("a.ctf", ctf_text(four_points, 2, "Titanium", 9, commas), options);
    EXPECT_EQ(map.format, "ctf");
    expect_axes_of_titanium(map.rve);
    EXPECT_EQ(map.rve.lengths, (std::vector<double>{1., 0.5}));
  }
  const auto map = read_text_map("a.ang", ang_text(four_points, 2, "Titanium", "62"), options);
  EXPECT_EQ(map.format, "ang");
  EXPECT_EQ(map.rve.shape, (std::vector<int>{2, 2}));
  EXPECT_EQ(map.rve.lengths, (std::vector<double>{1., 0.5}));
  expect_axes_of_titanium(map.rve);
}

TEST(CrystalMaps, AnglesReferToTheAxesGiven) {
  // c along the first axis of the angles, which is y of the map.
  auto options = options_with("Titanium", titanium_text);
  options.sample_axes = "y, x, -z";
  const std::vector<Point> points{{2, {0.5 * pi, 0.5 * pi, 0.}}, {1, {0.3, 0.4, 0.5}}};
  const auto rve = read_text_map("a.ang", ang_text(points, 2, "Titanium", "62"), options).rve;
  EXPECT_NEAR(at(rve, 0, 0)(1, 1), 180.7e3, 1e-3);
  Rotation axes;
  axes << 0, 1, 0, 1, 0, 0, 0, 0, -1;
  EXPECT_LT(difference(at(rve, 1, 0), rotate(copper(), axes * from_euler(0.3, 0.4, 0.5))), 1e-8);
  for (const char* wrong : {"y, x, z", "x, y", "x, x, z", "x, y, -z", "a, b, c", "x y z"}) {
    options.sample_axes = wrong;
    expect_message([&] { read_microstructure(temporary("a.ang"), options); },
                   {"a.ang", wrong, "right-handed", "--sample-axes"});
  }
  options.sample_axes.clear();
  expect_message([&] { read_microstructure(temporary("a.ang"), options); },
                 {"a.ang", "--sample-axes", "y, x, -z", "setting"});
  // Axes are those of the map where orix has written the file, which keeps angles of other ones.
  const auto with_line = [&](const std::string& line) {
    write_text(temporary("a.ang"),
               replaced(ang_text(points, 2, "Titanium", "62"), "#\n ", line + "\n "));
  };
  with_line("# OPERATOR: orix_v0.15.0");
  const auto known = read_microstructure(temporary("a.ang"), options);
  EXPECT_NEAR(at(known.rve, 0, 0)(0, 0), 180.7e3, 1e-3);
  EXPECT_TRUE(has_note(known, "warning: orix keeps the angles of the maps that it reads"));
  options.sample_axes = "x, y, z";
  EXPECT_FALSE(has_note(read_microstructure(temporary("a.ang"), options), "warning: orix"));
  options.sample_axes.clear();
  with_line("# NOTES: of orix_v0.15.0");
  expect_message([&] { read_microstructure(temporary("a.ang"), options); }, {"--sample-axes"});
}

TEST(CrystalMaps, NamesOfProgramsInNotesChangeNothing) {
  // The first point has no solution, by its confidence.
  const std::vector<Point> points{{1, {0.3, 0.4, 0.5}, -1.}, {2, {0., 0.5 * pi, 0.}}};
  const auto options = options_with("Titanium", titanium_text);
  for (const char* line : {"#", "# NOTES: patterns simulated by EMsoft", "# SCANID: before ACOM"})
    expect_message(
        [&] {
          read_text_map(
              "n.ang",
              replaced(ang_text(points, 2, "Titanium", "62"), "#\n ", std::string(line) + "\n "),
              options);
        },
        {"1 of 2 points are not indexed"});
  // ASTAR has another quantity in this column.
  const auto map = read_text_map("n.ang",
                                 replaced(ang_text(points, 2, "Titanium", "62"), "#\n ",
                                          "# File created from ACOM RES results\n "),
                                 options);
  EXPECT_TRUE(has_note(map, "nanometres"));
}

TEST(CrystalMaps, AStepThatTheCoordinatesContradictIsThatOfTheCoordinates) {
  const auto options = options_with("Titanium", titanium_text);
  std::vector<Point> points(30, four_points[3]);
  points[0] = four_points[0];
  const auto ang = ang_text(points, 10, "Titanium", "62");
  const auto ctf = ctf_text(points, 10, "Titanium", 9, false);
  const auto expect = [&](const std::string& name, const std::string& text, bool warned) {
    const auto map = read_text_map(name, text, options);
    EXPECT_NEAR(map.rve.lengths[0], 5., 1e-9) << name;
    EXPECT_NEAR(map.rve.lengths[1], 0.75, 1e-9) << name;
    EXPECT_EQ(has_note(map, "warning: the step along"), warned) << name;
  };
  expect("s.ang", ang, false);
  expect("s.ang", replaced(ang, "XSTEP: 0.5", "XSTEP: 0.52"), true);
  expect("s.ang", replaced(ang, "YSTEP: 0.25", "YSTEP: 0.26"), true);
  expect("s.ctf", ctf, false);
  expect("s.ctf", replaced(ctf, "YStep\t0.25", "YStep\t0.245"), true);
  // Steps that coordinates of four decimals only round.
  auto fine = ctf;
  for (std::size_t at = 0; (at = fine.find("\t0.2500\t", at)) != std::string::npos; ++at)
    fine.replace(at, 8, "\t0.0019\t");
  for (std::size_t at = 0; (at = fine.find("\t0.5000\t8", at)) != std::string::npos; ++at)
    fine.replace(at, 8, "\t0.0038\t");
  const auto map =
      read_text_map("s.ctf", replaced(fine, "YStep\t0.25", "YStep\t0.00191999"), options);
  EXPECT_NEAR(map.rve.lengths[1], 3 * 0.00191999, 1e-12);
  EXPECT_FALSE(has_note(map, "warning: the step along"));
}

TEST(CrystalMaps, TheHexagonalAxisIsThatOfTheVendor) {
  // With the angles zero, x of the sample is a in files of EDAX and a* in those of Oxford: the
  // two-fold axis a of quartz, half a turn about which changes nothing, is 30 degrees before.
  const std::vector<Point> points{{2, {0., 0., 0.}}, {2, {0.1, 0.2, 0.3}}};
  auto options = options_with("Quartz", quartz_text);
  options.stiffness = {{"Quartz", quartz_text}};
  const auto half_turn = [](double degrees) {
    return Rotation(from_euler(0., 0., degrees * pi / 180.) * from_euler(0., pi, 0.) *
                    from_euler(0., 0., -degrees * pi / 180.));
  };
  for (const bool oxford : {false, true}) {
    const auto rve =
        oxford ? read_text_map("q.ctf", ctf_text(points, 2, "Quartz", 7, false), options).rve
               : read_text_map("q.ang", ang_text(points, 2, "Quartz", "32"), options).rve;
    const auto& c = at(rve, 0, 0);
    EXPECT_LT(difference(rotate(c, half_turn(oxford ? -30. : 0.)), c), 1e-9);
    EXPECT_GT(difference(rotate(c, half_turn(oxford ? 0. : -30.)), c), 0.1);
    // Written by another program, the same file has the other axis.
    options.hexagonal_axis = oxford ? "a" : "a*";
    const auto other = read_microstructure(temporary(oxford ? "q.ctf" : "q.ang"), options).rve;
    options.hexagonal_axis.clear();
    EXPECT_LT(difference(rotate(at(other, 0, 0), half_turn(oxford ? 0. : -30.)), at(other, 0, 0)),
              1e-9);
  }
  options.hexagonal_axis = "b";
  expect_message([&] { read_microstructure(temporary("q.ang"), options); },
                 {"q.ang", "'b'", "--hexagonal-axis", "a*"});
}

TEST(CrystalMaps, ALaueGroupThatIsNotKnownIsRefusedWhereItDecides) {
  // Oxford numbers the groups 1 to 11; a is 30 degrees beside a* in hexagonal and trigonal ones.
  const std::vector<Point> points{{2, {0., 0., 0.}}, {2, {0.1, 0.2, 0.3}}};
  auto options = options_with("Quartz", quartz_text);
  options.stiffness = {{"Quartz", quartz_text}};
  const auto ctf = temporary("g.ctf"), ang = temporary("g.ang");
  write_text(ctf, ctf_text(points, 2, "Quartz", 12, false));
  write_text(ang, ang_text(points, 2, "Quartz", "99"));
  expect_message([&] { read_microstructure(ctf, options); },
                 {ctf, "Laue group", "phase 2 'Quartz'", "--hexagonal-axis"});
  // EDAX has x along a whatever the group is.
  const auto edax = read_microstructure(ang, options).rve;
  EXPECT_NEAR(at(edax, 0, 0)(0, 3), -17.8e3 * std::sqrt(2.), 1e-6);
  options.hexagonal_axis = "a";
  const auto oxford = read_microstructure(ctf, options).rve;
  for (int column = 0; column < 2; ++column)
    EXPECT_LT(difference(at(oxford, column, 0), at(edax, column, 0)), 1e-8) << column;
  options.hexagonal_axis.clear();
  options.grain_angle = 5.;
  expect_message([&] { read_microstructure(ang, options); },
                 {ang, "Laue group", "phase 2 'Quartz'", "--grain-angle"});
}

TEST(CrystalMaps, PhasesOfOneNameAreToldApartByTheirNumbers) {
  // Titanium, cubic as phase 1 and hexagonal or cubic as phase 2, of one and three points.
  const auto path = temporary("n.ang");
  const auto write = [&](const std::string& symmetry) {
    write_text(path,
               replaced(ang_text(four_points, 2, "Titanium", symmetry), "Copper", "Titanium"));
  };
  MicrostructureOptions options;
  options.sample_axes = "x, y, z";
  options.stiffness = {{"1", copper_text}, {"2", titanium_text}};
  write("62");
  const auto map = read_microstructure(path, options);
  expect_axes_of_titanium(map.rve);
  const auto shares = phase_shares(map);
  ASSERT_EQ(shares.size(), 2U);
  EXPECT_EQ(shares[0].phase, "1 'Titanium'");
  EXPECT_EQ(shares[1].phase, "2 'Titanium'");
  EXPECT_NEAR(shares[0].volume_fraction, 0.25, 1e-12);
  EXPECT_NEAR(shares[1].volume_fraction, 0.75, 1e-12);
  EXPECT_TRUE(has_note(map, "trigonal phases (2 'Titanium')"));
  // One stiffness cannot be that of both crystals.
  options.stiffness = {{"Titanium", titanium_text}};
  expect_message([&] { read_microstructure(path, options); },
                 {path, "'Titanium'", "1 (cubic), 2 (hexagonal)", "number:2", "--stiffness"});
  write("43");
  options.stiffness = {{"Titanium", copper_text}};
  const auto both = read_microstructure(path, options);
  EXPECT_TRUE(has_note(both, "'Titanium' is the name of the phases 1, 2"));
  EXPECT_LT(difference(at(both.rve, 1, 1), rotate(copper(), from_euler(0.3, 0.4, 0.5))), 1e-8);
  // A phase that no point is of takes no part.
  write("62");
  auto text = read_text(path);
  for (std::size_t at = 0; (at = text.find(" 2 0.0 1.0\n", at)) != std::string::npos; ++at)
    text[at + 1] = '1';
  write_text(path, text);
  EXPECT_EQ(read_microstructure(path, options).phase_of[0], "1 'Titanium'");
}

TEST(CrystalMaps, PointsThatAreNotIndexedAreAskedFor) {
  // Confidence -1, angles of 4 pi, phase -1, phase 0 beside others; a row of six.
  const std::vector<Point> points{
      {1, {0.3, 0.4, 0.5}}, {1, {0.3, 0.4, 0.5}, -1.}, {1, {4. * pi, 4. * pi, 4. * pi}},
      {-1, {1., 1., 1.}},   {0, {1., 1., 1.}},         {2, {0., 0.5 * pi, 0.}}};
  auto options = options_with("Titanium", titanium_text);
  const auto path = temporary("u.ang");
  write_text(path, ang_text(points, 6, "Titanium", "62"));
  expect_message([&] { read_microstructure(path, options); },
                 {path, "4 of 6 points", "--unindexed", "nearest", "phase"});
  options.unindexed = "nearest";
  const auto nearest = read_microstructure(path, options).rve;
  const MandelMatrix left = rotate(copper(), from_euler(0.3, 0.4, 0.5));
  for (int column = 0; column < 3; ++column)
    EXPECT_LT(difference(at(nearest, column, 0), left), 1e-8) << column;
  for (int column = 3; column < 6; ++column)
    EXPECT_NEAR(at(nearest, column, 0)(1, 1), 180.7e3, 1e-3) << column;
  options.unindexed = "phase";
  expect_message([&] { read_microstructure(path, options); }, {path, "unindexed", "stiffness"});
  options.stiffness.emplace_back("unindexed", "void");
  const auto own = read_microstructure(path, options).rve;
  for (int column = 1; column < 5; ++column)
    EXPECT_EQ(at(own, column, 0).cwiseAbs().maxCoeff(), 0.) << column;
  EXPECT_GT(at(own, 0, 0)(0, 0), 1e5);
  options.unindexed = "none";
  expect_message([&] { read_microstructure(path, options); }, {path, "'none'", "nearest"});
  // The phase of a file with one phase is 0.
  options = options_with("Titanium", titanium_text);
  options.stiffness = {{"Copper", copper_text}};
  const auto single =
      read_text_map("s.ang", ang_text({{0, {0.3, 0.4, 0.5}}, {0, {0., 0., 0.}}}, 2, "", ""),
                    options)
          .rve;
  EXPECT_LT(difference(at(single, 0, 0), left), 1e-8);
  expect_message(
      [&] {
        read_text_map("n.ang", ang_text({{-1, {0, 0, 0}}, {-1, {0, 0, 0}}}, 2, "", ""), options);
      },
      {"n.ang", "none of the 2 points is indexed"});
}

TEST(CrystalMaps, NeighboursWithinAnAngleAreAGrain) {
  // Two grains of copper, whose points scatter by a degree and are given as any of the 24
  // equivalent orientations.
  RandomStream random(7);
  const std::array<Rotation, 2> mean{from_euler(0.3, 0.4, 0.5), from_euler(2.1, 1.2, 0.1)};
  const std::array<Rotation, 3> quarter{from_euler(0.5 * pi, 0., 0.), from_euler(0., 0.5 * pi, 0.),
                                        from_euler(0., 0.5 * pi, 0.5 * pi)};
  std::vector<Point> points;
  for (int p = 0; p < 200; ++p) {
    Rotation r = small_random_rotation(0.5 * pi / 180., random) * mean[p % 20 < 10 ? 0 : 1];
    for (int turn = 0; turn < 4; ++turn)
      r = r * quarter[static_cast<std::size_t>(random.uniform(0., 2.999))];
    const auto angles = to_euler(r);
    points.push_back({1, {angles[0], angles[1], angles[2]}});
  }
  auto options = options_with("", "");
  options.stiffness = {{"Copper", copper_text}};
  const auto path = temporary("g.ang");
  write_text(path, ang_text(points, 20, "", ""));
  EXPECT_EQ(read_microstructure(path, options).rve.stiffness.size(), 200U);
  options.grain_angle = 5.;
  const auto rve = read_microstructure(path, options).rve;
  ASSERT_EQ(rve.stiffness.size(), 2U);
  // A mean of 100 points with half a degree of scatter, about 0.1 degrees from the true one.
  EXPECT_LT(difference(at(rve, 0, 0), rotate(copper(), mean[0])), 2e-3);
  EXPECT_LT(difference(at(rve, 19, 9), rotate(copper(), mean[1])), 2e-3);
  for (int row = 0; row < 10; ++row)
    for (int column = 0; column < 20; ++column)
      EXPECT_EQ(rve.phase[static_cast<std::size_t>(column * 10 + row)], column < 10 ? 0 : 1);
  options.grain_angle = -1.;
  expect_message([&] { read_microstructure(path, options); }, {path, "--grain-angle", "60"});
}

TEST(CrystalMaps, WhatIsWrongWithATextMapIsSaid) {
  const auto options = options_with("Titanium", titanium_text);
  const auto good = ang_text(four_points, 2, "Titanium", "62");
  const auto expect = [&](const std::string& name, const std::string& text,
                          std::vector<std::string> parts) {
    parts.push_back(name);
    expect_message([&] { read_text_map(name, text, options); }, parts);
  };
  expect("h.ang", ang_text(four_points, 2, "Titanium", "62", "HexGrid"),
         {"HexGrid", "SqrGrid", "DREAM.3D"});
  expect("t.ang", good.substr(0, good.size() - 90), {"row 2 of 2", "truncated"});
  expect("m.ang", good + "0 0 0 0 0 0 0 1 0 0\n", {"more points", "2 x 2"});
  expect("x.ang", replaced(good, "XSTEP: 0.5", "XSTEP: 5"), {"line", "expected 5"});
  expect("n.ang", replaced(good, "XSTEP: 0.5", "XSTEP: -1"), {"XSTEP", "positive"});
  expect("r.ang", replaced(good, "NROWS: 2", "NROWS: 2000000"), {"more than the file holds"});
  expect("d.ang", replaced(good, "0.300000000", "30.00000000"), {"angle 30", "radians"});
  expect("p.ang", ang_text({{7, {0, 0, 0}}, {1, {0, 0, 0}}}, 2, "Titanium", "62"),
         {"phase 7", "1, 2"});
  expect("q.ang", replaced(good, "100.0", "abc"), {"line", "eight numbers"});
  const auto ctf = ctf_text(four_points, 2, "Titanium", 9, false);
  expect("j.ctf", replaced(ctf, "Grid", "Line"), {"JobMode", "'Line'", "Grid"});
  expect("t.ctf", ctf.substr(0, ctf.size() - 60), {"row 2 of 2", "truncated"});
  expect("z.ctf", replaced(ctf, "\nXStep", "\nZCells\t3\nXStep"),
         {"'ZCells'", "is 3", "one layer"});
  expect("c.ctf", replaced(ctf, "XCells\t2", "XCells\t2.5"), {"XCells", "2.5"});
  expect("e.ctf", replaced(ctf, "90.000000000", "900.00000000"), {"Euler2", "360"});
  expect("p.ctf", replaced(ctf, "\n2\t0.0000", "\n3\t0.0000"), {"phase 3", "1 to 2"});
}

TEST(CrystalMaps, OxfordAndOrixInHdf5) {
  std::vector<float> euler;
  std::vector<int> phase;
  std::vector<double> phi1, Phi, phi2;
  for (const auto& point : four_points) {
    for (const double angle : point.angle) euler.push_back(static_cast<float>(angle));
    phase.push_back(point.phase);
    phi1.push_back(point.angle[0]);
    Phi.push_back(point.angle[1]);
    phi2.push_back(point.angle[2]);
  }
  const auto name = [](Hdf5Edit& file, const std::string& path, const std::string& text) {
    const hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, text.size() + 1);
    file.write(path, {1}, std::vector<char>(text.c_str(), text.c_str() + text.size() + 1), type);
    H5Tclose(type);
  };
  const auto oxford = temporary("o.h5oina");
  {
    Hdf5Edit file(oxford, true);
    file.integers("1/EBSD/Header/X Cells", {1}, {2});
    file.integers("1/EBSD/Header/Y Cells", {1}, {2});
    file.floats("1/EBSD/Header/X Step", {1}, {0.5F});
    file.floats("1/EBSD/Header/Y Step", {1}, {0.25F});
    name(file, "1/EBSD/Header/Phases/1/Phase Name", "Copper");
    name(file, "1/EBSD/Header/Phases/2/Phase Name", "Titanium");
    file.integers("1/EBSD/Header/Phases/1/Laue Group", {1}, {11});
    file.integers("1/EBSD/Header/Phases/2/Laue Group", {1}, {9});
    file.integers("1/EBSD/Data/Phase", {4, 1}, phase);
    file.floats("1/EBSD/Data/Euler", {4, 3}, euler);
  }
  auto options = options_with("Titanium", titanium_text);
  const auto read = read_microstructure(oxford, options);
  EXPECT_EQ(read.format, "h5oina");
  EXPECT_NEAR(at(read.rve, 1, 0)(0, 0), 180.7e3, 0.1);
  EXPECT_NEAR(at(read.rve, 0, 0)(1, 1), 180.7e3, 0.1);
  EXPECT_EQ(read.rve.lengths, (std::vector<double>{1., 0.5}));
  // Coordinates, which files of other programs may lack, say in which order the points are.
  {
    Hdf5Edit file(oxford);
    file.floats("1/EBSD/Data/X", {4}, {10.F, 10.5F, 10.F, 10.5F});
    file.floats("1/EBSD/Data/Y", {4}, {3.F, 3.F, 3.25F, 3.25F});
  }
  EXPECT_EQ(read_microstructure(oxford, options).rve.phase, read.rve.phase);
  {
    Hdf5Edit file(oxford);
    file.floats("1/EBSD/Data/X", {4}, {10.F, 10.F, 10.5F, 10.5F});
    file.floats("1/EBSD/Data/Y", {4}, {3.F, 3.25F, 3.F, 3.25F});
  }
  expect_message([&] { read_microstructure(oxford, options); },
                 {oxford, "/1/EBSD/Data/X", "point 1", "row by row"});
  Hdf5Edit(oxford).integers("1/EBSD/Header/X Cells", {1}, {3});
  expect_message([&] { read_microstructure(oxford, options); },
                 {oxford, "'/1/EBSD/Data'", "X Cells"});

  // orix numbers phases from 0 and points in any order.
  const auto orix = temporary("orix.h5");
  const std::string data = "crystal_map/data/", header = "crystal_map/header/";
  {
    Hdf5Edit file(orix, true);
    const auto doubles = [&](const std::string& path, std::vector<double> values) {
      std::reverse(values.begin(), values.end());
      file.write(path, {values.size()}, values, H5T_NATIVE_DOUBLE);
    };
    doubles(data + "phi1", phi1);
    doubles(data + "Phi", Phi);
    doubles(data + "phi2", phi2);
    doubles(data + "x", {0., 0.5, 0., 0.5});
    doubles(data + "y", {1., 1., 1.25, 1.25});
    file.integers(data + "phase_id", {4}, {0, 1, 1, 1});
    file.integers(data + "is_in_data", {4}, {1, 1, 1, 1});
    file.write(header + "x_step", {1}, std::vector<double>{0.5}, H5T_NATIVE_DOUBLE);
    file.write(header + "y_step", {1}, std::vector<double>{0.25}, H5T_NATIVE_DOUBLE);
    file.integers(header + "nx", {1}, {4});  // that of all points
    file.integers(header + "ny", {1}, {4});
    name(file, header + "phases/0/name", "Copper");
    name(file, header + "phases/0/point_group", "m-3m");
    name(file, header + "phases/1/name", "Titanium");
    name(file, header + "phases/1/point_group", "6/mmm");
  }
  options.sample_axes.clear();
  const auto map = read_microstructure(orix, options);
  EXPECT_EQ(map.format, "orix");
  EXPECT_EQ(map.rve.shape, (std::vector<int>{2, 2}));
  expect_axes_of_titanium(map.rve);
  // A step of the header that the coordinates contradict by 2 %.
  EXPECT_FALSE(has_note(map, "warning: the step along"));
  Hdf5Edit(orix).write(header + "x_step", {1}, std::vector<double>{0.51}, H5T_NATIVE_DOUBLE);
  const auto stretched = read_microstructure(orix, options);
  EXPECT_NEAR(stretched.rve.lengths[0], 1., 1e-12);
  EXPECT_TRUE(has_note(stretched, "warning: the step along x is 0.51 by the header, but 0.5"));
  Hdf5Edit(orix).write(header + "x_step", {1}, std::vector<double>{0.5}, H5T_NATIVE_DOUBLE);
  Hdf5Edit(orix).integers(data + "is_in_data", {4}, {1, 1, 1, 0});
  expect_message([&] { read_microstructure(orix, options); }, {orix, "1 of 4 points"});
  Hdf5Edit(orix).write(data + "x", {4}, std::vector<double>{0.5, 0.1, 0.5, 0.}, H5T_NATIVE_DOUBLE);
  expect_message([&] { read_microstructure(orix, options); }, {orix, "data/x", "step 0.5"});
}

TEST(CrystalMaps, VoxelsOfEvpfft) {
  // 2 x 1 x 2 voxels, x fastest; c along x in the voxel (1, 0, 1) only.
  const std::string text =
      "0 0 0 1 1 1 5 1\n10.5 0 0 2 1 1 5 1\n0 0 0 1 1 2 5 1\n90 90 20 2 1 2 5 1\n";
  MicrostructureOptions options;
  options.stiffness = {{"1", titanium_text}};
  const auto path = temporary("e.txt");
  write_text(path, text);
  expect_message([&] { read_microstructure(path, options); }, {path, "--spacing", "2x1x2"});
  options.spacing = {0.5, 0.25, 1.};
  const auto map = read_microstructure(path, options);
  EXPECT_EQ(map.format, "evpfft");
  EXPECT_EQ(map.rve.lengths, (std::vector<double>{1., 0.25, 2.}));
  const auto stiffness = [&](std::size_t v) { return map.rve.stiffness[map.rve.phase[v]]; };
  EXPECT_NEAR(stiffness(3)(0, 0), 180.7e3, 1e-6);
  for (const std::size_t v : {0U, 1U, 2U}) EXPECT_NEAR(stiffness(v)(2, 2), 180.7e3, 1e-6) << v;
  // Without a Laue group nobody knows what orientations are the same.
  options.grain_angle = 5.;
  expect_message([&] { read_microstructure(path, options); },
                 {path, "--grain-angle", "no effect", "evpfft"});
  options.grain_angle = 0.;
  const auto expect = [&](const std::string& changed, std::vector<std::string> parts) {
    write_text(path, changed);
    parts.push_back(path);
    expect_message([&] { read_microstructure(path, options); }, parts);
  };
  expect(text.substr(0, text.find("90 90")), {"3 lines", "2, 1, 2"});
  expect(replaced(text, "0 0 0 1 1 2 5 1", "0 0 0 2 1 2 5 1"), {"given twice"});
  options.format = "evpfft";
  expect(replaced(text, "90 90 20", "90 900 20"), {"line 4", "360"});
  expect(replaced(text, "0 0 0 1 1 2 5 1", "0 0 0 1 1 2 5"), {"line 3", "8 numbers"});
}

TEST(CrystalMaps, VoxelsOfKanapy) {
  // 1 x 2 x 2 voxels of the edges 0.75, 0.5, 0.25; c of grain 3 along x; grain 7 is not turned.
  const std::string text =
      "{\"Model\": {\"Creator\": \"kanapy\", \"Phase_names\": [\"Copper\", \"Titanium\"], "
      "\"Size\": [0, 1, 0]}, \"Data\": {\"Shape\": [1, 2, 2], \"Order\": \"C\", \"Values\": [3, 7, "
      "7, 3]}, \"Grains\": {\"Orientation\": \"Euler-Bunge angle\", \"3\": {\"Phase\": 1, "
      "\"Orientation\": [1.5707963267948966, 1.5707963267948966, 0.2]}, \"7\": {\"Phase\": 1}}, "
      "\"Mesh\": {\"Nodes\": {\"Values\": [[1, 0, 0], [1.75, 0, 0.5], [1, 1, 0]]}, \"Voxels\": "
      "{\"Values\": [[1, 2]]}}}";
  const auto path = temporary("k.json");
  MicrostructureOptions options;
  options.stiffness = {{"Titanium", titanium_text}};
  write_text(path, text);
  const auto map = read_microstructure(path, options);
  EXPECT_EQ(map.format, "kanapy");
  EXPECT_EQ(map.rve.lengths, (std::vector<double>{0.75, 1., 0.5}));
  const auto stiffness = [&](std::size_t v) { return map.rve.stiffness[map.rve.phase[v]]; };
  EXPECT_NEAR(stiffness(0)(0, 0), 180.7e3, 1e-6);
  EXPECT_NEAR(stiffness(3)(0, 0), 180.7e3, 1e-6);
  EXPECT_NEAR(stiffness(1)(2, 2), 180.7e3, 1e-6);
  EXPECT_NEAR(stiffness(1)(0, 0), 162.4e3, 1e-6);
  const auto expect = [&](const std::string& changed, std::vector<std::string> parts) {
    write_text(path, changed);
    parts.push_back(path);
    expect_message([&] { read_microstructure(path, options); }, parts);
  };
  expect(replaced(text, "[3, 7, ", "[3, 8, "), {"Grains/8", "missing"});
  expect(replaced(text, "[3, 7, ", "[3, 7.5, "), {"Data/Values", "7.5", "integers"});
  expect(replaced(text, "[1, 2, 2]", "[2, 2, 2]"), {"Data/Values", "4 values", "expected 8"});
  expect(replaced(text, "\"Phase\": 1}", "\"Phase\": 2}"), {"Grains/7/Phase", "0 to 1"});
  expect(replaced(text, "0.2]", "90]"), {"Grains/3/Orientation", "radians"});
  expect(replaced(text, "[1.75, 0, 0.5]", "[1, 0, 0.5]"), {"axis 0", "positive length"});
  expect(text.substr(0, text.size() - 3), {"JSON"});
  // Without a mesh, the size has to be given.
  const auto bare = text.substr(0, text.find(", \"Mesh\"")) + "}";
  expect(bare, {"--lengths", "1x2x2"});
  options.lengths = {3., 2., 1.};
  EXPECT_EQ(read_microstructure(path, options).rve.lengths, (std::vector<double>{3., 2., 1.}));
}
