#include "seco/surrogate/deformation_start.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "seco/materials/hdf5_file.h"

namespace seco::surrogate {
namespace {

std::string hash_of_rve(const materials::Rve& rve) {
  return fmt::format("{:016x}", materials::hash(rve));
}

}  // namespace

void write_start(const std::string& path, const DeformationStart& start,
                 const materials::Rve& rve) {
  materials::Hdf5Writer writer(path);
  writer.dataset("strain", {static_cast<std::size_t>(start.strain.size())}, start.strain.data());
  if (!start.displacement.empty())
    writer.dataset("displacement", {start.displacement.size()}, start.displacement.data());
  if (!start.direction.empty()) {
    writer.dataset("direction", {start.direction.size()}, start.direction.data());
    writer.dataset("strain_direction", {static_cast<std::size_t>(start.strain_direction.size())},
                   start.strain_direction.data());
  }
  if (!start.state.empty()) writer.dataset("state", {start.state.size()}, start.state.data());
  writer.numbers("time", {start.time});
  writer.text("rve", hash_of_rve(rve));
  writer.close();
}

DeformationStart read_start(const std::string& path, const materials::Rve& rve) {
  const materials::Hdf5Reader reader(path);
  if (reader.text("rve") != hash_of_rve(rve))
    throw std::invalid_argument(fmt::format("{}: is the state of another RVE", path));
  DeformationStart start;
  const auto numbers = [&](const std::string& name) {
    auto values = reader.dataset<double>(name, 1).values;
    if (!std::all_of(values.begin(), values.end(), [](double v) { return std::isfinite(v); }))
      throw std::invalid_argument(
          fmt::format("{}: dataset '{}' has numbers that are not finite", path, name));
    return values;
  };
  const auto strain = [&](const std::string& name) -> materials::MandelVector {
    const auto values = numbers(name);
    const auto m = materials::n_mandel_components(rve.dimension());
    if (values.size() != static_cast<std::size_t>(m))
      throw std::invalid_argument(fmt::format("{}: dataset '{}' has {} components, expected {}",
                                              path, name, values.size(), m));
    return Eigen::Map<const materials::MandelVector>(values.data(), m);
  };
  start.strain = strain("strain");
  if (reader.has_dataset("displacement")) start.displacement = numbers("displacement");
  if (reader.has_dataset("direction")) {
    start.direction = numbers("direction");
    start.strain_direction = strain("strain_direction");
  }
  if (reader.has_dataset("state")) start.state = numbers("state");
  start.time = reader.numbers("time").at(0);
  return start;
}

}  // namespace seco::surrogate
