#include <fmt/format.h>
#include <fmt/ranges.h>

#include "equilibrium.h"
#include "field_algebra.h"
#include "field_kernels.h"
#include "fused_iteration.h"
#include "green.h"
#include "kernels.h"
#ifdef SECO_WITH_FFTW
#include "fftw.h"
#endif

namespace seco::surrogate {
namespace {

std::string fourier_library() {
#ifdef SECO_WITH_FFTW
  return fftw_version;
#else
  return "none; Fourier transforms by LibTorch";
#endif
}

std::string instruction_sets() {
  std::vector<std::string> usable;
  for (const auto* set : {"baseline", "avx2", "avx512"})
    if (cpu::kernels_for<double>(set)) usable.emplace_back(set);
  return fmt::format("{}, of {} that this processor has", usable.back(), fmt::join(usable, ", "));
}

}  // namespace

KernelTable cpu_kernels() {
  KernelTable table;
  table.name = "cpu";
  table.rests_in_place = true;
  table.versions = [] {
    return std::vector<std::pair<std::string, std::string>>{
        {"FFTW", fourier_library()}, {"instruction set", instruction_sets()}};
  };
  table.strain = cpu::strain;
  table.strain_of_planes = cpu::strain_of_planes;
  table.divergence = cpu::divergence;
  table.compact_phase = cpu::compact_phase;
  table.compact_matrices = cpu::compact_matrices;
  table.multiply = cpu::multiply;
  table.isotropic_stress = cpu::isotropic_stress;
  table.make_green = cpu::make_green;
  table.green = cpu::green;
  table.inner_product = cpu::inner_product;
  table.advance = cpu::advance;
  table.turn = cpu::turn;
  table.gram = cpu::gram;
  table.combine = cpu::combine;
  table.combine_and_add = cpu::combine_and_add;
  table.forms = cpu::forms;
  table.strain_forms = cpu::strain_forms;
  table.stiffness_action = cpu::stiffness_action;
  table.tangent_action = cpu::tangent_action;
  table.residual_of = cpu::residual_of;
  table.kinematic_step = cpu::kinematic_step;
  table.energies = cpu::energies;
  table.equilibrated_part = cpu::equilibrated_part;
  table.equilibrated_stress = cpu::equilibrated_stress;
  return table;
}

}  // namespace seco::surrogate
