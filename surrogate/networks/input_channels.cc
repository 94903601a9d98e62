#include "input_channels.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <array>
#include <numeric>

#include "number_rows.h"

namespace seco::surrogate {
namespace {

using c10::BFloat16;

SECO_SIMD_CLONES
void scaled_row(const float* x, std::int64_t n, float factor, float* out) {
  for (std::int64_t i = 0; i < n; ++i) out[i] = factor * x[i];
}

SECO_SIMD_CLONES
void scaled_row(const float* x, std::int64_t n, float factor, BFloat16* out) {
  for (std::int64_t i = 0; i < n; ++i) out[i] = rounded<BFloat16>(factor * x[i]);
}

// Adds rows, `stride` numbers apart.
SECO_SIMD_CLONES
void add_rows(const float* x, std::int64_t n_rows, std::int64_t stride, std::int64_t n,
              float* sum) {
  for (std::int64_t r = 0; r < n_rows; ++r)
    for (std::int64_t i = 0; i < n; ++i) sum[i] += x[r * stride + i];
}

// Sums over blocks of two by two by `n_images`, of all rows of an image; the number of rows and
// pixels is that of the blocks.
SECO_SIMD_CLONES
void add_blocks_of_two(const float* x, std::int64_t n_images, std::int64_t image_stride,
                       std::int64_t rows, std::int64_t pixels, float* sum) {
  for (std::int64_t j = 0; j < rows; ++j)
    for (std::int64_t z = 0; z < n_images; ++z) {
      const float* a = x + z * image_stride + 4 * j * pixels;
      const float* b = a + 2 * pixels;
      for (std::int64_t i = 0; i < pixels; ++i)
        sum[j * pixels + i] += (a[2 * i] + a[2 * i + 1]) + (b[2 * i] + b[2 * i + 1]);
    }
}

float factor_of(const InputChannels& part, std::int64_t rve) {
  return part.factor.defined() ? part.factor[rve].item<float>() : 1.f;
}

// Calls work(first number of a channel, its factor, number of the channel) for every channel.
template <typename Work>
void for_channels(const std::vector<InputChannels>& parts, std::int64_t rve, const Work& work) {
  std::vector<const float*> data;
  std::vector<float> factors;
  for (const auto& part : parts) {
    const auto channels = part.values.size(1), voxels = part.values.stride(1);
    for (std::int64_t c = 0; c < channels; ++c) {
      data.push_back(part.values.data_ptr<float>() + (rve * channels + c) * voxels);
      factors.push_back(factor_of(part, rve));
    }
  }
  at::parallel_for(0, static_cast<std::int64_t>(data.size()), 1,
                   [&](std::int64_t begin, std::int64_t end) {
                     for (auto c = begin; c < end; ++c) work(data[c], factors[c], c);
                   });
}

template <typename Number>
void block_means(const std::vector<InputChannels>& parts, std::int64_t rve, std::int64_t factor,
                 Number* out) {
  const auto sizes = parts.front().values.sizes();
  const auto [images, rows, pixels] = image_shape_of(sizes);
  const auto blocks = [&](std::int64_t n) { return (n + factor - 1) / factor; };
  const std::int64_t depth = sizes.size() == 5 ? factor : 1;
  const std::int64_t out_images = (images + depth - 1) / depth, out_rows = blocks(rows),
                     out_pixels = blocks(pixels), whole = pixels / factor;
  const bool fast = factor == 2 && rows % 2 == 0 && pixels % 2 == 0;
  for_channels(
      parts, rve,
      [&, images = images, rows = rows, pixels = pixels](const float* x, float scale,
                                                         std::int64_t channel) {
        std::vector<float> sum, row(out_pixels);
        Number* to = out + channel * out_images * out_rows * out_pixels;
        for (std::int64_t k = 0; k < out_images; ++k) {
          const auto n_images = std::min(depth, images - depth * k);
          const float* first = x + depth * k * rows * pixels;
          if (fast) {
            const auto n = out_rows * out_pixels;
            sum.assign(n, 0.f);
            add_blocks_of_two(first, n_images, rows * pixels, out_rows, out_pixels, sum.data());
            scaled_row(sum.data(), n, 0.25f * scale / static_cast<float>(n_images), to);
            to += n;
            continue;
          }
          for (std::int64_t j = 0; j < out_rows; ++j, to += out_pixels) {
            const auto n_rows = std::min(factor, rows - factor * j);
            sum.assign(pixels, 0.f);
            for (std::int64_t z = 0; z < n_images; ++z)
              add_rows(first + (z * rows + factor * j) * pixels, n_rows, pixels, pixels,
                       sum.data());
            for (std::int64_t i = 0; i < out_pixels; ++i) {
              const auto begin = sum.begin() + i * factor,
                         end = i < whole ? begin + factor : sum.end();
              row[i] = std::accumulate(begin, end, 0.f) / static_cast<float>(end - begin);
            }
            scaled_row(row.data(), out_pixels, scale / static_cast<float>(n_images * n_rows), to);
          }
        }
      });
}

}  // namespace

std::int64_t n_channels(const std::vector<InputChannels>& parts) {
  std::int64_t n = 0;
  for (const auto& part : parts) n += part.values.size(1);
  return n;
}

torch::Tensor concatenated(const std::vector<InputChannels>& parts) {
  std::vector<torch::Tensor> scaled;
  for (const auto& part : parts) {
    std::vector<std::int64_t> shape(part.values.dim(), 1);
    shape[0] = part.values.size(0);
    scaled.push_back(part.factor.defined()
                         ? part.values * part.factor.to(part.values.options()).reshape(shape)
                         : part.values);
  }
  return scaled.size() == 1 ? scaled.front() : torch::cat(scaled, 1);
}

torch::Tensor per_channel(const torch::Tensor& factor, const torch::Tensor& field) {
  std::vector<std::int64_t> shape(field.dim(), 1);
  shape[0] = field.size(0);
  shape[1] = field.size(1);
  return factor.to(field.options()).reshape(shape);
}

torch::Tensor block_means(const std::vector<InputChannels>& parts, std::int64_t rve,
                          std::int64_t factor, torch::Dtype type) {
  std::int64_t n = 1;
  for (const auto size : parts.front().values.sizes().slice(2)) n *= (size + factor - 1) / factor;
  auto means = torch::empty({n_channels(parts), n}, type);
  if (type == torch::kBFloat16)
    block_means(parts, rve, factor, means.data_ptr<BFloat16>());
  else
    block_means(parts, rve, factor, means.data_ptr<float>());
  return means;
}

void gather_voxels(const std::vector<InputChannels>& parts, std::int64_t rve, std::int64_t first,
                   const torch::Tensor& destination) {
  const auto count = destination.size(1);
  for_channels(parts, rve, [&](const float* x, float scale, std::int64_t channel) {
    if (destination.scalar_type() == torch::kBFloat16)
      scaled_row(x + first, count, scale, destination.data_ptr<BFloat16>() + channel * count);
    else
      scaled_row(x + first, count, scale, destination.data_ptr<float>() + channel * count);
  });
}

}  // namespace seco::surrogate
