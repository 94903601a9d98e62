#include <fmt/format.h>

#include <Eigen/Eigenvalues>
#include <cmath>

#include "seco/materials/percolation.h"
#include "seco/surrogate/homogenized.h"

namespace seco::surrogate {

std::string to_string(Status status) {
  switch (status) {
    case Status::ok:
      return "ok";
    case Status::not_converged:
      return "not converged";
    case Status::unreliable:
      return "unreliable";
    case Status::one_sided:
      return "one-sided";
    case Status::failed:
      return "failed";
  }
  return "failed";
}

namespace {

bool is_finite(const Homogenized& result) {
  return result.stiffness.allFinite() && result.upper.allFinite() && result.lower.allFinite() &&
         std::isfinite(result.gap);
}

}  // namespace

bool bounds_in_order(const Homogenized& result) {
  if (!is_finite(result)) return false;
  const auto m = result.upper.rows();
  materials::MandelMatrix difference = result.upper - result.lower;
  const double largest = result.upper.diagonal().maxCoeff();
  if (!(largest > 0)) return false;
  // Every load counts by itself: stiffnesses along the axes may differ by orders of magnitude.
  materials::MandelVector scale(m);
  for (Eigen::Index i = 0; i < m; ++i)
    scale[i] = 1. / std::sqrt(std::max(result.upper(i, i), 1e-16 * largest));
  difference = (scale.asDiagonal() * difference * scale.asDiagonal()).eval();
  constexpr double tolerance = 1e-12;
  const Eigen::SelfAdjointEigenSolver<materials::MandelMatrix> solver(difference,
                                                                      Eigen::EigenvaluesOnly);
  return solver.eigenvalues().minCoeff() >= -tolerance;
}

void check_bounds(Homogenized& result) {
  if (result.status == Status::failed || bounds_in_order(result)) return;
  result.status = Status::failed;
  result.message =
      is_finite(result)
          ? "the lower bound lies above the upper one, so that neither can be trusted: round-off "
            "of phases that are too different, or an engine that is wrong"
          : "the computed fields are not finite";
}

std::string verdict(const Homogenized& result, double largest_gap) {
  if (result.status != Status::ok)
    return fmt::format("{}: {}", to_string(result.status), result.message);
  if (result.gap <= largest_gap) return "";
  return fmt::format("the certified gap is {:.3g}, allowed by 'Largest gap' is {:.3g}", result.gap,
                     largest_gap);
}

void explain_voids(const materials::Rve& rve, Homogenized& result) {
  if (result.status != Status::one_sided) return;
  const auto sentence = materials::describe(materials::percolation(rve));
  if (!sentence.empty()) result.message += "; " + sentence;
}

}  // namespace seco::surrogate
