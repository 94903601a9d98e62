#pragma once

#include "crystal_viscoplasticity.h"
#include "hencky.h"
#include "j2_plasticity.h"
#include "linear_elastic.h"
#include "norton_creep.h"
#include "perzyna.h"
#include "ramberg_osgood.h"

namespace seco::materials {

/// Every model that a GPU may hold, by its ModelKind.
#define SECO_FOR_EACH_MODEL(X)  \
  X(LinearElastic)              \
  X(J2Plasticity<SumHardening>) \
  X(J2Plasticity<ShortTable>)   \
  X(Perzyna<SumHardening>)      \
  X(Perzyna<ShortTable>)        \
  X(NortonCreep)                \
  X(RambergOsgood)              \
  X(HenckyPowerLaw)             \
  X(CrystalViscoplasticity)

}  // namespace seco::materials
