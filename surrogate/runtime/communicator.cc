#include "communicator.h"

#include <fmt/format.h>
#include <torch/torch.h>

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <utility>

#include "mpi_interface.h"

namespace seco::surrogate {
namespace {

#ifdef SECO_WITH_MPI

bool started_by_launcher() {
  for (const char* name : {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "PMIX_RANK"})
    if (std::getenv(name)) return true;
  return false;
}

void finalize_at_exit() {
  int finalized = 0;
  MPI_Finalized(&finalized);
  if (!finalized) MPI_Finalize();
}

std::pair<int, int> rank_and_size() {
  int initialized = 0, finalized = 0;
  MPI_Initialized(&initialized);
  MPI_Finalized(&finalized);
  if ((!initialized || finalized) && !started_by_launcher()) return {0, 1};
  if (finalized)
    throw std::runtime_error("the ranks cannot work together: MPI has been finalized already");
  if (!initialized) {
    int provided = 0;
    MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &provided);
    std::atexit(finalize_at_exit);
  }
  int rank = 0, size = 1;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  return {rank, size};
}

int checked_count(std::size_t n_bytes) {
  if (n_bytes > static_cast<std::size_t>(std::numeric_limits<int>::max()))
    throw std::length_error(fmt::format(
        "{} bytes in one message between ranks (allowed are less than 2 GiB)", n_bytes));
  return static_cast<int>(n_bytes);
}

// Sizes are those of what one rank sends to one other.
void all_to_all(const void* send, void* receive, std::size_t n_bytes) {
  const int n = checked_count(n_bytes);
  MPI_Alltoall(send, n, MPI_BYTE, receive, n, MPI_BYTE, MPI_COMM_WORLD);
}

void all_gather(const void* send, void* receive, std::size_t n_bytes) {
  const int n = checked_count(n_bytes);
  MPI_Allgather(send, n, MPI_BYTE, receive, n, MPI_BYTE, MPI_COMM_WORLD);
}

void broadcast_bytes(void* data, std::size_t n_bytes) {
  MPI_Bcast(data, checked_count(n_bytes), MPI_BYTE, 0, MPI_COMM_WORLD);
}

void wait_for_all() {
  MPI_Barrier(MPI_COMM_WORLD);
}

void end_all(int exit_code) {
  MPI_Abort(MPI_COMM_WORLD, exit_code);
}

#else

std::pair<int, int> rank_and_size() {
  for (const char* name : {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE"})
    if (const char* size = std::getenv(name); size && std::atoi(size) > 1)
      throw std::runtime_error(fmt::format(
          "started with {} MPI ranks ({}), but seco was built without MPI; start one process or "
          "build with SECO_WITH_MPI=ON",
          size, name));
  return {0, 1};
}

// Never called, since there is one rank.
void all_to_all(const void*, void*, std::size_t) {}
void all_gather(const void*, void*, std::size_t) {}
void broadcast_bytes(void*, std::size_t) {}
void wait_for_all() {}
void end_all(int) {}

#endif

}  // namespace

Communicator Communicator::world() {
  const auto [rank, size] = rank_and_size();
  return {rank, size};
}

double Communicator::sum(double value) const {
  if (size_ == 1) return value;
  std::vector<double> values(size_);
  all_gather(&value, values.data(), sizeof value);
  return std::accumulate(values.begin(), values.end(), 0.);
}

void Communicator::all_reduce_sum(std::vector<torch::Tensor>& tensors) const {
  auto type = torch::kFloat;
  for (const auto& t : tensors) {
    if (!t.defined() || !t.is_floating_point())
      throw std::invalid_argument(fmt::format(
          "a sum over the ranks of a tensor that is {} (allowed are real floating-point tensors)",
          t.defined() ? c10::toString(t.scalar_type()) : "undefined"));
    if (t.scalar_type() == torch::kDouble) type = torch::kDouble;
  }
  if (size_ == 1 || tensors.empty()) return;

  const torch::NoGradGuard no_grad;
  std::vector<torch::Tensor> parts;
  std::int64_t n = 0;
  for (const auto& t : tensors) {
    parts.push_back(t.flatten().to(tensors.front().device(), type));
    n += t.numel();
  }
  // Every rank adds one block for all, in the order of the ranks. MPI_Allreduce would be free to
  // choose the order by the place of the ranks on the nodes.
  const auto block = (n + size_ - 1) / size_;
  parts.push_back(torch::zeros({block * size_ - n}, parts.front().options()));
  const auto send = torch::cat(parts).cpu();
  auto all = torch::empty({size_, block}, send.options());
  const auto n_bytes = static_cast<std::size_t>(block) * send.element_size();
  all_to_all(send.data_ptr(), all.data_ptr(), n_bytes);
  auto total = all[0].to(torch::kDouble, /*non_blocking=*/false, /*copy=*/true);
  for (int r = 1; r < size_; ++r) total += all[r];
  const auto own = total.to(type);
  all_gather(own.data_ptr(), all.data_ptr(), n_bytes);

  const auto sums = all.flatten().to(tensors.front().device());
  std::int64_t first = 0;
  for (auto& t : tensors) {
    t.copy_(sums.narrow(0, first, t.numel()).view_as(t));
    first += t.numel();
  }
}

void Communicator::broadcast(std::vector<torch::Tensor>& tensors) const {
  if (size_ == 1) return;
  const torch::NoGradGuard no_grad;
  for (auto& t : tensors) {
    auto host = t.cpu().contiguous();
    broadcast_bytes(host.data_ptr(), host.nbytes());
    if (rank_ != 0) t.copy_(host);
  }
}

bool Communicator::any(bool value) const {
  return sum(value ? 1. : 0.) > 0.;
}

void Communicator::barrier() const {
  if (size_ > 1) wait_for_all();
}

void Communicator::abort(int exit_code) const {
  if (size_ > 1) end_all(exit_code);
}

}  // namespace seco::surrogate
