// The shared library seco_s_eco brings the engine of trained s-ECO networks.
#include "seco/plugin/registration.h"
#include "seco/surrogate/engine.h"

namespace {
void register_s_eco() {
  seco::surrogate::register_s_eco_engine();
}
}  // namespace

SECO_REGISTER(register_s_eco)
