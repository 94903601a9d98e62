#pragma once

#include <string>

#include "seco/materials/labelled_grid.h"
#include "seco/materials/microstructure_file.h"

namespace seco::materials {

/// Readers of grids whose points are crystals; see docs/microstructure_files.md for what is read.
/// Errors as of `read_microstructure`.

/// EBSD map as text of EDAX (.ang), also as orix, EMsoft and ASTAR write it: angles in radians.
LabelledGrid read_ang(const std::string& path, const MicrostructureOptions& options);
/// EBSD map as text of Oxford Instruments (.ctf, channel text file): angles in degrees.
LabelledGrid read_ctf(const std::string& path, const MicrostructureOptions& options);
/// EBSD map of Oxford Instruments in HDF5 (.h5oina): angles in radians.
LabelledGrid read_h5oina(const std::string& path, const MicrostructureOptions& options);
/// Crystal map of orix in HDF5: angles in radians.
LabelledGrid read_orix(const std::string& path, const MicrostructureOptions& options);
/// Raster tessellation of Neper (.tesr).
LabelledGrid read_tesr(const std::string& path, const MicrostructureOptions& options);
/// Text with a line per voxel, as EVPFFT reads it: angles in degrees.
LabelledGrid read_evpfft(const std::string& path, const MicrostructureOptions& options);
/// Voxels of kanapy (JSON): angles in radians.
LabelledGrid read_kanapy(const std::string& path, const MicrostructureOptions& options);

}  // namespace seco::materials
