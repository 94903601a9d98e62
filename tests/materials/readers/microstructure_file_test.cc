#include "seco/materials/microstructure_file.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "seco/materials/elastic_symmetry.h"
#include "seco/materials/hdf5_file.h"
#include "seco/materials/rotation.h"
#include "seco/materials/rve_file.h"
#include "support/message_of.h"
#include "support/small_microstructures.h"

using namespace seco::materials;
using namespace seco::test;

namespace {

void expect_message(const std::function<void()>& call, std::initializer_list<std::string> parts) {
  const auto message = message_of(call);
  for (const auto& part : parts) EXPECT_NE(message.find(part), std::string::npos) << message;
}

/// The constants of `damask_material_text`.
MandelMatrix aluminium() {
  return cubic(106.75e3, 60.41e3, 28.34e3);
}
MandelMatrix titanium() {
  return hexagonal(162.4e3, 92.0e3, 69.0e3, 180.7e3, 46.7e3);
}

const char* const aluminium_text = "cubic: 106.75e3, 60.41e3, 28.34e3";
const char* const titanium_text = "hexagonal: 162.4e3, 92.0e3, 69.0e3, 180.7e3, 46.7e3";

Microstructure read_damask(const SmallGrid& grid, const VtkWay& way = {}) {
  const auto path = temporary("grid.vti");
  MicrostructureOptions options;
  options.material_file = temporary("material.yaml");
  write_text(path, image_data_text(grid, "material", way));
  write_text(options.material_file, damask_material_text(grid));
  return read_microstructure(path, options);
}

Microstructure read_dream3d_file(const SmallGrid& grid, int version, bool quaternions) {
  const auto path = temporary("grid.dream3d");
  write_dream3d(path, grid, version, quaternions);
  MicrostructureOptions options;
  options.stiffness = {{"Aluminum", aluminium_text}, {"2", titanium_text}};
  return read_microstructure(path, options);
}

/// Largest difference of the stiffness of a voxel, relative to C11.
double difference(const Rve& a, const Rve& b) {
  double largest = 0;
  for (std::size_t v = 0; v < a.phase.size(); ++v)
    largest = std::max(largest,
                       (a.stiffness[a.phase[v]] - b.stiffness[b.phase[v]]).cwiseAbs().maxCoeff() /
                           a.stiffness[a.phase[v]](0, 0));
  return largest;
}

SmallGrid single_crystal(double phi1, double Phi, double phi2) {
  SmallGrid grid;
  grid.shape = {2, 2, 2};
  grid.label.assign(8, 0);
  grid.euler = {{phi1, Phi, phi2}};
  grid.phase = {0};
  return grid;
}

}  // namespace

TEST(MicrostructureFile, StiffnessOfATurnedCrystalHasItsClosedForm) {
  // C'11 of a cubic crystal turned by 45 degrees about c: (C11 + C12) / 2 + C44.
  const double expected = 0.5 * (106.75e3 + 60.41e3) + 28.34e3;
  const auto grid = single_crystal(M_PI / 4, 0, 0);
  for (const auto& read : {read_damask(grid), read_dream3d_file(grid, 7, false),
                           read_dream3d_file(grid, 7, true), read_dream3d_file(grid, 8, false)}) {
    const auto& stiffness = read.rve.stiffness.at(0);
    EXPECT_NEAR(stiffness(0, 0), expected, 1e-2);
    EXPECT_NEAR(stiffness(1, 1), expected, 1e-2);
    EXPECT_NEAR(stiffness(2, 2), 106.75e3, 1e-2);
  }
}

TEST(MicrostructureFile, SenseOfRotationIsFromCrystalToSample) {
  // With Phi = 90 degrees first about z, then about x', the crystal's c axis lies along
  // (sin phi1, -cos phi1, 0) of the sample; the transposed rotation would put it along (0, 1, 0).
  auto grid = single_crystal(M_PI / 2, M_PI / 2, 0);
  grid.phase = {1};
  for (const auto& read :
       {read_damask(grid), read_dream3d_file(grid, 7, false), read_dream3d_file(grid, 7, true)}) {
    EXPECT_NEAR(read.rve.stiffness.at(0)(0, 0), 180.7e3, 1e-1);
    EXPECT_NEAR(read.rve.stiffness.at(0)(1, 1), 162.4e3, 1e-1);
    EXPECT_NEAR(read.rve.stiffness.at(0)(2, 2), 162.4e3, 1e-1);
  }
}

TEST(MicrostructureFile, AllFormatsGiveTheSameRve) {
  const auto grid = asymmetric_grid();
  Rve expected;
  expected.shape = {3, 4, 5};
  expected.lengths = {1.5, 4., 10.};
  for (const int label : grid.label) expected.phase.push_back(static_cast<std::uint16_t>(label));
  for (std::size_t g = 0; g < 6; ++g)
    expected.stiffness.push_back(
        rotate(grid.phase[g] == 0 ? aluminium() : titanium(),
               from_euler(grid.euler[g][0], grid.euler[g][1], grid.euler[g][2])));
  for (const auto& read : {read_damask(grid), read_dream3d_file(grid, 7, false),
                           read_dream3d_file(grid, 7, true), read_dream3d_file(grid, 8, false)}) {
    EXPECT_EQ(read.rve.shape, expected.shape);
    EXPECT_EQ(read.rve.lengths, expected.lengths);
    EXPECT_EQ(read.rve.phase, expected.phase);
    EXPECT_EQ(read.rve.unit, "MPa");
    // DREAM.3D keeps angles in single precision.
    EXPECT_LT(difference(expected, read.rve), 1e-6);
    EXPECT_EQ(read.phase_of[3], "Aluminum");
    EXPECT_EQ(read.phase_of[4], "Titan");
    ASSERT_EQ(read.rve.orientation.size(), 6U);
    const auto& angles = read.rve.orientation[2];
    EXPECT_LT((from_euler(angles[0], angles[1], angles[2]) -
               from_euler(grid.euler[2][0], grid.euler[2][1], grid.euler[2][2]))
                  .cwiseAbs()
                  .maxCoeff(),
              1e-6);
  }
  EXPECT_LT(difference(expected, read_damask(grid).rve), 1e-12);
}

TEST(MicrostructureFile, MaterialFileGivesConstantsByPhaseNameToOtherFormats) {
  const auto grid = asymmetric_grid();
  const auto path = temporary("named.dream3d"), yaml = temporary("named.yaml");
  write_dream3d(path, grid);
  write_text(yaml, damask_material_text(grid));
  MicrostructureOptions options;
  options.material_file = yaml;
  EXPECT_LT(difference(read_damask(grid).rve, read_microstructure(path, options).rve), 1e-6);
  options.stiffness = {{"Titan", "void"}};
  const auto pores = read_microstructure(path, options).rve;
  EXPECT_EQ(pores.stiffness[4].norm(), 0.);
}

TEST(MicrostructureFile, UnitsAreConverted) {
  const auto grid = asymmetric_grid();
  const auto path = temporary("unit.vti"), yaml = temporary("unit.yaml");
  write_text(path, image_data_text(grid, "material", {}));
  write_text(yaml, damask_material_text(grid));
  MicrostructureOptions options;
  options.material_file = yaml;
  options.unit = "GPa";
  const auto rve = read_microstructure(path, options).rve;
  EXPECT_EQ(rve.unit, "GPa");
  EXPECT_NEAR(rve.stiffness[0](0, 0), 1e-3 * read_damask(grid).rve.stiffness[0](0, 0), 1e-9);
}

TEST(MicrostructureFile, PlainImageDataAndOwnFilesRoundTrip) {
  const auto read = read_damask(asymmetric_grid());
  const auto h5 = temporary("own.h5"), vti = temporary("own.vti");
  write_rve(h5, read.rve, "imported");
  EXPECT_TRUE(read_microstructure(h5).rve == read.rve);
  EXPECT_EQ(read_microstructure(h5).format, "seco");
  write_vti(vti, read.rve);
  MicrostructureOptions options;
  for (int phase = 0; phase < 6; ++phase)
    options.stiffness.emplace_back(std::to_string(phase), std::to_string(1000 + phase) + ", 0.3");
  const auto plain = read_microstructure(vti, options);
  EXPECT_EQ(plain.format, "vti");
  EXPECT_EQ(plain.rve.phase, read.rve.phase);
  EXPECT_EQ(plain.rve.lengths, read.rve.lengths);
  EXPECT_LT((plain.rve.stiffness[5] - isotropic(1005, 0.3)).norm(), 1e-9);
}

TEST(MicrostructureFile, XdmfNamesDatasetsOfItsShape) {
  const auto rve = read_damask(asymmetric_grid()).rve;
  const auto path = temporary("view.xdmf");
  write_xdmf(path, rve.shape, rve.lengths, voxel_fields(rve));
  const auto text = read_text(path);
  EXPECT_NE(text.find("Dimensions=\"6 5 4\""), std::string::npos) << text;
  EXPECT_NE(text.find("Dimensions=\"5 4 3\""), std::string::npos) << text;
  EXPECT_NE(text.find(">view.xdmf.h5:/phase"), std::string::npos) << text;
  const Hdf5Reader data(path + ".h5");
  const auto phase = data.dataset<std::uint16_t>("phase", 3);
  EXPECT_EQ(phase.shape, (std::vector<std::size_t>{5, 4, 3}));
  const auto angles = data.dataset<double>("euler_angles", 4);
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t j = 0; j < 4; ++j)
      for (std::size_t k = 0; k < 5; ++k) {
        const auto own = rve.phase[(i * 4 + j) * 5 + k];
        EXPECT_EQ(phase.values[(k * 4 + j) * 3 + i], own);
        EXPECT_NEAR(angles.values[((k * 4 + j) * 3 + i) * 3 + 1], rve.orientation[own][1], 1e-6);
      }
}

TEST(MicrostructureFile, GreyLevelsBecomePhasesAsThePictureIsSeen) {
  const auto path = temporary("grey.png");
  // Rows from the top; 3 wide, 2 high.
  write_png(path, 3, 2, {10, 100, 200, 99, 255, 0});
  MicrostructureOptions options;
  options.thresholds = {100, 200};
  options.stiffness = {{"0", "1000, 0.3"}, {"1", "2000, 0.3"}, {"2", "3000, 0.3"}};
  const auto read = read_microstructure(path, options);
  EXPECT_EQ(read.rve.shape, (std::vector<int>{3, 2}));
  // Axis 0 right, axis 1 up, the last fastest: columns from the left, each from the bottom.
  EXPECT_EQ(read.rve.phase, (std::vector<std::uint16_t>{0, 0, 2, 1, 0, 2}));
  EXPECT_LT((read.rve.stiffness[1] - plane_strain(isotropic(2000, 0.3))).norm(), 1e-9);
  ASSERT_TRUE(spatial_stiffness(read.rve, 1));
  EXPECT_LT((*spatial_stiffness(read.rve, 1) - isotropic(2000, 0.3)).norm(), 1e-9);
  options.dimension = 3;
  EXPECT_EQ(read_microstructure(path, options).rve.shape, (std::vector<int>{3, 2, 1}));
  write_png(path, 3, 2, {10, 1000, 20000, 999, 65535, 0}, 16);
  options.thresholds = {1000, 20000};
  EXPECT_EQ(read_microstructure(path, options).rve.phase, read.rve.phase);
}

TEST(MicrostructureFile, ManyLabelsAreRefusedUnlessCropped) {
  SmallGrid grid;
  grid.shape = {300, 300, 1};
  for (int v = 0; v < 90000; ++v) grid.label.push_back(v);
  const auto path = temporary("many.vti");
  VtkWay way;
  way.format = "ascii";
  write_text(path, image_data_text(grid, "grains", way));
  MicrostructureOptions options;
  options.stiffness = {{"0", "Cu"}};
  expect_message([&] { read_microstructure(path, options); },
                 {path, "more than 65536 different labels", "crop"});
  options.crop = {{0, 1}, {0, 2}};
  options.stiffness = {{"0", "Cu"}, {"1", "Al"}};
  EXPECT_EQ(read_microstructure(path, options).rve.phase, (std::vector<std::uint16_t>{0, 1}));
}

TEST(MicrostructureFile, FaultsAreNamed) {
  const auto grid = asymmetric_grid();
  const auto dream3d = temporary("fault.dream3d"), vti = temporary("fault.vti"),
             yaml = temporary("fault.yaml"), png = temporary("fault.png");
  const auto read = [](const std::string& path, const MicrostructureOptions& options = {}) {
    return [path, options] { read_microstructure(path, options); };
  };
  write_dream3d(dream3d, grid);
  expect_message(read(temporary("absent.vti")), {"absent.vti", "no such file"});
  MicrostructureOptions options;
  options.format = "dream4d";
  expect_message(read(dream3d, options), {"'dream4d'", "Did you mean 'dream3d'"});
  write_text(temporary("x.tif"), "II*");
  expect_message(read(temporary("x.tif")), {"x.tif", "TIFF image", "cut short"});
  expect_message(read(dream3d), {dream3d, "phase 1 ('Aluminum')", "no stiffness"});
  options = {};
  options.stiffness = {{"Aluminium", "Al"}};
  expect_message(read(dream3d, options), {"'Aluminium'", "Did you mean 'Aluminum'"});
  options.stiffness = {{"Aluminum", "Aal"}};
  expect_message(read(dream3d, options), {"phase 'Aluminum'", "'Aal'", "Did you mean 'Al'"});
  options.stiffness = {{"1", "Al"}, {"2", "Ti"}};
  options.container = "Volum";
  expect_message(read(dream3d, options), {dream3d, "'Volum'", "Did you mean 'Volume'"});
  options.container.clear();
  options.array = "GrainIds";
  expect_message(read(dream3d, options), {dream3d, "no dataset 'GrainIds'", "5x4x3", "CellData"});
  auto degrees = grid;
  degrees.euler[3][0] = 45.;
  write_dream3d(dream3d, degrees);
  options.array.clear();
  options.thresholds = {3};
  expect_message(read(dream3d, options), {dream3d, "threshold", "no effect", "'dream3d'"});
  options.thresholds.clear();
  expect_message(read(dream3d, options),
                 {dream3d, "CellFeatureData/EulerAngles", "45", "entry 4", "radians"});
  options.angles = "degrees";
  EXPECT_EQ(message_of(read(dream3d, options)), "no error");
  auto other = grid;
  other.label[7] = 9;
  write_dream3d(dream3d, other);
  expect_message(read(dream3d, options), {"CellData/FeatureIds", "holds 10", "0 to 6"});

  write_text(vti, image_data_text(other, "material", {}));
  write_text(yaml, damask_material_text(grid));
  expect_message(read(vti), {vti, "'material'", "material.yaml"});
  options = {};
  options.material_file = yaml;
  expect_message(read(vti, options), {vti, "'material'", "holds 9", "(0, 1, 2)", yaml, "0 to 5"});
  write_png(png, 2, 2, {0, 1, 2, 3});
  expect_message(read(png), {png, "thresholds"});
  options = {};
  options.thresholds = {10, 5};
  expect_message(read(png, options), {"10, 5", "above the one before"});
  options.thresholds = {300};
  expect_message(read(png, options), {"300", "0 to 255"});
}

TEST(MicrostructureFile, MaterialConfigurationFaultsNameTheirLine) {
  const auto path = temporary("material_fault.yaml");
  const auto good = damask_material_text(asymmetric_grid());
  const auto message_for = [&](const std::string& from, const std::string& to) {
    auto text = good;
    text.replace(text.find(from), from.size(), to);
    write_text(path, text);
    MicrostructureOptions options;
    options.material_file = path;
    const auto vti = temporary("material_fault.vti");
    write_text(vti, image_data_text(asymmetric_grid(), "material", {}));
    return message_of([&] { read_microstructure(vti, options); });
  };
  const auto expect = [&](const std::string& message, std::initializer_list<std::string> parts) {
    for (const auto& part : parts) EXPECT_NE(message.find(part), std::string::npos) << message;
  };
  expect(message_for("C_11: 106.75e+9", "C_11: heavy"), {path + ":12", "'C_11'", "'heavy'"});
  expect(message_for(", C_44: 28.34e+9", ""), {path + ":12", "'Aluminum'", "'C_44'"});
  expect(message_for("C_44: 28.34e+9", "C_44: -1"), {path + ":12", "not positive definite"});
  expect(message_for("lattice: hP", "lattice: aP"), {path + ":14", "'aP'", "cF, cI, hP and tI"});
  expect(message_for("- phase: Aluminum", "- phase: Alumnum"), {"'Alumnum'", "'Aluminum'"});
  expect(message_for("v: 1.0", "v: 0.5"), {"'v' of material 0", "'0.5'"});
  expect(message_for("O: [", "O: [3, "), {"'O' of material 0", "four numbers"});
  expect(message_for("type: Hooke, ", "type: Laue, "), {"'Aluminum'", "no stiffness", "'Laue'"});
  expect(message_for("material:", "material"), {path, "YAML"});
  expect(message_for("        O: [", "        o: ["),
         {path + ":29", "key 'o'", "material 0", "phase, v, O, V_e", "Did you mean 'O'?"});
  expect(message_for("v: 1.0", "colour: red"), {path + ":28", "key 'colour'", "material 0"});
}

TEST(MicrostructureFile, MaterialsWithoutOrientationAreSaid) {
  const auto grid = asymmetric_grid();
  const auto vti = temporary("unturned.vti"), yaml = temporary("unturned.yaml");
  write_text(vti, image_data_text(grid, "material", {}));
  MicrostructureOptions options;
  options.material_file = yaml;
  const auto notes_with = [&](const std::string& replacement, int n_times) {
    auto text = damask_material_text(grid);
    for (int i = 0; i < n_times; ++i) {
      const auto first = text.find("        O: [");
      text.replace(first, text.find('\n', first) + 1 - first, replacement);
    }
    write_text(yaml, text);
    std::string all;
    for (const auto& note : read_microstructure(vti, options).notes) all += note + "\n";
    return all;
  };
  EXPECT_EQ(notes_with("", 0).find("orientation"), std::string::npos);
  EXPECT_NE(notes_with("", 1).find("material 0 has no orientation 'O'"), std::string::npos);
  EXPECT_NE(notes_with("", 3).find("materials 0, 1, 2 have no orientation 'O'"), std::string::npos);
  const auto stretched = notes_with("        V_e: [[1, 0, 0], [0, 1, 0], [0, 0, 1]]\n", 2);
  EXPECT_NE(stretched.find("'V_e' of materials 0, 1 is not used"), std::string::npos) << stretched;
}

TEST(MicrostructureFile, OptionsThatDoNotFitNameThemselvesAndTheFile) {
  const auto grid = asymmetric_grid();
  const auto path = temporary("option.dream3d"), png = temporary("option.png"),
             yaml = temporary("option.yaml");
  write_dream3d(path, grid);
  MicrostructureOptions good;
  good.stiffness = {{"1", "Al"}, {"2", "Ti"}};
  const auto expect = [&](const std::function<void(MicrostructureOptions&)>& change,
                          std::initializer_list<std::string> parts) {
    auto options = good;
    change(options);
    const auto message = message_of([&] { read_microstructure(path, options); });
    EXPECT_NE(message.find(path), std::string::npos) << message;
    for (const auto& part : parts)
      EXPECT_NE(message.find(part), std::string::npos) << part << "\n" << message;
  };
  expect([](auto& o) { o.crop = {{0, 9}}; }, {"--crop", "'Crop'", "0:9", "0 to 3"});
  expect([](auto& o) { o.coarsen = {2}; }, {"--coarsen", "'Coarsen'", "by 2", "3x4x5"});
  expect([](auto& o) { o.coarsen = {1, 1, 1, 1}; }, {"--coarsen", "'Coarsen'", "1 to 3"});
  expect([](auto& o) { o.mirror = {3}; }, {"--mirror", "'Mirror'", "axis 3", "0 to 2"});
  expect([](auto& o) { o.mirror = {-1}; }, {"--mirror", "'Mirror'", "axis -1"});
  expect([](auto& o) { o.mirror = {0, 0}; }, {"--mirror", "axis 0 is listed twice"});
  expect([](auto& o) { o.unit = "psi"; }, {"--unit", "'Unit'", "'psi'", "GPa"});
  expect([](auto& o) { o.angles = "gon"; }, {"--angles", "'Angles'", "'gon'", "degrees"});
  expect([](auto& o) { o.format = "dreem3d"; }, {"--format", "'Format'", "'dream3d'"});

  write_png(png, 2, 2, {0, 1, 2, 3});
  write_text(yaml, damask_material_text(grid));
  MicrostructureOptions picture;
  picture.thresholds = {2};
  picture.material_file = yaml;
  picture.stiffness = {{"0", "Al"}, {"1", "Ti"}};
  expect_message([&] { read_microstructure(png, picture); },
                 {png, yaml, "--material", "'Material file'", "no effect", "Aluminum, Titan"});
}

TEST(MicrostructureFile, AFormatThatTheContentContradictsIsRefused) {
  const auto grid = asymmetric_grid();
  const std::map<std::string, std::string> files{{"dream3d", temporary("content.dream3d")},
                                                 {"vti", temporary("content.vti")},
                                                 {"png", temporary("content.png")}};
  write_dream3d(files.at("dream3d"), grid);
  write_text(files.at("vti"), image_data_text(grid, "material", {}));
  write_png(files.at("png"), 2, 2, {0, 1, 2, 3});
  const auto expect = [&](const std::string& file, const std::string& format,
                          const std::string& what) {
    MicrostructureOptions options;
    options.format = format;
    expect_message([&] { read_microstructure(files.at(file), options); },
                   {files.at(file), "'" + format + "'", what});
  };
  expect("dream3d", "damask", "is an HDF5 file");
  expect("dream3d", "vti", "is an HDF5 file");
  expect("dream3d", "png", "is an HDF5 file");
  expect("vti", "dream3d", "is a VTK file");
  expect("vti", "seco", "is a VTK file");
  expect("png", "damask", "is a PNG image");
}
