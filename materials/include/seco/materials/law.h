#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "seco/materials/mandel.h"
#include "seco/materials/parameter_reader.h"
#include "seco/materials/rotation.h"

namespace seco::materials {

/// A quantity that a law remembers at every point.
struct StateVariable {
  std::string name;
  /// "1" for a pure number, or the unit of the stress.
  std::string unit;
  /// 6 for a symmetric tensor in Mandel notation.
  int n_components = 1;
};

/// Points that a law answers together. Arrays have a row of `n` numbers per component, rows are
/// `stride` numbers apart.
struct LawPoints {
  std::int64_t n = 0, stride = 0;
  /// Total strain at the end of the step, `[6, stride]`, Mandel. For Law::dual the stress.
  const double* field = nullptr;
  /// State at the beginning of the step, `[n_state, stride]`.
  const double* state = nullptr;
  /// Length of the step, in the unit of time of the constants.
  double time_step = 0;
};

/// Where the answer of a law goes; null for what is not wanted.
struct LawAnswer {
  /// Stress at the end of the step, `[6, stride]`.
  double* stress = nullptr;
  /// Derivative of the stress by the strain, upper triangle row by row, `[21, stride]`.
  double* tangent = nullptr;
  /// Incremental energy w, `[stride]`; NaN if the law has none.
  double* energy = nullptr;
  /// State at the end of the step, `[n_state, stride]`. Must not overlap the one at its beginning.
  double* state = nullptr;
};

/// What can be guaranteed for RVEs with a law.
struct Guarantee {
  /// Whether energy and dual energy are a convex conjugate pair, so that admissible fields bound
  /// the energy of a step from both sides.
  bool two_sided = true;
  /// Whether errors of the state do not grow from step to step, so that those of a load path add:
  /// the stored energy is a quadratic form of the state (docs/nonlinear.md).
  bool along_path = true;
  /// Why one of the two is false.
  std::string reason = {};
};

/// The constants of a law as plain numbers, for a GPU that has the same law in its kernels.
struct PlainModel {
  /// Which law it is; a number among those that the kernels of this version know.
  int kind = 0;
  std::vector<std::byte> bytes = {};
};

/// A constitutive law with its constants: small strains, one implicit (backward Euler) step at a
/// time.
///
/// With the state at the beginning of the step frozen, laws with a two-sided guarantee derive from
/// a convex energy and its conjugate:
///
///     w*(s) = s:S:s / 2 + s:ep_n + K*(s)      w(e) = sup_s [s:e - w*(s)]      s(e) = dw/de
///
/// where S is the elastic compliance, ep_n the inelastic strain at the beginning and K* the dual
/// inelastic potential of the step (Halphen and Nguyen 1975, J. de Mecanique 14; Ortiz and Stainier
/// 1999, CMAME 171). Strains and stresses are 3D; plane strain has zeros in the strain.
///
/// Energies are exact to round-off, so that `w + w* - s:e >= 0` holds to round-off at any strain
/// and stress, and vanishes for s = s(e).
class Law {
 public:
  virtual ~Law() = default;
  /// Quantities of the state in order, and their values at the beginning, one per component.
  virtual std::vector<StateVariable> state_variables() const { return {}; }
  virtual std::vector<double> initial_state() const;
  /// Elastic stiffness in the axes of the RVE, 6 x 6; S above is its inverse. Of laws without one
  /// (power laws) a stiffness C with `w*(s) >= s:C^-1:s / 2 + linear` in the convex sense: w* less
  /// that quadratic form is convex.
  virtual MandelMatrix elastic_stiffness() const = 0;
  virtual Guarantee guarantee() const { return {}; }
  /// Whether the answer depends on the length of the time step.
  virtual bool depends_on_time() const { return false; }

  /// Answers at the end of a step.
  /// @return 1, or if a point could not be answered, the fraction of the step to try instead, above
  ///   0 and below 1; the answer is then undefined
  virtual double respond(const LawPoints& points, const LawAnswer& answer) const = 0;
  /// w*, `[n]`: infinity where no strain has the stress. Only with a two-sided guarantee.
  virtual void dual(const LawPoints& points, double* energy) const;

  /// None if only the processor can answer, as by default: RVEs with such a law keep all their laws
  /// there.
  virtual std::optional<PlainModel> plain_model() const { return {}; }

  int n_state() const;
};

/// What a law may need to know of the phase that it is for, besides its parameters.
struct LawContext {
  /// Unit of stresses.
  std::string unit = "MPa";
  /// From crystal axes to those of the RVE, if the phase is a crystal.
  std::optional<Rotation> orientation = {};
  /// Stiffness of the phase in the axes of the RVE, 6 x 6, if the RVE tells.
  std::optional<MandelMatrix> stiffness = {};
};

/// Reads the constants of a law from one section of parameters.
/// @throws ParameterError for constants that are missing, do not fit, or make the law soften
using LawFactory = std::function<std::shared_ptr<const Law>(
    ParameterReader&, const std::string& section, const LawContext&)>;

/// What a law says of itself.
struct LawDescription {
  /// What it is, one line for the user.
  std::string text;
  /// Lines of a parameter file with the constants that it cannot do without.
  std::string example;
};

/// Adds a law under a name; laws in shared libraries call this while they are loaded.
/// @throws std::invalid_argument if the name is taken
void register_law(const std::string& name, const LawDescription& description, LawFactory factory);
/// Registers those of this library. Calling it again has no effect.
void register_builtin_laws();
/// Names of all laws that are registered now, sorted.
std::vector<std::string> law_names();
/// @throws std::invalid_argument for an unknown name, listing the known ones and the nearest match
const LawDescription& law_description(const std::string& name);
/// A law and all of its keys as a documented text in the syntax of parameter files.
/// @throws std::invalid_argument for an unknown name
std::string law_documentation(const std::string& name);

/// Asks for the key `Law` and for the constants of the law that it names, or for `Constants`, a
/// material of the table (law_table.h), whose constants hold where keys do not say otherwise.
/// @throws ParameterError
std::shared_ptr<const Law> read_law(ParameterReader& reader, const std::string& section,
                                    const LawContext& context);

}  // namespace seco::materials
