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
    table_.clear();
    table_.set_points(
        std::vector(points.size(), table_.add(modulus_ * dealii::identity_tensor<dim>())));
  }
  seco::plugin::Dependence dependence() const override { return seco::plugin::Dependence::none; }
  const seco::plugin::StiffnessTable<dim>& stiffness_table() const override { return table_; }
  seco::plugin::MaterialStatistics statistics() const override {
    seco::plugin::MaterialStatistics result;
    result.n_points = table_.n_points();
    return result;
  }

 private:
  double modulus_ = 1;
  seco::plugin::StiffnessTable<dim> table_;
};
