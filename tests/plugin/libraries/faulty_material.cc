#include "material.h"

/// The proportional material with a fault at the points beyond x = 2, which the host has to find.
class Faulty : public Proportional<2> {
 public:
  static void declare_parameters(dealii::ParameterHandler& parameters) {
    Proportional<2>::declare_parameters(parameters);
    parameters.declare_entry("Fault", "none", dealii::Patterns::Anything(), "which");
  }
  void parse_parameters(dealii::ParameterHandler& parameters,
                        const seco::plugin::RunSettings& run) override {
    Proportional<2>::parse_parameters(parameters, run);
    fault_ = parameters.get("Fault");
  }
  void set_points(std::vector<seco::plugin::MaterialPoint<2>> points, MPI_Comm communicator,
                  const std::function<void(std::size_t, std::size_t)>& progress) override {
    positions_ = points;
    Proportional<2>::set_points(std::move(points), communicator, progress);
  }
  void evaluate(std::span<const dealii::SymmetricTensor<2, 2>> strain,
                seco::plugin::MaterialResponse<2>& response) const override {
    Proportional<2>::evaluate(strain, response);
    for (std::size_t q = 0; q < strain.size(); ++q) {
      if (positions_[q].position[0] < 2) continue;
      if (fault_ == "order") response.lower[q] *= 1.01;
      // One eigenvalue of the difference is below zero, although the entries on the diagonal and
      // the trace are above.
      if (fault_ == "order of a shear") {
        response.upper[q] *= 1.1;
        response.upper[q][0][0][1][1] += 0.2 * response.upper[q][0][0][0][0];
        response.upper[q][1][1][0][0] += 0.2 * response.upper[q][0][0][0][0];
      }
      if (fault_ == "round-off") response.lower[q] *= 1 + 1e-13;
      if (fault_ == "tangent above") response.tangent[q] *= 1.01;
      if (fault_ == "no number") response.upper[q][0][0][0][0] = std::nan("");
      if (fault_ == "not symmetric") response.tangent[q][0][0][1][1] += 0.1;
      if (fault_ == "no stretch") {
        for (auto* C : {&response.lower[q], &response.tangent[q], &response.upper[q]})
          (*C)[0][0][0][0] = 0;
      }
      if (fault_ == "indefinite")
        for (auto* C : {&response.lower[q], &response.tangent[q], &response.upper[q]})
          (*C)[1][1][1][1] *= -1;
    }
  }

 private:
  std::string fault_;
  std::vector<seco::plugin::MaterialPoint<2>> positions_;
};

namespace {
void register_in_2d() {
  seco::plugin::register_material<2>(
      "faulty", "proportional, with a fault", __FILE__,
      [](dealii::ParameterHandler& p) { Faulty::declare_parameters(p); },
      [] { return std::make_unique<Faulty>(); });
}
}  // namespace
SECO_REGISTER(register_in_2d)
