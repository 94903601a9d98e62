#include <torch/torch.h>

#include "dataset_reader.h"
#include "read_or_refuse.h"

using namespace seco::test;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto path = file_of(data, size, ".h5");
  read_or_refuse(path, [&] {
    const seco::surrogate::DatasetReader reader(path);
    const auto& rves = reader.rves();
    require(reader.n_training() <= rves.size(), "there are fewer RVEs than training RVEs");
    for (const auto& rve : rves) {
      check(rve, "what was read");
      require(rve.shape == rves[0].shape, "the grids differ");
    }
    if (reader.label_factor() == 0) return;
    std::vector<std::size_t> all;
    for (std::size_t i = 0; i < rves.size(); ++i) all.push_back(i);
    const auto [strain, stress] = reader.labels(all);
    for (const auto& field : {strain, stress}) {
      require(torch::isfinite(field).all().item<bool>(), "a label is not finite");
      require(field.size(0) == static_cast<std::int64_t>(rves.size()) &&
                  field.dim() == 3 + rves[0].dimension(),
              "a label is no field of all load cases");
    }
  });
  return 0;
}
