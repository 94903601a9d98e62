#include "rve_fields.h"

#include <deal.II/physics/notation.h>
#include <fmt/format.h>

#include <algorithm>
#include <boost/serialization/array.hpp>
#include <boost/serialization/string.hpp>
#include <boost/serialization/utility.hpp>
#include <boost/serialization/vector.hpp>
#include <map>

#include "owner_exchange.h"
#include "seco/plugin/agree.h"
#include "seco/surrogate/field_file.h"
#include "share_work.h"

namespace seco::plugin {
namespace {

namespace Kelvin = dealii::Physics::Notation::Kelvin;

/// Strains of one RVE that are answered together; `part` and `fields_file` tell the tasks of an RVE
/// from each other.
template <int dim>
struct StrainList {
  RveTask rve;
  std::string fields_file;
  std::uint64_t part = 0;
  std::vector<dealii::SymmetricTensor<2, dim>> strains;

  bool operator<(const StrainList& other) const {
    return std::tie(rve, fields_file, part) < std::tie(other.rve, other.fields_file, other.part);
  }
  bool operator==(const StrainList& other) const {
    return std::tie(rve, fields_file, part) == std::tie(other.rve, other.fields_file, other.part);
  }

  template <typename Archive>
  void serialize(Archive& archive, unsigned int) {
    archive& rve& fields_file& part& strains;
  }
};

template <int dim>
materials::MandelVector to_mandel(const dealii::SymmetricTensor<2, dim>& tensor) {
  const auto values = Kelvin::to_vector(tensor);
  return Eigen::Map<const Eigen::VectorXd>(values.begin(), values.size());
}

template <int dim>
dealii::SymmetricTensor<2, dim> to_tensor(const materials::MandelVector& values) {
  return Kelvin::to_tensor<dealii::SymmetricTensor<2, dim>>(
      dealii::Vector<double>(values.data(), values.data() + values.size()));
}

template <int dim>
LocalResponse<dim> to_response(const surrogate::LocalQuantities& load,
                               surrogate::StressMeasure measure, unsigned int n_phases) {
  LocalResponse<dim> response;
  response.largest_von_mises = load.largest_von_mises.value;
  response.largest_hydrostatic = load.largest_hydrostatic.value;
  response.smallest_hydrostatic = load.smallest_hydrostatic.value;
  response.in_plane = measure == surrogate::StressMeasure::in_plane;
  response.voxel = load.largest_von_mises.voxel;
  response.relative_field_error = load.relative_field_error;
  for (std::size_t p = 0; p < std::min<std::size_t>(n_phases, load.phases.size()); ++p)
    response.phases.push_back({load.phases[p].volume_fraction,
                               to_tensor<dim>(load.phases[p].strain),
                               to_tensor<dim>(load.phases[p].stress)});
  return response;
}

/// The responses of a few tasks: RVEs and the means of all their phases take memory.
template <int dim>
std::vector<std::vector<LocalResponse<dim>>> compute(const RveHomogenizer<dim>& homogenizer,
                                                     const std::vector<StrainList<dim>>& tasks,
                                                     unsigned int n_phases) {
  constexpr std::size_t most_strains = 8192;
  std::map<double, std::vector<std::size_t>> groups;
  for (std::size_t t = 0; t < tasks.size(); ++t) groups[tasks[t].rve.wanted_gap].push_back(t);
  std::vector<std::vector<LocalResponse<dim>>> responses(tasks.size());
  for (const auto& [wanted_gap, members] : groups) {
    for (std::size_t first = 0; first < members.size();) {
      std::vector<surrogate::LocalQuery> queries;
      std::size_t n_strains = 0, last = first;
      for (; last < members.size() && n_strains < most_strains; ++last) {
        const auto& task = tasks[members[last]];
        surrogate::LocalQuery query;
        query.rve = homogenizer.make_rve(task.rve.key);
        for (const auto& strain : task.strains) query.strains.push_back(to_mandel(strain));
        query.whole_fields = !task.fields_file.empty();
        n_strains += task.strains.size();
        queries.push_back(std::move(query));
        if (queries.back().whole_fields) {
          ++last;
          break;
        }
      }
      const auto answers = homogenizer.local_quantities(queries, wanted_gap);
      for (std::size_t i = 0; i < answers.size(); ++i) {
        const auto& task = tasks[members[first + i]];
        const auto& result = answers[i].homogenized;
        if (result.status == surrogate::Status::failed)
          throw std::runtime_error(fmt::format("engine '{}' failed, {}: {}", result.engine,
                                               describe(task.rve.key), result.message));
        for (const auto& load : answers[i].loads)
          responses[members[first + i]].push_back(
              to_response<dim>(load, answers[i].measure, n_phases));
        if (!task.fields_file.empty())
          surrogate::write_fields(task.fields_file, queries[i].rve, answers[i]);
      }
      first = last;
    }
  }
  return responses;
}

/// Where the answer to a request is found.
struct Place {
  std::size_t list = 0, position = 0;
};

/// Lists of strains for the requests that this rank owns, and the place of each request.
template <int dim>
std::pair<std::vector<StrainList<dim>>, std::vector<Place>> collect(
    const std::vector<FieldRequest<dim>>& requests) {
  // Long lists, for example of one RVE for the whole body, are split between ranks.
  constexpr std::size_t longest = 1024;
  std::map<RveTask, std::size_t> open;
  std::map<RveTask, std::uint64_t> n_parts;
  std::vector<StrainList<dim>> lists;
  std::vector<Place> places;
  for (const auto& request : requests) {
    const bool alone = !request.fields_file.empty();
    auto known = open.find(request.rve);
    if (alone || known == open.end() || lists[known->second].strains.size() >= longest) {
      lists.push_back({request.rve, request.fields_file, n_parts[request.rve]++, {}});
      if (!alone) known = open.insert_or_assign(request.rve, lists.size() - 1).first;
    }
    const std::size_t list = alone ? lists.size() - 1 : known->second;
    places.push_back({list, lists[list].strains.size()});
    lists[list].strains.push_back(request.strain);
  }
  return {lists, places};
}

}  // namespace

template <int dim>
std::vector<LocalResponse<dim>> rve_fields(
    const RveHomogenizer<dim>& homogenizer, const std::vector<FieldRequest<dim>>& requests,
    unsigned int n_phases, MPI_Comm communicator,
    const std::function<std::uint64_t(const RveKey&)>& hash,
    const std::function<void(std::size_t, std::size_t)>& progress) {
  const OwnerExchange<FieldRequest<dim>> sent(
      requests, communicator, [&](const auto& request) { return hash(request.rve.key); });
  std::vector<FieldRequest<dim>> owned;
  for (const auto& [rank, list] : sent.asked()) owned.insert(owned.end(), list.begin(), list.end());

  const auto [lists, places] = collect<dim>(owned);
  const auto answers = share_work<StrainList<dim>, std::vector<LocalResponse<dim>>>(
      lists, communicator, [&](const StrainList<dim>& list) { return hash(list.rve.key); },
      [&](const StrainList<dim>& list) { return homogenizer.cost(list.rve); },
      [&](TaskSource<StrainList<dim>>& source) {
        constexpr std::size_t fewest_rves = 8, most_rves = 256;
        std::vector<std::vector<LocalResponse<dim>>> result;
        run_together(communicator, [&] {
          try {
            while (true) {
              const auto tasks = source.take(fewest_rves, most_rves);
              if (tasks.empty()) break;
              for (auto& responses : compute(homogenizer, tasks, n_phases))
                result.push_back(std::move(responses));
              source.finished(tasks.size());
            }
          } catch (...) {
            source.abandon();
            throw;
          }
        });
        return result;
      },
      progress);

  std::map<unsigned int, std::vector<LocalResponse<dim>>> replies;
  auto place = places.begin();
  for (const auto& [rank, list] : sent.asked())
    for (std::size_t i = 0; i < list.size(); ++i, ++place)
      replies[rank].push_back(answers[place->list][place->position]);
  return sent.answers(std::move(replies));
}

template <int dim>
std::vector<surrogate::LocalAnswer> RveHomogenizer<dim>::local_quantities(
    std::span<const surrogate::LocalQuery> queries, double wanted_gap) const {
  const bool refine = wanted_gap > 0;
  const auto refinement_engine = refine ? make_engine(refinement_keys(), wanted_gap) : nullptr;
  try {
    return (refine ? *refinement_engine : *engine_).local_quantities(queries);
  } catch (const std::invalid_argument& error) {
    throw std::invalid_argument(
        fmt::format("key '{}' is '{}': {}", refine ? "Refinement engine" : "Engine",
                    refine ? run_.refinement_engine : engine_name_, error.what()));
  }
}

#define INSTANTIATE(dim)                                                                         \
  template std::vector<LocalResponse<dim>> rve_fields<dim>(                                      \
      const RveHomogenizer<dim>&, const std::vector<FieldRequest<dim>>&, unsigned int, MPI_Comm, \
      const std::function<std::uint64_t(const RveKey&)>&,                                        \
      const std::function<void(std::size_t, std::size_t)>&);                                     \
  template std::vector<surrogate::LocalAnswer> RveHomogenizer<dim>::local_quantities(            \
      std::span<const surrogate::LocalQuery>, double) const;
INSTANTIATE(2)
INSTANTIATE(3)
#undef INSTANTIATE

}  // namespace seco::plugin
