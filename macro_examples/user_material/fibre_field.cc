// A composite of continuous fibres whose direction is a field: tows that a placement machine steers
// around a notch, or the grain of wood around a knot. The stiffness of the straight composite is
// homogenized once, with guaranteed bounds, and turned into the direction of the fibres at every
// point.
#include <Eigen/Geometry>
#include <sstream>

#include "seco/materials/generator_parameters.h"
#include "seco/materials/generators.h"
#include "seco/materials/rotation.h"
#include "seco/materials/text.h"
#include "seco/plugin/agree.h"
#include "seco/plugin/expressions.h"
#include "seco/plugin/mandel_tensor.h"
#include "seco/plugin/parameters.h"
#include "seco/plugin/registration.h"
#include "seco/surrogate/engine.h"

namespace {

using seco::materials::MandelMatrix;
using seco::plugin::HandlerParameters;

/// The smallest rotation that takes x, the axis of the straight fibres, to a direction of length 1.
seco::materials::Rotation from_x_to(const Eigen::Vector3d& direction) {
  return Eigen::Quaterniond::FromTwoVectors(Eigen::Vector3d::UnitX(), direction).toRotationMatrix();
}

template <int dim>
class FibreField : public seco::plugin::Material<dim> {
 public:
  static void declare_parameters(dealii::ParameterHandler& handler) {
    HandlerParameters parameters(handler, HandlerParameters::Mode::declare);
    FibreField().read(parameters, "MPa");
  }

  void parse_parameters(dealii::ParameterHandler& handler,
                        const seco::plugin::RunSettings& run) override {
    HandlerParameters parameters(handler, HandlerParameters::Mode::read, run.folder);
    read(parameters, run.unit);
    homogenize(parameters);
  }

  void set_points(std::vector<seco::plugin::MaterialPoint<dim>> points, MPI_Comm communicator,
                  const std::function<void(std::size_t, std::size_t)>&) override {
    communicator_ = communicator;
    table_.clear();
    std::vector<std::uint32_t> entry_of_point;
    // One rank may hold the only point with a bad direction; all must leave together.
    seco::plugin::run_together(communicator, [&] {
      for (const auto& point : points) {
        const auto rotation = from_x_to(direction_at(point.position));
        entry_of_point.push_back(
            table_.add({turned(straight_.stiffness, rotation), turned(straight_.lower, rotation),
                        turned(straight_.upper, rotation), straight_.gap, status_}));
      }
    });
    table_.set_points(std::move(entry_of_point));
  }

  /// A linear material: stress = C : strain, whatever the strain.
  seco::plugin::Dependence dependence() const override { return seco::plugin::Dependence::none; }

  const seco::plugin::StiffnessTable<dim>& stiffness_table() const override { return table_; }

  /// How anisotropic phases lie in the straight composite, whose fibres are along x.
  std::vector<std::string> notes() const override { return seco::materials::notes_on(cell_); }

  seco::plugin::MaterialStatistics statistics() const override {
    seco::plugin::MaterialStatistics result;
    result.n_points = dealii::Utilities::MPI::sum(std::uint64_t(table_.n_points()), communicator_);
    result.n_rves[straight_.engine] = 1;
    result.worst_gap = result.mean_gap = straight_.gap;
    if (status_ != seco::plugin::PointStatus::ok) {
      result.n_unreliable_rves = 1;
      result.message = straight_.message;
    }
    return result;
  }

 private:
  /// Declares the parameters or reads them, as the reader does.
  void read(seco::materials::ParameterReader& parameters, const std::string& unit) {
    const auto matrix =
        seco::materials::read_stiffness(parameters, "", "Matrix", "3500, 0.35", unit,
                                        "stiffness of the matrix, for example 'E, nu'");
    const auto fibre = seco::materials::read_stiffness(parameters, "", "Fibre", "74000, 0.22", unit,
                                                       "stiffness of the fibres");
    cell_.type = "fibres";
    cell_.axis = 0;
    cell_.unit = unit;
    cell_.matrix = matrix;
    cell_.inclusion = fibre;
    cell_.n_inclusions = 4;
    cell_.volume_fraction = parameters.number("", "Fibre volume fraction", 0.4, 0, 0.6,
                                              "volume fraction of the fibres");
    // The straight composite does not change along x, so one voxel is enough there.
    const int n = static_cast<int>(
        parameters.integer("", "Grid", 32, 8, 512, "voxels across the fibres, in both directions"));
    cell_.shape = {1, n, n};
    cell_.lengths = {1. / n, 1, 1};
    cell_.seed = static_cast<std::uint64_t>(
        parameters.integer("", "Seed", 1, 0, 1 << 30, "seed of the places of the fibres"));
    tolerance_ = parameters.number("", "Tolerance", 1e-3, 1e-10, 0.5,
                                   "largest relative gap between the bounds of the stiffness");
    expression_ = parameters.text("", "Fibre direction", dim == 2 ? "1; 0" : "1; 0; 0",
                                  "components of the direction of the fibres as expressions of "
                                  "position, separated by ;, of any length but zero");
    std::string wrong;
    try {
      const auto components = seco::materials::split(expression_, ';');
      if (components.size() == dim)
        direction_ = seco::plugin::parse_expressions<dim>(components);
      else
        wrong = "it has " + std::to_string(components.size()) + " expressions";
    } catch (const std::invalid_argument& error) {
      wrong = error.what();
    }
    if (!wrong.empty())
      parameters.refuse("", "Fibre direction",
                        wrong + "; allowed are " + std::to_string(dim) + " expressions in " +
                            dealii::FunctionParser<dim>::default_variable_names() +
                            " separated by ;");
  }

  /// Homogenizes the straight composite, with fibres along x.
  void homogenize(seco::materials::ParameterReader& parameters) {
    try {
      const auto rve = seco::materials::generate(cell_);
      seco::surrogate::EngineSettings settings;
      settings.tolerance = tolerance_;
      straight_ = seco::surrogate::make_engine("certified", settings)->homogenize({&rve, 1}).at(0);
    } catch (const seco::materials::PackingError& error) {
      parameters.refuse("", "Fibre volume fraction", error.what());
    }
    using seco::surrogate::Status;
    if (straight_.status == Status::failed)
      parameters.refuse("", "Tolerance", "the engine failed: " + straight_.message);
    if (straight_.status != Status::ok) status_ = seco::plugin::PointStatus::unreliable;
  }

  Eigen::Vector3d direction_at(const dealii::Point<dim>& position) const {
    Eigen::Vector3d direction = Eigen::Vector3d::Zero();
    for (unsigned int c = 0; c < dim; ++c) direction[c] = direction_->value(position, c);
    const double length = direction.norm();
    if (!(length > 1e-12) || !std::isfinite(length)) {
      std::ostringstream message;
      message << "'Fibre direction' = " << expression_ << " has length " << length << " at ("
              << position << "); allowed is any finite length but zero";
      throw std::runtime_error(message.str());
    }
    return direction / length;
  }

  /// Both bounds turn with the material: Q A Q^T <= Q B Q^T where A <= B, and so do parts of them.
  static dealii::SymmetricTensor<4, dim> turned(const MandelMatrix& stiffness,
                                                const seco::materials::Rotation& rotation) {
    const auto result = seco::materials::rotate(stiffness, rotation);
    return seco::plugin::to_tensor<dim>(dim == 3 ? result : seco::materials::plane_strain(result));
  }

  seco::materials::GeneratorSettings cell_;
  double tolerance_ = 0;
  std::string expression_;
  std::shared_ptr<dealii::FunctionParser<dim>> direction_;
  seco::surrogate::Homogenized straight_;
  seco::plugin::PointStatus status_ = seco::plugin::PointStatus::ok;
  seco::plugin::StiffnessTable<dim> table_;
  MPI_Comm communicator_ = MPI_COMM_SELF;
};

}  // namespace

SECO_REGISTER_MATERIAL(FibreField, "fibre field",
                       "continuous fibres whose direction is a function of position")
