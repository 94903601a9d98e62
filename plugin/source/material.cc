#include "seco/plugin/material.h"

#include <deal.II/base/exceptions.h>

#include <Eigen/Cholesky>
#include <limits>
#include <stdexcept>

#include "component_pairs.h"
#include "seco/plugin/mandel_tensor.h"

namespace seco::plugin {

template <int dim>
void MaterialResponse<dim>::resize(std::size_t n_points, Request request) {
  stress.resize(n_points);
  status.resize(n_points);
  energy.assign(n_points, std::numeric_limits<double>::quiet_NaN());
  step_fraction = 1;
  failure.clear();
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
    response.energy[q] =
        0.5 * (strain[q] * (table.stiffness(entry, Bound::upper).tensor() * strain[q]));
    response.status[q] = table.status(entry);
    if (request >= Request::tangent) response.tangent[q] = tangent;
    if (request < Request::bounds) continue;
    response.lower[q] = table.stiffness(entry, Bound::lower).tensor();
    response.upper[q] = table.stiffness(entry, Bound::upper).tensor();
    response.gap[q] = table.gap(entry);
  }
}

template <int dim>
std::vector<double> Material<dim>::dual_energy(
    const LoadStep&, std::span<const dealii::SymmetricTensor<2, dim>> stress) {
  std::vector<double> energy(stress.size(), std::numeric_limits<double>::infinity());
  if (dependence() != Dependence::none) return energy;
  const auto& table = stiffness_table();
  AssertThrow(stress.size() == table.n_points(),
              dealii::ExcDimensionMismatch(stress.size(), table.n_points()));
  constexpr auto pairs = component_pairs<dim>();
  materials::MandelVector mandel(pairs.size());
  for (std::size_t q = 0; q < stress.size(); ++q) {
    const Eigen::LLT<materials::MandelMatrix> factors(
        to_mandel<dim>(table.stiffness(table.entry_of(q), Bound::lower)));
    if (factors.info() != Eigen::Success) continue;
    for (unsigned int a = 0; a < pairs.size(); ++a)
      mandel(a) = stress[q][pairs[a].first][pairs[a].second] * (a < dim ? 1. : std::sqrt(2.));
    energy[q] = 0.5 * mandel.dot(factors.solve(mandel));
  }
  return energy;
}

template <int dim>
std::vector<PointQuantity> Material<dim>::quantities() const {
  return {};
}

template <int dim>
std::optional<std::vector<dealii::SymmetricTensor<2, dim>>> Material<dim>::half_step_difference(
    const LoadStep&, std::span<const dealii::SymmetricTensor<2, dim>>,
    std::span<const dealii::SymmetricTensor<2, dim>> end) const {
  if (dependence() != Dependence::none && dependence() != Dependence::strain) return std::nullopt;
  return std::vector<dealii::SymmetricTensor<2, dim>>(end.size());
}

template <int dim>
StateTransfer Material<dim>::state_transfer() const {
  return dependence() == Dependence::history ? StateTransfer::impossible : StateTransfer::nearest;
}

template <int dim>
std::vector<double> Material<dim>::point_states() const {
  return {};
}

template <int dim>
void Material<dim>::set_points_with_states(
    std::vector<MaterialPoint<dim>> points, MPI_Comm communicator,
    const std::function<void(std::size_t, std::size_t)>& progress, std::span<const double>) {
  set_points(std::move(points), communicator, progress);
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
double Material<dim>::history_bytes(const std::vector<MaterialPoint<dim>>&, MPI_Comm) const {
  return 0;
}

template <int dim>
std::optional<materials::Rve> Material<dim>::rve(const MaterialPoint<dim>&) const {
  return std::nullopt;
}

template <int dim>
std::optional<FailedPoint> Material<dim>::failed_point() const {
  return std::nullopt;
}

template <int dim>
std::string Material<dim>::write_failed_point(const std::string&) const {
  return "";
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

FindRecords FindRecords::one_by_one(std::function<void(const Keys&, const Take&)> visit) {
  FindRecords result;
  result.visit_ = std::move(visit);
  return result;
}

std::vector<std::string> FindRecords::operator()(const Keys& keys) const {
  std::vector<std::string> values(keys.size());
  visit_(keys, [&](std::size_t k, std::string_view value) { values.at(k) = value; });
  return values;
}

template <int dim>
StateRecords Material<dim>::state() const {
  return {};
}

template <int dim>
bool Material<dim>::visit_state(const TakeRecord&) const {
  return false;
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
          "the stiffness of the material depends on the strain, which this program cannot solve; "
          "allowed are materials of Dependence::none, whose stiffness is constant at every point");
    case Dependence::history:
      throw std::invalid_argument(
          "the stress of the material depends on its history, which this program cannot solve; "
          "allowed are materials of Dependence::none, whose stiffness is constant at every point");
  }
}

template struct MaterialResponse<2>;
template struct MaterialResponse<3>;
template class Material<2>;
template class Material<3>;
template void require_linear(const Material<2>&);
template void require_linear(const Material<3>&);

}  // namespace seco::plugin
