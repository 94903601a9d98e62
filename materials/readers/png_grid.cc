#include <fmt/format.h>

#include <stdexcept>

#include "microstructure_reader.h"
#include "seco/materials/grey_image.h"

namespace seco::materials {
namespace {

std::unique_ptr<VoxelArray> open_png(const std::string& path,
                                     const MicrostructureOptions& options) {
  if (options.thresholds.empty())
    throw std::invalid_argument(
        fmt::format("{}: a grey-level image needs thresholds that tell its phases apart", path));
  const auto image = read_png(path);
  VoxelArray::Description description;
  description.what = path;
  description.shape = {image.width, image.height, 1};
  description.order = {0, 1, 2};
  description.largest_level = image.largest;
  if (options.spacing.empty() && options.lengths.empty()) {
    description.spacing = {1., 1., 1.};
    description.unit_of_length.clear();
    description.notes.push_back("lengths are in pixels");
  }
  description.notes.push_back("axis 0 points right in the picture and axis 1 up");
  if (image.n_transparent > 0)
    description.notes.push_back(fmt::format(
        "warning: {} of {} pixels are transparent, which is not used; their grey levels "
        "are those of the file, whatever background a viewer shows",
        image.n_transparent, image.level.size()));
  return array_in_memory(std::move(description), {image.level.begin(), image.level.end()});
}

bool begins_as_png(const std::string& first) {
  return first.starts_with("\x89PNG");
}

constexpr FileKind png_images{"a PNG image", "PNG images", begins_as_png, nullptr};

}  // namespace

const MicrostructureReader& png_reader() {
  static const MicrostructureReader reader{
      {"png",
       "image of grey levels",
       {".png"},
       "microscopes, ImageJ, GIMP",
       "one layer; axis 0 points right and axis 1 up; a pixel has the edge 1 unless --spacing or "
       "--lengths say otherwise; grey levels, which need --thresholds",
       "seco import section.png --thresholds 128 --stiffness \"0 = void\" --stiffness \"1 = Al\" "
       "--out rve.h5"},
      &png_images,
      options_of_arrays(),
      nullptr,
      nullptr,
      open_png};
  return reader;
}

}  // namespace seco::materials
