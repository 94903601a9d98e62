#include "weights_file.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cstring>
#include <fstream>
#include <functional>
#include <iterator>

#include "support/message_of.h"
#include "support/temporary.h"

using namespace seco::surrogate;
using seco::test::message_of;
using seco::test::temporary;

namespace {

std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// A file of this header and data, as another program may write it.
std::string file_of(const std::string& header, const std::string& data,
                    std::uint64_t length = std::uint64_t(-1)) {
  auto path = temporary("made.safetensors");
  if (length == std::uint64_t(-1)) length = header.size();
  std::ofstream out(path, std::ios::binary);
  out.write(reinterpret_cast<const char*>(&length), sizeof length);
  out << header << data;
  return path;
}

void expect_refused(const std::string& path, const std::string& what) {
  const auto message = message_of([&] { read_weights(path); });
  EXPECT_NE(message.find(path), std::string::npos) << message;
  EXPECT_NE(message.find(what), std::string::npos) << what << " in: " << message;
}

WeightsFile some_weights() {
  torch::manual_seed(3);
  return {{{"double", torch::randn({2, 3}, torch::kDouble)},
           {"strided", torch::randn({4, 5}).t()},
           {"half", torch::randn({3}).to(torch::kHalf)},
           {"bfloat", torch::randn({3}).to(torch::kBFloat16)},
           {"empty", torch::empty({0, 4})},
           {"scalar", torch::tensor(std::int64_t{-7})}},
          {{"architecture", "{\"a\": \"\xc3\xa4\"}"}}};
}

}  // namespace

TEST(WeightsFile, GivesBackWhatWasWritten) {
  const auto path = temporary("round_trip.safetensors");
  const auto written = some_weights();
  write_weights(path, written);
  const auto read = read_weights(path);
  EXPECT_EQ(read.metadata, written.metadata);
  ASSERT_EQ(read.tensors.size(), written.tensors.size());
  for (const auto& [name, tensor] : written.tensors) {
    const auto& other = read.tensors.at(name);
    EXPECT_EQ(other.scalar_type(), tensor.scalar_type()) << name;
    EXPECT_TRUE(torch::equal(other, tensor)) << name;
  }
}

TEST(WeightsFile, ReadsWhatOtherProgramsWrite) {
  // The example of the format's description, with a tensor of two by two.
  const float values[] = {1.f, 2.f, 3.f, 4.f};
  std::string data(sizeof values, '\0');
  std::memcpy(data.data(), values, sizeof values);
  const auto path = file_of(R"({"b":{"dtype":"F32","shape":[2],"data_offsets":[8,16]},)"
                            R"("a":{"data_offsets":[0,8],"dtype":"F32","shape":[1,2]}}   )",
                            data);
  const auto read = read_weights(path);
  EXPECT_TRUE(torch::equal(read.tensors.at("a"), torch::tensor({{1.f, 2.f}})));
  EXPECT_TRUE(torch::equal(read.tensors.at("b"), torch::tensor({3.f, 4.f})));
}

TEST(WeightsFile, FaultsAreNamed) {
  expect_refused("/nowhere.safetensors", "no such file");
  const std::string four(4, '\0');
  const auto header = [](const std::string& type, const std::string& shape,
                         const std::string& offsets) {
    return R"({"w":{"dtype":)" + type + R"(,"shape":)" + shape + R"(,"data_offsets":)" + offsets +
           "}}";
  };
  EXPECT_NO_THROW(read_weights(file_of(header("\"F32\"", "[1]", "[0,4]"), four)));
  expect_refused(file_of("{}", "", std::uint64_t{1} << 62), "header");
  expect_refused(file_of("{}", "", 3), "header");
  expect_refused(file_of("[]", ""), "JSON object");
  expect_refused(file_of("{\"w\"", ""), "JSON");
  expect_refused(file_of(R"({"w":3})", ""), "'w'");
  expect_refused(file_of(R"({"__metadata__":{"a":1}})", ""), "__metadata__");
  expect_refused(file_of(header("\"F8\"", "[1]", "[0,4]"), four), "dtype");
  expect_refused(file_of(header("1", "[1]", "[0,4]"), four), "dtype");
  expect_refused(file_of(header("\"F32\"", "[-1]", "[0,4]"), four), "shape");
  expect_refused(file_of(header("\"F32\"", "[1.5]", "[0,4]"), four), "shape");
  expect_refused(file_of(header("\"F32\"", "[2]", "[0,4]"), four), "data_offsets");
  expect_refused(file_of(header("\"F32\"", "[1]", "[4,0]"), four), "data_offsets");
  // A product of 2^64, which is 0 where it overflows.
  expect_refused(file_of(header("\"F32\"", "[4294967296,1073741824]", "[0,0]"), ""),
                 "data_offsets");
  expect_refused(file_of(header("\"F32\"", "[1]", "[4,8]"), four + four), "begins at byte 4");
  expect_refused(file_of(header("\"F32\"", "[1]", "[0,4]"), "abc"), "cut");
  expect_refused(file_of(header("\"F32\"", "[1]", "[0,4]"), four + four), "8 bytes");
  expect_refused(file_of(R"({"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},)"
                         R"("w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})",
                         four),
                 "twice");
}

TEST(WeightsFile, EveryCutIsNoticed) {
  const auto path = temporary("whole.safetensors"), part = temporary("part.safetensors");
  write_weights(path, some_weights());
  const auto bytes = bytes_of(path);
  for (std::size_t n = 0; n < bytes.size(); ++n) {
    std::ofstream(part, std::ios::binary) << bytes.substr(0, n);
    EXPECT_THROW(read_weights(part), std::invalid_argument) << n;
  }
}

TEST(WeightsFile, WeightsOfAnotherModuleAreRefusedAndLeaveItAsItWas) {
  torch::manual_seed(5);
  torch::nn::Linear module(3, 2);
  const auto before = module->weight.clone();
  const auto refused = [&](const std::function<void(std::map<std::string, torch::Tensor>&)>& change,
                           const std::string& what) {
    std::map<std::string, torch::Tensor> weights{{"weight", torch::ones({2, 3})},
                                                 {"bias", torch::ones({2})}};
    change(weights);
    const auto message = message_of([&] { assign_weights(*module, weights, "FILE"); });
    EXPECT_NE(message.find("FILE"), std::string::npos) << message;
    EXPECT_NE(message.find(what), std::string::npos) << message;
    EXPECT_TRUE(torch::equal(module->weight, before));
  };
  refused([](auto& w) { w.erase("bias"); }, "'bias' is missing");
  refused([](auto& w) { w["more"] = torch::ones({1}); }, "'more'");
  refused([](auto& w) { w["weight"] = torch::ones({3, 2}); }, "expected [2, 3]");
  refused([](auto& w) { w["bias"] = torch::ones({2}, torch::kDouble); }, "Double");
  refused([](auto& w) { w["bias"][1] = NAN; }, "NaN");
  assign_weights(*module, {{"weight", torch::ones({2, 3})}, {"bias", torch::zeros({2})}}, "FILE");
  EXPECT_EQ(module->weight.sum().item<float>(), 6.f);
}
