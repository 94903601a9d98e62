#pragma once

#include "seco/plugin/mandel_tensor.h"
#include "seco/plugin/registration.h"

/// stress = modulus * strain: the smallest material a plugin can bring.
template <int dim>
class Proportional : public seco::plugin::Material<dim> {
 public:
  static void declare_parameters(dealii::ParameterHandler& parameters) {
    parameters.declare_entry("Modulus", "1", dealii::Patterns::Double(0), "stress over strain");
  }
  void parse_parameters(dealii::ParameterHandler& parameters,
                        const seco::plugin::RunSettings&) override {
    modulus_ = parameters.get_double("Modulus");
  }
  void set_points(std::vector<seco::plugin::MaterialPoint<dim>> points, MPI_Comm,
                  const std::function<void(std::size_t, std::size_t)>&) override {
    n_points_ = points.size();
  }
  void evaluate(std::span<const dealii::SymmetricTensor<2, dim>> strain,
                seco::plugin::MaterialResponse<dim>& response) const override {
    response.resize(strain.size());
    for (std::size_t q = 0; q < strain.size(); ++q) {
      response.stress[q] = modulus_ * strain[q];
      response.tangent[q] = response.lower[q] = response.upper[q] =
          modulus_ * dealii::identity_tensor<dim>();
      response.gap[q] = 0;
      response.status[q] = seco::plugin::PointStatus::ok;
    }
  }
  seco::plugin::MaterialStatistics statistics() const override {
    seco::plugin::MaterialStatistics result;
    result.n_points = n_points_;
    return result;
  }

 private:
  double modulus_ = 1;
  std::size_t n_points_ = 0;
};
