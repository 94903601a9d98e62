#include "bindings.h"
#include "call.h"
#include "seco/materials/law.h"
#include "seco/surrogate/engine.h"
#include "seco/surrogate/versions.h"

/// The part of the package that is compiled. Arguments are what `seco/*.py` has checked and
/// converted; what does not fit is refused here all the same.
PYBIND11_MODULE(_core, module) {
  seco::surrogate::register_builtin_engines();
  seco::materials::register_builtin_laws();
  seco::python::bind_rve(module);
  seco::python::bind_engines(module);
  seco::python::bind_deformation(module);
  seco::python::bind_training(module);
  seco::python::bind_network(module);
  seco::python::count_calls_of_children();
  pybind11::module_::import("atexit").attr("register")(
      pybind11::cpp_function(&seco::python::end_calls));
  module.attr("__version__") = SECO_VERSION;
  module.def("engine_names", &seco::surrogate::engine_names);
  module.def("law_names", &seco::materials::law_names);
  module.def("law_documentation", &seco::materials::law_documentation);
  module.def("version_report", [] { return seco::surrogate::version_report(SECO_VERSION); });
}
