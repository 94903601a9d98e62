#include <memory>
#include <stdexcept>
#include <utility>

#include "bindings.h"
#include "call.h"
#include "seco/surrogate/trained_network.h"
#include "tensors.h"

namespace seco::python {

namespace py = pybind11;
using materials::Rve;
using surrogate::TrainedNetwork;

namespace {

TrainedNetwork::Prediction predict(TrainedNetwork& network,
                                   const std::vector<std::shared_ptr<Rve>>& rves, bool training,
                                   bool differentiable) {
  std::vector<Rve> batch;
  for (const auto& rve : rves) {
    if (!rve) throw std::invalid_argument("argument rve is None");
    batch.push_back(*rve);
  }
  if (batch.empty()) throw std::invalid_argument("argument rve holds no RVE");
  return run([&] { return network.predict(batch, training, differentiable); });
}

py::list derivatives(const TrainedNetwork::Prediction& prediction, const py::object& by_strain,
                     const py::object& by_stress) {
  auto strain = taken(by_strain), stress = taken(by_stress);
  return given(run([&] { return prediction.derivatives(std::move(strain), std::move(stress)); }));
}

}  // namespace

void bind_network(py::module_& module) {
  py::class_<TrainedNetwork::Prediction>(module, "Prediction")
      .def("strain", [](const TrainedNetwork::Prediction& p) { return given(p.strain()); })
      .def("stress", [](const TrainedNetwork::Prediction& p) { return given(p.stress()); })
      .def("derivatives", &derivatives);
  py::class_<TrainedNetwork>(module, "Network")
      .def(py::init([](const std::string& folder) {
        return run([&] { return std::make_unique<TrainedNetwork>(folder); });
      }))
      .def_property_readonly("dimension", &TrainedNetwork::dimension)
      .def_property_readonly("weight_names", &TrainedNetwork::weight_names)
      .def("weights", [](const TrainedNetwork& network) { return given(network.weights()); })
      .def("set_weights",
           [](TrainedNetwork& network, const py::list& weights) {
             auto tensors = taken(weights);
             // In turn: another thread may be predicting.
             run([&] { network.set_weights(std::move(tensors)); });
           })
      .def("predict", &predict)
      .def("save", [](const TrainedNetwork& network, const std::string& folder) {
        run([&] { network.save(folder); });
      });
}

}  // namespace seco::python
