#include "output.h"

#include <filesystem>
#include <fstream>
#include <stdexcept>

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
  // A file under the final name is always complete.
  const std::string aside = path + ".part";
  std::ofstream file(aside);
  file << values.dump(2) << '\n';
  file.close();
  if (!file) throw std::runtime_error("the file '" + path + "' cannot be written");
  std::filesystem::rename(aside, path);
}

}  // namespace seco::benchmarks
