#include <gtest/gtest.h>
#include <hdf5.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>

#include "seco/materials/elastic_symmetry.h"
#include "seco/materials/generators.h"
#include "seco/materials/hdf5_file.h"
#include "seco/materials/image_file.h"
#include "seco/materials/names.h"
#include "seco/materials/parameter_file.h"
#include "seco/materials/rve_file.h"
#include "support/message_of.h"
#include "support/temporary.h"

using namespace seco::materials;
using seco::test::message_of;
using seco::test::temporary;
namespace fs = std::filesystem;

namespace {

void expect_message(const std::function<void()>& call, std::initializer_list<std::string> parts) {
  const auto message = message_of(call);
  for (const auto& part : parts) EXPECT_NE(message.find(part), std::string::npos) << message;
}

Rve small_rve() {
  Rve rve;
  rve.shape = {3, 4, 5};
  rve.lengths = {1., 2., 0.5};
  rve.unit = "GPa";
  rve.stiffness = {isotropic(70, 0.3), isotropic(3, 0.4)};
  for (std::size_t v = 0; v < 60; ++v) rve.phase.push_back(v % 7 == 0 ? 1 : 0);
  return rve;
}

void write_raw(const std::string& path, const std::function<void(Hdf5Writer&)>& content) {
  Hdf5Writer file(path);
  content(file);
  file.close();
}

}  // namespace

TEST(RveFile, RoundTripIsExact) {
  const auto path = temporary("round_trip.h5");
  for (const bool flat : {false, true}) {
    Rve rve = small_rve();
    if (flat) {
      rve.shape = {12, 5};
      rve.lengths = {1., 3.};
      for (auto& stiffness : rve.stiffness) stiffness = plane_strain(stiffness);
    }
    write_rve(path, rve);
    EXPECT_TRUE(read_rve(path) == rve);
    rve.orientation = {{0.1, 0.2, 0.3}, {-3., 1. / 3., 2.}};
    write_rve(path, rve);
    const Rve read = read_rve(path);
    EXPECT_TRUE(read == rve);
    EXPECT_EQ(hash(read), hash(rve));
    rve.orientation[1][2] += 1e-15;
    EXPECT_FALSE(read == rve);
    EXPECT_NE(hash(read), hash(rve));
    rve.orientation.clear();
    EXPECT_FALSE(read == rve);
    EXPECT_NE(hash(read), hash(rve));
  }
}

TEST(RveFile, StiffnessesOutOfThePlaneAreKept) {
  const auto path = temporary("plane.h5");
  Rve rve = small_rve();
  rve.shape = {12, 5};
  rve.lengths = {1., 3.};
  rve.stiffness_3d = rve.stiffness;
  for (auto& stiffness : rve.stiffness) stiffness = plane_strain(stiffness);
  write_rve(path, rve);
  const Rve read = read_rve(path);
  EXPECT_TRUE(read == rve);
  EXPECT_EQ(*spatial_stiffness(read, 1), rve.stiffness_3d[1]);
  // They do not count for the homogenized stiffness.
  Rve plain = rve;
  plain.stiffness_3d.clear();
  EXPECT_EQ(hash(plain), hash(rve));
  EXPECT_FALSE(plain == rve);
  // Of a stiffness that was changed they are not known.
  rve.stiffness[0] *= 2.;
  write_rve(path, rve);
  EXPECT_TRUE(read_rve(path).stiffness_3d.empty());
  const auto phases = std::vector<double>(2 * 36, 1.);
  write_raw(path, [&](Hdf5Writer& f) {
    f.dataset("phase", {12, 5}, rve.phase.data());
    std::vector<double> table;
    for (const auto& c : plain.stiffness) table.insert(table.end(), c.data(), c.data() + 9);
    f.dataset("stiffness", {2, 3, 3}, table.data());
    f.dataset("stiffness_3d", {2, 6, 6}, phases.data());
    f.numbers("lengths", rve.lengths);
    f.text("unit", rve.unit);
  });
  expect_message([&] { read_rve(path); }, {path, "'stiffness_3d'", "phase 0", "plane strain"});
}

TEST(RveFile, ReadsTheReferenceFiles) {
  for (const char* name : {"cu_32.h5", "ti_32.h5", "fibres_32.h5", "pore1e-3_32.h5"}) {
    const auto path = std::string(SECO_TEST_DATA) + "/" + name;
    const Rve rve = read_rve(path);
    EXPECT_EQ(rve.shape, (std::vector<int>{32, 32, 32}));
    EXPECT_EQ(rve.unit, "MPa");
    EXPECT_TRUE(read_homogenized_stiffness(path).has_value());
  }
}

TEST(RveFile, FaultsAreNamed) {
  const auto path = temporary("fault.h5");
  expect_message([&] { read_rve(temporary("absent.h5")); }, {"absent.h5", "no such file"});
  std::ofstream(path) << "this is text";
  expect_message([&] { read_rve(path); }, {path, "not an HDF5 file"});

  const Rve good = small_rve();
  const std::vector<double> table(2 * 36, 1.);
  write_raw(path, [&](Hdf5Writer& f) { f.dataset("stiffness", {2, 6, 6}, table.data()); });
  expect_message([&] { read_rve(path); }, {path, "'phase' is missing"});
  write_raw(path, [&](Hdf5Writer& f) { f.dataset("phase", {3, 4, 5}, good.phase.data()); });
  expect_message([&] { read_rve(path); }, {path, "'stiffness' is missing"});
  const std::vector<double> reals(60, 0.5);
  write_raw(path, [&](Hdf5Writer& f) { f.dataset("phase", {3, 4, 5}, reals.data()); });
  expect_message([&] { read_rve(path); }, {"'phase'", "integers"});
  const std::vector<std::int64_t> negative(60, -3);
  write_raw(path, [&](Hdf5Writer& f) { f.dataset("phase", {3, 4, 5}, negative.data()); });
  expect_message([&] { read_rve(path); }, {"'phase'", "-3"});

  Rve bad = good;
  bad.phase[17] = 9;
  expect_message([&] { write_rve(path, bad); }, {"'phase' holds 9 at voxel 17", "0 to 1"});
  bad = good;
  bad.stiffness[1](0, 3) = 1e3;
  expect_message([&] { write_rve(path, bad); }, {"phase 1", "not symmetric"});
  bad = good;
  bad.stiffness[1] *= -1;
  expect_message([&] { write_rve(path, bad); }, {"phase 1", "not positive definite"});
  bad = good;
  bad.stiffness[0](2, 2) = NAN;
  expect_message([&] { write_rve(path, bad); }, {"phase 0", "NaN"});
  bad = good;
  bad.orientation.resize(3, Eigen::Vector3d::Zero());
  expect_message([&] { write_rve(path, bad); }, {path, "'orientation' holds 3 phases", "2"});
  bad.orientation.resize(2);
  bad.orientation[1][0] = INFINITY;
  expect_message([&] { write_rve(path, bad); }, {"'orientation' of phase 1", "infinite"});
  write_raw(path, [&](Hdf5Writer& f) {
    f.dataset("phase", {3, 4, 5}, good.phase.data());
    f.dataset("stiffness", {2, 6, 6}, table.data());
    f.dataset("orientation", {2, 4}, table.data());
  });
  expect_message([&] { read_rve(path); }, {path, "'orientation'", "2x4", "phases x 3"});
  bad = good;
  bad.stiffness[0].setZero();
  EXPECT_EQ(message_of([&] { write_rve(path, bad); }), "no error");  // a void
  bad.stiffness[1].setZero();
  expect_message([&] { write_rve(path, bad); }, {"every voxel is a void"});
}

TEST(RveFile, TruncatedFileIsRefusedEverywhere) {
  const auto path = temporary("whole.h5"), cut = temporary("cut.h5");
  write_rve(path, small_rve());
  const auto size = fs::file_size(path);
  for (const double share : {0.1, 0.3, 0.5, 0.7, 0.9, 0.99}) {
    fs::copy_file(path, cut, fs::copy_options::overwrite_existing);
    fs::resize_file(cut, static_cast<std::uintmax_t>(share * static_cast<double>(size)));
    EXPECT_NE(message_of([&] { read_rve(cut); }), "no error") << share;
  }
}

TEST(RveFile, NothingHalfWrittenRemains) {
  const auto path = temporary("unfinished.h5");
  fs::remove(path);
  {
    Hdf5Writer file(path);
    file.text("unit", "MPa");
  }
  EXPECT_FALSE(fs::exists(path));
  EXPECT_FALSE(fs::exists(path + ".part"));
}

TEST(RveFile, ImageDataRunsThroughTheFirstAxisFastest) {
  Rve rve = small_rve();
  for (std::size_t v = 0; v < 60; ++v)
    rve.phase[v] = v / 20 == 1 ? 1 : 0;  // the middle plane of axis 1
  const auto path = temporary("image.vti");
  write_vti(path, rve);
  std::ifstream file(path, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  EXPECT_NE(text.find("WholeExtent=\"0 3 0 4 0 5\""), std::string::npos);
  const auto data = text.find("<AppendedData encoding=\"raw\">\n_");
  ASSERT_NE(data, std::string::npos);
  const char* bytes = text.data() + text.find('_', data) + 1;
  std::uint64_t size = 0;
  std::memcpy(&size, bytes, sizeof size);
  EXPECT_EQ(size, 60 * sizeof(std::uint16_t));
  std::vector<std::uint16_t> values(60);
  std::memcpy(values.data(), bytes + sizeof size, size);
  for (std::size_t v = 0; v < 60; ++v) EXPECT_EQ(values[v], v % 3 == 1 ? 1 : 0) << v;
}

TEST(ImageFile, WrongSizesAndFoldersAreRefused) {
  expect_message(
      [] {
        write_image(temporary("image.vti"), {2, 2}, {1, 1}, {{"stress", {1, 2, 3}, {"XX", "YY"}}});
      },
      {"image.vti", "'stress'", "3 values", "2 components of 4 voxels"});
  expect_message(
      [] {
        write_image("/no/folder/image.vti", {1, 1}, {1, 1}, {});
      },
      {"/no/folder/image.vti", "cannot be written"});
}

TEST(ParameterFile, ReadsNestedSectionsCommentsAndContinuedLines) {
  ParameterFile file(
      "set Top = 3 # comment\nsubsection A\n  subsection B\n    set Long   key = 1, \\\n 2.5\n  "
      "end\nend\n",
      "x.prm");
  EXPECT_EQ(file.integer("", "Top", 0, 0, 10, ""), 3);
  EXPECT_EQ(file.numbers("A/B", "Long key", {}, ""), (std::vector<double>{1, 2.5}));
  EXPECT_DOUBLE_EQ(file.number("A", "Other", 0.25, 0, 1, ""), 0.25);
  EXPECT_NO_THROW(file.check_all_used());
}

TEST(ParameterFile, ALastLineThatGoesOnEndsWithTheFile) {
  for (const char* end : {"\\", "\\\n", "\\\n 3", " \\  # comment"}) {
    ParameterFile file(std::string("set A = 1\nset B = 2, ") + end, "x.prm");
    EXPECT_EQ(file.text("", "B", "", "").substr(0, 2), "2,") << end;
  }
  expect_message([] { ParameterFile("set A = 1\nend \\", "y.prm"); }, {"y.prm:2", "'end' without"});
}

TEST(ParameterFile, ErrorsNameFileLineSectionKeyValueAndWhatIsAllowed) {
  ParameterFile file("subsection A\n set Steps = -4\n set Mode = fsat\n set Typo = 1\nend\n",
                     "x.prm");
  expect_message([&] { file.integer("A", "Steps", 1, 1, 10, ""); },
                 {"x.prm:2", "'Steps'", "'A'", "'-4'", "1 to 10"});
  expect_message(
      [&] {
        file.choice("A", "Mode", "fast", {"fast", "slow"}, "");
      },
      {"x.prm:3", "'fsat'", "fast, slow", "did you mean 'fast'"});
  file.text("A", "Type", "", "");
  expect_message([&] { file.check_all_used(); }, {"x.prm:4", "'Typo'", "Did you mean 'Type'"});
  expect_message([] { ParameterFile("subsection A\n", "y.prm"); }, {"y.prm", "not closed"});
  expect_message([] { ParameterFile("end\n", "y.prm"); }, {"y.prm:1", "'end'"});
  expect_message([] { ParameterFile("sett A = 1\n", "y.prm"); }, {"y.prm:1", "sett"});
  expect_message([] { ParameterFile::read("/nonexistent.prm"); },
                 {"/nonexistent.prm", "cannot be read"});
}

TEST(ParameterFile, AKeyThatIsSetTwiceIsRefusedUnlessItsSectionIsOpenedAgain) {
  const auto message = [](const std::string& text) {
    ParameterFile file(text, "x.prm");
    for (const char* section : {"", "S", "S/T"}) file.text(section, "Key", "", "");
    return message_of([&] { file.check_all_used(); });
  };
  EXPECT_EQ(message("set Key = 1\nsubsection S\n set Key = 2\n set  Key = 3\nend\n"),
            "x.prm:4: key 'Key' in section 'S' is set a second time, first in line 3; allowed is "
            "one value");
  EXPECT_EQ(message("set Key = 1\nset Key = 1\n"),
            "x.prm:2: key 'Key' at the top level is set a second time, first in line 1; allowed is "
            "one value");
  EXPECT_NE(message("subsection S\nset Key = 1\nsubsection T\nset Key = 2\nend\nset Key = 3\nend\n")
                .find("x.prm:6: key 'Key' in section 'S'"),
            std::string::npos);
  ParameterFile file("subsection S\nset Key = 1\nend\nsubsection S\nset Key = 2\nend\n", "x.prm");
  EXPECT_EQ(file.text("S", "Key", "", ""), "2");
  EXPECT_NO_THROW(file.check_all_used());
  file.change("S", "Key", "7");
  EXPECT_EQ(file.text("S", "Key", "", ""), "7");
}

TEST(ParameterFile, UnknownKeysSayWhereTheyBelong) {
  const auto message = [](const std::string& text) {
    ParameterFile file(text, "x.prm");
    file.text("Dataset", "File", "", "");
    file.text("Training", "Steps", "", "");
    return message_of([&] { file.check_all_used(); });
  };
  EXPECT_EQ(message("set Dimension = 2\n"),
            "x.prm:1: key 'Dimension' at the top level is not known; all keys stand in sections, "
            "Dataset, Training");
  EXPECT_EQ(message("\nset Steps = 2\n"),
            "x.prm:2: key 'Steps' at the top level is not known; it belongs in section 'Training'");
  EXPECT_EQ(message("subsection Datasett\nset File = x\nend\n"),
            "x.prm:2: section 'Datasett' is not known; known are Dataset, Training. Did you mean "
            "'Dataset'?");
  EXPECT_EQ(message("subsection Geometry\nset Size = 1\nend\n"),
            "x.prm:2: section 'Geometry' is not known; known are Dataset, Training");
  EXPECT_EQ(message("subsection Training\nset Step = 1\nend\n"),
            "x.prm:2: key 'Step' in section 'Training' is not known; known are Steps. Did you mean "
            "'Steps'?");
}

TEST(Suggestions, AreMadeOnlyWhereTheyAreClose) {
  const std::vector<std::string> engines{"auto", "certified", "fft", "hill", "reuss", "voigt"};
  EXPECT_EQ(did_you_mean("ftf", engines), "; did you mean 'fft'?");
  EXPECT_EQ(did_you_mean("Hil", engines, true), ". Did you mean 'hill'?");
  for (const char* name : {"", "s-eco", "x", "network"}) EXPECT_EQ(did_you_mean(name, engines), "");
  EXPECT_EQ(did_you_mean("fft", {}), "");
}
