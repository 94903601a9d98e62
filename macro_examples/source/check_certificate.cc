// What has to hold before anything is solved, printed or written: the answers of the materials, the
// order of the bounds, and equilibrium.
#include <fmt/format.h>

#include <Eigen/Cholesky>
#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>

#include "elasticity_problem.h"
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

/// What is wrong with the answer at a point, empty if nothing is.
std::string fault(const MandelMatrix& lower, const MandelMatrix& tangent,
                  const MandelMatrix& upper) {
  const std::pair<const char*, const MandelMatrix*> all[] = {
      {"lower bound", &lower}, {"tangent", &tangent}, {"upper bound", &upper}};
  for (const auto& [name, matrix] : all) {
    if (!matrix->allFinite())
      return fmt::format("the {} of the stiffness has entries that are no finite numbers", name);
    if (materials::asymmetry(*matrix) > largest_asymmetry)
      return fmt::format(
          "the {} of the stiffness is not symmetric: C_ijkl and C_klij differ by {:.2g} of the "
          "largest entry, where {:g} is allowed as round-off",
          name, materials::asymmetry(*matrix), largest_asymmetry);
  }
  const double largest = std::max(upper.cwiseAbs().maxCoeff(), tangent.cwiseAbs().maxCoeff());
  const double slack = round_off * largest;
  const auto order = [&](const char* below, const MandelMatrix& less, const char* above,
                         const MandelMatrix& more) -> std::string {
    const MandelMatrix difference = 0.5 * (more - less + (more - less).transpose());
    if (is_semidefinite(difference, slack)) return "";
    return fmt::format(
        "the {} of the stiffness is not below the {} in the Loewner order: the smallest "
        "eigenvalue of their difference is {:.3g}, where {:.3g} ({:g} of the largest modulus) is "
        "allowed as round-off",
        below, above, smallest_eigenvalue(difference), -slack, round_off);
  };
  if (const auto text = order("lower bound", lower, "upper bound", upper); !text.empty())
    return text;
  const MandelMatrix symmetric = 0.5 * (tangent + tangent.transpose());
  const bool bounded_below = is_semidefinite(lower, -1e-12 * largest);
  for (const auto& [name, matrix] :
       {std::pair<const char*, const MandelMatrix*>("tangent", &symmetric),
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
void ElasticityProblem<dim>::check_responses() {
  std::vector<std::string> faults(responses_.size());
  std::vector<std::size_t> last(responses_.size(), static_cast<std::size_t>(-1));
  for_local_cells([&](const auto& cell, auto material, auto first) {
    const auto& response = responses_[material];
    for (unsigned int q = 0; q < quadrature_.size() && faults[material].empty(); ++q) {
      // Points that share an RVE mostly come one after another.
      auto& known = last[material];
      const auto i = first + q;
      const bool same = known != static_cast<std::size_t>(-1) &&
                        response.lower[known] == response.lower[i] &&
                        response.upper[known] == response.upper[i] &&
                        response.tangent[known] == response.tangent[i];
      known = i;
      if (same) continue;
      const auto text = fault(plugin::to_mandel<dim>(response.lower[i]),
                              plugin::to_mandel<dim>(response.tangent[i]),
                              plugin::to_mandel<dim>(response.upper[i]));
      if (text.empty()) continue;
      const auto centre = cell->center();
      std::string place;
      for (unsigned int c = 0; c < dim; ++c)
        place += fmt::format("{}{:g}", c > 0 ? ", " : "", centre[c]);
      faults[material] =
          fmt::format("at quadrature point {} of the cell with centre ({}), {}", q, place, text);
    }
  });
  for (std::size_t m = 0; m < responses_.size(); ++m) {
    std::string text;
    for (const auto& other : dealii::Utilities::MPI::all_gather(communicator_, faults[m]))
      if (text.empty()) text = other;
    if (text.empty()) continue;
    // Collective, and what the material says itself of its worst RVE.
    const auto reason = parameters_.materials[m]->statistics().message;
    throw std::runtime_error(fmt::format("{}: section 'Material {}/{}': {}{}", parameters_.file, m,
                                         parameters_.model_names[m], text,
                                         reason.empty() ? "" : "; " + reason));
  }
}

template <int dim>
void ElasticityProblem<dim>::check_energy_bounds(EnergyBounds& bounds) const {
  const bool finite =
      std::isfinite(bounds.upper) && (!bounds.lower || std::isfinite(*bounds.lower));
  const double lower = bounds.lower.value_or(bounds.upper);
  if (finite && lower <= bounds.upper) return;
  if (finite &&
      lower - bounds.upper <= round_off * std::max(std::abs(lower), std::abs(bounds.upper))) {
    bounds = {bounds.upper, lower};
    return;
  }
  throw std::runtime_error(fmt::format(
      "{}: the potential energy would be certified to lie between {:.12g} and {:.12g}, which no "
      "number does. Bounds of a stiffness are wrong, or round-off is larger than their distance",
      parameters_.file, lower, bounds.upper));
}

template <int dim>
void ElasticityProblem<dim>::check_estimate() {
  if (!std::isfinite(potential_) || !std::isfinite(work_))
    throw std::runtime_error(
        fmt::format("{}: the potential energy of the estimate is {}, and the work of the loads {}",
                    parameters_.file, potential_, work_));
  if (!parameters_.certify) return;
  check_energy_bounds(bounds_);
  const double lower = bounds_.lower.value_or(std::min(potential_, bounds_.upper));
  const double inside = std::clamp(potential_, lower, bounds_.upper);
  // Of the materials: a tangent may leave its bounds by so much.
  const double slack = 1e3 * round_off * std::max(std::abs(potential_), std::abs(inside));
  const double error = std::isfinite(error_energy_) ? 0.5 * error_energy_ : std::abs(inside);
  if (std::abs(potential_ - inside) > error + slack)
    throw std::runtime_error(fmt::format(
        "{}: the potential energy of the estimate, {:.12g}, lies outside of its bounds [{:.12g}, "
        "{:.12g}] by more than the energy of its error, {:.3g}; the estimate of a stiffness is "
        "outside of its bounds, or round-off is larger than their distance",
        parameters_.file, potential_, lower, bounds_.upper, error));
  potential_ = inside;
}

template <int dim>
nlohmann::json ElasticityProblem<dim>::describe_equilibrium() const {
  auto errors = nlohmann::json::array();
  nlohmann::json largest = 0.;
  unsigned int n_missed = 0;
  for (const double error : equilibrium_errors_) {
    errors.push_back(std::isfinite(error) ? nlohmann::json(error) : nlohmann::json(nullptr));
    n_missed += !(error <= parameters_.equilibrium_tolerance);
    if (!largest.is_null())
      largest = std::isfinite(error) ? nlohmann::json(std::max(largest.get<double>(), error))
                                     : nlohmann::json(nullptr);
  }
  nlohmann::json result = {{"errors", errors},
                           {"largest_error", largest},
                           {"allowed", parameters_.equilibrium_tolerance},
                           {"missed", n_missed},
                           {"width_of_compliance", solver_width_}};
  if (!direct_reason_.empty()) result["direct_solver"] = direct_reason_;
  if (!no_lower_bound_.empty()) result["no_lower_bound"] = no_lower_bound_;
  if (std::isfinite(error_energy_)) result["energy_of_estimate_error"] = error_energy_;
  return result;
}

template <int dim>
void ElasticityProblem<dim>::take_equilibrium(const nlohmann::json& state) {
  const auto or_nan = [](const nlohmann::json& value) {
    return value.is_null() ? std::numeric_limits<double>::quiet_NaN() : value.get<double>();
  };
  equilibrium_errors_.clear();
  for (const auto& error : state.at("errors")) equilibrium_errors_.push_back(or_nan(error));
  state.at("width_of_compliance").get_to(solver_width_);
  direct_reason_ = state.value("direct_solver", "");
  direct_ = !direct_reason_.empty();
  no_lower_bound_ = state.value("no_lower_bound", "");
  error_energy_ = or_nan(state.value("energy_of_estimate_error", nlohmann::json(nullptr)));
}

#define INSTANTIATE(dim)                                                          \
  template void ElasticityProblem<dim>::check_responses();                        \
  template void ElasticityProblem<dim>::check_energy_bounds(EnergyBounds&) const; \
  template void ElasticityProblem<dim>::check_estimate();                         \
  template nlohmann::json ElasticityProblem<dim>::describe_equilibrium() const;   \
  template void ElasticityProblem<dim>::take_equilibrium(const nlohmann::json&);
INSTANTIATE(2)
INSTANTIATE(3)
#undef INSTANTIATE

}  // namespace seco::macro
