#include "support/voxel_files.h"

#include <tiffio.h>
#include <zip.h>

#include <array>
#include <limits>
#include <stdexcept>

namespace seco::test {
namespace {

/// The pixel of every sample of a row.
template <typename Number>
std::vector<Number> row_of(const Labels& labels, int y, int z, int n_samples) {
  std::vector<Number> row;
  for (int x = 0; x < labels.shape[0]; ++x)
    row.insert(row.end(), static_cast<std::size_t>(n_samples),
               static_cast<Number>(labels.at(x, y, z)));
  return row;
}

template <typename Number>
void write_tiles(TIFF* file, const Labels& labels, int z) {
  constexpr int edge = 16;
  TIFFSetField(file, TIFFTAG_TILEWIDTH, edge);
  TIFFSetField(file, TIFFTAG_TILELENGTH, edge);
  for (int y0 = 0; y0 < labels.shape[1]; y0 += edge)
    for (int x0 = 0; x0 < labels.shape[0]; x0 += edge) {
      std::vector<Number> tile(edge * edge);
      for (int y = y0; y < std::min(y0 + edge, labels.shape[1]); ++y)
        for (int x = x0; x < std::min(x0 + edge, labels.shape[0]); ++x)
          tile[static_cast<std::size_t>((y - y0) * edge + x - x0)] =
              static_cast<Number>(labels.at(x, y, z));
      TIFFWriteTile(file, tile.data(), static_cast<std::uint32_t>(x0),
                    static_cast<std::uint32_t>(y0), 0, 0);
    }
}

/// A page of 3 x 2 zeros, which becomes one below the page before it.
void write_small_page(TIFF* file) {
  constexpr int width = 3, height = 2;
  TIFFSetField(file, TIFFTAG_IMAGEWIDTH, width);
  TIFFSetField(file, TIFFTAG_IMAGELENGTH, height);
  TIFFSetField(file, TIFFTAG_BITSPERSAMPLE, 8);
  TIFFSetField(file, TIFFTAG_SAMPLESPERPIXEL, 1);
  TIFFSetField(file, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISBLACK);
  std::array<unsigned char, width> row{};
  for (std::uint32_t y = 0; y < height; ++y) TIFFWriteScanline(file, row.data(), y, 0);
  TIFFWriteDirectory(file);
}

}  // namespace

template <typename Number>
void write_tiff(const std::string& path, const Labels& labels, const TiffWay& way) {
  const std::string mode = std::string("w") + (way.big ? "8" : "4") + (way.big_endian ? "b" : "l");
  TIFF* file = TIFFOpen(path.c_str(), mode.c_str());
  if (!file) throw std::runtime_error(path + ": cannot be written");
  for (int z = 0; z < labels.shape[2]; ++z) {
    TIFFSetField(file, TIFFTAG_IMAGEWIDTH, labels.shape[0]);
    TIFFSetField(file, TIFFTAG_IMAGELENGTH, labels.shape[1]);
    TIFFSetField(file, TIFFTAG_BITSPERSAMPLE, static_cast<int>(8 * sizeof(Number)));
    TIFFSetField(file, TIFFTAG_SAMPLESPERPIXEL, way.n_samples);
    TIFFSetField(file, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
    TIFFSetField(file, TIFFTAG_PHOTOMETRIC, way.photometric);
    TIFFSetField(file, TIFFTAG_COMPRESSION, way.compression);
    TIFFSetField(file, TIFFTAG_SAMPLEFORMAT,
                 std::is_floating_point_v<Number> ? SAMPLEFORMAT_IEEEFP
                 : std::is_signed_v<Number>       ? SAMPLEFORMAT_INT
                                                  : SAMPLEFORMAT_UINT);
    if (way.photometric == PHOTOMETRIC_PALETTE) {
      std::vector<std::uint16_t> map(256, 1000);
      TIFFSetField(file, TIFFTAG_COLORMAP, map.data(), map.data(), map.data());
    }
    if (z == 0 && !way.description.empty())
      TIFFSetField(file, TIFFTAG_IMAGEDESCRIPTION, way.description.c_str());
    if (way.x_resolution > 0.F) {
      TIFFSetField(file, TIFFTAG_XRESOLUTION, way.x_resolution);
      TIFFSetField(file, TIFFTAG_YRESOLUTION, way.y_resolution);
      TIFFSetField(file, TIFFTAG_RESOLUTIONUNIT, RESUNIT_NONE);
    }
    if (way.tiled) {
      write_tiles<Number>(file, labels, z);
    } else {
      TIFFSetField(file, TIFFTAG_ROWSPERSTRIP, way.compression == COMPRESSION_JPEG ? 8 : 2);
      for (int y = 0; y < labels.shape[1]; ++y) {
        auto row = row_of<Number>(labels, y, z, way.n_samples);
        TIFFWriteScanline(file, row.data(), static_cast<std::uint32_t>(y), 0);
      }
    }
    if (way.pyramid) {
      std::uint64_t offset = 0;
      TIFFSetField(file, TIFFTAG_SUBIFD, 1, &offset);
    }
    TIFFWriteDirectory(file);
    if (way.pyramid) write_small_page(file);
  }
  TIFFClose(file);
}

template void write_tiff<std::uint8_t>(const std::string&, const Labels&, const TiffWay&);
template void write_tiff<std::int16_t>(const std::string&, const Labels&, const TiffWay&);
template void write_tiff<std::uint16_t>(const std::string&, const Labels&, const TiffWay&);
template void write_tiff<std::uint32_t>(const std::string&, const Labels&, const TiffWay&);
template void write_tiff<float>(const std::string&, const Labels&, const TiffWay&);
template void write_tiff<double>(const std::string&, const Labels&, const TiffWay&);

void write_zip(const std::string& path,
               const std::vector<std::pair<std::string, std::string>>& entries, bool deflate) {
  int status = 0;
  zip_t* archive = zip_open(path.c_str(), ZIP_CREATE | ZIP_TRUNCATE, &status);
  if (!archive) throw std::runtime_error(path + ": cannot be written");
  for (const auto& [name, content] : entries) {
    auto* source = zip_source_buffer(archive, content.data(), content.size(), 0);
    const auto index = zip_file_add(archive, name.c_str(), source, 0);
    zip_set_file_compression(archive, static_cast<zip_uint64_t>(index),
                             deflate ? ZIP_CM_DEFLATE : ZIP_CM_STORE, 0);
  }
  zip_close(archive);
}

}  // namespace seco::test
