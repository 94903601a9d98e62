#include "seco/materials/labelled_grid.h"

#include <gtest/gtest.h>

#include "seco/materials/microstructure_parameters.h"
#include "seco/materials/parameter_file.h"
#include "seco/materials/random.h"
#include "support/message_of.h"
#include "support/small_microstructures.h"

using namespace seco::materials;
using seco::test::message_of;

namespace {

LabelledGrid numbered(const std::array<int, 3>& shape) {
  LabelledGrid grid;
  grid.shape = shape;
  grid.lengths = {1. * shape[0], 2. * shape[1], 3. * shape[2]};
  for (std::size_t v = 0; v < grid.n_voxels(); ++v)
    grid.label.push_back(static_cast<std::int32_t>(v));
  return grid;
}

std::int32_t at(const LabelledGrid& grid, int i, int j, int k) {
  return grid.label[static_cast<std::size_t>((i * grid.shape[1] + j) * grid.shape[2] + k)];
}

}  // namespace

TEST(LabelledGrid, CropKeepsTheBlockAndTheSizeOfVoxels) {
  const auto whole = numbered({4, 5, 6});
  auto part = whole;
  crop(part, {{1, 3}, {}, {2, -1}});
  EXPECT_EQ(part.shape, (std::array<int, 3>{2, 5, 4}));
  for (std::size_t axis = 0; axis < 3; ++axis)
    EXPECT_DOUBLE_EQ(part.lengths[axis] / part.shape[axis],
                     whole.lengths[axis] / whole.shape[axis]);
  for (int i = 0; i < 2; ++i)
    for (int j = 0; j < 5; ++j)
      for (int k = 0; k < 4; ++k) EXPECT_EQ(at(part, i, j, k), at(whole, i + 1, j, k + 2));
  auto grid = whole;
  EXPECT_NE(message_of([&] { crop(grid, {{0, 9}}); }).find("0:9 of axis 0"), std::string::npos);
  EXPECT_NE(message_of([&] { crop(grid, {{2, 2}}); }).find("at least one"), std::string::npos);
}

TEST(LabelledGrid, CoarseningTakesTheMajority) {
  LabelledGrid grid;
  grid.shape = {2, 4, 2};
  grid.lengths = {1, 1, 1};
  // The first block holds 7 five times, the second 3 and 9 four times each.
  grid.label = {7, 7, 1, 2, 9, 3, 3, 9, 7, 7, 7, 1, 3, 9, 9, 3};
  coarsen(grid, {2, 2, 2});
  EXPECT_EQ(grid.shape, (std::array<int, 3>{1, 2, 1}));
  EXPECT_EQ(grid.label, (std::vector<std::int32_t>{7, 3}));
  EXPECT_EQ(grid.lengths[1], 1.);
  auto odd = numbered({3, 4, 4});
  EXPECT_NE(message_of([&] { coarsen(odd, {2, 2, 2}); }).find("2 along axis 0"), std::string::npos);
  // A grid of blocks of one label each loses nothing.
  auto blocks = numbered({2, 3, 2});
  auto fine = numbered({4, 9, 4});
  for (int i = 0; i < 4; ++i)
    for (int j = 0; j < 9; ++j)
      for (int k = 0; k < 4; ++k)
        fine.label[static_cast<std::size_t>((i * 9 + j) * 4 + k)] = at(blocks, i / 2, j / 3, k / 2);
  coarsen(fine, {2, 3, 2});
  EXPECT_EQ(fine.label, blocks.label);
}

TEST(LabelledGrid, MirroredGridIsPeriodic) {
  RandomStream random(3);
  auto grid = numbered({3, 4, 5});
  for (auto& label : grid.label) label = static_cast<std::int32_t>(random.index(50));
  const auto original = grid;
  EXPECT_GT(mismatch_across_faces_and_inside(grid, 0).first, 0.5);
  mirror(grid, {0, 2});
  EXPECT_EQ(grid.shape, (std::array<int, 3>{6, 4, 10}));
  EXPECT_EQ(grid.lengths[2], 2 * original.lengths[2]);
  EXPECT_EQ(mismatch_across_faces_and_inside(grid, 0).first, 0.);
  EXPECT_GT(mismatch_across_faces_and_inside(grid, 1).first, 0.5);
  EXPECT_EQ(mismatch_across_faces_and_inside(grid, 2).first, 0.);
  for (int i = 0; i < 6; ++i)
    for (int k = 0; k < 10; ++k) {
      EXPECT_EQ(at(grid, i, 1, k), at(grid, 5 - i, 1, k));
      if (i < 3 && k < 5) {
        EXPECT_EQ(at(grid, i, 1, k), at(original, i, 1, k));
      }
    }
}

TEST(MicrostructureOptions, AreReadFromTextAndParameters) {
  const auto block = crop_from_text("0:32, :, 8:");
  ASSERT_EQ(block.size(), 3U);
  EXPECT_EQ(block[0].to, 32);
  EXPECT_EQ(block[1].to, -1);
  EXPECT_EQ(block[2].from, 8);
  EXPECT_NE(message_of([] { crop_from_text("3-4"); }).find("'3-4'"), std::string::npos);
  ParameterFile file(
      "subsection A\n set Phase stiffness = Copper = Cu; 2 = cubic: 3, 1, 2; 3 = void\n set Crop = "
      "0:4\n set Mirror = 0, 2\n set Thresholds = 10, 20\n set Material file = a.yaml\nend\n",
      "/folder/x.prm");
  const auto options = read_microstructure_options(file, "A");
  ASSERT_EQ(options.stiffness.size(), 3U);
  EXPECT_EQ(options.stiffness[1].second, "cubic: 3, 1, 2");
  EXPECT_EQ(options.mirror, (std::vector<int>{0, 2}));
  EXPECT_EQ(options.thresholds, (std::vector<double>{10, 20}));
  EXPECT_EQ(options.material_file, "/folder/a.yaml");
  EXPECT_NO_THROW(file.check_all_used());
  ParameterFile array(
      "set Spacing = 0.5, 1, 2\n set Axes = zyx\n set Shape = 4, 5, 6\n set Type = uint16\n set "
      "Offset = 8\n set Byte order = big\n set Phases = 0 = 0; 1 = 2-4, 9; 2 = others\n set "
      "Smallest part = 30\n",
      "z.prm");
  const auto of_array = read_microstructure_options(array, "");
  EXPECT_EQ(of_array.spacing, (std::vector<double>{0.5, 1., 2.}));
  EXPECT_EQ(of_array.axes, "zyx");
  EXPECT_EQ(of_array.shape, (std::vector<int>{4, 5, 6}));
  EXPECT_EQ(of_array.type, "uint16");
  EXPECT_EQ(of_array.offset, 8U);
  EXPECT_EQ(of_array.byte_order, "big");
  ASSERT_EQ(of_array.phases.size(), 3U);
  EXPECT_EQ(of_array.phases[1].labels.size(), 2U);
  EXPECT_TRUE(of_array.phases[2].others);
  EXPECT_EQ(of_array.smallest_part, 30U);
  EXPECT_NO_THROW(array.check_all_used());
  ParameterFile twice("set Phases = 0 = 1; 1 = 1\n", "y.prm");
  EXPECT_NE(message_of([&] { read_microstructure_options(twice, ""); }).find("y.prm:1"),
            std::string::npos);
  ParameterFile wrong("set Mirror = 3\n", "y.prm");
  EXPECT_NE(message_of([&] { read_microstructure_options(wrong, ""); }).find("y.prm:1"),
            std::string::npos);
  ParameterFile bare("set Phase stiffness = Cu\n", "y.prm");
  EXPECT_NE(message_of([&] { read_microstructure_options(bare, ""); }).find("NAME = STIFFNESS"),
            std::string::npos);
}
