#include "model_folder.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "small_network.h"
#include "support/message_of.h"
#include "support/temporary.h"

using namespace seco::surrogate;
using seco::test::message_of;
using seco::test::small_network;
using seco::test::temporary;
namespace fs = std::filesystem;

TEST(ModelFolder, BadOnesAreNamed) {
  const auto folder = temporary("model");
  save_model(folder, *make_network(small_network(2)), {});
  const auto json_path = folder + "/model.json", weights = folder + "/weights.safetensors";
  std::string text;
  {
    std::ifstream in(json_path);
    text.assign((std::istreambuf_iterator<char>(in)), {});
  }
  const auto with = [&](const std::string& from, const std::string& to) {
    auto changed = text;
    changed.replace(changed.find(from), from.size(), to);
    std::ofstream(json_path) << changed;
    return message_of([&] { load_model(folder); });
  };
  EXPECT_NE(message_of([] { load_model("/nowhere"); }).find("/nowhere"), std::string::npos);
  EXPECT_NE(with("\"schema_version\": 3", "\"schema_version\": 2").find("is 2, expected 3"),
            std::string::npos);
  EXPECT_NE(with("\"dimension\": 2", "\"dimension\": 3").find("weights"), std::string::npos);
  // Same shapes, another block: only the file knows.
  EXPECT_NE(with("\"kinematic_head\": \"polarization\"", "\"kinematic_head\": \"displacement\"")
                .find("another architecture"),
            std::string::npos);
  EXPECT_NE(with("projection", "projektion")
                .find("'equilibrium_block' is \"projection\", not \"projektion\""),
            std::string::npos);
  // Numbers that only a conversion makes integers, and what nobody reads.
  for (const char* levels : {"2.7", "1e93", "4294967298", "true", "\"2\"", "null"})
    EXPECT_NE(with("\"levels\": 2", std::string("\"levels\": ") + levels).find("key 'levels' is"),
              std::string::npos)
        << levels;
  EXPECT_NE(with("\"levels\": 2", "\"levels\": 2, \"depth\": 2").find("'depth'"),
            std::string::npos);
  EXPECT_NE(with("{", "[").find("not valid JSON"), std::string::npos);
  std::ofstream(json_path) << text;
  fs::resize_file(weights, fs::file_size(weights) / 2);
  EXPECT_NE(message_of([&] { load_model(folder); }).find("weights.safetensors"), std::string::npos);
  fs::remove(weights);
  EXPECT_NE(message_of([&] { load_model(folder); }).find("no such file"), std::string::npos);
}
