// Writes small valid files of every format, one folder per fuzzer, as seeds: write_fuzz_seeds
// FOLDER.

#include <filesystem>
#include <string>

#include "seco/materials/hdf5_file.h"
#include "seco/materials/microstructure_file.h"
#include "seco/materials/rve_file.h"
#include "support/small_microstructures.h"
#include "support/voxel_files.h"

using namespace seco::test;

namespace {

/// Small arrays of every kind; @param file gives the name of a seed of a fuzzer
template <typename File>
void write_arrays(const File& file) {
  const auto labels = asymmetric_labels();
  for (const int compression : {1, 5, 8, 32773})
    for (const bool tiled : {false, true}) {
      TiffWay way;
      way.compression = compression;
      way.tiled = tiled;
      way.big = tiled;
      way.description = tiled ? "" : "ImageJ=1.53t\nimages=4\nslices=4\nunit=mm\nspacing=2\n";
      way.x_resolution = way.y_resolution = 2.F;
      const auto name = std::to_string(compression) + (tiled ? "_tiles" : "_strips");
      write_tiff<std::uint8_t>(file("tiff", name), labels, way);
    }
  write_tiff<float>(file("tiff", "float"), labels);
  const auto bytes = bytes_of<std::uint8_t>(labels, "xyz");
  const auto array = numpy_text("'|u1'", false, "(6, 5, 4)", bytes);
  write_text(file("numpy", "byte"), array);
  write_text(file("numpy", "fortran"),
             numpy_text("'>f4'", true, "(6, 5, 4)", bytes_of<float>(labels, "zyx", true)));
  write_zip(file("numpy_archive", "stored"), {{"phase.npy", array}}, false);
  write_zip(file("numpy_archive", "deflated"), {{"phase.npy", array}, {"x.txt", "x"}}, true);
  const std::string meta =
      "ObjectType = Image\nNDims = 3\nTransformMatrix = 1 0 0 0 1 0 0 0 1\nElementSpacing = 1 1 1\n"
      "DimSize = 6 5 4\nElementType = MET_UCHAR\n";
  write_text(file("meta_image", "local"), meta + "ElementDataFile = LOCAL\n" + bytes);
  write_text(file("meta_image", "text"),
             "NDims = 2\nDimSize = 2 2\nBinaryData = False\nElementType = MET_FLOAT\n"
             "ElementDataFile = LOCAL\n1 20 3.5 40\n");
  const std::string nrrd = "NRRD0004\ndimension: 3\nsizes: 6 5 4\nspacings: 1 1 1\ntype: uchar\n";
  write_text(file("nrrd", "raw"), nrrd + "encoding: raw\n\n" + bytes);
  write_text(file("nrrd", "text"),
             "NRRD0005\ndimension: 3\nsizes: 1 2 2\nkinds: vector domain domain\nspace directions: "
             "none (1,0) (0,2)\ntype: float\nencoding: ascii\n\n1 20 3.5 40\n");
  seco::materials::Hdf5Writer hdf5(file("hdf5_array", "plain"));
  const std::vector<double> values{1., 20., 3., 40., 5., 60., 7., 80.};
  hdf5.dataset("phase", {2, 2, 2}, values.data());
  hdf5.close();
}

}  // namespace

int main(int argc, char** argv) {
  const std::filesystem::path root = argc > 1 ? argv[1] : "seeds";
  const auto file = [&](const std::string& fuzzer, const std::string& name) {
    std::filesystem::create_directories(root / fuzzer);
    return (root / fuzzer / name).string();
  };
  const auto grid = asymmetric_grid();
  for (const std::string format : {"ascii", "binary", "appended"})
    for (const bool compressed : {false, true})
      for (const bool base64 : {false, true}) {
        VtkWay way;
        way.format = format;
        way.compressed = compressed;
        way.base64 = base64;
        way.header_size = compressed ? 8 : 4;
        write_text(file("image_data", format + (compressed ? "_zip" : "") + (base64 ? "_64" : "")),
                   image_data_text(grid, "material", way));
      }
  write_text(
      file("image_data", "pieces"),
      "<VTKFile type=\"PImageData\"><PImageData WholeExtent=\"0 2 0 1 0 1\" GhostLevel=\"0\" "
      "Spacing=\"1 1 1\"><PCellData Scalars=\"a\"><PDataArray type=\"Int8\" Name=\"a\"/>"
      "</PCellData><Piece Extent=\"0 1 0 1 0 1\" Source=\"seco_fuzz_left.vti\"/><Piece "
      "Extent=\"1 2 0 1 0 1\" Source=\"seco_fuzz_right.vti\"/></PImageData></VTKFile>");
  write_text(file("damask_material", "two_phases"), damask_material_text(grid));
  write_dream3d(file("dream3d", "version_7"), grid, 7);
  write_dream3d(file("dream3d", "version_8"), grid, 8, true);
  write_png(file("png", "8_bit"), 4, 2, {1, 20, 3, 40, 5, 60, 7, 80});
  write_png(file("png", "16_bit"), 4, 2, {1, 20, 3, 40, 5, 60000, 7, 80}, 16);
  write_arrays(file);
  seco::materials::MicrostructureOptions options;
  options.stiffness = {{"1", "Al"}, {"2", "Ti"}};
  const auto rve = seco::materials::read_microstructure(file("dream3d", "version_7"), options).rve;
  seco::materials::write_rve(file("rve", "grains"), rve);
  write_text(
      file("parameter_file", "sections"),
      "subsection Microstructure\n  set Type = laminate # layers\n  set Grid = 8, 8, \\\n 8\n"
      "  set Layers = Cu; 70e3, 0.3\nend\nsubsection Microstructure file\n"
      "  set Phase stiffness = 1 = cubic: 3, 1, 1; 2 = void\n  set Crop = 0:2, :, 1:\n"
      "  set Mirror = 0, 1\nend\n");
  return 0;
}
