#pragma once

#include <deal.II/base/mpi.h>
#include <deal.II/base/parameter_handler.h>
#include <deal.II/base/point.h>
#include <deal.II/base/symmetric_tensor.h>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "seco/materials/rve.h"
#include "seco/plugin/local_response.h"
#include "seco/plugin/stiffness_table.h"

namespace seco::plugin {

/// A quadrature point that a material is asked about.
template <int dim>
struct MaterialPoint {
  dealii::Point<dim> position;
  dealii::Point<dim> cell_center;
  /// A number of the cell that does not depend on how the mesh is distributed over ranks.
  std::uint64_t cell = 0;
  unsigned int quadrature_point = 0;
};

/// What the stress at the end of a step depends on, besides the point.
enum class Dependence : std::uint8_t {
  /// The material does not say, so no host can tell whether what it computes holds.
  not_declared,
  /// Nothing: stress = C : strain with a constant C of each point, which a table of stiffnesses
  /// gives. Only with these are energies bounded by bounds of C.
  none,
  /// The strain at the end of the step.
  strain,
  /// What has happened before, which the material keeps as its state, and the time step.
  history
};

/// How the points of a cell that a host has refined take over what a material remembers of the
/// points of the cell before.
enum class StateTransfer : std::uint8_t {
  /// Not at all: hosts must not refine.
  impossible,
  /// Each takes the state of the nearest point of the cell before, so that whatever holds for a
  /// state holds for the new one.
  nearest,
  /// Each takes a convex combination of the states of the cell before, which keeps what is convex:
  /// signs, tensors without trace, bounds by convex functions.
  combination
};

/// A step of time, in the unit of time of the host.
struct LoadStep {
  double begin = 0, end = 0;
  double duration() const { return end - begin; }
};

/// What a host wants of each point; each of them with those before.
enum class Request : std::uint8_t { stress, tangent, bounds };

/// What a material answers to strains, one entry per point; in the unit of the run. What was not
/// asked for is empty.
template <int dim>
struct MaterialResponse {
  std::vector<dealii::SymmetricTensor<2, dim>> stress;
  /// Upper bound of the incremental energy density w at the end of the step, whose derivative by
  /// the strain is the stress: with the state at the begin frozen, what is stored at the end and
  /// was dissipated meanwhile. NaN where the material has no energy.
  std::vector<double> energy;
  /// Consistent tangent d stress / d strain.
  std::vector<dealii::SymmetricTensor<4, dim>> tangent;
  /// Guaranteed bounds of the tangent in the Loewner order, lower <= C <= upper; both equal it
  /// where the material is known exactly.
  std::vector<dealii::SymmetricTensor<4, dim>> lower, upper;
  /// Largest relative gap of the unit load cases.
  std::vector<double> gap;
  std::vector<PointStatus> status;
  /// 1, or where a point could not be answered the fraction of the step to try instead, above 0 and
  /// below 1; the answer is then undefined.
  double step_fraction = 1;
  /// Why, a clause for messages; may be empty.
  std::string failure;

  /// The energy is NaN until it is set.
  void resize(std::size_t n_points, Request request);
};

/// A point that a material has had no answer for.
struct FailedPoint {
  /// As in MaterialResponse.
  double step_fraction = 1;
  /// As in MaterialPoint; of several points the worst is the first by fraction, cell and point.
  std::uint64_t cell = 0;
  unsigned int quadrature_point = 0;
  /// Coordinates, and why there is no answer, for messages.
  std::string position, reason;

  template <typename Archive>
  void serialize(Archive& archive, unsigned int) {
    archive& step_fraction& cell& quadrature_point& position& reason;
  }
};

/// A quantity of the points of a material beside strain and stress, for output.
struct PointQuantity {
  /// Of the field in files: lower case, with underscores.
  std::string name;
  /// One per point of `Material::set_points`.
  std::vector<double> values;
};

/// What a material has done so far, over all ranks.
struct MaterialStatistics {
  /// Different RVEs, per engine that gave the answer in use.
  std::map<std::string, std::uint64_t> n_rves;
  std::uint64_t n_points = 0;
  /// RVEs whose answer was sought again with smaller gaps, each counted once.
  std::uint64_t n_refined_rves = 0;
  std::uint64_t n_unreliable_rves = 0;
  /// Results that came from a cache on disk instead of an engine.
  std::uint64_t n_cached_rves = 0;
  /// Mean time that the ranks were at work over that of the one that was longest: 1 if none had to
  /// wait for others.
  double balance = 1;
  /// Whether RVEs have gaps at all times, and not only in a step.
  bool has_gaps = true;
  double worst_gap = 0;
  /// Mean over the RVEs.
  double mean_gap = 0;
  /// Seconds of the slowest rank spent in the microscale.
  double seconds = 0;
  /// Processor time spent there, of all threads of all ranks: the work, also on shared cores.
  double cpu_seconds = 0;
  /// One sentence about the worst RVE that is not as asked.
  std::string message;
  /// RVE files of the worst of those, each of which can be homogenized again alone.
  std::vector<std::string> unconverged_rve_files;
  /// Choices that the engine of the first rank has made from what it measured (the other ranks
  /// choose for themselves), one sentence each.
  std::vector<std::string> notes;
};

/// Settings that all materials of a run share.
struct RunSettings {
  /// Unit of stress and moduli: Pa, kPa, MPa or GPa.
  std::string unit = "MPa";
  /// Folder that relative paths of the parameters start from.
  std::string folder;
  /// Folder of the results; empty for a run that writes none.
  std::string output_directory;
  /// Whether the host will ask for smaller gaps with `Material::refine`.
  bool goal_oriented = false;
  /// Whether the host will ask for an audit.
  bool audited = false;
  /// Whether the host only checks its input: nothing is written.
  bool checked_only = false;
};

/// What a goal-oriented loop knows of one RVE: how much of the width of a certified quantity is due
/// to the gap of this RVE, at all points of all ranks that use it.
struct RveShare {
  double share = 0;
  /// Present largest relative gap of the unit load cases.
  double gap = 0;
  /// Whether the material can make the gap smaller.
  bool improvable = true;
  /// True on exactly one of the ranks that use the RVE, for sums over ranks.
  bool counted = true;
};

/// What another engine says of RVEs, and what it takes.
struct Audit {
  /// RVEs that were homogenized again, and all.
  std::uint64_t n_rves = 0, n_all_rves = 0;
  /// As in MaterialStatistics.
  double seconds = 0, cpu_seconds = 0;
  /// Largest violation of the bounds: the Loewner order of each bound and the opposite bound of the
  /// other engine is missed by at most this eigenvalue, relative to the largest modulus. Not above
  /// round-off if all is well.
  double largest_violation = 0;
};

/// What a material keeps for a later run: bytes under keys of bytes, neither of which depend on how
/// the mesh is distributed over ranks.
using StateRecords = std::map<std::string, std::string>;
/// Takes one of them.
using TakeRecord = std::function<void(const std::string& key, std::string_view value)>;

/// Finds the values that were kept under keys; on every rank for itself.
class FindRecords {
 public:
  using Keys = std::vector<std::string>;
  /// Takes the value of the key of a number.
  using Take = std::function<void(std::size_t key, std::string_view value)>;

  /// @param find finds the values of keys, in their order
  template <typename Find>
  requires std::is_invocable_r_v < std::vector<std::string>,
  const Find&,
      const Keys& >
          FindRecords(Find find)  // NOLINT(google-explicit-constructor): hosts hand over functions
      : visit_([find = std::move(find)](const Keys& keys, const Take& take) {
          const std::vector<std::string> values = find(keys);
          for (std::size_t k = 0; k < values.size(); ++k) take(k, values[k]);
        }) {}
  /// @param visit hands over the value of each of the keys, which are different, in any order
  static FindRecords one_by_one(std::function<void(const Keys&, const Take&)> visit);

  /// All values, in the order of the keys.
  /// @throws std::runtime_error if nothing was kept under one of them
  std::vector<std::string> operator()(const Keys& keys) const;
  /// The same one by one, in any order, for values that do not fit into memory together.
  void visit(const Keys& keys, const Take& take) const { visit_(keys, take); }

 private:
  FindRecords() = default;
  std::function<void(const Keys&, const Take&)> visit_;
};

/// The material of one material id: the interface that a plugin implements.
///
/// The host calls `parse_parameters` once and `set_points` whenever its mesh has changed (on all
/// ranks together). Then it takes the `stiffness_table` of a linear material, or asks a nonlinear
/// one to `evaluate` strains as often as it iterates for a step, and ends the step with `accept` or
/// `reject`. Register an implementation with SECO_REGISTER_MATERIAL (registration.h); it must have
/// a static `void declare_parameters(dealii::ParameterHandler&)`.
template <int dim>
class Material {
 public:
  virtual ~Material() = default;

  /// Reads the parameters, inside the subsection in which they were declared.
  /// @throws materials::ParameterError
  virtual void parse_parameters(dealii::ParameterHandler& parameters, const RunSettings& run) = 0;

  /// The locally owned quadrature points of the material. Collective over the communicator; an
  /// error on any rank is thrown on all.
  /// @param progress is called with the number of finished and of all RVEs of all ranks, if set, as
  ///   far as the rank knows (the first knows best). Finished ones are counted by what they cost,
  ///   so that the time left follows from the numbers.
  virtual void set_points(std::vector<MaterialPoint<dim>> points, MPI_Comm communicator,
                          const std::function<void(std::size_t, std::size_t)>& progress) = 0;

  /// Checks, for points that `set_points` could be given, what can be checked without long
  /// computations. Collective; an error on any rank is thrown on all. By default nothing.
  /// @return the number of RVEs of all ranks that `set_points` would homogenize
  virtual std::uint64_t check_points(const std::vector<MaterialPoint<dim>>& points,
                                     MPI_Comm communicator) const;

  /// Bytes that the history of each of these points may take, 0 without history; as `check_points`.
  virtual double history_bytes(const std::vector<MaterialPoint<dim>>& points,
                               MPI_Comm communicator) const;

  /// The RVE of a point that `set_points` could be given, in the unit of the run; may be asked
  /// after `parse_parameters`. Not collective. By default none: no microstructure.
  virtual std::optional<materials::Rve> rve(const MaterialPoint<dim>& point) const;

  /// What the stress depends on; may be asked after `parse_parameters`, and is the same on all
  /// ranks. By default not declared, which hosts refuse.
  virtual Dependence dependence() const;

  /// The stiffnesses of all points of `set_points`, in order, for Dependence::none; valid until
  /// `set_points`, `restore` or `refine` is called. Not collective.
  /// @throws std::logic_error by default
  virtual const StiffnessTable<dim>& stiffness_table() const;

  /// The response at all points of `set_points`, in order, to strains at the end of a step, from
  /// the state at its begin; may be called many times for a step, each time anew from that begin.
  /// Not collective. By default that of a linear material, from its table.
  /// @param strain one small strain tensor per point
  /// @param response resized here
  /// @throws std::logic_error by default if the material is not a linear one
  virtual void evaluate(const LoadStep& step,
                        std::span<const dealii::SymmetricTensor<2, dim>> strain, Request request,
                        MaterialResponse<dim>& response);

  /// For each point the smallest known mean <w*> of the dual incremental energy of a stress field
  /// with the given mean, from the state at the begin of the step; infinity where none is known.
  /// With any strain it obeys `w(strain) + <w*> - stress : strain >= 0` (Fenchel and Young), and
  /// vanishes for the stress of the strain, so that macro stresses in equilibrium bound the energy
  /// of a structure from below. What was evaluated last for the step may serve as a start.
  /// Not collective. By default that of a linear material, half of `stress : C^-1 : stress` with
  /// the lower bound of C in its table, and infinity of any other.
  virtual std::vector<double> dual_energy(const LoadStep& step,
                                          std::span<const dealii::SymmetricTensor<2, dim>> stress);

  /// The worst of the points that the last call of `evaluate` on this rank had no answer for, until
  /// it is called again. Not collective. By default none.
  virtual std::optional<FailedPoint> failed_point() const;

  /// Writes what it takes to try that point again without the structure, into a folder that is
  /// there, after `reject`. Called on one rank only. By default nothing.
  /// @return the command that does so; empty if nothing was written. @throws std::runtime_error
  virtual std::string write_failed_point(const std::string& folder) const;

  /// The step ends with the strains that were evaluated last: the state at its end is that at the
  /// begin of the next one. By default nothing, which suits a material without history.
  virtual void accept();

  /// The step is given up: the state is that at its begin, as if nothing had been evaluated since
  /// the last `accept`. By default nothing.
  virtual void reject();

  /// What the length of a step does to the stresses at its end: the stresses after two steps of
  /// half the length, less those after one, if the strain goes straight from that at the begin to
  /// that at the end of the step; from the state at the begin, which stays as it is. Not
  /// collective. By default none, which means that the material does not know; all zero where the
  /// stress depends on no more than the strain.
  /// @return one per point, or nothing also where a point has no answer
  virtual std::optional<std::vector<dealii::SymmetricTensor<2, dim>>> half_step_difference(
      const LoadStep& step, std::span<const dealii::SymmetricTensor<2, dim>> begin,
      std::span<const dealii::SymmetricTensor<2, dim>> end) const;

  /// Whether a host may refine its mesh between steps, and how points take over the history. By
  /// default `nearest` without a history, and else `impossible`.
  virtual StateTransfer state_transfer() const;

  /// The state of every point that was accepted last, `[point][variable]` with as many variables
  /// at all points of all ranks, for `set_points_with_states`. Not collective. By default none.
  virtual std::vector<double> point_states() const;

  /// In place of `set_points`, after the host has refined its mesh: points that begin with a state.
  /// Collective; an error on any rank is thrown on all. By default it calls `set_points`.
  /// @param states as from `point_states`, transferred as `state_transfer` says
  virtual void set_points_with_states(std::vector<MaterialPoint<dim>> points, MPI_Comm communicator,
                                      const std::function<void(std::size_t, std::size_t)>& progress,
                                      std::span<const double> states);

  /// What else is known of the points at the end of the last step that was accepted, for output.
  /// Names are the same on all ranks, also where there are no points. Not collective. By default
  /// nothing.
  virtual std::vector<PointQuantity> quantities() const;

  /// Collective over the communicator of `set_points`.
  virtual MaterialStatistics statistics() const = 0;

  /// The share of every RVE that this rank uses, in an order that stays the same until `set_points`
  /// is called again: the sum of the shares of its points on all ranks. Collective. A material
  /// without such RVEs, for example one that is known exactly, returns none.
  /// @param share_of_point share of each point of `set_points` in the width of a certified
  ///   quantity, for example `w eps(u_up) : (upper - lower) : eps(u_lo)` with the quadrature weight
  ///   w and the strains of the solutions with both bounds; it may be negative
  virtual std::vector<RveShare> rve_shares(std::span<const double> share_of_point) const;

  /// Makes the gaps of RVEs smaller; `stiffness_table` then has what is better known, and with a
  /// history `evaluate` answers more accurately from now on. Bounds stay
  /// guaranteed whether or not a wanted gap is reached. Collective; an error on any rank is thrown
  /// on all.
  /// @param wanted_gap one per entry of `rve_shares`, 0 for RVEs that stay as they are; ranks that
  ///   use the same RVE ask for the same
  /// @param progress as in `set_points`
  virtual void refine(std::span<const double> wanted_gap,
                      const std::function<void(std::size_t, std::size_t)>& progress);

  /// Homogenizes a random sample of the RVEs with an engine of reference and compares; answers stay
  /// as they are. Collective. A material without RVEs has nothing to compare.
  /// @param fraction of the RVEs, in (0, 1]
  virtual Audit audit(double fraction,
                      const std::function<void(std::size_t, std::size_t)>& progress) const;

  /// Whether `local_response` has answers; may be asked before `set_points`. By default it has not.
  /// @throws std::invalid_argument if the material has a microstructure, but its settings do not
  ///   give the fields inside it
  virtual bool has_local_response() const;

  /// What happens inside the microstructure at chosen points. Collective; an error on any rank is
  /// thrown on all.
  /// @param n_phases so many phases get means
  /// @param progress as in `set_points`
  /// @return one response per request, in order; none from a material without microstructure
  virtual std::vector<LocalResponse<dim>> local_response(
      std::span<const LocalRequest<dim>> requests, unsigned int n_phases,
      const std::function<void(std::size_t, std::size_t)>& progress) const;

  /// What `set_points` and `refine` have found out, and what was accepted last of a history, cell
  /// by cell (cell_state.h), for a checkpoint: every record from exactly one rank. Collective. By
  /// default none, which suits a material without history whose `set_points` is quick.
  virtual StateRecords state() const;

  /// In place of `state`, of a material whose records may not fit into memory beside its state:
  /// hands them over one by one, the same in the same order until the next `accept`, and may be
  /// asked for several times. Not collective. By default nothing, which sends hosts to `state`.
  /// @return whether it did
  virtual bool visit_state(const TakeRecord& take) const;

  /// In place of `set_points`, in a run that is restarted: takes up what `state` gave to another
  /// run, on any number of ranks, with the same parameters, mesh and points; answers are the same
  /// to the last bit. Collective; an error on any rank is thrown on all. By default it calls
  /// `set_points`.
  /// @param find finds the records of the other run
  virtual void restore(std::vector<MaterialPoint<dim>> points, MPI_Comm communicator,
                       const std::function<void(std::size_t, std::size_t)>& progress,
                       const FindRecords& find);

  /// What was assumed where parameters and the files that they name leave it open, in sentences for
  /// the user; may be asked after `parse_parameters`, is not collective, and is the same on all
  /// ranks. By default nothing.
  virtual std::vector<std::string> notes() const;
};

/// For hosts that solve linear elasticity only.
/// @throws std::invalid_argument if a material declares another dependence than none, or none at
///   all
template <int dim>
void require_linear(const Material<dim>& material);

}  // namespace seco::plugin
