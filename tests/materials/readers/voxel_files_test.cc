// Arrays of labels or grey levels in the files of other programs: every voxel, the edges, and what
// is done on the way to an RVE.

#include <gtest/gtest.h>
#include <zlib.h>

#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <numbers>
#include <numeric>

#include "hdf5_edit.h"
#include "seco/materials/elastic_constants.h"
#include "seco/materials/elastic_symmetry.h"
#include "seco/materials/microstructure_file.h"
#include "seco/materials/microstructure_parameters.h"
#include "seco/materials/random.h"
#include "support/message_of.h"
#include "support/small_microstructures.h"
#include "support/voxel_files.h"

using namespace seco::materials;
using namespace seco::test;

namespace {

MicrostructureOptions four_phases(bool with_spacing = true) {
  MicrostructureOptions options;
  options.stiffness = {
      {"3", "4e3, 0.25"}, {"7", "8e3, 0.25"}, {"12", "13e3, 0.25"}, {"200", "201e3, 0.25"}};
  if (with_spacing) options.spacing = {0.5, 0.25, 1.};
  return options;
}

/// The label of every voxel by its stiffness, which is 1000 (label + 1).
std::vector<int> labels_of(const Rve& rve) {
  const double unit = isotropic(1000., 0.25)(0, 0);
  std::vector<int> labels;
  for (const auto phase : rve.phase)
    labels.push_back(static_cast<int>(std::lround(rve.stiffness[phase](0, 0) / unit)) - 1);
  return labels;
}

void expect_labels(const std::string& path, const Labels& labels,
                   const MicrostructureOptions& options, const std::string& format) {
  const auto read = read_microstructure(path, options);
  EXPECT_EQ(read.format, format) << path;
  EXPECT_EQ(read.rve.shape, (std::vector<int>{6, 5, 4})) << path;
  EXPECT_EQ(labels_of(read.rve), labels.label) << path;
  const std::vector<double> lengths{3., 1.25, 4.};
  for (std::size_t axis = 0; axis < 3; ++axis)
    EXPECT_NEAR(read.rve.lengths[axis], lengths[axis], 1e-6) << path;
}

bool has_note(const Microstructure& read, const std::string& part) {
  for (const auto& note : read.notes)
    if (note.find(part) != std::string::npos) return true;
  return false;
}

void expect_refused(const std::string& path, const MicrostructureOptions& options,
                    const std::vector<std::string>& parts) {
  const auto message = message_of([&] { read_microstructure(path, options); });
  EXPECT_NE(message.find(path), std::string::npos) << message;
  for (const auto& part : parts)
    EXPECT_NE(message.find(part), std::string::npos) << part << "\n" << message;
}

std::string deflated(const std::string& bytes) {
  uLongf size = compressBound(bytes.size());
  std::string result(size, '\0');
  compress(reinterpret_cast<Bytef*>(result.data()), &size,
           reinterpret_cast<const Bytef*>(bytes.data()), bytes.size());
  result.resize(size);
  return result;
}

std::string gzipped(const std::string& bytes) {
  const auto path = temporary("part.gz");
  const auto file = gzopen(path.c_str(), "wb");
  gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size()));
  gzclose(file);
  return read_text(path);
}

/// A big-endian TIFF file with one page of 6 x 5 pixels of 16 bits and whatever follows it.
std::string one_page_tiff(const std::string& description, const std::string& values) {
  constexpr std::uint32_t n_tags = 10, directory = 8, behind = directory + 2 + 12 * n_tags + 4;
  constexpr std::uint16_t is_short = 3, is_long = 4, is_text = 2;
  std::string file("MM\0*", 4);
  const auto add = [&](std::uint32_t value, int n) {
    for (int byte = n; byte-- > 0;) file += static_cast<char>(value >> 8 * byte & 255);
  };
  const auto tag = [&](std::uint32_t number, std::uint32_t type, std::uint32_t count,
                       std::uint32_t value) {
    add(number, 2);
    add(type, 2);
    add(count, 4);
    add(type == is_short ? value << 16 : value, 4);
  };
  const auto text_size = static_cast<std::uint32_t>(description.size() + 1);
  add(directory, 4);
  add(n_tags, 2);
  tag(256, is_long, 1, 6);                   // width
  tag(257, is_long, 1, 5);                   // height
  tag(258, is_short, 1, 16);                 // bits
  tag(259, is_short, 1, 1);                  // not compressed
  tag(262, is_short, 1, 1);                  // small values are black
  tag(270, is_text, text_size, behind);      // description
  tag(273, is_long, 1, behind + text_size);  // where the values are
  tag(277, is_short, 1, 1);                  // samples
  tag(278, is_long, 1, 5);                   // rows of the strip
  tag(279, is_long, 1, 60);                  // its bytes
  add(0, 4);
  return file + description + '\0' + values;
}

const std::string meta_header =
    "ObjectType = Image\nNDims = 3\nBinaryData = True\nTransformMatrix = 1 0 0 0 1 0 0 0 1\n"
    "Offset = 1 2 3\nElementSpacing = 0.5 0.25 1\nDimSize = 6 5 4\n";
const std::string nrrd_header =
    "NRRD0004\n# a comment\ndimension: 3\nsizes: 6 5 4\nspacings: 0.5 0.25 1\nkey:=value\n";

}  // namespace

TEST(VoxelFiles, NumpyArraysOfAllOrdersAndTypesKeepTheirAxes) {
  const auto labels = asymmetric_labels();
  const auto options = four_phases();
  const auto expect = [&](const std::string& name, const std::string& type, bool fortran,
                          const std::string& bytes, const std::string& shape,
                          const std::string& axes) {
    const auto path = temporary(name);
    write_text(path, numpy_text(type, fortran, shape, bytes));
    auto with_axes = options;
    with_axes.axes = axes;
    expect_labels(path, labels, with_axes, "npy");
  };
  const std::string xyz = "(6, 5, 4)", zyx = "(4, 5, 6)";
  expect("c.npy", "'<i8'", false, bytes_of<std::int64_t>(labels, "xyz"), xyz, "");
  expect("f.npy", "'<u2'", true, bytes_of<std::uint16_t>(labels, "zyx"), xyz, "");
  expect("big.npy", "'>i4'", false, bytes_of<std::int32_t>(labels, "xyz", true), xyz, "");
  expect("byte.npy", "'|u1'", false, bytes_of<std::uint8_t>(labels, "xyz"), xyz, "xyz");
  expect("zyx.npy", "'<f4'", false, bytes_of<float>(labels, "zyx"), zyx, "zyx");
  expect("zyx_f.npy", "'>f8'", true, bytes_of<double>(labels, "xyz", true), zyx, "zyx");
  expect("yzx.npy", "'<u4'", false, bytes_of<std::uint32_t>(labels, "yzx"), "(5, 4, 6)", "yzx");
}

TEST(VoxelFiles, PlanesAre2dAndHaveTwoEdges) {
  const auto path = temporary("plane.npy");
  write_text(path, numpy_text("'|u1'", false, "(2, 3)", std::string("\3\7\3\7\7\3", 6)));
  MicrostructureOptions options;
  options.stiffness = {{"3", "4e3, 0.25"}, {"7", "8e3, 0.25"}};
  options.lengths = {4., 3.};
  const auto rve = read_microstructure(path, options).rve;
  EXPECT_EQ(rve.shape, (std::vector<int>{2, 3}));
  EXPECT_EQ(rve.lengths, (std::vector<double>{4., 3.}));
  EXPECT_EQ(rve.phase, (std::vector<std::uint16_t>{0, 1, 0, 1, 1, 0}));
  options.axes = "yx";
  options.lengths = {3., 4.};
  const auto turned = read_microstructure(path, options).rve;
  EXPECT_EQ(turned.shape, (std::vector<int>{3, 2}));
  EXPECT_EQ(turned.phase, (std::vector<std::uint16_t>{0, 1, 1, 1, 0, 0}));
}

TEST(VoxelFiles, ArchivesOfNumpyAskForTheArray) {
  const auto labels = asymmetric_labels();
  const auto array = numpy_text("'<i4'", false, "(6, 5, 4)", bytes_of<std::int32_t>(labels, "xyz"));
  const auto path = temporary("a.npz");
  auto options = four_phases();
  for (const bool deflate : {false, true}) {
    write_zip(path, {{"phase.npy", array}, {"notes.txt", "x"}}, deflate);
    expect_labels(path, labels, options, "npz");
    write_zip(path, {{"grey.npy", array}, {"phase.npy", array}}, deflate);
    expect_refused(path, options, {"grey, phase", "--array"});
    options.array = "fase";
    expect_refused(path, options, {"'fase'", "missing", "Did you mean 'phase'"});
    options.array = "phase";
    expect_labels(path, labels, options, "npz");
    options.array = "";
  }
  const auto whole = read_text(path);
  write_text(path, whole.substr(0, whole.size() / 2));
  expect_refused(path, options, {"ZIP archive"});
}

TEST(VoxelFiles, TiffStacksOfAllKinds) {
  const auto labels = asymmetric_labels();
  const auto options = four_phases();
  const auto path = temporary("a.tif");
  constexpr int none = 1, lzw = 5, deflate = 8, packbits = 32773;
  for (const int compression : {none, lzw, deflate, packbits})
    for (const bool tiled : {false, true})
      for (const bool big : {false, true}) {
        TiffWay way;
        way.compression = compression;
        way.tiled = tiled;
        way.big = big;
        way.big_endian = big;
        write_tiff<std::uint8_t>(path, labels, way);
        expect_labels(path, labels, options, "tiff");
        write_tiff<std::uint16_t>(path, labels, way);
        expect_labels(path, labels, options, "tiff");
        write_tiff<float>(path, labels, way);
        expect_labels(path, labels, options, "tiff");
      }
  write_tiff<std::int16_t>(path, labels);
  expect_labels(path, labels, options, "tiff");
  write_tiff<std::uint32_t>(path, labels);
  expect_labels(path, labels, options, "tiff");
  write_tiff<double>(path, labels);
  expect_labels(path, labels, options, "tiff");
  TiffWay pyramid;
  pyramid.pyramid = true;
  write_tiff<std::uint8_t>(path, labels, pyramid);
  expect_labels(path, labels, options, "tiff");
  EXPECT_TRUE(has_note(read_microstructure(path, options), "4 pages below others (SubIFDs)"));
}

TEST(VoxelFiles, TiffSpacingIsThatOfImageJAndOme) {
  const auto labels = asymmetric_labels();
  const auto path = temporary("spacing.tif");
  TiffWay way;
  way.x_resolution = 2.F;
  way.y_resolution = 4.F;
  way.description = "ImageJ=1.53t\nimages=4\nslices=4\nunit=\\u00B5m\nspacing=1.0\nloop=false\n";
  write_tiff<std::uint8_t>(path, labels, way);
  expect_labels(path, labels, four_phases(false), "tiff");
  way.description =
      "<?xml version=\"1.0\"?><OME><Image><Pixels SizeX=\"6\" SizeY=\"5\" SizeZ=\"4\" SizeC=\"1\" "
      "SizeT=\"1\" PhysicalSizeX=\"0.5\" PhysicalSizeY=\"0.25\" "
      "PhysicalSizeZ=\"1\"/></Image></OME>";
  write_tiff<std::uint8_t>(path, labels, way);
  expect_labels(path, labels, four_phases(false), "tiff");
  // Resolutions of paper, and of a stack without the distance of its planes, are not taken.
  for (const char* text : {"", "ImageJ=1.53t\nimages=4\nunit=mm\n", "scanned"}) {
    way.description = text;
    write_tiff<std::uint8_t>(path, labels, way);
    expect_refused(path, four_phases(false), {"--spacing", "--lengths", "6x5x4"});
    expect_labels(path, labels, four_phases(), "tiff");
  }
  for (const char* text :
       {"ImageJ=1.53t\nimages=4\nslices=4\nunit=nm\nyunit=nm\nzunit=um\nspacing=1.0\n",
        "<OME><Image><Pixels SizeZ=\"4\" PhysicalSizeX=\"500\" PhysicalSizeXUnit=\"nm\" "
        "PhysicalSizeY=\"250\" PhysicalSizeYUnit=\"nm\" PhysicalSizeZ=\"1\" "
        "PhysicalSizeZUnit=\"um\"/></Image></OME>"}) {
    way.description = text;
    write_tiff<std::uint8_t>(path, labels, way);
    expect_refused(path, four_phases(false), {"different units (nm, nm, um)", "--spacing"});
    expect_labels(path, labels, four_phases(), "tiff");
  }
  // More than 4 GB, as ImageJ writes them: one page, behind which the others lie.
  auto first = labels;
  first.shape[2] = 1;
  first.label.clear();
  for (int x = 0; x < 6; ++x)
    for (int y = 0; y < 5; ++y) first.label.push_back(labels.at(x, y, 0));
  way = {};
  way.description = "ImageJ=1.53t\nimages=4\nslices=4\n";
  write_tiff<std::uint8_t>(path, first, way);
  expect_refused(path, four_phases(), {"announces 4 planes", "holds one"});
  const auto bytes = bytes_of<std::uint16_t>(labels, "zyx", true);
  write_text(path, one_page_tiff("ImageJ=1.53t\nimages=4\nslices=4\n", bytes));
  expect_labels(path, labels, four_phases(), "tiff");
  write_text(path, one_page_tiff("ImageJ=1.53t\nimages=4\nslices=4\n", bytes.substr(1)));
  expect_refused(path, four_phases(), {"240 bytes", "truncated"});
}

TEST(VoxelFiles, TiffOfColoursChannelsAndUnequalPagesIsRefused) {
  const auto labels = asymmetric_labels();
  const auto options = four_phases();
  const auto path = temporary("refused.tif");
  constexpr int rgb = 2, palette = 3, jpeg = 7;
  TiffWay way;
  way.n_samples = 3;
  way.photometric = rgb;
  write_tiff<std::uint8_t>(path, labels, way);
  expect_refused(path, options, {"page 0", "3 samples per pixel", "colours", "minisblack"});
  way = {};
  way.photometric = palette;
  write_tiff<std::uint8_t>(path, labels, way);
  expect_refused(path, options, {"palette", "Grays"});
  way = {};
  way.compression = jpeg;
  write_tiff<std::uint8_t>(path, labels, way);
  expect_refused(path, options, {"JPEG", "without compression"});
  way = {};
  way.description = "ImageJ=1.53t\nimages=4\nchannels=2\nslices=2\n";
  write_tiff<std::uint8_t>(path, labels, way);
  expect_refused(path, options, {"channels = 2"});
  way.description = "{\"shape\": [2, 2, 5, 6]}";
  write_tiff<std::uint8_t>(path, labels, way);
  expect_refused(path, options, {"2x2x5x6", "no volume"});
  way.description = "{\"shape\": [2, 5, 6]}";
  write_tiff<std::uint8_t>(path, labels, way);
  expect_refused(path, options, {"2 planes", "4 pages", "several arrays"});
  way.description = "ImageJ=1.53t\nimages=9\n";
  write_tiff<std::uint8_t>(path, labels, way);
  expect_refused(path, options, {"9 images", "4 pages"});
  write_tiff<std::uint8_t>(path, labels);
  const auto whole = read_text(path);
  for (const std::size_t part :
       {whole.size() - 3, whole.size() / 2, std::size_t{20}, std::size_t{5}}) {
    write_text(path, whole.substr(0, part));
    expect_refused(path, options, {});
  }
}

TEST(VoxelFiles, MetaImagesInAndBesideTheirHeader) {
  const auto labels = asymmetric_labels();
  const auto options = four_phases(false);
  const auto path = temporary("a.mha"), header = temporary("a.mhd");
  const auto expect = [&](const std::string& file, const std::string& content) {
    write_text(file, content);
    expect_labels(file, labels, options, "metaimage");
  };
  const auto bytes = bytes_of<std::uint8_t>(labels, "zyx");
  expect(path, meta_header + "ElementType = MET_UCHAR\nElementDataFile = LOCAL\n" + bytes);
  expect(path, meta_header +
                   "ElementType = MET_UCHAR\nCompressedData = True\nElementDataFile = "
                   "LOCAL\n" +
                   deflated(bytes));
  expect(path, meta_header +
                   "ElementType = MET_DOUBLE\nBinaryDataByteOrderMSB = True\nElementDataFile = "
                   "LOCAL\n" +
                   bytes_of<double>(labels, "zyx", true));
  write_text(temporary("a.raw"), bytes_of<std::int16_t>(labels, "zyx"));
  expect(header, meta_header + "ElementType = MET_SHORT\nElementDataFile = a.raw\n");
  write_text(temporary("b.raw"), "some header" + bytes);
  expect(header,
         meta_header + "ElementType = MET_UCHAR\nHeaderSize = -1\nElementDataFile = b.raw\n");
  for (int z = 0; z < 4; ++z)
    write_text(temporary("plane0" + std::to_string(z + 1) + ".raw"),
               bytes.substr(static_cast<std::size_t>(30 * z), 30));
  expect(header, meta_header + "ElementType = MET_UCHAR\nElementDataFile = plane%02d.raw 1 4 1\n");
  expect(header, meta_header +
                     "ElementType = MET_UCHAR\nElementDataFile = LIST\nplane01.raw\n"
                     "plane02.raw\nplane03.raw\nplane04.raw\n");
  write_text(path, meta_header +
                       "DistanceUnits = um\nElementToIntensityFunctionSlope = 1\nElementType = "
                       "MET_UCHAR\nElementDataFile = LOCAL\n" +
                       bytes);
  EXPECT_TRUE(has_note(read_microstructure(path, options), "lengths are in um"));
  const auto refused = [&](const std::string& content, const std::vector<std::string>& parts) {
    write_text(path, content);
    expect_refused(path, options, parts);
  };
  const std::string end = "ElementDataFile = LOCAL\n";
  refused(meta_header + "ElementToIntensityFunctionSlope = 0.5\nElementType = MET_UCHAR\n" + end +
              bytes,
          {"ElementToIntensityFunctionSlope", "0.5", "allowed is 1"});
  refused(meta_header + "ElementToIntensityFunctionOffset = -1000\nElementType = MET_UCHAR\n" +
              end + bytes,
          {"ElementToIntensityFunctionOffset", "-1000", "allowed is 0"});
  refused(meta_header + "ElementType = MET_UCHAR\n" + end + bytes.substr(1),
          {"6x5x4", "120 bytes", "119", "truncated"});
  refused(meta_header + "ElementType = MET_UCHAR\n" + end + bytes + "x", {"DimSize", "121"});
  refused(meta_header + "ElementType = MET_UCHAR\nElementDataFile = gone\001.raw\n" + bytes,
          {"'gone?.raw'", "no such file"});
  refused(meta_header + "ElementType = MET_UCHAR\nCompressedData = True\n" + end +
              deflated(bytes).substr(0, 20),
          {"compressed values are truncated"});
  refused(meta_header + "ElementType = MET_UCHAR\nElementNumberOfChannels = 3\n" + end + bytes,
          {"ElementNumberOfChannels", "one channel"});
  refused(meta_header + "ElementType = MET_UCHAR_ARRAY\n" + end + bytes, {"MET_UCHAR_ARRAY"});
  refused(
      "NDims = 3\nDimSize = 6 5 4\nTransformMatrix = 0 1 0 1 0 0 0 0 1\nElementType = "
      "MET_UCHAR\n" +
          end + bytes,
      {"TransformMatrix", "turned"});
  refused("NDims = 3\nDimSize = 6 5 4\nElementType = MET_UCHAR\n" + end + bytes, {"--spacing"});
  refused(meta_header +
              "ElementType = MET_USHORT\nBinaryDataByteOrderMSB = False\nElementByteOrderMSB = "
              "True\n" +
              end + bytes + bytes,
          {"BinaryDataByteOrderMSB", "ElementByteOrderMSB", "agree"});
  refused("NDims = 3\nDimSize = 6 5 4\nElementSpacing = 1 -1 1\nElementType = MET_UCHAR\n" + end +
              bytes,
          {"ElementSpacing", "-1", "positive"});
  refused(
      "NDims = 3\nDimSize = 60000 50000 40000\nElementSpacing = 1 1 1\nElementType = "
      "MET_UCHAR\n" +
          end + bytes,
      {"60000x50000x40000", "120"});
}

TEST(VoxelFiles, NrrdOfAllEncodings) {
  const auto labels = asymmetric_labels();
  const auto options = four_phases(false);
  const auto path = temporary("a.nrrd"), header = temporary("a.nhdr");
  const auto expect = [&](const std::string& file, const std::string& content) {
    write_text(file, content);
    expect_labels(file, labels, options, "nrrd");
  };
  const auto bytes = bytes_of<std::uint8_t>(labels, "zyx"),
             big = bytes_of<std::int32_t>(labels, "zyx", true);
  std::string text;
  for (const char byte : bytes) text += std::to_string(static_cast<unsigned char>(byte)) + "\n";
  expect(path, nrrd_header + "type: uchar\nencoding: raw\n\n" + bytes);
  expect(path, nrrd_header + "type: int32\nendian: big\nencoding: gzip\n\n" + gzipped(big));
  expect(path, nrrd_header + "type: unsigned char\nencoding: ascii\n\n" + text);
  write_text(temporary("values"), "line\nabc" + bytes);
  expect(header, nrrd_header +
                     "type: uint8_t\nencoding: raw\ndata file: values\nline skip: 1\nbyte "
                     "skip: 3\n");
  // Planes and pairs of planes in files of their own.
  for (int z = 0; z < 4; ++z)
    write_text(temporary("slice_" + std::to_string(5 - z) + ".raw"),
               "h" + bytes.substr(static_cast<std::size_t>(30 * z), 30));
  const auto several = nrrd_header + "type: uchar\nencoding: raw\nbyte skip: 1\ndata file: ";
  expect(header, several + "LIST\nslice_5.raw\nslice_4.raw\nslice_3.raw\nslice_2.raw\n");
  for (int half = 0; half < 2; ++half)
    write_text(temporary("half" + std::to_string(10 + half) + ".raw"),
               "h" + bytes.substr(static_cast<std::size_t>(60 * half), 60));
  expect(header, several + "half%02d.raw 10 11 1 3\n\n");
  const auto refused_list = [&](const std::string& files, const std::vector<std::string>& parts) {
    write_text(header, several + files);
    expect_refused(header, options, parts);
  };
  refused_list("LIST\nslice_5.raw\nslice_4.raw\nslice_3.raw\n", {"31 bytes", "41", "3 files"});
  refused_list("LIST\nslice_5.raw\nnone.raw\n", {"'none.raw'", "no such file"});
  expect(header, several + "slice_%d.raw 5 2 -1\n");
  refused_list("slice_%d.raw 2 5 -1\n", {"slice_%d.raw 2 5 -1", "first, last and step"});
  refused_list("slice_%d.raw 5 2 0\n", {"first, last and step"});
  refused_list("LIST\n", {"0 files"});
  const std::string in_space =
      "NRRD0005\ntype: uchar\ndimension: 4\nsizes: 1 6 5 4\nencoding: raw\nkinds: vector domain "
      "domain domain\nspace dimension: 3\nspace directions: none ";
  expect(path, in_space + "(0.5,0,0) (0,0.25,0) (0,0,1)\n\n" + bytes);
  const auto refused = [&](const std::string& content, const std::vector<std::string>& parts) {
    write_text(path, content);
    expect_refused(path, options, parts);
  };
  refused(in_space + "(0,0.5,0) (0.25,0,0) (0,0,1)\n\n" + bytes, {"space directions", "turned"});
  refused(in_space + "(-0.5,0,0) (0,0.25,0) (0,0,1)\n\n" + bytes, {"mirrored"});
  refused(nrrd_header + "type: uchar\nencoding: raw\nunits: \"um\" \"um\" \"mm\"\n\n" + bytes,
          {"different units (um, um, mm)", "--spacing"});
  expect(path, nrrd_header + "type: uchar\nencoding: raw\nunits: \"um\" \"um\" \"um\"\n\n" + bytes);
  refused(nrrd_header + "type: uchar\nencoding: raw\nold min: -1000\noldmax: 3000\n\n" + bytes,
          {"'old min' is '-1000'", "integers stand for"});
  refused(nrrd_header + "type: uchar\nencoding: bzip2\n\n" + bytes,
          {"bzip2", "raw, gzip", "header['encoding'] = 'gzip'"});
  refused(nrrd_header + "type: uchar\nencoding: hex\n\n" + bytes, {"'hex'", "unu save", "-e gzip"});
  refused(nrrd_header + "type: int32\nencoding: raw\n\n" + big, {"'endian'"});
  refused(nrrd_header + "type: block\nencoding: raw\n\n" + bytes, {"'block'"});
  refused(nrrd_header + "type: uchar\nencoding: raw\nkinds: RGB-color domain domain\n\n" + bytes,
          {"6 entries", "rgb-color", "one channel"});
  refused(nrrd_header + "type: uchar\nencoding: raw\n\n" + bytes.substr(2), {"truncated"});
  refused(nrrd_header + "type: uchar\nencoding: ascii\n\n" + text + "1\n", {"goes on"});
  refused(nrrd_header + "type: uchar\nencoding: ascii\n\n" + text.substr(0, 100), {"announces"});
}

TEST(VoxelFiles, GreyLevelsInTheReverseByteOrderAreAskedFor) {
  // A sphere with noise in levels that fill the range of the type: only neighbours tell that a
  // byte order is wrong. Noise alone has none that makes more sense.
  const int n = 16;
  Labels sphere, noise;
  sphere.shape = noise.shape = {n, n, n};
  RandomStream random(5);
  for (int x = 0; x < n; ++x)
    for (int y = 0; y < n; ++y)
      for (int z = 0; z < n; ++z) {
        const bool inside = std::hypot(x - 7.5, y - 7.5, z - 7.5) < 6.;
        sphere.label.push_back((inside ? 50000 : 15000) +
                               static_cast<int>(10000. * (random.uniform() - 0.5)));
        noise.label.push_back(static_cast<int>(65535. * random.uniform()));
      }
  MicrostructureOptions options;
  options.shape = {n, n, n};
  options.type = "uint16";
  options.spacing = {1.};
  options.thresholds = {32500.};
  options.stiffness = {{"0", "1e3, 0.25"}, {"1", "2e3, 0.25"}};
  const auto path = temporary("grey.raw");
  const auto fraction = [&] {
    const auto rve = read_microstructure(path, options).rve;
    return std::accumulate(rve.phase.begin(), rve.phase.end(), 0.) / (n * n * n);
  };
  write_text(path, bytes_of<std::uint16_t>(sphere, "zyx", true));
  expect_refused(path, options, {"little endian", "--byte-order"});
  options.byte_order = "big";
  const auto right = fraction();
  EXPECT_NEAR(right, 4. / 3. * std::numbers::pi * 216. / (n * n * n), 0.01);
  options.byte_order = "";
  write_text(path, bytes_of<std::uint16_t>(sphere, "zyx"));
  EXPECT_EQ(fraction(), right);
  for (const bool big_endian : {false, true}) {
    write_text(path, bytes_of<std::uint16_t>(noise, "zyx", big_endian));
    EXPECT_NEAR(fraction(), 0.5, 0.03);
  }
  options.type = "float32";
  options.thresholds = {30000.5};
  write_text(path, bytes_of<float>(noise, "zyx"));
  EXPECT_NEAR(fraction(), 35534. / 65535., 0.03);
  write_text(path, bytes_of<float>(noise, "zyx", true));
  expect_refused(path, options, {"little endian", "--byte-order"});
}

TEST(VoxelFiles, RawValuesAreDescribedByTheOptions) {
  const auto labels = asymmetric_labels();
  const auto path = temporary("a.raw");
  auto options = four_phases();
  write_text(path, "header" + bytes_of<std::uint16_t>(labels, "zyx", true));
  options.shape = {6, 5, 4};
  options.type = "uint16";
  options.offset = 6;
  options.byte_order = "big";
  expect_labels(path, labels, options, "raw");
  options.offset = 0;
  expect_refused(path, options, {"246 bytes", "6x5x4", "240", "--offset"});
  // -1 on the command line
  options.offset = std::numeric_limits<decltype(options.offset)>::max();
  expect_refused(path, options, {"--offset", "246 bytes"});
  options.offset = 6;
  options.byte_order = "";
  // In the wrong order, the bytes of 3 to 200 are 768 to 51200.
  expect_refused(path, options, {"768 to 51200", "3 to 200", "--byte-order"});
  options.byte_order = "little";
  expect_refused(path, options, {"phase '3'", "51200"});
  // Values may begin as a file of another format does.
  write_text(path, "II*" + std::string(117, '\0'));
  options = four_phases();
  options.stiffness.clear();
  options.shape = {6, 5, 4};
  options.type = "uint8";
  options.spacing = {1.};
  options.thresholds = {40.};
  options.stiffness = {{"0", "1e3, 0.25"}, {"1", "2e3, 0.25"}};
  expect_refused(path, options, {"'tiff'", "--format raw"});
  options.format = "raw";
  EXPECT_EQ(labels_of(read_microstructure(path, options).rve)[0], 1);
  options.type = "uint_16";
  expect_refused(path, options, {"'uint_16'", "did you mean 'uint16'"});
  options.type = "";
  expect_refused(path, options, {"--shape", "--type"});
  write_text(path, bytes_of<float>(labels, "xyz"));
  options = four_phases();
  options.shape = {6, 5, 4};
  options.type = "float32";
  options.axes = "xyz";
  expect_labels(path, labels, options, "raw");
}

TEST(VoxelFiles, DatasetsOfHdf5AskForTheirAxes) {
  const auto labels = asymmetric_labels();
  const auto path = temporary("any.h5");
  std::vector<int> zyx;
  for (int z = 0; z < 4; ++z)
    for (int y = 0; y < 5; ++y)
      for (int x = 0; x < 6; ++x) zyx.push_back(labels.at(x, y, z));
  {
    Hdf5Edit file(path, true);
    file.group("sphere");
    file.write("sphere/ms", {4, 5, 6}, zyx, H5T_NATIVE_INT, -1);
    file.write("xyz", {6, 5, 4}, labels.label, H5T_NATIVE_INT, -1);
    file.write("wide", {4, 5, 6}, zyx, H5T_NATIVE_INT, H5T_NATIVE_LDOUBLE);
  }
  auto options = four_phases();
  expect_refused(path, options, {"--array", "/sphere/ms (4x5x6)", "/xyz"});
  options.array = "/sphere/ms";
  expect_refused(path, options, {"/sphere/ms", "4x5x6", "--axes"});
  options.axes = "zyx";
  expect_labels(path, labels, options, "hdf5");
  options.array = "xyz";
  options.axes = "xyz";
  expect_labels(path, labels, options, "hdf5");
  options.axes = "xy";
  expect_refused(path, options, {"axes 'xy'", "3 axes"});
  options.array = "/sphere/none";
  expect_refused(path, options, {"/sphere/none", "missing", "/sphere/ms"});
  {
    Hdf5Edit file(path);
    H5Lcreate_external("gone.h5", "/ms", file.id(), "far", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_soft("/nowhere", file.id(), "near", H5P_DEFAULT, H5P_DEFAULT);
  }
  options.axes = "zyx";
  {
    // A link that leads to a file larger than this one.
    Hdf5Edit file(temporary("small.h5"), true);
    H5Lcreate_external("any.h5", "/wide", file.id(), "ms", H5P_DEFAULT, H5P_DEFAULT);
  }
  options.array = "ms";
  expect_labels(temporary("small.h5"), labels, options, "hdf5");
  options.array = "far";
  expect_refused(path, options, {"'/far' is a link to '/ms' in the file 'gone.h5'"});
  options.array = "near";
  expect_refused(path, options, {"'/near' is a link to '/nowhere' that cannot be followed"});
}

TEST(VoxelFiles, CroppingAndCoarseningWhileReadingGiveTheGridOfDoingItAfterwards) {
  Labels labels;
  labels.shape = {12, 8, 6};
  for (int v = 0; v < 12 * 8 * 6; ++v) labels.label.push_back((v * v / 7 + v / 5) % 3);
  SmallGrid grid;
  grid.shape = labels.shape;
  grid.label = labels.label;
  grid.spacing = {1., 1., 1.};
  const auto vti = temporary("same.vti");
  VtkWay way;
  write_text(vti, image_data_text(grid, "phase", way));
  auto options = MicrostructureOptions{};
  options.stiffness = {{"0", "1e3, 0.3"}, {"1", "2e3, 0.3"}, {"2", "3e3, 0.3"}};
  options.crop = {{2, 10}, {0, 8}, {1, 5}};
  options.coarsen = {2, 4, 2};
  const auto expected = read_microstructure(vti, options).rve;
  EXPECT_EQ(expected.lengths, (std::vector<double>{8., 8., 4.}));
  options.spacing = {1.};
  for (const std::string axes : {"xyz", "zyx", "yxz"}) {
    const auto path = temporary("same.raw");
    write_text(path, bytes_of<std::uint8_t>(labels, axes));
    options.shape = {12, 8, 6};
    options.type = "uint8";
    options.axes = axes;
    const auto rve = read_microstructure(path, options).rve;
    EXPECT_EQ(rve, expected) << axes;
  }
  // By hand: the first block has 16 voxels.
  std::map<int, int> count;
  for (int x = 2; x < 4; ++x)
    for (int y = 0; y < 4; ++y)
      for (int z = 1; z < 3; ++z) ++count[labels.at(x, y, z)];
  int best = 0;
  for (const auto& [label, n] : count)
    if (n > count[best]) best = label;
  EXPECT_EQ(expected.phase[0], best);
}

TEST(VoxelFiles, LabelsAreMergedToPhases) {
  const auto labels = asymmetric_labels();
  const auto path = temporary("merge.npy");
  write_text(path, numpy_text("'|u1'", false, "(6, 5, 4)", bytes_of<std::uint8_t>(labels, "xyz")));
  MicrostructureOptions options;
  options.spacing = {1.};
  options.phases = phase_labels_from_text("0 = 3; 1 = 7-12, 200");
  options.stiffness = {{"0", "void"}, {"1", "2e3, 0.3"}};
  const auto read = read_microstructure(path, options);
  for (std::size_t v = 0; v < labels.label.size(); ++v)
    EXPECT_EQ(read.rve.stiffness[read.rve.phase[v]](0, 0) == 0., labels.label[v] == 3);
  options.phases = phase_labels_from_text("0 = 3; 1 = others");
  EXPECT_EQ(read_microstructure(path, options).rve, read.rve);
  options.phases = phase_labels_from_text("0 = 3; 1 = 7-12");
  expect_refused(path, options, {"label 200", "--phases", "others"});
  // Classes of thresholds are labels too.
  options.thresholds = {5., 10.};
  options.phases = phase_labels_from_text("0 = 0; 1 = 1, 2");
  EXPECT_EQ(read_microstructure(path, options).rve, read.rve);
  EXPECT_NE(message_of([] { phase_labels_from_text("0 = 1-5; 1 = 3"); }).find("3 is listed twice"),
            std::string::npos);
  EXPECT_NE(message_of([] { phase_labels_from_text("0 = others; 1 = others"); }).find("others"),
            std::string::npos);
  for (const char* text : {"0", "x = 1", "0 = 7-3", "0 = a", "0 = 1; 0 = 2", "70000 = 1", "0 ="})
    EXPECT_NE(message_of([&] { phase_labels_from_text(text); }), "no error") << text;
  const auto phases = phase_labels_from_text("5 = -3--1, 4 - 6");
  EXPECT_EQ(phases[0].labels[0], (std::pair<std::int32_t, std::int32_t>(-3, -1)));
  EXPECT_EQ(phases[0].labels[1], (std::pair<std::int32_t, std::int32_t>(4, 6)));
}

TEST(VoxelFiles, WhatIsNoLabelIsRefused) {
  const auto path = temporary("no_label.npy");
  MicrostructureOptions options;
  options.spacing = {1.};
  const auto refused = [&](const std::vector<double>& values,
                           const std::vector<std::string>& parts) {
    const std::string bytes(reinterpret_cast<const char*>(values.data()), 8 * values.size());
    write_text(path, numpy_text("'<f8'", false, "(2, 1, 2)", bytes));
    expect_refused(path, options, parts);
  };
  refused({1., 2., 2.5, 3.}, {"2.5", "(1, 0, 0)", "--thresholds"});
  refused({1., NAN, 2., 3.}, {"nan", "(0, 0, 1)"});
  refused({1., 2., 3., 1e10}, {"10000000000", "(1, 0, 1)"});
  options.thresholds = {2.};
  refused({1., NAN, 2., 3.}, {"NaN", "(0, 0, 1)"});
  options.thresholds = {2., 2.};
  refused({1., 2., 2., 3.}, {"thresholds 2, 2", "above the one before"});
  options = {};
  options.spacing = {1.};
  options.lengths = {1., 1., 1.};
  refused({1., 2., 2., 3.}, {"--spacing", "--lengths", "one of them"});
  options.lengths.clear();
  options.spacing = {1., -1., 1.};
  refused({1., 2., 2., 3.}, {"--spacing", "1,-1,1", "positive"});
  options.spacing = {1., 1.};
  refused({1., 2., 2., 3.}, {"--spacing", "along each axis"});
  options.spacing = {1.};
  options.offset = 4;
  refused({1., 2., 2., 3.}, {"offset of 4 bytes", "no effect", "'npy'"});
}

TEST(VoxelFiles, ThresholdsHaveThePrecisionOfTheValues) {
  // 0.7 and 0.9 of single precision are below those of double precision.
  const std::vector<float> values{0.1F, 0.7F, 0.9F, 0.3F, 0.9F, 0.7F, 0.7F, 0.1F};
  const std::vector<int> expected{0, 1, 2, 0, 2, 1, 1, 0};
  MicrostructureOptions options;
  options.spacing = {1.};
  options.thresholds = {0.7, 0.9};
  options.stiffness = {{"0", "1e3, 0.25"}, {"1", "2e3, 0.25"}, {"2", "3e3, 0.25"}};
  const auto expect = [&](const std::string& path) {
    EXPECT_EQ(labels_of(read_microstructure(path, options).rve), expected) << path;
  };
  const auto npy = temporary("single.npy"), h5 = temporary("single.h5");
  write_text(npy, numpy_text("'<f4'", false, "(2, 2, 2)",
                             {reinterpret_cast<const char*>(values.data()), 32}));
  expect(npy);
  {
    Hdf5Edit file(h5, true);
    file.write("a", {2, 2, 2}, values, H5T_NATIVE_FLOAT, -1);
  }
  options.array = "a";
  options.axes = "xyz";
  expect(h5);
  options.array = options.axes = "";
  const auto nrrd = temporary("single.nrrd");
  write_text(nrrd,
             "NRRD0004\ntype: float\ndimension: 3\nsizes: 2 2 2\nencoding: ascii\n\n"
             "0.1 0.9 0.9 0.7\n0.69999998807907104 0.7 0.3 0.1\n");
  expect(nrrd);
  // Half precision of HDF5, in which 0.1 and 0.7 of the file are 0.09997559 and 0.70019531.
  {
    const hid_t half = H5Tcopy(H5T_IEEE_F32LE);
    H5Tset_fields(half, 15, 10, 5, 0, 10);
    H5Tset_size(half, 2);
    H5Tset_ebias(half, 15);
    Hdf5Edit file(h5, true);
    file.write("a", {2, 2, 2}, values, H5T_NATIVE_FLOAT, half);
    H5Tclose(half);
  }
  auto of_half = options;
  of_half.array = "a";
  of_half.axes = "xyz";
  of_half.thresholds = {0.1, 0.3, 0.9};
  of_half.stiffness.emplace_back("3", "4e3, 0.25");
  EXPECT_EQ(labels_of(read_microstructure(h5, of_half).rve),
            (std::vector<int>{1, 2, 3, 2, 3, 2, 2, 1}));
  // VTK, whose order of the values is z, y, x.
  std::string big;
  for (const std::size_t v : {0, 4, 2, 6, 1, 5, 3, 7}) {
    std::string bytes(reinterpret_cast<const char*>(&values[v]), sizeof(float));
    big += std::string(bytes.rbegin(), bytes.rend());
  }
  const std::string digits = "0.1 0.9 0.9 0.7 0.69999998807907104 0.7 0.3 0.1\n",
                    grid =
                        "\nDATASET STRUCTURED_POINTS\nDIMENSIONS 2 2 2\nSPACING 1 1 1\nORIGIN 0 0 "
                        "0\nPOINT_DATA 8\nSCALARS a float 1\nLOOKUP_TABLE default\n";
  const auto vtk = temporary("single.vtk"), vti = temporary("single.vti");
  options.spacing.clear();
  write_text(vtk, "# vtk DataFile Version 3.0\nt\nBINARY" + grid + big);
  expect(vtk);
  write_text(vtk, "# vtk DataFile Version 3.0\nt\nASCII" + grid + digits);
  expect(vtk);
  write_text(vti,
             "<VTKFile type=\"ImageData\"><ImageData WholeExtent=\"0 1 0 1 0 1\" Spacing=\"1 1 1\">"
             "<Piece Extent=\"0 1 0 1 0 1\"><PointData><DataArray type=\"Float32\" Name=\"a\" "
             "format=\"ascii\">" +
                 digits + "</DataArray></PointData></Piece></ImageData></VTKFile>");
  expect(vti);
  options.spacing = {1.};
  // In double precision they are values of their own.
  const std::vector<double> wide(values.begin(), values.end());
  write_text(npy, numpy_text("'<f8'", false, "(2, 2, 2)",
                             {reinterpret_cast<const char*>(wide.data()), 64}));
  EXPECT_EQ(labels_of(read_microstructure(npy, options).rve),
            (std::vector<int>{0, 0, 1, 0, 1, 0, 0, 0}));
}

TEST(VoxelFiles, GreyLevelsWithoutThresholdsAreTakenForNoLabels) {
  const auto path = temporary("grey.npy");
  std::string bytes;
  for (int v = 0; v < 64; ++v) bytes += static_cast<char>(100 + v);
  write_text(path, numpy_text("'|u1'", false, "(4, 4, 4)", bytes));
  MicrostructureOptions options;
  options.spacing = {1.};
  for (const char* key : {"0", "110"}) {
    options.stiffness = {{key, "1e3, 0.3"}};
    expect_refused(path, options, {"64 different values", "--thresholds"});
  }
}

TEST(VoxelFiles, NumpyHeadersThatCannotBeReadAreRefused) {
  const auto path = temporary("bad.npy");
  const auto options = four_phases();
  const auto labels = asymmetric_labels();
  const auto bytes = bytes_of<std::int32_t>(labels, "xyz");
  const auto refused = [&](const std::string& content, const std::vector<std::string>& parts) {
    write_text(path, content);
    expect_refused(path, options, parts);
  };
  const std::string xyz = "(6, 5, 4)";
  refused(numpy_text("'|O'", false, xyz, bytes), {"'|O'", "objects"});
  refused(numpy_text("[('a', '<i4')]", false, xyz, bytes), {"records"});
  refused(numpy_text("'<f2'", false, xyz, bytes), {"'<f2'", "float32"});
  refused(numpy_text("'<c16'", false, xyz, bytes), {"'<c16'"});
  refused(numpy_text("'<i4'", false, "(6, 5, 4, 1)", bytes), {"4 axes", "6x5x4x1"});
  refused(numpy_text("'<i4'", false, "(6, 5, 5)", bytes), {"6x5x5", "600 bytes", "480"});
  refused(numpy_text("'<i4'", false, "(6, 5, 3)", bytes), {"goes on", "one array"});
  refused(numpy_text("'<i4'", false, "(6, 0, 4)", ""), {"6x0x4"});
  refused(numpy_text("'<i4'", false, "(4000000, 4000000, 4000000)", bytes), {"no file can hold"});
  refused(numpy_text("'<i4'", false, "(9999999999999, 1, 1)", bytes), {"2^31"});
  refused(numpy_text("'<i4'", false, xyz, bytes).substr(0, 40), {"header announces"});
  // 3 with its bytes in the wrong order is of no phase that is known.
  refused(numpy_text("'<i4'", false, xyz, bytes_of<std::int32_t>(labels, "xyz", true)),
          {"phase '3'", "50331648"});
}

TEST(VoxelFiles, APicturesPixelHasTheEdgeThatIsAskedFor) {
  const auto path = temporary("edge.png");
  write_png(path, 4, 2, {0, 0, 255, 255, 0, 255, 0, 255});
  MicrostructureOptions options;
  options.thresholds = {128.};
  options.stiffness = {{"0", "1e3, 0.3"}, {"1", "2e3, 0.3"}};
  EXPECT_EQ(read_microstructure(path, options).rve.lengths, (std::vector<double>{4., 2.}));
  options.spacing = {0.5};
  EXPECT_EQ(read_microstructure(path, options).rve.lengths, (std::vector<double>{2., 1.}));
  options.spacing = {};
  options.lengths = {8., 3.};
  EXPECT_EQ(read_microstructure(path, options).rve.lengths, (std::vector<double>{8., 3.}));
}

TEST(VoxelFiles, AVoidFromFaceToFaceIsAWarning) {
  const auto warning = [](const std::string& bytes) {
    const auto path = temporary("void.npy");
    write_text(path, numpy_text("'|u1'", false, "(3, 3, 3)", bytes));
    MicrostructureOptions options;
    options.spacing = {1.};
    options.stiffness = {{"0", "void"}, {"1", "2e3, 0.3"}};
    std::string notes;
    for (const auto& note : read_microstructure(path, options).notes) notes += note + "\n";
    return notes;
  };
  std::string tunnel(27, '\1'), hole(27, '\1'), cut(27, '\1');
  for (int z = 0; z < 3; ++z) tunnel[static_cast<std::size_t>(12 + z)] = '\0';
  hole[13] = '\0';
  for (int v = 0; v < 9; ++v) cut[static_cast<std::size_t>(9 + v)] = '\0';
  EXPECT_NE(warning(tunnel).find("percolates along axis 2"), std::string::npos) << warning(tunnel);
  EXPECT_EQ(warning(hole).find("percolates"), std::string::npos) << warning(hole);
  const auto text = warning(cut);
  EXPECT_NE(text.find("percolates along axes 1, 2"), std::string::npos) << text;
  EXPECT_NE(text.find("no part of the solid percolates along axis 0 "), std::string::npos) << text;
}
