#include "rve_answers.h"

#include <algorithm>

namespace seco::plugin {

template <int dim>
void RveAnswers<dim>::clear() {
  table_.clear();
  rest_.clear();
  out_of_plane_.clear();
  engines_.clear();
  reasons_.clear();
}

template <int dim>
typename RveAnswers<dim>::Rest RveAnswers<dim>::rest_of(std::size_t rve,
                                                        const RveAnswer<dim>& answer) {
  const auto known = std::find(engines_.begin(), engines_.end(), answer.engine);
  const auto engine = static_cast<std::uint32_t>(known - engines_.begin());
  if (known == engines_.end()) engines_.push_back(answer.engine);
  reasons_.erase(rve);
  if (!answer.reason.empty()) reasons_[rve] = answer.reason;
  return {answer.digest, answer.wanted_gap, engine};
}

template <int dim>
void RveAnswers<dim>::add(const RveAnswer<dim>& answer) {
  rest_.push_back(rest_of(rest_.size(), answer));
  if (dim == 2) out_of_plane_.push_back(answer.out_of_plane);
  table_.add(answer.stiffness, answer.lower, answer.upper, answer.gap, answer.status);
}

template <int dim>
void RveAnswers<dim>::replace(std::size_t rve, const RveAnswer<dim>& answer) {
  rest_[rve] = rest_of(rve, answer);
  if (dim == 2) out_of_plane_[rve] = answer.out_of_plane;
  table_.replace(static_cast<std::uint32_t>(rve), answer.stiffness, answer.lower, answer.upper,
                 answer.gap, answer.status);
}

template <int dim>
void RveAnswers<dim>::keep_refined(std::size_t rve, double wanted_gap, const std::string& reason) {
  rest_[rve].wanted_gap = wanted_gap;
  reasons_.erase(rve);
  if (!reason.empty()) reasons_[rve] = reason;
}

template <int dim>
RveAnswer<dim> RveAnswers<dim>::operator[](std::size_t rve) const {
  const auto entry = static_cast<std::uint32_t>(rve);
  return {table_.stiffness(entry, Bound::estimate),
          table_.stiffness(entry, Bound::lower),
          table_.stiffness(entry, Bound::upper),
          dim == 2 ? out_of_plane_[rve] : RveAnswer<dim>::not_known(),
          gap(rve),
          status(rve),
          engine(rve),
          reason(rve),
          wanted_gap(rve),
          digest(rve)};
}

template <int dim>
std::string RveAnswers<dim>::reason(std::size_t rve) const {
  const auto found = reasons_.find(rve);
  return found == reasons_.end() ? "" : found->second;
}

template class RveAnswers<2>;
template class RveAnswers<3>;

}  // namespace seco::plugin
