#include <fmt/format.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "microstructures.h"
#include "seco/surrogate/engine.h"
#include "support/message_of.h"
#include "unet.h"

using namespace seco;
using namespace seco::surrogate;
using test::loewner_margin;
using test::make_rve;

namespace {

UNetOptions options_of(int dimension, int levels, int coarsening, std::int64_t in) {
  UNetOptions options;
  options.dimension = dimension;
  options.levels = levels;
  options.coarsening = coarsening;
  options.in_channels = in;
  options.out_channels = 9;
  options.width = levels == 2 ? 16 : 5;
  options.head_gain = 1.;
  return options;
}

/// With biases that are not zero.
UNet random_unet(const UNetOptions& options) {
  torch::manual_seed(3);
  UNet unet(options);
  torch::NoGradGuard no_grad;
  for (auto& p : unet->parameters()) p.add_(0.05 * torch::randn(p.sizes()));
  return unet;
}

torch::Tensor random_input(const UNetOptions& options, std::int64_t batch,
                           const std::vector<std::int64_t>& grid) {
  std::vector<std::int64_t> shape{batch, options.in_channels};
  shape.insert(shape.end(), grid.begin(), grid.end());
  return torch::randn(shape);
}

/// Without gradients, on a CPU: the fast form.
torch::Tensor inferred(UNet& unet, const std::vector<InputChannels>& input,
                       torch::Dtype type = torch::kFloat, const torch::Tensor& factor = {}) {
  torch::NoGradGuard no_grad;
  return unet->forward(input, type, factor);
}

double relative_error(const torch::Tensor& a, const torch::Tensor& exact) {
  return ((a - exact).norm() / exact.norm()).item<double>();
}

}  // namespace

TEST(UNetInference, EqualsTheDifferentiableFormOnAnyGrid) {
  for (const int d : {2, 3})
    for (const int levels : {1, 2, 3})
      for (const int coarsening : {1, 2, 3})
        for (const bool even : {true, false}) {
          SCOPED_TRACE(fmt::format("{}D, {} levels, coarsening {}, {}", d, levels, coarsening,
                                   even ? "even" : "odd"));
          const auto options = options_of(d, levels, coarsening, levels == 3 ? 40 : 7);
          auto unet = random_unet(options);
          const auto x = random_input(options, 3,
                                      even ? std::vector<std::int64_t>(d, 12)
                                           : (d == 2 ? std::vector<std::int64_t>{13, 10}
                                                     : std::vector<std::int64_t>{7, 9, 10}));
          const auto factor = torch::rand({3}) + 0.5, output_factor = torch::rand({3, 9}) + 0.5;
          const std::vector<InputChannels> parts{{x.narrow(1, 0, 3), {}},
                                                 {x.narrow(1, 3, options.in_channels - 3), factor}};
          const auto exact = unet->forward(parts, torch::kFloat, output_factor);
          ASSERT_TRUE(exact.requires_grad());
          EXPECT_LT(relative_error(inferred(unet, parts, torch::kFloat, output_factor), exact),
                    2e-5);
          // Eight bits of mantissa.
          EXPECT_LT(relative_error(inferred(unet, parts, torch::kBFloat16, output_factor), exact),
                    0.1);
        }
}

TEST(UNetInference, SeesNoBoundaryOfAPeriodicCell) {
  for (const int d : {2, 3}) {
    const auto options = options_of(d, 3, 1, 7);
    auto unet = random_unet(options);
    const std::vector<std::int64_t> grid(d, 8),
        axes = d == 2 ? std::vector<std::int64_t>{2, 3} : std::vector<std::int64_t>{2, 3, 4};
    const auto x = random_input(options, 1, grid);
    // By whole blocks of the coarsest level.
    const std::vector<std::int64_t> shift(d, 4);
    const auto shifted = inferred(unet, {{x.roll(shift, axes), {}}});
    EXPECT_LT(relative_error(shifted, inferred(unet, {{x, {}}}).roll(shift, axes)), 1e-5);
  }
}

TEST(UNetInference, EveryRveOfABatchIsComputedAsAlone) {
  // More coarse voxels than pass the convolutions at once.
  const auto options = options_of(2, 2, 1, 7);
  auto unet = random_unet(options);
  const auto x = random_input(options, 5, {90, 77});
  const auto factor = torch::rand({5}) + 0.5;
  for (const auto type : {torch::kFloat, torch::kBFloat16}) {
    const auto together = inferred(unet, {{x, factor}}, type);
    for (std::int64_t b = 0; b < 5; ++b)
      EXPECT_LT(relative_error(inferred(unet, {{x.narrow(0, b, 1), factor.narrow(0, b, 1)}}, type),
                               together.narrow(0, b, 1)),
                type == torch::kFloat ? 1e-6 : 1e-2);
  }
}

TEST(UNetInference, FollowsItsWeights) {
  const auto options = options_of(2, 2, 2, 7);
  auto unet = random_unet(options);
  const auto x = random_input(options, 1, {12, 12});
  const auto before = inferred(unet, {{x, {}}});
  {
    torch::NoGradGuard no_grad;
    unet->named_parameters()["down0a_weight"].mul_(2.);
  }
  const auto after = inferred(unet, {{x, {}}});
  EXPECT_GT(relative_error(after, before), 1e-3);
  EXPECT_LT(relative_error(after, unet->forward(x)), 5e-6);
}

TEST(SEcoEngine, BoundsHoldWhateverThePrecisionOfTheNetwork) {
  register_builtin_engines();
  for (const int d : {2, 3}) {
    const std::vector<materials::Rve> rves{
        make_rve("inclusions", std::vector<int>(d, d == 2 ? 32 : 12), 5, 0.02),
        make_rve("polycrystal", std::vector<int>(d, d == 2 ? 32 : 12), 6)};
    EngineSettings settings;
    settings.device = "cpu";
    settings.tolerance = 1e-9;
    const auto exact = make_engine("fft", settings)->homogenize(rves);
    settings.model =
        std::string(SECO_SOURCE) + (d == 2 ? "/models/pores_2d" : "/models/composite_3d");
    std::vector<double> gaps;
    for (const char* precision : {"single", "bfloat16"}) {
      settings.network_precision = precision;
      const auto results = make_engine("s-eco", settings)->homogenize(rves);
      for (std::size_t i = 0; i < rves.size(); ++i) {
        EXPECT_GT(loewner_margin(exact[i].stiffness, results[i].upper), -2e-6) << precision;
        EXPECT_GT(loewner_margin(results[i].lower, exact[i].stiffness), -2e-6) << precision;
        gaps.push_back(results[i].gap);
      }
    }
    // The gap is quadratic in the error of the fields, which the last step corrects besides.
    for (std::size_t i = 0; i < rves.size(); ++i) {
      EXPECT_GT(gaps[i], 0.);
      EXPECT_NEAR(gaps[i + rves.size()], gaps[i], 0.05 * gaps[i] + 1e-6);
    }
  }
}

TEST(SEcoEngine, RefusesAnUnknownPrecisionOfTheNetwork) {
  register_builtin_engines();
  EngineSettings settings;
  settings.device = "cpu";
  settings.model = std::string(SECO_SOURCE) + "/models/pores_2d";
  settings.network_precision = "half";
  EXPECT_NE(test::message_of([&] { make_engine("s-eco", settings); }).find("bfloat16"),
            std::string::npos);
}
