#pragma once

/// One function per file of this room, which registers the law that the file has.
namespace seco::materials {

void register_linear_elastic();
void register_j2_plasticity();
void register_norton_creep();
void register_perzyna();
void register_ramberg_osgood();
void register_hencky();
void register_crystal_viscoplasticity();
void register_umat_law();

}  // namespace seco::materials
