// Checkpoints that are damaged: what is read is what was written, or the file is refused by name.
#include "checkpoint_file.h"

#include <gtest/gtest.h>

#include <fstream>

#include "support/mutated.h"
#include "support/temporary.h"

using namespace seco;
using namespace seco::macro;

namespace {

std::string content(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void write(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

struct Read {
  nlohmann::json state;
  std::vector<std::string> records;
  bool operator==(const Read&) const = default;
};

Read read(const std::string& path) {
  const CheckpointReader file(path);
  return {file.json("state"), file.find("cells", {"0_1:0", "0_1:7", "long"})};
}

}  // namespace

TEST(CheckpointFile, ThatIsDamagedIsNeverReadAsAnother) {
  const auto path = test::temporary("checkpoint.h5");
  const Read written{{{"format", 2}, {"stage", "output"}, {"energies", {1.5, 2.5}}},
                     {"", "seven", std::string(1000, 'x')}};
  {
    CheckpointWriter file(path, MPI_COMM_SELF);
    file.text("state", written.state.dump());
    file.table("cells", {{"0_1:0", ""}, {"0_1:7", "seven"}, {"long", std::string(1000, 'x')}});
    file.close();
  }
  const auto bytes = content(path);
  ASSERT_EQ(read(path), written);
  int n_refused = 0, n_tried = 0;
  const auto try_with = [&](const std::string& damaged) {
    write(path, damaged);
    ++n_tried;
    try {
      EXPECT_EQ(read(path), written);
    } catch (const std::exception& error) {
      ++n_refused;
      EXPECT_NE(std::string(error.what()).find(path), std::string::npos) << error.what();
    }
  };
  for (std::size_t size = 0; size < bytes.size(); size += 97) try_with(bytes.substr(0, size));
  EXPECT_EQ(n_refused, n_tried);
  materials::RandomStream random(5);
  for (int n = 0; n < 300; ++n) try_with(test::mutated(bytes, random));
  EXPECT_GT(n_refused, n_tried / 2);
}
