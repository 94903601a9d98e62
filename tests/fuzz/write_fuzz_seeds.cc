// Writes small valid files of every format, one folder per fuzzer, as seeds: write_fuzz_seeds
// FOLDER.

#include <filesystem>
#include <string>

#include "seco/materials/microstructure_file.h"
#include "seco/materials/rve_file.h"
#include "support/small_microstructures.h"

using namespace seco::test;

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
  write_text(file("damask_material", "two_phases"), damask_material_text(grid));
  write_dream3d(file("dream3d", "version_7"), grid, 7);
  write_dream3d(file("dream3d", "version_8"), grid, 8, true);
  write_png(file("png", "8_bit"), 4, 2, {1, 20, 3, 40, 5, 60, 7, 80});
  write_png(file("png", "16_bit"), 4, 2, {1, 20, 3, 40, 5, 60000, 7, 80}, 16);
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
