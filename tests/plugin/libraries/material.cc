#include "material.h"

SECO_REGISTER_MATERIAL(Proportional, "proportional", "stress proportional to strain")
