#include "seco/materials/percolation.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <Eigen/Dense>
#include <algorithm>
#include <vector>

#include "winding_parts.h"

namespace seco::materials {

Percolation percolation(const Rve& rve) {
  Percolation result;
  const int d = result.dimension = rve.dimension();
  std::vector<bool> solid(rve.stiffness.size());
  for (std::size_t p = 0; p < solid.size(); ++p)
    solid[p] = rve.stiffness[p].cwiseAbs().maxCoeff() > 0.;
  if (std::all_of(rve.phase.begin(), rve.phase.end(), [&](auto p) { return bool(solid[p]); }))
    return result;

  std::array<int, 3> n{1, 1, 1};
  for (int a = 0; a < d; ++a) n[a] = rve.shape[a];
  const auto index = [&](int i, int j, int k) {
    return (static_cast<std::size_t>(i) * n[1] + j) * n[2] + k;
  };
  WindingParts parts(rve.n_voxels());
  std::vector<bool> used(rve.n_voxels(), false);
  for (int i = 0; i < n[0]; ++i)
    for (int j = 0; j < n[1]; ++j)
      for (int k = 0; k < n[2]; ++k) {
        if (!solid[rve.phase[index(i, j, k)]]) continue;
        const auto first = index(i, j, k);
        used[first] = true;
        for (int corner = 1; corner < (1 << d); ++corner) {
          std::array<int, 3> place{i, j, k};
          WindingParts::Offset step{};
          for (int a = 0; a < d; ++a)
            if (corner >> a & 1) {
              place[a] = (place[a] + 1) % n[a];
              step[a] = place[a] == 0 ? 1 : 0;
            }
          const auto node = index(place[0], place[1], place[2]);
          used[node] = true;
          parts.join(first, node, step);
        }
      }

  // Strains that some part resists: spanned by sym(w_a w_b), lengths included.
  std::vector<Eigen::MatrixXd> resisted;
  for (const auto& [root, windings] : parts.windings())
    for (std::size_t a = 0; a < windings.size(); ++a)
      for (std::size_t b = a; b < windings.size(); ++b) {
        Eigen::VectorXd v = Eigen::VectorXd::Zero(d), w = v;
        for (int axis = 0; axis < d; ++axis) {
          v[axis] = windings[a][axis] * rve.lengths[axis] / rve.lengths[0];
          w[axis] = windings[b][axis] * rve.lengths[axis] / rve.lengths[0];
        }
        const Eigen::MatrixXd product = v.normalized() * w.normalized().transpose();
        resisted.emplace_back(product + product.transpose());
      }
  const int m = n_mandel_components(d);
  Eigen::MatrixXd span = Eigen::MatrixXd::Zero(
      m, std::max<Eigen::Index>(1, static_cast<Eigen::Index>(resisted.size())));
  for (std::size_t r = 0; r < resisted.size(); ++r) {
    const auto column = static_cast<Eigen::Index>(r);
    for (int i = 0; i < d; ++i) span(i, column) = resisted[r](i, i);
    int c = d;
    for (int i = d - 1; i >= 0; --i)
      for (int j = d - 1; j > i; --j) span(c++, column) = std::sqrt(2.) * resisted[r](i, j);
  }
  const Eigen::FullPivLU<Eigen::MatrixXd> lu(span);
  result.n_singular = m - static_cast<int>(resisted.empty() ? 0 : lu.rank());
  for (int axis = 0; axis < d; ++axis)
    result.singular_axis[axis] = span.row(axis).cwiseAbs().maxCoeff() < 1e-12;

  std::vector<std::size_t> roots;
  for (std::size_t node = 0; node < used.size(); ++node)
    if (used[node] && parts.root(node).first == node) roots.push_back(node);
  result.n_parts = static_cast<int>(roots.size());
  result.n_floating = static_cast<int>(std::count_if(
      roots.begin(), roots.end(), [&](auto root) { return parts.windings().count(root) == 0; }));
  return result;
}

std::string describe(const Percolation& percolation) {
  std::string text;
  std::vector<int> axes;
  for (int axis = 0; axis < percolation.dimension; ++axis)
    if (percolation.singular_axis[axis]) axes.push_back(axis);
  if (!axes.empty())
    text = fmt::format("the solid does not percolate along axis {}: it has no stiffness there",
                       fmt::join(axes, ", "));
  else if (percolation.n_singular > 0)
    text = fmt::format(
        "the solid percolates in too few directions: it has no stiffness against at least {} of "
        "{} independent mean strains",
        percolation.n_singular, n_mandel_components(percolation.dimension));
  if (percolation.n_floating > 0 && percolation.n_floating < percolation.n_parts)
    text += fmt::format("{}{} part{} of the solid float{} in the void", text.empty() ? "" : "; ",
                        percolation.n_floating, percolation.n_floating == 1 ? "" : "s",
                        percolation.n_floating == 1 ? "s" : "");
  return text;
}

}  // namespace seco::materials
