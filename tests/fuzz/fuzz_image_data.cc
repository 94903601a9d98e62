#include "read_or_refuse.h"
#include "seco/materials/image_data.h"
#include "seco/materials/microstructure_file.h"

using namespace seco::materials;
using namespace seco::test;

namespace {

/// All arrays, whether they are a microstructure or not.
void read_arrays(const std::string& path) {
  const auto image = ImageData::read(path);
  for (const auto& array : image.arrays()) {
    const auto shape = image.shape(array);
    std::size_t n = 1;
    for (const int size : shape) n *= static_cast<std::size_t>(size);
    require(image.values(array).size() == n, "an array does not fill the grid");
  }
}

/// Pieces that inputs of several files (`.pvti`) may name: the left and the right half of 2 x 1 x 1
/// cells, in the folder of the inputs.
bool write_pieces() {
  const auto piece = [](const std::string& name, const std::string& extent, char label) {
    std::ofstream("/dev/shm/" + name)
        << "<VTKFile type=\"ImageData\"><ImageData WholeExtent=\"0 2 0 1 0 1\" Spacing=\"1 1 1\">"
        << "<Piece Extent=\"" << extent
        << "\"><CellData Scalars=\"a\"><DataArray type=\"Int8\" Name=\"a\" format=\"ascii\">"
        << label << "</DataArray></CellData></Piece></ImageData></VTKFile>";
  };
  piece("seco_fuzz_left.vti", "0 1 0 1 0 1", '1');
  piece("seco_fuzz_right.vti", "1 2 0 1 0 1", '2');
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const bool has_pieces = write_pieces();
  static_cast<void>(has_pieces);
  const auto path = file_of(data, size, ".vti");
  read_or_refuse(path, [&] { read_arrays(path); });
  read_or_refuse(path, [&] {
    MicrostructureOptions options;
    options.format = "vti";
    options.thresholds = {2};
    options.stiffness = {{"0", "Al"}, {"1", "Ti"}};
    check(read_microstructure(path, options).rve, "what was read");
  });
  return 0;
}
