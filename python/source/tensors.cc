#include "tensors.h"

#include <stdexcept>
#include <utility>

namespace seco::python {

namespace py = pybind11;
using surrogate::DlpackTensor;

namespace {

// The names are those of the protocol.
constexpr const char* fresh = "dltensor";
constexpr const char* used = "used_dltensor";

void release(PyObject* capsule) {
  if (PyCapsule_IsValid(capsule, fresh) != 0)
    surrogate::ReleaseDlpack()(static_cast<DLManagedTensor*>(PyCapsule_GetPointer(capsule, fresh)));
}

}  // namespace

DlpackTensor taken(const py::object& capsule) {
  if (capsule.is_none()) return {};
  if (PyCapsule_IsValid(capsule.ptr(), fresh) == 0)
    throw std::invalid_argument(
        "expected is what __dlpack__() returns, a capsule 'dltensor' that nobody has taken yet");
  DlpackTensor tensor(static_cast<DLManagedTensor*>(PyCapsule_GetPointer(capsule.ptr(), fresh)));
  PyCapsule_SetName(capsule.ptr(), used);
  return tensor;
}

std::vector<DlpackTensor> taken(const py::list& capsules) {
  std::vector<DlpackTensor> tensors;
  for (const auto& capsule : capsules)
    tensors.push_back(taken(py::reinterpret_borrow<py::object>(capsule)));
  return tensors;
}

py::capsule given(DlpackTensor tensor) {
  auto capsule = py::reinterpret_steal<py::capsule>(PyCapsule_New(tensor.get(), fresh, &release));
  if (!capsule) throw py::error_already_set();
  static_cast<void>(tensor.release());
  return capsule;
}

py::list given(std::vector<DlpackTensor> tensors) {
  py::list capsules;
  for (auto& tensor : tensors) capsules.append(given(std::move(tensor)));
  return capsules;
}

}  // namespace seco::python
