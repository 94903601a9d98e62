// Raster tessellations of Neper. Right values: the table of descriptors in its manual, for a
// crystal that is turned by 30 degrees about the first axis of the sample.

#include <gtest/gtest.h>

#include <cmath>

#include "seco/materials/elastic_symmetry.h"
#include "seco/materials/microstructure_file.h"
#include "seco/materials/rotation.h"
#include "support/message_of.h"
#include "support/small_microstructures.h"

using namespace seco::materials;
using namespace seco::test;

namespace {

const char* const titanium_text = "hexagonal: 162.4e3, 92.0e3, 69.0e3, 180.7e3, 46.7e3";

MandelMatrix titanium() {
  return hexagonal(162.4e3, 92.0e3, 69.0e3, 180.7e3, 46.7e3);
}

/// 2 x 1 x 2 voxels of one cell with an orientation, and one void.
std::string tesr_text(const std::string& version, const std::string& descriptor,
                      const std::string& orientation, const std::string& data = "ascii\n1 1 1 0\n",
                      const std::string& more = "") {
  const bool old = version.starts_with("2.0");
  return "***tesr\n **format\n   " + version +
         "\n **general\n   3\n   2 1 2\n   0.5 0.25 1\n  *origin\n   1 2 3\n **cell\n   1\n  *id\n "
         " "
         " 1\n  *ori\n   " +
         descriptor + "\n   " + orientation + "\n  *crysym\n   hexagonal\n" + more + " **data\n" +
         (old ? data.substr(data.find('\n') + 1) : "   " + data) + "***end\n";
}

Microstructure read(const std::string& text, MicrostructureOptions options = {}) {
  const auto path = temporary("n.tesr");
  write_text(path, text);
  if (options.stiffness.empty()) options.stiffness = {{"1", titanium_text}, {"0", "void"}};
  return read_microstructure(path, options);
}

double difference(const MandelMatrix& a, const MandelMatrix& b) {
  return (a - b).cwiseAbs().maxCoeff() / b.cwiseAbs().maxCoeff();
}

const MandelMatrix& at(const Rve& rve, std::size_t v) {
  return rve.stiffness[rve.phase[v]];
}

void expect_message(const std::function<void()>& call, const std::vector<std::string>& parts) {
  const auto message = message_of(call);
  for (const auto& part : parts)
    EXPECT_NE(message.find(part), std::string::npos) << part << "\n" << message;
}

}  // namespace

TEST(TesrFile, DescriptorsOfOneOrientationAreTheSame) {
  const double angle = std::acos(-1.) / 6.;
  // v_sample = R v_crystal, both axes about x.
  const MandelMatrix expected = rotate(titanium(), from_euler(0., angle, 0.)),
                     inverse = rotate(titanium(), from_euler(0., -angle, 0.));
  ASSERT_GT(difference(expected, inverse), 0.01);
  const std::vector<std::pair<std::string, std::string>> descriptors{
      {"rodrigues", "0.267949192431 0 0"},
      {"euler-bunge", "0 30 0"},
      {"euler-kocks", "270 30 90"},
      {"euler-roe", "270 30 90"},
      {"rotmat", "1 0 0 0 0.866025403784 0.5 0 -0.5 0.866025403784"},
      {"axis-angle", "1 0 0 30"},
      {"quaternion", "0.965925826289 0.258819045103 0 0"}};
  for (const auto& [name, values] : descriptors) {
    // Version 2.2 gave the conventions the names of each other.
    for (const auto& [version, usual, other] :
         {std::tuple("2.2", "passive", "active"), std::tuple("2.1", "active", "passive"),
          std::tuple("2.0 ascii", "active", "passive")}) {
      const auto rve = read(tesr_text(version, name + ":" + usual, values)).rve;
      EXPECT_LT(difference(at(rve, 0), expected), 1e-9) << name << version;
      EXPECT_LT(difference(at(read(tesr_text(version, name, values)).rve, 0), expected), 1e-9)
          << name << version;
      EXPECT_LT(
          difference(at(read(tesr_text(version, name + ":" + other, values)).rve, 0), inverse),
          1e-9)
          << name << version;
    }
  }
  const auto map = read(tesr_text("2.2", "euler-bunge", "0 30 0"));
  EXPECT_EQ(map.format, "tesr");
  EXPECT_EQ(map.rve.lengths, (std::vector<double>{1., 0.25, 2.}));
  // x fastest on file, so that the last voxel is the void.
  EXPECT_EQ(at(map.rve, 3).cwiseAbs().maxCoeff(), 0.);
  EXPECT_GT(at(map.rve, 2)(0, 0), 1e5);
}

TEST(TesrFile, BinaryDataOfEverySize) {
  using namespace std::string_literals;
  // Cells 1 to 32, of which 9, 10 and 32 look like blanks.
  std::string cells = " **cell\n   32\n  *group\n  ";
  for (int c = 1; c <= 32; ++c) cells += " " + std::to_string(c == 32 ? 2 : 1);
  const auto text = [&](const std::string& format, const std::string& bytes) {
    return "***tesr\n **format\n   2.2\n **general\n   2\n   2 2\n   1 1\n" + cells +
           "\n **data\n   " + format + "\n" + bytes + "\n***end\n";
  };
  MicrostructureOptions options;
  options.stiffness = {{"1", "1000, 0.3"}, {"2", "2000, 0.3"}};
  for (const auto& [format, bytes] :
       {std::pair("ascii"s, "10 32\n9 1"s), std::pair("binary8"s, "\x0a\x20\x09\x01"s),
        std::pair("binary16"s, "\x0a\0\x20\0\x09\0\x01\0"s),
        std::pair("binary16_big"s, "\0\x0a\0\x20\0\x09\0\x01"s),
        std::pair("binary32"s, "\x0a\0\0\0\x20\0\0\0\x09\0\0\0\x01\0\0\0"s),
        std::pair("binary32_big"s, "\0\0\0\x0a\0\0\0\x20\0\0\0\x09\0\0\0\x01"s)}) {
    const auto rve = read(text(format, bytes), options).rve;
    ASSERT_EQ(rve.shape, (std::vector<int>{2, 2})) << format;
    EXPECT_NEAR(rve.stiffness_3d[rve.phase[2]](0, 0) / rve.stiffness_3d[rve.phase[0]](0, 0), 2.,
                1e-12)
        << format;
    EXPECT_EQ(rve.stiffness_3d[rve.phase[1]], rve.stiffness_3d[rve.phase[3]]) << format;
  }
  write_text(temporary("cells.raw"), "\x0a\x20\x09\x01");
  EXPECT_EQ(read(text("binary8", "*file cells.raw"), options).rve.stiffness.size(), 4U);
  const auto path = temporary("n.tesr");
  for (const char* name : {"../cells.raw", "/dev/zero", "none.raw"})
    expect_message([&] { read(text("binary8", std::string("*file ") + name), options); },
                   {path, name, "folder"});
}

TEST(TesrFile, OrientationsOfVoxels) {
  const std::string voxels =
      " **oridata\n   euler-bunge:passive\n   ascii\n   0 0 0\n   90 90 0\n   0 90 0\n   1 1 1\n";
  MicrostructureOptions options;
  const auto whole = tesr_text("2.2", "rodrigues", "0 0 0", "ascii\n1 1 1 0\n" + voxels);
  const auto path = temporary("n.tesr");
  expect_message([&] { read(whole, options); }, {path, "--orientations", "ori", "oridata"});
  options.orientations = "ori";
  EXPECT_NEAR(at(read(whole, options).rve, 1)(2, 2), 180.7e3, 1e-6);
  options.orientations = "oridata";
  const auto rve = read(whole, options).rve;
  EXPECT_NEAR(at(rve, 0)(2, 2), 180.7e3, 1e-6);  // c along z
  EXPECT_NEAR(at(rve, 2)(0, 0), 180.7e3, 1e-6);  // along x
  EXPECT_NEAR(at(rve, 1)(1, 1), 180.7e3, 1e-6);  // along y
  EXPECT_EQ(at(rve, 3).cwiseAbs().maxCoeff(), 0.);
  const auto defined = tesr_text("2.2", "rodrigues", "0 0 0",
                                 "ascii\n1 1 1 1\n" + voxels + " **oridef\n   ascii\n   1 1 1 0\n");
  expect_message([&] { read(defined, options); }, {path, "1 of 4 points", "--unindexed"});
}

TEST(TesrFile, WhatIsWrongIsSaid) {
  const auto good = tesr_text("2.2", "rodrigues", "0 0 0");
  const auto path = temporary("n.tesr");
  const auto replaced = [&](const std::string& from, const std::string& to) {
    auto text = good;
    const auto at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return text.replace(at, from.size(), to);
  };
  const auto expect = [&](const std::string& text, std::vector<std::string> parts) {
    parts.push_back(path);
    expect_message([&] { read(text); }, parts);
  };
  expect(replaced("2.2", "3.0"), {"'3.0'", "2.2"});
  expect(replaced("2 1 2", "2 1 2000000"), {"truncated"});
  expect(replaced("2 1 2", "2 1 3"), {"'**data'", "***end"});
  expect(replaced("2 1 2", "1 1 2"), {"'1'", "sizes may be wrong"});
  expect(replaced("0.5 0.25 1", "0.5 -1 1"), {"positive"});
  expect(replaced("1 1 1 0", "1 1 2 0"), {"cell 2", "describes 1"});
  expect(replaced("1 1 1 0", "1 1 1.5 0"), {"'1.5'", "integers"});
  expect(replaced("rodrigues", "miller"), {"'miller'", "euler-bunge"});
  expect(replaced("rodrigues", "rodrigues:usual"), {"usual", "passive"});
  expect(replaced("ascii\n1", "binary64\n1"), {"binary64", "binary32_big"});
  expect(good.substr(0, good.size() - 7), {"***end", "truncated"});
  MicrostructureOptions options;
  options.stiffness = {{"1", titanium_text}};
  expect_message([&] { read(good, options); }, {path, "voids", "0 = void"});
}

TEST(TesrFile, TheGroup0IsNoVoid) {
  // Cells 1 and 2 of the groups 0 and 1, and one voxel of cell 0.
  const std::string
      begin =
          "***tesr\n **format\n   2.2\n **general\n   2\n   2 2\n   1 1\n **cell\n   2\n  *group\n",
      end = " **data\n   ascii\n 1 2 2 0\n***end\n";
  const auto path = temporary("n.tesr");
  MicrostructureOptions options;
  options.stiffness = {{"0", "1000, 0.3"}, {"1", "2000, 0.3"}, {"voids", "void"}};
  const auto map = read(begin + "   0 1\n" + end, options);
  const auto c11 = [&](std::size_t v) { return map.rve.stiffness_3d[map.rve.phase[v]](0, 0); };
  // Last axis fastest: cells 1, 2, 2, 0 of the file are voxels 0, 2, 1, 3.
  EXPECT_NEAR(c11(2) / c11(0), 2., 1e-12);
  EXPECT_EQ(c11(1), c11(2));
  EXPECT_EQ(c11(3), 0.);
  EXPECT_EQ(map.phase_of[map.rve.phase[3]], "voids");
  // What makes voids of phase 0 elsewhere leaves those here without a stiffness.
  options.stiffness = {{"0", "void"}, {"1", "2000, 0.3"}};
  expect_message([&] { read(begin + "   0 1\n" + end, options); },
                 {path, "phase -1 ('voids')", "'voids = void'"});
  // Without a group 0, voids are phase 0.
  const auto usual = read(begin + "   1 1\n" + end, options);
  EXPECT_EQ(usual.rve.stiffness_3d[usual.rve.phase[3]].cwiseAbs().maxCoeff(), 0.);
}

TEST(TesrFile, VoidsHaveNoSymmetryThatGrainsAsk) {
  const auto text =
      tesr_text("2.2", "rodrigues", "0 0 0",
                "ascii\n1 1 1 0\n **oridata\n   euler-bunge:passive\n   ascii\n   0 0 "
                "0\n   60 0 1\n   0 90 0\n   1 1 1\n");
  MicrostructureOptions options;
  options.orientations = "oridata";
  options.grain_angle = 5.;
  // Hexagonal crystals a degree apart, one turned by 90 degrees, and the void.
  EXPECT_EQ(read(text, options).rve.stiffness.size(), 3U);
}
