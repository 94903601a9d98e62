#include "seco/materials/image_data.h"

#include <gtest/gtest.h>

#include "support/message_of.h"
#include "support/small_microstructures.h"

using namespace seco::materials;
using namespace seco::test;

namespace {

std::vector<double> values_of(const std::string& text) {
  const ImageData image(text, "x.vti");
  return image.values(image.arrays().at(0));
}

void expect_fault(const std::string& text, std::initializer_list<std::string> parts) {
  const auto message = message_of([&] { values_of(text); });
  EXPECT_NE(message.find("x.vti"), std::string::npos) << message;
  for (const auto& part : parts) EXPECT_NE(message.find(part), std::string::npos) << message;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

/// Cells of a 2 x 2 x 1 grid in two pieces.
std::string two_pieces(const std::string& second_extent) {
  return "<VTKFile type=\"ImageData\"><ImageData WholeExtent=\"0 2 0 2 0 1\">"
         "<Piece Extent=\"0 1 0 2 0 1\"><CellData><DataArray type=\"Int8\" Name=\"a\" "
         "format=\"ascii\">1 2</DataArray></CellData></Piece>"
         "<Piece Extent=\"" +
         second_extent +
         "\"><CellData><DataArray type=\"Int8\" Name=\"a\" format=\"ascii\">3 4</DataArray>"
         "</CellData></Piece></ImageData></VTKFile>";
}

}  // namespace

TEST(ImageData, EveryWayToWriteAnArrayReadsTheSame) {
  const auto grid = asymmetric_grid();
  const std::vector<double> expected(grid.label.begin(), grid.label.end());
  int n_ways = 0;
  for (const std::string format : {"ascii", "binary", "appended"})
    for (const bool base64 : {false, true})
      for (const bool compressed : {false, true})
        for (const bool apart : {false, true})
          for (const bool big_endian : {false, true})
            for (const int header : {4, 8})
              for (const std::string type : {"Int8", "UInt16", "Int64", "Float32"})
                for (const int block_size : {16, 60, 4096}) {
                  if (format == "binary" && !base64) continue;
                  VtkWay way{format,     base64, compressed, apart,
                             big_endian, header, type,       block_size};
                  ASSERT_EQ(values_of(image_data_text(grid, "a", way)), expected)
                      << format << base64 << compressed << apart << big_endian << header << type
                      << block_size;
                  ++n_ways;
                }
  EXPECT_GT(n_ways, 500);
}

TEST(ImageData, FirstAxisOfTheFileIsTheFirstAxis) {
  std::string text =
      "<VTKFile type=\"ImageData\"><ImageData WholeExtent=\"3 5 0 3 -4 0\" Spacing=\"1 2 3\">"
      "<Piece Extent=\"3 5 0 3 -4 0\"><CellData><DataArray type=\"Int32\" Name=\"a\" "
      "format=\"ascii\">";
  for (int v = 0; v < 24; ++v) text += std::to_string(v) + " ";
  text += "</DataArray></CellData></Piece></ImageData></VTKFile>";
  const ImageData image(text, "x.vti");
  EXPECT_EQ(image.shape(image.arrays()[0]), (std::array<int, 3>{2, 3, 4}));
  EXPECT_EQ(image.spacing(), (std::array<double, 3>{1, 2, 3}));
  const auto values = image.values(image.arrays()[0]);
  for (int i = 0; i < 2; ++i)
    for (int j = 0; j < 3; ++j)
      for (int k = 0; k < 4; ++k)
        EXPECT_EQ(values[static_cast<std::size_t>((i * 3 + j) * 4 + k)], i + 2 * (j + 3 * k));
}

TEST(ImageData, PiecesTileTheGrid) {
  EXPECT_EQ(values_of(two_pieces("1 2 0 2 0 1")), (std::vector<double>{1, 2, 3, 4}));
  expect_fault(two_pieces("0 1 0 2 0 1"), {"'a'", "do not cover"});
  expect_fault(two_pieces("1 3 0 2 0 1"), {"leaves the whole"});
  expect_fault(two_pieces("1 2 0 2 1 1"), {"is empty"});
  expect_fault(two_pieces("0 2 0 2 0 1"), {"overlap"});
}

TEST(ImageData, FaultsNameTheArrayAndWhatIsExpected) {
  const auto grid = asymmetric_grid();
  VtkWay zipped;
  zipped.compressed = true;
  VtkWay raw;
  raw.format = "appended";
  raw.base64 = false;
  VtkWay ascii;
  ascii.format = "ascii";
  const auto good = image_data_text(grid, "a", zipped), text = image_data_text(grid, "a", ascii),
             bytes = image_data_text(grid, "a", raw);
  expect_fault(replaced(good, "Int64", "Int63"), {"'a'", "'Int63'", "Int8 to Int64"});
  expect_fault(replaced(good, "vtkZLib", "vtkBlosc"), {"vtkBloscDataCompressor", "vtkZLib"});
  expect_fault(replaced(good, "ImageData", "UnstructuredGrid"), {"'UnstructuredGrid'"});
  expect_fault(replaced(good, "UInt32", "UInt48"), {"header_type", "'UInt48'"});
  expect_fault(replaced(good, "0 3 0 4 0 5", "0 3 0 4 0"), {"WholeExtent", "six integers"});
  expect_fault(replaced(good, "0 3 0 4 0 5", "-9223372036854775808 3 0 4 0 5"),
               {"WholeExtent", "six integers"});
  expect_fault(replaced(good, "Piece Extent=\"0 3", "Piece Extent=\"0 2"), {"'a'", "320"});
  expect_fault(replaced(good, "0.5 1 2", "0.5 0 2"), {"Spacing", "'0.5 0 2'"});
  expect_fault(replaced(good, "1 0 0 0 1 0 0 0 1", "0 1 0 1 0 0 0 0 1"), {"Direction"});
  expect_fault(replaced(good, "1 0 0 0 1 0 0 0 1", "1 0 0 0 1 0.001 0 -0.001 1"), {"Direction"});
  // Round-off of what turned there and back.
  EXPECT_EQ(values_of(replaced(good, "1 0 0 0 1 0 0 0 1", "1 0 0 0 1 1.2e-16 0 -1e-16 1")),
            values_of(good));
  expect_fault(replaced(good, "</CellData>", "</CelData>"), {"line"});
  expect_fault(replaced(text, "format=\"ascii\"", "format=\"hex\""), {"'a'", "'hex'"});
  expect_fault(replaced(text, ">\n0 1 2", ">\n0 x 2"), {"'a'", "60 numbers"});
  expect_fault(replaced(text, ">\n0 1 2", ">\n0 1"), {"'a'", "60 numbers"});
  expect_fault(replaced(bytes, "offset=\"0\"", "offset=\"9999\""), {"'a'", "offset '9999'"});
  expect_fault(bytes.substr(0, bytes.size() - 100), {"'AppendedData'", "truncated"});
  auto short_bytes = bytes;
  short_bytes.erase(bytes.find("\n_") + 100, 20);
  expect_fault(short_bytes, {"'a'", "ends early"});
}

TEST(ImageData, AbsurdSizesAreRefusedBeforeAnythingIsAllocated) {
  const auto grid = asymmetric_grid();
  for (const bool compressed : {false, true})
    for (const std::string format : {"ascii", "binary", "appended"}) {
      VtkWay way;
      way.format = format;
      way.compressed = compressed;
      auto text = image_data_text(grid, "a", way);
      for (int n = 0; n < 2; ++n)
        text = replaced(text, "\"0 3 0 4 0 5\"", "\"0 1000000000 0 1000000000 0 1000000000\"");
      expect_fault(text, {"'a'"});
    }
}
