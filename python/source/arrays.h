#pragma once

#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include <string>
#include <vector>

#include "seco/materials/rve.h"

namespace seco::python {

/// Arrays that come in: of this type and in C order, or they are refused.
using Doubles = pybind11::array_t<double, pybind11::array::c_style>;

/// An array that takes the numbers over; nothing is copied.
Doubles owned(std::vector<double> numbers, const std::vector<pybind11::ssize_t>& shape);

/// A view of memory that belongs to `owner`, which it keeps alive; it cannot be written.
template <typename Number>
pybind11::array view(const Number* numbers, const std::vector<pybind11::ssize_t>& shape,
                     const pybind11::object& owner) {
  pybind11::array result(pybind11::dtype::of<Number>(), shape, numbers, owner);
  pybind11::detail::array_proxy(result.ptr())->flags &=
      ~pybind11::detail::npy_api::NPY_ARRAY_WRITEABLE_;
  return result;
}

Doubles array_of(const materials::MandelMatrix& matrix);
Doubles array_of(const materials::MandelVector& vector);
/// `[N, rows, columns]` or `[N, rows]` of equal ones.
Doubles array_of(const std::vector<materials::MandelMatrix>& matrices);

/// A row of m numbers. @throws std::invalid_argument for another size or numbers that are not
/// finite
/// @param name of the argument, for the message
materials::MandelVector vector_of(const Doubles& array, int n_components, const std::string& name);

/// Axes of a field of this RVE with these axes before the grid.
std::vector<pybind11::ssize_t> field_shape(const materials::Rve& rve,
                                           std::vector<pybind11::ssize_t> before);

/// The numbers of a field `[loads, components, n...]`. @throws std::invalid_argument for another
/// shape or numbers that are not finite
/// @return number of loads
std::size_t check_field(const Doubles& array, const materials::Rve& rve, int n_components,
                        const std::string& name);

}  // namespace seco::python
