#pragma once

#include <deal.II/lac/exceptions.h>
#include <petscsys.h>

namespace seco::macro {

/// @throws dealii::ExcPETScError if a function of PETSc has not returned success
inline void check_petsc(PetscErrorCode error) {
  AssertThrow(error == 0, dealii::ExcPETScError(error));
}

}  // namespace seco::macro
