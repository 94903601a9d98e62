#pragma once

#include <array>
#include <utility>

namespace seco::plugin {

/// The components of a symmetric tensor in the order of Voigt and Mandel notation.
template <int dim>
constexpr std::array<std::pair<unsigned int, unsigned int>, dim*(dim + 1) / 2> component_pairs() {
  if constexpr (dim == 2)
    return {{{0, 0}, {1, 1}, {0, 1}}};
  else
    return {{{0, 0}, {1, 1}, {2, 2}, {1, 2}, {0, 2}, {0, 1}}};
}

}  // namespace seco::plugin
