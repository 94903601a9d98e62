// What has to hold of the answers of materials before anything is solved with them.
#include <fmt/format.h>

#include <Eigen/Cholesky>
#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <tuple>

#include "material_field.h"
#include "seco/plugin/agree.h"
#include "seco/plugin/mandel_tensor.h"

namespace seco::macro {
namespace {

using materials::MandelMatrix;

/// Of the order of bounds, relative to the largest modulus of the upper one: what inverses of
/// stiffnesses and sums over voxels leave in double precision.
constexpr double round_off = 1e-9;
/// Tensors of order four that are asked to be symmetric.
constexpr double largest_asymmetry = 1e-8;
/// Below this fraction of the largest modulus, and without a lower bound above zero, a stiffness
/// cannot be told from none.
constexpr double no_stiffness = 1e-8;

double smallest_eigenvalue(const MandelMatrix& matrix) {
  const Eigen::SelfAdjointEigenSolver<MandelMatrix> solver(matrix, Eigen::EigenvaluesOnly);
  return solver.eigenvalues()(0);
}

/// Whether a symmetric matrix has no eigenvalue below -slack.
bool is_semidefinite(const MandelMatrix& matrix, double slack) {
  const MandelMatrix shifted =
      matrix + slack * MandelMatrix::Identity(matrix.rows(), matrix.cols());
  return Eigen::LLT<MandelMatrix>(shifted).info() == Eigen::Success;
}

/// The strain that a stiffness resists least: "stretch along x".
std::string weakest_strain(const MandelMatrix& matrix) {
  const Eigen::SelfAdjointEigenSolver<MandelMatrix> solver(matrix);
  const Eigen::VectorXd strain = solver.eigenvectors().col(0);
  Eigen::Index largest = 0;
  strain.cwiseAbs().maxCoeff(&largest);
  const char* plane[] = {"stretch along x", "stretch along y", "shear in the plane xy"};
  const char* space[] = {"stretch along x",       "stretch along y",       "stretch along z",
                         "shear in the plane yz", "shear in the plane xz", "shear in the plane xy"};
  const std::string name = matrix.rows() == 3 ? plane[largest] : space[largest];
  return std::abs(strain(largest)) > 0.99 ? name : "a strain that is mostly " + name;
}

/// What is wrong with an entry of a table, empty if nothing is.
template <int dim>
std::string fault(const plugin::StiffnessTable<dim>& table, std::uint32_t entry) {
  using plugin::Bound;
  if (table.status(entry) == plugin::PointStatus::failed) return "the material failed";
  const auto matrix_of = [&](Bound bound) {
    return plugin::to_mandel<dim>(table.stiffness(entry, bound));
  };
  const MandelMatrix lower = matrix_of(Bound::lower), tangent = matrix_of(Bound::estimate),
                     upper = matrix_of(Bound::upper);
  const std::tuple<const char*, const MandelMatrix*, Bound> all[] = {
      {"lower bound", &lower, Bound::lower},
      {"tangent", &tangent, Bound::estimate},
      {"upper bound", &upper, Bound::upper}};
  for (const auto& [name, matrix, bound] : all) {
    if (!matrix->allFinite())
      return fmt::format("the {} of the stiffness has entries that are no finite numbers", name);
    if (const double asymmetry = table.asymmetry(entry, bound); asymmetry > largest_asymmetry)
      return fmt::format(
          "the {} of the stiffness is not symmetric: C_ijkl and C_klij differ by {:.2g} of the "
          "largest entry, where {:g} is allowed as round-off",
          name, asymmetry, largest_asymmetry);
  }
  const double largest = std::max(upper.cwiseAbs().maxCoeff(), tangent.cwiseAbs().maxCoeff());
  const double slack = round_off * largest;
  const auto order = [&](const char* below, const MandelMatrix& less, const char* above,
                         const MandelMatrix& more) -> std::string {
    const MandelMatrix difference = more - less;
    if (is_semidefinite(difference, slack)) return "";
    return fmt::format(
        "the {} of the stiffness is not below the {} in the Loewner order: the smallest "
        "eigenvalue of their difference is {:.3g}, where {:.3g} ({:g} of the largest modulus) is "
        "allowed as round-off",
        below, above, smallest_eigenvalue(difference), -slack, round_off);
  };
  if (const auto text = order("lower bound", lower, "upper bound", upper); !text.empty())
    return text;
  const bool bounded_below = is_semidefinite(lower, -1e-12 * largest);
  for (const auto& [name, matrix] :
       {std::pair<const char*, const MandelMatrix*>("tangent", &tangent),
        std::pair<const char*, const MandelMatrix*>("upper bound", &upper)}) {
    const double own = matrix->cwiseAbs().maxCoeff();
    if (!is_semidefinite(*matrix, 0.) ||
        (!bounded_below && !is_semidefinite(*matrix, -no_stiffness * own)))
      return fmt::format(
          "the {} of the stiffness is {} there: it does not resist {} (its smallest eigenvalue is "
          "{:.3g}, its largest entry {:.3g}), so the body has no unique displacement",
          name, smallest_eigenvalue(*matrix) < -no_stiffness * own ? "indefinite" : "singular",
          weakest_strain(*matrix), smallest_eigenvalue(*matrix), own);
  }
  if (const auto text = order("tangent", tangent, "upper bound", upper); !text.empty()) return text;
  return order("lower bound", lower, "tangent", tangent);
}

}  // namespace

template <int dim>
void MaterialField<dim>::check_declared(std::size_t m) const {
  if (material(m).dependence() == plugin::Dependence::not_declared)
    in_material(m, [&] { require_linear(material(m)); });
}

template <int dim>
void MaterialField<dim>::check_dependence() const {
  for (std::size_t m = 0; m < n_materials(); ++m)
    if (parameters_.materials[m]) check_declared(m);
}

template <int dim>
void MaterialField<dim>::check_stiffnesses() const {
  const auto scope = log_.section("evaluation of materials");
  std::vector<std::string> faults(n_materials());
  std::vector<std::vector<bool>> checked(n_materials());
  for (std::size_t m = 0; m < n_materials(); ++m) checked[m].resize(table(m).n_entries());
  for_local_cells([&](const auto& cell, auto material, auto first) {
    for (unsigned int q = 0; q < problem_.quadrature().size() && faults[material].empty(); ++q) {
      const auto entry = table(material).entry_of(first + q);
      if (checked[material][entry]) continue;
      checked[material][entry] = true;
      const auto text = fault<dim>(table(material), entry);
      if (text.empty()) continue;
      const auto centre = cell->center();
      std::string place;
      for (unsigned int c = 0; c < dim; ++c)
        place += fmt::format("{}{:g}", c > 0 ? ", " : "", centre[c]);
      faults[material] =
          fmt::format("at quadrature point {} of the cell with centre ({}), {}", q, place, text);
    }
  });
  for (std::size_t m = 0; m < n_materials(); ++m) {
    std::string text;
    for (const auto& other : dealii::Utilities::MPI::all_gather(log_.communicator(), faults[m]))
      if (text.empty()) text = other;
    if (text.empty()) continue;
    // Collective, and what the material says itself of its worst RVE.
    const auto reason = material(m).statistics().message;
    throw std::runtime_error(fmt::format("{}: {}: {}{}", parameters_.file, section(m), text,
                                         reason.empty() ? "" : "; " + reason));
  }
}

template void MaterialField<2>::check_declared(std::size_t) const;
template void MaterialField<3>::check_declared(std::size_t) const;
template void MaterialField<2>::check_dependence() const;
template void MaterialField<3>::check_dependence() const;
template void MaterialField<2>::check_stiffnesses() const;
template void MaterialField<3>::check_stiffnesses() const;

}  // namespace seco::macro
