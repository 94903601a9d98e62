#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "law_kernels.h"
#include "phase_tables.h"
#include "reference_medium.h"

namespace seco::surrogate {

/// What a table keeps for the Green operator of one grid, precision and device: plans, symbols.
struct GreenPlan {
  explicit GreenPlan(const Grid& of) : grid(of) {}
  virtual ~GreenPlan() = default;
  Grid grid;
};

/// `<x_i : Q : x_j>`, `[B, L, L]`, and `<Q : x_i>`, `[B, L, m]`; double, on the CPU.
struct FieldForms {
  torch::Tensor gram, mean;
};

/// A combination of fields, and its sum with fields that were there.
struct StepAndSum {
  torch::Tensor step, sum;
};

/// `r = -D^T C (E + sym D u)` of the unit strains E and `z = G0 r`, `[B, L, d, n...]`; `r . z`
/// summed over the nodes, and `<(E + sym D u) : C : (E + sym D u)>`, `[B, L]`, double, on the
/// device.
struct Residual {
  torch::Tensor residual, preconditioned, product, energy;
};

/// Of strains `e = E + sym D p` and a matrix C per voxel: `D^T C : e`, `[B, L, d, n...]`, the means
/// `<C : e>`, `[B, L, m]`, and `<e : C : e>`, `[B, L]`, both double, on the CPU.
struct TangentAction {
  torch::Tensor force, stress_mean, energy;
};

/// Fields of conjugate gradients, `[B, L, d, n...]`, contiguous: displacement u, residual r,
/// preconditioned residual z and direction p; numbers `rz = r . z` and beta, `[B, L]`, double. What
/// p is between two steps is up to the table: the next direction, or the last one, from which the
/// next is `z + beta p`. An iteration starts from p = z and beta = 0, which means the same to both.
///
/// Where they are defined, the sum `s = u + beta s` and its weight `w = 1 + beta w`, `[B, L]`,
/// double, go on with the step: since beta is the quotient of two successive rz, s / w is the mean
/// of the displacements with the weights 1 / rz. So is the sum of the preconditioned residuals, `z
/// + beta s`, where that is defined.
struct KinematicState {
  torch::Tensor &displacement, &residual, &preconditioned, &direction, &rz, &beta, &sum,
      &preconditioned_sum, &weight;
};

/// Means over the voxels that both bounds of the hypercircle need; double, on the CPU.
struct Energies {
  /// `<e_i : C : e_j>` and `<C : e_i>` of the total strains `e_i = E_i + sym D u_i`: `[B, L, L]`,
  /// `[B, L, m]`.
  torch::Tensor strain_gram, stress_mean;
  /// Of the equilibrated stresses `s_i = C : (E_i + sym D v_i) + C0 : sym D z_i`:
  /// `<s_i : C^-1 : s_j>`, `<C^-1 : s_i>` and `<s_i>`.
  torch::Tensor stress_gram, compliance_mean, total_mean;
  /// What they lack of equilibrium: `f_i = D^T s_i` at the nodes, `[B, L, d, n...]`, single
  /// precision, on the device, and `<f_i . f_i>` before it was rounded to that, `[B, L]`.
  torch::Tensor divergence, divergence_square;
};

/// A stress fluctuation in equilibrium, `[B, L, m, n...]`, and its strain C^-1 : t if wanted.
struct StressAndStrain {
  torch::Tensor stress, strain;
};

/// All that is computed voxel by voxel, once per kind of device: every entry is declared here with
/// its contract and has a portable form; operators/cpu and operators/cuda have their own for most.
///
/// Common to all: fields are single or double precision, `[B, L, c, n...]` for B RVEs and L load
/// cases, on the device of the table. Inputs may have any strides unless "contiguous" is said;
/// results are new and contiguous unless "in place" is said. No entry keeps a graph: derivatives
/// are the business of operators/linear_operator.h. Sums are taken in double precision, in an
/// order that does not depend on the number of threads. Plans come from make_green() of the same
/// table, compact tables from its compact_phase() and compact_matrices().
///
/// Entries that take a KernelEntries are steps of algorithms; their portable form is composed of
/// the other entries of the table that is passed, which is the one that they are called from.
struct KernelEntries {
  /// `sym D u`, see difference_operator.h. @param u `[..., d, n...]` @return `[..., m, n...]`
  torch::Tensor (*strain)(const torch::Tensor& u, const Grid& grid) = nullptr;
  /// The same in the planes [first, last) of the first axis of the grid alone, for callers that go
  /// through a field slab by slab, from many threads at once.
  /// @param u `[..., d, n...]`, contiguous @return `[..., m, last - first, n2...]`
  torch::Tensor (*strain_of_planes)(const torch::Tensor& u, const Grid& grid, std::int64_t first,
                                    std::int64_t last) = nullptr;
  /// `D^T s`. @param s `[..., m, n...]` @return `[..., d, n...]`
  torch::Tensor (*divergence)(const torch::Tensor& s, const Grid& grid) = nullptr;

  /// Phases, `[B, N]`, int64, and matrices `[B, P, m, m]` as multiply() and the fused entries of
  /// this table read them; undefined if they read the originals.
  torch::Tensor (*compact_phase)(const torch::Tensor& phase) = nullptr;
  torch::Tensor (*compact_matrices)(const torch::Tensor& matrices) = nullptr;
  /// `Q : x` voxelwise. @param x `[B, L, m, n...]`
  torch::Tensor (*multiply)(const PhaseTables& tables, Moduli moduli,
                            const torch::Tensor& x) = nullptr;
  /// Values per phase to channels per voxel, `[B, P, c] -> [B, c, n...]`, in the type of the
  /// values; of any strides.
  torch::Tensor (*expand)(const PhaseTables& tables, const torch::Tensor& values) = nullptr;
  /// `lambda tr(e) I + 2 mu e`, one law per RVE. @param e `[B, L, m, n...]`
  torch::Tensor (*isotropic_stress)(const ReferenceMedium& law, const torch::Tensor& e,
                                    const Grid& grid) = nullptr;

  /// @param options type and device of the fields
  std::shared_ptr<const GreenPlan> (*make_green)(const Grid& grid,
                                                 const torch::TensorOptions& options) = nullptr;
  /// `G0 f`, see green_operator.h. @param force `[B, L, d, n...]`
  torch::Tensor (*green)(const GreenPlan& plan, const ReferenceMedium& medium,
                         const torch::Tensor& force) = nullptr;

  /// `a . b` of every load, `[B, L]`, double, on the device. @param a, b `[B, L, c, n...]`
  torch::Tensor (*inner_product)(const torch::Tensor& a, const torch::Tensor& b) = nullptr;
  /// `u += alpha p`, `r -= alpha q` in place, all contiguous. @param alpha `[B, L]`, double
  void (*advance)(const torch::Tensor& alpha, const torch::Tensor& p, const torch::Tensor& q,
                  torch::Tensor& u, torch::Tensor& r) = nullptr;
  /// `p = z + beta p` in place, both contiguous. @param beta `[B, L]`, double
  void (*turn)(const torch::Tensor& beta, const torch::Tensor& z, torch::Tensor& p) = nullptr;
  /// `a_i . b_j` of fields that come in groups `[B, L_g, c, n...]`, one group after another:
  /// `[B, La, Lb]`, double, on the CPU; products in double precision too.
  /// @param symmetric whether the matrix of a and the fields that b begins with is symmetric, so
  /// that half of it need not be computed
  torch::Tensor (*gram)(const std::vector<torch::Tensor>& a, const std::vector<torch::Tensor>& b,
                        bool symmetric) = nullptr;
  /// `sum_j c_ij x_j`. @param coefficients `[B, L, F]` of any type on any device @param x groups of
  /// together F fields
  torch::Tensor (*combine)(const torch::Tensor& coefficients,
                           const std::vector<torch::Tensor>& x) = nullptr;
  StepAndSum (*combine_and_add)(const KernelEntries& kernels, const torch::Tensor& coefficients,
                                const std::vector<torch::Tensor>& x,
                                const torch::Tensor& total) = nullptr;

  FieldForms (*forms)(const KernelEntries& kernels, const PhaseTables& tables, Moduli moduli,
                      const torch::Tensor& x) = nullptr;
  /// `<x : Q : x>` and, of the strains sym D u, `<e : Q : e>`, for one symmetric matrix Q per
  /// phase:
  /// `[B, L]`, double, on the CPU. @param matrices `[B, P, m, m]`, double, on the CPU
  torch::Tensor (*quadratic_form)(const KernelEntries& kernels, const PhaseTables& tables,
                                  const torch::Tensor& matrices, const torch::Tensor& x) = nullptr;
  torch::Tensor (*strain_forms)(const KernelEntries& kernels, const PhaseTables& tables,
                                const torch::Tensor& matrices, const torch::Tensor& u) = nullptr;

  /// `sign D^T C (E + sym D u)`. @param unit_loads whether E are the unit strains, else zero
  torch::Tensor (*stiffness_action)(const KernelEntries& kernels, const PhaseTables& tables,
                                    const torch::Tensor& u, bool unit_loads, double sign) = nullptr;
  /// The same with any mean strains and a matrix per voxel. @param coefficients upper triangles,
  /// row by row, `[B, m (m + 1) / 2, n...]`, contiguous @param mean `[B, L, m]`, double, on the CPU
  TangentAction (*tangent_action)(const KernelEntries& kernels, const Grid& grid,
                                  const torch::Tensor& coefficients, const torch::Tensor& u,
                                  const torch::Tensor& mean) = nullptr;
  Residual (*residual_of)(const KernelEntries& kernels, const PhaseTables& tables,
                          const GreenPlan& plan, const ReferenceMedium& medium,
                          const torch::Tensor& u) = nullptr;
  /// One step of conjugate gradients on the potential energy, in place. @param floor load cases
  /// with a smaller rz rest, `[B, L]`, double @return decrease of the energies, `[B, L]`, double
  torch::Tensor (*kinematic_step)(const KernelEntries& kernels, const PhaseTables& tables,
                                  const GreenPlan& plan, const ReferenceMedium& medium,
                                  const torch::Tensor& floor,
                                  const KinematicState& state) = nullptr;
  /// @param tables in the precision of the arithmetic @param v displacement behind the stresses;
  /// may be u @param z about `G0 r` of the residual r of v; u, v and z in the type of the tables,
  /// or all in single precision
  Energies (*energies)(const KernelEntries& kernels, const PhaseTables& tables,
                       const ReferenceMedium& medium, const torch::Tensor& u,
                       const torch::Tensor& v, const torch::Tensor& z) = nullptr;

  /// The equilibrated part of the stresses law : s: `law : s - C0 : sym(D G0 D^T law : s)` without
  /// its mean. @param law isotropic, one per RVE; null for the identity @param tables null if no
  /// strain is wanted
  StressAndStrain (*equilibrated_part)(const KernelEntries& kernels, const ReferenceMedium* law,
                                       const torch::Tensor& s, const GreenPlan& plan,
                                       const ReferenceMedium& medium,
                                       const PhaseTables* tables) = nullptr;
  /// `C : (E + sym D u) + C0 : sym D z - mean` of the unit strains E, and its strain.
  /// @param z `G0 r` of the residual r of u @param mean `<C : (E + sym D u)>`, `[B, L, m]`, double
  StressAndStrain (*equilibrated_stress)(const KernelEntries& kernels, const PhaseTables& tables,
                                         const ReferenceMedium& medium, const torch::Tensor& u,
                                         const torch::Tensor& z,
                                         const torch::Tensor& mean) = nullptr;
};

/// Every entry of KernelEntries, which the test of the tables and the fallback go through.
#define SECO_FOR_EACH_KERNEL(X) \
  X(strain)                     \
  X(strain_of_planes)           \
  X(divergence)                 \
  X(compact_phase)              \
  X(compact_matrices)           \
  X(multiply)                   \
  X(expand)                     \
  X(isotropic_stress)           \
  X(make_green)                 \
  X(green)                      \
  X(inner_product)              \
  X(advance)                    \
  X(turn)                       \
  X(gram)                       \
  X(combine)                    \
  X(combine_and_add)            \
  X(forms)                      \
  X(quadratic_form)             \
  X(strain_forms)               \
  X(stiffness_action)           \
  X(tangent_action)             \
  X(residual_of)                \
  X(kinematic_step)             \
  X(energies)                   \
  X(equilibrated_part)          \
  X(equilibrated_stress)

/// The kernels of one kind of device.
struct KernelTable : KernelEntries {
  std::string name;
  /// Load cases at rest cost kinematic_step() nothing, so that finished RVEs may stay in a batch.
  bool rests_in_place = false;
  /// Names and versions of what the kernels are made of, for `seco --version`; or null.
  std::vector<std::pair<std::string, std::string>> (*versions)() = nullptr;
  /// The name of a device of this kind, empty if it cannot be told; or null.
  std::string (*device_name)(int device) = nullptr;
  /// Free memory of a device in bytes, including what LibTorch holds and does not use, 0 if it
  /// cannot be told; or null.
  double (*free_memory)(const torch::Device& device) = nullptr;
  /// Null where laws answer on the processor only.
  const LawKernels* laws = nullptr;
};

/// The tables as their folders fill them: the portable one whole, the others with null entries that
/// fall back to it; none where seco is built without a CUDA compiler.
KernelTable portable_kernels();
KernelTable cpu_kernels();
std::optional<KernelTable> cuda_kernels();

/// Calls f(name, pointer to member) for every entry.
template <typename Function>
void for_each_kernel(const Function& f) {
#define SECO_CALL(entry) f(#entry, &KernelEntries::entry);
  SECO_FOR_EACH_KERNEL(SECO_CALL)
#undef SECO_CALL
}

#define SECO_COUNT(entry) +1
constexpr int n_kernels = 0 SECO_FOR_EACH_KERNEL(SECO_COUNT);
#undef SECO_COUNT
static_assert(sizeof(KernelEntries) == n_kernels * sizeof(void (*)()),
              "SECO_FOR_EACH_KERNEL has to name every entry of KernelEntries");

}  // namespace seco::surrogate
