#pragma once

#include <functional>
#include <string>
#include <vector>

#include "rve_homogenizer.h"
#include "seco/plugin/local_response.h"

namespace seco::plugin {

/// A request that names its RVE.
template <int dim>
struct FieldRequest {
  RveTask rve;
  dealii::SymmetricTensor<2, dim> strain;
  std::string fields_file;

  template <typename Archive>
  void serialize(Archive& archive, unsigned int) {
    archive& rve& strain& fields_file;
  }
};

/// Answers requests about the inside of RVEs, for all ranks together: requests of any ranks about
/// one RVE are answered together from one solution of it, and the RVEs are dealt out to the ranks
/// as in `share_work`. Requests with a file are answered one by one, since whole fields are large;
/// the rank that computes the fields writes them. Collective; an error is thrown on all ranks.
/// @param n_phases so many phases get means
/// @return one response per request, in order
/// @throws std::runtime_error if an engine fails
template <int dim>
std::vector<LocalResponse<dim>> rve_fields(
    const RveHomogenizer<dim>& homogenizer, const std::vector<FieldRequest<dim>>& requests,
    unsigned int n_phases, MPI_Comm communicator,
    const std::function<std::uint64_t(const RveKey&)>& hash,
    const std::function<void(std::size_t, std::size_t)>& progress);

}  // namespace seco::plugin
