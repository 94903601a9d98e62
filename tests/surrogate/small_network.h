#pragma once

#include "field_network.h"

namespace seco::test {

/// The s-ECO network of two levels that tests train or take as it is.
inline surrogate::NetworkSettings small_network(int dimension) {
  surrogate::NetworkSettings settings;
  settings.dimension = dimension;
  settings.width = 8;
  settings.levels = 2;
  return settings;
}

}  // namespace seco::test
