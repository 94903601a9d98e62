#include "seco/plugin/stiffness_table.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

#include "component_pairs.h"

namespace seco::plugin {
namespace {

constexpr auto nowhere = static_cast<std::uint32_t>(-1);

/// Calls function(row, column, i, j, k, l) for the upper triangle, row by row.
template <int dim, typename Function>
void for_triangle(const Function& function) {
  constexpr auto pairs = component_pairs<dim>();
  for (unsigned int a = 0; a < pairs.size(); ++a)
    for (unsigned int b = a; b < pairs.size(); ++b)
      function(pairs[a].first, pairs[a].second, pairs[b].first, pairs[b].second);
}

template <int dim>
double asymmetry_of(const dealii::SymmetricTensor<4, dim>& C) {
  double largest = 0, difference = 0;
  for_triangle<dim>([&](auto i, auto j, auto k, auto l) {
    largest = std::max({largest, std::abs(C[i][j][k][l]), std::abs(C[k][l][i][j])});
    difference = std::max(difference, std::abs(C[i][j][k][l] - C[k][l][i][j]));
  });
  return largest > 0 ? difference / largest : 0.;
}

}  // namespace

template <int dim>
StiffnessTriangle<dim>::StiffnessTriangle(const dealii::SymmetricTensor<4, dim>& stiffness) {
  unsigned int n = 0;
  for_triangle<dim>([&](auto i, auto j, auto k, auto l) { values[n++] = stiffness[i][j][k][l]; });
}

template <int dim>
dealii::SymmetricTensor<4, dim> StiffnessTriangle<dim>::tensor() const {
  dealii::SymmetricTensor<4, dim> result;
  unsigned int n = 0;
  for_triangle<dim>([&](auto i, auto j, auto k, auto l) {
    result[i][j][k][l] = result[k][l][i][j] = values[n++];
  });
  return result;
}

template <int dim>
void StiffnessTable<dim>::clear() {
  stiffnesses_.clear();
  entries_.clear();
  entry_of_point_.clear();
  asymmetries_.clear();
}

template <int dim>
std::uint32_t StiffnessTable<dim>::append(const Triangle& stiffness) {
  if (stiffnesses_.empty() || stiffnesses_.back().size() == chunk_size) stiffnesses_.emplace_back();
  stiffnesses_.back().push_back(stiffness);
  return static_cast<std::uint32_t>((stiffnesses_.size() - 1) * chunk_size +
                                    stiffnesses_.back().size() - 1);
}

template <int dim>
void StiffnessTable<dim>::keep(Entry& entry, const std::array<const Triangle*, 3>& stiffnesses) {
  const auto own = entry.places;
  std::array<std::uint32_t, 3> places{};
  for (unsigned int b = 0; b < 3; ++b) {
    unsigned int same = 0;
    while (same < b && !(*stiffnesses[same] == *stiffnesses[b])) ++same;
    if (same < b) {
      places[b] = places[same];
      continue;
    }
    // A place of its own that no other of the three has taken.
    const auto free = std::find_if(own.begin(), own.end(), [&](std::uint32_t place) {
      return place != nowhere &&
             std::find(places.begin(), places.begin() + b, place) == places.begin() + b;
    });
    if (free == own.end()) {
      places[b] = append(*stiffnesses[b]);
    } else {
      places[b] = *free;
      stiffnesses_[*free / chunk_size][*free % chunk_size] = *stiffnesses[b];
    }
  }
  entry.places = places;
}

template <int dim>
std::uint32_t StiffnessTable<dim>::add(const Triangle& estimate, const Triangle& lower,
                                       const Triangle& upper, double gap, PointStatus status) {
  auto& entry = entries_.emplace_back(Entry{{nowhere, nowhere, nowhere}, status, gap});
  keep(entry, {&estimate, &upper, &lower});
  return static_cast<std::uint32_t>(entries_.size() - 1);
}

template <int dim>
std::uint32_t StiffnessTable<dim>::add(const BoundedStiffness<dim>& stiffness) {
  const auto entry = add(Triangle(stiffness.estimate), Triangle(stiffness.lower),
                         Triangle(stiffness.upper), stiffness.gap, stiffness.status);
  constexpr double round_off = 1e-12;
  for (const auto& [bound, tensor] :
       {std::pair(Bound::estimate, &stiffness.estimate), std::pair(Bound::lower, &stiffness.lower),
        std::pair(Bound::upper, &stiffness.upper)})
    if (const double found = asymmetry_of<dim>(*tensor); found > round_off)
      asymmetries_[{entry, bound}] = found;
  return entry;
}

template <int dim>
std::uint32_t StiffnessTable<dim>::add(const Tensor& stiffness) {
  return add({stiffness, stiffness, stiffness, 0, PointStatus::ok});
}

template <int dim>
void StiffnessTable<dim>::replace(std::uint32_t number, const Triangle& estimate,
                                  const Triangle& lower, const Triangle& upper, double gap,
                                  PointStatus status) {
  auto& entry = entries_.at(number);
  entry.gap = gap;
  entry.status = status;
  keep(entry, {&estimate, &upper, &lower});
  for (const auto bound : {Bound::estimate, Bound::lower, Bound::upper})
    asymmetries_.erase({number, bound});
}

template <int dim>
void StiffnessTable<dim>::set_points(std::vector<std::uint32_t> entry_of_point) {
  for (const auto entry : entry_of_point)
    if (entry >= entries_.size())
      throw std::out_of_range("a point has entry " + std::to_string(entry) +
                              " of a table of stiffnesses that has " +
                              std::to_string(entries_.size()) + " entries");
  entry_of_point_ = std::move(entry_of_point);
  if (!stiffnesses_.empty()) stiffnesses_.back().shrink_to_fit();
  stiffnesses_.shrink_to_fit();
  entries_.shrink_to_fit();
}

template <int dim>
double StiffnessTable<dim>::asymmetry(std::uint32_t entry, Bound bound) const {
  const auto found = asymmetries_.find({entry, bound});
  return found == asymmetries_.end() ? 0. : found->second;
}

template <int dim>
std::size_t StiffnessTable<dim>::memory_consumption() const {
  std::size_t n = stiffnesses_.capacity() * sizeof(stiffnesses_[0]);
  for (const auto& chunk : stiffnesses_) n += chunk.capacity() * sizeof(Triangle);
  return sizeof(*this) + n + entries_.capacity() * sizeof(Entry) +
         entry_of_point_.capacity() * sizeof(std::uint32_t);
}

template struct StiffnessTriangle<2>;
template struct StiffnessTriangle<3>;
template class StiffnessTable<2>;
template class StiffnessTable<3>;

}  // namespace seco::plugin
