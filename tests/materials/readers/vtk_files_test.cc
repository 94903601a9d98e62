// Legacy VTK files, rectilinear grids, image data in several files, in HDF5, and compressed by LZ4
// and LZMA: all hold one small grid that has no symmetry of the axes.

#include <gtest/gtest.h>
#include <lz4.h>
#include <lzma.h>

#include <algorithm>
#include <cstring>

#include "hdf5_edit.h"
#include "seco/materials/elastic_symmetry.h"
#include "seco/materials/image_data.h"
#include "seco/materials/microstructure_file.h"
#include "support/message_of.h"
#include "support/small_microstructures.h"

using namespace seco::materials;
using namespace seco::test;

namespace {

/// Labels 1 and 2 of 3 x 2 x 2 voxels of the edges 0.5, 0.25, 2, x fastest.
const std::vector<int> labels{1, 2, 1, 2, 2, 1, 1, 1, 2, 2, 1, 2};

template <typename Number>
std::string bytes_of(const std::vector<int>& values, bool big_endian) {
  std::string bytes;
  for (const int value : values) {
    const auto number = static_cast<Number>(value);
    std::string raw(sizeof number, '\0');
    std::memcpy(raw.data(), &number, sizeof number);
    if (big_endian) std::reverse(raw.begin(), raw.end());
    bytes += raw;
  }
  return bytes;
}

std::string digits_of(const std::vector<int>& values) {
  std::string text;
  for (const int value : values) text += std::to_string(value) + " ";
  return text;
}

Microstructure read(const std::string& path, const std::string& array = "") {
  MicrostructureOptions options;
  options.array = array;
  options.stiffness = {{"1", "1000, 0.3"}, {"2", "2000, 0.3"}};
  return read_microstructure(path, options);
}

/// The labels as phases, at the voxels where they are.
void expect_grid(const Microstructure& read, const std::string& format, const std::string& what) {
  EXPECT_EQ(read.format, format) << what;
  ASSERT_EQ(read.rve.shape, (std::vector<int>{3, 2, 2})) << what;
  EXPECT_EQ(read.rve.lengths, (std::vector<double>{1.5, 0.5, 4.})) << what;
  const double first = isotropic(1000., 0.3)(0, 0);
  std::size_t v = 0;
  for (std::size_t k = 0; k < 2; ++k)
    for (std::size_t j = 0; j < 2; ++j)
      for (std::size_t i = 0; i < 3; ++i, ++v)
        EXPECT_NEAR(read.rve.stiffness[read.rve.phase[(i * 2 + j) * 2 + k]](0, 0),
                    first * labels[v], 1e-9)
            << what << i << j << k;
}

void expect_message(const std::function<void()>& call, const std::vector<std::string>& parts) {
  const auto message = message_of(call);
  for (const auto& part : parts)
    EXPECT_NE(message.find(part), std::string::npos) << part << "\n" << message;
}

const std::string points_of_cells = "DIMENSIONS 4 3 3\nSPACING 0.5 0.25 2\nORIGIN 1 2 3\n";

std::string legacy(const std::string& version, bool binary, const std::string& rest) {
  return "# vtk DataFile Version " + version + "\ntitle\n" + (binary ? "BINARY" : "ASCII") +
         "\nDATASET " + rest;
}

/// Image data with one array as appended raw bytes.
std::string image_text(const std::string& compressor, const std::string& appended) {
  return "<VTKFile type=\"ImageData\" header_type=\"UInt32\" byte_order=\"LittleEndian\"" +
         (compressor.empty() ? std::string() : " compressor=\"" + compressor + "\"") +
         "><ImageData WholeExtent=\"0 3 0 2 0 2\" Spacing=\"0.5 0.25 2\"><Piece Extent=\"0 3 0 2 0 "
         "2\"><CellData Scalars=\"a\"><DataArray type=\"Int32\" Name=\"a\" format=\"appended\" "
         "offset=\"0\"/></CellData></Piece></ImageData><AppendedData encoding=\"raw\">_" +
         appended + "</AppendedData></VTKFile>";
}

using Compress = std::string (*)(const std::string&);

std::string by_lz4(const std::string& block) {
  std::string out(static_cast<std::size_t>(LZ4_compressBound(static_cast<int>(block.size()))),
                  '\0');
  out.resize(static_cast<std::size_t>(LZ4_compress_default(
      block.data(), out.data(), static_cast<int>(block.size()), static_cast<int>(out.size()))));
  return out;
}

std::string by_lzma(const std::string& block) {
  std::string out(1000, '\0');
  std::size_t n = 0;
  EXPECT_EQ(lzma_easy_buffer_encode(
                9, LZMA_CHECK_CRC32, nullptr, reinterpret_cast<const unsigned char*>(block.data()),
                block.size(), reinterpret_cast<unsigned char*>(out.data()), &n, out.size()),
            LZMA_OK);
  return out.substr(0, n);
}

/// Blocks of 20 bytes, the last one shorter, and their header.
std::string in_blocks(const std::string& bytes, Compress compress) {
  constexpr std::size_t size = 20;
  std::vector<int> header{static_cast<int>((bytes.size() + size - 1) / size), size,
                          static_cast<int>(bytes.size() % size)};
  std::string blocks;
  for (std::size_t at = 0; at < bytes.size(); at += size) {
    const auto block = compress(bytes.substr(at, size));
    header.push_back(static_cast<int>(block.size()));
    blocks += block;
  }
  return bytes_of<std::int32_t>(header, false) + blocks;
}

std::string ascii_piece(const std::string& extent, const std::vector<int>& values,
                        const std::string& type = "ImageData", const std::string& more = "") {
  return "<VTKFile type=\"" + type + "\"><" + type + " WholeExtent=\"" + extent +
         "\" Spacing=\"0.5 0.25 2\"><Piece Extent=\"" + extent +
         "\"><CellData><DataArray type=\"Int8\" Name=\"a\" format=\"ascii\">" + digits_of(values) +
         "</DataArray></CellData>" + more + "</Piece></" + type + "></VTKFile>";
}

std::string coordinates(const std::vector<std::string>& axes) {
  std::string text = "<Coordinates>";
  for (const auto& axis : axes)
    text += "<DataArray type=\"Float64\" format=\"ascii\">" + axis + "</DataArray>";
  return text + "</Coordinates>";
}

}  // namespace

TEST(VtkFiles, LegacyStructuredPointsInAllTypes) {
  const auto path = temporary("a.vtk");
  const auto expect = [&](const std::string& text, const std::string& what) {
    write_text(path, text);
    expect_grid(read(path), "vtk", what);
  };
  const std::vector<std::pair<std::string, std::string>> binary{
      {"char", bytes_of<std::int8_t>(labels, true)},
      {"unsigned_char", bytes_of<std::uint8_t>(labels, true)},
      {"short", bytes_of<std::int16_t>(labels, true)},
      {"unsigned_short", bytes_of<std::uint16_t>(labels, true)},
      {"int", bytes_of<std::int32_t>(labels, true)},
      {"unsigned_int", bytes_of<std::uint32_t>(labels, true)},
      {"long", bytes_of<std::int64_t>(labels, true)},
      {"long", bytes_of<std::int32_t>(labels, true)},  // of Windows
      {"vtkIdType", bytes_of<std::int32_t>(labels, true)},
      {"vtktypeint64", bytes_of<std::int64_t>(labels, true)},
      {"float", bytes_of<float>(labels, true)},
      {"double", bytes_of<double>(labels, true)}};
  for (const auto& [type, bytes] : binary) {
    expect(legacy("3.0", true,
                  "STRUCTURED_POINTS\n" + points_of_cells + "CELL_DATA 12\nSCALARS MaterialId " +
                      type + " 1\nLOOKUP_TABLE default\n" + bytes + "\n"),
           type);
    expect(legacy("2.0", false,
                  "STRUCTURED_POINTS\r\n" + points_of_cells + "CELL_DATA 12\nSCALARS MaterialId " +
                      type + "\nLOOKUP_TABLE default\n" + digits_of(labels) + "\n"),
           type + " ascii");
  }
  // At points, and in a field beside others, with what VTK 5.1 says of it.
  expect(legacy("3.0", true,
                "STRUCTURED_POINTS\nDIMENSIONS 3 2 2\nSPACING 0.5 0.25 2\nORIGIN 0 0 0\nPOINT_DATA "
                "12\nSCALARS scalars unsigned_char 1\nLOOKUP_TABLE default\n" +
                    bytes_of<std::uint8_t>(labels, true)),
         "points");
  write_text(path, legacy("5.1", true,
                          "STRUCTURED_POINTS\nFIELD FieldData 1\ntime 1 1 int\n" +
                              bytes_of<std::int32_t>({7}, true) + "\n" + points_of_cells +
                              "CELL_DATA 12\nVECTORS v float\n" +
                              bytes_of<float>(std::vector<int>(36, 3), true) +
                              "\nMETADATA\nINFORMATION 0\n\nFIELD FieldData 2\ngrain%20id 1 12 "
                              "long\n" +
                              bytes_of<std::int64_t>(labels, true) +
                              "\nMETADATA\nINFORMATION 0\n\nb 1 12 int\n" +
                              bytes_of<std::int32_t>(labels, true) + "\n"));
  expect_grid(read(path, "grain id"), "vtk", "field");
  expect_message([&] { read(path); }, {path, "grain id", "b", "--array"});
  expect_message([&] { read(path, "v"); }, {path, "'v'", "3 components"});
  // VTK writes active scalars of bytes as colours, in ascii as 255th parts.
  std::string parts;
  for (const int label : labels) parts += label == 1 ? "0.00392157 " : "0.00784314 ";
  expect(
      legacy("5.1", false,
             "STRUCTURED_POINTS\n" + points_of_cells + "CELL_DATA 12\nCOLOR_SCALARS a 1\n" + parts),
      "colours");
  expect(legacy("5.1", true,
                "STRUCTURED_POINTS\n" + points_of_cells + "CELL_DATA 12\nCOLOR_SCALARS a 1\n" +
                    bytes_of<std::uint8_t>(labels, true)),
         "colours as bytes");
  // Bits from the highest on.
  std::string bits(2, '\0');
  for (std::size_t v = 0; v < labels.size(); ++v)
    if (labels[v] == 2) bits[v / 8] = static_cast<char>(bits[v / 8] | 1 << (7 - v % 8));
  write_text(path, legacy("3.0", true,
                          "STRUCTURED_POINTS\n" + points_of_cells +
                              "CELL_DATA 12\nSCALARS a bit\nLOOKUP_TABLE default\n" + bits));
  MicrostructureOptions options;
  options.stiffness = {{"0", "1000, 0.3"}, {"1", "2000, 0.3"}};
  expect_grid(read_microstructure(path, options), "vtk", "bits");
}

TEST(VtkFiles, LittleEndianValuesOfLegacyFilesAreAskedFor) {
  // VTK writes and reads them big endian; some programs write those of their machine.
  const auto path = temporary("a.vtk");
  const auto write = [&](const std::string& type, const std::string& bytes) {
    write_text(path, legacy("3.0", true,
                            "STRUCTURED_POINTS\n" + points_of_cells + "CELL_DATA 12\nSCALARS a " +
                                type + " 1\nLOOKUP_TABLE default\n" + bytes));
  };
  MicrostructureOptions options;
  options.stiffness = {{"1", "1000, 0.3"}, {"2", "2000, 0.3"}};
  const std::vector<std::pair<std::string, std::string>> files{
      {"short", bytes_of<std::int16_t>(labels, false)},
      {"unsigned_int", bytes_of<std::uint32_t>(labels, false)},
      {"long", bytes_of<std::int64_t>(labels, false)},
      {"float", bytes_of<float>(labels, false)},
      {"double", bytes_of<double>(labels, false)}};
  for (const auto& [type, bytes] : files) {
    write(type, bytes);
    options.byte_order = "";
    expect_message([&] { read_microstructure(path, options); },
                   {path, "'a'", "big endian", "1 to 2", "--byte-order"});
    options.byte_order = "little";
    expect_grid(read_microstructure(path, options), "vtk", type);
  }
  options.byte_order = "middle";
  expect_message([&] { read_microstructure(path, options); }, {path, "'middle'", "little and big"});
  options.byte_order = "big";
  write_text(path,
             legacy("3.0", false,
                    "STRUCTURED_POINTS\n" + points_of_cells +
                        "CELL_DATA 12\nSCALARS a int\nLOOKUP_TABLE default\n" + digits_of(labels)));
  expect_message([&] { read_microstructure(path, options); }, {path, "no effect", "ASCII"});
}

TEST(VtkFiles, RectilinearGridsWithEqualSteps) {
  const auto path = temporary("a.vtk");
  const auto text = [](const std::string& x) {
    return legacy("4.2", false,
                  "RECTILINEAR_GRID\nDIMENSIONS 4 3 3\nX_COORDINATES 4 float\n" + x +
                      "\nY_COORDINATES 3 float\n0 0.25 0.5\nZ_COORDINATES 3 double\n5 7 9\n"
                      "CELL_DATA 12\nSCALARS a int 1\nLOOKUP_TABLE default\n" +
                      digits_of(labels));
  };
  write_text(path, text("10 10.5 11 11.5"));
  expect_grid(read(path), "vtk", "legacy");
  const auto xml = temporary("a.vtr");
  const auto grid = [](const std::string& x) {
    return ascii_piece("0 3 0 2 0 2", labels, "RectilinearGrid",
                       coordinates({x, "0 0.25 0.5", "5 7 9"}));
  };
  write_text(xml, grid("10 10.5 11 11.5"));
  expect_grid(read(xml), "vti", "XML");
  for (const char* wrong : {"10 10.5 11 11.6", "11.5 11 10.5 10", "1 1 1 1"}) {
    write_text(path, text(wrong));
    write_text(xml, grid(wrong));
    expect_message([&] { read(path); }, {path, "axis 0", "equal positive steps"});
    expect_message([&] { read(xml); }, {xml, "axis 0", "equal positive steps"});
  }
}

TEST(VtkFiles, CompressedByLz4AndLzma) {
  const auto path = temporary("a.vti");
  const auto bytes = bytes_of<std::int32_t>(labels, false);
  for (const auto& [compressor, compress] :
       {std::pair("vtkLZ4DataCompressor", &by_lz4), std::pair("vtkLZMADataCompressor", &by_lzma)}) {
    const auto good = image_text(compressor, in_blocks(bytes, compress));
    write_text(path, good);
    expect_grid(read(path), "vti", compressor);
    auto corrupt = good;
    const auto last = corrupt.rfind("</AppendedData>") - 3;
    corrupt[last] = static_cast<char>(corrupt[last] ^ 0x55);
    corrupt[last - 1] = static_cast<char>(corrupt[last - 1] ^ 0x55);
    write_text(path, corrupt);
    // LZ4 has no check sum, so that the fault may be in a label.
    expect_message([&] { read(path); },
                   {path, compress == &by_lz4 ? "label" : "block 2 is corrupt"});
  }
  write_text(path, image_text("vtkBloscDataCompressor", "x"));
  expect_message([&] { read(path); }, {path, "vtkBloscDataCompressor", "vtkLZMADataCompressor"});
}

TEST(VtkFiles, ImageDataInSeveralFiles) {
  const auto path = temporary("p.pvti");
  const auto pieces = [](const std::string& second, const std::string& source) {
    return "<VTKFile type=\"PImageData\"><PImageData WholeExtent=\"0 3 0 2 0 2\" GhostLevel=\"0\" "
           "Spacing=\"0.5 0.25 2\"><PCellData><PDataArray type=\"Int8\" Name=\"a\"/></PCellData>"
           "<Piece Extent=\"0 3 0 2 0 1\" Source=\"p_0.vti\"/><Piece Extent=\"" +
           second + "\" Source=\"" + source + "\"/></PImageData></VTKFile>";
  };
  const std::vector<int> lower(labels.begin(), labels.begin() + 6),
      upper(labels.begin() + 6, labels.end());
  write_text(temporary("p_0.vti"), ascii_piece("0 3 0 2 0 1", lower));
  write_text(temporary("p_1.vti"), ascii_piece("0 3 0 2 1 2", upper));
  write_text(path, pieces("0 3 0 2 1 2", "p_1.vti"));
  expect_grid(read(path), "vti", "two pieces");
  // One piece that is not the whole, across either axis.
  for (const char* extent : {"0 3 0 2 0 1", "0 2 0 2 0 2"}) {
    write_text(temporary("p_3.vti"),
               ascii_piece(extent, std::vector<int>(extent[2] == '3' ? 6 : 8, 1)));
    write_text(
        path,
        "<VTKFile type=\"PImageData\"><PImageData WholeExtent=\"0 3 0 2 0 2\" Spacing=\"0.5 0.25 "
        "2\"><Piece Extent=\"" +
            std::string(extent) + "\" Source=\"p_3.vti\"/></PImageData></VTKFile>");
    expect_message([&] { read(path); }, {path, "'a'", "the pieces do not cover the grid of 3x2x2"});
  }
  // Pieces of writers that know no pieces are the whole, more than once.
  write_text(temporary("p_2.vti"), ascii_piece("0 3 0 2 0 2", labels));
  write_text(path, pieces("0 3 0 2 0 2", "p_2.vti"));
  expect_grid(read(path), "vti", "overlapping pieces");
  auto other = labels;
  other[0] = 2;
  write_text(temporary("p_2.vti"), ascii_piece("0 3 0 2 0 2", other));
  expect_message([&] { read(path); }, {"p_2.vti", "'a' holds 2", "another piece holds 1"});
  write_text(path, pieces("0 3 0 2 1 2", "p_0.vti"));
  expect_message([&] { read(path); }, {path, "p_0.vti", "extent"});
  for (const char* source : {"none.vti", "../p_1.vti", "/dev/zero", ""}) {
    write_text(path, pieces("0 3 0 2 1 2", source));
    expect_message([&] { read(path); }, {path, source, "folder"});
  }
}

TEST(VtkFiles, ImageDataInHdf5) {
  const auto path = temporary("a.vtkhdf");
  const auto type_is = [](Hdf5Edit& file, const std::string& name) {
    const hid_t type = H5Tcopy(H5T_C_S1), space = H5Screate(H5S_SCALAR);
    H5Tset_size(type, name.size());
    const hid_t attribute = H5Acreate_by_name(file.id(), "VTKHDF", "Type", type, space, H5P_DEFAULT,
                                              H5P_DEFAULT, H5P_DEFAULT);
    EXPECT_GE(H5Awrite(attribute, type, name.data()), 0);
    H5Aclose(attribute);
    H5Sclose(space);
    H5Tclose(type);
  };
  {
    Hdf5Edit file(path, true);
    file.integers("VTKHDF/CellData/a", {2, 2, 3}, labels);
    type_is(file, "ImageData");
    file.attribute("VTKHDF", "WholeExtent", std::vector<int>{2, 5, 0, 2, 0, 2}, H5T_NATIVE_INT);
    file.attribute("VTKHDF", "Spacing", std::vector<double>{0.5, 0.25, 2.}, H5T_NATIVE_DOUBLE);
    file.attribute("VTKHDF", "Direction", std::vector<double>{1, 0, 0, 0, 1, 1e-16, 0, 0, 1},
                   H5T_NATIVE_DOUBLE);
  }
  expect_grid(read(path), "vtkhdf", "cells");
  {
    Hdf5Edit file(path);
    file.integers("VTKHDF/CellData/b", {3, 2, 2}, labels);
  }
  expect_message([&] { read(path, "b"); }, {path, "'b'", "3x2x2", "2x2x3"});
  {
    Hdf5Edit file(path);
    file.remove("VTKHDF/CellData/b");
    file.integers("VTKHDF/CellData/vtkGhostType", {2, 2, 3},
                  {0, 0, 32, 0, 0, 0, 0, 32, 0, 0, 0, 0});
  }
  const auto marked = read(path);
  expect_grid(marked, "vtkhdf", "marked");
  EXPECT_NE(marked.notes[0].find("'vtkGhostType' marks 2 of 12 voxels"), std::string::npos)
      << marked.notes[0];
  // VTK leaves out the axis across a plane, here y, which has one layer all the same.
  const auto plane = temporary("plane.vtkhdf");
  for (const auto& shape : {std::vector<hsize_t>{3, 4}, std::vector<hsize_t>{3, 1, 4}}) {
    {
      Hdf5Edit file(plane, true);
      file.integers("VTKHDF/CellData/a", shape, labels);
      type_is(file, "ImageData");
      file.attribute("VTKHDF", "WholeExtent", std::vector<int>{0, 4, 0, 0, 0, 3}, H5T_NATIVE_INT);
      file.attribute("VTKHDF", "Spacing", std::vector<double>{0.5, 0.25, 2.}, H5T_NATIVE_DOUBLE);
    }
    const auto rve = read(plane).rve;
    ASSERT_EQ(rve.shape, (std::vector<int>{4, 1, 3}));
    for (std::size_t k = 0; k < 3; ++k)
      for (std::size_t i = 0; i < 4; ++i)
        EXPECT_NEAR(rve.stiffness[rve.phase[i * 3 + k]](0, 0),
                    isotropic(1000., 0.3)(0, 0) * labels[k * 4 + i], 1e-9);
  }
  {
    Hdf5Edit file(path);
    file.remove_attribute("VTKHDF", "Direction");
    file.attribute("VTKHDF", "Direction", std::vector<double>{0, 1, 0, 1, 0, 0, 0, 0, 1},
                   H5T_NATIVE_DOUBLE);
  }
  expect_message([&] { read(path, "a"); }, {path, "Direction", "along the axes"});
  {
    Hdf5Edit file(path);
    file.remove_attribute("VTKHDF", "Type");
    type_is(file, "PolyData");
  }
  expect_message([&] { read(path, "a"); }, {path, "PolyData", "Resample To Image"});
}

TEST(VtkFiles, WhatIsWrongWithALegacyFileIsSaid) {
  const auto path = temporary("a.vtk");
  const auto good = legacy("3.0", true,
                           "STRUCTURED_POINTS\n" + points_of_cells +
                               "CELL_DATA 12\nSCALARS a int 1\nLOOKUP_TABLE default\n" +
                               bytes_of<std::int32_t>(labels, true));
  const auto expect = [&](const std::string& from, const std::string& to,
                          std::vector<std::string> parts) {
    auto text = good;
    const auto at = text.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    write_text(path, text.replace(at, from.size(), to));
    parts.push_back(path);
    expect_message([&] { read(path); }, parts);
  };
  write_text(path, good.substr(0, good.size() - 5));
  expect_message([&] { read(path); }, {path, "'a'", "truncated"});
  expect("DIMENSIONS 4 3 3", "DIMENSIONS 4 3 4", {"CELL_DATA", "12", "expected 18"});
  expect("SPACING 0.5", "SPACING 0", {"SPACING", "axis 0", "positive"});
  expect("BINARY", "RAW", {"'raw'", "ASCII or BINARY"});
  expect("STRUCTURED_POINTS", "UNSTRUCTURED_GRID", {"unstructured_grid", "resample"});
  expect("a int", "a text", {"'text'", "float"});
  expect("a int", "a short", {"no section"});
  expect("a int 1", "a int 3", {"36 values", "truncated"});
  expect("CELL_DATA 12", "CELL_DATA 12000000000000", {"CELL_DATA", "expected 12"});
}
