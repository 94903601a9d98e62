// A material with history behind the interface: plasticity, driven as a host would.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "seco/plugin/cell_state.h"
#include "support/message_of.h"

using namespace seco::plugin;

namespace {

using Strain = dealii::SymmetricTensor<2, 3>;

/// J2 plasticity with linear isotropic hardening, by radial return (J. C. Simo, T. J. R. Hughes,
/// Computational Inelasticity, 1998, box 3.1): |dev sigma| <= sqrt(2/3) (yield_stress + hardening
/// alpha), with the equivalent plastic strain alpha.
class Plastic : public Material<3> {
 public:
  static constexpr double bulk = 170e3, shear = 80e3, yield_stress = 200, hardening = 5e3;

  Dependence dependence() const override { return Dependence::history; }
  void parse_parameters(dealii::ParameterHandler&, const RunSettings&) override {}
  MaterialStatistics statistics() const override { return {}; }

  void set_points(std::vector<MaterialPoint<3>> points, MPI_Comm,
                  const std::function<void(std::size_t, std::size_t)>&) override {
    points_ = std::move(points);
    begin_.assign(points_.size(), {});
    end_ = begin_;
  }

  void evaluate(const LoadStep&, std::span<const Strain> strain, Request request,
                MaterialResponse<3>& response) override {
    response.resize(strain.size(), request);
    for (std::size_t q = 0; q < strain.size(); ++q)
      end_[q] = returned(strain[q], begin_[q], q, request, response);
  }

  void accept() override { begin_ = end_; }
  void reject() override { end_ = begin_; }

  StateRecords state() const override {
    std::vector<double> values;
    for (const auto& state : begin_) {
      values.insert(values.end(), state.plastic_strain.begin_raw(), state.plastic_strain.end_raw());
      values.push_back(state.alpha);
    }
    return pack_by_cell<3>(points_, values);
  }

  void restore(std::vector<MaterialPoint<3>> points, MPI_Comm communicator,
               const std::function<void(std::size_t, std::size_t)>& progress,
               const FindRecords& find) override {
    set_points(std::move(points), communicator, progress);
    const auto values = unpack_by_cell<3>(points_, n_variables, find);
    for (std::size_t q = 0; q < points_.size(); ++q) {
      const double* const v = values.data() + q * n_variables;
      std::copy(v, v + 6, begin_[q].plastic_strain.begin_raw());
      begin_[q].alpha = v[6];
    }
    end_ = begin_;
  }

 private:
  static constexpr std::size_t n_variables = 7;
  struct State {
    Strain plastic_strain;
    double alpha = 0;
  };

  static State returned(const Strain& strain, State state, std::size_t q, Request request,
                        MaterialResponse<3>& response) {
    const auto one = dealii::unit_symmetric_tensor<3>();
    const auto projector = dealii::deviator_tensor<3>();
    const auto trial = Strain(2 * shear * (dealii::deviator(strain) - state.plastic_strain));
    const double norm = trial.norm();
    const double excess = norm - std::sqrt(2. / 3) * (yield_stress + hardening * state.alpha);
    double multiplier = 0, theta = 1;
    Strain direction;
    if (excess > 0) {
      multiplier = excess / (2 * shear + 2. / 3 * hardening);
      theta = 1 - 2 * shear * multiplier / norm;
      direction = trial / norm;
      state.plastic_strain += multiplier * direction;
      state.alpha += std::sqrt(2. / 3) * multiplier;
    }
    response.stress[q] =
        bulk * dealii::trace(strain) * one + trial - 2 * shear * multiplier * direction;
    if (request >= Request::tangent) {
      const double kept = excess > 0 ? 1 / (1 + hardening / (3 * shear)) - (1 - theta) : 0.;
      response.tangent[q] = bulk * dealii::outer_product(one, one) + 2 * shear * theta * projector -
                            2 * shear * kept * dealii::outer_product(direction, direction);
    }
    return state;
  }

  std::vector<MaterialPoint<3>> points_;
  std::vector<State> begin_, end_;
};

/// Points of cells, two in each.
std::vector<MaterialPoint<3>> some_points() {
  std::vector<MaterialPoint<3>> points(6);
  for (unsigned int q = 0; q < points.size(); ++q) {
    points[q].cell = 1000 + q / 2;
    points[q].quadrature_point = q % 2;
  }
  return points;
}

/// Shears of different size at the points, gamma = 2 eps_xy.
std::vector<Strain> shears(double factor) {
  std::vector<Strain> strain(6);
  for (std::size_t q = 0; q < strain.size(); ++q)
    strain[q][0][1] = 0.5 * factor * (1 + 0.1 * static_cast<double>(q));
  return strain;
}

std::vector<double> shear_stresses(Material<3>& material, double factor) {
  MaterialResponse<3> response;
  material.evaluate({0, 1}, shears(factor), Request::stress, response);
  std::vector<double> result;
  for (const auto& stress : response.stress) result.push_back(stress[0][1]);
  return result;
}

const double yield_in_shear = Plastic::yield_stress / std::sqrt(3.);

}  // namespace

TEST(History, TheStressDependsOnThePathAndEnergyIsLost) {
  Plastic material;
  material.set_points(some_points(), MPI_COMM_SELF, {});
  // tau = tau_y + H' (gamma - tau_y / G) with H' = G H / (3 G + H), beyond gamma_y = 0.0014.
  constexpr double G = Plastic::shear, H = Plastic::hardening;
  const auto loaded = shear_stresses(material, 0.01);
  EXPECT_NEAR(loaded[0], yield_in_shear + G * H / (3 * G + H) * (0.01 - yield_in_shear / G),
              1e-9 * loaded[0]);
  material.accept();
  // Back to the strain of the begin: -G gamma_p remains, where the direct way leads to zero.
  const auto unloaded = shear_stresses(material, 0.);
  Plastic fresh;
  fresh.set_points(some_points(), MPI_COMM_SELF, {});
  const auto direct = shear_stresses(fresh, 0.);
  for (std::size_t q = 0; q < unloaded.size(); ++q) {
    EXPECT_EQ(direct[q], 0.);
    EXPECT_LT(unloaded[q], -0.5 * yield_in_shear);
  }
  // A closed cycle of small steps takes work.
  double work = 0, last_stress = 0, last = 0;
  for (int step = 1; step <= 80; ++step) {
    const double gamma = 0.01 * std::sin(M_PI / 40 * step);
    const double stress = shear_stresses(fresh, gamma)[0];
    fresh.accept();
    work += 0.5 * (stress + last_stress) * (gamma - last);
    last_stress = stress;
    last = gamma;
  }
  EXPECT_GT(work, 3 * yield_in_shear * 0.01);
}

TEST(History, AStepMayBeTriedAgain) {
  Plastic material;
  material.set_points(some_points(), MPI_COMM_SELF, {});
  shear_stresses(material, 0.004);
  material.accept();
  const auto once = shear_stresses(material, 0.006);
  // Iterations of a step start from its begin, whatever was tried before.
  shear_stresses(material, -0.02);
  EXPECT_EQ(shear_stresses(material, 0.006), once);
  shear_stresses(material, -0.02);
  material.reject();
  material.accept();
  EXPECT_EQ(shear_stresses(material, 0.006), once);
  shear_stresses(material, -0.02);
  material.accept();
  EXPECT_GT(std::abs(shear_stresses(material, 0.006)[0] - once[0]), 1.);
}

TEST(History, TheTangentIsTheDerivativeOfTheStress) {
  Plastic material;
  material.set_points(some_points(), MPI_COMM_SELF, {});
  auto strain = shears(0.01);
  for (auto& e : strain) e[0][0] = 0.002;
  MaterialResponse<3> response, ahead, behind;
  material.evaluate({0, 1}, strain, Request::tangent, response);
  EXPECT_TRUE(response.upper.empty());
  Strain change;
  change[0][0] = 0.3;
  change[1][2] = 0.7;
  change[0][1] = -0.4;
  constexpr double h = 1e-7;
  for (const double sign : {1., -1.}) {
    auto moved = strain;
    for (auto& e : moved) e += sign * h * change;
    material.evaluate({0, 1}, moved, Request::stress, sign > 0 ? ahead : behind);
  }
  for (std::size_t q = 0; q < strain.size(); ++q) {
    const auto expected = Strain((ahead.stress[q] - behind.stress[q]) / (2 * h));
    EXPECT_LT((response.tangent[q] * change - expected).norm(), 1e-6 * expected.norm());
  }
}

TEST(History, IsFoundAgainOnOtherPointsOfTheRank) {
  Plastic material;
  material.set_points(some_points(), MPI_COMM_SELF, {});
  shear_stresses(material, 0.01);
  material.accept();
  shear_stresses(material, 0.5);  // not accepted, so not kept
  const auto records = material.state();
  EXPECT_EQ(records.size(), 3u);
  const FindRecords find = [&](const std::vector<std::string>& keys) {
    std::vector<std::string> values;
    for (const auto& key : keys) values.push_back(records.at(key));
    return values;
  };
  const auto expected = [&] {
    material.reject();
    return shear_stresses(material, 0.003);
  }();
  // Another order; and a part of the cells, as on more ranks.
  for (const std::vector<std::size_t>& order :
       {std::vector<std::size_t>{5, 0, 3, 1, 4, 2}, std::vector<std::size_t>{5, 4}}) {
    std::vector<MaterialPoint<3>> points;
    std::vector<Strain> strain;
    for (const auto q : order) {
      points.push_back(some_points()[q]);
      strain.push_back(shears(0.003)[q]);
    }
    Plastic restored;
    restored.restore(points, MPI_COMM_SELF, {}, find);
    MaterialResponse<3> response;
    restored.evaluate({1, 2}, strain, Request::stress, response);
    for (std::size_t i = 0; i < order.size(); ++i)
      EXPECT_EQ(response.stress[i][0][1], expected[order[i]]);
  }
  // A record of another material is refused.
  const auto other = pack_by_cell<3>(some_points(), std::vector<double>(12, 1.));
  Plastic restored;
  const auto message = seco::test::message_of([&] {
    restored.restore(some_points(), MPI_COMM_SELF, {}, [&](const auto& keys) {
      return std::vector<std::string>(keys.size(), other.begin()->second);
    });
  });
  EXPECT_NE(message.find("7 variables"), std::string::npos) << message;
}

TEST(History, HostsOfLinearElasticityRefuseIt) {
  const Plastic material;
  const auto message = seco::test::message_of([&] { require_linear(material); });
  EXPECT_NE(message.find("depends on its history"), std::string::npos) << message;
  EXPECT_THROW(material.stiffness_table(), std::logic_error);
}
