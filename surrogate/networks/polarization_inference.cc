#include "polarization_inference.h"

#include <ATen/Parallel.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "seco/simd/vectors.h"

namespace seco::surrogate {
namespace {

using Vector = simd::Vector<float>;
constexpr int lanes = simd::lanes<float>;
/// Channels of the neighbourhood and gating features, in full vectors.
constexpr int local_width = 32, feature_width = 16;

Vector load(const float* from) {
  Vector v;
  std::memcpy(&v, from, sizeof(v));
  return v;
}

void store(float* to, Vector v) {
  std::memcpy(to, &v, sizeof(v));
}

/// `x (1 + erf(x / sqrt 2)) / 2`, with erf to 1.5e-7 (Abramowitz and Stegun 1964, 7.1.26).
inline float gelu(float x) {
  const float z = std::fabs(x) * 0.70710678f, t = 1.f / (1.f + 0.3275911f * z);
  // exp(-z^2) as 2^y: the integer part in the exponent, the rest a polynomial.
  const float y = std::max(-z * z * 1.44269504f, -126.f);
  const float whole = std::floor(y), part = y - whole;
  const std::int32_t bits = (static_cast<std::int32_t>(whole) + 127) << 23;
  float power;
  std::memcpy(&power, &bits, sizeof(power));
  const float rest =
      1.f + part * (0.69314718f +
                    part * (0.24022651f +
                            part * (0.05550411f + part * (0.00961813f + part * 0.00133336f))));
  const float tail =
      t *
      (0.254829592f +
       t * (-0.284496736f + t * (1.421413741f + t * (-1.453152027f + t * 1.061405429f)))) *
      power * rest;
  const float erf = 1.f - tail;
  return 0.5f * x * (1.f + (x < 0 ? -erf : erf));
}

SECO_SIMD_CLONES void gelu_all(float* __restrict__ x, std::int64_t n) {
  for (std::int64_t k = 0; k < n; ++k) x[k] = gelu(x[k]);
}

/// One RVE. In 2D the first axis has length 1, so that the last is contiguous in both.
struct Image {
  int dimension = 3;
  std::int64_t n[3] = {1, 1, 1}, tokens[3] = {1, 1, 1};
  std::int64_t edge = 4;
  const std::int64_t* phase = nullptr;
  std::int64_t n_phases = 0;
  /// Of every phase: `[taps, local_width]`, what it adds to the channels of its neighbours.
  const float* table = nullptr;
  const float *local_bias = nullptr, *features = nullptr, *features_bias = nullptr;
  const bool* gated = nullptr;
  std::int64_t n_local = 0;

  int taps() const { return dimension == 3 ? 27 : 9; }
  int blocks() const { return 1 << dimension; }
  std::int64_t n_voxels() const { return n[0] * n[1] * n[2]; }
};

/// Where voxel x along an axis counts: block within the token, token; more than once where the last
/// token reaches over the boundary.
std::vector<std::vector<std::pair<std::int64_t, std::int64_t>>> places(std::int64_t n,
                                                                       std::int64_t tokens,
                                                                       std::int64_t edge) {
  std::vector<std::vector<std::pair<std::int64_t, std::int64_t>>> result(
      static_cast<std::size_t>(n));
  for (std::int64_t x = 0; x < tokens * edge; ++x)
    result[static_cast<std::size_t>(x % n)].emplace_back(x % edge / (edge / 2), x / edge);
  return result;
}

/// gelu of the channels of a voxel from those of its neighbours, and its features.
inline void channels_of(const Image& image, const std::int64_t* rows, const std::int64_t* columns,
                        float* __restrict__ local) {
  Vector a = load(image.local_bias), b = load(image.local_bias + lanes);
  const int n_rows = image.dimension == 3 ? 9 : 3;
  int tap = 0;
  for (int r = 0; r < n_rows; ++r)
    for (int c = 0; c < 3; ++c, ++tap) {
      const auto phase = image.phase[rows[r] + columns[c]];
      const float* entry = image.table + (phase * image.taps() + tap) * local_width;
      a += load(entry);
      b += load(entry + lanes);
    }
  store(local, a);
  store(local + lanes, b);
  for (int k = 0; k < local_width; ++k) local[k] = gelu(local[k]);
}

inline void features_of(const Image& image, const float* local, float* features) {
  Vector sum = load(image.features_bias);
  for (std::int64_t c = 0; c < image.n_local; ++c)
    sum += local[c] * load(image.features + c * feature_width);
  store(features, sum);
}

/// Averages over the blocks of all tokens, `[tokens, blocks, n_local]`, and the features of the
/// gated voxels in their order, `[gated, feature_width]`. @param place of the three axes
SECO_SIMD_CLONES void look_around(
    const Image& image,
    const std::vector<std::vector<std::pair<std::int64_t, std::int64_t>>>* place,
    const float* uniform_local, const float* uniform_features, float* __restrict__ averages,
    float* features) {
  const auto* n = image.n;
  const bool solid = image.dimension == 3;
  const float share = 1.f / static_cast<float>(std::pow(image.edge / 2, image.dimension));
  alignas(64) float local[local_width];
  for (std::int64_t i = 0; i < n[0]; ++i)
    for (std::int64_t j = 0; j < n[1]; ++j) {
      std::int64_t rows[9];
      int count = 0;
      for (std::int64_t a = solid ? -1 : 0; a <= (solid ? 1 : 0); ++a)
        for (std::int64_t b = -1; b <= 1; ++b)
          rows[count++] = ((i + a + n[0]) % n[0] * n[1] + (j + b + n[1]) % n[1]) * n[2];
      const auto here = (i * n[1] + j) * n[2];
      for (std::int64_t k = 0; k < n[2]; ++k) {
        const std::int64_t columns[3] = {k > 0 ? k - 1 : n[2] - 1, k, k + 1 < n[2] ? k + 1 : 0};
        const auto phase = image.phase[here + k];
        std::int64_t other = 0;
        for (int r = 0; r < count; ++r)
          for (const auto column : columns) other |= image.phase[rows[r] + column] ^ phase;
        const float* values = local;
        if (other == 0)
          values = uniform_local + phase * local_width;
        else
          channels_of(image, rows, columns, local);
        for (const auto& [block_i, token_i] : place[0][static_cast<std::size_t>(i)])
          for (const auto& [block_j, token_j] : place[1][static_cast<std::size_t>(j)])
            for (const auto& [block_k, token_k] : place[2][static_cast<std::size_t>(k)]) {
              const auto token = (token_i * image.tokens[1] + token_j) * image.tokens[2] + token_k;
              const auto block = (block_i * 2 + block_j) * 2 + block_k;
              float* sum = averages + (token * image.blocks() + block) * image.n_local;
              for (std::int64_t c = 0; c < image.n_local; ++c) sum[c] += share * values[c];
            }
        if (!image.gated[phase]) continue;
        if (other == 0)
          store(features, load(uniform_features + phase * feature_width));
        else
          features_of(image, local, features);
        features += feature_width;
      }
    }
}

/// The channels and features of voxels all of whose neighbours are of one phase.
SECO_SIMD_CLONES void look_at_uniform(const Image& image, float* local, float* features) {
  for (std::int64_t p = 0; p < image.n_phases;
       ++p, local += local_width, features += feature_width) {
    Vector a = load(image.local_bias), b = load(image.local_bias + lanes);
    for (int tap = 0; tap < image.taps(); ++tap) {
      const float* entry = image.table + (p * image.taps() + tap) * local_width;
      a += load(entry);
      b += load(entry + lanes);
    }
    store(local, a);
    store(local + lanes, b);
    for (int k = 0; k < local_width; ++k) local[k] = gelu(local[k]);
    features_of(image, local, features);
  }
}

/// tau of the gated voxels, zero elsewhere. Outputs of the coefficients are g of every component
/// and, last, of every load, padded. @param matrices `[P, m, m]` @param tau `[L, m, n...]`
template <int m, int loads>
inline void polarize(const Image& image, int n_features, const float* coefficients,
                     const float* features, const float* matrices, float* row, float* tau) {
  constexpr int width = (m * loads + lanes - 1) / lanes * lanes;
  const auto n = image.n[2], n_voxels = image.n_voxels();
  for (std::int64_t i = 0; i < image.n[0]; ++i)
    for (std::int64_t j = 0; j < image.n[1]; ++j) {
      const auto here = (i * image.n[1] + j) * n;
      std::memset(row, 0, sizeof(float) * static_cast<std::size_t>(m * m * n));
      for (std::int64_t k = 0; k < n; ++k) {
        const auto phase = image.phase[here + k];
        if (!image.gated[phase]) continue;
        const auto token = ((i / image.edge) * image.tokens[1] + j / image.edge) * image.tokens[2] +
                           k / image.edge;
        const float* c = coefficients + token * n_features * width;
        Vector g[width / lanes] = {};
        for (int q = 0; q < n_features; ++q)
          for (int w = 0; w < width / lanes; ++w)
            g[w] += features[q] * load(c + q * width + w * lanes);
        features += feature_width;
        alignas(64) float strain[width];
        for (int w = 0; w < width / lanes; ++w) store(strain + w * lanes, g[w]);
        for (int load_case = 0; load_case < m; ++load_case)
          strain[load_case * loads + load_case] += 1.f;
        const float* matrix = matrices + phase * m * m;
        for (int component = 0; component < m; ++component) {
          float sum[loads] = {};
          for (int x = 0; x < m; ++x)
            for (int l = 0; l < loads; ++l)
              sum[l] += matrix[component * m + x] * strain[x * loads + l];
          for (int l = 0; l < m; ++l) row[(l * m + component) * n + k] = sum[l];
        }
      }
      for (int field = 0; field < m * m; ++field)
        std::memcpy(tau + field * n_voxels + here, row + field * n,
                    sizeof(float) * static_cast<std::size_t>(n));
    }
}

constexpr int padded_loads(int dimension) {
  return dimension == 3 ? 8 : 4;
}

SECO_SIMD_CLONES void polarize_2d(const Image& image, int n_features, const float* coefficients,
                                  const float* features, const float* matrices, float* row,
                                  float* tau) {
  polarize<3, padded_loads(2)>(image, n_features, coefficients, features, matrices, row, tau);
}

SECO_SIMD_CLONES void polarize_3d(const Image& image, int n_features, const float* coefficients,
                                  const float* features, const float* matrices, float* row,
                                  float* tau) {
  polarize<6, padded_loads(3)>(image, n_features, coefficients, features, matrices, row, tau);
}

/// Depthwise convolution of width 3 of periodic tokens, and normalisation over the channels.
SECO_SIMD_CLONES void spread(const float* __restrict__ x, const float* __restrict__ weight,
                             const float* __restrict__ bias, const float* __restrict__ scale,
                             const std::int64_t* n, bool solid, std::int64_t width,
                             float* __restrict__ y) {
  for (std::int64_t i = 0; i < n[0]; ++i)
    for (std::int64_t j = 0; j < n[1]; ++j)
      for (std::int64_t k = 0; k < n[2]; ++k, y += width) {
        for (std::int64_t c = 0; c < width; ++c) y[c] = bias[c];
        const float* w = weight;
        for (std::int64_t a = solid ? -1 : 0; a <= (solid ? 1 : 0); ++a)
          for (std::int64_t b = -1; b <= 1; ++b)
            for (std::int64_t e = -1; e <= 1; ++e, w += width) {
              const float* from =
                  x + (((i + a + n[0]) % n[0] * n[1] + (j + b + n[1]) % n[1]) * n[2] +
                       (k + e + n[2]) % n[2]) *
                          width;
              for (std::int64_t c = 0; c < width; ++c) y[c] += w[c] * from[c];
            }
        float mean = 0, variance = 0;
        for (std::int64_t c = 0; c < width; ++c) mean += y[c];
        mean /= static_cast<float>(width);
        for (std::int64_t c = 0; c < width; ++c) variance += (y[c] - mean) * (y[c] - mean);
        const float factor = 1.f / std::sqrt(variance / static_cast<float>(width) + 1e-6f);
        for (std::int64_t c = 0; c < width; ++c) y[c] = (y[c] - mean) * factor * scale[c];
      }
}

/// `[out, in / groups, taps...]` to `[taps, in / groups, out]`.
torch::Tensor taps_first(const torch::Tensor& weight) {
  return weight.flatten(2).permute({2, 1, 0}).contiguous();
}

torch::Tensor padded_to(const torch::Tensor& x, std::int64_t width) {
  auto shape = x.sizes().vec();
  shape.back() = width;
  auto result = torch::zeros(shape, torch::kFloat);
  result.narrow(-1, 0, x.size(-1)).copy_(x);
  return result;
}

}  // namespace

PolarizationInference::Block PolarizationInference::block(
    const torch::OrderedDict<std::string, torch::Tensor>& parameters,
    const std::string& name) const {
  const auto matrix = [&](const std::string& layer) {
    return parameters[name + layer + "_weight"].flatten(1).t().contiguous().clone();
  };
  return {taps_first(parameters[name + "_space_weight"]).flatten(1),
          parameters[name + "_space_bias"].clone(),
          parameters[name + "_scale"].clone(),
          matrix("_wide"),
          parameters[name + "_wide_bias"].clone(),
          matrix("_narrow"),
          parameters[name + "_narrow_bias"].clone()};
}

PolarizationInference::PolarizationInference(
    const TokenTrunkOptions& options,
    const torch::OrderedDict<std::string, torch::Tensor>& parameters)
    : options_(options) {
  torch::NoGradGuard no_grad;
  TORCH_CHECK(options.n_features <= feature_width && options.token % 2 == 0);
  const auto layer = [&](const std::string& name) {
    return Layer{parameters[name + "_weight"].flatten(1).t().contiguous().clone(),
                 parameters[name + "_bias"].clone()};
  };
  local_ =
      padded_to(taps_first(parameters["local_weight"]), local_width).transpose(0, 1).contiguous();
  local_bias_ = padded_to(parameters["local_bias"], local_width);
  features_ = padded_to(parameters["features_weight"].flatten(1).t(), feature_width);
  features_bias_ = padded_to(parameters["features_bias"], feature_width);
  tokens_ = {taps_first(parameters["tokens_weight"]).flatten(0, 1),
             parameters["tokens_bias"].clone()};
  down_ = layer("down");
  up_ = layer("up");
  for (const auto& [names, blocks] :
       {std::pair("first_", &first_), std::pair("coarse_", &coarse_), std::pair("last_", &last_)})
    for (int i = 0; parameters.contains(fmt::format("{}{}_scale", names, i)); ++i)
      blocks->push_back(block(parameters, fmt::format("{}{}", names, i)));
  // Outputs come as [load, component, feature] and leave as [feature, component, load], padded.
  const std::int64_t m = options.dimension * (options.dimension + 1) / 2, q = options.n_features,
                     loads = padded_loads(options.dimension),
                     width = (m * loads + lanes - 1) / lanes * lanes;
  const auto arranged = [&](const torch::Tensor& x) {  // [out, ...] to [q * width, ...]
    const auto in = x.flatten(1).size(1);
    auto result = torch::zeros({q, width, in}, torch::kFloat);
    const auto ordered = x.reshape({m, m, q, in}).permute({2, 1, 0, 3});  // [q, component, load]
    for (std::int64_t component = 0; component < m; ++component)
      result.narrow(1, component * loads, m).copy_(ordered.select(1, component));
    return result.reshape({q * width, in});
  };
  head_ = {arranged(parameters["head_weight"]).t().contiguous(),
           arranged(parameters["head_bias"].unsqueeze(1)).flatten().contiguous()};
}

torch::Tensor PolarizationInference::applied(const Block& block, const torch::Tensor& x,
                                             std::int64_t batch, const Shape& shape) const {
  auto y = torch::empty_like(x);
  const auto tokens = shape[0] * shape[1] * shape[2], width = x.size(1);
  at::parallel_for(0, batch, 1, [&](std::int64_t begin, std::int64_t end) {
    for (auto b = begin; b < end; ++b)
      spread(x.data_ptr<float>() + b * tokens * width, block.space.data_ptr<float>(),
             block.space_bias.data_ptr<float>(), block.scale.data_ptr<float>(), shape.data(),
             options_.dimension == 3, width, y.data_ptr<float>() + b * tokens * width);
  });
  auto wide = torch::addmm(block.wide_bias, y, block.wide);
  const auto size = wide.numel();
  at::parallel_for(0, size, 1 << 14, [&](std::int64_t begin, std::int64_t end) {
    gelu_all(wide.data_ptr<float>() + begin, end - begin);
  });
  return torch::addmm(x + block.narrow_bias, wide, block.narrow);
}

torch::Tensor PolarizationInference::coefficients(const torch::Tensor& averages, std::int64_t batch,
                                                  const Shape& tokens) const {
  auto x = torch::addmm(tokens_.bias, averages, tokens_.weight);
  for (const auto& b : first_) x = applied(b, x, batch, tokens);
  // Means of two tokens along each axis, where there are two.
  Shape halved = tokens;
  const int d = options_.dimension;
  for (int a = 3 - d; a < 3; ++a) halved[a] = (tokens[a] + 1) / 2;
  const auto width = x.size(1);
  std::vector<std::int64_t> full{batch, tokens[0], tokens[1], tokens[2], width};
  auto means = x.reshape(full);
  for (int a = 3 - d; a < 3; ++a) {
    const auto n = means.size(a + 1), pairs = n / 2;
    auto sizes = means.sizes().vec();
    sizes[a + 1] = pairs;
    sizes.insert(sizes.begin() + a + 2, 2);
    auto half = means.narrow(a + 1, 0, 2 * pairs).reshape(sizes).mean(a + 2);
    means = n % 2 == 0 ? half : torch::cat({half, means.narrow(a + 1, n - 1, 1)}, a + 1);
  }
  auto coarse = torch::addmm(down_.bias, means.reshape({-1, width}), down_.weight);
  for (const auto& b : coarse_) coarse = applied(b, coarse, batch, halved);
  coarse = torch::addmm(up_.bias, coarse, up_.weight)
               .reshape({batch, halved[0], halved[1], halved[2], width});
  for (int a = 3 - d; a < 3; ++a)
    coarse = coarse.repeat_interleave(2, a + 1).narrow(a + 1, 0, tokens[a]);
  x = x + coarse.reshape(x.sizes());
  for (const auto& b : last_) x = applied(b, x, batch, tokens);
  return torch::addmm(head_.bias, x, head_.weight);
}

torch::Tensor PolarizationInference::operator()(const StiffnessField& stiffness,
                                                const Gating& gating,
                                                const torch::Tensor& channels) const {
  torch::NoGradGuard no_grad;
  const Grid& grid = stiffness.grid();
  const int d = options_.dimension;
  const auto batch = stiffness.batch_size(), m = static_cast<std::int64_t>(grid.n_components());
  const auto n_phases = channels.size(1), n_local = features_.size(0);
  Image image;
  image.dimension = d;
  image.edge = options_.token;
  Shape tokens{1, 1, 1};
  for (int a = 0; a < d; ++a) {
    image.n[3 - d + a] = grid.shape[a];
    tokens[3 - d + a] = image.tokens[3 - d + a] = (grid.shape[a] + image.edge - 1) / image.edge;
  }
  image.n_phases = n_phases;
  image.n_local = n_local;
  image.local_bias = local_bias_.data_ptr<float>();
  image.features = features_.data_ptr<float>();
  image.features_bias = features_bias_.data_ptr<float>();
  const auto n_tokens = tokens[0] * tokens[1] * tokens[2];

  // [B, P, taps, local_width]
  const auto table =
      torch::matmul(channels.reshape({batch * n_phases, -1}), local_.flatten(1)).contiguous();
  const auto matrices = gating.matrices.to(torch::kFloat).contiguous();
  const auto gates = (matrices.flatten(2).abs().amax(2) > 0).contiguous();
  const auto phase = stiffness.phase().contiguous();
  auto averages = torch::zeros({batch * n_tokens, image.blocks() * n_local}, torch::kFloat);
  std::vector<torch::Tensor> features(static_cast<std::size_t>(batch));
  const auto image_of = [&](std::int64_t b) {
    Image own = image;
    own.phase = phase.data_ptr<std::int64_t>() + b * image.n_voxels();
    own.table = table.data_ptr<float>() + b * n_phases * image.taps() * local_width;
    own.gated = gates.data_ptr<bool>() + b * n_phases;
    return own;
  };
  std::vector<std::vector<std::pair<std::int64_t, std::int64_t>>> place[3];
  for (int a = 0; a < 3; ++a) {
    place[a] = places(image.n[a], tokens[a], image.edge);
    // The axis that a plane lacks has one block, and counts once.
    if (a < 3 - d) place[a] = {std::vector<std::pair<std::int64_t, std::int64_t>>{{0, 0}}};
  }
  at::parallel_for(0, batch, 1, [&](std::int64_t begin, std::int64_t end) {
    for (auto b = begin; b < end; ++b) {
      const auto own = image_of(b);
      std::vector<float> uniform_local(n_phases * local_width),
          uniform_features(n_phases * feature_width);
      look_at_uniform(own, uniform_local.data(), uniform_features.data());
      std::int64_t count = 0;
      for (std::int64_t v = 0; v < image.n_voxels(); ++v) count += own.gated[own.phase[v]] ? 1 : 0;
      auto& kept = features[static_cast<std::size_t>(b)];
      kept = torch::empty({count, feature_width}, torch::kFloat);
      look_around(own, place, uniform_local.data(), uniform_features.data(),
                  averages.data_ptr<float>() + b * n_tokens * averages.size(1),
                  kept.data_ptr<float>());
    }
  });
  const auto coefficient = coefficients(averages, batch, tokens);

  std::vector<std::int64_t> shape{batch, m, m};
  shape.insert(shape.end(), grid.shape.begin(), grid.shape.end());
  auto tau = torch::empty(shape, torch::kFloat);
  at::parallel_for(0, batch, 1, [&](std::int64_t begin, std::int64_t end) {
    std::vector<float> row(static_cast<std::size_t>(m * m * image.n[2]));
    for (auto b = begin; b < end; ++b)
      (d == 3 ? polarize_3d : polarize_2d)(
          image_of(b), static_cast<int>(options_.n_features),
          coefficient.data_ptr<float>() + b * n_tokens * coefficient.size(1),
          features[static_cast<std::size_t>(b)].data_ptr<float>(),
          matrices.data_ptr<float>() + b * n_phases * m * m, row.data(),
          tau.data_ptr<float>() + b * m * m * image.n_voxels());
  });
  return tau;
}

}  // namespace seco::surrogate
