#include "communicator.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>
#include <cstdlib>
#include <limits>

using namespace seco::surrogate;

// Runs with one rank and, through mpirun, with several (SECO_TEST_RANKS says how many).

TEST(Communicator, WorldHasTheRanksOfTheLauncher) {
  const char* asked = std::getenv("SECO_TEST_RANKS");
  const auto world = Communicator::world();
  EXPECT_EQ(world.size(), asked ? std::atoi(asked) : 1);
  EXPECT_GE(world.rank(), 0);
  EXPECT_LT(world.rank(), world.size());
  // All ranks differ.
  EXPECT_EQ(world.sum(world.rank()), world.size() * (world.size() - 1) / 2.);
  const auto again = Communicator::world();
  EXPECT_EQ(again.rank(), world.rank());
  world.barrier();
}

TEST(Communicator, DefaultIsThisProcessAlone) {
  const Communicator alone;
  EXPECT_EQ(alone.size(), 1);
  EXPECT_EQ(alone.sum(0.1), 0.1);
  std::vector<torch::Tensor> tensors{torch::arange(5.)};
  alone.all_reduce_sum(tensors);
  alone.broadcast(tensors);
  EXPECT_TRUE(torch::equal(tensors[0], torch::arange(5.)));
}

TEST(Communicator, SumsTensorsOfAnyShapeAndPrecision) {
  const auto world = Communicator::world();
  const double total = world.size() * (world.size() + 1) / 2.;
  for (const auto second : {torch::kFloat, torch::kDouble}) {
    auto a = torch::arange(6, torch::kFloat).view({2, 3});
    auto b = torch::ones({7, 3}, second).t();  // not contiguous
    auto c = torch::ones({}, second), d = torch::empty({0, 2}, second);
    std::vector<torch::Tensor> tensors;
    for (auto& t : {a, b, c, d}) tensors.push_back(t * (world.rank() + 1));
    world.all_reduce_sum(tensors);
    EXPECT_TRUE(torch::equal(tensors[0], a * total));
    EXPECT_TRUE(torch::equal(tensors[1], b * total));
    EXPECT_TRUE(torch::equal(tensors[2], c * total));
    EXPECT_EQ(tensors[1].scalar_type(), second);
    EXPECT_EQ(tensors[3].sizes().vec(), d.sizes().vec());
  }
}

TEST(Communicator, SumsAreTheSameBitsOnAllRanksAndInEveryRun) {
  const auto world = Communicator::world();
  torch::manual_seed(100 + world.rank());
  const auto mine = torch::randn({1001}) * torch::pow(10., 8. * torch::rand({1001}));
  std::vector<torch::Tensor> first{mine.clone()}, second{mine.clone()};
  world.all_reduce_sum(first);
  world.all_reduce_sum(second);
  EXPECT_TRUE(torch::equal(first[0], second[0]));
  std::vector<torch::Tensor> root{first[0].clone()};
  world.broadcast(root);
  EXPECT_TRUE(torch::equal(root[0], first[0]));

  const double value = world.sum(mine[0].item<double>());
  std::vector<torch::Tensor> root_value{torch::tensor(value, torch::kDouble)};
  world.broadcast(root_value);
  EXPECT_EQ(root_value[0].item<double>(), value);
}

TEST(Communicator, GradientOfTheWholeBatchIsTheSumOverItsShares) {
  const auto world = Communicator::world();
  torch::manual_seed(3);
  torch::nn::Linear layer(5, 4);
  layer->to(torch::kDouble);
  const int n = 6 * world.size();
  const auto x = torch::randn({n, 5}, torch::kDouble), y = torch::randn({n, 4}, torch::kDouble);
  const auto gradients = [&](int first, int count) {
    layer->zero_grad();
    const auto error =
        torch::tanh(layer->forward(x.narrow(0, first, count))) - y.narrow(0, first, count);
    (error.square().sum() / n).backward();
    std::vector<torch::Tensor> result;
    for (const auto& p : layer->parameters()) result.push_back(p.grad().clone());
    return result;
  };
  const auto whole = gradients(0, n);
  auto shares = gradients(6 * world.rank(), 6);
  world.all_reduce_sum(shares);
  for (std::size_t i = 0; i < whole.size(); ++i)
    EXPECT_LT((whole[i] - shares[i]).abs().max().item<double>(), 1e-14);
}

TEST(Communicator, BroadcastTakesParametersAndCountersFromRankZero) {
  const auto world = Communicator::world();
  torch::manual_seed(world.rank());
  torch::nn::Linear layer(3, 2);
  auto tensors = layer->parameters();
  tensors.push_back(torch::tensor({std::int64_t{1} << 40}) + world.rank());
  tensors.push_back(torch::tensor(world.rank() == 0));
  world.broadcast(tensors);
  torch::manual_seed(0);
  const torch::nn::Linear expected(3, 2);
  EXPECT_TRUE(torch::equal(layer->weight, expected->weight));
  EXPECT_TRUE(torch::equal(layer->bias, expected->bias));
  EXPECT_EQ(tensors[2].item<std::int64_t>(), std::int64_t{1} << 40);
  EXPECT_TRUE(tensors[3].item<bool>());
}

TEST(Communicator, OneRankIsEnoughForAny) {
  const auto world = Communicator::world();
  EXPECT_FALSE(world.any(false));
  EXPECT_TRUE(world.any(true));
  EXPECT_TRUE(world.any(world.rank() == world.size() - 1));
}

TEST(Communicator, NotANumberReachesAllRanks) {
  const auto world = Communicator::world();
  std::vector<torch::Tensor> tensors{torch::ones({3})};
  if (world.rank() == 0) tensors[0][1] = std::numeric_limits<float>::quiet_NaN();
  world.all_reduce_sum(tensors);
  EXPECT_TRUE(std::isnan(tensors[0][1].item<float>()));
  EXPECT_EQ(tensors[0][2].item<float>(), world.size());
}

TEST(Communicator, RefusesWhatItCannotAdd) {
  const auto world = Communicator::world();
  std::vector<torch::Tensor> counters{torch::tensor({1, 2})}, undefined{torch::Tensor()};
  EXPECT_THROW(world.all_reduce_sum(counters), std::invalid_argument);
  EXPECT_THROW(world.all_reduce_sum(undefined), std::invalid_argument);
}
