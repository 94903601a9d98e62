#pragma once

#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <vector>

#include "seco/surrogate/dlpack.h"

namespace seco::python {

/// What `__dlpack__` of an array has returned, of which the capsule is the owner no longer; empty
/// for None. @throws std::invalid_argument for another object, or one that was taken before
surrogate::DlpackTensor taken(const pybind11::object& capsule);
std::vector<surrogate::DlpackTensor> taken(const pybind11::list& capsules);

/// A capsule for `from_dlpack` of array libraries.
pybind11::capsule given(surrogate::DlpackTensor tensor);
pybind11::list given(std::vector<surrogate::DlpackTensor> tensors);

}  // namespace seco::python
