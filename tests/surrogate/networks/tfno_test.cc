#include "tfno.h"
#include "support/message_of.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <sstream>

using namespace seco::surrogate;
using seco::test::message_of;

namespace {

const auto kReal = torch::TensorOptions(torch::kDouble);

TFNOOptions small(int dimension, const std::string& factorization) {
  TFNOOptions options;
  options.dimension = dimension;
  options.in_channels = 3;
  options.out_channels = 2;
  options.width = 6;
  options.layers = 2;
  options.modes = 3;
  options.factorization = factorization;
  return options;
}

/// A network in double precision whose output is not small, and whose biases are not zero.
TFNO network_of(const TFNOOptions& options, int seed = 5) {
  torch::manual_seed(seed);
  TFNO network(options);
  network->to(torch::kDouble);
  const torch::NoGradGuard no_grad;
  for (auto& p : network->named_parameters()) {
    if (p.key() == "head_weight") p.value().mul_(100.);
    if (p.key().find("bias") != std::string::npos) p.value().normal_(0., 0.3);
  }
  return network;
}

/// Random trigonometric polynomials with at most `degree` periods per cell along every axis: the
/// same fields on every grid. `[1, channels, n...]`
torch::Tensor band_limited(std::int64_t channels, const std::vector<std::int64_t>& shape,
                           int degree, int seed = 17) {
  torch::manual_seed(seed);
  const auto d = static_cast<std::int64_t>(shape.size());
  auto field = torch::zeros({}, kReal);
  for (std::int64_t term = 0; term < 8; ++term) {
    const auto k = torch::randint(-degree, degree + 1, {d}, kReal);
    const auto amplitude = torch::randn({channels}, kReal), phase = torch::rand({channels}, kReal);
    auto angle = phase.reshape({channels, 1});
    for (std::int64_t j = 0; j < d; ++j) {
      const auto along = k[j] * torch::arange(shape[j], kReal) / shape[j];
      angle = (angle.unsqueeze(-1) + along).flatten(1);
    }
    angle = angle.reshape({channels, -1});
    field = field + amplitude.unsqueeze(1) * torch::cos(2. * M_PI * angle);
  }
  std::vector<std::int64_t> sizes{1, channels};
  sizes.insert(sizes.end(), shape.begin(), shape.end());
  return field.reshape(sizes);
}

/// Every `step`-th point along all axes.
torch::Tensor every(torch::Tensor x, int step) {
  for (std::int64_t axis = 2; axis < x.dim(); ++axis) x = x.slice(axis, 0, c10::nullopt, step);
  return x;
}

double relative_difference(const torch::Tensor& a, const torch::Tensor& b) {
  return ((a - b).norm() / b.norm()).item<double>();
}

std::int64_t n_parameters(const torch::nn::Module& module) {
  std::int64_t n = 0;
  for (const auto& p : module.parameters()) n += p.numel();
  return n;
}

torch::Tensor convolve(SpectralConvolution& convolution, const torch::Tensor& x, int modes) {
  const TruncatedFourierTransform transform(x.sizes().slice(2).vec(), modes, x.options());
  return convolution->forward(x, transform, torch::zeros_like(x));
}

/// Real pairs of a complex tensor, as the weights are stored.
torch::Tensor pairs(const torch::Tensor& c) {
  return torch::view_as_real(c.to(torch::kComplexDouble));
}

}  // namespace

TEST(TruncatedFourierTransform, HasTheCoefficientsOfTheFourierSeries) {
  torch::manual_seed(1);
  for (const auto& shape :
       std::vector<std::vector<std::int64_t>>{{8, 9}, {7, 4}, {5, 6, 8}, {1, 2, 3}}) {
    std::vector<std::int64_t> sizes{2, 3};
    sizes.insert(sizes.end(), shape.begin(), shape.end());
    const auto x = torch::randn(sizes, kReal);
    std::vector<std::int64_t> axes(shape.size());
    std::iota(axes.begin(), axes.end(), 2);
    auto expected = torch::fft::rfftn(x, c10::nullopt, axes, "forward");
    const TruncatedFourierTransform transform(shape, 3, kReal);
    for (std::size_t j = 0; j < shape.size(); ++j) {
      const auto K = transform.n_frequencies()[j];
      EXPECT_EQ(K, std::min<std::int64_t>(3, (shape[j] + 1) / 2));
      const auto k = torch::arange(j + 1 < shape.size() ? 1 - K : 0, K, torch::kLong);
      expected = expected.index_select(axes[j], torch::remainder(k, shape[j]));
    }
    EXPECT_LT((transform.coefficients(x) - expected).abs().max().item<double>(), 1e-14);
  }
}

TEST(TruncatedFourierTransform, ReturnsBandLimitedFields) {
  for (const auto& shape :
       std::vector<std::vector<std::int64_t>>{{8, 9}, {5, 6}, {5, 6, 8}, {9, 5, 5}}) {
    const auto x = band_limited(3, shape, 2);
    const TruncatedFourierTransform transform(shape, 5, kReal);
    const auto back = transform.add_field(transform.coefficients(x), torch::ones_like(x)) - 1.;
    EXPECT_LT(relative_difference(back, x), 1e-14);
  }
}

TEST(SpectralConvolution, TuckerOfFullRankRepresentsDerivatives) {
  // The factors of full rank are set to the identity: the core is the multiplier itself.
  for (const int d : {2, 3}) {
    auto options = small(d, "Tucker");
    options.rank = 1.;
    const int channels = 2, modes = options.modes;
    SpectralConvolution convolution(channels, channels, options);
    convolution->to(torch::kDouble);
    const torch::NoGradGuard no_grad;
    auto parameters = convolution->named_parameters();
    for (auto& p : parameters)
      if (p.key() != "core") p.value().copy_(pairs(torch::eye(p.value().size(0), kReal)));
    const std::vector<std::int64_t> shape =
        d == 2 ? std::vector<std::int64_t>{11, 8} : std::vector<std::int64_t>{6, 7, 9};
    const auto x = band_limited(channels, shape, modes - 1);
    std::vector<std::int64_t> axes(d);
    std::iota(axes.begin(), axes.end(), 2);
    for (int j = 0; j < d; ++j) {
      // y_0 = dx_1 / ds_j, y_1 = 0.
      const auto& core = parameters["core"];
      std::vector<std::int64_t> along(d, 1);
      along[j] = -1;
      const auto k =
          (j == d - 1 ? torch::arange(modes, kReal) : torch::arange(1 - modes, modes, kReal))
              .reshape(along);
      core.zero_();
      core[1][0].select(-1, 1).copy_((2. * M_PI * k).expand(core[1][0].select(-1, 1).sizes()));
      const auto y = convolve(convolution, x, modes);
      // The derivative by a full FFT, whose frequencies are in its own order.
      const auto n = shape[j];
      const auto all = (j == d - 1 ? torch::fft::rfftfreq(n, 1. / static_cast<double>(n), kReal)
                                   : torch::fft::fftfreq(n, 1. / static_cast<double>(n), kReal))
                           .reshape(along);
      const auto spectrum = torch::fft::rfftn(x.narrow(1, 1, 1), c10::nullopt, axes);
      const auto expected = torch::fft::irfftn(
          spectrum * torch::complex(torch::zeros_like(all), 2. * M_PI * all), shape, axes);
      EXPECT_GT(expected.norm().item<double>(), 1.);
      EXPECT_LT(relative_difference(y.narrow(1, 0, 1), expected), 1e-13);
      EXPECT_LT(y.narrow(1, 1, 1).abs().max().item<double>(), 1e-13);
    }
  }
}

TEST(SpectralConvolution, OneTermOfCPRepresentsAShift) {
  // f(x - s) has the multiplier exp(-2 pi i k . s), a product over the axes.
  auto options = small(3, "CP");
  options.rank = 1e-6;
  SpectralConvolution convolution(1, 1, options);
  convolution->to(torch::kDouble);
  const torch::NoGradGuard no_grad;
  auto parameters = convolution->named_parameters();
  for (const char* name : {"in_factor", "out_factor"})
    parameters[name].copy_(pairs(torch::ones({1, 1}, kReal)));
  const std::vector<std::int64_t> shape{6, 7, 5}, steps{1, 3, 2};
  for (int j = 0; j < 3; ++j) {
    const auto k = j == 2 ? torch::arange(3, kReal) : torch::arange(-2, 3, kReal);
    const auto angle = -2. * M_PI * k * steps[j] / shape[j];
    parameters["mode_factor" + std::to_string(j)].copy_(
        pairs(torch::complex(torch::cos(angle), torch::sin(angle)).unsqueeze(1)));
  }
  const auto x = band_limited(1, shape, 2);
  EXPECT_LT(relative_difference(convolve(convolution, x, 3), torch::roll(x, steps, {2, 3, 4})),
            1e-13);
}

TEST(TFNO, CommutesWithPeriodicShifts) {
  const torch::NoGradGuard no_grad;
  for (const char* factorization : {"Tucker", "CP"})
    for (const auto& shape :
         std::vector<std::vector<std::int64_t>>{{12, 12}, {9, 4}, {3, 16}, {6, 5, 8}, {1, 2, 7}}) {
      const int d = static_cast<int>(shape.size());
      auto network = network_of(small(d, factorization));
      std::vector<std::int64_t> sizes{2, 3}, axes(d), steps{2, 1, 3};
      sizes.insert(sizes.end(), shape.begin(), shape.end());
      std::iota(axes.begin(), axes.end(), 2);
      steps.resize(d);
      const auto x = torch::randn(sizes, kReal);
      const auto y = network->forward(x);
      EXPECT_EQ(y.size(1), 2);
      EXPECT_EQ(y.sizes().slice(2).vec(), shape);
      const auto shifted = network->forward(torch::roll(x, steps, axes));
      EXPECT_LT(relative_difference(shifted, torch::roll(y, steps, axes)), 1e-13);
    }
}

TEST(TFNO, DoesNotDependOnTheRestOfTheBatch) {
  const torch::NoGradGuard no_grad;
  for (const char* factorization : {"Tucker", "CP"}) {
    auto network = network_of(small(3, factorization));
    const auto x = torch::randn({3, 3, 6, 5, 8}, kReal);
    const auto y = network->forward(x);
    for (int i = 0; i < 3; ++i)
      EXPECT_LT(relative_difference(network->forward(x.narrow(0, i, 1)), y.narrow(0, i, 1)), 1e-13);
  }
}

TEST(TFNO, OneLayerGivesTheSameValuesOnEveryGrid) {
  // Without a nonlinear layer before the convolution there is no aliasing, also on grids that have
  // fewer frequencies than the network.
  const torch::NoGradGuard no_grad;
  for (const char* factorization : {"Tucker", "CP"})
    for (const int d : {2, 3})
      for (const int modes : {2, 3, 8}) {
        auto options = small(d, factorization);
        options.layers = 1;
        options.modes = modes;
        auto network = network_of(options);
        for (const std::int64_t n : {5, 6}) {
          const auto coarse = network->forward(band_limited(3, std::vector<std::int64_t>(d, n), 2));
          for (const int refinement : {2, 3}) {
            const std::vector<std::int64_t> fine_shape(d, n * refinement);
            const auto fine = network->forward(band_limited(3, fine_shape, 2));
            EXPECT_LT(relative_difference(every(fine, refinement), coarse), 1e-12);
          }
        }
      }
}

TEST(TFNO, ConvergesFastAsTheGridIsRefined) {
  const torch::NoGradGuard no_grad;
  for (const char* factorization : {"Tucker", "CP"}) {
    auto options = small(2, factorization);
    options.layers = 3;
    auto network = network_of(options);
    const auto on_grid = [&](std::int64_t n) {
      return network->forward(0.3 * band_limited(3, {n, n}, 1));
    };
    const auto finest = on_grid(96);
    const double coarse = relative_difference(on_grid(12), every(finest, 8));
    const double fine = relative_difference(on_grid(24), every(finest, 4));
    EXPECT_LT(fine, 1e-4) << factorization;
    EXPECT_LT(fine, 0.1 * coarse) << factorization;
  }
}

TEST(TFNO, GradientsAgreeWithFiniteDifferences) {
  for (const char* factorization : {"Tucker", "CP"})
    for (const auto& sizes :
         std::vector<std::vector<std::int64_t>>{{2, 3, 7, 6}, {2, 3, 4, 5, 6}}) {
      auto network = network_of(small(static_cast<int>(sizes.size()) - 2, factorization));
      auto x = torch::randn(sizes, kReal).requires_grad_(true);
      const auto weights = torch::randn_like(network->forward(x).detach());
      const auto loss = [&] { return (network->forward(x).square() * weights).sum(); };
      loss().backward();
      auto variables = network->parameters();
      variables.push_back(x);
      for (auto& v : variables) {
        const torch::NoGradGuard no_grad;
        const auto direction = torch::randn_like(v);
        const double exact = (v.grad() * direction).sum().item<double>(), h = 1e-5;
        v.add_(direction, h);
        const double after = loss().item<double>();
        v.add_(direction, -2. * h);
        const double before = loss().item<double>();
        v.add_(direction, h);
        EXPECT_NEAR((after - before) / (2. * h) / exact, 1., 1e-5);
      }
    }
}

TEST(TFNO, StartsNearZeroAndLearns) {
  for (const char* factorization : {"Tucker", "CP"}) {
    torch::manual_seed(2);
    TFNO network(small(2, factorization));
    const auto x = band_limited(3, {16, 16}, 2).to(torch::kFloat);
    // A nonlocal linear map: the derivative of one channel.
    const auto y = torch::roll(x.narrow(1, 0, 2), 1, 2) - torch::roll(x.narrow(1, 0, 2), -1, 2);
    EXPECT_LT(network->forward(x).norm().item<double>(), 0.1 * y.norm().item<double>());
    torch::optim::AdamW optimizer(network->parameters(), torch::optim::AdamWOptions(5e-3));
    double error = 0.;
    for (int step = 0; step < 300; ++step) {
      optimizer.zero_grad();
      const auto loss = (network->forward(x) - y).square().mean() / y.square().mean();
      loss.backward();
      optimizer.step();
      error = loss.item<double>();
    }
    EXPECT_LT(error, 0.02) << factorization;
  }
}

TEST(TFNO, ParametersAreRealAndFallWithTheRank) {
  for (const char* factorization : {"Tucker", "CP"}) {
    std::int64_t last = 0;
    for (const double rank : {0.1, 0.25, 0.5, 1.}) {
      auto options = small(3, factorization);
      options.width = 16;
      options.modes = 4;
      options.rank = rank;
      TFNO network(options);
      for (const auto& p : network->parameters()) EXPECT_TRUE(p.is_floating_point());
      EXPECT_GT(n_parameters(*network), last);
      last = n_parameters(*network);
    }
  }
  // The numbers of the docstring: W has the sizes 16, 16, 7, 7, 4.
  auto options = small(3, "Tucker");
  options.modes = 4;
  options.rank = 0.5;
  const int core = 8 * 8 * 4 * 4 * 2, factors = 16 * 8 + 16 * 8 + 7 * 4 + 7 * 4 + 4 * 2;
  EXPECT_EQ(n_parameters(*SpectralConvolution(16, 16, options)), 2 * (core + factors));
  options.factorization = "CP";
  EXPECT_EQ(n_parameters(*SpectralConvolution(16, 16, options)), 2 * 25 * 50);
}

TEST(TFNO, ArchiveRestoresTheNetwork) {
  const torch::NoGradGuard no_grad;
  auto network = network_of(small(3, "Tucker"), 1), other = network_of(small(3, "Tucker"), 2);
  const auto x = torch::randn({1, 3, 6, 6, 6}, kReal);
  EXPECT_GT(relative_difference(other->forward(x), network->forward(x)), 0.1);
  std::stringstream archive;
  torch::save(network, archive);
  torch::load(other, archive);
  EXPECT_TRUE(torch::equal(other->forward(x), network->forward(x)));
}

TEST(TFNO, RunsInThePrecisionOfItsInput) {
  const torch::NoGradGuard no_grad;
  for (const char* factorization : {"Tucker", "CP"}) {
    auto network = network_of(small(3, factorization));
    const auto x = torch::randn({1, 3, 8, 8, 8}, kReal);
    const auto y = network->forward(x);
    network->to(torch::kFloat);
    EXPECT_LT(relative_difference(network->forward(x.to(torch::kFloat)), y), 1e-5);
    const auto rough = network->forward(x.to(torch::kBFloat16));
    EXPECT_EQ(rough.scalar_type(), torch::kBFloat16);
    EXPECT_LT(relative_difference(rough.to(torch::kDouble), y), 0.05);
  }
}

TEST(TFNO, BadOptionsAreNamed) {
  const auto expect = [](const std::function<void(TFNOOptions&)>& change,
                         const std::vector<std::string>& parts) {
    auto options = small(3, "Tucker");
    change(options);
    const auto message = message_of([&] { TFNO network(options); });
    for (const auto& part : parts) EXPECT_NE(message.find(part), std::string::npos) << message;
  };
  expect([](auto& o) { o.dimension = 4; }, {"dimension", "4", "2 or 3"});
  expect([](auto& o) { o.in_channels = 0; }, {"input channels", "0", "1 to"});
  expect([](auto& o) { o.out_channels = -1; }, {"output channels", "-1", "1 to"});
  expect([](auto& o) { o.width = 5000; }, {"width", "5000", "1 to 1024"});
  expect([](auto& o) { o.layers = 0; }, {"layers", "0", "1 to"});
  expect([](auto& o) { o.modes = 0; }, {"modes", "0", "1 to"});
  expect([](auto& o) { o.rank = 1.5; }, {"rank", "1.5", "at most 1"});
  expect([](auto& o) { o.rank = 0.; }, {"rank", "0", "more than 0"});
  expect([](auto& o) { o.rank = std::nan(""); }, {"rank", "nan", "more than 0"});
  expect([](auto& o) { o.factorization = "TT"; }, {"factorization", "'TT'", "Tucker or CP"});

  auto network = network_of(small(3, "Tucker"));
  EXPECT_NE(message_of([&] {
              network->forward(torch::zeros({1, 3, 4, 4}, kReal));
            }).find("4 axes"),
            std::string::npos);
  EXPECT_NE(message_of([&] {
              network->forward(torch::zeros({1, 2, 4, 4, 4}, kReal));
            }).find("2 channels"),
            std::string::npos);
}
