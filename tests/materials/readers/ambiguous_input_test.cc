// Input that can be meant in two ways: arrays of image data, names that are numbers, material
// configurations that contradict themselves. Right, or refused with the way out.

#include <gtest/gtest.h>
#include <png.h>

#include <cmath>
#include <cstdio>
#include <functional>

#include "seco/materials/damask_material.h"
#include "seco/materials/elastic_symmetry.h"
#include "seco/materials/grey_image.h"
#include "seco/materials/image_file.h"
#include "seco/materials/microstructure_file.h"
#include "seco/materials/microstructure_parameters.h"
#include "seco/materials/parameter_file.h"
#include "seco/materials/rotation.h"
#include "seco/materials/rve_file.h"
#include "support/message_of.h"
#include "support/small_microstructures.h"

using namespace seco::materials;
using namespace seco::test;

namespace {

void expect_parts(const std::string& message, std::initializer_list<std::string> parts) {
  for (const auto& part : parts)
    EXPECT_NE(message.find(part), std::string::npos) << part << "\n" << message;
}

/// Image data of 2 x 1 x 1 cells with the elements of `CellData` and `PointData` as given.
std::string image(const std::string& cell_data, const std::string& point_data = "<PointData/>") {
  return "<?xml version='1.0'?>\n<VTKFile type='ImageData' version='1.0' byte_order='LittleEndian'>"
         "<ImageData WholeExtent='0 2 0 1 0 1' Origin='0 0 0' Spacing='1 1 1'>"
         "<Piece Extent='0 2 0 1 0 1'>" +
         point_data + cell_data + "</Piece></ImageData></VTKFile>\n";
}

std::string array(const std::string& name, const std::string& values,
                  const std::string& type = "Int32") {
  return "<DataArray type='" + type + "' Name='" + name + "' format='ascii'>" + values +
         "</DataArray>";
}

std::string all_notes(const Microstructure& read) {
  std::string text;
  for (const auto& note : read.notes) text += note + "\n";
  return text;
}

/// A material configuration of two phases, and a grid of both halves.
class Configuration : public ::testing::Test {
 protected:
  Microstructure read(const std::string& phases) {
    write_text(grid_, image("<CellData>" + array("material", "0 1") + "</CellData>"));
    write_text(yaml_, "phase:\n" + phases +
                          "material:\n- constituents: [{phase: '1', v: 1.0, O: [1, 0, 0, 0]}]\n"
                          "- constituents: [{phase: '2', v: 1.0, O: [1, 0, 0, 0]}]\n");
    options_.material_file = yaml_;
    return read_microstructure(grid_, options_);
  }
  std::string refusal(const std::string& phases) {
    return message_of([&] { read(phases); });
  }
  /// C11 in MPa of both halves.
  std::pair<double, double> c11(const std::string& phases) {
    const auto rve = read(phases).rve;
    return {rve.stiffness[rve.phase[0]](0, 0), rve.stiffness[rve.phase[1]](0, 0)};
  }

  const std::string grid_ = temporary("halves.vti"), yaml_ = temporary("halves.yaml");
  MicrostructureOptions options_;
  const std::string without_constants_ = "  '1': {lattice: cF}\n  '2': {lattice: cF}\n";
};

const char* const aluminium = "C_11: 106.75e+9, C_12: 60.41e+9, C_44: 28.34e+9";

}  // namespace

TEST(ArraysOfImageData, TheActiveOneOfSeveralIsReadAndSaid) {
  const auto path = temporary("active.vti");
  MicrostructureOptions options;
  for (int label = 0; label < 8; ++label)
    options.stiffness.emplace_back(std::to_string(label), std::to_string(1000 + label) + ", 0.3");
  const auto read = [&](const std::string& text, const std::string& labels) {
    write_text(path, text);
    auto chosen = options;
    std::erase_if(chosen.stiffness,
                  [&](const auto& s) { return labels.find(s.first) == std::string::npos; });
    return read_microstructure(path, chosen);
  };
  const auto several = array("grains", "1 2") + array("quality", "5 6");
  const auto active = read(image("<CellData Scalars='quality'>" + several + "</CellData>"), "56");
  EXPECT_EQ(active.phase_of, (std::vector<std::string>{"5", "6"}));
  expect_parts(all_notes(active), {"'quality' is read, the active one of grains, quality"});
  write_text(path, image("<CellData>" + several + "</CellData>"));
  expect_parts(message_of([&] { read_microstructure(path, options); }),
               {path, "grains, quality", "--array", "'Array'"});
  // Also where one has the name that this program gives.
  write_text(path,
             image("<CellData>" + array("phase", "1 2") + array("other", "5 6") + "</CellData>"));
  expect_parts(message_of([&] { read_microstructure(path, options); }), {path, "--array"});
  options.array = "grains";
  const auto named = read(image("<CellData Scalars='quality'>" + several + "</CellData>"), "12");
  EXPECT_EQ(named.phase_of, (std::vector<std::string>{"1", "2"}));
}

TEST(ArraysOfImageData, GhostsAreNoPhases) {
  const auto path = temporary("ghosts.vti");
  MicrostructureOptions options;
  options.stiffness = {{"1", "Al"}, {"2", "Cu"}};
  const auto ghosts = array("vtkGhostType", "0 0", "UInt8") + array("grains", "1 2");
  write_text(path, image("<CellData Scalars='vtkGhostType'>" + ghosts + "</CellData>"));
  const auto read = read_microstructure(path, options);
  EXPECT_EQ(read.phase_of, (std::vector<std::string>{"1", "2"}));
  EXPECT_EQ(all_notes(read).find("ghost"), std::string::npos);
  const auto marked = array("vtkGhostType", "0 32", "UInt8") + array("grains", "1 2");
  write_text(path, image("<CellData>" + marked + "</CellData>"));
  expect_parts(all_notes(read_microstructure(path, options)), {"marks 1 of 2 voxels"});
  options.array = "vtkGhostType";
  expect_parts(message_of([&] { read_microstructure(path, options); }), {path, "marks ghosts"});
}

TEST_F(Configuration, AGridOfDamaskIsToldByItsArray) {
  const auto phases = std::string("  '1': {lattice: cF, mechanical: {elastic: {type: Hooke, ") +
                      aluminium + "}}}\n  '2': {lattice: cF, mechanical: {elastic: {type: Hooke, " +
                      "C_11: 168.4e+9, C_12: 121.4e+9, C_44: 75.4e+9}}}\n";
  // The quotes of the grid are single ones.
  EXPECT_EQ(read(phases).format, "damask");
  options_.array = "material";
  EXPECT_EQ(read(phases).format, "damask");
  const auto [first, second] = c11(phases);
  EXPECT_NEAR(first, 106.75e3, 1e-6);
  EXPECT_NEAR(second, 168.4e3, 1e-6);
  // Text that only mentions the name makes no grid.
  write_text(grid_, image("<CellData>" + array("grains", "1 2") +
                          "</CellData><!-- Name=\"material\""
                          " -->"));
  options_ = {};
  options_.stiffness = {{"1", "Al"}, {"2", "Cu"}};
  EXPECT_EQ(read_microstructure(grid_, options_).format, "vti");
}

TEST_F(Configuration, PhasesWhoseNamesAreNumbers) {
  // Phase '1' has the number 0 in the file, and phase '2' the number 1.
  const double first = isotropic(100, 0.3)(0, 0), second = isotropic(200, 0.3)(0, 0);
  const auto expect = [&](const std::vector<std::pair<std::string, std::string>>& stiffness) {
    options_.stiffness = stiffness;
    const auto [a, b] = c11(without_constants_);
    EXPECT_NEAR(a, first, 1e-9);
    EXPECT_NEAR(b, second, 1e-9);
  };
  // All keys are names, and not all of them numbers.
  expect({{"2", "200, 0.3"}, {"1", "100, 0.3"}});
  expect({{"name:1", "100, 0.3"}, {"number:1", "200, 0.3"}});
  expect({{"number:0", "100, 0.3"}, {"name:2", "200, 0.3"}});
  EXPECT_NEAR(first, 134.6, 0.05);
  EXPECT_NEAR(second, 269.2, 0.05);
  const auto expect_refused = [&](const std::vector<std::pair<std::string, std::string>>& stiffness,
                                  std::initializer_list<std::string> parts) {
    options_.stiffness = stiffness;
    expect_parts(refusal(without_constants_), parts);
  };
  expect_refused({{"1", "100, 0.3"}},
                 {"name of phase 0 ('1')", "number of phase 1 ('2')", "'name:1'", "'number:1'"});
  expect_refused({{"0", "100, 0.3"}, {"1", "200, 0.3"}}, {"'name:1'", "'number:1'"});
  expect_refused({{"2", "200, 0.3"}}, {"phase 0 ('1')", "no stiffness"});
  expect_refused({{"number:0", "1, 0.3"}, {"name:1", "1, 0.3"}, {"2", "1, 0.3"}},
                 {"phase 0 ('1')", "twice", "'number:0'", "'name:1'"});
  expect_refused({{"2", "1, 0.3"}, {"1", "1, 0.3"}, {"2", "1, 0.3"}}, {"phase 1 ('2')", "twice"});
  expect_refused({{"name:3", "1, 0.3"}}, {"'name:3'", "has the phases"});
}

TEST_F(Configuration, APhaseWithoutConstantsIsNotFilledByTheNumberOfAnother) {
  // Phase '1' of the material file must not give its constants to the phase of the number 1, '2'.
  const auto phases = std::string("  '1': {lattice: cF, mechanical: {elastic: {type: Hooke, ") +
                      aluminium + "}}}\n  '2': {lattice: cF}\n";
  expect_parts(refusal(phases),
               {"phase 1 ('2')", "no stiffness", "'mechanical: elastic' is missing"});
}

TEST_F(Configuration, PolynomialsAreEvaluatedAtTheTemperature) {
  const auto phases_of = [](const std::string& elastic) {
    return "  '1': {lattice: cF, mechanical: {elastic: {type: Hooke, " + elastic +
           "}}}\n  '2': {lattice: cF, mechanical: {elastic: {type: Hooke, " + aluminium + "}}}\n";
  };
  // At 293.15 K, with T - T_ref = 200: 170e9 - 2e7 * 200 - 5e4 * 200^2 + 100 * 200^3 = 164.8e9.
  const std::string polynomial =
      "C_11: 170e+9, 'C_11,T': -2e+7, 'C_11,T^2': -5e+4, 'C_11,T^3': 100, C_12: 120e+9, "
      "C_44: 75e+9, 'C_44,T^4': -1, T_ref: 93.15";
  const auto read = this->read(phases_of(polynomial));
  EXPECT_NEAR(read.rve.stiffness[0](0, 0), 164.8e3, 1e-6);
  EXPECT_NEAR(read.rve.stiffness[0](0, 1), 120e3, 1e-6);
  EXPECT_NEAR(read.rve.stiffness[0](2, 2), 2 * (75e3 - 1.6e3), 1e-6);
  EXPECT_NEAR(read.rve.stiffness[1](0, 0), 106.75e3, 1e-6);
  expect_parts(all_notes(read), {"phase '1'", "evaluated at 293.15 K"});
  options_.temperature = 193.15;
  EXPECT_NEAR(c11(phases_of(polynomial)).first, 170e3 - 2e3 - 500 + 100, 1e-6);
  expect_parts(all_notes(this->read(phases_of(polynomial))), {"evaluated at 193.15 K"});
  options_.temperature = 93.15;
  EXPECT_NEAR(c11(phases_of(polynomial)).first, 170e3, 1e-6);
  options_.temperature = -1;
  expect_parts(refusal(phases_of(polynomial)), {yaml_, "temperature -1", "--temperature"});
  options_.temperature = 300;
  expect_parts(refusal(phases_of(aluminium)), {yaml_, "--temperature", "no effect"});
  options_.temperature.reset();
  expect_parts(refusal(phases_of("C_11: 170e+9, 'C_11,T': 1, C_12: 120e+9, C_44: 75e+9")),
               {yaml_, "'T_ref'"});
  expect_parts(refusal(phases_of("C_11: 170e+9, 'C_11,T^5': 1, C_12: 120e+9, C_44: 75e+9")),
               {yaml_, "'C_11,T^5'", "'C_ij,T^4'"});
}

TEST_F(Configuration, ConstantsThatContradictTheLatticeAreRefused) {
  const auto phases_of = [](const std::string& lattice, const std::string& elastic) {
    return "  '1': {lattice: " + lattice + ", mechanical: {elastic: {type: Hooke, " + elastic +
           "}}}\n  '2': {lattice: cF, mechanical: {elastic: {type: Hooke, " + aluminium + "}}}\n";
  };
  const std::string titanium =
      "C_11: 162.4e+9, C_12: 92.0e+9, C_13: 69.0e+9, C_33: 180.7e+9, C_44: 46.7e+9";
  // (C_11 - C_12) / 2 = 35.2e9, of which published tables give three digits.
  EXPECT_NEAR(c11(phases_of("hP", titanium + ", C_66: 35.2e+9")).first, 162.4e3, 1e-6);
  EXPECT_NEAR(c11(phases_of("hP", titanium + ", C_66: 35.1e+9")).first, 162.4e3, 1e-6);
  expect_parts(refusal(phases_of("hP", titanium + ", C_66: 46.7e+9")),
               {yaml_, "'C_66' is 46700", "35200", "hP"});
  expect_parts(refusal(phases_of("hP", titanium + ", C_14: 1e+9")), {"'C_14'", "makes it 0"});
  expect_parts(refusal(phases_of("cF", std::string(aluminium) + ", C_33: 120e+9")),
               {"'C_33'", "106750"});
  expect_parts(refusal(phases_of("cI", std::string(aluminium) + ", 'C_66,T': 1e+9, T_ref: 0")),
               {"'C_66'", "28340"});
  expect_parts(refusal(phases_of("cF", std::string(aluminium) + ", C_11: 120e+9")),
               {"'C_11' is given twice"});
}

TEST_F(Configuration, MergeKeysAreFollowed) {
  const std::string merged =
      "  '1': &one\n    lattice: cF\n    mechanical: &mechanical\n      elastic: &elastic {type: "
      "Hooke, C_11: 106.75e+9, C_12: 60.41e+9, C_44: 28.34e+9}\n";
  // Own keys win over those that are merged.
  EXPECT_EQ(c11(merged + "  '2': {<<: *one}\n"), (std::pair{106.75e3, 106.75e3}));
  EXPECT_EQ(c11(merged + "  '2': {lattice: cI, mechanical: {elastic: {<<: *elastic, C_11: "
                         "120e+9}}}\n"),
            (std::pair{106.75e3, 120e3}));
  EXPECT_EQ(c11(merged + "  '2': {<<: [{lattice: cI}, *one]}\n"), (std::pair{106.75e3, 106.75e3}));
  expect_parts(refusal(merged + "  '2': {<<: 5}\n"), {yaml_, "'<<'", "expected a section"});
  expect_parts(refusal("  '1': &one {lattice: cF, <<: *one}\n  '2': {lattice: cF}\n"), {yaml_});
}

TEST(PhaseStiffness, ANumberOfALabelIsTheNameInAMaterialFile) {
  const auto path = temporary("numbered.vti"), yaml = temporary("numbered.yaml");
  write_text(path, image("<CellData>" + array("grains", "1 2") + "</CellData>"));
  write_text(yaml,
             std::string("phase:\n  '1': {lattice: cF, mechanical: {elastic: {type: Hooke, ") +
                 aluminium + "}}}\n");
  MicrostructureOptions options;
  options.material_file = yaml;
  options.stiffness = {{"2", "1000, 0.3"}};
  const auto rve = read_microstructure(path, options).rve;
  EXPECT_NEAR(rve.stiffness[0](0, 0), 106.75e3, 1e-6);
  EXPECT_NEAR(rve.stiffness[1](0, 0), isotropic(1000, 0.3)(0, 0), 1e-9);
}

TEST(Images, TransparencyIsSaid) {
  const auto path = temporary("alpha.png");
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
  png_infop info = png_create_info_struct(png);
  FILE* file = std::fopen(path.c_str(), "wb");
  png_init_io(png, file);
  png_set_IHDR(png, info, 2, 2, 8, PNG_COLOR_TYPE_GRAY_ALPHA, PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_write_info(png, info);
  // Grey level and opacity of each pixel.
  unsigned char rows[2][4] = {{10, 255, 200, 0}, {10, 255, 200, 128}};
  for (auto& row : rows) png_write_row(png, row);
  png_write_end(png, nullptr);
  png_destroy_write_struct(&png, &info);
  std::fclose(file);
  EXPECT_EQ(read_png(path).n_transparent, 2U);
  MicrostructureOptions options;
  options.thresholds = {100};
  options.stiffness = {{"0", "Al"}, {"1", "Cu"}};
  const auto read = read_microstructure(path, options);
  expect_parts(all_notes(read), {"2 of 4 pixels are transparent"});
  EXPECT_EQ(read.rve.phase, (std::vector<std::uint16_t>{0, 0, 1, 1}));
  write_png(path, 2, 2, {10, 200, 10, 200});
  EXPECT_EQ(all_notes(read_microstructure(path, options)).find("transparent"), std::string::npos);
}

TEST(Images, XdmfHasATime) {
  // The reader of VTK's Python packages opens nothing without.
  const auto path = temporary("time.xdmf");
  write_xdmf(path, {2, 1, 1}, {2., 1., 1.}, {});
  const auto text = read_text(path);
  EXPECT_NE(text.find("<Time Value=\"0\"/>"), std::string::npos) << text;
  EXPECT_LT(text.find("<Grid"), text.find("<Time"));
}

TEST(MicrostructureParameters, KeysAreTheOptions) {
  const auto options_of = [](const std::string& keys) {
    ParameterFile file("subsection Microstructure file\n" + keys + "end\n", "keys.prm");
    return read_microstructure_options(file, "Microstructure file");
  };
  const auto options =
      options_of("  set Features = Grain Data\n  set Unrotated = true\n  set Temperature = 400\n");
  EXPECT_EQ(options.features, "Grain Data");
  EXPECT_TRUE(options.unrotated);
  EXPECT_EQ(options.temperature, 400.);
  expect_parts(message_of([&] { options_of("  set Temperature = warm\n"); }),
               {"Temperature", "'warm'", "kelvins from 0"});
  EXPECT_FALSE(options_of("").unrotated);
  EXPECT_FALSE(options_of("").temperature.has_value());
}
