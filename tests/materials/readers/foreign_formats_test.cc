// Files of other programs that are known but not read, and HDF5 that the library cannot decode:
// what it is and the way out is said.

#include <gtest/gtest.h>

#include <cstring>

#include "hdf5_edit.h"
#include "seco/materials/elastic_symmetry.h"
#include "seco/materials/microstructure_file.h"
#include "seco/materials/rve_file.h"
#include "support/message_of.h"
#include "support/small_microstructures.h"

using namespace seco::materials;
using namespace seco::test;

namespace {

std::string refusal(const std::string& path, const MicrostructureOptions& options = {}) {
  return message_of([&] { read_microstructure(path, options); });
}

void expect_parts(const std::string& message, const std::vector<std::string>& parts) {
  for (const auto& part : parts)
    EXPECT_NE(message.find(part), std::string::npos) << part << "\n" << message;
}

/// An RVE of two layers, whose datasets are changed.
Rve two_layers() {
  Rve rve;
  rve.shape = {4, 4, 4};
  rve.lengths = {1., 1., 1.};
  rve.phase.assign(64, 0);
  std::fill(rve.phase.begin() + 32, rve.phase.end(), std::uint16_t{1});
  rve.stiffness = {isotropic(1000, 0.3), isotropic(2000, 0.3)};
  rve.unit = "MPa";
  return rve;
}

std::string file_of(const Rve& rve) {
  const auto path = temporary("foreign.h5");
  write_rve(path, rve);
  return path;
}

/// A filter with the number of LZF that only marks its values.
std::size_t any_filter(unsigned, std::size_t, const unsigned*, std::size_t n_bytes, std::size_t*,
                       void**) {
  return n_bytes;
}

}  // namespace

TEST(ForeignFormats, AreNamedByTheirContentWithAWayToConvert) {
  using namespace std::string_literals;
  struct Case {
    std::string name, content;
    std::vector<std::string> parts;
  };
  const std::vector<Case> cases{
      {"b.vtk",
       "# vtk DataFile Version 5.1\nx\nASCII\nDATASET UNSTRUCTURED_GRID\n",
       {"unstructured_grid", "known but not read", "resample"}},
      {"a.vtu",
       "<VTKFile type='UnstructuredGrid'><UnstructuredGrid/></VTKFile>",
       {"'UnstructuredGrid'", "resample"}},
      {"a.geom", "4 header\ngrid a 2 b 2 c 2\n1 2 3 4\n", {"old DAMASK", "load_ASCII"}},
      {"a.raw", "\1\2\3\4", {"raw values", "--shape", "--type"}},
      // The content counts, not the extension.
      {"geom.vti", "4 header\ngrid a 2 b 2 c 2\n1 2 3 4\n", {"old DAMASK"}},
      {"a.xyz", "nothing known\n", {"none of the microstructure files", "numpy.save", "--format"}},
      {"empty.vti", "", {"is empty"}}};
  for (const auto& [name, content, parts] : cases) {
    const auto path = temporary(name);
    write_text(path, content);
    const auto message = refusal(path);
    EXPECT_EQ(message.find("did you mean"), std::string::npos) << message;
    EXPECT_EQ(message.find("nearest"), std::string::npos) << message;
    expect_parts(message, {path});
    expect_parts(message, parts);
    // Asked for by name, it is still not that.
    MicrostructureOptions options;
    options.format = "vti";
    expect_parts(refusal(path, options), {path});
  }
}

TEST(ForeignFormats, Hdf5OfOtherProgramsIsNamed) {
  const auto path = temporary("other.h5oina");
  Hdf5Edit(path, true).group("Something");
  expect_parts(refusal(path),
               {path, "HDF5 of no known program", "--array", "no dataset of numbers"});
}

TEST(ForeignFormats, AFilterThatTheLibraryDoesNotHaveIsNamed) {
  const auto rve = two_layers();
  const auto path = file_of(rve);
  constexpr H5Z_filter_t lzf = 32000;
  const H5Z_class2_t filter{H5Z_CLASS_T_VERS, lzf, 1, 1, "lzf", nullptr, nullptr, any_filter};
  ASSERT_GE(H5Zregister(&filter), 0);
  {
    const hid_t properties = H5Pcreate(H5P_DATASET_CREATE);
    const std::vector<hsize_t> chunk{4, 4, 4};
    H5Pset_chunk(properties, 3, chunk.data());
    H5Pset_filter(properties, lzf, H5Z_FLAG_MANDATORY, 0, nullptr);
    Hdf5Edit file(path);
    file.write("phase", {4, 4, 4}, rve.phase, H5T_NATIVE_UINT16, -1, properties);
    H5Pclose(properties);
  }
  ASSERT_GE(H5Zunregister(lzf), 0);
  expect_parts(refusal(path),
               {path, "'phase'", "filter 'lzf' (number 32000)", "HDF5 1.", "h5repack", "gzip"});
}

TEST(ForeignFormats, ANewerVersionOfTheFormatIsNoCorruption) {
  const auto rve = two_layers();
  const auto path = file_of(rve);
  {
    const hid_t properties = H5Pcreate(H5P_DATASET_CREATE);
    const std::vector<hsize_t> chunk{2, 4, 4};
    H5Pset_chunk(properties, 3, chunk.data());
    Hdf5Edit file(path);
    file.write("phase", {4, 4, 4}, rve.phase, H5T_NATIVE_UINT16, -1, properties);
    H5Pclose(properties);
  }
  EXPECT_TRUE(read_rve(path) == rve);
  // The layout message: version 3, chunked, four dimensions (the last is the size of a value).
  auto content = read_text(path);
  const auto layout = content.find(std::string("\x03\x02\x04", 3));
  ASSERT_NE(layout, std::string::npos);
  ASSERT_EQ(content.find(std::string("\x03\x02\x04", 3), layout + 1), std::string::npos);
  content[layout] = 5;  // that of HDF5 2.0
  write_text(path, content);
  expect_parts(refusal(path), {path, "'phase'", "HDF5 1.", "version number for layout",
                               "libver='v110'", "h5repack --high=2"});
}

TEST(ForeignFormats, ANewerSuperblockIsNamed) {
  const auto path = temporary("superblock.h5");
  const hid_t access = H5Pcreate(H5P_FILE_ACCESS);
  H5Pset_libver_bounds(access, H5F_LIBVER_LATEST, H5F_LIBVER_LATEST);
  H5Fclose(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access));
  H5Pclose(access);
  auto content = read_text(path);
  ASSERT_GT(content.size(), 8U);
  content[8] = 4;
  write_text(path, content);
  expect_parts(refusal(path), {path, "superblock has the version 4", "libver='v110'"});
}

TEST(ForeignFormats, TruthValuesAreLabelsAndOtherTypesAreNamed) {
  const auto rve = two_layers();
  const auto path = file_of(rve);
  const std::vector<signed char> truth(rve.phase.begin(), rve.phase.end());
  {
    // As h5py writes them.
    const hid_t type = H5Tenum_create(H5T_NATIVE_INT8);
    const signed char no = 0, yes = 1;
    H5Tenum_insert(type, "FALSE", &no);
    H5Tenum_insert(type, "TRUE", &yes);
    Hdf5Edit(path).write("phase", {4, 4, 4}, truth, type);
    H5Tclose(type);
  }
  EXPECT_TRUE(read_rve(path) == rve);
  const hid_t pair = H5Tcreate(H5T_COMPOUND, 2);
  H5Tinsert(pair, "a", 0, H5T_NATIVE_UINT8);
  H5Tinsert(pair, "b", 1, H5T_NATIVE_UINT8);
  Hdf5Edit(path).write("phase", {4, 4, 4}, std::vector<unsigned char>(128, 0), pair);
  H5Tclose(pair);
  expect_parts(refusal(path), {path, "'phase'", "records of 2 members", "astype('int64')"});
  Hdf5Edit(path).write("phase", {4, 4, 4}, std::vector<float>(64, 0.F), H5T_NATIVE_FLOAT);
  expect_parts(refusal(path), {path, "'phase'", "floating-point numbers", "astype('int64')"});
  Hdf5Edit(path).write("phase", {4, 4, 4}, truth, H5T_NATIVE_B8);
  expect_parts(refusal(path), {path, "'phase'", "bit fields"});
  {
    Hdf5Edit file(path);
    file.remove("phase");
    H5Lcreate_external("elsewhere.h5", "/phase", file.id(), "phase", H5P_DEFAULT, H5P_DEFAULT);
  }
  expect_parts(refusal(path), {path, "'phase' is a link to '/phase' in the file 'elsewhere.h5'"});
  {
    Hdf5Edit file(path);
    file.remove("phase");
    file.group("phase");
  }
  expect_parts(refusal(path), {path, "'phase' is a group, not a dataset"});
}

TEST(ForeignFormats, AUnitHasNoEffectOnAnRve) {
  MicrostructureOptions options;
  options.unit = "GPa";
  const auto path = file_of(two_layers());
  expect_parts(refusal(path, options), {path, "unit 'GPa'", "--unit", "no effect"});
}

TEST(ForeignFormats, AnUnknownUnitIsRefused) {
  auto rve = two_layers();
  rve.unit = "psi";
  const auto path = file_of(rve);
  expect_parts(refusal(path), {path, "'unit'", "'psi'", "Pa, kPa, MPa, GPa"});
}
