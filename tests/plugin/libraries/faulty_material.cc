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
    Proportional<2>::set_points(points, communicator, progress);
    const auto right = Proportional<2>::stiffness_table().stiffness(0, Bound::estimate).tensor();
    table_.clear();
    table_.add(right);
    table_.add(faulty(right));
    std::vector<std::uint32_t> entries;
    for (const auto& point : points) entries.push_back(point.position[0] < 2 ? 0 : 1);
    table_.set_points(std::move(entries));
  }
  seco::plugin::Dependence dependence() const override {
    using seco::plugin::Dependence;
    return fault_ == "not declared"         ? Dependence::not_declared
           : fault_ == "depends on strain"  ? Dependence::strain
           : fault_ == "depends on history" ? Dependence::history
                                            : Dependence::none;
  }
  const seco::plugin::StiffnessTable<2>& stiffness_table() const override { return table_; }

 private:
  using Bound = seco::plugin::Bound;

  seco::plugin::BoundedStiffness<2> faulty(const dealii::SymmetricTensor<4, 2>& right) const {
    seco::plugin::BoundedStiffness<2> s{right, right, right};
    if (fault_ == "order") s.lower *= 1.01;
    // One eigenvalue of the difference is below zero, although the entries on the diagonal and
    // the trace are above.
    if (fault_ == "order of a shear") {
      s.upper *= 1.1;
      s.upper[0][0][1][1] += 0.2 * s.upper[0][0][0][0];
      s.upper[1][1][0][0] += 0.2 * s.upper[0][0][0][0];
    }
    if (fault_ == "round-off") s.lower *= 1 + 1e-13;
    if (fault_ == "tangent above") s.estimate *= 1.01;
    if (fault_ == "no number") s.upper[0][0][0][0] = std::nan("");
    if (fault_ == "not symmetric") s.estimate[0][0][1][1] += 0.1;
    if (fault_ == "failed") s.status = seco::plugin::PointStatus::failed;
    if (fault_ == "no stretch")
      for (auto* C : {&s.lower, &s.estimate, &s.upper}) (*C)[0][0][0][0] = 0;
    if (fault_ == "indefinite")
      for (auto* C : {&s.lower, &s.estimate, &s.upper}) (*C)[1][1][1][1] *= -1;
    return s;
  }

  std::string fault_;
  seco::plugin::StiffnessTable<2> table_;
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
