#include "feature_images.h"

#include <ATen/Dispatch.h>
#include <ATen/Parallel.h>
#include <torch/nn/functional.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "number_rows.h"

namespace seco::surrogate {
namespace {

using c10::BFloat16;

// sum[p, c] += x[p, c], pixels of x so many numbers apart. Overloads rather than a template, since
// only functions are cloned.
SECO_SIMD_CLONES
void add_row(const float* x, std::int64_t stride, std::int64_t pixels, std::int64_t channels,
             float* sum) {
  for (std::int64_t p = 0; p < pixels; ++p)
    for (std::int64_t c = 0; c < channels; ++c) sum[p * channels + c] += x[p * stride + c];
}

SECO_SIMD_CLONES
void add_row(const BFloat16* x, std::int64_t stride, std::int64_t pixels, std::int64_t channels,
             float* sum) {
  for (std::int64_t p = 0; p < pixels; ++p)
    for (std::int64_t c = 0; c < channels; ++c)
      sum[p * channels + c] += to_float(x[p * stride + c]);
}

SECO_SIMD_CLONES
void store_row(const float* row, std::int64_t pixels, std::int64_t channels, float* out,
               std::int64_t stride) {
  for (std::int64_t p = 0; p < pixels; ++p)
    for (std::int64_t c = 0; c < channels; ++c) out[p * stride + c] = row[p * channels + c];
}

SECO_SIMD_CLONES
void store_row(const float* row, std::int64_t pixels, std::int64_t channels, BFloat16* out,
               std::int64_t stride) {
  for (std::int64_t p = 0; p < pixels; ++p)
    for (std::int64_t c = 0; c < channels; ++c)
      out[p * stride + c] = rounded<BFloat16>(row[p * channels + c]);
}

// x / (1 + exp(-x)) in place. 2^t = 2^k 2^f with k the nearest integer, by Taylor's polynomial.
SECO_SIMD_CLONES
void activate_row(float* x, std::int64_t n) {
  constexpr float to_integer = 12582912.f;  // 1.5 * 2^23: the last bit of the sum is the unit
  for (std::int64_t i = 0; i < n; ++i) {
    const float t = std::min(std::max(x[i] * -1.44269504f, -126.f), 126.f);
    const float shifted = t + to_integer;
    const float f = t - (shifted - to_integer);
    const int k = std::bit_cast<int>(shifted) - std::bit_cast<int>(to_integer);
    float power = 1.5403530e-4f;
    power = power * f + 1.3333558e-3f;
    power = power * f + 9.6181291e-3f;
    power = power * f + 5.5504109e-2f;
    power = power * f + 2.4022651e-1f;
    power = power * f + 6.9314718e-1f;
    power = power * f + 1.f;
    x[i] /= 1.f + power * std::bit_cast<float>((k + 127) << 23);
  }
}

SECO_SIMD_CLONES
void scale_row(float* x, std::int64_t n, float factor) {
  for (std::int64_t i = 0; i < n; ++i) x[i] *= factor;
}

// First number of a row of an image, without its halo.
template <typename Number>
Number* row_of(const FeatureChannels& slice, std::int64_t b, std::int64_t image, std::int64_t row) {
  const auto& t = slice.images.values;
  const auto halo = slice.images.halo;
  return t.data_ptr<Number>() +
         (((b * t.size(1) + image) * t.size(2) + row + halo) * t.size(3) + halo) * t.size(4) +
         slice.first;
}

// Writes a row and where it belongs in the halo.
template <typename Number>
void store(const float* row, std::int64_t channels, const FeatureChannels& slice, std::int64_t b,
           std::int64_t image, std::int64_t y) {
  const auto [images, rows, pixels] = slice.images.shape();
  const auto stride = slice.images.channels();
  const auto write = [&](std::int64_t at) {
    Number* out = row_of<Number>(slice, b, image, at);
    store_row(row, pixels, channels, out, stride);
    if (slice.images.halo == 0) return;
    store_row(row + (pixels - 1) * channels, 1, channels, out - stride, stride);
    store_row(row, 1, channels, out + pixels * stride, stride);
  };
  write(y);
  if (slice.images.halo == 0) return;
  if (y == 0) write(rows);
  if (y == rows - 1) write(-1);
}

// Calls work(b, image, row) for all rows, in parallel.
template <typename Work>
void for_rows(const FeatureImages& images, const Work& work) {
  const auto [n_images, rows, pixels] = images.shape();
  const auto grain = std::max<std::int64_t>(1, 16384 / (pixels * images.channels()));
  at::parallel_for(0, images.batch() * n_images * rows, grain,
                   [&, n_images = n_images, rows = rows](std::int64_t begin, std::int64_t end) {
                     for (auto i = begin; i < end; ++i)
                       work(i / (n_images * rows), i / rows % n_images, i % rows);
                   });
}

// Calls work with a number of the type of the images.
template <typename Work>
void with_type(const torch::Tensor& values, const Work& work) {
  if (values.scalar_type() == torch::kBFloat16)
    work(BFloat16());
  else
    work(float());
}

}  // namespace

FeatureImages make_images(std::int64_t batch, const std::array<std::int64_t, 3>& shape,
                          std::int64_t channels, std::int64_t halo, torch::Dtype type) {
  return {torch::empty({batch, shape[0], shape[1] + 2 * halo, shape[2] + 2 * halo, channels}, type),
          halo};
}

torch::Tensor image_weight(const torch::Tensor& weight, torch::Dtype type) {
  const auto stacked = weight.dim() == 4 ? weight : weight.movedim(2, 0).flatten(0, 1);
  return stacked.to(type).contiguous(at::MemoryFormat::ChannelsLast);
}

torch::Tensor convolution_terms(const FeatureImages& x, const torch::Tensor& image_weight) {
  const auto terms = torch::conv2d(x.values.flatten(0, 1).permute({0, 3, 1, 2}), image_weight);
  const auto [images, rows, pixels] = x.shape();
  return terms.permute({0, 2, 3, 1}).contiguous().view({x.batch(), images, rows, pixels, -1});
}

void finish_convolution(const torch::Tensor& terms, const Finish& finish,
                        const FeatureChannels& destination) {
  const auto channels = finish.bias.size(0), width = terms.size(4);
  const bool stacked = width == 3 * channels;
  const auto [images, rows, pixels] = destination.images.shape();
  const float* bias = finish.bias.data_ptr<float>();
  with_type(destination.images.values,
            [&, images = images, rows = rows, pixels = pixels](auto zero) {
              using Number = decltype(zero);
              const Number* x = terms.data_ptr<Number>();
              for_rows(destination.images, [&](std::int64_t b, std::int64_t image, std::int64_t y) {
                static thread_local std::vector<float> row;
                row.resize(static_cast<std::size_t>(pixels * channels));
                for (std::int64_t p = 0; p < pixels; ++p)
                  std::copy_n(bias, channels, row.data() + p * channels);
                for (int term = 0; term < (stacked ? 3 : 1); ++term) {
                  const auto from = stacked ? (image + term - 1 + images) % images : image;
                  add_row(x + ((b * images + from) * rows + y) * pixels * width + term * channels,
                          width, pixels, channels, row.data());
                }
                if (finish.activate) activate_row(row.data(), pixels * channels);
                if (finish.residual)
                  add_row(row_of<Number>({*finish.residual, 0}, b, image, y), channels, pixels,
                          channels, row.data());
                store<Number>(row.data(), channels, destination, b, image, y);
              });
            });
}

void halve(const FeatureChannels& source, std::int64_t channels, int grid_dimension,
           const FeatureImages& destination) {
  const auto [images, rows, pixels] = source.images.shape();
  const auto half = destination.shape()[2];
  const auto stride = source.images.channels();
  const std::int64_t depth = grid_dimension == 3 ? 2 : 1;
  with_type(destination.values, [&, images = images, rows = rows, pixels = pixels](auto zero) {
    using Number = decltype(zero);
    for_rows(destination, [&](std::int64_t b, std::int64_t image, std::int64_t y) {
      static thread_local std::vector<float> row;
      row.assign(static_cast<std::size_t>(half * channels), 0.f);
      std::int64_t n = 0;
      for (auto k = depth * image; k < std::min(depth * (image + 1), images); ++k)
        for (auto j = 2 * y; j < std::min(2 * y + 2, rows); ++j, ++n) {
          const Number* x = row_of<Number>(source, b, k, j);
          add_row(x, 2 * stride, half, channels, row.data());
          add_row(x + stride, 2 * stride, pixels / 2, channels, row.data());
        }
      const auto whole = pixels / 2;
      scale_row(row.data(), whole * channels, 0.5f / static_cast<float>(n));
      scale_row(row.data() + whole * channels, (half - whole) * channels,
                1.f / static_cast<float>(n));
      store<Number>(row.data(), channels, {destination, 0}, b, image, y);
    });
  });
}

std::vector<std::int64_t> nearest_indices(std::int64_t source, std::int64_t destination) {
  // As LibTorch computes them, in single precision.
  const float scale = static_cast<float>(source) / static_cast<float>(destination);
  std::vector<std::int64_t> indices;
  for (std::int64_t i = 0; i < destination; ++i)
    indices.push_back(
        std::min(static_cast<std::int64_t>(std::floor(static_cast<float>(i) * scale)), source - 1));
  return indices;
}

void enlarge(const FeatureImages& source, const FeatureChannels& destination) {
  const auto from = source.shape(), to = destination.images.shape();
  std::array<std::vector<std::int64_t>, 3> index;
  for (int a = 0; a < 3; ++a) index[a] = nearest_indices(from[a], to[a]);
  const auto channels = source.channels();
  with_type(source.values, [&](auto zero) {
    using Number = decltype(zero);
    for_rows(destination.images, [&](std::int64_t b, std::int64_t image, std::int64_t y) {
      static thread_local std::vector<float> row;
      row.assign(static_cast<std::size_t>(to[2] * channels), 0.f);
      const Number* x = row_of<Number>({source, 0}, b, index[0][image], index[1][y]);
      for (std::int64_t p = 0; p < to[2]; ++p)
        add_row(x + index[2][p] * channels, channels, 1, channels, row.data() + p * channels);
      store<Number>(row.data(), channels, destination, b, image, y);
    });
  });
}

}  // namespace seco::surrogate
