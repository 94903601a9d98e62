#include "unconverged_rves.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/serialization/string.hpp>
#include <boost/serialization/vector.hpp>
#include <filesystem>

#include "seco/materials/rve_file.h"

namespace seco::plugin {

std::vector<UnconvergedRve> worst(std::vector<UnconvergedRve> rves, std::size_t n) {
  std::sort(rves.begin(), rves.end(), [](const UnconvergedRve& a, const UnconvergedRve& b) {
    if (a.failed != b.failed) return a.failed;
    if (a.gap != b.gap) return a.gap > b.gap;
    return a.key < b.key;
  });
  if (rves.size() > n) rves.resize(n);
  return rves;
}

std::vector<UnconvergedRve> worst_of_all_ranks(const std::vector<UnconvergedRve>& rves,
                                               std::size_t n, MPI_Comm communicator) {
  std::vector<UnconvergedRve> all;
  for (const auto& list : dealii::Utilities::MPI::all_gather(communicator, worst(rves, n)))
    all.insert(all.end(), list.begin(), list.end());
  return worst(std::move(all), n);
}

std::vector<std::string> write_unconverged_rves(
    const std::vector<UnconvergedRve>& rves,
    const std::function<materials::Rve(const RveKey&)>& make_rve, const std::string& folder) {
  std::vector<std::string> files;
  if (rves.empty()) return files;
  std::filesystem::create_directories(folder);
  for (const auto& entry : rves) {
    const auto rve = make_rve(entry.key);
    files.push_back(
        (std::filesystem::path(folder) / fmt::format("rve_{:016x}.h5", materials::hash(rve)))
            .string());
    materials::write_rve(files.back(), rve);
  }
  return files;
}

}  // namespace seco::plugin
