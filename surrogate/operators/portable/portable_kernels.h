#pragma once

#include "kernel_table.h"

/// Every entry of KernelEntries (kernel_table.h, where their contracts are) made of tensor
/// operations, which run on any device: the fallback of all tables and what they are tested
/// against.
namespace seco::surrogate::portable {

torch::Tensor strain(const torch::Tensor& u, const Grid& grid);
torch::Tensor strain_of_planes(const torch::Tensor& u, const Grid& grid, std::int64_t first,
                               std::int64_t last);
torch::Tensor divergence(const torch::Tensor& s, const Grid& grid);

torch::Tensor compact_phase(const torch::Tensor& phase);
torch::Tensor compact_matrices(const torch::Tensor& matrices);
torch::Tensor multiply(const PhaseTables& tables, Moduli moduli, const torch::Tensor& x);
torch::Tensor expand(const PhaseTables& tables, const torch::Tensor& values);
torch::Tensor isotropic_stress(const ReferenceMedium& law, const torch::Tensor& e,
                               const Grid& grid);

std::shared_ptr<const GreenPlan> make_green(const Grid& grid, const torch::TensorOptions& options);
torch::Tensor green(const GreenPlan& plan, const ReferenceMedium& medium,
                    const torch::Tensor& force);

torch::Tensor inner_product(const torch::Tensor& a, const torch::Tensor& b);
void advance(const torch::Tensor& alpha, const torch::Tensor& p, const torch::Tensor& q,
             torch::Tensor& u, torch::Tensor& r);
void turn(const torch::Tensor& beta, const torch::Tensor& z, torch::Tensor& p);
torch::Tensor gram(const std::vector<torch::Tensor>& a, const std::vector<torch::Tensor>& b,
                   bool symmetric);
torch::Tensor combine(const torch::Tensor& coefficients, const std::vector<torch::Tensor>& x);
StepAndSum combine_and_add(const KernelEntries& kernels, const torch::Tensor& coefficients,
                           const std::vector<torch::Tensor>& x, const torch::Tensor& total);

FieldForms forms(const KernelEntries& kernels, const PhaseTables& tables, Moduli moduli,
                 const torch::Tensor& x);
torch::Tensor quadratic_form(const KernelEntries& kernels, const PhaseTables& tables,
                             const torch::Tensor& matrices, const torch::Tensor& x);
torch::Tensor strain_forms(const KernelEntries& kernels, const PhaseTables& tables,
                           const torch::Tensor& matrices, const torch::Tensor& u);

torch::Tensor stiffness_action(const KernelEntries& kernels, const PhaseTables& tables,
                               const torch::Tensor& u, bool unit_loads, double sign);
TangentAction tangent_action(const KernelEntries& kernels, const Grid& grid,
                             const torch::Tensor& coefficients, const torch::Tensor& u,
                             const torch::Tensor& mean);
Residual residual_of(const KernelEntries& kernels, const PhaseTables& tables, const GreenPlan& plan,
                     const ReferenceMedium& medium, const torch::Tensor& u);
torch::Tensor kinematic_step(const KernelEntries& kernels, const PhaseTables& tables,
                             const GreenPlan& plan, const ReferenceMedium& medium,
                             const torch::Tensor& floor, const KinematicState& state);
Energies energies(const KernelEntries& kernels, const PhaseTables& tables,
                  const ReferenceMedium& medium, const torch::Tensor& u, const torch::Tensor& v,
                  const torch::Tensor& z);
StressAndStrain equilibrated_part(const KernelEntries& kernels, const ReferenceMedium* law,
                                  const torch::Tensor& s, const GreenPlan& plan,
                                  const ReferenceMedium& medium, const PhaseTables* tables);
StressAndStrain equilibrated_stress(const KernelEntries& kernels, const PhaseTables& tables,
                                    const ReferenceMedium& medium, const torch::Tensor& u,
                                    const torch::Tensor& z, const torch::Tensor& mean);

}  // namespace seco::surrogate::portable
