#include <fmt/format.h>

#include "seco/materials/elastic_constants.h"
#include "seco/materials/generator_parameters.h"
#include "seco/materials/rotation.h"
#include "seco/plugin/mandel_tensor.h"
#include "seco/plugin/out_of_plane_stress.h"
#include "seco/plugin/parameters.h"
#include "seco/plugin/registration.h"

namespace seco::plugin {
namespace {

/// A homogeneous linear elastic material of any symmetry class, stress = C : strain; its bounds are
/// exact.
template <int dim>
class LinearElastic : public Material<dim>, public OutOfPlaneStress {
 public:
  static void declare_parameters(dealii::ParameterHandler& handler) {
    HandlerParameters parameters(handler, HandlerParameters::Mode::declare);
    read(parameters, "MPa");
  }

  void parse_parameters(dealii::ParameterHandler& handler, const RunSettings& run) override {
    HandlerParameters parameters(handler, HandlerParameters::Mode::read, run.folder);
    const auto given = read(parameters, run.unit);
    stiffness_ =
        to_tensor<dim>(dim == 2 && given.rows() == 6 ? materials::plane_strain(given) : given);
    if (given.rows() == 6) stiffness_3d_ = given;
  }

  void set_points(std::vector<MaterialPoint<dim>> points, MPI_Comm communicator,
                  const std::function<void(std::size_t, std::size_t)>&) override {
    communicator_ = communicator;
    table_.clear();
    table_.set_points(std::vector(points.size(), table_.add(stiffness_)));
  }

  Dependence dependence() const override { return Dependence::none; }

  const StiffnessTable<dim>& stiffness_table() const override { return table_; }

  bool has_out_of_plane_stress() const override { return stiffness_3d_.rows() == 6; }
  std::array<double, 3> out_of_plane_stress(std::size_t, const Strain& strain) const override {
    return plugin::out_of_plane_stress(stiffness_3d_, strain);
  }

  MaterialStatistics statistics() const override {
    MaterialStatistics result;
    result.n_points =
        dealii::Utilities::MPI::sum(static_cast<std::uint64_t>(table_.n_points()), communicator_);
    return result;
  }

 private:
  /// 6 x 6, or 3 x 3 of plane strain.
  static materials::MandelMatrix read(materials::ParameterReader& parameters,
                                      const std::string& unit) {
    const auto value =
        parameters.text("", "Stiffness", "70e3, 0.33",
                        "stiffness in the unit of the run: " + materials::stiffness_help());
    const auto angles = parameters.numbers(
        "", "Orientation", {0, 0, 0}, "Bunge Euler angles in degrees from crystal to sample axes");
    if (angles.size() != 3) parameters.refuse("", "Orientation", "expected 3 angles");
    materials::MandelMatrix stiffness;
    try {
      stiffness = materials::stiffness_from_text(value, unit, dim);
    } catch (const std::invalid_argument& error) {
      parameters.refuse("", "Stiffness", error.what());
    }
    if (stiffness.rows() == 3) {
      if (angles != std::vector<double>{0, 0, 0})
        parameters.refuse("", "Orientation",
                          "allowed is 0, 0, 0 with a plane strain matrix, which cannot be turned "
                          "out of its plane");
      return stiffness;
    }
    constexpr double degree = M_PI / 180;
    return materials::rotate(
        stiffness,
        materials::from_euler(angles[0] * degree, angles[1] * degree, angles[2] * degree));
  }

  dealii::SymmetricTensor<4, dim> stiffness_;
  /// 6 x 6; empty if only that of plane strain is known.
  materials::MandelMatrix stiffness_3d_;
  StiffnessTable<dim> table_;
  MPI_Comm communicator_ = MPI_COMM_SELF;
};

}  // namespace

SECO_REGISTER_MATERIAL(LinearElastic, "linear elastic",
                       "homogeneous linear elasticity of any symmetry class and orientation")

}  // namespace seco::plugin
