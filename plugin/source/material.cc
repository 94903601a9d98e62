#include "seco/plugin/material.h"

#include <deal.II/base/exceptions.h>

#include <stdexcept>

namespace seco::plugin {

template <int dim>
void MaterialResponse<dim>::resize(std::size_t n_points, Request request) {
  stress.resize(n_points);
  status.resize(n_points);
  tangent.resize(request >= Request::tangent ? n_points : 0);
  const auto n_bounded = request >= Request::bounds ? n_points : 0;
  lower.resize(n_bounded);
  upper.resize(n_bounded);
  gap.resize(n_bounded);
}

template <int dim>
Dependence Material<dim>::dependence() const {
  return Dependence::not_declared;
}

template <int dim>
const StiffnessTable<dim>& Material<dim>::stiffness_table() const {
  throw std::logic_error(
      "the material has no table of stiffnesses; one whose stress depends on nothing but the "
      "strain times a constant overrides stiffness_table()");
}

template <int dim>
void Material<dim>::evaluate(const LoadStep&,
                             std::span<const dealii::SymmetricTensor<2, dim>> strain,
                             Request request, MaterialResponse<dim>& response) {
  if (dependence() != Dependence::none)
    throw std::logic_error("a material that is not linear overrides evaluate()");
  const auto& table = stiffness_table();
  AssertThrow(strain.size() == table.n_points(),
              dealii::ExcDimensionMismatch(strain.size(), table.n_points()));
  response.resize(strain.size(), request);
  for (std::size_t q = 0; q < strain.size(); ++q) {
    const auto entry = table.entry_of(q);
    const auto tangent = table.stiffness(entry, Bound::estimate).tensor();
    response.stress[q] = tangent * strain[q];
    response.status[q] = table.status(entry);
    if (request >= Request::tangent) response.tangent[q] = tangent;
    if (request < Request::bounds) continue;
    response.lower[q] = table.stiffness(entry, Bound::lower).tensor();
    response.upper[q] = table.stiffness(entry, Bound::upper).tensor();
    response.gap[q] = table.gap(entry);
  }
}

template <int dim>
void Material<dim>::accept() {}

template <int dim>
void Material<dim>::reject() {}

template <int dim>
std::uint64_t Material<dim>::check_points(const std::vector<MaterialPoint<dim>>&, MPI_Comm) const {
  return 0;
}

template <int dim>
std::vector<RveShare> Material<dim>::rve_shares(std::span<const double>) const {
  return {};
}

template <int dim>
void Material<dim>::refine(std::span<const double>,
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

template <int dim>
void require_linear(const Material<dim>& material) {
  switch (material.dependence()) {
    case Dependence::none:
      return;
    case Dependence::not_declared:
      throw std::invalid_argument(
          "the material does not declare what its stress depends on; if its stiffness is constant "
          "at every point, add 'Dependence dependence() const override { return "
          "Dependence::none; }' to its class, else Dependence::strain or Dependence::history");
    case Dependence::strain:
      throw std::invalid_argument(
          "the stiffness of the material depends on the strain, which cannot be solved yet; "
          "allowed are materials of Dependence::none, whose stiffness is constant at every point");
    case Dependence::history:
      throw std::invalid_argument(
          "the stress of the material depends on its history, which cannot be solved yet; allowed "
          "are materials of Dependence::none, whose stiffness is constant at every point");
  }
}

template struct MaterialResponse<2>;
template struct MaterialResponse<3>;
template class Material<2>;
template class Material<3>;
template void require_linear(const Material<2>&);
template void require_linear(const Material<3>&);

}  // namespace seco::plugin
