#include "output.h"

#include "seco/materials/write_atomically.h"

namespace seco::benchmarks {

nlohmann::json to_json(const Sample& sample) {
  return {{"median", sample.median()},
          {"minimum", sample.minimum()},
          {"lower_quartile", sample.lower_quartile()},
          {"upper_quartile", sample.upper_quartile()},
          {"repetitions", sample.size()}};
}

void write_json(const std::string& path, const nlohmann::json& values) {
  if (path.empty()) return;
  materials::write_atomically(path, [&](std::ostream& out) { out << values.dump(2) << '\n'; });
}

}  // namespace seco::benchmarks
