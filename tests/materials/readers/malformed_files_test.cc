// Microstructure files that are cut short or changed at random: each is read or refused with a
// message that names it, and never ends the program.

#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>

#include "seco/materials/microstructure_file.h"
#include "seco/materials/parameter_file.h"
#include "seco/materials/random.h"
#include "seco/materials/rve_file.h"
#include "support/mutated.h"
#include "support/small_microstructures.h"

using namespace seco::materials;
using namespace seco::test;

namespace {

/// Reads the file; whatever is thrown must name it. Returns true if it was accepted.
bool read_or_refused(const std::string& path, const MicrostructureOptions& options) {
  try {
    const auto read = read_microstructure(path, options);
    check(read.rve, path);
    return true;
  } catch (const std::exception& error) {
    const std::string message = error.what();
    EXPECT_TRUE(message.find(path) != std::string::npos ||
                (!options.material_file.empty() &&
                 message.find(options.material_file) != std::string::npos) ||
                message.find("phase") != std::string::npos)
        << message;
    return false;
  }
}

struct Sample {
  std::string path;
  MicrostructureOptions options;
};

Sample sample_of(const std::string& kind) {
  const auto grid = asymmetric_grid();
  Sample sample;
  sample.path = temporary("sample." + kind);
  if (kind == "dream3d" || kind == "8.dream3d") {
    write_dream3d(sample.path, grid, kind == "dream3d" ? 7 : 8);
    sample.options.stiffness = {{"1", "Al"}, {"2", "Ti"}};
  } else if (kind == "png") {
    write_png(sample.path, 4, 3, {1, 20, 3, 40, 5, 60, 7, 80, 9, 100, 11, 120});
    sample.options.thresholds = {50};
    sample.options.stiffness = {{"0", "Al"}, {"1", "Cu"}};
  } else if (kind == "h5") {
    Rve rve;
    rve.shape = {2, 3};
    rve.lengths = {1, 1};
    rve.phase = {0, 0, 0, 0, 0, 0};
    rve.stiffness = {MandelMatrix(MandelMatrix::Identity(3, 3))};
    rve.orientation = {{1, 2, 3}};
    write_rve(sample.path, rve);
  } else {
    VtkWay way;
    way.compressed = kind == "zip.vti";
    way.format = kind == "raw.vti" ? "appended" : "binary";
    way.base64 = kind != "raw.vti";
    sample.options.material_file = sample.path + ".yaml";
    write_text(sample.options.material_file, damask_material_text(grid));
    write_text(sample.path, image_data_text(grid, "material", way));
  }
  return sample;
}

class MalformedFile : public ::testing::TestWithParam<const char*> {};

}  // namespace

TEST_P(MalformedFile, CutShortAtAnyLengthIsReadOrRefused) {
  const auto sample = sample_of(GetParam());
  const auto bytes = read_text(sample.path);
  ASSERT_TRUE(read_or_refused(sample.path, sample.options));
  std::size_t accepted = 0, tried = 0;
  for (std::size_t size = 0; size < bytes.size(); size += 64, ++tried) {
    write_text(sample.path, bytes.substr(0, size));
    accepted += read_or_refused(sample.path, sample.options);
  }
  EXPECT_EQ(accepted, 0U) << "of " << tried;
}

TEST_P(MalformedFile, ChangedAtRandomIsReadOrRefused) {
  const auto sample = sample_of(GetParam());
  const auto bytes = read_text(sample.path);
  RandomStream random(2026);
  std::size_t refused = 0;
  for (int n = 0; n < 150; ++n) {
    write_text(sample.path, mutated(bytes, random));
    refused += !read_or_refused(sample.path, sample.options);
  }
  EXPECT_GT(refused, 10U);
}

INSTANTIATE_TEST_SUITE_P(Formats, MalformedFile,
                         ::testing::Values("dream3d", "8.dream3d", "png", "h5", "zip.vti",
                                           "raw.vti", "inline.vti"),
                         [](const auto& info) {
                           std::string name = info.param;
                           for (auto& c : name) c = c == '.' ? '_' : c;
                           return "f" + name;
                         });

TEST(MalformedMaterialFile, ChangedAtRandomIsReadOrRefused) {
  const auto sample = sample_of("inline.vti");
  const auto text = read_text(sample.options.material_file);
  RandomStream random(7);
  for (int n = 0; n < 300; ++n) {
    write_text(sample.options.material_file, mutated(text, random));
    read_or_refused(sample.path, sample.options);
  }
  for (std::size_t size = 0; size < text.size(); size += 64) {
    write_text(sample.options.material_file, text.substr(0, size));
    read_or_refused(sample.path, sample.options);
  }
  write_text(sample.options.material_file, std::string(100000, '['));
  EXPECT_FALSE(read_or_refused(sample.path, sample.options));
}

TEST(MalformedParameterFile, ChangedAtRandomIsReadOrRefusedWithItsName) {
  const std::string text =
      "subsection A\n  set Key = 1, 2, \\\n 3 # comment\n  subsection B\n  set Other = x\n  "
      "end\nend\nset Top = true\n";
  RandomStream random(11);
  for (int n = 0; n < 2000; ++n) try {
      ParameterFile file(mutated(text, random), "x.prm");
      file.numbers("A", "Key", {}, "");
      file.flag("", "Top", false, "");
      file.check_all_used();
    } catch (const std::exception& error) {
      EXPECT_NE(std::string(error.what()).find("x.prm"), std::string::npos) << error.what();
    }
}
