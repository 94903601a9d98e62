#include "material.h"

namespace {
void register_in_2d() {
  seco::plugin::register_material<2>(
      "plane only", "stress proportional to strain, in plane strain", __FILE__,
      [](dealii::ParameterHandler& p) { Proportional<2>::declare_parameters(p); },
      [] { return std::make_unique<Proportional<2>>(); });
}
}  // namespace
SECO_REGISTER(register_in_2d)
