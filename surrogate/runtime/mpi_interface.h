#pragma once

#ifdef SECO_WITH_MPI
// The C interface alone, without the C++ bindings that MPI dropped.
#define OMPI_SKIP_MPICXX 1
#define MPICH_SKIP_MPICXX 1
#include <mpi.h>
#endif
