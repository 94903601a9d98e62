// Settings of Laue groups whose symbol leaves open where the two-fold axes are: monoclinic and
// trigonal ones. Right axes: those of the operators of orix 0.15 and Neper 4.5, numbers of TSL.

#include <gtest/gtest.h>

#include <Eigen/Geometry>
#include <cmath>
#include <functional>
#include <numbers>

#include "hdf5_edit.h"
#include "seco/materials/microstructure_file.h"
#include "seco/materials/rotation.h"
#include "support/small_microstructures.h"

using namespace seco::materials;
using namespace seco::test;

namespace {

constexpr double pi = std::numbers::pi;
const Eigen::Vector3d x = Eigen::Vector3d::UnitX(), y = Eigen::Vector3d::UnitY(),
                      z = Eigen::Vector3d::UnitZ();

/// Bunge angles in radians of an orientation and of the same crystal turned by half a turn about an
/// axis of its own.
struct Pair {
  std::array<Eigen::Vector3d, 2> angle;
  explicit Pair(const Eigen::Vector3d& axis) {
    const Rotation first = from_euler(0.3, 0.4, 0.5);
    angle[0] = to_euler(first);
    angle[1] = to_euler(Rotation(first * Eigen::AngleAxisd(pi, axis).toRotationMatrix()));
  }
};

/// Writes a grid whose crystals are the pair, in two equal halves.
using Write = std::function<void(const std::string& path, const Pair& pair)>;

std::string text_of(const Eigen::Vector3d& angle, double factor = 1.) {
  char text[100];
  std::snprintf(text, sizeof text, "%.9f %.9f %.9f", factor * angle[0], factor * angle[1],
                factor * angle[2]);
  return text;
}

Write ang(const std::string& symmetry) {
  return [symmetry](const std::string& path, const Pair& pair) {
    std::string text = "# Phase 1\n# MaterialName X\n# Symmetry " + symmetry +
                       "\n# GRID: SqrGrid\n# XSTEP: 1\n# YSTEP: 1\n# NCOLS_ODD: 2\n# NCOLS_EVEN: 2"
                       "\n# NROWS: 1\n#\n";
    for (int p = 0; p < 2; ++p)
      text += text_of(pair.angle[static_cast<std::size_t>(p)]) + " " + std::to_string(p) +
              " 0 100 0.9 1 0 1\n";
    write_text(path, text);
  };
}

Write ctf(int group) {
  return [group](const std::string& path, const Pair& pair) {
    std::string text =
        "Channel Text File\nJobMode\tGrid\nXCells\t2\nYCells\t1\nXStep\t1\nYStep\t1\nPhases\t1\n"
        "5;5;5\t90;90;120\tX\t" +
        std::to_string(group) + "\t0\nPhase\tX\tY\tBands\tError\tEuler1\tEuler2\tEuler3\n";
    for (int p = 0; p < 2; ++p) {
      auto angles = text_of(pair.angle[static_cast<std::size_t>(p)], 180. / pi);
      for (auto& c : angles)
        if (c == ' ') c = '\t';
      text += "1\t" + std::to_string(p) + "\t0\t8\t0\t" + angles + "\n";
    }
    write_text(path, text);
  };
}

Write tesr(const std::string& symmetry) {
  return [symmetry](const std::string& path, const Pair& pair) {
    write_text(path,
               "***tesr\n **format\n 2.2\n **general\n 2\n 2 1\n 1 1\n **cell\n 1\n *crysym\n " +
                   symmetry +
                   "\n **data\n ascii\n 1 1\n **oridata\n euler-bunge:passive\n ascii\n " +
                   text_of(pair.angle[0], 180. / pi) + "\n " + text_of(pair.angle[1], 180. / pi) +
                   "\n***end\n");
  };
}

void write_text(Hdf5Edit& file, const std::string& path, const std::string& text) {
  const hid_t type = H5Tcopy(H5T_C_S1);
  H5Tset_size(type, text.size() + 1);
  file.write(path, {1}, std::vector<char>(text.c_str(), text.c_str() + text.size() + 1), type);
  H5Tclose(type);
}

Write orix(const std::string& point_group, int space_group = 0) {
  return [=](const std::string& path, const Pair& pair) {
    Hdf5Edit file(path, true);
    const auto doubles = [&](const std::string& name, const std::vector<double>& values) {
      file.write("crystal_map/" + name, {values.size()}, values, H5T_NATIVE_DOUBLE);
    };
    doubles("data/phi1", {pair.angle[0][0], pair.angle[1][0]});
    doubles("data/Phi", {pair.angle[0][1], pair.angle[1][1]});
    doubles("data/phi2", {pair.angle[0][2], pair.angle[1][2]});
    doubles("data/x", {0., 1.});
    doubles("data/y", {0., 0.});
    doubles("header/x_step", {1.});
    doubles("header/y_step", {0.});
    file.integers("crystal_map/data/phase_id", {2}, {0, 0});
    file.integers("crystal_map/data/is_in_data", {2}, {1, 1});
    write_text(file, "crystal_map/header/phases/0/name", "X");
    write_text(file, "crystal_map/header/phases/0/point_group", point_group);
    if (space_group > 0)
      file.integers("crystal_map/header/phases/0/space_group", {1}, {space_group});
  };
}

Write dream3d(int structure) {
  return [structure](const std::string& path, const Pair& pair) {
    write_dream3d(path, asymmetric_grid());
    Hdf5Edit file(path);
    const std::string volume = "DataContainers/Volume/";
    file.remove(volume + "CellData/FeatureIds");
    std::vector<float> angles;
    for (int v = 0; v < 60; ++v)
      for (int c = 0; c < 3; ++c)
        angles.push_back(static_cast<float>(pair.angle[v % 3 == 0 ? 0 : 1][c]));
    file.floats(volume + "CellData/EulerAngles", {5, 4, 3, 3}, angles);
    file.integers(volume + "CellData/Phases", {5, 4, 3}, std::vector<int>(60, 1));
    file.integers(volume + "CellEnsembleData/CrystalStructures", {3, 1}, {999, structure, 1});
  };
}

std::size_t n_grains(const Write& write, const Eigen::Vector3d& axis) {
  const auto path = temporary("setting");
  write(path, Pair(axis));
  MicrostructureOptions options;
  options.grain_angle = 2.;
  const auto content = read_text(path);
  if (content.starts_with("#") || content.starts_with("Channel")) options.sample_axes = "x, y, z";
  // orix numbers phases from 0, the others from 1.
  const bool from_0 = content.find("crystal_map") != std::string::npos;
  options.stiffness = {{from_0 ? "0" : "1", "1000, 0.3"}};
  return read_microstructure(path, options).rve.stiffness.size();
}

/// Half a turn about the axis gives the same crystal, about those across another one.
void expect_two_fold_axis(const std::string& what, const Write& write,
                          const Eigen::Vector3d& axis) {
  for (const auto& turned : {x, y, z})
    EXPECT_EQ(n_grains(write, turned), turned == axis ? 1U : 2U)
        << what << " " << turned.transpose();
}

}  // namespace

TEST(LaueSettings, MonoclinicCrystalsHaveTheAxisOfTheProgram) {
  for (const auto& [symbol, axis] : {std::pair("2", z), std::pair("20", y), std::pair("21", x)})
    expect_two_fold_axis(std::string(".ang ") + symbol, ang(symbol), axis);
  expect_two_fold_axis(".ctf", ctf(2), y);
  expect_two_fold_axis(".tesr", tesr("2/m"), z);
  expect_two_fold_axis("DREAM.3D", dream3d(5), y);
  for (const auto& [symbol, axis] : {std::pair("2/m", z), std::pair("2", z), std::pair("m", z),
                                     std::pair("112", z), std::pair("11m", z), std::pair("121", y),
                                     std::pair("1m1", y), std::pair("211", x), std::pair("m11", x)})
    expect_two_fold_axis(std::string("orix ") + symbol, orix(symbol), axis);
  // Without a known point group, the standard setting of the space group.
  expect_two_fold_axis("C 2/c", orix("None", 15), y);
}

TEST(LaueSettings, TrigonalCrystalsHaveTheAxesOfTheProgram) {
  for (const char* symbol : {"32", "321", "3m", "3m1", "-3m", "-3m1"})
    expect_two_fold_axis(std::string("orix ") + symbol, orix(symbol), x);
  for (const char* symbol : {"312", "31m", "-31m"})
    expect_two_fold_axis(std::string("orix ") + symbol, orix(symbol), y);
  expect_two_fold_axis("P -3 1 m", orix("None", 162), y);
  expect_two_fold_axis("P -3 m 1", orix("None", 164), x);
  expect_two_fold_axis(".ang", ang("32"), x);
  expect_two_fold_axis(".tesr", tesr("-3m"), x);
  expect_two_fold_axis("DREAM.3D", dream3d(10), x);
  // Axis 1 of Oxford is a*, so that a is 30 degrees before it, and another two-fold axis 90 behind.
  expect_two_fold_axis(".ctf", ctf(7), y);
}

TEST(LaueSettings, ConstantsInAnotherSettingAreAWarning) {
  // 86.6, ...: quartz in GPa. In -31m, C14 vanishes and C15 does not, since half a turn about axis
  // 2 changes the sign of every constant with an odd number of indices 1 and 3.
  const std::string about_a =
                        "trigonal: C11 = 86.6e3, C12 = 6.7e3, C13 = 12.6e3, C14 = -17.8e3, "
                        "C33 = 106.1e3, C44 = 57.8e3",
                    across =
                        "trigonal: C11 = 86.6e3, C12 = 6.7e3, C13 = 12.6e3, C14 = 0, C15 = "
                        "17.8e3, C33 = 106.1e3, C44 = 57.8e3";
  const auto about_2 = [](const char* constants) {
    return std::string(
               "monoclinic: C11 = 200e3, C22 = 150e3, C33 = 180e3, C12 = 60e3, C13 = 70e3, "
               "C23 = 50e3, C44 = 50e3, C55 = 60e3, C66 = 70e3, ") +
           constants;
  };
  const auto b = about_2("C15 = 10e3, C25 = 5e3, C35 = 8e3, C46 = 6e3"),
             c = about_2("C16 = 10e3, C26 = 5e3, C36 = 8e3, C45 = 6e3");
  const auto read = [](const Write& write, const std::string& stiffness,
                       const Eigen::Vector3d& axis) {
    const auto path = temporary("setting.h5");
    write(path, Pair(axis));
    MicrostructureOptions options;
    options.stiffness = {{"X", stiffness}};
    return read_microstructure(path, options);
  };
  const auto warning = [&](const Write& write, const std::string& stiffness) {
    std::string found;
    for (const auto& note : read(write, stiffness, x).notes)
      if (note.find("its stiffness is not") != std::string::npos) found += note;
    return found;
  };
  EXPECT_EQ(warning(orix("-3m"), about_a), "");
  EXPECT_EQ(warning(orix("-31m"), across), "");
  EXPECT_NE(warning(orix("-31m"), about_a).find("C14 is zero"), std::string::npos);
  EXPECT_NE(warning(orix("32"), across).find("C15 is"), std::string::npos);
  for (const auto& stiffness : {about_a, across}) EXPECT_EQ(warning(orix("3"), stiffness), "");
  EXPECT_EQ(warning(orix("121"), b), "");
  EXPECT_EQ(warning(orix("112"), c), "");
  EXPECT_NE(warning(orix("121"), c).find("axis 2"), std::string::npos);
  EXPECT_NE(warning(orix("112"), b).find("axis 3"), std::string::npos);
  // Equivalent orientations have the same stiffness, where it is of the setting.
  for (const auto& [group, stiffness, axis] :
       {std::tuple("-3m", about_a, x), std::tuple("-31m", across, y), std::tuple("121", b, y)}) {
    const auto rve = read(orix(group), stiffness, axis).rve;
    ASSERT_EQ(rve.stiffness_3d.size(), 2U) << group;
    EXPECT_LT((rve.stiffness_3d[0] - rve.stiffness_3d[1]).cwiseAbs().maxCoeff(), 1e-3) << group;
    const auto other = read(orix(group), stiffness, axis == x ? y : x).rve;
    EXPECT_GT((other.stiffness_3d[0] - other.stiffness_3d[1]).cwiseAbs().maxCoeff(), 1e3) << group;
  }
}

TEST(LaueSettings, ASpaceGroupInAnotherSettingThanThePointGroupIsAWarning) {
  // orix takes c for the two-fold axis of all monoclinic space groups.
  for (const int space_group : {14, 0}) {
    const auto path = temporary("setting.h5");
    orix("2/m", space_group)(path, Pair(z));
    MicrostructureOptions options;
    options.stiffness = {{"X", "1000, 0.3"}};
    bool warned = false;
    for (const auto& note : read_microstructure(path, options).notes)
      warned = warned || note.find("space group 14 has 12/m1") != std::string::npos;
    EXPECT_EQ(warned, space_group == 14);
  }
}
