// What is refused, noted and preferred in the datasets of DREAM.3D files.

#include <gtest/gtest.h>
#include <hdf5.h>

#include <cmath>
#include <filesystem>
#include <limits>

#include "hdf5_edit.h"
#include "seco/materials/microstructure_file.h"
#include "seco/materials/rotation.h"
#include "support/message_of.h"
#include "support/small_microstructures.h"

using namespace seco::materials;
using namespace seco::test;

namespace {

const std::string cells = "DataContainers/Volume/CellData",
                  grains = "DataContainers/Volume/CellFeatureData";

/// A small file that is changed and read again.
class Dream3d : public ::testing::Test {
 protected:
  Dream3d() {
    options_.stiffness = {{"1", "Al"}, {"2", "Ti"}};
    write_dream3d(path_, grid_);
  }
  ~Dream3d() override {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }

  void remove(const std::string& dataset) const { Hdf5Edit(path_).remove(dataset); }
  void write(const std::string& dataset, const std::vector<hsize_t>& shape,
             const std::vector<float>& values) const {
    Hdf5Edit(path_).floats(dataset, shape, values);
  }
  void write(const std::string& dataset, const std::vector<hsize_t>& shape,
             const std::vector<int>& values) const {
    Hdf5Edit(path_).integers(dataset, shape, values);
  }
  /// Euler angles of the voxels in the order of the file, turned more along z.
  void write_angles_of_voxels(const std::string& name) const {
    std::vector<float> angles(60 * 3, 0.F);
    for (std::size_t v = 0; v < 60; ++v) angles[3 * v] = 0.25F * static_cast<float>(v / 12);
    write(cells + "/" + name, {5, 4, 3, 3}, angles);
  }

  Microstructure read() const { return read_microstructure(path_, options_); }
  std::string refusal() const {
    return message_of([&] { read(); });
  }
  void expect_refused(std::initializer_list<std::string> parts) const {
    const auto message = refusal();
    EXPECT_NE(message.find(path_), std::string::npos) << message;
    for (const auto& part : parts)
      EXPECT_NE(message.find(part), std::string::npos) << part << "\n" << message;
  }
  static bool has_note(const Microstructure& read, const std::string& part) {
    for (const auto& note : read.notes)
      if (note.find(part) != std::string::npos) return true;
    return false;
  }

  const SmallGrid grid_ = asymmetric_grid();
  const std::string path_ = temporary("options.dream3d");
  MicrostructureOptions options_;
};

}  // namespace

TEST_F(Dream3d, ANameOfOrientationsThatNothingHasIsRefused) {
  options_.orientations = "EulerAngels";
  expect_refused({"'EulerAngels'", "CellFeatureData/EulerAngles (7x3)"});
  remove(cells + "/FeatureIds");
  write_angles_of_voxels("Eulers");
  expect_refused({"'EulerAngels'", "CellData/Eulers (5x4x3x3)"});
  options_.orientations = "Eulers";
  expect_refused({"no 'Phases'", "describes 2 phases"});
  write(cells + "/Phases", {5, 4, 3}, std::vector<int>(60, 1));
  EXPECT_EQ(read().rve.stiffness.size(), 5U);
}

TEST_F(Dream3d, ANameOfOrientationsIsThatOfGrainsOrOfVoxels) {
  write_angles_of_voxels("Measured");
  EXPECT_EQ(read().rve.stiffness.size(), 6U);
  options_.orientations = "EulerAngles";
  EXPECT_EQ(read().rve.stiffness.size(), 6U);
  options_.orientations = "Measured";
  const auto voxels = read();
  for (std::size_t v = 0; v < 60; ++v) {
    const auto crystal = voxels.rve.phase[v];
    const auto& angles = voxels.rve.orientation[crystal];
    EXPECT_NEAR(angles[0] + angles[2], 0.25 * static_cast<double>(v % 5), 1e-6);
    // Grain 4 is of the second phase.
    EXPECT_EQ(voxels.phase_of[crystal], grid_.label[v] == 4 ? "Titan" : "Aluminum");
  }
}

TEST_F(Dream3d, GrainsWithoutOrientationsLeaveThoseOfVoxels) {
  remove(grains + "/EulerAngles");
  EXPECT_TRUE(has_note(read(), "no orientations; crystal axes are those of the sample"));
  write_angles_of_voxels("EulerAngles");
  const auto voxels = read();
  EXPECT_TRUE(has_note(voxels, "CellFeatureData' have no such orientations: voxels of equal"));
}

TEST_F(Dream3d, VoxelsWithinAnAngleAreAGrain) {
  // Layers along z turn by 0.25 radians from one to the next, 14.3 degrees.
  options_.grain_angle = 5.;
  expect_refused({"--grain-angle", "no effect"});
  remove(cells + "/FeatureIds");
  write_angles_of_voxels("EulerAngles");
  write(cells + "/Phases", {5, 4, 3}, std::vector<int>(60, 1));
  const auto layers = read();
  EXPECT_EQ(layers.rve.stiffness.size(), 5U);
  EXPECT_TRUE(has_note(layers, "60 indexed points are 5 grains"));
  options_.grain_angle = 20.;
  const auto one = read();
  ASSERT_EQ(one.rve.stiffness.size(), 1U);
  // The mean of turns about one axis by equal steps is that of the layer in the middle.
  EXPECT_NEAR(std::remainder(one.rve.orientation[0][0] + one.rve.orientation[0][2] - 0.5,
                             0.5 * std::acos(-1.)),
              0., 1e-6);
}

TEST_F(Dream3d, GrainIdsOfAnotherShapeAreRefusedAndMissingOnesAreSaid) {
  write_angles_of_voxels("EulerAngles");
  write(cells + "/FeatureIds", {5, 4, 2}, std::vector<float>(40, 1.F));
  expect_refused({"CellData/FeatureIds", "5x4x2", "5x4x3"});
  remove(cells + "/FeatureIds");
  write(cells + "/Phases", {5, 4, 3}, std::vector<int>(60, 1));
  EXPECT_TRUE(has_note(read(), "'FeatureIds' of grains is missing"));
}

TEST_F(Dream3d, TheFirstAngleThatIsNotFiniteIsNamed) {
  std::vector<float> angles(7 * 3, 3.22F);
  angles[3 * 4 + 1] = std::numeric_limits<float>::quiet_NaN();
  angles[3 * 5] = std::numeric_limits<float>::infinity();
  write(grains + "/EulerAngles", {7, 3}, angles);
  expect_refused({"CellFeatureData/EulerAngles", "nan in entry 4, component 1", "finite"});
}

TEST_F(Dream3d, QuaternionsHaveUnitNorm) {
  write_dream3d(path_, grid_, 7, true);
  EXPECT_EQ(refusal(), "no error");  // zeros stand for no feature
  std::vector<float> quaternions(7 * 4, 0.F);
  for (std::size_t f = 0; f < 7; ++f) quaternions[4 * f + 3] = 1.F;
  const auto expect = [&](std::size_t entry, float size, bool allowed) {
    auto changed = quaternions;
    changed[4 * entry + 3] = size;
    write(grains + "/AvgQuats", {7, 4}, changed);
    if (allowed)
      EXPECT_EQ(refusal(), "no error");
    else
      expect_refused({"CellFeatureData/AvgQuats", "the norm", "entry " + std::to_string(entry),
                      "unit quaternions"});
  };
  expect(0, 0.F, true);
  expect(3, 0.F, false);
  expect(3, 2.F, false);
  expect(3, 0.5F, false);
  expect(3, 0.9995F, true);
  expect(0, 0.5F, false);
}
