#include "seco/plugin/material.h"

namespace seco::plugin {

template <int dim>
void MaterialResponse<dim>::resize(std::size_t n_points) {
  stress.resize(n_points);
  tangent.resize(n_points);
  lower.resize(n_points);
  upper.resize(n_points);
  gap.resize(n_points);
  status.resize(n_points);
}

template <int dim>
std::uint64_t Material<dim>::check_points(const std::vector<MaterialPoint<dim>>&, MPI_Comm) const {
  return 0;
}

template <int dim>
std::vector<RveShare> Material<dim>::rve_shares(std::span<const double>) const {
  return {};
}

template <int dim>
void Material<dim>::polish(std::span<const double>,
                           const std::function<void(std::size_t, std::size_t)>&) {}

template <int dim>
Audit Material<dim>::audit(double, const std::function<void(std::size_t, std::size_t)>&) const {
  return {};
}

template <int dim>
bool Material<dim>::has_local_response() const {
  return false;
}

template <int dim>
std::vector<LocalResponse<dim>> Material<dim>::local_response(
    std::span<const LocalRequest<dim>>, unsigned int,
    const std::function<void(std::size_t, std::size_t)>&) const {
  return {};
}

template <int dim>
StateRecords Material<dim>::state() const {
  return {};
}

template <int dim>
void Material<dim>::restore(std::vector<MaterialPoint<dim>> points, MPI_Comm communicator,
                            const std::function<void(std::size_t, std::size_t)>& progress,
                            const FindRecords&) {
  set_points(std::move(points), communicator, progress);
}

template <int dim>
std::vector<std::string> Material<dim>::notes() const {
  return {};
}

template struct MaterialResponse<2>;
template struct MaterialResponse<3>;
template class Material<2>;
template class Material<3>;

}  // namespace seco::plugin
