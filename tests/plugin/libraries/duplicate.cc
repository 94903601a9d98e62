#include "material.h"

SECO_REGISTER_MATERIAL(Proportional, "linear elastic", "takes a name that is in use")
