#include "seco/materials/grey_image.h"

#include <fmt/format.h>
#include <png.h>

#include <csetjmp>
#include <cstring>
#include <stdexcept>

#include "file_content.h"

namespace seco::materials {
namespace {

/// A file in memory, and what libpng complained about.
struct Source {
  const char* bytes;
  std::size_t left;
  std::string* complaint;
};

void read_bytes(png_structp png, png_bytep target, std::size_t n) {
  auto* source = static_cast<Source*>(png_get_io_ptr(png));
  if (n > source->left) png_error(png, "the file is truncated");
  std::memcpy(target, source->bytes, n);
  source->bytes += n;
  source->left -= n;
}

[[noreturn]] void on_error(png_structp png, png_const_charp message) {
  *static_cast<std::string*>(png_get_error_ptr(png)) = message;
  png_longjmp(png, 1);
}

void on_warning(png_structp, png_const_charp) {}

/// Samples as libpng delivers them.
struct Samples {
  std::size_t width = 0, height = 0, n_channels = 0, n_bytes = 0, row_size = 0;
  std::string values;
  std::vector<png_bytep> rows;
};

// libpng leaves this function by longjmp, so that it makes no objects of its own.
bool decode(png_structp png, png_infop info, Source& source, Samples& samples) {
  if (setjmp(png_jmpbuf(png))) return false;
  png_set_read_fn(png, &source, read_bytes);
  png_set_user_limits(png, 1 << 20, 1 << 20);
  png_read_info(png, info);
  const std::size_t size =
      png_get_rowbytes(png, info) * static_cast<std::size_t>(png_get_image_height(png, info));
  if (size / largest_inflation > source.left) png_error(png, "it is larger than the file can fill");
  png_set_expand(png);  // a transparent colour becomes an alpha channel
  const int passes = png_set_interlace_handling(png);
  png_read_update_info(png, info);
  samples.width = png_get_image_width(png, info);
  samples.height = png_get_image_height(png, info);
  samples.n_channels = png_get_channels(png, info);
  samples.n_bytes = png_get_bit_depth(png, info) / 8U;
  samples.row_size = png_get_rowbytes(png, info);
  samples.values.resize(samples.row_size * samples.height);
  samples.rows.resize(samples.height);
  for (std::size_t row = 0; row < samples.height; ++row)
    samples.rows[row] = reinterpret_cast<png_bytep>(samples.values.data()) + row * samples.row_size;
  for (int pass = 0; pass < passes; ++pass)
    png_read_rows(png, samples.rows.data(), nullptr, static_cast<png_uint_32>(samples.height));
  png_read_end(png, nullptr);
  return true;
}

int sample(const Samples& samples, std::size_t row, std::size_t column, std::size_t channel) {
  const auto* byte = samples.rows[row] + (column * samples.n_channels + channel) * samples.n_bytes;
  return samples.n_bytes == 1 ? byte[0] : byte[0] << 8 | byte[1];  // most significant first
}

}  // namespace

GreyImage read_png(const std::string& path) {
  const auto content = file_content(path);
  const auto fail = [&](const std::string& what) {
    throw std::runtime_error(fmt::format("{}: {}", path, what));
  };
  if (content.size() < 8 ||
      png_sig_cmp(reinterpret_cast<png_const_bytep>(content.data()), 0, 8) != 0)
    fail("is not a PNG image");
  std::string complaint;
  Source source{content.data(), content.size(), &complaint};
  png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &complaint, on_error, on_warning);
  png_infop info = png ? png_create_info_struct(png) : nullptr;
  if (!info) {
    png_destroy_read_struct(&png, nullptr, nullptr);
    throw std::bad_alloc();
  }
  Samples samples;
  const bool whole = decode(png, info, source, samples);
  png_destroy_read_struct(&png, &info, nullptr);
  if (!whole) fail(fmt::format("the PNG image cannot be read: {}", complaint));

  GreyImage image;
  image.width = static_cast<int>(samples.width);
  image.height = static_cast<int>(samples.height);
  image.largest = samples.n_bytes == 2 ? 65535 : 255;
  image.level.reserve(samples.width * samples.height);
  const bool has_alpha = samples.n_channels == 2 || samples.n_channels == 4;
  const std::size_t n_colours = samples.n_channels - (has_alpha ? 1 : 0);
  for (std::size_t column = 0; column < samples.width; ++column)
    for (std::size_t row = samples.height; row-- > 0;) {
      const int level = sample(samples, row, column, 0);
      if (has_alpha && sample(samples, row, column, n_colours) != image.largest)
        ++image.n_transparent;
      for (std::size_t channel = 1; channel < n_colours; ++channel)
        if (sample(samples, row, column, channel) != level)
          fail(
              fmt::format("the pixel in column {}, row {} from the top is coloured; convert the "
                          "image to grey levels first",
                          column, row));
      image.level.push_back(static_cast<std::uint16_t>(level));
    }
  return image;
}

}  // namespace seco::materials
