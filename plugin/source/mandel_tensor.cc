#include "seco/plugin/mandel_tensor.h"

#include <cmath>

#include "component_pairs.h"

namespace seco::plugin {
namespace {

template <int dim>
double weight(unsigned int component) {
  return component < dim ? 1. : std::sqrt(2.);
}

}  // namespace

template <int dim>
dealii::SymmetricTensor<4, dim> to_tensor(const materials::MandelMatrix& matrix) {
  constexpr auto pairs = component_pairs<dim>();
  dealii::SymmetricTensor<4, dim> tensor;
  for (unsigned int a = 0; a < pairs.size(); ++a)
    for (unsigned int b = 0; b < pairs.size(); ++b)
      tensor[pairs[a].first][pairs[a].second][pairs[b].first][pairs[b].second] =
          matrix(a, b) / (weight<dim>(a) * weight<dim>(b));
  return tensor;
}

template <int dim>
materials::MandelMatrix to_mandel(const dealii::SymmetricTensor<4, dim>& tensor) {
  constexpr auto pairs = component_pairs<dim>();
  materials::MandelMatrix matrix(pairs.size(), pairs.size());
  for (unsigned int a = 0; a < pairs.size(); ++a)
    for (unsigned int b = 0; b < pairs.size(); ++b)
      matrix(a, b) = tensor[pairs[a].first][pairs[a].second][pairs[b].first][pairs[b].second] *
                     weight<dim>(a) * weight<dim>(b);
  return matrix;
}

template <int dim>
materials::MandelMatrix to_mandel(const StiffnessTriangle<dim>& triangle) {
  constexpr unsigned int n = StiffnessTriangle<dim>::n_strains;
  double coefficients[StiffnessTriangle<dim>::n_coefficients];
  triangle.to_mandel(coefficients);
  const double* next = coefficients;
  materials::MandelMatrix matrix(n, n);
  for (unsigned int a = 0; a < n; ++a)
    for (unsigned int b = a; b < n; ++b) matrix(a, b) = matrix(b, a) = *next++;
  return matrix;
}

template dealii::SymmetricTensor<4, 2> to_tensor<2>(const materials::MandelMatrix&);
template dealii::SymmetricTensor<4, 3> to_tensor<3>(const materials::MandelMatrix&);
template materials::MandelMatrix to_mandel<2>(const dealii::SymmetricTensor<4, 2>&);
template materials::MandelMatrix to_mandel<3>(const dealii::SymmetricTensor<4, 3>&);
template materials::MandelMatrix to_mandel<2>(const StiffnessTriangle<2>&);
template materials::MandelMatrix to_mandel<3>(const StiffnessTriangle<3>&);

}  // namespace seco::plugin
