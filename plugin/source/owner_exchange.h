#pragma once

#include <deal.II/base/mpi.h>

#include <map>
#include <utility>
#include <vector>

namespace seco::plugin {

/// Sends each part to its rank and returns what was received, without packing what stays here.
/// Collective.
template <typename Value>
std::map<unsigned int, Value> exchange(std::map<unsigned int, Value> sent, MPI_Comm communicator) {
  const auto rank = dealii::Utilities::MPI::this_mpi_process(communicator);
  auto own = sent.extract(rank);
  auto received = dealii::Utilities::MPI::some_to_some(communicator, sent);
  if (!own.empty()) received.emplace(rank, std::move(own.mapped()));
  return received;
}

/// Questions of all ranks at their owners, so that ranks that ask the same meet without any rank
/// seeing all questions; and the way back of the answers.
template <typename Question>
class OwnerExchange {
 public:
  /// Collective. @param hash of a question, the same on all ranks; its remainder is the owner
  template <typename Hash>
  OwnerExchange(const std::vector<Question>& questions, MPI_Comm communicator, const Hash& hash)
      : communicator_(communicator), n_questions_(questions.size()) {
    const auto n_ranks = dealii::Utilities::MPI::n_mpi_processes(communicator);
    std::map<unsigned int, std::vector<Question>> sent;
    for (std::size_t k = 0; k < questions.size(); ++k) {
      const auto owner = static_cast<unsigned int>(hash(questions[k]) % n_ranks);
      sent[owner].push_back(questions[k]);
      positions_[owner].push_back(k);
    }
    asked_ = exchange(std::move(sent), communicator);
  }

  /// What this rank owns, by the rank that asks.
  const std::map<unsigned int, std::vector<Question>>& asked() const { return asked_; }

  /// Collective. @param replies in the order of asked() @return the answers to this rank's own
  /// questions, in their order
  template <typename Answer>
  std::vector<Answer> answers(std::map<unsigned int, std::vector<Answer>> replies) const {
    std::vector<Answer> result(n_questions_);
    for (auto& [owner, list] : exchange(std::move(replies), communicator_))
      for (std::size_t i = 0; i < list.size(); ++i)
        result[positions_.at(owner)[i]] = std::move(list[i]);
    return result;
  }

 private:
  MPI_Comm communicator_;
  std::size_t n_questions_;
  std::map<unsigned int, std::vector<std::size_t>> positions_;
  std::map<unsigned int, std::vector<Question>> asked_;
};

}  // namespace seco::plugin
