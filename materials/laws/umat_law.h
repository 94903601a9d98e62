#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "seco/materials/law.h"

namespace seco::materials {

/// What the user material of a library is called with.
struct UmatSettings {
  std::string library;
  /// PROPS, and the values of STATEV at the beginning.
  std::vector<double> constants, initial_state;
  /// CMNAME, at most 80 characters.
  std::string material_name = "UMAT";
  double temperature = 0;
  /// Whether calls may overlap. Otherwise all laws of a library take turns, since user materials in
  /// Fortran may keep COMMON blocks and SAVE variables.
  bool thread_safe = false;
  /// Whether an unsymmetric DDSDDE is replaced by its symmetric part.
  bool symmetrise = false;
};

/// A law in a shared library with the interface UMAT of Abaqus/Standard (Abaqus User Subroutines
/// Reference Guide), for solids in 3D and small strains: NDI = NSHR = 3; DROT, DFGRD0 and DFGRD1
/// are the identity; NOEL, NPT and KSTEP are 1, KINC is 1 at time 0 and 2 afterwards; COORDS are 0.
/// A phase with an orientation has its user material in crystal axes (as with *ORIENTATION).
///
/// State: stress (6), strain (6), both Mandel in the axes of the RVE, time, STATEV.
///
/// Not a potential: the energy of the answer is NaN, and no bound exists.
class UmatLaw : public Law {
 public:
  /// Loads the library and calls it at zero strain.
  /// @throws std::runtime_error if it cannot be loaded, lacks the symbol `umat_`, `umat` or `UMAT`,
  ///   or its tangent at zero strain is not symmetric positive definite
  UmatLaw(UmatSettings settings, const LawContext& context);
  ~UmatLaw() override;

  std::vector<StateVariable> state_variables() const override;
  std::vector<double> initial_state() const override;
  MandelMatrix elastic_stiffness() const override { return stiffness_; }
  Guarantee guarantee() const override;
  bool depends_on_time() const override { return true; }
  /// Obeys PNEWDT.
  /// @throws std::runtime_error for values that are not finite, a PNEWDT that is not above 0, and
  ///   an unsymmetric DDSDDE
  double respond(const LawPoints& points, const LawAnswer& answer) const override;

 private:
  struct Library;
  struct Point;
  void call(Point& point) const;
  MandelMatrix tangent_of(const Point& point) const;
  [[noreturn]] void fail(const std::string& what) const;

  UmatSettings settings_;
  std::shared_ptr<Library> library_;
  std::string unit_;
  /// From crystal axes to those of the RVE, Mandel.
  MandelMatrix turn_, stiffness_;
};

}  // namespace seco::materials
