// An engine with a parameter of its own, in a library of its own.
#include "seco/surrogate/engine.h"
#include "seco/plugin/registration.h"

namespace {

namespace materials = seco::materials;
namespace surrogate = seco::surrogate;

double read_weight(materials::ParameterReader& reader, const std::string& section) {
  return reader.number(section, "Weight of Voigt", 0.5, 0, 1,
                       "share of the Voigt average in the estimate, the rest is that of Reuss");
}

/// The estimate between the averages of Voigt and Reuss, with their bounds.
class Mixture : public surrogate::Engine {
 public:
  explicit Mixture(double weight) : weight_(weight) {}
  std::string name() const override { return "mixture"; }
  std::vector<surrogate::Homogenized> homogenize(
      std::span<const materials::Rve> rves,
      const std::function<void(std::size_t)>& progress) const override {
    auto results = surrogate::make_engine("voigt", {})->homogenize(rves, progress);
    const auto reuss = surrogate::make_engine("reuss", {})->homogenize(rves);
    for (std::size_t r = 0; r < results.size(); ++r) {
      results[r].stiffness =
          (weight_ * results[r].stiffness + (1 - weight_) * reuss[r].stiffness).eval();
      results[r].engine = name();
    }
    return results;
  }

 private:
  double weight_;
};

void register_mixture() {
  const auto declare = [](materials::ParameterReader& reader, const std::string& section) {
    read_weight(reader, section);
  };
  surrogate::register_engine("mixture", {"between Voigt and Reuss", "1", declare},
                             [](const surrogate::EngineSettings& settings) {
                               auto own = surrogate::own_parameters(settings, "mixture");
                               return std::make_unique<Mixture>(read_weight(own, ""));
                             });
}

}  // namespace

SECO_REGISTER(register_mixture)
