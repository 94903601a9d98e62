#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "seco/plugin/registration.h"

namespace seco::plugin {

/// Sets "key=value" entries of a material's subsection, "Section/key=value" for deeper ones.
template <int dim>
std::unique_ptr<Material<dim>> make(const std::string& name,
                                    const std::vector<std::pair<std::string, std::string>>& entries,
                                    const RunSettings& run = {}) {
  dealii::ParameterHandler handler;
  declare_material_parameters<dim>(handler);
  handler.enter_subsection(name);
  for (const auto& [key, value] : entries) {
    const auto slash = key.find('/');
    if (slash != std::string::npos) handler.enter_subsection(key.substr(0, slash));
    handler.set(slash == std::string::npos ? key : key.substr(slash + 1), value);
    if (slash != std::string::npos) handler.leave_subsection();
  }
  handler.leave_subsection();
  return make_material<dim>(name, handler, run);
}

/// With bounds, at time zero.
template <int dim>
MaterialResponse<dim> bounded(Material<dim>& material,
                              const std::vector<dealii::SymmetricTensor<2, dim>>& strain) {
  MaterialResponse<dim> response;
  material.evaluate({}, strain, Request::bounds, response);
  return response;
}

template <int dim>
MaterialResponse<dim> respond(Material<dim>& material,
                              const std::vector<MaterialPoint<dim>>& points) {
  material.set_points(points, MPI_COMM_WORLD, {});
  std::vector<dealii::SymmetricTensor<2, dim>> strain(points.size());
  for (auto& e : strain) e[0][0] = 1e-3;
  return bounded(material, strain);
}

inline const std::vector<std::pair<std::string, std::string>> small_polycrystal = {
    {"Engine", "fft"},
    {"Microstructure/Grid", "8, 8, 8"},
    {"Microstructure/Number of grains", "5"}};

}  // namespace seco::plugin
