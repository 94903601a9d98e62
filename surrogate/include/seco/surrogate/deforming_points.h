#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "seco/surrogate/deformation.h"

namespace seco::surrogate {

/// How points with RVEs are answered. What a switch saves is measured in docs/nonlinear.md; results
/// have the same guarantee with and without.
struct PointSettings {
  /// Newton steps after which a point is not answered, and iterations of conjugate gradients after
  /// which a step ends.
  unsigned int max_newton_steps = 25, max_iterations = 500;
  /// Points none of whose voxels has ever left the elastic range are answered by the superposed
  /// fields of unit strains, and store nothing.
  bool superpose_elastic = true;
  /// The displacements of the unit strains of a point's tangent are kept, in single precision: with
  /// them the next displacement is extrapolated, and the next tangent starts from them.
  bool keep_tangent_fields = true;
  /// A kept tangent is answered again while the mean tangent M of the voxels is near that of its
  /// own, M0: `|M0^-1/2 (M - M0) M0^-1/2|` (Frobenius) at most this; 0 for a new one each time.
  /// From the fifth evaluation of a step on half as much each time, and 0 after reject().
  double tangent_change = 0.1;
  /// Kept tangents are answered to all points with the same RVE that are as near. Needs kept
  /// fields.
  bool share_tangents = true;
  /// As in DeformationSettings.
  bool single_precision_state = false;
  /// Folder of a scratch file in which points keep states and fields, and RVEs of one point theirs;
  /// empty for memory. The file has no name, and nothing is left of it when the process ends.
  std::string state_folder;
  /// Processes that share memory and disk, this one included, each of which gets its part.
  int n_processes = 1;
};

/// What is asked of points.
struct PointRequest {
  /// As in DeformationSettings.
  double tolerance = 1e-3;
  StopCriterion criterion = StopCriterion::certified;
  bool tangent = true;
  /// Largest residual of the fields of the tangent, relative in the energy norm; its error is of
  /// second order in it.
  double tangent_accuracy = 3e-3;
};

/// The answer of a point; Mandel notation, in the unit of its RVE.
struct PointResponse {
  /// False if no equilibrium was found, and why: the step has to be cut to `step_ratio` of it.
  bool answered = false;
  FailureReason failure;
  double step_ratio = 0.5;
  materials::MandelVector stress;
  /// In 2D, plane strain, the mean stresses zz, yz and xz out of the plane; else 0.
  std::array<double, 3> out_of_plane{};
  /// Empty if not asked for.
  materials::MandelMatrix tangent;
  /// `<w>`, an upper bound of the potential W of the increment, and a gap such that `W >= energy -
  /// gap`: infinity where none is known, and for elastic points unless the criterion is
  /// `certified`.
  double energy = 0, gap = 0;
  /// Guaranteed error of the stress in the norm of the mean elastic compliance, and that norm of
  /// the stress.
  double error = 0, stress_norm = 0;
  /// Whether the tolerance is met.
  bool converged = false;
  /// Whether superposed elastic fields were the answer.
  bool elastic = false;
};

/// The microscale work of all evaluations so far, in applications of the operator with its
/// preconditioner to one load case.
struct PointWork {
  std::uint64_t n_evaluations = 0, n_elastic = 0, n_failed = 0;
  std::uint64_t newton_steps = 0;
  /// Of conjugate gradients: on increments, and on tangents, where each counts for all unit
  /// strains.
  std::uint64_t iterations = 0, tangent_iterations = 0;
  /// Tangents that were computed.
  std::uint64_t n_tangents = 0;
  /// Evaluations of residual and certificate.
  std::uint64_t residuals = 0;
  std::uint64_t total() const { return iterations + tangent_iterations + residuals; }
};

/// Points of a structure, each with an RVE with nonlinear laws and a history of its own; many may
/// share an RVE. All mean strains are prescribed, and increments are those of backward Euler: what
/// is evaluated as often as wanted for a step belongs to the state at its begin, until `accept`.
/// On the CPU, threads share the points.
class DeformingPoints {
 public:
  /// @param rve_of_point which of the RVEs a point has
  /// @throws std::invalid_argument for RVEs of different grids, a phase without a law, or states
  ///   and fields that need more memory or disk than there is, if all points leave the elastic
  ///   range; std::runtime_error here and later, where the scratch file cannot be made or written
  DeformingPoints(std::vector<LawRve> rves, std::vector<std::uint32_t> rve_of_point,
                  const PointSettings& settings);
  ~DeformingPoints();
  DeformingPoints(DeformingPoints&&) noexcept;

  std::size_t size() const;
  /// Answers at the end of a step of this length. @param strain one per point
  /// @param request its tolerance is that of points without one of their own
  /// @throws std::invalid_argument if a strain or the time step is not a finite number
  std::vector<PointResponse> evaluate(double time_step,
                                      std::span<const materials::MandelVector> strain,
                                      const PointRequest& request);
  /// `<w*>` of the stress in equilibrium of the last evaluation, shifted to these means: an upper
  /// bound of the conjugate of W; infinity where the shifted stress cannot be carried or a law has
  /// no conjugate. @throws std::logic_error before the first evaluation of a step
  std::vector<double> dual_energy(std::span<const materials::MandelVector> stress);
  /// From now on a point is answered to this tolerance, also after accept() and reject(). Tangents
  /// and start fields stay. @throws std::invalid_argument if it is not positive
  void set_tolerance(std::size_t point, double tolerance);
  /// The point's own tolerance; none if that of the request holds.
  std::optional<double> tolerance(std::size_t point) const;

  /// The step ends with the strains that were evaluated last.
  void accept();
  /// The step is given up.
  void reject();

  /// The same for some of the points, each of them at most once; nothing happens to the others.
  /// Several threads may ask for different points at a time. @param points their numbers
  /// @throws std::invalid_argument also for a number that is no point's
  std::vector<PointResponse> evaluate(std::span<const std::size_t> points, double time_step,
                                      std::span<const materials::MandelVector> strain,
                                      const PointRequest& request);
  void accept(std::span<const std::size_t> points);
  void reject(std::span<const std::size_t> points);

  /// All that later steps depend on, of a point, its tolerance too. @throws std::invalid_argument
  /// if the numbers are not those of such a point
  std::vector<double> save(std::size_t point) const;
  void restore(std::size_t point, std::span<const double> numbers);
  /// Mean strain at the begin of the step.
  const materials::MandelVector& strain(std::size_t point) const;
  /// The state at the begin of the step, for the RVE of the point alone, with the displacement from
  /// which the last evaluation was started if it had no answer. @param time at the begin
  DeformationStart start_of(std::size_t point, double time) const;

  /// Mean over the RVE of a quantity of one number of the state, by its name; 0 in voxels without.
  double mean_state(std::size_t point, const std::string& variable) const;
  /// Whether the point has left the elastic range at an earlier step.
  bool has_history(std::size_t point) const;
  const PointWork& work() const;
  /// PointWork::total() of a point from the beginning to the end of the last step.
  std::uint64_t last_work(std::size_t point) const;
  /// Bytes that a point takes that has left the elastic range.
  double bytes_per_point() const;
  /// Those of a point with this RVE, without making any.
  /// @throws std::invalid_argument for a phase without a law
  static double bytes_per_point(const LawRve& rve, const PointSettings& settings);

 private:
  class Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace seco::surrogate
