// Which tables, orientations and phases of a DREAM.3D file describe its voxels: the right stiffness
// of every voxel, or a question.

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "hdf5_edit.h"
#include "seco/materials/elastic_constants.h"
#include "seco/materials/elastic_symmetry.h"
#include "seco/materials/microstructure_file.h"
#include "seco/materials/rotation.h"
#include "support/message_of.h"
#include "support/small_microstructures.h"

using namespace seco::materials;
using namespace seco::test;

namespace {

/// A file of 6 grains of 2 phases, of both layouts, that is changed and read.
class Dream3dTables : public ::testing::TestWithParam<int> {
 protected:
  Dream3dTables() {
    options_.stiffness = {{"Aluminum", "Al"}, {"Titan", "Ti"}};
    write_dream3d(path_, grid_, GetParam());
  }
  ~Dream3dTables() override {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }

  std::string volume() const {
    return GetParam() == 8 ? "DataStructure/Volume" : "DataContainers/Volume";
  }
  std::string cells() const { return volume() + "/CellData"; }
  std::string grains() const { return volume() + "/CellFeatureData"; }
  std::string ensemble() const { return volume() + "/CellEnsembleData"; }
  std::string phase_names() const {
    return ensemble() + (GetParam() == 8 ? "/MaterialName" : "/PhaseName");
  }

  /// Values of the cells in the order of the file, by the label of the voxel.
  template <typename Value, typename Of>
  std::vector<Value> of_cells(const Of& of) const {
    std::vector<Value> values;
    const auto [n1, n2, n3] = grid_.shape;
    for (int k = 0; k < n3; ++k)
      for (int j = 0; j < n2; ++j)
        for (int i = 0; i < n1; ++i)
          values.push_back(of(grid_.label[static_cast<std::size_t>((i * n2 + j) * n3 + k)]));
    return values;
  }
  std::vector<int> phases_of_cells() const {
    return of_cells<int>([&](int g) { return grid_.phase[static_cast<std::size_t>(g)] + 1; });
  }
  std::vector<float> angles_of_cells() const {
    std::vector<float> angles;
    for (const int label : of_cells<int>([](int g) { return g; }))
      for (const double angle : grid_.euler[static_cast<std::size_t>(label)])
        angles.push_back(static_cast<float>(angle));
    return angles;
  }

  Microstructure read() const { return read_microstructure(path_, options_); }
  /// Largest error of a voxel's stiffness, relative to C11 of aluminium.
  double error(bool turned = true) const {
    const auto read = this->read();
    double largest = 0;
    for (std::size_t v = 0; v < grid_.label.size(); ++v) {
      const auto g = static_cast<std::size_t>(grid_.label[v]);
      const auto& crystal = elastic_constants(grid_.phase[g] == 0 ? "Al" : "Ti").stiffness;
      const auto& [a, b, c] = grid_.euler[g];
      const MandelMatrix expected = turned ? rotate(crystal, from_euler(a, b, c)) : crystal;
      largest = std::max(largest,
                         (read.rve.stiffness[read.rve.phase[v]] - expected).cwiseAbs().maxCoeff());
    }
    EXPECT_EQ(read.rve.lengths, (std::vector<double>{1.5, 4., 10.}));
    return largest / 108.2e3;
  }
  void expect_refused(std::initializer_list<std::string> parts) const {
    const auto message = message_of([&] { read(); });
    EXPECT_NE(message.find(path_), std::string::npos) << message;
    for (const auto& part : parts)
      EXPECT_NE(message.find(part), std::string::npos) << part << "\n" << message;
  }
  bool has_note(const std::string& part) const {
    const auto notes = read().notes;
    return std::any_of(notes.begin(), notes.end(),
                       [&](const auto& note) { return note.find(part) != std::string::npos; });
  }

  const SmallGrid grid_ = asymmetric_grid();
  const std::string path_ = temporary("tables.dream3d");
  MicrostructureOptions options_;
};

std::string layout_name(const ::testing::TestParamInfo<int>& info) {
  return "Version" + std::to_string(info.param);
}

}  // namespace

INSTANTIATE_TEST_SUITE_P(Layouts, Dream3dTables, ::testing::Values(7, 8), layout_name);

TEST_P(Dream3dTables, TheArrayOfPhasesIsNoTableOfGrains) {
  Hdf5Edit(path_).integers(cells() + "/Phases", {5, 4, 3, 1}, phases_of_cells());
  EXPECT_LT(error(), 1e-6);
  options_.array = "Phases";
  EXPECT_LT(error(false), 1e-12);
  EXPECT_EQ(read().rve.stiffness.size(), 2U);
  EXPECT_TRUE(has_note("crystals are the phases of dataset"));
}

TEST_P(Dream3dTables, LabelsOfParentsAreNoRowsOfTheGrains) {
  // Parents 1 and 2, in a file whose only table describes the grains 0 to 6.
  Hdf5Edit(path_).integers(cells() + "/ParentIds", {5, 4, 3, 1},
                           of_cells<int>([](int g) { return g / 3 + 1; }));
  EXPECT_LT(error(), 1e-6);
  options_.array = "ParentIds";
  expect_refused({"ParentIds", "2 at most", "CellFeatureData", "0 to 6", "--features", "none"});
  options_.features = "none";
  options_.stiffness = {{"1", "1000, 0.3"}, {"2", "2000, 0.3"}};
  const auto rve = read().rve;
  for (std::size_t v = 0; v < 60; ++v)
    EXPECT_NEAR(rve.stiffness[rve.phase[v]](0, 0) / isotropic(1000, 0.3)(0, 0),
                grid_.label[v] / 3 + 1, 1e-12);
}

TEST_P(Dream3dTables, ATableOfTheLengthOfTwoArraysIsAsked) {
  // Parents of the same count as the grains, in another order.
  Hdf5Edit(path_).integers(cells() + "/ParentIds", {5, 4, 3, 1},
                           of_cells<int>([](int g) { return 6 - g; }));
  options_.array = "ParentIds";
  expect_refused({"CellFeatureData", "FeatureIds", "ParentIds", "--features"});
  options_.features = "CellFeatureData";
  EXPECT_GT(error(), 0.01);  // as asked for
  EXPECT_TRUE(has_note("as asked for"));
}

TEST_P(Dream3dTables, TwoTablesThatFitAreAsked) {
  {
    Hdf5Edit file(path_);
    file.integers(volume() + "/ActiveFeatures/Phases", {7, 1}, std::vector<int>(7, 1));
    file.floats(volume() + "/ActiveFeatures/AvgEulerAngles", {7, 3}, std::vector<float>(21, 0.5F));
  }
  expect_refused({"ActiveFeatures", "CellFeatureData", "--features", "'Features'"});
  options_.features = "CellFeatureData";
  EXPECT_LT(error(), 1e-6);
  options_.features = "CellFeatureDat";
  expect_refused({"'CellFeatureDat'", "Did you mean 'CellFeatureData'"});
}

TEST_P(Dream3dTables, OrientationsMayLieInAnotherTableOfTheGrains) {
  Hdf5Edit(path_).move(grains() + "/EulerAngles", volume() + "/Texture/EulerAngles");
  expect_refused({"CellFeatureData", "Texture", "--features"});
  options_.features = "CellFeatureData";
  expect_refused({"Texture/EulerAngles (7x3)", "--orientations"});
  options_.orientations = "Texture/EulerAngles";
  EXPECT_LT(error(), 1e-6);
}

TEST_P(Dream3dTables, ATableWithMoreRowsIsUsedWhereItIsNamed) {
  {
    Hdf5Edit file(path_);
    file.integers(volume() + "/Longer/Phases", {9, 1}, {0, 1, 1, 1, 1, 2, 1, 1, 1});
    file.remove(grains() + "/Phases");
    file.remove(grains() + "/EulerAngles");
  }
  expect_refused({"Longer", "0 to 8", "6 at most"});
  options_.features = "Longer";
  EXPECT_LT(error(false), 1e-12);
}

TEST_P(Dream3dTables, ATableThatContradictsThePhasesOfTheCellsIsRefused) {
  auto phases = phases_of_cells();
  for (auto& phase : phases) phase = 3 - phase;
  Hdf5Edit(path_).integers(cells() + "/Phases", {5, 4, 3, 1}, phases);
  expect_refused({"disagree on the phase of 100 %", "--features"});
}

TEST_P(Dream3dTables, OrientationsHaveTheSameNamesForGrainsAsForCells) {
  Hdf5Edit(path_).move(grains() + "/EulerAngles", grains() + "/Eulers");
  EXPECT_LT(error(), 1e-6);
}

TEST_P(Dream3dTables, PossibleOrientationsAreAsked) {
  Hdf5Edit(path_).move(grains() + "/EulerAngles", grains() + "/MeanOrientation");
  expect_refused({"MeanOrientation (7x3)", "--orientations", "--unrotated", "'Unrotated'"});
  options_.orientations = "MeanOrientation";
  EXPECT_LT(error(), 1e-6);
  options_.orientations.clear();
  options_.unrotated = true;
  EXPECT_LT(error(false), 1e-12);
  EXPECT_TRUE(has_note("not turned"));
  options_.orientations = "MeanOrientation";
  expect_refused({"--unrotated", "--orientations", "'MeanOrientation'"});
}

TEST_P(Dream3dTables, PossibleOrientationsOfCellsAreAsked) {
  {
    Hdf5Edit file(path_);
    file.remove(grains() + "/EulerAngles");
    file.floats(cells() + "/Measured", {5, 4, 3, 3}, angles_of_cells());
  }
  expect_refused({"CellData/Measured (5x4x3x3)", "--orientations"});
  options_.orientations = "CellData/Measured";
  EXPECT_LT(error(), 1e-6);
}

TEST_P(Dream3dTables, WhatDream3dCallsPositionsAndShapesIsNoOrientation) {
  Hdf5Edit file(path_);
  file.remove(grains() + "/EulerAngles");
  file.floats(grains() + "/Centroids", {7, 3}, std::vector<float>(21, 1.F));
  H5Fflush(file.id(), H5F_SCOPE_LOCAL);
  EXPECT_LT(error(false), 1e-12);
}

TEST_P(Dream3dTables, TwoSetsOfAnglesThatDifferAreAsked) {
  Hdf5Edit(path_).floats(grains() + "/AvgEulerAngles", {7, 3}, std::vector<float>(21, 0.5F));
  expect_refused({"EulerAngles", "AvgEulerAngles", "different values", "--orientations"});
  options_.orientations = "EulerAngles";
  EXPECT_LT(error(), 1e-6);
}

TEST_P(Dream3dTables, OrientationsOfAnotherKindAreRefused) {
  Hdf5Edit(path_).floats(grains() + "/Rodrigues", {7, 3}, std::vector<float>(21, 0.5F));
  EXPECT_LT(error(), 1e-6);
  options_.orientations = "Rodrigues";
  expect_refused({"Rodrigues", "Euler angles and quaternions"});
}

TEST_P(Dream3dTables, PhasesOfGrainsComeFromTheirVoxels) {
  {
    Hdf5Edit file(path_);
    file.remove(grains() + "/Phases");
  }
  expect_refused({"has no 'Phases'", "2 phases"});
  Hdf5Edit(path_).integers(cells() + "/Phases", {5, 4, 3, 1}, phases_of_cells());
  EXPECT_LT(error(), 1e-6);
  EXPECT_TRUE(has_note("that of its voxels"));
}

TEST_P(Dream3dTables, SegmentedDataHaveAStiffnessPerLabel) {
  {
    Hdf5Edit file(path_);
    file.remove(grains());
    file.remove(ensemble());
  }
  options_.stiffness.clear();
  for (int id = 1; id <= 6; ++id)
    options_.stiffness.emplace_back(std::to_string(id), std::to_string(1000 * id) + ", 0.3");
  const auto rve = read().rve;
  for (std::size_t v = 0; v < 60; ++v)
    EXPECT_NEAR(rve.stiffness[rve.phase[v]](0, 0) / isotropic(1000, 0.3)(0, 0), grid_.label[v] + 1,
                1e-12);
  EXPECT_TRUE(has_note("every label of dataset"));
  options_.stiffness.pop_back();
  expect_refused({"phase 6", "no stiffness"});
}

TEST_P(Dream3dTables, PhaseNamesAndAnEnsembleElsewhere) {
  const auto root = volume().substr(0, volume().find('/'));
  {
    Hdf5Edit file(path_);
    file.move(phase_names(), ensemble() + "/PhaseNames");
  }
  EXPECT_LT(error(), 1e-6);
  Hdf5Edit(path_).move(ensemble(), root + "/Statistics/Phases of the sample");
  EXPECT_LT(error(), 1e-6);
  EXPECT_TRUE(has_note("elsewhere in the file"));
  // Two that contradict each other leave numbers only.
  Hdf5Edit(path_).integers(root + "/Other/CrystalStructures", {3, 1}, {999, 0, 1});
  expect_refused({"'Aluminum'"});
  options_.stiffness = {{"1", "Al"}, {"2", "Ti"}};
  EXPECT_LT(error(), 1e-6);
  EXPECT_TRUE(has_note("by number only"));
}

TEST_P(Dream3dTables, ArraysMayLieInTheGeometryItself) {
  {
    Hdf5Edit file(path_);
    file.move(cells() + "/FeatureIds", volume() + "/FeatureIds");
    file.move(grains() + "/EulerAngles", volume() + "/EulerAngles");
    file.move(grains() + "/Phases", volume() + "/Phases");
  }
  EXPECT_LT(error(), 1e-6);
  // The same name in two groups is asked.
  Hdf5Edit(path_).integers(cells() + "/FeatureIds", {5, 4, 3, 1}, std::vector<int>(60, 1));
  expect_refused({"several datasets 'FeatureIds'", "CellData/FeatureIds", "--array"});
  options_.array = "CellData/FeatureIds";
  expect_refused({"1 at most"});
}

TEST_P(Dream3dTables, RectilinearGeometries) {
  const std::vector<std::vector<float>> bounds{
      {1.F, 1.5F, 2.F, 2.5F}, {0.F, 1.F, 2.F, 3.F, 4.F}, {0.F, 2.F, 4.F, 6.F, 8.F, 10.F}};
  const std::vector<std::string> names{"xBounds", "yBounds", "zBounds"},
      ids{"X Bounds ID", "Y Bounds ID", "Z Bounds ID"};
  const auto simpl = volume() + "/_SIMPL_GEOMETRY";
  {
    Hdf5Edit file(path_);
    if (GetParam() == 8) {
      file.remove_attribute(volume(), "_DIMENSIONS");
      file.remove_attribute(volume(), "_SPACING");
      file.attribute(volume(), "Dimensions", std::vector<std::uint64_t>{3, 4, 5},
                     H5T_NATIVE_UINT64);
    } else {
      file.remove(simpl + "/SPACING");
    }
    for (std::size_t axis = 0; axis < 3; ++axis) {
      const auto name = (GetParam() == 8 ? volume() : simpl) + "/" + names[axis];
      file.floats(name, {bounds[axis].size(), 1}, bounds[axis]);
      if (GetParam() != 8) continue;
      const auto id = static_cast<std::uint64_t>(20 + axis);
      file.attribute(name, "ObjectId", std::vector<std::uint64_t>{id}, H5T_NATIVE_UINT64);
      file.attribute(volume(), ids[axis], std::vector<std::uint64_t>{id}, H5T_NATIVE_UINT64);
    }
  }
  EXPECT_LT(error(), 1e-6);
  EXPECT_TRUE(has_note("rectilinear"));
  {
    // Written anew in place, so that its number stays.
    Hdf5Edit file(path_);
    const auto name = (GetParam() == 8 ? volume() : simpl) + "/xBounds";
    const hid_t data = H5Dopen2(file.id(), name.c_str(), H5P_DEFAULT);
    const std::vector<float> uneven{1.F, 1.5F, 2.F, 3.F};
    H5Dwrite(data, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, uneven.data());
    H5Dclose(data);
  }
  expect_refused({"xBounds", "along x", "equal"});
  // It is a choice beside an image geometry.
  {
    Hdf5Edit file(path_);
    const auto root = volume().substr(0, volume().find('/'));
    file.group(root + "/Image");
    if (GetParam() == 8) {
      file.attribute(root + "/Image", "_DIMENSIONS", std::vector<std::int64_t>{3, 4, 5},
                     H5T_NATIVE_INT64);
    } else {
      file.write(root + "/Image/_SIMPL_GEOMETRY/DIMENSIONS", {3},
                 std::vector<std::int64_t>{3, 4, 5}, H5T_NATIVE_INT64);
    }
  }
  expect_refused({"Image, Volume", "--container"});
}

TEST_P(Dream3dTables, OptionsWithoutEffectAreRefused) {
  const auto expect = [&](const std::function<void(MicrostructureOptions&)>& change,
                          std::initializer_list<std::string> parts) {
    const auto kept = options_;
    change(options_);
    expect_refused(parts);
    options_ = kept;
  };
  Hdf5Edit(path_).integers(cells() + "/Phases", {5, 4, 3, 1}, phases_of_cells());
  expect([](auto& o) { o.array = "Phases", o.features = "CellFeatureData"; },
         {"--features", "no effect", "holds phases"});
  expect([](auto& o) { o.features = "none", o.orientations = "EulerAngles"; },
         {"'EulerAngles'", "--features none"});
  expect([](auto& o) { o.temperature = 300; }, {"--temperature", "--material"});
}
