#include "failed_point.h"

#include <fmt/format.h>

#include <boost/serialization/string.hpp>
#include <optional>
#include <tuple>
#include <vector>

#include "seco/plugin/agree.h"

namespace seco::macro {
namespace {

/// A failed point and where it is.
struct Candidate {
  bool exists = false;
  plugin::FailedPoint point;
  std::size_t material = 0;

  auto order() const {
    return std::tuple(!exists, point.step_fraction, point.cell, point.quadrature_point);
  }
  template <typename Archive>
  void serialize(Archive& archive, unsigned int) {
    archive& exists& point& material;
  }
};

}  // namespace

template <int dim>
std::string keep_failed_point(const MaterialField<dim>& materials,
                              const std::filesystem::path& folder, MPI_Comm communicator) {
  namespace MPI = dealii::Utilities::MPI;
  Candidate worst;
  for (std::size_t m = 0; m < materials.n_materials(); ++m)
    if (const auto point = materials.material(m).failed_point()) {
      const Candidate own{true, *point, m};
      if (own.order() < worst.order()) worst = own;
    }
  const auto all = MPI::all_gather(communicator, worst);
  unsigned int rank = 0;
  for (unsigned int r = 1; r < all.size(); ++r)
    if (all[r].order() < all[rank].order()) rank = r;
  const auto& chosen = all[rank];
  if (!chosen.exists) return "";
  std::string command;
  plugin::run_together(communicator, [&] {
    if (MPI::this_mpi_process(communicator) != rank) return;
    std::filesystem::create_directories(folder);
    materials.in_material(chosen.material, [&] {
      command = materials.material(chosen.material).write_failed_point(folder.string());
    });
    // Nothing was written.
    std::error_code ignored;
    if (command.empty()) std::filesystem::remove(folder, ignored);
  });
  command = MPI::broadcast(communicator, command, rank);
  return fmt::format("the point {} of {} has no answer: {}{}", chosen.point.position,
                     materials.section(chosen.material), chosen.point.reason,
                     command.empty() ? "" : "; '" + command + "' tries it alone");
}

void forget_failed_point(const std::filesystem::path& results, MPI_Comm communicator) {
  plugin::run_together(communicator, [&] {
    if (dealii::Utilities::MPI::this_mpi_process(communicator) != 0) return;
    const auto folder = results / "failed_point";
    // Files of others stay.
    std::error_code ignored;
    for (const char* name : {"run.prm", "rve.h5", "start.h5", "path.csv"})
      std::filesystem::remove(folder / name, ignored);
    std::filesystem::remove(folder, ignored);
  });
}

template std::string keep_failed_point(const MaterialField<2>&, const std::filesystem::path&,
                                       MPI_Comm);
template std::string keep_failed_point(const MaterialField<3>&, const std::filesystem::path&,
                                       MPI_Comm);

}  // namespace seco::macro
