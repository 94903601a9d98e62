#include "stress_results.h"

#include <deal.II/base/mpi.h>
#include <fmt/format.h>

#include <algorithm>
#include <boost/serialization/utility.hpp>
#include <boost/serialization/vector.hpp>
#include <cmath>
#include <functional>
#include <limits>

namespace seco::macro {
namespace {

namespace MPI = dealii::Utilities::MPI;

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

}  // namespace

double von_mises(const dealii::SymmetricTensor<2, 3>& stress) {
  return std::sqrt(1.5) * dealii::deviator(stress).norm();
}

template <int dim>
PointStresses<dim>::PointStresses(const BoundaryValueProblem<dim>& problem,
                                  const MaterialField<dim>& materials, const Vector& displacement)
    : materials_(materials),
      displacement_(&displacement),
      values_(problem.element(), problem.quadrature(), dealii::update_gradients),
      strains_(problem.quadrature().size()) {
  if (dim == 3) return;
  for (std::size_t m = 0; m < materials.n_materials(); ++m)
    has_all_components_ = has_all_components_ && out_of_plane(m);
  has_von_mises_ = has_all_components_;
}

template <int dim>
PointStresses<dim>::PointStresses(const BoundaryValueProblem<dim>& problem,
                                  const MaterialField<dim>& materials, const LoadSteps<dim>& steps)
    : materials_(materials),
      steps_(&steps),
      values_(problem.element(), problem.quadrature(), dealii::update_gradients),
      strains_(problem.quadrature().size()) {
  if (dim == 3) return;
  von_mises_.resize(materials.n_materials());
  for (std::size_t m = 0; m < materials.n_materials(); ++m) {
    if (out_of_plane(m)) continue;
    has_all_components_ = false;
    bool told = false;
    for (auto& quantity : materials.quantities(m)) {
      if (quantity.name != "von_mises_stress") continue;
      told = true;
      von_mises_[m] = std::move(quantity.values);
    }
    has_von_mises_ = has_von_mises_ && told;
  }
}

template <int dim>
const plugin::OutOfPlaneStress* PointStresses<dim>::out_of_plane(std::size_t m) const {
  const auto* told = dynamic_cast<const plugin::OutOfPlaneStress*>(&materials_.material(m));
  return told && told->has_out_of_plane_stress() ? told : nullptr;
}

template <int dim>
void PointStresses<dim>::set(std::size_t q, const std::array<double, 3>& out_of_plane,
                             double mises) {
  auto& full = result_.full[q];
  for (unsigned int i = 0; i < dim; ++i)
    for (unsigned int j = i; j < dim; ++j) full[i][j] = result_.stress[q][i][j];
  if constexpr (dim == 2) {
    full[2][2] = out_of_plane[0];
    full[1][2] = out_of_plane[1];
    full[0][2] = out_of_plane[2];
  }
  result_.von_mises[q] = std::isnan(mises) ? macro::von_mises(full) : mises;
}

template <int dim>
const CellStresses<dim>& PointStresses<dim>::of_cell(
    const typename dealii::DoFHandler<dim>::active_cell_iterator& cell, std::size_t m,
    std::size_t first) {
  const auto n = strains_.size();
  result_.stress.resize(n);
  result_.full.resize(n);
  result_.von_mises.resize(n);
  if (!steps_) {
    values_.reinit(cell);
    const dealii::FEValuesExtractors::Vector u(0);
    values_[u].get_function_symmetric_gradients(*displacement_, strains_);
  }
  for (std::size_t q = 0; q < n; ++q) {
    if (steps_) {
      strains_[q] = steps_->response().strain[m][first + q];
      result_.stress[q] = steps_->response().answers[m].stress[first + q];
    } else {
      const auto& table = materials_.table(m);
      result_.stress[q] =
          table.stiffness(table.entry_of(first + q), Bound::estimate).tensor() * strains_[q];
    }
    std::array<double, 3> out{unknown, unknown, unknown};
    double mises = unknown;
    if constexpr (dim == 2) {
      if (const auto* told = out_of_plane(m))
        out = told->out_of_plane_stress(first + q, strains_[q]);
      else if (steps_ && !von_mises_[m].empty())
        mises = von_mises_[m][first + q];
    }
    set(q, out, mises);
  }
  return result_;
}

template <int d>
Principal<d> principal(const dealii::SymmetricTensor<2, d>& stress) {
  Principal<d> result;
  if (!std::isfinite(stress.norm())) {
    result.values.fill(unknown);
    for (auto& direction : result.directions)
      for (unsigned int c = 0; c < d; ++c) direction[c] = unknown;
    return result;
  }
  // From the largest to the smallest.
  const auto pairs = dealii::eigenvectors(stress, dealii::SymmetricTensorEigenvectorMethod::jacobi);
  for (unsigned int k = 0; k < d; ++k) {
    result.values[k] = pairs[k].first;
    result.directions[k] = pairs[k].second;
    // The first component that is clearly not zero is positive.
    for (unsigned int c = 0; c < d; ++c) {
      if (std::abs(result.directions[k][c]) < 1e-6) continue;
      if (result.directions[k][c] < 0) result.directions[k] *= -1.;
      break;
    }
  }
  return result;
}

namespace {

dealii::SymmetricTensor<2, 2> in_plane_part(const dealii::SymmetricTensor<2, 3>& stress) {
  dealii::SymmetricTensor<2, 2> result;
  for (unsigned int i = 0; i < 2; ++i)
    for (unsigned int j = i; j < 2; ++j) result[i][j] = stress[i][j];
  return result;
}

}  // namespace

template <int dim>
void declare_stress_measures(bool all_components, bool has_von_mises, const std::string& unit,
                             std::vector<VtuField>& fields) {
  if (dim == 2 && all_components) fields.push_back({"stress_zz", 1, false, {}, unit});
  if (has_von_mises) fields.push_back({"von_mises_stress", 1, false, {}, unit});
  const unsigned int n = all_components ? 3 : 2;
  const std::string plane = all_components ? "" : "in_plane_";
  for (unsigned int k = 1; k <= n; ++k)
    fields.push_back({fmt::format("{}principal_stress_{}", plane, k), 1, false, {}, unit});
  for (const unsigned int k : {1U, n})
    fields.push_back({fmt::format("{}principal_direction_{}", plane, k), 3, false, {}, ""});
}

template <int dim>
std::vector<double> stress_measures(const dealii::SymmetricTensor<2, 3>& mean, bool all_components,
                                    bool has_von_mises) {
  std::vector<double> result;
  if (dim == 2 && all_components) result.push_back(mean[2][2]);
  if (has_von_mises) result.push_back(von_mises(mean));
  const auto add = [&]<int d>(const Principal<d>& p) {
    result.insert(result.end(), p.values.begin(), p.values.end());
    for (const auto& direction : {p.directions.front(), p.directions.back()})
      for (unsigned int c = 0; c < 3; ++c) result.push_back(c < d ? direction[c] : 0.);
  };
  if (all_components)
    add(principal(mean));
  else
    add(principal(in_plane_part(mean)));
  return result;
}

template <int dim>
NodalAverages<dim>::NodalAverages(const BoundaryValueProblem<dim>& problem, unsigned int n_fields)
    : problem_(problem),
      sums_(n_fields, problem.zero_vector()),
      volumes_(problem.zero_vector()),
      extrapolation_(problem.quadrature().size(), problem.quadrature().size()) {
  const auto& scalar = problem.element().base_element(0);
  // As many points as nodes, and a polynomial through any values at them.
  for (unsigned int q = 0; q < problem.quadrature().size(); ++q)
    for (unsigned int a = 0; a < scalar.n_dofs_per_cell(); ++a)
      extrapolation_(q, a) = scalar.shape_value(a, problem.quadrature().point(q));
  extrapolation_.gauss_jordan();
}

template <int dim>
void NodalAverages<dim>::add(const typename dealii::DoFHandler<dim>::active_cell_iterator& cell,
                             double volume, const std::vector<std::vector<double>>& values) {
  const auto& element = problem_.element();
  std::vector<dealii::types::global_dof_index> indices(element.n_dofs_per_cell());
  cell->get_dof_indices(indices);
  for (unsigned int a = 0; a < extrapolation_.m(); ++a) {
    const auto unknown_of_node = indices[element.component_to_system_index(0, a)];
    volumes_(unknown_of_node) += volume;
    for (std::size_t f = 0; f < sums_.size(); ++f) {
      double value = 0;
      for (unsigned int q = 0; q < extrapolation_.n(); ++q)
        value += extrapolation_(a, q) * values[f][q];
      sums_[f](unknown_of_node) += volume * value;
    }
  }
}

template <int dim>
void NodalAverages<dim>::finish() {
  volumes_.compress(dealii::VectorOperation::add);
  for (auto& sum : sums_) {
    sum.compress(dealii::VectorOperation::add);
    for (unsigned int i = 0; i < sum.locally_owned_size(); ++i)
      if (volumes_.local_element(i) > 0) sum.local_element(i) /= volumes_.local_element(i);
    sum.update_ghost_values();
  }
}

template <int dim>
void add_nodal_stresses(const BoundaryValueProblem<dim>& problem,
                        const MaterialField<dim>& materials, PointStresses<dim>& stresses,
                        const VtuNodes<dim>& nodes, const std::string& unit, VtuPiece& piece) {
  // Components xx, xy, xz, yy, yz, zz, or xx, xy, yy in the plane.
  const unsigned int d = dim == 2 && !stresses.has_all_components() ? 2 : 3;
  const bool own_von_mises = d == 2 && stresses.has_von_mises();
  const unsigned int n_components = d * (d + 1) / 2, n_fields = n_components + own_von_mises;
  NodalAverages<dim> averages(problem, n_fields);
  dealii::FEValues<dim> values(problem.element(), problem.quadrature(), dealii::update_JxW_values);
  std::vector<std::vector<double>> of_points(n_fields,
                                             std::vector<double>(problem.quadrature().size()));
  materials.for_local_cells([&](const auto& cell, auto material, auto first) {
    values.reinit(cell);
    double volume = 0;
    for (const auto q : values.quadrature_point_indices()) volume += values.JxW(q);
    const auto& here = stresses.of_cell(cell, material, first);
    for (unsigned int q = 0; q < here.full.size(); ++q) {
      unsigned int f = 0;
      for (unsigned int i = 0; i < d; ++i)
        for (unsigned int j = i; j < d; ++j) of_points[f++][q] = here.full[q][i][j];
      if (own_von_mises) of_points[f][q] = here.von_mises[q];
    }
    averages.add(cell, volume, of_points);
  });
  averages.finish();

  const auto first_field = piece.node_fields.size();
  const auto field = [&](const std::string& name) {
    piece.node_fields.push_back({"nodal_" + name, 1, false, {}, unit});
  };
  const char axes[] = "xyz";
  for (unsigned int i = 0; i < d; ++i)
    for (unsigned int j = i; j < d; ++j) field(fmt::format("stress_{}{}", axes[i], axes[j]));
  if (d == 3 || own_von_mises) field("von_mises_stress");
  for (unsigned int k = 0; k < d; ++k)
    field(fmt::format("{}principal_stress_{}", d == 2 ? "in_plane_" : "", k + 1));
  for (const auto unknown_of_node : nodes.first_unknowns()) {
    auto place = first_field;
    const auto add = [&](double value) { piece.node_fields[place++].values.push_back(value); };
    dealii::SymmetricTensor<2, 3> full;
    unsigned int f = 0;
    for (unsigned int i = 0; i < d; ++i)
      for (unsigned int j = i; j < d; ++j) {
        full[i][j] = averages.value(f++, unknown_of_node);
        add(full[i][j]);
      }
    if (d == 3)
      add(von_mises(full));
    else if (own_von_mises)
      add(averages.value(f, unknown_of_node));
    if (d == 3) {
      for (const double value : principal(full).values) add(value);
    } else {
      for (const double value : principal(in_plane_part(full)).values) add(value);
    }
  }
}

namespace {

/// The largest of the values that it sees, and where. Symmetric bodies have it at several places,
/// up to round-off and what a solver leaves; of these that whose position comes first, the same on
/// any number of ranks.
template <int dim>
class Largest {
 public:
  void see(double value, const dealii::Point<dim>& position) {
    // Most are far below.
    if (std::isnan(value) || (!place_.empty() && value < least())) return;
    see(value, value, {position.begin_raw(), position.end_raw()});
  }
  /// Collective.
  std::optional<FieldExtreme> of_all(MPI_Comm communicator) const {
    Largest all;
    const std::pair own(std::pair(value_, value_there_), place_);
    for (const auto& [values, place] : MPI::all_gather(communicator, own))
      if (!place.empty()) all.see(values.first, values.second, place);
    if (all.place_.empty()) return std::nullopt;
    return FieldExtreme{all.value_, all.place_};
  }

 private:
  /// @param there value at the place, at most `value`
  void see(double value, double there, const std::vector<double>& place) {
    const bool first = place_.empty();
    if (first || value > value_) value_ = value;
    if (first || value_there_ < least() || (there >= least() && place < place_)) {
      value_there_ = there;
      place_ = place;
    }
  }
  /// What counts as the same.
  double least() const { return value_ - 1e-9 * std::abs(value_); }

  double value_ = 0, value_there_ = 0;
  std::vector<double> place_;
};

}  // namespace

template <int dim>
ResultExtremes find_extremes(const BoundaryValueProblem<dim>& problem,
                             const MaterialField<dim>& materials, PointStresses<dim>& stresses,
                             const typename BoundaryValueProblem<dim>::Vector& displacement) {
  Largest<dim> length, mises, highest, lowest;
  const auto& element = problem.element();
  const auto& scalar = element.base_element(0);
  dealii::FEValues<dim> nodes(element, dealii::Quadrature<dim>(scalar.get_unit_support_points()),
                              dealii::update_quadrature_points);
  dealii::FEValues<dim> points(element, problem.quadrature(), dealii::update_quadrature_points);
  dealii::Vector<double> local(element.n_dofs_per_cell());
  const bool in_plane = dim == 2 && !stresses.has_all_components();
  materials.for_local_cells([&](const auto& cell, auto material, auto first) {
    cell->get_dof_values(displacement, local);
    nodes.reinit(cell);
    for (unsigned int a = 0; a < scalar.n_dofs_per_cell(); ++a) {
      double square = 0;
      for (unsigned int c = 0; c < dim; ++c)
        square += std::pow(local(element.component_to_system_index(c, a)), 2);
      length.see(std::sqrt(square), nodes.quadrature_point(a));
    }
    points.reinit(cell);
    const auto& here = stresses.of_cell(cell, material, first);
    for (unsigned int q = 0; q < here.stress.size(); ++q) {
      const auto& point = points.quadrature_point(q);
      mises.see(here.von_mises[q], point);
      const auto see = [&](const auto& values) {
        highest.see(values.front(), point);
        lowest.see(-values.back(), point);
      };
      if (in_plane)
        see(principal(here.stress[q]).values);
      else
        see(principal(here.full[q]).values);
    }
  });
  const auto communicator = problem.mesh().get_communicator();
  ResultExtremes result;
  result.in_plane = in_plane;
  result.largest_displacement = length.of_all(communicator);
  result.largest_von_mises = mises.of_all(communicator);
  result.largest_principal = highest.of_all(communicator);
  result.smallest_principal = lowest.of_all(communicator);
  if (result.smallest_principal) result.smallest_principal->value *= -1;
  return result;
}

template Principal<2> principal(const dealii::SymmetricTensor<2, 2>&);
template Principal<3> principal(const dealii::SymmetricTensor<2, 3>&);
#define INSTANTIATE(dim)                                                                          \
  template class PointStresses<dim>;                                                              \
  template void declare_stress_measures<dim>(bool, bool, const std::string&,                      \
                                             std::vector<VtuField>&);                             \
  template std::vector<double> stress_measures<dim>(const dealii::SymmetricTensor<2, 3>&, bool,   \
                                                    bool);                                        \
  template class NodalAverages<dim>;                                                              \
  template void add_nodal_stresses(const BoundaryValueProblem<dim>&, const MaterialField<dim>&,   \
                                   PointStresses<dim>&, const VtuNodes<dim>&, const std::string&, \
                                   VtuPiece&);                                                    \
  template ResultExtremes find_extremes(const BoundaryValueProblem<dim>&,                         \
                                        const MaterialField<dim>&, PointStresses<dim>&,           \
                                        const BoundaryValueProblem<dim>::Vector&);
INSTANTIATE(2)
INSTANTIATE(3)
#undef INSTANTIATE

}  // namespace seco::macro
